//! What somebody asked to be erased is gone at once: in place, from every copy, and for good; and nothing else is.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use bailee_core::{Kind, RecordId, Sensitive};
use bailee_ledger::authorized;
use bailee_vault::VaultError;
use bailee_vault::collect::Request;
use bailee_vault::erase::Outcome;
use bailee_vault::record::RECORDS_MAX;
use bailee_vault::reveal::Resolved;
use common::{Home, reference, seller, value};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32, updated: &str) -> Value {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": updated,
        "buyer": {"buyerName": format!("Quirina {number}"), "buyerEmail": format!("q{number}@mail.example")},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    })
}

fn orders(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| format!("{}\n", order(number, "2026-03-02T10:00:00Z"))).collect()
}

fn records(home: &Home, numbers: &[u32]) -> Vec<RecordId> {
    let named = |number: &u32| home.vault.named(&seller(), None, &reference(&id(*number))).unwrap();
    numbers.iter().flat_map(named).map(|named| named.record).collect()
}

fn erase_records(home: &Home, records: Vec<RecordId>) -> Result<Vec<(RecordId, Outcome)>, VaultError> {
    let records = records.into_iter().map(|record| (seller(), record)).collect();
    home.vault.erase(home.act(authorized::Erase { records }))
}

fn erase(home: &Home, numbers: &[u32]) -> Result<Vec<Outcome>, VaultError> {
    let outcomes = erase_records(home, records(home, numbers))?;
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Whether the plaintext of an order comes out.
fn opens(home: &Home, number: u32) -> bool {
    let Resolved::Held(held) = home.resolve(&id(number)) else { return false };
    let action = authorized::Reveal {
        purpose: bailee_core::Purpose::Fulfilment,
        pairs: vec![(held.record, held.fields.iter().map(|field| field.instance).collect())],
    };
    let Ok(opened) = home.try_reveal(action, &held) else { return false };
    let name = opened.revealed.first().and_then(|one| value(&one.fields, "buyer.buyerName"));
    name.is_some_and(|name| name == format!("Quirina {number}"))
}

fn find(home: &Home, number: u32) -> usize {
    let query = bailee_vault::find::Query {
        email: Some(Sensitive::new(format!("q{number}@mail.example"))),
        ..Default::default()
    };
    let terms = vec![bailee_core::catalogue::TermKind::Email];
    let action = authorized::Find { seller: seller(), terms, restricted: false };
    home.vault.find(home.act(action), &query).unwrap().len()
}

fn count(home: &Home, event: &str) -> usize {
    home.events().iter().filter(|name| *name == event).count()
}

#[test]
fn what_is_erased_opens_in_no_copy_and_all_else_does() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let wants = Request { tokenise: true, ..Request::default() };
    let returned = home.collect_with(&orders(0..20), wants).unwrap().1;
    let token = returned[3]["buyer"]["buyerName"].as_str().unwrap().to_owned();
    let backup = home.back_up_store(&directory.path().join("backup"));
    assert_eq!((find(&home, 3), find(&home, 4)), (1, 1));

    assert_eq!(erase(&home, &[3, 7, 8]).unwrap(), [Outcome::Erased; 3]);
    assert_eq!((count(&home, "erased"), count(&home, "destruction-intended")), (1, 1), "one destruction");
    assert_eq!(count(&home, "destruction-completed"), 1);
    let gone = home.gone(&id(3));
    assert_eq!((gone.state, gone.rule.as_str(), gone.when), ("erased", "R16", home.now()));
    assert_eq!(gone.reference.unwrap(), reference(&id(3)));
    assert!(
        matches!(home.reveal_token(&token), Err(gone) if matches!(&*gone, Resolved::Gone(gone) if gone.state == "erased"))
    );
    assert_eq!((find(&home, 3), find(&home, 4)), (0, 1));
    let shown = home
        .vault
        .show(home.act(authorized::Show { seller: seller(), kind: Kind::Order }), &reference(&id(3)));
    let shown = shown.unwrap().unwrap();
    assert_eq!((shown.state, shown.fields.len()), ("erased", 0));
    assert!(shown.retention.words.contains("erased"), "{}", shown.retention.words);
    for number in 0..20 {
        assert_eq!(opens(&home, number), ![3, 7, 8].contains(&number), "{number}");
    }
    let ledger = home.ledger_text();
    assert!(!ledger.contains("302-1111111") && !ledger.contains("Quirina"));
    home.verify_ledger();
    drop(home);
    // A copy of the database from before, with the present keyring; and the home again.
    let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
    assert!(matches!(old.resolve(&id(4)), Resolved::Held(_)));
    for number in 0..20 {
        assert_eq!(opens(&old, number), ![3, 7, 8].contains(&number), "{number} from the backup");
    }
    drop(old);
    let home = Home::open(directory.path(), NOW).unwrap();
    assert_eq!(home.gone(&id(7)).state, "erased");
    assert_eq!(erase(&home, &[3, 7, 8]).unwrap(), [Outcome::Unchanged; 3]);
    assert_eq!(count(&home, "erased"), 1, "again changes nothing");
}

/// What is in quarantine, as far as it opens.
fn quarantined(home: &Home) -> usize {
    home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 1000).unwrap().len()
}

#[test]
fn what_lies_in_quarantine_and_names_it_goes_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(1..3));
    // A key stands twice in them.
    let broken = |number: u32| format!("{{\"orderId\":\"{}\",\"buyer\":{{}},\"buyer\":{{}}}}\n", id(number));
    home.collect(&format!("{}{}{}", broken(1), broken(2), broken(1).replace('}', "} ")));
    let backup = home.back_up_store(&directory.path().join("backup"));
    assert_eq!(quarantined(&home), 3);

    assert_eq!(erase(&home, &[1]).unwrap(), [Outcome::Erased]);
    assert_eq!((quarantined(&home), count(&home, "quarantine-discarded")), (1, 1));
    assert_eq!(count(&home, "destruction-intended"), 1, "with the record");
    // It comes once more, and is asked for once more.
    home.collect(&broken(1));
    assert_eq!(quarantined(&home), 2);
    assert_eq!(erase(&home, &[1]).unwrap(), [Outcome::Unchanged]);
    assert_eq!(quarantined(&home), 1);
    home.verify_ledger();
    drop(home);
    let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
    assert_eq!(quarantined(&old), 1, "that of somebody else");
}

#[test]
fn what_was_erased_never_comes_back_and_keeps_its_facts() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(1..3));
    erase(&home, &[1]).unwrap();
    let home = home.at("2026-03-04T12:00:00Z");
    let again = |home: &Home, number: u32| {
        // The collector itself has just fetched it, and it is open still: a tombstone of the clock would give way.
        let as_of = Some(home.now());
        let order = order(number, &home.now().to_string());
        home.collect_with(&order.to_string(), Request { as_of, ..Request::default() }).unwrap().0.counts
    };
    assert_eq!(again(&home, 1).past_retention, 1);
    assert_eq!(again(&home, 2).updated, 1);
    let gone = home.gone(&id(1));
    assert_eq!((gone.state, gone.when), ("erased", common::time(NOW)), "as it was told first");
    // One that the clock had ended already is buried deeper.
    let home = home.at("2026-04-20T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(home.gone(&id(2)).state, "disposed");
    assert_eq!(erase(&home, &[2]).unwrap(), [Outcome::Gone]);
    assert_eq!(home.gone(&id(2)).state, "erased");
    assert_eq!(again(&home, 2).past_retention, 1);
    assert!(!opens(&home, 2));
}

#[test]
fn a_tombstone_of_the_clock_gives_way_where_one_of_an_erasure_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(1..3));
    let home = home.at("2026-04-20T12:00:00Z");
    home.run_retention().unwrap();
    erase(&home, &[1]).unwrap();
    for (number, is_held) in [(1, false), (2, true)] {
        let as_of = Some(home.now());
        let order = order(number, "2026-04-20T11:00:00Z").to_string();
        home.collect_with(&order, Request { as_of, ..Request::default() }).unwrap();
        assert_eq!(opens(&home, number), is_held, "{number}");
    }
}

#[test]
fn where_a_part_lay_before_it_moved_is_erased_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(1..4));
    let backup = home.back_up_store(&directory.path().join("backup"));
    // Its clock runs from later on: it moves in the last days before its bucket closes, and that bucket still lives.
    let home = home.at("2026-03-20T12:00:00Z");
    let later = |number| format!("{}\n", order(number, "2026-03-20T10:00:00Z"));
    home.collect(&(1..4).map(later).collect::<String>());
    let home = home.at("2026-03-29T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(home.keyring.buckets().len(), 2, "moved, and the bucket that it left has not ended");
    assert_eq!(erase(&home, &[2]).unwrap(), [Outcome::Erased]);
    assert!(opens(&home, 1) && !opens(&home, 2) && opens(&home, 3));
    drop(home);
    let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
    assert!(opens(&old, 1) && !opens(&old, 2) && opens(&old, 3));
}

#[test]
fn an_erasure_that_stops_anywhere_is_completed_at_the_next_opening() {
    for writes in 0..3 {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path(), NOW);
        home.collect(&orders(0..6));
        let backup = home.back_up_store(&directory.path().join("backup"));
        home.writes_left(writes);
        assert_eq!(erase(&home, &[1, 4]).is_ok(), writes > 1, "intent and completion");
        let is_erased = |number| writes > 0 && (number == 1 || number == 4);
        for number in 0..6 {
            let held = matches!(home.resolve(&id(number)), Resolved::Held(_));
            assert_eq!(held, !is_erased(number), "{number} after {writes} writes");
        }
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        assert_eq!(count(&home, "destruction-intended"), count(&home, "destruction-completed"));
        for number in 0..6 {
            assert_eq!(opens(&home, number), !is_erased(number), "{number} after {writes} writes");
        }
        home.verify_ledger();
        drop(home);
        let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
        for number in 0..6 {
            assert_eq!(opens(&old, number), !is_erased(number), "{number} from the backup");
        }
    }
}

#[test]
fn with_a_mirror_away_it_is_gone_in_place_and_ends_when_the_mirror_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(0..3));
    let (mirror, away) = (directory.path().join("keyring-b"), directory.path().join("away"));
    std::fs::rename(&mirror, &away).unwrap();
    std::fs::write(&mirror, b"not a directory").unwrap();
    assert!(matches!(erase(&home, &[1]), Err(VaultError::Keyring(_))));
    assert!(!opens(&home, 1) && opens(&home, 0));
    std::fs::remove_file(&mirror).unwrap();
    std::fs::rename(&away, &mirror).unwrap();
    assert_eq!(erase(&home, &[1]).unwrap(), [Outcome::Unchanged], "and what was intended is completed");
    assert_eq!(count(&home, "destruction-completed"), 1);
}

#[test]
fn what_is_damaged_is_erased_too_and_nothing_of_another_seller() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(1..4));
    let backup = home.back_up_store(&directory.path().join("backup"));
    let wanted = records(&home, &[1]);
    let mut row = home.store.record_by_id(wanted[0]).unwrap().unwrap();
    row.version += 1;
    let changes = vec![bailee_store::act::Change::PutRecord(row)];
    home.store.commit(bailee_store::act::Act { name: "by-hand", changes, events: Vec::new() }).unwrap();
    assert!(matches!(home.resolve(&id(1)), Resolved::Failed { .. }));
    assert_eq!(erase(&home, &[1]).unwrap(), [Outcome::Erased]);
    assert!(matches!(home.resolve(&id(1)), Resolved::Gone(_)));
    assert_eq!(home.collect(&orders(1..2)).counts.past_retention, 1);

    let other: bailee_core::SellerId = "B2SELLER".parse().unwrap();
    home.vault.add_seller(home.act(authorized::Administer), &other, None).unwrap();
    let records = vec![(other, records(&home, &[2])[0]), (seller(), RecordId([7; 16]))];
    assert_eq!(home.vault.erase(home.act(authorized::Erase { records })).unwrap(), []);
    assert!(opens(&home, 2));
    drop(home);
    let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
    assert!(!opens(&old, 1) && opens(&old, 2));
}

#[test]
fn an_act_names_so_many_records_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(0..1200));
    let all: Vec<u32> = (0..1200).collect();
    let all = records(&home, &all);
    let first = |count: usize| all[..count].to_vec();
    assert!(matches!(erase_records(&home, first(RECORDS_MAX + 1)), Err(VaultError::TooManyRecords)));
    assert_eq!(count(&home, "erased"), 0);
    assert_eq!(erase_records(&home, first(RECORDS_MAX)).unwrap().len(), RECORDS_MAX);
    assert_eq!(count(&home, "destruction-completed"), 1);
    assert!(!opens(&home, 999) && opens(&home, 1000));
    assert_eq!(home.collect(&orders(0..1200)).counts.past_retention, 1000);
    home.verify_ledger();
}

#[test]
fn two_who_erase_and_one_who_collects_undo_nothing_of_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&orders(0..20));
    std::thread::scope(|scope| {
        let home = &home;
        for first in [0, 1] {
            scope.spawn(move || {
                for number in (first..10).step_by(2) {
                    while matches!(erase(home, &[number]), Err(VaultError::Changed)) {}
                }
            });
        }
        scope.spawn(move || {
            for minute in 0..5 {
                let updated = format!("2026-03-02T11:{minute:02}:00Z");
                let orders: String = (0..20).map(|number| format!("{}\n", order(number, &updated))).collect();
                let again = || home.collect_with(&orders, Request::default());
                while matches!(again(), Err(VaultError::Changed)) {}
            }
        });
    });
    for number in 0..20 {
        assert_eq!(opens(&home, number), number >= 10, "{number}");
    }
    assert_eq!(count(&home, "destruction-intended"), count(&home, "destruction-completed"));
    home.verify_ledger();
}
