//! One act's changes, inside the writer's transaction.
//!
//! An expectation that does not hold, or a constraint that fails, is `Conflict`; the writer then undoes the act.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::PartNo;
use bailee_core::retention::Rule;
use bailee_crypto::keyring::Anchor;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::{reads, sweep};
use crate::act::{
    BucketNo, BucketState, Change, PartRow, QuarantineRow, RecordNo, RecordRow, RecordState, RegisterRow,
};
use crate::limits::{bucket_key, place};
use crate::records::StoreError;

pub(super) type Done = Result<(), StoreError>;

/// Applies changes in their order.
pub(super) fn apply(connection: &Connection, changes: &[Change]) -> Done {
    let mut applying = Applying::new(connection);
    changes.iter().try_for_each(|change| applying.change(change))?;
    applying.finish()
}

/// What an act has done so far and has still to write: counts, terms and months are gathered and written once.
struct Applying<'c> {
    connection: &'c Connection,
    buckets: BTreeMap<i64, Bucket>,
    months: BTreeMap<(u32, i32), MonthRange>,
    /// Terms to insert: bucket, term, record, part. Written sorted, page by page.
    terms: Vec<(i64, i64, i64, u16)>,
    /// Records that this act has put.
    put: BTreeSet<i64>,
    /// Records that were given parts.
    given_parts: BTreeSet<i64>,
    /// Tombstones that were put as live.
    revived: Vec<i64>,
}

/// A bucket as it stands, and how its counts change.
#[derive(Clone, Copy)]
struct Bucket {
    state: Option<BucketState>,
    parts: i64,
    quarantined: i64,
}

/// The record numbers of a seller's facts of one month.
#[derive(Clone, Copy)]
struct MonthRange {
    first: i64,
    last: i64,
    ended: bool,
    changed: bool,
}

impl<'c> Applying<'c> {
    fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            buckets: BTreeMap::new(),
            months: BTreeMap::new(),
            terms: Vec::new(),
            put: BTreeSet::new(),
            given_parts: BTreeSet::new(),
            revived: Vec::new(),
        }
    }

    fn change(&mut self, change: &Change) -> Done {
        match change {
            Change::PutRecord(row) => self.put_record(row),
            Change::OpenBucket(bucket) => self.open_bucket(*bucket),
            Change::PutPart(row) => self.put_part(row),
            Change::SetDue { bucket, record, part, due } => {
                let sql = "UPDATE part SET due = ?4 WHERE bucket = ?1 AND record = ?2 AND part = ?3";
                one(self.cached(sql)?.execute(params![bucket_key(*bucket)?, record.0, part.0, due.0])?)
            }
            Change::DeletePart { bucket, record, part } => {
                self.delete_part(bucket_key(*bucket)?, *record, *part)
            }
            Change::SetBucketState { bucket, from, to } => self.set_bucket_state(*bucket, *from, *to),
            Change::ExpectHeld { bucket, parts, quarantined } => {
                expect(sweep::holds(self.connection, bucket_key(*bucket)?, (*parts, *quarantined))?)
            }
            Change::SweepBucket(bucket) => self.sweep_bucket(*bucket),
            Change::SweepSome { bucket, rows } => self.sweep_some(*bucket, *rows),
            Change::SweepFacts { seller, month } => {
                self.write_months()?;
                sweep::facts(self.connection, *seller, *month)
            }
            Change::LoseFacts { seller, month } => {
                self.write_months()?;
                sweep::lose_facts(self.connection, *seller, *month)
            }
            Change::PutQuarantine(row) => self.put_quarantine(row),
            Change::DeleteQuarantine { bucket, id } => {
                self.delete_quarantine(bucket_key(*bucket)?, id.as_bytes())
            }
            Change::PutRegister(row) => self.put_register(row),
            Change::DeleteRegister { register, id, version } => {
                let sql = "DELETE FROM register WHERE register = ?1 AND id = ?2 AND version = ?3";
                one(self.cached(sql)?.execute(params![register, id.as_bytes(), version])?)
            }
            Change::PutDetail(row) => {
                let sql = "INSERT INTO detail (month, commitment, sealed) VALUES (?1, ?2, ?3)
                           ON CONFLICT (month, commitment) DO NOTHING";
                self.cached(sql)?.execute(params![row.month.0, row.commitment.0, row.sealed])?;
                Ok(())
            }
            Change::SweepDetails(month) => {
                self.cached("DELETE FROM detail WHERE month = ?1")?.execute([month.0])?;
                Ok(())
            }
            Change::AddSeller { no, id } => {
                let sql = "INSERT INTO seller (seller, id) VALUES (?1, ?2)";
                one(self.cached(sql)?.execute(params![no.0, id.as_str()])?)
            }
            Change::SetAnchor(anchor) => self.set_anchor(*anchor),
            Change::ExpectAccess(version) => self.expect_access(*version),
            Change::MoveAccess(version) => {
                self.expect_access(*version)?;
                self.set_meta(reads::ACCESS_VERSION, &version.saturating_add(1).to_string())
            }
            Change::SetMeta { name, value } => self.set_meta(name, value),
        }
    }

    /// Writes what was gathered, and checks what only the whole act can answer.
    fn finish(mut self) -> Done {
        self.write_terms()?;
        self.write_counts()?;
        self.write_months()?;
        let mut exists = self.cached("SELECT 1 FROM record WHERE record = ?1")?;
        for record in self.given_parts.difference(&self.put) {
            expect(exists.exists([record])?)?;
        }
        let mut has_part = self.cached("SELECT 1 FROM part WHERE record = ?1")?;
        self.revived.iter().try_for_each(|record| expect(has_part.exists([record])?))
    }

    fn set_meta(&self, name: &str, value: &str) -> Done {
        let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        one(self.cached(sql)?.execute(params![name, value])?)
    }

    fn expect_access(&self, version: u64) -> Done {
        expect(reads::access_version(self.connection)? == version)
    }

    // Records.

    fn put_record(&mut self, row: &RecordRow) -> Done {
        self.put.insert(row.no.0);
        self.count_in_month(row)?;
        if row.version == 1 { self.insert_record(row) } else { self.replace_record(row) }
    }

    fn insert_record(&self, row: &RecordRow) -> Done {
        let mut insert = self.cached(
            "INSERT INTO record (record, seller, kind, reference_mac, id, version, state, facts_month, content_mac, facts)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9)",
        )?;
        one(insert.execute(params![
            row.no.0,
            row.seller.0,
            row.kind.code(),
            row.reference_mac,
            row.id.as_bytes(),
            record_state_code(row.state),
            row.facts_month.0,
            row.content_mac,
            row.facts,
        ])?)
    }

    fn replace_record(&mut self, row: &RecordRow) -> Done {
        let mut state = self.cached("SELECT state FROM record WHERE record = ?1")?;
        let was: Option<u8> = state.query_row([row.no.0], |found| found.get(0)).optional()?;
        if was == Some(record_state_code(RecordState::Gone)) && row.state == RecordState::Live {
            self.revived.push(row.no.0);
        }
        let mut update = self.cached(
            "UPDATE record SET version = ?6, state = ?7, facts_month = ?8, content_mac = ?9, facts = ?10
             WHERE record = ?1 AND seller = ?2 AND kind = ?3 AND reference_mac = ?4 AND id = ?5 AND version = ?6 - 1",
        )?;
        one(update.execute(params![
            row.no.0,
            row.seller.0,
            row.kind.code(),
            row.reference_mac,
            row.id.as_bytes(),
            row.version,
            record_state_code(row.state),
            row.facts_month.0,
            row.content_mac,
            row.facts,
        ])?)
    }

    fn count_in_month(&mut self, row: &RecordRow) -> Done {
        let no = row.no.0;
        let month = self.month(row.seller.0, row.facts_month.0)?;
        expect(!month.ended || row.facts.is_empty())?;
        if no < month.first || no > month.last {
            *month =
                MonthRange { first: month.first.min(no), last: month.last.max(no), changed: true, ..*month };
        }
        Ok(())
    }

    fn month(&mut self, seller: u32, month: i32) -> Result<&mut MonthRange, StoreError> {
        use std::collections::btree_map::Entry;
        match self.months.entry((seller, month)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let sql = "SELECT first, last, ended FROM facts_month WHERE seller = ?1 AND month = ?2";
                let mut select = self.connection.prepare_cached(sql)?;
                let found = select
                    .query_row([i64::from(seller), i64::from(month)], |row| {
                        Ok(MonthRange {
                            first: row.get(0)?,
                            last: row.get(1)?,
                            ended: row.get(2)?,
                            changed: false,
                        })
                    })
                    .optional()?;
                let none = MonthRange { first: i64::MAX, last: i64::MIN, ended: false, changed: false };
                Ok(unknown.insert(found.unwrap_or(none)))
            }
        }
    }

    /// Writes the months' ranges and forgets them, so that a sweep and what follows it read them anew.
    fn write_months(&mut self) -> Done {
        let sql = "INSERT INTO facts_month (seller, month, first, last, ended) VALUES (?1, ?2, ?3, ?4, 0)
                   ON CONFLICT (seller, month) DO UPDATE SET first = excluded.first, last = excluded.last";
        let mut upsert = self.cached(sql)?;
        for ((seller, month), range) in std::mem::take(&mut self.months) {
            if range.changed {
                upsert.execute(params![seller, month, range.first, range.last])?;
            }
        }
        Ok(())
    }

    // Buckets.

    fn open_bucket(&mut self, bucket: BucketNo) -> Done {
        let key = bucket_key(bucket)?;
        let known = self.bucket(key)?;
        match known.state {
            Some(state) => expect(state == BucketState::Open),
            None => {
                known.state = Some(BucketState::Open);
                let sql = "INSERT INTO bucket (bucket, state, parts, quarantined) VALUES (?1, ?2, 0, 0)";
                one(self.cached(sql)?.execute(params![key, bucket_state_code(BucketState::Open)])?)
            }
        }
    }

    fn set_bucket_state(&mut self, bucket: BucketNo, from: BucketState, to: BucketState) -> Done {
        let key = bucket_key(bucket)?;
        let known = self.bucket(key)?;
        let next = matches!(
            (from, to),
            (BucketState::Open, BucketState::Destroying) | (BucketState::Destroying, BucketState::Destroyed)
        );
        expect(next && known.state == Some(from))?;
        known.state = Some(to);
        one(self
            .cached("UPDATE bucket SET state = ?2 WHERE bucket = ?1")?
            .execute(params![key, bucket_state_code(to)])?)
    }

    fn sweep_bucket(&mut self, bucket: BucketNo) -> Done {
        let key = bucket_key(bucket)?;
        let state = self.bucket(key)?.state;
        expect(state != Some(BucketState::Open))?;
        self.write_terms()?;
        sweep::bucket(self.connection, key)?;
        if let Some(known) = self.buckets.get_mut(&key) {
            *known = Bucket { state, parts: 0, quarantined: 0 };
        }
        Ok(())
    }

    fn sweep_some(&mut self, bucket: BucketNo, rows: u32) -> Done {
        let key = bucket_key(bucket)?;
        let state = self.bucket(key)?.state;
        expect(state != Some(BucketState::Open))?;
        self.write_terms()?;
        let parts = sweep::some(self.connection, key, rows)?;
        self.bucket(key)?.parts -= parts;
        Ok(())
    }

    /// The bucket, which must be open.
    fn open(&mut self, key: i64) -> Result<&mut Bucket, StoreError> {
        let bucket = self.bucket(key)?;
        expect(bucket.state == Some(BucketState::Open))?;
        Ok(bucket)
    }

    fn bucket(&mut self, key: i64) -> Result<&mut Bucket, StoreError> {
        use std::collections::btree_map::Entry;
        match self.buckets.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let mut select =
                    self.connection.prepare_cached("SELECT state FROM bucket WHERE bucket = ?1")?;
                let code: Option<u8> = select.query_row([key], |row| row.get(0)).optional()?;
                let state = match code {
                    Some(code) => Some(bucket_state_of(code).ok_or(StoreError::Damaged)?),
                    None => None,
                };
                Ok(unknown.insert(Bucket { state, parts: 0, quarantined: 0 }))
            }
        }
    }

    fn write_counts(&self) -> Done {
        let sql = "UPDATE bucket SET parts = parts + ?2, quarantined = quarantined + ?3 WHERE bucket = ?1";
        let mut update = self.cached(sql)?;
        for (key, bucket) in
            self.buckets.iter().filter(|(_, bucket)| bucket.parts != 0 || bucket.quarantined != 0)
        {
            one(update.execute(params![key, bucket.parts, bucket.quarantined])?)?;
        }
        Ok(())
    }

    // Parts.

    fn put_part(&mut self, row: &PartRow) -> Done {
        let key = bucket_key(row.bucket)?;
        self.open(key)?;
        self.given_parts.insert(row.record.0);
        if !self.insert_part(key, row)? {
            self.delete_part(key, row.record, row.part)?;
            expect(self.insert_part(key, row)?)?;
        }
        self.open(key)?.parts += 1;
        self.terms.extend(row.terms.iter().map(|term| (key, term.0, row.record.0, row.part.0)));
        self.insert_envelope(place(key, row.slot), &row.envelope)
    }

    /// `false` when the part is there already.
    fn insert_part(&self, key: i64, row: &PartRow) -> Result<bool, StoreError> {
        let mut insert = self.cached(
            "INSERT INTO part (bucket, record, part, slot, version, due, exception, terms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (bucket, record, part) DO NOTHING",
        )?;
        let terms: Vec<u8> = row.terms.iter().flat_map(|term| term.0.to_le_bytes()).collect();
        let inserted = insert.execute(params![
            key,
            row.record.0,
            row.part.0,
            row.slot.0,
            row.version,
            row.due.0,
            row.exception.map_or(0, Rule::number),
            terms
        ])?;
        Ok(inserted == 1)
    }

    fn delete_part(&mut self, key: i64, record: RecordNo, part: PartNo) -> Done {
        // Its terms may be among those that are still to be written.
        self.write_terms()?;
        let sql = "DELETE FROM part WHERE bucket = ?1 AND record = ?2 AND part = ?3 RETURNING slot, terms";
        let mut delete = self.cached(sql)?;
        let found: Option<(u32, Vec<u8>)> = delete
            .query_row(params![key, record.0, part.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (slot, terms) = found.ok_or(StoreError::Conflict)?;
        let sql = "DELETE FROM term WHERE bucket = ?1 AND term = ?2 AND record = ?3 AND part = ?4";
        let mut delete = self.cached(sql)?;
        for term in terms.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok()) {
            delete.execute(params![key, i64::from_le_bytes(term), record.0, part.0])?;
        }
        self.bucket(key)?.parts -= 1;
        self.delete_envelope(place(key, bailee_crypto::bucket::Slot(slot)))
    }

    fn write_terms(&mut self) -> Done {
        let mut terms = std::mem::take(&mut self.terms);
        terms.sort_unstable();
        terms.dedup();
        let mut insert =
            self.cached("INSERT INTO term (bucket, term, record, part) VALUES (?1, ?2, ?3, ?4)")?;
        for (bucket, term, record, part) in terms {
            insert.execute(params![bucket, term, record, part])?;
        }
        Ok(())
    }

    fn insert_envelope(&self, place: i64, envelope: &[u8]) -> Done {
        let sql = "INSERT INTO sealed (place, envelope) VALUES (?1, ?2)";
        one(self.cached(sql)?.execute(params![place, envelope])?)
    }

    fn delete_envelope(&self, place: i64) -> Done {
        let deleted = self.cached("DELETE FROM sealed WHERE place = ?1")?.execute([place])?;
        if deleted == 1 { Ok(()) } else { Err(StoreError::Damaged) }
    }

    // Quarantine, registers, anchor.

    fn put_quarantine(&mut self, row: &QuarantineRow) -> Done {
        let key = bucket_key(row.bucket)?;
        self.open(key)?.quarantined += 1;
        let sql = "INSERT INTO quarantined (id, seller, bucket, slot) VALUES (?1, ?2, ?3, ?4)";
        self.cached(sql)?.execute(params![row.id.as_bytes(), row.bucket.seller.0, key, row.slot.0])?;
        self.insert_envelope(place(key, row.slot), &row.envelope)
    }

    fn delete_quarantine(&mut self, key: i64, id: &[u8; 16]) -> Done {
        let mut delete =
            self.cached("DELETE FROM quarantined WHERE id = ?1 AND bucket = ?2 RETURNING slot")?;
        let slot: Option<u32> = delete.query_row(params![id, key], |row| row.get(0)).optional()?;
        let slot = slot.ok_or(StoreError::Conflict)?;
        self.bucket(key)?.quarantined -= 1;
        self.delete_envelope(place(key, bailee_crypto::bucket::Slot(slot)))
    }

    fn put_register(&self, row: &RegisterRow) -> Done {
        let sql = if row.version == 1 {
            "INSERT INTO register (register, id, version, sealed) VALUES (?1, ?2, ?3, ?4)"
        } else {
            "UPDATE register SET version = ?3, sealed = ?4 WHERE register = ?1 AND id = ?2 AND version = ?3 - 1"
        };
        one(self.cached(sql)?.execute(params![row.register, row.id.as_bytes(), row.version, row.sealed])?)
    }

    fn set_anchor(&self, anchor: Anchor) -> Done {
        let known = super::log::anchor(self.connection)?;
        match known {
            Some(known) if known.revision > anchor.revision => Ok(()),
            Some(known) if known.revision == anchor.revision => expect(known == anchor),
            _ => one(self
                .cached("UPDATE head SET anchor_revision = ?1, anchor_head = ?2")?
                .execute(params![anchor.revision, anchor.head])?),
        }
    }

    fn cached(&self, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }
}

/// An expectation of the act.
fn expect(holds: bool) -> Done {
    if holds { Ok(()) } else { Err(StoreError::Conflict) }
}

/// The change must have met exactly one row.
fn one(rows: usize) -> Done {
    expect(rows == 1)
}

/// The number by which rows name a record's state. Never renumbered.
pub(super) fn record_state_code(state: RecordState) -> u8 {
    match state {
        RecordState::Live => 0,
        RecordState::Gone => 1,
    }
}

/// The number by which rows name a bucket's state. Never renumbered.
pub(super) fn bucket_state_code(state: BucketState) -> u8 {
    match state {
        BucketState::Open => 0,
        BucketState::Destroying => 1,
        BucketState::Destroyed => 2,
    }
}

/// The bucket state of a stored number.
pub(super) fn bucket_state_of(code: u8) -> Option<BucketState> {
    match code {
        0 => Some(BucketState::Open),
        1 => Some(BucketState::Destroying),
        2 => Some(BucketState::Destroyed),
        _ => None,
    }
}
