//! A keyring older than its anchor: what it refuses, and what is left of it once it is adopted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proptest::prelude::*;

use super::disk::Fault;
use super::*;
use crate::keyring::segment::Segment;

/// Slots that are looked at, of each bucket.
const LOOKED_AT: u32 = 24;
const DAYS: Range<i32> = 100..103;

fn open_also_behind(disk: &Arc<MemoryDisk>, anchor: Anchor) -> Keyring {
    let unanchored = Unanchored::look_on(disk.clone(), provider(), binding(), &paths()).unwrap();
    unanchored.open_also_behind(Some(anchor)).unwrap().0
}

/// Puts both mirrors back to what they were.
fn put_back(disk: &Arc<MemoryDisk>, old: &Arc<MemoryDisk>) {
    disk.bring_back(A, old);
    disk.bring_back(B, old);
}

/// What a store names of a keyring.
#[derive(Clone, Default)]
struct Rows {
    used: BTreeMap<i32, BTreeSet<u32>>,
    ended: BTreeSet<i32>,
    facts: BTreeSet<i32>,
}

impl Rows {
    fn kept(&self) -> Kept {
        let runs = |slots: &BTreeSet<u32>| {
            let mut runs: Vec<Range<u32>> = Vec::new();
            for slot in slots {
                match runs.last_mut() {
                    Some(run) if run.end == *slot => run.end += 1,
                    _ => runs.push(*slot..slot + 1),
                }
            }
            runs
        };
        Kept {
            buckets: self.used.iter().map(|(day, slots)| (bucket(*day), runs(slots))).collect(),
            gone: self.ended.iter().map(|day| bucket(*day)).collect(),
            facts: self.facts.iter().map(|month| (seller(), Month(*month))).collect(),
            ..Kept::default()
        }
    }
}

fn leaf(keyring: &Keyring, day: i32, slot: u32) -> Option<[u8; 32]> {
    Some(*keyring.bucket(&bucket(day))?.leaf(Slot(slot)).ok()?.key().bytes())
}

#[test]
fn a_keyring_that_is_behind_gives_its_lasting_half_and_nothing_else() {
    let disk = MemoryDisk::new();
    let (entropy, keyring) = (Fixed::new(2), create(&disk, 1));
    keyring.reserve(&bucket(100), 1, &entropy).unwrap();
    keyring.ensure_facts(&seller(), Month(600), &entropy).unwrap();
    keyring.ensure_detail(Month(600), &entropy).unwrap();
    keyring.ensure_request(Month(600), &entropy).unwrap();
    let old = disk.copy();
    keyring.destroy(&puncture(100, &[3]), &entropy).unwrap();
    let anchor = keyring.anchor();
    put_back(&disk, &old);
    let seed = keyring.lasting().ledger_seed();
    let behind = open_also_behind(&disk, anchor);
    assert_eq!(behind.behind(), Some(Behind { revision: anchor.revision - 1, anchor }));
    assert_eq!(behind.lasting().ledger_seed(), seed);
    assert!(view(&behind).is_empty() && behind.facts(&seller(), Month(600)).is_none());
    let months = vec![Month(600), Month(601)];
    let kept = Kept { details: months, requests: vec![Month(602)], ..Kept::default() };
    let weighed = behind.weigh(&kept).unwrap();
    assert_eq!((weighed.buckets, weighed.facts, weighed.details, weighed.lost_details), (1, 1, 0, 1));
    assert_eq!((weighed.requests, weighed.lost_requests), (1, 1));
    let refused = [
        behind.reserve(&bucket(100), 1, &entropy).err(),
        behind.ensure_facts(&seller(), Month(600), &entropy).err(),
        behind.ensure_detail(Month(600), &entropy).err(),
        behind.ensure_request(Month(600), &entropy).err(),
        behind.destroy(&puncture(100, &[4]), &entropy).err(),
        behind.destroy(&Removals::default(), &entropy).err(),
        behind.check_mirrors(&entropy).err(),
        behind.tend(&entropy).1.err(),
        behind.add_mirror(Path::new("/c")).err(),
    ];
    assert!(refused.iter().all(|error| error.as_ref().unwrap().code() == "keyring-older-than-anchor"));
    // Nothing was written: the newer one can still be brought back.
    assert!(matches!(open(&disk, Some(anchor)), Err(KeyringError::Older { .. })));
}

#[test]
fn a_bucket_goes_on_far_above_what_the_lost_keyring_can_have_given() {
    let check = |given: u32, used: Range<u32>, from: u32| {
        let disk = MemoryDisk::new();
        let (entropy, keyring) = (Fixed::new(2), create(&disk, 1));
        keyring.reserve(&bucket(100), given, &entropy).unwrap();
        let given = keyring.buckets()[0].slots_given;
        let old = disk.copy();
        keyring.destroy(&puncture(100, &[0]), &entropy).unwrap();
        put_back(&disk, &old);
        let adopted = open_also_behind(&disk, keyring.anchor());
        let kept = Kept { buckets: vec![(bucket(100), vec![used.clone()])], ..Kept::default() };
        adopted.adopt(&kept, &entropy).unwrap();
        match adopted.reserve(&bucket(100), 1, &entropy) {
            // The first of those that are kept is never given.
            Ok(next) => assert_eq!(next.start, from + 1),
            Err(error) => assert!(from == SLOTS_MAX && error.code() == "bucket-full"),
        }
        let keys = adopted.bucket(&bucket(100)).unwrap();
        let above = used.end.max(given);
        for slot in [above, from - 1] {
            assert!(used.contains(&slot) || keys.leaf(Slot(slot)).is_err(), "{slot}");
        }
    };
    check(64, 1..5, 64 + (SLOTS_MAX - 64) / 2);
    check(64, 1..1001, 1001 + (SLOTS_MAX - 1001).div_ceil(2));
    check(64, 1..SLOTS_MAX - 1, SLOTS_MAX);
    check(64, 1..SLOTS_MAX, SLOTS_MAX);
}

#[test]
fn a_mirror_of_the_lost_keyring_that_turns_up_is_no_newer_one() {
    let disk = MemoryDisk::new();
    let (entropy, keyring) = (Fixed::new(2), create(&disk, 1));
    keyring.reserve(&bucket(100), 1, &entropy).unwrap();
    let old = disk.copy();
    keyring.destroy(&puncture(100, &[3]), &entropy).unwrap();
    let (anchor, anchored) = (keyring.anchor(), disk.copy());
    // Writes of acts that never arrived.
    keyring.reserve(&bucket(101), 1, &entropy).unwrap();
    let ahead = disk.copy();
    put_back(&disk, &old);
    let adopted = open_also_behind(&disk, anchor);
    let used: Range<u32> = 0..3;
    let kept = Kept { buckets: vec![(bucket(100), vec![used])], ..Kept::default() };
    let done = adopted.adopt(&kept, &entropy).unwrap();
    assert!(done.anchor.revision >= anchor.revision + ADOPTED_ABOVE && done.epoch > keyring.epoch().0);
    // The store was told of it, or was not yet.
    assert!(open(&disk, Some(anchor)).is_ok() && open(&disk, Some(done.anchor)).is_ok());
    let check = |turned_up: &Arc<MemoryDisk>, ends: Result<MirrorState, &str>| {
        let disk = disk.copy();
        disk.bring_back(B, turned_up);
        let opened = open(&disk, Some(done.anchor));
        match ends {
            Ok(was) => assert_eq!(opened.unwrap().1[0].was, was),
            Err(code) => assert_eq!(opened.err().unwrap().code(), code),
        }
    };
    check(&old, Ok(MirrorState::Behind));
    check(&anchored, Ok(MirrorState::Behind));
    check(&ahead, Err("keyring-fork"));
}

#[test]
fn killed_at_any_step_it_is_behind_or_adopted_and_can_be_done_again() {
    for at in 0.. {
        let disk = MemoryDisk::new();
        let (entropy, keyring) = (Fixed::new(2), create(&disk, 1));
        keyring.reserve(&bucket(100), 1, &entropy).unwrap();
        keyring.reserve(&bucket(101), 1, &entropy).unwrap();
        let keys: Vec<_> = (0..8).map(|slot| leaf(&keyring, 100, slot)).collect();
        let old = disk.copy();
        keyring.destroy(&puncture(100, &[3]), &entropy).unwrap();
        let gone = Removals { buckets: vec![bucket(101)], ..Removals::default() };
        keyring.destroy(&gone, &entropy).unwrap();
        let anchor = keyring.anchor();
        put_back(&disk, &old);
        let kept = Kept {
            buckets: vec![(bucket(100), vec![0..3, 4..6])],
            gone: vec![bucket(101)],
            ..Kept::default()
        };
        disk.arm(at, Fault::Killed);
        let _ = open_also_behind(&disk, anchor).adopt(&kept, &entropy);
        let struck = disk.struck();
        disk.restart(at % 2 == 0);
        let again = open_also_behind(&disk, anchor);
        again.adopt(&kept, &entropy).unwrap();
        let expected = keys.iter().enumerate().map(|(slot, key)| key.filter(|_| slot != 3 && slot < 6));
        let now: Vec<_> = (0..8).map(|slot| leaf(&again, 100, slot)).collect();
        assert_eq!(now, expected.collect::<Vec<_>>(), "killed at {at}");
        let made = again.reserve(&bucket(101), 1, &entropy);
        assert!(matches!(made, Err(KeyringError::BucketGone)), "killed at {at}");
        assert!(again.mirrors().iter().all(|(_, state)| *state == MirrorState::Current));
        if !struck {
            return;
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Seal(i32),
    Erase(i32, u32),
    End(i32),
    Facts(i32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => DAYS.prop_map(Step::Seal),
        2 => (DAYS, 0..LOOKED_AT).prop_map(|(day, slot)| Step::Erase(day, slot)),
        1 => DAYS.prop_map(Step::End),
        1 => (600..603).prop_map(Step::Facts),
    ]
}

/// A life of rows and keys beside each other.
#[derive(Default)]
struct Life {
    rows: Rows,
    next: BTreeMap<i32, u32>,
    keys: BTreeMap<(i32, u32), [u8; 32]>,
    erased: BTreeSet<(i32, u32)>,
}

impl Life {
    fn act(&mut self, keyring: &Keyring, step: &Step, entropy: &Fixed) {
        match step {
            Step::Seal(day) if !self.rows.ended.contains(day) => {
                let slot = self.next.entry(*day).or_default();
                if keyring.buckets().iter().all(|one| one.id != bucket(*day) || one.slots_given <= *slot) {
                    *slot = keyring.reserve(&bucket(*day), 1, entropy).unwrap().start;
                }
                self.keys.insert((*day, *slot), leaf(keyring, *day, *slot).unwrap());
                self.rows.used.entry(*day).or_default().insert(*slot);
                *slot += 1;
            }
            Step::Erase(day, slot) => {
                if self.rows.used.get_mut(day).is_some_and(|used| used.remove(slot)) {
                    keyring.destroy(&puncture(*day, &[*slot]), entropy).unwrap();
                    self.erased.insert((*day, *slot));
                }
            }
            Step::End(day) => {
                if let Some(used) = self.rows.used.remove(day) {
                    self.erased.extend(used.into_iter().map(|slot| (*day, slot)));
                    self.rows.ended.insert(*day);
                    let gone = Removals { buckets: vec![bucket(*day)], ..Removals::default() };
                    keyring.destroy(&gone, entropy).unwrap();
                }
            }
            Step::Facts(month) => {
                keyring.ensure_facts(&seller(), Month(*month), entropy).unwrap();
                self.rows.facts.insert(*month);
            }
            Step::Seal(_) => {}
        }
    }
}

/// Every file of an old copy, tried with every key that the adopted head names.
fn nothing_old_opens(old: &Arc<MemoryDisk>, before: &Keyring, after: &Keyring) {
    let (before, after) = (before.writer(), after.writer());
    for (id, was) in &before.head.segments {
        let file = before.segment(&**old, was).unwrap();
        for (other, now) in &after.head.segments {
            let tried = Segment { key: now.key.clone(), ..was.clone() };
            let stays = id == other && matches!(id, SegmentId::Facts(..));
            assert!(stays || Live::open(&binding(), id, &tried, &file).is_err());
        }
    }
    assert_ne!(before.head.wrapped, after.head.wrapped);
    assert_ne!(before.secret.bytes(), after.secret.bytes());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn after_adopting_exactly_what_is_in_use_opens(
        first in prop::collection::vec(step(), 1..30),
        since in prop::collection::vec(step(), 1..30),
        later in prop::collection::vec(DAYS, 0..6),
    ) {
        let disk = MemoryDisk::new();
        let (entropy, keyring) = (Fixed::new(1), create(&disk, 2));
        let mut life = Life::default();
        for step in &first {
            life.act(&keyring, step, &entropy);
        }
        let (old, before) = (disk.copy(), keyring.anchor());
        let known: BTreeSet<i32> = keyring.buckets().iter().map(|one| one.id.day.0).collect();
        let facts: BTreeSet<i32> = keyring.facts_keys().iter().map(|(_, month)| month.0).collect();
        for step in &since {
            life.act(&keyring, step, &entropy);
        }
        let anchor = keyring.anchor();
        prop_assume!(anchor != before);
        drop(keyring);
        put_back(&disk, &old);
        let adopted = open_also_behind(&disk, anchor);
        let kept = life.rows.kept();
        let weighed = adopted.weigh(&kept).unwrap();
        adopted.adopt(&kept, &entropy).unwrap();
        let lost = |day: &i32| !known.contains(day);
        let lost_slots = life.rows.used.iter().filter(|(day, _)| lost(day)).map(|(_, used)| used.len() as u64);
        assert_eq!(weighed.lost_slots, lost_slots.sum::<u64>());
        let lost_facts: BTreeSet<i32> = weighed.lost_facts.iter().map(|(_, month)| month.0).collect();
        assert_eq!(lost_facts, life.rows.facts.difference(&facts).copied().collect());
        for keyring in [&adopted, &open(&disk, Some(adopted.anchor())).unwrap().0] {
            for (day, slot) in DAYS.flat_map(|day| (0..LOOKED_AT).map(move |slot| (day, slot))) {
                let is_used = life.rows.used.get(&day).is_some_and(|used| used.contains(&slot));
                let expected = life.keys.get(&(day, slot)).filter(|_| is_used && !lost(&day)).copied();
                assert_eq!(leaf(keyring, day, slot), expected, "day {day}, slot {slot}");
            }
            for month in 600..603 {
                let lives = facts.contains(&month) && life.rows.facts.contains(&month);
                assert_eq!(keyring.facts(&seller(), Month(month)).is_some(), lives);
            }
        }
        let before = open(&old, Some(before)).unwrap().0;
        nothing_old_opens(&old, &before, &adopted);
        for day in later {
            match adopted.reserve(&bucket(day), 1, &entropy) {
                Ok(given) => {
                    let used = life.rows.used.get(&day);
                    let is_new = given.start > LOOKED_AT || used.is_none_or(BTreeSet::is_empty);
                    assert!(is_new && !life.rows.ended.contains(&day));
                }
                Err(error) => assert_eq!(error.code(), "bucket-gone"),
            }
        }
    }
}
