//! What all documents of a record have said so far.
//!
//! Each piece joins by earliest, by latest, or by the newest document that states it, so that the order in which
//! documents arrive does not matter. It is bounded whatever arrives: what goes beyond a limit is left out, which can
//! only bring expiry forward.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::date::{Dates, whole_second};
use super::sighting::{Seen, Sighting};
use crate::Timestamp;

/// Packages of one order that are remembered: those with the smallest ids.
const PACKAGES_MAX: usize = 32;

/// Items of one package that are remembered: those with the smallest ids.
const ITEMS_MAX: usize = 32;

/// The longest id that is remembered. Amazon's have some 14 characters. Packages with a longer one, or with none,
/// count as one package.
pub const ID_BYTES_MAX: usize = 40;

/// What all documents of a record have said so far. Sealed with its facts; holds no personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// When the first document of the record came.
    pub(super) first_intake: Timestamp,
    /// Whether any document has been heard.
    #[serde(default)]
    pub(super) heard: bool,
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
    /// All of it packed then: the latest that was said. A package's own time comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) packed: Option<Timestamp>,
    /// All of it handed to the carrier then: the latest that was said. A package's own time comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shipped: Option<Timestamp>,
    /// Delivered then, all of it: the latest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delivered: Option<Timestamp>,
    /// The earliest of all deliveries that were said, of whichever package: what is said later extends nothing beyond R5's cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first_delivered: Option<Timestamp>,
    /// The earliest instant as of which all of it was over: delivered, given up, or on its way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) over_by: Option<Timestamp>,
    /// All of it given up then: refused, lost, undeliverable, or back with its seller. The latest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) given_up: Option<Timestamp>,
    /// The latest instant as of which a parcel was under way. For R4 alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) under_way: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Newest<Status>>,
    /// Start of the window in which it was to be shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ship_from: Option<Newest<Timestamp>>,
    /// Start of the window in which delivery was promised. No evidence, but for profile `balanced`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) promised_from: Option<Newest<Timestamp>>,
    /// End of that window. It lets what is still under way live on for some days (R4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) promised_until: Option<Newest<Timestamp>>,
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
    pub(super) fn join(known: &mut Option<Self>, at: Timestamp, value: Option<T>) {
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
    /// Given up then: the latest that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) given_up: Option<Timestamp>,
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
            packed: None,
            shipped: None,
            delivered: None,
            first_delivered: None,
            over_by: None,
            given_up: None,
            under_way: None,
            status: None,
            ship_from: None,
            promised_from: None,
            promised_until: None,
            packages: BTreeMap::new(),
        }
    }

    /// Takes in what somebody saw of the order, or of one package of it. Nonsense is dropped (R12).
    pub fn observe_sighting(&mut self, sighting: &Sighting<'_>, now: Timestamp) {
        let Sighting { package, what, at, as_of } = *sighting;
        let dates = Dates { now };
        let usable = |at: Timestamp| dates.usable(at).map(|at| at.min(whole_second(now)));
        let (at, as_of) = (at.and_then(usable), usable(as_of).or(Some(whole_second(now))));
        if what == Seen::Delivered {
            earliest(&mut self.first_delivered, at);
        }
        match (what, package) {
            (Seen::UnderWay, _) => latest(&mut self.under_way, as_of),
            (Seen::Delivered, None) => happened(&mut self.delivered, &mut self.over_by, at, as_of),
            (Seen::GivenUp, None) => happened(&mut self.given_up, &mut self.over_by, at, as_of),
            (what, Some(id)) => self.package(id, |package| {
                let Package { delivered, given_up, delivered_by, .. } = package;
                let time = if what == Seen::Delivered { delivered } else { given_up };
                happened(time, delivered_by, at, as_of);
            }),
        }
    }

    /// Whether it shows the order still pending or unshipped (R16).
    pub fn is_open(&self) -> bool {
        self.cancelled.is_none()
            && self.over_by.is_none()
            && self.status.is_some_and(|status| status.value == Status::Open)
    }

    /// The purchase, or the latest it can have been.
    pub(super) fn purchase(&self) -> Timestamp {
        self.ordered.unwrap_or(self.first_intake)
    }

    /// Changes what is known of a package, and keeps the number of packages within its limit.
    pub(super) fn package(&mut self, id: &str, change: impl FnOnce(&mut Package)) {
        let id = if id.len() <= ID_BYTES_MAX { id } else { "" };
        change(self.packages.entry(id.to_owned()).or_default());
        if self.packages.len() > PACKAGES_MAX {
            // Always the greatest id, so that the order of arrival does not decide which is left out.
            self.packages.pop_last();
        }
    }
}

impl Package {
    /// Takes in the ids of items that are in it.
    pub(super) fn hold<'a>(&mut self, items: impl Iterator<Item = &'a str>) {
        for id in items.filter(|id| id.len() <= ID_BYTES_MAX) {
            self.items.insert(id.to_owned());
            if self.items.len() > ITEMS_MAX {
                self.items.pop_last();
            }
        }
    }
}

/// Something that ended a parcel's way: then, where a time is known, else by when it was seen.
fn happened(
    time: &mut Option<Timestamp>,
    by: &mut Option<Timestamp>,
    at: Option<Timestamp>,
    as_of: Option<Timestamp>,
) {
    match at {
        Some(_) => latest(time, at),
        None => earliest(by, as_of),
    }
}

pub(super) fn earliest(known: &mut Option<Timestamp>, said: Option<Timestamp>) {
    *known = match (*known, said) {
        (Some(known), Some(said)) => Some(known.min(said)),
        (known, said) => known.or(said),
    };
}

pub(super) fn latest(known: &mut Option<Timestamp>, said: Option<Timestamp>) {
    *known = (*known).max(said);
}
