//! Why a catalogue is refused. Paths are names from a schema or a home's own file, never values.

use crate::requirement::Requirement;
use crate::written::Unreadable;

/// Why a catalogue is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, or not of this format.
    #[error("the catalogue cannot be read: {0}")]
    Syntax(Unreadable),
    /// No kind, neither on the group nor on the file.
    #[error(
        "{0}: say of which kind it is: kind = \"order\", \"shipment\" or \"return\", on the group or on the file"
    )]
    NoKind(String),
    /// Neither class nor fact, or both.
    #[error("{0}: give it either a class or, as a fact, the reason why it is none (0.e)")]
    Undecided(String),
    /// A personal field without a purpose could never be used.
    #[error("{0}: a personal field needs at least one purpose, each with an end (2.1.b)")]
    NoPurpose(String),
    /// A purpose that the field does not have.
    #[error("{0}: a home may take purposes away, not add them (2.1.b)")]
    MorePurposes(String),
    /// A class taken away or exchanged.
    #[error("{0}: a personal field stays what it is; it may only become unclassified (0.e)")]
    LooserClass(String),
    /// A mask that shows more.
    #[error("{0}: a mask may only hide more than the one it replaces (0.e)")]
    WeakerMask(String),
    /// Something that is fixed for a known field.
    #[error("{path}: its {what} is fixed; take it out (0.e)")]
    Fixed {
        /// The field.
        path: String,
        /// What of it.
        what: &'static str,
    },
    /// A number that is missing, taken or out of range.
    #[error("{path}: it needs a number of its own from {min} to {max}")]
    Number {
        /// The field.
        path: String,
        /// The least it may be.
        min: u16,
        /// The greatest it may be.
        max: u16,
    },
    /// The path is written wrongly, declared twice, or runs through another field.
    #[error(
        "{0}: a path is written once, as members and lists such as a.b[].c, and does not run through another field"
    )]
    Path(String),
    /// A source that no file describes, or that two describe differently.
    #[error("{0}: its source is described once under [sources], and nowhere else differently")]
    Source(String),
    /// A list or its key that does not fit.
    #[error("{0}: under [lists] stand lists of objects, once each, with a member that is a fact")]
    List(String),
    /// What is no marketplace's id.
    #[error("{0}: under marketplaces stand ids, such as ATVPDKIKX0DER")]
    Marketplace(String),
}

impl CatalogueError {
    /// The stable code of it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "catalogue-syntax",
            Self::NoKind(_) => "field-without-kind",
            Self::Undecided(_) => "field-undecided",
            Self::NoPurpose(_) => "field-without-purpose",
            Self::MorePurposes(_) => "more-purposes",
            Self::LooserClass(_) => "looser-class",
            Self::WeakerMask(_) => "weaker-mask",
            Self::Fixed { .. } => "field-fixed",
            Self::Number { .. } => "field-number",
            Self::Path(_) => "field-path",
            Self::Source(_) => "field-source",
            Self::List(_) => "list-key",
            Self::Marketplace(_) => "marketplace-id",
        }
    }

    /// The same without the path of the field: for who must not be told it.
    #[must_use]
    pub fn without_path(self) -> Self {
        let it = || "this field".to_owned();
        match self {
            Self::NoKind(_) => Self::NoKind(it()),
            Self::Undecided(_) => Self::Undecided(it()),
            Self::NoPurpose(_) => Self::NoPurpose(it()),
            Self::MorePurposes(_) => Self::MorePurposes(it()),
            Self::LooserClass(_) => Self::LooserClass(it()),
            Self::WeakerMask(_) => Self::WeakerMask(it()),
            Self::Fixed { what, .. } => Self::Fixed { path: it(), what },
            Self::Number { min, max, .. } => Self::Number { path: it(), min, max },
            Self::Path(_) => Self::Path(it()),
            Self::Source(_) => Self::Source(it()),
            Self::List(_) => Self::List(it()),
            Self::Marketplace(text) => Self::Marketplace(text),
            Self::Syntax(unreadable) => Self::Syntax(unreadable),
        }
    }

    /// The requirement that the catalogue would break, where it would break one.
    pub fn requirement(&self) -> Option<Requirement> {
        match self {
            Self::NoPurpose(_) | Self::MorePurposes(_) => Some(Requirement::PurposeLimits),
            Self::Undecided(_) | Self::LooserClass(_) | Self::WeakerMask(_) | Self::Fixed { .. } => {
                Some(Requirement::Use)
            }
            Self::Syntax(_)
            | Self::NoKind(_)
            | Self::Number { .. }
            | Self::Path(_)
            | Self::Source(_)
            | Self::List(_)
            | Self::Marketplace(_) => None,
        }
    }
}
