//! SQLite: one file, one writer thread, group commit.
use std::path::Path;
use std::sync::Arc;
use bailee_core::Entropy;
use bailee_ledger::note::Signer;
use crate::records::StoreError;

/// A home's database.
pub struct Sqlite {}

impl Sqlite {
    /// Opens (or makes) the database and starts its writer.
    pub fn open(_path: &Path, _signer: Signer, _entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> { todo!() }
}
