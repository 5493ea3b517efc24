//! Buckets: all parts of one seller with one expiry day, under one key tree.
//!
//! A bucket has two keys: the root of its tree, from which the key of each part derives ([`BucketKeys::leaf`]), and an
//! index key, under which its terms and idempotence MACs are made. Both die with it.

use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use bailee_core::catalogue::TermKind;
use bailee_core::{Day, Entropy, SellerId};

use crate::envelope::SealingKey;
use crate::kdf::context;
use crate::secret::Key;
use crate::tree::{Path, Tree};
use crate::wire::{Malformed, Reader};

/// Slots of one bucket: 2^24.
pub const SLOTS_MAX: u32 = crate::tree::SLOTS;

/// What a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BucketUse {
    /// Parts of records.
    Order,
    /// What failed verification.
    Quarantine,
}

/// Names a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId {
    /// The seller.
    pub seller: SellerId,
    /// Its use.
    pub held: BucketUse,
    /// The day on which it must be gone.
    pub day: Day,
}

impl BucketId {
    /// D−2 00:00: nothing is sealed or opened from here on, and it is destroyed.
    pub fn closes_at(&self) -> bailee_core::Timestamp {
        self.day.plus(-2).start()
    }
}

/// A leaf of a bucket's tree: 0 to 2^24 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// 64 bits under which a record is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub i64);

/// The slot has been punctured: nothing derives its key again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this part has been forgotten")]
pub struct Forgotten;

/// The live keys of one bucket, to seal, open and index with. Cheap to clone (shared); wiped with its last clone.
///
/// It shows the bucket as it was when the keyring gave it out: take it anew for every act, since one held across a
/// destruction still knows what was forgotten. A clone per thread is best: each remembers the way to the last slot, so
/// that consecutive slots cost next to nothing.
pub struct BucketKeys {
    keys: Arc<Keys>,
    path: Mutex<Path>,
}

struct Keys {
    tree: Tree,
    index_key: Key,
    index: hmac::Key,
}

impl Clone for BucketKeys {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.keys))
    }
}

impl BucketKeys {
    fn of(keys: Arc<Keys>) -> Self {
        Self { keys, path: Mutex::new(Path::new()) }
    }

    fn new(tree: Tree, index_key: Key) -> Self {
        let index = hmac::Key::new(hmac::HMAC_SHA256, index_key.bytes());
        Self::of(Arc::new(Keys { tree, index_key, index }))
    }

    /// Keys of a new bucket.
    pub(crate) fn random(entropy: &dyn Entropy) -> Self {
        let tree = Tree::new(&Key::random(entropy));
        Self::new(tree, Key::random(entropy))
    }

    /// The same bucket without these slots.
    pub(crate) fn without(&self, slots: &[Slot]) -> Self {
        Self::new(self.keys.tree.without(slots), self.keys.index_key.clone())
    }

    #[cfg(test)]
    pub(crate) fn index_key(&self) -> &Key {
        &self.keys.index_key
    }

    /// The same bucket with the slots of these runs and those from `from` on, and no others.
    pub(crate) fn keeping(&self, runs: &[std::ops::Range<u32>], from: u32) -> Self {
        let kept: Vec<_> = runs.iter().cloned().chain(std::iter::once(from..SLOTS_MAX)).collect();
        Self::new(self.keys.tree.keeping(&kept), self.keys.index_key.clone())
    }

    /// How many slots of these runs, which are apart, still derive.
    pub(crate) fn held(&self, runs: &[std::ops::Range<u32>]) -> u64 {
        self.keys.tree.held(runs)
    }

    /// Whether a slot's key still derives.
    pub fn holds(&self, slot: Slot) -> bool {
        self.keys.tree.holds(slot.0)
    }

    pub(crate) fn punctured(&self) -> u32 {
        self.keys.tree.punctured()
    }

    /// Appends index key and tree.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.reserve_exact(32 + self.keys.tree.bytes());
        out.extend_from_slice(self.keys.index_key.bytes());
        self.keys.tree.write(out);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let index_key = reader.take(32)?.try_into().map(Key::stored).map_err(|_| Malformed)?;
        Ok(Self::new(Tree::read(reader)?, index_key))
    }

    /// The key of a slot.
    ///
    /// # Errors
    /// [`Forgotten`] when it was punctured, for good, or lies beyond [`SLOTS_MAX`].
    pub fn leaf(&self, slot: Slot) -> Result<SealingKey, Forgotten> {
        // Who finds the path in use walks down alone rather than waits.
        let key = match self.path.try_lock() {
            Ok(mut path) => path.leaf(&self.keys.tree, slot),
            Err(_) => Path::new().leaf(&self.keys.tree, slot),
        };
        key.map(SealingKey::of)
    }

    /// A term of the index: the first 64 bits of HMAC-SHA-256 under the bucket's index key.
    pub fn term(&self, kind: TermKind, normalised: &str) -> Term {
        let kind: u8 = match kind {
            TermKind::Email => 1,
            TermKind::Phone => 2,
            TermKind::Name => 3,
            TermKind::NamePostalCode => 4,
        };
        let [a, b, c, d, e, f, g, h, ..] =
            mac(&self.keys.index, "bailee/v1/term", &[&[kind], normalised.as_bytes()]);
        Term(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// A MAC of content, for idempotence.
    pub fn content_mac(&self, content: &[u8]) -> [u8; 16] {
        mac(&self.keys.index, "bailee/v1/content", &[content])
    }
}

/// The first 16 bytes of HMAC-SHA-256 over label and pieces, each length-prefixed.
pub(crate) fn mac(key: &hmac::Key, label: &str, pieces: &[&[u8]]) -> [u8; 16] {
    let tag = hmac::sign(key, &zeroize::Zeroizing::new(context(label, pieces)));
    let mut out = [0; 16];
    for (to, from) in out.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests;
