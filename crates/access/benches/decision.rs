//! The gate's decision: a service that reveals ten fields, an operator who does so under a grant, and one who may not;
//! kept, and asked of Cedar anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "what is measured here is known to work"
)]

use std::hint::black_box;

use bailee_access::decision::{Action, Circumstances, Field, Rules, Subject};
use bailee_access::grant::Grant;
use bailee_access::person::Role;
use bailee_access::service::Service;
use bailee_core::{Class, Environment, GrantId, Kind, PersonId, Purpose, SellerId, ServiceId, Timestamp};
use bailee_crypto::random::SystemEntropy;
use criterion::Criterion;

/// Fields of a reveal.
const FIELDS: usize = 10;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let seller: SellerId = "A1SELLER".parse().unwrap();
    let now: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
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
    let operator = Subject::Person { id: PersonId::random(&SystemEntropy), roles: &[Role::Operator] };
    let grant = Grant {
        id: GrantId::random(&SystemEntropy),
        principal: operator.principal(),
        seller: seller.clone(),
        classes: vec![Class::Identity, Class::Address],
        purpose: Purpose::Fulfilment,
        until: "2026-12-01T00:00:00Z".parse().unwrap(),
        fields_a_day: 1_000,
        asked_by: service.owner,
        approved_by: service.owner,
        since: service.since,
    };
    let rules = Rules::new("").unwrap().with_grants([grant]);
    let circumstances = Circumstances::at(Environment::Production, now);
    let purposes = [Purpose::Fulfilment, Purpose::SubjectRequest];
    let field = Field { seller: &seller, kind: Kind::Order, class: Class::Address, purposes: &purposes };
    let reveal = |rules: &Rules, subject: Subject<'_>| {
        rules.decide(subject, &Action::Reveal(&seller, Purpose::Fulfilment), &circumstances).unwrap();
        for _ in 0..FIELDS {
            rules.decide_field(subject, Purpose::Fulfilment, black_box(&field), &circumstances).unwrap();
        }
    };
    criterion.bench_function("a reveal of ten fields by a service: eleven decisions", |bencher| {
        bencher.iter(|| reveal(&rules, Subject::Service(black_box(&service))));
    });
    criterion.bench_function("a reveal of ten fields under a grant: eleven decisions", |bencher| {
        bencher.iter(|| reveal(&rules, black_box(operator)));
    });
    let nights = "forbid (principal, action, resource) when { context.hour > 21 };";
    let nightly = Rules::new(nights).unwrap();
    criterion.bench_function("a reveal of ten fields where a home's own policy reads the hour", |bencher| {
        bencher.iter(|| {
            let mut sitting = nightly.sit();
            for _ in 0..FIELDS {
                let service = Subject::Service(black_box(&service));
                sitting
                    .decide_field(service, Purpose::Fulfilment, black_box(&field), &circumstances)
                    .unwrap();
            }
        });
    });
    criterion.bench_function("a reveal denied", |bencher| {
        bencher.iter(|| {
            let asked = Action::Reveal(&seller, Purpose::Tax);
            black_box(
                rules.decide(Subject::Service(black_box(&service)), &asked, &circumstances).unwrap_err(),
            )
        });
    });
    criterion.bench_function("one decision that Cedar is asked anew", |bencher| {
        bencher.iter(|| {
            black_box(rules.explain(
                Subject::Service(&service),
                &Action::Reveal(&seller, Purpose::Fulfilment),
                &circumstances,
            ))
        });
    });
    criterion.bench_function("one decision under a grant that Cedar is asked anew", |bencher| {
        bencher.iter(|| {
            black_box(rules.explain(operator, &Action::Reveal(&seller, Purpose::Fulfilment), &circumstances))
        });
    });
    criterion.bench_function("rules compiled and validated", |bencher| {
        bencher.iter(|| black_box(Rules::new("").unwrap()));
    });
    criterion.final_summary();
}
