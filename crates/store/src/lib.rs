//! What is kept: records, registers, ledger, leases. One small trait each; SQLite now, PostgreSQL later, one
//! conformance suite (`tests/conformance`) for both.
//!
//! It promises: an [`act::Act`] is applied whole, durable and with its events in a signed tree, or not at all; what
//! was acknowledged survives a kill at any point; a read sees only what is committed, and waits for no writer. It
//! never sees a plaintext: whatever says something arrives sealed, and `docs/formats/store.md` lists what the rest
//! tells a thief.
//!
//! Start reading at [`records`] (what can be asked), then [`act`] (what can be changed), then [`sqlite`].

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::allow_attributes,
        reason = "tests may fail loudly"
    )
)]

pub mod act;
#[cfg(feature = "faulty")]
pub mod faulty;
mod limits;
mod migrations;
pub mod observe;
pub mod records;
pub mod sqlite;
