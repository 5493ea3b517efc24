//! Collect.
use std::io::Read;
use std::ops::ControlFlow;
use bailee_core::{Json, Timestamp};
use bailee_intake::reader::{Format, Shape};
use bailee_ledger::authorized::{Authorized, Collect};
use bailee_ledger::event::Counts;
use crate::{Vault, VaultError};

/// How to take an input in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request { /// The format, when it was named.
    pub format: Option<Format>, /// As of when a file speaks; never in the future.
    pub as_of: Option<Timestamp>, /// Whether tokenised documents are wanted.
    pub tokenise: bool }

/// What a collect tells while it goes on, in the order of the input.
pub enum Step<'a> { /// A batch is durable.
    Batch { /// Bytes read so far.
        bytes: u64, /// Counts so far.
        counts: Counts }, /// A document that went in, with tokens in the place of personal data.
    Document { /// What stood around it.
        shape: Shape, /// The document.
        json: &'a Json }, /// A page or array ended.
    PageEnd(&'a Json) }

/// The collect summary.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Summary { /// Orders by outcome.
    #[serde(flatten)] pub counts: Counts, /// How long it took.
    pub seconds: f64 }

impl Vault {
    /// Takes in a stream of documents. `source` names the input for quarantine and is sealed.
    pub fn collect(&self, _authorized: Authorized<Collect>, _input: Box<dyn Read + Send>, _source: &str, _request: Request, _each: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>) -> Result<Summary, VaultError> { todo!() }
}
