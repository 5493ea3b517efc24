//! What can be read of a store, and how it is changed.

use std::ops::Range;
use std::path::Path;

use bailee_core::retention::Rule;
use bailee_core::{Commitment, Kind, Month, PartNo, RecordId, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::{Slot, Term};
use bailee_crypto::keyring::Anchor;
use bailee_ledger::log::{Append, AppendError, Appended, Source, SourceError};
use tokio::sync::oneshot;

use crate::act::{
    Act, BucketNo, BucketState, PartRow, QuarantineRow, RecordNo, RecordRow, RegisterRow, SellerNo,
};

/// Records, their parts and their index.
///
/// # Errors
/// Every read fails with [`StoreError::Unusable`], [`StoreError::Damaged`] or [`StoreError::Closed`], and then has
/// given nothing; that something is not there is no error.
pub trait Records: Send + Sync {
    /// The record of a keyed reference.
    fn record(
        &self,
        seller: SellerNo,
        kind: Kind,
        reference_mac: &[u8; 16],
    ) -> Result<Option<RecordRow>, StoreError>;
    /// Many at once, in one snapshot, in the order asked.
    fn records(
        &self,
        seller: SellerNo,
        kind: Kind,
        reference_macs: &[[u8; 16]],
    ) -> Result<Vec<Option<RecordRow>>, StoreError>;
    /// The record with that id, of any seller.
    fn record_by_id(&self, id: RecordId) -> Result<Option<RecordRow>, StoreError>;
    /// The record with that number.
    fn record_by_no(&self, no: RecordNo) -> Result<Option<RecordRow>, StoreError>;
    /// Every record, of any seller, in the order of their numbers, from after `after`, at most `limit`.
    fn records_after(&self, after: Option<RecordNo>, limit: usize) -> Result<Vec<RecordRow>, StoreError>;
    /// A part (without its terms).
    fn part(&self, bucket: BucketNo, record: RecordNo, part: PartNo) -> Result<Option<PartRow>, StoreError>;
    /// Every part of a record, of whichever bucket, in the order of their numbers (without their terms).
    fn parts_of(&self, record: RecordNo) -> Result<Vec<PartRow>, StoreError>;
    /// Parts of a bucket in the order of their records, from after `after`, at most `limit` (without their terms).
    fn parts(
        &self,
        bucket: BucketNo,
        after: Option<(RecordNo, PartNo)>,
        limit: usize,
    ) -> Result<Vec<PartRow>, StoreError>;
    /// As [`Self::parts`], of those that are due later than their bucket. Takes as long as there are such.
    fn late_parts(
        &self,
        bucket: BucketNo,
        after: Option<(RecordNo, PartNo)>,
        limit: usize,
    ) -> Result<Vec<PartRow>, StoreError>;
    /// How many records have their main part in a bucket.
    fn records_in(&self, bucket: BucketNo) -> Result<u64, StoreError>;
    /// Whether a bucket has any part, envelope or term left.
    fn holds_rows(&self, bucket: BucketNo) -> Result<bool, StoreError>;
    /// The records with a term in a bucket, each once, at most `limit`.
    fn hits(&self, bucket: BucketNo, term: Term, limit: usize) -> Result<Vec<RecordNo>, StoreError>;
    /// How many parts of each bucket end by a rule that is not the ordinary course. Takes as long as there are such.
    fn exceptions(&self) -> Result<Vec<(BucketNo, Rule, u64)>, StoreError>;
    /// Every bucket that was ever opened, with its state and how many parts and quarantined items it holds.
    fn buckets(&self) -> Result<Vec<BucketSummary>, StoreError>;
    /// The slots of a bucket that hold an envelope, in their order, from `from` on, at most `limit`.
    fn slots(&self, bucket: BucketNo, from: Slot, limit: usize) -> Result<Vec<Slot>, StoreError>;
    /// Every month of facts of a seller that has not ended.
    fn facts_months(&self) -> Result<Vec<(SellerNo, Month)>, StoreError>;
    /// Quarantined items of a seller (all, when `None`), newest first, from `after`, at most `limit`.
    fn quarantine(
        &self,
        seller: Option<SellerNo>,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<QuarantineRow>, StoreError>;
    /// One quarantined item.
    fn quarantined(&self, id: RecordId) -> Result<Option<QuarantineRow>, StoreError>;
    /// Every seller, by number.
    fn sellers(&self) -> Result<Vec<(SellerNo, SellerId)>, StoreError>;
    /// Reserves record numbers that were never given out by this store since it was opened, nor are in use.
    fn reserve_records(&self, count: u32) -> Result<Range<i64>, StoreError>;
}

/// A bucket and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketSummary {
    /// Which.
    pub bucket: BucketNo,
    /// Its state.
    pub state: BucketState,
    /// Parts in it.
    pub parts: u64,
    /// Quarantined items in it.
    pub quarantined: u64,
}

/// Sealed registers. Fails as [`Records`] does.
pub trait Registers: Send + Sync {
    /// One entry.
    fn entry(&self, register: &str, id: RecordId) -> Result<Option<RegisterRow>, StoreError>;
    /// Every entry of a register, by id.
    fn entries(&self, register: &str) -> Result<Vec<RegisterRow>, StoreError>;
}

/// Leases: one holder at a time runs a job. Fails as [`Records`] does, and with [`StoreError::DiskFull`].
pub trait Leases: Send + Sync {
    /// Takes or renews a lease until an instant; `false` while another holds it. It has ended when `now` reaches that
    /// instant.
    fn take(&self, job: &str, holder: RecordId, now: Timestamp, until: Timestamp)
    -> Result<bool, StoreError>;
    /// Gives it back. Somebody else's stays with them.
    fn give_back(&self, job: &str, holder: RecordId) -> Result<(), StoreError>;
}

/// Everything kept of a home. Its reads fail as those of [`Records`] do.
pub trait Store: Records + Registers + Leases + Append + Source + Send + Sync {
    /// Applies an act: all of it, durable, with its events in a signed tree; or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when something that the act expects is not so any more: read and decide again.
    /// [`StoreError::DiskFull`], [`StoreError::Unusable`], [`StoreError::Closed`]. After any of them nothing of it is
    /// there.
    fn commit(&self, act: Act) -> Result<Appended, StoreError>;
    /// The same without waiting for the disk: acts sent one after another share a sync. They are applied in order.
    /// Blocks while too much is waiting already.
    fn submit(&self, act: Act) -> Pending;
    /// The keyring's head as of the last commit.
    fn anchor(&self) -> Result<Option<Anchor>, StoreError>;
    /// The version of the rules of access: 0 until [`Change::MoveAccess`](crate::act::Change::MoveAccess) counts it up.
    fn access_version(&self) -> Result<u64, StoreError>;
    /// A value of the home.
    fn meta(&self, name: &str) -> Result<Option<String>, StoreError>;
    /// A sealed detail of events of that month.
    fn detail(&self, month: Month, commitment: Commitment) -> Result<Option<Vec<u8>>, StoreError>;
    /// Every month that has a detail.
    fn detail_months(&self) -> Result<Vec<Month>, StoreError>;
    /// The indexes of the entries of a request, in their order.
    fn entries_of(&self, request: RequestId) -> Result<Vec<u64>, StoreError>;
    /// The log's public key.
    fn verifier_key(&self) -> String;
    /// Writes all that is kept, as of one moment, into a file of its own, while others go on reading and writing. The file must be
    /// missing or empty; whatever becomes of it, it is the caller's to remove.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Unusable`], [`StoreError::Damaged`].
    fn snapshot(&self, to: &Path) -> Result<(), StoreError>;
}

/// An act on its way to the disk.
pub struct Pending(pub oneshot::Receiver<Result<Appended, StoreError>>);

impl Pending {
    /// Waits until it is durable. For threads outside the asynchronous runtime.
    ///
    /// # Errors
    /// Those of [`Store::commit`].
    pub fn wait(self) -> Result<Appended, StoreError> {
        self.0.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }

    /// An act that is answered already.
    pub(crate) fn answered(answer: Result<Appended, StoreError>) -> Self {
        let (sender, receiver) = oneshot::channel();
        // The receiver is right here: it cannot be gone.
        let _ = sender.send(answer);
        Self(receiver)
    }
}

/// Why the store did not do it. A database's own text can carry values: the class is kept, the text dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// An expectation did not hold: read again and decide again.
    #[error("something changed meanwhile")]
    Conflict,
    /// No room.
    #[error("the disk is full; free some space, then run it again")]
    DiskFull,
    /// The database cannot be read or written.
    #[error("the store cannot be used ({0})")]
    Unusable(&'static str),
    /// The file is damaged.
    #[error("the store is damaged: restore it from a backup")]
    Damaged,
    /// Made by a newer version.
    #[error("the store was made by a newer version of bailee (schema {found}, this one knows {known})")]
    Newer {
        /// Found.
        found: u32,
        /// Known.
        known: u32,
    },
    /// The writer has ended.
    #[error("the store has been closed")]
    Closed,
}

impl StoreError {
    /// The stable code of its class; of an unusable store, what makes it so.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::DiskFull => "disk-full",
            Self::Unusable(code) => code,
            Self::Damaged => "damaged",
            Self::Newer { .. } => "newer",
            Self::Closed => "closed",
        }
    }
}

impl From<StoreError> for AppendError {
    fn from(error: StoreError) -> Self {
        Self(error.code())
    }
}

impl From<StoreError> for SourceError {
    fn from(error: StoreError) -> Self {
        Self(error.code().to_owned())
    }
}
