use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};

use super::*;
use crate::testing::signer;

const ROOT: Hash = [3; 32];

#[test]
fn another_implementation_verifies_our_checkpoints() {
    for extensions in [vec![], vec!["keyring 17 AAAA".to_owned(), "two".to_owned()]] {
        let note = signer().checkpoint(42, &ROOT, &extensions);
        let verifier = StandardVerifier::new(&signer().verifier_key()).unwrap();
        let theirs = Note::from_bytes(note.as_bytes()).unwrap();
        let (verified, unverified) = theirs.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        assert_eq!((verified.len(), unverified.len()), (1, 0));
        let checkpoint = tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap();
        assert_eq!((checkpoint.origin(), checkpoint.size()), (signer().origin(), 42));
        assert_eq!(checkpoint.hash().0, ROOT);
        assert_eq!(
            checkpoint.extension(),
            extensions.iter().map(|line| format!("{line}\n")).collect::<String>()
        );
    }
}

#[test]
fn we_verify_checkpoints_of_another_implementation() {
    // Their published key; signs the same text as ours would.
    let skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let text = format!("PeterNeumann\n7\n{}\n", BASE64.encode(&ROOT));
    let mut note = Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&StandardSigner::new(skey).unwrap()]).unwrap();
    let note = String::from_utf8(note.to_bytes()).unwrap();
    let checkpoint = open_checkpoint(&note, vkey).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (7, ROOT));
    // A witness's signature beside the log's is passed over, one of the log alone is not enough for the witness's key.
    let cosigned = format!("{note}{}", our_line());
    assert_eq!(open_checkpoint(&cosigned, vkey).unwrap(), checkpoint);
    assert_eq!(open_checkpoint(&note, &signer().verifier_key()), Err(NoteError::Unsigned));
    // The right key, in a note of another origin.
    assert_eq!(open_checkpoint(&cosigned, &signer().verifier_key()), Err(NoteError::Signature));
}

fn our_line() -> String {
    signer().checkpoint(1, &ROOT, &[]).rsplit_once("\n\n").unwrap().1.to_owned()
}

#[test]
fn a_checkpoint_says_what_was_signed() {
    let extensions = vec!["keyring 17 AAAA".to_owned()];
    let opened =
        open_checkpoint(&signer().checkpoint(42, &ROOT, &extensions), &signer().verifier_key()).unwrap();
    let origin = "bailee-test/07070707070707070707070707070707".to_owned();
    assert_eq!(opened, Checkpoint { origin, size: 42, root: ROOT, extensions });
    let production = Signer::new(HomeId([7; 16]), Environment::Production, &[9; 32]).unwrap();
    assert_eq!(production.origin(), "bailee/07070707070707070707070707070707");
}

#[test]
fn lines_that_cannot_stand_in_a_note_are_left_out() {
    let note = signer().checkpoint(1, &ROOT, &[String::new(), "a\nb".to_owned(), "c".to_owned()]);
    assert_eq!(open_checkpoint(&note, &signer().verifier_key()).unwrap().extensions, ["c"]);
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    let note = signer().checkpoint(42, &ROOT, &["keyring 17 AAAA".to_owned()]);
    let key = signer().verifier_key();
    for at in 0..note.len() {
        assert!(note.get(..at).is_none_or(|cut| open_checkpoint(cut, &key).is_err()), "cut at {at}");
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let refused = String::from_utf8(bytes).is_ok_and(|note| open_checkpoint(&note, &key).is_ok());
            assert!(!refused, "bit {bit} of byte {at}");
        }
    }
    assert!(open_checkpoint(&format!("{note}\n"), &key).is_err());
    assert!(open_checkpoint(&format!("\n{note}"), &key).is_err());
}

#[test]
fn a_note_has_at_most_16_signatures() {
    let note = signer().checkpoint(42, &ROOT, &[]);
    let stranger = format!("{SIGNATURE_MARK}stranger AAAAAAA=\n");
    let with = |count| format!("{note}{}", stranger.repeat(count));
    assert!(open_checkpoint(&with(SIGNATURES_MAX - 1), &signer().verifier_key()).is_ok());
    assert_eq!(open_checkpoint(&with(SIGNATURES_MAX), &signer().verifier_key()), Err(NoteError::Form));
}

#[test]
fn a_verifier_key_is_read_strictly() {
    let key = signer().verifier_key();
    let note = signer().checkpoint(42, &ROOT, &[]);
    let (name, rest) = key.split_once('+').unwrap();
    for bad in [
        "",
        "a",
        "a+b",
        "a+b+c",
        &format!("other+{rest}"),
        &format!("{name}+00000000+AQ=="),
        &key[..key.len() - 1],
    ] {
        assert_eq!(open_checkpoint(&note, bad), Err(NoteError::VerifierKey), "{bad}");
    }
    assert!(open_checkpoint(&note, &format!("{key}\n")).is_ok());
}

#[test]
fn a_restored_home_signs_with_its_key_under_an_origin_of_its_own() {
    let (home, restore) = (HomeId([7; 16]), RecordId([5; 16]));
    let of = |origin: &str| Signer::of_origin(home, Environment::Test, &[9; 32], origin).unwrap();
    let restored = signer().restored(restore);
    assert_eq!(restored.origin(), format!("{}/{restore}", signer().origin()));
    assert_eq!(restore_of(restored.origin()), Some(restore.to_string().as_str()));
    assert_eq!(restore_of(signer().origin()), None);
    assert_eq!(of(restored.origin()).verifier_key(), restored.verifier_key());
    let again = RecordId([6; 16]);
    assert_eq!(signer().restored(restore).restored(again).origin(), signer().restored(again).origin());
    for other in [
        signer().origin(),
        "",
        "bailee-test",
        &format!("bailee/{home}/{restore}"),
        &format!("{}/x", signer().origin()),
    ] {
        assert_eq!(of(other).origin(), signer().origin(), "{other}");
    }
    let note = restored.checkpoint(1, &ROOT, &[]);
    assert!(open_checkpoint(&note, &restored.verifier_key()).is_ok());
    assert!(open_checkpoint(&note, &signer().verifier_key()).is_err());
}

#[test]
fn a_statement_is_no_checkpoint_and_a_changed_one_none_of_the_home() {
    let (note, key) = (signer().note("backup of something\n7"), signer().verifier_key());
    assert_eq!(open_statement(&note, &key), Ok("backup of something\n7\n"));
    assert!(open_checkpoint(&note, &key).is_err());
    assert_eq!(
        open_statement(&note.replace("something\n7", "something\n8"), &key),
        Err(NoteError::Signature)
    );
    let posing = signer().note(&format!("another/log\n7\n{}", BASE64.encode(&ROOT)));
    assert_eq!(open_checkpoint(&posing, &key), Err(NoteError::Origin));
}
