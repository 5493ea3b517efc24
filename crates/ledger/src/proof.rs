//! Inclusion and consistency proofs (RFC 6962, RFC 9162).
use crate::log::{Source, SourceError};
use crate::tree::Hash;

/// Verifies that a leaf is in a tree.
pub fn verify_inclusion(_leaf: &Hash, _index: u64, _size: u64, _proof: &[Vec<u8>], _root: &[u8]) -> Result<(), ProofError> { todo!() }
/// Verifies that a tree is a prefix of another.
pub fn verify_consistency(_size1: u64, _size2: u64, _proof: &[Vec<u8>], _root1: &[u8], _root2: &[u8]) -> Result<(), ProofError> { todo!() }
/// Makes an inclusion proof from tiles.
pub fn inclusion(_source: &dyn Source, _index: u64, _size: u64) -> Result<Vec<Hash>, SourceError> { todo!() }
/// Makes a consistency proof from tiles.
pub fn consistency(_source: &dyn Source, _size1: u64, _size2: u64) -> Result<Vec<Hash>, SourceError> { todo!() }

/// Why a proof does not hold.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the proof does not hold")]
pub struct ProofError;
