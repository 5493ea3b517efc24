//! One synthetic order: what happens to it and when, who ordered what, and where it goes. Everything is drawn here, so
//! that it is the same order in whatever format it is written.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;
use serde::{Deserialize, Serialize};

use super::address::{Address, Person, Phone, filled};
use super::charset::Charset;
use super::items::{Item, Package};
use super::market::Market;
use super::mess::Mess;
use super::random::Random;

pub(super) const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 24 * HOUR_SECONDS;

/// How far back orders go.
const ORDERS_DAYS: i64 = 20;

/// Which version of an order a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// From before the last thing happened to it.
    Older,
    /// As it is.
    Current,
    /// A later one, with a corrected address.
    Newer,
}

/// `fulfillment.fulfillmentStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    PendingAvailability,
    Pending,
    Unshipped,
    PartiallyShipped,
    Shipped,
    Cancelled,
    Unfulfillable,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::PendingAvailability,
        Self::Pending,
        Self::Unshipped,
        Self::PartiallyShipped,
        Self::Shipped,
        Self::Cancelled,
        Self::Unfulfillable,
    ];

    /// The one that Orders 2026-01-01 calls so.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    fn draw(random: &mut Random) -> Self {
        match random.below(100) {
            0..=2 => Self::PendingAvailability,
            3..=8 => Self::Pending,
            9..=26 => Self::Unshipped,
            27..=33 => Self::PartiallyShipped,
            34..=89 => Self::Shipped,
            90..=95 => Self::Cancelled,
            _ => Self::Unfulfillable,
        }
    }

    /// As Orders 2026-01-01 has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::PendingAvailability => "PENDING_AVAILABILITY",
            Self::Pending => "PENDING",
            Self::Unshipped => "UNSHIPPED",
            Self::PartiallyShipped => "PARTIALLY_SHIPPED",
            Self::Shipped => "SHIPPED",
            Self::Cancelled => "CANCELLED",
            Self::Unfulfillable => "UNFULFILLABLE",
        }
    }

    /// As Orders v0 and the reports have it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::PendingAvailability => "PendingAvailability",
            Self::Pending => "Pending",
            Self::Unshipped => "Unshipped",
            Self::PartiallyShipped => "PartiallyShipped",
            Self::Shipped => "Shipped",
            Self::Cancelled => "Canceled",
            Self::Unfulfillable => "Unfulfillable",
        }
    }

    /// Until payment is authorised, Amazon shows neither address nor name.
    pub(super) fn is_pending(self) -> bool {
        matches!(self, Self::PendingAvailability | Self::Pending)
    }

    pub(super) fn has_shipped(self) -> bool {
        matches!(self, Self::PartiallyShipped | Self::Shipped)
    }

    /// What it was before.
    fn earlier(self) -> Self {
        match self {
            Self::PendingAvailability => self,
            Self::Pending | Self::Unshipped => Self::Pending,
            _ => Self::Unshipped,
        }
    }
}

/// What the buyer asked for at the door.
pub(super) struct Preference {
    pub(super) drop_off: &'static str,
    pub(super) instruction: &'static str,
}

/// How it was paid.
pub(super) struct Payment {
    pub(super) method: &'static str,
    pub(super) acquirer: String,
    pub(super) card_brand: Option<&'static str>,
    pub(super) authorisation: String,
}

/// An order as of one moment.
pub(super) struct Order {
    pub(super) id: String,
    pub(super) market: &'static Market,
    pub(super) status: Status,
    pub(super) by_amazon: bool,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    /// When the first parcel left, if one has.
    pub(super) shipped: Timestamp,
    pub(super) items: Vec<Item>,
    pub(super) packages: Vec<Package>,
    pub(super) company: Option<&'static str>,
    pub(super) person: Person,
    pub(super) address: Address,
    pub(super) phone: Phone,
    /// The seller's own number of the order.
    pub(super) alias: Option<String>,
    pub(super) is_prime: bool,
    /// Another order, and what that is to this one.
    pub(super) associated: Option<(String, &'static str)>,
    pub(super) purchase_order: String,
    pub(super) preference: Option<Preference>,
    pub(super) payment: Option<Payment>,
    /// The kind and number of a tax registration.
    pub(super) tax: Option<(&'static str, String)>,
    pub(super) level: &'static str,
    /// Whether a day of delivery was promised.
    pub(super) is_promised: bool,
    pub(super) mess: Option<Mess>,
    /// Which letters are left to those texts that lose some.
    pub(super) charset: Charset,
    pub(super) random: Random,
}

/// What an order is drawn from.
#[derive(Clone, Copy)]
pub(super) struct Draw<'a> {
    pub(super) markets: &'a [&'static Market],
    pub(super) charset: Charset,
    pub(super) now: Timestamp,
    /// Whether all orders are such as have been shown with their address and been shipped by the merchant.
    pub(super) with_address: bool,
    pub(super) fixed: Fixed,
}

/// What of an order is decided already; the rest is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fixed {
    pub(super) status: Option<Status>,
    pub(super) by_amazon: Option<bool>,
    pub(super) items: Option<u64>,
}

impl Order {
    pub(super) fn new(stream: Random, draw: Draw<'_>, version: Version, mess: Option<Mess>) -> Self {
        let mut random = stream.branch("order");
        let market = random.pick(draw.markets, super::market::likeliest());
        // A mess of the address needs an order that shows one, phone number and all.
        let needs_address = mess.is_some_and(Mess::is_of_the_address) || draw.with_address;
        let status = if needs_address { Status::Unshipped } else { Status::draw(&mut random) };
        let status = draw.fixed.status.unwrap_or(status);
        let by_amazon = status == Status::Unfulfillable || (random.chance(25) && !needs_address);
        let by_amazon = draw.fixed.by_amazon.unwrap_or(by_amazon);
        let (age, until_shipped, until_updated) = ages(status, &mut random);
        let created = saturating_add(draw.now, -age);
        // Of a single item nothing can be partly shipped.
        let needs_rows = mess.is_some_and(Mess::needs_rows);
        let one_item = random.chance(88) && status != Status::PartiallyShipped && !needs_rows;
        let items = if one_item { 1 } else { random.below(2) + 2 };
        let items = draw.fixed.items.unwrap_or(items);
        let (status, until_updated) = match version {
            Version::Older => (status.earlier(), until_updated.min(until_shipped) / 2),
            Version::Current => (status, until_updated),
            Version::Newer => (status, age.min(until_updated + HOUR_SECONDS)),
        };
        let company = random.chance(12).then(|| random.text(market.companies));
        let id = format!("{}-{}-{}", market.order_prefix, seven(&mut random), seven(&mut random));
        let names = if mess == Some(Mess::LostLetters) { Charset::Utf8 } else { draw.charset };
        let person = Person::new(market, names, stream.branch("person"));
        let at_home = mess == Some(Mess::PhoneStyle);
        let phone = Phone::new(&person.phone, market, at_home, &mut stream.branch("phone"));
        let mut head = stream.branch("head");
        let mut order = Self {
            id,
            market,
            status,
            by_amazon,
            created,
            updated: saturating_add(created, until_updated),
            shipped: saturating_add(created, until_shipped),
            items: Vec::new(),
            packages: Vec::new(),
            company,
            address: Address::new(market, version == Version::Newer, stream.branch("address")),
            person,
            phone,
            alias: head.chance(20).then(|| format!("{}-SHOP-{}", market.country, head.below(1_000_000))),
            is_prime: head.chance(35),
            associated: head.chance(3).then(|| associated(market, &mut head)),
            purchase_order: format!("PO-{}", stream.branch("buyer").between(1000, 99_999)),
            preference: preference(market, draw.charset, stream.branch("recipient")),
            payment: payment(market, stream.branch("payment")),
            tax: tax(market, company, stream.branch("tax")),
            level: stream.branch("level").text(&["STANDARD", "EXPEDITED", "SECOND_DAY", "FREE_ECONOMY"]),
            is_promised: stream.branch("promise").chance(35),
            mess,
            charset: draw.charset,
            random: stream,
        };
        order.items = Item::all(&order, items);
        order.packages = Package::all(&order);
        order
    }

    /// What the order costs, in the smallest unit of its money.
    pub(super) fn total(&self) -> u64 {
        self.items.iter().map(Item::cost).sum()
    }

    /// A sum of money in decimal.
    pub(super) fn amount(&self, cents: u64) -> String {
        if self.market.cents { format!("{}.{:02}", cents / 100, cents % 100) } else { cents.to_string() }
    }

    /// Whether Amazon shows the phone number, as it does to those who ship themselves.
    pub(super) fn shows_phone(&self) -> bool {
        !self.by_amazon
    }

    /// The name of the order in a format that must name it, as the mess has it.
    pub(super) fn shown_id(&self) -> Option<String> {
        match self.mess {
            Some(Mess::NoOrderId) => None,
            Some(Mess::UnusableOrderId) => Some(self.id.replace('-', " / ")),
            _ => Some(self.id.clone()),
        }
    }

    /// The mail address as the mess would have it.
    pub(super) fn shown_mail(&self) -> String {
        if self.mess == Some(Mess::EmailStyle) {
            let (local, domain) = self.person.mail.split_once('@').unwrap_or((&self.person.mail, ""));
            return format!(" {local}@{} ", domain.to_ascii_uppercase());
        }
        self.person.mail.clone()
    }

    /// An instant as this order's mess has it: at all, and how.
    pub(super) fn shown_time(&self, instant: Timestamp) -> Option<String> {
        match self.mess {
            Some(Mess::MissingDates) => None,
            Some(Mess::OddDates) if self.id.ends_with(['0', '2', '4', '6', '8']) => {
                Some("1.569521782042E9".to_owned())
            }
            Some(Mess::OddDates) => Some("1970-01-19T03:58:30Z".to_owned()),
            _ => Some(instant.to_string()),
        }
    }
}

/// How long ago it was made, and after how long it was shipped and last changed.
fn ages(status: Status, random: &mut Random) -> (i64, i64, i64) {
    // What has shipped is at least half a day old; what is pending is young.
    let (youngest, oldest) = match status {
        Status::Shipped | Status::PartiallyShipped => (DAY_SECONDS / 2, ORDERS_DAYS * DAY_SECONDS),
        Status::Pending => (0, 2 * DAY_SECONDS),
        Status::Unshipped => (HOUR_SECONDS, 4 * DAY_SECONDS),
        _ => (HOUR_SECONDS, ORDERS_DAYS * DAY_SECONDS),
    };
    let age = random.between(youngest, oldest - 1);
    let until_shipped = random.between(age.min(2 * HOUR_SECONDS), (age - HOUR_SECONDS).min(3 * DAY_SECONDS));
    let until_updated = if status.has_shipped() {
        random.between(until_shipped, age.min(until_shipped + 4 * DAY_SECONDS))
    } else {
        random.between(0, age.min(2 * DAY_SECONDS))
    };
    (age, until_shipped, until_updated)
}

fn associated(market: &Market, random: &mut Random) -> (String, &'static str) {
    let id = format!("{}-{}-{}", market.order_prefix, seven(random), seven(random));
    (id, random.text(&["REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"]))
}

fn preference(market: &Market, charset: Charset, mut random: Random) -> Option<Preference> {
    random.chance(9).then(|| Preference {
        drop_off: random.text(&["Front door", "Garage", "Mail room"]),
        instruction: charset.text(&mut random, market.instructions),
    })
}

fn payment(market: &Market, mut random: Random) -> Option<Payment> {
    let method = match market.country {
        "JP" => random.text(&["ConvenienceStore", "CashOnDelivery"]),
        "BR" => random.text(&["Pix", "CreditCard"]),
        _ => return None,
    };
    random.chance(60).then(|| Payment {
        method,
        acquirer: filled("00.000.000/0001-##", &mut random),
        card_brand: (method == "CreditCard").then(|| random.text(&["Visa", "Mastercard"])),
        authorisation: filled("A######", &mut random),
    })
}

fn tax(market: &Market, company: Option<&str>, mut random: Random) -> Option<(&'static str, String)> {
    let (kind, pattern) = match (market.country, company) {
        ("BR", None) => ("CPF", "000.000.###-##"),
        ("BR", Some(_)) => ("CNPJ", "00.000.###/0001-##"),
        (_, Some(_)) => market.vat?,
        _ => return None,
    };
    Some((kind, filled(pattern, &mut random)))
}

pub(super) fn seven(random: &mut Random) -> String {
    format!("{:07}", random.below(10_000_000))
}
