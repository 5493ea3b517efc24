//! Restriction and rectification: what is restricted is kept and used for nothing; what is corrected stays corrected, and the
//! wrong value is gone from every copy.

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
use bailee_intake::verify::{LINE_CHARS_MAX, Unfit};
use bailee_ledger::authorized;
use bailee_vault::collect::Request;
use bailee_vault::reveal::{Held, Resolved};
use bailee_vault::{VaultError, erase, rectify, restrict};
use common::{Home, reference, seller, value};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T12:00:00Z";
const CITY: &str = "recipient.deliveryAddress.city";
const LINE: &str = "recipient.deliveryAddress.addressLine1";
const NAME: &str = "buyer.buyerName";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32, updated: &str, line: &str) -> Value {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": updated,
        "buyer": {"buyerName": format!("Quirina {number}"), "buyerEmail": format!("q{number}@mail.example")},
        "recipient": {"deliveryAddress": {
            "name": format!("Quirina {number}"), "addressLine1": line, "city": "Leeds", "countryCode": "GB",
            "postalCode": "LS1 1AA"
        }},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    })
}

fn home(directory: &std::path::Path) -> Home {
    let home = Home::new(directory, NOW);
    let orders =
        (1..4).map(|number| format!("{}\n", order(number, "2026-03-02T10:00:00Z", "1 Wrong Street")));
    home.collect(&orders.collect::<String>());
    home
}

fn record(home: &Home, number: u32) -> RecordId {
    home.vault.named(&seller(), None, &reference(&id(number))).unwrap()[0].record
}

fn restrict(home: &Home, number: u32, lift: bool) -> restrict::Outcome {
    let records = vec![(seller(), record(home, number))];
    home.vault.restrict(home.act(authorized::Restrict { records, lift })).unwrap()[0].1
}

fn rectify(home: &Home, number: u32, path: &str, value: &str) -> Result<rectify::Outcome, VaultError> {
    let action = authorized::Rectify { seller: seller(), record: record(home, number) };
    home.vault.rectify(home.act(action), &path.parse().unwrap(), &Sensitive::new(value.to_owned()))
}

fn held(home: &Home, number: u32) -> Held {
    match home.resolve(&id(number)) {
        Resolved::Held(held) => held,
        _ => panic!("not held"),
    }
}

/// What opening ends with, whatever was allowed.
fn open(home: &Home, held: &Held) -> Result<Vec<(String, bailee_core::Json)>, String> {
    let pairs = vec![(held.record, held.fields.iter().map(|field| field.instance).collect())];
    let action = authorized::Reveal { purpose: bailee_core::Purpose::Fulfilment, pairs };
    let mut opened = home.try_reveal(action, held).unwrap();
    match opened.failed.first() {
        Some(failed) => Err(failed.error.code().to_owned()),
        None => Ok(opened.revealed.remove(0).fields),
    }
}

/// Why it does not open.
fn refused(home: &Home, held: &Held) -> String {
    open(home, held).err().unwrap()
}

/// What a token of an address or a mail stands for.
fn by_token(home: &Home, token: &str) -> String {
    home.reveal_token(token).ok().unwrap()[0].1.as_str().unwrap().to_owned()
}

fn find(home: &Home, number: u32, restricted: bool) -> usize {
    let email = Some(Sensitive::new(format!("q{number}@mail.example")));
    let query = bailee_vault::find::Query { email, ..Default::default() };
    let terms = vec![bailee_core::catalogue::TermKind::Email];
    home.vault.find(home.act(authorized::Find { seller: seller(), terms, restricted }), &query).unwrap().len()
}

fn show(home: &Home, number: u32) -> bailee_vault::show::Shown {
    let action = authorized::Show { seller: seller(), kind: Kind::Order };
    home.vault.show(home.act(action), &reference(&id(number))).unwrap().unwrap()
}

fn count(home: &Home, event: &str) -> usize {
    home.events().iter().filter(|name| *name == event).count()
}

#[test]
fn what_is_restricted_is_opened_for_nothing_and_stays_so_whatever_is_collected() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    assert_eq!(restrict(&home, 1, false), restrict::Outcome::Restricted);
    assert_eq!(restrict(&home, 1, false), restrict::Outcome::Unchanged);
    assert_eq!(count(&home, "restricted"), 1);
    let check = |home: &Home| {
        let held = held(home, 1);
        assert!(held.restricted);
        assert_eq!(refused(home, &held), "restricted");
        let shown = show(home, 1);
        assert_eq!(
            (shown.state, shown.fields.len(), shown.retention.state.as_str()),
            ("restricted", 0, "live")
        );
        assert_eq!((find(home, 1, false), find(home, 1, true), find(home, 2, false)), (0, 1, 1));
        assert!(open(home, &self::held(home, 2)).is_ok());
    };
    check(&home);
    let newer = order(1, "2026-03-02T11:00:00Z", "2 Right Street");
    let wants = Request { tokenise: true, ..Request::default() };
    let (summary, returned) = home.collect_with(&newer.to_string(), wants).unwrap();
    assert_eq!(summary.counts.updated, 1, "it is kept, also what comes in later");
    check(&home);
    let token = returned[0]["buyer"]["buyerName"].as_str().unwrap();
    let by_token =
        home.vault.resolve(&[bailee_vault::reveal::Wanted::Token(token.to_owned())], home.now()).unwrap();
    assert!(matches!(&by_token[0], Resolved::Held(held) if held.restricted && open(&home, held).is_err()));
    drop(home);
    let home = Home::open(directory.path(), NOW).unwrap();
    check(&home);
    assert_eq!(restrict(&home, 1, true), restrict::Outcome::Lifted);
    assert_eq!(restrict(&home, 1, true), restrict::Outcome::Unchanged);
    assert_eq!(value(&open(&home, &held(&home, 1)).unwrap(), LINE), Some("2 Right Street"));
    assert!(!home.ledger_text().contains("302-1111111"));
    home.verify_ledger();
}

#[test]
fn a_restriction_reaches_what_was_looked_up_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let (before, other) = (held(&home, 1), held(&home, 2));
    restrict(&home, 1, false);
    assert_eq!(refused(&home, &before), "restricted");
    assert!(open(&home, &other).is_ok(), "of others it is no matter");
    // And once it is lifted, what was looked up while it stood is to be looked up again.
    let during = held(&home, 1);
    restrict(&home, 1, true);
    assert_eq!(refused(&home, &during), "restricted");
    assert!(open(&home, &held(&home, 1)).is_ok());
}

#[test]
fn what_is_restricted_ends_in_its_time_and_may_be_corrected_and_erased() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    restrict(&home, 1, false);
    restrict(&home, 2, false);
    assert_eq!(rectify(&home, 1, CITY, "York").unwrap(), rectify::Outcome::Rectified);
    assert_eq!(refused(&home, &held(&home, 1)), "restricted", "it stays so");
    let records = vec![(seller(), record(&home, 2))];
    let erased = home.vault.erase(home.act(authorized::Erase { records })).unwrap();
    assert_eq!(erased[0].1, erase::Outcome::Erased);
    assert_eq!(restrict(&home, 2, false), restrict::Outcome::Gone);
    let home = home.at("2026-04-20T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(home.gone(&id(1)).state, "disposed");
    assert_eq!(restrict(&home, 1, true), restrict::Outcome::Gone);
}

#[test]
fn what_is_corrected_is_revealed_and_found_as_that_and_the_old_value_opens_in_no_copy() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let token = home.collect_with(
        &order(1, "2026-03-02T10:00:00Z", "1 Wrong Street").to_string(),
        Request { tokenise: true, ..Request::default() },
    );
    let token = token.unwrap().1[0]["buyer"]["buyerEmail"].as_str().unwrap().to_owned();
    let backup = home.back_up_store(&directory.path().join("backup"));
    assert_eq!(
        rectify(&home, 1, "buyer.buyerEmail", "  Right@MAIL.example ").unwrap(),
        rectify::Outcome::Rectified
    );
    let fields = open(&home, &held(&home, 1)).unwrap();
    assert_eq!(value(&fields, "buyer.buyerEmail"), Some("Right@mail.example"), "cleaned as what comes in");
    assert_eq!(value(&fields, NAME), Some("Quirina 1"), "and nothing else changed");
    assert_eq!(by_token(&home, &token), "Right@mail.example", "its token stands for it");
    assert_eq!(show(&home, 1).rectified, ["buyer.buyerEmail"]);
    assert_eq!((find(&home, 1, false), find(&home, 2, false)), (0, 1));
    assert_eq!(
        rectify(&home, 1, "buyer.buyerEmail", "Right@mail.example").unwrap(),
        rectify::Outcome::Unchanged
    );
    assert_eq!((count(&home, "rectified"), count(&home, "destruction-completed")), (1, 1));
    let ledger = home.ledger_text();
    assert!(!ledger.contains("mail.example") && !ledger.contains("302-1111111"));
    home.verify_ledger();
    drop(home);
    let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
    assert!(!matches!(old.resolve(&id(1)), Resolved::Held(held) if open(&old, &held).is_ok()));
    assert!(open(&old, &held(&old, 2)).is_ok());
}

#[test]
fn what_is_corrected_stays_so_whatever_the_source_says_later() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    rectify(&home, 1, LINE, "2 Right Street").unwrap();
    rectify(&home, 1, NAME, "Quirina Right").unwrap();
    let wants = Request { tokenise: true, ..Request::default() };
    // The same again, another address altogether, nothing at all, and an older one.
    let mut moved = order(1, "2026-03-02T11:10:00Z", "3 Other Street");
    moved["recipient"]["deliveryAddress"]["city"] = json!("York");
    moved["buyer"]["buyerEmail"] = json!("new@mail.example");
    let mut emptied = order(1, "2026-03-02T11:20:00Z", "");
    emptied["buyer"]["buyerName"] = Value::Null;
    emptied["buyer"].as_object_mut().unwrap().remove("buyerEmail");
    let documents = [
        order(1, "2026-03-02T11:00:00Z", "1 Wrong Street"),
        moved,
        emptied,
        order(1, "2026-03-01T11:00:00Z", "0 Old Street"),
    ];
    for document in documents {
        let returned = home.collect_with(&document.to_string(), wants).unwrap().1;
        let fields = open(&home, &held(&home, 1)).unwrap();
        assert_eq!(value(&fields, LINE), Some("2 Right Street"), "{document}");
        assert_eq!(value(&fields, CITY), Some("Leeds"), "the address is a whole");
        assert_eq!(value(&fields, NAME), Some("Quirina Right"), "{document}");
        if let Some(token) = returned[0]["recipient"]["deliveryAddress"]["addressLine1"]
            .as_str()
            .filter(|text| !text.is_empty())
        {
            assert_eq!(by_token(&home, token), "2 Right Street");
        }
    }
    let fields = open(&home, &held(&home, 1)).unwrap();
    assert_eq!(
        value(&fields, "buyer.buyerEmail"),
        Some("new@mail.example"),
        "what was not corrected goes on"
    );
    // Moving to another day keeps it, and its end forgets it.
    let home = home.at("2026-03-20T12:00:00Z");
    home.collect(&order(1, "2026-03-20T11:00:00Z", "1 Wrong Street").to_string());
    let home = home.at("2026-03-29T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(value(&open(&home, &held(&home, 1)).unwrap(), LINE), Some("2 Right Street"));
    let home = home.at("2026-05-20T12:00:00Z");
    home.run_retention().unwrap();
    let as_of = Some(home.now());
    home.collect_with(
        &order(1, "2026-05-20T11:00:00Z", "4 New Street").to_string(),
        Request { as_of, ..Request::default() },
    )
    .unwrap();
    assert_eq!(value(&open(&home, &held(&home, 1)).unwrap(), LINE), Some("4 New Street"));
}

#[test]
fn what_intake_would_not_take_is_no_correction() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let unfit = |path: &str, value: &str| match rectify(&home, 1, path, value) {
        Err(VaultError::Unfit(unfit)) => Some(unfit),
        Ok(_) => None,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(unfit(CITY, ""), Some(Unfit::Empty));
    assert_eq!(unfit(CITY, "   "), Some(Unfit::Empty));
    assert_eq!(unfit(CITY, "Le\u{7}eds"), Some(Unfit::Control));
    assert_eq!(unfit(CITY, "Leeds\nYork"), Some(Unfit::Control));
    assert_eq!(unfit(CITY, &"x".repeat(LINE_CHARS_MAX + 1)), Some(Unfit::TooWide));
    assert_eq!(unfit(CITY, &"x".repeat(LINE_CHARS_MAX)), None);
    for path in ["recipient.deliveryAddress.phone", "orderId", "no.such.place", "buyer"] {
        assert!(matches!(rectify(&home, 1, path, "x"), Err(VaultError::NoSuchField)), "{path}");
    }
    assert_eq!(count(&home, "rectified"), 1);
}

#[test]
fn a_rectification_that_stops_anywhere_leaves_one_of_the_two_values() {
    for writes in 0..3 {
        let directory = tempfile::tempdir().unwrap();
        let home = home(directory.path());
        let backup = home.back_up_store(&directory.path().join("backup"));
        home.writes_left(writes);
        assert_eq!(rectify(&home, 1, CITY, "York").is_ok(), writes > 1, "intent and completion");
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        let expected = if writes > 0 { "York" } else { "Leeds" };
        assert_eq!(
            value(&open(&home, &held(&home, 1)).unwrap(), CITY),
            Some(expected),
            "after {writes} writes"
        );
        assert_eq!(count(&home, "destruction-intended"), count(&home, "destruction-completed"));
        home.verify_ledger();
        drop(home);
        let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
        let opens = matches!(old.resolve(&id(1)), Resolved::Held(held) if open(&old, &held).is_ok());
        assert_eq!(opens, writes == 0, "after {writes} writes");
    }
}

#[test]
fn a_shape_is_of_what_lives_and_is_used_and_of_no_value() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(
        &(4..8)
            .map(|number| format!("{}\n", order(number, "2026-03-02T10:00:00Z", "1 Street")))
            .collect::<String>(),
    );
    let measured = |home: &Home| {
        let shape = home.vault.shape(home.act(authorized::ReadShape { seller: None }), &mut |_| {});
        shape.map(|shape| (shape.orders, serde_json::to_string(&shape).unwrap()))
    };
    let (orders, text) = measured(&home).unwrap();
    assert_eq!((orders, count(&home, "shape-read")), (7, 1));
    assert!(text.contains(r#""path":"buyer.buyerName","held":7,"of":7"#), "{text}");
    for hidden in ["Quirina", "mail.example", "Leeds", "LS1", "302-"] {
        assert!(!text.contains(hidden) && !home.ledger_text().contains(hidden), "{hidden}");
    }
    assert_eq!(restrict(&home, 1, false), restrict::Outcome::Restricted);
    let records = vec![(seller(), record(&home, 2))];
    home.vault.erase(home.act(authorized::Erase { records })).unwrap();
    assert_eq!(measured(&home).unwrap().0, 5, "neither what is restricted nor what is gone");
    restrict(&home, 3, false);
    assert_eq!(measured(&home).unwrap_err().code(), "too-few-orders");
    restrict(&home, 3, true);
    // Some days later all of it is about to be destroyed: it is not opened any more.
    let home = home.at("2026-09-30T12:00:00Z");
    assert_eq!(measured(&home).unwrap_err().code(), "too-few-orders");
}
