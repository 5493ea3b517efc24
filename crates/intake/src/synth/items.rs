//! What was ordered, and the parcels in which it goes.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::address::filled;
use super::order::{HOUR_SECONDS, Order, Status};
use super::random::Random;

/// One item.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) quantity: u64,
    /// Of one, in the smallest unit of its money.
    pub(super) price: u64,
    /// How many of it have left: of a partly shipped order all but the last item.
    pub(super) fulfilled: u64,
    pub(super) asin: String,
    pub(super) title: &'static str,
    pub(super) sku: String,
    pub(super) has_condition: bool,
    pub(super) has_breakdown: bool,
    pub(super) serial: Option<String>,
    /// The number of a file with the buyer's own words or pictures on it.
    pub(super) customisation: Option<String>,
    /// A message, and how it is wrapped.
    pub(super) gift: Option<(&'static str, &'static str)>,
    pub(super) is_signed_for: bool,
    /// Of one that is cancelled: whether the buyer wanted it.
    pub(super) is_cancelled_by_buyer: bool,
}

impl Item {
    pub(super) fn all(order: &Order, count: u64) -> Vec<Self> {
        let mut ids = order.random.branch("item ids");
        // Three digits of the marketplace, ten of this order, one of the item: unique in its order.
        let stem = format!("{}{:010}", order.market.order_prefix, ids.below(10_000_000_000));
        let stream = order.random.branch("item");
        (0..count)
            .map(|number| {
                let is_last = number + 1 == count;
                Self::new(order, format!("{stem}{number}"), is_last, stream.at(number))
            })
            .collect()
    }

    fn new(order: &Order, id: String, is_last: bool, mut random: Random) -> Self {
        let quantity = if random.chance(80) { 1 } else { random.below(3) + 2 };
        let charset = order.charset;
        let is_gift = random.chance(12);
        Self {
            id,
            quantity,
            price: random.below(9_000) + 499,
            fulfilled: match order.status {
                Status::Shipped => quantity,
                Status::PartiallyShipped if !is_last => quantity,
                _ => 0,
            },
            asin: filled("B0TEST####", &mut random),
            title: charset.text(&mut random, order.market.titles),
            sku: filled("SKU-####-##", &mut random),
            has_condition: random.chance(20),
            has_breakdown: random.chance(20),
            serial: (order.status.has_shipped() && random.chance(5))
                .then(|| filled("SN-########", &mut random)),
            customisation: random
                .chance(4)
                .then(|| format!("https://custom.example/view/{:09}.zip", random.below(1_000_000_000))),
            gift: is_gift.then(|| {
                (charset.text(&mut random, order.market.gifts), random.text(&["STANDARD", "PREMIUM"]))
            }),
            is_signed_for: random.chance(5),
            is_cancelled_by_buyer: random.chance(60),
        }
    }

    /// In the smallest unit of its money.
    pub(super) fn cost(&self) -> u64 {
        self.quantity * self.price
    }
}

/// A parcel.
pub(super) struct Package {
    pub(super) shipped: Timestamp,
    pub(super) created: Timestamp,
    pub(super) status: &'static str,
    pub(super) detail: &'static str,
    pub(super) carrier: &'static str,
    pub(super) service: &'static str,
    pub(super) tracking: String,
    pub(super) has_sender: bool,
    /// The ids of its items, and how many of each.
    pub(super) items: Vec<(String, u64)>,
}

impl Package {
    /// Those of a merchant, since Amazon does not show its own.
    pub(super) fn all(order: &Order) -> Vec<Self> {
        if order.by_amazon || !order.status.has_shipped() {
            return Vec::new();
        }
        let stream = order.random.branch("packages");
        let sent: Vec<_> = order
            .items
            .iter()
            .filter(|item| item.fulfilled > 0)
            .map(|item| (item.id.clone(), item.fulfilled))
            .collect();
        // Each item in a parcel of its own, or all in one.
        let apart = sent.len() > 1 && stream.branch("apart").chance(40);
        let parcels: Vec<_> = if apart { sent.chunks(1).map(<[_]>::to_vec).collect() } else { vec![sent] };
        (0..).zip(parcels).map(|(number, items)| Self::new(order, number, items, stream.at(number))).collect()
    }

    fn new(order: &Order, number: u64, items: Vec<(String, u64)>, mut random: Random) -> Self {
        // A later parcel leaves later, though never after the order's last update.
        let later = i64::try_from(number).unwrap_or(0) * 5 * HOUR_SECONDS;
        let shipped = saturating_add(order.shipped, later).min(order.updated);
        let (status, detail) = progress(shipped, order.updated, &mut random);
        let (carrier, service) = random.pick(order.market.carriers, ("", ""));
        let is_written = order.charset.carries(carrier) && order.charset.carries(service);
        let (carrier, service) = if is_written { (carrier, service) } else { ("Sample Post", "Standard") };
        Self {
            shipped,
            created: saturating_add(shipped, -HOUR_SECONDS).max(order.created),
            status,
            detail,
            carrier,
            service,
            tracking: filled("TEST0000########", &mut random),
            has_sender: random.chance(10),
            items,
        }
    }
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
