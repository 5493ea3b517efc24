//! A whole input: documents one after another, with what stands around them.

use super::charset::Charset;
use super::format::{Format, Shape};
use super::market::Market;
use super::mess::{Mess, Shares, truncate};
use super::notes::Notes;
use super::order::{Draw, Order, Version};
use super::random::Random;
use super::truth::Truth;
use super::{Line, Synth, canonical};

/// Orders on a page.
const PAGE_ORDERS: u64 = 100;

/// How an input is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Its format.
    pub format: Format,
    /// How documents stand in it, for formats of JSON.
    pub shape: Shape,
    /// Its charset. Orders whose letters it cannot write are not drawn.
    pub charset: Charset,
}

/// A piece of an input.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Its bytes, in the charset.
    pub bytes: Vec<u8>,
    /// What must be found in the documents that begin in it.
    pub truths: Vec<Truth>,
}

/// An input being made.
pub struct Input {
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
struct Document {
    text: String,
    order: Order,
    notes: Notes,
}

impl Input {
    pub(super) fn new(synth: Synth, style: Style, is_truth_wanted: bool) -> Self {
        let fits = |mess: &Mess| style.charset.is_unicode() || !mess.needs_unicode();
        Self {
            synth,
            style,
            is_truth_wanted,
            markets: Market::of(style.charset),
            all_markets: Market::of(Charset::Utf8),
            kinds: style.format.mess(style.shape).into_iter().filter(fits).collect(),
            shares: Shares::new(synth.mess_percent, Random::new(synth.seed)),
        }
    }

    /// One line of Orders 2026-01-01.
    pub(super) fn line(&self, number: u64) -> Line {
        let document = self.document(number);
        let mess = self.mess_of(number);
        Line { text: document.text, order_id: document.order.id, mess }
    }

    /// The whole input, piece by piece.
    pub(super) fn chunks(self) -> impl Iterator<Item = Chunk> {
        (0..self.synth.orders).map(move |number| self.chunk(number))
    }

    fn chunk(&self, number: u64) -> Chunk {
        let document = self.document(number);
        let truth = self.truth(number, &document);
        let (before, after) = self.around(number);
        let mut bytes = if number == 0 { self.style.charset.mark().to_vec() } else { Vec::new() };
        let text = format!("{before}{}{after}", document.text);
        let text = if self.style.shape == Shape::Pretty { pretty(&text) } else { text };
        bytes.extend_from_slice(&self.style.charset.encode(&text));
        Chunk { bytes, truths: vec![truth] }
    }

    /// What stands before and behind a document.
    fn around(&self, number: u64) -> (&'static str, &'static str) {
        if self.style.shape == Shape::Lines {
            return ("", "\n");
        }
        let is_first = number.is_multiple_of(PAGE_ORDERS);
        let is_last = (number + 1).is_multiple_of(PAGE_ORDERS) || number + 1 == self.synth.orders;
        let before = if is_first { "{\"orders\":[" } else { "," };
        let after = if is_last { "],\"pagination\":{\"nextToken\":\"c3ludGhldGlj\"}}\n" } else { "" };
        (before, after)
    }

    fn truth(&self, number: u64, document: &Document) -> Truth {
        let mess = self.mess_of(number);
        let flaw = mess.and_then(Mess::flaw);
        Truth {
            document: number + 1,
            kind: self.style.format.kind(),
            reference: (mess != Some(Mess::NoOrderId) && mess != Some(Mess::UnusableOrderId))
                .then(|| document.order.id.clone()),
            mess: mess.into_iter().map(Mess::name).collect(),
            flaw,
            leaves: if flaw.is_none() { document.notes.leaves().to_vec() } else { Vec::new() },
        }
    }

    fn mess_of(&self, number: u64) -> Option<Mess> {
        self.shares.of(number, &self.kinds)
    }

    fn document(&self, number: u64) -> Document {
        let Some(mess) = self.mess_of(number) else {
            return self.written(number, Version::Current, None);
        };
        let version = match mess {
            Mess::Duplicate => Version::Current,
            Mess::OlderVersion => Version::Older,
            Mess::NewerVersion => Version::Newer,
            _ => {
                let mut document = self.written(number, Version::Current, Some(mess));
                if mess == Mess::Truncated {
                    truncate(&mut document.text, &mut self.stream(number).branch("truncate"));
                }
                return document;
            }
        };
        self.written(self.shares.plain_before(number, &self.kinds), version, None)
    }

    fn written(&self, number: u64, version: Version, mess: Option<Mess>) -> Document {
        let is_lossy = mess == Some(Mess::LostLetters);
        let draw = Draw {
            markets: if is_lossy { &self.all_markets } else { &self.markets },
            charset: self.style.charset,
            now: self.synth.now,
            with_address: false,
        };
        let order = Order::new(self.stream(number), draw, version, mess);
        let (text, notes) = canonical::write(&order, Notes::new(self.is_truth_wanted));
        Document { text, order, notes }
    }

    fn stream(&self, number: u64) -> Random {
        Random::new(self.synth.seed).at(number)
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
            '"' => {
                in_string = true;
                out.push(char);
            }
            char => out.push(char),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}
