//! Keys: how data is sealed, and how it is forgotten.

pub mod bucket;
pub mod envelope;
pub mod keyring;
pub mod lasting;
pub mod provider;
pub mod process;
pub mod random;
