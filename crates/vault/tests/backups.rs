//! Backups that forget: what was ever backed up opens while it lives, and no longer, by the keyring that there is now.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bailee_core::{Day, Month, RecordId, Timestamp};
use bailee_crypto::backup::{BackupKey, Opener, Recipient};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_crypto::keyring::Removals;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized;
use bailee_ledger::note::Signer;
use bailee_ledger::verify::verify;
use bailee_store::act::{BucketNo, BucketState, RecordState};
use bailee_store::sqlite::copy::{Copy, move_origin};
use bailee_vault::VaultError;
use bailee_vault::backup::replay::Restore;
use bailee_vault::backup::since::Since;
use bailee_vault::backup::{Backups, Made, bundle};
use bailee_vault::reveal::{Resolved, Wanted};
use common::*;

/// Who keeps backups, and where.
struct Keeper {
    key: BackupKey,
    backups: Backups,
    place: PathBuf,
}

impl Keeper {
    fn of(directory: &Path) -> Self {
        let key = BackupKey::random(&SystemEntropy);
        let place = directory.join("place");
        std::fs::create_dir(&place).unwrap();
        let recipients: Vec<Recipient> = vec![key.recipient().unwrap()];
        let files = || Ok(vec![("bailee.toml".to_owned(), b"[home]".to_vec())]);
        let backups = Backups {
            send: None,
            recipients,
            places: vec![place.clone()],
            scratch: directory.join("backup.tmp"),
            files: Box::new(files),
        };
        Self { key, backups, place }
    }

    fn back_up(&self, home: &Home) -> Result<Made, VaultError> {
        home.vault.back_up(home.act(authorized::Administer), &self.backups, &self.place, &mut |_, _| {})
    }

    /// Opens a backup into a directory; its store, and the key that signed it.
    fn open(&self, made: &Made, to: &Path) -> (PathBuf, String) {
        std::fs::create_dir_all(to).unwrap();
        let (about, mut opener) = Opener::open(File::open(&made.file).unwrap(), &self.key).unwrap();
        assert_eq!((about.backup, about.made_at), (made.backup, made.made_at));
        let signed_by = bundle::unpack(&mut opener, &about, &mut |name, input| {
            let mut content = Vec::new();
            input.read_to_end(&mut content)?;
            std::fs::write(to.join(name), content)
        });
        (to.join(bundle::STORE), signed_by.unwrap())
    }

    /// The names of what lies in the place.
    fn kept(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.place).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn order(number: u32, name: &str, rest: &str) -> (String, String) {
    let reference = format!("250-0000000-{number:07}");
    let document = format!(r#"{{"orderId":"{reference}","buyer":{{"buyerName":"{name}"}},{rest}}}"#);
    (reference, document)
}

fn unshipped(number: u32, name: &str, on: &str) -> (String, String) {
    let rest = format!(
        r#""createdTime":"{on}","lastUpdatedTime":"{on}","fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}"#
    );
    order(number, name, &rest)
}

fn time_of(day: i32) -> String {
    (Day(22_000 + day).start() + Duration::from_secs(9 * 3600)).to_string()
}

/// Goes on from a backup, as the program does.
fn restore(
    directory: &Path,
    store: &Path,
    made: &Made,
    now: &str,
) -> (Home, Restore, bailee_ledger::event::Replayed) {
    let old = Home::open_store(directory, now, store).unwrap();
    let (binding, seed) = (old.keyring.binding(), **old.keyring.lasting().ledger_seed());
    drop(old);
    let id = RecordId::random(&SystemEntropy);
    let from = Signer::new(binding.home, binding.environment, &seed).unwrap();
    let to = Signer::new(binding.home, binding.environment, &seed).unwrap().restored(id);
    let size = move_origin(store, &from, &to).unwrap();
    let (backup, known) = (made.backup, Some(size + 3));
    let restore = Restore { restore: id, backup, size, taken_up: None, known, keys_lost: false };
    let home = Home::open_store(directory, now, store).unwrap();
    restore.begin(&*home.store, home.keyring.anchor(), &home.context()).unwrap();
    drop(home);
    // By what it was told before it is opened, it numbers leaves above all that were given.
    let home = Home::open_store(directory, now, store).unwrap();
    let replayed = home.vault.replay(&restore, &Since::default(), &home.context()).unwrap();
    (home, restore, replayed)
}

/// Fails unless every row of a store that is under a bucket's key opens by the present keyring if it lives, and has no key if not;
/// how many rows live, and how many do not.
fn weigh(home: &Home) -> (u64, u64) {
    let (mut live, mut gone) = (0, 0);
    for summary in home.store.buckets().unwrap() {
        let BucketNo { held, day, .. } = summary.bucket;
        let rows = summary.parts + summary.quarantined;
        let has_key = home.keyring.bucket(&BucketId { seller: seller(), held, day }).is_some();
        let is_over = home.now() >= day.plus(-2).start();
        assert!(!(is_over && has_key), "the key of day {day} is there, and it is over");
        assert!(is_over || has_key || rows == 0, "the key of day {day} is not there, and it is not over");
        *(if has_key { &mut live } else { &mut gone }) += rows;
    }
    (live, gone)
}

#[test]
fn no_backup_of_forty_days_opens_what_has_expired_and_every_one_opens_what_lives() {
    const DAYS: i32 = 40;
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    drop(Home::new(directory, &time_of(0)));
    let keeper = Keeper::of(directory);
    let mut orders: BTreeMap<String, (i32, String)> = BTreeMap::new();
    let (mut backups, mut copies) = (Vec::new(), Vec::new());
    for day in 0..DAYS {
        let home = Home::open(directory, &time_of(day)).unwrap();
        home.run_retention().unwrap();
        let (number, on) = (day as u32 * 10, time_of(day));
        let shipped = time_of(day - 20);
        let documents = [
            unshipped(number, &format!("Wilma Unshipped {day}"), &on),
            order(
                number + 1,
                &format!("Carl Cancelled {day}"),
                &format!(
                    r#""createdTime":"{on}","lastUpdatedTime":"{on}","fulfillment":{{"fulfillmentStatus":"CANCELLED"}}"#
                ),
            ),
            order(
                number + 2,
                &format!("Selma Shipped {day}"),
                &format!(
                    r#""createdTime":"{shipped}","lastUpdatedTime":"{on}","fulfillment":{{"fulfillmentStatus":"SHIPPED","shipByWindow":{{"earliestDateTime":"{shipped}"}}}}"#
                ),
            ),
        ];
        for ((reference, document), name) in
            documents.into_iter().zip(["Wilma Unshipped", "Carl Cancelled", "Selma Shipped"])
        {
            assert_eq!(home.collect(&document).counts.collected, 1, "{document}");
            orders.insert(reference, (day, format!("{name} {day}")));
        }
        backups.push((day, keeper.back_up(&home).unwrap()));
        copies.push((day, home.back_up_store(&directory.join(format!("copy-{day}")))));
    }
    // What lives at the end, as the home itself says.
    let now = time_of(DAYS);
    let home = Home::open(directory, &now).unwrap();
    home.run_retention().unwrap();
    let lives: BTreeMap<&String, bool> =
        orders.keys().map(|one| (one, matches!(home.resolve(one), Resolved::Held(_)))).collect();
    let living = lives.values().filter(|lives| **lives).count();
    assert!(living > 20 && orders.len() - living > 40, "{living} of {}", orders.len());
    drop(home);
    let mut stores: Vec<(i32, PathBuf)> = copies;
    for (day, made) in &backups {
        stores.push((*day, keeper.open(made, &directory.join(format!("opened-{day}"))).0));
    }
    let (mut opened, mut shut) = (0, 0);
    for (day, store) in &stores {
        let old = Home::open_store(directory, &now, store).unwrap();
        let (_, dead) = weigh(&old);
        shut += dead;
        for (reference, (taken_in, name)) in &orders {
            match (old.resolve(reference), lives[reference]) {
                (Resolved::Unknown { .. }, _) => {
                    assert!(taken_in > day, "{reference} is missing in the one of day {day}");
                }
                (Resolved::Held(held), true) => {
                    let fields = old.reveal_held(&held);
                    assert_eq!(value(&fields, "buyer.buyerName"), Some(name.as_str()));
                    opened += 1;
                }
                (Resolved::Gone(_), false) => {}
                (_, lives) => panic!("{reference} in the one of day {day}: lives: {lives}"),
            }
        }
    }
    assert!(opened > 200 && shut > 1000, "{opened} opened, {shut} shut");
    // A whole restore of the oldest, of one between, and of the newest.
    for at in [0, 20, DAYS as usize - 1] {
        let store = &stores[DAYS as usize + at].1;
        let (home, _, replayed) = restore(directory, store, &backups[at].1, &now);
        assert!(replayed.buckets > 0 && replayed.parts == 0, "{replayed:?}");
        let (_, dead) = weigh(&home);
        assert_eq!(dead, 0, "rows are left that nothing opens");
        for (reference, (taken_in, name)) in &orders {
            match (home.resolve(reference), lives[reference]) {
                (Resolved::Unknown { .. }, _) => assert!(*taken_in > at as i32),
                (Resolved::Held(held), true) => {
                    assert_eq!(value(&home.reveal_held(&held), "buyer.buyerName"), Some(name.as_str()));
                }
                (Resolved::Gone(gone), false) => assert_eq!(gone.state, "disposed"),
                (_, lives) => panic!("{reference} restored from day {at}: lives: {lives}"),
            }
        }
        home.verify_ledger();
    }
}

/// A home of two orders with a backup.
fn backed_up(directory: &Path) -> (Keeper, Made, String, String) {
    let home = Home::new(directory, &time_of(0));
    let keeper = Keeper::of(directory);
    let ((kept, first), (erased, second)) =
        (unshipped(1, "Juniper Fernsby", &time_of(0)), unshipped(2, "Marlow Quist", &time_of(0)));
    home.collect(&first);
    home.collect(&second);
    let made = keeper.back_up(&home).unwrap();
    (keeper, made, kept, erased)
}

#[test]
fn a_backup_holds_the_home_as_of_one_moment_and_its_ledger_verifies() {
    let directory = tempfile::tempdir().unwrap();
    let (keeper, made, _, _) = backed_up(directory.path());
    assert_eq!(keeper.kept(), [made.file.file_name().unwrap().to_str().unwrap()]);
    assert!(!directory.path().join("backup.tmp").exists());
    let about = std::fs::metadata(&made.file).unwrap();
    assert_eq!((about.len(), about.permissions().mode() & 0o777), (made.bytes, 0o600));
    let (store, signed_by) = keeper.open(&made, &directory.path().join("opened"));
    let copy = Copy::open(&store).unwrap();
    copy.check().unwrap();
    let verified = verify(&copy.ledger().unwrap(), &signed_by, &[]).unwrap();
    assert_eq!(verified.size, made.ledger_size);
    let home = Home::open(directory.path(), &time_of(1)).unwrap();
    assert!(home.ledger_text().contains(&format!("\"backup\":\"{}\"", made.backup)));
    assert!(!home.ledger_text().contains("place"), "no event says where it lies");
}

#[test]
fn what_was_erased_since_the_backup_stays_gone_and_no_slot_is_given_twice() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (keeper, made, kept, erased) = backed_up(directory);
    let now = time_of(1);
    // Erased, and a third one taken in, since.
    let home = Home::open(directory, &now).unwrap();
    let (third, document) = unshipped(3, "Quirina Zettelmann", &now);
    home.collect(&document);
    let Resolved::Held(_) = home.resolve(&erased) else { panic!() };
    let bucket = home.store.buckets().unwrap()[0].bucket;
    let parts = home.store.parts(bucket, None, 10).unwrap();
    let no = parts.iter().map(|part| part.record).max().unwrap();
    let slot = parts.iter().find(|part| part.record == no).unwrap().slot;
    let id = BucketId { seller: seller(), held: BucketUse::Order, day: bucket.day };
    let removals = Removals { punctures: vec![(id, vec![slot])], ..Removals::default() };
    home.keyring.destroy(&removals, &SystemEntropy).unwrap();
    let given: BTreeMap<BucketId, u32> =
        home.keyring.buckets().into_iter().map(|bucket| (bucket.id, bucket.slots_given)).collect();
    drop(home);
    let (store, _) = keeper.open(&made, &directory.join("opened"));
    let (home, again, replayed) = restore(directory, &store, &made, &now);
    assert_eq!((replayed.parts, replayed.buckets), (1, 0), "{replayed:?}");
    assert_eq!(home.gone(&erased).state, "disposed", "without a ledger nothing tells why");
    assert_eq!(value(&home.reveal(&kept), "buyer.buyerName"), Some("Juniper Fernsby"));
    assert!(matches!(home.resolve(&third), Resolved::Unknown { .. }));
    // It does not come back, and what was lost with the store is taken in again.
    let (_, document) = unshipped(2, "Marlow Quist", &now);
    assert_eq!(home.collect(&document).counts.past_retention, 1);
    assert_eq!(home.collect(&unshipped(3, "Quirina Zettelmann", &now).1).counts.collected, 1);
    for summary in home.store.buckets().unwrap().iter().filter(|one| one.state == BucketState::Open) {
        let id = BucketId { seller: seller(), held: summary.bucket.held, day: summary.bucket.day };
        for part in home.store.parts(summary.bucket, None, 10).unwrap() {
            let row = home.store.record_by_no(part.record).unwrap().unwrap();
            assert_eq!(row.state, RecordState::Live);
            let was_there = !home.reveal(&kept).is_empty() && part.slot.0 < 2;
            assert!(was_there || part.slot.0 >= given.get(&id).copied().unwrap_or(0), "{part:?}");
        }
    }
    let events = home.events();
    assert_eq!(events.iter().filter(|name| *name == "restored").count(), 3);
    let text = home.ledger_text();
    assert!(text.contains(&format!("\"restore\":\"{}\"", again.restore)), "{text}");
    // Done again it finds nothing.
    let replayed = home.vault.replay(&again, &Since::default(), &home.context()).unwrap();
    assert_eq!((replayed.parts, replayed.buckets, replayed.quarantined), (0, 0, 0));
    home.verify_ledger();
}

#[test]
fn a_token_that_was_given_since_the_backup_stands_for_no_other_field() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (keeper, made, kept, _) = backed_up(directory);
    let now = time_of(1);
    let with = |leaf: &str| {
        let rest = format!(
            r#""createdTime":"{}","lastUpdatedTime":"{now}","recipient":{{"deliveryAddress":{{{leaf}}}}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}"#,
            time_of(0)
        );
        order(1, "Juniper Fernsby", &rest).1
    };
    let tokens = |home: &Home, document: &str| {
        let request = bailee_vault::collect::Request { tokenise: true, ..Default::default() };
        home.collect_with(document, request).unwrap().1.remove(0)
    };
    let home = Home::open(directory, &now).unwrap();
    let since = tokens(&home, &with(r#""city":"Lost Town""#));
    let token = since["recipient"]["deliveryAddress"]["city"].as_str().unwrap().to_owned();
    assert!(home.reveal_token(&token).is_ok());
    drop(home);
    let (store, _) = keeper.open(&made, &directory.join("opened"));
    let (home, ..) = restore(directory, &store, &made, &now);
    tokens(&home, &with(r#""addressLine1":"1 Other Street""#));
    assert_eq!(value(&home.reveal(&kept), "recipient.deliveryAddress.addressLine1"), Some("1 Other Street"));
    let resolved = home.vault.resolve(&[Wanted::Token(token)], home.now()).unwrap().remove(0);
    assert!(!matches!(resolved, Resolved::Held(held) if !held.fields.is_empty()), "it stands for nothing");
}

/// 2.5.b.
#[test]
fn a_backup_of_production_opens_in_no_test_home() {
    let (real, trial) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (real, trial) = (real.path(), trial.path());
    let home = Home::in_production(real, &time_of(0));
    let keeper = Keeper::of(real);
    home.collect(&unshipped(1, "Juniper Fernsby", &time_of(0)).1);
    let made = keeper.back_up(&home).unwrap();
    drop(home);
    drop(Home::new(trial, &time_of(0)));
    let (store, signed_by) = keeper.open(&made, &trial.join("opened"));
    assert!(signed_by.starts_with("bailee/"), "{signed_by}");
    assert!(Home::open_store(trial, &time_of(0), &store).is_err());
    // Nor does it by its own keys, where they are said to be a test home's.
    std::fs::remove_file(real.join("production")).unwrap();
    assert!(Home::open_store(real, &time_of(0), &store).is_err());
}

#[test]
fn a_place_that_is_not_listed_and_a_home_without_recipients_make_no_backup() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), &time_of(0));
    let mut keeper = Keeper::of(directory.path());
    let other = directory.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let refused = |keeper: &Keeper, to: &Path| {
        let asked = home.vault.back_up(home.act(authorized::Administer), &keeper.backups, to, &mut |_, _| {});
        asked.unwrap_err().code()
    };
    assert_eq!(refused(&keeper, &other), "backup-place-not-listed");
    keeper.backups.recipients.clear();
    assert_eq!(refused(&keeper, &keeper.place), "backup-without-recipients");
    assert!(keeper.kept().is_empty());
}

#[test]
fn what_cannot_be_written_leaves_nothing_and_what_a_kill_left_goes() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), &time_of(0));
    let keeper = Keeper::of(directory.path());
    // The copy of the store, and the event.
    for writes in [0, 1] {
        home.writes_left(writes);
        assert!(keeper.back_up(&home).is_err());
        assert!(keeper.kept().is_empty() && !directory.path().join("backup.tmp").exists());
    }
    home.heal();
    let made = keeper.back_up(&home).unwrap();
    let name = made.file.file_name().unwrap().to_str().unwrap().to_owned();
    let half = keeper.place.join(format!(".{name}.part"));
    std::fs::write(&half, "half").unwrap();
    std::fs::write(directory.path().join("backup.tmp"), "half").unwrap();
    let others = keeper.place.join(".bailee-00000000-x.backup.part");
    std::fs::write(&others, "of another home").unwrap();
    keeper.back_up(&home).unwrap();
    assert!(!half.exists() && others.exists());
    assert_eq!(keeper.kept().len(), 3);
}

#[test]
fn a_home_is_backed_up_while_it_is_written_to() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), &time_of(0));
    let keeper = Keeper::of(directory.path());
    let (_, document) = unshipped(1, "Juniper Fernsby", &time_of(0));
    let made = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for number in 0..30 {
                home.collect(&unshipped(number, "Marlow Quist", &time_of(0)).1);
            }
        });
        let made: Vec<Made> = (0..3).map(|_| keeper.back_up(&home).unwrap()).collect();
        writing.join().unwrap();
        made
    });
    home.collect(&document);
    drop(home);
    for (at, made) in made.iter().enumerate() {
        let (store, signed_by) = keeper.open(made, &directory.path().join(format!("opened-{at}")));
        let copy = Copy::open(&store).unwrap();
        copy.check().unwrap();
        verify(&copy.ledger().unwrap(), &signed_by, &[]).unwrap();
    }
}

/// Facts and details that ended since are not there any more either.
#[test]
fn facts_whose_month_ended_since_the_backup_do_not_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (keeper, made, kept, _) = backed_up(directory);
    let months: Timestamp = time_of(0).parse().unwrap();
    let later = Month::of(months).plus(19).start().to_string();
    let home = Home::open(directory, &later).unwrap();
    home.run_retention().unwrap();
    drop(home);
    let (store, _) = keeper.open(&made, &directory.join("opened"));
    let (home, _, replayed) = restore(directory, &store, &made, &later);
    assert_eq!(replayed.facts, 1, "{replayed:?}");
    assert!(matches!(home.resolve(&kept), Resolved::Gone(_)));
}
