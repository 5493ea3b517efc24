//! What is heard of records beside their documents moves them as a document of the same news would, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::io::Cursor;
use std::ops::ControlFlow;

use bailee_core::Kind;
use bailee_core::retention::Rule;
use bailee_intake::evidence::{Position, Reader, Reason, Request};
use bailee_ledger::authorized;
use bailee_vault::VaultError;
use bailee_vault::hear::{POSITIONS_MAX, Refused, Told};
use bailee_vault::retention::ExceptionLine;
use bailee_vault::reveal::Resolved;
use common::{Home, reference, seller, time, value};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

/// Ordered on the first, shipped on the second, promised for the end of April.
fn order(number: u32) -> Value {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": {"buyerName": format!("Quirina {number}")},
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "deliverByWindow": {"latestDateTime": "2026-04-30T00:00:00Z"}
        },
        "packages": [{"packageReferenceId": "1", "shipTime": "2026-03-02T10:00:00Z"}]
    })
}

fn lines(orders: impl IntoIterator<Item = Value>) -> String {
    orders.into_iter().map(|order| format!("{order}\n")).collect()
}

fn feed(rows: &[(u32, &str, &str)]) -> String {
    let row = |(number, status, time): &(u32, &str, &str)| format!("{},{status},{time}\n", id(*number));
    std::iter::once("reference,status,time\n".to_owned()).chain(rows.iter().map(row)).collect()
}

fn try_hear(home: &Home, input: &str, as_of: Option<&str>, request: Request) -> Result<Told, VaultError> {
    let reader = Reader::open(Box::new(Cursor::new(input.as_bytes().to_vec())), request)?;
    let action = authorized::Collect { seller: seller(), kind: Kind::Order };
    home.vault.hear(home.act(action), reader, as_of.map(time), &mut |_| ControlFlow::Continue(()))
}

fn hear(home: &Home, input: &str) -> Told {
    try_hear(home, input, None, Request::default()).unwrap()
}

/// Changed, unchanged, past retention, unknown, refused.
fn counts(told: &Told) -> [u64; 5] {
    let counts = [told.changed, told.unchanged, told.past_retention, told.unknown, told.refused];
    assert_eq!(counts.iter().sum::<u64>(), told.read);
    counts
}

/// The rule, the day of its bucket's closing and the words.
fn explained(home: &Home, number: u32) -> (String, String, String) {
    let read = home.act(authorized::ReadRetention);
    let explained =
        home.vault.retention_explain(read, &seller(), Kind::Order, &reference(&id(number))).unwrap().unwrap();
    (explained.rule, explained.closes_at.strftime("%Y-%m-%d").to_string(), explained.words)
}

fn is_held(home: &Home, number: u32) -> bool {
    let Resolved::Held(held) = home.resolve(&id(number)) else { return false };
    let fields = home.reveal_held(&held);
    value(&fields, "buyer.buyerName") == Some(format!("Quirina {number}").as_str())
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
fn what_was_delivered_or_given_up_is_explained_by_it() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines((0..6).map(order)));
    let home = home.at("2026-03-20T12:00:00Z");
    let told = hear(
        &home,
        &feed(&[
            (0, "delivered", "2026-03-05T10:00:00Z"),
            (1, "given-up", "2026-03-06T10:00:00Z"),
            (2, "delivered", ""),
            (3, "label-created", ""),
            (4, "delivered", "2027-01-01T00:00:00Z"),
        ]),
    );
    assert_eq!(counts(&told), [4, 1, 0, 0, 0]);
    for (number, rule, closes, words) in [
        (0, "R1", "2026-03-30", "was delivered at 2026-03-05 10:00 UTC (R1)"),
        (1, "R8", "2026-03-30", "was given up at 2026-03-06 10:00 UTC"),
        (2, "R1", "2026-03-30", "was over by 2026-03-20 12:00 UTC"),
        (3, "R2", "2026-03-30", "nothing proves its delivery"),
        // R12: what lies in the future counts as now.
        (4, "R1", "2026-03-30", "was delivered at 2026-03-20 12:00 UTC (R1)"),
        (5, "R2", "2026-03-30", "nothing proves its delivery"),
    ] {
        let (its, closing, said) = explained(&home, number);
        assert_eq!((its.as_str(), closing.as_str()), (rule, closes), "{number}: {said}");
        assert!(said.contains(words), "{number}: {said}");
    }
    assert!(home.events().iter().any(|event| event == "expiry-changed"));
    // What may live longer moves in the last days before its bucket closes, and not sooner.
    drop(home);
    let home = Home::open(directory.path(), "2026-03-28T12:00:00Z").unwrap();
    home.vault.keep_up(home.now()).unwrap();
    assert_eq!(explained(&home, 0).1, "2026-04-02");
    assert_eq!(explained(&home, 2).1, "2026-03-30");
    drop(home);
    let home = Home::open(directory.path(), "2026-03-31T12:00:00Z").unwrap();
    home.run_retention().unwrap();
    assert!([0, 1, 4].into_iter().all(|number| is_held(&home, number)));
    assert!([2, 3, 5].into_iter().all(|number| !is_held(&home, number)));
    home.verify_ledger();
}

#[test]
fn what_ends_sooner_moves_at_once_and_opens_from_no_copy() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    // Packed on the eighth for all that the first documents say; a carrier knows that two of them had arrived by then.
    let late = |number: u32| {
        let mut order = order(number);
        order["packages"][0]["shipTime"] = json!("2026-03-08T10:00:00Z");
        order["lastUpdatedTime"] = json!("2026-03-08T10:00:00Z");
        order
    };
    let home = home.at("2026-03-10T12:00:00Z");
    home.collect(&lines((0..3).map(late)));
    let backup = home.back_up_store(&directory.path().join("backup"));
    assert_eq!(explained(&home, 0).1, "2026-04-05");
    let rows = feed(&[(0, "delivered", "2026-03-05T10:00:00Z"), (1, "delivered", "2026-03-05")]);
    assert_eq!(counts(&hear(&home, &rows)), [2, 0, 0, 0, 0]);
    assert_eq!(explained(&home, 0).1, "2026-04-02");
    // R13: a date alone is read as early as it can be.
    assert_eq!(explained(&home, 1).1, "2026-04-01");
    assert!((0..3).all(|number| is_held(&home, number)), "moving loses nothing");
    home.verify_ledger();
    drop(home);
    let old = Home::open_store(directory.path(), "2026-03-10T12:00:00Z", &backup).unwrap();
    assert_eq!([0, 1, 2].map(|number| opens(&old, number)), [false, false, true]);
}

#[test]
fn the_same_input_twice_changes_nothing_also_later_and_with_an_as_of() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines((0..4).map(order)));
    let home = home.at("2026-03-10T12:00:00Z");
    let rows = feed(&[
        (0, "delivered", "2026-03-05T10:00:00Z"),
        (1, "under-way", ""),
        (2, "under-way", "2026-03-09T10:00:00Z"),
        (3, "delivered", "2026-03-15T00:00:00Z"),
    ]);
    assert_eq!(counts(&hear(&home, &rows)), [4, 0, 0, 0, 0]);
    let first = [0, 1, 2, 3].map(|number| explained(&home, number));
    assert_eq!(first[1].0, "R4");
    let events = home.events().len();
    let home = home.at("2026-03-20T12:00:00Z");
    for as_of in [None, Some("2026-03-19T10:00:00Z")] {
        let told = try_hear(&home, &rows, as_of, Request::default()).unwrap();
        assert_eq!(counts(&told), [0, 4, 0, 0, 0]);
        assert_eq!([0, 1, 2, 3].map(|number| explained(&home, number)), first);
    }
    let new: Vec<String> = home.events().split_off(events);
    assert!(!new.iter().any(|event| event == "expiry-changed" || event == "moved"), "{new:?}");
    // The document comes again, and is known as before.
    let summary = home.collect(&lines((0..4).map(order)));
    assert_eq!(summary.counts.unchanged, 4);
}

#[test]
fn a_parcel_under_way_lives_on_while_its_promise_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines((0..2).map(order)));
    let home = home.at("2026-03-20T12:00:00Z");
    assert_eq!(counts(&hear(&home, &feed(&[(0, "IN_TRANSIT", "2026-03-19T12:00:00Z")]))), [1, 0, 0, 0, 0]);
    drop(home);
    let home = Home::open(directory.path(), "2026-03-29T12:00:00Z").unwrap();
    home.vault.keep_up(home.now()).unwrap();
    drop(home);
    let home = Home::open(directory.path(), "2026-04-05T12:00:00Z").unwrap();
    home.run_retention().unwrap();
    assert_eq!([0, 1].map(|number| is_held(&home, number)), [true, false]);
    let status = home.vault.retention_status(home.act(authorized::ReadRetention), None).unwrap().remove(0);
    assert_eq!(status.exceptions, [ExceptionLine { rule: Rule::R4, parts: 1 }]);
    let live: Vec<_> =
        status.buckets.iter().filter(|bucket| bucket.parts > 0).map(|bucket| bucket.age).collect();
    assert_eq!(live, [Some(19)], "it ends 11 days from now, with its promise");
    let (rule, _, words) = explained(&home, 0);
    assert!(rule == "R4" && words.contains("still under way at 2026-03-19 12:00 UTC"), "{rule} {words}");
    // Then it arrives.
    assert_eq!(counts(&hear(&home, &feed(&[(0, "delivered", "2026-04-04T12:00:00Z")]))), [1, 0, 0, 0, 0]);
    assert_eq!(explained(&home, 0).0, "R1");
    let status = home.vault.retention_status(home.act(authorized::ReadRetention), None).unwrap().remove(0);
    assert_eq!(status.exceptions, []);
}

#[test]
fn what_is_not_held_is_told_and_what_has_ended_stays_ended() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    home.collect(&lines([order(0)]));
    let rows = feed(&[(7, "delivered", ""), (0, "soon", ""), (8, "delivered", "")]);
    let told = hear(&home, &rows);
    assert_eq!(counts(&told), [0, 0, 0, 2, 1]);
    let at = |entry: u64| Position { entry, line: entry + 1 };
    assert_eq!(told.unknown_at, [at(1), at(3)]);
    let Refused { position, reason } = told.refused_at[0];
    assert_eq!((position, reason), (at(2), Reason::UnknownStatus));
    assert!(matches!(home.resolve(&id(7)), Resolved::Unknown { .. }), "no record is made");
    drop(home);
    let home = Home::open(directory.path(), "2026-04-05T12:00:00Z").unwrap();
    home.run_retention().unwrap();
    let home = home.at("2026-04-06T12:00:00Z");
    for status in ["under-way", "delivered"] {
        let told = hear(&home, &feed(&[(0, status, "2026-04-05T12:00:00Z")]));
        assert_eq!(counts(&told), [0, 0, 1, 0, 0]);
    }
    let unshipped = notification(0, "Unshipped", "2026-04-06T10:00:00Z");
    assert_eq!(counts(&hear(&home, &unshipped)), [0, 0, 1, 0, 0]);
    assert_eq!(home.gone(&id(0)).state, "disposed");
}

fn notification(number: u32, status: &str, at: &str) -> String {
    json!({
        "NotificationType": "ORDER_CHANGE", "EventTime": at,
        "Payload": {"OrderChangeNotification": {
            "AmazonOrderId": id(number),
            "OrderChangeTrigger": {"TimeOfOrderChange": at},
            "Summary": {"OrderStatus": status, "DestinationPostalCode": "ZQ1 4AP"}
        }}
    })
    .to_string()
}

#[test]
fn a_notification_of_a_cancellation_ends_it_in_five_days_and_leaves_nothing_of_itself() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let mut open = order(0);
    open["fulfillment"]["fulfillmentStatus"] = json!("UNSHIPPED");
    open["packages"] = json!([]);
    home.collect(&lines([open]));
    let home = home.at("2026-03-04T12:00:00Z");
    let told = hear(&home, &notification(0, "Canceled", "2026-03-04T10:00:00Z"));
    assert_eq!(counts(&told), [1, 0, 0, 0, 0]);
    assert_eq!(explained(&home, 0).0, "R7");
    assert!(is_held(&home, 0));
    assert!(!home.files_hold(b"ZQ1 4AP") && !home.ledger_text().contains(&id(0)));
    // Late, the cancellation is over at once.
    let told = hear(&home, &notification(0, "Canceled", "2026-02-20T10:00:00Z"));
    assert_eq!(counts(&told), [0, 0, 1, 0, 0]);
    assert!(!is_held(&home, 0));
}

#[test]
fn a_tracking_answer_is_about_the_record_and_the_package_that_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let mut two = order(0);
    two["packages"] = json!([
        {"packageReferenceId": "1", "shipTime": "2026-03-02T10:00:00Z"},
        {"packageReferenceId": "2", "shipTime": "2026-03-02T10:00:00Z"}
    ]);
    home.collect(&lines([two]));
    let home = home.at("2026-03-10T12:00:00Z");
    let answer = json!({"eventHistory": [
        {"eventCode": "Delivered", "eventTime": "2026-03-06T10:00:00Z", "shipmentType": "FORWARD",
         "location": {"postalCode": "ZQ1 4AP"}}
    ]});
    let beside =
        Request { reference: Some(reference(&id(0))), package: Some("2".into()), ..Request::default() };
    let told = try_hear(&home, &answer.to_string(), None, beside).unwrap();
    assert_eq!(counts(&told), [1, 0, 0, 0, 0]);
    let (rule, _, words) = explained(&home, 0);
    assert!(rule == "R5" && words.contains("2026-03-06 10:00 UTC"), "{rule} {words}");
    assert!(!home.files_hold(b"ZQ1 4AP"));
    let future = try_hear(&home, &answer.to_string(), Some("2026-03-11T00:00:00Z"), Request::default());
    assert!(matches!(future, Err(VaultError::AsOfInFuture)));
}

#[test]
fn one_that_stops_anywhere_is_done_when_it_is_heard_again() {
    for writes in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path(), "2026-03-10T12:00:00Z");
        let late = |number: u32| {
            let mut order = order(number);
            order["packages"][0]["shipTime"] = json!("2026-03-08T10:00:00Z");
            order
        };
        home.collect(&lines((0..3).map(late)));
        let rows =
            feed(&[(0, "delivered", "2026-03-05T10:00:00Z"), (1, "delivered", "2026-03-05T10:00:00Z")]);
        home.writes_left(writes);
        let _ = try_hear(&home, &rows, None, Request::default());
        drop(home);
        let home = Home::open(directory.path(), "2026-03-10T12:00:00Z").unwrap();
        let told = hear(&home, &rows);
        assert_eq!(told.changed + told.unchanged, 2, "after {writes} writes");
        assert!((0..3).all(|number| is_held(&home, number)), "after {writes} writes");
        assert_eq!(
            [0, 1, 2].map(|number| explained(&home, number).1),
            ["2026-04-02", "2026-04-02", "2026-04-05"]
        );
        let events = home.events();
        let count = |name: &str| events.iter().filter(|event| *event == name).count();
        assert_eq!(count("destruction-intended"), count("destruction-completed"), "after {writes} writes");
        home.verify_ledger();
    }
}

#[test]
fn positions_are_told_up_to_a_number() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    for (more, listed) in [(0, POSITIONS_MAX), (1, POSITIONS_MAX)] {
        let entries = POSITIONS_MAX as u32 + more;
        let rows: String = (0..entries).map(|number| format!("{},delivered\n", id(number))).collect();
        let told = hear(&home, &format!("reference,status\n{rows}"));
        assert_eq!((told.unknown, told.unknown_at.len()), (entries.into(), listed));
    }
}
