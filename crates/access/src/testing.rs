//! What the tests of several files stand on.

use bailee_core::Entropy;

/// Entropy that is one byte, again and again.
pub(crate) struct Fixed(pub(crate) u8);

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}
