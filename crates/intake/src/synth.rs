//! Synthetic SP-API input, for tests and test environments: the only source of this project's own fixtures.
//!
//! Nobody in it exists: names and streets are made up, phone numbers come from the ranges that regulators set aside
//! for fiction where there are any, tax numbers begin with zeros, mail addresses are masked as a marketplace masks them.
//! The same seed and time give the same bytes on every machine, for ever: each order draws from its own stream, which
//! depends on the seed and its number only.
//!
//! An order is drawn once and then written in any format ([`Synth::input`]). While it is written, what a correct reader
//! must find in it is noted ([`Truth`]), from the order and never through the readers and cleaners: it is their oracle.

mod address;
mod canonical;
mod charset;
mod columns;
mod easy_ship;
mod format;
mod headings;
mod input;
mod items;
mod json;
mod like;
mod market;
mod mess;
mod notes;
mod order;
mod order_report;
mod orders_v0;
mod own;
mod packing;
mod random;
mod report;
mod reports;
mod returns;
mod rows;
mod shipments;
mod table;
#[cfg(test)]
mod tests;
mod truth;
mod xml;

use bailee_core::Timestamp;

pub use charset::Charset;
pub use format::{Format, Part, Shape};
pub use headings::Columns;
use input::Input;
pub use input::{Chunk, Label, Style};
pub use like::{CELL_MIN, Like, PROFILE_BYTES_MAX, Profile, ProfileError, Tally};
pub use mess::Mess;
pub use notes::{Nature, Scalar};
pub use own::MAPPING as OWN_MAPPING;
pub use packing::Packing;
pub use report::Report;
pub use truth::Truth;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Synth {
    /// How many orders: so many lines.
    pub orders: u64,
    /// Same seed and time, same bytes.
    pub seed: u64,
    /// Share of messy documents, 0 to 100: exactly so many of every hundred, the kinds in turn. The first is always
    /// plain.
    pub mess_percent: u8,
    /// Orders of the 20 days before.
    pub now: Timestamp,
}

/// A line, and what was done to it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The document, without a line end.
    pub text: String,
    /// The id of the order that it is about, also where the text hides it.
    pub order_id: String,
    /// What is wrong or odd with it.
    pub mess: Option<Mess>,
}

impl Synth {
    /// The orders as lines of NDJSON of Orders 2026-01-01, without line ends.
    pub fn lines(self) -> impl Iterator<Item = String> {
        self.orders_with_truth().map(|line| line.text)
    }

    /// The same lines, each with what was done to it.
    pub fn orders_with_truth(self) -> impl Iterator<Item = Line> {
        let input = Input::new(self, Style::default(), false);
        (0..self.orders).map(move |number| input.line(number))
    }

    /// The orders in any style: chunk by chunk, each with what must be found in it.
    pub fn input(self, style: Style) -> impl Iterator<Item = Chunk> {
        Input::new(self, style, true).chunks()
    }
}
