//! Slots that the keyring has reserved for this process and that no part has yet.
//!
//! The keyring makes each reservation durable in every mirror before it gives it out, so slots are taken in blocks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bailee_core::Entropy;
use bailee_crypto::bucket::{BucketId, Slot};
use bailee_crypto::keyring::{Keyring, KeyringError};

/// Reserved slots by bucket.
#[derive(Default)]
pub(crate) struct Slots(Mutex<HashMap<BucketId, Range<u32>>>);

impl Slots {
    /// Takes so many slots of each bucket, in rising order; makes buckets that are missing. Slots that are taken and
    /// then not used are never given out again: a tree has 16 million of them.
    pub(crate) fn take(
        &self,
        keyring: &Keyring,
        wanted: &[(BucketId, usize)],
        entropy: &dyn Entropy,
    ) -> Result<Vec<Vec<Slot>>, KeyringError> {
        let mut reserved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken: Vec<Vec<Slot>> = Vec::with_capacity(wanted.len());
        let mut short = Vec::new();
        for (index, (bucket, count)) in wanted.iter().enumerate() {
            let block = reserved.entry(bucket.clone()).or_insert(0..0);
            let slots: Vec<Slot> = block.by_ref().take(*count).map(Slot).collect();
            if slots.len() < *count {
                short.push((index, bucket.clone(), u32::try_from(count - slots.len()).unwrap_or(u32::MAX)));
            }
            taken.push(slots);
        }
        if short.is_empty() {
            return Ok(taken);
        }
        // One write of the keyring's head for all buckets of a batch.
        let missing: Vec<_> = short.iter().map(|(_, bucket, count)| (bucket.clone(), *count)).collect();
        for ((index, bucket, count), mut block) in
            short.into_iter().zip(keyring.reserve_all(&missing, entropy)?)
        {
            if let Some(slots) = taken.get_mut(index) {
                slots.extend(block.by_ref().take(count as usize).map(Slot));
            }
            reserved.insert(bucket, block);
        }
        Ok(taken)
    }

    /// Takes one slot of a bucket.
    pub(crate) fn take_one(
        &self,
        keyring: &Keyring,
        bucket: &BucketId,
        entropy: &dyn Entropy,
    ) -> Result<Slot, KeyringError> {
        let taken = self.take(keyring, &[(bucket.clone(), 1)], entropy)?;
        taken.into_iter().flatten().next().ok_or(KeyringError::BucketFull)
    }

    /// Forgets what was reserved of a bucket that is to be destroyed.
    pub(crate) fn drop_bucket(&self, bucket: &BucketId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(bucket);
    }
}
