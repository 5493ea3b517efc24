//! Reads an exported ledger from a directory.
//!
//! It hands out what is there, as far as it can be read, so that [`crate::verify`] can name the first entry that is not
//! what it should be. Nothing but the checkpoint's signature is checked here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::export::{CHECKPOINT_FILE, unbundle};
use crate::log::{Source, SourceError};
use crate::note::{NOTE_BYTES_MAX, NoteError, open_checkpoint};
use crate::tree::{TILE_WIDTH, TileId, bundle_path};
use crate::verify::VerifyError;

/// Most bytes of a file in an export: 256 entries of the greatest length with their frames.
pub(crate) const FILE_BYTES_MAX: u64 = 256 * (2 + crate::entry::ENTRY_BYTES_MAX as u64);

/// An exported ledger.
pub struct DirectorySource {
    directory: PathBuf,
    checkpoint: String,
    size: u64,
    /// The bundle read last: entries are mostly read one after another.
    bundle: Mutex<Option<(u64, Vec<Vec<u8>>)>>,
}

impl DirectorySource {
    /// Opens a directory: its checkpoint must be signed by this key, since the names of the files follow from its size.
    ///
    /// # Errors
    /// When the checkpoint cannot be read or is refused. No other file is looked at yet.
    pub fn open(directory: &Path, verifier_key: &str) -> Result<Self, VerifyError> {
        let path = directory.join(CHECKPOINT_FILE);
        let length = fs::metadata(&path).map_err(|error| unreadable(CHECKPOINT_FILE, &error))?.len();
        if length > NOTE_BYTES_MAX as u64 {
            return Err(NoteError::Form.into());
        }
        let checkpoint = fs::read_to_string(&path).map_err(|error| unreadable(CHECKPOINT_FILE, &error))?;
        let size = open_checkpoint(&checkpoint, verifier_key)?.size;
        Ok(Self { directory: directory.to_owned(), checkpoint, size, bundle: Mutex::new(None) })
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let file = self.directory.join(path);
        match fs::metadata(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(unreadable(path, &error)),
            Ok(metadata) if !metadata.is_file() => return Err(SourceError(format!("{path} is not a file"))),
            Ok(metadata) if metadata.len() > FILE_BYTES_MAX => {
                return Err(SourceError(format!("{path} is too long")));
            }
            Ok(_) => {}
        }
        fs::read(&file).map(Some).map_err(|error| unreadable(path, &error))
    }

    fn bundle(&self, index: u64) -> Result<Option<Vec<Vec<u8>>>, SourceError> {
        let width = TileId { level: 0, index }.width(self.size);
        let path = bundle_path(index, width);
        Ok(self.read(&path)?.map(|bytes| unbundle(&bytes)))
    }
}

impl Source for DirectorySource {
    fn checkpoint(&self) -> Result<String, SourceError> {
        Ok(self.checkpoint.clone())
    }

    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, SourceError> {
        if index >= self.size {
            return Ok(None);
        }
        let (bundle, place) = (index / u64::from(TILE_WIDTH), index % u64::from(TILE_WIDTH));
        let mut cached = self.bundle.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.as_ref().is_none_or(|(at, _)| *at != bundle) {
            *cached = self.bundle(bundle)?.map(|entries| (bundle, entries));
        }
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        Ok(cached.as_ref().and_then(|(_, entries)| entries.get(place)).cloned())
    }

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, SourceError> {
        let width = tile.width(self.size);
        if width == 0 {
            return Ok(None);
        }
        self.read(&tile.path(width))
    }
}

fn unreadable(path: &str, error: &io::Error) -> SourceError {
    SourceError(format!("{path} cannot be read: {}", error.kind()))
}
