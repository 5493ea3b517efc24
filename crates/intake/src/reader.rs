//! Readers: bytes in, documents out, a batch at a time in bounded memory.
//!
//! A reader only finds where each document begins and ends; it does not parse. So it is fast, one thread feeds many
//! that verify, and a document that is not even JSON still reaches quarantine with its bytes and its position.
//!
//! Each format has a framer of its own below this module; [`Reader::open`] picks one.

mod buffer;
mod framer;
mod lexer;
#[cfg(test)]
mod tests;

use std::io::{ErrorKind, Read};

use bailee_core::{Json, Sensitive};
use zeroize::Zeroizing;

pub use crate::error::IntakeError;
use crate::verify::Flaw;
use framer::Framer;

/// Most bytes of one document; a longer one is quarantined (its beginning is kept). A hundred times the longest
/// order that the API is known to answer.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How much of a document that is too long is kept: enough to see what it is.
pub const TOO_LONG_BYTES_KEPT: usize = 64 * 1024;

/// How much is read from the input at once, and how far its format is looked for.
const CHUNK_BYTES: usize = 64 * 1024;

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Orders 2026-01-01: `searchOrders` and `getOrder` answers, single orders, arrays of orders, and NDJSON of any of
    /// them.
    Orders20260101,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Orders20260101];

    /// The name for `--format` and for events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orders20260101 => "orders-2026-01-01",
        }
    }

    /// The format of the input's first bytes: JSON begins with `{` or `[`. A first line may be broken, then a later
    /// one tells.
    fn detect(head: &[u8]) -> Option<Self> {
        let begins_json = |line: &[u8]| {
            let blank = |byte: &u8| byte.is_ascii_whitespace() || framer::BYTE_ORDER_MARK.contains(byte);
            line.iter().find(|byte| !blank(byte)).is_some_and(|byte| matches!(byte, b'{' | b'['))
        };
        head.split(|byte| *byte == b'\n').any(begins_json).then_some(Self::Orders20260101)
    }
}

impl std::str::FromStr for Format {
    type Err = IntakeError;

    fn from_str(name: &str) -> Result<Self, IntakeError> {
        Self::ALL.iter().copied().find(|format| format.as_str() == name).ok_or(IntakeError::UnknownFormat)
    }
}

/// Where a document stood in its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Counts documents, from 1.
    pub document: u64,
    /// Counts lines, from 1.
    pub line: u64,
    /// Counts bytes, from 0.
    pub byte: u64,
}

/// What stood around a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing: the order itself.
    Bare,
    /// `{"order": …}`
    Order,
    /// An element of `{"orders": […]}`
    Page,
    /// An element of an array.
    Array,
}

/// A document as it stood in its input, not yet parsed.
pub struct Raw {
    /// Where.
    pub position: Position,
    /// What stood around it.
    pub shape: Shape,
    /// The order's own bytes (without what stood around it).
    pub bytes: Sensitive<Vec<u8>>,
    /// Set when framing already found a flaw (truncated, too long, no order …).
    pub flaw: Option<Flaw>,
}

/// What a reader yields, in the order of the input.
pub enum Item {
    /// A document.
    Document(Raw),
    /// The end of a page or array. For a page an object of the known members that stood beside `orders`
    /// (`pagination`, `lastUpdatedBefore`, `createdBefore`; others could be personal and are dropped); for an array
    /// `null`.
    PageEnd(Json),
}

/// A streaming reader. Holds one chunk of the input and the document that it is in the middle of, no more.
///
/// An input that holds no order gives either no document at all (`{"orders":[]}`, nothing but white space) or only
/// documents with [`Flaw::NotAnOrder`]; that this is an error is for the caller to say.
pub struct Reader {
    input: Box<dyn Read + Send>,
    format: Format,
    framer: Framer,
    chunk: Zeroizing<Vec<u8>>,
    /// How much of the chunk the framer has taken.
    taken: usize,
    bytes_read: u64,
    ended: bool,
    /// A failure that waits until what was found before it has been given.
    failed: Option<IntakeError>,
}

impl Reader {
    /// Detects the format (or takes the named one) from the first bytes.
    ///
    /// # Errors
    /// [`IntakeError::UnknownFormat`] when none fits (an input with nothing in it fits), [`IntakeError::Read`].
    pub fn open(input: Box<dyn Read + Send>, format: Option<Format>) -> Result<Self, IntakeError> {
        let mut reader = Self {
            input,
            format: Format::Orders20260101,
            framer: Framer::default(),
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)),
            taken: 0,
            bytes_read: 0,
            ended: false,
            failed: None,
        };
        reader.format = match format {
            Some(format) => format,
            None => reader.detect()?,
        };
        Ok(reader)
    }

    /// The format it reads.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The next items, up to so many documents and bytes; empty at the end. Holds one document at least unless the
    /// input has ended, however long that document is.
    ///
    /// # Errors
    /// [`IntakeError::Read`]; what was found before the failure is given first.
    pub fn next_batch(&mut self, documents_max: usize, bytes_max: usize) -> Result<Vec<Item>, IntakeError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let (mut batch, mut documents, mut bytes) = (Vec::new(), 0, 0);
        while documents < documents_max.max(1) && bytes < bytes_max.max(1) {
            match self.next_item() {
                Ok(Some(item)) => {
                    if let Item::Document(raw) = &item {
                        documents += 1;
                        bytes += raw.bytes.expose().len();
                    }
                    batch.push(item);
                }
                Ok(None) => break,
                Err(error) if batch.is_empty() => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(batch)
    }

    /// Bytes read so far, for progress.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    fn next_item(&mut self) -> Result<Option<Item>, IntakeError> {
        loop {
            if let Some(item) = self.framer.next_item() {
                return Ok(Some(item));
            }
            let rest = self.chunk.get(self.taken..).unwrap_or_default();
            if !rest.is_empty() {
                self.taken += self.framer.take(rest);
            } else if !self.ended {
                self.chunk.clear();
                self.taken = 0;
                self.read_more()?;
            } else if !self.framer.end() {
                return Ok(None);
            }
        }
    }

    /// Reads until the format shows, the input ends, or there has been enough of it.
    fn detect(&mut self) -> Result<Format, IntakeError> {
        loop {
            if let Some(format) = Format::detect(&self.chunk) {
                return Ok(format);
            }
            if self.ended || self.chunk.len() >= CHUNK_BYTES {
                let blank = self.chunk.iter().all(u8::is_ascii_whitespace);
                return if blank { Ok(Format::Orders20260101) } else { Err(IntakeError::UnknownFormat) };
            }
            self.read_more()?;
        }
    }

    /// Appends what one read gives to the chunk, which never grows past its capacity.
    fn read_more(&mut self) -> Result<(), IntakeError> {
        let filled = self.chunk.len();
        self.chunk.resize(CHUNK_BYTES, 0);
        let result = loop {
            match self.input.read(self.chunk.get_mut(filled..).unwrap_or_default()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let count = *result.as_ref().unwrap_or(&0);
        self.chunk.truncate(filled + count);
        self.bytes_read += u64::try_from(count).unwrap_or(0);
        self.ended = matches!(result, Ok(0));
        result.map(drop).map_err(|error| IntakeError::Read(error.kind()))
    }
}
