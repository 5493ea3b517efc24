//! Synthetic SP-API orders, for tests and test environments: the only source of this project's own fixtures.

use bailee_core::Timestamp;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Synth { /// How many orders.
    pub orders: u64, /// Same seed and time, same bytes.
    pub seed: u64, /// Share of messy documents, 0 to 100.
    pub mess_percent: u8, /// Orders of the 20 days before.
    pub now: Timestamp }

impl Synth {
    /// The orders as lines of NDJSON, without line ends.
    pub fn lines(self) -> impl Iterator<Item = String> { std::iter::empty() }
}
