//! The ledger in the store: a batch appended and durable, a proof made from its tiles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "what is measured here is known to work"
)]

use std::hint::black_box;
use std::sync::Arc;

use bailee_core::{Entropy, Environment, HomeId, PrincipalId, RequestId, Timestamp};
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Append;
use bailee_ledger::log::Source;
use bailee_ledger::note::{Signer, open_checkpoint};
use bailee_ledger::proof::inclusion;
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use criterion::{Criterion, Throughput};

/// Events of a batch.
const BATCH: u64 = 1000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let directory = tempfile::tempdir().unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let signer = Signer::new(HomeId::random(&*entropy), Environment::Test, &[7; 32]).unwrap();
    let store = Sqlite::open(&directory.path().join("store.db"), signer, entropy).unwrap();
    let events: Vec<Event> = (0..BATCH).map(|_| event()).collect();
    let mut group = criterion.benchmark_group("a batch of a thousand events");
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function("appended, durable", |bencher| {
        bencher.iter(|| Append::append(&store, &events).unwrap());
    });
    group.finish();
    let size = open_checkpoint(&Source::checkpoint(&store).unwrap(), &store.verifier_key()).unwrap().size;
    let mut index = 0;
    criterion.bench_function("an inclusion proof made from tiles", |bencher| {
        bencher.iter(|| {
            index = (index + 7919) % size;
            black_box(inclusion(&store, index, size).unwrap())
        });
    });
    criterion.final_summary();
}

fn event() -> Event {
    let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let request = RequestId::new(at, &SystemEntropy);
    Event { at, principal: PrincipalId::System, request, detail: None, what: What::CatalogueRead {} }
}
