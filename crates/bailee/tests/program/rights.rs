//! What people ask for of their own data, as an officer does it: erasure, alone and by two.

use serde_json::{Value, json};

use crate::grants::{self, BEN, CEM};
use crate::support::*;

const NOW: &str = "2026-03-02T09:00:00Z";
const NAME: &str = "Quirina Zettelmann";

fn order(number: u32) -> String {
    json!({
        "orderId": reference(number), "createdTime": "2026-03-01T08:00:00Z", "lastUpdatedTime": "2026-03-01T10:00:00Z",
        "buyer": { "buyerName": NAME, "buyerEmail": format!("q{number}@mail.example") },
        "fulfillment": { "fulfillmentStatus": "UNSHIPPED" }
    })
    .to_string()
}

fn reference(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn name(number: u32) -> String {
    format!("ALPHA/{}", reference(number))
}

/// A home with so many orders.
fn home(orders: u32) -> Trial {
    let trial = Trial::at(NOW);
    let lines: String = (1..=orders).map(|number| order(number) + "\n").collect();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &lines).ends(0);
    trial
}

fn reveal(trial: &Trial, number: u32) -> Ran {
    trial.run(&["--output", "json", "reveal", &name(number), "--purpose", "fulfilment"])
}

fn service(trial: &Trial) -> String {
    let words =
        ["service", "add", "erp", "--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];
    trial.json(&words)["key"].as_str().unwrap().to_owned()
}

fn tail(trial: &Trial) -> String {
    trial.run(&["--output", "json", "ledger", "tail"]).ends(0).text()
}

#[test]
fn what_is_erased_is_gone_for_everybody_and_does_not_come_back() {
    let trial = home(3);
    let erased = trial.json(&["erase", &name(1), &name(2)]);
    let line = |number| json!({ "seller": "ALPHA", "kind": "order", "reference": reference(number), "outcome": "erased" });
    assert_eq!(erased, json!({ "records": [line(1), line(2)] }));
    let gone = reveal(&trial, 1).ends(5).json();
    assert_eq!((&gone["gone"][0]["state"], &gone["gone"][0]["rule"]), (&json!("erased"), &json!("R16")));
    assert_eq!(reveal(&trial, 3).ends(0).json()["records"][0]["fields"]["buyer.buyerName"], NAME);
    assert!(trial.run(&["show", &name(1)]).ends(0).text().contains("(erased)"));
    assert!(trial.run(&["retention", "explain", &name(1)]).ends(0).text().contains("it was erased"));
    let found = trial.json(&["find", "--seller", "ALPHA", "--email", "q1@mail.example"]);
    assert_eq!(found, json!({ "references": [] }));

    let collected =
        trial.run_with(&["--output", "json", "collect", "--seller", "ALPHA", "-"], &order(1)).ends(0);
    assert_eq!(collected.json()["past_retention"], 1);
    reveal(&trial, 1).ends(5);
    let again = trial.run(&["erase", &name(1)]).ends(0).text();
    assert!(again.contains("was erased already"), "{again}");
    let events = tail(&trial);
    assert!(events.contains(r#""event":"erased""#) && !events.contains("302-1111111"), "{events}");
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn whoever_may_not_erases_nothing_and_one_wrong_name_stops_all() {
    let trial = home(2);
    let unknown = trial.run(&["erase", &name(1), "ALPHA/302-9999999-0000009"]).ends(5);
    assert!(
        unknown.err.contains("302-9999999-0000009") && unknown.err.contains("nothing was done"),
        "{}",
        unknown.err
    );
    trial.run(&["erase", "NOBODY/1-1-1"]).ends(5);
    trial.run(&["erase", &name(1), "--kind", "return"]).ends(5);
    trial.run(&["erase"]).ends(2);
    trial.run(&["erase", "ALPHA"]).ends(2);
    let key = service(&trial);
    let trial = trial.with_key(&key);
    let denied = trial.run(&["erase", &name(1)]).ends(4);
    assert!(denied.err.contains("no service may do this"), "{}", denied.err);
    let trial = trial.without_key();
    assert_eq!(reveal(&trial, 1).ends(0).json()["records"][0]["fields"]["buyer.buyerName"], NAME);
    let explained = trial.json(&["access", "explain", MAIL, "erase", &name(1)]);
    assert_eq!(explained["decision"], "allow", "{explained}");
}

#[test]
fn where_two_are_asked_for_one_proposes_and_another_approves_what_is_erased() {
    let trial = grants::home();
    let order = "ALPHA/250-1234567-1234567";
    grants::log_in(&trial, BEN);
    trial.run(&["erase", order]).ends(4);
    grants::log_in(&trial, CEM);
    let filed = trial.json(&["erase", order]);
    assert_eq!((&filed["act"], &filed["state"]), (&json!("erase"), &json!("proposed")));
    assert_eq!(filed["records"][0]["reference"], "250-1234567-1234567");
    let id = filed["id"].as_str().unwrap();
    assert!(trial.run(&["proposal", "approve", id]).ends(4).err.contains("1.3.b"));
    let shown = trial.run(&["show", order]).ends(0).text();
    assert!(shown.contains("(live)"), "{shown}");

    trial.log_in();
    let list = trial.run(&["proposal", "list"]).ends(0).text();
    assert!(list.contains("1 records"), "{list}");
    let told = trial.run(&["proposal", "show", id]).ends(0).text();
    assert!(told.contains(order), "{told}");
    trial.run(&["proposal", "approve", id]).ends(0);
    assert!(trial.run(&["show", order]).ends(0).text().contains("(erased)"));
    let done: Value = trial.json(&["proposal", "show", id]);
    assert_eq!(
        (&done["state"], &done["records"][0]["reference"]),
        (&json!("done"), &json!("250-1234567-1234567"))
    );
    assert!(trial.run(&["proposal", "approve", id]).ends(1).err.contains("done already"));
    let events = tail(&trial);
    assert!(!events.contains("250-1234567"), "{events}");
}
