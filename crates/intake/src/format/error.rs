//! Why a mapping file is refused. Names from the file itself, never values of documents.

use bailee_core::written::Unreadable;

/// Why a mapping file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or not of this format.
    #[error(
        "the mapping cannot be read: {0} (`bailee mapping draft FILE` makes a mapping out of a data file, `bailee mapping show order-report` is an example)"
    )]
    Syntax(Unreadable),
    /// A name that is none.
    #[error("a format's name is 1 to 40 small letters, digits and hyphens")]
    Name,
    /// Another format is called so.
    #[error("a format is already called {0}; give this one another name")]
    NameTaken(String),
    /// A path that is written wrongly.
    #[error(
        "{0}: a path is names joined by dots, such as a.b[].c; [] is a list, [0] in a target a list of one"
    )]
    Path(String),
    /// A path whose lists do not bind.
    #[error("{0}: source and target need the same number of lists; a target may end in [] to collect values")]
    Lists(String),
    /// Two rules where one belongs.
    #[error("{0}: this name is mapped twice, or beside names inside it; map it once")]
    Twice(String),
    /// Neither mapped nor dropped, or both.
    #[error("{0}: give it either a target or, to drop it, the reason")]
    Undecided(String),
    /// Nothing leads to the reference.
    #[error("nothing is mapped to {0}, by which a record is known; map the member or column that holds it")]
    NoReference(&'static str),
    /// Nothing by which it could be told from others.
    #[error("under [recognise] names are missing by which a document of this format is known")]
    Unrecognisable,
    /// A target that the catalogue has otherwise.
    #[error("{0}: the catalogue has something else at this place; see `bailee catalogue list`")]
    Target(String),
    /// Longer or more than is allowed.
    #[error("a mapping has at most {rules_max} names of at most {name_bytes_max} bytes")]
    TooLarge {
        /// Most rules.
        rules_max: usize,
        /// Longest path.
        name_bytes_max: usize,
    },
}

impl MappingError {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "mapping-syntax",
            Self::Name => "mapping-name",
            Self::NameTaken(_) => "mapping-name-taken",
            Self::Path(_) => "mapping-path",
            Self::Lists(_) => "mapping-lists",
            Self::Twice(_) => "mapping-twice",
            Self::Undecided(_) => "mapping-undecided",
            Self::NoReference(_) => "mapping-without-reference",
            Self::Unrecognisable => "mapping-unrecognisable",
            Self::Target(_) => "mapping-target",
            Self::TooLarge { .. } => "mapping-too-large",
        }
    }
}
