//! Signed-note checkpoints (C2SP tlog-checkpoint, signed-note) under Ed25519.

use crate::tree::Hash;

/// Signs checkpoints of one origin.
pub struct Signer {}

impl Signer {
    /// The signer of a home: origin `bailee/<home id>`, and as environment test `bailee-test/<home id>`.
    pub fn new(_binding_home: bailee_core::HomeId, _environment: bailee_core::Environment, _seed: &[u8; 32]) -> Result<Self, NoteError> { todo!() }
    /// The log's origin.
    pub fn origin(&self) -> &str { todo!() }
    /// The public key as a verifier key line (`origin+hash+base64`).
    pub fn verifier_key(&self) -> String { todo!() }
    /// The signed checkpoint. Extension lines (`keyring <revision> <base64 head hash>`) follow the root.
    pub fn checkpoint(&self, _size: u64, _root: &Hash, _extensions: &[String]) -> String { todo!() }
}

/// A checkpoint whose signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint { /// Origin.
    pub origin: String, /// Leaves.
    pub size: u64, /// Root.
    pub root: Hash, /// Extension lines.
    pub extensions: Vec<String> }

/// Checks a signed checkpoint against a verifier key.
pub fn open_checkpoint(_note: &str, _verifier_key: &str) -> Result<Checkpoint, NoteError> { todo!() }

/// Why a note is refused.
#[derive(Debug, thiserror::Error)]
#[error("note")]
pub struct NoteError;
