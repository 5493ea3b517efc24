//! What is said of holds when buckets go: how much of them is kept, and what was missed.
//!
//! It is part of the act that intends the destruction, so that each record is counted once, and it reads nothing but facts: what was
//! to be archived cannot be opened any more.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::hold::Hold;
use bailee_core::path::FieldSelector;
use bailee_core::retention::CLOSING_DAYS;
use bailee_core::{Day, FieldInstance, PartNo, Purpose, RecordId, SellerId, Timestamp};
use bailee_crypto::bucket::BucketUse;
use bailee_ledger::event::{self, What};
use bailee_store::act::{BucketNo, Change, PartRow, RecordRow, RecordState};

use super::keeping::hold_missed_alarm;
use super::seen::Known;
use super::{HOLDS, counted};
use crate::document::places;
use crate::due::Due;
use crate::reveal::Held;
use crate::{Vault, VaultError};

/// What an act adds for the holds.
#[derive(Default)]
pub(crate) struct Settled {
    pub(crate) changes: Vec<Change>,
    pub(crate) events: Vec<What>,
    pub(crate) counts: Counts,
}

/// Of the records that go.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// How many have fields in an archive.
    pub(crate) held: u64,
    /// How many a hold was to archive, and did not; one that two holds missed is counted twice.
    pub(crate) missed: u64,
}

/// A hold while it is settled.
struct Settling<'a> {
    version: u32,
    hold: Hold,
    known: &'a Known,
    fields: Vec<FieldSelector>,
    /// By the day of their bucket: what is missed, and what was left out.
    missed: BTreeMap<Day, (BTreeSet<RecordId>, BTreeSet<RecordId>)>,
}

/// Whether anything of a record is to be kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    ToBeLeftOut,
    All,
}

impl Vault {
    /// What is said of the holds when that goes. It keeps nothing from going: what cannot be read is an alarm.
    pub(crate) fn settle_holds(&self, now: Timestamp, due: &Due) -> Settled {
        self.try_settle(now, due).unwrap_or_else(|error| {
            let code = What::SystemError { component: "job".into(), code: error.code().into() };
            Settled { events: vec![hold_missed_alarm(), code], ..Settled::default() }
        })
    }

    fn try_settle(&self, now: Timestamp, due: &Due) -> Result<Settled, VaultError> {
        let mut settled = Settled::default();
        let holds = self.kept_holds()?;
        if holds.is_empty() {
            return Ok(settled);
        }
        let (known, nothing) = (self.known_of_holds()?, Known::default());
        let mut all = Vec::new();
        for (version, hold) in holds {
            let fields = hold.fields.iter().filter_map(|path| path.parse().ok()).collect();
            let known = known.get(&hold.id).unwrap_or(&nothing);
            if hold.is_live(now) {
                all.push(Settling { version, hold, known, fields, missed: BTreeMap::new() });
            }
        }
        let mut held = BTreeSet::new();
        for (seller, removal) in due {
            let Some(seller) = seller else { continue };
            let mut own: Vec<_> = all.iter_mut().filter(|one| one.hold.seller == *seller).collect();
            if own.is_empty() {
                continue;
            }
            for day in removal.order_days() {
                self.settle_bucket(seller, day, &mut own, &mut held)?;
            }
        }
        settled.counts.held = held.len() as u64;
        for one in all.into_iter().filter(|one| !one.missed.is_empty()) {
            self.settle_one(one, Day::of(now), &mut settled)?;
        }
        Ok(settled)
    }

    fn settle_bucket(
        &self,
        seller: &SellerId,
        day: Day,
        holds: &mut [&mut Settling<'_>],
        held: &mut BTreeSet<RecordId>,
    ) -> Result<(), VaultError> {
        let closes = day.plus(-CLOSING_DAYS).start();
        let closed = self.end_of(seller).map_or(closes, |end| closes.min(end.at));
        let bucket = BucketNo { seller: self.seller_no(seller)?, held: BucketUse::Order, day };
        self.each_part(bucket, |row, part| {
            if row.state != RecordState::Live {
                return Ok(());
            }
            for one in holds.iter_mut().filter(|one| one.hold.covers(row.id)) {
                if part.part == PartNo(0) && one.known.holds(row.id) {
                    held.insert(row.id);
                }
                let is_current = one.known.is_current(row.id, part.part, part.version);
                // What was closed before somebody asked is nobody's miss.
                if is_current || one.hold.since >= closed {
                    continue;
                }
                let missed = match self.wanted(seller, row, part, one)? {
                    Wanted::Nothing => continue,
                    Wanted::All => &mut one.missed.entry(day).or_default().0,
                    Wanted::ToBeLeftOut => &mut one.missed.entry(day).or_default().1,
                };
                missed.insert(row.id);
            }
            Ok(())
        })
    }

    /// Whether a part has any of the fields that a hold keeps, as the facts tell.
    fn wanted(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        part: &PartRow,
        of: &Settling<'_>,
    ) -> Result<Wanted, VaultError> {
        let facts = match self.open_facts(seller, row) {
            Err(error) if error.is_of_one_record() => return Ok(Wanted::All),
            facts => facts?,
        };
        let Some(facts) = facts else { return Ok(Wanted::Nothing) };
        let catalogue = self.catalogue();
        let has_any = places(&facts.skeleton, &catalogue, row.kind).iter().any(|place| {
            let is_named = of.fields.iter().any(|field| field.matches(&place.path));
            let own = facts.about.part_of(FieldInstance(place.marker.0));
            is_named && place.field.class.is_some() && own.is_some_and(|own| own.no == part.part)
        });
        let is_kept_from = facts.about.restricted.is_some() || self.lacks_consent(row.id, of.hold.purpose);
        Ok(match (has_any, is_kept_from) {
            (false, _) => Wanted::Nothing,
            (true, true) => Wanted::ToBeLeftOut,
            (true, false) => Wanted::All,
        })
    }

    fn settle_one(&self, one: Settling<'_>, today: Day, settled: &mut Settled) -> Result<(), VaultError> {
        let Settling { version, mut hold, missed, .. } = one;
        let mut is_alarm = false;
        for (day, (missed, left_out)) in missed {
            hold.missed = hold.missed.saturating_add(missed.len() as u64);
            settled.counts.missed += missed.len() as u64;
            hold.left_out = hold.left_out.saturating_add(left_out.len() as u64);
            is_alarm |= !missed.is_empty();
            settled.events.push(What::Archive(event::Archive::HoldMissed {
                hold: hold.id,
                seller: hold.seller.clone(),
                day,
                missed: counted(missed.len()),
                left_out: counted(left_out.len()),
            }));
        }
        if is_alarm && hold.alarmed != Some(today) {
            hold.alarmed = Some(today);
            settled.events.push(hold_missed_alarm());
        }
        settled.changes.push(self.entry_change(HOLDS, hold.id, version.saturating_add(1), &hold)?);
        Ok(())
    }

    /// Whether nothing of a record is opened for a purpose, whoever asks: it is restricted, or there is no consent.
    pub(super) fn is_kept_from(&self, held: &Held, purpose: Purpose) -> bool {
        held.restricted || self.lacks_consent(held.record, purpose)
    }

    fn lacks_consent(&self, record: RecordId, purpose: Purpose) -> bool {
        self.refuse_unconsented(purpose, record).is_err()
    }
}
