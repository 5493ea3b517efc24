//! A record holds so much and no more. What it has no room for waits in quarantine, and the record stays as it was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::ops::Range;

use bailee_core::Kind;
use bailee_intake::format::Formats;
use bailee_intake::verify::VALUES_MAX;
use bailee_ledger::authorized;
use bailee_vault::quarantine::Item;
use bailee_vault::quarantine::retry::Retry;
use bailee_vault::show::Shown;
use common::{Home, reference, seller};
use serde_json::{Value, json};

const ORDER: &str = "302-1111111-2222222";

/// Most personal values of a record.
const LEAVES_MAX: usize = 4095;

fn home() -> (tempfile::TempDir, Home) {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), "2026-03-02T12:00:00Z");
    (directory, home)
}

fn order(hour: u32, members: &Value) -> Value {
    let mut order = json!({
        "orderId": ORDER, "createdTime": "2026-03-01T10:00:00Z",
        "lastUpdatedTime": format!("2026-03-02T{hour:02}:00:00Z")
    });
    order.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    order
}

/// Items with a serial number each, which is personal.
fn serials(hour: u32, numbers: Range<usize>, serial: &str) -> Value {
    let item = |number| json!({ "orderItemId": format!("{number}"), "product": { "serialNumbers": [format!("{serial}{number}")] } });
    order(hour, &json!({ "orderItems": numbers.map(item).collect::<Vec<_>>() }))
}

/// Members that the catalogue does not name.
fn unknown(hour: u32, numbers: Range<usize>) -> Value {
    let members = numbers.map(|number| (format!("member{number}"), json!("x")));
    order(hour, &json!({ "brandNew": members.collect::<serde_json::Map<_, _>>() }))
}

/// Items of which only facts are told, each of a thousand values.
fn items(hour: u32, numbers: Range<usize>) -> Value {
    let item = |number| json!({ "orderItemId": format!("{number}"), "programs": vec!["PRIME"; 999] });
    order(hour, &json!({ "orderItems": numbers.map(item).collect::<Vec<_>>() }))
}

fn quarantined(home: &Home) -> Vec<Item> {
    home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 1000).unwrap()
}

fn show(home: &Home) -> Shown {
    let authorized = home.act(authorized::Show { seller: seller(), kind: Kind::Order });
    home.vault.show(authorized, &reference(ORDER)).unwrap().unwrap()
}

fn collected(home: &Home, document: &Value) -> (u64, u64) {
    let counts = home.collect(&document.to_string()).counts;
    assert_eq!(counts.read, counts.outcomes());
    (counts.read - counts.quarantined, counts.quarantined)
}

#[test]
fn a_record_takes_as_many_personal_values_as_an_envelope_holds_and_not_one_more() {
    let (_directory, home) = home();
    assert_eq!(collected(&home, &serials(8, 0..3000, "S")), (1, 0));
    assert_eq!(collected(&home, &serials(9, 3000..LEAVES_MAX + 1, "S")), (0, 1));
    assert_eq!(quarantined(&home)[0].reason, "too-long");
    assert_eq!((home.reveal(ORDER).len(), show(&home).fields.len()), (3000, 3000));
    assert_eq!(collected(&home, &serials(9, 3000..LEAVES_MAX, "S")), (1, 0));
    assert_eq!(home.reveal(ORDER).len(), LEAVES_MAX);
    // What it holds already may change, however much that is.
    assert_eq!(collected(&home, &serials(10, 0..LEAVES_MAX, "T")), (1, 0));
    let revealed = home.reveal(ORDER);
    assert_eq!(revealed.len(), LEAVES_MAX);
    assert!(revealed.iter().all(|(_, value)| value.as_str().unwrap().starts_with('T')));
    home.verify_ledger();
}

#[test]
fn unknown_values_that_are_held_give_way_to_no_others() {
    let (_directory, home) = home();
    assert_eq!(collected(&home, &unknown(8, 0..3000)), (1, 0));
    assert_eq!(collected(&home, &unknown(9, 2000..5000)), (0, 1));
    assert_eq!(show(&home).unclassified, 3000);
    assert_eq!(collected(&home, &unknown(9, 2000..4000)), (1, 0));
    assert_eq!(show(&home).unclassified, 4000);
}

#[test]
fn facts_have_their_bound_too() {
    let (_directory, home) = home();
    let step = VALUES_MAX / 1000 / 3;
    for (hour, number) in (1..).zip(0..3) {
        assert_eq!(collected(&home, &items(hour, number * step..(number + 1) * step)), (1, 0), "{number}");
    }
    let version = |home: &Home| serde_json::to_value(show(home).document).unwrap();
    let before = version(&home);
    assert_eq!(collected(&home, &items(9, 3 * step..3 * step + 3)), (0, 1));
    assert_eq!(version(&home), before);
    assert_eq!(before["orderItems"].as_array().unwrap().len(), 3 * step);
}

#[test]
fn of_one_batch_only_the_document_that_is_too_much_is_quarantined() {
    let (_directory, home) = home();
    let mut other = serials(8, 0..2, "S");
    other["orderId"] = json!("302-9999999-9999999");
    let documents =
        [serials(8, 0..3000, "S"), serials(9, 3000..5000, "S"), other, serials(10, 3000..4000, "S")];
    let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
    let counts = home.collect(&lines).counts;
    assert_eq!((counts.read, counts.collected, counts.updated, counts.quarantined), (4, 2, 1, 1));
    assert_eq!(quarantined(&home)[0].position.document, 2);
    assert_eq!(home.reveal(ORDER).len(), 4000);
    assert_eq!(home.reveal("302-9999999-9999999").len(), 2);
    home.verify_ledger();
}

#[test]
fn what_is_too_much_stays_in_quarantine_when_it_is_read_again() {
    let (_directory, home) = home();
    home.collect(&serials(8, 0..3000, "S").to_string());
    home.collect(&serials(9, 3000..5000, "S").to_string());
    let retry = Retry { only: None, formats: Formats::embedded().unwrap(), format: None, charset: None };
    let authorized = home.act(authorized::RetryQuarantine { seller: seller() });
    let counts = home.vault.retry_quarantine(authorized, &retry).unwrap().unwrap().0.counts;
    assert_eq!((counts.read, counts.quarantined), (1, 1));
    assert_eq!(quarantined(&home)[0].reason, "too-long");
    assert_eq!(home.reveal(ORDER).len(), 3000);
}
