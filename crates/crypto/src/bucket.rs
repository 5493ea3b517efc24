//! Buckets: all parts of one seller with one expiry day, under one key tree.

use bailee_core::{Day, SellerId};
use bailee_core::catalogue::TermKind;

/// What a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BucketUse { /// Parts of records.
    Order, /// What failed verification.
    Quarantine }

/// Names a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId { /// The seller.
    pub seller: SellerId, /// Its use.
    pub held: BucketUse, /// The day on which it must be gone.
    pub day: Day }

impl BucketId {
    /// D−2 00:00: nothing is sealed or opened from here on, and it is destroyed.
    pub fn closes_at(&self) -> bailee_core::Timestamp { self.day.plus(-2).start() }
}

/// A leaf of a bucket's tree: 0 to 2^24 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// 64 bits under which a record is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub i64);

/// The live keys of one bucket, to seal, open and index with. Cheap to clone (shared); wiped with its last clone.
#[derive(Clone)]
pub struct BucketKeys {}

impl BucketKeys {
    /// The key of a slot; `Forgotten` when it was punctured.
    pub fn leaf(&self, _slot: Slot) -> Result<crate::envelope::SealingKey, Forgotten> { todo!() }
    /// A term of the index.
    pub fn term(&self, _kind: TermKind, _normalised: &str) -> Term { todo!() }
    /// A MAC of content, for idempotence.
    pub fn content_mac(&self, _content: &[u8]) -> [u8; 16] { todo!() }
}

/// The slot has been punctured: nothing derives its key again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this part has been forgotten")]
pub struct Forgotten;
