//! Export of a ledger as a directory in C2SP tlog-tiles layout.
//!
//! ```text
//! checkpoint                        the signed checkpoint
//! tile/<level>/<index>[.p/<width>]  hashes
//! tile/entries/<index>[.p/<width>]  entries, each behind its length in two big-endian bytes
//! bailee.pub                        the verifier key
//! README.md                         how to verify, with this program and without
//! ```

use std::io;

use crate::log::{Source, SourceError};
use crate::note::open_checkpoint;
use crate::tree::{HASH_BYTES, TILE_WIDTH, TileId, bundle_path};

/// The file of the checkpoint in an export.
pub const CHECKPOINT_FILE: &str = "checkpoint";

/// The file of the verifier key in an export.
pub const KEY_FILE: &str = "bailee.pub";

/// The file that explains an export.
pub const README_FILE: &str = "README.md";

/// The files of an export, one after another: path below the directory, and content. The checkpoint comes last, so that
/// an export that broke off has none. Returns how many entries were written.
///
/// # Errors
/// When the ledger cannot be read or lacks something, its checkpoint is not of this key, or `write` fails.
/// What was written until then is no export.
pub fn files(
    source: &dyn Source,
    verifier_key: &str,
    write: &mut dyn FnMut(&str, &[u8]) -> io::Result<()>,
) -> Result<u64, SourceError> {
    let mut write = |path: &str, content: &[u8]| {
        write(path, content)
            .map_err(|error| SourceError(format!("{path} cannot be written: {}", error.kind())))
    };
    let note = source.checkpoint()?;
    let checkpoint = open_checkpoint(&note, verifier_key).map_err(|error| SourceError(error.to_string()))?;
    write(README_FILE, readme(&checkpoint.origin, verifier_key).as_bytes())?;
    write(KEY_FILE, format!("{verifier_key}\n").as_bytes())?;
    for id in TileId::all(checkpoint.size) {
        let width = id.width(checkpoint.size);
        if id.level == 0 {
            write(&bundle_path(id.index, width), &bundle(source, id, width)?)?;
        }
        write(&id.path(width), &tile(source, id, width)?)?;
    }
    write(CHECKPOINT_FILE, note.as_bytes())?;
    Ok(checkpoint.size)
}

/// The entries below a tile of level 0, framed.
fn bundle(source: &dyn Source, id: TileId, width: u16) -> Result<Vec<u8>, SourceError> {
    let first = id.first_leaf();
    let mut bundle = Vec::new();
    for index in first..first + u64::from(width) {
        let entry = source.entry(index)?.ok_or_else(|| SourceError(format!("entry {index} is missing")))?;
        let length = u16::try_from(entry.len())
            .map_err(|_| SourceError(format!("entry {index} is too long to be framed")))?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(&entry);
    }
    Ok(bundle)
}

/// A tile as it was at the checkpoint: entries appended since have made it wider.
fn tile(source: &dyn Source, id: TileId, width: u16) -> Result<Vec<u8>, SourceError> {
    let mut bytes = source.tile(id)?.unwrap_or_default();
    let length = usize::from(width) * HASH_BYTES;
    if bytes.len() < length {
        return Err(SourceError(format!("tile {} of level {} is missing or short", id.index, id.level)));
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Takes a framed bundle apart: the entries before the first frame that is not whole.
pub(crate) fn unbundle(bundle: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bundle;
    let mut entries = Vec::with_capacity(usize::from(TILE_WIDTH));
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let Some((entry, next)) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length))) else {
            break;
        };
        entries.push(entry.to_vec());
        rest = next;
    }
    entries
}

fn readme(origin: &str, verifier_key: &str) -> String {
    include_str!("export_readme.md").replace("{origin}", origin).replace("{key}", verifier_key)
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
