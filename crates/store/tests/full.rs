//! No room for real: a child whose files may not grow past a limit (the system refuses the write, as a full disk does).
//! What was acknowledged is there, what was refused is not, not even by half, and with room it goes on.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    unreachable_pub,
    reason = "tests may fail loudly"
)]

#[allow(dead_code, unused_imports, unused_macros, reason = "the suite runs elsewhere; its rows serve here")]
mod conformance;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bailee_ledger::verify::verify;
use bailee_store::act::{Act, PartRow, RecordNo};
use bailee_store::records::{Pending, Records, Store};
use bailee_store::sqlite::Sqlite;
use conformance::home::*;

/// Names the store to a child.
const CHILD: &str = "BAILEE_STORE_WITHOUT_ROOM";
/// Acts that a child tries; a few fit.
const ACTS: i64 = 120;

fn open(path: &Path) -> Sqlite {
    Sqlite::open(path, signer(), Arc::new(Counting::default())).unwrap()
}

/// An act of some 20 kB.
fn large(no: i64) -> Act {
    let mut changes = whole(no, 20_700, &[no]);
    if let Some(bailee_store::act::Change::PutPart(row)) = changes.last_mut() {
        *row = PartRow { envelope: vec![no as u8; 20_000], ..row.clone() };
    }
    told(changes, [event(no as u8)])
}

/// A child's life: tries act after act and says what became of each. Where nobody made it a child, there is room, and
/// every act goes in: so whatever is refused under a limit is refused for want of room.
#[test]
fn acts_are_tried_three_together_and_go_in_where_there_is_room() {
    if let Some(path) = std::env::var_os(CHILD) {
        return try_acts(&open(Path::new(&path)), |no, answer| {
            std::io::stdout().write_all(format!("\nact {no} {answer}\n").as_bytes()).unwrap();
        });
    }
    let directory = tempfile::TempDir::new().unwrap();
    let store = open(&directory.path().join("store.db"));
    let mut answers = Vec::new();
    try_acts(&store, |no, answer| answers.push((no, answer)));
    assert_eq!(answers, (1..=ACTS).map(|no| (no, "done")).collect::<Vec<_>>());
    assert_eq!(verify(&store, &store.verifier_key(), &[]).unwrap().size, ACTS as u64);
    assert_eq!(store.buckets().unwrap()[0].parts as i64, ACTS);
}

/// Tries each act, three together, and tells what became of it.
fn try_acts(store: &Sqlite, mut told: impl FnMut(i64, &'static str)) {
    for first in (1..=ACTS).step_by(3) {
        let sent: Vec<(i64, Pending)> = (first..first + 3).map(|no| (no, store.submit(large(no)))).collect();
        for (no, pending) in sent {
            told(no, pending.wait().map_or_else(|error| error.code(), |_| "done"));
        }
    }
}

/// Runs the child under a limit of so many kilobytes a file; what it said of each act.
fn run_with_room_for(kilobytes: u32, path: &Path) -> Vec<(i64, String)> {
    // Ignored signals and limits are inherited: the write fails, and the process is not ended.
    let limited = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", kilobytes * 2);
    let output = Command::new("sh")
        .args(["-c", &limited])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "acts_are_tried_three_together_and_go_in_where_there_is_room", "--nocapture"])
        .env(CHILD, path)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let answers = said.lines().filter_map(|line| line.strip_prefix("act ")?.split_once(' '));
    answers.map(|(no, answer)| (no.parse().unwrap(), answer.to_owned())).collect()
}

#[test]
fn what_finds_no_room_is_refused_whole_and_goes_in_later() {
    for kilobytes in [300, 700, 1100, 1500] {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("store.db");
        let answers = run_with_room_for(kilobytes, &path);
        assert_eq!(answers.len() as i64, ACTS);
        let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer == "done");
        assert!(!done.is_empty() && !refused.is_empty(), "{kilobytes}: {} {}", done.len(), refused.len());
        assert!(refused.iter().all(|(_, code)| code == "input-output" || code == "disk-full"), "{refused:?}");
        let store = open(&path);
        assert_eq!(verify(&store, &store.verifier_key(), &[]).unwrap().size, done.len() as u64);
        assert!(done.iter().all(|(no, _)| store.record_by_no(RecordNo(*no)).unwrap() == Some(record(*no))));
        assert!(refused.iter().all(|(no, _)| store.record_by_no(RecordNo(*no)).unwrap().is_none()));
        assert_eq!(store.parts(bucket(20_700), None, 1000).unwrap().len(), done.len());
        // There is room again.
        assert!(refused.iter().all(|(no, _)| store.commit(large(*no)).is_ok()));
        assert_eq!(store.buckets().unwrap()[0].parts as i64, ACTS);
        assert_eq!(verify(&store, &store.verifier_key(), &[]).unwrap().size, ACTS as u64);
    }
}
