//! What is heard of orders and parcels beside their documents: a carrier's feed, tracking answers, notifications.
//!
//! Read as documents are: any packing and character set, framed in bounded memory, parsed as strictly. But nothing of it
//! is kept: of each entry a reference and a few words and times that the retention clock knows are picked, and all
//! else, where it may be personal, is dropped unseen. An entry that cannot be used is refused alone, by its position and
//! a reason from a closed set.

mod feed;
mod json;
mod notification;
mod reason;
#[cfg(test)]
mod tests;
mod tracking;

use std::io::Read;
use std::sync::{Arc, LazyLock};

use bailee_core::Reference;
use bailee_core::retention::{ID_BYTES_MAX, News};

pub use reason::Reason;

use crate::IntakeError;
use crate::format::{Form, Format, Formats, MappingError, Syntax};
use crate::reader::{self, Raw};
use crate::source::{self, Charset};
use crate::verify::Flaw;
use feed::Columns;

/// Where news comes from, for who names it instead of having it found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Lines of a reference and a status, as JSON or as a table.
    CarrierFeed,
    /// An answer of Shipping v2 or Tracking 2026-01-30 about one parcel.
    Tracking,
    /// A notification of Amazon.
    Notification,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 3] = [Self::CarrierFeed, Self::Tracking, Self::Notification];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CarrierFeed => "carrier-feed",
            Self::Tracking => "tracking",
            Self::Notification => "notification",
        }
    }

    /// The origin of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == name)
    }
}

/// What the caller says of an input.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Where it comes from, when it was named. Entries from elsewhere are refused.
    pub origin: Option<Origin>,
    /// The character set, when it was named.
    pub charset: Option<Charset>,
    /// The record that entries are about which do not name one.
    pub reference: Option<Reference>,
    /// Its package that they are about.
    pub package: Option<Box<str>>,
}

impl Request {
    /// Whether a package can have that name: what is longer the clock would take for no name at all.
    pub fn is_package(name: &str) -> bool {
        !name.is_empty() && name.len() <= ID_BYTES_MAX
    }

    /// The package that was named beside the input, for an entry about that record. Another record has other packages.
    fn package_of(&self, reference: &Reference) -> Option<Box<str>> {
        self.package.clone().filter(|_| self.reference.as_ref() == Some(reference))
    }
}

/// Where an entry stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// Counts entries, from 1.
    pub entry: u64,
    /// Counts lines, from 1.
    pub line: u64,
}

/// What an entry says.
pub struct Heard {
    /// Of which record.
    pub reference: Reference,
    /// What; nothing when it says nothing that the clock cares for.
    pub news: Vec<News>,
}

/// An entry: what it says, or why it cannot be used.
pub struct Entry {
    /// Where it stood.
    pub position: Position,
    /// What it says.
    pub said: Result<Heard, Reason>,
}

/// A streaming reader of entries.
pub struct Reader {
    inner: reader::Reader,
    request: Request,
    columns: Option<Columns>,
    entries: u64,
}

impl Reader {
    /// Finds out how an input is written.
    ///
    /// # Errors
    /// [`IntakeError::UnknownFormat`] when it is neither JSON of these shapes nor a table with a column for the reference
    /// and one for the status; [`IntakeError::Source`], [`IntakeError::Read`].
    pub fn open(input: Box<dyn Read + Send>, request: Request) -> Result<Self, IntakeError> {
        let detected = reader::Request { format: None, charset: request.charset };
        let inner = reader::Reader::open(input, &formats()?, detected)?;
        let columns = inner.form().table.as_ref().map(|table| Columns::of(table)).transpose()?;
        Ok(Self { inner, request, columns, entries: 0 })
    }

    /// How it is written; its name is what the ledger calls it.
    pub fn form(&self) -> &Arc<Form> {
        self.inner.form()
    }

    /// Bytes of the input itself read so far, compressed as they are, for progress.
    pub fn bytes_read(&self) -> u64 {
        self.inner.bytes_read()
    }

    /// The next entries, of about so many documents and bytes; empty at the end.
    ///
    /// # Errors
    /// [`IntakeError::Read`]; what was found before the failure is given first.
    pub fn next_batch(&mut self, documents_max: usize, bytes_max: usize) -> Result<Vec<Entry>, IntakeError> {
        let mut entries = Vec::new();
        while entries.is_empty() {
            let items = self.inner.next_batch(documents_max, bytes_max)?;
            if items.is_empty() {
                break;
            }
            for item in items {
                if let reader::Item::Document(raw) = item {
                    self.read(&raw, &mut entries);
                }
            }
        }
        Ok(entries)
    }

    /// A document of JSON is an entry; the rows of a table are one each.
    fn read(&mut self, raw: &Raw, entries: &mut Vec<Entry>) {
        let line = raw.position.line;
        // Whether it names an order, or another does beside it, is for what is in it to say.
        let framing = raw.flaw.filter(|flaw| !matches!(flaw, Flaw::NotAnOrder | Flaw::OrderId));
        let flaw = source::flaw(raw.bytes.expose()).or(framing);
        let table = self.inner.form().table.clone();
        match (flaw, table, &self.columns) {
            (Some(flaw), ..) => self.entries = push(entries, self.entries, line, Err(Reason::of(flaw))),
            (None, Some(table), Some(columns)) => {
                for (line, said) in columns.rows(raw, &table, &self.request) {
                    self.entries = push(entries, self.entries, line, said);
                }
            }
            (None, ..) => {
                let said = json::read(raw.bytes.expose(), &self.request);
                self.entries = push(entries, self.entries, line, said);
            }
        }
    }
}

/// Adds an entry; returns its number.
fn push(entries: &mut Vec<Entry>, before: u64, line: u64, said: Result<Heard, Reason>) -> u64 {
    let entry = before + 1;
    entries.push(Entry { position: Position { entry, line }, said });
    entry
}

/// How news is written.
fn formats() -> Result<Formats, MappingError> {
    static FORMATS: LazyLock<Result<Formats, MappingError>> = LazyLock::new(|| {
        let json = Format::embed(include_str!("evidence/formats/delivery-news.toml"))?;
        let table = Format::embed(include_str!("evidence/formats/carrier-feed.toml"))?;
        // An input with nothing in it is in the first.
        Ok(Formats::of([json, table]))
    });
    FORMATS.clone()
}

/// The table's format, whose names those of JSON lines are too.
fn feed_format() -> Result<Arc<Format>, MappingError> {
    let formats = formats()?;
    let table = formats.iter().find(|format| format.syntax() == Syntax::Table).cloned();
    table.ok_or(MappingError::Unrecognisable)
}
