//! Many at once: order, isolation, snapshots, leases.

use std::sync::atomic::{AtomicBool, Ordering};

use bailee_core::Timestamp;
use bailee_ledger::event::Event;
use bailee_ledger::log::Source;
use bailee_store::act::*;
use bailee_store::records::{Pending, Registers, Store, StoreError};

use super::home::*;

const DAY: i32 = 20_700;

pub fn acts_sent_together_are_applied_in_order(home: &mut dyn Home) {
    let store = home.store();
    let next = |version| Change::PutRegister(register(1, version));
    let sent: Vec<Pending> =
        (1..=200).map(|version| store.submit(told([next(version)], [event(1)]))).collect();
    let indexes: Vec<u64> = sent.into_iter().map(|pending| pending.wait().unwrap().first).collect();
    assert_eq!(indexes, (0..200).collect::<Vec<u64>>());
    assert_eq!(store.entry_version(1), Some(200));
}

/// The version of a register's entry: how far its changes came.
trait EntryVersion {
    fn entry_version(&self, no: i64) -> Option<u32>;
}

impl EntryVersion for dyn Store + '_ {
    fn entry_version(&self, no: i64) -> Option<u32> {
        Registers::entry(self, "person", id(no)).unwrap().map(|row| row.version)
    }
}

pub fn a_conflict_undoes_its_own_act_alone(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(40, DAY, &[]));
    let sent: Vec<Pending> = (1..=38)
        .map(|no| {
            let mut changes = whole(no, DAY, &[7, no]);
            if no % 3 == 0 {
                // Holds until its last change.
                changes.push(Change::PutRecord(record(40)));
            }
            store.submit(told(changes, [event(no as u8)]))
        })
        .collect();
    let mut size = 0;
    for (no, pending) in (1..=38i64).zip(sent) {
        let answer = pending.wait();
        let holds = no % 3 != 0;
        match answer {
            Ok(appended) => {
                assert!(holds);
                assert_eq!((appended.first, appended.size), (size, size + 1));
                let entry = Source::entry(store, size).unwrap().unwrap();
                assert_eq!(Event::parse(&entry).unwrap(), event(no as u8));
                size += 1;
            }
            Err(error) => assert_eq!((holds, error), (false, StoreError::Conflict)),
        }
        assert_eq!(store.record_by_no(RecordNo(no)).unwrap().is_some(), holds);
        assert_eq!(store.entries_of(request(no as u8)).unwrap().len(), usize::from(holds));
    }
    assert_eq!(store.hits(bucket(DAY), bailee_crypto::bucket::Term(7), 100).unwrap().len(), size as usize);
    assert_eq!(store.buckets().unwrap()[0].parts, size + 1);
}

pub fn of_two_that_read_the_same_version_one_wins(home: &mut dyn Home) {
    let store = home.store();
    commit(store, [Change::PutRegister(register(1, 1))]);
    let won = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| store.commit(act([Change::PutRegister(register(1, 2))])).is_ok()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!((won, store.entry_version(1)), (1, Some(2)));
}

pub fn many_threads_lose_nothing(home: &mut dyn Home) {
    let store = home.store();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for step in 0..25 {
                    let no = 1 + thread * 25 + step;
                    store.commit(told(whole(no, DAY, &[no]), [event(no as u8)])).unwrap();
                    // What was answered can be read at once.
                    assert_eq!(store.record_by_no(RecordNo(no)).unwrap(), Some(record(no)));
                }
            });
        }
    });
    assert_eq!(store.buckets().unwrap()[0].parts, 100);
    let mut indexes: Vec<u64> = (1..=100).flat_map(|no| store.entries_of(request(no)).unwrap()).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (0..100).collect::<Vec<u64>>());
}

pub fn a_read_sees_whole_acts_only(home: &mut dyn Home) {
    let store = home.store();
    let macs: Vec<[u8; 16]> = (1..=10).map(mac).collect();
    let put = |version| -> Vec<Change> {
        (1..=10).map(|no| Change::PutRecord(RecordRow { version, ..record(no) })).collect()
    };
    commit(store, put(1));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let rows = store.records(SELLER, bailee_core::Kind::Order, &macs).unwrap();
                let versions: Vec<u32> = rows.into_iter().flatten().map(|row| row.version).collect();
                assert_eq!(versions.len(), 10);
                assert!(versions.iter().all(|version| *version == versions[0]), "{versions:?}");
                assert!(versions[0] >= last);
                last = versions[0];
            }
        });
        for version in 2..=60 {
            commit(store, put(version));
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub fn a_lease_has_one_holder_at_a_time(home: &mut dyn Home) {
    let store = home.store();
    let take =
        |job: &str, holder, now, until| store.take(job, id(holder), second(now), second(until)).unwrap();
    assert!(take("retention", 1, 0, 10));
    assert!(!take("retention", 2, 9, 20));
    assert!(take("baseline", 2, 9, 20));
    // Renewed by its holder, it lasts longer; at its end it is anybody's.
    assert!(take("retention", 1, 9, 30));
    assert!(!take("retention", 2, 29, 40));
    assert!(take("retention", 2, 30, 40));
    assert!(!take("retention", 1, 30, 50));
    home.reopen();
    assert!(!home.store().take("retention", id(1), second(39), second(50)).unwrap());
}

pub fn a_lease_is_given_back_by_its_holder_alone(home: &mut dyn Home) {
    let store = home.store();
    assert!(store.take("retention", id(1), second(0), second(10)).unwrap());
    store.give_back("retention", id(2)).unwrap();
    assert!(!store.take("retention", id(2), second(1), second(10)).unwrap());
    store.give_back("retention", id(1)).unwrap();
    store.give_back("retention", id(1)).unwrap();
    assert!(store.take("retention", id(2), second(1), second(10)).unwrap());
}

pub fn of_many_who_take_a_lease_one_gets_it(home: &mut dyn Home) {
    let store = home.store();
    let got = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=8)
            .map(|holder| scope.spawn(move || store.take("job", id(holder), second(0), second(9)).unwrap()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|got| *got).count()
    });
    assert_eq!(got, 1);
}
