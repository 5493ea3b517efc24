//! How a table is written, found out from its header line.

use serde::{Deserialize, Serialize};

use super::{COLUMNS_MAX, Cell, Found, Table, heading, scan};
use crate::reader::json::BYTE_ORDER_MARK;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// What stands between two cells.
    pub delimiter: Delimiter,
    /// What stands behind a row.
    pub line_end: LineEnd,
}

impl Dialect {
    /// Whether cells may stand in quotes (RFC 4180). In tab-separated reports a `"` is a letter like any other.
    pub fn has_quotes(self) -> bool {
        self.delimiter != Delimiter::Tab
    }
}

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delimiter {
    /// A tabulator, as in Amazon's reports.
    Tab,
    /// A comma.
    Comma,
    /// A semicolon, as spreadsheets write it where the comma is for decimals.
    Semicolon,
    /// A vertical bar.
    Bar,
}

impl Delimiter {
    /// Every delimiter; of two that fit equally well the first is taken.
    pub const ALL: [Self; 4] = [Self::Tab, Self::Semicolon, Self::Comma, Self::Bar];

    /// The byte itself.
    pub fn byte(self) -> u8 {
        match self {
            Self::Tab => b'\t',
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Bar => b'|',
        }
    }

    /// Its name in words, to be shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tab => "tab",
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Bar => "bar",
        }
    }
}

/// What stands behind a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnd {
    /// `\n`, with or without a `\r` before it. A `\r` elsewhere belongs to its cell.
    Lf,
    /// `\r` alone.
    Cr,
}

impl LineEnd {
    /// The byte that ends a line.
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Lf => b'\n',
            Self::Cr => b'\r',
        }
    }
}

/// Every way to read a header line.
pub(super) fn candidates(head: &[u8], ended: bool) -> Option<Vec<Table>> {
    let header = head.get(before_header(head)..).unwrap_or_default();
    let read = |delimiter| read(header, delimiter, ended);
    let mut tables = Delimiter::ALL.into_iter().map(read).collect::<Option<Vec<_>>>()?;
    // A stable sort: among equals the order of the delimiters stays.
    tables.sort_by_key(|table| std::cmp::Reverse(table.columns.len()));
    tables.retain(|table| (2..=COLUMNS_MAX).contains(&table.columns.len()));
    Some(tables)
}

/// How many bytes stand before the header: marks, empty lines, and the line by which one spreadsheet tells another its
/// delimiter. A tabulator at the beginning of the header itself stays: it makes a first column without a heading.
pub(super) fn before_header(head: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = head.get(at..).unwrap_or_default();
        if rest.starts_with(&BYTE_ORDER_MARK) {
            at += BYTE_ORDER_MARK.len();
            continue;
        }
        let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else { return at };
        let line = rest.get(..end).unwrap_or_default();
        let tells_delimiter = matches!(line, [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', _]);
        if !tells_delimiter && !line.iter().all(u8::is_ascii_whitespace) {
            return at;
        }
        at += end + 1;
    }
}

/// The header as a table of that delimiter; one without columns when it is none, `None` when it is not complete.
fn read(header: &[u8], delimiter: Delimiter, ended: bool) -> Option<Table> {
    let line_end = match memchr::memchr2(b'\n', b'\r', header) {
        Some(at) if header.get(at) == Some(&b'\r') => match header.get(at + 1) {
            Some(b'\n') => LineEnd::Lf,
            None if !ended => return None,
            _ => LineEnd::Cr,
        },
        _ => LineEnd::Lf,
    };
    let dialect = Dialect { delimiter, line_end };
    let mut cells = Vec::new();
    let columns = match scan(header, dialect, COLUMNS_MAX, ended, &mut cells) {
        Found::Row { .. } => heading::columns(header, &cells),
        Found::Broken => Vec::new(),
        Found::More => return None,
    };
    Some(Table { dialect, columns })
}

/// The names of the columns, if a row is a header.
pub(super) fn names(row: &[u8], cells: &[Cell]) -> Vec<Box<str>> {
    heading::columns(row, cells)
}
