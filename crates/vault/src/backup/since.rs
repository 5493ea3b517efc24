//! What the ledger tells of the time between a backup and the loss of its home, where a copy of it is at hand: whom it erased or restricted,
//! which consents were taken back, and which sellers came and ended (2.2.d, 2.1.b, R16, R17).
//!
//! The keyring tells of what was destroyed, and of that alone. An erasure of what was taken in after the backup left a punctured key that
//! no row of the backup has, and a restriction left none: only the ledger knows of them. Its events name the keyed reference, so that a
//! tombstone can be made of a record that the backup does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use bailee_core::retention::Ended;
use bailee_core::subject::Channel;
use bailee_core::{Day, RecordId, SellerId};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, Event, NamedRecord, Replayed, SellerEnd, What};
use bailee_ledger::log::Source;
use bailee_store::act::{Act, Change, RecordNo, RecordRow, RecordState};

use super::replay::{Restore, deletion};
use crate::{Vault, VaultError};

/// Records that are ended or restricted in one act.
const RECORDS: usize = 500;

/// How often a record was named, by its seller and its keyed reference.
type Named<T> = BTreeMap<(SellerId, [u8; 16], u8), T>;

/// What was done since a backup that a home has to know of.
#[derive(Default)]
pub struct Since {
    sellers: BTreeSet<SellerId>,
    ended: Vec<SellerEnd>,
    erased: Named<NamedRecord>,
    /// Whether each is restricted, by the last that was said of it.
    restricted: Named<(NamedRecord, bool)>,
    /// Consents that were taken back: when they said so, and how.
    taken_back: BTreeMap<RecordId, (Day, Channel)>,
}

impl Since {
    /// Reads it from a verified ledger: the entries from an index on, up to another.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where an entry is missing or of another version.
    pub fn read(ledger: &dyn Source, from: u64, to: u64) -> Result<Self, VaultError> {
        let mut since = Self::default();
        for index in from..to {
            let unreadable = || VaultError::Damaged("the copy of the ledger");
            let bytes = ledger.entry(index).ok().flatten().ok_or_else(unreadable)?;
            since.hear(Event::parse(&bytes).map_err(|_| unreadable())?.what);
        }
        Ok(since)
    }

    fn hear(&mut self, what: What) {
        match what {
            What::SellerAdded { seller } => drop(self.sellers.insert(seller)),
            What::SellerEnded(end) if end.went.is_none() => {
                // What was said of it last is the strictest.
                self.ended.retain(|one| one.seller != end.seller);
                self.ended.push(end);
            }
            What::Erased(event::Erased { seller, records }) => {
                self.erased.extend(records.into_iter().map(|one| (key(&seller, &one), one)));
            }
            What::Restricted(event::Restricted { seller, lifted, records }) => {
                self.restricted.extend(records.into_iter().map(|one| (key(&seller, &one), (one, !lifted))));
            }
            What::Consent(consent) if consent.step == "withdrawn" => {
                self.taken_back.insert(consent.consent, (consent.on, consent.how));
            }
            _ => {}
        }
    }
}

fn key(seller: &SellerId, record: &NamedRecord) -> (SellerId, [u8; 16], u8) {
    (seller.clone(), record.reference.0, record.kind as u8)
}

/// Changes of records, and the records that they are of.
#[derive(Default)]
struct Changed {
    changes: Vec<Change>,
    records: Vec<RecordId>,
}

impl Vault {
    /// Does again what the ledger says was done. It may be done again, and then changes nothing.
    ///
    /// # Errors
    /// When the store, the ledger or a mirror cannot be written: mend it, and do it again.
    pub fn replay_since(
        &self,
        since: &Since,
        restore: &Restore,
        context: &Context,
        replayed: &mut Replayed,
    ) -> Result<(), VaultError> {
        for seller in &since.sellers {
            self.add_seller_again(seller)?;
        }
        for end in &since.ended {
            self.close_seller(context, &end.seller, end.reason, end.on)?;
            replayed.ended += 1;
        }
        for (consent, said) in &since.taken_back {
            self.take_back_again(context, *consent, *said)?;
        }
        let erased: Vec<_> = since.erased.iter().collect();
        for some in erased.chunks(RECORDS) {
            let mut changed = Changed::default();
            for ((seller, ..), record) in some {
                self.erase_again(seller, record, context, &mut changed)?;
            }
            replayed.erased += changed.records.len() as u64;
            self.commit_again(restore, context, "erased", changed)?;
        }
        let restricted: Vec<_> = since.restricted.iter().collect();
        for some in restricted.chunks(RECORDS) {
            let mut changed = Changed::default();
            for ((seller, ..), (record, is_restricted)) in some {
                match self.restrict_again(seller, record, *is_restricted, context, &mut changed)? {
                    true => {}
                    false => replayed.not_here += u64::from(*is_restricted),
                }
            }
            replayed.restricted += changed.records.len() as u64;
            self.commit_again(restore, context, "restricted", changed)?;
        }
        Ok(())
    }

    fn commit_again(
        &self,
        restore: &Restore,
        context: &Context,
        step: &str,
        changed: Changed,
    ) -> Result<(), VaultError> {
        let Changed { changes, records } = changed;
        if records.is_empty() {
            return Ok(());
        }
        let told = event::Restored { records, ..restore.event(step) };
        let events = vec![context.event(What::Restored(told))];
        self.base.store.commit(Act { name: "replay-ledger", changes, events })?;
        Ok(())
    }

    /// The ledger does not say what people call it.
    fn add_seller_again(&self, seller: &SellerId) -> Result<(), VaultError> {
        let mut sellers = self.sellers.write().unwrap_or_else(PoisonError::into_inner);
        if sellers.contains_key(seller) {
            return Ok(());
        }
        let (no, changes) = self.new_seller(&sellers, seller, None)?;
        self.base.store.commit(Act { name: "add-seller", changes, events: Vec::new() })?;
        sellers.insert(seller.clone(), no);
        Ok(())
    }

    /// A record that was erased becomes a tombstone that yields to nothing, also where the backup has none of it.
    fn erase_again(
        &self,
        seller: &SellerId,
        named: &NamedRecord,
        context: &Context,
        changed: &mut Changed,
    ) -> Result<(), VaultError> {
        let seller_no = self.seller_no(seller)?;
        let row = self.base.store.record(seller_no, named.kind, &named.reference.0)?;
        let gone = match row {
            None => RecordRow {
                no: self.base.store.reserve_records(1)?.next().map(RecordNo).ok_or(VaultError::Changed)?,
                seller: seller_no,
                kind: named.kind,
                reference_mac: named.reference.0,
                id: named.record,
                version: 1,
                state: RecordState::Gone,
                facts_month: named.month,
                content_mac: [0; 16],
                facts: Vec::new(),
            },
            Some(row) => {
                let facts = self.open_facts(seller, &row)?;
                let end = facts.as_ref().and_then(|facts| facts.about.end.as_ref());
                // A tombstone whose facts have ended yields to nothing either.
                let was_erased = facts.is_none() || end.is_some_and(|end| end.ended == Ended::Erasure);
                if was_erased && row.state == RecordState::Gone {
                    return Ok(());
                }
                changed.changes.extend(self.base.store.parts_of(row.no)?.iter().map(deletion));
                self.tombstone(seller, row, facts, context.now)?
            }
        };
        changed.records.push(gone.id);
        changed.changes.push(Change::PutRecord(gone));
        Ok(())
    }

    /// Whether the record is there.
    fn restrict_again(
        &self,
        seller: &SellerId,
        named: &NamedRecord,
        is_restricted: bool,
        context: &Context,
        changed: &mut Changed,
    ) -> Result<bool, VaultError> {
        let row = self.base.store.record(self.seller_no(seller)?, named.kind, &named.reference.0)?;
        let Some(row) = row else { return Ok(false) };
        let facts = self.open_facts(seller, &row)?.filter(|_| row.state == RecordState::Live);
        let Some(mut facts) = facts else { return Ok(true) };
        if facts.about.restricted.is_some() != is_restricted {
            facts.about.restricted = is_restricted.then_some(context.now);
            changed.records.push(row.id);
            let content_mac = row.content_mac;
            let row = RecordRow { content_mac, ..self.with_facts(seller, row, &facts)? };
            changed.changes.push(Change::PutRecord(row));
        }
        Ok(true)
    }
}
