//! The same order in all formats gives the same record: a million synthetic orders, format by format, read, verified
//! and compared leaf by leaf with what the synthesiser noted while it wrote them. Every document of every input is
//! accounted for, here or with the flaw that it must have.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::tests_outside_test_module,
    reason = "tests may fail loudly"
)]

mod compare;

use bailee_intake::synth::{Format, Shape, Style, Synth};
use compare::Trial;

const NOW: &str = "2026-11-23T12:00:00Z";

fn synth(orders: u64, seed: u64) -> Synth {
    Synth { orders, seed, mess_percent: 20, now: NOW.parse().unwrap() }
}

fn style(format: &str) -> Style {
    Style { format: Format::named(format).unwrap(), ..Style::default() }
}

/// Reads so many orders of a format, a fifth of them messy, and compares.
fn holds(format: &str, orders: u64) {
    Trial { synth: synth(orders, 1), style: style(format) }.run();
}

#[test]
fn orders_2026_in_lines_are_read_as_they_are() {
    holds("orders-2026-01-01", 2_000);
}

#[test]
fn orders_2026_on_pages_are_read_as_they_are() {
    for shape in [Shape::Page, Shape::Pretty] {
        let style = Style { shape, ..style("orders-2026-01-01") };
        Trial { synth: synth(500, 2), style }.run();
    }
}

#[test]
fn orders_v0_give_the_same_records() {
    holds("orders-v0", 2_000);
    Trial { synth: synth(500, 3), style: Style { shape: Shape::Page, ..style("orders-v0") } }.run();
}

#[test]
fn the_answers_of_orders_v0_hold_their_parts_of_the_same_records() {
    holds("orders-v0-answers", 500);
}
