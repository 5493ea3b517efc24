//! What happens to personal data between its intake and its end: collect, reveal, find, show, retention, disposal.
//!
//! Every public act consumes an [`Authorized`](bailee_ledger::authorized::Authorized) value, so a caller that has not
//! passed the gate cannot reach plaintext, and cannot forget to be logged.

pub mod collect;
pub mod error;
pub mod find;
pub mod keys;
pub mod quarantine;
pub mod retention;
pub mod reveal;
pub mod seller;
pub mod show;

use std::sync::Arc;

use bailee_core::catalogue::Catalogue;
use bailee_core::retention::Policy;
use bailee_core::{Entropy, Timestamp};
use bailee_crypto::keyring::Keyring;
use bailee_store::records::Store;

pub use error::VaultError;

/// What a vault stands on.
pub struct Foundations { /// The home's store.
    pub store: Arc<dyn Store>, /// Its keyring.
    pub keyring: Arc<Keyring>, /// Its catalogue.
    pub catalogue: Arc<Catalogue>, /// How long personal data is kept.
    pub policy: Policy, /// Randomness.
    pub entropy: Arc<dyn Entropy> }

/// The personal data of one home.
pub struct Vault { #[expect(dead_code, reason = "skeleton")] base: Foundations }

impl Vault {
    /// Opens the vault, and finishes destructions that were begun and not completed.
    pub fn open(base: Foundations, _now: Timestamp) -> Result<Self, VaultError> { Ok(Self { base }) }
}
