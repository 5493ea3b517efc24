//! The catalogue: which fields exist, which are personal, why each may be used, and until when.
//!
//! Data files, each of one kind (`catalogue/orders.toml`), declare every leaf on purpose: personal with its class,
//! purposes and mask, or a fact with the reason. A leaf that it does not name is `unclassified`: sealed, and revealed to
//! nobody, so that a new version of an API cannot leak. A home may add fields and be stricter, never looser
//! ([`Catalogue::extended`]). Readers walk a document and the catalogue side by side with [`Catalogue::root`] and
//! [`Node::member`].

mod current;
mod error;
mod extend;
mod file;
mod own;
mod shape;
pub mod suggest;
mod tree;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::marketplace::marketplace;
use crate::{Class, FieldId, Kind, Purpose};
pub use current::Current;
pub use error::CatalogueError;
use file::Shared;
pub use own::Decision;
use tree::Tree;

/// The files that come with the program. Several may be of one kind; no two give out one number.
const EMBEDDED: [&str; 6] = [
    include_str!("catalogue/orders.toml"),
    include_str!("catalogue/order-reports.toml"),
    include_str!("catalogue/vendor-orders.toml"),
    include_str!("catalogue/shipments.toml"),
    include_str!("catalogue/shipments-by-format.toml"),
    include_str!("catalogue/returns.toml"),
];

/// The smallest number that a home may give to a field of its own. Those below belong to this program's versions.
pub const HOME_FIELD_ID_MIN: u16 = 10_000;

/// How a value is put into one clean form (0.c). The cleaners themselves live in `intake`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cleaner {
    /// Unicode, invisible characters, white space.
    Text,
    /// As text, line breaks kept.
    Lines,
    /// A word of a short list, or a number of the trade: no white space, no `@`, ASCII.
    Code,
    /// E.164 with its extension.
    Phone,
    /// An e-mail address.
    Email,
    /// ISO 3166-1 alpha-2.
    Country,
    /// A postal code as the country of its address writes it.
    PostalCode,
    /// RFC 3339, or a date alone where no more is known.
    Time,
    /// A number as text, such as `-1234.56`. A JSON number stays one.
    Decimal,
    /// A JSON integer.
    Integer,
    /// `true` or `false`.
    Flag,
    /// Left as it is.
    Verbatim,
}

impl Cleaner {
    /// Every cleaner.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Lines,
        Self::Code,
        Self::Phone,
        Self::Email,
        Self::Country,
        Self::PostalCode,
        Self::Time,
        Self::Decimal,
        Self::Integer,
        Self::Flag,
        Self::Verbatim,
    ];
}

/// What may be shown without a reveal. [`crate::mask::mask`] makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mask {
    /// `J*** S****`
    Name,
    /// `j***@m***.com`
    Email,
    /// `+1 *** **30`
    Phone,
    /// `150-****`
    PostalCode,
    /// Nothing but that it is there: `****`
    Hidden,
    /// The first letter: `J***`
    Initial,
}

impl Mask {
    /// Whether this mask shows nothing that `other` hides.
    pub fn is_at_least(self, other: Self) -> bool {
        self == other || self == Self::Hidden || (self == Self::Initial && other != Self::Hidden)
    }
}

/// A term under which a record can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermKind {
    /// E-mail.
    Email,
    /// Phone.
    Phone,
    /// Name.
    Name,
    /// Name with postal code as one. The catalogue writes it at the postal code; the names are those of its unit.
    NamePostalCode,
}

/// When a purpose ends for a field, and with it the right to keep the field for that purpose (2.1.b).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurposeEnd {
    /// With the record's clock.
    Expiry,
    /// With the clock of the item's own package (R5).
    ItemExpiry,
}

/// How a field is collected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The operations that answer it, such as `searchOrders, getOrder`.
    pub operation: Box<str>,
    /// The data set that must be asked for (`includedData`); `None` when it always comes.
    #[serde(default)]
    pub included_data: Option<Box<str>>,
    /// The application's role at Amazon without which it does not come.
    pub role: Box<str>,
}

/// A field of the catalogue.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its number for ever, which no field of another kind has either.
    pub id: FieldId,
    /// Of what it is a field.
    pub kind: Kind,
    /// Its path, such as `orderItems[].fulfillment.packing.giftOption.giftMessage`.
    pub path: Box<str>,
    /// How it identifies somebody; a fact has none.
    pub class: Option<Class>,
    /// How it is cleaned.
    pub cleaner: Cleaner,
    /// Why it may be used. Empty for a fact.
    pub purposes: Vec<Purpose>,
    /// What may be shown of it. A fact is shown as it is.
    pub mask: Mask,
    /// The term it is searched by.
    pub searched: Option<TermKind>,
    /// The unit to which it belongs (an address is replaced as a whole): the path of that object.
    pub unit: Option<Box<str>>,
    /// Whether it ends with its own item's package (R5) and so may have a part of its own.
    pub ends_with_item: bool,
    /// Why it is a fact; `None` for a personal field.
    pub reason: Option<Box<str>>,
    /// How it is collected.
    pub source: Source,
    /// When each of `purposes` ends, in the same order.
    pub ends: Vec<(Purpose, PurposeEnd)>,
}

impl Field {
    /// Whether it is sealed with a record's personal data.
    pub fn is_personal(&self) -> bool {
        self.class.is_some()
    }

    /// Whether it may be used for a purpose. A fact may be used for any.
    pub fn allows(&self, purpose: Purpose) -> bool {
        self.class.is_none() || self.purposes.contains(&purpose)
    }
}

/// What stands at a place of a document.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) index: usize,
}

impl<'a> Node<'a> {
    /// The member of an object; `None` when the catalogue does not name it.
    pub fn member(self, key: &str) -> Option<Node<'a>> {
        self.at(self.catalogue.tree.member(self.index, key))
    }

    /// The element of a list; `None` when this is no list in the catalogue.
    pub fn element(self) -> Option<Node<'a>> {
        self.at(self.catalogue.tree.element(self.index))
    }

    /// The member whose value names an element of this list (`orderItemId`), if its elements have ids.
    pub fn list_key(self) -> Option<&'a str> {
        self.catalogue.tree.list_key(self.index)
    }

    /// The field, when this place is a leaf.
    pub fn field(self) -> Option<&'a Field> {
        self.catalogue.fields.get(self.catalogue.tree.leaf(self.index)?)
    }

    /// Whether this object is one thing that is replaced as a whole, such as an address.
    pub fn is_unit(self) -> bool {
        self.catalogue.tree.members(self.index).any(|(name, child)| {
            let field = self.at(Some(child)).and_then(Node::field);
            let unit = field.and_then(|field| Some((&field.path, field.unit.as_deref()?)));
            unit.is_some_and(|(path, unit)| path.len() == unit.len() + 1 + name.len())
        })
    }

    fn at(self, index: Option<usize>) -> Option<Self> {
        index.map(|index| Node { catalogue: self.catalogue, index })
    }
}

/// Every kind and field.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// INVARIANT: sorted by id, each id and each path once.
    fields: Vec<Field>,
    tree: Tree,
    shared: Shared,
}

impl Catalogue {
    /// The catalogue that comes with the program.
    ///
    /// # Errors
    /// A mistake in the program, which its tests find.
    pub fn embedded() -> Result<Self, CatalogueError> {
        file::catalogue(EMBEDDED.into_iter().map(file::parse).collect::<Result<_, _>>()?)
    }

    /// This catalogue with a home's own fields added or made stricter; looser is an error.
    ///
    /// `toml` has the format of the embedded files, but may speak of several kinds: a group may name its own `kind`,
    /// and bring the `lists` of it. A field that is known may become personal (`class`, `purposes`),
    /// lose purposes, get a stronger mask, or become `unclassified`. A field that is new needs an id from
    /// [`HOME_FIELD_ID_MIN`] on, and a class or the reason why it is a fact. `marketplaces` lists the ids of marketplaces
    /// that this program does not know yet.
    ///
    /// # Errors
    /// The first thing in `toml` that cannot be read, does not fit or is looser: the error names it and says
    /// what is allowed.
    pub fn extended(&self, toml: &str) -> Result<Self, CatalogueError> {
        extend::extended(self, file::parse(toml)?)
    }

    /// The top of a kind's documents.
    pub fn root(&self, kind: Kind) -> Node<'_> {
        Node { catalogue: self, index: Tree::root(kind) }
    }

    /// The field with that number.
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.binary_search_by_key(&id, |field| field.id).ok().and_then(|index| self.fields.get(index))
    }

    /// The field at a schema path (`orderItems[].…`).
    pub fn field_at(&self, kind: Kind, path: &str) -> Option<&Field> {
        tree::steps(path)
            .try_fold(self.root(kind), |node, step| match step {
                tree::Step::Member(key) => node.member(&key),
                tree::Step::Element => node.element(),
            })?
            .field()
    }

    /// This catalogue with a decision of the home's officer, and the number of the field that it is about: `next`, when
    /// the catalogue does not know the path.
    ///
    /// # Errors
    /// Those of [`Self::extended`].
    pub fn decided(&self, decision: &Decision, next: FieldId) -> Result<(Self, FieldId), CatalogueError> {
        own::decided(self, decision, next)
    }

    /// The number of the next field that a home gives itself: one more than any it has given, so that none is given
    /// twice; none once all are given.
    pub fn next_home_id(&self) -> Option<FieldId> {
        let last = self.fields.last().map_or(0, |field| field.id.0);
        last.max(HOME_FIELD_ID_MIN - 1).checked_add(1).map(FieldId)
    }

    /// Whether a marketplace has that id: one that the program knows, or one of the home's own.
    pub fn knows_marketplace(&self, id: &str) -> bool {
        marketplace(id).is_some() || self.shared.marketplaces.contains(id)
    }

    /// Every field of a kind, by id.
    pub fn fields(&self, kind: Kind) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.kind == kind)
    }
}
