//! The few things a keyring does to a disk, as a trait, so that a test can stand between and fail any of them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// What a keyring does to a disk. Nothing is durable before its `sync`.
pub(crate) trait Files: Send + Sync {
    /// Makes a directory of mode 0700, with those above it, and makes its name durable.
    fn make_directory(&self, path: &Path) -> io::Result<()>;
    /// The names in a directory.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// A whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Makes or replaces a file of mode 0600, its content durable on return (its name is not).
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Moves a file over another at once.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
    /// Removes a file after writing zeros over it (which a disk may or may not honour).
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// Most bytes of one file that are read: a bucket whose every second slot is punctured has some 300 MB.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The disk itself.
pub(crate) struct Disk;

impl Files for Disk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let Some(parent) = path.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
        self.make_directory(parent)?;
        DirBuilder::new().mode(0o700).create(path)?;
        self.sync_directory(parent)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in directory.read_dir()? {
            // A name that is no text is none of ours; it still counts as something that is there.
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read_at_most(path, FILE_BYTES_MAX)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        // Best effort: a full or worn disk must not stop the removal itself.
        let _ = overwrite(path);
        std::fs::remove_file(path)
    }
}

fn read_at_most(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.flush()?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_has_a_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        Disk.write(&path, &[1; 100]).unwrap();
        assert_eq!(read_at_most(&path, 100).unwrap(), vec![1; 100]);
        assert_eq!(read_at_most(&path, 99).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn nobody_else_may_look() {
        let directory = tempfile::tempdir().unwrap();
        let made = directory.path().join("a/b");
        Disk.make_directory(&made).unwrap();
        Disk.write(&made.join("file"), b"x").unwrap();
        assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(made.join("file").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        Disk.remove(&made.join("file")).unwrap();
        assert!(Disk.list(&made).unwrap().is_empty());
    }
}
