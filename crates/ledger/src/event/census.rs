//! What a home holds at a moment: a statement for those who check that nothing is held for too long.

use bailee_core::Day;
use bailee_core::retention::Rule;
use serde::{Deserialize, Serialize};

/// What a home holds at a moment, as its store and its keyring say it together (2.1.a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// Days after a delivery that personal data is kept, at most.
    pub days: u8,
    /// Sellers of which something is held.
    pub sellers: u32,
    /// Parts of records that are held.
    pub parts: u64,
    /// Quarantined documents that are held.
    pub quarantined: u64,
    /// The earliest day by which anything that is held must be gone.
    pub earliest: Option<Day>,
    /// Buckets whose day has begun and of which there is a row or a key: none, where all is as it should be.
    pub past: u32,
    /// Parts of no ordinary course, by rule.
    pub exceptions: Vec<(Rule, u64)>,
    /// The first half of the SHA-256 of what was asked, in hexadecimal digits.
    pub query: String,
    /// The same of what was found.
    pub result: String,
}
