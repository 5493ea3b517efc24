//! Why an entry cannot be used: a closed set, never a value.

use crate::verify::Flaw;

/// Why an entry cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Neither sound JSON nor a row of its table.
    Syntax,
    /// The input, or the line, ends inside it.
    Truncated,
    /// Longer than an entry can be.
    TooLong,
    /// Nested deeper than an entry can be.
    TooDeep,
    /// Letters whose character set is not certain, or that are none in it.
    Encoding,
    /// None of the shapes that are known.
    UnknownShape,
    /// Of another shape than was named.
    OtherShape,
    /// A notification about something else.
    OtherNotification,
    /// Nothing says which record it is about.
    NoReference,
    /// What stands for the reference cannot be one.
    BadReference,
    /// What stands for the package cannot be one.
    BadPackage,
    /// It has no status.
    NoStatus,
    /// A status that nobody knows.
    UnknownStatus,
    /// A time that cannot be read.
    BadTime,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Syntax,
        Self::Truncated,
        Self::TooLong,
        Self::TooDeep,
        Self::Encoding,
        Self::UnknownShape,
        Self::OtherShape,
        Self::OtherNotification,
        Self::NoReference,
        Self::BadReference,
        Self::BadPackage,
        Self::NoStatus,
        Self::UnknownStatus,
        Self::BadTime,
    ];

    /// Its stable code (`"bad-time"` …).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Truncated => "truncated",
            Self::TooLong => "too-long",
            Self::TooDeep => "too-deep",
            Self::Encoding => "encoding",
            Self::UnknownShape => "unknown-shape",
            Self::OtherShape => "other-shape",
            Self::OtherNotification => "other-notification",
            Self::NoReference => "no-reference",
            Self::BadReference => "bad-reference",
            Self::BadPackage => "bad-package",
            Self::NoStatus => "no-status",
            Self::UnknownStatus => "unknown-status",
            Self::BadTime => "bad-time",
        }
    }

    /// What a flaw of the document is for an entry.
    pub(super) fn of(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Truncated => Self::Truncated,
            Flaw::TooLong | Flaw::TooWide => Self::TooLong,
            Flaw::TooDeep => Self::TooDeep,
            Flaw::Encoding | Flaw::Charset => Self::Encoding,
            Flaw::OrderId => Self::NoReference,
            Flaw::NotAnOrder => Self::UnknownShape,
            Flaw::Syntax
            | Flaw::DuplicateKey
            | Flaw::Number
            | Flaw::Entities
            | Flaw::Structure
            | Flaw::RowsDisagree
            | Flaw::Token
            | Flaw::Marketplace => Self::Syntax,
        }
    }

    /// In words, with what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Syntax => {
                "it is neither sound JSON nor a row with the cells of its headings; fetch it again"
            }
            Self::Truncated => "the input ends inside it; fetch it again as a whole",
            Self::TooLong => "it is longer than an entry can be; check what wrote it",
            Self::TooDeep => "it is nested deeper than an entry can be; check what wrote it",
            Self::Encoding => {
                "some letters are not certain in its character set; name the right one with --charset"
            }
            Self::UnknownShape => "it is no line of a carrier's feed, no tracking answer and no notification",
            Self::OtherShape => "it is of another form than the one that was named; leave out --format",
            Self::OtherNotification => "it is a notification that says nothing of an order or a parcel",
            Self::NoReference => {
                "it does not say which order it is about; name the order beside it with --record"
            }
            Self::BadReference => "what stands for its order cannot be the name of one",
            Self::BadPackage => "what stands for its package is longer than the name of one",
            Self::NoStatus => "it has no status; give delivered, under-way, given-up, or a carrier's code",
            Self::UnknownStatus => {
                "its status is not known; give delivered, under-way, given-up, or a carrier's code"
            }
            Self::BadTime => "its time cannot be read; write it like 2026-11-23T09:00:00Z or 2026-11-23",
        }
    }
}
