//! Verification (0.b): a raw document becomes an order in canonical names, or says why not.
//!
//! Refuse, do not repair: a document that two programs could read differently (a key twice, a number that does not
//! survive) goes to quarantine whole. What it accepts it also cleans (0.c), in place.

mod number;
mod parse;
#[cfg(test)]
mod tests;
mod xml;

use bailee_core::catalogue::{Catalogue, Node};
use bailee_core::{Json, Reference};

use crate::format::{Form, Syntax, reference_member};
use crate::reader::Raw;
use crate::{clean, mapping, source};

/// Deepest nesting of a document: what is accepted here must be readable again later.
pub use bailee_core::json::DEPTH_MAX;

/// Most values in one document, counting objects and arrays: what it may cost in memory, some 10 MB.
pub const VALUES_MAX: usize = 100_000;

/// The member of an address that says how its phone number is to be read.
const COUNTRY_CODE: &str = "countryCode";

/// What may stand beside the orders of a page and go back to the caller; anything else could be personal.
const PAGE_MEMBERS: [&str; 3] = ["pagination", "lastUpdatedBefore", "createdBefore"];

/// A verified and cleaned order.
pub struct Document {
    /// The name by which the outside knows it: for an order, its order id.
    pub reference: Reference,
    /// The cleaned document in canonical names; personal leaves are clean.
    pub json: Json,
    /// How many of its values had lost letters already at the source.
    pub lost: u32,
}

/// Why a document goes into quarantine: a code from the program, never a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// Not JSON.
    Syntax,
    /// The input, or the line, ended inside it.
    Truncated,
    /// Longer than allowed, or with more values.
    TooLong,
    /// Nested deeper than allowed.
    TooDeep,
    /// A key twice in one object.
    DuplicateKey,
    /// A number that cannot be kept exactly.
    Number,
    /// Bytes that are no letters in the character set of the input.
    Encoding,
    /// Letters whose character set is not certain.
    Charset,
    /// XML that declares entities, or uses one that is not XML's own.
    Entities,
    /// No object, or one without an order id.
    NotAnOrder,
    /// No usable order id.
    OrderId,
    /// An object where a leaf belongs, or the reverse; an id twice in a list.
    Structure,
    /// Rows of one record say different things of a person.
    RowsDisagree,
    /// A token in the place of a value. Only the keeper of the keys can tell.
    Token,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: &'static [Self] = &[
        Self::Syntax,
        Self::Truncated,
        Self::TooLong,
        Self::TooDeep,
        Self::DuplicateKey,
        Self::Number,
        Self::Encoding,
        Self::Charset,
        Self::Entities,
        Self::NotAnOrder,
        Self::OrderId,
        Self::Structure,
        Self::RowsDisagree,
        Self::Token,
    ];

    /// Its stable code (`"duplicate-key"` …).
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Truncated => "truncated",
            Self::TooLong => "too-long",
            Self::TooDeep => "too-deep",
            Self::DuplicateKey => "duplicate-key",
            Self::Number => "number",
            Self::Encoding => "encoding",
            Self::Charset => "charset",
            Self::Entities => "entities",
            Self::NotAnOrder => "not-an-order",
            Self::OrderId => "order-id",
            Self::Structure => "structure",
            Self::RowsDisagree => "rows-disagree",
            Self::Token => "token",
        }
    }

    /// The flaw of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|flaw| flaw.code() == code)
    }

    /// In words, with what to do.
    pub fn words(self) -> &'static str {
        match self {
            Self::Syntax => "the document is not JSON; fetch it again or mend what wrote it",
            Self::Truncated => "the input ends inside the document; fetch it again as a whole",
            Self::TooLong => "the document is longer than an order can be; give its orders one by one",
            Self::TooDeep => "the document is nested deeper than an order can be; check what wrote it",
            Self::DuplicateKey => "an object has the same key twice; fetch it again or mend what wrote it",
            Self::Number => "a number has more digits than can be kept; write it as a string",
            Self::Encoding => {
                "some bytes are no letters in the input's character set; fetch it again, or name the right one with --charset"
            }
            Self::Charset => "which character set its letters are in is not certain; name it with --charset",
            Self::Entities => {
                "XML entities of its own are not expanded; have it written with XML's five alone"
            }
            Self::NotAnOrder => "this is no order, since it has no orderId; give orders in Orders 2026-01-01",
            Self::OrderId => "the orderId is no order id; fetch the order again",
            Self::Structure => "a value stands where the API has none of its kind; fetch the order again",
            Self::RowsDisagree => {
                "rows of the same order tell different names or addresses; find out which one is right"
            }
            Self::Token => "a token stands in the place of a value; give the order as it came from Amazon",
        }
    }
}

/// Parses, verifies and cleans one raw document. Safe to call from many threads.
///
/// An unusable date is no flaw (the retention clock deals with it), nor is a member that the catalogue does not name
/// (it will be sealed as unclassified).
///
/// # Errors
/// The first flaw found: the framing's own, encoding, syntax and limits, order id, structure.
pub fn verify(raw: &Raw, form: &Form, catalogue: &Catalogue) -> Result<Document, Flaw> {
    // What is no text comes first: whatever else is wrong may follow from it.
    if let Some(flaw) = source::flaw(raw.bytes.expose()).or(raw.flaw) {
        return Err(flaw);
    }
    let kind = form.format.kind();
    let bytes = raw.bytes.expose();
    let mut json = match form.format.syntax() {
        Syntax::Table => {
            let rows = std::str::from_utf8(bytes).map_err(|_| Flaw::Encoding)?;
            form.plan().ok_or(Flaw::NotAnOrder)?.document(rows, catalogue)?
        }
        Syntax::Json => parse::parse(bytes)?,
        Syntax::Xml => xml::parse(bytes)?,
    };
    if let (Some(mapping), Syntax::Json | Syntax::Xml) = (form.format.mapping(), form.format.syntax()) {
        json = mapping.apply(json)?;
        mapping::settle(&mut json, Some(catalogue.root(kind)), 1)?;
        reference_as_string(&mut json, reference_member(kind));
    }
    let reference = match json.member(reference_member(kind)) {
        None => return Err(Flaw::NotAnOrder),
        Some(id) => id.as_str().and_then(|id| id.parse().ok()).ok_or(Flaw::OrderId)?,
    };
    visit(&mut json, Some(catalogue.root(kind)), None)?;
    Ok(Document { reference, json, lost: 0 })
}

/// A reference that was written as a number is the text of that number.
fn reference_as_string(json: &mut Json, member: &str) {
    if let Json::Object(members) = json {
        let reference = members.iter_mut().filter(|(name, _)| name == member);
        reference.for_each(|(_, value)| mapping::id_as_string(value));
    }
}

/// The members of a page that go back to the caller.
pub(crate) fn page_members(frame: &[u8]) -> Result<Json, Flaw> {
    let mut page = parse::parse(frame)?;
    if let Json::Object(members) = &mut page {
        members.retain(|(key, _)| PAGE_MEMBERS.contains(&key.as_str()));
    }
    Ok(page)
}

/// Holds a value and all below it against the catalogue and cleans it. `country` is that of the address around it.
fn visit(json: &mut Json, node: Option<Node<'_>>, country: Option<&str>) -> Result<(), Flaw> {
    check(json, node)?;
    match json {
        Json::Object(members) => {
            let own = members.iter().find(|(key, _)| key == COUNTRY_CODE);
            let own = own.and_then(|(_, value)| value.as_str()).and_then(clean::country_code);
            let country = own.or(country);
            for (key, value) in members {
                visit(value, node.and_then(|node| node.member(key)), country)?;
            }
        }
        Json::Array(elements) => {
            let element = node.and_then(Node::element);
            elements.iter_mut().try_for_each(|value| visit(value, element, country))?;
        }
        Json::String(text) => {
            // A leaf that the catalogue does not name may mean something by its white space.
            let cleaned = match node.and_then(Node::field) {
                Some(field) => clean::cleaned(field.cleaner, text, country),
                None => clean::visible(text),
            };
            if let std::borrow::Cow::Owned(cleaned) = cleaned {
                // Assigning the whole value drops the old one, which wipes it.
                *json = Json::String(cleaned);
            }
        }
        Json::Null | Json::Bool(_) | Json::Integer(_) | Json::Float(_) => {}
    }
    Ok(())
}

/// A value must be of the kind that the catalogue has at its place. One that says nothing fits anywhere.
fn check(json: &Json, node: Option<Node<'_>>) -> Result<(), Flaw> {
    let Some(node) = node else { return Ok(()) };
    if json.is_blank() {
        return Ok(());
    }
    let fits = match json {
        Json::Array(elements) => node.element().is_some() && unique_ids(elements, node.list_key()),
        Json::Object(_) => node.field().is_none() && node.element().is_none(),
        _ => node.field().is_some(),
    };
    if fits { Ok(()) } else { Err(Flaw::Structure) }
}

/// Whether no two elements of a list have the same id: a field of one could not be told from that of the other.
fn unique_ids(elements: &[Json], key: Option<&str>) -> bool {
    let Some(key) = key else { return true };
    let mut ids: Vec<&str> =
        elements.iter().filter_map(|element| element.member(key)).filter_map(Json::as_str).collect();
    ids.sort_unstable();
    ids.windows(2).all(|pair| pair.first() != pair.last())
}
