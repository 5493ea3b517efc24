//! Readers: bytes in, documents out, a batch at a time in bounded memory.

use std::io::Read;
use bailee_core::{Json, Sensitive};

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format { /// Orders 2026-01-01: `searchOrders` and `getOrder` answers, single orders, arrays and NDJSON of any of them.
    Orders20260101 }

impl Format { /// The name for `--format` and for events.
    pub fn as_str(self) -> &'static str { "orders-2026-01-01" } }

/// Most bytes of one document; a longer one is quarantined (its beginning is kept).
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where a document stood in its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position { /// Counts documents, from 1.
    pub document: u64, /// Counts lines, from 1.
    pub line: u64, /// Counts bytes, from 0.
    pub byte: u64 }

/// What stood around a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape { /// Nothing: the order itself.
    Bare, /// `{"order": …}`
    Order, /// An element of `{"orders": […]}`
    Page, /// An element of an array.
    Array }

/// A document as it stood in its input, not yet parsed.
pub struct Raw { /// Where.
    pub position: Position, /// What stood around it.
    pub shape: Shape, /// The order's own bytes (without what stood around it).
    pub bytes: Sensitive<Vec<u8>>, /// Set when framing already found a flaw (truncated, too long, not UTF-8 …).
    pub flaw: Option<crate::verify::Flaw> }

/// What a reader yields, in the order of the input.
pub enum Item { /// A document.
    Document(Raw), /// The end of a page or array: the known members that stood beside `orders` (`pagination`, `lastUpdatedBefore`, `createdBefore`).
    PageEnd(Json) }

/// A streaming reader.
pub struct Reader {}

impl Reader {
    /// Detects the format (or takes the named one) from the first bytes.
    pub fn open(_input: Box<dyn Read + Send>, _format: Option<Format>) -> Result<Self, IntakeError> { todo!() }
    /// The format it reads.
    pub fn format(&self) -> Format { todo!() }
    /// The next items, up to so many documents and bytes; empty at the end.
    pub fn next_batch(&mut self, _documents_max: usize, _bytes_max: usize) -> Result<Vec<Item>, IntakeError> { todo!() }
    /// Bytes read so far, for progress.
    pub fn bytes_read(&self) -> u64 { todo!() }
}

/// Why an input cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("intake")]
pub struct IntakeError;
