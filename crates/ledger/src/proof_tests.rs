use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde_json::Value;
use tlog_tiles::TileHashReader;

use super::*;
use crate::testing::{MemoryLog, Repeatable, sample};
use crate::tree::{Tree, leaf_hash, tests::Oracle};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/merkle");

#[test]
fn the_inclusion_vectors_pass() {
    let happy = check_vectors("inclusion", |vector| {
        let leaf = Hash::try_from(bytes(&vector["leafHash"])).map_err(|_| ProofError)?;
        let (index, size) = (number(&vector["leafIdx"]), number(&vector["treeSize"]));
        verify_inclusion(&leaf, index, size, &list(&vector["proof"]), &bytes(&vector["root"]))
    });
    assert_eq!(happy, 6);
}

#[test]
fn the_consistency_vectors_pass() {
    let happy = check_vectors("consistency", |vector| {
        let (size1, size2) = (number(&vector["size1"]), number(&vector["size2"]));
        let (root1, root2) = (bytes(&vector["root1"]), bytes(&vector["root2"]));
        verify_consistency(size1, size2, &list(&vector["proof"]), &root1, &root2)
    });
    assert_eq!(happy, 6);
}

/// Checks every vector below a folder, and tells how many were to hold.
fn check_vectors(folder: &str, check: impl Fn(&Value) -> Result<(), ProofError>) -> usize {
    let mut happy = 0;
    let files = files_below(&Path::new(VECTORS).join(folder));
    assert!(files.len() > 60);
    for file in files {
        let vector: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let refused = vector["wantErr"].as_bool().unwrap();
        assert_eq!(check(&vector).is_err(), refused, "{}", file.display());
        happy += usize::from(!refused);
    }
    happy
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    value.as_str().map_or_else(Vec::new, |text| BASE64.decode(text.as_bytes()).unwrap())
}

fn list(value: &Value) -> Vec<Vec<u8>> {
    value.as_array().map_or_else(Vec::new, |list| list.iter().map(bytes).collect())
}

fn number(value: &Value) -> u64 {
    // A number below zero stands for one that no 64 bits hold without a sign.
    value.as_u64().unwrap_or(u64::MAX)
}

/// The roots of every size up to the log's.
fn roots(size: u64) -> Vec<Hash> {
    let mut tree = Tree::empty();
    let mut roots = vec![tree.root()];
    for index in 0..size {
        tree.append(&sample(index));
        roots.push(tree.root());
    }
    roots
}

fn at(roots: &[Hash], size: u64) -> Hash {
    roots[usize::try_from(size).unwrap()]
}

fn loose(proof: &[Hash]) -> Vec<Vec<u8>> {
    proof.iter().map(|hash| hash.to_vec()).collect()
}

#[test]
fn our_proofs_are_those_of_another_implementation() {
    let log = MemoryLog::of(1000);
    let reader = Oracle(&log);
    let hashes = TileHashReader::new(1000, tlog_tiles::Hash(log.tree.root()), &reader);
    for index in (0..1000).step_by(7) {
        let theirs: Vec<Hash> =
            tlog_tiles::prove_record(1000, index, &hashes).unwrap().iter().map(|hash| hash.0).collect();
        assert_eq!(inclusion(&log, index, 1000).unwrap(), theirs, "{index}");
        let theirs: Vec<Hash> =
            tlog_tiles::prove_tree(1000, index + 1, &hashes).unwrap().iter().map(|hash| hash.0).collect();
        assert_eq!(consistency(&log, index + 1, 1000).unwrap(), theirs, "{index}");
    }
}

#[test]
fn another_implementation_verifies_our_proofs() {
    use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
    use sha2::Sha256;
    let log = MemoryLog::of(600);
    let roots = roots(600);
    let random = Repeatable::default();
    for _ in 0..300 {
        let size = 1 + random.number(600);
        let (index, old) = (random.number(size), 1 + random.number(size));
        let root = RootHash::<Sha256>::new(at(&roots, size).into(), size);
        let proof = InclusionProof::from_bytes(inclusion(&log, index, size).unwrap().concat());
        root.verify_inclusion(&sample(index), index, &proof).unwrap();
        let proof = ConsistencyProof::try_from_bytes(consistency(&log, old, size).unwrap().concat()).unwrap();
        root.verify_consistency(&RootHash::new(at(&roots, old).into(), old), &proof).unwrap();
    }
}

#[test]
fn thousands_of_inclusion_proofs_hold_and_as_many_mutants_do_not() {
    let log = MemoryLog::of(1500);
    let roots = roots(1500);
    let random = Repeatable::default();
    for _ in 0..4000 {
        let size = 1 + random.number(1500);
        let index = random.number(size);
        let (leaf, root) = (leaf_hash(&sample(index)), at(&roots, size));
        let proof = loose(&inclusion(&log, index, size).unwrap());
        assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()), "{index} of {size}");
        let mut mutant = proof.clone();
        let (mut leaf, mut index, mut root) = (leaf, index, root);
        match random.number(4) {
            0 => flip(&mut leaf, &random),
            1 => flip(&mut root, &random),
            2 => {
                // Another index, in the tree or not.
                let other = random.number(size + 3);
                index = if other == index { size } else { other };
            }
            _ => mutate(&mut mutant, &random),
        }
        assert_eq!(
            verify_inclusion(&leaf, index, size, &mutant, &root),
            Err(ProofError),
            "{index} of {size}"
        );
    }
}

#[test]
fn thousands_of_consistency_proofs_hold_and_as_many_mutants_do_not() {
    let log = MemoryLog::of(1500);
    let roots = roots(1500);
    let random = Repeatable::default();
    for _ in 0..4000 {
        let size2 = 1 + random.number(1500);
        let size1 = 1 + random.number(size2);
        let (mut root1, mut root2) = (at(&roots, size1), at(&roots, size2));
        let proof = loose(&consistency(&log, size1, size2).unwrap());
        assert_eq!(verify_consistency(size1, size2, &proof, &root1, &root2), Ok(()), "{size1} to {size2}");
        let mut mutant = proof.clone();
        match random.number(3) {
            0 => flip(&mut root1, &random),
            1 => flip(&mut root2, &random),
            _ => mutate(&mut mutant, &random),
        }
        let result = verify_consistency(size1, size2, &mutant, &root1, &root2);
        assert_eq!(result, Err(ProofError), "{size1} to {size2}");
    }
}

/// Changes a proof: a bit, a hash more, one less, two in each other's place, a hash of another length.
fn mutate(proof: &mut Vec<Vec<u8>>, random: &Repeatable) {
    let place = usize::try_from(random.number(proof.len().max(1) as u64)).unwrap();
    if proof.is_empty() {
        proof.push(vec![0; 32]);
        return;
    }
    match random.number(5) {
        0 => proof.insert(place, vec![5; 32]),
        1 => drop(proof.remove(place)),
        2 if proof.len() > 1 => {
            let last = proof.len() - 1;
            proof.swap(place.min(last - 1), last);
        }
        3 => drop(proof[place].pop()),
        _ => flip(&mut proof[place], random),
    }
}

fn flip(bytes: &mut [u8], random: &Repeatable) {
    let bit = usize::try_from(random.number(8 * bytes.len() as u64)).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
}

#[test]
fn what_cannot_be_proven_is_refused() {
    let log = MemoryLog::of(5);
    assert!(inclusion(&log, 5, 5).is_err());
    assert!(inclusion(&log, 0, 0).is_err());
    assert!(consistency(&log, 0, 5).is_err());
    assert!(consistency(&log, 6, 5).is_err());
    // A tree larger than the log.
    assert!(inclusion(&log, 0, 9).is_err());
    assert_eq!(verify_inclusion(&[0; 32], u64::MAX, u64::MAX, &[], &[0; 32]), Err(ProofError));
    assert_eq!(verify_consistency(u64::MAX - 1, u64::MAX, &[], &[0; 32], &[0; 32]), Err(ProofError));
}
