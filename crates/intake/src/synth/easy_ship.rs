//! Easy Ship: parcels of a merchant that Amazon's carrier fetches, in the marketplaces that have it.

use super::address::filled;
use super::json::Writer;
use super::mess::Mess;
use super::notes::{Notes, Scalar};
use super::order::{Order, Status};
use super::shipments::{doubled, hours, id, time, unknown};

/// The countries of marketplaces with Easy Ship, of those that orders are drawn from.
pub(super) const COUNTRIES: [&str; 4] = ["IN", "JP", "NL", "PL"];

/// How far the parcel is, as Orders v0 says it and as it is found; nothing of an order that is not fetched.
pub(super) fn status(order: &Order) -> Option<(&'static str, &'static str)> {
    let is_here = COUNTRIES.contains(&order.market.country) && !order.by_amazon;
    let mut random = order.random.branch("easy ship");
    if !is_here || !random.chance(60) {
        return None;
    }
    let statuses: &[(&str, &str)] = match order.status {
        Status::Unshipped => &[
            ("PendingSchedule", "PENDING_SCHEDULE"),
            ("PendingPickUp", "PENDING_PICK_UP"),
            ("PendingDropOff", "PENDING_DROP_OFF"),
            ("LabelCanceled", "LABEL_CANCELLED"),
        ],
        Status::Shipped | Status::PartiallyShipped => &[
            ("PickedUp", "PICKED_UP"),
            ("DroppedOff", "DROPPED_OFF"),
            ("AtOriginFC", "AT_ORIGIN_FC"),
            ("AtDestinationFC", "AT_DESTINATION_FC"),
            ("OutForDelivery", "OUT_FOR_DELIVERY"),
            ("Delivered", "DELIVERED"),
            ("RejectedByBuyer", "REJECTED_BY_BUYER"),
            ("ReturnedToSeller", "RETURNED_TO_SELLER"),
        ],
        _ => return None,
    };
    Some(random.pick(statuses, ("PendingSchedule", "PENDING_SCHEDULE")))
}

/// A scheduled package, as the API answers it.
pub(super) fn write(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        out.object("scheduledPackageId", |out| {
            out.put("amazonOrderId", "orderId", &order.id);
            id(order, out, "packageId", "shipmentId", "es-");
            if let Some(id) = order.shown_id() {
                let id = format!("es-{id}");
                out.note(&format!("packages[{id}].packageReferenceId"), Scalar::Text(id));
            }
        });
        out.at(&format!("packages[es-{}]", order.id), |out| package(order, out));
        out.dressed("packageStatus", "status", "Scheduled", "SCHEDULED");
        doubled(order, out, "packageStatus");
        out.object("invoice", |out| {
            let number = filled("TEST-######", &mut order.random.branch("easy ship invoice"));
            out.put("invoiceNumber", "invoice.invoiceId", &number);
            time(order, out, "invoiceDate", "invoice.createdTime", order.created);
        });
        if order.mess == Some(Mess::WrongStructure) {
            out.put("packageItems", "items", "none");
        } else {
            out.list("packageItems", |out| items(order, out));
        }
        unknown(order, out);
    });
    out.finish()
}

fn package(order: &Order, out: &mut Writer) {
    let mut random = order.random.branch("easy ship package");
    out.object("packageDimensions", |out| {
        for side in ["length", "width", "height"] {
            out.put_integer(side, &format!("dimensions.{side}"), random.below(60) + 5);
        }
        out.put("unit", "dimensions.unit", "cm");
    });
    out.object("packageWeight", |out| {
        out.put_integer("value", "weight.value", random.below(9_000) + 100);
        out.put("unit", "weight.unit", "g");
    });
    out.object("packageTimeSlot", |out| {
        out.put("slotId", "handover.slotId", &filled("AQc48yxSAAAA####", &mut random));
        time(order, out, "startTime", "handover.startTime", hours(order, 24));
        time(order, out, "endTime", "handover.endTime", hours(order, 48));
        out.put("handoverMethod", "handover.method", "PICKUP");
    });
    out.object("trackingDetails", |out| {
        out.put("trackingId", "trackingNumber", &filled("TEST0000########", &mut random));
    });
}

fn items(order: &Order, out: &mut Writer) {
    for item in &order.items {
        out.object("", |out| {
            out.at(&format!("items[{}]", item.id), |out| {
                out.put("orderItemId", "itemId", &item.id);
                if let Some(serial) = &item.serial {
                    out.strings("orderItemSerialNumbers", "serialNumbers", [serial.as_str()]);
                }
            });
        });
    }
}

/// Whether a mess can be done to a parcel, which has no address, and does not tell of a change of its order.
pub(super) fn fits(mess: Mess) -> bool {
    matches!(
        mess,
        Mess::Duplicate
            | Mess::UnknownField
            | Mess::MissingDates
            | Mess::OddDates
            | Mess::Truncated
            | Mess::DuplicateKey
            | Mess::NoOrderId
            | Mess::UnusableOrderId
            | Mess::WrongStructure
    )
}
