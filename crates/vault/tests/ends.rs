//! How things end, and what may come back: items, tombstones, facts, quarantine.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use bailee_core::retention::{Policy, Profile};
use bailee_core::{Month, Purpose};
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized;
use bailee_vault::collect::Request;
use bailee_vault::retention::Explained;
use bailee_vault::reveal::{Resolved, Wanted};
use common::{Home, time, value};
use serde_json::{Value, json};

const ORDER: &str = "302-1111111-2222222";
const I1: &str = "orderItems[I1].fulfillment.packing.giftOption.giftMessage";
const I2: &str = "orderItems[I2].fulfillment.packing.giftOption.giftMessage";

fn home(now: &str) -> (tempfile::TempDir, Home) {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), now);
    (directory, home)
}

fn explain(home: &Home) -> Explained {
    let (authorized, reference) = (home.act(authorized::ReadRetention), common::reference(ORDER));
    let seller = common::seller();
    home.vault.retention_explain(authorized, &seller, bailee_core::Kind::Order, &reference).unwrap().unwrap()
}

fn order(status: &str, updated: &str) -> Value {
    json!({
        "orderId": ORDER, "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": updated,
        "buyer": {"buyerName": "Quirina Zettelmann"},
        "fulfillment": {"fulfillmentStatus": status}
    })
}

/// Two items with gift messages, each in a package of its own with its ship time and status.
fn shipped(updated: &str, packages: [(&str, &str); 2]) -> Value {
    let mut order = order("SHIPPED", updated);
    let package = |number: usize, (time, status): (&str, &str)| {
        json!({
            "packageReferenceId": format!("P{number}"), "shipTime": time, "packageStatus": {"status": status},
            "packageItems": [{"orderItemId": format!("I{number}"), "quantity": 1}]
        })
    };
    order["packages"] = json!([package(1, packages[0]), package(2, packages[1])]);
    let item = |number: usize| {
        json!({
            "orderItemId": format!("I{number}"), "quantityOrdered": 2,
            "fulfillment": {"packing": {"giftOption": {"giftMessage": format!("Gift {number}")}}}
        })
    };
    order["orderItems"] = json!([item(1), item(2)]);
    order
}

#[test]
fn an_items_part_that_has_ended_stays_ended_whatever_ships_later() {
    let (_directory, home) = home("2026-03-20T12:00:00Z");
    let first = [("2026-03-03T10:00:00Z", "DELIVERED"), ("2026-03-18T10:00:00Z", "IN_TRANSIT")];
    home.collect(&shipped("2026-03-19T10:00:00Z", first).to_string());
    let home = home.at("2026-04-01T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(value(&home.reveal(ORDER), I1), None);
    // A second package of the same item: its day would be later now.
    let mut again = shipped("2026-04-01T10:00:00Z", first);
    again["packages"].as_array_mut().unwrap().push(json!({
        "packageReferenceId": "P3", "shipTime": "2026-03-30T10:00:00Z", "packageStatus": {"status": "IN_TRANSIT"},
        "packageItems": [{"orderItemId": "I1", "quantity": 1}]
    }));
    assert_eq!(home.collect(&again.to_string()).counts.updated, 1);
    let fields = home.reveal(ORDER);
    assert_eq!(value(&fields, I1), None, "what was disposed of does not come back");
    assert_eq!(value(&fields, I2), Some("Gift 2"));
    assert_eq!(value(&fields, "buyer.buyerName"), Some("Quirina Zettelmann"));
}

#[test]
fn a_field_whose_purposes_have_ended_goes_before_the_rest_and_stays_gone() {
    let directory = tempfile::tempdir().unwrap();
    let ten = Policy::default().with_purpose(Purpose::Fulfilment, 10).unwrap();
    let open = |now: &str, store: &str| {
        Home::open_as(directory.path(), now, &directory.path().join(store), ten).unwrap()
    };
    drop(Home::new(directory.path(), "2026-03-12T12:00:00Z"));
    let home = open("2026-03-12T12:00:00Z", "store.db");
    let packages = [("2026-03-10T10:00:00Z", "DELIVERED"), ("2026-03-10T10:00:00Z", "DELIVERED")];
    let document = |updated: &str| shipped(updated, packages).to_string();
    home.collect(&document("2026-03-11T10:00:00Z"));
    let fields = home.reveal(ORDER);
    assert_eq!((value(&fields, I1), value(&fields, I2)), (Some("Gift 1"), Some("Gift 2")));
    assert_eq!(home.keyring.buckets().len(), 2, "what invoices need lives on, in a part of its own");
    let backup = home.back_up_store(&directory.path().join("backup"));
    let words = explain(&home).words;
    assert!(
        words.contains("What serves fulfilment alone is kept for 10 of them") && words.contains("R21"),
        "{words}"
    );
    drop(home);

    let home = open("2026-03-18T12:00:00Z", "store.db");
    assert_eq!(home.run_retention().unwrap().buckets_destroyed, 1);
    let gone = |home: &Home| {
        let fields = home.reveal(ORDER);
        assert_eq!((value(&fields, I1), value(&fields, I2)), (None, None));
        assert_eq!(value(&fields, "buyer.buyerName"), Some("Quirina Zettelmann"));
    };
    gone(&home);
    let named = Wanted::Reference {
        seller: common::seller(),
        kind: None,
        reference: common::reference(ORDER),
        fields: Some(vec![I1.parse().unwrap()]),
    };
    let told = home.vault.resolve(&[named], home.now()).unwrap().remove(0);
    let Resolved::Gone(told) = told else { panic!("a message of nobody's use any more is held") };
    assert_eq!((told.rule.as_str(), told.state), ("R21", "disposed"));
    // A newer document has it still, and so has the same one of a home whose purposes last longer since.
    home.collect(&document("2026-03-18T10:00:00Z"));
    gone(&home);
    drop(home);
    let store = directory.path().join("store.db");
    let home = Home::open_as(directory.path(), "2026-03-19T12:00:00Z", &store, Policy::default()).unwrap();
    home.collect(&document("2026-03-19T10:00:00Z"));
    gone(&home);
    drop(home);
    gone(&Home::open_store(directory.path(), "2026-03-12T12:00:00Z", &backup).unwrap());
}

#[test]
fn a_message_that_turns_out_to_end_sooner_leaves_the_main_part_for_ever() {
    let (directory, home) = home("2026-03-20T12:00:00Z");
    let together = [("2026-03-10T10:00:00Z", "IN_TRANSIT"), ("2026-03-10T10:00:00Z", "IN_TRANSIT")];
    home.collect(&shipped("2026-03-19T10:00:00Z", together).to_string());
    let backup = home.back_up_store(&directory.path().join("backup"));
    assert_eq!(home.keyring.buckets().len(), 1);
    // The second package was handed over later: the order lives longer, and the first message ends with its own day.
    let apart = [("2026-03-10T10:00:00Z", "DELIVERED"), ("2026-03-18T10:00:00Z", "IN_TRANSIT")];
    home.collect(&shipped("2026-03-20T10:00:00Z", apart).to_string());
    let fields = home.reveal(ORDER);
    assert_eq!((value(&fields, I1), value(&fields, I2)), (Some("Gift 1"), Some("Gift 2")));
    let home = home.at("2026-04-05T12:00:00Z");
    home.run_retention().unwrap();
    let home = home.at("2026-04-08T12:00:00Z");
    home.run_retention().unwrap();
    let fields = home.reveal(ORDER);
    assert_eq!((value(&fields, I1), value(&fields, I2)), (None, Some("Gift 2")));
    drop(home);
    let old = Home::open_store(directory.path(), "2026-03-20T12:00:00Z", &backup).unwrap();
    if let Resolved::Held(held) = old.resolve(ORDER) {
        let action = authorized::Reveal {
            purpose: bailee_core::Purpose::Fulfilment,
            pairs: vec![(held.record, held.fields.iter().map(|field| field.instance).collect())],
        };
        let opened = old.try_reveal(action, &held);
        assert!(opened.map_or(true, |opened| opened.revealed.is_empty()), "the message opens from a backup");
    }
}

#[test]
fn a_tombstone_of_the_clock_yields_to_an_order_that_is_still_open_and_to_nothing_less() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order("UNSHIPPED", "2026-03-02T10:00:00Z").to_string());
    let home = home.at("2026-04-02T12:00:00Z");
    home.run_retention().unwrap();
    let as_of = |time: &str| Request { as_of: Some(common::time(time)), ..Request::default() };
    let past = |home: &Home, document: &Value, request| {
        home.collect_with(&document.to_string(), request).unwrap().0.counts.past_retention == 1
    };
    let newer = order("UNSHIPPED", "2026-04-01T10:00:00Z");
    let same = order("UNSHIPPED", "2026-03-02T10:00:00Z");
    assert!(past(&home, &same, as_of("2026-04-02T11:00:00Z")), "the same content says nothing new");
    assert!(past(&home, &newer, Request::default()), "nobody says as of when");
    let shipped = order("SHIPPED", "2026-04-01T11:00:00Z");
    assert!(past(&home, &shipped, as_of("2026-04-02T11:00:00Z")), "it has shipped");
    let newest = order("UNSHIPPED", "2026-04-01T12:00:00Z");
    assert!(!past(&home, &newest, as_of("2026-04-02T11:00:00Z")));
    assert_eq!(value(&home.reveal(ORDER), "buyer.buyerName"), Some("Quirina Zettelmann"));
    home.verify_ledger();
}

#[test]
fn facts_end_after_eighteen_months_and_the_tombstone_stays() {
    let (directory, home) = home("2026-03-02T12:00:00Z");
    let wants = Request { tokenise: true, ..Request::default() };
    let document = order("UNSHIPPED", "2026-03-02T10:00:00Z").to_string();
    let token = home.collect_with(&document, wants).unwrap().1[0]["buyer"]["buyerName"].clone();
    let home = home.at("2026-04-02T12:00:00Z");
    home.run_retention().unwrap();
    let backup = home.back_up_store(&directory.path().join("backup"));
    let home = home.at("2027-09-01T00:00:00Z");
    home.run_retention().unwrap();
    assert!(home.keyring.facts_keys().is_empty());
    assert_eq!((home.gone(ORDER).rule.as_str(), home.gone(ORDER).reference), ("R18", None));
    let again = home.collect_with(&document, wants).unwrap();
    assert_eq!(again.0.counts.past_retention, 1);
    for token in [token.as_str().unwrap(), again.1[0]["buyer"]["buyerName"].as_str().unwrap()] {
        let gone = home.reveal_token(token).map_err(|other| *other);
        assert!(
            matches!(gone, Err(Resolved::Gone(gone)) if gone.reference.is_none()),
            "the home knows it no more"
        );
    }
    drop(home);
    let old = Home::open_store(directory.path(), "2026-04-02T12:00:00Z", &backup).unwrap();
    assert_eq!(old.gone(ORDER).rule, "R18", "nor do they open from a backup");
}

#[test]
fn details_of_events_end_with_the_ledgers_time_and_not_one_day_earlier() {
    let (_directory, home) = home("2026-03-31T12:00:00Z");
    let (march, april) = (Month::of(time("2026-03-31T12:00:00Z")), Month::of(time("2026-04-01T00:00:00Z")));
    home.keyring.ensure_detail(march, &SystemEntropy).unwrap();
    home.vault.keep_up(home.now()).unwrap();
    assert_eq!(home.keyring.detail_keys(), [march, april], "the next month's is there before the month is");
    // The last event of March is 400 days old when the first of April begins to be.
    let home = home.at("2027-05-05T23:59:59Z");
    home.run_retention().unwrap();
    assert!(home.keyring.detail(march).is_some());
    let home = home.at("2027-05-06T00:00:00Z");
    home.run_retention().unwrap();
    assert!(home.keyring.detail(march).is_none() && home.keyring.detail(april).is_some());
    home.verify_ledger();
}

#[test]
fn what_is_quarantined_can_be_looked_at_today_however_old_it_is() {
    let (_directory, home) = home("2026-03-02T23:59:00Z");
    let old = r#"{"orderId":"302-1111111-3333333","createdTime":"2020-01-01T00:00:00Z","buyer":"text"}"#;
    assert_eq!(home.collect(old).counts.quarantined, 1);
    let listed =
        |home: &Home| home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 1000).unwrap();
    assert_eq!(listed(&home).len(), 1);
    let home = home.at("2026-03-03T00:00:00Z");
    assert_eq!(listed(&home).len(), 0, "and not a day longer than it must");
    home.run_retention().unwrap();
    assert!(home.keyring.buckets().is_empty());
    assert!(home.now() > time("2026-03-02T23:59:00Z"));
}

#[test]
fn an_order_that_stays_open_lives_on_without_a_gap_up_to_its_cap() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order("UNSHIPPED", "2026-03-02T10:00:00Z").to_string());
    // Seen as open again and again, it lives on without a gap, up to the cap of half a year.
    let mut home = home;
    for now in ["2026-03-27", "2026-04-22", "2026-05-18", "2026-06-13", "2026-07-09", "2026-08-04"] {
        home = home.at(&format!("{now}T12:00:00Z"));
        home.collect(&order("UNSHIPPED", &format!("{now}T10:00:00Z")).to_string());
        home.run_retention().unwrap();
        assert_eq!(value(&home.reveal(ORDER), "buyer.buyerName"), Some("Quirina Zettelmann"), "{now}");
        let parts: u64 = home.store.buckets().unwrap().iter().map(|bucket| bucket.parts).sum();
        assert_eq!(parts, 1);
    }
    let home = home.at("2026-08-25T12:00:00Z");
    home.collect(&order("UNSHIPPED", "2026-08-25T10:00:00Z").to_string());
    home.reveal(ORDER);
    let alarms = home.ledger_text().matches("retention-cap").count();
    assert_eq!(alarms, 1, "an alarm when the cap is reached, and not at every poll");
    let home = home.at("2026-08-26T00:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(home.gone(ORDER).rule, "R10");
}

#[test]
fn an_expiry_beyond_sight_is_computed_again_when_its_bucket_is_about_to_close() {
    let (directory, home) = home("2026-03-02T12:00:00Z");
    drop(home);
    let store = directory.path().join("store.db");
    let balanced = Policy::new(30, Profile::Balanced).unwrap();
    let home = Home::open_as(directory.path(), "2026-03-02T12:00:00Z", &store, balanced).unwrap();
    let mut promised = order("SHIPPED", "2026-03-02T10:00:00Z");
    // Expiry: 30 June. A bucket lies 45 days ahead at most.
    promised["fulfillment"]["deliverByWindow"] = json!({"earliestDateTime": "2026-05-31T10:00:00Z"});
    home.collect(&promised.to_string());
    let mut home = home;
    for now in ["2026-04-12", "2026-05-23", "2026-06-27"] {
        home = home.at(&format!("{now}T12:00:00Z"));
        home.run_retention().unwrap();
        assert_eq!(value(&home.reveal(ORDER), "buyer.buyerName"), Some("Quirina Zettelmann"), "{now}");
    }
    // What no document brought is told as well (R14).
    let changed = |event: &&String| *event == "expiry-changed";
    assert!(home.events().iter().filter(changed).count() >= 2, "{:?}", home.events());
    let home = home.at("2026-06-28T00:00:00Z");
    assert_eq!(home.gone(ORDER).rule, "R2");
}

#[test]
fn the_clock_is_explained_by_the_bucket_that_holds_the_data_now() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order("UNSHIPPED", "2026-03-02T10:00:00Z").to_string());
    let first = explain(&home);
    let home = home.at("2026-03-10T12:00:00Z");
    home.collect(&order("UNSHIPPED", "2026-03-10T10:00:00Z").to_string());
    let then = explain(&home);
    assert!(then.expires_at > first.expires_at);
    assert_eq!(then.closes_at, first.closes_at, "nothing has moved yet");
    assert!(then.words.contains("moved on") && !first.words.contains("moved on"), "{}", then.words);
}

#[test]
fn what_is_due_is_done_once_a_day_without_any_collect_and_what_is_late_raises_an_alarm() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order("UNSHIPPED", "2026-03-02T10:00:00Z").to_string());
    let home = home.at("2026-03-20T12:00:00Z");
    home.collect(&order("UNSHIPPED", "2026-03-20T10:00:00Z").to_string());
    let home = home.at("2026-03-28T12:00:00Z");
    home.vault.keep_up(home.now()).unwrap();
    let events = home.events();
    assert!(events.contains(&"moved".to_owned()) && !events.contains(&"system-error".to_owned()));
    home.vault.keep_up(home.now()).unwrap();
    assert_eq!(home.events(), events);
    // Closed, and nobody has run retention since.
    let state = |home: &Home| {
        let status = home.vault.retention_status(home.act(authorized::ReadRetention), None).unwrap();
        status[0].buckets[0].state
    };
    let home = home.at("2026-03-30T12:00:00Z");
    assert_eq!(state(&home), "closing");
    let home = home.at("2026-03-31T12:00:00Z");
    assert_eq!(state(&home), "late");
    home.vault.keep_up(home.now()).unwrap();
    assert_eq!(home.events().last().unwrap(), "system-error");
    home.run_retention().unwrap();
    assert_eq!(home.events().iter().filter(|event| *event == "system-error").count(), 2);
    home.run_retention().unwrap();
    assert_eq!(home.events().iter().filter(|event| *event == "system-error").count(), 2);
}
