//! The gate's decision: a service that reveals ten fields, and one that may not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "what is measured here is known to work"
)]

use std::hint::black_box;

use bailee_access::decision::{Action, Subject, decide, decide_field};
use bailee_access::service::Service;
use bailee_core::{Class, PersonId, Purpose, SellerId, ServiceId};
use bailee_crypto::random::SystemEntropy;
use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let seller: SellerId = "A1SELLER".parse().unwrap();
    let service = Service {
        id: ServiceId::random(&SystemEntropy),
        name: "labels".to_owned(),
        owner: PersonId::random(&SystemEntropy),
        sellers: vec![seller.clone()],
        purposes: vec![Purpose::Fulfilment],
        classes: vec![Class::Identity, Class::Address],
        keys: Vec::new(),
        since: "2026-11-01T00:00:00Z".parse().unwrap(),
    };
    let purposes = [Purpose::Fulfilment, Purpose::SubjectRequest];
    let reveal = |purpose| Action::Reveal(&seller, purpose);
    criterion.bench_function("a reveal of ten fields allowed", |bencher| {
        bencher.iter(|| {
            let subject = Subject::Service(black_box(&service));
            decide(subject, &reveal(Purpose::Fulfilment)).unwrap();
            for _ in 0..10 {
                decide_field(subject, Purpose::Fulfilment, black_box(Class::Address), &purposes).unwrap();
            }
        });
    });
    criterion.bench_function("a reveal denied", |bencher| {
        bencher.iter(|| {
            black_box(decide(Subject::Service(black_box(&service)), &reveal(Purpose::Tax)).unwrap_err())
        });
    });
    criterion.final_summary();
}
