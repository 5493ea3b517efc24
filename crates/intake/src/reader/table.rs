//! Tables: reports and spreadsheets, with a delimiter between cells and a header line that names the columns.
//!
//! Columns are found by name, never by position. A row that has not the cells that the header promises is refused, not
//! repaired: a stray delimiter must never move a street into the place of a city. Everything here works on bytes, so
//! that framing does not wait for the character set: delimiters, quotes and line ends are ASCII in each of those in
//! question.

mod cells;
mod dialect;
mod framer;
mod heading;
mod recognise;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use cells::{Cell, Found, scan};
pub use dialect::{Delimiter, Dialect, LineEnd};
pub(super) use framer::Framer as TableFramer;
pub(crate) use heading::normalised;
pub(super) use recognise::{named, recognised};

/// Most columns of a table. The widest report known has 90.
pub const COLUMNS_MAX: usize = 1000;

/// Most rows in one document; those of one order that go beyond it begin a further document of the same order.
pub const ROWS_MAX: usize = 1000;

/// Most bytes of the rows in one document, unless a single row is longer.
pub const ROWS_BYTES_MAX: usize = 1024 * 1024;

/// Most bytes of a quoted cell. A quote that closes nowhere must not swallow the rows behind it.
pub const QUOTED_BYTES_MAX: usize = 64 * 1024;

/// What must be known to read the rows of a table without its header line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// How it is written.
    pub dialect: Dialect,
    /// The names of its columns in their order: in lower case, `-` for blanks and signs; each once.
    pub columns: Vec<Box<str>>,
}

/// The cells of the first rows below the header, as text.
pub(crate) fn rows(head: &[u8], table: &Table, rows_max: usize) -> Vec<Vec<String>> {
    let mut at = dialect::before_header(head);
    let (mut rows, mut cells) = (Vec::new(), Vec::new());
    while rows.len() <= rows_max {
        let rest = head.get(at..).unwrap_or_default();
        let Found::Row { length, taken, .. } = scan(rest, table.dialect, COLUMNS_MAX, false, &mut cells)
        else {
            break;
        };
        let row = rest.get(..length).unwrap_or_default();
        let text = |cell: &Cell| String::from_utf8_lossy(&cell.bytes(row)).into_owned();
        rows.push(cells.iter().map(text).collect());
        at += taken;
    }
    // The first is the header.
    rows.into_iter().skip(1).collect()
}

impl Table {
    /// Every way in which the first bytes of an input can be read as a table: the one with most columns first.
    /// `None` while the header line is not complete; `ended` says that nothing follows.
    pub fn candidates(head: &[u8], ended: bool) -> Option<Vec<Self>> {
        dialect::candidates(head, ended)
    }

    /// Where in a row a column stands, from 0.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| **name == *column)
    }
}
