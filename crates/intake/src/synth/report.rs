//! The tables that are written: reports, and a seller's own spreadsheet.

use super::items::Item;
use super::mess::Mess;
use super::order::Order;
use super::table::{Dialect, Sheet};
use super::{columns, own, reports, returns};

/// A table.
#[derive(Debug)]
pub struct Report {
    pub(super) name: &'static str,
    /// The format that reads it.
    pub(super) reads_as: &'static str,
    pub(super) kind: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) dialect: Dialect,
    /// Writes the row of an item.
    pub(super) write: fn(&Order, &Item, &mut Sheet<'_>),
}

impl PartialEq for Report {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Report {}

impl Report {
    /// Whether it tells of orders of every status, not of those alone that a merchant has been shown.
    pub(super) fn has_every_status(&self) -> bool {
        self.reads_as == "all-orders-report"
    }

    /// Whether its columns are called otherwise in other marketplaces.
    pub(super) fn is_localised(&self) -> bool {
        self.reads_as == "returns-report"
    }

    /// What can be done to its rows.
    pub(super) fn fits(&self, mess: Mess) -> bool {
        let has = |column: &str| self.columns.contains(&column);
        let is_own = self.reads_as == "shop-export";
        if self.kind == "return" && !returns::fits(mess) {
            return false;
        }
        match mess {
            Mess::RowsDisagree => has("recipient-name") || is_own,
            Mess::PhoneStyle => has("ship-phone-number") || is_own,
            Mess::EmailStyle => has("buyer-email") || is_own,
            Mess::CountryStyle => has("ship-country") || has("Ship To Country") || is_own,
            Mess::DecimalComma => self.dialect != Dialect::Commas,
            _ => true,
        }
    }
}

static FLAT_FILE_ORDER_REPORT_DATA_SHIPPING: Report = Report {
    name: "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING",
    reads_as: "order-report",
    kind: "order",
    columns: columns::ORDER_REPORT,
    dialect: Dialect::Tabs,
    write: reports::order,
};

static FLAT_FILE_ORDER_REPORT_DATA_INVOICING: Report = Report {
    name: "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING",
    reads_as: "order-report",
    kind: "order",
    columns: columns::ORDER_REPORT,
    dialect: Dialect::Tabs,
    write: reports::order,
};

static FLAT_FILE_ORDER_REPORT_DATA_TAX: Report = Report {
    name: "GET_FLAT_FILE_ORDER_REPORT_DATA_TAX",
    reads_as: "order-report",
    kind: "order",
    columns: columns::ORDER_REPORT,
    dialect: Dialect::Tabs,
    write: reports::order,
};

static FLAT_FILE_ORDERS_RECONCILIATION_DATA_SHIPPING: Report = Report {
    name: "GET_FLAT_FILE_ORDERS_RECONCILIATION_DATA_SHIPPING",
    reads_as: "order-report",
    kind: "order",
    columns: columns::ORDER_REPORT,
    dialect: Dialect::Tabs,
    write: reports::order,
};

static FLAT_FILE_ORDERS_RECONCILIATION_DATA_INVOICING: Report = Report {
    name: "GET_FLAT_FILE_ORDERS_RECONCILIATION_DATA_INVOICING",
    reads_as: "order-report",
    kind: "order",
    columns: columns::ORDER_REPORT,
    dialect: Dialect::Tabs,
    write: reports::order,
};

static FLAT_FILE_ORDERS_RECONCILIATION_DATA_TAX: Report = Report {
    name: "GET_FLAT_FILE_ORDERS_RECONCILIATION_DATA_TAX",
    reads_as: "order-report",
    kind: "order",
    columns: columns::ORDER_REPORT,
    dialect: Dialect::Tabs,
    write: reports::order,
};

static FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING: Report = Report {
    name: "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
    reads_as: "unshipped-orders-report",
    kind: "order",
    columns: columns::UNSHIPPED,
    dialect: Dialect::Tabs,
    write: reports::unshipped,
};

static AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL: Report = Report {
    name: "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
    reads_as: "fba-shipments-report",
    kind: "order",
    columns: columns::FBA_SHIPMENTS,
    dialect: Dialect::Tabs,
    write: reports::fba_shipment,
};

static AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING: Report = Report {
    name: "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING",
    reads_as: "fba-shipments-report",
    kind: "order",
    columns: columns::FBA_SHIPMENTS,
    dialect: Dialect::Tabs,
    write: reports::fba_shipment,
};

static AMAZON_FULFILLED_SHIPMENTS_DATA_TAX: Report = Report {
    name: "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX",
    reads_as: "fba-shipments-report",
    kind: "order",
    columns: columns::FBA_SHIPMENTS,
    dialect: Dialect::Tabs,
    write: reports::fba_shipment,
};

static FLAT_FILE_VAT_INVOICE_DATA_REPORT: Report = Report {
    name: "GET_FLAT_FILE_VAT_INVOICE_DATA_REPORT",
    reads_as: "vat-invoice-data-report",
    kind: "order",
    columns: columns::VAT_INVOICE,
    dialect: Dialect::Tabs,
    write: reports::vat_invoice,
};

static SC_VAT_TAX_REPORT: Report = Report {
    name: "SC_VAT_TAX_REPORT",
    reads_as: "sc-vat-tax-report",
    kind: "order",
    columns: columns::SC_VAT,
    dialect: Dialect::Commas,
    write: reports::sc_vat,
};

static FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL: Report = Report {
    name: "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
    reads_as: "all-orders-report",
    kind: "order",
    columns: columns::ALL_BY_ORDER_DATE,
    dialect: Dialect::Tabs,
    write: reports::all_orders,
};

static FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL: Report = Report {
    name: "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    reads_as: "all-orders-report",
    kind: "order",
    columns: columns::ALL_BY_LAST_UPDATE,
    dialect: Dialect::Tabs,
    write: reports::all_orders,
};

static FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA: Report = Report {
    name: "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
    reads_as: "fba-returns-report",
    kind: "return",
    columns: columns::FBA_RETURNS,
    dialect: Dialect::Tabs,
    write: returns::fba,
};

static FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE: Report = Report {
    name: "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
    reads_as: "returns-report",
    kind: "return",
    columns: columns::RETURNS,
    dialect: Dialect::Tabs,
    write: returns::flat,
};

static SHOP_EXPORT_COMMA: Report = Report {
    name: "shop-export-comma",
    reads_as: "shop-export",
    kind: "order",
    columns: own::COLUMNS,
    dialect: Dialect::Commas,
    write: own::write,
};

static SHOP_EXPORT_SEMICOLON: Report = Report {
    name: "shop-export-semicolon",
    reads_as: "shop-export",
    kind: "order",
    columns: own::COLUMNS,
    dialect: Dialect::Semicolons,
    write: own::write,
};

static SHOP_EXPORT_TAB: Report = Report {
    name: "shop-export-tab",
    reads_as: "shop-export",
    kind: "order",
    columns: own::COLUMNS,
    dialect: Dialect::Tabs,
    write: own::write,
};

static SHOP_EXPORT_BAR: Report = Report {
    name: "shop-export-bar",
    reads_as: "shop-export",
    kind: "order",
    columns: own::COLUMNS,
    dialect: Dialect::Bars,
    write: own::write,
};

/// Every table with its name.
pub(super) static REPORTS: &[&Report] = &[
    &FLAT_FILE_ORDER_REPORT_DATA_SHIPPING,
    &FLAT_FILE_ORDER_REPORT_DATA_INVOICING,
    &FLAT_FILE_ORDER_REPORT_DATA_TAX,
    &FLAT_FILE_ORDERS_RECONCILIATION_DATA_SHIPPING,
    &FLAT_FILE_ORDERS_RECONCILIATION_DATA_INVOICING,
    &FLAT_FILE_ORDERS_RECONCILIATION_DATA_TAX,
    &FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING,
    &AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL,
    &AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING,
    &AMAZON_FULFILLED_SHIPMENTS_DATA_TAX,
    &FLAT_FILE_VAT_INVOICE_DATA_REPORT,
    &SC_VAT_TAX_REPORT,
    &FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL,
    &FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL,
    &FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA,
    &FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE,
    &SHOP_EXPORT_COMMA,
    &SHOP_EXPORT_SEMICOLON,
    &SHOP_EXPORT_TAB,
    &SHOP_EXPORT_BAR,
];
