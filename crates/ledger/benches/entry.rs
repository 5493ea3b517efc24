//! Entries of the ledger: laid out, hashed into the tree, and their proofs verified.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "what is measured here is known to work"
)]

use std::hint::black_box;

use bailee_core::purpose::Purpose;
use bailee_core::{Entropy, FieldId, PersonId, PrincipalId, RecordId, RequestId, Timestamp};
use bailee_ledger::event::{Entry, Event, RevealedItem, What};
use bailee_ledger::proof::verify_inclusion;
use bailee_ledger::tree::{Tree, leaf_hash, node_hash};
use criterion::{Criterion, Throughput};

/// Events of a batch.
const BATCH: u64 = 1000;

/// Bytes that are good enough to be measured with.
struct Counting(std::sync::atomic::AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let next = self.0.fetch_add(0x9e37_79b9, std::sync::atomic::Ordering::Relaxed);
            *byte = next.to_le_bytes()[2];
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let entropy = Counting(1.into());
    let events: Vec<Event> = (0..BATCH).map(|_| revealed(&entropy)).collect();
    let entries: Vec<Entry> = events.iter().flat_map(|event| event.entries(&entropy).unwrap()).collect();
    let mut group = criterion.benchmark_group("a batch of a thousand events");
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function("laid out as entries", |bencher| {
        bencher.iter(|| events.iter().for_each(|event| drop(black_box(event.entries(&entropy).unwrap()))));
    });
    group.bench_function("appended to the tree", |bencher| {
        bencher.iter(|| {
            let mut tree = Tree::empty();
            entries.iter().for_each(|entry| tree.append(&entry.bytes));
            black_box((tree.root(), tree.take_changed()))
        });
    });
    group.finish();
    proofs(&mut criterion);
    criterion.final_summary();
}

/// A proof in a tree of a million leaves has twenty hashes.
fn proofs(criterion: &mut Criterion) {
    let leaf = leaf_hash(b"an entry");
    let proof: Vec<_> = (0..20_u8).map(|level| leaf_hash(&[level])).collect();
    let root = proof.iter().fold(leaf, |hash, sibling| node_hash(&hash, sibling));
    let proof: Vec<Vec<u8>> = proof.iter().map(|hash| hash.to_vec()).collect();
    criterion.bench_function("an inclusion proof of twenty hashes verified", |bencher| {
        bencher.iter(|| verify_inclusion(&leaf, 0, 1 << 20, &proof, &root).unwrap());
    });
}

fn revealed(entropy: &dyn Entropy) -> Event {
    let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let item = RevealedItem { record: RecordId::random(entropy), fields: (20..30).map(FieldId).collect() };
    let seller = "A1SELLER".parse().unwrap();
    Event {
        at,
        principal: PrincipalId::Person(PersonId::random(entropy)),
        request: RequestId::new(at, entropy),
        detail: None,
        what: What::Revealed {
            seller,
            purpose: Purpose::Fulfilment,
            ticket: None,
            items: vec![item],
            denied: 0,
        },
    }
}
