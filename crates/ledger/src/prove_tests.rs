use super::*;
use crate::testing::{MemoryLog, sample, signer};

#[test]
fn a_document_proves_its_entry_with_the_key_alone() {
    let key = signer().verifier_key();
    for size in [1, 2, 3, 255, 257, 1000] {
        let log = MemoryLog::of(size);
        for index in [0, size / 2, size - 1] {
            let document = prove(&log, &key, index).unwrap();
            let proven = verify_proof(&document, &key).unwrap();
            assert_eq!((proven.index, proven.checkpoint.size), (index, size));
            assert_eq!(proven.entry, sample(index));
        }
    }
}

#[test]
fn there_is_no_proof_beyond_the_signed_tree() {
    let key = signer().verifier_key();
    let error = prove(&MemoryLog::of(3), &key, 3).unwrap_err();
    assert_eq!(error, ProveError::NoEntry { index: 3, size: 3 });
    // An entry that the source has and the checkpoint has not.
    let mut log = MemoryLog::of(3);
    log.checkpoint = MemoryLog::of(2).checkpoint;
    assert_eq!(prove(&log, &key, 2).unwrap_err(), ProveError::NoEntry { index: 2, size: 2 });
}

#[test]
fn a_damaged_log_gives_no_proof() {
    let mut log = MemoryLog::of(3);
    log.entries[1] = sample(9);
    assert_eq!(prove(&log, &signer().verifier_key(), 1).unwrap_err(), ProveError::Proof(ProofError));
}

#[test]
fn every_flipped_bit_and_every_truncation_of_a_document_is_refused() {
    let key = signer().verifier_key();
    let document = prove(&MemoryLog::of(5), &key, 2).unwrap();
    for at in 0..document.len() {
        assert!(document.get(..at).is_none_or(|cut| verify_proof(cut, &key).is_err()), "cut at {at}");
        for bit in 0..8 {
            let mut bytes = document.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let holds = String::from_utf8(bytes).is_ok_and(|document| verify_proof(&document, &key).is_ok());
            assert!(!holds, "bit {bit} of byte {at}");
        }
    }
}
