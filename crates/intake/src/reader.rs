//! Readers: bytes in, documents out, a batch at a time in bounded memory.
//!
//! A reader only finds where each document begins and ends; it does not parse. So it is fast, one thread feeds many
//! that verify, and a document that is not even JSON still reaches quarantine with its bytes and its position.
//!
//! Each syntax has a framer of its own below this module; [`Reader::open`] picks one by the format, which is named or
//! detected from the input's first bytes.

mod detect;
mod json;
pub mod table;
#[cfg(test)]
mod tests;
mod xml;

use std::io::{ErrorKind, Read};
use std::sync::Arc;

use bailee_core::{Json, Kind, Sensitive};
use zeroize::Zeroizing;

pub use crate::error::IntakeError;
use crate::format::{Form, Format, Formats, Syntax};
use crate::source::{self, Charset, Detection, Source};
use crate::verify::Flaw;
use json::JsonFramer;
use table::TableFramer;
pub(crate) use table::rows as table_rows;
pub use table::{Delimiter, Table};
use xml::XmlFramer;

/// Most bytes of one document; a longer one is quarantined (its beginning is kept). A hundred times the longest
/// order that the API is known to answer.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How much of a document that is too long is kept: enough to see what it is.
pub const TOO_LONG_BYTES_KEPT: usize = 64 * 1024;

/// How much is read from the input at once, and how far its format is looked for.
const CHUNK_BYTES: usize = 64 * 1024;

/// Where a document stood in its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Counts documents, from 1.
    pub document: u64,
    /// Counts lines, from 1.
    pub line: u64,
    /// Counts bytes of the input's text, from 0: unpacked, in UTF-8, without a byte-order mark.
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

/// What the caller overrules of what would be detected.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The format, when it was named.
    pub format: Option<Arc<Format>>,
    /// The character set, when it was named.
    pub charset: Option<Charset>,
}

/// What was found out about an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The format's name.
    pub format: Box<str>,
    /// What stands between the cells of a table.
    pub delimiter: Option<Delimiter>,
    /// What is known of its bytes so far.
    pub source: source::Detected,
}

/// Finds where documents begin and end: one for each syntax.
enum Framer {
    Json(Box<JsonFramer>),
    Table(Box<TableFramer>),
    Xml(Box<XmlFramer>),
}

impl Framer {
    fn next_item(&mut self) -> Option<Item> {
        match self {
            Self::Json(framer) => framer.next_item(),
            Self::Table(framer) => framer.next_item(),
            Self::Xml(framer) => framer.next_item(),
        }
    }

    /// Takes in bytes until an item is complete or they end; says how many it took.
    fn take(&mut self, input: &[u8]) -> usize {
        match self {
            Self::Json(framer) => framer.take(input),
            Self::Table(framer) => framer.take(input),
            Self::Xml(framer) => framer.take(input),
        }
    }

    /// The input has ended. What was open is cut off; says whether anything was.
    fn end(&mut self) -> bool {
        match self {
            Self::Json(framer) => framer.end(),
            Self::Table(framer) => framer.end(),
            Self::Xml(framer) => framer.end(),
        }
    }
}

/// The bytes of the first documents of JSON, whatever their format.
pub(crate) fn framed_json(
    head: &[u8],
    format: &Arc<Format>,
    documents_max: usize,
) -> Vec<Sensitive<Vec<u8>>> {
    let mut framer = JsonFramer::new(Arc::clone(format));
    let (mut taken, mut documents) = (0, Vec::new());
    while documents.len() < documents_max {
        match framer.next_item() {
            Some(Item::Document(raw)) => documents.push(raw.bytes),
            Some(Item::PageEnd(_)) => {}
            None if taken < head.len() => taken += framer.take(head.get(taken..).unwrap_or_default()),
            None if framer.end() => {}
            None => break,
        }
    }
    documents
}

/// A streaming reader. Holds one chunk of the input and the document that it is in the middle of, no more.
///
/// An input that holds no order gives either no document at all (`{"orders":[]}`, nothing but white space) or only
/// documents with [`Flaw::NotAnOrder`]; that this is an error is for the caller to say.
pub struct Reader {
    input: Input,
    form: Arc<Form>,
    framer: Framer,
    /// The character set, when it was named.
    named: Option<Charset>,
    /// A failure that waits until what was found before it has been given.
    failed: Option<IntakeError>,
}

/// The bytes that come in, a chunk at a time.
struct Input {
    source: Source,
    chunk: Zeroizing<Vec<u8>>,
    /// How much of the chunk the framer has taken.
    taken: usize,
    ended: bool,
}

impl Reader {
    /// Detects the format among those given (or takes the named one) from the first bytes.
    ///
    /// # Errors
    /// [`IntakeError::UnknownFormat`] when none fits (an input with nothing in it fits), [`IntakeError::NotInFormat`]
    /// when the named one does not,
    /// [`IntakeError::AmbiguousFormat`] when several fit as well, [`IntakeError::Read`].
    pub fn open(
        source: Box<dyn Read + Send>,
        formats: &Formats,
        request: Request,
    ) -> Result<Self, IntakeError> {
        let Request { format, charset: named } = request;
        let mut input = Input::new(Source::open(source, named));
        let form = input.detect(|head, is_all| detect::form(head, is_all, format.as_ref(), formats))?;
        let framer = match form.format.syntax() {
            Syntax::Json => Framer::Json(Box::new(JsonFramer::new(Arc::clone(&form.format)))),
            Syntax::Table => {
                Framer::Table(Box::new(TableFramer::new(&form).ok_or(IntakeError::NotInFormat)?))
            }
            Syntax::Xml => Framer::Xml(Box::new(XmlFramer::new(Arc::clone(&form.format)))),
        };
        Ok(Self { input, form: Arc::new(form), framer, named, failed: None })
    }

    /// All that is needed to read its documents, beside their own bytes.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// What its documents are about.
    pub fn kind(&self) -> Kind {
        self.form.format.kind()
    }

    /// What was found out about the input.
    pub fn detected(&self) -> Detected {
        Detected {
            format: self.form.format.name().into(),
            delimiter: self.form.table.as_ref().map(|table| table.dialect.delimiter),
            source: self.input.source.detected(),
        }
    }

    /// What is known of its bytes so far, to be asked while something else reads.
    pub fn detection(&self) -> Detection {
        self.input.source.detection()
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

    /// Bytes of the input itself read so far, compressed as they are, for progress.
    pub fn bytes_read(&self) -> u64 {
        self.input.source.bytes_read()
    }

    fn next_item(&mut self) -> Result<Option<Item>, IntakeError> {
        loop {
            if let Some(mut item) = self.framer.next_item() {
                self.doubt(&mut item);
                return Ok(Some(item));
            }
            let rest = self.input.rest();
            if !rest.is_empty() {
                self.input.taken += self.framer.take(rest);
            } else if !self.input.ended {
                self.input.next_chunk()?;
            } else if !self.framer.end() {
                return Ok(None);
            }
        }
    }
}

impl Reader {
    /// Asks of a document whether it can be in the character set that was named.
    fn doubt(&mut self, item: &mut Item) {
        let (Item::Document(raw), Some(named)) = (item, self.named) else { return };
        if let Some(mut carried) = source::doubted(raw.bytes.expose(), named) {
            raw.bytes = Sensitive::new(std::mem::take(&mut *carried));
            self.input.source.doubt();
        }
    }
}

impl Input {
    fn new(source: Source) -> Self {
        let chunk = Zeroizing::new(Vec::with_capacity(CHUNK_BYTES));
        Self { source, chunk, taken: 0, ended: false }
    }

    /// What the framer has not taken yet.
    fn rest(&self) -> &[u8] {
        self.chunk.get(self.taken..).unwrap_or_default()
    }

    fn next_chunk(&mut self) -> Result<(), IntakeError> {
        self.chunk.clear();
        self.taken = 0;
        self.read_more()
    }

    /// Reads until the format shows, the input ends, or there has been enough of it.
    fn detect(
        &mut self,
        detect: impl Fn(&[u8], bool) -> Result<Option<Form>, IntakeError>,
    ) -> Result<Form, IntakeError> {
        loop {
            let is_all = self.ended || self.chunk.len() >= CHUNK_BYTES;
            if let Some(form) = detect(&self.chunk, is_all)? {
                return Ok(form);
            }
            self.read_more()?;
        }
    }

    /// Appends what one read gives to the chunk, which never grows past its capacity.
    fn read_more(&mut self) -> Result<(), IntakeError> {
        let filled = self.chunk.len();
        self.chunk.resize(CHUNK_BYTES, 0);
        let result = loop {
            match self.source.read(self.chunk.get_mut(filled..).unwrap_or_default()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let count = *result.as_ref().unwrap_or(&0);
        self.chunk.truncate(filled + count);
        self.ended = matches!(result, Ok(0));
        Ok(result.map(drop)?)
    }
}
