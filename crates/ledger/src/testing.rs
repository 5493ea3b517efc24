//! What the tests of this crate share: a log in memory, randomness that repeats, and samples of events.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use bailee_core::{Entropy, Environment, HomeId};

use crate::event::Event;
use crate::export;
use crate::log::{Append, AppendError, Appended, Source, SourceError};
use crate::note::Signer;
use crate::tree::{TileId, Tree, hash_of};

/// Bytes that look random and are the same at every run.
#[derive(Default)]
pub(crate) struct Repeatable(Mutex<u64>);

impl Entropy for Repeatable {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            chunk.copy_from_slice(&hash_of(&[&count.to_be_bytes()])[..chunk.len()]);
        }
    }
}

impl Repeatable {
    pub(crate) fn number(&self, below: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes) % below
    }
}

pub(crate) fn signer() -> Signer {
    Signer::new(HomeId([7; 16]), Environment::Test, &[9; 32]).unwrap()
}

/// A ledger in memory.
pub(crate) struct MemoryLog {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) tree: Tree,
    pub(crate) tiles: BTreeMap<TileId, Vec<u8>>,
    pub(crate) checkpoint: String,
}

impl MemoryLog {
    pub(crate) fn new() -> Self {
        let checkpoint = signer().checkpoint(0, &crate::tree::empty_root(), &[]);
        Self { entries: Vec::new(), tree: Tree::empty(), tiles: BTreeMap::new(), checkpoint }
    }

    /// A log of that many short entries, signed at its end.
    pub(crate) fn of(size: u64) -> Self {
        let mut log = Self::new();
        log.grow((0..size).map(sample));
        log
    }

    pub(crate) fn grow(&mut self, entries: impl IntoIterator<Item = Vec<u8>>) {
        for entry in entries {
            self.tree.append(&entry);
            self.entries.push(entry);
        }
        self.tiles.extend(self.tree.take_changed());
        self.checkpoint =
            signer().checkpoint(self.tree.size(), &self.tree.root(), &["keyring 1 AAAA".to_owned()]);
    }

    pub(crate) fn export(&self, directory: &Path) -> u64 {
        export::files(self, &signer().verifier_key(), &mut |path, content| {
            let file = directory.join(path);
            std::fs::create_dir_all(file.parent().unwrap())?;
            std::fs::write(file, content)
        })
        .unwrap()
    }
}

pub(crate) fn sample(index: u64) -> Vec<u8> {
    format!("{{\"v\":1,\"sample\":{index}}}").into_bytes()
}

impl Source for MemoryLog {
    fn checkpoint(&self) -> Result<String, SourceError> {
        Ok(self.checkpoint.clone())
    }

    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.entries.get(usize::try_from(index).unwrap()).cloned())
    }

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.tiles.get(&tile).cloned())
    }
}

/// A ledger that can be told to fail.
#[derive(Default)]
pub(crate) struct Appending {
    pub(crate) appended: Mutex<Vec<Event>>,
    pub(crate) full: bool,
}

impl Append for Appending {
    fn append(&self, events: &[Event]) -> Result<Appended, AppendError> {
        if self.full {
            return Err(AppendError("the disk is full"));
        }
        let mut appended = self.appended.lock().unwrap();
        let first = appended.len() as u64;
        appended.extend_from_slice(events);
        Ok(Appended { first, size: appended.len() as u64 })
    }
}
