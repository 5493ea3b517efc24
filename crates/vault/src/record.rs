//! Which records a reference names, for acts on records. Nothing is opened for that.

use bailee_core::{Kind, RecordId, Reference, SellerId};
use bailee_ledger::event::{KeyedReference, NamedRecord};
use bailee_store::act::RecordRow;

use crate::{Vault, VaultError};

/// Most records of one act: their rows go in one transaction, some hundred milliseconds of the writer's time.
pub const RECORDS_MAX: usize = 1000;

/// A record that a reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Whose.
    pub seller: SellerId,
    /// Of what kind.
    pub kind: Kind,
    /// Its reference.
    pub reference: Reference,
    /// Its id.
    pub record: RecordId,
}

impl Vault {
    /// The records of a reference: of one kind, or of every kind that has it, in the order of [`Kind::ALL`].
    ///
    /// # Errors
    /// [`VaultError::UnknownSeller`]; when the store cannot be used.
    pub fn named(
        &self,
        seller: &SellerId,
        kind: Option<Kind>,
        reference: &Reference,
    ) -> Result<Vec<Named>, VaultError> {
        let kinds = kind.as_ref().map_or(Kind::ALL, std::slice::from_ref);
        let mut found = Vec::new();
        for kind in kinds {
            let row = self.row(seller, *kind, reference)?;
            found.extend(row.map(|row| Named {
                seller: seller.clone(),
                kind: *kind,
                reference: reference.clone(),
                record: row.id,
            }));
        }
        Ok(found)
    }

    /// The name of a record, while its facts live.
    ///
    /// # Errors
    /// When the store cannot be used, or its facts do not open.
    pub fn name_of(&self, record: RecordId) -> Result<Option<Named>, VaultError> {
        let Some(row) = self.base.store.record_by_id(record)? else { return Ok(None) };
        let Some(seller) = self.seller_id(row.seller) else { return Ok(None) };
        let facts = self.open_facts(&seller, &row)?;
        let reference = facts.map(|facts| facts.about.reference);
        Ok(reference.map(|reference| Named { seller, kind: row.kind, reference, record }))
    }
}

/// A record as events name it, so that a restore knows it again.
pub(crate) fn named_record(row: &RecordRow) -> NamedRecord {
    let reference = KeyedReference(row.reference_mac);
    NamedRecord { record: row.id, kind: row.kind, reference, month: row.facts_month }
}
