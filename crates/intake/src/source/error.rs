//! Why an input gives no text.

use std::io;

/// Why an input gives no text, or no more of it. To be mended by whoever gave the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Compressed data ends in its middle.
    #[error("the compressed input is cut off; fetch it again as a whole (what came before the cut went in)")]
    Cut,
    /// Compressed data that contradicts itself.
    #[error("the compressed input is damaged; fetch it again")]
    Damaged,
    /// More text than any honest file of its size holds.
    #[error(
        "the compressed input expands to more than is allowed; unpack it, look at it, and give it in parts"
    )]
    Bomb,
    /// More than one file in a zip archive.
    #[error(
        "the zip archive holds several files; unpack it and give its files one by one (the first may have gone in)"
    )]
    SeveralFiles,
    /// No file in a zip archive.
    #[error("the zip archive holds no file; give the file itself, or gzip it")]
    NoFile,
    /// A zip archive that needs a password.
    #[error("the zip archive is encrypted; unpack it and give the file itself")]
    Encrypted,
    /// Compressed data in compressed data.
    #[error("the compressed input holds another compressed one; unpack it and give the file itself")]
    Nested,
    /// A workbook or another office document, which is a zip archive.
    #[error("the input is an office document; save it as CSV in UTF-8 and give that")]
    Office,
    /// A document to be looked at, or a picture.
    #[error(
        "the input is a document or a picture, not data; have the report exported as text, CSV, JSON or XML"
    )]
    Document,
    /// Compressed in a way that is not read here, or in a way in which a stream cannot be followed.
    #[error("the input is compressed in a way that is not read here; give it as gzip, or unpacked")]
    Method,
    /// UTF-32.
    #[error("the input is UTF-32; convert it to UTF-8")]
    Utf32,
    /// UTF-16 in fact and something else by name, or the reverse.
    #[error("the input is in another character set than the one that was named; leave out --charset")]
    NotAsNamed,
}

impl SourceError {
    /// Every error.
    pub const ALL: &'static [Self] = &[
        Self::Cut,
        Self::Damaged,
        Self::Bomb,
        Self::SeveralFiles,
        Self::NoFile,
        Self::Encrypted,
        Self::Nested,
        Self::Office,
        Self::Document,
        Self::Method,
        Self::Utf32,
        Self::NotAsNamed,
    ];

    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cut => "compressed-cut",
            Self::Damaged => "compressed-damaged",
            Self::Bomb => "compressed-bomb",
            Self::SeveralFiles => "archive-several-files",
            Self::NoFile => "archive-empty",
            Self::Encrypted => "archive-encrypted",
            Self::Nested => "compressed-twice",
            Self::Office => "office-document",
            Self::Document => "document",
            Self::Method => "compression-unknown",
            Self::Utf32 => "utf-32",
            Self::NotAsNamed => "charset-not-as-named",
        }
    }

    /// The error of a source inside an error of reading, if it is one.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()).copied()
    }
}

impl From<SourceError> for io::Error {
    fn from(error: SourceError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}
