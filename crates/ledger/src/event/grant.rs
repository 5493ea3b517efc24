//! What somebody is to see.

use bailee_core::purpose::{Class, Purpose};
use bailee_core::{GrantId, PrincipalId, SellerId, Ticket, Timestamp};
use serde::{Deserialize, Serialize};

/// That a grant was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantAsked {
    /// Names it.
    pub grant: GrantId,
    /// For whom.
    pub grantee: PrincipalId,
    /// Of whose data.
    pub seller: SellerId,
    /// For what.
    pub purpose: Purpose,
    /// What of it.
    pub classes: Vec<Class>,
    /// Until when.
    pub until: Timestamp,
    /// Fields in a day.
    pub fields_a_day: u64,
    /// The ticket given.
    pub ticket: Option<Ticket>,
}
