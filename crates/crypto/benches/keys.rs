//! Keys at work: the leaf of a part, its envelope of ten fields, index terms, tokens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "what is measured here is known to work"
)]

use std::hint::black_box;

use bailee_core::catalogue::TermKind;
use bailee_core::{Day, Environment, FieldInstance, HomeId, PartNo, RecordId, SellerId};
use bailee_crypto::bucket::{BucketId, BucketKeys, BucketUse, Slot};
use bailee_crypto::envelope::{self, Place};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use criterion::Criterion;

/// Of ten fields as long as those of an address.
const FIELDS: [&str; 10] = [
    "Ada Fictional",
    "t0123456789abcdef@marketplace.amazon.com",
    "Ada Fictional",
    "4711 Placeholder Street",
    "Apartment 12",
    "Sampleton",
    "WA",
    "98101",
    "+12065550123",
    "TEST0123456789",
];
/// Slots far from each other, as reveals meet them.
const SCATTERED: u32 = 1_000_003;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let directory = tempfile::tempdir().unwrap();
    let keyring = keyring(directory.path());
    let seller: SellerId = "A1SELLER".parse().unwrap();
    let id = BucketId { seller: seller.clone(), held: BucketUse::Order, day: Day(20_000) };
    keyring.reserve(&id, 1, &SystemEntropy).unwrap();
    let keys = keyring.bucket(&id).unwrap();
    leaves(&mut criterion, &keys);
    envelopes(&mut criterion, &keys, &seller, keyring.binding());
    terms(&mut criterion, &keys);
    tokens(&mut criterion, &keyring);
    criterion.final_summary();
}

fn keyring(directory: &std::path::Path) -> Keyring {
    let binding = Binding { home: HomeId::random(&SystemEntropy), environment: Environment::Test };
    let root = KeyFile::create(&directory.join("root.key"), &SystemEntropy).unwrap();
    let mirrors = [directory.join("a"), directory.join("b")];
    Keyring::create(Box::new(root), binding, &mirrors, &SystemEntropy).unwrap()
}

fn leaves(criterion: &mut Criterion, keys: &BucketKeys) {
    let mut next = 0_u32;
    criterion.bench_function("the leaf of the next slot", |bencher| {
        bencher.iter(|| {
            next = (next + 1) % (1 << 24);
            black_box(keys.leaf(Slot(next)).unwrap());
        });
    });
    criterion.bench_function("the leaf of a slot far away", |bencher| {
        bencher.iter(|| {
            next = (next + SCATTERED) % (1 << 24);
            black_box(keys.leaf(Slot(next)).unwrap());
        });
    });
}

fn envelopes(criterion: &mut Criterion, keys: &BucketKeys, seller: &SellerId, binding: Binding) {
    let key = keys.leaf(Slot(0)).unwrap();
    let place = Place {
        home: binding.home,
        environment: binding.environment,
        what: "part",
        seller: Some(seller),
        record: RecordId::random(&SystemEntropy),
        part: PartNo(0),
        version: 1,
    };
    let fields: Vec<_> = (0..).map(FieldInstance).zip(FIELDS.iter().map(|field| field.as_bytes())).collect();
    criterion.bench_function("a part of ten fields sealed", |bencher| {
        bencher.iter(|| black_box(envelope::seal(&key, &place, &fields, &SystemEntropy).unwrap()));
    });
    let sealed = envelope::seal(&key, &place, &fields, &SystemEntropy).unwrap();
    criterion.bench_function("a part of ten fields opened", |bencher| {
        bencher.iter(|| black_box(envelope::open(&key, &place, &sealed, None).unwrap()));
    });
}

fn terms(criterion: &mut Criterion, keys: &BucketKeys) {
    let kinds = [
        (TermKind::Email, FIELDS[1]),
        (TermKind::Phone, "5550123"),
        (TermKind::Name, "ada fictional"),
        (TermKind::NamePostalCode, "ada fictional 98101"),
    ];
    criterion.bench_function("four index terms", |bencher| {
        bencher.iter(|| kinds.map(|(kind, form)| black_box(keys.term(kind, form))));
    });
}

fn tokens(criterion: &mut Criterion, keyring: &Keyring) {
    let record = RecordId::random(&SystemEntropy);
    criterion.bench_function("a token made", |bencher| {
        bencher.iter(|| black_box(keyring.lasting().token(record, FieldInstance(7))));
    });
    let token = keyring.lasting().token(record, FieldInstance(7));
    criterion.bench_function("a token resolved", |bencher| {
        bencher.iter(|| black_box(keyring.lasting().resolve(&token.0).unwrap()));
    });
}
