use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use tlog_tiles::{Error, HashReader, Tile, TileHashReader, TileReader};

use super::*;
use crate::testing::{MemoryLog, sample};

/// Our tiles, as another implementation reads them.
pub(crate) struct Oracle<'a>(pub(crate) &'a MemoryLog);

impl TileReader for Oracle<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile: &Tile| {
            let id = TileId { level: tile.level(), index: tile.level_index() };
            self.0.tiles.get(&id).cloned().ok_or(Error::InvalidTile)
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn every_root_is_that_of_another_implementation() {
    let mut ours = Tree::empty();
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    assert_eq!(ours.root(), <[u8; 32]>::from(*theirs.root().as_bytes()));
    for index in 0..1100 {
        ours.append(&sample(index));
        theirs.push(sample(index));
        assert_eq!(ours.root(), <[u8; 32]>::from(*theirs.root().as_bytes()), "{index}");
    }
}

#[test]
fn another_implementation_authenticates_our_tiles() {
    // Around the places where a tile fills, a level begins, and a second tile of level 1 begins.
    let mut log = MemoryLog::new();
    for size in [1, 2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 66_000] {
        log.grow((log.tree.size()..size).map(sample));
        let reader = Oracle(&log);
        let hashes = TileHashReader::new(size, tlog_tiles::Hash(log.tree.root()), &reader);
        let root = tlog_tiles::tree_hash(size, &hashes).unwrap();
        assert_eq!(root.0, log.tree.root(), "{size}");
        for index in [0, size / 2, size - 1] {
            let leaf = hashes.read_hashes(&[tlog_tiles::stored_hash_index(0, index)]).unwrap();
            assert_eq!(leaf[0].0, leaf_hash(&sample(index)));
        }
    }
}

#[test]
fn the_changed_tiles_are_those_that_another_implementation_would_publish() {
    let mut tree = Tree::empty();
    for (old, new) in [(0, 1), (1, 1), (1, 255), (255, 256), (256, 300), (300, 1025), (1025, 66_000)] {
        (old..new).for_each(|index| tree.append(&sample(index)));
        let mut ours: Vec<String> = tree
            .take_changed()
            .into_iter()
            .map(|(id, bytes)| {
                assert_eq!(bytes.len(), usize::from(id.width(new)) * HASH_BYTES);
                id.path(id.width(new))
            })
            .collect();
        let mut theirs: Vec<String> = Tile::new_tiles(8, old, new).iter().map(their_path).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{old} to {new}");
    }
}

#[test]
fn a_tree_goes_on_from_its_edge_tiles() {
    for size in [0, 1, 3, 255, 256, 257, 512, 65_536, 65_600] {
        let log = MemoryLog::of(size);
        let mut tree = Tree::load(size, &mut |id| log.tiles.get(&id).cloned()).unwrap();
        assert_eq!(tree.root(), log.tree.root());
        assert!(tree.take_changed().is_empty());
        let mut straight = log.tree.clone();
        (size..size + 300).for_each(|index| {
            tree.append(&sample(index));
            straight.append(&sample(index));
        });
        assert_eq!(tree.root(), straight.root());
        assert_eq!(tree.take_changed(), straight.take_changed());
    }
}

#[test]
fn edge_tiles_that_are_missing_or_of_another_width_are_refused() {
    let log = MemoryLog::of(300);
    let error = Tree::load(300, &mut |_| None).unwrap_err();
    assert_eq!(error, TreeError::Missing { level: 0, index: 1 });
    for size in [299, 301] {
        let error = Tree::load(size, &mut |id| log.tiles.get(&id).cloned()).unwrap_err();
        assert_eq!(error, TreeError::Width { level: 0, index: 1 });
    }
}

#[test]
fn paths_are_those_of_the_specification() {
    assert_eq!(TileId { level: 0, index: 1_234_067 }.path(256), "tile/0/x001/x234/067");
    assert_eq!(TileId { level: 63, index: 0 }.path(1), "tile/63/000.p/1");
    assert_eq!(bundle_path(1000, 255), "tile/entries/x001/000.p/255");
    for index in [0, 9, 99, 999, 1000, 999_999, 1_000_000, u64::MAX >> 8] {
        for width in [1, 255, 256] {
            let theirs = Tile::new(8, 3, index, width, false);
            assert_eq!(TileId { level: 3, index }.path(u16::try_from(width).unwrap()), their_path(&theirs));
        }
    }
}

#[test]
fn widths_follow_the_example_of_the_specification() {
    // "A tree of size 70,000 will be represented by 273 full level 0 tiles …"
    let tiles: Vec<_> = TileId::all(70_000).map(|id| (id.level, id.index, id.width(70_000))).collect();
    assert_eq!(tiles.len(), 274 + 2 + 1);
    assert_eq!(tiles[272..], [(0, 272, 256), (0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)]);
    assert_eq!(TileId::all(0).count(), 0);
    assert_eq!(TileId { level: 200, index: u64::MAX }.width(u64::MAX), 0);
}

/// Their layout names the height of the tiles too; tlog-tiles has no other than 8.
fn their_path(tile: &Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}
