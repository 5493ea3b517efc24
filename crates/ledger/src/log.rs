//! What a ledger needs of whatever keeps it, and what it gives.

use crate::event::Event;
use crate::tree::TileId;

/// Appends events durably: when it returns, they are synced and in a signed tree.
pub trait Append: Send + Sync {
    /// Appends events in their order, as one commit.
    ///
    /// # Errors
    /// When they cannot be made durable: nothing that depends on them may happen.
    fn append(&self, events: &[Event]) -> Result<Appended, AppendError>;
}

/// Reads a ledger: its newest checkpoint, entries and tiles. Nothing that it returns is trusted before it is verified.
pub trait Source {
    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn checkpoint(&self) -> Result<String, SourceError>;
    /// The entry with that index, or nothing past the end.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, SourceError>;
    /// A tile, full or partial. It may be wider than the checkpoint says when entries are being appended meanwhile.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, SourceError>;
}

/// Where events went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Index of the first entry.
    pub first: u64,
    /// Leaves after it.
    pub size: u64,
}

/// The ledger could not be written: nothing that depends on it may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger cannot be written ({0}); nothing is revealed or changed until it can")]
pub struct AppendError(pub &'static str);

impl AppendError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        "ledger-not-written"
    }
}

/// The ledger could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger cannot be read ({0})")]
pub struct SourceError(pub String);

impl SourceError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        "ledger-not-read"
    }
}
