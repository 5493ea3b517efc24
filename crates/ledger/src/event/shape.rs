//! What an event says of a measurement of what is held.

use bailee_core::SellerId;
use serde::{Deserialize, Serialize};

/// What the orders that are held are like was measured, for test data: counts and shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeRead {
    /// Whose; of all sellers, when `None`.
    pub seller: Option<SellerId>,
    /// How many orders were opened for it.
    pub records: u64,
}
