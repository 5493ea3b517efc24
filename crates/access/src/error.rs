//! Refusals, and what else keeps the gate from doing what it was asked.
//!
//! A [`Denial`] is a decision, and an event already; the rest are facts about the input or the machine. None of their
//! texts repeats anything personal that a caller typed.

use std::path::PathBuf;

use bailee_core::requirement::Requirement;

use crate::decision::Reason;

/// A refusal: why, which requirement it serves, and what to do. Already an event when it is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Denial {
    /// A stable code (`"purpose-not-granted"` …); the ledger's event carries the same.
    pub code: &'static str,
    /// In one sentence.
    pub words: String,
    /// The requirement served.
    pub requirement: Requirement,
    /// What to do about it.
    pub remedy: String,
    /// Whether the caller is not known at all (401), rather than not allowed (403).
    pub unauthenticated: bool,
}

impl Denial {
    /// Whether whoever is refused so may take documents in all the same.
    pub(crate) fn leaves_intake(&self) -> bool {
        self.code == Reason::KeyNotTrusted.code()
    }
}

/// Why access did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Refused.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// Something given is not acceptable (a name, a password): says what is.
    #[error("{0}")]
    Unacceptable(String),
    /// The same, where it is a requirement that does not take it.
    #[error("{1} ({0})")]
    Against(Requirement, String),
    /// The home's first person exists already.
    #[error("this home has its first person already; log in with `bailee login --as MAIL`")]
    HasOwner,
    /// A password could not be hashed: the machine has not the memory for it.
    #[error("the password cannot be checked now; see that {} MiB of memory are free", crate::password::MEMORY_KIB / 1024)]
    Hashing,
    /// The provider by which people sign on does not answer.
    #[error("the provider to sign on by does not answer; try again, or log in with a password")]
    ProviderAway,
    /// The cryptography of certificates failed: no certificate was issued.
    #[error("the certificate could not be made")]
    Uncertified,
    /// There is no such person, service or session, or none that the caller may know of.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The file of passwords known from breaches cannot be read: no password can be set without it.
    #[error("the file of known passwords {} cannot be used ({}); mend it or [access] breached_passwords", .0.display(), .1)]
    BreachedFile(PathBuf, std::io::ErrorKind),
    /// There are no rules to decide by.
    #[error(transparent)]
    Rules(#[from] crate::decision::RulesError),
    /// A register entry opens but cannot be read: a newer version wrote it.
    #[error("an entry of the register of {0}s cannot be read; a newer version of bailee may have written it")]
    Unreadable(&'static str),
    /// Somebody changed who may do what between a decision and its commit: decide again.
    #[error("who may do what has changed meanwhile; ask again")]
    Moved,
    /// The store.
    #[error(transparent)]
    Store(#[from] bailee_store::records::StoreError),
    /// The ledger cannot be written: nothing is revealed.
    #[error(transparent)]
    Ledger(#[from] bailee_ledger::log::AppendError),
    /// The key of this month's details cannot be made: who asks cannot be written down.
    #[error(transparent)]
    Keyring(#[from] bailee_crypto::keyring::KeyringError),
    /// A sealed register entry does not open.
    #[error(transparent)]
    Envelope(#[from] bailee_crypto::envelope::EnvelopeError),
}

impl AccessError {
    /// A stable code; a denial's is that of its reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.code,
            Self::Unacceptable(_) | Self::Against(..) => "unacceptable",
            Self::HasOwner => "has-owner",
            Self::Hashing => "hashing",
            Self::ProviderAway => "provider-away",
            Self::Uncertified => "uncertified",
            Self::Missing(_) => "not-found",
            Self::BreachedFile(..) => "breached-file",
            Self::Rules(_) => "rules",
            Self::Unreadable(_) => "register-unreadable",
            Self::Moved => "access-moved",
            Self::Store(_) => "store",
            Self::Ledger(_) => "ledger",
            Self::Keyring(error) => error.code(),
            Self::Envelope(_) => "register-does-not-open",
        }
    }
}
