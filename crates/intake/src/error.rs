//! Why an input cannot be read at all. What is wrong with a single document is a [`crate::verify::Flaw`] instead.

/// Why an input cannot be read at all. Never quotes the input.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The first bytes fit no format that this program reads. To be mended by whoever gave the input.
    #[error(
        "the input is in no format that is read here; give Orders 2026-01-01 as JSON or NDJSON, or name its format"
    )]
    UnknownFormat,
    /// The input failed while it was read: a disk, a pipe or a network. The kind only, since the text of an error
    /// can name a path.
    #[error("the input could not be read to its end ({0}); read it again")]
    Read(std::io::ErrorKind),
}

impl IntakeError {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownFormat => "unknown-format",
            Self::Read(_) => "input-unreadable",
        }
    }
}
