//! Inclusion and consistency proofs (RFC 6962, RFC 9162).
//!
//! Verifying needs nothing but the numbers and hashes; making a proof reads at most a few tiles per level.

use std::collections::HashMap;

use crate::log::{Source, SourceError};
use crate::tree::{HASH_BYTES, Hash, TILE_HEIGHT, TILE_WIDTH, TileId, fold, hashes_of, node_hash};

/// Verifies that a leaf is in a tree (RFC 9162, 2.1.3.2). A hash that is not of 32 bytes is refused.
///
/// # Errors
/// When the proof does not lead from this leaf, at this index, to the root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Vec<u8>],
    root: &[u8],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut computed = *leaf;
    for sibling in proof {
        let sibling = hash(sibling)?;
        if last == 0 {
            return Err(ProofError);
        }
        if node & 1 == 1 || node == last {
            computed = node_hash(&sibling, &computed);
            // The last node of an odd row has no sibling there: it rises until it is a right child.
            let rise = if node & 1 == 1 { 0 } else { node.trailing_zeros() };
            (node, last) = (shr(node, rise), shr(last, rise));
        } else {
            computed = node_hash(&computed, &sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last == 0 && computed == hash(root)? { Ok(()) } else { Err(ProofError) }
}

/// Verifies that a tree is a prefix of another (RFC 9162, 2.1.4.2). The empty tree is a prefix of every tree, so that a
/// proof for it says nothing and is refused. Two trees of one size are compared by their roots, whatever these are; in
/// every other case a hash that is not of 32 bytes is refused.
///
/// # Errors
/// When the proof does not join the two roots at these sizes.
pub fn verify_consistency(
    size1: u64,
    size2: u64,
    proof: &[Vec<u8>],
    root1: &[u8],
    root2: &[u8],
) -> Result<(), ProofError> {
    if size1 == 0 || size1 > size2 {
        return Err(ProofError);
    }
    if size1 == size2 {
        return if proof.is_empty() && root1 == root2 { Ok(()) } else { Err(ProofError) };
    }
    let (root1, root2) = (hash(root1)?, hash(root2)?);
    let mut hashes = proof.iter().map(|bytes| hash(bytes));
    // The old tree, if it is perfect, is its own first node: the proof leaves it out.
    let first = if size1.is_power_of_two() { root1 } else { hashes.next().ok_or(ProofError)?? };
    let skip = (size1 - 1).trailing_ones();
    let (mut node, mut last) = (shr(size1 - 1, skip), shr(size2 - 1, skip));
    let (mut old, mut new) = (first, first);
    for sibling in hashes {
        let sibling = sibling?;
        if last == 0 {
            return Err(ProofError);
        }
        if node & 1 == 1 || node == last {
            (old, new) = (node_hash(&sibling, &old), node_hash(&sibling, &new));
            let rise = if node & 1 == 1 || node == 0 { 0 } else { node.trailing_zeros() };
            (node, last) = (shr(node, rise), shr(last, rise));
        } else {
            new = node_hash(&new, &sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last == 0 && old == root1 && new == root2 { Ok(()) } else { Err(ProofError) }
}

/// Makes an inclusion proof from tiles, for the tree of the first `size` leaves: the sibling first, the root's child
/// last.
///
/// # Errors
/// When the tree has no such entry, or a tile that the proof needs cannot be read, is missing or is too
/// narrow.
pub fn inclusion(source: &dyn Source, index: u64, size: u64) -> Result<Vec<Hash>, SourceError> {
    if index >= size {
        return Err(SourceError(format!("there is no entry {index} in a tree of {size}")));
    }
    let mut tiles = Tiles::new(source);
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            proof.push(tiles.root(middle, high)?);
            high = middle;
        } else {
            proof.push(tiles.root(low, middle)?);
            low = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Makes a consistency proof from tiles, between the trees of the first `size1` and `size2` leaves.
///
/// # Errors
/// When `size1` is 0 or greater than `size2`, or a tile that the proof needs cannot be read, is missing or is
/// too narrow.
pub fn consistency(source: &dyn Source, size1: u64, size2: u64) -> Result<Vec<Hash>, SourceError> {
    if size1 == 0 || size1 > size2 {
        return Err(SourceError(format!("a tree of {size2} has no proof for one of {size1}")));
    }
    let mut tiles = Tiles::new(source);
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, size2);
    while size1 != high {
        let middle = low + split(high - low);
        if size1 <= middle {
            proof.push(tiles.root(middle, high)?);
            high = middle;
        } else {
            proof.push(tiles.root(low, middle)?);
            low = middle;
        }
    }
    if low > 0 {
        proof.push(tiles.root(low, high)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Tiles of a source, each read once.
struct Tiles<'a> {
    source: &'a dyn Source,
    read: HashMap<TileId, Vec<Hash>>,
}

impl<'a> Tiles<'a> {
    fn new(source: &'a dyn Source) -> Self {
        Self { source, read: HashMap::new() }
    }

    /// The root of the leaves from `low` to before `high`, `low` being a multiple of the range's largest subtree.
    fn root(&mut self, low: u64, high: u64) -> Result<Hash, SourceError> {
        let leaves = high - low;
        if leaves.is_power_of_two() {
            return self.perfect(leaves.trailing_zeros(), low);
        }
        let middle = low + split(leaves);
        let (left, right) = (self.root(low, middle)?, self.root(middle, high)?);
        Ok(node_hash(&left, &right))
    }

    /// The root of the perfect subtree of that height whose first leaf is `low`.
    fn perfect(&mut self, height: u32, low: u64) -> Result<Hash, SourceError> {
        let level = height / TILE_HEIGHT;
        let position = shr(low, level * TILE_HEIGHT);
        let id =
            TileId { level: u8::try_from(level).unwrap_or(u8::MAX), index: position / u64::from(TILE_WIDTH) };
        let first = usize::try_from(position % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
        let count = 1_usize << (height % TILE_HEIGHT);
        self.tile(id)?
            .get(first..first + count)
            .and_then(fold)
            .ok_or_else(|| SourceError(format!("tile {} of level {} is too narrow", id.index, id.level)))
    }

    fn tile(&mut self, id: TileId) -> Result<&[Hash], SourceError> {
        if !self.read.contains_key(&id) {
            let missing = || SourceError(format!("tile {} of level {} is missing", id.index, id.level));
            let hashes = hashes_of(&self.source.tile(id)?.ok_or_else(missing)?);
            self.read.insert(id, hashes);
        }
        Ok(self.read.get(&id).map_or(&[], Vec::as_slice))
    }
}

/// Leaves of the left subtree of a tree of `leaves` (at least 2): the largest power of two below it.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

fn shr(number: u64, by: u32) -> u64 {
    number.checked_shr(by).unwrap_or(0)
}

fn hash(bytes: &[u8]) -> Result<Hash, ProofError> {
    <[u8; HASH_BYTES]>::try_from(bytes).map_err(|_| ProofError)
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct ProofError;

impl ProofError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        "proof-does-not-hold"
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
