//! The files of a backup while it is made: none of them is there any more once it is, or is not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bailee_core::Timestamp;
use bailee_crypto::backup::About;
use bailee_ledger::log::Source;
use bailee_store::sqlite::copy::Copy;

use super::BackupFault;
use crate::VaultError;

/// What the names of drafts end with.
const PART: &str = ".part";
/// Bytes that are gathered before they are written.
const WRITE_BYTES: usize = 256 * 1024;

/// A copy of the store inside the home. It goes when this is dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Takes away what a killed backup left.
    pub(super) fn new(path: &Path) -> Result<Self, VaultError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(super::unwritten(error)),
            _ => Ok(Self(path.to_owned())),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Entries of the ledger in the copy.
    pub(super) fn ledger_size(&self) -> Result<u64, VaultError> {
        let checkpoint = Copy::open(&self.0)?.ledger()?.checkpoint();
        let checkpoint = checkpoint.map_err(|_| VaultError::Damaged("the ledger's checkpoint"))?;
        let size = checkpoint.lines().nth(1).and_then(|size| size.parse().ok());
        size.ok_or(VaultError::Damaged("the ledger's checkpoint"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next backup, and when the home is opened.
        let _ = fs::remove_file(&self.0);
    }
}

/// A backup that has not its name yet. It goes when this is dropped, unless it is kept.
pub(super) struct Draft {
    part: PathBuf,
    file: PathBuf,
    open: File,
}

impl Draft {
    pub(super) fn begin(directory: &Path, about: &About) -> Result<Self, BackupFault> {
        let unusable =
            |error: io::Error| BackupFault::Place { path: directory.to_owned(), kind: error.kind() };
        let home: String = about.binding.home.to_string().chars().take(8).collect();
        let beginning = format!(".bailee-{home}-");
        clear(directory, &beginning).map_err(unusable)?;
        let id: String = about.backup.to_string().chars().take(8).collect();
        let name = format!("bailee-{home}-{}-{id}.backup", compact(about.made_at));
        let part = directory.join(format!(".{name}{PART}"));
        let open = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&part);
        Ok(Self { open: open.map_err(unusable)?, part, file: directory.join(name) })
    }

    pub(super) fn writer(&self) -> BufWriter<&File> {
        BufWriter::with_capacity(WRITE_BYTES, &self.open)
    }

    pub(super) fn sync(&self) -> Result<(), VaultError> {
        self.open.sync_all().map_err(super::unwritten)
    }

    /// The same file from its beginning.
    pub(super) fn reopen(&self) -> Result<File, VaultError> {
        File::open(&self.part).map_err(super::unwritten)
    }

    /// Gives it its name; where it is.
    pub(super) fn keep(self) -> Result<PathBuf, VaultError> {
        fs::rename(&self.part, &self.file).map_err(super::unwritten)?;
        let directory = self.file.parent().unwrap_or(Path::new("."));
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(super::unwritten)?;
        Ok(self.file.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next backup of this home.
        let _ = fs::remove_file(&self.part);
    }
}

/// Removes what killed backups of this home left in a directory.
fn clear(directory: &Path, beginning: &str) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(beginning) && name.ends_with(PART) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A time as names of files have it: `20260320T090000Z`.
fn compact(at: Timestamp) -> String {
    let seconds = Timestamp::from_second(at.as_second()).unwrap_or(at);
    seconds.to_string().chars().filter(char::is_ascii_alphanumeric).collect()
}
