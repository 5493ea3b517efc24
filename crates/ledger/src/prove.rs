//! A proof that an event is in the log, as one self-contained document (C2SP tlog-proof).
//!
//! The entry itself travels in the `extra` line, so that [`verify_proof`] needs the document and the public key and
//! nothing else. The format calls `extra` unauthenticated: here it is authenticated, since its hash is the leaf whose
//! inclusion is proven.

use data_encoding::BASE64;

use crate::event::ENTRY_BYTES_MAX;
use crate::log::{Source, SourceError};
use crate::note::{Checkpoint, NoteError, open_checkpoint, parse_decimal};
use crate::proof::{ProofError, inclusion, verify_inclusion};
use crate::tree::leaf_hash;

/// The first line of the format.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Most hashes of an inclusion proof: a 64-bit size has no more levels.
const HASHES_MAX: usize = 64;

/// What a verified document proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The entry's index.
    pub index: u64,
    /// The entry's bytes: see [`crate::event::Event::parse`].
    pub entry: Vec<u8>,
    /// The checkpoint of the tree that holds it.
    pub checkpoint: Checkpoint,
}

/// The document that proves the entry with that index, against the newest checkpoint.
///
/// # Errors
/// [`ProveError::NoEntry`] when there is no such entry. Any other when the ledger cannot be read, is not of
/// this key or is damaged; [`crate::verify::verify`] tells where.
pub fn prove(source: &dyn Source, verifier_key: &str, index: u64) -> Result<String, ProveError> {
    prove_against(source, verifier_key, &source.checkpoint()?, index)
}

/// The same against a checkpoint that the log has grown from since, so that several entries are proven of one tree.
///
/// # Errors
/// Those of [`prove`].
pub fn prove_against(
    source: &dyn Source,
    verifier_key: &str,
    note: &str,
    index: u64,
) -> Result<String, ProveError> {
    let checkpoint = open_checkpoint(note, verifier_key)?;
    let entry = source.entry(index)?.ok_or(ProveError::NoEntry { index, size: checkpoint.size })?;
    if index >= checkpoint.size {
        return Err(ProveError::NoEntry { index, size: checkpoint.size });
    }
    let mut document = format!("{HEADER}\nextra {}\nindex {index}\n", BASE64.encode(&entry));
    for hash in inclusion(source, index, checkpoint.size)? {
        document.push_str(&BASE64.encode(&hash));
        document.push('\n');
    }
    document.push('\n');
    document.push_str(note);
    // A proof that does not hold is worse than none: the source may be damaged.
    verify_proof(&document, verifier_key)?;
    Ok(document)
}

/// Verifies a document of [`prove`], offline.
///
/// # Errors
/// [`ProveError::Form`] when this is no such document; else its checkpoint is refused, or its hashes do not
/// lead there. It proves nothing then.
pub fn verify_proof(document: &str, verifier_key: &str) -> Result<Proven, ProveError> {
    let (head, note) = document.split_once("\n\n").ok_or(ProveError::Form)?;
    let mut lines = head.split('\n');
    if lines.next() != Some(HEADER) {
        return Err(ProveError::Form);
    }
    let entry =
        lines.next().and_then(|line| line.strip_prefix("extra ")).and_then(decode).ok_or(ProveError::Form)?;
    let index = lines
        .next()
        .and_then(|line| line.strip_prefix("index "))
        .and_then(parse_decimal)
        .ok_or(ProveError::Form)?;
    let hashes: Option<Vec<Vec<u8>>> = lines.map(decode).collect();
    let hashes = hashes.filter(|hashes| hashes.len() <= HASHES_MAX).ok_or(ProveError::Form)?;
    if entry.len() > ENTRY_BYTES_MAX {
        return Err(ProveError::Form);
    }
    let checkpoint = open_checkpoint(note, verifier_key)?;
    verify_inclusion(&leaf_hash(&entry), index, checkpoint.size, &hashes, &checkpoint.root)?;
    Ok(Proven { index, entry, checkpoint })
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok()
}

/// Why there is no proof, or why it is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// No such entry in the signed tree.
    #[error("there is no entry {index} in a signed tree of {size}")]
    NoEntry {
        /// Asked for.
        index: u64,
        /// Entries that there are.
        size: u64,
    },
    /// Not the form of a proof.
    #[error("this is not a proof of an entry")]
    Form,
    /// The checkpoint is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The hashes do not lead from the entry to the root.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The log cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl ProveError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoEntry { .. } => "no-such-entry",
            Self::Form => "proof-form",
            Self::Note(error) => error.code(),
            Self::Proof(error) => error.code(),
            Self::Source(error) => error.code(),
        }
    }
}

#[cfg(test)]
#[path = "prove_tests.rs"]
mod tests;
