//! A hold archives before each record's day, extends nothing, makes nothing twice, and what it misses it says.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    reason = "tests may fail loudly"
)]

mod common;

use std::path::Path;

use bailee_core::archive::Plan;
use bailee_core::hold::{HOLDS_MAX, Hold, LiftReason};
use bailee_core::{FieldInstance, PartNo, Purpose, RecordId};
use bailee_crypto::archive::OfflineKey;
use bailee_crypto::envelope::{self, Place};
use bailee_crypto::lasting::Binding;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized;
use bailee_store::act::{Act, Change, RegisterRow};
use bailee_vault::VaultError;
use bailee_vault::archive::{Archive, How};
use bailee_vault::hold::Standing;
use bailee_vault::hold::keeping::Before;
use bailee_vault::reveal::Resolved;
use common::{Home, seller};

const NOW: &str = "2026-03-02T10:00:00Z";
const FIELD: &str = "buyer.buyerName";
/// The order of that day is closed from here on: 30 days after the 1st is the 31st, and two before that the 29th.
const CLOSED: &str = "2026-03-29T00:00:00Z";
/// The last day of looking ahead from which it is not yet in reach.
const EARLY: &str = "2026-03-21T23:59:59Z";
/// The first from which it is.
const AHEAD: &str = "2026-03-22T00:00:00Z";

fn order(number: u32, day: u32, name: &str) -> String {
    format!(
        r#"{{"orderId":"250-1234567-{number:07}","createdTime":"2026-03-{day:02}T10:00:00Z","lastUpdatedTime":"2026-03-{day:02}T11:00:00Z","buyer":{{"buyerName":"{name} {number}"}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}}}"#
    )
}

/// The same as a newer document has it, of which the day stays.
fn changed(number: u32, name: &str) -> String {
    format!(
        r#"{{"orderId":"250-1234567-{number:07}","createdTime":"2026-03-01T10:00:00Z","lastUpdatedTime":"2026-03-01T12:00:00Z","buyer":{{"buyerName":"{name} {number}"}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}}}"#
    )
}

fn reference(number: u32) -> String {
    format!("250-1234567-{number:07}")
}

/// A home with a key for 2036.
fn home(directory: &Path) -> Home {
    let home = Home::new(directory, NOW);
    let pem = OfflineKey::generate().unwrap().public.pem().unwrap();
    home.vault.add_archive_key(home.act(authorized::Administer), &pem, 2036).unwrap();
    home
}

fn plan(home: &Home, records: &[RecordId]) -> Plan {
    let key = home.vault.archive_key_of(2036).unwrap();
    Plan {
        seller: seller(),
        records: records.to_vec(),
        day: None,
        fields: vec![FIELD.to_owned()],
        purpose: Purpose::Invoice,
        statute: "DE-USTG-14b".parse().unwrap(),
        until: "2036-12-31".parse().unwrap(),
        key: key.id,
        fingerprint: key.fingerprint,
    }
}

/// Adds a hold as the face does: and archives at once what is due of it.
fn hold(home: &Home, id: u8, records: &[RecordId]) -> Hold {
    let plan = plan(home, records);
    let hold = home.vault.add_hold(home.act(authorized::Archive), RecordId([id; 16]), &plan, None).unwrap();
    home.vault.keep_held(&home.context(), home, &Before::Added(hold.id));
    hold
}

fn record(home: &Home, number: u32) -> RecordId {
    match home.resolve(&reference(number)) {
        Resolved::Held(held) => held.record,
        _ => panic!("{number} is held"),
    }
}

fn standing(home: &Home) -> Standing {
    home.vault.holds(&home.act(authorized::ReadRetention)).unwrap().remove(0)
}

fn archives(home: &Home) -> Vec<Archive> {
    home.vault.archives(&home.act(authorized::ReadRetention)).unwrap()
}

fn code(result: Result<impl Sized, VaultError>) -> &'static str {
    result.err().unwrap().code()
}

fn alarms(home: &Home) -> usize {
    home.ledger_text().matches("hold-missed\"").count()
        - home.ledger_text().matches("\"step\":\"hold-missed\"").count()
}

#[test]
fn a_hold_of_all_archives_within_seven_days_and_extends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&order(1, 1, "Quirina"));
    hold(&home, 1, &[]);
    assert!(archives(&home).is_empty(), "its day is far");
    let home = home.at(EARLY);
    assert_eq!(home.run_retention().unwrap().archived, 0);
    let home = home.at(AHEAD);
    let ran = home.run_retention().unwrap();
    assert_eq!((ran.archived, ran.held, ran.disposed), (1, 0, 0));
    let archive = archives(&home).remove(0);
    assert_eq!((archive.records, archive.values, archive.hold), (1, 1, Some(RecordId([1; 16]))));
    assert!(!home.reveal(&reference(1)).is_empty(), "it lives on until its day");
    let home = home.at(CLOSED);
    let ran = home.run_retention().unwrap();
    assert_eq!((ran.archived, ran.held, ran.disposed, ran.buckets_destroyed), (0, 1, 1, 1));
    assert_eq!(home.gone(&reference(1)).state, "disposed", "and not a day longer");
    assert_eq!((standing(&home).hold.missed, alarms(&home)), (0, 0));
    home.verify_ledger();
}

#[test]
fn the_same_run_twice_makes_nothing_and_a_change_is_archived_once_more() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&[order(1, 1, "Quirina"), order(2, 1, "Quirina")].join("\n"));
    hold(&home, 1, &[]);
    let home = home.at(AHEAD);
    assert_eq!(home.run_retention().unwrap().archived, 2);
    assert_eq!(home.run_retention().unwrap().archived, 0);
    assert_eq!(home.dispose_due().unwrap().archived, 0);
    home.collect(&changed(2, "Theodora"));
    assert_eq!(home.run_retention().unwrap().archived, 1, "what changed, and nothing else");
    assert_eq!(home.run_retention().unwrap().archived, 0);
    drop(home);
    let home = Home::open(directory.path(), AHEAD).unwrap();
    assert_eq!(home.run_retention().unwrap().archived, 0, "it is remembered");
    assert_eq!((archives(&home).len(), standing(&home).records), (2, 3));
    let home = home.at(CLOSED);
    assert_eq!(home.run_retention().unwrap().held, 2);
    assert_eq!(standing(&home).hold.missed, 0);
    assert!(!home.files_hold(b"Theodora"));
}

#[test]
fn what_is_named_is_archived_at_once_and_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&[order(1, 1, "Quirina"), order(2, 1, "Quirina")].join("\n"));
    let one = record(&home, 1);
    let first = hold(&home, 1, &[one]);
    assert_eq!(archives(&home).iter().map(|archive| archive.records).sum::<u32>(), 1);
    // The same once more is the same hold, under whatever name.
    assert_eq!(hold(&home, 2, &[one]).id, first.id);
    assert_eq!((archives(&home).len(), home.run_retention().unwrap().archived), (1, 0));
    let home = home.at(AHEAD);
    assert_eq!(home.run_retention().unwrap().archived, 0, "it did not change");
    home.collect(&changed(1, "Theodora"));
    assert_eq!(home.run_retention().unwrap().archived, 1);
    let home = home.at(CLOSED);
    let ran = home.run_retention().unwrap();
    assert_eq!((ran.disposed, ran.held), (2, 1));
}

#[test]
fn what_was_cut_off_between_the_hold_and_its_archive_is_made_by_the_next_run() {
    for writes in 0..4 {
        let directory = tempfile::tempdir().unwrap();
        let home = home(directory.path());
        home.collect(&order(1, 1, "Quirina"));
        let plan = plan(&home, &[record(&home, 1)]);
        home.writes_left(writes);
        let added = home.vault.add_hold(home.act(authorized::Archive), RecordId([1; 16]), &plan, None);
        home.vault.keep_held(&home.context(), &home, &Before::Added(RecordId([1; 16])));
        assert_eq!(added.is_ok(), writes > 0);
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        hold(&home, 1, &[record(&home, 1)]);
        home.run_retention().unwrap();
        assert_eq!(archives(&home).len(), 1, "{writes} writes");
        assert_eq!(home.run_retention().unwrap().archived, 0);
    }
}

#[test]
fn a_failed_archive_never_delays_disposal_and_is_an_alarm_once_a_day() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&order(1, 1, "Quirina"));
    hold(&home, 1, &[]);
    let key = plan(&home, &[]).key;
    home.vault.archive_key_destroyed(home.act(authorized::Administer), key, How::Lost, None).unwrap();
    let home = home.at(AHEAD);
    for _ in 0..2 {
        assert_eq!(home.run_retention().unwrap().archived, 0);
    }
    assert_eq!((alarms(&home), home.ledger_text().matches("\"step\":\"failed\"").count()), (1, 1));
    assert_eq!(standing(&home).hold.failed.unwrap().reason, "no-archive-key");
    assert_eq!(
        home.ledger_text().matches("\"event\":\"revealed\"").count(),
        0,
        "nothing is opened for no key"
    );
    // Another key of that year is not the one that two people approved.
    let other = OfflineKey::generate().unwrap().public.pem().unwrap();
    home.vault.add_archive_key(home.act(authorized::Administer), &other, 2036).unwrap();
    assert_eq!(home.run_retention().unwrap().archived, 0);
    let home = home.at(CLOSED);
    let ran = home.run_retention().unwrap();
    assert_eq!((ran.disposed, ran.buckets_destroyed, ran.held), (1, 1, 0));
    assert_eq!((standing(&home).hold.missed, alarms(&home)), (1, 2));
    assert_eq!(home.run_retention().unwrap().disposed, 0);
    assert_eq!(standing(&home).hold.missed, 1, "it is counted once");
}

#[test]
fn what_closed_while_nothing_ran_is_missed_and_what_closed_before_the_hold_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&[order(1, 1, "Quirina"), order(2, 2, "Quirina")].join("\n"));
    hold(&home, 1, &[]);
    let home = home.at("2026-03-30T10:00:00Z");
    hold(&home, 2, &[]);
    let ran = home.run_retention().unwrap();
    assert_eq!((ran.archived, ran.held, ran.disposed), (0, 0, 2));
    let all = home.vault.holds(&home.act(authorized::ReadRetention)).unwrap();
    assert_eq!(all.iter().map(|one| one.hold.missed).collect::<Vec<_>>(), [2], "and it is one hold");
    assert_eq!(home.ledger_text().matches("\"step\":\"hold-missed\"").count(), 2, "one for each day");
    assert_eq!(alarms(&home), 1);
    home.verify_ledger();
}

#[test]
fn a_hold_of_later_has_missed_nothing_of_what_was_closed() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&order(1, 1, "Quirina"));
    let home = home.at("2026-03-29T10:00:00Z");
    hold(&home, 1, &[]);
    let ran = home.run_retention().unwrap();
    assert_eq!((ran.disposed, ran.held), (1, 0));
    assert_eq!((standing(&home).hold.missed, alarms(&home)), (0, 0));
}

#[test]
fn what_may_not_be_opened_is_left_out_and_keeps_no_other_from_being_archived() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&[order(1, 1, "Quirina"), order(2, 1, "Quirina")].join("\n"));
    hold(&home, 1, &[]);
    let records = vec![(seller(), record(&home, 1))];
    home.vault.restrict(home.act(authorized::Restrict { records, lift: false })).unwrap();
    let home = home.at(AHEAD);
    assert_eq!(home.run_retention().unwrap().archived, 1);
    assert_eq!(archives(&home)[0].left_out, 1);
    let home = home.at(CLOSED);
    assert_eq!(home.run_retention().unwrap().disposed, 2);
    let hold = standing(&home).hold;
    assert_eq!((hold.missed, hold.left_out, alarms(&home)), (0, 1, 0));
}

#[test]
fn without_a_consent_where_the_purpose_rests_on_one_it_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    common::rest_on_consent(directory.path(), &[Purpose::Invoice]);
    let home = home(directory.path());
    home.collect(&order(1, 1, "Quirina"));
    hold(&home, 1, &[]);
    let home = home.at(AHEAD);
    assert_eq!(home.run_retention().unwrap().archived, 0);
    assert!(!home.events().contains(&"revealed".to_owned()));
    let home = home.at(CLOSED);
    home.run_retention().unwrap();
    let hold = standing(&home).hold;
    assert_eq!((hold.missed, hold.left_out), (0, 1));
}

#[test]
fn a_lifted_hold_archives_nothing_and_its_archives_are_overdue() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&[order(1, 1, "Quirina"), order(2, 1, "Quirina")].join("\n"));
    let [one, two] = [1, 2].map(|number| record(&home, number));
    let lifted = hold(&home, 1, &[one]);
    let other = hold(&home, 2, &[two]);
    let lift = |id| home.vault.lift_hold(home.act(authorized::Archive), id, LiftReason::Court, None);
    assert!(lift(lifted.id).is_ok());
    assert_eq!(code(lift(lifted.id)), "hold-ended");
    assert_eq!(code(lift(RecordId([9; 16]))), "not-found");
    let overdue = |home: &Home| {
        let all = archives(home);
        all.into_iter().map(|one| (one.hold.unwrap(), one.is_overdue(home.now()))).collect::<Vec<_>>()
    };
    let mut expected = vec![(lifted.id, true), (other.id, false)];
    expected.sort();
    let mut found = overdue(&home);
    found.sort();
    assert_eq!(found, expected);
    let id = archives(&home).into_iter().find(|one| one.hold == Some(lifted.id)).unwrap().id;
    home.vault.archive_destroyed(home.act(authorized::Administer), id, How::Erased, None).unwrap();
    assert!(overdue(&home).iter().all(|(_, is_overdue)| !is_overdue));
    let home = home.at(AHEAD);
    home.collect(&[changed(1, "Theodora"), changed(2, "Theodora")].join("\n"));
    assert_eq!(home.run_retention().unwrap().archived, 1, "under the other alone");
    let home = home.at(CLOSED);
    assert_eq!(home.run_retention().unwrap().held, 1);
}

#[test]
fn what_is_erased_is_archived_before_that_and_is_gone_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&[order(1, 1, "Quirina"), order(2, 1, "Quirina")].join("\n"));
    hold(&home, 1, &[]);
    let records = vec![(seller(), record(&home, 1))];
    home.vault.keep_held(&home.context(), &home, &Before::Erasure(&records));
    home.vault.erase(home.act(authorized::Erase { records })).unwrap();
    assert_eq!(archives(&home).iter().map(|one| one.records).sum::<u32>(), 1);
    assert_eq!(home.gone(&reference(1)).state, "erased");
    let home = home.at(CLOSED);
    home.run_retention().unwrap();
    assert_eq!(standing(&home).hold.missed, 1, "the other, which nothing archived");
}

#[test]
fn a_seller_that_ends_is_archived_before_it_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    home.collect(&[order(1, 1, "Quirina"), order(2, 2, "Quirina")].join("\n"));
    hold(&home, 1, &[]);
    assert_eq!(home.vault.keep_held(&home.context(), &home, &Before::End(&seller())), 2);
    let reason = bailee_core::retention::EndReason::AmazonNotice;
    home.vault.end_seller(home.act(authorized::Administer), &seller(), reason, None).unwrap();
    assert_eq!((archives(&home).len(), standing(&home).hold.missed), (1, 0));
    assert_eq!(code(home.vault.may_add_hold(&plan(&home, &[]), home.now()).map(drop)), "seller-ended");
}

#[test]
fn what_comes_in_during_the_day_and_closes_at_midnight_is_archived_within_the_hour() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    hold(&home, 1, &[]);
    let home = home.at("2026-03-28T08:10:00Z");
    assert_eq!(home.dispose_due().unwrap().archived, 0, "that of the day");
    home.collect(&order(1, 1, "Quirina"));
    assert_eq!(home.dispose_due().unwrap().archived, 0, "not at every look");
    let home = home.at("2026-03-28T09:00:00Z");
    assert_eq!(home.dispose_due().unwrap().archived, 1);
    let home = home.at(CLOSED);
    assert_eq!(home.dispose_due().unwrap().held, 1);
}

#[test]
fn a_home_remembers_so_many_holds_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path());
    let first = hold(&home, 0, &[]);
    // All but one of them in one act, sealed as the register is: each by itself would take minutes.
    let key = home.keyring.lasting().register_key("hold");
    let row = |number: usize| {
        let id = RecordId(u128::try_from(number).unwrap().to_be_bytes());
        let one = Hold { id, fields: vec![format!("field.{number}")], ..first.clone() };
        let (Binding { home: of, environment }, what) = (home.keyring.binding(), "register/hold");
        let place =
            Place { home: of, environment, what, seller: None, record: id, part: PartNo(0), version: 1 };
        let plain = serde_json::to_vec(&one).unwrap();
        let sealed = envelope::seal(&key, &place, &[(FieldInstance(0), &plain)], &SystemEntropy).unwrap();
        Change::PutRegister(RegisterRow { register: "hold".to_owned(), id, version: 1, sealed })
    };
    let changes = (1..HOLDS_MAX - 1).map(row).collect();
    home.store.commit(Act { name: "many", changes, events: Vec::new() }).unwrap();
    let add = |statute: &str, id: u8| {
        let plan = Plan { statute: statute.parse().unwrap(), ..plan(&home, &[]) };
        home.vault.add_hold(home.act(authorized::Archive), RecordId([id; 16]), &plan, None)
    };
    add("DE-AO-1", 0xfe).unwrap();
    assert_eq!(home.vault.holds(&home.act(authorized::ReadRetention)).unwrap().len(), HOLDS_MAX);
    assert_eq!(code(add("DE-AO-2", 0xff)), "too-many-holds");
    assert!(add("DE-AO-1", 0xff).is_ok(), "one that is there already");
}
