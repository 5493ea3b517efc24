//! What a machine checks of the whole repository. A file per subject; each failure says which file is meant and what
//! is to be done about it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod architecture;
mod arrows;
mod documents;
mod repository;
mod requirements;
mod sources;
