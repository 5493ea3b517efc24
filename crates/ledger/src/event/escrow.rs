//! What leaves a home so that its keys can come back.

use bailee_core::RecordId;
use serde::{Deserialize, Serialize};

use super::Digest;

/// That the lasting keyring was given out, sealed. Never where it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyringExported {
    /// Of the file, which is ciphertext.
    pub digest: Digest,
    /// For whom it is sealed: the first half of the SHA-256 of each public key; nobody, where it is sealed under the root key.
    pub recipients: Vec<RecordId>,
}

/// That the root key is split: written before a share is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKeySplit {
    /// How many shares there are.
    pub shares: u32,
    /// How many of them bring it back.
    pub threshold: u32,
}
