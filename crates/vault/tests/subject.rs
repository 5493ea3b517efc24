//! What people leave with a request or a consent is sealed under keys that end; a request goes its way with its event or not at all;
//! what rests on consent is opened with one and not without.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::path::Path;

use bailee_core::subject::{Channel, Delay, Law, Proof, Refusal, Right, Stage};
use bailee_core::{Kind, Purpose, RecordId, Sensitive};
use bailee_ledger::authorized;
use bailee_vault::backup::replay::Restore;
use bailee_vault::backup::since::Since;
use bailee_vault::consent::Given;
use bailee_vault::find::Query;
use bailee_vault::reveal::{Held, Resolved};
use bailee_vault::subject::{Asked, Found, Request, SELLERS_MAX, Taken};
use bailee_vault::{VaultError, erase};
use common::{Home, reference, rest_on_consent, seller};
use serde_json::json;

const NOW: &str = "2026-03-02T12:00:00Z";
/// Who asks: nothing of it may lie in the open, or open once its key has ended.
const MAIL: &str = "quirina.zettelmann@mail.example";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32) -> String {
    let order = json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": {"buyerName": "Quirina Zettelmann", "buyerEmail": MAIL},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    });
    format!("{order}\n")
}

fn home(directory: &Path) -> Home {
    let home = Home::new(directory, NOW);
    home.collect(&(1..=3).map(order).collect::<String>());
    home
}

fn who() -> Query {
    Query { email: Some(Sensitive::new(MAIL.to_owned())), ..Query::default() }
}

fn asked(right: Right, law: Law) -> Asked {
    Asked { right, law, received: "2026-03-01".parse().unwrap(), sellers: vec![seller()] }
}

fn open(home: &Home, right: Right) -> Request {
    home.vault.open_request(home.act(authorized::HandleRequests), asked(right, Law::Gdpr), &who()).unwrap()
}

fn step(home: &Home, id: RecordId, taken: Taken) -> Result<Request, VaultError> {
    home.vault.step_request(home.act(authorized::HandleRequests), id, taken)
}

fn requests(home: &Home) -> Vec<Request> {
    home.vault.requests(&home.act(authorized::HandleRequests)).unwrap()
}

fn record(home: &Home, number: u32) -> RecordId {
    home.vault.named(&seller(), None, &reference(&id(number))).unwrap()[0].record
}

fn found(home: &Home, number: u32) -> Found {
    Found { seller: seller(), kind: Kind::Order, record: record(home, number) }
}

fn code<T>(result: Result<T, VaultError>) -> &'static str {
    result.err().unwrap().code()
}

/// Every byte of what a home keeps, its keys apart.
fn kept(directory: &Path) -> String {
    let mut all = String::new();
    for file in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if file.is_file() {
            all.push_str(&String::from_utf8_lossy(&std::fs::read(file).unwrap()));
        }
    }
    all
}

#[test]
fn a_request_goes_its_way_and_every_step_is_an_event_of_codes_and_ids() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let request = open(&home, Right::Erase);
    assert_eq!(request.due().map(|day| day.to_string()).as_deref(), Some("2026-04-01"));
    assert_eq!(code(step(&home, request.id, Taken::Previewed(Vec::new()))), "request-not-identified");
    assert_eq!(
        code(home.vault.who_asks(&home.act(authorized::HandleRequests), request.id)),
        "request-not-identified"
    );
    step(&home, request.id, Taken::Acknowledged).unwrap();
    step(&home, request.id, Taken::Identified(Proof::OrderAndAddress)).unwrap();
    let extended = step(&home, request.id, Taken::Extended(Delay::Complex)).unwrap();
    assert_eq!(extended.due().map(|day| day.to_string()).as_deref(), Some("2026-06-01"));
    assert_eq!(code(step(&home, request.id, Taken::Extended(Delay::Complex))), "request-step-taken");
    assert_eq!(code(step(&home, request.id, Taken::CarriedOut(Vec::new()))), "request-not-previewed");
    let (_, asks) = home.vault.who_asks(&home.act(authorized::HandleRequests), request.id).unwrap();
    assert_eq!(asks.email.unwrap().expose(), MAIL);
    step(&home, request.id, Taken::Previewed(vec![found(&home, 1)])).unwrap();
    let records = vec![(seller(), record(&home, 1))];
    assert_eq!(
        home.vault.erase(home.act(authorized::Erase { records })).unwrap()[0].1,
        erase::Outcome::Erased
    );
    let done = step(&home, request.id, Taken::CarriedOut(vec![record(&home, 1)])).unwrap();
    assert_eq!((done.stage, done.due(), done.done.len()), (Stage::CarriedOut, None, 1));
    assert_eq!(code(step(&home, request.id, Taken::Withdrawn)), "request-ended");
    // It survives the end of the process, and says the same.
    drop(home);
    let home = Home::open(directory.path(), NOW).unwrap();
    assert_eq!(requests(&home), [done]);
    let (_, asks) = home.vault.show_request(home.act(authorized::HandleRequests), request.id).unwrap();
    assert_eq!(asks.email.unwrap().expose(), MAIL);
    let steps: Vec<String> = home
        .ledger_text()
        .split("\"event\":\"subject-request\"")
        .skip(1)
        .map(|rest| rest.split("\"step\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
        .collect();
    let all = ["received", "acknowledged", "identified", "extended", "previewed", "carried-out", "shown"];
    assert_eq!(steps, all);
    assert!(!home.ledger_text().contains("zettelmann") && !kept(directory.path()).contains("zettelmann"));
    home.verify_ledger();
}

#[test]
fn a_request_that_cannot_be_is_not_opened_and_its_days_are_those_of_its_law() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let open =
        |asked: Asked, who: &Query| home.vault.open_request(home.act(authorized::HandleRequests), asked, who);
    let on = |day: &str| Asked { received: day.parse().unwrap(), ..asked(Right::Access, Law::Ccpa) };
    assert_eq!(code(open(on("2026-03-01"), &Query::default())), "empty-query");
    assert_eq!(code(open(on("2026-03-04"), &who())), "said-day");
    assert_eq!(code(open(on("2025-02-28"), &who())), "said-day");
    let unknown = Asked { sellers: vec!["NOBODY".parse().unwrap()], ..on("2026-03-01") };
    assert_eq!(code(open(unknown, &who())), "unknown-seller");
    assert!(requests(&home).is_empty() && SELLERS_MAX >= 1);
    // Said late: the ten business days are over, the 45 are not.
    let late = open(on("2026-02-02"), &who()).unwrap();
    assert!(late.is_overdue(home.now()));
    let told = step(&home, late.id, Taken::Acknowledged).unwrap();
    assert!(!told.is_overdue(home.now()) && told.due().unwrap().to_string() == "2026-03-19");
    let refused = step(&home, late.id, Taken::Refused(Refusal::IdentityNotProven)).unwrap();
    assert_eq!(refused.due(), None);
    // After the first period nobody takes more time.
    let gone = Asked { received: "2026-01-20".parse().unwrap(), ..asked(Right::Access, Law::Gdpr) };
    let gone = home.vault.open_request(home.act(authorized::HandleRequests), gone, &who()).unwrap();
    assert_eq!(code(step(&home, gone.id, Taken::Extended(Delay::Complex))), "request-no-more-time");
    assert_eq!(code(step(&home, RecordId([9; 16]), Taken::Withdrawn)), "not-found");
}

#[test]
fn a_step_that_cannot_be_written_was_not_taken() {
    for writes in 0..3 {
        let directory = tempfile::tempdir().unwrap();
        let home = home(directory.path());
        let request = open(&home, Right::Access);
        let events = home.events().len();
        home.writes_left(writes);
        let taken = step(&home, request.id, Taken::Identified(Proof::Account));
        home.heal();
        let stage = requests(&home)[0].stage;
        assert_eq!(taken.is_ok(), stage == Stage::Identified, "{writes}");
        assert_eq!(home.events().len() - events, usize::from(taken.is_ok()), "{writes}");
    }
}

#[test]
fn what_was_left_ends_so_many_months_after_its_last_step_and_opens_from_no_copy() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let (old, newer) = (open(&home, Right::Access), open(&home, Right::Restrict));
    let given = give(&home, Purpose::Fulfilment, &[1]);
    let before = home.back_up_store(&directory.path().join("before"));
    drop(home);
    // A step seals it anew in the month of that step.
    let home = Home::open(directory.path(), "2026-05-20T12:00:00Z").unwrap();
    step(&home, newer.id, Taken::Identified(Proof::Account)).unwrap();
    drop(home);
    let home = Home::open(directory.path(), "2029-03-31T12:00:00Z").unwrap();
    home.run_retention().unwrap();
    assert_eq!(requests(&home).len(), 2, "three years and the month of it are not over");
    drop(home);
    let home = Home::open(directory.path(), "2029-04-01T00:00:00Z").unwrap();
    home.run_retention().unwrap();
    let left: Vec<RecordId> = requests(&home).iter().map(|one| one.id).collect();
    assert_eq!(left, [newer.id]);
    assert_eq!(code(home.vault.request(&home.act(authorized::HandleRequests), old.id)), "not-found");
    assert!(home.vault.consents(&home.act(authorized::HandleRequests)).unwrap().is_empty());
    assert!(home.ledger_text().contains(r#""requests":[674]"#), "March of 2026");
    assert_eq!(home.keyring.request_keys().len(), 1);
    home.run_retention().unwrap();
    home.verify_ledger();
    drop(home);
    // The store of before under the keys of now: neither opens, also that one which was sealed anew since.
    let home = Home::open_store(directory.path(), "2029-04-01T00:00:00Z", &before);
    if let Ok(home) = home {
        assert!(requests(&home).is_empty());
        assert!(home.vault.consents(&home.act(authorized::HandleRequests)).unwrap().is_empty());
    }
    let _ = given;
}

fn given(home: &Home, purpose: Purpose, numbers: &[u32]) -> Given {
    Given {
        purpose,
        on: "2026-03-01".parse().unwrap(),
        how: Channel::WebForm,
        notice: "2026-01".parse().unwrap(),
        seller: seller(),
        records: numbers.iter().map(|number| record(home, *number)).collect(),
    }
}

fn give(home: &Home, purpose: Purpose, numbers: &[u32]) -> RecordId {
    let act = home.act(authorized::HandleRequests);
    home.vault.give_consent(act, given(home, purpose, numbers), &who()).unwrap().id
}

fn withdraw(home: &Home, consent: RecordId) -> Result<(), VaultError> {
    let said = ("2026-03-02".parse().unwrap(), Channel::Mail);
    home.vault.withdraw_consent(home.act(authorized::HandleRequests), consent, said).map(drop)
}

fn held(home: &Home, number: u32) -> Held {
    match home.resolve(&id(number)) {
        Resolved::Held(held) => held,
        _ => panic!("not held"),
    }
}

/// How opening for a purpose ends, whatever was allowed.
fn opened(home: &Home, held: &Held, purpose: Purpose) -> &'static str {
    let pairs = vec![(held.record, held.fields.iter().map(|field| field.instance).collect())];
    let opened = home.try_reveal(authorized::Reveal { purpose, pairs }, held).unwrap();
    opened.failed.first().map_or("opened", |failed| failed.error.code())
}

#[test]
fn what_rests_on_consent_is_opened_with_one_alone_and_a_withdrawal_takes_effect_at_once() {
    let directory = tempfile::tempdir().unwrap();
    rest_on_consent(directory.path(), &[Purpose::Fulfilment, Purpose::Invoice]);
    let home = home(directory.path());
    let check = |home: &Home, number: u32, fulfilment: &str, invoice: &str| {
        let held = held(home, number);
        let all = [Purpose::Fulfilment, Purpose::Invoice, Purpose::Tax, Purpose::SubjectRequest];
        let said = all.map(|purpose| opened(home, &held, purpose));
        assert_eq!(said, [fulfilment, invoice, "opened", "opened"], "{number}");
    };
    check(&home, 1, "no-consent", "no-consent");
    let first = give(&home, Purpose::Fulfilment, &[1, 2]);
    let second = give(&home, Purpose::Fulfilment, &[1]);
    assert_eq!(held(&home, 1).consented, [Purpose::Fulfilment]);
    check(&home, 1, "opened", "no-consent");
    check(&home, 2, "opened", "no-consent");
    check(&home, 3, "no-consent", "no-consent");
    // It was looked up while a consent lived, and is opened when none does any more.
    let looked_up = held(&home, 2);
    withdraw(&home, first).unwrap();
    assert_eq!(opened(&home, &looked_up, Purpose::Fulfilment), "no-consent");
    check(&home, 1, "opened", "no-consent");
    check(&home, 2, "no-consent", "no-consent");
    withdraw(&home, second).unwrap();
    check(&home, 1, "no-consent", "no-consent");
    assert_eq!(code(withdraw(&home, second)), "request-ended");
    let third = give(&home, Purpose::Invoice, &[3]);
    drop(home);
    rest_on_consent(directory.path(), &[Purpose::Invoice]);
    let home = Home::open(directory.path(), NOW).unwrap();
    check(&home, 3, "opened", "opened");
    check(&home, 2, "opened", "no-consent");
    withdraw(&home, third).unwrap();
    check(&home, 3, "opened", "no-consent");
    assert!(!home.ledger_text().contains("zettelmann") && !kept(directory.path()).contains("zettelmann"));
    home.verify_ledger();
}

#[test]
fn a_consent_covers_some_record_and_was_said_on_some_day() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let give = |given: Given| home.vault.give_consent(home.act(authorized::HandleRequests), given, &who());
    assert_eq!(code(give(given(&home, Purpose::Tax, &[]))), "not-found");
    let many = Given { records: vec![RecordId([1; 16]); 1001], ..given(&home, Purpose::Tax, &[]) };
    assert_eq!(code(give(many)), "too-many-records");
    let ahead = Given { on: "2026-03-04".parse().unwrap(), ..given(&home, Purpose::Tax, &[1]) };
    assert_eq!(code(give(ahead)), "said-day");
    assert_eq!(code(withdraw(&home, RecordId([9; 16]))), "not-found");
    assert!(home.vault.consents(&home.act(authorized::HandleRequests)).unwrap().is_empty());
}

/// A home goes on from a copy of before a withdrawal, with a copy of the ledger that tells of it.
#[test]
fn a_withdrawal_since_a_backup_is_done_again() {
    let directory = tempfile::tempdir().unwrap();
    rest_on_consent(directory.path(), &[Purpose::Fulfilment]);
    let home = home(directory.path());
    let (first, second) = (give(&home, Purpose::Fulfilment, &[1]), give(&home, Purpose::Fulfilment, &[2]));
    let before = home.back_up_store(&directory.path().join("before"));
    let size = home.events().len() as u64;
    withdraw(&home, first).unwrap();
    let since = Since::read(&*home.store, size, home.events().len() as u64).unwrap();
    drop(home);
    let home = Home::open_store(directory.path(), NOW, &before).unwrap();
    assert_eq!(opened(&home, &held(&home, 1), Purpose::Fulfilment), "opened");
    let id = RecordId([5; 16]);
    let restore =
        Restore { restore: id, backup: id, size, taken_up: None, known: Some(size + 1), keys_lost: false };
    for _ in 0..2 {
        home.vault.replay(&restore, &since, &home.context()).unwrap();
        assert_eq!(opened(&home, &held(&home, 1), Purpose::Fulfilment), "no-consent");
        assert_eq!(opened(&home, &held(&home, 2), Purpose::Fulfilment), "opened");
    }
    withdraw(&home, second).unwrap();
    let withdrawn = home.ledger_text().matches(r#""step":"withdrawn""#).count();
    assert_eq!(withdrawn, 2, "done again once, and the other");
}
