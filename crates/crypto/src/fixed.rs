//! Randomness for tests: a stream that is the same every time, and never repeats itself.

use std::sync::Mutex;

use bailee_core::Entropy;

/// SHA-256 in counter mode over a seed.
pub(crate) struct Fixed {
    seed: u64,
    counter: Mutex<u64>,
}

impl Fixed {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut counter = self.counter.lock().unwrap();
            let block = crate::kdf::sha256(format!("bailee test {} {}", self.seed, *counter).as_bytes());
            *counter += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}
