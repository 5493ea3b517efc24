//! The Merkle tree of RFC 6962, kept as C2SP tlog-tiles.

/// SHA-256.
pub type Hash = [u8; 32];

/// A hash tile: `level` 0 holds leaf hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId { /// Level.
    pub level: u8, /// Index in its level.
    pub index: u64 }

/// Leaves or nodes in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// The right edge of a growing tree: what must be known to append.
#[derive(Clone)]
pub struct Tree {}

impl Tree {
    /// A tree with nothing in it.
    pub fn empty() -> Self { todo!() }
    /// The tree of `size` leaves, read back from its stored edge tiles (the rightmost tile of each level).
    pub fn load(_size: u64, _tile: &mut dyn FnMut(TileId) -> Option<Vec<u8>>) -> Result<Self, TreeError> { todo!() }
    /// Appends an entry.
    pub fn append(&mut self, _entry: &[u8]) { todo!() }
    /// Leaves.
    pub fn size(&self) -> u64 { todo!() }
    /// RFC 6962 root.
    pub fn root(&self) -> Hash { todo!() }
    /// Every tile changed since the last call, full or partial (its length is 32 × its width).
    pub fn take_changed(&mut self) -> Vec<(TileId, Vec<u8>)> { todo!() }
}

/// RFC 6962 leaf hash.
pub fn leaf_hash(_entry: &[u8]) -> Hash { todo!() }

/// Stored tiles that do not make the tree they should.
#[derive(Debug, thiserror::Error)]
#[error("tree")]
pub struct TreeError;
