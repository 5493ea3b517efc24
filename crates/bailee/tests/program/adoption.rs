//! A home whose newer mirrors are lost: it says so, two people decide, and it goes on without what was destroyed.

use serde_json::json;

use crate::grants::{CEM, home, log_in};
use crate::support::*;

const ORDER: &str = "ALPHA/250-1234567-1234567";
const REVEAL: [&str; 6] = ["reveal", ORDER, "--purpose", "fulfilment", "--ticket", "CASE-1"];

const SERVICE: [&str; 9] =
    ["service", "add", "labels", "--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];

/// Puts both mirrors back to what they were.
fn put_back(trial: &Trial) {
    std::fs::remove_dir_all(trial.path("home/keyring")).unwrap();
    copy(&trial.path("old-keyring"), &trial.path("home/keyring"));
}

fn broken(number: u32) -> String {
    format!(
        r#"{{"orderId":"302-2222222-{number:07}","buyer":{{"buyerName":"Quirina Zettelmann"}},"buyer":{{}}}}"#
    )
}

/// A home that asks for a second person: a copy of its keyring, and what was taken in, disposed of and thrown away since.
fn lost() -> Trial {
    let trial = home();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &broken(1)).ends(3);
    trial.later("2026-03-20T09:00:00Z");
    let live = r#"{"orderId":"250-7654321-7654321","createdTime":"2026-03-20T08:00:00Z","buyer":{"buyerName":"Marlow Quist"},"fulfillment":{"fulfillmentStatus":"UNSHIPPED"}}"#;
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], live).ends(0);
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &broken(2)).ends(3);
    copy(&trial.path("home/keyring"), &trial.path("old-keyring"));
    let items = trial.json(&["quarantine", "list"]);
    let newest = items["quarantined"][0]["id"].as_str().unwrap().to_owned();
    trial.run(&["quarantine", "discard", &newest, "--reason", "unreadable"]).ends(0);
    trial.later("2026-03-31T09:00:00Z");
    assert!(trial.json(&["retention", "run"])["buckets_destroyed"].as_u64().unwrap() > 0);
    trial.run(&SERVICE).ends(0);
    put_back(&trial);
    trial
}

#[test]
fn two_people_go_on_with_an_older_keyring_and_what_was_destroyed_stays_gone() {
    let trial = lost();
    for words in [&REVEAL[..4], &["seller", "list"], &["retention", "run"], &["person", "list"]] {
        let refused = trial.run(words).ends(1);
        assert!(refused.err.contains("older than revision"), "{words:?}: {}", refused.err);
        assert!(refused.err.contains("bailee keys adopt"), "{words:?}: {}", refused.err);
    }
    let served = trial.run(&["serve"]).ends(1);
    assert!(served.err.contains("bailee keys adopt"), "{}", served.err);
    trial.run(&["logout"]).ends(0);
    trial.log_in();
    let status = trial.json(&["keys", "status"]);
    assert!(status["older_than"].as_u64() > status["revision"].as_u64(), "{status}");
    assert!(trial.run(&["keys", "status"]).ends(0).text().contains("nothing is opened or sealed"));
    trial.run(&["ledger", "verify"]).ends(0);

    let filed = trial.json(&["keys", "adopt"]);
    assert_eq!((&filed["act"], &filed["state"]), (&"adopt-keyring".into(), &"proposed".into()));
    assert_eq!((&filed["keyring"], &filed["anchor"]), (&status["revision"], &status["older_than"]));
    let id = filed["id"].as_str().unwrap();
    trial.run(&["proposal", "approve", id]).ends(4);
    log_in(&trial, CEM);
    let all = trial.json(&["proposal", "list"]);
    let other = all["proposals"].as_array().unwrap().iter().find(|one| one["act"] == "release-service");
    let other = other.unwrap()["id"].as_str().unwrap();
    let refused = trial.run(&["proposal", "approve", other]).ends(1);
    assert!(refused.err.contains("older than revision"), "nothing else is carried out: {}", refused.err);
    assert!(trial.run(&["proposal", "list"]).ends(0).text().contains("the keyring at revision"));
    assert!(trial.run(&["proposal", "approve", id]).ends(0).text().contains("is done"));
    trial.run(&["keys", "adopt"]).ends(4);
    trial.run(&["proposal", "approve", other]).ends(0);

    trial.log_in();
    assert_eq!(trial.json(&["keys", "status"])["older_than"], json!(null));
    let again = trial.run(&["keys", "adopt"]).ends(1);
    assert!(again.err.contains("nothing to adopt"), "{}", again.err);
    let revealed = |order: &str| trial.json(&["show", order]).to_string();
    assert!(revealed("ALPHA/250-7654321-7654321").contains("M*****"), "what lives is opened");
    assert!(revealed(ORDER).contains("disposed"));
    let left = trial.json(&["quarantine", "list"]);
    assert!(left["quarantined"].as_array().unwrap().is_empty(), "{left}");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], crate::grants::ORDER).ends(0);
    trial.run(&["ledger", "verify"]).ends(0);
    let events = trial.json(&["ledger", "tail", "-n", "100"]).to_string();
    assert_eq!(events.matches("\"event\":\"adoption\"").count(), 2, "{events}");
}

#[test]
fn a_home_that_asks_for_no_second_person_goes_on_at_once() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], crate::grants::ORDER).ends(0);
    copy(&trial.path("home/keyring"), &trial.path("old-keyring"));
    trial.later("2026-03-03T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &broken(3)).ends(3);
    put_back(&trial);
    trial.run(&REVEAL[..4]).ends(1);
    let adopted = trial.json(&["keys", "adopt"]);
    assert_eq!((&adopted["parts_lost"], &adopted["buckets_removed"]), (&json!(1), &json!(0)));
    assert!(trial.run(&REVEAL[..4]).ends(0).text().contains("Juniper Fernsby"));
    trial.run(&["ledger", "verify"]).ends(0);
}
