//! Seals parts anew in the later bucket that their expiry asks for, in the last days before theirs closes.
//!
//! The old slot needs no puncture: it dies with its bucket within days, and the data may live. It is remembered until
//! then, so that an erasure reaches what copies hold in it.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use bailee_core::retention::{CLOSING_DAYS, Decision, Evidence, moves_later};
use bailee_core::{Day, FieldInstance, Json, Month, PartNo, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_crypto::envelope;
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{ExpiryChange, PartRow as SealedPart, PartRows, What};
use bailee_store::act::{Act, BucketNo, Change, PartRow, RecordNo, RecordRow};
use bailee_store::records::StoreError;

use crate::document::{Marker, places};
use crate::facts::{Facts, PartEntry, Scope, SlotNo};
use crate::part::{OpenedPart, PartSealing};
use crate::{Vault, VaultError, terms};

/// Parts that one act moves.
const MOVES_MAX: usize = 500;

/// How often a move is decided again when others change its records meanwhile.
const TRIES_MAX: u32 = 5;

/// What moves one part.
struct Relocated {
    /// The row of its event.
    event: SealedPart,
    /// The changed decision that it moves by, when no document brought it (R14).
    expiry: Option<ExpiryChange>,
    changes: Vec<Change>,
}

/// The name under which the store remembers on which day what is due each day was done last.
pub(crate) const KEPT_UP: &str = "kept-up";

impl Vault {
    /// Moves what is due to move: of one seller when given, else of all.
    pub(crate) fn move_due_parts(
        &self,
        context: &Context,
        only: Option<&SellerId>,
    ) -> Result<(), VaultError> {
        for bucket in self.base.keyring.buckets() {
            let BucketId { seller, held, day } = bucket.id;
            let is_due = held == BucketUse::Order && moves_later(day, context.now);
            if !is_due || only.is_some_and(|only| *only != seller) {
                continue;
            }
            let Ok(no) = self.seller_no(&seller) else { continue };
            self.move_bucket(context, &seller, BucketNo { seller: no, held, day })?;
        }
        Ok(())
    }

    /// The same once on each day, which is often enough for what is due on a day.
    pub(crate) fn move_due_parts_once_a_day(
        &self,
        context: &Context,
        seller: &SellerId,
    ) -> Result<(), VaultError> {
        let name = format!("moved/{}", self.seller_no(seller)?.0);
        let today = Day::of(context.now).to_string();
        if self.base.store.meta(&name)?.is_some_and(|done| done == today) {
            return Ok(());
        }
        self.move_due_parts(context, Some(seller))?;
        let changes = vec![Change::SetMeta { name, value: today }];
        self.base.store.commit(Act { name: "moved-today", changes, events: Vec::new() })?;
        Ok(())
    }

    /// Does what is due on every day, once on each: moves parts of every seller in time, and raises the alarm for what
    /// should be gone and is not (R3). Whoever opens a home calls this, since a home without a server has no scheduler.
    /// On the same day again it reads two values.
    ///
    /// # Errors
    /// When the store or a mirror of the keyring cannot be used; what is left is done at the next call.
    pub fn keep_up(&self, now: Timestamp) -> Result<(), VaultError> {
        // First: whatever fails behind it, a home that is looked after knows that the time went on.
        self.keep_time(now)?;
        let is_believed = self.believes(now)?;
        let today = Day::of(now);
        // Once the time is believed, the same day is looked after again.
        let today = if is_believed { today.to_string() } else { format!("{today}, not believed") };
        if self.base.store.meta(KEPT_UP)?.is_some_and(|done| done == today) {
            return Ok(());
        }
        let request = RequestId::new(now, &*self.base.entropy);
        let context = Context::system(request, now);
        if is_believed {
            // By no other time is anything sealed anew.
            for (_, seller) in self.base.store.sellers()? {
                self.move_due_parts_once_a_day(&context, &seller)?;
            }
        }
        // Ahead of its month, so that a mirror that is out of reach when the month begins stops nobody.
        self.base.keyring.ensure_detail(Month::of(now).plus(1), &*self.base.entropy)?;
        let alarms = [self.late_alarm(now)?, self.drill_alarm(now)?, self.recipient_alarm(now)?];
        let mut changes = vec![
            Change::SetAnchor(self.base.keyring.anchor()),
            Change::SetMeta { name: KEPT_UP.to_owned(), value: today },
        ];
        let _alone = self.archiving();
        // By a time that nobody believes nothing is let go of either.
        let (gone, let_go) = if is_believed { self.exports_to_let_go(now)? } else { Default::default() };
        changes.extend(gone);
        let events = alarms.into_iter().flatten().chain(let_go).map(|what| context.event(what)).collect();
        self.base.store.commit(Act { name: "keep-up", changes, events })?;
        Ok(())
    }

    fn move_bucket(&self, context: &Context, seller: &SellerId, bucket: BucketNo) -> Result<(), VaultError> {
        let mut after = None;
        loop {
            let mut parts = self.base.store.late_parts(bucket, after, MOVES_MAX)?;
            let Some(last) = parts.last() else { return Ok(()) };
            after = Some((last.record, last.part));
            let mut tries = 0;
            // One part of a record at a time, since each changes its row.
            while !parts.is_empty() && tries < TRIES_MAX {
                match self.move_parts(context, seller, &parts) {
                    Ok(left) => parts.retain(|part| left.contains(&(part.record, part.part))),
                    // A collect was quicker with one of them.
                    Err(VaultError::Changed | VaultError::Store(StoreError::Conflict)) => tries += 1,
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Moves parts in one act. Returns those that another part of the same record came before.
    fn move_parts(
        &self,
        context: &Context,
        seller: &SellerId,
        parts: &[PartRow],
    ) -> Result<BTreeSet<(RecordNo, PartNo)>, VaultError> {
        // Held until the act is committed: what ends with its seller moves nowhere.
        let _fixed = self.planning.read().unwrap_or_else(PoisonError::into_inner);
        if self.has_ended(seller) {
            return Ok(BTreeSet::new());
        }
        let mut changes = Vec::new();
        let (mut events, mut moved, mut expiries) = (Vec::new(), PartRows::default(), Vec::new());
        let (mut records, mut left) = (BTreeSet::new(), BTreeSet::new());
        for part in parts {
            if records.contains(&part.record) {
                left.insert((part.record, part.part));
                continue;
            }
            match self.relocate(seller, part, context.now) {
                Ok(Some(relocated)) => {
                    records.insert(part.record);
                    moved.0.push(relocated.event);
                    expiries.extend(relocated.expiry);
                    changes.extend(relocated.changes);
                }
                Ok(None) => {}
                // One that is damaged must not keep the others from moving.
                Err(error @ (VaultError::Damaged(_) | VaultError::Envelope(_))) => {
                    let (component, code) = ("store".to_owned(), error.code().to_owned());
                    events.push(context.event(What::SystemError { component, code }));
                }
                Err(error) => return Err(error),
            }
        }
        if !moved.0.is_empty() {
            changes.push(self.sealed_by()?);
            events.push(context.event(What::Moved { seller: seller.clone(), parts: moved }));
        }
        if !expiries.is_empty() {
            events.push(context.event(What::ExpiryChanged { seller: seller.clone(), changes: expiries }));
        }
        if !events.is_empty() {
            self.base.store.commit(Act { name: "move-parts", changes, events })?;
        }
        Ok(left)
    }

    /// What moves a part; nothing when its expiry no longer asks for it.
    fn relocate(
        &self,
        seller: &SellerId,
        part: &PartRow,
        now: Timestamp,
    ) -> Result<Option<Relocated>, VaultError> {
        let Some(row) = self.base.store.record_by_no(part.record)? else { return Ok(None) };
        let Some(mut facts) = self.open_facts(seller, &row)? else { return Ok(None) };
        let is_here = |entry: &PartEntry| {
            entry.no == part.part && (entry.day, entry.slot()) == (part.bucket.day, part.slot)
        };
        let Some(index) = facts.about.parts.iter().position(is_here) else { return Ok(None) };
        let Some(entry) = facts.about.parts.get(index).cloned() else { return Ok(None) };
        let decision = facts.about.evidence.decide(&self.base.policy, now);
        let day = entry.scope().day(&decision);
        let target = BucketId { seller: seller.clone(), held: BucketUse::Order, day };
        if day <= entry.day || now >= target.closes_at() {
            return Ok(None);
        }
        let Some(opened) = self.open_part(seller, &row, &entry, None, now)? else { return Ok(None) };
        let slot = self.slots.take_one(&self.base.keyring, &target, &*self.base.entropy)?;
        let left = entry.left_behind(now);
        let moved = PartEntry { day, slot: SlotNo(slot.0), version: entry.version + 1, left, ..entry };
        let to = BucketNo { day, ..part.bucket };
        let sealed = self.seal_moved(seller, &row, &facts, &moved, &opened, to)?;
        let event = SealedPart {
            record: row.id,
            part: moved.no,
            version: moved.version,
            digest: envelope::digest(&sealed.envelope),
            day,
        };
        let expiry = self.expiry_change(row.id, &mut facts.about, &decision);
        if let Some(place) = facts.about.parts.get_mut(index) {
            *place = moved;
        }
        let changes = vec![
            Change::OpenBucket(to),
            Change::DeletePart { bucket: part.bucket, record: part.record, part: part.part },
            Change::PutRecord(self.with_facts(seller, row, &facts)?),
            Change::PutPart(sealed),
        ];
        Ok(Some(Relocated { event, expiry, changes }))
    }

    /// The day that the expiry of a part in the bucket of `day` will ask for when that bucket closes: an expiry that
    /// lies too far ahead today is then computed again.
    pub(crate) fn due_day(&self, evidence: &Evidence, scope: &Scope, day: Day) -> Day {
        scope.day(&self.at_closing(evidence, day)).max(day)
    }

    fn at_closing(&self, evidence: &Evidence, day: Day) -> Decision {
        evidence.decide(&self.base.policy, day.plus(-CLOSING_DAYS).start())
    }

    pub(crate) fn seal_moved(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        facts: &Facts,
        entry: &PartEntry,
        opened: &OpenedPart,
        bucket: BucketNo,
    ) -> Result<PartRow, VaultError> {
        let keys = self.base.keyring.bucket(&Self::bucket_id(seller, entry)).ok_or(VaultError::Changed)?;
        let sealing = PartSealing {
            keys: &keys,
            slot: entry.slot(),
            seller,
            record: row.id,
            no: entry.no,
            version: entry.version,
            state: entry.is_main().then_some(&opened.state),
        };
        let leaves: Vec<(FieldInstance, &Json)> =
            opened.values.iter().map(|(one, value)| (*one, value)).collect();
        let catalogue = self.catalogue();
        let places = places(&facts.skeleton, &catalogue, row.kind);
        let searched: Vec<_> = places
            .iter()
            .filter_map(|place| Some((place.field, opened.values.get(&FieldInstance(place.marker.0))?)))
            .collect();
        let normals = terms::of_leaves(&searched, &facts.skeleton);
        let decision = self.at_closing(&facts.about.evidence, bucket.day);
        Ok(PartRow {
            bucket,
            record: row.no,
            part: entry.no,
            slot: entry.slot(),
            version: entry.version,
            due: entry.scope().day(&decision).max(bucket.day),
            exception: decision.exception().filter(|_| entry.is_main()),
            envelope: self.seal_part(&sealing, &leaves)?,
            terms: normals.iter().map(|normal| keys.term(normal.kind, &normal.form)).collect(),
        })
    }

    /// A record's row with other facts, one version on. Its content MAC was under the old bucket's key: a content that
    /// comes again is then told by what the part remembers.
    pub(crate) fn with_facts(
        &self,
        seller: &SellerId,
        row: RecordRow,
        facts: &Facts,
    ) -> Result<RecordRow, VaultError> {
        let key = self.base.keyring.facts(seller, row.facts_month).ok_or(VaultError::Changed)?;
        let version = row.version + 1;
        let sealed = self.seal_facts(&key, seller, (row.id, version), facts, &Marker::instance)?;
        Ok(RecordRow { version, content_mac: [0; 16], facts: sealed, ..row })
    }
}
