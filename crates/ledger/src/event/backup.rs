//! Backups of a home, and a home that goes on from one.

use bailee_core::RecordId;
use serde::{Deserialize, Serialize};

use super::Digest;

/// That a backup was made. Never where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupMade {
    /// Names it, as its own head does.
    pub backup: RecordId,
    /// Bytes of the file.
    pub bytes: u64,
    /// Of the file.
    pub digest: Digest,
    /// For whom it is sealed: the first half of the SHA-256 of each public key.
    pub recipients: Vec<RecordId>,
}

/// That a backup was sent elsewhere, or could not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSent {
    /// Which.
    pub backup: RecordId,
    /// Whether it went well.
    pub sent: bool,
}

/// What a restore drill found. Nothing of what it opened left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupDrilled {
    /// The backup.
    pub backup: RecordId,
    /// Milliseconds until everything was there (RTO).
    pub took_ms: u64,
    /// Seconds since it was made (RPO).
    pub age_seconds: u64,
    /// Parts that live, each opened.
    pub opened: u64,
    /// Parts that have no key any more.
    pub gone: u64,
    /// Parts with a key that did not open.
    pub failed: u64,
}

/// A step of going on from a backup. Everything before the first of them was done before the backup was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Names the restore in all its steps, and the ledger's origin from then on.
    pub restore: RecordId,
    /// The backup.
    pub backup: RecordId,
    /// `"begun"`, the first event under that origin; `"forgotten"`, of records that end with it; `"lost"`, of records whose own
    /// keys were taken away since for another reason than an erasure, and which are collected again; `"erased"` and
    /// `"restricted"`, of records of which the ledger since says so; `"completed"`.
    pub step: String,
    /// Entries of the ledger as the backup holds it.
    pub size: u64,
    /// Entries of the copy of the ledger that was taken up beside the backup, where one was at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_up: Option<u64>,
    /// Entries of the newest checkpoint that is known of the origin before: what lies between the two is lost.
    pub known: Option<u64>,
    /// Those of which the step is: none of the personal data of what is forgotten, lost or erased is left now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
    /// What was replayed, once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Replayed>,
}

/// What had ended since a backup was made, and does not come back with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// Buckets whose keys had been destroyed.
    pub buckets: u64,
    /// Records whose personal data ended with those.
    pub disposed: u64,
    /// Parts whose own keys had been taken away, with nothing that tells why: their records stay gone.
    pub parts: u64,
    /// Quarantined documents of which the same is so.
    pub quarantined: u64,
    /// Months of facts of a seller that had ended.
    pub facts: u64,
    /// Months of details of events that had ended.
    pub details: u64,
    /// Sessions that were ended.
    pub sessions: u64,
    /// Records that the ledger says were erased, and were not ended yet by what the keyring says.
    #[serde(default)]
    pub erased: u64,
    /// Records that the ledger says were restricted since, or were not any more.
    #[serde(default)]
    pub restricted: u64,
    /// Restricted records that the backup does not have: they are restricted once they are collected again.
    #[serde(default)]
    pub not_here: u64,
    /// Sellers that ended.
    #[serde(default)]
    pub ended: u64,
    /// Parts whose own keys had been taken away, and not for an erasure, as the ledger says: they are collected again.
    #[serde(default)]
    pub lost: u64,
    /// Records that the ledger says were rectified since: once they are collected again, they are to be rectified again.
    #[serde(default)]
    pub rectified: u64,
}
