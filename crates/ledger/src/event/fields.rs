//! What events are made of.

use bailee_core::retention::{EvidenceKind, Rule};
use bailee_core::{Day, FieldId, PartNo, RecordId, SellerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::Holds;

/// The counts of a collect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Documents read.
    pub read: u64,
    /// New records.
    pub collected: u64,
    /// Records that the documents changed.
    pub updated: u64,
    /// Records that they did not.
    pub unchanged: u64,
    /// Documents whose expiry had passed, or that were disposed of: their facts alone are kept.
    pub past_retention: u64,
    /// Documents that failed verification.
    pub quarantined: u64,
}

impl Counts {
    /// Documents whose outcome is counted. Nothing is lost when these are as many as were read.
    pub const fn outcomes(&self) -> u64 {
        self.collected + self.updated + self.unchanged + self.past_retention + self.quarantined
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.read += more.read;
        self.collected += more.collected;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
        self.past_retention += more.past_retention;
        self.quarantined += more.quarantined;
    }
}

/// A part that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// Its record.
    pub record: RecordId,
    /// Its number.
    pub part: PartNo,
    /// Its version.
    pub version: u32,
    /// SHA-256 of the envelope.
    pub digest: [u8; 32],
    /// Its bucket's day.
    pub day: Day,
}

/// SHA-256 of a file, in hexadecimal in the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

/// Parts that were sealed, as base64 of fixed rows in the entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartRows(pub Vec<PartRow>);

/// One record of a reveal with the catalogue fields concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevealedItem {
    /// The record.
    pub record: RecordId,
    /// Its fields; one entry per distinct field.
    pub fields: Vec<FieldId>,
}

/// A bucket as events name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketName {
    /// Whose.
    pub seller: SellerId,
    /// `"order"` or `"quarantine"`.
    pub held: String,
    /// Its day.
    pub day: Day,
    /// What it holds, where it is destroyed as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Holds>,
}

/// A changed retention decision (R14).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpiryChange {
    /// The record.
    pub record: RecordId,
    /// The rule that decided.
    pub rule: Rule,
    /// The kind of evidence.
    pub evidence: EvidenceKind,
    /// Earliest delivery.
    pub lo: Timestamp,
    /// Latest delivery.
    pub hi: Option<Timestamp>,
    /// Before.
    pub old: Option<Timestamp>,
    /// After.
    pub new: Timestamp,
    /// An opaque id of the evidence.
    pub evidence_id: RecordId,
}
