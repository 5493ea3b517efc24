//! Inputs that mean harm, or might as well: each is refused or bounded, costs itself alone, and little memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests"
)]

use std::io::Read;
use std::sync::Arc;

use bailee_core::catalogue::Catalogue;
use bailee_core::json::DEPTH_MAX;
use bailee_intake::evidence;
use bailee_intake::format::Formats;
use bailee_intake::reader::{DOCUMENT_BYTES_MAX, Item, Reader, Request};
use bailee_intake::verify::{VALUES_MAX, verify};

const MEGABYTE: usize = 1 << 20;

/// What any of these inputs may add to the memory of a process: a fraction of the input itself.
#[cfg(target_os = "linux")]
const MEMORY_BYTES_MAX: usize = 32 * MEGABYTE;

/// An input of parts, each so many times, that is never in memory as a whole.
struct Parts {
    parts: Vec<(Vec<u8>, usize)>,
    part: usize,
    at: usize,
}

impl Parts {
    fn new(parts: &[(&str, usize)]) -> Self {
        Self { parts: parts.iter().map(|(text, times)| ((*text).into(), *times)).collect(), part: 0, at: 0 }
    }
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let mut written = 0;
        while written < into.len() {
            let Some((text, times)) = self.parts.get(self.part) else { break };
            let whole = text.len() * times;
            if self.at == whole {
                (self.part, self.at) = (self.part + 1, 0);
                continue;
            }
            let from = self.at % text.len();
            let count = (text.len() - from).min(into.len() - written).min(whole - self.at);
            into[written..written + count].copy_from_slice(&text[from..from + count]);
            written += count;
            self.at += count;
        }
        Ok(written)
    }
}

/// `ok` or the flaw's code for each document of an input. Asserts that none is kept longer than it may be.
fn outcomes(parts: &[(&str, usize)], format: &str) -> Vec<&'static str> {
    let formats = Formats::embedded().unwrap();
    let request = Request { format: formats.named(format).map(Arc::clone), ..Request::default() };
    let catalogue = Catalogue::embedded().unwrap();
    let mut reader = Reader::open(Box::new(Parts::new(parts)), &formats, request).unwrap();
    let form = reader.form().clone();
    let mut outcomes = Vec::new();
    loop {
        let items = reader.next_batch(100, MEGABYTE).unwrap();
        if items.is_empty() {
            return outcomes;
        }
        for item in items {
            if let Item::Document(raw) = item {
                assert!(raw.bytes.expose().len() <= DOCUMENT_BYTES_MAX);
                outcomes.push(verify(&raw, &form, &catalogue).err().map_or("ok", |flaw| flaw.code()));
            }
        }
    }
}

/// An order on a line of its own, with something in it, between two sound ones: those come in all the same.
fn check(inside: &[(&str, usize)], expected: &str) {
    let mut parts =
        vec![("{\"orderId\":\"250-1234567-0000001\"}\n{\"orderId\":\"250-1234567-0000002\",\"x\":", 1)];
    parts.extend_from_slice(inside);
    parts.push(("}\n{\"orderId\":\"250-1234567-0000003\"}\n", 1));
    let before = peak_bytes();
    assert_eq!(outcomes(&parts, "orders-2026-01-01"), ["ok", expected, "ok"], "{expected}");
    assert_bounded(before);
}

/// The most memory that this process has had. Each test is a process of its own where that counts.
#[cfg(target_os = "linux")]
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
fn assert_bounded(before: usize) {
    let grown = peak_bytes().saturating_sub(before);
    assert!(grown < MEMORY_BYTES_MAX, "{} MB more", grown / MEGABYTE);
}

#[cfg(not(target_os = "linux"))]
fn peak_bytes() -> usize {
    0
}

#[cfg(not(target_os = "linux"))]
fn assert_bounded(_before: usize) {}

#[test]
fn a_string_of_a_hundred_megabytes_is_cut() {
    check(&[("\"", 1), ("0123456789abcdef", 100 * MEGABYTE / 16), ("\"", 1)], "too-long");
}

#[test]
fn a_long_string_of_escapes_is_cut() {
    check(&[("\"", 1), ("\\\"\\u00e4\\\\", 10 * MEGABYTE / 10), ("\"", 1)], "too-long");
}

#[test]
fn ten_thousand_levels_are_refused_without_recursion() {
    check(&[("[", 10_000), ("]", 10_000)], "too-deep");
    check(&[("{\"a\":", 10_000), ("1", 1), ("}", 10_000)], "too-deep");
    check(&[("[", DEPTH_MAX - 1), ("]", DEPTH_MAX - 1)], "ok");
    check(&[("[", DEPTH_MAX), ("]", DEPTH_MAX)], "too-deep");
    // Never closed: whatever follows belongs to it, but it ends with its line.
    assert_eq!(
        outcomes(
            &[("{\"orderId\":\"250-1234567-0000001\",\"a\":", 1), ("[", MEGABYTE), ("\n", 1)],
            "orders-2026-01-01"
        )
        .len(),
        1
    );
}

#[test]
fn more_values_than_a_document_may_have_are_refused() {
    check(&[("[", 1), ("1,", 1_000_000), ("1]", 1)], "too-long");
    check(&[("[", 1), ("{},", VALUES_MAX), ("{}]", 1)], "too-long");
}

#[test]
fn a_key_twice_is_refused_however_many_there_are() {
    check(&[("{\"a\":1,\"a\":1}", 1)], "duplicate-key");
    let keys: String = (0..20_000).map(|number| format!("\"k{number}\":1,")).collect();
    check(&[("{", 1), (&keys, 1), ("\"k7\":1}", 1)], "duplicate-key");
    check(&[("{", 1), (&keys, 1), ("\"k\":1}", 1)], "ok");
}

#[test]
fn what_json_has_no_numbers_for_is_refused() {
    for number in
        ["NaN", "Infinity", "-Infinity", "nan", "1e999", "-1e999", "0x10", "1_000", "+1", ".5", "1."]
    {
        check(&[(number, 1)], "syntax");
    }
    let digits = "9".repeat(10_000);
    check(&[(&digits, 1)], "syntax");
    check(&[("0.1234567890123456789", 1)], "number");
}

#[test]
fn many_orders_take_no_more_memory_than_few() {
    let line = format!("{{\"orderId\":\"250-1234567-0000001\",\"x\":\"{}\"}}\n", "x".repeat(64 * 1024));
    let before = peak_bytes();
    let outcomes = outcomes(&[(&line, 48 * MEGABYTE / line.len())], "orders-2026-01-01");
    assert_eq!(outcomes.len(), 48 * MEGABYTE / line.len());
    assert!(outcomes.iter().all(|outcome| *outcome == "ok"));
    assert_bounded(before);
}

#[test]
fn rows_of_one_order_without_end_are_taken_piece_by_piece() {
    let header = "order-id\torder-item-id\tpurchase-date\tproduct-name\trecipient-name\tship-address-1\tship-city\t\
                  ship-country\tquantity-purchased\n";
    let name = "x".repeat(4_000);
    let row = format!(
        "250-1234567-0000001\t1\t2026-01-01T00:00:00Z\t{name}\tJuniper Fernsby\t1 Nowhere Lane\tSampleton\tUS\t1\n"
    );
    let before = peak_bytes();
    let outcomes = outcomes(&[(header, 1), (&row, 40 * MEGABYTE / row.len())], "order-report");
    assert!(outcomes.len() > 40 * MEGABYTE / DOCUMENT_BYTES_MAX, "{}", outcomes.len());
    assert!(outcomes.iter().all(|outcome| *outcome == "ok"));
    assert_bounded(before);
}

#[test]
fn a_line_of_a_feed_that_never_ends_is_refused_in_bounded_memory() {
    let long = ("0123456789abcdef", 100 * MEGABYTE / 16);
    let good = "{\"reference\":\"1\",\"status\":\"delivered\"}\n";
    let json = [(good, 1), ("{\"reference\":\"", 1), long, ("\"}\n", 1), (good, 1)];
    let table = [("reference,status\n1,delivered\n1,", 1), long, ("\n1,delivered\n", 1)];
    for parts in [&json[..], &table[..]] {
        let before = peak_bytes();
        let input = Box::new(Parts::new(parts));
        let mut reader = evidence::Reader::open(input, evidence::Request::default()).unwrap();
        let mut said = Vec::new();
        loop {
            let entries = reader.next_batch(100, MEGABYTE).unwrap();
            if entries.is_empty() {
                break;
            }
            said.extend(
                entries.into_iter().map(|entry| entry.said.err().map_or("ok", |reason| reason.code())),
            );
        }
        assert_eq!(said, ["ok", "too-long", "ok"]);
        assert_bounded(before);
    }
}
