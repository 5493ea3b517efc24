//! A home that goes on from a backup, by a keyring that is newer: what had ended since does not come back (2.1.a, 2.2.d).
//!
//! The keyring remembers it. A bucket whose key it does not have was destroyed: its rows go, and its records become tombstones. A part
//! whose slot was punctured was erased, rectified or moved: nothing of it opens. Which it was, a copy of the ledger tells that knows of
//! every removal: then what was not erased is lost, and collected again. Else its record becomes a tombstone that yields to no
//! document, since an erasure may have been the reason. Slots that were given since are given to nobody again, and a key whose
//! rows are lost ends on its day.
//!
//! Sessions end. Leaves get numbers above all that were given, so that no token stands for another field.

use bailee_core::retention::{DisposalRule, Ended};
use bailee_core::{RecordId, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketKeys, BucketUse};
use bailee_crypto::keyring::Anchor;
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, Holds, Replayed, What};
use bailee_store::act::{Act, BucketNo, BucketState, Change, PartRow, RecordNo, RecordRow};
use bailee_store::records::Store;

use super::since::Since;
use crate::destruction::Removal;
use crate::facts::{About, End};
use crate::{Vault, VaultError};

/// The name under which a home remembers how often it was restored.
const RESTORES: &str = "restores";
/// The register of sessions.
const SESSIONS: &str = "session";
/// Numbers of leaves between two restores: far more than a record's leaves get.
const NUMBERS_BITS: u32 = 40;
/// Rows that are read at a time.
const ROWS: usize = 500;

/// A restore, as its events name it.
#[derive(Clone, Copy, Debug)]
pub struct Restore {
    /// Names it, and the ledger's origin from then on.
    pub restore: RecordId,
    /// The backup.
    pub backup: RecordId,
    /// Entries of the ledger in it.
    pub size: u64,
    /// Entries of the copy of the ledger that was taken up beside it.
    pub taken_up: Option<u64>,
    /// Entries of the newest checkpoint that is known of the origin before.
    pub known: Option<u64>,
    /// Whether every mirror is lost, and the lasting half was imported.
    pub keys_lost: bool,
}

impl Restore {
    pub(super) fn event(&self, step: &str) -> event::Restored {
        event::Restored {
            restore: self.restore,
            backup: self.backup,
            step: step.to_owned(),
            size: self.size,
            taken_up: self.taken_up,
            known: self.known,
            records: Vec::new(),
            replayed: None,
        }
    }

    /// Writes the first event under the new origin, before anything else is done with the store.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin(&self, store: &dyn Store, anchor: Anchor, context: &Context) -> Result<(), VaultError> {
        let restores = restores(store)?.saturating_add(1);
        let changes = vec![
            Change::SetAnchor(anchor),
            Change::SetMeta { name: RESTORES.to_owned(), value: restores.to_string() },
            crate::gone::lost_since(context.now),
        ];
        let events = vec![context.event(What::Restored(self.event("begun")))];
        store.commit(Act { name: "begin-restore", changes, events })?;
        Ok(())
    }
}

/// How often a home was restored.
fn restores(store: &dyn Store) -> Result<u64, VaultError> {
    let text = store.meta(RESTORES)?;
    let number = text.map(|text| text.parse()).transpose();
    number.map(Option::unwrap_or_default).map_err(|_| VaultError::Damaged("how often this home was restored"))
}

/// The number that no leaf of a home was given before it was restored last.
pub(crate) fn numbers_from(store: &dyn Store) -> Result<u64, VaultError> {
    Ok(restores(store)? << NUMBERS_BITS)
}

impl Vault {
    /// New leaves of a record are numbered above all that were given before the home was restored.
    pub(crate) fn renumber(&self, about: &mut About) {
        about.next_instance = about.next_instance.max(self.numbers_from);
    }

    /// Replays what had ended since the backup. It may be done again, and then finds nothing.
    ///
    /// # Errors
    /// When the store, the ledger or a mirror cannot be written: mend it, and do it again.
    pub fn replay(
        &self,
        restore: &Restore,
        since: &Since,
        context: &Context,
    ) -> Result<Replayed, VaultError> {
        let mut replayed = Replayed { sessions: self.end_sessions()?, ..Replayed::default() };
        // Without the perishable keys nothing tells what had ended: all of it is lost, and is no tombstone for that.
        if !restore.keys_lost {
            self.replay_keyring((restore, since), context, &mut replayed)?;
        }
        self.replay_since(since, restore, context, &mut replayed)?;
        let done = event::Restored { replayed: Some(replayed), ..restore.event("completed") };
        let events = vec![context.event(What::Restored(done))];
        let changes = vec![Change::SetAnchor(self.base.keyring.anchor())];
        self.base.store.commit(Act { name: "complete-restore", changes, events })?;
        Ok(replayed)
    }

    /// Replays what the keyring tells of the time since the backup, and what the ledger says of that.
    fn replay_keyring(
        &self,
        (restore, since): (&Restore, &Since),
        context: &Context,
        replayed: &mut Replayed,
    ) -> Result<(), VaultError> {
        let since = Some(since).filter(|since| since.tells_all_up_to(self.base.keyring.epoch().0));
        let mut removal = Removal::default();
        for summary in self.base.store.buckets()? {
            if summary.state != BucketState::Open {
                continue;
            }
            let BucketNo { seller, held, day } = summary.bucket;
            let seller = self.seller_id(seller).ok_or(VaultError::Damaged("a seller's number"))?;
            let id = BucketId { seller, held, day };
            let forgetting = Forgetting { restore, context, since, seller: &id.seller };
            match self.base.keyring.bucket(&id) {
                None => {
                    if held == BucketUse::Order {
                        replayed.lost += self.lose_moved(&forgetting, summary.bucket)?;
                    }
                    replayed.buckets += 1;
                    removal.bucket(&id, self.left_in(&id, summary.bucket, context.now)?);
                }
                Some(keys) => self.forget_parts(&forgetting, summary.bucket, &keys, replayed)?,
            }
        }
        replayed.quarantined = self.forget_quarantined()?;
        for (no, month) in self.base.store.facts_months()? {
            let seller = self.seller_id(no).ok_or(VaultError::Damaged("a seller's number"))?;
            if self.base.keyring.facts(&seller, month).is_none() {
                replayed.facts += 1;
                removal.facts(seller, month);
            }
        }
        for month in self.base.store.detail_months()? {
            if self.base.keyring.detail(month).is_none() {
                replayed.details += 1;
                removal.details(month);
            }
        }
        for month in self.left_months()? {
            if self.base.keyring.request(month).is_none() {
                removal.requests(month);
            }
        }
        replayed.disposed += self.destroy_again(context, removal)?;
        Ok(())
    }

    /// Ends whatever is left of what the keyring has destroyed already, by the way on which it was destroyed.
    fn destroy_again(&self, context: &Context, removal: Removal) -> Result<u64, VaultError> {
        if removal.is_empty() {
            return Ok(0);
        }
        let intent = self.intend(context, removal)?;
        let events = vec![context.event(intent.event)];
        self.base.store.commit(Act { name: "intend-destruction", changes: intent.changes, events })?;
        Ok(self.complete_destructions(context, &mut |_, _| {})?.disposed)
    }

    fn end_sessions(&self) -> Result<u64, VaultError> {
        let sessions = self.base.store.entries(SESSIONS)?;
        let count = sessions.len() as u64;
        let changes = sessions.into_iter().map(|session| Change::DeleteRegister {
            register: SESSIONS.to_owned(),
            id: session.id,
            version: session.version,
        });
        let changes = changes.collect();
        self.base.store.commit(Act { name: "end-sessions", changes, events: Vec::new() })?;
        Ok(count)
    }

    /// What is left of a bucket whose key is gone.
    fn left_in(&self, id: &BucketId, bucket: BucketNo, now: Timestamp) -> Result<Holds, VaultError> {
        let buckets = self.base.store.buckets()?;
        let summary = buckets.iter().find(|summary| summary.bucket == bucket);
        let (parts, quarantined) = summary.map_or((0, 0), |one| (one.parts, one.quarantined));
        let records = match id.held {
            BucketUse::Order => self.base.store.records_in(bucket)?,
            BucketUse::Quarantine => 0,
        };
        // A whole bucket that ended before its day did so with its seller.
        let rule = self.goes_by(id, now).unwrap_or(DisposalRule::R17);
        Ok(Holds { rule, records, parts, quarantined })
    }

    /// Parts of a bucket that is gone which had moved to a later one before, and live there, as the ledger says: they are lost with
    /// the store, and have not ended. How many they are.
    fn lose_moved(&self, forgetting: &Forgetting<'_>, bucket: BucketNo) -> Result<u64, VaultError> {
        let Some(since) = forgetting.since else { return Ok(0) };
        let (seller, now) = (forgetting.seller, forgetting.context.now);
        let (mut lost, mut after) = (0, None);
        loop {
            let parts = self.base.store.parts(bucket, after, ROWS)?;
            let Some(last) = parts.last() else { return Ok(lost) };
            after = Some((last.record, last.part));
            for part in &parts {
                let row = self.record_of(part.record)?;
                let lives = |day| {
                    let id = BucketId { seller: seller.clone(), held: BucketUse::Order, day };
                    self.live_keys(&id, now).is_some()
                };
                let moved = since.day_of(row.id, part.part).filter(|day| *day > bucket.day);
                let Some(day) = moved.filter(|day| lives(*day)) else { continue };
                if since.end_of(seller, &row, now).is_none() {
                    let ends = since.expiry_of(row.id).unwrap_or(day.start());
                    self.lose_part(forgetting, part, row, ends)?;
                    lost += 1;
                }
            }
        }
    }

    /// Takes away a part that is lost: where it lay its key is gone, and where it was moved to there is none.
    fn lose_part(
        &self,
        forgetting: &Forgetting<'_>,
        part: &PartRow,
        row: RecordRow,
        ends: Timestamp,
    ) -> Result<(), VaultError> {
        let record = row.id;
        let mut changes = vec![deletion(part)];
        if let Some(mut facts) = self.open_facts(forgetting.seller, &row)? {
            facts.about.parts.retain(|one| one.no != part.part);
            if facts.about.main().is_none() {
                // Until then it is lost, and then it has ended.
                facts.about.expires_at = Some(ends);
            }
            changes.push(Change::PutRecord(self.with_facts(forgetting.seller, row, &facts)?));
        }
        forgetting.commit(self, "lost", vec![record], changes)
    }

    /// What becomes of the records of a live bucket whose own slots were punctured: where the ledger tells why, those that were not
    /// erased are lost; else they end.
    fn forget_parts(
        &self,
        forgetting: &Forgetting<'_>,
        bucket: BucketNo,
        keys: &BucketKeys,
        replayed: &mut Replayed,
    ) -> Result<(), VaultError> {
        let mut after = None;
        loop {
            let parts = self.base.store.parts(bucket, after, ROWS)?;
            let Some(last) = parts.last() else { return Ok(()) };
            after = Some((last.record, last.part));
            let mut lost = Vec::new();
            for part in parts.iter().filter(|part| !keys.holds(part.slot)) {
                match self.forget_part(forgetting, part)? {
                    Fate::Forgotten => replayed.parts += 1,
                    Fate::Ended => replayed.disposed += 1,
                    Fate::Lost(record) => lost.push(record),
                    Fate::Told => {}
                }
            }
            replayed.lost += lost.len() as u64;
            if !lost.is_empty() {
                forgetting.commit(self, "lost", lost, Vec::new())?;
            }
        }
    }

    fn forget_part(&self, forgetting: &Forgetting<'_>, part: &PartRow) -> Result<Fate, VaultError> {
        let Forgetting { context, since, seller, .. } = *forgetting;
        // The record's other part was met before, and took this one along.
        let Some(part) = self.base.store.part(part.bucket, part.record, part.part)? else {
            return Ok(Fate::Told);
        };
        let row = self.record_of(part.record)?;
        let (end, fate) = match since.map(|since| since.end_of(seller, &row, context.now)) {
            // Its row stays, so that it is known for lost.
            Some(None) => return Ok(Fate::Lost(row.id)),
            // That is done when the ledger is replayed.
            Some(Some(end)) if end.ended == Ended::Erasure => return Ok(Fate::Told),
            Some(Some(end)) => (end, Fate::Ended),
            None => (End::forgotten(context.now), Fate::Forgotten),
        };
        let facts = self.open_facts(seller, &row)?;
        let record = row.id;
        let is_main = |about: &About| about.main().is_none_or(|main| main.no == part.part);
        let changes = match facts {
            // A gift message alone: the record lives on without it.
            Some(facts) if !is_main(&facts.about) => vec![deletion(&part)],
            facts => {
                let parts = self.base.store.parts_of(row.no)?;
                let gone = self.tombstone(seller, row, facts, end)?;
                parts.iter().map(deletion).chain([Change::PutRecord(gone)]).collect()
            }
        };
        forgetting.commit(self, "forgotten", vec![record], changes)?;
        Ok(fate)
    }

    fn record_of(&self, no: RecordNo) -> Result<RecordRow, VaultError> {
        self.base.store.record_by_no(no)?.ok_or(VaultError::Damaged("a part without a record"))
    }

    /// Takes away the quarantined documents of live buckets whose slots were punctured; how many.
    fn forget_quarantined(&self) -> Result<u64, VaultError> {
        let (mut forgotten, mut after) = (0, None);
        loop {
            let rows = self.base.store.quarantine(None, after, ROWS)?;
            let Some(last) = rows.last() else { return Ok(forgotten) };
            after = Some(last.id);
            let mut changes = Vec::new();
            for row in &rows {
                let BucketNo { seller, held, day } = row.bucket;
                let seller = self.seller_id(seller).ok_or(VaultError::Damaged("a seller's number"))?;
                let keys = self.base.keyring.bucket(&BucketId { seller, held, day });
                if keys.is_some_and(|keys| !keys.holds(row.slot)) {
                    changes.push(Change::DeleteQuarantine { bucket: row.bucket, id: row.id });
                }
            }
            forgotten += changes.len() as u64;
            if !changes.is_empty() {
                self.base.store.commit(Act { name: "forget-quarantined", changes, events: Vec::new() })?;
            }
        }
    }
}

/// What the parts of a seller's bucket are gone through with.
#[derive(Clone, Copy)]
struct Forgetting<'a> {
    restore: &'a Restore,
    context: &'a Context,
    /// What the ledger tells, where it tells of everything that the keyring has forgotten.
    since: Option<&'a Since>,
    seller: &'a SellerId,
}

impl Forgetting<'_> {
    fn commit(
        &self,
        vault: &Vault,
        step: &str,
        records: Vec<RecordId>,
        changes: Vec<Change>,
    ) -> Result<(), VaultError> {
        let told = event::Restored { records, ..self.restore.event(step) };
        let events = vec![self.context.event(What::Restored(told))];
        vault.base.store.commit(Act { name: "forget-part", changes, events })?;
        Ok(())
    }
}

/// What became of a part whose slot was punctured.
enum Fate {
    /// Nothing tells why it was: its record is gone.
    Forgotten,
    /// Its record's time is over.
    Ended,
    /// It was not erased: that record is collected again.
    Lost(RecordId),
    /// It was met before, or is met when the ledger is replayed.
    Told,
}

/// What takes a part's row away.
pub(super) fn deletion(part: &PartRow) -> Change {
    Change::DeletePart { bucket: part.bucket, record: part.record, part: part.part }
}
