//! A home whose newer mirrors are lost: what it refuses by an older keyring, and what is left once it goes on with that.

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

use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bailee_core::Kind;
use bailee_crypto::keyring::KeyringError;
use bailee_intake::evidence::{self, Reader};
use bailee_ledger::authorized;
use bailee_vault::collect::Request;
use bailee_vault::quarantine::discard::Reason;
use bailee_vault::reveal::Resolved;
use bailee_vault::{Adopted, VaultError};
use common::{Home, seller, value};
use serde_json::json;

const NAME: &str = "Quirina Zettelmann";
/// The day of the copy; a day at which the first order has ended; one in the next month of facts.
const COPIED: &str = "2026-03-25T12:00:00Z";
const SINCE: &str = "2026-03-31T12:00:00Z";
const LAST: &str = "2026-04-02T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32, created: &str) -> String {
    json!({
        "orderId": id(number), "createdTime": created, "lastUpdatedTime": created,
        "buyer": {"buyerName": NAME}, "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    })
    .to_string()
}

fn broken(number: u32) -> String {
    format!(r#"{{"orderId":"{}","buyer":{{"buyerName":"{NAME}"}},"buyer":{{}}}}"#, id(number))
}

fn name(home: &Home, number: u32) -> Option<String> {
    match home.resolve(&id(number)) {
        Resolved::Held(held) => value(&home.reveal_held(&held), "buyer.buyerName").map(str::to_owned),
        _ => None,
    }
}

/// A home of which a life went on after its mirrors were copied, and to which the copies were put back.
struct Life {
    directory: tempfile::TempDir,
    /// The store from before.
    backup: PathBuf,
}

impl Life {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path(), "2026-03-02T12:00:00Z");
        home.collect(&order(1, "2026-03-01T10:00:00Z"));
        common::copy(&directory.path().join("keyring-a"), &directory.path().join("older"));
        let home = home.at(COPIED);
        home.collect(&order(2, "2026-03-25T10:00:00Z"));
        home.collect(&broken(8));
        home.collect(&broken(9));
        let mirrors: Vec<PathBuf> = home.keyring.mirrors().into_iter().map(|(path, _)| path).collect();
        for (at, mirror) in mirrors.iter().enumerate() {
            common::copy(mirror, &directory.path().join(format!("old-{at}")));
        }
        let backup = home.back_up_store(&directory.path().join("backup"));
        let home = home.at(SINCE);
        home.run_retention().unwrap();
        let items = home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 10).unwrap();
        let discard = authorized::DiscardQuarantine { seller: seller() };
        assert!(home.vault.discard_quarantined(home.act(discard), items[1].id, Reason::Unreadable).unwrap());
        home.collect(&order(3, "2026-03-31T10:00:00Z"));
        let home = home.at(LAST);
        home.collect(&order(4, "2026-04-02T10:00:00Z"));
        drop(home);
        for (at, mirror) in mirrors.iter().enumerate() {
            std::fs::remove_dir_all(mirror).unwrap();
            common::copy(&directory.path().join(format!("old-{at}")), mirror);
        }
        Self { directory, backup }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn open(&self) -> Home {
        Home::open(self.path(), LAST).unwrap()
    }

    /// What holds once it is adopted, however that came about.
    fn is_adopted(&self, home: &Home) {
        assert!(home.vault.keyring_behind().is_none());
        assert_eq!(home.keyring.anchor(), home.store.anchor().unwrap().unwrap());
        assert_eq!([1, 2, 3, 4].map(|number| name(home, number).is_some()), [false, true, false, false]);
        let steps = |step: &str| home.ledger_text().matches(&format!("\"step\":\"{step}\"")).count();
        assert_eq!((steps("intended"), steps("completed"), steps("dropped")), (1, 1, 0));
        // What was lost is taken in again, and new orders of the same days and month are.
        let again = [(3, "2026-03-31T10:00:00Z"), (4, "2026-04-02T10:00:00Z")];
        for (number, created) in again {
            let counts = home.collect(&order(number, created)).counts;
            assert_eq!((counts.updated, counts.past_retention), (1, 0), "{number}");
        }
        assert_eq!(home.collect(&order(5, "2026-04-02T10:00:00Z")).counts.collected, 1);
        assert_eq!([2, 3, 4, 5].map(|number| name(home, number)), [(); 4].map(|()| Some(NAME.to_owned())));
        for (number, created) in again {
            assert_eq!(home.collect(&order(number, created)).counts.unchanged, 1, "{number}");
        }
        assert_eq!(home.collect(&order(1, "2026-03-01T10:00:00Z")).counts.past_retention, 1);
        home.verify_ledger();
    }

    fn what_was_forgotten_opens_from_no_backup(&self) {
        let old = Home::open_store(self.path(), COPIED, &self.backup).unwrap();
        assert_eq!((name(&old, 1), name(&old, 2)), (None, Some(NAME.to_owned())));
        let items = old.vault.quarantine(old.act(authorized::ReadQuarantine), None, None, 10);
        assert_eq!(items.unwrap().len(), 1, "what was thrown away opens");
    }
}

#[test]
fn by_an_older_keyring_nothing_is_opened_or_sealed() {
    let life = Life::new();
    let home = life.open();
    let refused = [
        home.collect_with(&order(6, LAST), Request::default()).map(drop),
        home.run_retention().map(drop),
        home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 10).map(drop),
        home.vault.add_mirror(home.act(authorized::Administer), &life.path().join("c")),
        home.vault.tend_mirrors(home.now()).map(drop),
    ];
    for refused in refused {
        let VaultError::Keyring(error) = refused.unwrap_err() else { panic!("another error") };
        assert_eq!(error.code(), "keyring-older-than-anchor");
    }
    assert_eq!(name(&home, 2), None);
    let status = home.vault.keys_status(home.act(authorized::Administer)).unwrap();
    assert_eq!(status.older_than, home.store.anchor().unwrap().map(|anchor| anchor.revision));
    assert!(status.buckets == 0 && status.revision < status.older_than.unwrap());
}

#[test]
fn what_lives_opens_what_was_destroyed_does_not_and_what_was_lost_is_taken_in_again() {
    let life = Life::new();
    let home = life.open();
    let adopted = home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap();
    let expected = Adopted {
        buckets_removed: 1,
        slots_removed: 1,
        parts_lost: 2,
        facts_lost: 1,
        details_lost: 0,
        requests_lost: 0,
        asked_lost: 0,
        asked_open: 0,
        consents_lost: 0,
        restricted: 0,
    };
    assert_eq!(adopted, Some(expected));
    assert_eq!(home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap(), None);
    life.is_adopted(&home);
    drop(home);
    assert_eq!(name(&life.open(), 2), Some(NAME.to_owned()));
    life.what_was_forgotten_opens_from_no_backup();
}

#[test]
fn news_of_what_was_lost_changes_nothing_and_it_is_taken_in_again() {
    let life = Life::new();
    let home = life.open();
    home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap();
    let row = |number: u32| format!("{},delivered,2026-04-02T09:00:00Z\n", id(number));
    let feed = format!("reference,status,time\n{}{}", row(3), row(4));
    let reader = Reader::open(Box::new(Cursor::new(feed.into_bytes())), evidence::Request::default());
    let action = authorized::Collect { seller: seller(), kind: Kind::Order };
    let told = home.vault.hear(home.act(action), reader.unwrap(), None, &mut |_| ControlFlow::Continue(()));
    let told = told.unwrap();
    assert_eq!((told.read, told.past_retention), (2, 2));
    life.is_adopted(&home);
}

#[test]
fn killed_between_any_two_steps_it_is_ended_at_the_next_opening() {
    // Nothing written; the intent alone; all but the completion, which is the last write that matters.
    for writes in 0..2 {
        let life = Life::new();
        let home = life.open();
        home.writes_left(writes);
        home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap_err();
        drop(home);
        let home = life.open();
        assert_eq!(home.vault.keyring_behind().is_some(), writes == 0);
        home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap();
        life.is_adopted(&home);
        drop(home);
        life.what_was_forgotten_opens_from_no_backup();
    }
}

#[test]
fn while_a_mirror_is_away_it_stays_behind_and_goes_on_once_it_is_back() {
    let life = Life::new();
    let mirror = life.path().join("keyring-b");
    let away = life.path().join("away");
    let home = life.open();
    std::fs::rename(&mirror, &away).unwrap();
    std::fs::write(&mirror, "no directory").unwrap();
    home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap_err();
    drop(home);
    let home = life.open();
    assert!(home.vault.keyring_behind().is_some());
    assert_eq!(home.events().last().unwrap(), "system-error");
    drop(home);
    std::fs::remove_file(&mirror).unwrap();
    std::fs::rename(&away, &mirror).unwrap();
    life.is_adopted(&life.open());
    life.what_was_forgotten_opens_from_no_backup();
}

#[test]
fn adopted_and_not_completed_it_opens_only_once_every_mirror_is_back() {
    let life = Life::new();
    let [mirror, away] = ["keyring-b", "away"].map(|name| life.path().join(name));
    let home = life.open();
    home.writes_left(1);
    home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap_err();
    drop(home);
    std::fs::rename(&mirror, &away).unwrap();
    std::fs::write(&mirror, "no directory").unwrap();
    let refused = Home::open(life.path(), LAST).err().unwrap();
    assert!(matches!(refused, VaultError::Keyring(KeyringError::Mirror { .. })), "{refused}");
    std::fs::remove_file(&mirror).unwrap();
    std::fs::rename(&away, &mirror).unwrap();
    life.is_adopted(&life.open());
}

#[test]
fn another_old_copy_than_the_one_that_was_decided_about_is_not_adopted() {
    let life = Life::new();
    let [a, b] = ["keyring-a", "keyring-b"].map(|mirror| life.path().join(mirror));
    let home = life.open();
    std::fs::rename(&b, life.path().join("away")).unwrap();
    std::fs::write(&b, "no directory").unwrap();
    home.vault.adopt_keyring(home.act(authorized::Administer)).unwrap_err();
    drop(home);
    // Another old copy than the one that was decided about.
    std::fs::remove_file(&b).unwrap();
    for mirror in [&a, &b] {
        let _ = std::fs::remove_dir_all(mirror);
        common::copy(&life.path().join("older"), mirror);
    }
    let home = life.open();
    assert!(home.vault.keyring_behind().is_some());
    assert_eq!(home.ledger_text().matches("\"step\":\"dropped\"").count(), 1);
}
