//! Records of three kinds under one reference: each is held, found, shown, revealed and ended for itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;

use bailee_core::Kind;
use bailee_core::catalogue::{Catalogue, TermKind};
use bailee_core::retention::Policy;
use bailee_intake::format::{Format, Formats};
use bailee_intake::reader::{self, Reader};
use bailee_ledger::authorized;
use bailee_ledger::event::Counts;
use bailee_vault::collect::{Request, Step};
use bailee_vault::find::Query;
use bailee_vault::reveal::{Gone, Held, Resolved, Wanted};
use bailee_vault::show::Shown;
use common::{Home, reference, seller, value};
use serde_json::{Value, json};

const REFERENCE: &str = "302-1111111-2222222";
const NOW: &str = "2026-03-02T12:00:00Z";
const NAME: &str = "Quirina Zettelmann";

/// A home whose parcel desk writes down who brings a return.
fn home(now: &str) -> (tempfile::TempDir, Home) {
    let directory = tempfile::tempdir().unwrap();
    drop(Home::new(directory.path(), now));
    let catalogue = Catalogue::embedded().unwrap().extended(
        r#"
        [sources.desk]
        operation = "our parcel desk"
        role = "none"
        [[group]]
        kind = "return"
        source = "desk"
        class = "identity"
        purposes = ["fulfilment"]
        mask = "name"
        cleaner = "text"
        fields = { "returns[].broughtBy" = { id = 10000, searched = "name" } }
    "#,
    );
    let store = directory.path().join("store.db");
    let home = Home::open_with(directory.path(), now, &store, Policy::default(), catalogue.unwrap()).unwrap();
    (directory, home)
}

fn order() -> Value {
    json!({
        "orderId": REFERENCE, "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": { "buyerName": NAME }, "fulfillment": { "fulfillmentStatus": "UNSHIPPED" }
    })
}

/// As the Merchant Fulfillment API answers it.
fn shipment() -> Value {
    json!({
        "ShipmentId": REFERENCE, "AmazonOrderId": "302-3333333-4444444", "Status": "Purchased",
        "CreatedDate": "2026-02-20T10:00:00Z", "LastUpdatedDate": "2026-02-20T10:00:00Z",
        "ShipToAddress": { "Name": NAME, "AddressLine1": "Am Anger 3", "City": "Anklam", "CountryCode": "DE" }
    })
}

fn returns() -> Value {
    json!({
        "orderId": REFERENCE, "orderTime": "2026-02-10T10:00:00Z",
        "returns": [{ "returnId": "R1", "returnTime": "2026-02-25T10:00:00Z", "broughtBy": NAME }]
    })
}

/// The desk's own documents have canonical names already.
fn desk() -> Arc<Format> {
    let format = Format::parse(
        r#"
        format = "desk"
        title = "The parcel desk's returns"
        kind = "return"
        syntax = "json"
        [recognise]
        all = ["orderId", "returns"]
        [fields]
        "orderId" = "orderId"
        "orderTime" = "orderTime"
        "returns[].returnId" = "returns[].returnId"
        "returns[].returnTime" = "returns[].returnTime"
        "returns[].broughtBy" = "returns[].broughtBy"
    "#,
    );
    Arc::new(format.unwrap())
}

fn document(kind: Kind) -> Value {
    match kind {
        Kind::Order => order(),
        Kind::Shipment => shipment(),
        Kind::Return => returns(),
    }
}

/// Where a document of each kind has the name.
fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "buyer.buyerName",
        Kind::Shipment => "recipient.deliveryAddress.name",
        Kind::Return => "returns[R1].broughtBy",
    }
}

/// Takes a document in; its counts, and the document with tokens.
fn collect(home: &Home, kind: Kind, document: &Value) -> (Counts, Vec<Value>) {
    let bytes = std::io::Cursor::new(document.to_string().into_bytes());
    let named = (kind == Kind::Return).then(desk);
    let wanted = reader::Request { format: named, charset: None };
    let reader = Reader::open(Box::new(bytes), &Formats::embedded().unwrap(), wanted).unwrap();
    assert_eq!(reader.kind(), kind);
    let authorized = home.act(authorized::Collect { seller: seller(), kind });
    let request = Request { tokenise: true, ..Request::default() };
    let mut returned = Vec::new();
    let summary = home.vault.collect(authorized, reader, "-", request, &mut |step| {
        if let Step::Document { json, .. } = step {
            returned.push(serde_json::to_value(json).unwrap());
        }
        ControlFlow::Continue(())
    });
    (summary.unwrap().counts, returned)
}

fn all(now: &str) -> (tempfile::TempDir, Home) {
    let (directory, home) = home(now);
    for kind in Kind::ALL {
        assert_eq!(collect(&home, *kind, &document(*kind)).0.collected, 1, "{kind}");
    }
    (directory, home)
}

fn resolve(home: &Home, kind: Option<Kind>) -> Resolved {
    let wanted = Wanted::Reference { seller: seller(), kind, reference: reference(REFERENCE), fields: None };
    home.vault.resolve(&[wanted], home.now()).unwrap().remove(0)
}

fn held(home: &Home, kind: Option<Kind>) -> Held {
    match resolve(home, kind) {
        Resolved::Held(held) => held,
        _ => panic!("{kind:?} is not held"),
    }
}

fn gone(home: &Home, kind: Kind) -> Gone {
    match resolve(home, Some(kind)) {
        Resolved::Gone(gone) => gone,
        _ => panic!("{kind} is not gone"),
    }
}

fn show(home: &Home, kind: Kind) -> Shown {
    let authorized = home.act(authorized::Show { seller: seller(), kind });
    home.vault.show(authorized, &reference(REFERENCE)).unwrap().unwrap()
}

#[test]
fn one_reference_names_a_record_of_each_kind() {
    let (_directory, home) = all(NOW);
    let mut records = std::collections::BTreeSet::new();
    for kind in Kind::ALL {
        let held = held(&home, Some(*kind));
        assert_eq!(held.kind, *kind);
        records.insert(held.record);
        assert_eq!(value(&home.reveal_held(&held), path(*kind)), Some(NAME), "{kind}");
        let shown = show(&home, *kind);
        let masked: Vec<_> = shown.fields.iter().filter(|(one, _, _)| one == path(*kind)).collect();
        assert_eq!((masked.len(), masked[0].2.as_str()), (1, "Q****** Z********"), "{kind}");
        assert!(!serde_json::to_string(&shown.document).unwrap().contains(NAME), "{kind}");
    }
    assert_eq!(records.len(), 3);
    // Nobody said of what kind: the order comes first.
    assert_eq!(held(&home, None).kind, Kind::Order);
    home.verify_ledger();
}

#[test]
fn without_an_order_the_shipment_comes_first_and_then_the_return() {
    let (_directory, home) = home(NOW);
    collect(&home, Kind::Return, &returns());
    assert_eq!(held(&home, None).kind, Kind::Return);
    assert!(matches!(resolve(&home, Some(Kind::Order)), Resolved::Unknown { code: "unknown" }));
    collect(&home, Kind::Shipment, &shipment());
    assert_eq!(held(&home, None).kind, Kind::Shipment);
}

#[test]
fn a_search_finds_records_of_every_kind() {
    let (_directory, home) = all(NOW);
    let query = Query {
        name: Some(bailee_core::Sensitive::new("zettelmann quirina".to_owned())),
        ..Query::default()
    };
    let authorized =
        home.act(authorized::Find { seller: seller(), terms: vec![TermKind::Name], restricted: false });
    let found = home.vault.find(authorized, &query).unwrap();
    let expected: Vec<_> = Kind::ALL.iter().map(|kind| (*kind, reference(REFERENCE))).collect();
    assert_eq!(found, expected);
}

#[test]
fn tokens_of_every_kind_stand_for_their_own_values() {
    let (_directory, home) = home(NOW);
    let pointers = ["/buyer/buyerName", "/recipient/deliveryAddress/name", "/returns/0/broughtBy"];
    for (kind, pointer) in Kind::ALL.iter().zip(pointers) {
        let (_, returned) = collect(&home, *kind, &document(*kind));
        let token = returned[0].pointer(pointer).unwrap().as_str().unwrap();
        assert_eq!(value(&home.reveal_token(token).ok().unwrap(), path(*kind)), Some(NAME), "{kind}");
    }
}

#[test]
fn each_kind_ends_on_its_own_day_and_does_not_come_back() {
    let (_directory, mut home) = all(NOW);
    let explain = |home: &Home, kind| {
        let authorized = home.act(authorized::ReadRetention);
        home.vault.retention_explain(authorized, &seller(), kind, &reference(REFERENCE)).unwrap().unwrap()
    };
    for (kind, rule, expires, noun) in [
        (Kind::Return, "R1", "2026-03-12T10:00:00Z", "The order was over by 2026-02-25"),
        (Kind::Shipment, "R2", "2026-03-22T10:00:00Z", "The shipment has shipped"),
        (Kind::Order, "R10", "2026-04-01T10:00:00Z", "The order had not shipped"),
    ] {
        let explained = explain(&home, kind);
        assert_eq!((explained.rule.as_str(), explained.state.as_str()), (rule, "live"), "{kind}");
        assert_eq!(explained.expires_at, common::time(expires), "{kind}");
        assert!(explained.words.starts_with(noun), "{}", explained.words);
    }
    let mut live = vec![Kind::Return, Kind::Shipment, Kind::Order];
    for day in ["2026-03-10", "2026-03-20", "2026-03-30"] {
        let ends = live.remove(0);
        home = home.at(&format!("{day}T00:00:00Z"));
        assert_eq!(gone(&home, ends).state, "closing", "{day}");
        assert_eq!(home.run_retention().unwrap().disposed, 1, "{day}");
        assert_eq!(gone(&home, ends).state, "disposed", "{day}");
        assert_eq!(explain(&home, ends).state, "disposed", "{day}");
        assert!(show(&home, ends).fields.is_empty(), "{day}");
        let (counts, _) = collect(&home, ends, &document(ends));
        assert_eq!((counts.past_retention, counts.collected), (1, 0), "{day}");
        assert_eq!(gone(&home, ends).state, "disposed", "{day}");
        for kind in &live {
            assert_eq!(value(&home.reveal_held(&held(&home, Some(*kind))), path(*kind)), Some(NAME), "{day}");
        }
    }
    home.verify_ledger();
}

/// A multi-channel fulfilment of two parcels, each with an item and its gift message.
fn parcels() -> Value {
    let item = |id: &str| json!({ "sellerFulfillmentOrderItemId": id, "giftMessage": format!("Gift {id}") });
    let parcel = |id: &str, shipped: &str, item: &str| {
        json!({
            "amazonShipmentId": id, "fulfillmentShipmentStatus": "SHIPPED", "shippingDate": shipped,
            "fulfillmentShipmentItem": [{ "sellerFulfillmentOrderItemId": item, "quantity": 1 }]
        })
    };
    json!({
        "fulfillmentOrder": {
            "sellerFulfillmentOrderId": REFERENCE, "receivedDate": "2026-02-19T10:00:00Z",
            "statusUpdatedDate": "2026-03-01T10:00:00Z", "fulfillmentOrderStatus": "Complete",
            "destinationAddress": { "name": NAME, "countryCode": "DE" }
        },
        "fulfillmentOrderItems": [item("I1"), item("I2")],
        "fulfillmentShipments": [
            parcel("P1", "2026-02-20T10:00:00Z", "I1"), parcel("P2", "2026-03-01T10:00:00Z", "I2")
        ]
    })
}

#[test]
fn a_gift_message_in_a_shipment_ends_with_its_own_parcel() {
    let (_directory, home) = home(NOW);
    collect(&home, Kind::Shipment, &parcels());
    let revealed = |home: &Home| home.reveal_held(&held(home, Some(Kind::Shipment)));
    let gift = |home: &Home, id: &str| {
        value(&revealed(home), &format!("items[{id}].giftMessage")).map(str::to_owned)
    };
    assert_eq!((gift(&home, "I1"), gift(&home, "I2")), (Some("Gift I1".into()), Some("Gift I2".into())));
    let home = home.at("2026-03-20T00:00:00Z");
    home.run_retention().unwrap();
    assert_eq!((gift(&home, "I1"), gift(&home, "I2")), (None, Some("Gift I2".into())));
    assert_eq!(value(&revealed(&home), path(Kind::Shipment)), Some(NAME));
    let home = home.at("2026-03-29T00:00:00Z");
    assert_eq!(gone(&home, Kind::Shipment).rule, "R5");
}

#[test]
fn what_comes_too_late_leaves_facts_and_a_tombstone_of_its_kind() {
    let (_directory, home) = home("2026-04-15T12:00:00Z");
    for kind in [Kind::Shipment, Kind::Return] {
        let (counts, returned) = collect(&home, kind, &document(kind));
        assert_eq!((counts.past_retention, counts.collected), (1, 0), "{kind}");
        assert!(!returned[0].to_string().contains(NAME), "{kind}");
        assert_eq!(gone(&home, kind).state, "disposed", "{kind}");
        let shown = show(&home, kind);
        assert!(shown.fields.is_empty() && shown.state == "disposed", "{kind}");
    }
    // The order of the same number has nothing to do with either.
    assert!(matches!(resolve(&home, Some(Kind::Order)), Resolved::Unknown { code: "unknown" }));
}
