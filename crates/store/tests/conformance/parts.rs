//! Buckets, parts, terms, quarantine, sweeps.

use bailee_core::retention::Rule;
use bailee_core::{Day, PartNo};
use bailee_crypto::bucket::{Slot, Term};
use bailee_store::act::*;
use bailee_store::records::{BucketSummary, Store};

use super::home::*;

const DAY: i32 = 20_700;

fn hits(store: &dyn Store, day: i32, term: i64) -> Vec<i64> {
    store.hits(bucket(day), Term(term), 100).unwrap().into_iter().map(|no| no.0).collect()
}

fn set_state(bucket: BucketNo, from: BucketState, to: BucketState) -> Change {
    Change::SetBucketState { bucket, from, to }
}

fn destroying(bucket: BucketNo) -> Change {
    set_state(bucket, BucketState::Open, BucketState::Destroying)
}

fn destroyed(bucket: BucketNo) -> Change {
    set_state(bucket, BucketState::Destroying, BucketState::Destroyed)
}

fn counts(store: &dyn Store, bucket: BucketNo) -> (u64, u64) {
    let summaries = store.buckets().unwrap();
    let summary = summaries.iter().find(|summary| summary.bucket == bucket).unwrap();
    (summary.parts, summary.quarantined)
}

fn delete(no: i64, day: i32) -> Change {
    Change::DeletePart { bucket: bucket(day), record: RecordNo(no), part: PartNo(0) }
}

pub fn a_part_needs_an_open_bucket_and_a_record(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, DAY, &[]));
    // No such bucket; no such record.
    conflicts(store, [Change::PutPart(part(1, DAY + 1, &[]))]);
    conflicts(store, [Change::PutPart(part(2, DAY, &[]))]);
    commit(store, [destroying(bucket(DAY))]);
    conflicts(store, [Change::PutPart(PartRow { version: 2, ..part(1, DAY, &[]) })]);
    conflicts(store, [Change::OpenBucket(bucket(DAY))]);
}

pub fn a_part_is_replaced_with_its_terms(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, DAY, &[10, 11, 11]));
    let next =
        PartRow { version: 2, slot: Slot(77), envelope: vec![9; 5000], ..part(1, DAY, &[11, i64::MIN]) };
    commit(store, [Change::PutPart(next.clone())]);
    assert_eq!(store.part(bucket(DAY), RecordNo(1), PartNo(0)).unwrap(), Some(without_terms(&next)));
    assert_eq!([10, 11, i64::MIN].map(|term| hits(store, DAY, term)), [vec![], vec![1], vec![1]]);
    assert_eq!(counts(store, bucket(DAY)), (1, 0));
    // The slot that it left is free, the one that it took is not.
    commit(
        store,
        [Change::PutRecord(record(2)), Change::PutPart(PartRow { slot: Slot(1), ..part(2, DAY, &[]) })],
    );
}

pub fn a_part_is_deleted_with_its_terms(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, DAY, &[10, 11]));
    commit(store, whole(2, DAY, &[11]));
    commit(store, [delete(1, DAY)]);
    assert_eq!(store.part(bucket(DAY), RecordNo(1), PartNo(0)).unwrap(), None);
    assert_eq!([10, 11].map(|term| hits(store, DAY, term)), [vec![], vec![2]]);
    conflicts(store, [delete(1, DAY)]);
    // The record stays as it is: its author says what it becomes.
    assert_eq!(store.record_by_no(RecordNo(1)).unwrap(), Some(record(1)));
}

pub fn a_slot_holds_one_part(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, DAY, &[]));
    conflicts(
        store,
        [Change::PutRecord(record(2)), Change::PutPart(PartRow { slot: Slot(1), ..part(2, DAY, &[]) })],
    );
    let second = PartRow { part: PartNo(1), ..part(1, DAY, &[]) };
    conflicts(store, [Change::PutPart(second.clone())]);
    commit(store, [Change::PutPart(PartRow { slot: Slot(2), ..second })]);
}

pub fn a_due_day_is_changed(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, DAY, &[3]));
    let set =
        |no, part| Change::SetDue { bucket: bucket(DAY), record: RecordNo(no), part, due: Day(DAY + 9) };
    commit(store, [set(1, PartNo(0))]);
    let row = PartRow { due: Day(DAY + 9), ..without_terms(&part(1, DAY, &[])) };
    assert_eq!(store.part(bucket(DAY), RecordNo(1), PartNo(0)).unwrap(), Some(row));
    conflicts(store, [set(1, PartNo(1))]);
    conflicts(store, [set(2, PartNo(0))]);
}

pub fn parts_are_paged_in_the_order_of_their_records(home: &mut dyn Home) {
    let store = home.store();
    let mut expected = Vec::new();
    for no in [5, 3, 9, 1] {
        let mut changes = whole(no, DAY, &[]);
        let second = PartRow { part: PartNo(1), slot: Slot(100 + no as u32), ..part(no, DAY, &[]) };
        changes.push(Change::PutPart(second));
        commit(store, changes);
        expected.extend([(no, 0), (no, 1)]);
    }
    commit(store, whole(4, DAY + 1, &[]));
    expected.sort_unstable();
    for limit in 1..=9 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.parts(bucket(DAY), after, limit).unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some((last.record, last.part));
            seen.extend(page.iter().map(|row| (row.record.0, row.part.0)));
        }
        assert_eq!(seen, expected);
    }
    assert_eq!(store.parts(bucket(DAY), None, 0).unwrap(), []);
}

pub fn slots_in_use_are_walked_in_their_order(home: &mut dyn Home) {
    let store = home.store();
    let at = |no: i64, slot: u32| PartRow { slot: Slot(slot), ..part(no, DAY, &[]) };
    let last = (1 << 24) - 1;
    for (no, slot) in [(1, 7), (2, last), (3, 0)] {
        commit(store, [Change::PutRecord(record(no)), Change::OpenBucket(bucket(DAY))]);
        commit(store, [Change::PutPart(at(no, slot))]);
    }
    commit(store, whole(4, DAY + 1, &[]));
    commit(store, whole(5, DAY - 1, &[]));
    let slots = |from, limit| {
        let found = store.slots(bucket(DAY), Slot(from), limit).unwrap();
        found.into_iter().map(|slot| slot.0).collect::<Vec<_>>()
    };
    assert_eq!(slots(0, 9), [0, 7, last]);
    assert_eq!((slots(0, 2), slots(8, 2), slots(last + 1, 2)), (vec![0, 7], vec![last], vec![]));
    commit(store, [delete(1, DAY)]);
    assert_eq!(slots(0, 9), [0, last]);
}

pub fn parts_that_are_due_later_than_their_bucket_are_found_alone(home: &mut dyn Home) {
    let store = home.store();
    for no in 1..=6 {
        let due = Day(DAY + i32::from(no % 3 == 0));
        let main = PartRow { due, ..part(no, DAY, &[]) };
        commit(
            store,
            [Change::OpenBucket(bucket(DAY)), Change::PutRecord(record(no)), Change::PutPart(main)],
        );
    }
    let of_item = PartRow { part: PartNo(1), slot: Slot(90), due: Day(DAY + 5), ..part(2, DAY, &[]) };
    commit(store, [Change::PutPart(of_item)]);
    // Another bucket's are its own.
    commit(store, whole(7, DAY + 1, &[]));
    let late = |after, limit| -> Vec<(i64, u16)> {
        let parts = store.late_parts(bucket(DAY), after, limit).unwrap();
        parts.iter().map(|row| (row.record.0, row.part.0)).collect()
    };
    assert_eq!(late(None, 10), [(2, 1), (3, 0), (6, 0)]);
    let of_record = store.parts_of(RecordNo(2)).unwrap();
    assert_eq!(of_record.iter().map(|row| row.part.0).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(late(Some((RecordNo(2), PartNo(1))), 1), [(3, 0)]);
    assert_eq!(store.late_parts(bucket(DAY + 1), None, 10).unwrap(), []);
    assert_eq!([DAY, DAY + 1, DAY + 2].map(|day| store.records_in(bucket(day)).unwrap()), [6, 1, 0]);
    // One that is no longer late, and one that becomes so.
    let set = |no, due| Change::SetDue { bucket: bucket(DAY), record: RecordNo(no), part: PartNo(0), due };
    commit(store, [set(3, Day(DAY)), set(1, Day(DAY + 2))]);
    assert_eq!(late(None, 10), [(1, 0), (2, 1), (6, 0)]);
    commit(store, [delete(6, DAY)]);
    assert_eq!((late(None, 10).len(), store.records_in(bucket(DAY)).unwrap()), (2, 5));
}

pub fn parts_of_no_ordinary_course_are_counted_by_bucket_and_rule(home: &mut dyn Home) {
    let store = home.store();
    let ruled = |no, day, exception| PartRow { exception, ..part(no, day, &[]) };
    for (no, rule) in [(1, None), (2, Some(Rule::R4)), (3, Some(Rule::R12)), (4, Some(Rule::R4))] {
        commit(
            store,
            [
                Change::OpenBucket(bucket(DAY)),
                Change::PutRecord(record(no)),
                Change::PutPart(ruled(no, DAY, rule)),
            ],
        );
    }
    assert_eq!(store.part(bucket(DAY), RecordNo(2), PartNo(0)).unwrap().unwrap().exception, Some(Rule::R4));
    let counted = |store: &dyn Store| store.exceptions().unwrap();
    assert_eq!(counted(store), [(bucket(DAY), Rule::R4, 2), (bucket(DAY), Rule::R12, 1)]);
    // Sealed again in its place, moved, and gone.
    commit(store, [Change::PutPart(PartRow { version: 2, slot: Slot(77), ..ruled(2, DAY, None) })]);
    commit(
        store,
        [
            Change::OpenBucket(bucket(DAY + 1)),
            delete(3, DAY),
            Change::PutPart(PartRow { version: 2, ..ruled(3, DAY + 1, Some(Rule::R12)) }),
        ],
    );
    assert_eq!(counted(store), [(bucket(DAY), Rule::R4, 1), (bucket(DAY + 1), Rule::R12, 1)]);
    commit(store, [delete(4, DAY), delete(3, DAY + 1)]);
    assert_eq!(counted(store), []);
}

pub fn a_record_is_hit_once_and_hits_have_a_limit(home: &mut dyn Home) {
    let store = home.store();
    for no in 1..=4 {
        commit(store, whole(no, DAY, &[50]));
    }
    commit(store, [Change::PutPart(PartRow { part: PartNo(1), slot: Slot(90), ..part(2, DAY, &[50]) })]);
    assert_eq!(hits(store, DAY, 50), [1, 2, 3, 4]);
    assert_eq!(hits(store, DAY, 51), [0i64; 0]);
    assert_eq!(hits(store, DAY + 1, 50), [0i64; 0]);
    assert_eq!(store.hits(bucket(DAY), Term(50), 2).unwrap(), [RecordNo(1), RecordNo(2)]);
}

pub fn a_bucket_goes_from_open_to_destroyed_and_not_back(home: &mut dyn Home) {
    let store = home.store();
    let one = bucket(DAY);
    conflicts(store, [destroying(one)]);
    commit(store, [Change::OpenBucket(one)]);
    commit(store, [Change::OpenBucket(one)]);
    conflicts(store, [destroyed(one)]);
    conflicts(store, [set_state(one, BucketState::Open, BucketState::Destroyed)]);
    conflicts(store, [set_state(one, BucketState::Open, BucketState::Open)]);
    commit(store, [destroying(one)]);
    conflicts(store, [destroying(one)]);
    conflicts(store, [set_state(one, BucketState::Destroying, BucketState::Open)]);
    commit(store, [destroyed(one)]);
    conflicts(store, [set_state(one, BucketState::Destroyed, BucketState::Open)]);
    let gone = BucketSummary { bucket: one, state: BucketState::Destroyed, parts: 0, quarantined: 0 };
    assert_eq!(store.buckets().unwrap(), [gone]);
}

pub fn a_sweep_leaves_nothing_and_makes_tombstones(home: &mut dyn Home) {
    let store = home.store();
    for no in 1..=3 {
        commit(store, whole(no, DAY, &[50, no]));
    }
    commit(store, whole(4, DAY + 1, &[50]));
    // Record 2 has a part in a later bucket as well; its neighbours' slots are the next buckets' first and last.
    let elsewhere = PartRow { part: PartNo(1), slot: Slot(0), ..part(2, DAY + 1, &[]) };
    let before = PartRow { slot: Slot((1 << 24) - 1), ..part(5, DAY - 1, &[]) };
    commit(store, [Change::PutPart(elsewhere)]);
    commit(
        store,
        [Change::OpenBucket(bucket(DAY - 1)), Change::PutRecord(record(5)), Change::PutPart(before)],
    );
    commit(store, [destroying(bucket(DAY))]);
    commit(store, [destroyed(bucket(DAY)), Change::SweepBucket(bucket(DAY))]);
    assert_eq!(store.parts(bucket(DAY), None, 10).unwrap(), []);
    assert_eq!((hits(store, DAY, 50), hits(store, DAY, 1)), (vec![], vec![]));
    assert_eq!(counts(store, bucket(DAY)), (0, 0));
    let state = |no| store.record_by_no(RecordNo(no)).unwrap().unwrap().state;
    let live_or_gone = [1, 2, 3, 4, 5].map(|no| state(no) == RecordState::Live);
    assert_eq!(live_or_gone, [false, true, false, true, true]);
    // All but the state is as it was, so that facts still open.
    assert_eq!(
        store.record_by_no(RecordNo(1)).unwrap(),
        Some(RecordRow { state: RecordState::Gone, ..record(1) })
    );
    assert_eq!((counts(store, bucket(DAY + 1)), counts(store, bucket(DAY - 1))), ((2, 0), (1, 0)));
    assert_eq!(store.parts(bucket(DAY + 1), None, 10).unwrap().len(), 2);
    assert_eq!(store.parts(bucket(DAY - 1), None, 10).unwrap().len(), 1);
    assert_eq!(hits(store, DAY + 1, 50), [4]);
    // Who read a record before the sweep does not bring it back.
    conflicts(store, [Change::PutRecord(RecordRow { version: 2, ..record(1) })]);
}

pub fn a_sweep_in_steps_leaves_what_a_whole_one_does(home: &mut dyn Home) {
    let store = home.store();
    for no in 1..=5 {
        commit(store, whole(no, DAY, &[50, no]));
    }
    let elsewhere = PartRow { part: PartNo(1), slot: Slot(0), ..part(2, DAY + 1, &[]) };
    let second = PartRow { part: PartNo(1), slot: Slot(99), ..part(3, DAY, &[50]) };
    commit(store, [Change::OpenBucket(bucket(DAY + 1)), Change::PutPart(elsewhere), Change::PutPart(second)]);
    let some = || Change::SweepSome { bucket: bucket(DAY), rows: 2 };
    conflicts(store, [some()]);
    commit(store, [destroying(bucket(DAY))]);
    let mut steps = 0;
    while store.holds_rows(bucket(DAY)).unwrap() {
        commit(store, [some()]);
        steps += 1;
        assert!(steps < 30, "it comes to an end");
    }
    // Eleven terms, six envelopes and six parts, of which two belong to one record.
    assert!(steps >= 11, "{steps} steps");
    assert_eq!((hits(store, DAY, 50), store.parts(bucket(DAY), None, 10).unwrap()), (vec![], vec![]));
    let state = |no| store.record_by_no(RecordNo(no)).unwrap().unwrap().state == RecordState::Live;
    assert_eq!([1, 2, 3, 4, 5].map(state), [false, true, false, false, false]);
    assert_eq!((counts(store, bucket(DAY)), counts(store, bucket(DAY + 1))), ((0, 0), (1, 0)));
    commit(store, [destroyed(bucket(DAY)), Change::SweepBucket(bucket(DAY)), some()]);
    assert!(store.holds_rows(bucket(DAY + 1)).unwrap());
}

pub fn a_sweep_can_be_done_again_but_not_of_an_open_bucket(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, DAY, &[1]));
    conflicts(store, [Change::SweepBucket(bucket(DAY))]);
    commit(store, [destroying(bucket(DAY)), destroyed(bucket(DAY)), Change::SweepBucket(bucket(DAY))]);
    let once = picture(store);
    commit(store, [Change::SweepBucket(bucket(DAY))]);
    assert_eq!(picture(store), once);
}

pub fn a_sweep_takes_what_its_own_act_put(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, DAY, &[1]));
    let mut changes = whole(2, DAY, &[1]);
    changes.extend([destroying(bucket(DAY)), Change::SweepBucket(bucket(DAY))]);
    commit(store, changes);
    assert_eq!((hits(store, DAY, 1), counts(store, bucket(DAY))), (vec![], (0, 0)));
    assert_eq!(store.record_by_no(RecordNo(2)).unwrap().map(|row| row.state), Some(RecordState::Gone));
}

pub fn changes_apply_in_their_order(home: &mut dyn Home) {
    let store = home.store();
    // Put, replaced, deleted and put elsewhere in one act; a part may come before its record.
    let changes = [
        Change::OpenBucket(bucket(DAY)),
        Change::OpenBucket(bucket(DAY + 1)),
        Change::PutPart(part(1, DAY, &[1])),
        Change::PutRecord(record(1)),
        Change::PutPart(PartRow { version: 2, ..part(1, DAY, &[2]) }),
        Change::PutRecord(RecordRow { version: 2, ..record(1) }),
        delete(1, DAY),
        Change::PutPart(PartRow { version: 3, ..part(1, DAY + 1, &[3]) }),
    ];
    commit(store, changes);
    assert!([1, 2, 3].iter().all(|&term| hits(store, DAY, term).is_empty()));
    assert_eq!(hits(store, DAY + 1, 3), [1]);
    assert_eq!((counts(store, bucket(DAY)), counts(store, bucket(DAY + 1))), ((0, 0), (1, 0)));
    assert_eq!(store.record_by_no(RecordNo(1)).unwrap().map(|row| row.version), Some(2));
    // The other way round it does not hold.
    conflicts(store, [delete(1, DAY), Change::PutPart(part(1, DAY, &[]))]);
}

pub fn quarantine_pages_newest_first(home: &mut dyn Home) {
    let store = home.store();
    let other = SellerNo(2);
    commit(store, [SELLER, other].map(|seller| Change::OpenBucket(quarantine_bucket(seller, 20_800))));
    for no in [4, 1, 6, 3] {
        commit(store, [Change::PutQuarantine(quarantined(no, SELLER))]);
    }
    commit(store, [5, 2].map(|no| Change::PutQuarantine(quarantined(no, other))));
    let list = |seller, after: Option<i64>, limit| -> Vec<QuarantineRow> {
        store.quarantine(seller, after.map(id), limit).unwrap()
    };
    let rows = |numbers: &[i64]| -> Vec<QuarantineRow> {
        let seller = |no| if no == 5 || no == 2 { other } else { SELLER };
        numbers.iter().map(|&no| quarantined(no, seller(no))).collect()
    };
    assert_eq!(list(None, None, 10), rows(&[6, 5, 4, 3, 2, 1]));
    assert_eq!(list(None, Some(5), 2), rows(&[4, 3]));
    assert_eq!(list(Some(SELLER), None, 2), rows(&[6, 4]));
    assert_eq!(list(Some(SELLER), Some(4), 9), rows(&[3, 1]));
    assert_eq!(list(Some(other), Some(2), 9), rows(&[]));
    assert_eq!(store.quarantined(id(3)).unwrap(), Some(quarantined(3, SELLER)));
    assert_eq!(store.quarantined(id(7)).unwrap(), None);
}

pub fn quarantine_needs_an_open_bucket_and_an_item_that_is_there(home: &mut dyn Home) {
    let store = home.store();
    let held = quarantine_bucket(SELLER, 20_800);
    let item = quarantined(1, SELLER);
    conflicts(store, [Change::PutQuarantine(item.clone())]);
    commit(store, [Change::OpenBucket(held), Change::PutQuarantine(item.clone())]);
    conflicts(store, [Change::PutQuarantine(item.clone())]);
    conflicts(store, [Change::PutQuarantine(QuarantineRow { id: id(2), ..item.clone() })]);
    conflicts(store, [Change::DeleteQuarantine { bucket: held, id: id(2) }]);
    conflicts(store, [Change::DeleteQuarantine { bucket: bucket(DAY), id: id(1) }]);
    commit(store, [Change::DeleteQuarantine { bucket: held, id: id(1) }]);
    assert_eq!(store.quarantined(id(1)).unwrap(), None);
    commit(store, [Change::PutQuarantine(item)]);
    commit(store, [destroying(held)]);
    conflicts(store, [Change::PutQuarantine(quarantined(2, SELLER))]);
    commit(store, [destroyed(held), Change::SweepBucket(held)]);
    assert_eq!(store.quarantine(None, None, 10).unwrap(), []);
}

pub fn counts_follow_what_buckets_hold(home: &mut dyn Home) {
    let store = home.store();
    let held = quarantine_bucket(SELLER, 20_800);
    commit(store, (1..=6).flat_map(|no| whole(no, DAY + (no % 2) as i32, &[no])).collect::<Vec<_>>());
    commit(store, [Change::OpenBucket(held)]);
    commit(store, (1..=3).map(|no| Change::PutQuarantine(quarantined(no, SELLER))).collect::<Vec<_>>());
    commit(store, [delete(1, DAY + 1), Change::PutPart(PartRow { version: 2, ..part(2, DAY, &[2]) })]);
    commit(store, [Change::DeleteQuarantine { bucket: held, id: id(2) }]);
    let summary =
        |bucket, parts, quarantined| BucketSummary { bucket, state: BucketState::Open, parts, quarantined };
    let mut buckets = store.buckets().unwrap();
    buckets.sort_by_key(|summary| summary.bucket);
    assert_eq!(buckets, [summary(bucket(DAY), 3, 0), summary(bucket(DAY + 1), 2, 0), summary(held, 0, 2)]);
    for one in buckets {
        assert_eq!(store.parts(one.bucket, None, 100).unwrap().len() as u64, one.parts);
    }
}

pub fn what_is_said_of_a_bucket_is_so_when_it_is_written(home: &mut dyn Home) {
    let store = home.store();
    let one = bucket(DAY);
    let expect = |parts, quarantined| Change::ExpectHeld { bucket: one, parts, quarantined };
    conflicts(store, [expect(0, 0)]);
    commit(store, [Change::OpenBucket(one), expect(0, 0)]);
    commit(store, whole(1, DAY, &[50]));
    for (parts, quarantined) in [(0, 0), (2, 0), (1, 1)] {
        conflicts(store, [expect(parts, quarantined), destroying(one)]);
    }
    commit(store, [expect(1, 0), destroying(one)]);
}
