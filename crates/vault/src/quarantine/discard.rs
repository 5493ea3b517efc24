//! Discard: what is in quarantine and belongs nowhere is thrown away, and no copy opens it any more.

use bailee_core::RecordId;
use bailee_ledger::authorized::{Authorized, DiscardQuarantine};
use bailee_ledger::event::What;
use bailee_store::act::{Act, Change};
use bailee_store::records::StoreError;

use crate::destruction::Removal;
use crate::{Vault, VaultError};

/// How often a discard is decided again when others change the item meanwhile.
const TRIES_MAX: u32 = 5;

/// Why something is thrown away. A closed set, since the ledger holds no free text; what more there is to say belongs
/// into a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The same is in the vault already, or in another item.
    Duplicate,
    /// It was fetched again and taken in whole.
    Replaced,
    /// It is not of this seller, or nothing that Bailee is to hold.
    NotOurs,
    /// Nobody can make sense of it.
    Unreadable,
    /// Nobody's data.
    TestData,
    /// The person whom it is about, or Amazon, asked for its deletion.
    Erasure,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Self] =
        &[Self::Duplicate, Self::Replaced, Self::NotOurs, Self::Unreadable, Self::TestData, Self::Erasure];

    /// Its stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Replaced => "replaced",
            Self::NotOurs => "not-ours",
            Self::Unreadable => "unreadable",
            Self::TestData => "test-data",
            Self::Erasure => "erasure",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Reason {
    type Err = VaultError;

    fn from_str(code: &str) -> Result<Self, VaultError> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == code).ok_or(VaultError::UnknownReason)
    }
}

impl Vault {
    /// Throws one item away; `false` when there is none of that id (any more) of that seller. To do it again changes
    /// nothing.
    ///
    /// # Errors
    /// When the store, the ledger or a mirror cannot be written. In the last case the item is gone and its key is as
    /// good as gone: its destruction is intended, and completed at the next opening.
    pub fn discard_quarantined(
        &self,
        authorized: Authorized<DiscardQuarantine>,
        id: RecordId,
        reason: Reason,
    ) -> Result<bool, VaultError> {
        self.check_home(&authorized)?;
        let (context, seller) = (*authorized.context(), &authorized.action().seller);
        let seller_no = self.seller_no(seller)?;
        for _ in 0..TRIES_MAX {
            let row = self.base.store.quarantined(id)?.filter(|row| row.bucket.seller == seller_no);
            let Some(row) = row else { return Ok(false) };
            let mut removal = Removal::default();
            removal.puncture(seller, row.bucket.held, row.bucket.day, row.slot);
            let intent = self.intend(&context, removal)?;
            let mut changes = vec![Change::DeleteQuarantine { bucket: row.bucket, id }];
            changes.extend(intent.changes);
            let discarded = What::QuarantineDiscarded {
                seller: seller.clone(),
                reason: reason.as_str().to_owned(),
                items: vec![id],
            };
            let events = [discarded, intent.event].map(|what| context.event(what)).to_vec();
            match self.base.store.commit(Act { name: "discard-quarantine", changes, events }) {
                // Somebody else retried it, or its day has come.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    self.complete_destructions(&context, &mut |_, _| {})?;
                    return Ok(true);
                }
            }
        }
        Err(VaultError::Changed)
    }
}
