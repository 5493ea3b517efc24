//! The formats in which synthetic orders are written.

use super::easy_ship;
use super::market::Market;
use super::mess::Mess;
use super::order::Order;
use super::own;
use super::report::{REPORTS, Report};
use super::shipments;

/// A format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Orders 2026-01-01.
    #[default]
    Orders,
    /// Orders v0, as `getOrders` answers them.
    OrdersV0,
    /// Orders v0, as the six answers that each hold a part of an order, shuffled.
    OrdersV0Answers,
    /// Vendor direct fulfilment orders v1.
    VendorV1,
    /// Vendor direct fulfilment orders 2021-12-28.
    Vendor2021,
    /// Multi-channel fulfilment.
    Outbound,
    /// External fulfilment.
    External,
    /// Merchant fulfilment.
    Merchant,
    /// Shipment invoicing.
    Invoicing,
    /// Easy Ship.
    EasyShip,
    /// A seller's own export in JSON.
    ShopOrders,
    /// An order report in XML.
    OrderReport(Part),
    /// A report, or a seller's own spreadsheet.
    Table(&'static Report),
}

/// For whom an order report is; all say the same here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Who ships.
    Shipping,
    /// Who invoices.
    Invoicing,
    /// Who pays taxes.
    Tax,
}

/// How documents of a JSON format stand in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// One per line.
    #[default]
    Lines,
    /// Pages as the API answers them, a hundred orders each.
    Page,
    /// The same, written for people; XML, too.
    Pretty,
}

impl Shape {
    /// Every shape with its name.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("lines", Self::Lines), ("page", Self::Page), ("pretty", Self::Pretty)];

    /// The shape of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(one, _)| *one == name).map(|(_, shape)| *shape)
    }
}

impl Format {
    /// Formats of JSON and XML.
    const TREES: &'static [(&'static str, Self)] = &[
        ("orders-2026-01-01", Self::Orders),
        ("orders-v0", Self::OrdersV0),
        ("orders-v0-answers", Self::OrdersV0Answers),
        ("vendor-direct-fulfillment-orders-v1", Self::VendorV1),
        ("vendor-direct-fulfillment-orders-2021-12-28", Self::Vendor2021),
        ("fulfillment-outbound-2020-07-01", Self::Outbound),
        ("external-fulfillment-2024-09-11", Self::External),
        ("merchant-fulfillment-v0", Self::Merchant),
        ("shipment-invoicing-v0", Self::Invoicing),
        ("easy-ship-2022-03-23", Self::EasyShip),
        ("shop-orders", Self::ShopOrders),
        ("GET_ORDER_REPORT_DATA_SHIPPING", Self::OrderReport(Part::Shipping)),
        ("GET_ORDER_REPORT_DATA_INVOICING", Self::OrderReport(Part::Invoicing)),
        ("GET_ORDER_REPORT_DATA_TAX", Self::OrderReport(Part::Tax)),
    ];

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// Every format.
    pub fn all() -> impl Iterator<Item = Self> {
        let tables = REPORTS.iter().copied().map(Self::Table);
        Self::TREES.iter().map(|(_, format)| *format).chain(tables)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        if let Self::Table(report) = self {
            return report.name;
        }
        Self::TREES.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// The name of the format that reads it.
    pub fn reads_as(self) -> &'static str {
        match self {
            Self::OrdersV0 | Self::OrdersV0Answers => "orders-v0",
            Self::VendorV1 | Self::Vendor2021 => "vendor-direct-fulfillment-orders",
            Self::OrderReport(_) => "order-report-xml",
            Self::Table(report) => report.reads_as,
            _ => self.name(),
        }
    }

    /// What its documents are about.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Outbound | Self::External | Self::Merchant | Self::Invoicing | Self::EasyShip => "shipment",
            Self::Table(report) => report.kind,
            _ => "order",
        }
    }

    /// Whether its documents are of orders that a merchant has been shown with their addresses.
    pub(super) fn has_address(self) -> bool {
        match self {
            Self::Orders | Self::OrdersV0 | Self::OrdersV0Answers => false,
            Self::Table(report) => !report.has_every_status(),
            _ => true,
        }
    }

    /// Whether a marketplace has it.
    pub(super) fn is_of(self, market: &Market) -> bool {
        self != Self::EasyShip || easy_ship::COUNTRIES.contains(&market.country)
    }

    /// The mapping file that reads a seller's own export of this format.
    pub fn own_mapping(self) -> Option<&'static str> {
        match self {
            Self::ShopOrders => Some(own::MAPPING_OF_LINES),
            Self::Table(report) if report.reads_as == "shop-export" => Some(own::MAPPING),
            _ => None,
        }
    }

    /// How a document of it is named, where not by its order's id.
    pub(super) fn reference(self) -> Option<fn(&Order) -> String> {
        match self {
            Self::VendorV1 | Self::Vendor2021 => Some(shipments::purchase_order),
            Self::Outbound => Some(|order| format!("MCF-{}", order.id)),
            Self::External => Some(|order| format!("EF-{}", order.id)),
            Self::Merchant => Some(|order| format!("mf-{}", order.id)),
            Self::Invoicing => Some(|order| format!("F{}", order.id)),
            Self::EasyShip => Some(|order| format!("es-{}", order.id)),
            Self::Orders
            | Self::OrdersV0
            | Self::OrdersV0Answers
            | Self::ShopOrders
            | Self::OrderReport(_)
            | Self::Table(_) => None,
        }
    }

    /// What stands around a single document.
    pub(super) fn wrap(self) -> (&'static str, &'static str) {
        match self {
            Self::VendorV1 | Self::Merchant | Self::Invoicing => ("{\"payload\":", "}\n"),
            _ => ("", "\n"),
        }
    }

    /// What stands around the orders of a page.
    pub(super) fn page(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Orders => Some(("{\"orders\":[", "],\"pagination\":{\"nextToken\":\"c3ludGhldGlj\"}}\n")),
            Self::OrdersV0 => Some(("{\"payload\":{\"Orders\":[", "],\"NextToken\":\"c3ludGhldGlj\"}}\n")),
            Self::VendorV1 => Some(("{\"payload\":{\"orders\":[", "]}}\n")),
            Self::Vendor2021 => Some(("{\"orders\":[", "]}\n")),
            Self::External => {
                Some(("{\"shipments\":[", "],\"pagination\":{\"nextToken\":\"c3ludGhldGlj\"}}\n"))
            }
            Self::EasyShip => Some(("{\"scheduledPackages\":[", "]}\n")),
            Self::OrdersV0Answers
            | Self::Outbound
            | Self::Merchant
            | Self::Invoicing
            | Self::ShopOrders
            | Self::OrderReport(_)
            | Self::Table(_) => None,
        }
    }

    /// What is done to documents of it in a shape.
    pub fn mess(self, shape: Shape) -> Vec<Mess> {
        if let Self::Table(report) = self {
            return Mess::OF_TABLES.iter().copied().filter(|mess| report.fits(*mess)).collect();
        }
        if let Self::OrderReport(_) = self {
            return Mess::OF_XML.to_vec();
        }
        let fits = |mess: &Mess| match mess {
            // Within a page it would break those behind it too.
            Mess::Truncated => shape == Shape::Lines,
            mess if self == Self::EasyShip => easy_ship::fits(*mess),
            Mess::UnknownField => self != Self::OrdersV0Answers,
            Mess::Partial => !self.has_address(),
            Mess::EmailStyle => !self.has_address(),
            _ => true,
        };
        Mess::ALL.iter().copied().filter(fits).collect()
    }
}
