//! A seller whose authorisation has ended: two people end it, what was held of it is gone, and a file proves that anywhere.

use serde_json::{Value, json};

use crate::grants::{BEN, CEM, ORDER, home, log_in};
use crate::support::*;

const REVEAL: [&str; 4] = ["reveal", "ALPHA/250-1234567-1234567", "--purpose", "fulfilment"];
const SERVICE: [&str; 9] =
    ["service", "add", "erp", "--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];

/// Writes a certificate; the file, and the key that verifies it.
fn certify(trial: &Trial, words: &[&str], name: &str) -> (String, String) {
    let file = trial.path(name).to_str().unwrap().to_owned();
    trial.run(&[&["retention", "certificate"], words, &["--out", &file]].concat()).ends(0);
    let census = trial.json(&["retention", "census"]);
    (file, census["verifier_key"].as_str().unwrap().to_owned())
}

/// Verifies it in an empty place, without any home.
fn verify(file: &str, key: &str) -> Ran {
    Trial::empty().run(&["retention", "verify-certificate", file, "--key", key])
}

#[test]
fn two_people_end_a_seller_and_a_file_proves_anywhere_that_all_of_it_is_gone() {
    let trial = home();
    trial.run(&["seller", "add", "BETA"]).ends(0);
    trial.run(&SERVICE).ends(0);
    let late =
        trial.run(&["seller", "end", "ALPHA", "--reason", "amazon-notice", "--on", "2026-04-02"]).ends(1);
    assert!(late.err.contains("next 30 days"), "{}", late.err);
    trial.run(&["seller", "end", "NOBODY", "--reason", "amazon-notice"]).ends(5);
    log_in(&trial, BEN);
    trial.run(&["seller", "end", "ALPHA", "--reason", "amazon-notice"]).ends(4);
    trial.log_in();
    let filed = trial.json(&["seller", "end", "ALPHA", "--reason", "amazon-notice"]);
    assert_eq!((&filed["act"], &filed["sellers"]), (&json!("end-seller"), &json!(["ALPHA"])));
    let id = filed["id"].as_str().unwrap();
    assert!(trial.run(&["proposal", "approve", id]).ends(4).err.contains("1.3.b"));
    assert!(trial.run(&["proposal", "list"]).ends(0).text().contains("seller ALPHA (amazon-notice)"));
    log_in(&trial, CEM);
    trial.run(&["proposal", "approve", id]).ends(0);

    trial.log_in();
    let sellers = trial.json(&["seller", "list"]);
    let states: Vec<_> = sellers["sellers"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["gone", "active"]);
    assert!(trial.run(&["seller", "list"]).ends(0).text().contains("gone since"));
    let refused = trial.run_with(&["collect", "--seller", "ALPHA", "-"], ORDER).ends(1);
    assert!(refused.err.contains("has ended (R17)") && refused.err.contains("another id"), "{}", refused.err);
    assert!(trial.run(&["seller", "add", "ALPHA"]).ends(1).err.contains("another id"));
    trial.run(&REVEAL).ends(5);
    let services = trial.json(&["service", "list"]);
    assert_eq!(services["services"], json!([]), "it was bound to that seller alone");
    assert!(trial.run(&SERVICE).ends(1).err.contains("has ended"));

    trial.run(&["retention", "run"]).ends(0);
    let (file, key) = certify(&trial, &["--seller", "ALPHA"], "gone.json");
    let verified = verify(&file, &key).ends(0).text();
    assert!(verified.contains("1 records in 1 parts") && verified.contains("Amazon demanded"), "{verified}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("Juniper") && !text.contains("BETA"), "{text}");
    trial.run(&["retention", "certificate", "--seller", "BETA"]).ends(5);
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn any_changed_statement_of_a_certificate_is_found() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], ORDER).ends(0);
    trial.later("2026-04-20T09:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    let list = trial.json(&["retention", "certificate"]);
    let line = &list["certificates"][0];
    assert_eq!((&line["seller"], &line["held"]), (&json!("ALPHA"), &json!("order")));
    let day = line["day"].as_str().unwrap();
    let of = ["--seller", "ALPHA", "--day", day];
    let shown = trial.run(&[&["retention", "certificate"], &of[..]].concat()).ends(0).text();
    assert!(shown.contains("R3") && shown.contains(day), "{shown}");
    let (file, key) = certify(&trial, &of, "day.json");
    assert!(verify(&file, &key).ends(0).text().contains("verified"));
    let whole = trial.json(&[&["retention", "certificate"], &of[..]].concat());
    let check = |path: &str, changed: Value, says: &str| {
        let mut one = whole.clone();
        *one.pointer_mut(path).unwrap() = changed;
        std::fs::write(&file, one.to_string()).unwrap();
        let refused = verify(&file, &key).ends(6);
        assert!(refused.err.contains(says), "{path}: {}", refused.err);
    };
    check("/total/records", json!(2), "`total`");
    check("/words/0", json!("This certifies nothing."), "`words`");
    check("/destructions/0/buckets/0/day", json!("2026-04-03"), "`destructions`");
    check("/of/day", json!("2026-04-03"), "said to be of");
    check("/ledger/verifier_key", json!("another"), "`ledger`");
    check("/proofs/0", json!("none"), "proof 1");
    std::fs::write(&file, whole.to_string()).unwrap();
    verify(&file, &key).ends(0);
    let other = Trial::at("2026-03-02T09:00:00Z");
    other.run(&["retention", "run"]).ends(0);
    let key = other.json(&["retention", "census"])["verifier_key"].as_str().unwrap().to_owned();
    verify(&file, &key).ends(6);
    std::fs::write(&file, "{}").unwrap();
    assert!(verify(&file, &key).ends(6).err.contains("no certificate"));
    trial.run(&["retention", "certificate", "--seller", "ALPHA"]).ends(5);
    trial.run(&["retention", "certificate", "--day", day]).ends(2);
    trial.run(&["retention", "certificate", "--out", "x"]).ends(2);
}

#[test]
fn where_no_second_person_is_asked_a_seller_ends_at_once_or_on_the_day_that_is_named() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], ORDER).ends(0);
    let words = ["seller", "end", "ALPHA", "--reason", "authorisation-ended", "--on", "2026-03-10"];
    let ended = trial.json(&words);
    assert_eq!((&ended["on"], &ended["gone_at"]), (&json!("2026-03-10"), &json!(null)));
    assert!(trial.run(&["seller", "list"]).ends(0).text().contains("to be gone on 2026-03-10"));
    let again = trial.run(&words).ends(1);
    assert!(again.err.contains("has ended already") && again.err.contains("2026-03-10"), "{}", again.err);
    trial.run(&REVEAL).ends(5);
    let explained = trial.json(&["retention", "explain", "ALPHA/250-1234567-1234567"]);
    assert_eq!((&explained["rule"], &explained["state"]), (&json!("R17"), &json!("closing")));
    // The home is opened on that day.
    trial.later("2026-03-10T00:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    assert_eq!(trial.json(&["seller", "list"])["sellers"][0]["state"], "gone");
    let (file, key) = certify(&trial, &["--seller", "ALPHA"], "gone.json");
    assert!(verify(&file, &key).ends(0).text().contains("18 months"));
}
