//! What somebody saw of a parcel: a carrier, a tracking answer, a notification.

use crate::Timestamp;
use crate::purpose::closed_set;

closed_set! {
    /// What was seen of a parcel, as far as the clock cares.
    Seen {
        /// It was with a carrier. Counts for R4 alone.
        UnderWay => "under-way",
        /// It arrived, or was handed over to who came for it (R1, R11).
        Delivered => "delivered",
        /// It was refused, lost or undeliverable, or is back with its seller (R8).
        GivenUp => "given-up",
    }
}

impl Seen {
    /// What a tracking code says, in whatever style its source writes it: `OUT_FOR_DELIVERY`, `OutForDelivery`, `EVENT_301`.
    /// None for what says nothing of a parcel's way, such as that a label was made.
    pub fn of_code(code: &str) -> Option<Self> {
        const CODE_BYTES_MAX: usize = 64;
        let word: String = code
            .bytes()
            .take(CODE_BYTES_MAX)
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| char::from(byte.to_ascii_uppercase()))
            .collect();
        match word.as_str() {
            "DELIVERED"
            | "DELIVEREDTOBUYER"
            | "PICKEDUPBYBUYER"
            | "PICKEDUPBYCUSTOMER"
            | "CUSTOMERPICKUPCOMPLETED"
            | "COLLECTEDBYCUSTOMER"
            | "HANDEDOVER"
            | "EVENT301" => Some(Self::Delivered),
            "REJECTED"
            | "REJECTEDBYBUYER"
            | "REFUSED"
            | "REFUSEDPICKUP"
            | "UNDELIVERABLE"
            | "LOST"
            | "LOSTINTRANSIT"
            | "DESTROYED"
            | "DAMAGED"
            | "DAMAGEDINTRANSIT"
            | "RETURNED"
            | "RETURNEDTOSELLER"
            | "GIVENUP"
            | "RECIPIENTREFUSEDDELIVERY"
            | "UNDELIVERABLEDESTROYINFIELD"
            | "RETURNINITIATED"
            | "RETURNINGTOSELLER"
            | "DELIVERYFAILED"
            | "EVENT302"
            | "EVENT304"
            | "EVENT404" => Some(Self::GivenUp),
            "SHIPPED"
            | "DEPARTED"
            | "INTRANSIT"
            | "PICKUPDONE"
            | "ARRIVEDATCARRIERFACILITY"
            | "OUTFORDELIVERY"
            | "DELIVERYATTEMPTED"
            | "AVAILABLEFORPICKUP"
            | "READYFORCUSTOMERPICKUP"
            | "CARRIERRECEIVEDSHIPMENT"
            | "PACKAGERECEIVEDBYCARRIER"
            | "CARRIERTRANSFER"
            | "ARRIVEDINDESTINATIONCOUNTRY"
            | "DELAYED"
            | "CUSTOMSCLEARED"
            | "HELDBYCUSTOMS"
            | "UNDERWAY"
            | "PICKEDUP"
            | "DROPPEDOFF"
            | "ATORIGINFC"
            | "ATDESTINATIONFC"
            | "EVENT201"
            | "EVENT202"
            | "EVENT203"
            | "EVENT206" => Some(Self::UnderWay),
            _ => None,
        }
    }
}

/// What somebody saw.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// The package; of the whole order, when none.
    pub package: Option<&'a str>,
    /// What was seen.
    pub what: Seen,
    /// When it happened, where that is known.
    pub at: Option<Timestamp>,
    /// As of when it was known: never later than the present.
    pub as_of: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_every_style_and_what_is_unknown_says_nothing() {
        for (code, seen) in [
            ("DELIVERED", Some(Seen::Delivered)),
            ("Delivered", Some(Seen::Delivered)),
            ("EVENT_301", Some(Seen::Delivered)),
            ("OUT_FOR_DELIVERY", Some(Seen::UnderWay)),
            ("OutForDelivery", Some(Seen::UnderWay)),
            ("Undeliverable", Some(Seen::GivenUp)),
            ("ReturnInitiated", Some(Seen::GivenUp)),
            ("RejectedByBuyer", Some(Seen::GivenUp)),
            ("AtDestinationFC", Some(Seen::UnderWay)),
            ("ORDER_PREPARING", None),
            ("LabelCreated", None),
            ("", None),
        ] {
            assert_eq!(Seen::of_code(code), seen, "{code}");
        }
    }
}
