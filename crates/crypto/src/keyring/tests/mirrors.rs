//! One mirror lost, torn, old, full, unreachable, forked, or somebody else's.

use super::*;

fn two_buckets() -> (Arc<MemoryDisk>, Keyring) {
    let disk = MemoryDisk::new();
    let keyring = create(&disk, 1);
    keyring.reserve(&bucket(100), 1, &Fixed::new(2)).unwrap();
    keyring.ensure_facts(&seller(), Month(600), &Fixed::new(3)).unwrap();
    (disk, keyring)
}

fn repaired(disk: &Arc<MemoryDisk>, keyring: &Keyring, was: MirrorState) {
    assert_eq!(keyring.mirrors()[1], (B.into(), was));
    let (again, repairs) = open(disk, Some(keyring.anchor())).unwrap();
    assert_eq!(repairs, vec![Repair { mirror: B.into(), was }]);
    assert_eq!(view(&again), view(keyring));
    assert_eq!(disk.files(A).len(), disk.files(B).len());
    assert!(open(disk, Some(keyring.anchor())).unwrap().1.is_empty());
}

#[test]
fn a_lost_mirror_is_made_again() {
    let (disk, keyring) = two_buckets();
    disk.lose(B);
    repaired(&disk, &keyring, MirrorState::Empty);
}

#[test]
fn an_old_mirror_is_brought_up_to_date_and_its_keys_do_not_come_back() {
    let (disk, keyring) = two_buckets();
    let old = disk.copy();
    keyring.destroy(&puncture(100, &[3]), &Fixed::new(4)).unwrap();
    disk.bring_back(B, &old);
    repaired(&disk, &keyring, MirrorState::Behind);
    let (again, _) = open(&disk, None).unwrap();
    assert!(again.bucket(&bucket(100)).unwrap().leaf(Slot(3)).is_err());
}

#[test]
fn every_changed_bit_of_a_head_is_noticed_and_repaired() {
    let (disk, keyring) = two_buckets();
    let length = disk.files(B)[Path::new("/b/head")].len();
    // Every byte, and in it the bit whose number the byte's position gives: all eight in turn.
    for byte in 0..length {
        let disk = disk.copy();
        disk.change(Path::new("/b/head"), |head| head[byte] ^= 1 << (byte % 8));
        repaired_quickly(&disk, &keyring);
    }
    // The sum at the end is no secret. With it made right, the change is noticed all the same.
    let head = disk.files(B)[Path::new("/b/head")].clone();
    for bit in 0..(length - 32) * 8 {
        let mut changed = head.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(head::Unopened::read(&changed).is_err(), "bit {bit}");
        let sum = crate::kdf::sha256(&changed[..length - 32]);
        changed[length - 32..].copy_from_slice(&sum);
        let opened = head::Unopened::read(&changed).ok().and_then(|head| head.open(&*provider()).ok());
        assert!(opened.is_none(), "bit {bit}");
    }
}

fn repaired_quickly(disk: &Arc<MemoryDisk>, keyring: &Keyring) {
    let (again, repairs) = open(disk, Some(keyring.anchor())).unwrap();
    assert_eq!(repairs, vec![Repair { mirror: B.into(), was: MirrorState::Damaged }]);
    assert_eq!(again.anchor(), keyring.anchor());
}

#[test]
fn every_changed_bit_of_a_segment_or_the_lasting_file_is_noticed_and_repaired() {
    let (disk, keyring) = two_buckets();
    for path in disk.files(B).keys().filter(|path| !path.ends_with("head")) {
        let length = disk.files(B)[path].len();
        for bit in 0..length * 8 {
            let disk = disk.copy();
            disk.change(path, |file| file[bit / 8] ^= 1 << (bit % 8));
            repaired_quickly(&disk, &keyring);
        }
    }
    // The same with a head that names the changed file's hash: its own key refuses it.
    let writer = keyring.writer();
    for (id, segment) in &writer.head.segments {
        let file = mirror::Mirror { files: &*disk, path: Path::new(A) }
            .read_segment(&segment.name, &segment.hash)
            .unwrap();
        assert!(Live::open(&binding(), id, segment, &file).is_ok());
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(Live::open(&binding(), id, segment, &changed).is_err());
        }
        let other = SegmentId::Bucket(bucket(999));
        assert!(Live::open(&binding(), &other, segment, &file).is_err(), "moved to another bucket");
    }
}

#[test]
fn a_cut_off_file_is_noticed_and_repaired() {
    let (disk, keyring) = two_buckets();
    for path in disk.files(B).keys() {
        for length in [0, 1, 40, disk.files(B)[path].len() - 1] {
            let disk = disk.copy();
            disk.change(path, |file| file.truncate(length));
            repaired_quickly(&disk, &keyring);
        }
    }
}

#[test]
fn what_is_damaged_everywhere_is_refused_by_name() {
    let (disk, _) = two_buckets();
    let files = disk.files(B);
    for path in files.keys() {
        let disk = disk.copy();
        disk.change(path, |file| file[20] ^= 1);
        disk.change(&Path::new(A).join(path.strip_prefix(B).unwrap()), |file| file[20] ^= 1);
        let expected = if path.ends_with("head") { "keyring-damaged" } else { "keyring-file-lost" };
        assert_eq!(open(&disk, None).err().unwrap().code(), expected);
    }
    disk.lose(A);
    disk.lose(B);
    assert_eq!(open(&disk, None).err().unwrap().code(), "keyring-missing");
}

#[test]
fn an_unreachable_mirror_is_reported_and_stops_every_write_until_it_is_back() {
    let (disk, keyring) = two_buckets();
    let (anchor, before) = (keyring.anchor(), view(&keyring));
    disk.set_unreachable(B, true);
    let (keyring, repairs) = open(&disk, Some(anchor)).unwrap();
    assert_eq!(repairs, vec![Repair { mirror: B.into(), was: MirrorState::Unreachable }]);
    assert_eq!(keyring.mirrors()[1].1, MirrorState::Unreachable);
    assert_eq!(view(&keyring), before);
    let entropy = Fixed::new(9);
    assert_eq!(keyring.reserve(&bucket(100), 1, &entropy).err().unwrap().code(), "mirror-unusable");
    assert_eq!(
        keyring.ensure_facts(&seller(), Month(605), &entropy).err().unwrap().code(),
        "mirror-unusable"
    );
    assert_eq!(keyring.destroy(&puncture(100, &[1]), &entropy).err().unwrap().code(), "mirror-unusable");
    assert_eq!(keyring.destroy(&Removals::default(), &entropy).err().unwrap().code(), "mirror-unusable");
    assert_eq!((keyring.anchor(), view(&keyring)), (anchor, before));
    disk.set_unreachable(B, false);
    keyring.destroy(&puncture(100, &[1]), &entropy).unwrap();
    assert!(keyring.mirrors().iter().all(|(_, state)| *state == MirrorState::Current));
}

#[test]
fn a_full_mirror_refuses_and_recovers_by_itself() {
    let (disk, keyring) = two_buckets();
    disk.set_full(A, true);
    let refused = keyring.reserve(&bucket(105), 1, &Fixed::new(9)).err().unwrap();
    assert!(matches!(refused, KeyringError::Mirror { reason: io::ErrorKind::StorageFull, .. }), "{refused}");
    assert!(keyring.bucket(&bucket(105)).is_none());
    disk.set_full(A, false);
    keyring.reserve(&bucket(105), 1, &Fixed::new(9)).unwrap();
    let (again, repairs) = open(&disk, Some(keyring.anchor())).unwrap();
    assert!(repairs.is_empty());
    assert_eq!(view(&again), view(&keyring));
}

#[test]
fn a_mirror_swapped_under_a_running_keyring_is_filled_again_before_the_next_write() {
    let (disk, keyring) = two_buckets();
    disk.lose(A);
    keyring.reserve(&bucket(105), 1, &Fixed::new(9)).unwrap();
    disk.lose(B);
    let (again, _) = open(&disk, Some(keyring.anchor())).unwrap();
    assert_eq!(view(&again), view(&keyring));
}

/// What [`Keyring::tend`] did, by mirror.
fn tended(keyring: &Keyring, seed: u64) -> Result<Vec<(PathBuf, MirrorState)>, &'static str> {
    let (mended, result) = keyring.tend(&Fixed::new(seed));
    result
        .map(|()| mended.into_iter().map(|one| (one.mirror, one.was)).collect())
        .map_err(|error| error.code())
}

fn is_sound(disk: &Arc<MemoryDisk>, keyring: &Keyring) {
    assert!(keyring.heads_are_current());
    assert_eq!(keyring.check_mirrors(&Fixed::new(98)).unwrap(), keyring.anchor());
    assert!(keyring.mirrors().iter().all(|(_, state)| *state == MirrorState::Current));
    for lost in [A, B] {
        let disk = disk.copy();
        disk.lose(lost);
        assert_eq!(view(&open(&disk, Some(keyring.anchor())).unwrap().0), view(keyring));
    }
    assert_eq!(tended(keyring, 99), Ok(Vec::new()));
}

#[test]
fn one_mirror_that_is_not_current_is_mended_before_anything_is_sealed() {
    type Harm = fn(&Arc<MemoryDisk>, &Arc<MemoryDisk>);
    let harms: [(MirrorState, Harm); 3] = [
        (MirrorState::Behind, |disk, old| disk.bring_back(B, old)),
        (MirrorState::Empty, |disk, _| disk.lose(B)),
        (MirrorState::Damaged, |disk, _| disk.change(Path::new("/b/head"), |head| head.truncate(40))),
    ];
    for (was, harm) in harms {
        for tends in [false, true] {
            let (disk, keyring) = two_buckets();
            let old = disk.copy();
            keyring.reserve(&bucket(105), 1, &Fixed::new(4)).unwrap();
            harm(&disk, &old);
            assert!(!keyring.heads_are_current());
            let before = keyring.anchor();
            if tends {
                assert_eq!(tended(&keyring, 5), Ok(vec![(B.into(), was)]));
            } else {
                keyring.check_mirrors(&Fixed::new(98)).unwrap();
            }
            assert_eq!(keyring.anchor(), before);
            is_sound(&disk, &keyring);
        }
    }
}

#[test]
fn a_damaged_segment_below_a_current_head_is_found_by_who_looks_at_all() {
    let (disk, keyring) = two_buckets();
    let segment = disk.files(B).into_keys().find(|path| path.starts_with("/b/segments")).unwrap();
    disk.change(&segment, |file| file[20] ^= 1);
    assert!(keyring.heads_are_current());
    assert_eq!(tended(&keyring, 5), Ok(vec![(B.into(), MirrorState::Damaged)]));
    is_sound(&disk, &keyring);
}

#[test]
fn what_every_mirror_has_forgotten_is_written_anew_and_what_was_removed_is_not() {
    let (disk, keyring) = two_buckets();
    keyring.reserve(&bucket(101), 1, &Fixed::new(3)).unwrap();
    let old = disk.copy();
    keyring.destroy(&puncture(100, &[3]), &Fixed::new(4)).unwrap();
    keyring.destroy(&Removals { buckets: vec![bucket(101)], ..Removals::default() }, &Fixed::new(5)).unwrap();
    keyring.reserve(&bucket(105), 1, &Fixed::new(6)).unwrap();
    keyring.ensure_facts(&seller(), Month(601), &Fixed::new(7)).unwrap();
    let (expected, anchor) = (view(&keyring), keyring.anchor());
    for mirror in [A, B] {
        disk.bring_back(mirror, &old);
    }
    assert_eq!(keyring.check_mirrors(&Fixed::new(98)).err().unwrap().code(), "keyring-file-lost");
    let behind = |mirror: &str| (mirror.into(), MirrorState::Behind);
    assert_eq!(tended(&keyring, 8), Ok(vec![behind(A), behind(B)]));
    assert_eq!((view(&keyring), keyring.anchor().revision), (expected, anchor.revision + 1));
    is_sound(&disk, &keyring);
    // The store may know the revision before: its commit did not come to pass.
    let (again, _) = open(&disk, Some(anchor)).unwrap();
    assert!(again.bucket(&bucket(100)).unwrap().leaf(Slot(3)).is_err());
    assert!(again.bucket(&bucket(101)).is_none());
    assert_eq!(disk.files(A).len(), disk.files(B).len());
    assert_eq!(disk.files(A).len(), again.writer().head.segments.len() + 2);
}

#[test]
fn mirrors_that_were_all_emptied_are_made_again_from_memory() {
    let (disk, keyring) = two_buckets();
    let key = keyring.lasting().ledger_seed().clone();
    disk.lose(A);
    disk.lose(B);
    assert_eq!(keyring.check_mirrors(&Fixed::new(98)).err().unwrap().code(), "keyring-file-lost");
    tended(&keyring, 5).unwrap();
    is_sound(&disk, &keyring);
    assert!(*open(&disk, None).unwrap().0.lasting().ledger_seed() == key);
}

#[test]
fn what_is_not_behind_is_never_written_over() {
    type Harm = fn(&Arc<MemoryDisk>, &Arc<MemoryDisk>, &Keyring);
    fn put_back(disk: &MemoryDisk, other: &MemoryDisk) {
        [A, B].into_iter().for_each(|mirror| disk.bring_back(mirror, other));
    }
    let newer: Harm = |disk, other, _| {
        open(other, None).unwrap().0.reserve(&bucket(100), 1, &Fixed::new(30)).unwrap();
        put_back(disk, other);
    };
    let fork: Harm = |disk, other, keyring| {
        open(other, None).unwrap().0.destroy(&puncture(100, &[9]), &Fixed::new(30)).unwrap();
        keyring.destroy(&puncture(100, &[8]), &Fixed::new(31)).unwrap();
        put_back(disk, other);
    };
    let unreachable: Harm = |disk, _, _| disk.set_unreachable(B, true);
    for (harm, code) in [(newer, "mirror-newer"), (fork, "keyring-fork"), (unreachable, "mirror-unusable")] {
        let (disk, keyring) = two_buckets();
        let other = disk.copy();
        harm(&disk, &other, &keyring);
        let before = disk.files("/");
        assert_eq!(keyring.check_mirrors(&Fixed::new(98)).err().unwrap().code(), code);
        assert_eq!(tended(&keyring, 40), Err(code));
        assert_eq!(disk.files("/"), before);
    }
}

#[test]
fn a_fork_is_refused_and_says_which_is_which() {
    let (disk, _) = two_buckets();
    let other = disk.copy();
    let (one, _) = open(&disk, None).unwrap();
    one.reserve(&bucket(100), 1, &Fixed::new(20)).unwrap();
    one.reserve(&bucket(100), 1, &Fixed::new(21)).unwrap();
    let (two, _) = open(&other, None).unwrap();
    two.reserve(&bucket(100), 1, &Fixed::new(30)).unwrap();
    disk.bring_back(B, &other);
    let refused = open(&disk, None).err().unwrap();
    assert!(
        matches!(&refused, KeyringError::Fork { one, other } if one == Path::new(A) && other == Path::new(B)),
        "{refused}"
    );
    let said = refused.to_string();
    assert!(said.contains("/a") && said.contains("/b") && said.contains("empty"), "{said}");
    // Nothing was touched by the refusal, and the remedy it names works.
    disk.lose(B);
    assert_eq!(view(&open(&disk, Some(one.anchor())).unwrap().0), view(&one));
    // A running keyring refuses it too.
    disk.bring_back(B, &other);
    assert_eq!(one.reserve(&bucket(100), 1, &Fixed::new(22)).err().unwrap().code(), "keyring-fork");
}

#[test]
fn a_keyring_older_than_its_anchor_opens_nothing() {
    let (disk, keyring) = two_buckets();
    let old = disk.copy();
    let before = keyring.anchor();
    keyring.destroy(&puncture(100, &[3]), &Fixed::new(4)).unwrap();
    let refused = open(&old, Some(keyring.anchor())).err().unwrap();
    assert!(matches!(refused, KeyringError::Older { keyring, anchor } if keyring + 1 == anchor));
    // An older anchor is a crash before the store's commit, and is fine; one of another way is not.
    assert!(open(&disk, Some(before)).is_ok());
    let strayed = Anchor { head: [0; 32], ..before };
    assert_eq!(open(&disk, Some(strayed)).err().unwrap().code(), "keyring-strayed");
    let strayed = Anchor { head: [0; 32], ..keyring.anchor() };
    assert_eq!(open(&disk, Some(strayed)).err().unwrap().code(), "keyring-strayed");
}

#[test]
fn an_old_copy_is_known_for_as_long_as_a_head_remembers() {
    let (disk, keyring) = two_buckets();
    let old = disk.copy();
    let entropy = Fixed::new(9);
    for count in 1..=head::ANCESTORS_MAX + 1 {
        keyring.reserve(&bucket(100), 1, &entropy).unwrap();
        if count == head::ANCESTORS_MAX {
            let disk = disk.copy();
            disk.bring_back(B, &old);
            assert_eq!(open(&disk, None).unwrap().1[0].was, MirrorState::Behind);
        }
    }
    disk.bring_back(B, &old);
    assert_eq!(open(&disk, None).err().unwrap().code(), "keyring-fork");
}

#[test]
fn another_homes_mirror_is_never_written_to() {
    let (disk, keyring) = two_buckets();
    let other = MemoryDisk::new();
    let elsewhere = Binding { home: HomeId([2; 16]), ..binding() };
    Keyring::create_on(other.clone(), provider(), elsewhere, &paths(), &Fixed::new(40)).unwrap();
    disk.bring_back(B, &other);
    let before = disk.files(B);
    assert_eq!(open(&disk, None).err().unwrap().code(), "mirror-of-another-home");
    assert_eq!(
        keyring.reserve(&bucket(100), 1, &Fixed::new(5)).err().unwrap().code(),
        "mirror-of-another-home"
    );
    assert_eq!(disk.files(B), before);
    // Editing the configuration opens nothing.
    let production = Binding { environment: Environment::Production, ..binding() };
    let (disk, _) = two_buckets();
    let opened = Keyring::open_on(disk, provider(), production, &paths(), None);
    assert_eq!(opened.err().unwrap().code(), "mirror-of-another-home");
}

#[test]
fn another_root_key_opens_nothing_and_says_so() {
    let (disk, _) = two_buckets();
    let before = disk.files("/");
    let other = Box::new(KeyFile::of(&[5; 32]));
    let refused = Keyring::open_on(disk.clone(), other, binding(), &paths(), None).err().unwrap();
    assert_eq!(refused.code(), "root-key-does-not-open");
    assert_eq!(disk.files("/"), before);
}

#[test]
fn nothing_that_is_stored_is_readable() {
    let (disk, keyring) = two_buckets();
    let keys = view(&keyring);
    for (path, file) in disk.files("/") {
        for key in keys.values().flatten().flatten() {
            assert!(!file.windows(32).any(|window| window == key), "{}", path.display());
        }
        assert!(!file.windows(6).any(|window| window == b"SELLER"), "{}", path.display());
    }
}
