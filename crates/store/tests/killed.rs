//! Killed at any point, nothing acknowledged is lost, no half act exists, and the ledger verifies.
//!
//! This very test binary is run again as a child that writes in several lanes and prints each act that was
//! acknowledged, until it is killed (`SIGKILL`). The store that it leaves must be the one that the acts in its ledger
//! make, act by act: it is compared with a second store which was never killed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::allow_attributes,
    unreachable_pub,
    reason = "tests may fail loudly"
)]

#[allow(dead_code, unused_imports, unused_macros, reason = "the suite runs elsewhere; its rows serve here")]
mod conformance;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bailee_core::{PartNo, RequestId};
use bailee_crypto::bucket::{Slot, Term};
use bailee_ledger::event::Event;
use bailee_ledger::log::Source;
use bailee_ledger::verify::verify;
use bailee_store::act::*;
use bailee_store::records::{Records, Registers, Store, StoreError};
use bailee_store::sqlite::Sqlite;
use conformance::home::*;

/// Homes, each killed again and again.
const HOMES: u64 = 10;
/// How often each is killed.
const KILLS: u64 = 22;
/// Lanes of one child: each sends its acts in order.
const LANES: i64 = 3;
/// Acts that a lane sends before it waits for the first.
const AHEAD: usize = 4;
/// Acts after which a lane's bucket is destroyed.
const BLOCK: i64 = 40;
/// Most acts that a child sees acknowledged before it is killed.
const ACKNOWLEDGED_MAX: u64 = 16;
/// Names the store to a child.
const CHILD: &str = "BAILEE_STORE_TO_BE_KILLED";

/// The number of an act of a lane, and of the record that it makes.
fn number(lane: i64, act: i64) -> i64 {
    (lane + 1) * 1_000_000 + act
}

/// A lane's bucket, and the one into which some of its parts move.
fn days(lane: i64, act: i64) -> (i32, i32) {
    let day = 20_000 + (lane as i32) * 1000 + (act / BLOCK) as i32;
    (day, day + 500)
}

fn lane_part(no: i64, day: i32, version: u32, lane: i64) -> PartRow {
    let envelope = vec![version as u8; 200 + (no % 7) as usize * 300];
    PartRow { version, slot: Slot((no % 1_000_000) as u32), envelope, ..part(no, day, &[no, lane, no % 5]) }
}

/// The `act`th act of a lane, from 0. What it expects is what the acts before it left.
fn lane_act(lane: i64, act: i64) -> Act {
    let (day, later) = days(lane, act);
    let made = number(lane, act - act % 4);
    let changes = match act % 4 {
        0 => vec![
            Change::OpenBucket(bucket(day)),
            Change::PutRecord(record(made)),
            Change::PutPart(lane_part(made, day, 1, lane)),
        ],
        1 => vec![
            Change::PutRecord(RecordRow { version: 2, facts: vec![2; 500], ..record(made) }),
            Change::PutPart(lane_part(made, day, 2, lane)),
        ],
        2 if act % 8 == 2 => vec![
            Change::DeletePart { bucket: bucket(day), record: RecordNo(made), part: PartNo(0) },
            Change::OpenBucket(bucket(later)),
            Change::PutPart(lane_part(made, later, 3, lane)),
        ],
        3 if act % BLOCK == BLOCK - 1 => {
            let (open, destroying) = (BucketState::Open, BucketState::Destroying);
            let bucket = bucket(day);
            vec![Change::SetBucketState { bucket, from: open, to: destroying }, Change::SweepBucket(bucket)]
        }
        _ => vec![Change::PutRegister(register(number(lane, act), 1))],
    };
    let event = Event { request: RequestId(bytes16(number(lane, act))), ..event(1) };
    told(changes, [event])
}

fn open(path: &Path) -> Sqlite {
    Sqlite::open(path, signer(), Arc::new(Counting::default())).unwrap()
}

/// How many acts of each lane are in a ledger. In each lane they must follow each other without a gap.
fn acts_of(store: &Sqlite) -> Vec<i64> {
    let mut acts = vec![0; LANES as usize];
    let mut index = 0;
    while let Some(entry) = Source::entry(store, index).unwrap() {
        let request = Event::parse(&entry).unwrap().request;
        let number = i64::from_be_bytes(request.0[..8].try_into().unwrap());
        let (lane, act) = (number / 1_000_000 - 1, number % 1_000_000);
        assert_eq!(acts[lane as usize], act, "entry {index}");
        acts[lane as usize] += 1;
        assert_eq!(store.entries_of(request).unwrap(), [index]);
        index += 1;
    }
    acts
}

/// All that the lanes' acts can have left in a store.
fn rows(store: &Sqlite, acts: &[i64]) -> Vec<String> {
    let mut rows = vec![format!("{:?}", store.entries("person").unwrap())];
    for (lane, acts) in (0..).zip(acts) {
        // One further than the ledger says: there must be nothing.
        rows.extend(
            (0..acts + 4)
                .map(|act| format!("{:?}", store.record_by_no(RecordNo(number(lane, act))).unwrap())),
        );
    }
    for summary in store.buckets().unwrap() {
        let parts = store.parts(summary.bucket, None, 10_000).unwrap();
        assert_eq!(parts.len() as u64, summary.parts);
        rows.push(format!("{summary:?} {parts:?}"));
        rows.extend(
            (0..5).map(|term| format!("{:?}", store.hits(summary.bucket, Term(term), 10_000).unwrap())),
        );
        let own =
            |part: &PartRow| format!("{:?}", store.hits(summary.bucket, Term(part.record.0), 10).unwrap());
        rows.extend(parts.iter().map(own));
    }
    rows
}

/// A child's life: it writes until it is killed. Where nobody made it a child, the lanes write so many acts that every
/// kind of them is among them, and it is seen that what they leave is what the same acts leave one after the other:
/// without that, a killed store could not be compared with a whole one.
#[test]
fn lanes_write_side_by_side_what_their_acts_say() {
    if let Some(path) = std::env::var_os(CHILD) {
        return write_lanes(&open(Path::new(&path)), i64::MAX, &|lane, act| {
            // One write of one line: whole, or not there.
            std::io::stdout().write_all(format!("\nack {lane} {act}\n").as_bytes()).unwrap();
        });
    }
    let directory = tempfile::TempDir::new().unwrap();
    let store = open(&directory.path().join("side-by-side.db"));
    let acknowledged = AtomicI64::new(0);
    write_lanes(&store, BLOCK + 10, &|_, _| {
        acknowledged.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(acknowledged.into_inner(), (BLOCK + 10) * LANES);
    let acts = acts_of(&store);
    assert_eq!(acts, vec![BLOCK + 10; LANES as usize]);
    let other = open(&directory.path().join("one-by-one.db"));
    for (lane, acts) in (0..).zip(&acts) {
        for act in 0..*acts {
            other.commit(lane_act(lane, act)).unwrap();
        }
    }
    assert_eq!(rows(&store, &acts), rows(&other, &acts));
}

/// Goes on in each lane where the store ends, up to so many acts, and tells each that was acknowledged.
fn write_lanes(store: &Sqlite, acts: i64, told: &(impl Fn(i64, i64) + Sync)) {
    let begun = acts_of(store);
    std::thread::scope(|scope| {
        for (lane, first) in (0..).zip(begun) {
            scope.spawn(move || write_lane(store, lane, first..acts, told));
        }
    });
}

fn write_lane(store: &Sqlite, lane: i64, acts: std::ops::Range<i64>, told: &impl Fn(i64, i64)) {
    let mut sent = VecDeque::new();
    for act in acts {
        sent.push_back((act, store.submit(lane_act(lane, act))));
        if sent.len() >= AHEAD {
            let (act, pending) = sent.pop_front().unwrap();
            pending.wait().unwrap();
            told(lane, act);
            // An act that conflicts in the midst of others.
            if act % 10 == 7 {
                assert_eq!(store.commit(lane_act(lane, 0)), Err(StoreError::Conflict));
            }
        }
    }
    for (act, pending) in sent {
        pending.wait().unwrap();
        told(lane, act);
    }
}

fn spawn(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "lanes_write_side_by_side_what_their_acts_say",
            "--nocapture",
            "--test-threads",
            "1",
        ])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets a child write, kills it, and returns how many acts of each lane it saw acknowledged at the least.
fn write_and_kill(path: &Path, random: u64) -> Vec<i64> {
    let mut child = spawn(path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = vec![0; LANES as usize];
    let mut note = |line: String| {
        let Some(("", ack)) = line.split_once("ack ") else { return false };
        let (lane, act) = ack.split_once(' ').unwrap();
        let (lane, act): (usize, i64) = (lane.parse().unwrap(), act.parse().unwrap());
        acknowledged[lane] = acknowledged[lane].max(act + 1);
        true
    };
    // Some die while they open the store, most of them under load: then other acts are always on their way.
    let wanted = if random.is_multiple_of(8) { 0 } else { 1 + random / 8 % ACKNOWLEDGED_MAX };
    for _ in 0..wanted {
        while !note(lines.next().unwrap().unwrap()) {}
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        note(line);
    }
    acknowledged
}

/// A simple sequence of numbers: the same in each run.
fn next(random: u64) -> u64 {
    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

/// Kills one home's writers again and again; how many of its acts were acknowledged.
fn kill_again_and_again(home: u64) -> i64 {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("killed.db");
    let never_killed = open(&directory.path().join("whole.db"));
    let mut known = Vec::new();
    let mut whole = vec![0; LANES as usize];
    let mut random = next(home);
    for _ in 0..KILLS {
        random = next(random);
        let acknowledged = write_and_kill(&path, random >> 20);
        let store = open(&path);
        let verified = verify(&store, &store.verifier_key(), &known).unwrap();
        let acts = acts_of(&store);
        assert_eq!(acts.iter().sum::<i64>(), verified.size as i64);
        assert!(acts.iter().zip(&acknowledged).all(|(acts, acknowledged)| acts >= acknowledged));
        for (lane, (from, to)) in (0..).zip(whole.iter().zip(&acts)) {
            let sent: Vec<_> = (*from..*to).map(|act| never_killed.submit(lane_act(lane, act))).collect();
            for pending in sent {
                pending.wait().unwrap();
            }
        }
        assert_eq!(rows(&store, &acts), rows(&never_killed, &acts));
        known.push(store.checkpoint().unwrap());
        whole = acts;
    }
    whole.iter().sum()
}

#[test]
fn whoever_kills_the_writer_loses_nothing_that_was_acknowledged() {
    // Two at a time: they wait for the disk, not for each other.
    let half = |first: u64| (first..HOMES).step_by(2).map(kill_again_and_again).sum::<i64>();
    let acts = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        half(0) + other.join().unwrap()
    });
    // It was really under load.
    assert!(acts as u64 > HOMES * KILLS * 2, "{acts} acts");
}
