//! The lasting keyring: keys that outlive every bucket.

use bailee_core::{Environment, FieldInstance, HomeId, Kind, RecordId, Reference, SellerId};
use crate::envelope::SealingKey;

/// Token key, tombstone key, ledger signing key, register root, pending-chain key.
pub struct Lasting {}

impl Lasting {
    /// The keyed hash of a reference, under the tombstone key.
    pub fn reference_mac(&self, _seller: &SellerId, _kind: Kind, _reference: &Reference) -> [u8; 16] { todo!() }
    /// The 32-byte seed of the ledger's Ed25519 key. Handed to the ledger alone.
    pub fn ledger_seed(&self) -> &zeroize::Zeroizing<[u8; 32]> { todo!() }
    /// The key of a register (`"person"`, `"session"` …).
    pub fn register_key(&self, _register: &str) -> SealingKey { todo!() }
    /// The name of a field of a record for the outside.
    pub fn token(&self, _record: RecordId, _field: FieldInstance) -> Token { todo!() }
    /// What a token names. Says who made it elsewhere, or that it is no token.
    pub fn resolve(&self, _token: &str) -> Result<(RecordId, FieldInstance), TokenError> { todo!() }
}

/// A token, as text of constant length.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub String);

/// Why a text is not a token of this home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError { /// Not of a token's shape, or changed.
    #[error("this is not a token")] NotAToken, /// Another home's.
    #[error("this token belongs to another home")] OtherHome, /// The other environment's.
    #[error("this token belongs to another environment")] OtherEnvironment }

/// The home and environment that all keys are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding { /// The home.
    pub home: HomeId, /// Its environment.
    pub environment: Environment }
