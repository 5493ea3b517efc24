use std::io::{Cursor, Read, Write};

use bailee_core::Entropy;

use super::*;
use crate::fixed::Fixed;
use crate::random::SystemEntropy;

fn about() -> About {
    About {
        binding: Binding { home: HomeId([3; 16]), environment: Environment::Production },
        backup: RecordId([9; 16]),
        made_at: "2031-05-01T09:30:00.25Z".parse().unwrap(),
    }
}

fn sealed(content: &[u8], recipients: &[Recipient]) -> (Vec<u8>, Written) {
    let mut sealer = Sealer::begin(Vec::new(), &about(), recipients, &SystemEntropy).unwrap();
    sealer.write_all(content).unwrap();
    sealer.finish().unwrap()
}

fn opened(file: &[u8], key: &BackupKey) -> Result<Vec<u8>, BackupError> {
    let (told, mut opener) = Opener::open(Cursor::new(file), key)?;
    assert_eq!(told, about());
    let mut content = Vec::new();
    opener.read_to_end(&mut content)?;
    Ok(content)
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

#[test]
fn what_was_sealed_opens_for_each_recipient_at_any_length() {
    let keys: Vec<BackupKey> = (0..3).map(|_| BackupKey::random(&SystemEntropy)).collect();
    let recipients: Vec<Recipient> = keys.iter().map(|key| key.recipient().unwrap()).collect();
    for bytes in [0, 1, 15, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 200_000] {
        let (file, written) = sealed(&content(bytes), &recipients);
        assert_eq!((file.len() as u64, sha256(&file)), (written.bytes, written.digest));
        written.read_back(&*file).unwrap();
        for key in &keys {
            assert!(opened(&file, key).unwrap() == content(bytes), "{bytes}");
        }
        let other = BackupKey::random(&SystemEntropy);
        assert_eq!(opened(&file, &other), Err(BackupError::OtherKey));
    }
}

#[test]
fn every_changed_bit_missing_or_added_byte_and_moved_chunk_is_found() {
    let key = BackupKey::random(&SystemEntropy);
    let (file, written) = sealed(&content(2 * CHUNK_BYTES + 100), &[key.recipient().unwrap()]);
    let refused = |changed: &[u8], what: &str| {
        assert!(opened(changed, &key).is_err(), "{what}");
        assert!(written.read_back(changed).is_err(), "{what}");
    };
    let head = START_BYTES + RECIPIENT_BYTES;
    let chunk = CHUNK_BYTES + 16;
    let places = (0..head + 64).chain([head + chunk - 1, head + chunk, head + 2 * chunk, file.len() - 1]);
    for place in places {
        let mut changed = file.clone();
        changed[place] ^= 1 << (place % 8);
        refused(&changed, &format!("bit at {place}"));
        // Behind the first 58 bytes, which say of what it is a backup, the key tells that it was changed.
        let is_known = place < START_BYTES || opened(&changed, &key) == Err(BackupError::Changed);
        assert!(is_known, "bit at {place} is taken for another key's");
    }
    for length in (0..head + 20).chain([head + chunk, head + chunk + 1, head + 2 * chunk, file.len() - 1]) {
        refused(&file[..length], &format!("cut at {length}"));
    }
    refused(&[&file[..], &[0]].concat(), "a byte more");
    let swapped = [
        &file[..head],
        &file[head + chunk..head + 2 * chunk],
        &file[head..head + chunk],
        &file[head + 2 * chunk..],
    ];
    refused(&swapped.concat(), "two chunks changed places");
    let left_out = [&file[..head], &file[head + chunk..]].concat();
    refused(&left_out, "a chunk left out");
}

#[test]
fn nothing_of_a_chunk_is_given_out_before_it_is_known_to_be_whole() {
    let key = BackupKey::random(&SystemEntropy);
    let (mut file, _) = sealed(&content(2 * CHUNK_BYTES), &[key.recipient().unwrap()]);
    let end = file.len() - 1;
    file[end] ^= 1;
    let (_, mut opener) = Opener::open(Cursor::new(file), &key).unwrap();
    let mut got = Vec::new();
    let error = opener.read_to_end(&mut got).unwrap_err();
    assert_eq!(BackupError::from(error), BackupError::Changed);
    assert!(got == content(2 * CHUNK_BYTES)[..CHUNK_BYTES]);
}

#[test]
fn a_backup_has_as_many_recipients_as_a_head_holds_and_one_at_least() {
    let recipient = BackupKey::random(&SystemEntropy).recipient().unwrap();
    let begun =
        |count: usize| Sealer::begin(Vec::new(), &about(), &vec![recipient; count], &SystemEntropy).map(drop);
    assert_eq!(begun(0), Err(BackupError::Recipients));
    assert_eq!(begun(RECIPIENTS_MAX), Ok(()));
    assert_eq!(begun(RECIPIENTS_MAX + 1), Err(BackupError::Recipients));
}

#[test]
fn a_key_is_read_as_it_is_written_on_paper_and_a_typing_error_is_told() {
    let key = BackupKey::random(&SystemEntropy);
    let public = key.recipient().unwrap();
    assert_eq!(public.to_string().parse(), Ok(public));
    let paper = key.grouped();
    assert_eq!(paper.split(' ').count(), 14);
    let texts = [
        key.file().to_string(),
        paper.to_string(),
        paper.to_uppercase(),
        paper.replace(' ', "-"),
        paper.replacen(' ', "\n", 3),
        format!("bailee backup key 1\n{}\n", *paper),
    ];
    for text in texts {
        assert_eq!(BackupKey::parse(&text).unwrap().recipient(), Ok(public));
    }
    let letters: Vec<char> = paper.chars().collect();
    for place in 0..letters.len() {
        let mut typed = letters.clone();
        typed[place] = if typed[place] == 'a' { 'b' } else { 'a' };
        let typed: String = typed.into_iter().collect();
        assert!(BackupKey::parse(&typed).is_err_and(|error| error == BackupError::NotAKey), "{place}");
    }
    for wrong in ["", "bkp_", "bks_aaaa", &public.to_string(), &"a".repeat(key::KEY_FILE_BYTES_MAX + 1)] {
        assert!(BackupKey::parse(wrong).is_err(), "{wrong}");
        assert!(wrong.len() > 50 || wrong.parse::<Recipient>().is_err());
    }
    assert_eq!(
        key.file().trim_end().rsplit('\n').next().unwrap().parse::<Recipient>(),
        Err(BackupError::NotARecipient)
    );
}

#[test]
fn a_public_half_by_which_everything_would_be_the_same_is_refused() {
    let (key, nothing) = (BackupKey::random(&SystemEntropy), Recipient([0; 32]));
    assert!(key.agree(&nothing).is_err());
    assert!(Sealer::begin(Vec::new(), &about(), &[nothing], &SystemEntropy).is_err());
}

/// RFC 7748, 6.1.
#[test]
fn the_agreement_is_that_of_rfc_7748() {
    let bytes = |hex: &str| -> [u8; 32] {
        data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    };
    struct Given([u8; 32]);
    impl Entropy for Given {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0);
        }
    }
    let bob =
        BackupKey::random(&Given(bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")));
    let alice = Recipient(bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
    let public = bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    assert_eq!(bob.recipient().unwrap().0, public);
    let shared = bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_eq!(*bob.agree(&alice).unwrap().bytes(), shared);
}

#[test]
fn a_disk_that_is_full_at_any_byte_is_told() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.min(bytes.len()) {
                0 => Err(io::ErrorKind::StorageFull.into()),
                count => {
                    self.0 -= count;
                    Ok(count)
                }
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let recipient = BackupKey::random(&SystemEntropy).recipient().unwrap();
    let whole = content(2 * CHUNK_BYTES + 10);
    let bytes = sealed(&whole, &[recipient]).0.len();
    let written = |room: usize| -> Result<(), BackupError> {
        let mut sealer = Sealer::begin(Full(room), &about(), &[recipient], &SystemEntropy)?;
        sealer.write_all(&whole)?;
        sealer.finish().map(drop)
    };
    for room in [0, 1, START_BYTES, START_BYTES + RECIPIENT_BYTES, CHUNK_BYTES, CHUNK_BYTES + 500, bytes - 1]
    {
        assert_eq!(written(room), Err(BackupError::File(io::ErrorKind::StorageFull)), "{room}");
    }
    assert_eq!(written(bytes), Ok(()));
}

const VECTOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/vectors/backup.json");

#[test]
fn the_bytes_are_those_of_the_vector() {
    let entropy = Fixed::new(53);
    let key = BackupKey::random(&entropy);
    let recipient = key.recipient().unwrap();
    let mut sealer = Sealer::begin(Vec::new(), &about(), &[recipient], &entropy).unwrap();
    sealer.write_all(b"what a backup holds").unwrap();
    let (file, _) = sealer.finish().unwrap();
    let made = serde_json::json!({
        "about": "Test vector of docs/formats/backup.md; `file` and `content` are base64.",
        "key_file": *key.file(),
        "on_paper": *key.grouped(),
        "recipient": recipient.to_string(),
        "recipient_id": recipient.id().to_string(),
        "home": about().binding.home.to_string(),
        "environment": about().binding.environment.as_str(),
        "backup": about().backup.to_string(),
        "made_at": about().made_at.to_string(),
        "content": data_encoding::BASE64.encode(b"what a backup holds"),
        "file": data_encoding::BASE64.encode(&file),
    });
    let made = format!("{made:#}\n");
    if std::env::var_os("BAILEE_UPDATE_VECTORS").is_some() {
        std::fs::write(VECTOR, &made).unwrap();
    }
    let kept = std::fs::read_to_string(VECTOR).unwrap();
    assert!(made == kept, "the format has changed: backups that were made would no longer open");
    assert_eq!(opened(&file, &key).unwrap(), b"what a backup holds");
}
