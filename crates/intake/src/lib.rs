//! From bytes to clean documents: readers, verification, cleaning; and synthetic orders for tests.
//!
//! ```text
//! bytes ─ reader ─ Raw ─ verify (parse, check, clean) ─ Document … vault … ─ emit ─ the same shape, with tokens
//! ```
//!
//! What may be relied on:
//! - **Nothing is lost.** Every byte of an input that belongs to a document reaches the caller, in a [`reader::Raw`]
//!   that verifies or in one that says why not. A flawed document costs itself alone.
//! - **Bounded memory.** A document that is too long is cut, an input of any size is read in pieces.
//! - **Cleaning is idempotent** and keeps every letter and digit, in any script.
//! - **Pure.** No clock, no randomness; the same bytes give the same documents, however they arrive in pieces.
//! - Errors and flaws come from closed sets and never quote the input.
//!
//! Start reading at [`reader::Reader`], then [`verify::verify`]. [`terms`] and [`emit`] serve the vault;
//! [`synth`] makes the only test data there is.
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

pub mod clean;
pub mod draft;
pub mod emit;
mod error;
pub mod evidence;
pub mod format;
pub mod mapping;
pub mod reader;
pub mod source;
pub mod synth;
pub mod terms;
pub mod verify;

pub use error::IntakeError;
