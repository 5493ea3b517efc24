//! Time and randomness as parameters: the two things a pure function must be given.

use crate::Timestamp;

/// Tells the time. Nothing but the wiring of the program reads the system's clock.
pub trait Clock: Send + Sync {
    /// The present instant, as this home understands it.
    fn now(&self) -> Timestamp;

    /// The machine's own time, which certificates and authenticators go by, also where a test home was given another.
    fn machine_now(&self) -> Timestamp {
        self.now()
    }
}

/// Gives random bytes fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable values.
    fn fill(&self, bytes: &mut [u8]);
}
