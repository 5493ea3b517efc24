//! A whole table: the header, and the rows of one order after another.

use super::Chunk;
use super::input::{Input, Piece, piece};
use super::items::Item;
use super::mess::Mess;
use super::notes::Notes;
use super::order::Order;
use super::report::Report;
use super::table::{Header, Sheet};

/// Rows that the mess of an order left for later, and the cell by which they belong together.
struct Held(String, Piece);

/// A table being written.
pub(super) struct Rows {
    input: Input,
    report: &'static Report,
    header: Header,
    next: u64,
    documents: u64,
    /// By which cell the last rows belonged together: the same again would make one document of two.
    last: Option<String>,
    held: Option<Held>,
}

impl Rows {
    pub(super) fn new(input: Input, report: &'static Report) -> Self {
        let header = input.header(report);
        Self { input, report, header, next: 0, documents: 0, last: None, held: None }
    }

    /// An order whose rows do not run together with those before.
    fn order(&self, number: u64) -> (Order, Option<Mess>) {
        let (order, mess) = self.input.order(number);
        let cell = Some(cell(&order));
        let is_held = self.held.as_ref().is_some_and(|held| Some(&held.0) == cell.as_ref());
        if cell == self.last || is_held { (self.input.plain(number), None) } else { (order, mess) }
    }

    fn rows(&self, order: &Order, mess: Option<Mess>, items: &[Item]) -> Piece {
        let mut sheet = Sheet::new(order, &self.header, Notes::new(self.input.is_truth_wanted()));
        items.iter().for_each(|item| (self.report.write)(order, item, &mut sheet));
        let (lines, notes) = sheet.finish();
        let mut piece = piece(order, mess, (lines.concat(), notes));
        if matches!(mess, Some(Mess::NoOrderId | Mess::UnusableOrderId)) {
            // A row has a cell for it, so that it is always there, if empty.
            piece.flaw = Mess::UnusableOrderId.flaw();
        }
        piece
    }

    fn emit(&mut self, chunk: &mut Chunk, cell: String, piece: Piece) {
        self.documents += 1;
        self.last = Some(cell);
        chunk.bytes.extend_from_slice(&self.input.encode(&piece.text));
        chunk.truths.push(self.input.truth(self.documents, piece));
    }

    fn write(&mut self, number: u64, chunk: &mut Chunk) {
        let (order, mess) = self.order(number);
        let cell = cell(&order);
        let held = self.held.take();
        match mess {
            Some(Mess::LongRow | Mess::NoOrderId | Mess::UnusableOrderId) => {
                // Nothing says that such rows belong together.
                for item in &order.items {
                    let piece = self.rows(&order, mess, std::slice::from_ref(item));
                    self.emit(chunk, cell.clone(), piece);
                }
            }
            Some(Mess::RowsApart) if number + 1 < self.input.orders() => {
                let (first, rest) = order.items.split_at(1);
                let piece = self.rows(&order, mess, first);
                self.emit(chunk, cell.clone(), piece);
                self.held = Some(Held(cell, self.rows(&order, mess, rest)));
            }
            _ => {
                if mess == Some(Mess::RepeatedHeader) {
                    chunk.bytes.extend_from_slice(&self.input.encode(&self.header.line()));
                }
                // What breaks off is the last thing in the input.
                let is_end = number + 1 == self.input.orders() && self.input.is_messy() && held.is_none();
                let mess = if is_end && mess.is_none() { Some(Mess::Truncated) } else { mess };
                let items = if mess == Some(Mess::Truncated) {
                    order.items.get(..1).unwrap_or_default()
                } else {
                    &order.items
                };
                let mut piece = self.rows(&order, mess, items);
                if mess == Some(Mess::Truncated) {
                    // Half of the cells: what breaks off in the last cell of a row cannot be told from a whole row.
                    let half = self.header.columns.len() / 2;
                    let end = piece.text.match_indices(self.header.dialect.delimiter()).nth(half);
                    piece.text.truncate(end.map_or(0, |(end, _)| end));
                }
                self.emit(chunk, cell, piece);
            }
        }
        if let Some(Held(cell, piece)) = held {
            self.emit(chunk, cell, piece);
        } else if matches!(mess, Some(Mess::LongRow | Mess::ShortRow)) {
            // What has no id would seem to be the rest of a row with too many or too few cells.
            self.last = Some(String::new());
        }
    }
}

/// By which cell the rows of an order belong together; none of those that cannot be told from a piece of a row.
fn cell(order: &Order) -> String {
    match order.mess {
        Some(Mess::NoOrderId | Mess::UnusableOrderId) => String::new(),
        _ => order.id.clone(),
    }
}

impl Iterator for Rows {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let number = self.next;
        if number >= self.input.orders() {
            return None;
        }
        let mut chunk = Chunk::default();
        if number == 0 {
            chunk.bytes.extend_from_slice(self.input.mark());
            chunk.bytes.extend_from_slice(&self.input.encode(&self.header.line()));
        }
        self.write(number, &mut chunk);
        self.next += 1;
        Some(chunk)
    }
}
