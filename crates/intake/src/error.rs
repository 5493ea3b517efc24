//! Why an input cannot be read at all. What is wrong with a single document is a [`crate::verify::Flaw`] instead.

use crate::format::MappingError;
use crate::source::SourceError;

/// Why an input cannot be read at all. Never quotes the input.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The first bytes fit no format that this program reads. To be mended by whoever gave the input.
    #[error(
        "the input is in no format that is known here; name it with --format (`bailee mapping list` shows them), or let `bailee mapping draft` propose a mapping for it"
    )]
    UnknownFormat,
    /// The first bytes do not fit the format that was named. To be mended by whoever named it.
    #[error(
        "the input is not in the format that was named; leave out --format to have it found out, or name another (`bailee mapping list` shows them)"
    )]
    NotInFormat,
    /// Several formats fit the first bytes as well.
    #[error("the input may be in any of these formats: {}; name the right one with --format", .0.join(", "))]
    AmbiguousFormat(Vec<String>),
    /// No name in it is one that columns or members have, so that what stands there may be values.
    #[error(
        "no name of a column or member is known here in any language; put a header line above the rows, or write the mapping by hand (`bailee mapping show order-report` is an example)"
    )]
    NoNames,
    /// A mapping that came with the program, or a home's own, cannot be read.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The input gives no text: how it is packed, or a character set that cannot be.
    #[error(transparent)]
    Source(#[from] SourceError),
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
            Self::NotInFormat => "not-in-format",
            Self::AmbiguousFormat(_) => "ambiguous-format",
            Self::NoNames => "no-names",
            Self::Mapping(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Read(_) => "input-unreadable",
        }
    }
}

impl From<std::io::Error> for IntakeError {
    fn from(error: std::io::Error) -> Self {
        SourceError::of(&error).map_or_else(|| Self::Read(error.kind()), Self::Source)
    }
}
