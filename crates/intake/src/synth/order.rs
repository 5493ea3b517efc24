//! One synthetic order: first what happens to it and when, then its document as of one moment.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::address::{Address, Person, filled};
use super::items;
use super::json::Writer;
use super::market::{MARKETS, Market, US};
use super::mess::Mess;
use super::random::Random;

const HOUR_SECONDS: i64 = 3600;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    fn as_str(self) -> &'static str {
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

    /// Until payment is authorised, Amazon shows neither address nor name.
    fn is_pending(self) -> bool {
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
    pub(super) items: u64,
    pub(super) company: Option<&'static str>,
    pub(super) mess: Option<Mess>,
    pub(super) random: Random,
    person: Person,
    version: Version,
}

impl Order {
    pub(super) fn new(stream: Random, now: Timestamp, version: Version, mess: Option<Mess>) -> Self {
        let mut random = stream.branch("order");
        let market = random.pick(&MARKETS, &US);
        // A mess of the address needs an order that shows one, phone number and all.
        let needs_address = mess.is_some_and(Mess::is_of_the_address);
        let status = if needs_address { Status::Unshipped } else { Status::draw(&mut random) };
        let by_amazon = status == Status::Unfulfillable || (random.chance(25) && !needs_address);
        // What has shipped is at least half a day old; what is pending is young.
        let (youngest, oldest) = match status {
            Status::Shipped | Status::PartiallyShipped => (DAY_SECONDS / 2, ORDERS_DAYS * DAY_SECONDS),
            Status::Pending => (0, 2 * DAY_SECONDS),
            Status::Unshipped => (HOUR_SECONDS, 4 * DAY_SECONDS),
            _ => (HOUR_SECONDS, ORDERS_DAYS * DAY_SECONDS),
        };
        let age = random.between(youngest, oldest - 1);
        let created = saturating_add(now, -age);
        let until_shipped =
            random.between(age.min(2 * HOUR_SECONDS), (age - HOUR_SECONDS).min(3 * DAY_SECONDS));
        let until_updated = if status.has_shipped() {
            random.between(until_shipped, age.min(until_shipped + 4 * DAY_SECONDS))
        } else {
            random.between(0, age.min(2 * DAY_SECONDS))
        };
        // Of a single item nothing can be partly shipped.
        let one_item = random.chance(88) && status != Status::PartiallyShipped;
        let items = if one_item { 1 } else { random.below(2) + 2 };
        let (status, until_updated) = match version {
            Version::Older => (status.earlier(), until_updated.min(until_shipped) / 2),
            Version::Current => (status, until_updated),
            Version::Newer => (status, age.min(until_updated + HOUR_SECONDS)),
        };
        let company = random.chance(12).then(|| random.text(market.companies));
        Self {
            id: format!("{}-{}-{}", market.order_prefix, seven(&mut random), seven(&mut random)),
            market,
            status,
            by_amazon,
            created,
            updated: saturating_add(created, until_updated),
            shipped: saturating_add(created, until_shipped),
            items,
            company,
            mess,
            random: stream,
            person: Person::new(market, stream.branch("person")),
            version,
        }
    }

    /// The document.
    pub(super) fn write(&self) -> String {
        let mut out = Writer::new();
        out.object("", |out| {
            self.head(out);
            if self.mess != Some(Mess::Partial) {
                self.channel(out);
            }
            self.buyer(out);
            if !self.status.is_pending() {
                self.recipient(out);
            }
            if self.mess != Some(Mess::Partial) {
                self.money(out);
                self.tax(out);
                self.fulfillment(out);
                items::items(self, out);
                items::packages(self, out);
            }
            if self.mess == Some(Mess::UnknownField) {
                out.object("loyaltyDetails", |out| {
                    out.string("memberNickname", &self.person.name);
                    out.integer("memberLevel", 3);
                });
            }
        });
        out.finish()
    }

    /// An instant as this order's mess has it.
    pub(super) fn time(&self, out: &mut Writer, key: &str, instant: Timestamp) {
        match self.mess {
            Some(Mess::MissingDates) => {}
            Some(Mess::OddDates) if self.id.ends_with(['0', '2', '4', '6', '8']) => {
                out.string(key, "1.569521782042E9");
            }
            Some(Mess::OddDates) => out.string(key, "1970-01-19T03:58:30Z"),
            _ => out.written(key, instant),
        }
    }

    /// A span around an instant, in hours from it.
    pub(super) fn window(&self, out: &mut Writer, key: &str, around: Timestamp, hours: (i64, i64)) {
        out.object(key, |out| {
            self.time(out, "earliestDateTime", saturating_add(around, hours.0 * HOUR_SECONDS));
            self.time(out, "latestDateTime", saturating_add(around, hours.1 * HOUR_SECONDS));
        });
    }

    pub(super) fn amount(&self, out: &mut Writer, key: &str, cents: u64) {
        out.object(key, |out| {
            if self.market.cents {
                out.written("amount", format_args!("{}.{:02}", cents / 100, cents % 100));
            } else {
                out.written("amount", cents);
            }
            out.string("currencyCode", self.market.currency);
        });
    }

    fn head(&self, out: &mut Writer) {
        let mut random = self.random.branch("head");
        match self.mess {
            Some(Mess::NoOrderId) => {}
            Some(Mess::UnusableOrderId) => out.string("orderId", &self.id.replace('-', " / ")),
            _ => out.string("orderId", &self.id),
        }
        if random.chance(20) {
            out.list("orderAliases", |out| {
                out.object("", |out| {
                    out.written(
                        "aliasId",
                        format_args!("{}-SHOP-{}", self.market.country, random.below(1_000_000)),
                    );
                    out.string("aliasType", "SELLER_ORDER_ID");
                });
            });
        }
        self.time(out, "createdTime", self.created);
        self.time(out, "lastUpdatedTime", self.updated);
        if self.mess == Some(Mess::DuplicateKey) {
            out.written("lastUpdatedTime", self.created);
        }
        let programs = [("PRIME", random.chance(35)), ("AMAZON_BUSINESS", self.company.is_some())];
        if programs.iter().any(|(_, has)| *has) {
            out.list("programs", |out| {
                programs.iter().filter(|(_, has)| *has).for_each(|(program, _)| out.string("", program));
            });
        }
        if random.chance(3) {
            out.list("associatedOrders", |out| {
                out.object("", |out| {
                    let (first, second) = (seven(&mut random), seven(&mut random));
                    out.written("orderId", format_args!("{}-{first}-{second}", self.market.order_prefix));
                    out.string(
                        "associationType",
                        random.text(&["REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"]),
                    );
                });
            });
        }
    }

    fn channel(&self, out: &mut Writer) {
        out.object("salesChannel", |out| {
            out.string("channelName", "AMAZON");
            out.string("marketplaceId", self.market.id);
            out.string("marketplaceName", self.market.name);
        });
    }

    fn buyer(&self, out: &mut Writer) {
        let mut random = self.random.branch("buyer");
        out.object("buyer", |out| {
            if !self.status.is_pending() {
                out.string("buyerName", &self.person.name);
            }
            out.string("buyerEmail", &self.person.dressed_mail(self.mess));
            if let Some(company) = self.company {
                out.string("buyerCompanyName", company);
                out.written("buyerPurchaseOrderNumber", format_args!("PO-{}", random.between(1000, 99_999)));
            }
        });
    }

    fn recipient(&self, out: &mut Writer) {
        let mut random = self.random.branch("recipient");
        out.object("recipient", |out| {
            if self.mess == Some(Mess::WrongStructure) {
                out.string("deliveryAddress", &self.person.name);
                return;
            }
            self.address(!self.by_amazon).write(out, "deliveryAddress", self.random.branch("address"));
            if !random.chance(9) {
                return;
            }
            out.object("deliveryPreference", |out| {
                out.string("dropOffLocation", random.text(&["Front door", "Garage", "Mail room"]));
                out.string("addressInstruction", random.text(self.market.instructions));
                if self.company.is_some() {
                    business_hours(out);
                }
            });
        });
    }

    pub(super) fn address(&self, with_phone: bool) -> Address<'_> {
        Address {
            market: self.market,
            person: &self.person,
            company: self.company,
            with_phone,
            corrected: self.version == Version::Newer,
            mess: self.mess,
        }
    }

    fn money(&self, out: &mut Writer) {
        let mut random = self.random.branch("payment");
        out.object("proceeds", |out| self.amount(out, "grandTotal", items::total(self)));
        let method = match self.market.country {
            "JP" => random.text(&["ConvenienceStore", "CashOnDelivery"]),
            "BR" => random.text(&["Pix", "CreditCard"]),
            _ => return,
        };
        if !random.chance(60) {
            return;
        }
        out.object("payment", |out| {
            out.list("paymentExecutions", |out| {
                out.object("", |out| {
                    out.string("paymentMethod", method);
                    self.amount(out, "paymentAmount", items::total(self));
                    if self.market.country == "BR" {
                        out.string("acquirerId", &filled("00.000.000/0001-##", &mut random));
                        if method == "CreditCard" {
                            out.string("cardBrand", random.text(&["Visa", "Mastercard"]));
                        }
                        out.string("authorizationCode", &filled("A######", &mut random));
                    }
                });
            });
        });
    }

    fn tax(&self, out: &mut Writer) {
        let mut random = self.random.branch("tax");
        let (kind, pattern) = match (self.market.country, self.company) {
            ("BR", None) => ("CPF", "000.000.###-##"),
            ("BR", Some(_)) => ("CNPJ", "00.000.###/0001-##"),
            ("DE", Some(_)) => ("VAT", "DE0000#####"),
            ("FR", Some(_)) => ("VAT", "FR000000#####"),
            ("IN", Some(_)) => ("BUSINESS", "00AAAAA####A1Z#"),
            _ => return,
        };
        out.object("tax", |out| {
            out.list("taxRegistrations", |out| {
                out.object("", |out| {
                    out.string("entityType", "BUYER");
                    out.string("legalName", self.company.unwrap_or(&self.person.name));
                    out.string("taxRegistrationType", kind);
                    out.string("taxRegistrationNumber", &filled(pattern, &mut random));
                    if self.company.is_some()
                        && !self.status.is_pending()
                        && self.mess != Some(Mess::WrongStructure)
                    {
                        self.address(false).write(
                            out,
                            "taxRegistrationAddress",
                            self.random.branch("address"),
                        );
                    }
                });
            });
            if self.market.country == "BR" {
                out.object("taxInvoicing", |out| out.string("invoiceStatus", "NOT_FOUND"));
            }
        });
    }

    fn fulfillment(&self, out: &mut Writer) {
        out.object("fulfillment", |out| {
            out.string("fulfillmentStatus", self.status.as_str());
            out.string("fulfilledBy", if self.by_amazon { "AMAZON" } else { "MERCHANT" });
            let level =
                self.random.branch("level").text(&["STANDARD", "EXPEDITED", "SECOND_DAY", "FREE_ECONOMY"]);
            out.string("fulfillmentServiceLevel", level);
            self.window(out, "shipByWindow", self.created, (2, 74));
            if self.random.branch("promise").chance(35) {
                self.window(out, "deliverByWindow", self.created, (48, 168));
            }
        });
    }
}

fn business_hours(out: &mut Writer) {
    out.object("deliveryTime", |out| {
        out.list("businessHours", |out| {
            for day in ["MON", "WED", "FRI"] {
                out.object("", |out| {
                    out.string("dayOfWeek", day);
                    out.list("timeWindows", |out| {
                        out.object("", |out| {
                            for (key, hour) in [("startTime", 9), ("endTime", 17)] {
                                out.object(key, |out| {
                                    out.integer("hour", hour);
                                    out.integer("minute", 0);
                                });
                            }
                        });
                    });
                });
            }
        });
    });
    out.list("deliveryCapabilities", |out| out.string("", "HAS_ACCESS_POINT"));
}

fn seven(random: &mut Random) -> String {
    format!("{:07}", random.below(10_000_000))
}
