//! What was ordered, and the parcels in which it goes.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::address::filled;
use super::json::Writer;
use super::order::{Order, Status};
use super::random::Random;

const HOUR_SECONDS: i64 = 3600;

/// One item's numbers, which the order's total and the parcels need too.
struct Item {
    number: u64,
    random: Random,
    id: String,
    quantity: u64,
    price: u64,
}

impl Item {
    fn all(order: &Order) -> impl Iterator<Item = Self> {
        let mut ids = order.random.branch("item ids");
        // Three digits of the marketplace, ten of this order, one of the item: unique in its order.
        let stem = format!("{}{:010}", order.market.order_prefix, ids.below(10_000_000_000));
        let stream = order.random.branch("item");
        (0..order.items).map(move |number| {
            let mut random = stream.at(number);
            let quantity = if random.chance(80) { 1 } else { random.below(3) + 2 };
            Self { number, id: format!("{stem}{number}"), quantity, price: random.below(9_000) + 499, random }
        })
    }

    /// How many of it have left: of a partly shipped order all but the last item.
    fn fulfilled(&self, order: &Order) -> u64 {
        match order.status {
            Status::Shipped => self.quantity,
            Status::PartiallyShipped if self.number + 1 < order.items => self.quantity,
            _ => 0,
        }
    }
}

/// What the order costs, in the smallest unit of its money.
pub(super) fn total(order: &Order) -> u64 {
    Item::all(order).map(|item| item.quantity * item.price).sum()
}

/// `orderItems`.
pub(super) fn items(order: &Order, out: &mut Writer) {
    out.list("orderItems", |out| {
        for mut item in Item::all(order) {
            out.object("", |out| {
                out.string("orderItemId", &item.id);
                out.integer("quantityOrdered", item.quantity);
                product(order, &mut item, out);
                proceeds(order, &mut item, out);
                if order.status == Status::Cancelled {
                    cancellation(&mut item, out);
                }
                fulfillment(order, &mut item, out);
            });
        }
    });
}

fn proceeds(order: &Order, item: &mut Item, out: &mut Writer) {
    let cost = item.quantity * item.price;
    let has_breakdown = item.random.chance(20);
    out.object("proceeds", |out| {
        order.amount(out, "proceedsTotal", cost);
        if has_breakdown {
            out.list("breakdowns", |out| {
                out.object("", |out| {
                    out.string("type", "ITEM");
                    order.amount(out, "subtotal", cost);
                });
            });
        }
    });
}

fn product(order: &Order, item: &mut Item, out: &mut Writer) {
    let customised = item.random.chance(4);
    out.object("product", |out| {
        out.string("asin", &filled("B0TEST####", &mut item.random));
        out.string("title", item.random.text(order.market.titles));
        out.string("sellerSku", &filled("SKU-####-##", &mut item.random));
        if item.random.chance(20) {
            out.object("condition", |out| {
                out.string("conditionType", "NEW");
                out.string("conditionSubtype", "NEW");
            });
        }
        out.object("price", |out| {
            order.amount(out, "unitPrice", item.price);
            if order.company.is_some() {
                out.string("priceDesignation", "BUSINESS_PRICE");
            }
        });
        if order.status.has_shipped() && item.random.chance(5) {
            out.list("serialNumbers", |out| out.string("", &filled("SN-########", &mut item.random)));
        }
        if customised {
            let number = item.random.below(1_000_000_000);
            out.object("customization", |out| {
                out.written("customizedUrl", format_args!("https://custom.example/view/{number:09}.zip"));
            });
        }
    });
}

fn cancellation(item: &mut Item, out: &mut Writer) {
    let by_buyer = item.random.chance(60);
    out.object("cancellation", |out| {
        if by_buyer {
            out.object("cancellationRequest", |out| {
                out.string("requester", "BUYER");
                out.string("cancelReason", "Changed mind about purchase");
            });
        }
        out.object("cancellationExecution", |out| {
            out.string("cancelledBy", if by_buyer { "BUYER" } else { "MERCHANT" });
            out.string(
                "cancelReason",
                if by_buyer { "Buyer requested cancellation" } else { "Out of stock" },
            );
        });
    });
}

fn fulfillment(order: &Order, item: &mut Item, out: &mut Writer) {
    let fulfilled = item.fulfilled(order);
    let is_gift = item.random.chance(12);
    let is_signed_for = item.random.chance(5);
    out.object("fulfillment", |out| {
        out.integer("quantityFulfilled", fulfilled);
        out.integer("quantityUnfulfilled", item.quantity - fulfilled);
        if is_gift {
            out.object("packing", |out| {
                out.object("giftOption", |out| {
                    out.string("giftMessage", item.random.text(order.market.gifts));
                    out.string("giftWrapLevel", item.random.text(&["STANDARD", "PREMIUM"]));
                });
            });
        }
        if is_signed_for {
            out.object("shipping", |out| {
                order.window(out, "scheduledDeliveryWindow", order.created, (72, 80));
                out.object("shippingConstraints", |out| out.string("signatureConfirmation", "MANDATORY"));
            });
        }
    });
}

/// `packages`: those of a merchant, since Amazon does not show its own.
pub(super) fn packages(order: &Order, out: &mut Writer) {
    if order.by_amazon || !order.status.has_shipped() {
        return;
    }
    let stream = order.random.branch("packages");
    let sent: Vec<(String, u64)> = Item::all(order)
        .map(|item| (item.fulfilled(order), item))
        .map(|(sent, item)| (item.id, sent))
        .collect();
    let sent: Vec<_> = sent.into_iter().filter(|(_, quantity)| *quantity > 0).collect();
    // Each item in a parcel of its own, or all in one.
    let apart = sent.len() > 1 && stream.branch("apart").chance(40);
    let parcels: Vec<&[(String, u64)]> = if apart { sent.chunks(1).collect() } else { vec![&sent] };
    out.list("packages", |out| {
        for (number, parcel) in (0_u64..).zip(parcels) {
            package(order, number, parcel, stream.at(number), out);
        }
    });
    if order.market.country == "IN" {
        out.list("fulfillmentOrders", |out| {
            out.object("", |out| {
                out.string("fulfillmentOrderId", &filled("LdTest###", &mut stream.branch("id")));
            });
        });
    }
}

fn package(order: &Order, number: u64, items: &[(String, u64)], mut random: Random, out: &mut Writer) {
    // A later parcel leaves later, though never after the order's last update.
    let later = i64::try_from(number).unwrap_or(0) * 5 * HOUR_SECONDS;
    let shipped = saturating_add(order.shipped, later).min(order.updated);
    let (status, detail) = progress(shipped, order.updated, &mut random);
    let (carrier, service) = random.pick(order.market.carriers, ("", ""));
    out.object("", |out| {
        out.written("packageReferenceId", number + 1);
        order.time(out, "createdTime", saturating_add(shipped, -HOUR_SECONDS).max(order.created));
        out.object("packageStatus", |out| {
            out.string("status", status);
            out.string("detailedStatus", detail);
        });
        out.string("carrier", carrier);
        order.time(out, "shipTime", shipped);
        out.string("shippingService", service);
        out.string("trackingNumber", &filled("TEST0000########", &mut random));
        if random.chance(10) {
            out.object("shipFromAddress", |out| {
                out.string("name", "Sample Warehouse");
                out.string("addressLine1", "1 Depot Example");
                out.string("countryCode", order.market.country);
            });
        }
        out.list("packageItems", |out| {
            for (id, quantity) in items {
                out.object("", |out| {
                    out.string("orderItemId", id);
                    out.integer("quantity", *quantity);
                });
            }
        });
    });
}

/// How far a parcel has come by the time of the order's last update.
fn progress(shipped: Timestamp, updated: Timestamp, random: &mut Random) -> (&'static str, &'static str) {
    let hours = (updated.as_second() - shipped.as_second()) / HOUR_SECONDS;
    match hours {
        ..6 => ("SHIPPED", "PICKED_UP"),
        6..30 => ("IN_TRANSIT", "AT_ORIGIN_FC"),
        30..48 => ("IN_TRANSIT", "OUT_FOR_DELIVERY"),
        _ if random.chance(4) => ("UNDELIVERABLE", "UNDELIVERABLE"),
        _ => ("DELIVERED", "DELIVERED"),
    }
}
