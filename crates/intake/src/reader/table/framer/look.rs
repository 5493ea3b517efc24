//! What a row looks like, before anything is known of its meaning.

use bailee_core::Reference;

use crate::reader::table::cells::{Cell, Found, scan};
use crate::reader::table::{COLUMNS_MAX, Dialect};

/// What a row is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// Nothing in any cell.
    Blank,
    /// No id where it should be.
    Nameless,
    /// Neither an id nor as many cells as the header.
    Piece,
    /// More cells than the header has.
    Wide,
    /// Fewer.
    Short,
    /// As many.
    Full,
}

/// A row and what it is held against.
pub(super) struct Look<'a> {
    pub(super) columns: usize,
    pub(super) id: usize,
    pub(super) row: &'a [u8],
    pub(super) length: usize,
    pub(super) cells: &'a [Cell],
}

impl Look<'_> {
    /// Whether it is worth asking if this is a header: nearly every id has a digit, and hardly any heading.
    pub(super) fn may_be_header(&self, heading: Option<&str>) -> bool {
        let has_digit = |bytes: &[u8]| bytes.iter().any(u8::is_ascii_digit);
        let id = self.cells.get(self.id).map(|cell| cell.bytes(self.row)).unwrap_or_default();
        !id.is_empty() && (!has_digit(&id) || heading.is_some_and(|name| has_digit(name.as_bytes())))
    }

    pub(super) fn row(&self) -> Row {
        let row = self.row.get(..self.length).unwrap_or_default();
        let id = self.cells.get(self.id).map(|cell| cell.bytes(self.row)).unwrap_or_default();
        if !is_id(&id) {
            // Control-Z is how some old programs end a file.
            let says_nothing = |cell: &Cell| {
                let bytes = row.get(cell.range.clone()).unwrap_or_default();
                bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x1A)
            };
            return match self.cells.iter().all(says_nothing) {
                true => Row::Blank,
                false if self.cells.len() == self.columns => Row::Nameless,
                false => Row::Piece,
            };
        }
        match self.cells.len().cmp(&self.columns) {
            std::cmp::Ordering::Less => Row::Short,
            std::cmp::Ordering::Equal => Row::Full,
            std::cmp::Ordering::Greater => Row::Wide,
        }
    }

    /// Whether a quoted cell of several lines holds what looks like another row: then its quote is a stray one.
    pub(super) fn hides_a_row(&self, dialect: Dialect) -> bool {
        let row = self.row.get(..self.length).unwrap_or_default();
        let own = self.cells.get(self.id).map(|cell| shape(cell.bytes(self.row).trim_ascii()));
        let mut lines = row.split(|byte| *byte == dialect.line_end.byte()).skip(1);
        let mut cells = Vec::new();
        lines.any(|line| {
            let found = scan(line, dialect, COLUMNS_MAX, true, &mut cells);
            let id = cells.get(self.id).map(|cell| cell.bytes(line));
            let id = id.filter(|id| cells.len() > 1 && matches!(found, Found::Row { .. }) && is_id(id));
            id.is_some_and(|id| Some(shape(id.trim_ascii())) == own)
        })
    }
}

/// Whether these bytes could name a record.
fn is_id(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes.trim_ascii()).is_ok_and(|id| id.parse::<Reference>().is_ok())
}

/// An id with a `9` for each run of digits and an `a` for each of letters: `9-9-9` for an order of Amazon's.
pub(super) fn shape(id: &[u8]) -> Vec<u8> {
    let mut shape: Vec<u8> = id
        .iter()
        .map(|byte| match byte {
            b'0'..=b'9' => b'9',
            b'a'..=b'z' | b'A'..=b'Z' => b'a',
            _ => *byte,
        })
        .collect();
    shape.dedup();
    shape
}
