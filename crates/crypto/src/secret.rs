//! A key of 32 bytes in memory: on the heap, wiped when its last owner drops it, never printable.

use std::sync::Arc;

use bailee_core::Entropy;
use zeroize::Zeroizing;

/// A shared 256-bit key. It is filled where it lives, so that no copy stays behind on a stack.
#[derive(Clone)]
pub(crate) struct Key(Arc<Zeroizing<[u8; 32]>>);

impl Key {
    /// A key whose bytes `fill` writes in place.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut key = Arc::new(Zeroizing::new([0; 32]));
        if let Some(bytes) = Arc::get_mut(&mut key) {
            fill(bytes);
        }
        Self(key)
    }

    /// A new key, its memory locked.
    pub(crate) fn random(entropy: &dyn Entropy) -> Self {
        Self::filled(|bytes| entropy.fill(bytes)).locked()
    }

    /// A key that was stored, its memory locked.
    pub(crate) fn stored(bytes: &[u8; 32]) -> Self {
        Self::filled(|key| key.copy_from_slice(bytes)).locked()
    }

    /// Keeps a long-lived key out of swap, where the system allows.
    fn locked(self) -> Self {
        crate::process::lock_memory(self.bytes());
        self
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Fresh random bytes that are no secret: salts, names.
pub(crate) fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
