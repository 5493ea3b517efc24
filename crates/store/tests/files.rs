//! The file itself: who may read it, what is refused, what a damaged one says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests may fail loudly"
)]

#[allow(dead_code, unused_imports, unused_macros, reason = "the suite runs elsewhere; its rows serve here")]
mod conformance;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailee_core::{Environment, HomeId};
use bailee_ledger::log::{Append, Source};
use bailee_ledger::note::Signer;
use bailee_ledger::verify::verify;
use bailee_store::records::{Records, Registers, Store, StoreError};
use bailee_store::sqlite::Sqlite;
use bailee_store::sqlite::copy::{Copy, move_origin};
use conformance::home::*;
use tempfile::TempDir;

fn open(path: &Path) -> Result<Sqlite, StoreError> {
    Sqlite::open(path, signer(), Arc::new(Counting::default()))
}

/// A closed store with some rows and events.
fn closed_store() -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("store.db");
    let store = open(&path).unwrap();
    for no in 1..=30 {
        store.commit(told(whole(no, 20_700, &[no]), [event(no as u8)])).unwrap();
    }
    drop(store);
    (directory, path)
}

/// Changes the file as another program could.
fn change(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
#[cfg(unix)]
fn nobody_but_the_owner_may_read_any_of_its_files() {
    use std::os::unix::fs::PermissionsExt;

    let (directory, path) = closed_store();
    // A copy that somebody made readable is made private again.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let store = open(&path).unwrap();
    commit(&store, whole(31, 20_700, &[]));
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[test]
fn closing_leaves_one_file() {
    let (directory, _) = closed_store();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let (_directory, path) = closed_store();
    change(&path, "PRAGMA user_version = 99");
    assert_eq!(open(&path).err(), Some(StoreError::Newer { found: 99, known: 4 }));
    change(&path, "PRAGMA user_version = 4");
    assert!(open(&path).is_ok());
}

#[test]
fn what_is_no_store_is_refused() {
    let directory = TempDir::new().unwrap();
    let other = directory.path().join("other.db");
    change(&other, "CREATE TABLE notes (text)");
    assert_eq!(open(&other).err(), Some(StoreError::Unusable("not-a-store")));
    let text = directory.path().join("text.db");
    fs::write(&text, "no database at all, but long enough to have a header".repeat(50)).unwrap();
    assert_eq!(open(&text).err(), Some(StoreError::Damaged));
    assert_eq!(open(directory.path()).err(), Some(StoreError::Unusable("cannot-open")));
    assert_eq!(open(&directory.path().join("no/such.db")).err(), Some(StoreError::Unusable("cannot-open")));
}

#[test]
fn a_ledger_of_another_key_is_refused() {
    let (_directory, path) = closed_store();
    let other = Signer::new(HomeId([7; 16]), Environment::Test, &[8; 32]).unwrap();
    let opened = Sqlite::open(&path, other, Arc::new(Counting::default()));
    assert_eq!(opened.err(), Some(StoreError::Unusable("ledger-of-another-key")));
}

#[test]
fn a_tree_that_was_changed_is_refused() {
    for sql in [
        "UPDATE tile SET hashes = zeroblob(length(hashes))",
        "UPDATE head SET size = size - 1",
        "UPDATE head SET root = zeroblob(32)",
        "DELETE FROM tile",
        "UPDATE tile SET hashes = x'00'",
    ] {
        let (_directory, path) = closed_store();
        change(&path, sql);
        assert_eq!(open(&path).err(), Some(StoreError::Damaged), "{sql}");
    }
}

#[test]
fn a_damaged_file_says_so() {
    let (_directory, path) = closed_store();
    let whole_file = fs::read(&path).unwrap();
    let pages = whole_file.len() / 4096;
    let mut told = 0;
    for page in 0..pages {
        let mut bytes = whole_file.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        fs::write(&path, &bytes).unwrap();
        // Wherever the page is met, the answer is this and no other.
        let met = match open(&path) {
            Err(error) => Some(error),
            Ok(store) => read_everything(&store).err(),
        };
        assert!(met.is_none() || met == Some(StoreError::Damaged), "page {page}: {met:?}");
        told += usize::from(met.is_some());
    }
    assert!(told * 3 > pages * 2, "{told} of {pages}");
}

fn read_everything(store: &Sqlite) -> Result<(), StoreError> {
    for no in 1..=30 {
        store.record(SELLER, bailee_core::Kind::Order, &mac(no))?;
        store.record_by_id(id(no))?;
        store.hits(bucket(20_700), bailee_crypto::bucket::Term(no), 10)?;
        store.entries_of(request(no as u8))?;
        Source::entry(store, no as u64).map_err(|error| only_damaged(&error))?;
    }
    store.parts(bucket(20_700), None, 100)?;
    store.buckets()?;
    store.exceptions()?;
    store.entries("person")?;
    store.quarantine(None, None, 10)?;
    store.sellers().map(drop)
}

fn only_damaged(error: &bailee_ledger::log::SourceError) -> StoreError {
    assert_eq!(error.0, "damaged");
    StoreError::Damaged
}

#[test]
fn a_ledger_that_is_held_does_not_grow() {
    let (_directory, path) = closed_store();
    let store = open(&path).unwrap();
    let held = store.ledger().unwrap();
    store.append(&[event(1)]).unwrap();
    assert_eq!(verify(&held, &store.verifier_key(), &[]).unwrap().size, 30);
    assert_eq!(verify(&store, &store.verifier_key(), &[held.checkpoint().unwrap()]).unwrap().size, 31);
}

#[test]
fn what_waits_when_a_store_is_dropped_is_written() {
    let (_directory, path) = closed_store();
    let store = open(&path).unwrap();
    let sent: Vec<_> = (40..90).map(|no| store.submit(told(whole(no, 20_700, &[]), [event(1)]))).collect();
    drop(store);
    assert!(sent.into_iter().all(|pending| pending.wait().is_ok()));
    assert_eq!(open(&path).unwrap().buckets().unwrap()[0].parts, 80);
}

#[test]
fn a_snapshot_is_the_whole_store_as_of_one_moment_and_private() {
    use std::os::unix::fs::PermissionsExt;

    let (directory, path) = closed_store();
    let store = open(&path).unwrap();
    commit(&store, whole(31, 20_700, &[31]));
    let copy = directory.path().join("copy.db");
    store.snapshot(&copy).unwrap();
    let size = store.checkpoint().unwrap();
    commit(&store, whole(32, 20_700, &[32]));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(store.snapshot(&copy).is_err(), "it is neither missing nor empty");
    let found = Copy::open(&copy).unwrap();
    found.check().unwrap();
    assert_eq!(found.origin().unwrap(), signer().origin());
    let ledger = found.ledger().unwrap();
    assert_eq!(ledger.checkpoint().unwrap(), size);
    verify(&ledger, &signer().verifier_key(), &[]).unwrap();
    drop(ledger);
    let copied = open(&copy).unwrap();
    assert!(copied.record_by_id(id(31)).unwrap().is_some());
    assert!(copied.record_by_id(id(32)).unwrap().is_none());
}

#[test]
fn a_copy_goes_on_under_another_origin_and_no_other_key() {
    let (directory, path) = closed_store();
    let restored = || signer().restored(id(1));
    let other = || Signer::new(HomeId([8; 16]), Environment::Test, &[8; 32]).unwrap();
    assert!(move_origin(&path, &other(), &restored()).is_err());
    assert_eq!(move_origin(&path, &signer(), &restored()), Ok(30));
    let as_before = open(&path).map(drop);
    assert_eq!(as_before, Err(StoreError::Unusable("ledger-of-another-key")));
    assert_eq!(Copy::open(&path).unwrap().origin().unwrap(), restored().origin());
    let store = Sqlite::open(&path, restored(), Arc::new(Counting::default())).unwrap();
    commit(&store, whole(31, 20_700, &[]));
    verify(&store, &restored().verifier_key(), &[]).unwrap();
    drop(store);
    change(&path, "UPDATE head SET size = size - 1");
    assert!(move_origin(&path, &restored(), &signer()).is_err());
    let letter = directory.path().join("letter.txt");
    fs::write(&letter, "not ours").unwrap();
    assert!(Copy::open(&letter).is_err() && Copy::open(&directory.path().join("missing")).is_err());
}
