//! What a restore says and keeps of what was done since its backup: what was erased is erased, and what was corrected or moved is lost
//! and taken in again, where a copy of the ledger tells the one from the other.

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
use std::sync::Arc;

use bailee_core::retention::EndReason;
use bailee_core::{Kind, RecordId, Sensitive};
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized;
use bailee_ledger::event::Replayed;
use bailee_ledger::log::Source;
use bailee_ledger::note::Signer;
use bailee_store::records::Store;
use bailee_store::sqlite::copy::move_origin;
use bailee_vault::backup::replay::Restore;
use bailee_vault::backup::since::Since;
use bailee_vault::reveal::Resolved;
use bailee_vault::show::Shown;
use bailee_vault::{rectify, restrict};
use common::{Home, reference, seller, value};
use serde_json::json;

const BEGUN: &str = "2026-03-02T12:00:00Z";
const SINCE: &str = "2026-03-04T12:00:00Z";
const RESTORED: &str = "2026-03-05T12:00:00Z";
const NAME: &str = "buyer.buyerName";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32, status: &str, updated: &str) -> String {
    let order = json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": updated,
        "buyer": {"buyerName": format!("Quirina {number}")}, "fulfillment": {"fulfillmentStatus": status}
    });
    format!("{order}\n")
}

fn unshipped(number: u32) -> String {
    order(number, "UNSHIPPED", "2026-03-02T10:00:00Z")
}

fn record(home: &Home, number: u32) -> RecordId {
    home.vault.named(&seller(), None, &reference(&id(number))).unwrap()[0].record
}

fn correct(home: &Home, number: u32) {
    let action = authorized::Rectify { seller: seller(), record: record(home, number) };
    let value = Sensitive::new("Marlow Quist".to_owned());
    let done = home.vault.rectify(home.act(action), &NAME.parse().unwrap(), &value).unwrap();
    assert_eq!(done, rectify::Outcome::Rectified);
}

fn erase(home: &Home, number: u32) {
    let records = vec![(seller(), record(home, number))];
    home.vault.erase(home.act(authorized::Erase { records })).unwrap();
}

fn restrict(home: &Home, number: u32, lift: bool) -> restrict::Outcome {
    let records = vec![(seller(), record(home, number))];
    home.vault.restrict(home.act(authorized::Restrict { records, lift })).unwrap()[0].1
}

fn show(home: &Home, number: u32) -> Shown {
    let action = authorized::Show { seller: seller(), kind: Kind::Order };
    home.vault.show(home.act(action), &reference(&id(number))).unwrap().unwrap()
}

fn name(home: &Home, number: u32) -> Option<String> {
    value(&home.reveal(&id(number)), NAME).map(str::to_owned)
}

fn is_restricted(home: &Home, number: u32) -> bool {
    matches!(home.resolve(&id(number)), Resolved::Held(held) if held.restricted)
}

fn size(store: &dyn Store) -> u64 {
    Source::checkpoint(store).unwrap().lines().nth(1).unwrap().parse().unwrap()
}

/// A home with a backup, and what its ledger says after that.
struct Lost {
    directory: tempfile::TempDir,
    backup: PathBuf,
    backed_up: u64,
    ledger: Arc<dyn Store>,
}

impl Lost {
    /// `since` is done after the backup.
    fn new(at: &str, since: impl FnOnce(Home) -> Home) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path(), BEGUN);
        home.collect(&(1..4).map(unshipped).collect::<String>());
        let backup = home.back_up_store(&directory.path().join("backup"));
        let backed_up = size(&*home.store);
        let home = since(home.at(at));
        Self { directory, backup, backed_up, ledger: Arc::clone(&home.store) }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What the ledger tells, but for so many of its last entries.
    fn since(&self, missing: u64) -> Since {
        Since::read(&*self.ledger, self.backed_up, size(&*self.ledger) - missing).unwrap()
    }

    /// Goes on from the backup, as the program does.
    fn restore(&self, now: &str, since: &Since) -> (Home, Replayed) {
        let old = Home::open_store(self.path(), now, &self.backup).unwrap();
        let (binding, seed) = (old.keyring.binding(), **old.keyring.lasting().ledger_seed());
        drop(old);
        let restore = RecordId::random(&SystemEntropy);
        let from = Signer::new(binding.home, binding.environment, &seed).unwrap();
        let to = Signer::new(binding.home, binding.environment, &seed).unwrap().restored(restore);
        let size = move_origin(&self.backup, &from, &to).unwrap();
        let backup = RecordId([1; 16]);
        let restore = Restore { restore, backup, size, taken_up: None, known: None, keys_lost: false };
        let home = Home::open_store(self.path(), now, &self.backup).unwrap();
        restore.begin(&*home.store, home.keyring.anchor(), &home.context()).unwrap();
        drop(home);
        let home = Home::open_store(self.path(), now, &self.backup).unwrap();
        let replayed = home.vault.replay(&restore, since, &home.context()).unwrap();
        home.verify_ledger();
        (home, replayed)
    }
}

#[test]
fn what_was_rectified_since_is_lost_and_taken_in_again_and_what_was_erased_is_erased_on_its_day() {
    let lost = Lost::new(SINCE, |home| {
        correct(&home, 1);
        erase(&home, 2);
        home
    });
    let (home, replayed) = lost.restore(RESTORED, &lost.since(0));
    assert_eq!((replayed.parts, replayed.lost, replayed.rectified, replayed.erased), (0, 1, 1, 1));
    assert_eq!(name(&home, 3).as_deref(), Some("Quirina 3"));
    assert_eq!((home.gone(&id(1)).state, home.gone(&id(2)).state), ("lost", "erased"));
    assert_eq!(home.gone(&id(1)).reference, Some(reference(&id(1))));
    let shown = show(&home, 1);
    assert!(shown.state == "lost" && shown.retention.words.contains("once it is collected again"));
    // An erasure has the day on which it was done, and not that of the restore.
    assert_eq!(home.gone(&id(2)).when, common::time(SINCE));
    assert_eq!(home.vault.living_parts(home.now()).unwrap(), 1);
    let again = |number| home.collect(&unshipped(number)).counts;
    assert_eq!((again(1).updated, again(2).past_retention, again(3).unchanged), (1, 1, 1));
    assert_eq!(name(&home, 1).as_deref(), Some("Quirina 1"), "as Amazon has it");
    assert_eq!((again(1).unchanged, show(&home, 1).state), (1, "live"));
    assert_eq!(home.vault.living_parts(home.now()).unwrap(), 2);
}

#[test]
fn where_the_ledger_does_not_tell_of_every_removal_what_was_punctured_stays_gone_and_is_not_called_erased() {
    let life = |home: Home| {
        correct(&home, 1);
        home
    };
    for missing in [None, Some(1)] {
        let lost = Lost::new(SINCE, life);
        let since = missing.map_or_else(Since::default, |missing| lost.since(missing));
        let (home, replayed) = lost.restore(RESTORED, &since);
        assert_eq!((replayed.parts, replayed.lost), (1, 0), "{missing:?}");
        let shown = show(&home, 1);
        assert_eq!((home.gone(&id(1)).state, shown.state), ("disposed", "disposed"));
        assert!(!shown.retention.words.contains("somebody asked"), "{}", shown.retention.words);
        assert!(shown.retention.words.contains("only a copy of the ledger"), "{}", shown.retention.words);
        assert_eq!(home.collect(&unshipped(1)).counts.past_retention, 1);
        assert_eq!(home.gone(&id(1)).state, "disposed");
    }
}

#[test]
fn what_moved_to_an_earlier_day_since_is_lost_until_that_day_and_then_ended() {
    let life = |home: Home| {
        assert_eq!(home.collect(&order(1, "CANCELLED", "2026-03-04T10:00:00Z")).counts.updated, 1);
        home
    };
    let lost = Lost::new(SINCE, life);
    let (home, replayed) = lost.restore(RESTORED, &lost.since(0));
    assert_eq!((replayed.parts, replayed.lost, home.gone(&id(1)).state), (0, 1, "lost"));
    assert_eq!(home.collect(&order(1, "CANCELLED", "2026-03-04T10:00:00Z")).counts.updated, 1);
    assert_eq!(name(&home, 1).as_deref(), Some("Quirina 1"));
    // Once that day is over it has ended by that.
    let lost = Lost::new(SINCE, |home| {
        let home = life(home).at("2026-03-10T12:00:00Z");
        home.run_retention().unwrap();
        home
    });
    let (home, replayed) = lost.restore("2026-03-10T13:00:00Z", &lost.since(0));
    assert_eq!((replayed.parts, replayed.lost, replayed.disposed), (0, 0, 1), "{replayed:?}");
    assert_eq!((home.gone(&id(1)).state, home.gone(&id(1)).rule.as_str()), ("disposed", "R7"));
    assert_eq!(home.collect(&unshipped(1)).counts.past_retention, 1);
}

#[test]
fn what_moved_to_a_later_day_since_is_lost_where_its_first_bucket_is_gone() {
    // The bucket of the backup closes at the end of the month; what is unshipped then moves on before.
    let lost = Lost::new("2026-03-29T12:00:00Z", |home| {
        let later = order(1, "UNSHIPPED", "2026-03-29T10:00:00Z");
        let request = bailee_vault::collect::Request { as_of: Some(home.now()), ..Default::default() };
        assert_eq!(home.collect_with(&later, request).unwrap().0.counts.updated, 1);
        let home = home.at("2026-04-01T12:00:00Z");
        home.run_retention().unwrap();
        assert_eq!(name(&home, 1).as_deref(), Some("Quirina 1"));
        assert_eq!(home.gone(&id(2)).state, "disposed");
        home
    });
    let now = "2026-04-01T13:00:00Z";
    let (home, replayed) = lost.restore(now, &lost.since(0));
    assert_eq!((replayed.buckets, replayed.disposed, replayed.lost), (1, 2, 1), "{replayed:?}");
    assert_eq!((home.gone(&id(1)).state, home.gone(&id(2)).state), ("lost", "disposed"));
    let delivered = order(1, "SHIPPED", "2026-03-31T10:00:00Z");
    assert_eq!(home.collect(&order(2, "SHIPPED", "2026-03-31T10:00:00Z")).counts.past_retention, 1);
    let counts = home.collect(&delivered).counts;
    assert_eq!(counts.updated + counts.past_retention, 1);
    // Nothing of it lies anywhere once its day has come, and it is not called lost for ever.
    let home = home.at("2026-06-01T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(home.gone(&id(1)).state, "disposed");
}

#[test]
fn restrictions_of_what_the_backup_does_not_have_hold_once_it_is_collected_again() {
    let lost = Lost::new(SINCE, |home| {
        home.collect(&[4, 5, 6].map(unshipped).concat());
        for number in [1, 4, 5, 6] {
            assert_eq!(restrict(&home, number, false), restrict::Outcome::Restricted);
        }
        assert_eq!(restrict(&home, 5, true), restrict::Outcome::Lifted);
        home
    });
    let (home, replayed) = lost.restore(RESTORED, &lost.since(0));
    assert_eq!((replayed.restricted, replayed.not_here), (1, 2), "{replayed:?}");
    assert!(is_restricted(&home, 1));
    // Also after the home was opened once more.
    drop(home);
    let home = Home::open_store(lost.path(), RESTORED, &lost.backup).unwrap();
    assert_eq!(home.collect(&[4, 5, 6].map(unshipped).concat()).counts.collected, 3);
    assert_eq!([4, 5, 6].map(|number| is_restricted(&home, number)), [true, false, true]);
    assert_eq!(show(&home, 4).state, "restricted");
    // Lifted, it is over for good.
    assert_eq!(restrict(&home, 4, true), restrict::Outcome::Lifted);
    assert!(!is_restricted(&home, 4));
    drop(home);
    let home = Home::open_store(lost.path(), RESTORED, &lost.backup).unwrap();
    assert!(!is_restricted(&home, 4) && is_restricted(&home, 6));
}

#[test]
fn of_a_seller_that_ended_since_what_belongs_into_its_buckets_keeps_its_facts_alone() {
    let ended = |home: Home| {
        let end = authorized::Administer;
        home.vault.end_seller(home.act(end), &seller(), EndReason::AuthorisationEnded, None).unwrap();
        home
    };
    let lost = Lost::new(SINCE, |home| {
        home.collect(r#"{"orderId":"302-1111111-0000008","buyer":{},"buyer":{}}"#);
        ended(home)
    });
    // Nothing tells that it ended, but for the keyring: what it has destroyed is not made again, and the rest goes in.
    let (home, replayed) = lost.restore(SINCE, &Since::default());
    assert_eq!((replayed.buckets, replayed.ended), (1, 0), "{replayed:?}");
    let other = order(7, "CANCELLED", "2026-03-04T10:00:00Z");
    let counts = home.collect(&[unshipped(1), unshipped(4), other].concat()).counts;
    assert_eq!((counts.past_retention, counts.collected), (2, 1), "{counts:?}");
    assert_eq!(name(&home, 7).as_deref(), Some("Quirina 7"));
    assert_eq!(home.gone(&id(4)).state, "disposed");
    // What is flawed is kept to be looked at, in a bucket that may be made.
    let flawed = home.collect(r#"{"orderId":"302-1111111-0000009","buyer":{},"buyer":{}}"#);
    assert_eq!(flawed.counts.quarantined, 1);
    // With the ledger it has ended, on its day.
    let lost = Lost::new(SINCE, ended);
    let (home, replayed) = lost.restore(RESTORED, &lost.since(0));
    assert_eq!(replayed.ended, 1);
    let gone = home.gone(&id(1));
    assert_eq!((gone.state, gone.rule.as_str()), ("disposed", "R17"));
    let sellers = home.vault.sellers().unwrap();
    let end = sellers[0].end.as_ref().unwrap();
    assert_eq!(end.ended_at, common::time(SINCE), "the end of a seller has its own day");
}
