//! What a mapping file says of its format as a whole.

use std::collections::BTreeMap;

use bailee_core::Kind;
use serde::Deserialize;

/// How documents are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Syntax {
    /// JSON: single documents, pages, arrays, NDJSON.
    Json,
    /// Rows of columns: tab-separated reports, CSV.
    Table,
    /// XML.
    Xml,
}

impl Syntax {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Table => "table",
            Self::Xml => "xml",
        }
    }
}

/// By which names a format is known: of members (JSON), columns (tables) or elements (XML), at the top of a document.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recognise {
    /// A document has all of these.
    pub all: Vec<Box<str>>,
    /// And, unless there are none, at least one of these. The more of both are there, the better it fits.
    pub any: Vec<Box<str>>,
    /// And none of these.
    pub none: Vec<Box<str>>,
}

/// What a reference looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceShape {
    /// Whatever a reference may be: a seller's own numbers, a vendor's purchase orders.
    #[default]
    Any,
    /// Amazon's order id: three, seven and seven digits (`250-1234567-8901234`). The first may be a letter: `S01-…` is
    /// an order of another channel, `D01-…` one of something digital.
    AmazonOrder,
}

impl ReferenceShape {
    /// Whether a reference has this shape.
    pub fn fits(self, reference: &str) -> bool {
        let digits =
            |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Any => true,
            Self::AmazonOrder => {
                let prefix = |part: &str| {
                    digits(part, 3) || part.strip_prefix(is_capital).is_some_and(|rest| digits(rest, 2))
                };
                let mut parts = reference.split('-');
                parts.next().is_some_and(prefix)
                    && parts.next().is_some_and(|part| digits(part, 7))
                    && parts.next().is_some_and(|part| digits(part, 7))
                    && parts.next().is_none()
            }
        }
    }
}

fn is_capital(char: char) -> bool {
    char.is_ascii_uppercase()
}

/// What stands around a format's documents.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Frame {
    /// Members to go into: what they hold is a document, or an object around documents.
    pub unwrap: Vec<Box<str>>,
    /// Members that are lists of documents.
    pub lists: Vec<Box<str>>,
    /// XML: the element that is a document.
    pub record: Option<Box<str>>,
    /// XML: elements that go by what one of their own says, each with the name of that one. `Component = "Type"` makes
    /// `<Component><Type>Tax</Type>…</Component>` the member `Tax`, without its `Type`.
    pub keyed: BTreeMap<Box<str>, Box<str>>,
}

/// A format's names and how it is framed and known.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its name.
    pub name: Box<str>,
    /// What it is, in a few words.
    pub title: Box<str>,
    /// Other names, such as report types.
    pub names: Vec<Box<str>>,
    /// What its documents are about.
    pub kind: Kind,
    /// What the references of its documents look like.
    pub reference: ReferenceShape,
    /// How they are written.
    pub syntax: Syntax,
    /// By which names it is known.
    pub recognise: Recognise,
    /// What stands around its documents.
    pub frame: Frame,
}
