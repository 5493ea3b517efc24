//! Tables being written: rows of cells under named columns, and what must be found in them.

use std::borrow::Cow;

use super::mess::Mess;
use super::notes::{Notes, Scalar};
use super::order::Order;

/// How cells stand in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Tabs, and no quoting: a quotation mark is itself.
    Tabs,
    /// Commas; cells are quoted where they must be.
    Commas,
    /// Semicolons; cells are quoted where they must be.
    Semicolons,
    /// Vertical bars; cells are quoted where they must be.
    Bars,
}

impl Dialect {
    /// What stands between cells.
    pub(super) fn delimiter(self) -> char {
        match self {
            Self::Tabs => '\t',
            Self::Commas => ',',
            Self::Semicolons => ';',
            Self::Bars => '|',
        }
    }

    /// The end of a line.
    pub(super) fn line_end(self) -> &'static str {
        if self == Self::Tabs { "\n" } else { "\r\n" }
    }

    /// A cell as it stands in a line.
    fn cell(self, text: &str) -> Cow<'_, str> {
        let is_special = |char: char| matches!(char, '"' | '\n' | '\r') || char == self.delimiter();
        if self != Self::Tabs && text.contains(is_special) {
            return Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")));
        }
        Cow::Borrowed(text)
    }

    /// A line of a table, without its end.
    pub(super) fn line<'a>(self, cells: impl IntoIterator<Item = &'a str>) -> String {
        let mut line = String::with_capacity(512);
        for (number, cell) in cells.into_iter().enumerate() {
            if number > 0 {
                line.push(self.delimiter());
            }
            line.push_str(&self.cell(cell));
        }
        line
    }
}

/// The header of a table in a style.
pub(super) struct Header {
    /// The columns by the names under which they are written here.
    pub(super) columns: Vec<&'static str>,
    /// The same by the names that stand in the input.
    pub(super) titles: Vec<Cow<'static, str>>,
    pub(super) dialect: Dialect,
}

impl Header {
    pub(super) fn line(&self) -> String {
        self.dialect.line(self.titles.iter().map(|title| &**title)) + self.dialect.line_end()
    }
}

/// The rows of one order.
pub(super) struct Sheet<'a> {
    order: &'a Order,
    header: &'a Header,
    rows: Vec<Vec<(&'static str, String)>>,
    notes: Notes,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(order: &'a Order, header: &'a Header, notes: Notes) -> Self {
        Self { order, header, rows: Vec::new(), notes }
    }

    /// Begins a row.
    pub(super) fn row(&mut self) {
        self.rows.push(Vec::with_capacity(self.header.columns.len()));
    }

    /// A text that means itself.
    pub(super) fn put(&mut self, column: &'static str, to: &str, value: &str) {
        self.dressed(column, to, value, value);
    }

    /// A text that is written in one way and means another.
    pub(super) fn dressed(&mut self, column: &'static str, to: &str, written: &str, meant: &str) {
        self.value(column, to, written, || Scalar::Text(meant.to_owned()));
        // What rows say in two ways is noted in one.
        let is_other = written != meant || self.order.mess == Some(Mess::RowsDisagree);
        if is_other && !to.is_empty() && self.has(column) {
            self.notes.note_written(to, written);
        }
    }

    /// Something in the address.
    pub(super) fn address(&mut self, column: &'static str, to: &str, text: &str) {
        let (written, meant) = (self.order.dressed(text), self.order.meant(text, true));
        self.dressed(column, to, &written, &meant);
    }

    /// A sum of money.
    pub(super) fn amount(&mut self, column: &'static str, to: &str, cents: u64) {
        let meant = self.order.amount(cents);
        let written = self.order.shown_amount(&meant);
        self.dressed(column, to, &written, &meant);
    }

    /// A whole number.
    pub(super) fn integer(&mut self, column: &'static str, to: &str, value: u64) {
        let scalar = || Scalar::Integer(value.try_into().unwrap_or(i64::MAX));
        self.value(column, to, &value.to_string(), scalar);
    }

    /// Any value. What the rows of an order say again is found once.
    pub(super) fn value(
        &mut self,
        column: &'static str,
        to: &str,
        written: &str,
        meant: impl FnOnce() -> Scalar,
    ) {
        if !self.has(column) {
            return;
        }
        if let Some(row) = self.rows.last_mut() {
            row.push((column, written.to_owned()));
        }
        if !to.is_empty() {
            self.notes.note_once(to, meant);
        }
    }

    /// What is found because there is a row at all.
    pub(super) fn note(&mut self, to: &str, meant: impl FnOnce() -> Scalar) {
        self.notes.note_once(to, meant);
    }

    /// Whether it has a column here.
    pub(super) fn has(&self, column: &str) -> bool {
        let is_cut = self.order.mess == Some(Mess::ShortRow) && self.header.columns.last() == Some(&column);
        self.header.columns.contains(&column) && !is_cut
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The lines of the rows, and what must be found in them.
    pub(super) fn finish(self) -> (Vec<String>, Notes) {
        let lines = self.rows.iter().map(|row| self.line(row)).collect();
        (lines, self.notes)
    }

    fn line(&self, row: &[(&'static str, String)]) -> String {
        let dashes = self.order.mess == Some(Mess::Dashes);
        let mut cells: Vec<&str> = self
            .header
            .columns
            .iter()
            .enumerate()
            .map(|(number, column)| match row.iter().find(|(name, _)| name == column) {
                Some((_, value)) => value.as_str(),
                None if dashes && number % 2 == 0 => "--",
                None if dashes => "  ",
                None => "",
            })
            .collect();
        match self.order.mess {
            Some(Mess::ShortRow) => {
                let filled = cells.iter().rposition(|cell| !cell.is_empty());
                cells.truncate(filled.map_or(0, |last| last + 1));
            }
            Some(Mess::LongRow) => cells.extend(["surplus", "cells"]),
            _ => {}
        }
        self.header.dialect.line(cells) + self.header.dialect.line_end()
    }
}
