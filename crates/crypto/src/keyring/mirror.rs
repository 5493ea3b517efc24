//! One mirror: a directory with a head, the lasting keyring and a folder of segments.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::files::Files;
use super::head::Head;
use super::segment::Name;
use crate::kdf::sha256;

/// A mirror's directory, and the disk to reach it by.
#[derive(Clone, Copy)]
pub(crate) struct Mirror<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) path: &'a Path,
}

impl Mirror<'_> {
    fn head(&self) -> PathBuf {
        self.path.join("head")
    }

    fn lasting(&self) -> PathBuf {
        self.path.join("lasting")
    }

    fn segments(&self) -> PathBuf {
        self.path.join("segments")
    }

    fn segment(&self, name: &Name) -> PathBuf {
        self.segments().join(HEXLOWER.encode(name))
    }

    /// The head's file; none where there is none.
    pub(crate) fn read_head(&self) -> io::Result<Option<Vec<u8>>> {
        found(self.files.read(&self.head()))
    }

    /// A segment's file, if it is there and is the one meant.
    pub(crate) fn read_segment(&self, name: &Name, hash: &[u8; 32]) -> Option<Vec<u8>> {
        self.files.read(&self.segment(name)).ok().filter(|file| sha256(file) == *hash)
    }

    /// The lasting keyring's file, if it is there and is the one meant.
    pub(crate) fn read_lasting(&self, hash: &[u8; 32]) -> Option<Vec<u8>> {
        self.files.read(&self.lasting()).ok().filter(|file| sha256(file) == *hash)
    }

    /// What a head needs is here: every segment and the lasting keyring.
    pub(crate) fn is_complete(&self, head: &Head) -> bool {
        self.read_lasting(&head.lasting).is_some()
            && head.segments.values().all(|segment| self.read_segment(&segment.name, &segment.hash).is_some())
    }

    /// Makes the directories.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        self.files.make_directory(self.path)?;
        self.files.make_directory(&self.segments())
    }

    /// Writes segments, durable on return. No head names them yet.
    pub(crate) fn put_segments<'b>(
        &self,
        segments: impl IntoIterator<Item = (Name, &'b [u8])>,
    ) -> io::Result<()> {
        let mut written = false;
        for (name, file) in segments {
            self.files.write(&self.segment(&name), file)?;
            written = true;
        }
        if written { self.files.sync_directory(&self.segments()) } else { Ok(()) }
    }

    /// Replaces the head at once, durable on return.
    pub(crate) fn put_head(&self, file: &[u8]) -> io::Result<()> {
        self.replace("head.tmp", &self.head(), file)
    }

    /// Replaces the lasting keyring at once, durable on return.
    pub(crate) fn put_lasting(&self, file: &[u8]) -> io::Result<()> {
        self.replace("lasting.tmp", &self.lasting(), file)
    }

    fn replace(&self, temporary: &str, to: &Path, file: &[u8]) -> io::Result<()> {
        let temporary = self.path.join(temporary);
        self.files.write(&temporary, file)?;
        self.files.rename(&temporary, to)?;
        self.files.sync_directory(self.path)
    }

    /// Removes what this head does not name: segments of older heads, and what a crash left. Files that are not of a
    /// keyring's naming are none of its business.
    pub(crate) fn sweep(&self, head: &Head) -> io::Result<()> {
        for temporary in ["head.tmp", "lasting.tmp"] {
            found(self.files.remove(&self.path.join(temporary)))?;
        }
        let named: BTreeSet<String> =
            head.segments.values().map(|segment| HEXLOWER.encode(&segment.name)).collect();
        let mut removed = false;
        for name in self.files.list(&self.segments())? {
            if is_segment_name(&name) && !named.contains(&name) {
                self.files.remove(&self.segments().join(name))?;
                removed = true;
            }
        }
        if removed { self.files.sync_directory(&self.segments()) } else { Ok(()) }
    }

    /// Whether nothing is here.
    pub(crate) fn is_empty(&self) -> io::Result<bool> {
        Ok(found(self.files.list(self.path))?.is_none_or(|names| names.is_empty()))
    }
}

fn is_segment_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
