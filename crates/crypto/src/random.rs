//! The system's randomness.

/// Random bytes from the system, by way of aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl bailee_core::Entropy for SystemEntropy {
    #[expect(clippy::expect_used, reason = "no key may be made, and no salt drawn, without randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the system gives random bytes");
    }
}
