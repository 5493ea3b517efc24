use std::fs;
use std::path::Path;

use super::*;
use crate::testing::{MemoryLog, sample, signer};

fn key() -> String {
    signer().verifier_key()
}

fn check(log: &MemoryLog) -> Result<Verified, VerifyError> {
    verify(log, &key(), &[])
}

fn exported(size: u64) -> (tempfile::TempDir, MemoryLog) {
    let directory = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(size);
    log.export(directory.path());
    (directory, log)
}

fn check_directory(directory: &Path) -> Result<Verified, VerifyError> {
    verify_directory(directory, Some(&key()), &[])
}

/// Writes a file anew: to cut and write an existing one would wait for the disk each time.
fn put(path: &Path, content: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, content).unwrap();
}

#[test]
fn a_whole_log_verifies() {
    for size in [0, 1, 2, 255, 256, 257, 700, 66_000] {
        let log = MemoryLog::of(size);
        let verified = check(&log).unwrap();
        let root = HEXLOWER.encode(&log.tree.root());
        assert_eq!(verified, Verified { size, root, checkpoint_ok: true, events_checked: size });
    }
    for size in [0, 1, 257, 700] {
        let (directory, log) = exported(size);
        assert_eq!(check_directory(directory.path()), check(&log));
        assert_eq!(
            verify_directory(directory.path(), None, std::slice::from_ref(&log.checkpoint)),
            check(&log)
        );
    }
}

#[test]
fn a_log_that_goes_on_while_it_is_verified_is_whole() {
    let mut log = MemoryLog::of(300);
    let checkpoint = log.checkpoint.clone();
    log.grow((300..600).map(sample));
    log.checkpoint = checkpoint;
    assert_eq!(check(&log).unwrap().size, 300);
}

#[test]
fn what_is_wrong_is_named_by_its_first_index() {
    let index = |spoil: &dyn Fn(&mut MemoryLog)| {
        let mut log = MemoryLog::of(700);
        spoil(&mut log);
        let error = check(&log).unwrap_err();
        (error.index, error.code())
    };
    let tile = |level, index| TileId { level, index };
    assert_eq!(index(&|log| log.entries[0][3] ^= 1), (Some(0), "entry-changed"));
    assert_eq!(index(&|log| log.entries[255][3] ^= 1), (Some(255), "entry-changed"));
    assert_eq!(index(&|log| log.entries.swap(300, 301)), (Some(300), "entry-changed"));
    assert_eq!(index(&|log| drop(log.entries.remove(400))), (Some(400), "entry-changed"));
    assert_eq!(index(&|log| log.entries.insert(400, sample(1))), (Some(400), "entry-changed"));
    assert_eq!(index(&|log| drop(log.entries.pop())), (Some(699), "entry-missing"));
    assert_eq!(
        index(&|log| log.tiles.get_mut(&tile(0, 1)).unwrap()[32 * 5] ^= 1),
        (Some(261), "entry-changed")
    );
    assert_eq!(index(&|log| log.tiles.get_mut(&tile(1, 0)).unwrap()[32] ^= 1), (Some(256), "tile-changed"));
    assert_eq!(index(&|log| drop(log.tiles.remove(&tile(0, 2)))), (Some(512), "unreadable"));
    // A hash above the leaves is at fault before an entry further on is.
    let both = |log: &mut MemoryLog| {
        log.tiles.get_mut(&tile(1, 0)).unwrap()[0] ^= 1;
        log.entries[300][3] ^= 1;
    };
    assert_eq!(index(&both), (Some(0), "tile-changed"));
}

#[test]
fn a_rewritten_log_under_an_old_signature_is_found_from_the_last_known_checkpoint_on() {
    let original = MemoryLog::of(700);
    let mut rewritten = MemoryLog::of(450);
    rewritten.grow((450..700).map(|index| sample(index + 1)));
    rewritten.checkpoint = original.checkpoint;
    assert_eq!(check(&rewritten).unwrap_err(), VerifyError::at(0, Fault::Root));
    let known = [MemoryLog::of(100).checkpoint, MemoryLog::of(400).checkpoint];
    let error = verify(&rewritten, &key(), &known).unwrap_err();
    assert_eq!(error, VerifyError::at(400, Fault::Root));
}

#[test]
fn a_log_that_was_rolled_back_or_forked_is_found_by_what_is_known() {
    let known = [MemoryLog::of(0).checkpoint, MemoryLog::of(300).checkpoint, MemoryLog::of(500).checkpoint];
    assert!(verify(&MemoryLog::of(500), &key(), &known).is_ok());
    let error = verify(&MemoryLog::of(400), &key(), &known).unwrap_err();
    assert_eq!(error, VerifyError::at(400, Fault::RolledBack { known: 500 }));
    // Whole and rightly signed, but another log from 320 on.
    let mut forked = MemoryLog::of(320);
    forked.grow((320..700).map(|index| sample(index + 1)));
    let error = verify(&forked, &key(), &known).unwrap_err();
    assert_eq!(error, VerifyError::at(300, Fault::Forked { size: 500 }));
    // Two known checkpoints that cannot both be ancestors.
    let mut other = MemoryLog::of(100);
    other.grow((100..300).map(|index| sample(index + 1)));
    let error = verify(&MemoryLog::of(700), &key(), &[known[1].clone(), other.checkpoint]).unwrap_err();
    assert_eq!(error.code(), "forked");
    let error = verify(&MemoryLog::of(700), &key(), &["nonsense".to_owned()]).unwrap_err();
    assert_eq!(error.code(), "known-checkpoint");
}

#[test]
fn a_flipped_bit_of_any_file_is_found_and_its_index_named() {
    let (directory, log) = exported(260);
    let frame = sample(0).len();
    for (name, path) in list(directory.path()).unwrap() {
        if is_excepted(&name) {
            continue;
        }
        let original = fs::read(&path).unwrap();
        // Of the long files a sample (the small export below holds every bit), of the others one bit of every byte.
        for at in (0..original.len()).step_by(if original.len() > 1000 { 197 } else { 1 }) {
            let mut bytes = original.clone();
            bytes[at] ^= 1 << (at % 8);
            put(&path, &bytes);
            let error = check_directory(directory.path()).unwrap_err();
            if name.starts_with("tile/0/000") {
                assert_eq!(error.index, Some(at as u64 / 32), "{name}: {at}");
            } else if name == "tile/0/001.p/4" {
                assert_eq!(error.index, Some(256 + at as u64 / 32), "{name}: {at}");
            } else if name.starts_with("tile/1/") {
                assert_eq!(error.index, Some(0), "{name}: {at}");
            } else if name == "tile/entries/001.p/4" {
                let each = frame + 4;
                assert_eq!(error.index, Some(256 + (at / each) as u64), "{name}: {at}");
            } else {
                assert!(error.index.is_some() || name == "checkpoint", "{name}: {at}: {error}");
            }
        }
        put(&path, &original);
    }
    assert_eq!(check_directory(directory.path()), check(&log));
}

#[test]
fn every_flipped_bit_and_truncation_of_every_file_of_a_small_log_is_found() {
    let (directory, log) = exported(3);
    for (name, path) in list(directory.path()).unwrap() {
        let original = fs::read(&path).unwrap();
        // What is excepted may be anything: a few places show it.
        let (step, bits) = if name == export::README_FILE { (500, 1) } else { (1, 8) };
        for at in (0..original.len()).step_by(step) {
            for bit in 0..bits {
                let mut bytes = original.clone();
                bytes[at] ^= 1 << bit;
                put(&path, &bytes);
                let result = check_directory(directory.path());
                assert_eq!(result.is_ok(), is_excepted(&name), "{name}: bit {bit} of byte {at}");
                // Without a key from elsewhere the directory's own must fit.
                if path.ends_with(export::KEY_FILE) && at + 1 < original.len() {
                    assert!(verify_directory(directory.path(), None, &[]).is_err(), "bit {bit} of byte {at}");
                }
            }
            put(&path, &original[..at]);
            assert_eq!(check_directory(directory.path()).is_ok(), is_excepted(&name), "{name} cut at {at}");
        }
        put(&path, &[&original[..], b"\n"].concat());
        assert_eq!(check_directory(directory.path()).is_ok(), is_excepted(&name), "{name} with a byte more");
        fs::remove_file(&path).unwrap();
        assert_eq!(check_directory(directory.path()).is_ok(), is_excepted(&name), "{name} missing");
        put(&path, &original);
    }
    assert_eq!(check_directory(directory.path()), check(&log));
}

#[test]
fn a_file_that_does_not_belong_is_found() {
    let cases = [
        "x",
        "tile/0/001",
        "tile/README.md",
        "tile/2/000.p/1",
        "tile/entries/000",
        "checkpoint.old",
        "sub/a.pub",
    ];
    for added in cases {
        let (directory, _) = exported(3);
        let path = directory.path().join(added);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"").unwrap();
        let error = check_directory(directory.path()).unwrap_err();
        assert_eq!(error, VerifyError::of(Fault::Added(added.to_owned())));
    }
    let (directory, _) = exported(3);
    fs::write(directory.path().join("README.de.md"), b"mehr").unwrap();
    assert!(check_directory(directory.path()).is_ok());
    // Two keys: the caller must say which.
    fs::write(directory.path().join("other.pub"), key()).unwrap();
    assert!(check_directory(directory.path()).is_ok());
    assert_eq!(verify_directory(directory.path(), None, &[]).unwrap_err().code(), "no-key");
}

#[test]
fn a_link_in_the_place_of_a_file_is_found() {
    let (directory, _) = exported(3);
    std::os::unix::fs::symlink("/dev/null", directory.path().join("link")).unwrap();
    assert_eq!(check_directory(directory.path()).unwrap_err().code(), "file-added");
}

#[test]
fn another_signature_under_the_checkpoint_is_an_added_byte() {
    let (directory, log) = exported(3);
    let cosigned = format!("{}\u{2014} witness AAAAAAA=\n", log.checkpoint);
    fs::write(directory.path().join("checkpoint"), cosigned).unwrap();
    assert_eq!(check_directory(directory.path()).unwrap_err().code(), "file-changed");
}

#[test]
fn an_older_export_in_the_place_of_a_newer_is_found_by_what_is_known() {
    let (directory, _) = exported(300);
    let known = [MemoryLog::of(301).checkpoint];
    let error = verify_directory(directory.path(), Some(&key()), &known).unwrap_err();
    assert_eq!(error, VerifyError::at(300, Fault::RolledBack { known: 301 }));
    // A newer checkpoint over older files.
    fs::write(directory.path().join("checkpoint"), &known[0]).unwrap();
    assert_eq!(check_directory(directory.path()).unwrap_err().index, Some(256));
}

#[test]
fn another_key_does_not_verify() {
    let (directory, _) = exported(3);
    let home = bailee_core::HomeId([8; 16]);
    let other = crate::note::Signer::new(home, bailee_core::Environment::Test, &[9; 32]).unwrap();
    let error = verify_directory(directory.path(), Some(&other.verifier_key()), &[]).unwrap_err();
    assert_eq!(error.code(), "checkpoint-unsigned");
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let error = VerifyError::at(17, Fault::Entry);
    assert_eq!(error.to_string(), "an entry or its hash was changed, from entry 17");
    assert_eq!(VerifyError::of(Fault::NoKey).to_string().matches(", from").count(), 0);
}
