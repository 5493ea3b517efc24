//! How a caller in the same process follows long work, and stops it between two batches.
//!
//! Put into a request's extensions; a caller over the network has none, and stops by hanging up.

use std::ops::ControlFlow;
use std::sync::Arc;

use bailee_intake::reader::Detected;
use bailee_ledger::event::Counts;

/// How far long work has come.
#[derive(Clone, Debug)]
pub enum Tick {
    /// What is known of the input by now: once when it has been opened, and whenever more is known.
    Detected(Detected),
    /// A batch of a collect is durable.
    Collected {
        /// Bytes of the input read so far.
        bytes: u64,
        /// Orders so far, by outcome.
        counts: Counts,
        /// Values so far that had lost letters already at the source.
        lost: u64,
    },
    /// Records have been looked at, for what the catalogue does not name or for what follows from a decision.
    Looked {
        /// So many.
        records: u64,
    },
    /// Bytes of a backup are sealed, or read back.
    BackedUp {
        /// So many.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// Buckets of a retention run are done.
    Destroyed {
        /// So many.
        done: u64,
        /// Of so many.
        total: u64,
    },
}

/// Hears every [`Tick`]; a `Break` stops a collect after the batch that it was told of.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(Tick) -> ControlFlow<()> + Send + Sync>);

impl Watch {
    /// Wraps what shall hear the ticks.
    pub fn new(hear: impl Fn(Tick) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    pub(crate) fn tick(&self, tick: Tick) -> ControlFlow<()> {
        (self.0)(tick)
    }
}
