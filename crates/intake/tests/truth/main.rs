//! The same order in all formats gives the same record: a million synthetic orders, format by format, read, verified
//! and compared leaf by leaf with what the synthesiser noted while it wrote them. Every document of every input is
//! accounted for, here or with the flaw that it must have.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::tests_outside_test_module,
    reason = "tests may fail loudly"
)]

mod compare;

use bailee_intake::synth::{Format, Shape, Style, Synth};
use compare::Trial;

const NOW: &str = "2026-11-23T12:00:00Z";

fn synth(orders: u64, seed: u64) -> Synth {
    Synth { orders, seed, mess_percent: 20, now: NOW.parse().unwrap() }
}

fn style(format: &str) -> Style {
    Style { format: Format::named(format).unwrap(), ..Style::default() }
}

/// Reads so many orders of a format, a fifth of them messy, and compares.
fn holds(format: &str, orders: u64) {
    Trial { synth: synth(orders, 1), style: style(format) }.run();
}

#[test]
fn orders_2026_in_lines_are_read_as_they_are() {
    holds("orders-2026-01-01", 120_000);
}

#[test]
fn orders_2026_on_pages_are_read_as_they_are() {
    for shape in [Shape::Page, Shape::Pretty] {
        let style = Style { shape, ..style("orders-2026-01-01") };
        Trial { synth: synth(20_000, 2), style }.run();
    }
}

#[test]
fn orders_v0_give_the_same_records() {
    holds("orders-v0", 100_000);
    Trial { synth: synth(10_000, 3), style: Style { shape: Shape::Page, ..style("orders-v0") } }.run();
}

#[test]
fn the_answers_of_orders_v0_hold_their_parts_of_the_same_records() {
    holds("orders-v0-answers", 20_000);
}

#[test]
fn vendor_orders_of_version_1_give_the_same_records() {
    holds("vendor-direct-fulfillment-orders-v1", 70_000);
}

#[test]
fn vendor_orders_of_2021_give_the_same_records() {
    holds("vendor-direct-fulfillment-orders-2021-12-28", 70_000);
}

#[test]
fn multi_channel_fulfilment_gives_shipments() {
    holds("fulfillment-outbound-2020-07-01", 70_000);
}

#[test]
fn external_fulfilment_gives_shipments() {
    holds("external-fulfillment-2024-09-11", 70_000);
}

#[test]
fn merchant_fulfilment_gives_shipments() {
    holds("merchant-fulfillment-v0", 70_000);
}

#[test]
fn shipment_invoicing_gives_shipments() {
    holds("shipment-invoicing-v0", 70_000);
}

#[test]
fn order_reports_give_the_same_records() {
    for kind in ["ORDER_REPORT", "ORDERS_RECONCILIATION"] {
        for part in ["SHIPPING", "INVOICING", "TAX"] {
            holds(&format!("GET_FLAT_FILE_{kind}_DATA_{part}"), 20_000);
        }
    }
}

#[test]
fn unshipped_orders_give_the_same_records() {
    holds("GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING", 70_000);
}

#[test]
fn shipments_of_amazon_give_the_same_records() {
    for part in ["GENERAL", "INVOICING", "TAX"] {
        holds(&format!("GET_AMAZON_FULFILLED_SHIPMENTS_DATA_{part}"), 25_000);
    }
}

#[test]
fn vat_reports_give_the_same_records() {
    holds("GET_FLAT_FILE_VAT_INVOICE_DATA_REPORT", 70_000);
}

#[test]
fn the_vat_calculation_gives_the_same_records() {
    holds("SC_VAT_TAX_REPORT", 60_000);
}

#[test]
fn all_orders_reports_give_the_same_records() {
    holds("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", 40_000);
    holds("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", 40_000);
}

#[test]
fn returns_to_amazon_are_read() {
    holds("GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", 40_000);
}

#[test]
fn returns_to_the_seller_are_read() {
    holds("GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE", 40_000);
}

#[test]
fn a_shop_s_own_spreadsheet_gives_the_same_records() {
    holds("shop-export-comma", 40_000);
    holds("shop-export-semicolon", 40_000);
}

/// Reads an input whose charset was named.
fn holds_in(format: &str, charset: &str, orders: u64) {
    let charset = bailee_intake::synth::Charset::named(charset).unwrap();
    Trial { synth: synth(orders, 4), style: Style { charset, ..style(format) } }.run();
}

#[test]
fn every_charset_gives_the_same_records() {
    for (charset, _) in bailee_intake::synth::Charset::ALL {
        holds_in("GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING", charset, 2_000);
        holds_in("shop-export-semicolon", charset, 2_000);
    }
}
