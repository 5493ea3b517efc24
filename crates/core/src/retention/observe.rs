//! What a document of each kind says to the clock: which of its members are evidence, and of what.

use super::date::{Dates, whole_second};
use super::evidence::{Newest, Status, earliest, latest};
use super::{Evidence, Seen, Spoken};
use crate::{Json, Kind, Timestamp};

/// The longest word that is looked at as a status.
const WORD_BYTES_MAX: usize = 64;

/// The circumstances in which a document is read.
#[derive(Clone, Copy)]
struct Said {
    dates: Dates,
    /// `None` when R12 drops it.
    as_of: Option<Timestamp>,
    /// When the document was last changed.
    at: Timestamp,
}

impl Said {
    /// When something was seen that says no time of its own.
    fn seen(self) -> Option<Timestamp> {
        self.as_of.or(Some(whole_second(self.dates.now)))
    }
}

/// What a status says of a parcel, or of all parcels of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not handed to a carrier.
    Open,
    /// Handed over in part.
    PartlyShipped,
    /// Handed over, or nobody knows: then nothing proves that it was not.
    Shipped,
    /// It will not be.
    Cancelled,
    /// Delivered, given up, or on its way back.
    Over,
}

impl Stage {
    /// Reads a status in whatever style its format writes it: `PARTIALLY_SHIPPED`, `PartiallyShipped`, `Shipped -
    /// Delivered to Buyer`. A status that nobody knows proves nothing that would let the data live longer than that of
    /// what has shipped.
    fn of(status: &str) -> Self {
        let letters = status.bytes().take(WORD_BYTES_MAX).filter(u8::is_ascii_alphabetic);
        let word: String = letters.map(|letter| char::from(letter.to_ascii_uppercase())).collect();
        let word = word.strip_prefix("SHIPPED").filter(|rest| !rest.is_empty()).unwrap_or(&word);
        match word {
            // Orders, in all their versions.
            "PENDINGAVAILABILITY" | "PENDING" | "UNSHIPPED" | "INVOICEUNCONFIRMED"
            // External fulfilment.
            | "CREATED" | "ACCEPTED" | "CONFIRMED" | "PACKAGECREATED" | "PICKUPSLOTRETRIEVED"
            | "INVOICEGENERATED" | "SHIPLABELGENERATED"
            // Multi-channel fulfilment.
            | "NEW" | "RECEIVED" | "PLANNING"
            // Easy Ship.
            | "PENDINGSCHEDULE" | "PENDINGPICKUP" | "PENDINGDROPOFF" | "READYFORPICKUP" | "SCHEDULED" => Self::Open,
            "PARTIALLYSHIPPED" | "PROCESSING" => Self::PartlyShipped,
            "CANCELLED" | "CANCELED" | "CANCELLEDBYFULFILLER" | "CANCELLEDBYSELLER" | "UNFULFILLABLE" | "INVALID"
            // A label that was given back, and so goes on no parcel.
            | "LABELCANCELED" | "LABELCANCELLED" | "REFUNDAPPLIED" => Self::Cancelled,
            "DELIVERED" | "DELIVEREDTOBUYER" | "REJECTED" | "REJECTEDBYBUYER" | "REFUSEDPICKUP" | "UNDELIVERABLE"
            | "RETURNINGTOSELLER" | "RETURNEDTOSELLER" | "RETURNED" | "LOST" | "LOSTINTRANSIT" | "DAMAGED"
            | "DAMAGEDINTRANSIT" => Self::Over,
            _ => Self::Shipped,
        }
    }
}

impl Evidence {
    /// Takes in what a document in canonical names says (facts only are read). Documents may be partial and may come in
    /// any order. Content that a file brings again says nothing new.
    pub fn observe(&mut self, kind: Kind, document: &Json, spoken: &Spoken) {
        let again = spoken.seen_before && !spoken.fetched;
        if again && self.heard {
            return;
        }
        self.heard = true;
        let dates = Dates { now: spoken.now };
        let as_of = spoken.as_of.min(spoken.now);
        let as_of = dates.usable(if again { as_of.min(self.first_intake) } else { as_of });
        let changed = dates.actual(document.member("lastUpdatedTime")).or(as_of);
        let said = Said { dates, as_of, at: changed.unwrap_or(self.first_intake) };
        match kind {
            Kind::Order => self.observe_order(document, said),
            Kind::Shipment => self.observe_shipment(document, said),
            Kind::Return => self.observe_return(document, said),
        }
    }

    fn observe_order(&mut self, order: &Json, said: Said) {
        earliest(&mut self.ordered, said.dates.actual(order.member("createdTime")));
        if let Some(status) = order.at("fulfillment.fulfillmentStatus").and_then(Json::as_str) {
            self.observe_status(status, said);
        }
        // Easy Ship tells of its parcel for longer than Amazon tells of the order. Only its end is news: that it waits,
        // the order says itself.
        let parcel = order.at("fulfillment.easyShipShipmentStatus");
        self.observe_way(parcel.into_iter(), said);
        let parcel = parcel.and_then(Json::as_str);
        if parcel.is_some_and(|status| Stage::of(status) == Stage::Over) {
            earliest(&mut self.over_by, said.seen());
        }
        self.observe_promises(order.member("fulfillment"), said);
        self.observe_packages(order, said);
    }

    /// A shipment was made after it was ordered, and is delivered after it was made.
    fn observe_shipment(&mut self, shipment: &Json, said: Said) {
        let made = said.dates.actual(shipment.member("createdTime"));
        let ordered = said.dates.actual(shipment.member("orderTime"));
        earliest(&mut self.ordered, ordered.or(made));
        latest(&mut self.packed, made);
        latest(&mut self.shipped, said.dates.actual(shipment.member("shipTime")));
        let delivered = said.dates.actual(shipment.member("deliveredTime"));
        latest(&mut self.delivered, delivered);
        earliest(&mut self.first_delivered, delivered);
        if let Some(status) = shipment.member("status").and_then(Json::as_str) {
            self.observe_status(status, said);
        }
        // What comes back has arrived before.
        let returned = shipment.member("returnItems").map(Json::elements).unwrap_or_default();
        if !returned.is_empty() {
            let times = returned.iter().filter_map(|one| said.dates.actual(one.member("statusChangedTime")));
            earliest(&mut self.over_by, times.min().or(said.seen()));
        }
        self.observe_promises(Some(shipment), said);
        // A carrier who comes for it does not leave with it earlier.
        let packages = shipment.member("packages").map(Json::elements).unwrap_or_default();
        let slots = packages.iter().filter_map(|one| said.dates.planned(one.at("handover.startTime")));
        Newest::join(&mut self.ship_from, said.at, slots.min());
        self.observe_packages(shipment, said);
    }

    /// Nobody sends back what has not arrived: each return, or the wish for one, proves that the order was over by then.
    /// When it was delivered, no report of returns says; it was ordered before that.
    fn observe_return(&mut self, document: &Json, said: Said) {
        earliest(&mut self.ordered, said.dates.actual(document.member("orderTime")));
        let returns = document.member("returns").map(Json::elements).unwrap_or_default();
        let times = returns.iter().flat_map(|one| [one.member("requestTime"), one.member("returnTime")]);
        let times = times.filter_map(|time| said.dates.actual(time));
        earliest(&mut self.over_by, times.min().or(said.seen()));
    }

    fn observe_status(&mut self, status: &str, said: Said) {
        let status = match Stage::of(status) {
            Stage::Cancelled => return earliest(&mut self.cancelled, Some(said.at)),
            Stage::Open => {
                latest(&mut self.unshipped, said.as_of);
                Status::Open
            }
            Stage::PartlyShipped => {
                latest(&mut self.partly, said.as_of);
                Status::PartlyShipped
            }
            stage @ (Stage::Shipped | Stage::Over) => {
                earliest(&mut self.shipped_by, said.as_of);
                if stage == Stage::Over {
                    earliest(&mut self.over_by, said.seen());
                }
                Status::Shipped
            }
        };
        Newest::join(&mut self.status, said.at, Some(status));
    }

    /// The windows in which it was to be shipped and delivered.
    fn observe_promises(&mut self, within: Option<&Json>, said: Said) {
        let start = |path| said.dates.planned(within?.at(path));
        Newest::join(&mut self.ship_from, said.at, start("shipByWindow.earliestDateTime"));
        Newest::join(&mut self.promised_from, said.at, start("deliverByWindow.earliestDateTime"));
        Newest::join(&mut self.promised_until, said.at, start("deliverByWindow.latestDateTime"));
    }

    /// That a parcel was with its carrier as of this document.
    fn observe_way<'a>(&mut self, states: impl Iterator<Item = &'a Json>, said: Said) {
        let is_under_way =
            states.filter_map(Json::as_str).any(|state| Seen::of_code(state) == Some(Seen::UnderWay));
        if is_under_way {
            latest(&mut self.under_way, said.as_of);
        }
    }

    fn observe_packages(&mut self, document: &Json, said: Said) {
        for package in document.member("packages").map(Json::elements).unwrap_or_default() {
            self.observe_package(package, said);
        }
    }

    fn observe_package(&mut self, package: &Json, said: Said) {
        let states = ["packageStatus.status", "packageStatus.detailedStatus"].map(|path| package.at(path));
        self.observe_way(states.into_iter().flatten(), said);
        let id = package.member("packageReferenceId").and_then(Json::as_str).unwrap_or_default();
        let items = package.member("packageItems").map(Json::elements).unwrap_or_default();
        let delivered = said.dates.actual(package.member("deliveredTime"));
        earliest(&mut self.first_delivered, delivered);
        self.package(id, |known| {
            latest(&mut known.shipped, said.dates.actual(package.member("shipTime")));
            latest(&mut known.packed, said.dates.actual(package.member("createdTime")));
            latest(&mut known.delivered, delivered);
            match package.at("packageStatus.status").and_then(Json::as_str).map(Stage::of) {
                Some(Stage::Open) => latest(&mut known.pending, said.as_of),
                Some(Stage::Over) => earliest(&mut known.delivered_by, said.seen()),
                Some(Stage::Cancelled) => known.cancelled = true,
                // Shipped and in transit say no more than the ship time does (R4 is another matter).
                Some(Stage::PartlyShipped | Stage::Shipped) | None => {}
            }
            known.hold(items.iter().filter_map(|item| item.member("orderItemId").and_then(Json::as_str)));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A parcel that is over by a document's word is over by a carrier's.
    #[test]
    fn a_status_that_ends_a_parcel_ends_it_whoever_says_it() {
        for status in [
            "DELIVERED",
            "Delivered to Buyer",
            "REJECTED",
            "RejectedByBuyer",
            "REFUSED_PICKUP",
            "UNDELIVERABLE",
            "ReturningToSeller",
            "RETURNED_TO_SELLER",
            "RETURNED",
            "LOST",
            "LOST_IN_TRANSIT",
            "DAMAGED",
            "DAMAGED_IN_TRANSIT",
        ] {
            assert!(Stage::of(status) == Stage::Over, "{status}");
            let seen = Seen::of_code(status);
            assert!(matches!(seen, Some(Seen::Delivered | Seen::GivenUp)), "{status}: {seen:?}");
        }
    }
}
