//! The writer when the disk is full or the database refuses: nothing half done, and it goes on by itself.

use std::sync::atomic::{AtomicU64, Ordering};

use bailee_core::{Entropy, Environment, HomeId, PrincipalId, RecordId, RequestId, SessionId, Timestamp};
use bailee_ledger::event::{Event, What};
use bailee_ledger::verify::verify;
use tempfile::TempDir;

use super::*;
use crate::act::RegisterRow;
use crate::sqlite::log::LedgerSource;
use crate::sqlite::reads;

#[derive(Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed) as u8);
    }
}

fn signer() -> Signer {
    Signer::new(HomeId([1; 16]), Environment::Test, &[2; 32]).unwrap()
}

/// An act that puts so many bytes, with an event.
fn act(no: u8, bytes: usize) -> Work {
    let event = Event {
        at: Timestamp::UNIX_EPOCH,
        principal: PrincipalId::System,
        request: RequestId([no; 16]),
        detail: None,
        what: What::LoggedOut { session: SessionId([no; 16]) },
    };
    let row = RegisterRow {
        register: "person".into(),
        id: RecordId([no; 16]),
        version: 1,
        sealed: vec![no; bytes],
    };
    let act = Act { name: "test", changes: vec![Change::PutRegister(row)], events: Vec::new() };
    let entries = event.entries(&Counting::default()).unwrap();
    Work::Act(Prepared { act, entries }, oneshot::channel().0)
}

/// What is committed: register entries, leaves of a ledger that verifies.
fn committed(writer: &Writer) -> (usize, u64) {
    let connection = connection::reader(&writer.path).unwrap();
    let entries = reads::entries(&connection, "person").unwrap().len();
    let source = LedgerSource::new(connection).unwrap();
    (entries, verify(&source, &signer().verifier_key(), &[]).unwrap().size)
}

fn writer(directory: &TempDir) -> Writer {
    Writer::open(directory.path().join("store.db"), signer(), Arc::new(crate::observe::Unobserved)).unwrap()
}

/// No more pages than there are, as on a disk without room, until the writer opens its database anew.
fn fill_the_disk(writer: &mut Writer) {
    let open = writer.reopen().unwrap();
    open.connection.query_row("PRAGMA max_page_count = 1", [], |_| Ok(())).unwrap();
    writer.open = Some(open);
}

#[test]
fn a_full_disk_refuses_the_group_whole_and_the_next_one_goes_on() {
    let directory = TempDir::new().unwrap();
    let mut writer = writer(&directory);
    assert!(writer.write(&[act(1, 100)]).is_ok());
    for size in [100_000, 5_000_000, 100_000_000] {
        // While it is full, again and again is no worse than once.
        for group in [vec![act(2, 100), act(3, size), act(4, 100)], vec![act(3, size)]] {
            fill_the_disk(&mut writer);
            let full = writer.write(&group).err();
            assert_eq!(full, Some(StoreError::DiskFull));
            assert!(StoreError::DiskFull.to_string().ends_with("then run it again"));
            assert_eq!(committed(&writer), (1, 1));
        }
    }
    assert!(writer.write(&[act(2, 100), act(3, 100_000)]).unwrap().iter().all(Result::is_ok));
    assert_eq!(committed(&writer), (3, 3));
}

#[test]
fn a_database_that_refuses_to_be_written_is_opened_anew() {
    let directory = TempDir::new().unwrap();
    let mut writer = writer(&directory);
    writer.open.as_ref().unwrap().connection.execute_batch("PRAGMA query_only = ON").unwrap();
    assert_eq!(writer.write(&[act(1, 1), act(2, 1)]).err(), Some(StoreError::Unusable("read-only")));
    assert_eq!(committed(&writer), (0, 0));
    assert!(writer.write(&[act(1, 1), act(2, 1)]).is_ok());
    assert_eq!(committed(&writer), (2, 2));
}

#[test]
fn a_ledger_that_another_process_wrote_is_continued() {
    let directory = TempDir::new().unwrap();
    let (mut one, mut other) = (writer(&directory), writer(&directory));
    for no in 0..10 {
        assert!(one.write(&[act(no * 2, 1)]).is_ok());
        assert!(other.write(&[act(no * 2 + 1, 1)]).is_ok());
    }
    assert_eq!(committed(&one), (20, 20));
}

#[test]
fn a_group_that_conflicts_throughout_writes_nothing() {
    let directory = TempDir::new().unwrap();
    let mut writer = writer(&directory);
    assert!(writer.write(&[act(1, 1)]).is_ok());
    for group in [vec![act(1, 1)], vec![act(1, 1), act(1, 1)]] {
        let outcomes = writer.write(&group).unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.as_ref().err() == Some(&StoreError::Conflict)));
        assert!(writer.open.is_some());
    }
    assert_eq!(committed(&writer), (1, 1));
}
