//! Find.
use bailee_core::{Reference, Sensitive};
use bailee_ledger::authorized::{Authorized, Find};
use crate::{Vault, VaultError};

/// What to search for: all that are given must match.
#[derive(Default)]
pub struct Query { /// E-mail.
    pub email: Option<Sensitive<String>>, /// Phone.
    pub phone: Option<Sensitive<String>>, /// Name.
    pub name: Option<Sensitive<String>>, /// Postal code; needs a name.
    pub postal_code: Option<Sensitive<String>> }

impl Query {
    /// The kinds of term that it searches by, for the gate.
    pub fn terms(&self) -> Result<Vec<bailee_core::catalogue::TermKind>, VaultError> { todo!() }
}

impl Vault {
    /// The references of the records that match.
    pub fn find(&self, _authorized: Authorized<Find>, _query: &Query) -> Result<Vec<Reference>, VaultError> { todo!() }
}
