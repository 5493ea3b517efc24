//! Verification (0.b): a raw document becomes an order in canonical names, or says why not.

use bailee_core::{Json, Reference, catalogue::Catalogue};
use crate::reader::Raw;

/// A verified and cleaned order.
pub struct Document { /// Its order id.
    pub reference: Reference, /// The cleaned document: same shape as it came; personal leaves are clean.
    pub json: Json }

/// Why a document goes into quarantine: a code from the program, never a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw { /// Not JSON.
    Syntax, /// The input ended inside it.
    Truncated, /// Longer than allowed.
    TooLong, /// Nested deeper than allowed.
    TooDeep, /// A key twice in one object.
    DuplicateKey, /// A number that cannot be kept exactly.
    Number, /// Not UTF-8.
    Encoding, /// Not an object.
    NotAnOrder, /// No usable order id.
    OrderId, /// An object where a leaf belongs, or the reverse.
    Structure }

impl Flaw { /// Its stable code (`"duplicate-key"` …).
    pub fn code(self) -> &'static str { todo!() }
    /// In words, with what to do.
    pub fn words(self) -> &'static str { todo!() } }

/// Parses, verifies and cleans one raw document. Safe to call from many threads.
pub fn verify(_raw: &Raw, _catalogue: &Catalogue) -> Result<Document, Flaw> { todo!() }
