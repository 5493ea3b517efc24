//! What is in quarantine already, by content: an input that is given again, since its collect was killed or its report
//! comes every day, puts nothing there twice.
//!
//! Contents are counted, not just known: of two broken rows that are the same in one input both are kept, and both are
//! known when that input comes again.

use std::collections::HashMap;

use aws_lc_rs::digest;
use bailee_core::Timestamp;
use bailee_intake::reader::Raw;
use bailee_intake::verify::Flaw;
use bailee_store::act::SellerNo;
use data_encoding::BASE64;

use super::ROWS_AT_A_TIME;
use crate::{Vault, VaultError};

/// How many items there are of each content.
pub(crate) struct Known(HashMap<String, u32>);

impl Known {
    /// Whether a content is there that was not yet met in this input.
    pub(crate) fn repeats(&mut self, content: &str) -> bool {
        match self.0.get_mut(content) {
            Some(left @ 1..) => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

impl Vault {
    /// What a seller has in quarantine. What an older version put there is not known.
    pub(crate) fn known_in_quarantine(&self, seller: SellerNo, now: Timestamp) -> Result<Known, VaultError> {
        let (mut known, mut after) = (HashMap::new(), None);
        loop {
            let rows = self.base.store.quarantine(Some(seller), after, ROWS_AT_A_TIME)?;
            let Some(last) = rows.last() else { return Ok(Known(known)) };
            after = Some(last.id);
            for row in &rows {
                let content = self.open_label(row, now)?.and_then(|(_, label)| label.content);
                if let Some(content) = content {
                    *known.entry(content).or_default() += 1;
                }
            }
        }
    }
}

/// A digest of what a document holds and how it was read; it is sealed with it. Of one that was cut only the beginning
/// is there: it is the same when it stands at the same place.
pub(crate) fn content(format: &str, raw: &Raw, source: &str) -> String {
    let mut digesting = digest::Context::new(&digest::SHA256);
    let mut add = |bytes: &[u8]| {
        digesting.update(&(bytes.len() as u64).to_be_bytes());
        digesting.update(bytes);
    };
    add(format.as_bytes());
    add(raw.bytes.expose());
    if raw.flaw == Some(Flaw::TooLong) {
        add(source.as_bytes());
        add(&raw.position.byte.to_be_bytes());
    }
    BASE64.encode(digesting.finish().as_ref().get(..16).unwrap_or_default())
}
