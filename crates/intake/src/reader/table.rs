//! Tables: tab-separated reports, CSV.

/// How a table is written, and what its columns are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Table {
    /// The headings, as they stand in the input.
    pub columns: Vec<Box<str>>,
}
