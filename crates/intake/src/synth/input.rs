//! A whole input: documents one after another, with what stands around them.

use std::borrow::Cow;

use super::charset::Charset;
use super::format::{Format, Shape};
use super::headings::Columns;
use super::market::Market;
use super::mess::{Mess, Shares, truncate};
use super::notes::{Notes, Scalar};
use super::order::{Draw, Fixed, Order, Version};
use super::packing::{Packed, Packing};
use super::random::Random;
use super::report::Report;
use super::rows::Rows;
use super::table::Header;
use super::truth::Truth;
use super::{Line, Synth, canonical, easy_ship, order_report, orders_v0, own, shipments};

/// Orders on a page.
const PAGE_ORDERS: u64 = 100;

/// Orders whose answers are shuffled among each other.
const SHUFFLED_ORDERS: u64 = 20;

/// How an input is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Its format.
    pub format: Format,
    /// How documents stand in it, for formats of JSON and XML.
    pub shape: Shape,
    /// How columns stand in it, for tables.
    pub columns: Columns,
    /// Its charset. Orders whose letters it cannot write are not drawn.
    pub charset: Charset,
    /// What it says that its charset is.
    pub label: Label,
    /// How it is packed.
    pub packing: Packing,
}

/// What an input says that its charset is: by a byte-order mark, and in the declaration of XML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Label {
    /// The one that it is.
    #[default]
    True,
    /// Nothing.
    None,
    /// Another one: in the declaration of XML, elsewhere by its mark, where it has one.
    Other(Charset),
}

impl Style {
    /// The bytes before everything else.
    fn mark(&self) -> &'static [u8] {
        match (self.label, self.format) {
            (Label::None, _) => &[],
            (Label::True, _) | (_, Format::OrderReport(_)) => self.charset.mark(),
            (Label::Other(charset), _) => charset.mark(),
        }
    }

    /// What the declaration of XML names.
    fn declared(&self) -> Option<&'static str> {
        match self.label {
            Label::None => None,
            Label::True => Some(self.charset.declared()),
            Label::Other(charset) => Some(charset.declared()),
        }
    }
}

/// A piece of an input.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// Its bytes, in the charset.
    pub bytes: Vec<u8>,
    /// What must be found in the documents that begin in it.
    pub truths: Vec<Truth>,
}

/// What documents are made from.
pub(super) struct Input {
    synth: Synth,
    style: Style,
    is_truth_wanted: bool,
    markets: Vec<&'static Market>,
    /// Those whose letters a charset may lose.
    all_markets: Vec<&'static Market>,
    kinds: Vec<Mess>,
    shares: Shares,
}

/// A document, not yet in its place.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) reference: Option<String>,
    pub(super) mess: Vec<&'static str>,
    pub(super) flaw: Option<&'static str>,
    pub(super) leaves: Vec<(String, Scalar)>,
    pub(super) written: Vec<String>,
}

impl Input {
    pub(super) fn new(synth: Synth, style: Style, is_truth_wanted: bool) -> Self {
        let fits = |mess: &Mess| style.charset.is_unicode() || !mess.needs_unicode();
        Self {
            synth,
            style,
            is_truth_wanted,
            markets: markets(style.format, style.charset),
            all_markets: markets(style.format, Charset::Utf8),
            kinds: style.format.mess(style.shape).into_iter().filter(fits).collect(),
            shares: Shares::new(synth.mess_percent, Random::new(synth.seed)),
        }
    }

    /// One line of Orders 2026-01-01.
    pub(super) fn line(&self, number: u64) -> Line {
        let (order, mess) = self.order(number);
        let (mut text, _) = canonical::write(&order, Notes::default());
        if mess == Some(Mess::Truncated) {
            truncate(&mut text, &mut self.stream(number).branch("truncate"));
        }
        Line { text, order_id: order.id, mess }
    }

    /// The whole input, chunk by chunk.
    pub(super) fn chunks(self) -> Box<dyn Iterator<Item = Chunk> + Send> {
        let packing = self.style.packing;
        Box::new(Packed::new(self.written(), packing))
    }

    /// The same before it is packed.
    fn written(self) -> Box<dyn Iterator<Item = Chunk> + Send> {
        if let Format::Table(report) = self.style.format {
            return Box::new(Rows::new(self, report));
        }
        let mut documents = 0;
        let together = if self.style.format == Format::OrdersV0Answers { SHUFFLED_ORDERS } else { 1 };
        let chunks = self.synth.orders.div_ceil(together);
        Box::new((0..chunks).map(move |number| self.chunk(number, together, &mut documents)))
    }

    /// How many orders there are.
    pub(super) fn orders(&self) -> u64 {
        self.synth.orders
    }

    pub(super) fn is_messy(&self) -> bool {
        self.synth.mess_percent > 0
    }

    pub(super) fn is_truth_wanted(&self) -> bool {
        self.is_truth_wanted
    }

    pub(super) fn mark(&self) -> &'static [u8] {
        self.style.mark()
    }

    pub(super) fn encode<'a>(&self, text: &'a str) -> Cow<'a, [u8]> {
        self.style.charset.encode(text)
    }

    /// The header of a report. Where there is mess there is a column that no report has.
    pub(super) fn header(&self, report: &Report) -> Header {
        let mut columns = report.columns.to_vec();
        if self.is_messy() && report.reads_as != "shop-export" {
            columns.insert(columns.len() / 2, "loyalty-nickname");
        }
        let (random, style) = (Random::new(self.synth.seed), self.style.columns);
        let columns = style.ordered(columns, random);
        let titles = style.titles(&columns, report, self.style.charset, random);
        Header { columns, titles, dialect: report.dialect }
    }

    /// An order to which nothing is done.
    pub(super) fn plain(&self, number: u64) -> Order {
        Order::new(self.stream(number), self.draw(None), Version::Current, None)
    }

    fn chunk(&self, number: u64, together: u64, documents: &mut u64) -> Chunk {
        let first = number * together;
        let orders = first..(first + together).min(self.synth.orders);
        let mut pieces: Vec<Piece> = orders.flat_map(|number| self.pieces(number)).collect();
        if together > 1 {
            shuffle(&mut pieces, self.stream(number).branch("shuffle"));
        }
        let mut chunk = Chunk::default();
        if number == 0 {
            chunk.bytes.extend_from_slice(self.style.mark());
        }
        for piece in pieces {
            let (before, after) = self.around(*documents);
            // Nothing closes what breaks off.
            let after = if piece.flaw == Mess::Truncated.flaw() { "\n" } else { &*after };
            *documents += 1;
            let text = format!("{before}{}{after}", piece.text);
            let text = match self.style.format {
                _ if self.style.shape != Shape::Pretty => text,
                Format::OrderReport(_) => order_report::pretty(&text),
                _ => pretty(&text),
            };
            chunk.bytes.extend_from_slice(&self.style.charset.encode(&text));
            chunk.truths.push(self.truth(*documents, piece));
        }
        chunk
    }

    pub(super) fn truth(&self, document: u64, piece: Piece) -> Truth {
        Truth {
            document,
            kind: self.style.format.kind(),
            reference: piece.reference,
            mess: piece.mess,
            flaw: piece.flaw,
            leaves: piece.leaves,
            written: piece.written,
        }
    }

    /// What stands before and behind a document.
    fn around(&self, number: u64) -> (Cow<'static, str>, Cow<'static, str>) {
        if let Format::OrderReport(_) = self.style.format {
            let is_last = number + 1 == self.synth.orders;
            let (before, after) = order_report::around(number, is_last, self.style.declared());
            return (before.into(), after.into());
        }
        let (before, after) = self.around_json(number);
        (before.into(), after.into())
    }

    fn around_json(&self, number: u64) -> (&'static str, &'static str) {
        let Some((before, after)) = self.style.format.page().filter(|_| self.style.shape != Shape::Lines)
        else {
            return self.style.format.wrap();
        };
        let is_first = number.is_multiple_of(PAGE_ORDERS);
        let is_last = (number + 1).is_multiple_of(PAGE_ORDERS) || number + 1 == self.synth.orders;
        (if is_first { before } else { "," }, if is_last { after } else { "" })
    }

    /// The documents of one order.
    fn pieces(&self, number: u64) -> Vec<Piece> {
        let (order, mess) = self.order(number);
        let notes = || Notes::new(self.is_truth_wanted);
        let mut pieces = match self.style.format {
            Format::Orders => vec![piece(&order, mess, canonical::write(&order, notes()))],
            Format::OrdersV0 => vec![piece(&order, mess, orders_v0::write(&order, notes()))],
            Format::OrdersV0Answers => (0..orders_v0::ANSWERS)
                .map(|answer| {
                    let mess = mess.filter(|mess| orders_v0::shows(*mess, answer));
                    piece(&order, mess, orders_v0::write_answer(&order, answer, notes()))
                })
                .collect(),
            Format::VendorV1 => vec![piece(&order, mess, shipments::write_vendor(&order, false, notes()))],
            Format::Vendor2021 => vec![piece(&order, mess, shipments::write_vendor(&order, true, notes()))],
            Format::Outbound => vec![piece(&order, mess, shipments::write_outbound(&order, notes()))],
            Format::External => vec![piece(&order, mess, shipments::write_external(&order, notes()))],
            Format::Merchant => vec![piece(&order, mess, shipments::write_merchant(&order, notes()))],
            Format::Invoicing => vec![piece(&order, mess, shipments::write_invoicing(&order, notes()))],
            Format::EasyShip => vec![piece(&order, mess, easy_ship::write(&order, notes()))],
            Format::ShopOrders => vec![piece(&order, mess, own::write_line(&order, notes()))],
            Format::OrderReport(_) => vec![piece(&order, mess, order_report::write(&order, notes()))],
            // Written by rows.
            Format::Table(_) => Vec::new(),
        };
        if let Some(prefix) = self.style.format.reference() {
            pieces
                .iter_mut()
                .for_each(|piece| piece.reference = piece.reference.take().map(|_| prefix(&order)));
        }
        if mess == Some(Mess::Truncated) {
            let random = self.stream(number).branch("truncate");
            pieces.iter_mut().for_each(|piece| truncate(&mut piece.text, &mut random.clone()));
        }
        pieces
    }

    /// An order, and what is done to it.
    pub(super) fn order(&self, number: u64) -> (Order, Option<Mess>) {
        let mess = self.shares.of(number, &self.kinds);
        let (version, dressed) = match mess {
            Some(Mess::Duplicate) => (Version::Current, None),
            Some(Mess::OlderVersion) => (Version::Older, None),
            Some(Mess::NewerVersion) => (Version::Newer, None),
            mess => (Version::Current, mess),
        };
        let is_again = mess.is_some() && dressed.is_none();
        // In a table what is repeated stands further up, since rows that follow each other are one.
        let before =
            if matches!(self.style.format, Format::Table(_)) { number.saturating_sub(1) } else { number };
        let number = if is_again { self.shares.plain_before(before, &self.kinds) } else { number };
        (Order::new(self.stream(number), self.draw(mess), version, dressed), mess)
    }

    fn draw(&self, mess: Option<Mess>) -> Draw<'_> {
        let is_lossy = mess == Some(Mess::LostLetters);
        Draw {
            markets: if is_lossy { &self.all_markets } else { &self.markets },
            charset: self.style.charset,
            now: self.synth.now,
            with_address: self.style.format.has_address(),
            fixed: Fixed::default(),
        }
    }

    fn stream(&self, number: u64) -> Random {
        Random::new(self.synth.seed).at(number)
    }
}

pub(super) fn piece(order: &Order, mess: Option<Mess>, written: (String, Notes)) -> Piece {
    let hides_id = matches!(mess, Some(Mess::NoOrderId | Mess::UnusableOrderId));
    let (text, notes) = written;
    let (leaves, written) = notes.into_parts();
    Piece {
        text,
        reference: (!hides_id).then(|| order.id.clone()),
        mess: mess.into_iter().map(Mess::name).collect(),
        flaw: mess.and_then(Mess::flaw),
        leaves,
        written,
    }
}

/// The marketplaces that have a format, of those that a charset can write.
fn markets(format: Format, charset: Charset) -> Vec<&'static Market> {
    Market::of(charset).into_iter().filter(|market| format.is_of(market)).collect()
}

/// Fisher and Yates.
pub(super) fn shuffle<T>(list: &mut [T], mut random: Random) {
    for last in (1..list.len()).rev() {
        let end = u64::try_from(last + 1).unwrap_or(u64::MAX);
        let other = usize::try_from(random.below(end)).unwrap_or(last);
        list.swap(last, other);
    }
}

/// JSON with a line for each value, as people write it. Line breaks are put in; nothing else changes.
fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for char in json.chars() {
        if in_string {
            out.push(char);
            in_string = char != '"' || is_escaped;
            is_escaped = char == '\\' && !is_escaped;
            continue;
        }
        match char {
            '{' | '[' => {
                depth += 1;
                out.push(char);
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(char);
            }
            ',' => {
                out.push(char);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            char => {
                in_string = char == '"';
                out.push(char);
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}
