//! What all documents of a record have said so far.
//!
//! Each piece joins by earliest, by latest, or by the newest document that states it, so that the order in which
//! documents arrive does not matter. It is bounded whatever arrives: what goes beyond a limit is left out, which can
//! only bring expiry forward.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Spoken;
use super::date::{Dates, whole_second};
use crate::{Json, Timestamp};

/// Packages of one order that are remembered: those with the smallest ids.
const PACKAGES_MAX: usize = 32;

/// Items of one package that are remembered: those with the smallest ids.
const ITEMS_MAX: usize = 32;

/// The longest id that is remembered. Amazon's have some 14 characters. Packages with a longer one, or with none,
/// count as one package.
const ID_BYTES_MAX: usize = 40;

/// What all documents of a record have said so far. Sealed with its facts; holds no personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// When the first document of the record came.
    pub(super) first_intake: Timestamp,
    /// Whether any document has been heard.
    #[serde(default)]
    heard: bool,
    /// Ordered then: the earliest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ordered: Option<Timestamp>,
    /// The latest instant as of which nothing had shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unshipped: Option<Timestamp>,
    /// The latest instant as of which something had not shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) partly: Option<Timestamp>,
    /// The earliest instant as of which everything had shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shipped_by: Option<Timestamp>,
    /// The change by which it was cancelled: the earliest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cancelled: Option<Timestamp>,
    /// Delivered then, the whole order: the latest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delivered: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Newest<Status>>,
    /// Start of the window in which it was to be shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ship_from: Option<Newest<Timestamp>>,
    /// Start of the window in which delivery was promised. No evidence, but for profile `balanced`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) promised_from: Option<Newest<Timestamp>>,
    /// By package id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) packages: BTreeMap<String, Package>,
}

/// Where an order stands. In the order of which ends its data soonest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    Shipped,
    PartlyShipped,
    Open,
}

/// What the newest document said; of two equally new ones, what ends the data sooner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Newest<T> {
    at: Timestamp,
    pub(super) value: T,
}

impl<T: Copy + Ord> Newest<T> {
    fn join(known: &mut Option<Self>, at: Timestamp, value: Option<T>) {
        let Some(value) = value else { return };
        let newer = known.is_none_or(|known| known.at < at || (known.at == at && value < known.value));
        if newer {
            *known = Some(Self { at, value });
        }
    }
}

/// What was said about one package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Package {
    /// Handed to the carrier then: the latest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shipped: Option<Timestamp>,
    /// Packed then: the latest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) packed: Option<Timestamp>,
    /// The latest instant as of which it had not been handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<Timestamp>,
    /// Delivered then: the latest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delivered: Option<Timestamp>,
    /// The earliest instant as of which it was over: delivered, or not to be delivered any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delivered_by: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cancelled: bool,
    /// Ids of the items in it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) items: BTreeSet<String>,
}

impl Evidence {
    /// No evidence yet.
    pub fn new(first_intake: Timestamp) -> Self {
        Self {
            first_intake: whole_second(first_intake),
            heard: false,
            ordered: None,
            unshipped: None,
            partly: None,
            shipped_by: None,
            cancelled: None,
            delivered: None,
            status: None,
            ship_from: None,
            promised_from: None,
            packages: BTreeMap::new(),
        }
    }

    /// Takes in what an order document in canonical names says (facts only are read). Documents may be partial and may
    /// come in any order. Content that a file brings again says nothing new.
    pub fn observe_order(&mut self, order: &Json, spoken: &Spoken) {
        let again = spoken.seen_before && !spoken.fetched;
        if again && self.heard {
            return;
        }
        self.heard = true;
        let dates = Dates { now: spoken.now };
        let as_of = spoken.as_of.min(spoken.now);
        let said =
            Said { dates, as_of: dates.usable(if again { as_of.min(self.first_intake) } else { as_of }) };
        let changed = dates.actual(order.member("lastUpdatedTime")).or(said.as_of);
        let at = changed.unwrap_or(self.first_intake);

        earliest(&mut self.ordered, dates.actual(order.member("createdTime")));
        if let Some(status) = order.at("fulfillment.fulfillmentStatus").and_then(Json::as_str) {
            self.observe_status(status, at, said);
        }
        let window = |path| dates.planned(order.at(path));
        Newest::join(&mut self.ship_from, at, window("fulfillment.shipByWindow.earliestDateTime"));
        Newest::join(&mut self.promised_from, at, window("fulfillment.deliverByWindow.earliestDateTime"));
        for package in order.member("packages").map(Json::elements).unwrap_or_default() {
            self.observe_package(package, said);
        }
    }

    /// Takes in that the order, or one package of it, was delivered at an instant (R1). Nonsense is dropped (R12).
    pub fn observe_delivery(&mut self, package: Option<&str>, at: Timestamp, now: Timestamp) {
        let at = Dates { now }.usable(at).map(|at| at.min(whole_second(now)));
        match package {
            None => latest(&mut self.delivered, at),
            Some(id) => self.package(id, |package| latest(&mut package.delivered, at)),
        }
    }

    /// Whether it shows the order still pending or unshipped (R16).
    pub fn is_open(&self) -> bool {
        self.cancelled.is_none() && self.status.is_some_and(|status| status.value == Status::Open)
    }

    /// The purchase, or the latest it can have been.
    pub(super) fn purchase(&self) -> Timestamp {
        self.ordered.unwrap_or(self.first_intake)
    }

    fn observe_status(&mut self, status: &str, at: Timestamp, said: Said) {
        let status = match status {
            "PENDING_AVAILABILITY" | "PENDING" | "UNSHIPPED" => Status::Open,
            "PARTIALLY_SHIPPED" => Status::PartlyShipped,
            "CANCELLED" | "UNFULFILLABLE" => return earliest(&mut self.cancelled, Some(at)),
            // A status nobody knows proves nothing that would let the data live longer than a shipped order's.
            _ => Status::Shipped,
        };
        match status {
            Status::Open => latest(&mut self.unshipped, said.as_of),
            Status::PartlyShipped => latest(&mut self.partly, said.as_of),
            Status::Shipped => earliest(&mut self.shipped_by, said.as_of),
        }
        Newest::join(&mut self.status, at, Some(status));
    }

    fn observe_package(&mut self, package: &Json, said: Said) {
        let id = package.member("packageReferenceId").and_then(Json::as_str).unwrap_or_default();
        let items = package.member("packageItems").map(Json::elements).unwrap_or_default();
        self.package(id, |known| {
            latest(&mut known.shipped, said.dates.actual(package.member("shipTime")));
            latest(&mut known.packed, said.dates.actual(package.member("createdTime")));
            match package.at("packageStatus.status").and_then(Json::as_str) {
                Some("PENDING") => latest(&mut known.pending, said.as_of),
                Some("DELIVERED" | "UNDELIVERABLE") => {
                    earliest(&mut known.delivered_by, said.as_of.or(Some(whole_second(said.dates.now))));
                }
                Some("CANCELLED") => known.cancelled = true,
                // Shipped and in transit say no more than the ship time does (R4 is another matter).
                _ => {}
            }
            let ids = items.iter().filter_map(|item| item.member("orderItemId").and_then(Json::as_str));
            for id in ids.filter(|id| id.len() <= ID_BYTES_MAX) {
                known.items.insert(id.to_owned());
                if known.items.len() > ITEMS_MAX {
                    known.items.pop_last();
                }
            }
        });
    }

    /// Changes what is known of a package, and keeps the number of packages within its limit.
    fn package(&mut self, id: &str, change: impl FnOnce(&mut Package)) {
        let id = if id.len() <= ID_BYTES_MAX { id } else { "" };
        change(self.packages.entry(id.to_owned()).or_default());
        if self.packages.len() > PACKAGES_MAX {
            // Always the greatest id, so that the order of arrival does not decide which is left out.
            self.packages.pop_last();
        }
    }
}

/// The circumstances in which a document is read.
#[derive(Clone, Copy)]
struct Said {
    dates: Dates,
    /// `None` when R12 drops it.
    as_of: Option<Timestamp>,
}

fn earliest(known: &mut Option<Timestamp>, said: Option<Timestamp>) {
    *known = match (*known, said) {
        (Some(known), Some(said)) => Some(known.min(said)),
        (known, said) => known.or(said),
    };
}

fn latest(known: &mut Option<Timestamp>, said: Option<Timestamp>) {
    *known = (*known).max(said);
}
