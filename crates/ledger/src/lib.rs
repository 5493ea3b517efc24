//! The ledger: the tamper-evident, PII-free log of every act, and the proof that an act was logged before it happened.
//!
//! What it promises: an entry says what happened in codes, numbers and random ids, and in nothing that a person wrote
//! ([`event`]); whoever holds the public key alone finds any byte that was changed, removed, added or put elsewhere, and
//! is told the index ([`verify`]); a log that was rolled back or forked is found against checkpoints that left the home
//! ([`anchor`]); and a reveal is minted only after its events are durable ([`authorized`]).
//!
//! The log itself is RFC 6962 in the layout of C2SP `tlog-tiles`, so that tools which nobody here wrote can verify it.
//! This crate keeps nothing: a store keeps rows and implements [`log::Append`] and [`log::Source`].
//!
//! Start reading at [`event::What`], then [`tree::Tree`] and [`verify::verify`].

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::allow_attributes,
        clippy::disallowed_methods,
        reason = "tests may fail loudly"
    )
)]

pub mod anchor;
pub mod authorized;
pub mod certificate;
pub mod directory;
pub mod entry;
pub mod event;
pub mod export;
pub mod log;
pub mod note;
pub mod proof;
pub mod prove;
mod split;
pub mod tree;
pub mod verify;

#[cfg(test)]
mod testing;
