//! The retention clock: when a record's personal data must be gone (2.1.a), and why.
//!
//! Amazon rarely says when an order was delivered, so the clock works on evidence and errs towards deleting early.
//! [`Evidence`] gathers what documents say, in whatever order they come; [`Evidence::decide`] computes the earliest
//! instant `lo` at which delivery can have happened, and from it the expiry. `lo` rises only by evidence that the order
//! was not yet delivered, or was delivered later, and no expiry passes a cap. Everything is a pure function; the rules
//! R1 to R22 are those of the retention clock's document, and `tests/retention.rs` is their table of cases.

mod date;
mod decide;
mod evidence;
mod news;
mod observe;
mod purposes;
mod sighting;
mod tombstone;
mod window;
mod words;

pub use date::parse_date;
pub use evidence::{Evidence, ID_BYTES_MAX};
pub use news::{Hearing, News, OrderNews, ParcelNews};
pub use purposes::{PURPOSE_DAYS_MIN, PurposeDays, PurposeDaysError};
pub use sighting::{Seen, Sighting};
pub use tombstone::{DisposalRule, EndReason, Ended, tombstone_yields};
pub use window::{
    CLOSING_DAYS, FACTS_MONTHS, MOVE_DAYS, Phase, QUARANTINE_DAYS, bucket_day, facts_end, moves_later, phase,
    quarantine_expiry,
};

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::purpose::closed_set;
use crate::requirement::Requirement;
use crate::time::{DAY_SECONDS, saturating_add};

/// The longest that personal data may be kept after delivery (2.1.a).
pub const DAYS_AFTER_DELIVERY_MAX: u8 = 30;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// 1 to 30 (2.1.a).
    pub days_after_delivery: u8,
    /// The profile.
    pub profile: Profile,
    /// For how long each purpose lasts.
    pub purposes: PurposeDays,
}

impl Policy {
    /// A policy as configured.
    ///
    /// # Errors
    /// Fewer days than one, or more than [`DAYS_AFTER_DELIVERY_MAX`].
    pub fn new(days_after_delivery: i64, profile: Profile) -> Result<Self, PolicyError> {
        match u8::try_from(days_after_delivery) {
            Ok(days @ 1..=DAYS_AFTER_DELIVERY_MAX) => {
                Ok(Self { days_after_delivery: days, profile, purposes: PurposeDays::default() })
            }
            _ => Err(PolicyError { days: days_after_delivery }),
        }
    }
}

impl Default for Policy {
    /// Thirty days, strict.
    fn default() -> Self {
        let purposes = PurposeDays::default();
        Self { days_after_delivery: DAYS_AFTER_DELIVERY_MAX, profile: Profile::Strict, purposes }
    }
}

/// A number of days that the policy does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("days_after_delivery = {days} is not allowed: give 1 to 30 (2.1.a)")]
pub struct PolicyError {
    days: i64,
}

impl PolicyError {
    /// The stable code of it.
    pub const fn code(self) -> &'static str {
        "days-after-delivery"
    }

    /// The requirement that it would break.
    pub const fn requirement(self) -> Requirement {
        Requirement::ThirtyDays
    }
}

closed_set! {
    /// The rule of RETENTION that gave a decision.
    Rule {
        /// Delivered.
        R1 => "R1",
        /// Shipped, with no proof of delivery.
        R2 => "R2",
        /// Shipped, still under way when its time was over, and within the window that was promised.
        R4 => "R4",
        /// Several packages.
        R5 => "R5",
        /// Partly shipped.
        R6 => "R6",
        /// Cancelled or unfulfillable.
        R7 => "R7",
        /// Undeliverable, lost, refused, or back with its seller.
        R8 => "R8",
        /// Pending or unshipped.
        R10 => "R10",
        /// No usable date.
        R12 => "R12",
    }
}

impl Rule {
    /// Its number.
    pub fn number(self) -> u8 {
        self.as_str().get(1..).and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// The rule of that number.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.number() == number)
    }
}

closed_set! {
    /// Three kinds of evidence.
    EvidenceKind {
        /// Delivered, with a time.
        DeliveredAt => "delivered-at",
        /// Delivered at the latest then: `hi`.
        DeliveredBy => "delivered-by",
        /// Not delivered before: `lo`.
        NotDeliveredAt => "not-delivered-at",
    }
}

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

/// When a record's personal data must be gone, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The rule that decided.
    pub rule: Rule,
    /// The kind of evidence it stands on.
    pub evidence: EvidenceKind,
    /// The earliest instant of delivery. For a cancelled order: the instant of the change.
    pub lo: Timestamp,
    /// The latest instant of delivery.
    pub hi: Option<Timestamp>,
    /// The instant at which personal data must be gone. At most 45 days ahead; a later one is computed again in time.
    pub expires_at: Timestamp,
    /// R12: no usable date was left.
    pub fallback: bool,
    /// R5, R6, R10: a cap ended it.
    pub capped: bool,
    /// R5: items whose own package decides earlier: (item id, expiry), by item id.
    pub items: Vec<(String, Timestamp)>,
}

/// What an event says about a changed expiry (R14).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The rule that decided.
    pub rule: Rule,
    /// The kind of evidence.
    pub evidence: EvidenceKind,
    /// Earliest delivery.
    pub lo: Timestamp,
    /// Latest delivery.
    pub hi: Option<Timestamp>,
    /// The expiry before; `None` for a record's first.
    pub old: Option<Timestamp>,
    /// The expiry from now on.
    pub new: Timestamp,
}

impl Decision {
    /// What to report of this decision, given the expiry that was known before (R14); `None` when it is the same.
    pub fn change(&self, old: Option<Timestamp>) -> Option<Change> {
        let Self { rule, evidence, lo, hi, expires_at, .. } = *self;
        (old != Some(expires_at)).then_some(Change { rule, evidence, lo, hi, old, new: expires_at })
    }

    /// The rule of a decision that is not the ordinary course, so that it is counted and shown: what is under way lives longer
    /// (R4), a cap ends it (R5, R6, R10), or no date was of use (R12).
    pub fn exception(&self) -> Option<Rule> {
        let is_one = self.capped || self.fallback || self.rule == Rule::R4;
        is_one.then_some(if self.fallback { Rule::R12 } else { self.rule })
    }

    /// When the fields of a part must be gone: those of an item whose own package lets it end before the order does (R5),
    /// and those whose purposes end some days before the clock does (R21). What was cancelled ends within days anyway.
    pub fn expiry_of(&self, item: Option<&str>, early: u8) -> Timestamp {
        let own = self.items.iter().find(|(one, _)| Some(one.as_str()) == item);
        let expires = own.map_or(self.expires_at, |(_, expiry)| *expiry);
        match self.rule {
            Rule::R7 => expires,
            _ => saturating_add(expires, -i64::from(early) * DAY_SECONDS),
        }
    }

    /// What ends a record under this decision: its tombstone remembers it (R16).
    pub fn ended(&self) -> Ended {
        match self.rule {
            Rule::R7 => Ended::Cancellation,
            _ if self.capped => Ended::Cap,
            _ => Ended::Clock,
        }
    }
}
