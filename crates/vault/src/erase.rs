//! Erase: personal data of records ends at once and for good, because whoever it is about asked for that (2.2.d).
//!
//! Every slot that holds, or held, a part of a record is punctured, in one destruction for all records of the act: so they
//! are gone in place, and from every copy. What is left is a tombstone that never gives way (R16): what comes in later keeps its
//! facts alone. What lies in quarantine and names one of them is thrown away with it.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::retention::Ended;
use bailee_core::{RecordId, Reference, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, Erase};
use bailee_ledger::event::{Erased, NamedRecord, What};
use bailee_store::act::{Act, Change, QuarantineRow, RecordRow, RecordState};
use bailee_store::records::StoreError;

use crate::destruction::Removal;
use crate::facts::{End, Facts};
use crate::quarantine::discard::Reason;
use crate::record::{RECORDS_MAX, named_record};
use crate::{Vault, VaultError};

/// The rule that an erasure ends a record by.
const RULE: &str = "R16";

/// How often an erasure is decided again when others change its records meanwhile.
const TRIES_MAX: u32 = 5;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Its personal data is gone.
    Erased,
    /// It was gone already. From now on nothing brings it back.
    Gone,
    /// It was erased already.
    Unchanged,
}

/// What erases some records.
#[derive(Default)]
struct Erasing {
    changes: Vec<Change>,
    removal: Removal,
    /// What the event of each seller lists.
    erased: Vec<(SellerId, Vec<NamedRecord>)>,
    /// What in quarantine is looked for.
    references: BTreeMap<SellerId, BTreeSet<Reference>>,
    /// What of it is thrown away.
    discarded: Vec<(SellerId, Vec<RecordId>)>,
    outcomes: Vec<(RecordId, Outcome)>,
}

impl Vault {
    /// Erases exactly the records that were authorised. To do it again changes nothing, and completes what was cut off.
    /// A record that is not there is passed over.
    ///
    /// # Errors
    /// [`VaultError::TooManyRecords`] past [`RECORDS_MAX`]; when the store, the ledger or a mirror cannot be written. In the
    /// last case they are gone in place and their keys as good as gone: the destruction is intended, and completed at the
    /// next opening.
    pub fn erase(&self, authorized: Authorized<Erase>) -> Result<Vec<(RecordId, Outcome)>, VaultError> {
        self.check_home(&authorized)?;
        let (context, records) = (*authorized.context(), &authorized.action().records);
        if records.len() > RECORDS_MAX {
            return Err(VaultError::TooManyRecords);
        }
        for _ in 0..TRIES_MAX {
            let Erasing { mut changes, removal, erased, discarded, outcomes, .. } =
                self.erasing(records, context.now)?;
            let erased = erased.into_iter().map(|(seller, records)| What::Erased(Erased { seller, records }));
            let reason = Reason::Erasure.as_str().to_owned();
            let discarded = discarded.into_iter().map(|(seller, items)| What::QuarantineDiscarded {
                seller,
                reason: reason.clone(),
                items,
            });
            let mut events: Vec<What> = erased.chain(discarded).collect();
            if !removal.is_empty() {
                let intent = self.intend(&context, removal)?;
                changes.extend(intent.changes);
                events.push(intent.event);
            }
            if !events.is_empty() {
                let events = events.into_iter().map(|what| context.event(what)).collect();
                match self.base.store.commit(Act { name: "erase", changes, events }) {
                    // A collect was quicker with one of them, or its day has come.
                    Err(StoreError::Conflict) => continue,
                    Err(error) => return Err(error.into()),
                    Ok(_) => {}
                }
            }
            self.complete_destructions(&context, &mut |_, _| {})?;
            return Ok(outcomes);
        }
        Err(VaultError::Changed)
    }

    fn erasing(&self, records: &[(SellerId, RecordId)], now: Timestamp) -> Result<Erasing, VaultError> {
        let mut erasing = Erasing::default();
        let mut seen = BTreeSet::new();
        for (seller, record) in records.iter().filter(|(_, record)| seen.insert(*record)) {
            let row = self.base.store.record_by_id(*record)?;
            let seller_no = self.seller_no(seller)?;
            if let Some(row) = row.filter(|row| row.seller == seller_no) {
                let outcome = self.erase_record(seller, row, now, &mut erasing)?;
                erasing.outcomes.push((*record, outcome));
            }
        }
        for (seller, references) in std::mem::take(&mut erasing.references) {
            self.erase_quarantined(seller, &references, now, &mut erasing)?;
        }
        Ok(erasing)
    }

    fn erase_quarantined(
        &self,
        seller: SellerId,
        references: &BTreeSet<Reference>,
        now: Timestamp,
        erasing: &mut Erasing,
    ) -> Result<(), VaultError> {
        let about = self.quarantined_about(&seller, references, now)?;
        for QuarantineRow { bucket, id, slot, .. } in &about {
            erasing.removal.puncture(&seller, bucket.held, bucket.day, *slot);
            erasing.changes.push(Change::DeleteQuarantine { bucket: *bucket, id: *id });
        }
        if !about.is_empty() {
            erasing.discarded.push((seller, about.into_iter().map(|row| row.id).collect()));
        }
        Ok(())
    }

    fn erase_record(
        &self,
        seller: &SellerId,
        row: RecordRow,
        now: Timestamp,
        erasing: &mut Erasing,
    ) -> Result<Outcome, VaultError> {
        let was_live = row.state == RecordState::Live;
        let facts = match self.open_facts(seller, &row) {
            // What is damaged is erased as well.
            Err(VaultError::Damaged(_) | VaultError::Envelope(_)) => None,
            facts => facts?,
        };
        if let Some(facts) = &facts {
            let of = erasing.references.entry(seller.clone()).or_default();
            of.insert(facts.about.reference.clone());
        }
        let ended = facts.as_ref().and_then(|facts| facts.about.end.as_ref()).map(|end| end.ended);
        match (was_live, &facts) {
            (false, Some(_)) if ended == Some(Ended::Erasure) => return Ok(Outcome::Unchanged),
            // A tombstone without facts never gives way.
            (false, None) => return Ok(Outcome::Gone),
            _ => {}
        }
        for part in self.base.store.parts_of(row.no)? {
            self.puncture(&mut erasing.removal, seller, part.bucket.day, part.slot);
            erasing.changes.push(Change::DeletePart { bucket: part.bucket, record: row.no, part: part.part });
        }
        for part in facts.iter().flat_map(|facts| &facts.about.parts).filter(|_| was_live) {
            let removal = &mut erasing.removal;
            part.places().for_each(|(day, slot)| self.puncture(removal, seller, day, slot));
        }
        let main = facts.as_ref().and_then(|facts| facts.about.main());
        let goes = main.is_some_and(|main| self.is_doomed(&Self::bucket_id(seller, main)));
        let named = named_record(&row);
        match erasing.erased.iter_mut().find(|(other, _)| other == seller) {
            Some((_, records)) => records.push(named),
            None => erasing.erased.push((seller.clone(), vec![named])),
        }
        erasing.changes.push(Change::PutRecord(self.tombstone(seller, row, facts, End::erased(now))?));
        // One whose bucket is about to go counts with that.
        erasing.removal.ends(u64::from(was_live && !goes));
        Ok(if was_live { Outcome::Erased } else { Outcome::Gone })
    }

    /// What is left of a record that ends by itself; without facts, its name alone.
    pub(crate) fn tombstone(
        &self,
        seller: &SellerId,
        row: RecordRow,
        facts: Option<Facts>,
        end: End,
    ) -> Result<RecordRow, VaultError> {
        let buried = match facts {
            Some(facts) => self.with_facts(seller, row, &buried(facts, end))?,
            None => RecordRow { version: row.version + 1, content_mac: [0; 16], facts: Vec::new(), ..row },
        };
        Ok(RecordRow { state: RecordState::Gone, ..buried })
    }
}

impl End {
    /// Somebody asked for it.
    pub(crate) fn erased(when: Timestamp) -> Self {
        Self { when, rule: RULE.to_owned(), ended: Ended::Erasure }
    }

    /// Its own key had been taken away when its home was restored, and nothing told why.
    pub(crate) fn forgotten(when: Timestamp) -> Self {
        Self { when, rule: RULE.to_owned(), ended: Ended::Forgotten }
    }
}

/// The facts of a record whose personal data is gone.
fn buried(mut facts: Facts, end: End) -> Facts {
    let about = &mut facts.about;
    about.end = Some(end);
    about.restricted = None;
    about.rectified.clear();
    about.corrections.clear();
    about.unclassified.clear();
    about.parts.retain(|part| part.is_main());
    about.parts.iter_mut().for_each(|part| part.left.clear());
    facts
}
