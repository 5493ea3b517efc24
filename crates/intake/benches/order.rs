//! An order on its way in: framed, parsed, verified and cleaned; and rows of a report merged into orders.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "what is measured here is known to work"
)]

use std::hint::black_box;
use std::io::Cursor;

use bailee_core::catalogue::Catalogue;
use bailee_intake::format::Formats;
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::synth::{Format, Style, Synth};
use bailee_intake::verify;
use criterion::{BatchSize, Criterion, Throughput};

/// Orders of an input.
const ORDERS: u64 = 1000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (formats, catalogue) = (Formats::embedded().unwrap(), Catalogue::embedded().unwrap());
    for name in ["orders-2026-01-01", "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(ORDERS));
        let input = input(name);
        group.bench_function("framed", |bencher| {
            bencher.iter_batched(
                || input.clone(),
                |input| black_box(framed(input, &formats)),
                BatchSize::LargeInput,
            );
        });
        let form = Reader::open(Box::new(Cursor::new(input.clone())), &formats, Request::default());
        let form = form.unwrap().form().clone();
        let items = framed(input, &formats);
        group.bench_function("parsed", |bencher| {
            bencher.iter(|| {
                each(&items, |raw| drop(verify::mapped(raw.bytes.expose(), &form, &catalogue).unwrap()));
            });
        });
        group.bench_function("parsed, verified and cleaned", |bencher| {
            bencher.iter(|| each(&items, |raw| drop(verify::verify(raw, &form, &catalogue).unwrap())));
        });
        group.finish();
    }
    criterion.final_summary();
}

/// Synthetic orders in a format.
fn input(format: &str) -> Vec<u8> {
    let now = "2026-11-01T00:00:00Z".parse().unwrap();
    let synth = Synth { orders: ORDERS, seed: 1, mess_percent: 0, now };
    let style = Style { format: Format::named(format).unwrap(), ..Style::default() };
    synth.input(style).flat_map(|chunk| chunk.bytes).collect()
}

fn framed(input: Vec<u8>, formats: &Formats) -> Vec<Item> {
    let mut reader = Reader::open(Box::new(Cursor::new(input)), formats, Request::default()).unwrap();
    let mut items = Vec::new();
    loop {
        let batch = reader.next_batch(1024, 1 << 22).unwrap();
        if batch.is_empty() {
            return items;
        }
        items.extend(batch);
    }
}

fn each(items: &[Item], work: impl Fn(&bailee_intake::reader::Raw)) {
    for item in items {
        if let Item::Document(raw) = item {
            work(raw);
        }
    }
}
