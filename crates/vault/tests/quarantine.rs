//! Quarantine from its beginning to its end: what is mended goes in as it would have when it came, what is thrown away
//! is gone, and neither opens from any copy afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::path::{Path, PathBuf};

use bailee_core::catalogue::Catalogue;
use bailee_core::retention::Policy;
use bailee_core::{Kind, RecordId};
use bailee_intake::format::{Format, Formats};
use bailee_ledger::authorized;
use bailee_ledger::event::Counts;
use bailee_vault::VaultError;
use bailee_vault::collect::Request;
use bailee_vault::quarantine::Item;
use bailee_vault::quarantine::discard::Reason;
use bailee_vault::quarantine::retry::Retry;
use bailee_vault::reveal::Resolved;
use common::{Home, seller, time, value};
use serde_json::json;

const NOW: &str = "2026-03-02T12:00:00Z";
const LATER: &str = "2026-03-05T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn name(number: u32) -> String {
    format!("Quirina Zettelmann {number:07}")
}

/// An order that fits the embedded catalogue, and not the one of [`mistaken`].
fn order(number: u32) -> String {
    json!({ "orderId": id(number), "lastUpdatedTime": "2026-03-01T10:00:00Z", "createdTime": "2026-02-27T10:00:00Z",
        "buyer": { "buyerName": name(number) }, "desk": { "slot": "9" },
        "fulfillment": { "fulfillmentStatus": "UNSHIPPED" } })
    .to_string()
}

/// One that no catalogue mends.
fn broken(number: u32) -> String {
    format!(
        "{{\"orderId\":\"{}\",\"buyer\":{{\"buyerName\":\"{}\"}},\"buyer\":{{}}}}",
        id(number),
        name(number)
    )
}

/// A catalogue of the home's own that takes for a list what is none.
fn mistaken() -> Catalogue {
    let own = r#"
        kind = "order"
        [lists]
        "desk" = "slot"
        [sources.own]
        operation = "our parcel desk"
        role = "none"
        [[group]]
        source = "own"
        fact = "which of the desk's places it lay in"
        fields = { "desk[].slot" = 10000 }
    "#;
    Catalogue::embedded().unwrap().extended(own).unwrap()
}

/// A home in whose quarantine lie so many orders that can be mended, and one that cannot, with a copy of its store.
fn home(directory: &Path, mendable: u32) -> (Home, PathBuf) {
    let home = Home::new(directory, NOW);
    drop(home);
    let store = directory.join("store.db");
    let home = Home::open_with(directory, NOW, &store, Policy::default(), mistaken()).unwrap();
    let lines: Vec<String> = (0..mendable).map(order).chain([broken(mendable)]).collect();
    let counts = home.collect(&lines.join("\n")).counts;
    assert_eq!((counts.read, counts.quarantined), (u64::from(mendable) + 1, u64::from(mendable) + 1));
    let backup = home.back_up_store(&directory.join("backup"));
    drop(home);
    (Home::open(directory, LATER).unwrap(), backup)
}

fn listed(home: &Home) -> Vec<Item> {
    home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 1000).unwrap()
}

fn retry_with(home: &Home, retry: &Retry) -> Result<Option<Counts>, VaultError> {
    let action = home.act(authorized::RetryQuarantine { seller: seller() });
    Ok(home.vault.retry_quarantine(action, retry)?.map(|(summary, _)| summary.counts))
}

fn everything() -> Retry {
    Retry { only: None, formats: Formats::embedded().unwrap(), format: None, charset: None }
}

fn retry(home: &Home) -> Counts {
    retry_with(home, &everything()).unwrap().unwrap()
}

fn discard(home: &Home, id: RecordId) -> Result<bool, VaultError> {
    let action = home.act(authorized::DiscardQuarantine { seller: seller() });
    home.vault.discard_quarantined(action, id, Reason::TestData)
}

fn ids(home: &Home) -> Vec<RecordId> {
    listed(home).iter().map(|item| item.id).collect()
}

/// The names that come out of quarantine in a copy of the store, with the present keyring: a retry of everything, under
/// the mended catalogue.
fn opens(directory: &Path, copy: &Path) -> usize {
    let home = Home::open_store(directory, LATER, copy).unwrap();
    listed(&home).len()
}

#[test]
fn what_is_mended_goes_in_as_it_would_have_when_it_came_and_the_rest_stays() {
    let directory = tempfile::tempdir().unwrap();
    let (home, backup) = home(directory.path(), 3);
    let before = listed(&home);
    let counts = retry(&home);
    assert_eq!((counts.read, counts.collected, counts.quarantined), (4, 3, 1));
    let after = listed(&home);
    assert_eq!((after.len(), after[0].reason.as_str()), (1, "duplicate-key"));
    assert!(before.iter().any(|item| item.id == after[0].id && item.expires_at == after[0].expires_at));
    for number in 0..3 {
        assert_eq!(value(&home.reveal(&id(number)), "buyer.buyerName"), Some(name(number).as_str()));
    }
    // The clock runs from the day on which it came, not from that on which it was mended.
    let explained = home
        .vault
        .retention_explain(
            home.act(authorized::ReadRetention),
            &seller(),
            Kind::Order,
            &common::reference(&id(0)),
        )
        .unwrap()
        .unwrap();
    assert!(explained.lo < time(NOW), "{explained:?}");
    assert!(home.events().iter().filter(|event| *event == "quarantine-retried").count() == 1);
    home.verify_ledger();
    // Again: nothing is there that was not, and nothing changes.
    let counts = retry(&home);
    assert_eq!((counts.read, counts.quarantined), (1, 1));
    assert!(!home.files_hold(b"Quirina") && !home.files_hold(b"orders.json"));
    drop(home);
    assert_eq!(opens(directory.path(), &backup), 1, "only what stays opens from a backup");
}

#[test]
fn a_retry_keeps_the_first_as_of() {
    let explain = |home: &Home| {
        let reference = common::reference(&id(0));
        home.vault
            .retention_explain(home.act(authorized::ReadRetention), &seller(), Kind::Order, &reference)
            .unwrap()
            .unwrap()
    };
    let as_of = Request { as_of: Some(time("2026-03-02T06:00:00Z")), ..Request::default() };
    let directory = tempfile::tempdir().unwrap();
    drop(Home::new(directory.path(), NOW));
    let store = directory.path().join("store.db");
    let home = Home::open_with(directory.path(), NOW, &store, Policy::default(), mistaken()).unwrap();
    home.collect_with(&order(0), as_of).unwrap();
    drop(home);
    let home = Home::open(directory.path(), LATER).unwrap();
    assert_eq!(retry(&home).collected, 1);
    let retried = explain(&home);
    drop(home);

    let other = tempfile::tempdir().unwrap();
    let home = Home::new(other.path(), NOW);
    home.collect_with(&order(0), as_of).unwrap();
    let home = home.at(LATER);
    let ordinary = explain(&home);
    assert_eq!((retried.lo, retried.expires_at), (ordinary.lo, ordinary.expires_at));
    assert_eq!(retried.lo, time("2026-03-02T06:00:00Z"));
}

#[test]
fn one_item_is_retried_alone_and_one_that_is_not_there_is_said_to_be_so() {
    let directory = tempfile::tempdir().unwrap();
    let (home, _) = home(directory.path(), 2);
    let mendable = listed(&home).into_iter().find(|item| item.reason == "structure").unwrap().id;
    let only = Retry { only: Some(mendable), ..everything() };
    assert_eq!(retry_with(&home, &only).unwrap().unwrap().collected, 1);
    assert_eq!(listed(&home).len(), 2);
    assert!(retry_with(&home, &only).unwrap().is_none(), "it is not there any more");
    let other = home.act(authorized::RetryQuarantine { seller: "OTHER".parse().unwrap() });
    assert!(matches!(home.vault.retry_quarantine(other, &only), Err(VaultError::UnknownSeller(_))));
}

#[test]
fn what_is_thrown_away_is_gone_from_every_copy_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let (home, backup) = home(directory.path(), 3);
    let gone = ids(&home)[1];
    assert!(discard(&home, gone).unwrap());
    assert!(!discard(&home, gone).unwrap(), "doing it again changes nothing");
    assert_eq!(ids(&home).len(), 3);
    let text = home.ledger_text();
    assert!(text.contains("quarantine-discarded") && text.contains("test-data"));
    home.verify_ledger();
    drop(home);
    assert_eq!(opens(directory.path(), &backup), 3);
    // Its day over, the rest goes as well.
    let home = Home::open(directory.path(), "2026-03-17T12:00:00Z").unwrap();
    home.run_retention().unwrap();
    drop(home);
    assert_eq!(opens(directory.path(), &backup), 0);
}

#[test]
fn a_retry_or_discard_that_stops_anywhere_is_completed_at_the_next_opening() {
    for (is_retry, writes) in [true, false].into_iter().flat_map(|is| (0..4).map(move |writes| (is, writes)))
    {
        let directory = tempfile::tempdir().unwrap();
        let (home, backup) = home(directory.path(), 3);
        let all = ids(&home);
        home.writes_left(writes);
        let outcome = if is_retry {
            retry_with(&home, &everything()).map(drop)
        } else {
            discard(&home, all[0]).map(drop)
        };
        assert_eq!(outcome.is_ok(), writes >= 2, "{outcome:?}");
        drop(home);
        let home = Home::open(directory.path(), LATER).unwrap();
        let events = home.events();
        let count = |name: &str| events.iter().filter(|event| *event == name).count();
        assert_eq!(count("destruction-intended"), count("destruction-completed"), "after {writes} writes");
        let left = match (writes > 0, is_retry) {
            (false, _) => 4,
            (true, true) => 1,
            (true, false) => 3,
        };
        assert_eq!(listed(&home).len(), left, "after {writes} writes");
        // Every one is in the vault or in quarantine, and in one of them alone.
        let held = (0..3).filter(|number| matches!(home.resolve(&id(*number)), Resolved::Held(_))).count();
        assert_eq!(held, if is_retry { 4 - left } else { 0 });
        home.verify_ledger();
        drop(home);
        assert_eq!(opens(directory.path(), &backup), left, "after {writes} writes");
        // What was interrupted is done again without harm.
        let home = Home::open(directory.path(), LATER).unwrap();
        if is_retry {
            assert_eq!(retry(&home).quarantined, 1);
            assert_eq!(listed(&home).len(), 1);
        } else {
            assert_eq!(discard(&home, all[0]).unwrap(), writes == 0);
        }
    }
}

#[test]
fn what_fails_again_says_why_it_fails_now_and_keeps_its_end() {
    let directory = tempfile::tempdir().unwrap();
    drop(Home::new(directory.path(), NOW));
    let store = directory.path().join("store.db");
    let home = Home::open_with(directory.path(), NOW, &store, Policy::default(), mistaken()).unwrap();
    // A token of an order stands in a document that does not fit: under the mended catalogue that is what is wrong.
    let fits = order(1).replace(r#","desk":{"slot":"9"}"#, "").replace("\"desk\":{\"slot\":\"9\"},", "");
    let wants = Request { tokenise: true, ..Request::default() };
    let returned = home.collect_with(&fits, wants).unwrap().1;
    let mut tokenised = returned[0].clone();
    assert!(tokenised["desk"].is_null());
    tokenised["desk"] = json!({ "slot": "9" });
    assert_eq!(home.collect(&tokenised.to_string()).counts.quarantined, 1);
    let before = listed(&home).remove(0);
    assert_eq!((before.reason.as_str(), before.format.as_str()), ("structure", "orders-2026-01-01"));
    drop(home);
    let home = Home::open(directory.path(), LATER).unwrap();
    for _ in 0..2 {
        assert_eq!(retry(&home).quarantined, 1);
        let after = listed(&home).remove(0);
        assert_eq!((after.id, after.reason.as_str(), after.kind), (before.id, "token", Kind::Order));
        assert_eq!((after.since, after.expires_at), (before.since, before.expires_at));
    }
}

#[test]
fn an_outline_has_names_and_masks_and_no_value() {
    let directory = tempfile::tempdir().unwrap();
    let (home, _) = home(directory.path(), 1);
    for item in ids(&home) {
        let shown = home
            .vault
            .quarantined(home.act(authorized::ReadQuarantine), item, &everything().formats)
            .unwrap()
            .unwrap();
        let text = serde_json::to_string(&shown).unwrap();
        assert!(text.contains("buyerName"), "{text}");
        assert!(
            !text.contains("Quirina") && !text.contains("302-1111111") && !text.contains("UNSHIPPED"),
            "{text}"
        );
        if shown.item.reason == "structure" {
            let name = shown.outline.fields.iter().find(|field| field.path == "buyer.buyerName").unwrap();
            assert_eq!(name.mask, "Q****** Z******** *******");
            assert_eq!(shown.outline.unknown, 1);
        }
    }
    assert!(home.events().iter().filter(|event| *event == "quarantine-read").count() >= 3);
}

/// A format of the home's own: a table whose price it takes for a list of prices, or for what it is.
fn shop(target: &str) -> Formats {
    let toml = format!(
        "format = \"shop\"\ntitle = \"our web shop\"\nkind = \"order\"\nsyntax = \"table\"\n[recognise]\nall = [\"no\", \"who\"]\n\
         [fields]\n\"no\" = \"orderId\"\n\"who\" = \"{target}\"\n\"updated\" = \"lastUpdatedTime\"\n"
    );
    Formats::embedded().unwrap().with(Format::parse(&toml).unwrap()).unwrap()
}

#[test]
fn rows_of_a_table_are_read_again_by_the_mended_mapping_without_their_header() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let table =
        format!("no,who,updated\n{},{},2026-03-01T10:00:00Z\n{},\"{}\n", id(1), name(1), id(2), name(2));
    // A buyer is no single value: the mapping is mistaken.
    let reader = common::reader_of(std::io::Cursor::new(table.into_bytes()), &shop("buyer")).unwrap();
    let action = home.act(authorized::Collect { seller: seller(), kind: Kind::Order });
    let collected = home.vault.collect(action, reader, "shop.csv", Request::default(), &mut |_| {
        std::ops::ControlFlow::Continue(())
    });
    let counts = collected.unwrap().counts;
    assert_eq!((counts.read, counts.quarantined), (2, 2));
    assert!(home.ledger_text().contains("own-mapping") && !home.ledger_text().contains("shop"));
    let items = listed(&home);
    assert!(items.iter().all(|item| item.format == "shop"), "{items:?}");
    // Without that mapping nothing can be told of them, and a retry leaves them as they are.
    assert_eq!(retry(&home).quarantined, 2);
    assert_eq!(
        listed(&home).iter().map(|item| &item.reason).collect::<Vec<_>>(),
        items.iter().map(|item| &item.reason).collect::<Vec<_>>()
    );
    let mended = Retry { formats: shop("buyer.buyerName"), ..everything() };
    let whole = items.iter().find(|item| item.position.document == 1).unwrap();
    let shown = home
        .vault
        .quarantined(home.act(authorized::ReadQuarantine), whole.id, &mended.formats)
        .unwrap()
        .unwrap();
    let text = serde_json::to_string(&shown.outline).unwrap();
    assert!(text.contains("buyer.buyerName") && !text.contains("Quirina"), "{text}");
    let counts = retry_with(&home, &mended).unwrap().unwrap();
    assert_eq!((counts.read, counts.collected, counts.quarantined), (2, 1, 1));
    assert_eq!(value(&home.reveal(&id(1)), "buyer.buyerName"), Some(name(1).as_str()));
}

#[test]
fn letters_whose_character_set_was_not_certain_are_read_once_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    // One letter in eight bits, of which nothing says in which set: Ł in ISO-8859-2, £ in windows-1252.
    let mut bytes = br#"{"orderId":"302-1111111-0000001","buyer":{"buyerName":""#.to_vec();
    bytes.extend(b"\xa3ukasz \xb3\xb1\"}}\n");
    bytes.extend(br#"{"orderId":"302-1111111-0000002","buyer":{"buyerName":"Quirina"}}"#);
    let reader = common::reader(std::io::Cursor::new(bytes)).unwrap();
    let action = home.act(authorized::Collect { seller: seller(), kind: Kind::Order });
    let collected = home
        .vault
        .collect(action, reader, "o.json", Request::default(), &mut |_| std::ops::ControlFlow::Continue(()));
    let counts = collected.unwrap().counts;
    assert_eq!((counts.read, counts.collected, counts.quarantined), (2, 1, 1));
    assert_eq!(listed(&home)[0].reason, "charset");
    assert_eq!(retry(&home).quarantined, 1);
    let named = Retry { charset: Some("windows-1252".parse().unwrap()), ..everything() };
    assert_eq!(retry_with(&home, &named).unwrap().unwrap().collected, 1);
    assert_eq!(value(&home.reveal(&id(1)), "buyer.buyerName"), Some("£ukasz ³±"));
}

#[test]
fn an_input_that_is_given_again_puts_nothing_into_quarantine_twice() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    // Two that are the same are two, however often they are given.
    let twice = format!("{}\n{}\n{}\n", broken(1), broken(1), order(2));
    for round in 0..3 {
        let counts = home.collect(&twice).counts;
        assert_eq!((counts.read, counts.quarantined), (3, 2));
        assert_eq!(counts.unchanged, u64::from(round > 0));
        assert_eq!(listed(&home).len(), 2, "round {round}");
    }
    // With a further one the others are known.
    assert_eq!(home.collect(&format!("{twice}{}\n{}\n", broken(1), broken(3))).counts.quarantined, 4);
    assert_eq!(listed(&home).len(), 4);
    // What was thrown away and comes again is there again.
    assert!(discard(&home, ids(&home)[0]).unwrap());
    home.collect(&format!("{twice}{}\n{}\n", broken(1), broken(3)));
    assert_eq!(listed(&home).len(), 4);
}

#[test]
fn what_came_at_one_instant_is_listed_in_its_order_the_last_first() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let input = |numbers: std::ops::Range<u32>| numbers.map(broken).collect::<Vec<_>>().join("\n");
    home.collect(&input(0..20));
    drop(home);
    // Of a clock that was set back, too.
    let home = Home::open(directory.path(), "2026-03-01T09:00:00Z").unwrap();
    home.collect(&input(20..700));
    let documents: Vec<u64> = listed(&home).iter().map(|item| item.position.document).collect();
    let expected: Vec<u64> = (1..=680).rev().chain((1..=20).rev()).collect();
    assert_eq!(documents, expected);
}

#[test]
fn a_format_that_was_only_tried_changes_nothing_of_what_stays() {
    let directory = tempfile::tempdir().unwrap();
    let (home, _) = home(directory.path(), 1);
    let before = listed(&home);
    let formats = Formats::embedded().unwrap();
    let format = formats.named("orders-v0").cloned();
    let tried = retry_with(&home, &Retry { format, ..everything() }).unwrap().unwrap();
    assert_eq!((tried.read, tried.quarantined), (2, 2));
    let told = |items: &[Item]| items.iter().map(|item| (item.id, item.reason.clone())).collect::<Vec<_>>();
    assert_eq!(told(&listed(&home)), told(&before));
    assert!(listed(&home).iter().all(|item| item.format == "orders-2026-01-01"));
    assert_eq!(retry(&home).collected, 1);
}
