//! What a mapping file says of its format as a whole.

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
    /// How they are written.
    pub syntax: Syntax,
    /// By which names it is known.
    pub recognise: Recognise,
    /// What stands around its documents.
    pub frame: Frame,
}
