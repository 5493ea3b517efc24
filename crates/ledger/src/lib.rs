//! The ledger: the tamper-evident, PII-free log of every act, and the proof that an act was logged before it happened.

pub mod authorized;
pub mod event;
pub mod export;
pub mod log;
pub mod note;
pub mod proof;
pub mod tree;
pub mod verify;
