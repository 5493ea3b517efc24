//! From bytes to clean documents: readers, verification, cleaning; and synthetic orders for tests.

pub mod clean;
pub mod emit;
pub mod reader;
pub mod synth;
pub mod terms;
pub mod verify;
