//! What is due goes by itself, once a day, and never by a time that nobody believes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use bailee_ledger::authorized;
use bailee_ledger::event::{Census, Event, What};
use bailee_ledger::log::Source;
use bailee_vault::VaultError;
use bailee_vault::collect::Request;
use bailee_vault::reveal::Resolved;
use common::Home;
use serde_json::json;

const ORDER: &str = "302-1111111-2222222";

/// An order that was delivered on the first of March: its data is gone by the 31st, and closed from the 29th.
fn delivered(home: &Home) {
    home.collect(&order());
}

fn order() -> String {
    let order = json!({
        "orderId": ORDER, "createdTime": "2026-02-27T10:00:00Z", "lastUpdatedTime": "2026-03-01T10:00:00Z",
        "buyer": {"buyerName": "Quirina Zettelmann"},
        "fulfillment": {"fulfillmentStatus": "SHIPPED"},
        "packages": [{
            "packageReferenceId": "P1", "shipTime": "2026-03-01T09:00:00Z", "packageStatus": {"status": "DELIVERED"},
            "packageItems": []
        }]
    });
    order.to_string()
}

fn is_held(home: &Home) -> bool {
    matches!(home.resolve(ORDER), Resolved::Held(_))
}

fn count(home: &Home, event: &str) -> usize {
    home.events().iter().filter(|name| *name == event).count()
}

#[test]
fn what_is_due_is_destroyed_by_itself_and_once_a_day() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::in_production(directory.path(), "2026-03-01T12:00:00Z");
    delivered(&home);
    let mut home = home;
    // A server that runs, day by day.
    for day in 2..=28 {
        home = home.at(&format!("2026-03-{day:02}T12:00:00Z"));
        home.vault.keep_up(home.now()).unwrap();
        assert_eq!(home.dispose_due().unwrap().disposed, 0, "day {day}");
    }
    assert!(is_held(&home));
    home = home.at("2026-03-29T00:00:00Z");
    home.vault.keep_up(home.now()).unwrap();
    assert_eq!(home.dispose_due().unwrap().disposed, 1, "from day 28 after the delivery");
    assert!(matches!(home.resolve(ORDER), Resolved::Gone(_)));
    let events = home.events();
    assert_eq!(home.dispose_due().unwrap().disposed, 0);
    assert_eq!(home.events(), events, "done already");
    assert_eq!(count(&home, "census"), 28, "one on each day");
    assert_eq!(count(&home, "system-error"), 0);
}

#[test]
fn a_time_that_jumped_closes_what_is_due_and_destroys_nothing_until_it_is_believed() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::in_production(directory.path(), "2026-03-01T12:00:00Z");
    home.vault.keep_up(home.now()).unwrap();
    delivered(&home);
    drop(home);
    // Two days later to the second is no jump; the next second is one.
    for (now, is_believed) in [("2026-03-03T12:00:00Z", true), ("2026-03-05T12:00:01Z", false)] {
        let home = Home::open(directory.path(), now).unwrap();
        home.vault.keep_up(home.now()).unwrap();
        assert_eq!(home.vault.believes(home.now()).unwrap(), is_believed, "{now}");
    }
    let home = Home::open(directory.path(), "2026-04-20T12:00:00Z").unwrap();
    home.vault.keep_up(home.now()).unwrap();
    assert_eq!(count(&home, "system-error"), 3, "two days of a jumped clock, and that something is late");
    for run in [home.run_retention(), home.dispose_due()] {
        assert!(matches!(run, Err(VaultError::TimeJumped)));
    }
    assert!(!is_held(&home), "it is closed to everybody");
    let taken_in = home.collect_with(&order(), Request::default());
    assert!(matches!(taken_in, Err(VaultError::TimeJumped)), "what is due by it would lose what it holds");
    assert_eq!(count(&home, "destruction-intended"), 0);
    assert!(home.keyring.buckets().len() == 1, "and its key is there");

    // The clock is set right again: nothing is lost.
    drop(home);
    let home = Home::open(directory.path(), "2026-03-05T12:00:00Z").unwrap();
    assert!(is_held(&home));
    drop(home);
    // Or it was right, and two people say so.
    let home = Home::open(directory.path(), "2026-04-20T12:00:00Z").unwrap();
    home.vault.believe(home.act(authorized::RunRetention), home.now()).unwrap();
    assert_eq!(count(&home, "time-believed"), 1);
    assert_eq!(home.dispose_due().unwrap().disposed, 1);
    assert_eq!(home.run_retention().unwrap().disposed, 0);
}

#[test]
fn a_home_that_is_looked_after_knows_its_time_though_a_mirror_is_away() {
    let directory = tempfile::tempdir().unwrap();
    let mut home = Home::in_production(directory.path(), "2026-03-30T12:00:00Z");
    home.vault.keep_up(home.now()).unwrap();
    let (mirror, away) = (directory.path().join("keyring-b"), directory.path().join("away"));
    std::fs::rename(&mirror, &away).unwrap();
    std::fs::write(&mirror, "").unwrap();
    for day in 1..=9 {
        home = home.at(&format!("2026-04-{day:02}T12:00:00Z"));
        // The key of next month's details cannot be made.
        assert!(home.vault.keep_up(home.now()).is_err(), "day {day}");
        assert!(home.vault.believes(home.now()).unwrap(), "day {day}");
    }
    assert_eq!(count(&home, "system-error"), 0);
}

#[test]
fn a_test_home_is_given_its_time_which_is_no_jump() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), "2026-03-01T12:00:00Z");
    home.vault.keep_up(home.now()).unwrap();
    delivered(&home);
    drop(home);
    let home = Home::open(directory.path(), "2026-04-20T12:00:00Z").unwrap();
    assert_eq!(home.run_retention().unwrap().disposed, 1);
}

#[test]
fn what_could_not_be_destroyed_is_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), "2026-03-01T12:00:00Z");
    delivered(&home);
    let home = home.at("2026-03-29T12:00:00Z");
    home.writes_left(0);
    assert!(home.dispose_due().is_err());
    home.heal();
    assert_eq!(home.dispose_due().unwrap().disposed, 1);
}

/// The newest census, as the ledger has it.
fn census(home: &Home) -> Census {
    let entries = (0..).map_while(|index| Source::entry(&*home.store, index).unwrap());
    let censuses = entries.filter_map(|entry| match Event::parse(&entry).unwrap().what {
        What::Census(census) => Some(census),
        _ => None,
    });
    censuses.last().unwrap()
}

#[test]
fn a_census_says_what_is_held_with_every_disposal_also_where_it_could_not_be_done() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), "2026-03-01T12:00:00Z");
    delivered(&home);
    home.run_retention().unwrap();
    let first = census(&home);
    assert_eq!((first.days, first.sellers, first.parts, first.quarantined, first.past), (30, 1, 1, 0, 0));
    assert_eq!((first.earliest, &first.exceptions), (Some("2026-03-31".parse().unwrap()), &Vec::new()));
    home.run_retention().unwrap();
    assert_eq!((census(&home), count(&home, "census")), (first.clone(), 2), "of the same it says the same");
    home.collect(r#"{"orderId":"302-3333333-4444444","createdTime":"2026-03-01T10:00:00Z","buyer":{"buyerName":"Quirina Zettelmann"},"buyer":{}}"#);
    home.run_retention().unwrap();
    let second = census(&home);
    assert_eq!((second.parts, second.quarantined), (1, 1));
    assert!(second.query == first.query && second.result != first.result);

    // A mirror that is out of reach: nothing is destroyed, and the census says so.
    let home = home.at("2026-03-31T00:00:00Z");
    let (mirror, away) = (directory.path().join("keyring-b"), directory.path().join("away"));
    std::fs::rename(&mirror, &away).unwrap();
    std::fs::write(&mirror, "").unwrap();
    assert!(home.run_retention().is_err());
    assert!(census(&home).past > 0);
    std::fs::remove_file(&mirror).unwrap();
    std::fs::rename(&away, &mirror).unwrap();
    home.run_retention().unwrap();
    let last = census(&home);
    assert_eq!((last.parts, last.quarantined, last.past, last.earliest), (0, 0, 0, None));
}
