//! The retention clock.

use serde::{Deserialize, Serialize};

use crate::{Json, Timestamp};
use crate::purpose::closed_set;

closed_set! {
    /// Which reading of the policy the clock follows.
    Profile {
        /// Earliest evidence.
        Strict => "strict",
        /// With the start of the promised window.
        Balanced => "balanced",
        /// Thirty days after shipment.
        Shipment => "shipment",
    }
}

/// How long a home keeps personal data.
#[derive(Clone, Copy, Debug)]
pub struct Policy { /// 1 to 30 (2.1.a).
    pub days_after_delivery: u8, /// The profile.
    pub profile: Profile }

/// The rule of RETENTION that gave a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule { /// R1
    R1, /// R2
    R2, /// R5
    R5, /// R6
    R6, /// R7
    R7, /// R10
    R10, /// R12
    R12 }

/// Three kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind { /// delivered, with a time
    DeliveredAt, /// hi
    DeliveredBy, /// lo
    NotDeliveredAt }

/// As of when a document speaks, and whether it may say anything new.
#[derive(Clone, Copy, Debug)]
pub struct Spoken {
    /// The time at which it was fetched, `--as-of`, its own last update, or its first intake. Never later than now.
    pub as_of: Timestamp,
    /// Whether a collector fetched it (then identical content speaks anew).
    pub fetched: bool,
    /// Whether the same content was taken in before. From a file it never raises lo.
    pub seen_before: bool,
    /// The present.
    pub now: Timestamp,
}

/// What all documents of a record have said so far. Sealed with its facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {}

impl Evidence {
    /// No evidence yet.
    pub fn new(_first_intake: Timestamp) -> Self { todo!() }
    /// Takes in what an order document in canonical names says (facts only are read).
    pub fn observe_order(&mut self, _order: &Json, _spoken: &Spoken) { todo!() }
    /// What follows.
    pub fn decide(&self, _policy: &Policy, _now: Timestamp) -> Decision { todo!() }
    /// Whether it shows the order still pending or unshipped (R16).
    pub fn is_open(&self) -> bool { todo!() }
}

/// When a record's personal data must be gone, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The rule that decided.
    pub rule: Rule,
    /// The kind of evidence it stands on.
    pub evidence: EvidenceKind,
    /// The earliest instant of delivery.
    pub lo: Timestamp,
    /// The latest instant of delivery.
    pub hi: Option<Timestamp>,
    /// The instant at which personal data must be gone.
    pub expires_at: Timestamp,
    /// R12: no usable date was left.
    pub fallback: bool,
    /// R6, R10: a cap ended it.
    pub capped: bool,
    /// R5: items whose own package decides earlier: (item id, expiry).
    pub items: Vec<(String, Timestamp)>,
}
