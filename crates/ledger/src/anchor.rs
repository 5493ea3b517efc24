//! Checkpoints kept outside the home, so that a home that was rolled back or rewritten is found out.
//!
//! A directory of one home holds the newest checkpoint and the last one of each day. A ledger that is shorter than the
//! newest, or does not continue it, is refused: it is the very thing that this directory is to show. So a home
//! [checks](Anchors::check) itself before anything is added to its ledger: two trees of one origin never grow.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bailee_core::Day;

use crate::log::Source;
use crate::note::{Checkpoint, NOTE_BYTES_MAX, NoteError, open_checkpoint};
use crate::proof::{consistency, verify_consistency};

/// Most days kept: more than a year, so that every yearly audit finds those since the last.
pub const DAYS_MAX: usize = 400;

/// The newest checkpoint.
const NEWEST: &str = "newest.checkpoint";

/// What every file here ends with.
const ENDING: &str = ".checkpoint";

/// A directory outside the home with its checkpoints.
#[derive(Debug)]
pub struct Anchors {
    directory: PathBuf,
    verifier_key: String,
}

impl Anchors {
    /// Opens a home's directory for checkpoints, made with mode 0700 when missing. A directory inside the home is refused:
    /// what rolls back the home would roll it back too.
    ///
    /// # Errors
    /// [`AnchorError::InsideHome`]: name one outside. [`AnchorError::Directory`] when it cannot be made, or
    /// either path not be followed.
    pub fn open(directory: &Path, home: &Path, verifier_key: &str) -> Result<Self, AnchorError> {
        let resolved = resolve(directory)?;
        if resolved.starts_with(resolve(home)?) {
            return Err(AnchorError::InsideHome);
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&resolved)?;
        Ok(Self { directory: resolved, verifier_key: verifier_key.to_owned() })
    }

    /// Refuses a ledger that was rolled back or rewritten since its newest checkpoint was written here.
    ///
    /// # Errors
    /// [`AnchorError::Behind`] or [`AnchorError::Forked`] for such a ledger: add nothing to it. Any other
    /// when it cannot be told, since one side cannot be read or is not signed by this home.
    pub fn check(&self, ledger: &dyn Source) -> Result<(), AnchorError> {
        self.continues(ledger).map(drop)
    }

    /// Writes a ledger's newest checkpoint as the newest and as the last of its day, and drops the oldest days beyond
    /// [`DAYS_MAX`]. A ledger that [does not pass](Self::check) replaces nothing.
    ///
    /// # Errors
    /// Those of [`Self::check`]; [`AnchorError::Directory`] when a file cannot be written or removed: write
    /// again.
    pub fn write(&self, ledger: &dyn Source, day: Day) -> Result<(), AnchorError> {
        let note = self.continues(ledger)?;
        // The newest first: it is what guards against an older one, also when the second write fails.
        self.replace(NEWEST, &note)?;
        self.replace(&format!("{day}{ENDING}"), &note)?;
        self.drop_oldest()
    }

    /// The newest checkpoint of a ledger that continues the newest one kept here.
    fn continues(&self, ledger: &dyn Source) -> Result<String, AnchorError> {
        let note = ledger.checkpoint().map_err(|_| AnchorError::Unreadable)?;
        let present = open_checkpoint(&note, &self.verifier_key)?;
        let Some(newest) = self.newest()? else { return Ok(note) };
        if present.size < newest.size {
            return Err(AnchorError::Behind { anchored: newest.size, given: present.size });
        }
        if newest.size > 0 {
            let proof =
                consistency(ledger, newest.size, present.size).map_err(|_| AnchorError::Unreadable)?;
            let proof: Vec<Vec<u8>> = proof.iter().map(|hash| hash.to_vec()).collect();
            verify_consistency(newest.size, present.size, &proof, &newest.root, &present.root)
                .map_err(|_| AnchorError::Forked { size: newest.size })?;
        }
        Ok(note)
    }

    /// The checkpoint written last.
    ///
    /// # Errors
    /// When it cannot be read, or this home did not sign it. That there is none yet is no error.
    pub fn newest(&self) -> Result<Option<Checkpoint>, AnchorError> {
        match self.read(NEWEST) {
            Ok(note) => Ok(Some(open_checkpoint(&note, &self.verifier_key)?)),
            Err(AnchorError::Directory(io::ErrorKind::NotFound)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every checkpoint kept, as signed notes: what [`crate::verify::verify`] takes as `known`.
    ///
    /// # Errors
    /// When one cannot be read, or is too long for a checkpoint. Signatures are not looked at.
    pub fn known(&self) -> Result<Vec<String>, AnchorError> {
        self.names()?.iter().map(|name| self.read(name)).collect()
    }

    /// The names of the checkpoints, the oldest day first and the newest last (digits come before letters).
    fn names(&self) -> Result<Vec<String>, AnchorError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(ENDING) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<String, AnchorError> {
        let path = self.directory.join(name);
        if fs::metadata(&path)?.len() > NOTE_BYTES_MAX as u64 {
            return Err(AnchorError::Note(NoteError::Form));
        }
        Ok(fs::read_to_string(path)?)
    }

    /// Replaces a file whole: a reader, and a crash, see the old one or the new one.
    fn replace(&self, name: &str, note: &str) -> Result<(), AnchorError> {
        let draft = self.directory.join(format!("{name}.new"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, self.directory.join(name))?;
        Ok(File::open(&self.directory)?.sync_all()?)
    }

    fn drop_oldest(&self) -> Result<(), AnchorError> {
        let names = self.names()?;
        let beyond = names.len().saturating_sub(DAYS_MAX + 1);
        for name in names.iter().take(beyond) {
            fs::remove_file(self.directory.join(name))?;
        }
        Ok(())
    }
}

/// The path without links, also when its last elements do not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut missing = Vec::new();
    let mut existing = path.as_path();
    loop {
        match existing.canonicalize() {
            Ok(found) => return Ok(missing.iter().rev().fold(found, |path, name| path.join(name))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        match (existing.parent(), existing.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name.to_owned());
                existing = parent;
            }
            // `..` behind something that does not exist leads nobody knows where.
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// Why a checkpoint is not anchored, or none can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// The directory lies in the home.
    #[error(
        "the directory for checkpoints lies inside the home; name one outside it, on another disk if there is one"
    )]
    InsideHome,
    /// The directory or a file in it cannot be used.
    #[error("the directory for checkpoints cannot be used ({0})")]
    Directory(io::ErrorKind),
    /// A checkpoint is refused: of another home, or changed.
    #[error("a checkpoint in the directory or to be written there is refused: {0}")]
    Note(#[from] NoteError),
    /// Shorter than what left the home before.
    #[error("the ledger was rolled back: {anchored} entries were anchored and it has {given}")]
    Behind {
        /// Entries at the newest anchored checkpoint.
        anchored: u64,
        /// Entries at the one given.
        given: u64,
    },
    /// It does not continue what left the home before.
    #[error("the ledger was rewritten: its first {size} entries are not those that were anchored")]
    Forked {
        /// Entries at the newest anchored checkpoint.
        size: u64,
    },
    /// The ledger itself cannot be read.
    #[error("the ledger cannot be read, so that it cannot be held against its checkpoints")]
    Unreadable,
}

impl From<io::Error> for AnchorError {
    fn from(error: io::Error) -> Self {
        Self::Directory(error.kind())
    }
}

impl AnchorError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InsideHome => "anchor-inside-home",
            Self::Directory(_) => "anchor-unusable",
            Self::Note(error) => error.code(),
            Self::Behind { .. } => "rolled-back",
            Self::Forked { .. } => "forked",
            Self::Unreadable => "ledger-unreadable",
        }
    }
}

#[cfg(test)]
#[path = "anchor_tests.rs"]
mod tests;
