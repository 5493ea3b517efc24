//! Opened by the stock tool, with the private key alone.

use std::path::Path;
use std::process::{Command, Output};

use super::*;
use crate::random::SystemEntropy;

/// A key of the least size that is taken: it is made quickly.
fn key() -> OfflineKey {
    OfflineKey::of_size(KeySize::Rsa3072).unwrap()
}

fn openssl(words: &[&str], place: &Path) -> Output {
    Command::new("openssl").args(words).current_dir(place).output().unwrap()
}

/// What the stock tool gives out of `archive`, and whether it was content.
fn opened(place: &Path, archive: &[u8], key: &str) -> (bool, Vec<u8>) {
    std::fs::write(place.join("archive.cms"), archive).unwrap();
    let out = place.join("opened");
    let _ = std::fs::remove_file(&out);
    let words =
        ["cms", "-decrypt", "-text", "-inform", "DER", "-in", "archive.cms", "-inkey", key, "-out", "opened"];
    let ran = openssl(&words, place);
    (ran.status.success(), std::fs::read(out).unwrap_or_default())
}

#[test]
fn the_stock_tool_opens_it_with_the_private_key_alone() {
    let (place, key) = (tempfile::tempdir().unwrap(), key());
    std::fs::write(place.path().join("key.pem"), &*key.private_pem).unwrap();
    for content in [Vec::new(), b"one line\n".to_vec(), (0..=255).cycle().take(300_000).collect::<Vec<u8>>()]
    {
        let sealed = key.public.seal(&Sensitive::new(content.clone()), &SystemEntropy).unwrap();
        assert_eq!(opened(place.path(), &sealed, "key.pem"), (true, content));
    }
}

#[test]
fn a_changed_byte_anywhere_is_refused_and_nothing_comes_out() {
    let (place, key) = (tempfile::tempdir().unwrap(), key());
    std::fs::write(place.path().join("key.pem"), &*key.private_pem).unwrap();
    let content = b"Wilma Larkspur lives in Fliederweg 3".to_vec();
    let sealed = key.public.seal(&Sensitive::new(content), &SystemEntropy).unwrap();
    // Every place of structure, and of the long fields some. An identifier of the recipient that names nobody is passed over by
    // a tool that is given the key itself, and so is what it does not read: then the content is as it was.
    let step = |at: &usize| *at < 140 || *at + 140 > sealed.len() || at.is_multiple_of(23);
    for at in (0..sealed.len()).filter(step) {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        let (fine, out) = opened(place.path(), &changed, "key.pem");
        assert_eq!(fine, !out.is_empty(), "byte {at}");
        assert!(!fine || out == b"Wilma Larkspur lives in Fliederweg 3", "byte {at}");
        let tail = sealed.len() - 18 - MIME_HEADER.len() - 36;
        assert!(at < tail || !fine, "byte {at} of the content or its tag");
    }
    for cut in [1, 16, 17, sealed.len() / 2] {
        let (fine, out) = opened(place.path(), &sealed[..sealed.len() - cut], "key.pem");
        assert!(!fine && out.is_empty(), "{cut} bytes less");
    }
}

#[test]
fn another_key_opens_nothing() {
    let (place, key, other) = (tempfile::tempdir().unwrap(), key(), key());
    std::fs::write(place.path().join("other.pem"), &*other.private_pem).unwrap();
    let sealed = key.public.seal(&Sensitive::new(b"Wilma".to_vec()), &SystemEntropy).unwrap();
    assert_eq!(opened(place.path(), &sealed, "other.pem"), (false, Vec::new()));
}

#[test]
fn it_says_what_it_is_to_the_stock_tool() {
    let (place, key) = (tempfile::tempdir().unwrap(), key());
    let sealed = key.public.seal(&Sensitive::new(b"Wilma".to_vec()), &SystemEntropy).unwrap();
    std::fs::write(place.path().join("archive.cms"), &sealed).unwrap();
    let ran = openssl(&["asn1parse", "-inform", "DER", "-in", "archive.cms"], place.path());
    let said = String::from_utf8(ran.stdout).unwrap();
    for name in ["id-smime-ct-authEnvelopedData", ":rsaesOaep", ":sha256", ":mgf1", ":aes-256-gcm"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    // The same text twice is other bytes.
    assert!(key.public.seal(&Sensitive::new(b"Wilma".to_vec()), &SystemEntropy).unwrap() != sealed);
}

#[test]
fn the_fingerprint_is_that_of_the_stock_tool() {
    let (place, key) = (tempfile::tempdir().unwrap(), key());
    std::fs::write(place.path().join("key.pem"), &*key.private_pem).unwrap();
    let ran = openssl(&["pkey", "-in", "key.pem", "-pubout", "-outform", "DER"], place.path());
    assert_eq!(ran.stdout, key.public.der());
    let pem = openssl(&["pkey", "-in", "key.pem", "-pubout"], place.path()).stdout;
    let read = Recipient::from_pem(&String::from_utf8(pem).unwrap()).unwrap();
    assert_eq!(read.fingerprint(), key.public.fingerprint());
    assert_eq!(read.fingerprint().len(), 64);
}

#[test]
fn nothing_but_a_public_key_of_the_right_size_is_taken() {
    let place = tempfile::tempdir().unwrap();
    let check = |text: &str, error: ArchiveError| assert_eq!(Recipient::from_pem(text).err(), Some(error));
    check("", ArchiveError::NotAKey);
    check("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", ArchiveError::NotAKey);
    check(&key().private_pem, ArchiveError::NotAKey);
    check(&" ".repeat(PEM_BYTES_MAX + 1), ArchiveError::NotAKey);
    for (bits, error) in
        [("2048", ArchiveError::Size), ("3064", ArchiveError::Size), ("4104", ArchiveError::Size)]
    {
        let size = format!("rsa_keygen_bits:{bits}");
        openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", &size, "-out", "key.pem"], place.path());
        let pem = openssl(&["pkey", "-in", "key.pem", "-pubout"], place.path()).stdout;
        check(&String::from_utf8(pem).unwrap(), error);
    }
    openssl(&["genpkey", "-algorithm", "ED25519", "-out", "key.pem"], place.path());
    let pem = openssl(&["pkey", "-in", "key.pem", "-pubout"], place.path()).stdout;
    check(&String::from_utf8(pem).unwrap(), ArchiveError::NotAKey);
}

#[test]
fn an_archive_has_its_most() {
    let key = key();
    let over = Sensitive::new(vec![0; CONTENT_BYTES_MAX + 1]);
    assert_eq!(key.public.seal(&over, &SystemEntropy), Err(ArchiveError::TooLong));
    let most = Sensitive::new(vec![0; CONTENT_BYTES_MAX]);
    assert!(key.public.seal(&most, &SystemEntropy).is_ok());
}

/// What the stock tool gives out under a passphrase, and whether it was content.
fn opened_under(place: &Path, sealed: &[u8], passphrase: &str) -> (bool, Vec<u8>) {
    std::fs::write(place.join("answer.cms"), sealed).unwrap();
    let out = place.join("answered");
    let _ = std::fs::remove_file(&out);
    let words = ["cms", "-decrypt", "-text", "-inform", "DER", "-in", "answer.cms", "-pwri_password"];
    let ran = openssl(&[&words[..], &[passphrase, "-out", "answered"]].concat(), place);
    (ran.status.success(), std::fs::read(out).unwrap_or_default())
}

#[test]
fn the_stock_tool_opens_it_with_the_passphrase_alone() {
    let place = tempfile::tempdir().unwrap();
    let (passphrase, other) = (Passphrase::random(&SystemEntropy), Passphrase::random(&SystemEntropy));
    assert!(passphrase.expose() != other.expose());
    for content in [Vec::new(), (0..=255).cycle().take(300_000).collect::<Vec<u8>>()] {
        let sealed =
            seal_under_passphrase(&Sensitive::new(content.clone()), &passphrase, &SystemEntropy).unwrap();
        assert_eq!(opened_under(place.path(), &sealed, passphrase.expose()), (true, content));
        assert_eq!(opened_under(place.path(), &sealed, other.expose()), (false, Vec::new()));
    }
}

#[test]
fn a_changed_byte_of_what_a_passphrase_opens_is_refused_and_nothing_comes_out() {
    let place = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::random(&SystemEntropy);
    let content = b"Wilma Larkspur lives in Fliederweg 3";
    let sealed =
        seal_under_passphrase(&Sensitive::new(content.to_vec()), &passphrase, &SystemEntropy).unwrap();
    let tail = sealed.len() - 18 - MIME_HEADER.len() - content.len();
    for at in (0..sealed.len()).filter(|at| at.is_multiple_of(11) || *at + 12 > sealed.len()) {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        let (fine, out) = opened_under(place.path(), &changed, passphrase.expose());
        assert_eq!(fine, !out.is_empty(), "byte {at}");
        // What is filled up is not looked at; then the content is as it was.
        assert!(!fine || (out == content && at < tail), "byte {at}");
    }
}

#[test]
fn a_passphrase_is_of_letters_and_digits_that_nobody_takes_for_one_another() {
    for _ in 0..50 {
        let passphrase = Passphrase::random(&SystemEntropy);
        let groups: Vec<&str> = passphrase.expose().split('-').collect();
        assert!(groups.len() == PASSPHRASE_CHARACTERS / 5 && groups.iter().all(|group| group.len() == 5));
        assert!(
            groups.concat().bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"ILOUilou".contains(&byte))
        );
    }
}
