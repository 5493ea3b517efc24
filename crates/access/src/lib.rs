//! Who may come in, and what they may see: people, services, credentials, sessions, and the gate that decides.
//!
//! The gate alone holds the right to mint [`Authorized`](bailee_ledger::authorized::Authorized) values. Every refusal
//! is an event.

pub mod credential;
pub mod error;
pub mod gate;
pub mod person;
pub mod service;
pub mod session;

pub use error::{AccessError, Denial};
pub use gate::{Asked, AskedField, Caller, Decided, DeniedField, Gate, Presented};
