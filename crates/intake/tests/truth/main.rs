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

use std::collections::BTreeSet;

use bailee_intake::synth::{Charset, Columns, Format, Label, Packing, Shape, Style, Synth};
use compare::{Counts, Trial};

const NOW: &str = "2026-11-23T12:00:00Z";

fn synth(orders: u64, seed: u64) -> Synth {
    Synth { orders, seed, mess_percent: 20, now: NOW.parse().unwrap() }
}

fn style(format: &str) -> Style {
    Style { format: Format::named(format).unwrap(), ..Style::default() }
}

/// Reads so many orders of a format, a fifth of them messy, and compares.
fn holds(format: &str, orders: u64) {
    read(orders, 1, style(format));
}

/// Reads so many orders in a style, a fifth of them messy, and compares.
fn read(orders: u64, seed: u64, style: Style) -> Counts {
    Trial { synth: synth(orders, seed), style, is_mislabelled: false }.run()
}

#[test]
fn orders_2026_in_lines_are_read_as_they_are() {
    holds("orders-2026-01-01", 120_000);
}

#[test]
fn orders_2026_on_pages_are_read_as_they_are() {
    for shape in [Shape::Page, Shape::Pretty] {
        let style = Style { shape, ..style("orders-2026-01-01") };
        read(20_000, 2, style);
    }
}

#[test]
fn orders_v0_give_the_same_records() {
    holds("orders-v0", 100_000);
    read(10_000, 3, Style { shape: Shape::Page, ..style("orders-v0") });
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
    holds("shop-export-tab", 10_000);
    holds("shop-export-bar", 10_000);
}

#[test]
fn a_shop_s_own_lines_of_json_give_the_same_records() {
    holds("shop-orders", 40_000);
}

#[test]
fn order_reports_in_xml_give_the_same_records() {
    for part in ["SHIPPING", "INVOICING", "TAX"] {
        holds(&format!("GET_ORDER_REPORT_DATA_{part}"), 20_000);
    }
    read(5_000, 2, Style { shape: Shape::Pretty, ..style("GET_ORDER_REPORT_DATA_TAX") });
}

#[test]
fn easy_ship_gives_shipments() {
    holds("easy-ship-2022-03-23", 40_000);
    read(5_000, 2, Style { shape: Shape::Page, ..style("easy-ship-2022-03-23") });
}

#[test]
fn columns_are_found_wherever_they_stand_and_whatever_they_are_called() {
    let tables: Vec<Format> = Format::all().filter(|format| matches!(format, Format::Table(_))).collect();
    for columns in [Columns::Shuffled, Columns::Renamed] {
        // Each seed is another order, and other names.
        for (seed, format) in (0..).zip(tables.iter().cycle().take(3 * tables.len())) {
            read(300, seed, Style { format: *format, columns, ..Style::default() });
        }
    }
}

#[test]
fn columns_are_found_in_every_language_in_which_amazon_writes_them() {
    let style = Style { columns: Columns::Localised, ..style("GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE") };
    let mut headers = BTreeSet::new();
    for seed in 0..60 {
        read(150, seed, style);
        let first = synth(1, seed).input(style).next().unwrap();
        headers.insert(first.bytes.split(|byte| *byte == b'\n').next().unwrap().to_vec());
    }
    assert_eq!(headers.len(), 10, "as many languages as the alias table has");
}

#[test]
fn what_is_packed_gives_the_same_records() {
    for (_, packing) in Packing::ALL {
        for format in ["orders-2026-01-01", "GET_ORDER_REPORT_DATA_SHIPPING", "shop-export-comma"] {
            read(5_000, 5, Style { packing: *packing, ..style(format) });
        }
    }
}

/// Reads an input whose charset was named.
fn holds_in(format: &str, charset: &str, orders: u64) {
    let charset = Charset::named(charset).unwrap();
    read(orders, 4, Style { charset, ..style(format) });
}

#[test]
fn every_charset_gives_the_same_records() {
    for (charset, _) in Charset::ALL {
        holds_in("GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING", charset, 2_000);
        holds_in("GET_ORDER_REPORT_DATA_SHIPPING", charset, 2_000);
        holds_in("shop-export-semicolon", charset, 2_000);
    }
}

#[test]
fn a_label_that_lies_gives_no_document_other_letters_than_its_own() {
    let mut waiting = 0;
    for format in ["GET_ORDER_REPORT_DATA_SHIPPING", "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"] {
        for (_, charset) in Charset::ALL {
            let others = Charset::ALL.iter().filter(|(_, other)| other != charset);
            let labels = others.map(|(_, other)| Label::Other(*other)).chain([Label::None]);
            for (seed, label) in (0..).zip(labels) {
                let style = Style { charset: *charset, label, ..style(format) };
                let counts = Trial { synth: synth(150, seed), style, is_mislabelled: true }.run();
                // What stands in UTF-8 is known for what it is, whatever a declaration says.
                let is_known = charset.name() == "utf-8" && format == "GET_ORDER_REPORT_DATA_SHIPPING";
                assert!(!is_known || counts.waiting == 0 && counts.collected > 100, "{label:?}: {counts:?}");
                waiting += counts.waiting;
            }
        }
    }
    assert!(waiting > 0, "some lies must show");
}
