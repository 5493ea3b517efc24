//! Restrict: of a record nothing is done but keeping it, because whoever it is about asked for that (2.2.d; GDPR article 18).
//!
//! It is a fact of the record, which every reveal reads anyway: so it costs a reveal nothing, and stays whatever is collected
//! later. What was resolved before a restriction and is opened after it is looked at once more.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use bailee_core::{RecordId, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, Restrict};
use bailee_ledger::event::{NamedRecord, Restricted, What};
use bailee_store::act::{Act, Change, RecordRow, RecordState};
use bailee_store::records::StoreError;

use crate::record::{RECORDS_MAX, named_record};
use crate::restricted::Restriction;
use crate::{Vault, VaultError};

/// How often a restriction is decided again when others change its records meanwhile.
const TRIES_MAX: u32 = 5;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing is done with it any more but keeping it.
    Restricted,
    /// It is used again as others are.
    Lifted,
    /// It stood so already.
    Unchanged,
    /// Its personal data is gone: there is nothing to restrict.
    Gone,
}

/// What changes some records.
#[derive(Default)]
struct Restricting {
    changes: Vec<Change>,
    /// What the event of each seller lists.
    records: Vec<(SellerId, Vec<NamedRecord>)>,
    outcomes: Vec<(RecordId, Outcome)>,
}

impl Vault {
    /// Restricts exactly the records that were authorised, or lifts that. A record that is not there is passed over.
    ///
    /// # Errors
    /// [`VaultError::TooManyRecords`] past [`RECORDS_MAX`]; when one does not open, or store or ledger cannot be written:
    /// then nothing was done.
    pub fn restrict(&self, authorized: Authorized<Restrict>) -> Result<Vec<(RecordId, Outcome)>, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let Restrict { records, lift } = authorized.action();
        if records.len() > RECORDS_MAX {
            return Err(VaultError::TooManyRecords);
        }
        for _ in 0..TRIES_MAX {
            let Restricting { changes, records, outcomes } = self.restricting(records, *lift, context.now)?;
            if changes.is_empty() {
                return Ok(outcomes);
            }
            let event = |(seller, records)| What::Restricted(Restricted { seller, records, lifted: *lift });
            let events = records.into_iter().map(|of| context.event(event(of))).collect();
            match self.base.store.commit(Act { name: "restrict", changes, events }) {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    self.know_waiting()?;
                    // Before it is answered: whatever is opened after the answer knows of it.
                    self.restrictions.fetch_add(1, Ordering::SeqCst);
                    return Ok(outcomes);
                }
            }
        }
        Err(VaultError::Changed)
    }

    fn restricting(
        &self,
        records: &[(SellerId, RecordId)],
        lift: bool,
        now: Timestamp,
    ) -> Result<Restricting, VaultError> {
        let mut restricting = Restricting::default();
        let mut seen = BTreeSet::new();
        for (seller, record) in records.iter().filter(|(_, record)| seen.insert(*record)) {
            let seller_no = self.seller_no(seller)?;
            let row = self.base.store.record_by_id(*record)?.filter(|row| row.seller == seller_no);
            if let Some(row) = row {
                let outcome = self.restrict_record(seller, row, lift, now, &mut restricting)?;
                restricting.outcomes.push((*record, outcome));
            }
        }
        Ok(restricting)
    }

    fn restrict_record(
        &self,
        seller: &SellerId,
        row: RecordRow,
        lift: bool,
        now: Timestamp,
        restricting: &mut Restricting,
    ) -> Result<Outcome, VaultError> {
        let named = named_record(&row);
        if self.has_lost_facts(seller, &row, now) {
            return self.restrict_lost(seller, named, lift, now, restricting);
        }
        let facts = self.open_facts(seller, &row)?.filter(|_| row.state == RecordState::Live);
        let Some(mut facts) = facts else { return Ok(Outcome::Gone) };
        if facts.about.restricted.is_none() == lift {
            return Ok(Outcome::Unchanged);
        }
        facts.about.restricted = (!lift).then_some(now);
        if lift {
            // What waited for this record is over with it.
            restricting.changes.extend(self.end_waiting(&named)?);
        }
        restricting.list(seller, named);
        let content_mac = row.content_mac;
        let changed = RecordRow { content_mac, ..self.with_facts(seller, row, &facts)? };
        restricting.changes.push(Change::PutRecord(changed));
        Ok(if lift { Outcome::Lifted } else { Outcome::Restricted })
    }

    /// The same of a record of which nothing is known but its name: it is restricted once it is collected again.
    fn restrict_lost(
        &self,
        seller: &SellerId,
        named: NamedRecord,
        lift: bool,
        now: Timestamp,
        restricting: &mut Restricting,
    ) -> Result<Outcome, VaultError> {
        let restriction = Restriction { seller: seller.clone(), record: named.clone(), since: now };
        let change = if lift { self.end_waiting(&named)? } else { self.have_wait(&restriction)? };
        let Some(change) = change else { return Ok(Outcome::Unchanged) };
        restricting.changes.push(change);
        restricting.list(seller, named);
        Ok(if lift { Outcome::Lifted } else { Outcome::Restricted })
    }
}

impl Restricting {
    /// Has a record named in the event of its seller.
    fn list(&mut self, seller: &SellerId, named: NamedRecord) {
        match self.records.iter_mut().find(|(other, _)| other == seller) {
            Some((_, records)) => records.push(named),
            None => self.records.push((seller.clone(), vec![named])),
        }
    }
}
