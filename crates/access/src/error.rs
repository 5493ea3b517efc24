//! Refusals.
use bailee_core::requirement::Requirement;

/// A refusal: why, which requirement it serves, and what to do. Already an event when it is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Denial { /// A stable code (`"purpose-not-granted"` …).
    pub code: &'static str, /// In one sentence.
    pub words: String, /// The requirement served.
    pub requirement: Requirement, /// What to do about it.
    pub remedy: String, /// Whether the caller is not known at all (401), rather than not allowed (403).
    pub unauthenticated: bool }

/// Why access did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Refused.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// Something given is not acceptable (a name, a password): says what is.
    #[error("{0}")]
    Unacceptable(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] bailee_store::records::StoreError),
    /// The ledger cannot be written: nothing is revealed.
    #[error(transparent)]
    Ledger(#[from] bailee_ledger::log::AppendError),
    /// A sealed register entry does not open.
    #[error(transparent)]
    Envelope(#[from] bailee_crypto::envelope::EnvelopeError),
}
