//! A home whose every mirror is lost, and that goes on from its lasting half: what people had asked for holds on, or is told for lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::path::{Path, PathBuf};

use bailee_core::subject::{Channel, Law, Proof, Refusal, Right};
use bailee_core::{Purpose, RecordId, Sensitive};
use bailee_crypto::escrow::export::{self, Opens};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized;
use bailee_vault::consent::Given;
use bailee_vault::find::Query;
use bailee_vault::reveal::Resolved;
use bailee_vault::subject::{Asked, Taken};
use bailee_vault::{Adopted, VaultError, restrict};
use common::{Home, reference, seller};
use serde_json::json;

const NOW: &str = "2026-03-02T12:00:00Z";
const LATER: &str = "2026-03-03T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32) -> String {
    let order = json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": {"buyerName": format!("Quirina {number}")}, "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    });
    format!("{order}\n")
}

fn record(home: &Home, number: u32) -> RecordId {
    home.vault.named(&seller(), None, &reference(&id(number))).unwrap()[0].record
}

fn restrict(home: &Home, number: u32, lift: bool) -> restrict::Outcome {
    let records = vec![(seller(), record(home, number))];
    home.vault.restrict(home.act(authorized::Restrict { records, lift })).unwrap()[0].1
}

fn who() -> Query {
    Query { email: Some(Sensitive::new("quirina@mail.example".to_owned())), ..Query::default() }
}

fn ask(home: &Home) -> RecordId {
    let received = "2026-03-01".parse().unwrap();
    let asked = Asked { right: Right::Erase, law: Law::Gdpr, received, sellers: vec![seller()] };
    home.vault.open_request(home.act(authorized::HandleRequests), asked, &who()).unwrap().id
}

fn step(home: &Home, id: RecordId, taken: Taken) {
    home.vault.step_request(home.act(authorized::HandleRequests), id, taken).unwrap();
}

fn consent(home: &Home, number: u32) -> Result<RecordId, VaultError> {
    let given = Given {
        purpose: Purpose::Fulfilment,
        on: "2026-03-02".parse().unwrap(),
        how: Channel::Mail,
        notice: "terms-7".parse().unwrap(),
        seller: seller(),
        records: vec![record(home, number)],
    };
    home.vault.give_consent(home.act(authorized::HandleRequests), given, &who()).map(|consent| consent.id)
}

fn is_restricted(home: &Home, number: u32) -> bool {
    matches!(home.resolve(&id(number)), Resolved::Held(held) if held.restricted)
}

fn mirrors(directory: &Path) -> [PathBuf; 2] {
    ["keyring-a", "keyring-b"].map(|name| directory.join(name))
}

/// Loses every mirror of a home, and makes a keyring of what was exported.
fn lose(directory: &Path, home: Home, exported: &[u8]) {
    drop(home);
    mirrors(directory).iter().for_each(|mirror| std::fs::remove_dir_all(mirror).unwrap());
    let root = KeyFile::open(&directory.join("root.key")).unwrap();
    let lasting = export::open(exported, Opens::Root(&root)).unwrap();
    Keyring::import(Box::new(root), lasting, &mirrors(directory), &SystemEntropy).unwrap();
}

fn exported(home: &Home) -> Vec<u8> {
    home.vault.export_keyring(home.act(authorized::Administer), &[]).unwrap().file
}

fn adopt(home: &Home) -> Adopted {
    home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap().unwrap()
}

fn home(directory: &Path) -> Home {
    let home = Home::new(directory, NOW);
    home.collect(&(1..6).map(order).collect::<String>());
    home
}

#[test]
fn restrictions_hold_on_when_every_mirror_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let before = home(directory);
    let file = exported(&before);
    for number in [1, 2, 3] {
        assert_eq!(restrict(&before, number, false), restrict::Outcome::Restricted);
    }
    assert_eq!(restrict(&before, 2, true), restrict::Outcome::Lifted);
    // One that was erased since stays gone, and waits for nothing.
    let records = vec![(seller(), record(&before, 3))];
    before.vault.erase(before.act(authorized::Erase { records })).unwrap();
    lose(directory, before, &file);
    let home = Home::open(directory, LATER).unwrap();
    let adopted = adopt(&home);
    assert_eq!((adopted.restricted, adopted.parts_lost, adopted.facts_lost), (1, 4, 1), "{adopted:?}");
    assert!(home.ledger_text().contains(r#""asked":{"requests":0,"open":0,"consents":0,"restricted":1}"#));
    let gone = home.gone(&id(1));
    assert_eq!((gone.state, gone.reference), ("lost", Some(reference(&id(1)))));
    drop(home);
    let home = Home::open(directory, LATER).unwrap();
    // What is lost can be restricted as well, and that lifted.
    assert_eq!(restrict(&home, 4, false), restrict::Outcome::Restricted);
    assert_eq!(restrict(&home, 4, false), restrict::Outcome::Unchanged);
    assert_eq!(restrict(&home, 5, false), restrict::Outcome::Restricted);
    assert_eq!(restrict(&home, 5, true), restrict::Outcome::Lifted);
    let counts = home.collect(&(1..6).map(order).collect::<String>()).counts;
    assert_eq!((counts.updated, counts.past_retention), (4, 1), "{counts:?}");
    assert_eq!([1, 2, 4, 5].map(|number| is_restricted(&home, number)), [true, false, true, false]);
    assert_eq!(restrict(&home, 1, true), restrict::Outcome::Lifted);
    assert_eq!(restrict(&home, 1, true), restrict::Outcome::Unchanged);
    assert!(!is_restricted(&home, 1));
    home.verify_ledger();
    // And lost once more, the last word counts.
    let file = exported(&home);
    lose(directory, home, &file);
    let home = Home::open(directory, LATER).unwrap();
    assert_eq!(adopt(&home).restricted, 1);
    home.collect(&(1..6).map(order).collect::<String>());
    assert_eq!([1, 2, 4, 5].map(|number| is_restricted(&home, number)), [false, false, true, false]);
}

#[test]
fn requests_and_consents_are_lost_with_the_mirrors_and_told_by_number() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let before = home(directory);
    let file = exported(&before);
    let (open, refused) = (ask(&before), ask(&before));
    step(&before, open, Taken::Acknowledged);
    step(&before, refused, Taken::Acknowledged);
    step(&before, refused, Taken::Identified(Proof::OrderAndAddress));
    step(&before, refused, Taken::Refused(Refusal::Unfounded));
    for number in [1, 2, 3] {
        consent(&before, number).unwrap();
    }
    lose(directory, before, &file);
    let home = Home::open(directory, LATER).unwrap();
    let adopted = adopt(&home);
    let told = (adopted.asked_lost, adopted.asked_open, adopted.consents_lost, adopted.requests_lost);
    assert_eq!(told, (2, 1, 3, 1), "{adopted:?}");
    assert!(home.ledger_text().contains(r#""asked":{"requests":2,"open":1,"consents":3,"restricted":0}"#));
    // In the same month people ask and agree again.
    assert!(home.vault.requests(&home.act(authorized::HandleRequests)).unwrap().is_empty());
    home.collect(&(1..6).map(order).collect::<String>());
    let again = ask(&home);
    consent(&home, 1).unwrap();
    let requests = home.vault.requests(&home.act(authorized::HandleRequests)).unwrap();
    assert_eq!(requests.iter().map(|one| one.id).collect::<Vec<_>>(), [again]);
    assert_eq!(home.vault.consents(&home.act(authorized::HandleRequests)).unwrap().len(), 1);
}

#[test]
fn killed_before_it_is_completed_it_keeps_restrictions_at_the_next_opening() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let before = home(directory);
    let file = exported(&before);
    restrict(&before, 1, false);
    ask(&before);
    lose(directory, before, &file);
    let home = Home::open(directory, LATER).unwrap();
    home.writes_left(1);
    home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap_err();
    drop(home);
    let home = Home::open(directory, LATER).unwrap();
    assert!(home.vault.keyring_behind().is_none());
    assert!(home.ledger_text().contains(r#""asked":{"requests":1,"open":1,"consents":0,"restricted":1}"#));
    home.collect(&order(1));
    assert!(is_restricted(&home, 1));
}

#[test]
fn a_restriction_that_waits_ends_with_the_facts_of_its_month() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let before = home(directory);
    let file = exported(&before);
    restrict(&before, 1, false);
    lose(directory, before, &file);
    let home = Home::open(directory, LATER).unwrap();
    adopt(&home);
    // The month gets a key again with what is collected anew, and goes with it.
    home.collect(&order(2));
    let waits = |home: &Home| home.store.entries("restriction").unwrap().len();
    assert_eq!(waits(&home), 1);
    drop(home);
    let home = Home::open(directory, "2027-11-02T12:00:00Z").unwrap();
    home.run_retention().unwrap();
    assert_eq!(waits(&home), 0);
}

#[test]
fn of_keys_that_an_adoption_passed_over_none_counts_as_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let before = home(directory);
    let file = exported(&before);
    lose(directory, before, &file);
    let home = Home::open(directory, LATER).unwrap();
    adopt(&home);
    let status = |home: &Home| home.vault.keys_status(home.act(authorized::Administer)).unwrap().punctured;
    assert_eq!(status(&home), 0);
    home.collect(&order(1));
    let records = vec![(seller(), record(&home, 1))];
    home.vault.erase(home.act(authorized::Erase { records })).unwrap();
    assert_eq!(status(&home), 1);
}
