//! How many orders a second go through readers and verification, on one thread: the same orders as NDJSON and as an
//! order report. The promise is that the report reaches at least half of what NDJSON does.
//!
//! ```text
//! cargo run --release -p bailee --example speed
//! ```
#![allow(
    clippy::print_stdout,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    reason = "it measures and says so"
)]

use std::fmt::Write;
use std::io::Cursor;
use std::time::Instant;

use bailee_core::catalogue::Catalogue;
use bailee_intake::format::Formats;
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::verify::verify;

const ORDERS: usize = 50_000;

/// The header of the report, without the columns that the order does not fill.
const COLUMNS: [&str; 26] = [
    "order-id",
    "order-item-id",
    "purchase-date",
    "payments-date",
    "buyer-email",
    "buyer-name",
    "buyer-phone-number",
    "sku",
    "product-name",
    "quantity-purchased",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "ship-service-level",
    "recipient-name",
    "ship-address-1",
    "ship-address-2",
    "ship-address-3",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "ship-phone-number",
    "sales-channel",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ndjson = measure("NDJSON", orders_as_json()?)?;
    let report = measure("order report", orders_as_rows()?)?;
    println!("the report reaches {:.0} % of NDJSON", 100.0 * report / ndjson);
    Ok(())
}

/// Orders a second, framed and verified.
fn measure(what: &str, input: String) -> Result<f64, Box<dyn std::error::Error>> {
    let (formats, catalogue) = (Formats::embedded()?, Catalogue::embedded()?);
    let megabytes = megabytes(input.len());
    let begun = Instant::now();
    let mut reader = Reader::open(Box::new(Cursor::new(input.into_bytes())), &formats, Request::default())?;
    let form = reader.form().clone();
    let (mut orders, mut reading) = (0_u32, std::time::Duration::ZERO);
    loop {
        let read = Instant::now();
        let batch = reader.next_batch(512, 1 << 20)?;
        reading += read.elapsed();
        if batch.is_empty() {
            break;
        }
        for item in batch {
            let Item::Document(raw) = item else { continue };
            let document = verify(&raw, &form, &catalogue).map_err(|flaw| flaw.code())?;
            orders += u32::from(!document.json.is_blank());
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let a_second = f64::from(orders) / seconds;
    println!(
        "{what}: {orders} orders of {megabytes:.1} MB in {seconds:.2} s, {a_second:.0} a second ({:.0} % of it reading)",
        100.0 * reading.as_secs_f64() / seconds
    );
    Ok(a_second)
}

fn megabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}

fn orders_as_json() -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for order in 0..ORDERS {
        write!(
            text,
            r#"{{"orderId":"302-1234567-{order:07}","createdTime":"2026-10-01T10:00:00Z","salesChannel":{{"marketplaceName":"Amazon.de"}},"payment":{{"paymentTime":"2026-10-01T10:05:00Z"}},"buyer":{{"buyerName":"Sam Ple{order}","buyerEmail":"sample{order}@marketplace.amazon.de","buyerPhone":"+493090182{:04}"}},"recipient":{{"deliveryAddress":{{"name":"Jörg Müster {order}","addressLine1":"Erfundene Straße {order}","addressLine2":"Hinterhaus","city":"Musterstadt","postalCode":"12345","countryCode":"DE","phone":"+49 30 90182{:04}"}}}},"fulfillment":{{"fulfillmentServiceLevel":"STANDARD"}},"orderItems":["#,
            order % 10_000,
            order % 10_000
        )?;
        for item in 0..items(order) {
            write!(
                text,
                r#"{}{{"orderItemId":"7{order:010}{item}","quantityOrdered":1,"product":{{"sellerSku":"LAMP-{item}","title":"A lamp that nobody has ever made, in blue, for desks"}},"proceeds":{{"breakdowns":[{{"type":"ITEM","subtotal":{{"amount":"19.99","currencyCode":"EUR"}}}},{{"type":"SHIPPING","subtotal":{{"amount":"4.99","currencyCode":"EUR"}}}},{{"type":"TAX","detailedBreakdowns":[{{"subtype":"ITEM","value":{{"amount":"3.19","currencyCode":"EUR"}}}},{{"subtype":"SHIPPING","value":{{"amount":"0.80","currencyCode":"EUR"}}}}]}}]}}}}"#,
                if item == 0 { "" } else { "," }
            )?;
        }
        text.push_str("]}\n");
    }
    Ok(text)
}

fn orders_as_rows() -> Result<String, std::fmt::Error> {
    let mut text = COLUMNS.join("\t") + "\n";
    for order in 0..ORDERS {
        for item in 0..items(order) {
            writeln!(
                text,
                "302-1234567-{order:07}\t7{order:010}{item}\t2026-10-01T10:00:00Z\t2026-10-01T10:05:00Z\tsample{order}@marketplace.amazon.de\tSam Ple{order}\t+493090182{:04}\tLAMP-{item}\tA lamp that nobody has ever made, in blue, for desks\t1\tEUR\t19.99\t3.19\t4.99\t0.80\tStandard\tJörg Müster {order}\tErfundene Straße {order}\tHinterhaus\t\tMusterstadt\t\t12345\tDE\t+49 30 90182{:04}\tAmazon.de",
                order % 10_000,
                order % 10_000
            )?;
        }
    }
    Ok(text)
}

/// Every third order has two items.
fn items(order: usize) -> usize {
    if order.is_multiple_of(3) { 2 } else { 1 }
}
