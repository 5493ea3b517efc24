//! Offline verification of a whole ledger.
use crate::log::Source;

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Verified { /// Leaves.
    pub size: u64, /// Root, as hexadecimal.
    pub root: String, /// The checkpoint's signature and root hold.
    pub checkpoint_ok: bool, /// Entries read and hashed.
    pub events_checked: u64 }

/// Verifies checkpoint, every entry and every tile of a source, and that `known` checkpoints are its ancestors.
pub fn verify(_source: &dyn Source, _verifier_key: &str, _known: &[String]) -> Result<Verified, VerifyError> { todo!() }
/// The same of an exported directory, with the verifier key in its `*.pub`: any changed, missing or added byte is an
/// error (README and `*.pub` excepted).
pub fn verify_directory(_directory: &std::path::Path, _verifier_key: Option<&str>, _known: &[String]) -> Result<Verified, VerifyError> { todo!() }

/// What does not hold, and at which index.
#[derive(Debug, thiserror::Error)]
#[error("verify")]
pub struct VerifyError { /// The first entry concerned.
    pub index: Option<u64> }
