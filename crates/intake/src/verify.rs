//! Verification (0.b): a raw document becomes an order in canonical names, or says why not.
//!
//! Refuse, do not repair: a document that two programs could read differently (a key twice, a number that does not
//! survive) goes to quarantine whole. What it accepts it also cleans (0.c), in place.

mod check;
mod flaw;
mod number;
mod parse;
#[cfg(test)]
mod tests;
mod xml;

use bailee_core::catalogue::Catalogue;
use bailee_core::{Json, Reference};

use crate::format::{Form, Format, Syntax, reference_member};
use crate::reader::Raw;
use crate::{mapping, source};

/// Deepest nesting of a document: what is accepted here must be readable again later.
pub use bailee_core::json::DEPTH_MAX;
pub use check::{Unfit, check_value, clean_held};
pub use flaw::Flaw;

/// Most values in one document, counting objects and arrays: what it may cost in memory, some 10 MB.
pub const VALUES_MAX: usize = 100_000;

/// Most characters of a member's name: the names of columns and members are a tenth of it.
pub const NAME_CHARS_MAX: usize = 400;

/// Most characters of what is one line: a name, a line of an address, a number. Forms take 60 to 255, and a whole
/// address in one cell is not four times that.
pub const LINE_CHARS_MAX: usize = 1_000;

/// Most characters of what somebody wrote: a gift message, an instruction, a comment. Amazon's forms take 2,000.
pub const FREE_TEXT_CHARS_MAX: usize = 20_000;

/// Most characters of any other value: facts, and what nobody has named yet, such as the design of a customised
/// product in one string.
pub const LEAF_CHARS_MAX: usize = 200_000;

/// What may stand beside the orders of a page and go back to the caller; anything else could be personal.
const PAGE_MEMBERS: [&str; 3] = ["pagination", "lastUpdatedBefore", "createdBefore"];

/// A verified and cleaned order.
pub struct Document {
    /// The name by which the outside knows it: for an order, its order id.
    pub reference: Reference,
    /// The cleaned document in canonical names; personal leaves are clean.
    pub json: Json,
    /// How many of its values had lost letters already at the source: see [`crate::clean::Lost`] for how. They came in
    /// as they were; whoever collects is told the number, so that somebody asks the buyer before a parcel leaves.
    pub lost: u32,
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
    let mut json = mapped(raw.bytes.expose(), form, catalogue)?;
    let reference = match json.member(reference_member(kind)) {
        None => return Err(Flaw::NotAnOrder),
        Some(id) => {
            let id = id.as_str().filter(|id| form.format.reference().fits(id));
            id.and_then(|id| id.parse().ok()).ok_or(Flaw::OrderId)?
        }
    };
    let lost = check::check(&mut json, kind, catalogue)?;
    Ok(Document { reference, json, lost })
}

/// A document in canonical names, neither checked nor cleaned: for who wants to know what is in one that is flawed.
///
/// # Errors
/// The first flaw that keeps it from being parsed or mapped.
pub fn mapped(bytes: &[u8], form: &Form, catalogue: &Catalogue) -> Result<Json, Flaw> {
    let kind = form.format.kind();
    let mut json = match form.format.syntax() {
        Syntax::Table => {
            let rows = std::str::from_utf8(bytes).map_err(|_| Flaw::Encoding)?;
            form.plan().ok_or(Flaw::NotAnOrder)?.document(rows, catalogue)?
        }
        Syntax::Json => parse::parse(bytes)?,
        Syntax::Xml => xml::parse(bytes, &form.format.frame().keyed)?,
    };
    if let (Some(mapping), Syntax::Json | Syntax::Xml) = (form.format.mapping(), form.format.syntax()) {
        json = mapping.apply(unwrapped(json, &form.format))?;
        mapping::settle(&mut json, Some(catalogue.root(kind)), 1)?;
        reference_as_string(&mut json, reference_member(kind));
    }
    Ok(json)
}

/// A document without the frames that the reader left around it: those of answers that are elements of a list.
fn unwrapped(mut json: Json, format: &Format) -> Json {
    let is_one_of = |names: &[Box<str>], name: &str| names.iter().any(|one| &**one == name);
    while let Json::Object(members) = &mut json {
        if members.iter().any(|(name, _)| is_one_of(format.identifying(), name)) {
            break;
        }
        let framed = members.iter_mut().find(|(name, value)| {
            is_one_of(&format.frame().unwrap, name) && matches!(value, Json::Object(_))
        });
        let Some((_, inner)) = framed else { break };
        json = std::mem::replace(inner, Json::Null);
    }
    json
}

/// A reference that was written as a number is the text of that number.
fn reference_as_string(json: &mut Json, member: &str) {
    if let Json::Object(members) = json {
        let reference = members.iter_mut().filter(|(name, _)| name == member);
        reference.for_each(|(_, value)| mapping::id_as_string(value));
    }
}

/// A JSON text as strictly as any document is read.
pub(crate) fn parse_json(bytes: &[u8]) -> Result<Json, Flaw> {
    parse::parse(bytes)
}

/// The members of a page that go back to the caller.
pub(crate) fn page_members(frame: &[u8]) -> Result<Json, Flaw> {
    let mut page = parse::parse(frame)?;
    if let Json::Object(members) = &mut page {
        members.retain(|(key, _)| PAGE_MEMBERS.contains(&key.as_str()));
    }
    Ok(page)
}
