//! Framing of tables: rows of one order that follow each other become one document.
//!
//! A row must have the cells that the header names. One with fewer is taken only when it ends like a row of its own:
//! cells that are missing at its end are absent, as when a spreadsheet leaves out empty ones; when what follows looks
//! like the rest of it, both are flawed. One with more is flawed. What is flawed is a document by itself, so that it
//! costs its neighbours nothing, and nothing between the first byte and the last is left out.

use std::collections::VecDeque;
use std::sync::Arc;

use bailee_core::Sensitive;
use zeroize::Zeroize;

use super::cells::{Cell, Found, line, scan};
use super::dialect::{before_header, names};
use super::{LineEnd, ROWS_BYTES_MAX, ROWS_MAX, Table};
use crate::format::Form;
use crate::reader::json::{BYTE_ORDER_MARK, Buffer};
use crate::reader::{DOCUMENT_BYTES_MAX, Item, Position, Raw, Shape, TOO_LONG_BYTES_KEPT};
use crate::verify::Flaw;
use look::{Look, Row};

mod look;

/// What is longer is no empty line and no mark before the header.
const HEADING_BYTES: usize = 256;

/// Turns pieces of a table into documents. The pieces may be cut anywhere.
pub(in crate::reader) struct Framer {
    table: Arc<Table>,
    /// Where the id stands by which rows belong together.
    id: usize,
    /// What was read and not yet taken.
    pending: Buffered,
    cells: Vec<Cell>,
    /// How much of what is pending is known to hold no end of a line.
    searched: usize,
    begun: bool,
    ended: bool,
    /// In a line that is too long, whose beginning has been given out.
    skipping: bool,
    /// Behind a header that is not this table's.
    foreign: bool,
    at: At,
    group: Group,
    documents: u64,
    items: VecDeque<Item>,
}

/// A place in the input.
#[derive(Clone, Copy, Default)]
struct At {
    byte: u64,
    lines_before: u64,
}

/// The rows that will be one document.
#[derive(Default)]
struct Group {
    bytes: Buffer,
    length: usize,
    rows: usize,
    start: At,
    /// The id of all of them; empty for flawed ones.
    id: Vec<u8>,
    flaw: Option<Flaw>,
    /// Set when the last row was short: where it began, and how many cells it had.
    short: Option<Short>,
}

/// A row with fewer cells than the header, of which the next row must tell what it is.
struct Short {
    offset: usize,
    start: At,
    cells: usize,
    row: Vec<u8>,
}

impl Framer {
    /// `None` when this is no table, or has no column with the name of the record.
    pub(in crate::reader) fn new(form: &Form) -> Option<Self> {
        Some(Self {
            table: Arc::clone(form.table.as_ref()?),
            id: form.plan()?.id(),
            pending: Buffered::default(),
            cells: Vec::new(),
            searched: 0,
            begun: false,
            ended: false,
            skipping: false,
            foreign: false,
            at: At::default(),
            group: Group::default(),
            documents: 0,
            items: VecDeque::new(),
        })
    }

    /// The next item, if one is complete.
    pub(in crate::reader) fn next_item(&mut self) -> Option<Item> {
        while self.items.is_empty() && self.step() {}
        self.items.pop_front()
    }

    /// Takes in bytes; says how many it took: all of them.
    pub(in crate::reader) fn take(&mut self, input: &[u8]) -> usize {
        self.pending.push(input);
        input.len()
    }

    /// The input has ended. What was open is ended; says whether anything was.
    pub(in crate::reader) fn end(&mut self) -> bool {
        let first = !self.ended;
        self.ended = true;
        first
    }

    /// Takes one row; says whether there was one.
    fn step(&mut self) -> bool {
        if !self.begun && !self.begin() {
            return false;
        }
        self.skip_marks();
        if self.pending.rest().is_empty() {
            return self.ended && self.finish();
        }
        if self.skipping {
            return self.skip();
        }
        let line_end = self.table.dialect.line_end.byte();
        let unread = self.pending.rest().get(self.searched..).unwrap_or_default();
        if !self.ended && memchr::memchr(line_end, unread).is_none() {
            return self.no_line_end();
        }
        let columns = self.table.columns.len();
        match scan(self.pending.rest(), self.table.dialect, columns, self.ended, &mut self.cells) {
            Found::More => self.no_line_end(),
            Found::Broken => self.broken(),
            Found::Row { lines: true, .. } if self.cells.len() < columns => self.broken(),
            Found::Row { taken, .. } if taken > DOCUMENT_BYTES_MAX => {
                self.too_long(taken);
                self.consume(taken)
            }
            Found::Row { length, taken, lines } => {
                let look =
                    Look { columns, id: self.id, row: self.pending.rest(), length, cells: &self.cells };
                if lines && look.hides_a_row(self.table.dialect) {
                    return self.broken();
                }
                let row = look.row();
                if look.may_be_header(self.table.columns.get(self.id).map(|name| &**name)) && self.header() {
                    return if self.foreign {
                        self.flawed(Flaw::Structure, taken)
                    } else {
                        self.consume(taken)
                    };
                }
                self.row(row, length, taken)
            }
        }
    }

    /// What stands before the header. The header itself is a row like any that repeats it.
    fn begin(&mut self) -> bool {
        let rest = self.pending.rest();
        let length = before_header(rest);
        let line = rest.get(length..).unwrap_or_default();
        // Before its line ends nobody knows that it is none to pass over.
        if !self.ended && memchr::memchr2(b'\n', b'\r', line).is_none() && line.len() < HEADING_BYTES {
            return false;
        }
        self.begun = true;
        self.consume(length)
    }

    /// Files that were put one behind the other bring their marks along; a `\n` here belongs to a `\r` before it.
    fn skip_marks(&mut self) {
        loop {
            let rest = self.pending.rest();
            let mark = rest.starts_with(&BYTE_ORDER_MARK).then_some(BYTE_ORDER_MARK.len());
            let newline = self.table.dialect.line_end == LineEnd::Cr && rest.first() == Some(&b'\n');
            let Some(length) = mark.or(newline.then_some(1)) else { return };
            self.consume(length);
        }
    }

    /// More is needed, unless it is too much already.
    fn no_line_end(&mut self) -> bool {
        self.searched = self.pending.rest().len();
        if self.searched <= DOCUMENT_BYTES_MAX {
            return false;
        }
        let line = line(self.pending.rest(), self.table.dialect, 0);
        self.too_long(line.map_or(self.searched, |(_, taken)| taken));
        self.skipping = true;
        self.skip()
    }

    /// Goes on to the end of the line.
    fn skip(&mut self) -> bool {
        let rest = self.pending.rest();
        let end = memchr::memchr(self.table.dialect.line_end.byte(), rest);
        self.skipping = end.is_none();
        self.consume(end.map_or(rest.len(), |end| end + 1))
    }

    /// Gives out the beginning of a line that is too long.
    fn too_long(&mut self, length: usize) {
        self.emit();
        let kept = length.min(TOO_LONG_BYTES_KEPT);
        self.group.start = self.at;
        self.group.rows = 1;
        self.group.flaw = Some(Flaw::TooLong);
        self.group.bytes.push(self.pending.rest().get(..kept).unwrap_or_default());
        self.emit();
    }

    /// Gives up the first line of what is pending; what follows is read as if it had not been there.
    fn broken(&mut self) -> bool {
        let rest = self.pending.rest();
        let taken = line(rest, self.table.dialect, 0).map_or(rest.len(), |(_, taken)| taken);
        if taken > DOCUMENT_BYTES_MAX {
            self.too_long(taken);
            return self.consume(taken);
        }
        self.flawed(Flaw::Structure, taken)
    }

    /// A row that ended as a row does.
    fn row(&mut self, row: Row, length: usize, taken: usize) -> bool {
        match row {
            Row::Blank => self.consume(taken),
            Row::Nameless => self.flawed(Flaw::OrderId, taken),
            Row::Piece => self.piece(taken),
            Row::Wide => self.flawed(Flaw::Structure, taken),
            Row::Short | Row::Full if self.foreign => self.flawed(Flaw::Structure, taken),
            Row::Short if self.is_rest_of_short() => self.piece(taken),
            Row::Short if taken == length => self.flawed(Flaw::Truncated, taken),
            Row::Short | Row::Full => self.good(row, taken),
        }
    }

    /// Whether the row at hand is a header: this table's, or that of another report whose rows follow. Half of the
    /// names must be known for that, or a row of plain words would do.
    fn header(&mut self) -> bool {
        let names = names(self.pending.rest(), &self.cells);
        let own = &self.table.columns;
        let known = names.iter().filter(|name| own.contains(name)).count();
        let header = names.get(self.id) == own.get(self.id) && known * 2 >= names.len().min(own.len());
        self.foreign = if header { names != *own } else { self.foreign };
        header
    }

    /// Whether the row at hand and the short one before it are together one row that a line end has cut in two.
    fn is_rest_of_short(&self) -> bool {
        let Some(short) = &self.group.short else { return false };
        let (rest, columns) = (self.pending.rest(), self.table.columns.len());
        let before = look::shape(&short.row);
        let own = look::shape(&self.cell(self.id));
        before != own
            || (short.cells + self.cells.len() == columns + 1 && !before.contains(&b'-') && !rest.is_empty())
    }

    fn good(&mut self, row: Row, taken: usize) -> bool {
        let id = self.cell(self.id);
        let fits = self.group.flaw.is_none()
            && self.group.id == id
            && self.group.rows < ROWS_MAX
            && self.group.length + taken <= ROWS_BYTES_MAX;
        if !fits {
            self.emit();
            self.group.start = self.at;
            self.group.id.clone_from(&id);
        }
        self.group.short = (row == Row::Short).then_some(Short {
            offset: self.group.length,
            start: self.at,
            cells: self.cells.len(),
            row: id,
        });
        self.push(taken)
    }

    /// A line that is no row. It belongs to the broken one before it, if there is one.
    fn piece(&mut self, taken: usize) -> bool {
        self.short_was_broken();
        let fits = self.group.flaw == Some(Flaw::Structure)
            && self.group.rows < ROWS_MAX
            && self.group.length + taken <= ROWS_BYTES_MAX;
        if fits { self.push(taken) } else { self.flawed(Flaw::Structure, taken) }
    }

    /// A row that is a flawed document by itself.
    fn flawed(&mut self, flaw: Flaw, taken: usize) -> bool {
        self.emit();
        self.group.start = self.at;
        self.group.flaw = Some(flaw);
        self.push(taken)
    }

    /// The short row at the end of the group was a broken one: it leaves the group.
    fn short_was_broken(&mut self) {
        let Some(short) = self.group.short.take() else { return };
        let bytes = self.group.bytes.take();
        let (before, broken) = bytes.expose().split_at_checked(short.offset).unwrap_or_default();
        self.group.bytes.push(before);
        self.group.rows -= 1;
        if self.group.rows > 0 {
            self.emit();
        } else {
            self.group = Group::default();
        }
        self.group.start = short.start;
        self.group.flaw = Some(Flaw::Structure);
        self.group.rows = 1;
        self.group.length = broken.len();
        self.group.bytes.push(broken);
    }

    /// Adds what is taken next to the group.
    fn push(&mut self, taken: usize) -> bool {
        let row = self.pending.rest().get(..taken).unwrap_or_default();
        self.group.bytes.push(row);
        self.group.length += row.len();
        self.group.rows += 1;
        self.consume(taken)
    }

    /// A cell of the row at hand, without blanks around it.
    fn cell(&self, place: usize) -> Vec<u8> {
        let cell = self.cells.get(place).map(|cell| cell.bytes(self.pending.rest()));
        cell.unwrap_or_default().trim_ascii().to_vec()
    }

    /// Everything has been taken.
    fn finish(&mut self) -> bool {
        let open = self.group.rows > 0;
        self.emit();
        open
    }

    /// Gives out the group.
    fn emit(&mut self) {
        let mut group = std::mem::take(&mut self.group);
        group.id.zeroize();
        if group.rows == 0 {
            return;
        }
        self.documents += 1;
        let flaw = if group.bytes.is_too_long() { Some(Flaw::TooLong) } else { group.flaw };
        let position =
            Position { document: self.documents, line: group.start.lines_before + 1, byte: group.start.byte };
        let bytes: Sensitive<Vec<u8>> = group.bytes.take();
        self.items.push_back(Item::Document(Raw { position, shape: Shape::Bare, bytes, flaw }));
    }

    /// Goes on behind what was taken. Always `true`, for the callers' sake.
    fn consume(&mut self, taken: usize) -> bool {
        let bytes = self.pending.rest().get(..taken).unwrap_or_default();
        let lines = memchr::memchr_iter(self.table.dialect.line_end.byte(), bytes).count();
        self.at.byte += u64::try_from(taken).unwrap_or(0);
        self.at.lines_before += u64::try_from(lines).unwrap_or(0);
        self.searched = self.searched.saturating_sub(taken);
        self.pending.consume(taken);
        true
    }
}

/// Bytes that wait for their row to end; wiped when they move.
#[derive(Default)]
struct Buffered {
    bytes: Vec<u8>,
    taken: usize,
}

impl Buffered {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    fn consume(&mut self, taken: usize) {
        self.taken += taken;
    }

    fn push(&mut self, more: &[u8]) {
        let rest = self.rest().len();
        if rest + more.len() > self.bytes.capacity() {
            let mut larger = Vec::with_capacity((rest + more.len()).next_power_of_two());
            larger.extend_from_slice(self.rest());
            self.bytes.zeroize();
            self.bytes = larger;
        } else {
            self.bytes.copy_within(self.taken.., 0);
            self.bytes.truncate(rest);
        }
        self.taken = 0;
        self.bytes.extend_from_slice(more);
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
