//! Quarantine: sealed, listed and shown without a value.
use bailee_core::{RecordId, SellerId, Timestamp};
use bailee_intake::reader::Position;
use bailee_ledger::authorized::{Authorized, ReadQuarantine};
use crate::{Vault, VaultError};

/// A quarantined document, without its content.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Item { /// Its id.
    pub id: RecordId, /// Whose.
    pub seller: SellerId, /// What the input was called.
    pub source: String, /// Where it stood.
    pub position: Position, /// Why: a stable code.
    pub reason: String, /// The same in words.
    pub words: String, /// Bytes kept.
    pub bytes: u64, /// Since when.
    pub since: Timestamp, /// Gone by.
    pub expires_at: Timestamp }

impl Vault {
    /// Lists quarantine (of one seller, or all), newest first.
    pub fn quarantine(&self, _authorized: Authorized<ReadQuarantine>, _seller: Option<&SellerId>) -> Result<Vec<Item>, VaultError> { todo!() }
    /// Shows one item.
    pub fn quarantined(&self, _authorized: Authorized<ReadQuarantine>, _id: RecordId) -> Result<Option<Item>, VaultError> { todo!() }
}
