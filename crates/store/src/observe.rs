//! Whoever counts what is committed: told by the writer itself, when it is true.

use std::time::Duration;

use crate::act::Act;

/// Hears what the writer does, on the writer's own thread: it counts, and waits for nothing.
pub trait Observer: Send + Sync {
    /// An act is durable.
    fn committed(&self, act: &Act);
    /// A group of so many acts was written in that time; or was not, for a reason of the store's own codes.
    fn group(&self, acts: usize, took: Duration, failed: Option<&'static str>);
}

/// Nobody counts.
pub struct Unobserved;

impl Observer for Unobserved {
    fn committed(&self, _: &Act) {}
    fn group(&self, _: usize, _: Duration, _: Option<&'static str>) {}
}
