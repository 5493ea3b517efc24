//! Shipments and returns, as a user meets them beside orders: under the same number, each with its own life.

use crate::support::{Trial, assert_nowhere};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T09:00:00Z";
const REFERENCE: &str = "302-1234567-7654321";
const NAME: &str = "ALPHA/302-1234567-7654321";
/// A shipment that has a number of its own.
const OTHER: &str = "ALPHA/4f2a1b3c-0000-4d5e-8f90-abcdefabcdef";

const BUYER: &str = "Quirina Zettelmann";
const STREET: &str = "Unter den Kastanien 77";
const COMMENT: &str = "Zu klein, bitte bei Frau Ostermoor abholen";

fn order() -> String {
    json!({
        "orderId": REFERENCE, "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-01T11:00:00Z",
        "buyer": { "buyerName": BUYER }, "fulfillment": { "fulfillmentStatus": "UNSHIPPED" }
    })
    .to_string()
}

/// An answer of the Merchant Fulfillment API.
fn shipment(id: &str) -> String {
    json!({ "payload": {
        "ShipmentId": id, "AmazonOrderId": REFERENCE, "Status": "Purchased",
        "CreatedDate": "2026-02-20T10:00:00Z", "LastUpdatedDate": "2026-02-20T10:00:00Z",
        "ShipToAddress": {
            "Name": BUYER, "AddressLine1": STREET, "City": "Anklam", "PostalCode": "17389", "CountryCode": "DE"
        }
    } })
    .to_string()
}

/// A report of what came back to Amazon.
fn returns() -> String {
    let columns = [
        ("return-date", "2026-02-25T10:00:00+00:00"),
        ("order-id", REFERENCE),
        ("sku", "KETTLE-1"),
        ("asin", "B000000001"),
        ("fnsku", "X000000001"),
        ("product-name", "Kettle"),
        ("quantity", "1"),
        ("fulfillment-center-id", "LEJ1"),
        ("detailed-disposition", "SELLABLE"),
        ("reason", "UNWANTED_ITEM"),
        ("status", "Unit returned to inventory"),
        ("license-plate-number", "LPNHK0123456789"),
        ("customer-comments", COMMENT),
    ];
    let line = |cells: Vec<&str>| cells.join("\t") + "\r\n";
    line(columns.iter().map(|(name, _)| *name).collect())
        + &line(columns.iter().map(|(_, cell)| *cell).collect())
}

/// Takes a file in; what came back with tokens.
fn collect(trial: &Trial, name: &str, content: &str) -> String {
    let file = trial.write(name, content);
    let emitted = format!("{name}.tokens");
    let words = ["--output", "json", "collect", "--seller", "ALPHA", "--emit", &emitted, &file];
    assert_eq!(trial.run(&words).ends(0).json()["collected"], 1, "{name}");
    std::fs::read_to_string(trial.path(&emitted)).unwrap()
}

fn three() -> (Trial, [String; 3]) {
    let trial = Trial::at(NOW);
    let emitted = [
        collect(&trial, "order.json", &order()),
        collect(&trial, "shipment.json", &shipment(REFERENCE)),
        collect(&trial, "returns.txt", &returns()),
    ];
    (trial, emitted)
}

fn revealed(trial: &Trial, words: &[&str]) -> Value {
    let answer = trial.json(&[&["reveal", "--purpose", "fulfilment"], words].concat());
    assert_eq!(answer["records"].as_array().unwrap().len(), 1, "{answer}");
    answer["records"][0].clone()
}

#[test]
fn one_number_names_an_order_a_shipment_and_a_return() {
    let (trial, _) = three();
    for (kind, value) in [("order", BUYER), ("shipment", STREET), ("return", COMMENT)] {
        let shown = trial.json(&["show", NAME, "--kind", kind]);
        assert_eq!((shown["kind"].as_str(), shown["reference"].as_str()), (Some(kind), Some(REFERENCE)));
        assert_eq!(shown["state"], "live");
        let record = revealed(&trial, &[NAME, "--kind", kind]);
        assert_eq!(record["kind"], kind);
        let fields = record["fields"].as_object().unwrap();
        assert!(fields.values().any(|one| one == value), "{kind}: {record}");
        assert!(
            trial.run(&["show", NAME, "--kind", kind]).ends(0).text().contains(&format!("{kind} {NAME}"))
        );
    }
    // Without a kind: the order first. Where there is no order: what there is.
    assert_eq!(trial.json(&["show", NAME])["kind"], "order");
    assert_eq!(revealed(&trial, &[NAME])["kind"], "order");
    collect(&trial, "other.json", &shipment(OTHER.strip_prefix("ALPHA/").unwrap()));
    assert_eq!(trial.json(&["show", OTHER])["kind"], "shipment");
    assert_eq!(revealed(&trial, &[OTHER])["kind"], "shipment");
    assert_eq!(trial.json(&["retention", "explain", OTHER])["rule"], "R2");
    trial.run(&["show", OTHER, "--kind", "order"]).ends(5);
    let nothing = trial.run(&["show", "ALPHA/302-0000000-0000000"]).ends(5);
    assert!(nothing.err.contains("no order, shipment or return"), "{}", nothing.err);
    trial.run(&["reveal", NAME, "--kind", "parcel", "--purpose", "fulfilment"]).ends(2);
}

#[test]
fn a_search_names_each_number_once_and_tokens_stand_for_the_values_of_their_kind() {
    let (trial, [_, shipment, returns]) = three();
    let found = trial.json(&["find", "--seller", "ALPHA", "--name", BUYER]);
    assert_eq!(found["references"], json!([REFERENCE]));
    for (emitted, pointer, value) in [
        (shipment, "/recipient/deliveryAddress/addressLine1", STREET),
        (returns, "/returns/0/customerComments", COMMENT),
    ] {
        let document: Value = serde_json::from_str(emitted.lines().next().unwrap()).unwrap();
        let token = document.pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(token.starts_with("bt1t-"), "{document}");
        let record = revealed(&trial, &["--token", token]);
        assert_eq!(record["fields"].as_object().unwrap().values().next().unwrap(), value);
    }
}

#[test]
fn each_kind_ends_when_its_own_time_has_come() {
    let (trial, _) = three();
    let personal = [BUYER, STREET, COMMENT, "LPNHK0123456789"].map(str::to_owned);
    assert_nowhere(&trial.kept(), &personal);
    let explain = |kind: &str| trial.json(&["retention", "explain", NAME, "--kind", kind]);
    for (kind, rule, lo) in [
        ("order", "R10", "2026-03-01T11:00:00Z"),
        ("shipment", "R2", "2026-02-20T10:00:00Z"),
        ("return", "R12", "2026-02-25T10:00:00Z"),
    ] {
        let explained = explain(kind);
        assert_eq!((&explained["rule"], &explained["lo"]), (&json!(rule), &json!(lo)), "{kind}");
    }
    // The shipment first, then the return, the order last.
    for (day, ends, goes_on) in [
        ("2026-03-20T09:00:00Z", "shipment", "return"),
        ("2026-03-25T09:00:00Z", "return", "order"),
        ("2026-03-29T09:00:00Z", "order", ""),
    ] {
        trial.later(day);
        assert_eq!(trial.json(&["retention", "run"])["disposed"], 1, "{day}");
        let gone = trial.run(&["reveal", NAME, "--kind", ends, "--purpose", "fulfilment"]).ends(5);
        assert!(gone.err.contains("disposed"), "{}", gone.err);
        assert_eq!(explain(ends)["state"], "disposed");
        if !goes_on.is_empty() {
            assert_eq!(revealed(&trial, &[NAME, "--kind", goes_on])["kind"], goes_on);
        }
    }
    for file in ["order.json", "shipment.json", "returns.txt"] {
        let path = trial.path(file);
        let words = ["--output", "json", "collect", "--seller", "ALPHA", path.to_str().unwrap()];
        assert_eq!(trial.run(&words).ends(0).json()["past_retention"], 1, "{file}");
    }
    assert_eq!(trial.json(&["ledger", "verify"])["checkpoint_ok"], true);
    assert_nowhere(&trial.kept(), &personal);
}
