//! Writes XML straight into a string, and notes beside it what a reader must find there.

use super::mess::Mess;
use super::notes::{Notes, Scalar};

/// The prefix of every name where the mess puts one there.
const PREFIX: &str = "amzn:";

/// What stands between elements where the mess puts something there: it looks like a record, and is none.
const ASIDES: &str = "<!-- <OrderReport> <AmazonOrderID>0</AmazonOrderID> --><?printer <OrderReport> ?>";

/// A document being written.
pub(super) struct Writer {
    text: String,
    notes: Notes,
    mess: Option<Mess>,
}

impl Writer {
    /// Each value says where a reader finds it.
    pub(super) fn new(notes: Notes, mess: Option<Mess>) -> Self {
        Self { text: String::with_capacity(3 * 1024), notes, mess }
    }

    pub(super) fn finish(self) -> (String, Notes) {
        (self.text, self.notes)
    }

    /// An element with others in it.
    pub(super) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        let is_outermost = self.text.is_empty();
        self.begins(name);
        if is_outermost && self.mess == Some(Mess::Prefixed) {
            self.text.push_str(" xmlns:amzn=\"urn:example:reports\"");
        }
        self.text.push('>');
        if is_outermost && self.mess == Some(Mess::Asides) {
            self.text.push_str(ASIDES);
        }
        content(self);
        self.ends(name);
    }

    /// All that follows is found below a canonical place.
    pub(super) fn at(&mut self, place: &str, content: impl FnOnce(&mut Self)) {
        let base = self.notes.enter(place);
        content(self);
        self.notes.leave(base);
    }

    /// A text that is found at a canonical place; at none when that is empty.
    pub(super) fn put(&mut self, name: &str, to: &str, value: &str) {
        self.dressed(name, to, value, value);
    }

    /// A text that is written in one way and means another.
    pub(super) fn dressed(&mut self, name: &str, to: &str, written: &str, meant: &str) {
        let raw = self.escaped(written);
        self.raw(name, &raw);
        if to.is_empty() {
            return;
        }
        self.note(to, Scalar::Text(meant.to_owned()));
        for other in [written, &raw] {
            if other != meant {
                self.notes.note_written(to, other);
            }
        }
    }

    /// A whole number.
    pub(super) fn integer(&mut self, name: &str, to: &str, value: u64) {
        self.raw(name, &value.to_string());
        self.note(to, Scalar::Integer(value.try_into().unwrap_or(i64::MAX)));
    }

    /// A sum of money, with its currency as an attribute; a key twice is that attribute twice.
    pub(super) fn amount(&mut self, to: &str, currency: &str, written: &str, meant: &str) {
        self.begins("Amount");
        let attribute = format!(" currency=\"{currency}\"");
        let is_doubled = self.mess == Some(Mess::DuplicateKey);
        (0..=u8::from(is_doubled)).for_each(|_| self.text.push_str(&attribute));
        self.text.push('>');
        self.text.push_str(written);
        self.ends("Amount");
        self.note(&format!("{to}.amount"), Scalar::Text(meant.to_owned()));
        self.note(&format!("{to}.currencyCode"), Scalar::Text(currency.to_owned()));
    }

    /// An element of markup as it stands.
    pub(super) fn raw(&mut self, name: &str, content: &str) {
        self.begins(name);
        self.text.push('>');
        self.text.push_str(content);
        self.ends(name);
    }

    /// What is found at a place without being written there.
    pub(super) fn note(&mut self, to: &str, value: Scalar) {
        self.notes.note(to, || value);
    }

    /// The beginning of a start tag.
    fn begins(&mut self, name: &str) {
        self.text.push('<');
        self.named(name);
    }

    fn ends(&mut self, name: &str) {
        self.text.push_str("</");
        self.named(name);
        self.text.push('>');
    }

    fn named(&mut self, name: &str) {
        if self.mess == Some(Mess::Prefixed) {
            self.text.push_str(PREFIX);
        }
        self.text.push_str(name);
    }

    /// A text as it stands in the document.
    fn escaped(&self, text: &str) -> String {
        match self.mess {
            Some(Mess::CharacterData) => format!("<![CDATA[{text}]]>"),
            Some(Mess::References) => text.chars().map(referred).collect(),
            _ => text.chars().map(escaped).collect(),
        }
    }
}

/// A letter of a text.
fn escaped(letter: char) -> String {
    match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        letter => letter.to_string(),
    }
}

/// The same, with the number of each letter that is not ASCII in its place: in decimal or not, by turns.
fn referred(letter: char) -> String {
    match u32::from(letter) {
        0..0x80 => escaped(letter),
        number if number % 2 == 0 => format!("&#{number};"),
        number => format!("&#x{number:X};"),
    }
}
