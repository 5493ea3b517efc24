//! The system's randomness.

/// Random bytes from the system, by way of aws-lc.
pub struct SystemEntropy;

impl bailee_core::Entropy for SystemEntropy {
    fn fill(&self, _bytes: &mut [u8]) { todo!() }
}
