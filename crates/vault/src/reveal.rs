//! Reveal: first resolve what is asked (no plaintext), then decide at the gate, then open.
use bailee_core::{Class, FieldId, FieldInstance, Json, Kind, RecordId, Reference, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, Reveal};
use crate::{Vault, VaultError};

/// Most items of one reveal.
pub const ITEMS_MAX: usize = 1000;

/// One thing asked for.
pub enum Wanted { /// Fields of a record (schema path = every instance, or a path with item ids); all of them, when `None`.
    Reference { /// Whose.
        seller: SellerId, /// Its reference.
        reference: Reference, /// Which fields.
        fields: Option<Vec<String>> }, /// One field, by token.
    Token(String) }

/// What a wanted item is.
pub enum Resolved { /// Held.
    Held(Held), /// Its personal data is gone.
    Gone(Gone), /// Neither held nor known to have been; or not a token of this home.
    Unknown { /// The code of the reason: `"unknown"`, `"not-a-token"`, `"other-home"`, `"other-environment"`.
        code: &'static str } }

/// A held record and those of its fields that were asked for.
pub struct Held { /// Whose.
    pub seller: SellerId, /// Of what kind.
    pub kind: Kind, /// Its reference.
    pub reference: Reference, /// Its id.
    pub record: RecordId, /// The fields asked for, that it has.
    pub fields: Vec<HeldField>, /// Paths asked for by name that it does not have.
    pub absent: Vec<String> }

/// A field of a held record.
#[derive(Clone, Debug)]
pub struct HeldField { /// Its number in the record.
    pub instance: FieldInstance, /// The catalogue's field.
    pub field: FieldId, /// Its class.
    pub class: Class, /// Its full path.
    pub path: String }

/// A record whose personal data is gone.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Gone { /// Whose.
    pub seller: SellerId, /// Its reference; absent once its facts have ended too.
    pub reference: Option<Reference>, /// `"disposed"`.
    pub state: &'static str, /// Since when.
    pub when: Timestamp, /// Under which rule (`"R1"` …).
    pub rule: String }

/// A revealed record.
pub struct Revealed { /// Whose.
    pub seller: SellerId, /// Of what kind.
    pub kind: Kind, /// Its reference.
    pub reference: Reference, /// Path and value. Plaintext.
    pub fields: Vec<(String, Json)> }

impl Vault {
    /// Finds out what each wanted item is, in order, without opening anything personal.
    pub fn resolve(&self, _wanted: &[Wanted], _now: Timestamp) -> Result<Vec<Resolved>, VaultError> { todo!() }
    /// Opens exactly what was authorised. `held` gives paths and references of it. A record that changed or ended
    /// since is left out and returned as gone.
    pub fn reveal(&self, _authorized: Authorized<Reveal>, _held: &[Held]) -> Result<(Vec<Revealed>, Vec<Gone>), VaultError> { todo!() }
}
