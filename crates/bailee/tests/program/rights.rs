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
    copy(&trial.path("home"), &trial.path("before"));
    let erased = trial.json(&["erase", &name(1), &name(2)]);
    let line = |number| json!({ "seller": "ALPHA", "kind": "order", "reference": reference(number), "outcome": "erased" });
    assert_eq!(erased, json!({ "records": [line(1), line(2)], "recipients_to_tell": 0, "in_archives": 0 }));
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

    // The data of the home from before under its present keys: what was erased opens no more, the rest does.
    for name in ["store.db", "store.db-wal"] {
        let (from, to) = (trial.path("before").join(name), trial.path("home").join(name));
        let _ = std::fs::remove_file(&to);
        if from.exists() {
            std::fs::copy(from, to).unwrap();
        }
    }
    let _ = std::fs::remove_file(trial.path("home/store.db-shm"));
    // Or it would be found out: the ledger was rolled back.
    std::fs::remove_dir_all(trial.path("home.checkpoints")).unwrap();
    trial.log_in();
    for number in 1..=3 {
        let opened = reveal(&trial, number);
        assert_eq!(opened.text().contains(NAME), number == 3, "{number}: {}", opened.text());
    }
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
    assert!(list.contains("1 record"), "{list}");
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

#[test]
fn what_is_restricted_is_revealed_to_nobody_until_it_is_lifted() {
    let trial = home(2);
    let collected = trial.run_with(
        &["collect", "--seller", "ALPHA", "--emit", trial.path("out.json").to_str().unwrap(), "-"],
        &order(1),
    );
    collected.ends(0);
    let emitted: Value = serde_json::from_slice(&std::fs::read(trial.path("out.json")).unwrap()).unwrap();
    let token = emitted["buyer"]["buyerName"].as_str().unwrap().to_owned();
    let restricted = trial.json(&["restrict", &name(1)]);
    assert_eq!(restricted["records"][0]["outcome"], "restricted");
    let key = service(&trial);
    let trial = trial.with_key(&key);
    for words in [
        vec!["reveal", &name(1), "--purpose", "fulfilment"],
        vec!["reveal", &name(1), "--purpose", "fulfilment", "--field", "buyer.buyerName"],
        vec!["reveal", "--token", &token, "--purpose", "fulfilment"],
    ] {
        let denied = trial.run(&[&["--output", "json"], &words[..]].concat()).ends(4);
        let denied = denied.json()["denied"][0].clone();
        assert_eq!(
            (&denied["code"], &denied["requirement"]),
            (&json!("restricted"), &json!("2.2.d")),
            "{words:?}"
        );
        assert!(denied["detail"].as_str().unwrap().contains("GDPR article 18"), "{denied}");
    }
    // One among others is refused alone.
    let both = [
        "--output",
        "json",
        "reveal",
        &name(1),
        &name(2),
        "--purpose",
        "fulfilment",
        "--field",
        "buyer.buyerName",
    ];
    let both = trial.run(&both).json();
    assert_eq!(
        (both["records"].as_array().unwrap().len(), both["denied"].as_array().unwrap().len()),
        (1, 1),
        "{both}"
    );
    let found = trial.json(&["find", "--seller", "ALPHA", "--name", NAME]);
    assert_eq!(found["references"].as_array().unwrap().len(), 1, "not by a service: {found}");
    trial.run(&["restrict", "--lift", &name(1)]).ends(4);

    let trial = trial.without_key();
    let found = trial.json(&["find", "--seller", "ALPHA", "--name", NAME]);
    assert_eq!(found["references"].as_array().unwrap().len(), 2, "{found}");
    let shown = trial.run(&["show", &name(1)]).ends(0).text();
    assert!(shown.contains("(restricted)") && !shown.contains("Q****"), "{shown}");
    assert!(trial.run(&["restrict", &name(1)]).ends(0).text().contains("was restricted already"));
    assert!(trial.run(&["restrict", "--lift", &name(1)]).ends(0).text().contains("is used again"));
    assert_eq!(reveal(&trial, 1).ends(0).json()["records"][0]["fields"]["buyer.buyerName"], NAME);
    trial.run(&["restrict", "ALPHA/302-9999999-0000009"]).ends(5);
    let events = tail(&trial);
    assert!(
        events.contains(r#""event":"restricted""#) && events.contains(r#""reason":"restricted""#),
        "{events}"
    );
    assert!(!events.contains("302-1111111"));
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn what_is_corrected_stays_so_and_its_value_stands_nowhere_in_the_open() {
    let trial = home(2);
    let correct = |words: &[&str], value: &str| {
        trial.run_with(&[&["rectify", &name(1), "--value-stdin"], words].concat(), &format!("{value}\n"))
    };
    let right = "Wilhelmine Berichtigt";
    let done = correct(&["--field", "buyer.buyerName"], right).ends(0);
    assert!(done.text().contains("no copy opens the old one") && !done.text().contains(right));
    assert_eq!(reveal(&trial, 1).ends(0).json()["records"][0]["fields"]["buyer.buyerName"], right);
    assert_eq!(reveal(&trial, 2).ends(0).json()["records"][0]["fields"]["buyer.buyerName"], NAME);
    trial
        .run_with(&["collect", "--seller", "ALPHA", "-"], &order(1).replace("T10:00:00Z", "T11:00:00Z"))
        .ends(0);
    assert_eq!(reveal(&trial, 1).ends(0).json()["records"][0]["fields"]["buyer.buyerName"], right);
    assert_eq!(trial.json(&["show", &name(1)])["rectified"], json!(["buyer.buyerName"]));

    assert!(correct(&["--field", "buyer.buyerName"], right).ends(0).text().contains("already"));
    let unfit = correct(&["--field", "buyer.buyerName"], "Wilma\u{7}").ends(1);
    assert!(unfit.err.contains("control characters") && !unfit.err.contains("Wilma"), "{}", unfit.err);
    correct(&["--field", "buyer.nothing"], right).ends(5);
    correct(&["--field", "buyer.buyerName", "--kind", "return"], right).ends(5);
    correct(&[], right).ends(2);
    assert_nowhere(&trial.kept(), &[right.to_owned()]);
    let events = tail(&trial);
    assert!(events.contains(r#""event":"rectified""#) && !events.contains("Berichtigt"), "{events}");
    let key = service(&trial);
    let trial = trial.with_key(&key);
    trial.run_with(&["rectify", &name(1), "--field", "buyer.buyerName", "--value-stdin"], right).ends(4);
}
