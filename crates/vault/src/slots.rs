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
    /// Takes `count` slots of a bucket, in rising order; makes the bucket if it is missing. Slots that are taken and
    /// then not used are never given out again: a tree has 16 million of them.
    pub(crate) fn take(
        &self,
        keyring: &Keyring,
        bucket: &BucketId,
        count: usize,
        entropy: &dyn Entropy,
    ) -> Result<Vec<Slot>, KeyringError> {
        let mut reserved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let block = reserved.entry(bucket.clone()).or_insert(0..0);
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            match block.next() {
                Some(slot) => taken.push(Slot(slot)),
                None => {
                    let missing = u32::try_from(count - taken.len()).unwrap_or(u32::MAX);
                    *block = keyring.reserve(bucket, missing, entropy)?;
                }
            }
        }
        Ok(taken)
    }

    /// Forgets what was reserved of a bucket that is to be destroyed.
    pub(crate) fn drop_bucket(&self, bucket: &BucketId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(bucket);
    }
}
