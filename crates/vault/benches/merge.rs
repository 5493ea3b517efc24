//! Documents that meet what is held: a hundred orders collected for the first time, again, and with another address.
//!
//! What merging costs is the difference between the three; each is one act with its sync.
#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "what is measured here is known to work")]

#[path = "../tests/common/mod.rs"]
mod common;

use bailee_intake::synth::Synth;
use common::{Home, time};
use criterion::{BatchSize, Criterion, Throughput};

const NOW: &str = "2026-11-01T09:00:00Z";
/// Orders of a batch.
const ORDERS: u64 = 100;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let mut group = criterion.benchmark_group("a hundred orders");
    group.throughput(Throughput::Elements(ORDERS));
    let mut seed = 1;
    group.bench_function("for the first time", |bencher| {
        let fresh = || {
            seed += 1;
            orders(seed)
        };
        bencher.iter_batched(fresh, |orders| home.collect(&orders), BatchSize::SmallInput);
    });
    let held = orders(1);
    home.collect(&held);
    group.bench_function("once more, unchanged", |bencher| bencher.iter(|| home.collect(&held)));
    let mut change = 0;
    group.bench_function("with another name each time", |bencher| {
        let changed = || {
            change += 1;
            held.replace("\"name\":\"", &format!("\"name\":\"{change} "))
        };
        bencher.iter_batched(changed, |orders| home.collect(&orders), BatchSize::SmallInput);
    });
    group.finish();
    criterion.final_summary();
}

fn orders(seed: u64) -> String {
    let synth = Synth { orders: ORDERS, seed, mess_percent: 0, now: time(NOW) };
    synth.lines().map(|line| line + "\n").collect()
}
