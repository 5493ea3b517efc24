//! Keys as an operator sees them: never a key, always where it is and what can be promised.
use std::path::PathBuf;
use bailee_ledger::authorized::{Administer, Authorized};
use crate::{Vault, VaultError};

/// How the keyring stands.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KeysStatus { /// The present epoch.
    pub epoch: u64, /// The head's revision.
    pub revision: u64, /// `"at-once"`, `"after-days"`, `"cannot"`.
    pub drops_epoch: &'static str, /// Live buckets.
    pub buckets: u64, /// Live facts keys.
    pub facts_keys: u64, /// Slots punctured in live buckets.
    pub punctured: u64, /// Every mirror with its state (`"current"` …).
    pub mirrors: Vec<(PathBuf, &'static str)> }

impl Vault {
    /// How the keyring stands.
    pub fn keys_status(&self, _authorized: Authorized<Administer>) -> Result<KeysStatus, VaultError> { todo!() }
    /// Adds a mirror.
    pub fn add_mirror(&self, _authorized: Authorized<Administer>, _directory: PathBuf) -> Result<(), VaultError> { todo!() }
}
