//! For tests of what builds on a store: the real one, with a disk that can be made full at any write.
//!
//! Built only with the feature `faulty`, which no program turns on.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::act::{Act, BucketNo, PartRow, QuarantineRow, RecordNo, RecordRow, RegisterRow, SellerNo};
use crate::records::{BucketSummary, Leases, Pending, Records, Registers, Store, StoreError};
use bailee_core::retention::Rule;
use bailee_core::{Commitment, Kind, Month, PartNo, RecordId, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::{Slot, Term};
use bailee_crypto::keyring::Anchor;
use bailee_ledger::event::Event;
use bailee_ledger::log::{Append, AppendError, Appended, Source, SourceError};
use bailee_ledger::tree::TileId;

/// A store whose disk is full after so many writes.
pub struct Faulty {
    inner: Arc<dyn Store>,
    /// Negative: for ever.
    writes_left: AtomicI64,
}

impl Faulty {
    /// A store that works, for now.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, writes_left: AtomicI64::new(-1) }
    }

    /// From here on so many writes succeed; the next ones find the disk full.
    pub fn writes_left(&self, count: u32) {
        self.writes_left.store(count.into(), Ordering::SeqCst);
    }

    /// From here on every write succeeds again.
    pub fn heal(&self) {
        self.writes_left.store(-1, Ordering::SeqCst);
    }

    fn write(&self) -> Result<(), StoreError> {
        let left = self.writes_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
            0 => None,
            left if left < 0 => Some(left),
            left => Some(left - 1),
        });
        left.map(|_| ()).map_err(|_| StoreError::DiskFull)
    }
}

impl Records for Faulty {
    fn record(&self, seller: SellerNo, kind: Kind, mac: &[u8; 16]) -> Result<Option<RecordRow>, StoreError> {
        self.inner.record(seller, kind, mac)
    }
    fn records(
        &self,
        seller: SellerNo,
        kind: Kind,
        macs: &[[u8; 16]],
    ) -> Result<Vec<Option<RecordRow>>, StoreError> {
        self.inner.records(seller, kind, macs)
    }
    fn record_by_id(&self, id: RecordId) -> Result<Option<RecordRow>, StoreError> {
        self.inner.record_by_id(id)
    }
    fn record_by_no(&self, no: RecordNo) -> Result<Option<RecordRow>, StoreError> {
        self.inner.record_by_no(no)
    }
    fn records_after(&self, after: Option<RecordNo>, limit: usize) -> Result<Vec<RecordRow>, StoreError> {
        self.inner.records_after(after, limit)
    }
    fn part(&self, bucket: BucketNo, record: RecordNo, part: PartNo) -> Result<Option<PartRow>, StoreError> {
        self.inner.part(bucket, record, part)
    }
    fn parts_of(&self, record: RecordNo) -> Result<Vec<PartRow>, StoreError> {
        self.inner.parts_of(record)
    }
    fn parts(
        &self,
        bucket: BucketNo,
        after: Option<(RecordNo, PartNo)>,
        limit: usize,
    ) -> Result<Vec<PartRow>, StoreError> {
        self.inner.parts(bucket, after, limit)
    }
    fn late_parts(
        &self,
        bucket: BucketNo,
        after: Option<(RecordNo, PartNo)>,
        limit: usize,
    ) -> Result<Vec<PartRow>, StoreError> {
        self.inner.late_parts(bucket, after, limit)
    }
    fn records_in(&self, bucket: BucketNo) -> Result<u64, StoreError> {
        self.inner.records_in(bucket)
    }
    fn holds_rows(&self, bucket: BucketNo) -> Result<bool, StoreError> {
        self.inner.holds_rows(bucket)
    }
    fn hits(&self, bucket: BucketNo, term: Term, limit: usize) -> Result<Vec<RecordNo>, StoreError> {
        self.inner.hits(bucket, term, limit)
    }
    fn exceptions(&self) -> Result<Vec<(BucketNo, Rule, u64)>, StoreError> {
        self.inner.exceptions()
    }

    fn buckets(&self) -> Result<Vec<BucketSummary>, StoreError> {
        self.inner.buckets()
    }
    fn slots(&self, bucket: BucketNo, from: Slot, limit: usize) -> Result<Vec<Slot>, StoreError> {
        self.inner.slots(bucket, from, limit)
    }
    fn facts_months(&self) -> Result<Vec<(SellerNo, Month)>, StoreError> {
        self.inner.facts_months()
    }
    fn quarantine(
        &self,
        seller: Option<SellerNo>,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<QuarantineRow>, StoreError> {
        self.inner.quarantine(seller, after, limit)
    }
    fn quarantined(&self, id: RecordId) -> Result<Option<QuarantineRow>, StoreError> {
        self.inner.quarantined(id)
    }
    fn sellers(&self) -> Result<Vec<(SellerNo, SellerId)>, StoreError> {
        self.inner.sellers()
    }
    fn reserve_records(&self, count: u32) -> Result<Range<i64>, StoreError> {
        self.inner.reserve_records(count)
    }
}

impl Registers for Faulty {
    fn entry(&self, register: &str, id: RecordId) -> Result<Option<RegisterRow>, StoreError> {
        Registers::entry(&*self.inner, register, id)
    }
    fn entries(&self, register: &str) -> Result<Vec<RegisterRow>, StoreError> {
        self.inner.entries(register)
    }
}

impl Leases for Faulty {
    fn take(
        &self,
        job: &str,
        holder: RecordId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.take(job, holder, now, until)
    }
    fn give_back(&self, job: &str, holder: RecordId) -> Result<(), StoreError> {
        self.inner.give_back(job, holder)
    }
}

impl Append for Faulty {
    fn append(&self, events: &[Event]) -> Result<Appended, AppendError> {
        self.write()?;
        self.inner.append(events)
    }
}

impl Source for Faulty {
    fn checkpoint(&self) -> Result<String, SourceError> {
        self.inner.checkpoint()
    }
    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, SourceError> {
        Source::entry(&*self.inner, index)
    }
    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, SourceError> {
        self.inner.tile(tile)
    }
}

impl Store for Faulty {
    fn commit(&self, act: Act) -> Result<Appended, StoreError> {
        self.write()?;
        self.inner.commit(act)
    }
    fn submit(&self, act: Act) -> Pending {
        match self.write() {
            Ok(()) => self.inner.submit(act),
            Err(error) => Pending::answered(Err(error)),
        }
    }
    fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        self.inner.anchor()
    }
    fn access_version(&self) -> Result<u64, StoreError> {
        self.inner.access_version()
    }
    fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.inner.meta(name)
    }
    fn detail(&self, month: Month, commitment: Commitment) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.detail(month, commitment)
    }
    fn detail_months(&self) -> Result<Vec<Month>, StoreError> {
        self.inner.detail_months()
    }
    fn entries_of(&self, request: RequestId) -> Result<Vec<u64>, StoreError> {
        self.inner.entries_of(request)
    }
    fn verifier_key(&self) -> String {
        self.inner.verifier_key()
    }
    fn snapshot(&self, to: &std::path::Path) -> Result<(), StoreError> {
        self.write()?;
        self.inner.snapshot(to)
    }
}
