//! What a run archives under the holds, before it destroys anything: all that closes soon, and is in no archive as it is now.
//!
//! The gate decides about it and tells the ledger first; the system asks, on the authority of whoever approved the hold. Whatever
//! fails here fails loudly and delays nothing.

use std::collections::{BTreeSet, HashMap};

use bailee_core::archive::{Plan, RECORDS_MAX};
use bailee_core::hold::{Failed, Hold, is_ahead};
use bailee_core::path::FieldSelector;
use bailee_core::retention::{CLOSING_DAYS, Phase, phase};
use bailee_core::{Day, Kind, Purpose, RecordId, Reference, SellerId, Timestamp};
use bailee_crypto::bucket::BucketUse;
use bailee_ledger::authorized::{self, Authorized, Context, Reveal};
use bailee_ledger::event::{self, What};
use bailee_store::act::{Act, BucketNo, BucketState, RecordRow, RecordState, SellerNo};

use super::seen::Known;
use super::{HOLDS, counted};
use crate::archive::{ArchiveError, Draft};
use crate::reveal::{Held, ITEMS_MAX, Resolved};
use crate::{Vault, VaultError};

/// Parts that are read from the store at a time.
const PARTS_AT_A_TIME: usize = 1000;

/// What decides about what is archived under a hold, and tells the ledger first: the gate, behind whatever face it stands.
pub trait Decide {
    /// Lets the system archive under a hold, while that is registered and neither lifted nor over.
    ///
    /// # Errors
    /// The code of why not.
    fn archive(
        &self,
        context: &Context,
        hold: RecordId,
    ) -> Result<Authorized<authorized::Archive>, &'static str>;

    /// Decides field by field what is opened for that. Its events are durable when it returns. `None`, where nothing may be.
    ///
    /// # Errors
    /// The code of why nothing could be decided.
    fn reveal(
        &self,
        allowed: &Authorized<authorized::Archive>,
        purpose: Purpose,
        held: &[Held],
    ) -> Result<Option<Authorized<Reveal>>, &'static str>;
}

/// Before what it is archived.
pub enum Before<'a> {
    /// Before each record's own day: what closes within [`AHEAD_DAYS`](bailee_core::hold::AHEAD_DAYS).
    Day,
    /// The same of what closes at the next midnight alone.
    Midnight,
    /// The same as the first of one hold, which was just added.
    Added(RecordId),
    /// Before a seller ends: all of it.
    End(&'a SellerId),
    /// Before these records are erased.
    Erasure(&'a [(SellerId, RecordId)]),
}

impl Before<'_> {
    /// Whether it is about what that hold keeps.
    fn concerns(&self, hold: &Hold) -> bool {
        match self {
            Self::Day | Self::Midnight => true,
            Self::Added(id) => *id == hold.id,
            Self::End(seller) => **seller == hold.seller,
            Self::Erasure(records) => {
                records.iter().any(|(seller, record)| *seller == hold.seller && hold.covers(*record))
            }
        }
    }

    /// Whether what ends on that day is archived now, if it is open.
    fn reaches(&self, day: Day, now: Timestamp) -> bool {
        let (closes, today) = (day.plus(-CLOSING_DAYS), Day::of(now));
        let is_asked = match self {
            Self::Day | Self::Added(_) => is_ahead(closes, today),
            Self::Midnight => closes <= today.plus(1),
            Self::End(_) | Self::Erasure(_) => true,
        };
        is_asked && phase(day, now) == Phase::Open
    }
}

impl Vault {
    /// Archives what is due under the holds: how many records. Nothing that fails comes back: it is an event, and an alarm once a day.
    pub fn keep_held(&self, context: &Context, gate: &dyn Decide, before: &Before<'_>) -> u64 {
        let context = Context::system(context.request, context.now);
        self.try_keep(&context, gate, before).unwrap_or_else(|error| {
            let failed = [
                hold_missed_alarm(),
                What::SystemError { component: "job".into(), code: error.code().into() },
            ];
            self.write_failures(failed.into_iter().map(|what| context.event(what)));
            0
        })
    }

    fn try_keep(&self, context: &Context, gate: &dyn Decide, before: &Before<'_>) -> Result<u64, VaultError> {
        let is_due = |hold: &Hold| hold.is_live(context.now) && before.concerns(hold);
        let live: Vec<(u32, Hold)> =
            self.kept_holds()?.into_iter().filter(|(_, hold)| is_due(hold)).collect();
        if live.is_empty() {
            return Ok(0);
        }
        let (known, nothing) = (self.known_of_holds()?, Known::default());
        let mut archived = 0;
        for (_, hold) in live {
            let known = known.get(&hold.id).unwrap_or(&nothing);
            let mut keeping =
                Keeping { vault: self, context, gate, hold: &hold, draft: Draft::new(), archived: 0 };
            let kept = self.due_under(&hold, known, before, context.now).map_err(|error| error.code());
            let kept = kept.and_then(|due| keeping.keep(&due));
            archived += keeping.archived;
            self.note(context, &hold, kept.err());
        }
        Ok(archived)
    }

    /// The records of a hold that are to be archived now.
    fn due_under(
        &self,
        hold: &Hold,
        known: &Known,
        before: &Before<'_>,
        now: Timestamp,
    ) -> Result<Vec<RecordId>, VaultError> {
        // What is closed by the end of its seller cannot be opened, and was archived before that.
        if self.has_ended(&hold.seller) {
            return Ok(Vec::new());
        }
        let seller = self.seller_no(&hold.seller)?;
        let named: Vec<RecordId> = match before {
            Before::Erasure(records) => {
                let own = |(of, record): &&(SellerId, RecordId)| *of == hold.seller && hold.covers(*record);
                records.iter().filter(own).map(|(_, record)| *record).collect()
            }
            _ if hold.is_of_all() => return self.due_of_all(seller, known, before, now),
            _ => hold.records.clone(),
        };
        let mut due = Vec::new();
        for record in named {
            let row = self.base.store.record_by_id(record)?;
            let Some(row) = row.filter(|row| row.seller == seller && row.state == RecordState::Live) else {
                continue;
            };
            // What is named is archived at once: also where that was cut off.
            let reaches =
                |day: Day| before.reaches(day, now) || !known.holds(record) && phase(day, now) == Phase::Open;
            let parts = self.base.store.parts_of(row.no)?;
            let is_due = |part: &bailee_store::act::PartRow| {
                reaches(part.bucket.day) && !known.is_current(record, part.part, part.version)
            };
            if parts.iter().any(is_due) {
                due.push(record);
            }
        }
        Ok(due)
    }

    fn due_of_all(
        &self,
        seller: SellerNo,
        known: &Known,
        before: &Before<'_>,
        now: Timestamp,
    ) -> Result<Vec<RecordId>, VaultError> {
        let (mut due, mut seen) = (Vec::new(), BTreeSet::new());
        for summary in self.base.store.buckets()? {
            let BucketNo { seller: of, held, day } = summary.bucket;
            let is_open = summary.state == BucketState::Open && held == BucketUse::Order && of == seller;
            if !is_open || !before.reaches(day, now) {
                continue;
            }
            self.each_part(summary.bucket, |row, part| {
                let is_new =
                    row.state == RecordState::Live && !known.is_current(row.id, part.part, part.version);
                if is_new && seen.insert(row.id) {
                    due.push(row.id);
                }
                Ok(())
            })?;
        }
        Ok(due)
    }

    /// Goes through the parts of a bucket, in the order of their records.
    pub(super) fn each_part(
        &self,
        bucket: BucketNo,
        mut with: impl FnMut(&RecordRow, &bailee_store::act::PartRow) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let (mut after, mut row) = (None, None::<RecordRow>);
        loop {
            let parts = self.base.store.parts(bucket, after, PARTS_AT_A_TIME)?;
            for part in &parts {
                if row.as_ref().is_none_or(|row| row.no != part.record) {
                    row = self.base.store.record_by_no(part.record)?;
                }
                if let Some(row) = &row {
                    with(row, part)?;
                }
            }
            match parts.last() {
                Some(part) if parts.len() == PARTS_AT_A_TIME => after = Some((part.record, part.part)),
                _ => return Ok(()),
            }
        }
    }

    /// Remembers what went wrong with a hold, or that nothing does any more. An event and an alarm once a day: each run tries again.
    fn note(&self, context: &Context, hold: &Hold, reason: Option<&'static str>) {
        let today = Day::of(context.now);
        let is_told = match (&hold.failed, reason) {
            (None, None) => true,
            (Some(before), Some(reason)) => before.reason == reason && hold.alarmed == Some(today),
            _ => false,
        };
        if is_told {
            return;
        }
        let failed = reason.map(|reason| {
            let (archive, reason) = (RecordId::random(&*self.base.entropy), reason.to_owned());
            context.event(What::Archive(event::Archive::Failed { archive, reason, hold: Some(hold.id) }))
        });
        let is_alarm = failed.is_some() && hold.alarmed != Some(today);
        let mut events: Vec<_> = failed.into_iter().collect();
        events.extend(is_alarm.then(|| context.event(hold_missed_alarm())));
        let kept = || {
            let _alone = self.archiving();
            let Some((version, mut now)) = self.kept_hold(hold.id)? else { return Ok(()) };
            now.failed = reason.map(|reason| Failed { at: context.now, reason: reason.to_owned() });
            now.alarmed = if is_alarm { Some(today) } else { now.alarmed };
            let changes = vec![self.entry_change(HOLDS, hold.id, version.saturating_add(1), &now)?];
            self.base.store.commit(Act { name: "note-hold", changes, events: events.clone() })?;
            Ok::<(), VaultError>(())
        };
        if kept().is_err() {
            self.write_failures(events.into_iter());
        }
    }
}

/// The alarm for what a hold was to keep and did not, or may not in the end.
pub(super) fn hold_missed_alarm() -> What {
    What::SystemError { component: "job".to_owned(), code: "hold-missed".to_owned() }
}

/// The archives of one hold in one run.
struct Keeping<'a> {
    vault: &'a Vault,
    context: &'a Context,
    gate: &'a dyn Decide,
    hold: &'a Hold,
    draft: Draft,
    /// Records that are in an archive by now.
    archived: u64,
}

impl Keeping<'_> {
    fn keep(&mut self, due: &[RecordId]) -> Result<(), &'static str> {
        if due.is_empty() {
            return Ok(());
        }
        // First: nothing is opened for a key that is not there any more.
        self.plan()?;
        let fields: Result<Vec<FieldSelector>, _> =
            self.hold.fields.iter().map(|path| path.parse::<FieldSelector>()).collect();
        let fields = fields.map_err(|_| "bad-field")?;
        for records in due.chunks(ITEMS_MAX) {
            let (open, left_out) = self.open_to_all(records, &fields)?;
            self.draft.leave_out(left_out);
            if !open.is_empty() {
                self.take(&open)?;
            }
        }
        self.file()
    }

    /// What is sealed, and to which key: the one that was approved and no other.
    fn plan(&self) -> Result<Plan, &'static str> {
        let (hold, year) = (self.hold, self.hold.until.year());
        let key = self.vault.archive_key_of(year).map_err(|error| error.code())?;
        if key.id != hold.key {
            return Err(ArchiveError::NoKey(year).code());
        }
        Ok(Plan {
            seller: hold.seller.clone(),
            records: Vec::new(),
            day: None,
            fields: hold.fields.clone(),
            purpose: hold.purpose,
            statute: hold.statute.clone(),
            until: hold.until,
            key: key.id,
            fingerprint: key.fingerprint,
        })
    }

    /// Those of the records that have any of the fields and may be opened, and how many may not: they are restricted, lack a consent,
    /// have ended, or do not open. One of them keeps no other from being archived.
    fn open_to_all(
        &self,
        records: &[RecordId],
        fields: &[FieldSelector],
    ) -> Result<(Vec<Held>, u32), &'static str> {
        let (seller, now) = (&self.hold.seller, self.context.now);
        let resolved = self.vault.resolve_records(seller, records, Some(fields), now);
        let (mut open, mut left_out) = (Vec::new(), 0);
        for one in resolved.map_err(|error| error.code())? {
            match one {
                Resolved::Held(held) if held.fields.is_empty() => {}
                Resolved::Held(held) if self.vault.is_kept_from(&held, self.hold.purpose) => left_out += 1,
                Resolved::Held(held) => open.push(held),
                Resolved::Gone(_) | Resolved::Unknown { .. } | Resolved::Failed { .. } => left_out += 1,
            }
        }
        Ok((open, left_out))
    }

    /// Opens records, once the gate has allowed and told that, and takes them in. What does not fit goes to a next archive.
    fn take(&mut self, open: &[Held]) -> Result<(), &'static str> {
        let allowed = self.gate.archive(self.context, self.hold.id)?;
        let Some(reveal) = self.gate.reveal(&allowed, self.hold.purpose, open)? else { return Ok(()) };
        let opened = self.vault.reveal(reveal, open).map_err(|error| error.code())?;
        self.draft.leave_out(counted(opened.gone.len() + opened.failed.len()));
        let named: HashMap<(Kind, &Reference), &Held> =
            open.iter().map(|held| ((held.kind, &held.reference), held)).collect();
        for record in &opened.revealed {
            if self.draft.records as usize >= RECORDS_MAX || self.draft.add(record, &[]).is_err() {
                self.file()?;
                if self.draft.add(record, &[]).is_err() {
                    // One that fills more than an archive by itself.
                    self.draft.leave_out(1);
                    continue;
                }
            }
            if let Some(held) = named.get(&(record.kind, &record.reference)) {
                self.draft.places.add(held);
            }
        }
        Ok(())
    }

    /// Seals what was taken in, if anything was.
    fn file(&mut self) -> Result<(), &'static str> {
        let draft = std::mem::take(&mut self.draft);
        if draft.records == 0 {
            self.draft.leave_out(draft.left_out);
            return Ok(());
        }
        let allowed = self.gate.archive(self.context, self.hold.id)?;
        let (plan, hold) = (self.plan()?, self.hold);
        let id = RecordId::random(&*self.vault.base.entropy);
        let name = (id, Some(hold.id));
        let made = self.vault.seal_archive(allowed.context(), name, &plan, draft, Some(hold.added_by));
        self.archived += u64::from(made.map_err(|error| error.code())?.records);
        Ok(())
    }
}
