//! Random lives of a keyring, with faults, restarts and old copies put back.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::disk::Fault;
use super::*;

#[derive(Clone, Debug)]
enum Step {
    Reserve(i32),
    Facts(i32),
    Puncture(i32, Vec<u32>),
    End(i32),
    Reopen,
    OldCopy,
    LoseOne(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let day = 100..103;
    prop_oneof![
        3 => day.clone().prop_map(Step::Reserve),
        1 => (600..603).prop_map(Step::Facts),
        3 => (day.clone(), prop::collection::vec(0_u32..8, 1..4)).prop_map(|(day, slots)| Step::Puncture(day, slots)),
        1 => day.prop_map(Step::End),
        2 => Just(Step::Reopen),
        1 => Just(Step::OldCopy),
        1 => any::<bool>().prop_map(Step::LoseOne),
    ]
}

fn fault() -> impl Strategy<Value = Option<(usize, Fault, bool)>> {
    let kind =
        prop_oneof![Just(Fault::Killed), Just(Fault::Torn), Just(Fault::Fails), Just(Fault::DoneButFails)];
    prop::option::of((0_usize..24, kind, any::<bool>()))
}

/// What must hold whatever happens.
#[derive(Default)]
struct Promises {
    /// Slots handed out, none twice.
    given: BTreeMap<i32, u32>,
    /// Leaf keys as first seen.
    leaves: BTreeMap<(i32, u32), [u8; 32]>,
    facts: BTreeMap<i32, [u8; 32]>,
    /// Removals that returned.
    punctured: BTreeSet<(i32, u32)>,
    ended: BTreeSet<i32>,
    /// Removals that were begun, and may have happened.
    perhaps_punctured: BTreeSet<(i32, u32)>,
    perhaps_ended: BTreeSet<i32>,
}

impl Promises {
    fn hold(&mut self, keyring: &Keyring) {
        for (&day, &given) in &self.given {
            let Some(keys) = keyring.bucket(&bucket(day)) else {
                assert!(self.perhaps_ended.contains(&day), "a committed bucket is lost");
                continue;
            };
            assert!(!self.ended.contains(&day), "a destroyed bucket came back");
            let status = keyring.buckets().into_iter().find(|status| status.id == bucket(day)).unwrap();
            assert!(status.slots_given >= given, "the high-water mark went down");
            for slot in 0..8 {
                match keys.leaf(Slot(slot)) {
                    Err(_) => {
                        assert!(self.perhaps_punctured.contains(&(day, slot)), "a committed leaf is lost");
                    }
                    Ok(key) => {
                        assert!(!self.punctured.contains(&(day, slot)), "a punctured leaf came back");
                        let first = self.leaves.entry((day, slot)).or_insert(*key.key().bytes());
                        assert_eq!(first, key.key().bytes(), "a leaf's key changed");
                    }
                }
            }
        }
        for (&month, key) in &self.facts {
            assert_eq!(keyring.facts(&seller(), Month(month)).unwrap().key().bytes(), key);
        }
    }

    fn act(&mut self, keyring: &Keyring, step: &Step, entropy: &Fixed) {
        match step {
            Step::Reserve(day) => {
                if let Ok(given) = keyring.reserve(&bucket(*day), 1, entropy) {
                    assert!(!self.ended.contains(day));
                    let before = self.given.insert(*day, given.end).unwrap_or(0);
                    assert!(given.start >= before && given.start < given.end, "a slot was given twice");
                }
            }
            Step::Facts(month) => {
                if let Ok(key) = keyring.ensure_facts(&seller(), Month(*month), entropy) {
                    self.facts.insert(*month, *key.key().bytes());
                }
            }
            Step::Puncture(day, slots) => {
                self.perhaps_punctured.extend(slots.iter().map(|slot| (*day, *slot)));
                let live = keyring.bucket(&bucket(*day)).is_some();
                if keyring.destroy(&puncture(*day, slots), entropy).is_ok() && live {
                    self.punctured.extend(slots.iter().map(|slot| (*day, *slot)));
                }
            }
            Step::End(day) => {
                self.perhaps_ended.insert(*day);
                let removals = Removals { buckets: vec![bucket(*day)], ..Removals::default() };
                if keyring.destroy(&removals, entropy).is_ok() {
                    self.ended.insert(*day);
                }
            }
            Step::Reopen | Step::OldCopy | Step::LoseOne(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn nothing_committed_is_lost_and_nothing_destroyed_comes_back(
        steps in prop::collection::vec((step(), fault()), 1..40),
    ) {
        let disk = MemoryDisk::new();
        let entropy = Fixed::new(1);
        let mut keyring = create(&disk, 2);
        let mut promises = Promises::default();
        let mut old = disk.copy();
        for (step, fault) in steps {
            let anchor = keyring.anchor();
            if let Some((at, fault, _)) = fault {
                disk.arm(at, fault);
            }
            promises.act(&keyring, &step, &entropy);
            let killed = matches!(fault, Some((_, Fault::Killed | Fault::Torn, _))) && disk.struck();
            if killed {
                disk.restart(matches!(fault, Some((_, _, true))));
            } else {
                disk.disarm();
            }
            match step {
                Step::OldCopy => {
                    // One mirror becomes what it was a while ago; then the other may, another time.
                    let kept = disk.copy();
                    disk.bring_back(B, &old);
                    old = kept;
                    keyring = open(&disk, Some(anchor)).unwrap().0;
                }
                Step::LoseOne(first) => disk.lose(if first { A } else { B }),
                _ => {}
            }
            if killed || matches!(step, Step::Reopen | Step::LoseOne(_)) {
                keyring = open(&disk, Some(anchor)).unwrap().0;
            }
            promises.hold(&keyring);
        }
    }
}
