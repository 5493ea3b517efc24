//! What lies in quarantine about records: found by their references, which stand in it.

use std::collections::BTreeSet;

use bailee_core::{Reference, SellerId, Timestamp};
use bailee_store::act::QuarantineRow;
use memchr::memmem::Finder;

use super::ROWS_AT_A_TIME;
use crate::{Vault, VaultError};

/// A shorter reference (`1001`) stands in documents of others as well, as the number of something else.
const REFERENCE_BYTES_MIN: usize = 8;

impl Vault {
    /// A seller's items in which one of the references stands. Every item is opened for that; what does not open, or is closing,
    /// names nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn quarantined_about(
        &self,
        seller: &SellerId,
        references: &BTreeSet<Reference>,
        now: Timestamp,
    ) -> Result<Vec<QuarantineRow>, VaultError> {
        let references = references.iter().map(Reference::as_str);
        let finders: Vec<Finder<'_>> =
            references.filter(|one| one.len() >= REFERENCE_BYTES_MIN).map(Finder::new).collect();
        let (mut about, mut after) = (Vec::new(), None);
        if finders.is_empty() {
            return Ok(about);
        }
        let seller = self.seller_no(seller)?;
        loop {
            let rows = self.base.store.quarantine(Some(seller), after, ROWS_AT_A_TIME)?;
            let Some(last) = rows.last() else { return Ok(about) };
            after = Some(last.id);
            for row in rows {
                let opened = match self.open_quarantined(&row, now) {
                    Err(VaultError::Damaged(_) | VaultError::Envelope(_)) => None,
                    opened => opened?,
                };
                let names = |bytes: &[u8]| finders.iter().any(|reference| stands_in(reference, bytes));
                if opened.is_some_and(|opened| names(opened.bytes.expose())) {
                    about.push(row);
                }
            }
        }
    }
}

/// Whether a reference stands there on its own, and not as a piece of a longer one.
fn stands_in(reference: &Finder<'_>, bytes: &[u8]) -> bool {
    let is_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    reference.find_iter(bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !is_name(before) && !is_name(bytes.get(at + reference.needle().len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_met_on_its_own_alone() {
        let finder = Finder::new("302-1111111-0000001");
        for (text, stands) in [
            (r#"{"orderId":"302-1111111-0000001""#, true),
            ("302-1111111-0000001", true),
            ("a\t302-1111111-0000001\tb", true),
            ("1302-1111111-0000001", false),
            ("302-1111111-00000011", false),
            ("302-1111111-0000001-2 and 302-1111111-0000001", true),
            ("302-1111111-0000002", false),
            ("", false),
        ] {
            assert_eq!(stands_in(&finder, text.as_bytes()), stands, "{text}");
        }
    }
}
