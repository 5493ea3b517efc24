//! Offline verification of a whole ledger, with the public key alone.
//!
//! Everything is computed again from the entries: each leaf, each hash of each tile, the root. So the first hash that
//! differs tells the index. A log that was rolled back, or rewritten and signed anew, is whole in itself: only a
//! checkpoint that is `known` from elsewhere shows it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use data_encoding::HEXLOWER;

use crate::directory::DirectorySource;
use crate::export;
use crate::log::{Source, SourceError};
use crate::note::{Checkpoint, NoteError, open_checkpoint, signatures};
use crate::tree::{Hash, TILE_WIDTH, TileId, Tree, hashes_of, leaf_hash, leaves_before};

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Leaves.
    pub size: u64,
    /// Root, as hexadecimal.
    pub root: String,
    /// The checkpoint's signature and root hold.
    pub checkpoint_ok: bool,
    /// Entries read and hashed.
    pub events_checked: u64,
}

/// Verifies checkpoint, every entry and every tile of a source, and that `known` checkpoints are its ancestors.
///
/// # Errors
/// The first thing found that does not hold, and from which entry on, where that can be told.
pub fn verify(source: &dyn Source, verifier_key: &str, known: &[String]) -> Result<Verified, VerifyError> {
    let checkpoint = open_checkpoint(&source.checkpoint()?, verifier_key)?;
    let mut ancestors = Ancestors::open(known, verifier_key, checkpoint.size)?;
    let mut walk = Walk { source, tiles: BTreeMap::new(), wrong: None };
    let mut tree = Tree::empty();
    ancestors.check(&tree)?;
    for index in 0..checkpoint.size {
        let entry = source.entry(index).map_err(|error| VerifyError::at(index, Fault::Unreadable(error)))?;
        let leaf = leaf_hash(&entry.ok_or(VerifyError::at(index, Fault::EntryMissing))?);
        tree.append_leaf(leaf, &mut |level, position, hash| walk.compare(level, position, hash));
        if (index + 1) % u64::from(TILE_WIDTH) == 0 {
            // Nothing is kept of what was compared.
            tree.take_changed();
        }
        if let Some(wrong) = walk.wrong.take() {
            return Err(wrong);
        }
        ancestors.check(&tree)?;
    }
    if tree.root() != checkpoint.root {
        return Err(VerifyError::at(ancestors.agreed, Fault::Root));
    }
    Ok(Verified {
        size: checkpoint.size,
        root: HEXLOWER.encode(&checkpoint.root),
        checkpoint_ok: true,
        events_checked: tree.size(),
    })
}

/// The same of an exported directory, with the verifier key in its `*.pub`: any changed, missing or added byte is an
/// error (README and `*.pub` excepted). The directory's own key is trusted only when the caller gives none.
///
/// # Errors
/// Those of [`verify`]; a file that was changed, is missing or does not belong; [`Fault::NoKey`]: give the
/// key.
pub fn verify_directory(
    directory: &Path,
    verifier_key: Option<&str>,
    known: &[String],
) -> Result<Verified, VerifyError> {
    let found = list(directory)?;
    let key = match verifier_key {
        Some(key) => key.to_owned(),
        None => own_key(directory, &found)?,
    };
    let source = DirectorySource::open(directory, &key)?;
    let verified = verify(&source, &key, known)?;
    // The checkpoint is compared with itself below: another signature under it would pass.
    if signatures(&source.checkpoint()?)? != 1 {
        return Err(VerifyError::of(Fault::Changed(export::CHECKPOINT_FILE.to_owned())));
    }
    compare_files(directory, &source, &key, found)?;
    Ok(verified)
}

/// Compares what an export would write now with what is there, file by file.
fn compare_files(
    directory: &Path,
    source: &dyn Source,
    key: &str,
    mut found: BTreeMap<String, PathBuf>,
) -> Result<(), VerifyError> {
    let mut wrong = None;
    let mut compare = |path: &str, content: &[u8]| -> io::Result<()> {
        let same = match found.remove(path) {
            _ if is_excepted(path) => true,
            Some(_) => fs::read(directory.join(path))? == content,
            None => false,
        };
        if !same && wrong.is_none() {
            wrong = Some(VerifyError::of(Fault::Changed(path.to_owned())));
        }
        Ok(())
    };
    export::files(source, key, &mut compare)?;
    found.retain(|path, _| !is_excepted(path));
    match (wrong, found.pop_first()) {
        (Some(wrong), _) => Err(wrong),
        (None, Some((path, _))) => Err(VerifyError::of(Fault::Added(path))),
        (None, None) => Ok(()),
    }
}

/// Compares computed hashes with those of the source's tiles.
struct Walk<'a> {
    source: &'a dyn Source,
    /// The tile of each level that is being compared.
    tiles: BTreeMap<u8, (u64, Vec<Hash>)>,
    wrong: Option<VerifyError>,
}

impl Walk<'_> {
    fn compare(&mut self, level: u8, position: u64, hash: &Hash) {
        // A leaf that completes a tile tells of the hashes above it next. A wrong leaf makes those wrong too: it is named.
        if self.wrong.is_some() {
            return;
        }
        let id = TileId { level, index: position / u64::from(TILE_WIDTH) };
        let place = usize::try_from(position % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
        let fault = match self.tile(id).map(|hashes| hashes.get(place) == Some(hash)) {
            Ok(true) => return,
            Ok(false) if level == 0 => Fault::Entry,
            Ok(false) => Fault::Tile { level, index: id.index },
            Err(error) => Fault::Unreadable(error),
        };
        self.wrong = Some(VerifyError::at(leaves_before(level, position), fault));
    }

    fn tile(&mut self, id: TileId) -> Result<&[Hash], SourceError> {
        if self.tiles.get(&id.level).is_none_or(|(index, _)| *index != id.index) {
            let missing = || SourceError(format!("tile {} of level {} is missing", id.index, id.level));
            let bytes = self.source.tile(id)?.ok_or_else(missing)?;
            self.tiles.insert(id.level, (id.index, hashes_of(&bytes)));
        }
        Ok(self.tiles.get(&id.level).map_or(&[], |(_, hashes)| hashes))
    }
}

/// Older checkpoints that this log must have passed through.
struct Ancestors {
    /// By size; two of one size must have one root.
    known: BTreeMap<u64, Hash>,
    /// The greatest size at which the log was found to be what was known: what is wrong lies behind it.
    agreed: u64,
}

impl Ancestors {
    fn open(known: &[String], verifier_key: &str, size: u64) -> Result<Self, VerifyError> {
        let mut ancestors = Self { known: BTreeMap::new(), agreed: 0 };
        for note in known {
            let Checkpoint { size: known, root, .. } =
                open_checkpoint(note, verifier_key).map_err(|error| VerifyError::of(Fault::Known(error)))?;
            if *ancestors.known.entry(known).or_insert(root) != root {
                return Err(VerifyError::of(Fault::Forked { size: known }));
            }
        }
        match ancestors.known.last_key_value() {
            Some((&known, _)) if known > size => Err(VerifyError::at(size, Fault::RolledBack { known })),
            _ => Ok(ancestors),
        }
    }

    fn check(&mut self, tree: &Tree) -> Result<(), VerifyError> {
        match self.known.get(&tree.size()) {
            Some(root) if *root != tree.root() => {
                Err(VerifyError::at(self.agreed, Fault::Forked { size: tree.size() }))
            }
            Some(_) => {
                self.agreed = tree.size();
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Every file below a directory, by its path with `/` between the elements. What is no plain file or directory (a link,
/// a socket) counts as a file that does not belong there.
fn list(directory: &Path) -> Result<BTreeMap<String, PathBuf>, VerifyError> {
    let unreadable = |error: io::Error| {
        VerifyError::of(Fault::Unreadable(SourceError(format!(
            "the directory cannot be listed: {}",
            error.kind()
        ))))
    };
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), directory.to_owned())];
    while let Some((prefix, directory)) = open.pop() {
        for entry in fs::read_dir(&directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(unreadable)?.is_dir() {
                open.push((format!("{name}/"), entry.path()));
            } else {
                found.insert(name, entry.path());
            }
        }
    }
    Ok(found)
}

/// Whether a file may be anything: those at the top that explain, or hold the key.
fn is_excepted(path: &str) -> bool {
    !path.contains('/') && (path.starts_with("README") || path.ends_with(".pub"))
}

/// The verifier key that came with the directory.
fn own_key(directory: &Path, found: &BTreeMap<String, PathBuf>) -> Result<String, VerifyError> {
    let mut keys = found.keys().filter(|path| !path.contains('/') && path.ends_with(".pub"));
    let (Some(path), None) = (keys.next(), keys.next()) else { return Err(VerifyError::of(Fault::NoKey)) };
    let key = fs::read_to_string(directory.join(path)).map_err(|_| VerifyError::of(Fault::NoKey))?;
    Ok(key.trim_end().to_owned())
}

/// What does not hold, and at which index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}{}", place(*index))]
pub struct VerifyError {
    /// The first entry concerned, where it can be told. For a root or an ancestor that does not hold: the first that no
    /// agreeing ancestor vouches for.
    pub index: Option<u64>,
    /// What does not hold.
    pub fault: Fault,
}

impl VerifyError {
    const fn at(index: u64, fault: Fault) -> Self {
        Self { index: Some(index), fault }
    }

    const fn of(fault: Fault) -> Self {
        Self { index: None, fault }
    }

    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match &self.fault {
            Fault::Checkpoint(error) => error.code(),
            Fault::Known(_) => "known-checkpoint",
            Fault::EntryMissing => "entry-missing",
            Fault::Entry => "entry-changed",
            Fault::Tile { .. } => "tile-changed",
            Fault::Root => "root-does-not-hold",
            Fault::RolledBack { .. } => "rolled-back",
            Fault::Forked { .. } => "forked",
            Fault::Changed(_) => "file-changed",
            Fault::Added(_) => "file-added",
            Fault::NoKey => "no-key",
            Fault::Unreadable(_) => "unreadable",
        }
    }
}

impl From<NoteError> for VerifyError {
    fn from(error: NoteError) -> Self {
        Self::of(Fault::Checkpoint(error))
    }
}

impl From<SourceError> for VerifyError {
    fn from(error: SourceError) -> Self {
        Self::of(Fault::Unreadable(error))
    }
}

fn place(index: Option<u64>) -> String {
    index.map_or_else(String::new, |index| format!(", from entry {index}"))
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The checkpoint is refused.
    #[error("{0}")]
    Checkpoint(NoteError),
    /// A checkpoint that is said to be known is refused: it is of another log, or was changed.
    #[error("a known checkpoint is refused: {0}")]
    Known(NoteError),
    /// An entry is not there.
    #[error("an entry is missing")]
    EntryMissing,
    /// An entry, or its hash in the tree, was changed.
    #[error("an entry or its hash was changed")]
    Entry,
    /// A hash above the leaves was changed.
    #[error("tile {index} of level {level} was changed")]
    Tile {
        /// Its level.
        level: u8,
        /// Its index.
        index: u64,
    },
    /// Entries and tiles agree with each other and not with the signed root.
    #[error("entries and tiles are not those that were signed")]
    Root,
    /// Shorter than it was known to be.
    #[error("the log was rolled back: it was known with {known} entries")]
    RolledBack {
        /// The greatest known size.
        known: u64,
    },
    /// Not the log that was known.
    #[error("the log is not the one that was known with {size} entries: it was rewritten or forked")]
    Forked {
        /// The known size at which they differ.
        size: u64,
    },
    /// A file is missing or has bytes that it should not.
    #[error("the file {0} was changed or is missing")]
    Changed(String),
    /// A file that does not belong to the log.
    #[error("the file {0} does not belong to the log")]
    Added(String),
    /// No single key to verify with.
    #[error("there is not exactly one .pub file in the directory; give the verifier key")]
    NoKey,
    /// Something cannot be read.
    #[error("{0}")]
    Unreadable(SourceError),
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
