//! What ends and when: what a bucket held when it went, a destruction that is completed, the end of a seller.

use bailee_core::retention::{DisposalRule, EndReason};
use bailee_core::{Day, RecordId, SellerId};
use serde::{Deserialize, Serialize};

/// What a bucket holds that is destroyed, and why it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// By which rule.
    pub rule: DisposalRule,
    /// Records whose main part is in it.
    pub records: u64,
    /// Parts.
    pub parts: u64,
    /// Quarantined documents.
    pub quarantined: u64,
}

/// Whether an old copy of the keyring and the root key together open an epoch that was dropped, as the provider of the root key
/// declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropsEpoch {
    /// From then on they do not.
    AtOnce,
    /// After so many days they do not.
    AfterDays(u16),
    /// They do.
    Cannot,
}

/// That the keys of a destruction are underivable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destroyed {
    /// Which destruction.
    pub destruction: RecordId,
    /// The new epoch.
    pub epoch: u64,
    /// The keyring's revision.
    pub revision: u64,
    /// Mirrors it was read back from.
    pub mirrors: u32,
    /// Records whose personal data ended.
    pub disposed: u64,
    /// What the provider of the root key declares of the epoch that was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drops_epoch: Option<DropsEpoch>,
}

/// A step of the end of a seller (R17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SellerEnd {
    /// Which.
    pub seller: SellerId,
    /// `"ended"`: nothing of it is taken in or opened from now on. `"stricter"`: why and when are as they are here from now on.
    /// `"gone"`: nothing of it opens any more, in any copy.
    pub step: String,
    /// Why.
    pub reason: EndReason,
    /// The day on which its data is destroyed.
    pub on: Day,
    /// What went by that, once it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went: Option<Went>,
}

/// What went with a seller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Went {
    /// Destructions.
    pub destructions: u64,
    /// Buckets.
    pub buckets: u64,
    /// Records whose main part was in them.
    pub records: u64,
    /// Parts.
    pub parts: u64,
    /// Quarantined documents.
    pub quarantined: u64,
    /// Months of facts.
    pub facts: u64,
}

impl std::ops::AddAssign for Went {
    fn add_assign(&mut self, more: Self) {
        self.destructions += more.destructions;
        self.buckets += more.buckets;
        self.records += more.records;
        self.parts += more.parts;
        self.quarantined += more.quarantined;
        self.facts += more.facts;
    }
}
