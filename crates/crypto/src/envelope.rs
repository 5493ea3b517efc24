//! Sealed fields: one envelope per part.

use bailee_core::{Environment, FieldInstance, HomeId, PartNo, RecordId, SellerId, Sensitive, Entropy};

/// A 256-bit key from which each sealing derives its own by a fresh salt.
#[derive(Clone)]
pub struct SealingKey {}

/// Where an envelope belongs. Every part of it is authenticated; moved elsewhere, it does not open.
#[derive(Clone, Copy)]
pub struct Place<'a> { /// The home.
    pub home: HomeId, /// Its environment.
    pub environment: Environment, /// What is sealed: `"part"`, `"facts"`, `"register/person"`, `"quarantine"` …
    pub what: &'a str, /// The seller; none for registers.
    pub seller: Option<&'a SellerId>, /// The record (or quarantine, or register) id.
    pub record: RecordId, /// The part.
    pub part: PartNo, /// The version of the part.
    pub version: u32 }

/// Seals fields in their order under a fresh salt. At most [`FIELDS_MAX`] fields of [`FIELD_BYTES_MAX`] bytes.
pub fn seal(_key: &SealingKey, _place: &Place<'_>, _fields: &[(FieldInstance, &[u8])], _entropy: &dyn Entropy) -> Result<Vec<u8>, EnvelopeError> { todo!() }

/// Opens the wanted fields (all, when `None`), in the envelope's order.
pub fn open(_key: &SealingKey, _place: &Place<'_>, _envelope: &[u8], _wanted: Option<&[FieldInstance]>) -> Result<Vec<(FieldInstance, Sensitive<Vec<u8>>)>, EnvelopeError> { todo!() }

/// SHA-256 of an envelope: of ciphertext only, fit for the ledger.
pub fn digest(_envelope: &[u8]) -> [u8; 32] { todo!() }

/// Most fields of one envelope.
pub const FIELDS_MAX: usize = 4096;
/// Most bytes of one field.
pub const FIELD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why an envelope does not seal or open.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError { /// Changed, moved, or under another key.
    #[error("a sealed value does not open: it was changed, moved, or sealed under another key")] DoesNotOpen }
