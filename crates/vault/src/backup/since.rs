//! What the ledger tells of the time between a backup and the loss of its home, where a copy of it is at hand: whom it erased or restricted,
//! which consents were taken back, and which sellers came and ended (2.2.d, 2.1.b, R16, R17).
//!
//! The keyring tells of what was destroyed, and of that alone. An erasure of what was taken in after the backup left a punctured key that
//! no row of the backup has, and a restriction left none: only the ledger knows of them. Its events name the keyed reference, so that a
//! tombstone can be made of a record that the backup does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use bailee_core::retention::{Ended, Phase, Rule, bucket_day, phase};
use bailee_core::subject::Channel;
use bailee_core::{Day, PartNo, RecordId, RequestId, SellerId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, Event, NamedRecord, Replayed, SellerEnd, What};
use bailee_ledger::log::Source;
use bailee_store::act::{Act, Change, RecordNo, RecordRow, RecordState};

use super::replay::{Restore, deletion};
use crate::facts::End;
use crate::restricted::{Name, Restriction, name_of};
use crate::{Vault, VaultError};

/// Records that are ended or restricted in one act.
const RECORDS: usize = 500;

/// What was said of records last, by what names each.
type Named<T> = BTreeMap<Name, T>;

/// What was done since a backup that a home has to know of.
#[derive(Default)]
pub struct Since {
    sellers: BTreeSet<SellerId>,
    /// How sellers ended, and when and by which request that was said first.
    ended: Vec<(SellerEnd, (Timestamp, RequestId))>,
    /// When each was erased.
    erased: Named<(NamedRecord, Timestamp)>,
    /// Whether each is restricted, by the last that was said of it.
    restricted: Named<(NamedRecord, Timestamp, bool)>,
    /// Consents that were taken back: when they said so, and how.
    taken_back: BTreeMap<RecordId, (Day, Channel)>,
    rectified: BTreeSet<RecordId>,
    /// By when each record was to end, as that was decided last: by which rule, and when that was decided.
    expiries: BTreeMap<RecordId, (Timestamp, Rule, Timestamp)>,
    /// In the bucket of which day each part was sealed last, of those that were sealed more than once.
    sealed: BTreeMap<(RecordId, PartNo), Day>,
    /// The epoch of the keyring after the last removal.
    epoch: Option<u64>,
}

impl Since {
    /// Reads it from a verified ledger: the entries from an index on, up to another.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where an entry is missing or of another version.
    pub fn read(ledger: &dyn Source, from: u64, to: u64) -> Result<Self, VaultError> {
        let unreadable = || VaultError::Damaged("the copy of the ledger");
        let event = |index| {
            let bytes = ledger.entry(index).ok().flatten().ok_or_else(unreadable)?;
            Event::parse(&bytes).map_err(|_| unreadable())
        };
        let mut since = Self::default();
        for index in from..to {
            since.hear(event(index)?);
        }
        // Where nothing was removed since the backup, the keyring is in the epoch of the last removal before it.
        let mut before = from.min(to);
        while since.epoch.is_none() && before > 0 {
            before -= 1;
            since.epoch = event(before).ok().and_then(|event| epoch_of(&event.what));
        }
        Ok(since)
    }

    fn hear(&mut self, Event { at, request, what, .. }: Event) {
        self.epoch = epoch_of(&what).or(self.epoch);
        match what {
            What::SellerAdded { seller } => drop(self.sellers.insert(seller)),
            What::SellerEnded(end) if end.went.is_none() => {
                // What was said of it last is the strictest.
                let said = self.ended.iter().find(|(one, _)| one.seller == end.seller).map(|(_, said)| *said);
                self.ended.retain(|(one, _)| one.seller != end.seller);
                self.ended.push((end, said.unwrap_or((at, request))));
            }
            What::Erased(event::Erased { seller, records }) => {
                self.erased.extend(records.into_iter().map(|one| (key(&seller, &one), (one, at))));
            }
            What::Restricted(event::Restricted { seller, lifted, records }) => {
                let said = records.into_iter().map(|one| (key(&seller, &one), (one, at, !lifted)));
                self.restricted.extend(said);
            }
            What::Consent(consent) if consent.step == "withdrawn" => {
                self.taken_back.insert(consent.consent, (consent.on, consent.how));
            }
            What::Rectified(rectified) => {
                self.rectified.insert(rectified.record.record);
                self.hear_sealed(&rectified.parts);
            }
            What::Collected { parts, .. } | What::Moved { parts, .. } => self.hear_sealed(&parts),
            What::ExpiryChanged { changes, .. } => {
                let changes = changes.into_iter().map(|one| (one.record, (one.new, one.rule, at)));
                self.expiries.extend(changes);
            }
            _ => {}
        }
    }

    fn hear_sealed(&mut self, parts: &event::PartRows) {
        // What was sealed once only is not in the backup.
        let again = parts.0.iter().filter(|part| part.version > 1);
        self.sealed.extend(again.map(|part| ((part.record, part.part), part.day)));
    }

    /// Whether it tells of everything that a keyring of that epoch has forgotten. Every removal begins another epoch, which its event
    /// names; one that no event names may be an erasure.
    pub(super) fn tells_all_up_to(&self, epoch: u64) -> bool {
        self.epoch == Some(epoch)
    }

    /// How a record ended, as it tells; none where its personal data would live on.
    pub(super) fn end_of(&self, seller: &SellerId, row: &RecordRow, now: Timestamp) -> Option<End> {
        if let Some((_, at)) = self.erased.get(&name_of(seller, row.kind, row.reference_mac)) {
            return Some(End::erased(*at));
        }
        let (expires_at, rule, when) = self.expiries.get(&row.id)?;
        let ended = if *rule == Rule::R7 { Ended::Cancellation } else { Ended::Clock };
        let is_over = phase(bucket_day(*expires_at), now) != Phase::Open;
        is_over.then(|| End { when: *when, rule: rule.to_string(), ended })
    }

    /// By when a record was to end, as that was decided last.
    pub(super) fn expiry_of(&self, record: RecordId) -> Option<Timestamp> {
        self.expiries.get(&record).map(|(expires_at, ..)| *expires_at)
    }

    /// The day of the bucket in which a part was sealed last, where it was sealed again.
    pub(super) fn day_of(&self, record: RecordId, part: PartNo) -> Option<Day> {
        self.sealed.get(&(record, part)).copied()
    }
}

/// The epoch that an event says has begun.
fn epoch_of(what: &What) -> Option<u64> {
    match what {
        What::DestructionCompleted(destroyed) => Some(destroyed.epoch),
        What::Adoption(event::Adoption { reached, .. }) => reached.map(|reached| reached.epoch),
        _ => None,
    }
}

fn key(seller: &SellerId, record: &NamedRecord) -> Name {
    name_of(seller, record.kind, record.reference.0)
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
        for (end, said) in &since.ended {
            self.close_seller(context, &end.seller, (end.reason, end.on), *said)?;
            replayed.ended += 1;
        }
        replayed.rectified = since.rectified.len() as u64;
        for (consent, said) in &since.taken_back {
            self.take_back_again(context, *consent, *said)?;
        }
        let erased: Vec<_> = since.erased.iter().collect();
        for some in erased.chunks(RECORDS) {
            let mut changed = Changed::default();
            for ((seller, ..), (record, at)) in some {
                self.erase_again(seller, record, *at, &mut changed)?;
            }
            replayed.erased += changed.records.len() as u64;
            self.commit_again(restore, context, "erased", changed)?;
        }
        let restricted: Vec<_> = since.restricted.iter().collect();
        for some in restricted.chunks(RECORDS) {
            let mut changed = Changed::default();
            for ((seller, ..), (record, at, is_restricted)) in some {
                let is_here =
                    self.restrict_again(seller, record, (*at, *is_restricted, context.now), &mut changed)?;
                replayed.not_here += u64::from(*is_restricted && !is_here);
            }
            replayed.restricted += changed.records.len() as u64;
            self.commit_again(restore, context, "restricted", changed)?;
        }
        self.know_waiting()
    }

    fn commit_again(
        &self,
        restore: &Restore,
        context: &Context,
        step: &str,
        changed: Changed,
    ) -> Result<(), VaultError> {
        let Changed { changes, records } = changed;
        if changes.is_empty() {
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
        at: Timestamp,
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
                self.tombstone(seller, row, facts, End::erased(at))?
            }
        };
        changed.records.push(gone.id);
        changed.changes.push(Change::PutRecord(gone));
        Ok(())
    }

    /// Whether the record is there. A restriction of one that is not, or of which nothing is known, waits until it is collected again.
    fn restrict_again(
        &self,
        seller: &SellerId,
        named: &NamedRecord,
        (at, is_restricted, now): (Timestamp, bool, Timestamp),
        changed: &mut Changed,
    ) -> Result<bool, VaultError> {
        let row = self.base.store.record(self.seller_no(seller)?, named.kind, &named.reference.0)?;
        let is_here = row.is_some();
        let Some(row) = row.filter(|row| !self.has_lost_facts(seller, row, now)) else {
            let restriction = Restriction { seller: seller.clone(), record: named.clone(), since: at };
            let change = match is_restricted {
                true => self.have_wait(&restriction)?,
                false => self.end_waiting(named)?,
            };
            changed.records.extend(change.iter().map(|_| named.record).filter(|_| is_here));
            changed.changes.extend(change);
            return Ok(is_here);
        };
        let facts = self.open_facts(seller, &row)?.filter(|_| row.state == RecordState::Live);
        let Some(mut facts) = facts else { return Ok(true) };
        if facts.about.restricted.is_some() != is_restricted {
            facts.about.restricted = is_restricted.then_some(at);
            changed.records.push(row.id);
            let content_mac = row.content_mac;
            let row = RecordRow { content_mac, ..self.with_facts(seller, row, &facts)? };
            changed.changes.push(Change::PutRecord(row));
        }
        Ok(true)
    }
}
