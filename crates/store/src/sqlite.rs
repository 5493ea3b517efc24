//! SQLite: one file, one writer thread, group commit.
//!
//! Everything that writes goes through one queue to the writer's thread, which makes one transaction and one sync of
//! whatever waits. Reads have connections of their own and see what is committed.

mod apply;
mod connection;
pub mod copy;
mod failure;
mod lease;
mod log;
mod queue;
pub mod rate;
mod readers;
mod reads;
mod sweep;
mod writer;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;

use bailee_core::retention::Rule;
use bailee_core::{Commitment, Entropy, Kind, Month, PartNo, RecordId, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::{Slot, Term};
use bailee_crypto::keyring::Anchor;
use bailee_ledger::event::Event;
use bailee_ledger::log::{Append, AppendError, Appended, Source, SourceError};
use bailee_ledger::note::Signer;
use bailee_ledger::tree::TileId;
use tokio::sync::oneshot;

use self::lease::LeaseChange;
pub use self::log::LedgerSource;
use self::queue::Queue;
use self::readers::Readers;
use self::writer::{Prepared, Work, Writer};
use crate::act::{Act, BucketNo, Change, PartRow, QuarantineRow, RecordNo, RecordRow, RegisterRow, SellerNo};
use crate::limits::{self, bucket_key};
use crate::observe::{Observer, Unobserved};
use crate::records::{BucketSummary, Leases, Pending, Records, Registers, Store, StoreError};

/// A home's database. Dropping it writes what still waits, and closes it.
pub struct Sqlite {
    queue: Arc<Queue<Work>>,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
    entropy: Arc<dyn Entropy>,
    verifier_key: String,
    /// The next record number that nobody has.
    next_record: AtomicI64,
}

impl Sqlite {
    /// Opens (or makes) the database and starts its writer. The caller holds the home's lock: two processes on one
    /// file are safe, but wait for each other.
    ///
    /// # Errors
    /// `Newer` for a newer schema, `Damaged` for what is no database or whose ledger is not the one it signs, else
    /// what the system said.
    pub fn open(path: &Path, signer: Signer, entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        Self::open_observed(path, signer, entropy, Arc::new(Unobserved))
    }

    /// The same, with somebody who counts.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn open_observed(
        path: &Path,
        signer: Signer,
        entropy: Arc<dyn Entropy>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StoreError> {
        let verifier_key = signer.verifier_key();
        let writer = Writer::open(path.to_owned(), signer, observer)?;
        let next_record = AtomicI64::new(writer.last_record()? + 1);
        let queue = Arc::new(Queue::new());
        let orders = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run(&orders))
            .map_err(|_| StoreError::Unusable("no-thread"))?;
        let readers = Readers::new(PathBuf::from(path));
        Ok(Self { queue, writer: Some(thread), readers, entropy, verifier_key, next_record })
    }

    /// The ledger as of now, for as long as it is held: see [`LedgerSource`].
    pub fn ledger(&self) -> Result<LedgerSource, StoreError> {
        LedgerSource::new(self.readers.take()?)
    }

    /// Checks an act and lays out its entries here, not in the writer: many submit, one writes.
    fn queue_act(&self, act: Act) -> Result<Pending, StoreError> {
        limits::check(&act)?;
        self.note_numbers(&act);
        let mut entries = Vec::new();
        for event in &act.events {
            let laid_out = event.entries(self.entropy.as_ref());
            entries.extend(laid_out.map_err(|error| StoreError::Unusable(error.code()))?);
        }
        let (sender, receiver) = oneshot::channel();
        let order = Work::Act(Prepared { act, entries }, sender);
        self.queue.push(order).map_err(|_| StoreError::Closed)?;
        Ok(Pending(receiver))
    }

    fn lease(&self, change: LeaseChange) -> Result<bool, StoreError> {
        let (sender, receiver) = oneshot::channel();
        self.queue.push(Work::Lease(change, sender)).map_err(|_| StoreError::Closed)?;
        receiver.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Numbers that were put without a reservation are in use all the same.
    fn note_numbers(&self, act: &Act) {
        let numbers = act.changes.iter().filter_map(|change| match change {
            Change::PutRecord(row) if row.version == 1 => Some(row.no.0),
            _ => None,
        });
        if let Some(last) = numbers.max() {
            self.next_record.fetch_max(last.saturating_add(1), Ordering::Relaxed);
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // The readers first: the last connection to close moves the write-ahead log into the file.
        self.readers.close();
        self.queue.close();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has closed the queue; there is nothing left to tell.
            let _ = writer.join();
        }
    }
}

impl Store for Sqlite {
    fn commit(&self, act: Act) -> Result<Appended, StoreError> {
        self.submit(act).wait()
    }

    fn submit(&self, act: Act) -> Pending {
        match self.queue_act(act) {
            Ok(pending) => pending,
            Err(error) => Pending::answered(Err(error)),
        }
    }

    fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        self.readers.read(log::anchor)
    }

    fn access_version(&self) -> Result<u64, StoreError> {
        self.readers.read(reads::access_version)
    }

    fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.readers.read(|connection| reads::meta(connection, name))
    }

    fn detail(&self, month: Month, commitment: Commitment) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.read(|connection| reads::detail(connection, month, commitment))
    }

    fn detail_months(&self) -> Result<Vec<Month>, StoreError> {
        self.readers.read(reads::detail_months)
    }

    fn entries_of(&self, request: RequestId) -> Result<Vec<u64>, StoreError> {
        self.readers.read(|connection| log::entries_of(connection, request))
    }

    fn verifier_key(&self) -> String {
        self.verifier_key.clone()
    }

    fn snapshot(&self, to: &Path) -> Result<(), StoreError> {
        copy::snapshot(&self.readers.take()?, to)
    }
}

impl Records for Sqlite {
    fn record(
        &self,
        seller: SellerNo,
        kind: Kind,
        reference_mac: &[u8; 16],
    ) -> Result<Option<RecordRow>, StoreError> {
        Ok(self.records(seller, kind, std::slice::from_ref(reference_mac))?.pop().flatten())
    }

    fn records(
        &self,
        seller: SellerNo,
        kind: Kind,
        reference_macs: &[[u8; 16]],
    ) -> Result<Vec<Option<RecordRow>>, StoreError> {
        self.readers.read(|connection| reads::records(connection, seller, kind, reference_macs))
    }

    fn record_by_id(&self, id: RecordId) -> Result<Option<RecordRow>, StoreError> {
        self.readers.read(|connection| reads::record_by_id(connection, id))
    }

    fn record_by_no(&self, no: RecordNo) -> Result<Option<RecordRow>, StoreError> {
        self.readers.read(|connection| reads::record_by_no(connection, no))
    }

    fn records_after(&self, after: Option<RecordNo>, limit: usize) -> Result<Vec<RecordRow>, StoreError> {
        self.readers.read(|connection| reads::records_after(connection, after, limit))
    }

    fn part(&self, bucket: BucketNo, record: RecordNo, part: PartNo) -> Result<Option<PartRow>, StoreError> {
        let key = bucket_key(bucket)?;
        self.readers.read(|connection| reads::part(connection, key, record, part))
    }

    fn parts_of(&self, record: RecordNo) -> Result<Vec<PartRow>, StoreError> {
        self.readers.read(|connection| reads::parts_of(connection, record))
    }

    fn parts(
        &self,
        bucket: BucketNo,
        after: Option<(RecordNo, PartNo)>,
        limit: usize,
    ) -> Result<Vec<PartRow>, StoreError> {
        let key = bucket_key(bucket)?;
        self.readers.read(|connection| reads::parts(connection, key, after, limit))
    }

    fn late_parts(
        &self,
        bucket: BucketNo,
        after: Option<(RecordNo, PartNo)>,
        limit: usize,
    ) -> Result<Vec<PartRow>, StoreError> {
        let key = bucket_key(bucket)?;
        self.readers.read(|connection| reads::late_parts(connection, key, after, limit))
    }

    fn records_in(&self, bucket: BucketNo) -> Result<u64, StoreError> {
        let key = bucket_key(bucket)?;
        self.readers.read(|connection| reads::records_in(connection, key))
    }

    fn holds_rows(&self, bucket: BucketNo) -> Result<bool, StoreError> {
        let key = bucket_key(bucket)?;
        self.readers.read(|connection| reads::holds_rows(connection, key))
    }

    fn hits(&self, bucket: BucketNo, term: Term, limit: usize) -> Result<Vec<RecordNo>, StoreError> {
        let key = bucket_key(bucket)?;
        self.readers.read(|connection| reads::hits(connection, key, term, limit))
    }

    fn exceptions(&self) -> Result<Vec<(BucketNo, Rule, u64)>, StoreError> {
        self.readers.read(reads::exceptions)
    }

    fn buckets(&self) -> Result<Vec<BucketSummary>, StoreError> {
        self.readers.read(reads::buckets)
    }

    fn slots(&self, bucket: BucketNo, from: Slot, limit: usize) -> Result<Vec<Slot>, StoreError> {
        let key = bucket_key(bucket)?;
        self.readers.read(|connection| reads::slots(connection, key, from, limit))
    }

    fn facts_months(&self) -> Result<Vec<(SellerNo, Month)>, StoreError> {
        self.readers.read(reads::facts_months)
    }

    fn quarantine(
        &self,
        seller: Option<SellerNo>,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<QuarantineRow>, StoreError> {
        self.readers.read(|connection| reads::quarantine(connection, seller, after, limit))
    }

    fn quarantined(&self, id: RecordId) -> Result<Option<QuarantineRow>, StoreError> {
        self.readers.read(|connection| reads::quarantined(connection, id))
    }

    fn sellers(&self) -> Result<Vec<(SellerNo, SellerId)>, StoreError> {
        self.readers.read(reads::sellers)
    }

    fn reserve_records(&self, count: u32) -> Result<Range<i64>, StoreError> {
        let first = self.next_record.fetch_add(i64::from(count), Ordering::Relaxed);
        Ok(first..first + i64::from(count))
    }
}

impl Registers for Sqlite {
    fn entry(&self, register: &str, id: RecordId) -> Result<Option<RegisterRow>, StoreError> {
        self.readers.read(|connection| reads::entry(connection, register, id))
    }

    fn entries(&self, register: &str) -> Result<Vec<RegisterRow>, StoreError> {
        self.readers.read(|connection| reads::entries(connection, register))
    }
}

impl Leases for Sqlite {
    fn take(
        &self,
        job: &str,
        holder: RecordId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        limits::text(job)?;
        self.lease(LeaseChange::Take { job: job.to_owned(), holder, now, until })
    }

    fn give_back(&self, job: &str, holder: RecordId) -> Result<(), StoreError> {
        self.lease(LeaseChange::GiveBack { job: job.to_owned(), holder }).map(drop)
    }
}

impl Append for Sqlite {
    fn append(&self, events: &[Event]) -> Result<Appended, AppendError> {
        let act = Act { name: "append", changes: Vec::new(), events: events.to_vec() };
        Ok(self.commit(act)?)
    }
}

impl Source for Sqlite {
    fn checkpoint(&self) -> Result<String, SourceError> {
        Ok(self.readers.read(log::checkpoint)?)
    }

    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.readers.read(|connection| log::entry(connection, index))?)
    }

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.readers.read(|connection| log::tile(connection, tile))?)
    }
}
