//! Mirrors under fire: every operation, broken at every step, in every way.

use super::disk::Fault;
use super::*;

type Act = fn(&Keyring) -> Result<(), KeyringError>;

/// Every kind of write. The same seed each time, so that a second try makes the same keys.
const ACTS: [(&str, Act); 6] = [
    ("a new bucket", |keyring| keyring.reserve(&bucket(110), 1, &Fixed::new(50)).map(drop)),
    ("a block of slots", |keyring| keyring.reserve(&bucket(100), 1, &Fixed::new(51)).map(drop)),
    ("a facts key", |keyring| keyring.ensure_facts(&seller(), Month(601), &Fixed::new(52)).map(drop)),
    ("a puncture", |keyring| keyring.destroy(&puncture(100, &[2, 5]), &Fixed::new(53)).map(drop)),
    ("a batch of removals", |keyring| keyring.destroy(&batch(), &Fixed::new(54)).map(drop)),
    ("a bucket's end", |keyring| {
        keyring
            .destroy(&Removals { buckets: vec![bucket(101)], ..Removals::default() }, &Fixed::new(55))
            .map(drop)
    }),
];

const REMOVALS: [&str; 3] = ["a puncture", "a batch of removals", "a bucket's end"];

fn batch() -> Removals {
    Removals {
        buckets: vec![bucket(101)],
        facts: vec![(seller(), Month(600))],
        ..puncture(100, &[0, 1, 2, 3, 7])
    }
}

/// A keyring with some life behind it.
fn lived() -> Arc<MemoryDisk> {
    let disk = MemoryDisk::new();
    let keyring = create(&disk, 1);
    let entropy = Fixed::new(2);
    keyring.reserve(&bucket(100), 1, &entropy).unwrap();
    keyring.reserve(&bucket(101), 1, &entropy).unwrap();
    keyring.ensure_facts(&seller(), Month(600), &entropy).unwrap();
    keyring.destroy(&puncture(100, &[4]), &entropy).unwrap();
    disk
}

/// The view that each mirror gives alone, the other being lost.
fn alone(disk: &Arc<MemoryDisk>, anchor: Anchor) -> [View; 2] {
    [A, B].map(|lost| {
        let disk = disk.copy();
        disk.lose(lost);
        let (keyring, repairs) = open(&disk, Some(anchor)).unwrap();
        assert_eq!(repairs, vec![Repair { mirror: lost.into(), was: MirrorState::Empty }]);
        assert!(keyring.mirrors().iter().all(|(_, state)| *state == MirrorState::Current));
        view(&keyring)
    })
}

/// No mirror has a file that the head does not name.
fn is_swept(disk: &Arc<MemoryDisk>, keyring: &Keyring) {
    let segments = keyring.writer().head.segments.len();
    for mirror in [A, B] {
        assert_eq!(disk.files(mirror).len(), segments + 2, "{:?}", disk.files(mirror).keys());
    }
}

#[test]
fn killed_at_any_step_the_state_is_the_one_before_or_the_one_after() {
    let base = lived();
    let (keyring, _) = open(&base, None).unwrap();
    let (before, anchor) = (view(&keyring), keyring.anchor());
    for (name, act) in ACTS {
        let whole = base.copy();
        let (keyring, _) = open(&whole, Some(anchor)).unwrap();
        act(&keyring).unwrap();
        let after = view(&keyring);
        assert_ne!(before, after, "{name}");
        for fault in [Fault::Killed, Fault::Torn] {
            for power_lost in [false, true] {
                let mut step = 0;
                while killed_at(&base, anchor, act, (step, fault), power_lost, &before, &after) {
                    step += 1;
                }
                assert!(step >= 6, "{name} took {step} steps only");
            }
        }
    }
}

/// Says whether there was such a step.
fn killed_at(
    base: &Arc<MemoryDisk>,
    anchor: Anchor,
    act: Act,
    (step, fault): (usize, Fault),
    power_lost: bool,
    before: &View,
    after: &View,
) -> bool {
    let disk = base.copy();
    let (keyring, _) = open(&disk, Some(anchor)).unwrap();
    disk.arm(step, fault);
    let result = act(&keyring);
    let struck = disk.struck();
    disk.restart(power_lost);
    let (again, _) = open(&disk, Some(if result.is_ok() { keyring.anchor() } else { anchor })).unwrap();
    let found = view(&again);
    assert!(
        found == *after || (result.is_err() && found == *before),
        "step {step}, {fault:?}, power lost: {power_lost}"
    );
    assert_eq!(alone(&disk, anchor), [found.clone(), found.clone()]);
    // Done again: an addition may have been made already, a removal is passed over.
    if found == *before {
        act(&again).unwrap();
        assert_eq!(view(&again), *after);
    } else {
        again.destroy(&Removals::default(), &Fixed::new(1)).unwrap();
    }
    is_swept(&disk, &again);
    struck
}

#[test]
fn a_failed_step_changes_nothing_and_the_next_try_mends_it() {
    let base = lived();
    for (name, act) in ACTS {
        for fault in [Fault::Fails, Fault::DoneButFails] {
            let mut step = 0;
            loop {
                let disk = base.copy();
                let (keyring, _) = open(&disk, None).unwrap();
                let before = view(&keyring);
                disk.arm(step, fault);
                let result = act(&keyring);
                let seen = view(&keyring);
                if !disk.struck() {
                    result.unwrap();
                    break;
                }
                assert!(result.is_err(), "{name} {fault:?} at {step}");
                // What is removed is gone for this process once every mirror has the head, even where reading back or
                // sweeping then fails; what is added is not there before its method returns.
                assert!(seen == before || REMOVALS.contains(&name), "{name} {fault:?} at {step}");
                disk.restart(false);
                // Another write first, over what the failed one left in some mirror.
                keyring.ensure_facts(&seller(), Month(700), &Fixed::new(70)).unwrap();
                if seen == before {
                    act(&keyring).unwrap();
                } else {
                    keyring.destroy(&Removals::default(), &Fixed::new(71)).unwrap();
                }
                is_swept_of_removed(&disk, &keyring);
                let expected = view(&keyring);
                assert_ne!(expected, before);
                assert_eq!(alone(&disk, keyring.anchor()), [expected.clone(), expected]);
                step += 1;
            }
            assert!(step >= 6);
        }
    }
}

/// After a removal nothing is left over; after an addition a segment that never came to be may wait for the next sweep.
fn is_swept_of_removed(disk: &Arc<MemoryDisk>, keyring: &Keyring) {
    keyring.destroy(&Removals::default(), &Fixed::new(72)).unwrap();
    is_swept(disk, keyring);
}

/// A head reaches the first mirror only; then the first falls away, writes are refused, and it comes back: no fork.
#[test]
fn a_write_that_reached_one_mirror_is_no_fork() {
    let disk = lived();
    // The head's writing alone fails in B: it reached A.
    let found = (0..).find(|step| {
        let disk = disk.copy();
        let (keyring, _) = open(&disk, None).unwrap();
        disk.arm(*step, Fault::Fails);
        let failed = keyring.reserve(&bucket(100), 1, &Fixed::new(4)).is_err();
        assert!(failed, "there is a step at which A has the new head and B has not");
        disk.restart(false);
        let split = disk.files(A).get(Path::new("/a/head")) != disk.files(B).get(Path::new("/b/head"));
        if split {
            disk.set_unreachable(A, true);
            assert!(keyring.reserve(&bucket(100), 1, &Fixed::new(5)).is_err());
            disk.set_unreachable(A, false);
            let given = keyring.reserve(&bucket(100), 1, &Fixed::new(5)).unwrap();
            let (again, repairs) = open(&disk, Some(keyring.anchor())).unwrap();
            assert!(repairs.is_empty());
            assert_eq!(again.buckets()[0].slots_given, given.end);
        }
        split
    });
    assert!(found.is_some());
}

/// A head reached both mirrors and was reported as failed. What the process does next fails once more, on the disk or
/// not at all, and then one mirror is put back from before that head, the other way round from its copy.
#[test]
fn a_failed_head_that_comes_back_with_an_old_copy_of_a_mirror_is_no_fork() {
    type Next = fn(&Keyring) -> bool;
    let nexts: [(&str, Next); 4] = [
        ("reserve", |keyring| keyring.reserve(&bucket(100), 100, &Fixed::new(5)).is_ok()),
        ("check", |keyring| keyring.check_mirrors(&Fixed::new(5)).is_ok()),
        ("tend", |keyring| keyring.tend(&Fixed::new(5)).1.is_ok()),
        ("destroy", |keyring| keyring.destroy(&Removals::default(), &Fixed::new(5)).is_ok()),
    ];
    for (name, next) in nexts {
        for step in 0..16 {
            let disk = MemoryDisk::new();
            let keyring = create(&disk, 2);
            let before = disk.copy();
            // Segment and directory in each mirror, three steps for A's head, and B's head renamed.
            disk.arm(8, Fault::DoneButFails);
            assert!(keyring.reserve(&bucket(100), 1, &Fixed::new(4)).is_err());
            disk.restart(false);
            let failed = disk.copy();
            assert_eq!(failed.files(A)[Path::new("/a/head")], failed.files(B)[Path::new("/b/head")]);
            assert_ne!(failed.files(B)[Path::new("/b/head")], before.files(B)[Path::new("/b/head")]);
            disk.arm(step, Fault::Fails);
            let done = next(&keyring);
            assert_eq!(done, !disk.struck(), "{name} at {step}");
            disk.restart(false);
            disk.bring_back(B, &before);
            let (keyring, _) = open(&disk, Some(keyring.anchor())).unwrap();
            let removals = Removals { buckets: vec![bucket(100)], ..Removals::default() };
            keyring.destroy(&removals, &Fixed::new(6)).unwrap();
            disk.bring_back(B, &failed);
            let (again, repairs) = open(&disk, Some(keyring.anchor())).unwrap();
            assert_eq!(
                repairs,
                vec![Repair { mirror: B.into(), was: MirrorState::Behind }],
                "{name} at {step}"
            );
            assert_eq!(view(&again), view(&keyring));
            assert!(again.bucket(&bucket(100)).is_none(), "a destroyed bucket came back");
        }
    }
}

/// Every mirror put back to what it was before the last changes, under the keyring that made them.
fn rolled_back(old: &Arc<MemoryDisk>) -> (Arc<MemoryDisk>, Keyring) {
    let disk = old.copy();
    let (keyring, _) = open(&disk, None).unwrap();
    keyring.destroy(&puncture(100, &[5]), &Fixed::new(60)).unwrap();
    keyring.reserve(&bucket(110), 1, &Fixed::new(61)).unwrap();
    [A, B].into_iter().for_each(|mirror| disk.bring_back(mirror, old));
    (disk, keyring)
}

/// A crash on the way leaves what was there (too old, and refused as such) or what is wanted, never a third.
#[test]
fn writing_anew_what_no_mirror_holds_is_killed_at_any_step() {
    let old = lived();
    let before = view(&open(&old, None).unwrap().0);
    for fault in [Fault::Killed, Fault::Torn] {
        for power_lost in [false, true] {
            for step in 0.. {
                let (disk, keyring) = rolled_back(&old);
                let (anchor, expected) = (keyring.anchor(), view(&keyring));
                disk.arm(step, fault);
                let result = keyring.tend(&Fixed::new(62)).1;
                let struck = disk.struck();
                disk.restart(power_lost);
                match open(&disk, Some(anchor)) {
                    Ok((again, _)) => {
                        assert_eq!(view(&again), expected, "{fault:?} at {step}");
                        assert_eq!(alone(&disk, anchor), [expected.clone(), expected]);
                    }
                    Err(error) => {
                        assert!(result.is_err(), "{fault:?} at {step}");
                        assert_eq!(error.code(), "keyring-older-than-anchor");
                        assert_eq!(view(&open(&disk, None).unwrap().0), before);
                    }
                }
                if !struck {
                    result.unwrap();
                    assert!(step > 10);
                    break;
                }
            }
        }
    }
}

#[test]
fn writing_anew_that_fails_at_any_step_is_mended_by_the_next_try() {
    let old = lived();
    for fault in [Fault::Fails, Fault::DoneButFails] {
        for step in 0.. {
            let (disk, keyring) = rolled_back(&old);
            let expected = view(&keyring);
            disk.arm(step, fault);
            let result = keyring.tend(&Fixed::new(62)).1;
            assert_eq!(view(&keyring), expected);
            if !disk.struck() {
                result.unwrap();
                break;
            }
            assert!(result.is_err(), "{fault:?} at {step}");
            disk.restart(false);
            keyring.tend(&Fixed::new(63)).1.unwrap();
            assert_eq!(view(&keyring), expected);
            is_swept(&disk, &keyring);
            assert_eq!(alone(&disk, keyring.anchor()), [expected.clone(), expected]);
        }
    }
}

#[test]
fn making_a_keyring_is_whole_or_can_be_begun_again() {
    for fault in [Fault::Killed, Fault::Torn] {
        for power_lost in [false, true] {
            for step in 0.. {
                let disk = MemoryDisk::new();
                disk.arm(step, fault);
                let made = Keyring::create_on(disk.clone(), provider(), binding(), &paths(), &Fixed::new(1));
                let struck = disk.struck();
                disk.restart(power_lost);
                match open(&disk, made.as_ref().ok().map(Keyring::anchor)) {
                    Ok((keyring, _)) => assert!(keyring.reserve(&bucket(1), 1, &Fixed::new(2)).is_ok()),
                    Err(error) => assert!(made.is_err() && matches!(error, KeyringError::Missing), "{error}"),
                }
                if !struck {
                    assert!(step > 10);
                    break;
                }
            }
        }
    }
}

#[test]
fn opening_is_killed_while_it_repairs_and_repairs_again() {
    let disk = lived();
    let anchor = open(&disk, None).unwrap().0.anchor();
    disk.lose(B);
    let expected = view(&open(&disk.copy(), None).unwrap().0);
    for fault in [Fault::Killed, Fault::Torn, Fault::Fails] {
        for step in 0.. {
            let disk = disk.copy();
            disk.arm(step, fault);
            let _ = open(&disk, Some(anchor));
            let struck = disk.struck();
            disk.restart(true);
            let (keyring, _) = open(&disk, Some(anchor)).unwrap();
            assert_eq!(view(&keyring), expected);
            assert_eq!(alone(&disk, anchor), [expected.clone(), expected.clone()]);
            if !struck {
                break;
            }
        }
    }
}
