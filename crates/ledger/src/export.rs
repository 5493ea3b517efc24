//! Export of a ledger as a directory in C2SP tlog-tiles layout.
use crate::log::{Source, SourceError};

/// The files of an export, one after another: path below the directory, and content.
pub fn files(_source: &dyn Source, _verifier_key: &str, _write: &mut dyn FnMut(&str, &[u8]) -> std::io::Result<()>) -> Result<u64, SourceError> { todo!() }
