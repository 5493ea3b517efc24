//! The schema's history: one numbered chain, each step one file with both dialects side by side.
//!
//! A step that was released is never changed; what comes next is a new step.

mod m0001_spine;
mod m0002_details;
mod m0003_late_parts;
mod m0004_exceptions;

/// One step of the chain.
pub(crate) struct Step {
    /// Counts from 1 without gaps; the schema's version once the step is done.
    pub(crate) number: u32,
    /// The step in SQLite's dialect.
    pub(crate) sqlite: &'static str,
    /// The step in PostgreSQL's; none until that engine exists.
    #[expect(dead_code, reason = "the second dialect has its room before it has its engine")]
    pub(crate) postgres: Option<&'static str>,
}

/// Every step, in order.
pub(crate) const STEPS: &[Step] =
    &[m0001_spine::STEP, m0002_details::STEP, m0003_late_parts::STEP, m0004_exceptions::STEP];

/// The schema's version that this program knows.
pub(crate) const KNOWN: u32 = STEPS.len() as u32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_count_from_one_without_gaps() {
        assert!(STEPS.iter().zip(1..).all(|(step, number)| step.number == number));
    }
}
