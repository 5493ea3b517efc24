//! One row of a table: where it ends, and where its cells stand.

use std::borrow::Cow;
use std::ops::Range;

use super::{Dialect, LineEnd, QUOTED_BYTES_MAX};

/// Where a cell stands in its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Its bytes, without the quotes around it.
    pub(crate) range: Range<usize>,
    /// Whether there are doubled quotes in it.
    doubled: bool,
}

impl Cell {
    /// What it says, as bytes.
    pub(crate) fn bytes<'a>(&self, row: &'a [u8]) -> Cow<'a, [u8]> {
        let bytes = row.get(self.range.clone()).unwrap_or_default();
        if !self.doubled {
            return Cow::Borrowed(bytes);
        }
        let mut before = 0;
        let single = bytes.iter().copied().filter(|byte| {
            let twin = *byte == b'"' && before == b'"';
            before = if twin { 0 } else { *byte };
            !twin
        });
        Cow::Owned(single.collect())
    }

    /// What it says, as text.
    pub(crate) fn text<'a>(&self, row: &'a str) -> Cow<'a, str> {
        let text = row.get(self.range.clone()).unwrap_or_default();
        if self.doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) }
    }
}

/// What [`scan`] found at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A row: its length without and with its line end, and whether it ran over several lines.
    Row {
        /// Without its line end.
        length: usize,
        /// With it.
        taken: usize,
        /// A quoted cell holds a line end.
        lines: bool,
    },
    /// The row does not end here yet.
    More,
    /// A quote that closes nowhere, or in the middle of a cell; or more cells than allowed on more lines than one.
    /// Only the first line can be given up for it.
    Broken,
}

/// Finds the row at the beginning of `bytes` and its cells. `ended`: nothing follows the bytes.
///
/// A row of more than `cells_max` cells is found all the same, with all of its cells, when it is a single line.
pub(crate) fn scan(
    bytes: &[u8],
    dialect: Dialect,
    cells_max: usize,
    ended: bool,
    cells: &mut Vec<Cell>,
) -> Found {
    cells.clear();
    match line(bytes, dialect, 0) {
        None if !ended => Found::More,
        end => {
            let (length, taken) = end.unwrap_or((bytes.len(), bytes.len()));
            let row = bytes.get(..length).unwrap_or_default();
            if dialect.has_quotes() && memchr::memchr(b'"', row).is_some() {
                return Quoted { bytes, dialect, cells_max, ended, cells, lines: false }.row();
            }
            let mut start = 0;
            for end in memchr::memchr_iter(dialect.delimiter.byte(), row) {
                cells.push(Cell { range: start..end, doubled: false });
                start = end + 1;
            }
            cells.push(Cell { range: start..length, doubled: false });
            Found::Row { length, taken, lines: false }
        }
    }
}

/// The end of the line that begins before `from`: without and with what ends it.
pub(super) fn line(bytes: &[u8], dialect: Dialect, from: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(from..)?;
    let at = from + memchr::memchr(dialect.line_end.byte(), rest)?;
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let returned = dialect.line_end == LineEnd::Lf && before == Some(&b'\r');
    Some((if returned { at - 1 } else { at }, at + 1))
}

/// A row in which there is a quote.
struct Quoted<'a> {
    bytes: &'a [u8],
    dialect: Dialect,
    cells_max: usize,
    ended: bool,
    cells: &'a mut Vec<Cell>,
    lines: bool,
}

/// What stands behind a cell.
enum Behind {
    Cell(usize),
    End { length: usize, taken: usize },
    More,
    Broken,
}

impl Quoted<'_> {
    fn row(mut self) -> Found {
        let mut at = 0;
        loop {
            let behind = if self.bytes.get(at) == Some(&b'"') { self.quoted(at) } else { self.plain(at) };
            if self.lines && self.cells.len() > self.cells_max {
                return Found::Broken;
            }
            match behind {
                Behind::Cell(next) => at = next,
                Behind::End { length, taken } => return Found::Row { length, taken, lines: self.lines },
                Behind::More if self.ended => return Found::Broken,
                Behind::More => return Found::More,
                Behind::Broken => return Found::Broken,
            }
        }
    }

    fn plain(&mut self, start: usize) -> Behind {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let found = memchr::memchr2(self.dialect.delimiter.byte(), self.dialect.line_end.byte(), rest);
        let Some(length) = found else {
            let end = self.bytes.len();
            self.cells.push(Cell { range: start..end, doubled: false });
            return if self.ended { Behind::End { length: end, taken: end } } else { Behind::More };
        };
        let at = start + length;
        if self.bytes.get(at) == Some(&self.dialect.delimiter.byte()) {
            self.cells.push(Cell { range: start..at, doubled: false });
            return Behind::Cell(at + 1);
        }
        let end = line(self.bytes, self.dialect, at).map_or(at, |(end, _)| end.max(start));
        self.cells.push(Cell { range: start..end, doubled: false });
        Behind::End { length: end, taken: at + 1 }
    }

    fn quoted(&mut self, quote: usize) -> Behind {
        let start = quote + 1;
        let limit = self.bytes.len().min(start + QUOTED_BYTES_MAX + 1);
        let mut doubled = false;
        let mut from = start;
        let end = loop {
            let rest = self.bytes.get(from..limit).unwrap_or_default();
            let Some(length) = memchr::memchr(b'"', rest) else {
                return if limit < self.bytes.len() { Behind::Broken } else { Behind::More };
            };
            let at = from + length;
            match self.bytes.get(at + 1) {
                Some(b'"') => {
                    doubled = true;
                    from = at + 2;
                }
                None if !self.ended => return Behind::More,
                _ => break at,
            }
        };
        let inside = self.bytes.get(start..end).unwrap_or_default();
        self.lines |= memchr::memchr(self.dialect.line_end.byte(), inside).is_some();
        self.cells.push(Cell { range: start..end, doubled });
        self.behind_quote(end + 1)
    }

    fn behind_quote(&self, at: usize) -> Behind {
        let ends = self.dialect.line_end.byte();
        match (self.bytes.get(at), self.bytes.get(at + 1)) {
            (None, _) => Behind::End { length: at, taken: at },
            (Some(byte), _) if *byte == self.dialect.delimiter.byte() => Behind::Cell(at + 1),
            (Some(byte), _) if *byte == ends => Behind::End { length: at, taken: at + 1 },
            (Some(b'\r'), Some(b'\n')) => Behind::End { length: at, taken: at + 2 },
            (Some(b'\r'), None) if self.ended => Behind::End { length: at, taken: at + 1 },
            (Some(b'\r'), None) => Behind::More,
            _ => Behind::Broken,
        }
    }
}
