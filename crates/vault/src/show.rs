//! Show: facts, masked fields, clock.
use bailee_core::{Json, Reference};
use bailee_ledger::authorized::{Authorized, Show};
use crate::retention::Explained;
use crate::{Vault, VaultError};

/// A record as it may be shown without a reveal.
pub struct Shown { /// Its reference.
    pub reference: Reference, /// `"live"`, `"closing"` or `"disposed"`.
    pub state: &'static str, /// Its facts as a document, masks in the place of personal data.
    pub document: Json, /// Path, class and mask of every personal field, in order.
    pub fields: Vec<(String, bailee_core::Class, String)>, /// Its clock.
    pub retention: Explained }

impl Vault {
    /// Shows a record; `None` when there is no such record.
    pub fn show(&self, _authorized: Authorized<Show>, _reference: &Reference) -> Result<Option<Shown>, VaultError> { todo!() }
}
