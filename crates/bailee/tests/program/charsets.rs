//! A character set that somebody names: believed of each document that can be in it, and of no other.

use serde_json::json;

use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";

fn order(number: u32, name: &str) -> String {
    json!({ "orderId": format!("302-1111111-{number:07}"), "lastUpdatedTime": "2026-03-01T10:00:00Z",
        "buyer": { "buyerName": name } })
    .to_string()
        + "\n"
}

fn western(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
}

/// Two orders in windows-1252 and two in UTF-8, put together: what the whole is in is not certain.
fn mixed() -> Vec<u8> {
    let western =
        [order(1, "Käthe Großkötter"), order(2, "Jörg Süßmilch")].map(|text| western(&text)).concat();
    [&western[..], order(3, "Zoë Üblich").as_bytes(), order(4, "Ærøs Ñandú").as_bytes()].concat()
}

fn name_of(trial: &Trial, number: u32) -> String {
    let reference = format!("ALPHA/302-1111111-{number:07}");
    let revealed = trial.json(&["reveal", &reference, "--purpose", "fulfilment"]);
    revealed["records"][0]["fields"]["buyer.buyerName"].as_str().unwrap().to_owned()
}

fn reasons(trial: &Trial) -> Vec<String> {
    let listed = trial.json(&["quarantine", "list"]);
    let items = listed["quarantined"].as_array().unwrap();
    items.iter().map(|item| item["reason"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_retried_under_a_wrong_name_stays_and_under_the_right_one_goes_in() {
    let trial = Trial::at(NOW);
    let input = trial.write("mixed.ndjson", mixed());
    trial.run(&["collect", "--seller", "ALPHA", &input]).ends(3);
    assert_eq!(reasons(&trial), ["charset"; 4]);
    let retry = |charset| trial.run(&["quarantine", "retry", "--all", "--charset", charset]);
    assert!(retry("big5").ends(3).text().contains("4 quarantined"));
    assert!(retry("windows-1252").ends(3).text().contains("2 new, 2 quarantined"));
    assert_eq!(reasons(&trial), ["charset"; 2]);
    assert!(retry("UTF-8").ends(0).text().contains("2 new"));
    assert_names(&trial);
}

#[test]
fn a_document_that_is_not_in_the_named_set_waits_for_its_own() {
    let trial = Trial::at(NOW);
    let input = trial.write("mixed.ndjson", mixed());
    let told = trial.run(&["collect", "--seller", "ALPHA", "--charset", "windows-1252", &input]).ends(3);
    assert!(told.text().contains("2 new, 2 quarantined"), "{}", told.text());
    assert!(told.err.contains("windows-1252, but for orders whose letters cannot be in it"), "{}", told.err);
    assert_eq!(reasons(&trial), ["charset"; 2]);
    trial.run(&["quarantine", "retry", "--all", "--charset", "cp1252"]).ends(3);
    trial.run(&["quarantine", "retry", "--all", "--charset", "utf8"]).ends(0);
    assert_names(&trial);
}

#[track_caller]
fn assert_names(trial: &Trial) {
    let names = ["Käthe Großkötter", "Jörg Süßmilch", "Zoë Üblich", "Ærøs Ñandú"];
    for (number, name) in (1..).zip(names) {
        assert_eq!(name_of(trial, number), name);
    }
}

#[test]
fn letters_that_were_lost_before_are_told_of_what_is_retried_too() {
    let trial = Trial::at(NOW);
    let undecided = western(&order(1, "K?the \u{A4}\u{BD}"));
    let input = trial.write("undecided.ndjson", undecided);
    trial.run(&["collect", "--seller", "ALPHA", &input]).ends(3);
    let told = trial.run(&["quarantine", "retry", "--all", "--charset", "iso-8859-15"]).ends(0);
    assert!(told.err.contains("1 value had lost letters"), "{}", told.err);
}
