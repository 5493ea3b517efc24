//! The Merkle tree of RFC 6962, kept as C2SP tlog-tiles.
//!
//! A tile holds up to 256 consecutive hashes of one level; level `l` holds one hash for each full tile of level `l - 1`.
//! [`Tree`] remembers the unfinished tile of each level and nothing else, so that appending needs no reads and the
//! memory does not grow with the log.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256.
pub type Hash = [u8; HASH_BYTES];

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// Leaves or nodes in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// A tile spans eight levels of the binary tree: 2^8 = [`TILE_WIDTH`].
pub(crate) const TILE_HEIGHT: u32 = 8;

/// Levels of tiles that a 64-bit size can need.
pub(crate) const LEVELS_MAX: u8 = 8;

/// A hash tile: `level` 0 holds leaf hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Level.
    pub level: u8,
    /// Index in its level.
    pub index: u64,
}

impl TileId {
    /// How many hashes this tile has in a tree of `size` leaves: 0 (there is no such tile) to [`TILE_WIDTH`].
    pub fn width(self, size: u64) -> u16 {
        let before = self.index.saturating_mul(u64::from(TILE_WIDTH));
        let here = nodes(size, self.level).saturating_sub(before).min(u64::from(TILE_WIDTH));
        u16::try_from(here).unwrap_or(TILE_WIDTH)
    }

    /// Where C2SP tlog-tiles keeps it: `tile/<level>/<index>`, with `.p/<width>` while it is not full.
    pub fn path(self, width: u16) -> String {
        tile_path(&self.level.to_string(), self.index, width)
    }

    /// The first leaf below it.
    pub fn first_leaf(self) -> u64 {
        leaves_before(self.level.saturating_add(1), self.index)
    }

    /// Every tile of a tree of `size` leaves: level by level, from the left.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        (0..LEVELS_MAX).take_while(move |&level| nodes(size, level) > 0).flat_map(move |level| {
            (0..nodes(size, level).div_ceil(u64::from(TILE_WIDTH))).map(move |index| Self { level, index })
        })
    }
}

/// The right edge of a growing tree: what must be known to append.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    size: u64,
    /// The unfinished tile of each level: fewer than [`TILE_WIDTH`] hashes.
    // INVARIANT: `edge[l].len() == nodes(size, l) % TILE_WIDTH`.
    edge: Vec<EdgeTile>,
    /// Tiles that became full since the last [`Tree::take_changed`].
    filled: Vec<(TileId, Vec<u8>)>,
}

#[derive(Clone, Debug, Default)]
struct EdgeTile {
    hashes: Vec<Hash>,
    /// The roots of the perfect subtrees that the hashes make, from the largest, at the left: with them neither a root nor
    /// a full tile is computed from all of its hashes again.
    // INVARIANT: one for each bit that is set in `hashes.len()`.
    roots: Vec<Hash>,
    changed: bool,
}

impl EdgeTile {
    fn of(hashes: Vec<Hash>) -> Self {
        let mut tile = Self::default();
        hashes.into_iter().for_each(|hash| tile.push(hash));
        tile
    }

    fn push(&mut self, hash: Hash) {
        self.hashes.push(hash);
        let (mut root, mut width) = (hash, self.hashes.len());
        while width.is_multiple_of(2) {
            let Some(left) = self.roots.pop() else { break };
            root = node_hash(&left, &root);
            width /= 2;
        }
        self.roots.push(root);
    }

    /// Joins its perfect subtrees with what stands at their right.
    fn join_onto(&self, right: Option<Hash>) -> Option<Hash> {
        self.roots
            .iter()
            .rev()
            .fold(right, |right, left| Some(right.map_or(*left, |right| node_hash(left, &right))))
    }
}

impl Tree {
    /// A tree with nothing in it.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The tree of `size` leaves, read back from its stored edge tiles (the rightmost tile of each level).
    ///
    /// What it reads is not checked against a signature: compare [`Tree::root`] with the checkpoint's.
    ///
    /// # Errors
    /// The first tile that is missing or does not have its width.
    pub fn load(size: u64, tile: &mut dyn FnMut(TileId) -> Option<Vec<u8>>) -> Result<Self, TreeError> {
        let mut edge = Vec::new();
        for level in (0..LEVELS_MAX).take_while(|&level| nodes(size, level) > 0) {
            let id = TileId { level, index: nodes(size, level) / u64::from(TILE_WIDTH) };
            let width = id.width(size);
            let hashes = if width == 0 {
                Vec::new()
            } else {
                let bytes = tile(id).ok_or(TreeError::Missing { level, index: id.index })?;
                if bytes.len() != usize::from(width) * HASH_BYTES {
                    return Err(TreeError::Width { level, index: id.index });
                }
                hashes_of(&bytes)
            };
            edge.push(EdgeTile::of(hashes));
        }
        Ok(Self { size, edge, filled: Vec::new() })
    }

    /// Appends an entry.
    pub fn append(&mut self, entry: &[u8]) {
        self.append_leaf(leaf_hash(entry), &mut |_, _, _| {});
    }

    /// Appends a leaf, telling of every hash that becomes final with it: its tile level, its position in that level,
    /// and the hash.
    pub(crate) fn append_leaf(&mut self, leaf: Hash, told: &mut dyn FnMut(u8, u64, &Hash)) {
        let mut hash = leaf;
        for level in 0..LEVELS_MAX {
            let position = nodes(self.size, level);
            told(level, position, &hash);
            let at = usize::from(level);
            if self.edge.len() <= at {
                self.edge.push(EdgeTile::default());
            }
            let Some(tile) = self.edge.get_mut(at) else { break };
            tile.push(hash);
            tile.changed = true;
            if tile.hashes.len() < usize::from(TILE_WIDTH) {
                break;
            }
            let full = std::mem::take(tile);
            hash = full.join_onto(None).unwrap_or_else(empty_root);
            let id = TileId { level, index: position / u64::from(TILE_WIDTH) };
            self.filled.push((id, full.hashes.concat()));
        }
        self.size = self.size.saturating_add(1);
    }

    /// Leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// RFC 6962 root.
    pub fn root(&self) -> Hash {
        // The tree is a row of perfect subtrees, the largest at the left; the root joins them from the right. The levels
        // of tiles stand in that order from the highest to the lowest, so they are walked from the lowest up.
        let root = self.edge.iter().fold(None, |right, tile| tile.join_onto(right));
        root.unwrap_or_else(empty_root)
    }

    /// Every tile changed since the last call, full or partial (its length is 32 × its width).
    pub fn take_changed(&mut self) -> Vec<(TileId, Vec<u8>)> {
        let mut changed = std::mem::take(&mut self.filled);
        for (level, tile) in (0..LEVELS_MAX).zip(&mut self.edge) {
            if std::mem::take(&mut tile.changed) && !tile.hashes.is_empty() {
                let index = nodes(self.size, level) / u64::from(TILE_WIDTH);
                changed.push((TileId { level, index }, tile.hashes.concat()));
            }
        }
        changed
    }
}

/// RFC 6962 leaf hash.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    hash_of(&[&[0], entry])
}

/// RFC 6962 hash of two subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash_of(&[&[1], left, right])
}

/// RFC 6962 root of the tree without leaves.
pub fn empty_root() -> Hash {
    hash_of(&[])
}

/// SHA-256 of the pieces, one after another.
pub(crate) fn hash_of(pieces: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for piece in pieces {
        context.update(piece);
    }
    let mut hash = [0; HASH_BYTES];
    for (to, from) in hash.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    hash
}

/// The hashes of a tile's bytes, as many as are whole.
pub(crate) fn hashes_of(tile: &[u8]) -> Vec<Hash> {
    tile.as_chunks::<HASH_BYTES>().0.to_vec()
}

/// The root of a perfect subtree: `hashes` are a power of two; nothing when there are none.
pub(crate) fn fold(hashes: &[Hash]) -> Option<Hash> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied()
}

/// Hashes that stand in a level of tiles of a tree of `size` leaves.
pub(crate) fn nodes(size: u64, level: u8) -> u64 {
    size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0)
}

/// Leaves before the hash at `position` of a level of tiles.
pub(crate) fn leaves_before(level: u8, position: u64) -> u64 {
    1_u64
        .checked_shl(TILE_HEIGHT * u32::from(level))
        .map_or(u64::MAX, |leaves| position.saturating_mul(leaves))
}

/// Where C2SP tlog-tiles keeps the bundle of entries with that index.
pub fn bundle_path(index: u64, width: u16) -> String {
    tile_path("entries", index, width)
}

/// `tile/<what>/x001/x234/067`, with `.p/<width>` while it is not full.
fn tile_path(what: &str, index: u64, width: u16) -> String {
    let digits = format!("{index:03}");
    let missing = (3 - digits.len() % 3) % 3;
    let digits = format!("{}{digits}", "0".repeat(missing));
    let mut path = format!("tile/{what}");
    let elements = digits.len() / 3;
    for (at, digit) in digits.chars().enumerate() {
        if at % 3 == 0 {
            path.push_str(if at / 3 + 1 < elements { "/x" } else { "/" });
        }
        path.push(digit);
    }
    if width < TILE_WIDTH {
        // Writing into a string does not fail.
        let _ = write!(path, ".p/{width}");
    }
    path
}

/// Stored tiles that do not make the tree they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A tile is not there.
    #[error("tile {index} of level {level} is missing")]
    Missing {
        /// Its level.
        level: u8,
        /// Its index.
        index: u64,
    },
    /// A tile does not have the width that the size of the tree demands.
    #[error("tile {index} of level {level} does not have the width that the size of the tree demands")]
    Width {
        /// Its level.
        level: u8,
        /// Its index.
        index: u64,
    },
}

impl TreeError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "tile-missing",
            Self::Width { .. } => "tile-width",
        }
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
pub(crate) mod tests;
