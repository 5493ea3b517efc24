//! What a law obliges to keep is sealed whole or not at all, delays nothing, and opens by nothing that the home has.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    reason = "tests may fail loudly"
)]

mod common;

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use bailee_core::archive::Plan;
use bailee_core::path::FieldSelector;
use bailee_core::{Purpose, RecordId};
use bailee_crypto::archive::{MIME_HEADER, OfflineKey};
use bailee_ledger::authorized;
use bailee_vault::VaultError;
use bailee_vault::archive::{Archive, ArchiveError, Draft, How, LABEL_CHARACTERS_MAX};
use bailee_vault::reveal::Resolved;
use common::{Home, seller};
use data_encoding::BASE64;

const NOW: &str = "2026-03-02T10:00:00Z";
const FIELD: &str = "buyer.buyerName";

fn order(number: u32, status: &str) -> String {
    format!(
        r#"{{"orderId":"250-1234567-{number:07}","createdTime":"2026-03-01T10:00:00Z","lastUpdatedTime":"2026-03-01T11:00:00Z","buyer":{{"buyerName":"Quirina Zettelmann {number}"}},"fulfillment":{{"fulfillmentStatus":"{status}"}}}}"#
    )
}

fn reference(number: u32) -> String {
    format!("250-1234567-{number:07}")
}

/// A home with a key for 2036, and that key.
fn home(directory: &Path) -> (Home, OfflineKey) {
    let home = Home::new(directory, NOW);
    let key = OfflineKey::generate().unwrap();
    let pem = key.public.pem().unwrap();
    home.vault.add_archive_key(home.act(authorized::Administer), &pem, 2036).unwrap();
    (home, key)
}

fn plan(home: &Home) -> Plan {
    let key = home.vault.archive_key_of(2036).unwrap();
    Plan {
        seller: seller(),
        records: Vec::new(),
        day: None,
        fields: vec![FIELD.to_owned()],
        purpose: Purpose::Invoice,
        statute: "DE-USTG-14b".parse().unwrap(),
        until: "2036-12-31".parse().unwrap(),
        key: key.id,
        fingerprint: key.fingerprint,
    }
}

fn record(home: &Home, number: u32) -> RecordId {
    match home.resolve(&reference(number)) {
        Resolved::Held(held) => held.record,
        _ => panic!("{number} is held"),
    }
}

/// Gathers and seals as the gate and the face do.
fn make(home: &Home, id: u8, records: &[RecordId]) -> Result<Archive, VaultError> {
    let field: FieldSelector = FIELD.parse().unwrap();
    let mut draft = Draft::new();
    for resolved in home.vault.resolve_records(&seller(), records, Some(&[field]), home.now())? {
        let Resolved::Held(held) = resolved else {
            draft.leave_out(1);
            continue;
        };
        let pairs = vec![(held.record, held.fields.iter().map(|field| field.instance).collect())];
        draft.take(home.try_reveal(authorized::Reveal { purpose: Purpose::Invoice, pairs }, &held)?)?;
    }
    home.vault.file_archive(home.act(authorized::Archive), RecordId([id; 16]), &plan(home), draft, None)
}

fn archives(home: &Home) -> Vec<Archive> {
    home.vault.archives(&home.act(authorized::ReadRetention)).unwrap()
}

fn code(result: Result<impl Sized, VaultError>) -> &'static str {
    result.err().unwrap().code()
}

#[test]
fn an_archive_is_there_with_its_file_and_its_event_or_not_at_all() {
    for writes in 0..4 {
        let directory = tempfile::tempdir().unwrap();
        let (home, _) = home(directory.path());
        home.collect(&order(1, "UNSHIPPED"));
        let records = [record(&home, 1)];
        home.writes_left(writes);
        let made = make(&home, 1, &records).is_ok();
        // One write tells of the reveal, one is the archive.
        assert_eq!(made, writes >= 2, "{writes} writes");
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        assert_eq!(archives(&home).len(), usize::from(made), "{writes} writes");
        let events = home.ledger_text();
        assert_eq!(events.contains("\"step\":\"made\""), made);
        let fetched = home.vault.fetch_archive(home.act(authorized::Administer), RecordId([1; 16]));
        assert_eq!(fetched.is_ok(), made);
        assert!(!events.contains("Quirina") && !events.contains(&reference(1)));
        home.verify_ledger();
    }
}

#[test]
fn a_failed_archive_never_delays_disposal() {
    let directory = tempfile::tempdir().unwrap();
    let (home, _) = home(directory.path());
    home.collect(&order(1, "CANCELLED"));
    let records = [record(&home, 1)];
    home.writes_left(1);
    assert_eq!(code(make(&home, 1, &records)), "store");
    home.vault.archive_failed(&home.context(), RecordId([1; 16]), "disk-full");
    home.heal();
    home.vault.archive_failed(&home.context(), RecordId([2; 16]), "disk-full");
    assert_eq!(home.ledger_text().matches("\"step\":\"failed\"").count(), 2, "it is told once it can be");
    let home = home.at("2026-03-05T10:00:00Z");
    assert_eq!(home.run_retention().unwrap().disposed, 1);
    assert_eq!(code(make(&home, 3, &records)), "not-found", "nothing of it is left to be archived");
}

#[test]
fn an_archive_extends_nothing_and_outlives_the_data() {
    let directory = tempfile::tempdir().unwrap();
    let (home, key) = home(directory.path());
    home.collect(&order(1, "CANCELLED"));
    let records = [record(&home, 1)];
    let archive = make(&home, 1, &records).unwrap();
    assert_eq!((archive.records, archive.values, archive.left_out), (1, 1, 0));
    let home = home.at("2026-03-05T10:00:00Z");
    assert_eq!(home.run_retention().unwrap().disposed, 1);
    assert_eq!(home.gone(&reference(1)).state, "disposed");
    let file = home.vault.fetch_archive(home.act(authorized::Administer), archive.id).unwrap().file;
    let (wrapped, sealed) = pieces(&file);
    let opened = open(&unwrap(&key, wrapped), sealed).unwrap();
    assert!(String::from_utf8_lossy(&opened).contains("Quirina Zettelmann 1"));
}

/// The wrapped key and the sealed content of an archive, which is all that whoever opens it needs of it.
fn pieces(file: &[u8]) -> (&[u8], &[u8]) {
    // An OCTET STRING of 512 bytes, and one [0] that ends where the tag (2 + 16 bytes) begins.
    let wrapped = file.windows(4).position(|window| window == [0x04, 0x82, 0x02, 0x00]).unwrap() + 4;
    let fits = |at: &usize| {
        let length = usize::from(file[at + 2]) << 8 | usize::from(file[at + 3]);
        file[*at..].starts_with(&[0x80, 0x82]) && at + 4 + length + 18 == file.len()
    };
    let sealed = (0..file.len() - 4).find(fits).unwrap() + 4;
    (&file[wrapped..wrapped + 512], &file[sealed..])
}

fn unwrap(key: &OfflineKey, wrapped: &[u8]) -> Vec<u8> {
    let base64: String = key.private_pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = PrivateDecryptingKey::from_pkcs8(&BASE64.decode(base64.as_bytes()).unwrap()).unwrap();
    let key = OaepPrivateDecryptingKey::new(key).unwrap();
    let mut out = vec![0; 512];
    key.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut out, None).unwrap().to_vec()
}

/// Content, then two bytes of structure, then the tag.
fn open(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (content, tag) = sealed.split_at(sealed.len() - 18);
    let mut text = [content, &tag[2..]].concat();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let length = key.open_in_place(nonce, Aad::empty(), &mut text).ok()?.len();
    text.truncate(length);
    text.starts_with(MIME_HEADER).then_some(text)
}

#[test]
fn nothing_that_the_home_keeps_is_a_key_to_an_archive() {
    let directory = tempfile::tempdir().unwrap();
    let (home, key) = home(directory.path());
    home.collect(&order(1, "UNSHIPPED"));
    let archive = make(&home, 1, &[record(&home, 1)]).unwrap();
    let file = home.vault.fetch_archive(home.act(authorized::Administer), archive.id).unwrap().file;
    let (wrapped, sealed) = pieces(&file);
    let content_key = unwrap(&key, wrapped);
    assert!(open(&content_key, sealed).is_some(), "and so would it be seen");
    assert!(!home.files_hold(&content_key) && !home.files_hold(b"PRIVATE KEY"));
    let seed = home.keyring.lasting().ledger_seed();
    assert!(open(seed.as_slice(), sealed).is_none());
    drop(home);
    // The root key, the keyring with its mirrors, and whatever else lies in a file of a moderate size, at every place of it.
    let mut files = Vec::new();
    every_file(directory.path(), &mut files);
    let small = files.iter().filter(|bytes| bytes.len() <= 64 * 1024);
    for bytes in small {
        for window in bytes.windows(32) {
            assert!(open(window, sealed).is_none());
        }
    }
}

fn every_file(directory: &Path, files: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { every_file(&path, files) } else { files.push(std::fs::read(path).unwrap()) }
    }
}

#[test]
fn of_a_day_those_are_found_whose_data_ends_then() {
    let directory = tempfile::tempdir().unwrap();
    let (home, _) = home(directory.path());
    home.collect(&[order(1, "CANCELLED"), order(2, "UNSHIPPED"), order(3, "CANCELLED")].join("\n"));
    let mut cancelled = [record(&home, 1), record(&home, 3)];
    cancelled.sort();
    let mut found = home.vault.records_ending(&seller(), "2026-03-06".parse().unwrap()).unwrap();
    found.sort();
    assert_eq!(found, cancelled);
    assert!(home.vault.records_ending(&seller(), "2026-03-07".parse().unwrap()).unwrap().is_empty());
    let archive = make(&home, 1, &found).unwrap();
    assert_eq!(archive.records, 2);
}

#[test]
fn where_it_lies_is_said_and_the_homes_copy_goes() {
    let directory = tempfile::tempdir().unwrap();
    let (home, _) = home(directory.path());
    home.collect(&order(1, "UNSHIPPED"));
    let records = [record(&home, 1)];
    let (first, second) = (make(&home, 1, &records).unwrap().id, make(&home, 2, &records).unwrap().id);
    let place = |id, words: &str| home.vault.place_archive(home.act(authorized::Administer), id, words);
    let most = "ß".repeat(LABEL_CHARACTERS_MAX);
    for bad in ["", "  ", "a\nb", &format!("{most}x")] {
        assert_eq!(code(place(first, bad)), "unacceptable", "{bad:?}");
    }
    assert_eq!(code(place(first, &most)), "archive-not-fetched", "it is the only copy");
    assert_eq!(archives(&home)[0].state(), "here");
    home.vault.fetch_archive(home.act(authorized::Administer), first).unwrap();
    assert_eq!(place(first, &most).unwrap().state(), "placed");
    assert!(place(first, "safe 3").is_ok(), "it moves again");
    assert_eq!(code(home.vault.fetch_archive(home.act(authorized::Administer), first)), "archive-away");
    assert_eq!(code(place(RecordId([9; 16]), "safe")), "not-found");

    // With the key every archive under it ends.
    let key = plan(&home).key;
    let destroy =
        || home.vault.archive_key_destroyed(home.act(authorized::Administer), key, How::Burned, None);
    destroy().unwrap();
    assert_eq!(code(destroy()), "archive-destroyed");
    assert!(archives(&home).iter().all(|one| one.state() == "destroyed"));
    assert_eq!(code(home.vault.fetch_archive(home.act(authorized::Administer), second)), "archive-away");
    assert!(matches!(home.vault.archive_key_of(2036), Err(VaultError::Archive(ArchiveError::NoKey(2036)))));
    let text = home.ledger_text();
    assert!(!text.contains("safe 3") && !home.files_hold(b"safe 3"));
    let made = OfflineKey::generate().unwrap().public.pem().unwrap();
    assert!(
        home.vault.add_archive_key(home.act(authorized::Administer), &made, 2036).is_ok(),
        "the next one"
    );
}
