//! A seller ends: what is held of it is closed at once, destroyed on its day, certified, and does not come back (R17).

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

use bailee_core::retention::EndReason;
use bailee_core::{Day, Kind, RequestId, SellerId};
use bailee_intake::evidence::{self, Reader};
use bailee_ledger::authorized;
use bailee_ledger::certificate::{Certificate, Of, certify, verify};
use bailee_ledger::log::Source;
use bailee_ledger::prove::prove_against;
use bailee_vault::VaultError;
use bailee_vault::collect::Request;
use bailee_vault::disposals::Disposed;
use bailee_vault::quarantine::retry::Retry;
use bailee_vault::reveal::Resolved;
use bailee_vault::seller::{SellerEnd, SellerState};
use common::{Home, seller};
use serde_json::json;

const NOW: &str = "2026-03-02T12:00:00Z";
const NAME: &str = "Quirina Zettelmann";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32) -> String {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": {"buyerName": NAME}, "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    })
    .to_string()
}

fn broken() -> String {
    format!(r#"{{"orderId":"{}","buyer":{{"buyerName":"{NAME}"}},"buyer":{{}}}}"#, id(9))
}

/// A home with two orders and a quarantined document of the seller that is to end, and an order of another.
fn life(directory: &std::path::Path) -> Home {
    let home = Home::new(directory, NOW);
    home.collect(&order(1));
    home.collect(&order(2));
    home.collect(&broken());
    home.vault.add_seller(home.act(authorized::Administer), &other(), None).unwrap();
    collect_of(&home, &other(), &order(3));
    home
}

fn other() -> SellerId {
    "OTHER".parse().unwrap()
}

fn collect_of(home: &Home, seller: &SellerId, documents: &str) {
    let action = authorized::Collect { seller: seller.clone(), kind: Kind::Order };
    let reader = common::reader(Cursor::new(documents.as_bytes().to_vec())).unwrap();
    let each = &mut |_: bailee_vault::collect::Step<'_>| ControlFlow::Continue(());
    home.vault.collect(home.act(action), reader, "orders.json", Request::default(), each).unwrap();
}

fn end(home: &Home, reason: EndReason, on: Option<&str>) -> Result<SellerEnd, VaultError> {
    let on = on.map(|on| on.parse::<Day>().unwrap());
    home.vault.end_seller(home.act(authorized::Administer), &seller(), reason, on)
}

fn state(home: &Home) -> SellerState {
    home.vault.sellers().unwrap().into_iter().find(|one| one.id == seller()).unwrap().state
}

fn count(home: &Home, event: &str) -> usize {
    home.events().iter().filter(|name| *name == event).count()
}

fn certificate(home: &Home, of: &Disposed) -> Result<Certificate, VaultError> {
    let entries = home.vault.disposal_entries(home.act(authorized::ReadRetention), of)?;
    let (note, key) = (Source::checkpoint(&*home.store).unwrap(), home.store.verifier_key());
    let proofs = entries.into_iter().map(|index| prove_against(&*home.store, &key, &note, index).unwrap());
    let named = match of.clone() {
        Disposed::Day(seller, day) => Of { seller: Some(seller), day: Some(day.to_string()), request: None },
        Disposed::Seller(seller) => Of { seller: Some(seller), ..Of::default() },
        Disposed::Request(request) => Of { request: Some(request), ..Of::default() },
    };
    let made = certify(named, &key, proofs.collect()).unwrap();
    assert_eq!(verify(&serde_json::to_string(&made).unwrap(), &key).unwrap(), made);
    Ok(made)
}

/// What holds once all of it is gone, however that came about.
fn is_gone(home: &Home) {
    assert_eq!(state(home), SellerState::Gone);
    assert!(home.keyring.buckets().iter().all(|bucket| bucket.id.seller == other()));
    assert!(home.store.quarantine(None, None, 10).unwrap().is_empty());
    for number in [1, 2] {
        let gone = home.gone(&id(number));
        assert_eq!((gone.state, gone.rule.as_str()), ("disposed", "R17"));
    }
    assert_eq!(count(home, "seller-ended"), 2, "that it ended, and that it is gone");
    let made = certificate(home, &Disposed::Seller(seller())).unwrap();
    assert_eq!((made.total.records, made.total.parts, made.total.quarantined), (2, 2, 1));
    assert!(made.destructions.iter().all(|one| one.buckets.iter().all(|bucket| bucket.rule == "R17")));
    assert!(!serde_json::to_string(&made).unwrap().contains("OTHER"), "it names no other seller");
    home.verify_ledger();
}

#[test]
fn from_its_end_on_nothing_of_a_seller_is_taken_in_or_opened_and_all_of_it_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    let backup = home.back_up_store(&directory.path().join("backup"));
    let ended = end(&home, EndReason::AuthorisationEnded, None).unwrap();
    assert_eq!((ended.on.as_str(), ended.gone_at), ("2026-03-02", Some(home.now())));
    is_gone(&home);
    assert_eq!(home.keyring.buckets().len(), 1, "another seller's data stays");
    assert_eq!(home.keyring.facts_keys().len(), 2, "what is not personal stays for its 18 months (R18)");

    let refused = |result: Result<(), VaultError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, VaultError::SellerEnded(_)), "{error}");
        assert!(error.to_string().contains("another id"), "{error}");
    };
    refused(home.collect_with(&order(4), Request::default()).map(drop));
    refused(home.vault.add_seller(home.act(authorized::Administer), &seller(), None));
    let feed = format!("reference,status,time\n{},delivered,2026-03-02T09:00:00Z\n", id(1));
    let reader =
        Reader::open(Box::new(Cursor::new(feed.into_bytes())), evidence::Request::default()).unwrap();
    let action = authorized::Collect { seller: seller(), kind: Kind::Order };
    refused(home.vault.hear(home.act(action), reader, None, &mut |_| ControlFlow::Continue(())).map(drop));
    let formats = bailee_intake::format::Formats::embedded().unwrap();
    let retry = Retry { only: None, formats, format: None, charset: None };
    let action = authorized::RetryQuarantine { seller: seller() };
    refused(home.vault.retry_quarantine(home.act(action), &retry).map(drop));
    // To say it again changes nothing.
    let events = home.events();
    assert_eq!(end(&home, EndReason::AmazonNotice, None).unwrap().reason, EndReason::AuthorisationEnded);
    assert_eq!(home.events(), events);

    drop(home);
    let home = Home::open(directory.path(), NOW).unwrap();
    is_gone(&home);
    drop(home);
    let old = Home::open_store(directory.path(), NOW, &backup).unwrap();
    assert!(!matches!(old.resolve(&id(1)), Resolved::Held(_)), "it opens from no backup");
}

#[test]
fn where_amazon_demands_it_what_is_not_personal_goes_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    end(&home, EndReason::AmazonNotice, None).unwrap();
    assert_eq!(state(&home), SellerState::Gone);
    assert!(home.keyring.facts_keys().iter().all(|(of, _)| *of == other()));
    let made = certificate(&home, &Disposed::Seller(seller())).unwrap();
    assert_eq!((made.total.facts, made.end.unwrap().reason.as_str()), (1, "amazon-notice"));
    // The tombstones stay, without a reference.
    let gone = home.gone(&id(1));
    assert_eq!((gone.state, gone.reference), ("disposed", None));
}

#[test]
fn on_a_later_day_it_is_closed_at_once_and_destroyed_then() {
    const REASON: EndReason = EndReason::AmazonNotice;
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    assert!(matches!(end(&home, EndReason::AmazonNotice, Some("2026-04-02")), Err(VaultError::EndDay)));
    let may = |on: &str| {
        home.vault.may_end_seller(&seller(), REASON, Some(on.parse().unwrap()), home.now()).is_ok()
    };
    assert_eq!(["2026-03-01", "2026-03-02", "2026-04-01", "2026-04-02"].map(may), [false, true, true, false]);
    let ended = end(&home, EndReason::AuthorisationEnded, Some("2026-03-10")).unwrap();
    assert_eq!(ended.gone_at, None);
    assert_eq!(state(&home), SellerState::Ended);
    let closed = home.gone(&id(1));
    assert_eq!((closed.state, closed.rule.as_str(), closed.when), ("closing", "R17", home.now()));
    let status = home.vault.retention_status(home.act(authorized::ReadRetention), Some(&seller())).unwrap();
    assert!(
        status[0].buckets.iter().all(|bucket| bucket.state == "closing" && bucket.closes_at == home.now())
    );
    let early = certificate(&home, &Disposed::Seller(seller())).unwrap_err();
    assert!(matches!(early, VaultError::NotDestroyed(_)), "{early}");
    let home = home.at("2026-03-09T23:59:59Z");
    assert_eq!(home.run_retention().unwrap().disposed, 0);
    assert_eq!(home.keyring.buckets().len(), 3);
    let home = home.at("2026-03-10T00:00:00Z");
    assert_eq!(home.dispose_due().unwrap().disposed, 2);
    is_gone(&home);
}

#[test]
fn that_it_ends_is_said_again_where_that_is_stricter_and_refused_where_nothing_comes_of_it() {
    use EndReason::{AmazonNotice, AuthorisationEnded};
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    end(&home, AuthorisationEnded, Some("2026-03-20")).unwrap();
    let may = |home: &Home, reason, on: Option<&str>| {
        let on = on.map(|on| on.parse().unwrap());
        home.vault.may_end_seller(&seller(), reason, on, home.now()).map_err(|error| error.to_string())
    };
    for (reason, on, is_stricter) in [
        (AuthorisationEnded, Some("2026-03-20"), false),
        (AuthorisationEnded, Some("2026-03-21"), false),
        (AuthorisationEnded, Some("2026-03-19"), true),
        (AuthorisationEnded, None, true),
        (AmazonNotice, Some("2026-03-30"), true),
    ] {
        let said = may(&home, reason, on);
        assert_eq!(said.is_ok(), is_stricter, "{reason:?}, {on:?}: {said:?}");
        let is_told =
            |words: &String| words.contains("destroyed on 2026-03-20") && words.contains("stricter");
        assert!(said.as_ref().err().is_none_or(is_told), "{said:?}");
    }
    // The same once more changes nothing and says nothing.
    end(&home, AuthorisationEnded, Some("2026-03-21")).unwrap();
    assert_eq!(count(&home, "seller-ended"), 1);
    let stricter = end(&home, AmazonNotice, Some("2026-03-30")).unwrap();
    assert_eq!((stricter.reason, stricter.on.as_str()), (AmazonNotice, "2026-03-20"));
    let stricter = end(&home, AuthorisationEnded, Some("2026-03-10")).unwrap();
    assert_eq!((stricter.reason, stricter.on.as_str()), (AmazonNotice, "2026-03-10"));
    let home = home.at("2026-03-10T00:00:00Z");
    home.dispose_due().unwrap();
    assert_eq!(state(&home), SellerState::Gone);
    assert!(home.keyring.facts_keys().iter().all(|(of, _)| *of == other()), "Amazon demands it");
    let made = certificate(&home, &Disposed::Seller(seller())).unwrap();
    let told = made.end.unwrap();
    assert_eq!((told.reason.as_str(), told.on.as_str()), ("amazon-notice", "2026-03-10"));
    assert_eq!(told.ended_at.to_string(), "2026-03-02T12:00:00Z");
    assert!(may(&home, AmazonNotice, None).unwrap_err().contains("is gone"));
    home.verify_ledger();
}

#[test]
fn killed_between_any_two_steps_it_goes_on_at_the_next_opening() {
    let mut writes = 0;
    loop {
        let directory = tempfile::tempdir().unwrap();
        let home = life(directory.path());
        home.writes_left(writes);
        let ended = end(&home, EndReason::AuthorisationEnded, None);
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        if writes == 0 {
            assert_eq!(state(&home), SellerState::Active, "nobody has said so yet");
        } else {
            is_gone(&home);
        }
        if ended.is_ok() {
            break;
        }
        writes += 1;
    }
    assert!(writes >= 4, "{writes}");
}

#[test]
fn while_a_mirror_is_away_it_is_closed_and_it_goes_once_that_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    let [mirror, away] = ["keyring-b", "away"].map(|name| directory.path().join(name));
    std::fs::rename(&mirror, &away).unwrap();
    std::fs::write(&mirror, "").unwrap();
    assert!(end(&home, EndReason::AuthorisationEnded, None).is_err());
    assert_eq!((home.gone(&id(1)).state, state(&home)), ("closing", SellerState::Ended));
    assert!(home.collect_with(&order(4), Request::default()).is_err());
    drop(home);
    let home = Home::open(directory.path(), NOW).unwrap();
    assert_eq!(state(&home), SellerState::Ended);
    drop(home);
    std::fs::remove_file(&mirror).unwrap();
    std::fs::rename(&away, &mirror).unwrap();
    is_gone(&Home::open(directory.path(), NOW).unwrap());
}

#[test]
fn a_server_ends_what_was_cut_off_under_it_on_the_same_day() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    home.dispose_due().unwrap();
    for writes in [1, 1, 1] {
        home.writes_left(writes);
        assert!(end(&home, EndReason::AuthorisationEnded, None).is_err());
    }
    home.heal();
    home.dispose_due().unwrap();
    is_gone(&home);
}

#[test]
fn a_seller_of_which_nothing_is_held_is_gone_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    end(&home, EndReason::AuthorisationEnded, None).unwrap();
    assert_eq!(state(&home), SellerState::Gone);
    assert_eq!(certificate(&home, &Disposed::Seller(seller())).unwrap().total.destructions, 0);
    let unknown =
        home.vault.end_seller(home.act(authorized::Administer), &other(), EndReason::AmazonNotice, None);
    assert!(matches!(unknown, Err(VaultError::UnknownSeller(_))));
}

#[test]
fn what_is_left_of_a_seller_ends_by_its_own_rule_and_its_certificate_stays() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    end(&home, EndReason::AuthorisationEnded, None).unwrap();
    let before = certificate(&home, &Disposed::Seller(seller())).unwrap();
    // Eighteen months on its facts end (R18).
    let home = home.at("2027-10-02T12:00:00Z");
    home.run_retention().unwrap();
    let after = certificate(&home, &Disposed::Seller(seller())).unwrap();
    assert_eq!((after.total, after.end), (before.total, before.end));
}

#[test]
fn a_day_of_a_seller_is_certified_by_what_the_ledger_says_of_it_alone() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    let disposed =
        |home: &Home| home.vault.disposed_buckets(home.act(authorized::ReadRetention), None).unwrap();
    assert!(disposed(&home).is_empty());
    let home = home.at("2026-04-20T12:00:00Z");
    assert_eq!(home.run_retention().unwrap().disposed, 3);
    let lines = disposed(&home);
    assert_eq!(lines.len(), 3);
    for line in lines {
        let made =
            certificate(&home, &Disposed::Day(line.seller.clone(), line.day.parse().unwrap())).unwrap();
        let bucket =
            made.destructions[0].buckets.iter().find(|one| one.day == line.day && one.held == line.held);
        let bucket = bucket.unwrap();
        let expected = match (line.held, line.seller == other()) {
            ("order", false) => ("R3", 2, 2, 0),
            ("order", true) => ("R3", 1, 1, 0),
            _ => ("R20", 0, 0, 1),
        };
        assert_eq!((bucket.rule.as_str(), bucket.records, bucket.parts, bucket.quarantined), expected);
        assert!(made.words[0].contains(": 1 buckets with"), "of its day alone: {}", made.words[0]);
        let sellers = made.destructions.iter().flat_map(|one| &one.buckets).map(|bucket| &bucket.seller);
        assert!(sellers.into_iter().all(|seller| *seller == line.seller), "it names no other seller");
    }
    let none = certificate(&home, &Disposed::Day(seller(), "2026-05-01".parse().unwrap())).unwrap_err();
    assert!(matches!(none, VaultError::NotDestroyed(_)), "{none}");
    let none = certificate(&home, &Disposed::Request(RequestId([1; 16]))).unwrap_err();
    assert!(matches!(none, VaultError::NotDestroyed(_)), "{none}");
    let not_ended = certificate(&home, &Disposed::Seller(seller())).unwrap_err();
    assert!(not_ended.to_string().contains("has not ended"), "{not_ended}");
}

#[test]
fn what_another_request_completed_is_certified_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    let item = home.store.quarantine(None, None, 1).unwrap().remove(0).id;
    let discard = home.act(authorized::DiscardQuarantine { seller: seller() });
    let request = discard.context().request;
    home.writes_left(1);
    let reason = bailee_vault::quarantine::discard::Reason::Unreadable;
    home.vault.discard_quarantined(discard, item, reason).unwrap_err();
    drop(home);
    let home = Home::open(directory.path(), NOW).unwrap();
    let made = certificate(&home, &Disposed::Request(request)).unwrap();
    assert_eq!((made.total.punctures, made.total.buckets), (1, 0));
}

#[test]
fn what_somebody_had_erased_is_certified_by_its_request() {
    let directory = tempfile::tempdir().unwrap();
    let home = life(directory.path());
    let Resolved::Held(held) = home.resolve(&id(1)) else { panic!("it is held") };
    let erase = home.act(authorized::Erase { records: vec![(seller(), held.record)] });
    let request = erase.context().request;
    home.vault.erase(erase).unwrap();
    let made = certificate(&home, &Disposed::Request(request)).unwrap();
    assert_eq!((made.total.punctures, made.destructions[0].disposed), (1, 1));
}
