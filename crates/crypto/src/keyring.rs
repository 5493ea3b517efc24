//! The keyring as files: a head, a segment per bucket, mirrors, anchors, epochs.

use std::path::PathBuf;
use bailee_core::{Entropy, Month, SellerId};
use crate::bucket::{BucketId, BucketKeys, Slot};
use crate::envelope::SealingKey;
use crate::lasting::{Binding, Lasting};
use crate::provider::KeyProvider;

/// The revision of a keyring's head and its hash: what the store and checkpoints remember of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Anchor { /// Counts every write of the head.
    pub revision: u64, /// SHA-256 of the head.
    pub head: [u8; 32] }

/// An open keyring. All methods take `&self`; it locks within.
pub struct Keyring {}

/// What was done to a mirror at opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair { /// The mirror.
    pub mirror: PathBuf, /// What was wrong with it.
    pub was: MirrorState }

/// How a mirror stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MirrorState { /// At the newest revision.
    Current, /// An ancestor of the newest.
    Behind, /// Empty or missing.
    Empty, /// Torn or damaged.
    Damaged, /// Cannot be reached.
    Unreachable }

/// Keys to be made underivable in one destruction.
#[derive(Clone, Debug, Default)]
pub struct Removals { /// Slots of buckets that live on.
    pub punctures: Vec<(BucketId, Vec<Slot>)>, /// Whole buckets.
    pub buckets: Vec<BucketId>, /// Facts keys.
    pub facts: Vec<(SellerId, Month)>, /// Detail keys
    pub details: Vec<Month> }

/// What a destruction did.
#[derive(Clone, Copy, Debug)]
pub struct Destroyed { /// The head after it.
    pub anchor: Anchor, /// The new epoch.
    pub epoch: u64 }

impl Keyring {
    /// Makes a new keyring in every mirror (two or more directories, each empty or missing).
    pub fn create(_provider: Box<dyn KeyProvider>, _binding: Binding, _mirrors: &[PathBuf], _entropy: &dyn Entropy) -> Result<Self, KeyringError> { todo!() }
    /// Opens it; repairs mirrors that are ancestors; refuses forks, and a keyring older than `anchor`.
    pub fn open(_provider: Box<dyn KeyProvider>, _binding: Binding, _mirrors: &[PathBuf], _anchor: Option<Anchor>) -> Result<(Self, Vec<Repair>), KeyringError> { todo!() }
    /// What keys are bound to.
    pub fn binding(&self) -> Binding { todo!() }
    /// The present head.
    pub fn anchor(&self) -> Anchor { todo!() }
    /// The lasting half.
    pub fn lasting(&self) -> &Lasting { todo!() }
    /// The keys of a live bucket.
    pub fn bucket(&self, _id: &BucketId) -> Option<BucketKeys> { todo!() }
    /// Adds a bucket where it is missing and reserves `count` slots in it that were never given out. Durable in every
    /// mirror when it returns. The reservation may be larger or end early: the range says what was given.
    pub fn reserve(&self, _id: &BucketId, _count: u32, _entropy: &dyn Entropy) -> Result<std::ops::Range<u32>, KeyringError> { todo!() }
    /// The facts key of a seller and month, if it lives.
    pub fn facts(&self, _seller: &SellerId, _month: Month) -> Option<SealingKey> { todo!() }
    /// The same, made durable in every mirror where it was missing.
    pub fn ensure_facts(&self, _seller: &SellerId, _month: Month, _entropy: &dyn Entropy) -> Result<SealingKey, KeyringError> { todo!() }
    /// Makes keys underivable: new epoch → written to and read back from every mirror → old epoch dropped.
    /// What is gone already is passed over, so that it can be redone.
    pub fn destroy(&self, _removals: &Removals, _entropy: &dyn Entropy) -> Result<Destroyed, KeyringError> { todo!() }
    /// Every live bucket with its slots given out and punctured.
    pub fn buckets(&self) -> Vec<BucketStatus> { todo!() }
    /// Every live facts key.
    pub fn facts_keys(&self) -> Vec<(SellerId, Month)> { todo!() }
    /// How each mirror stands now.
    pub fn mirrors(&self) -> Vec<(PathBuf, MirrorState)> { todo!() }
    /// Adds a mirror and brings it up to date.
    pub fn add_mirror(&self, _directory: PathBuf) -> Result<(), KeyringError> { todo!() }
    /// What the provider can promise, and the present epoch.
    pub fn epoch(&self) -> (u64, crate::provider::DropsEpoch) { todo!() }
}

/// What `keys status` shows of a bucket.
#[derive(Clone, Debug)]
pub struct BucketStatus { /// Which.
    pub id: BucketId, /// Slots given out, up to here.
    pub slots_given: u32, /// Slots punctured.
    pub slots_punctured: u32 }

/// Why a keyring cannot be used. Each says which mirror, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError { /// All slots of a bucket are given out.
    #[error("bucket full")] BucketFull, /// The bucket is not live and may not be made again.
    #[error("bucket gone")] BucketGone, /// Two mirrors went separate ways.
    #[error("fork")] Fork, /// Older than its anchor.
    #[error("older than its anchor")] Older, /// A mirror cannot be written.
    #[error("mirror {}", .0.display())] Mirror(PathBuf) }
