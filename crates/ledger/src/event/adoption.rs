//! Going on with an older keyring.

use bailee_core::RecordId;
use serde::{Deserialize, Serialize};

/// A step of making a keyring that is older than its anchor the present one. Its numbers are the same in every step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// Names it in all its steps.
    pub adoption: RecordId,
    /// `"intended"`; `"completed"`; `"dropped"`: another keyring was there before it was done.
    pub step: String,
    /// The revision of the older keyring.
    pub from: u64,
    /// The revision that the home knew of.
    pub anchor: u64,
    /// Buckets whose keys go, since they have ended.
    pub buckets: u64,
    /// Single keys of other buckets that go, since nothing lies under them any more.
    pub slots: u64,
    /// Facts keys that go.
    pub facts: u64,
    /// Keys of details of events that go.
    pub details: u64,
    /// Parts and quarantined documents that nothing opens any more: their keys were made since.
    pub lost_parts: u64,
    /// Months of facts of a seller of which the same is so.
    pub lost_facts: u64,
    /// Months of details of events of which the same is so.
    pub lost_details: u64,
    /// What came of it, once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Reached>,
}

/// The keyring after it was adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Its revision.
    pub revision: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Mirrors that it was read back from.
    pub mirrors: u32,
}
