//! Retention: status, explanation, moves and disposal.
use bailee_core::{Day, Reference, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, ReadRetention, RunRetention};
use crate::{Vault, VaultError};

/// Why a record's data ends when it does.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Explained { /// The rule (`"R2"`).
    pub rule: String, /// The kind of evidence.
    pub evidence: String, /// Earliest delivery.
    pub lo: Timestamp, /// Latest delivery.
    pub hi: Option<Timestamp>, /// Gone by.
    pub expires_at: Timestamp, /// Destroyed from.
    pub closes_at: Timestamp, /// `"strict"` …
    pub profile: String, /// `"live"`, `"closing"`, `"disposed"`.
    pub state: String, /// In sentences.
    pub words: String }

/// One seller's buckets.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Status { /// Whose.
    pub seller: SellerId, /// Its buckets, earliest first.
    pub buckets: Vec<BucketLine> }

/// One bucket.
#[derive(Clone, Debug, serde::Serialize)]
pub struct BucketLine { /// `"order"` or `"quarantine"`.
    pub held: &'static str, /// Its day (text: `2026-11-23`).
    #[serde(serialize_with = "day_text")] pub day: Day, /// `"open"`, `"closing"`, `"destroyed"`.
    pub state: &'static str, /// Parts or items in it.
    pub parts: u64 }

fn day_text<S: serde::Serializer>(day: &Day, s: S) -> Result<S::Ok, S::Error> { s.collect_str(day) }

/// What a run did.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Ran { /// Records whose personal data ended.
    pub disposed: u64, /// Buckets destroyed.
    pub buckets_destroyed: u64, /// Archived before that.
    pub archived: u64, /// Kept by a hold.
    pub held: u64, /// Parts moved to a later day.
    pub moved: u64 }

impl Vault {
    /// Live buckets by seller and day.
    pub fn retention_status(&self, _authorized: Authorized<ReadRetention>) -> Result<Vec<Status>, VaultError> { todo!() }
    /// Moves what is due to move, destroys what is due to go. `progress` hears how many of how many buckets are done.
    pub fn retention_run(&self, _authorized: Authorized<RunRetention>, _progress: &mut dyn FnMut(u64, u64)) -> Result<Ran, VaultError> { todo!() }
    /// Explains one record's clock; `None` when there is no such record.
    pub fn retention_explain(&self, _authorized: Authorized<ReadRetention>, _seller: &SellerId, _reference: &Reference) -> Result<Option<Explained>, VaultError> { todo!() }
}
