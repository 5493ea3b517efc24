//! What must hold whatever happens: what was forgotten opens in no copy, what lives is not lost; no crash, full disk or
//! race undoes either.

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
use bailee_store::records::StoreError;
use bailee_vault::VaultError;
use bailee_vault::collect::Request;
use bailee_vault::reveal::Resolved;
use common::{Home, seller, value};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32, status: &str, updated: &str) -> Value {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": updated,
        "buyer": {"buyerName": format!("Quirina {number}")},
        "fulfillment": {"fulfillmentStatus": status}
    })
}

fn lines(orders: impl IntoIterator<Item = Value>) -> String {
    orders.into_iter().map(|order| format!("{order}\n")).collect()
}

fn open_order(number: u32) -> Value {
    order(number, "UNSHIPPED", "2026-03-02T10:00:00Z")
}

fn cancelled(number: u32) -> Value {
    order(number, "CANCELLED", "2026-03-02T11:00:00Z")
}

fn is_held(home: &Home, number: u32) -> bool {
    match home.resolve(&id(number)) {
        Resolved::Held(held) => {
            let fields = home.reveal_held(&held);
            fields.is_empty()
                || value(&fields, "buyer.buyerName") == Some(format!("Quirina {number}").as_str())
        }
        _ => false,
    }
}

/// Whether the plaintext of an order comes out of a copy of the store with the present keyring.
fn opens(home: &Home, number: u32) -> bool {
    let Resolved::Held(held) = home.resolve(&id(number)) else { return false };
    let action = authorized::Reveal {
        purpose: bailee_core::Purpose::Fulfilment,
        pairs: vec![(held.record, held.fields.iter().map(|field| field.instance).collect())],
    };
    let Ok(opened) = home.try_reveal(action, &held) else { return false };
    opened.revealed.first().is_some_and(|one| value(&one.fields, "buyer.buyerName").is_some())
}

#[test]
fn a_backup_opens_nothing_that_was_forgotten_and_everything_that_lives() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines((0..40).map(open_order)));
    let backup = home.back_up_store(&directory.path().join("backup"));
    // Every third is cancelled: it moves to an earlier day, and what the backup holds of it is punctured.
    home.collect(&lines((0..40).step_by(3).map(cancelled)));
    assert!((0..40).all(|number| is_held(&home, number)), "moving loses nothing");
    drop(home);
    let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
    for number in 0..40 {
        assert_eq!(opens(&old, number), number % 3 != 0, "{number}");
    }
    drop(old);
    // Its day over, nothing of the cancelled ones opens from any copy.
    let home = Home::open(directory.path(), "2026-03-06T12:00:00Z").unwrap();
    let later = home.back_up_store(&directory.path().join("later"));
    assert_eq!(home.run_retention().unwrap().disposed, 14);
    drop(home);
    let copy = Home::open_store(directory.path(), NOW, &later).unwrap();
    for number in 0..40 {
        assert_eq!(opens(&copy, number), number % 3 != 0, "{number}");
    }
    drop(copy);
    // With what a copy held as intended and not completed, nothing else goes.
    let home = Home::open(directory.path(), "2026-03-06T12:00:00Z").unwrap();
    assert!((0..40).filter(|number| number % 3 != 0).all(|number| is_held(&home, number)));
    home.verify_ledger();
}

#[test]
fn a_destruction_that_stops_anywhere_is_completed_at_the_next_opening() {
    for writes in 0..6 {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path(), NOW);
        home.collect(&lines((0..8).map(open_order)));
        let backup = home.back_up_store(&directory.path().join("backup"));
        home.writes_left(writes);
        let outcome = home.collect_with(&lines((0..4).map(cancelled)), Request::default());
        let intended = home.events().iter().any(|event| event == "destruction-intended");
        assert_eq!(intended, writes > 0, "{outcome:?}");
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        let events = home.events();
        let count = |name: &str| events.iter().filter(|event| *event == name).count();
        assert_eq!(count("destruction-intended"), count("destruction-completed"), "after {writes} writes");
        assert!((0..8).all(|number| is_held(&home, number)), "after {writes} writes");
        home.verify_ledger();
        drop(home);
        let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
        for number in 0..8 {
            assert_eq!(opens(&old, number), number >= 4 || !intended, "{number} after {writes} writes");
        }
    }
}

#[test]
fn a_disposal_that_stops_anywhere_is_completed_and_nothing_else_is_lost() {
    for writes in 0..7 {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path(), NOW);
        home.collect(&lines(
            (0..8).map(|number| if number < 4 { cancelled(number) } else { open_order(number) }),
        ));
        let home = home.at("2026-03-06T12:00:00Z");
        home.writes_left(writes);
        let ran = home.run_retention();
        assert_eq!(ran.is_ok(), writes >= 5, "intent, three steps of a sweep, completion: {ran:?}");
        assert!(
            (0..4).all(|number| !is_held_at_all(&home, number)),
            "closed by the clock, whatever is written"
        );
        drop(home);
        let home = Home::open(directory.path(), "2026-03-06T12:00:00Z").unwrap();
        let completed = home.events().iter().any(|event| event == "destruction-completed");
        assert_eq!(completed, writes > 0, "what was intended is completed by opening");
        home.run_retention().unwrap();
        for number in 0..8 {
            assert_eq!(is_held_at_all(&home, number), number >= 4);
        }
        assert_eq!(home.keyring.buckets().len(), 1);
        home.verify_ledger();
    }
}

fn is_held_at_all(home: &Home, number: u32) -> bool {
    matches!(home.resolve(&id(number)), Resolved::Held(_))
}

#[test]
fn a_home_whose_mirror_is_out_of_reach_opens_and_keeps_closed_what_was_to_be_destroyed() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines([open_order(1), cancelled(2)]));
    let home = home.at("2026-03-06T12:00:00Z");
    home.writes_left(1);
    assert!(home.run_retention().is_err());
    drop(home);
    let mirror = directory.path().join("keyring-b");
    std::fs::rename(&mirror, directory.path().join("away")).unwrap();
    std::fs::write(&mirror, b"not a directory").unwrap();
    let home = Home::open(directory.path(), NOW).unwrap();
    assert!(is_held(&home, 1));
    assert!(!is_held_at_all(&home, 2), "intended to be destroyed, so closed, even with an earlier clock");
    assert!(home.events().iter().any(|event| event == "system-error"));
    drop(home);
    std::fs::remove_file(&mirror).unwrap();
    std::fs::rename(directory.path().join("away"), &mirror).unwrap();
    let home = Home::open(directory.path(), NOW).unwrap();
    assert_eq!(home.keyring.buckets().len(), 1);
    assert!(is_held(&home, 1));
}

#[test]
fn a_full_disk_lets_nothing_out_and_the_service_recovers_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&open_order(1).to_string());
    let Resolved::Held(held) = home.resolve(&id(1)) else { panic!("not held") };
    let pairs = || vec![(held.record, held.fields.iter().map(|field| field.instance).collect())];
    let action = || authorized::Reveal { purpose: bailee_core::Purpose::Fulfilment, pairs: pairs() };
    home.writes_left(0);
    assert!(matches!(home.try_reveal(action(), &held), Err(VaultError::Ledger(_))), "not even minted");
    let refused = home.collect_with(&open_order(2).to_string(), Request::default());
    assert!(matches!(refused, Err(VaultError::Store(StoreError::DiskFull))));
    assert!(matches!(home.resolve(&id(2)), Resolved::Unknown { .. }));
    assert!(home.run_retention().is_ok(), "nothing is due, so nothing is written");
    home.heal();
    assert_eq!(home.try_reveal(action(), &held).unwrap().revealed.len(), 1);
    assert_eq!(home.collect(&open_order(2).to_string()).counts.collected, 1);
    assert!(is_held(&home, 2));
    home.verify_ledger();
}

#[test]
fn a_reveal_that_fails_after_it_was_logged_says_so_in_the_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&open_order(1).to_string());
    let Resolved::Held(held) = home.resolve(&id(1)) else { panic!("not held") };
    let pairs = || vec![(held.record, held.fields.iter().map(|field| field.instance).collect())];
    let action = || authorized::Reveal { purpose: bailee_core::Purpose::Fulfilment, pairs: pairs() };
    // The envelope is changed by hand, behind the program's back.
    let day = home.keyring.buckets()[0].id.day;
    let bucket = bailee_store::act::BucketNo {
        seller: bailee_store::act::SellerNo(1),
        held: bailee_crypto::bucket::BucketUse::Order,
        day,
    };
    let mut part = home.store.parts(bucket, None, 1).unwrap().remove(0);
    let last = part.envelope.len() - 1;
    part.envelope[last] ^= 1;
    let changes = vec![bailee_store::act::Change::PutPart(part)];
    let act = bailee_store::act::Act { name: "by-hand", changes, events: Vec::new() };
    home.store.commit(act).unwrap();
    // One write is left: that of the event by which the reveal is minted.
    home.writes_left(1);
    let open = home.try_reveal(action(), &held).unwrap();
    assert!(matches!(open.failed[0].error, VaultError::Envelope(_)) && open.revealed.is_empty());
    assert_eq!(home.events().last().unwrap(), "revealed");
    home.heal();
    assert_eq!(home.try_reveal(action(), &held).unwrap().failed.len(), 1);
    assert_eq!(home.events()[home.events().len() - 3..], ["revealed", "reveal-failed", "reveal-failed"]);
    home.verify_ledger();
}

#[test]
fn a_search_skips_what_is_damaged_and_is_an_event_however_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let named = |number: u32| {
        let mut order = open_order(number);
        order["buyer"]["buyerName"] = json!("Quirina Zettelmann");
        order
    };
    home.collect(&lines((1..4).map(named)));
    let mut row = home.store.records_after(None, 1).unwrap().remove(0);
    row.version += 1;
    let changes = vec![bailee_store::act::Change::PutRecord(row)];
    home.store.commit(bailee_store::act::Act { name: "by-hand", changes, events: vec![] }).unwrap();
    let query = bailee_vault::find::Query {
        name: Some(bailee_core::Sensitive::new("Quirina Zettelmann".to_owned())),
        ..Default::default()
    };
    let terms = vec![bailee_core::catalogue::TermKind::Name];
    let action = authorized::Find { seller: seller(), terms, restricted: false };
    assert_eq!(home.vault.find(home.act(action), &query).unwrap().len(), 2);
    assert_eq!(home.events()[home.events().len() - 2..], ["found", "system-error"]);
}

#[test]
fn who_is_shown_that_there_is_nothing_leaves_an_event() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let before = home.events().len();
    let action = authorized::Show { seller: seller(), kind: bailee_core::Kind::Order };
    assert!(home.vault.show(home.act(action), &common::reference(&id(1))).unwrap().is_none());
    assert_eq!(home.events()[before..], ["shown"]);
}

#[test]
fn two_collects_of_the_same_orders_lose_no_update() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let part = |orders: u32, member: &'static str, hour: u32| {
        lines((0..orders).map(move |number| {
            let mut order = open_order(number);
            order["lastUpdatedTime"] = json!(format!("2026-03-02T{hour:02}:00:00Z"));
            order["buyer"] = json!({ member: format!("{member} {number}") });
            if number % 5 == 0 && member == "buyerEmail" {
                order["fulfillment"]["fulfillmentStatus"] = json!("CANCELLED");
            }
            order
        }))
    };
    let members = ["buyerName", "buyerEmail", "buyerCompanyName"];
    let orders = 60;
    let counts: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (members.into_iter().zip(8..))
            .flat_map(|(member, hour)| (0..3).map(move |_| (member, hour)))
            .map(|(member, hour)| {
                let (home, part) = (&home, &part);
                scope.spawn(move || home.collect(&part(orders, member, hour)).counts)
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(counts.iter().all(|counts| counts.read == u64::from(orders)));
    let sum = |count: fn(&bailee_ledger::event::Counts) -> u64| counts.iter().map(count).sum::<u64>();
    assert_eq!(sum(|counts| counts.collected), u64::from(orders), "each is new once");
    assert_eq!(sum(|counts| counts.updated), 2 * u64::from(orders));
    assert_eq!(sum(|counts| counts.unchanged), 6 * u64::from(orders));
    for number in 0..orders {
        let fields = home.reveal(&id(number));
        for member in members {
            let path = format!("buyer.{member}");
            let expected = format!("{member} {number}");
            // An e-mail without an at sign is kept as it is.
            assert_eq!(value(&fields, &path), Some(expected.as_str()));
        }
    }
    let events = home.events();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!(count("destruction-intended"), count("destruction-completed"));
    home.verify_ledger();
}

#[test]
fn the_ledger_holds_ids_and_nothing_else_of_the_input() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let mut marked = cancelled(1);
    marked["markedKey"] = json!("MARKED-unknown");
    marked["buyer"] = json!({"buyerName": "MARKED-name", "buyerEmail": "MARKED@mail.example"});
    marked["salesChannel"] = json!({"channelName": "MARKED-fact"});
    marked["orderItems"] = json!([{"orderItemId": "MARKED-item", "product": {"title": "MARKED-title"}}]);
    let bad = r#"{"orderId":"MARKED","markedKey":1,"markedKey":2}"#;
    home.collect(&format!("{}\n{marked}\n{bad}\n", open_order(1)));
    home.reveal(&id(1));
    let home = home.at("2026-03-08T12:00:00Z");
    home.run_retention().unwrap();
    let text = home.ledger_text();
    for needle in ["MARKED", "marked", "mail.example", "302-1111111", "orders.json", "Quirina"] {
        assert!(!text.contains(needle), "{needle} stands in the ledger");
    }
    home.verify_ledger();
}

#[test]
fn what_is_due_to_move_is_moved_by_any_collect() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines([open_order(1), open_order(2)]));
    let home = home.at("2026-03-20T12:00:00Z");
    home.collect(&lines((1..3).map(|number| order(number, "UNSHIPPED", "2026-03-20T10:00:00Z"))));
    assert_eq!(home.keyring.buckets().len(), 1);
    let home = home.at("2026-03-28T12:00:00Z");
    home.collect(&order(9, "UNSHIPPED", "2026-03-28T10:00:00Z").to_string());
    let home = home.at("2026-04-03T12:00:00Z");
    assert_eq!(home.run_retention().unwrap().disposed, 0);
    assert!((1..3).all(|number| is_held(&home, number)));
}

#[test]
fn one_damaged_record_keeps_no_bucket_from_being_destroyed_and_no_other_from_moving() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines((1..4).map(open_order).chain([cancelled(7)])));
    let home = home.at("2026-03-20T12:00:00Z");
    home.collect(&lines((1..4).map(|number| order(number, "UNSHIPPED", "2026-03-20T10:00:00Z"))));
    let buckets = home.store.buckets().unwrap();
    let bucket = buckets.iter().max_by_key(|bucket| bucket.bucket.day).unwrap().bucket;
    let mut part = home.store.parts(bucket, None, 1).unwrap().remove(0);
    let last = part.envelope.len() - 1;
    part.envelope[last] ^= 1;
    let changes = vec![bailee_store::act::Change::PutPart(part)];
    let act = bailee_store::act::Act { name: "by-hand", changes, events: Vec::new() };
    home.store.commit(act).unwrap();
    let home = home.at("2026-03-28T12:00:00Z");
    let ran = home.run_retention().unwrap();
    assert_eq!(ran.buckets_destroyed, 1);
    let home = home.at("2026-04-03T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!((1..4).filter(|number| is_held_at_all(&home, *number)).count(), 2);
}

#[test]
fn keys_of_a_batch_that_never_arrived_end_with_their_day() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.writes_left(0);
    assert!(home.collect_with(&open_order(1).to_string(), Request::default()).is_err());
    home.heal();
    assert_eq!(home.keyring.buckets().len(), 1);
    let home = home.at("2026-04-02T12:00:00Z");
    assert_eq!(home.run_retention().unwrap().buckets_destroyed, 1);
    assert!(home.keyring.buckets().is_empty());
}

#[test]
fn an_input_that_breaks_off_leaves_no_destruction_half_done() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines((0..3).map(open_order)));
    let input = std::io::Read::chain(
        std::io::Cursor::new(lines((0..3).map(cancelled).chain((10..5000).map(open_order)))),
        Broken,
    );
    let action = authorized::Collect { seller: seller(), kind: bailee_core::Kind::Order };
    let stopped = home.vault.collect(
        home.act(action),
        common::reader(input).unwrap(),
        "orders.json",
        Request::default(),
        &mut |_| std::ops::ControlFlow::Continue(()),
    );
    assert!(stopped.is_err());
    let events = home.events();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("destruction-intended"), count("destruction-completed")), (1, 1));
}

struct Broken;

impl std::io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_document_with_more_leaves_than_a_part_holds_is_quarantined_alone() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let mut huge = open_order(1);
    huge["odd"] = (0..5000).map(Value::from).collect();
    let counts = home.collect(&lines([huge, open_order(2)])).counts;
    assert_eq!((counts.quarantined, counts.collected), (1, 1));
    // Nor do many documents together make more than it holds.
    for round in 0..3 {
        let mut odd = order(2, "UNSHIPPED", &format!("2026-03-02T1{round}:30:00Z"));
        odd[format!("odd{round}")] = (0..2000).map(Value::from).collect();
        home.collect(&odd.to_string());
    }
    assert!(is_held(&home, 2));
}

#[test]
fn a_token_never_stands_for_another_field() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let wants = Request { tokenise: true, ..Request::default() };
    let taxes = |hour: u32, number: &str| {
        let mut order = order(1, "UNSHIPPED", &format!("2026-03-02T{hour:02}:00:00Z"));
        order["tax"] = json!({"taxRegistrations": [{"taxRegistrationNumber": number}]});
        order
    };
    home.collect(&lines([taxes(8, "T-OLD"), taxes(9, "T-NEW")]));
    let tokens = |document: Value| {
        let returned = home.collect_with(&document.to_string(), wants).unwrap().1.remove(0);
        returned["tax"]["taxRegistrations"][0]["taxRegistrationNumber"].as_str().unwrap().to_owned()
    };
    let lost = tokens(taxes(8, "T-OLD"));
    assert_ne!(lost, tokens(taxes(10, "T-NEWEST")), "the number of a leaf that lost is not given to another");
    // Of documents of one batch, the first one's tokens stand for the field too.
    let returned =
        home.collect_with(&lines([open_order(5), order(5, "UNSHIPPED", "2026-03-02T11:00:00Z")]), wants);
    let returned = returned.unwrap().1;
    assert_eq!(returned[0]["buyer"]["buyerName"], returned[1]["buyer"]["buyerName"]);
}

#[test]
fn an_unknown_leaf_goes_when_the_source_says_that_it_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let mut first = open_order(1);
    first["odd"] = json!({"deep": "x", "other": "y"});
    home.collect(&first.to_string());
    let unclassified = |home: &Home| {
        let Resolved::Held(held) = home.resolve(&id(1)) else { panic!("not held") };
        held.fields.iter().filter(|one| one.class == bailee_core::Class::Unclassified).count()
    };
    assert_eq!(unclassified(&home), 2);
    let mut then = order(1, "UNSHIPPED", "2026-03-02T11:00:00Z");
    then["odd"] = json!({"deep": null});
    home.collect(&then.to_string());
    assert_eq!(unclassified(&home), 1);
}

#[test]
fn what_ended_an_order_is_told_with_its_own_rule_and_day() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&open_order(1).to_string());
    // Cancelled long ago, as it turns out: it ends now, by the cancellation.
    let home = home.at("2026-03-20T12:00:00Z");
    assert_eq!(home.collect(&cancelled(1).to_string()).counts.past_retention, 1);
    let gone = home.gone(&id(1));
    assert_eq!((gone.rule.as_str(), gone.when), ("R7", home.now()));
    // One whose bucket ended it keeps the day of that, however often its documents come again.
    home.collect(&open_order(2).to_string());
    let home = home.at("2026-04-02T12:00:00Z");
    home.run_retention().unwrap();
    let home = home.at("2026-04-09T12:00:00Z");
    home.collect(&open_order(2).to_string());
    assert_eq!(home.gone(&id(2)).when, common::time("2026-04-02T12:00:00Z"));
}
