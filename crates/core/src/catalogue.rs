//! The catalogue: which fields exist, which are personal, and why each may be used.

use crate::{Class, FieldId, Kind, Purpose};

/// How a value is put into one clean form (0.c). The cleaners themselves live in `intake`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cleaner { /// Unicode, invisible characters, white space.
    Text, /// As text, line breaks kept.
    Lines, /// E.164 with its extension.
    Phone, /// An e-mail address.
    Email, /// ISO 3166-1 alpha-2.
    Country, /// Left as it is.
    Verbatim }

/// What may be shown without a reveal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mask { /// `J*** S****`
    Name, /// `j***@m***.com`
    Email, /// `+1 *** **30`
    Phone, /// `150-****`
    PostalCode, /// Nothing but that it is there: `****`
    Hidden, /// The first letter
    Initial }

/// A term under which a record can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermKind { /// E-mail.
    Email, /// Phone.
    Phone, /// Name.
    Name, /// Name with postal code as one.
    NamePostalCode }

/// A field of the catalogue.
#[derive(Debug)]
pub struct Field {
    /// Its number for ever.
    pub id: FieldId,
    /// Its path, such as `orderItems[].fulfillment.packing.giftOption.giftMessage`.
    pub path: Box<str>,
    /// How it identifies somebody; a fact has none.
    pub class: Option<Class>,
    /// How it is cleaned.
    pub cleaner: Cleaner,
    /// Why it may be used.
    pub purposes: Vec<Purpose>,
    /// What may be shown of it.
    pub mask: Mask,
    /// The term it is searched by.
    pub searched: Option<TermKind>,
    /// The unit to which it belongs (an address is replaced as a whole): the path of that object.
    pub unit: Option<Box<str>>,
    /// Whether it ends with its own item's package (R5) and so may have a part of its own.
    pub ends_with_item: bool,
}

/// What stands at a place of a document.
#[derive(Clone, Copy)]
pub struct Node<'a> { pub(crate) catalogue: &'a Catalogue, pub(crate) index: usize }

impl<'a> Node<'a> {
    /// The member of an object; `None` when the catalogue does not name it.
    pub fn member(self, _key: &str) -> Option<Node<'a>> { todo!() }
    /// The element of a list; `None` when this is no list in the catalogue.
    pub fn element(self) -> Option<Node<'a>> { todo!() }
    /// The member whose value names an element of this list (`orderItemId`), if its elements have ids.
    pub fn list_key(self) -> Option<&'a str> { todo!() }
    /// The field, when this place is a leaf.
    pub fn field(self) -> Option<&'a Field> { todo!() }
}

/// Every kind and field.
pub struct Catalogue {}

impl Catalogue {
    /// The catalogue that comes with the program.
    pub fn embedded() -> Result<Self, CatalogueError> { todo!() }
    /// This catalogue with a home's own fields added or made stricter; looser is an error.
    pub fn extended(&self, _toml: &str) -> Result<Self, CatalogueError> { todo!() }
    /// The top of a kind's documents.
    pub fn root(&self, _kind: Kind) -> Node<'_> { todo!() }
    /// The field with that number.
    pub fn field(&self, _id: FieldId) -> Option<&Field> { todo!() }
    /// The field at a schema path (`orderItems[].…`).
    pub fn field_at(&self, _kind: Kind, _path: &str) -> Option<&Field> { todo!() }
    /// Every field of a kind.
    pub fn fields(&self, _kind: Kind) -> impl Iterator<Item = &Field> { std::iter::empty() }
}

/// Why a catalogue is refused.
#[derive(Debug, thiserror::Error)]
#[error("catalogue")]
pub struct CatalogueError;
