//! The keyring by itself; `tests/fire.rs` breaks its disks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailee_core::{Day, Environment, HomeId, Month};

use super::*;
use crate::bucket::BucketUse;
use crate::fixed::Fixed;
use crate::provider::KeyFile;

mod adopt;
mod codec;
mod disk;
mod fire;
mod history;
mod mirrors;

use disk::MemoryDisk;

/// A disk for tests elsewhere in the crate.
pub(crate) fn memory_disk() -> Arc<MemoryDisk> {
    MemoryDisk::new()
}

pub(super) const A: &str = "/a";
pub(super) const B: &str = "/b";

pub(super) fn binding() -> Binding {
    Binding { home: HomeId([1; 16]), environment: Environment::Test }
}

pub(super) fn provider() -> Box<dyn KeyProvider> {
    Box::new(KeyFile::of(&[4; 32]))
}

pub(super) fn paths() -> Vec<PathBuf> {
    vec![A.into(), B.into()]
}

pub(super) fn seller() -> SellerId {
    "SELLER".parse().unwrap()
}

pub(super) fn bucket(day: i32) -> BucketId {
    BucketId { seller: seller(), held: BucketUse::Order, day: Day(day) }
}

pub(super) fn create(disk: &Arc<MemoryDisk>, seed: u64) -> Keyring {
    Keyring::create_on(disk.clone(), provider(), binding(), &paths(), &Fixed::new(seed)).unwrap()
}

pub(super) fn open(
    disk: &Arc<MemoryDisk>,
    anchor: Option<Anchor>,
) -> Result<(Keyring, Vec<Repair>), KeyringError> {
    Keyring::open_on(disk.clone(), provider(), binding(), &paths(), anchor)
}

/// All that a keyring opens: for each bucket its slots given and the keys of its first ones, for each facts key the key.
pub(super) type View = BTreeMap<String, Vec<Option<[u8; 32]>>>;

pub(super) fn view(keyring: &Keyring) -> View {
    let mut view = View::new();
    for status in keyring.buckets() {
        let keys = keyring.bucket(&status.id).unwrap();
        let leaves = (0..8).map(|slot| keys.leaf(Slot(slot)).ok().map(|key| *key.key().bytes())).collect();
        view.insert(format!("bucket {} given {}", status.id.day, status.slots_given), leaves);
    }
    for (seller, month) in keyring.facts_keys() {
        view.insert(
            format!("facts {month}"),
            vec![Some(*keyring.facts(&seller, month).unwrap().key().bytes())],
        );
    }
    view
}

pub(super) fn puncture(day: i32, slots: &[u32]) -> Removals {
    Removals {
        punctures: vec![(bucket(day), slots.iter().copied().map(Slot).collect())],
        ..Removals::default()
    }
}

#[test]
fn blocks_grow_and_never_overlap_nor_go_down() {
    let disk = MemoryDisk::new();
    let keyring = create(&disk, 1);
    let entropy = Fixed::new(2);
    let mut end = 0;
    for expected in [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 16_384] {
        let given = keyring.reserve(&bucket(100), 1, &entropy).unwrap();
        assert_eq!(given, end..end + expected);
        end = given.end;
    }
    let given = keyring.reserve(&bucket(100), 100_000, &entropy).unwrap();
    assert_eq!(given, end..end + 100_000);
    let (again, _) = open(&disk, Some(keyring.anchor())).unwrap();
    assert_eq!(again.reserve(&bucket(100), 1, &entropy).unwrap(), given.end..given.end + BLOCK_SLOTS_FIRST);
}

#[test]
fn a_bucket_gives_its_last_slot_and_no_more() {
    let keyring = create(&MemoryDisk::new(), 1);
    let entropy = Fixed::new(2);
    assert_eq!(keyring.reserve(&bucket(100), SLOTS_MAX - 1, &entropy).unwrap(), 0..SLOTS_MAX - 1);
    assert_eq!(keyring.reserve(&bucket(100), 10, &entropy).unwrap(), SLOTS_MAX - 1..SLOTS_MAX);
    assert!(matches!(keyring.reserve(&bucket(100), 1, &entropy), Err(KeyringError::BucketFull)));
}

#[test]
fn a_destroyed_bucket_is_not_made_again() {
    let disk = MemoryDisk::new();
    let keyring = create(&disk, 1);
    let entropy = Fixed::new(2);
    keyring.reserve(&bucket(100), 1, &entropy).unwrap();
    keyring.destroy(&Removals { buckets: vec![bucket(100)], ..Removals::default() }, &entropy).unwrap();
    assert!(keyring.bucket(&bucket(100)).is_none());
    let (again, _) = open(&disk, None).unwrap();
    for keyring in [&keyring, &again] {
        assert!(matches!(keyring.reserve(&bucket(100), 1, &entropy), Err(KeyringError::BucketGone)));
    }
    // Remembered for as long as anybody could ask, and no longer.
    again.destroy(&Removals { buckets: vec![bucket(160)], ..Removals::default() }, &entropy).unwrap();
    assert!(matches!(again.reserve(&bucket(100), 1, &entropy), Err(KeyringError::BucketGone)));
    again.destroy(&Removals { buckets: vec![bucket(161)], ..Removals::default() }, &entropy).unwrap();
    assert!(again.reserve(&bucket(100), 1, &entropy).is_ok());
}

#[test]
fn a_destruction_makes_an_epoch_and_redoing_it_makes_none() {
    let disk = MemoryDisk::new();
    let keyring = create(&disk, 1);
    let entropy = Fixed::new(2);
    keyring.reserve(&bucket(100), 1, &entropy).unwrap();
    keyring.ensure_facts(&seller(), Month(600), &entropy).unwrap();
    let removals = Removals { facts: vec![(seller(), Month(600))], ..puncture(100, &[3, 3, 5]) };
    let before = keyring.epoch().0;
    let done = keyring.destroy(&removals, &entropy).unwrap();
    assert_eq!((done.epoch, done.anchor), (before + 1, keyring.anchor()));
    assert!(keyring.facts(&seller(), Month(600)).is_none());
    assert_eq!(keyring.buckets()[0].slots_punctured, 2);
    assert_eq!(keyring.destroy(&removals, &entropy).unwrap(), done);
    // A puncture of slots not yet given out: they are never given.
    keyring.destroy(&puncture(100, &[1000]), &entropy).unwrap();
    assert_eq!(keyring.reserve(&bucket(100), 1, &entropy).unwrap().start, 1001);
}

#[test]
fn detail_keys_live_until_they_are_removed() {
    let disk = MemoryDisk::new();
    let keyring = create(&disk, 1);
    let key = *keyring.ensure_detail(Month(600), &Fixed::new(2)).unwrap().key().bytes();
    assert_eq!(*keyring.ensure_detail(Month(600), &Fixed::new(3)).unwrap().key().bytes(), key);
    let (again, _) = open(&disk, Some(keyring.anchor())).unwrap();
    assert_eq!(*again.detail(Month(600)).unwrap().key().bytes(), key);
    again.destroy(&Removals { details: vec![Month(600)], ..Removals::default() }, &Fixed::new(4)).unwrap();
    assert!(again.detail(Month(600)).is_none());
}

#[test]
fn request_keys_live_until_they_are_removed_and_are_no_others() {
    let disk = MemoryDisk::new();
    let keyring = create(&disk, 1);
    let detail = *keyring.ensure_detail(Month(600), &Fixed::new(2)).unwrap().key().bytes();
    let key = *keyring.ensure_request(Month(600), &Fixed::new(3)).unwrap().key().bytes();
    assert_eq!(*keyring.ensure_request(Month(600), &Fixed::new(4)).unwrap().key().bytes(), key);
    assert!(key != detail);
    let (again, _) = open(&disk, Some(keyring.anchor())).unwrap();
    assert_eq!(*again.request(Month(600)).unwrap().key().bytes(), key);
    assert_eq!(again.request_keys(), [Month(600)]);
    again.destroy(&Removals { requests: vec![Month(600)], ..Removals::default() }, &Fixed::new(5)).unwrap();
    assert!(again.request(Month(600)).is_none() && again.detail(Month(600)).is_some());
}

#[test]
fn it_works_on_a_real_disk() {
    let directory = tempfile::tempdir().unwrap();
    let mirrors = [directory.path().join("one/keys"), directory.path().join("two")];
    let keyring = Keyring::create(provider(), binding(), &mirrors, &Fixed::new(1)).unwrap();
    keyring.reserve(&bucket(100), 1, &Fixed::new(2)).unwrap();
    keyring.destroy(&puncture(100, &[3]), &Fixed::new(3)).unwrap();
    let added = directory.path().join("three");
    keyring.add_mirror(&added).unwrap();
    assert!(keyring.mirrors().iter().all(|(_, state)| *state == MirrorState::Current));
    let expected = (keyring.anchor(), view(&keyring));
    drop(keyring);
    std::fs::remove_dir_all(directory.path().join("one")).unwrap();
    std::fs::remove_dir_all(directory.path().join("two")).unwrap();
    let three = [mirrors[0].clone(), mirrors[1].clone(), added];
    let (again, repairs) = Keyring::open(provider(), binding(), &three, Some(expected.0)).unwrap();
    assert_eq!((again.anchor(), view(&again)), expected);
    assert_eq!(repairs.len(), 2);
    assert!(matches!(
        Keyring::create(provider(), binding(), &mirrors, &Fixed::new(1)),
        Err(KeyringError::NotEmpty(_))
    ));
    assert!(matches!(
        Keyring::open(provider(), binding(), &mirrors[..1], None),
        Err(KeyringError::TooFewMirrors)
    ));
}
