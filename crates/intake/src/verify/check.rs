//! A document in canonical names, held against the catalogue leaf by leaf and cleaned in place.

use bailee_core::catalogue::{Catalogue, Cleaner, Field, Node};
use bailee_core::marketplace::{marketplace, marketplace_at};
use bailee_core::{Class, Json, Kind};

use super::{FREE_TEXT_CHARS_MAX, Flaw, LEAF_CHARS_MAX, LINE_CHARS_MAX, NAME_CHARS_MAX};
use crate::clean::{self, Around};

/// The member of an address that says how its phone number and its postal code are to be read.
const COUNTRY_CODE: &str = "countryCode";

/// The member beside an amount that says what it is an amount of.
const CURRENCY_CODE: &str = "currencyCode";

/// The member that names a marketplace, wherever the catalogue has it.
const MARKETPLACE_ID: &str = "marketplaceId";

/// Checks and cleans a document of a kind. Returns how many of its values had lost letters at the source.
pub(super) fn check(json: &mut Json, kind: Kind, catalogue: &Catalogue) -> Result<u32, Flaw> {
    let mut check = Check { catalogue, lost: 0 };
    let around = Around { country: None, currency: currency_of_the_marketplace(json) };
    check.visit(json, Some(catalogue.root(kind)), around)?;
    Ok(check.lost)
}

/// Cleans a leaf that is held already, as if it had just come: when the catalogue names its place after all. `country`
/// is that of the address around it.
pub fn clean_held(leaf: &mut Json, cleaner: Cleaner, country: Option<&str>) {
    let around = Around { country: country.and_then(clean::country_code), currency: None };
    if let Some(cleaned) = clean::leaf(cleaner, leaf, around) {
        *leaf = cleaned;
    }
}

/// What is wrong with a value that somebody gives for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It says nothing.
    #[error("there is no value; to end a field for good, erase its record")]
    Empty,
    /// It holds what nobody can see.
    #[error("the value holds control characters; give it without them")]
    Control,
    /// It is longer than intake takes.
    #[error("the value is too long for this field")]
    TooWide,
    /// It is not of the field's kind.
    #[error("the value has not the form of this field")]
    Form,
}

/// A value that somebody gives for the place of a field, held against the catalogue and cleaned as if it had come in a
/// document. `country` is that of the address around it.
///
/// # Errors
/// What a document would be refused for, or would be cleaned of without a word.
pub fn check_value(field: &Field, value: &str, country: Option<&str>) -> Result<Json, Unfit> {
    let is_line_end = |char: char| field.cleaner == Cleaner::Lines && char == '\n';
    if value.chars().any(|char| char.is_control() && !is_line_end(char)) {
        return Err(Unfit::Control);
    }
    let mut json = Json::String(value.to_owned());
    clean_held(&mut json, field.cleaner, country);
    if json.is_blank() {
        return Err(Unfit::Empty);
    }
    if json.as_str().is_some_and(|text| is_wider(text, width_max(Some(field)))) {
        return Err(Unfit::TooWide);
    }
    if field.has_form(&json) { Ok(json) } else { Err(Unfit::Form) }
}

/// What the marketplace sells in, for amounts that do not say it themselves.
fn currency_of_the_marketplace(json: &Json) -> Option<&'static str> {
    let channel = json.member("salesChannel")?;
    let text = |member| channel.member(member).and_then(Json::as_str);
    let sold_at = text(MARKETPLACE_ID).and_then(marketplace);
    let sold_at = sold_at.or_else(|| text("marketplaceName").and_then(marketplace_at))?;
    clean::currency_code(sold_at.currency)
}

struct Check<'a> {
    catalogue: &'a Catalogue,
    lost: u32,
}

impl Check<'_> {
    /// Holds a value and all below it against the catalogue, and cleans it.
    fn visit(
        &mut self,
        json: &mut Json,
        node: Option<Node<'_>>,
        around: Around<'static>,
    ) -> Result<(), Flaw> {
        if !fits(json, node) {
            return Err(Flaw::Structure);
        }
        match json {
            Json::Object(members) => {
                let around = inside(members, around);
                for (key, value) in members {
                    if is_wider(key, NAME_CHARS_MAX) {
                        return Err(Flaw::TooWide);
                    }
                    let node = node.and_then(|node| node.member(key));
                    self.visit(value, node, around)?;
                    if key == MARKETPLACE_ID && node.is_some() {
                        self.marketplace(value)?;
                    }
                }
                Ok(())
            }
            Json::Array(elements) => {
                let element = node.and_then(Node::element);
                elements.iter_mut().try_for_each(|value| self.visit(value, element, around))
            }
            _ => self.leaf(json, node.and_then(Node::field), around),
        }
    }

    fn leaf(&mut self, json: &mut Json, field: Option<&Field>, around: Around<'static>) -> Result<(), Flaw> {
        if let Json::String(text) = json {
            self.lost += u32::from(clean::lost(text, may_ask(field)).is_some());
        }
        let cleaned = match (field, &*json) {
            (Some(field), leaf) => {
                let currency = around.currency.filter(|_| counts_money(field));
                clean::leaf(field.cleaner, leaf, Around { currency, ..around })
            }
            // A leaf that the catalogue does not name may mean something by its white space.
            (None, Json::String(text)) => match clean::visible(text) {
                std::borrow::Cow::Owned(text) => Some(Json::String(text)),
                std::borrow::Cow::Borrowed(_) => None,
            },
            (None, _) => None,
        };
        if let Some(cleaned) = cleaned {
            // Assigning the whole value drops the old one, which wipes it.
            *json = cleaned;
        }
        match json.as_str() {
            Some(text) if is_wider(text, width_max(field)) => Err(Flaw::TooWide),
            _ => Ok(()),
        }
    }

    fn marketplace(&self, id: &Json) -> Result<(), Flaw> {
        let known = id.as_str().is_some_and(|id| self.catalogue.knows_marketplace(id));
        if known || id.is_blank() { Ok(()) } else { Err(Flaw::Marketplace) }
    }
}

/// What an object's own members say of those beside them.
fn inside(members: &[(String, Json)], around: Around<'static>) -> Around<'static> {
    let text = |name| members.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_str());
    Around {
        country: text(COUNTRY_CODE).and_then(clean::country_code).or(around.country),
        currency: match text(CURRENCY_CODE) {
            // Of a currency that is not known nothing follows.
            Some(code) => clean::currency_code(code),
            None => around.currency,
        },
    }
}

/// Whether a number is an amount of money, by its name. A rate or a measure beside one has thousandths.
fn counts_money(field: &Field) -> bool {
    field.cleaner == Cleaner::Decimal && {
        let mut names = field.path.rsplit('.');
        let (last, around) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        last == "amount"
            || last.starts_with("tax") && !last.ends_with("Rate")
            || ["Amount", "Price"].iter().any(|end| last.ends_with(end))
            || last == "value" && around.ends_with("Amount")
    }
}

/// Whether a text may hold a question mark of its own: names and addresses do not.
fn may_ask(field: Option<&Field>) -> bool {
    let class = field.and_then(|field| field.class);
    !matches!(class, Some(Class::Identity | Class::Contact | Class::Address | Class::Tax))
}

/// Most characters of a field's value.
fn width_max(field: Option<&Field>) -> usize {
    match field.map(|field| field.cleaner) {
        None | Some(Cleaner::Verbatim) => LEAF_CHARS_MAX,
        Some(Cleaner::Lines) => FREE_TEXT_CHARS_MAX,
        Some(_) => LINE_CHARS_MAX,
    }
}

fn is_wider(text: &str, chars_max: usize) -> bool {
    // No character is longer than four bytes or shorter than one, so hardly any text is counted.
    text.len() > chars_max && text.chars().nth(chars_max).is_some()
}

/// Whether a value is of the kind that the catalogue has at its place. One that says nothing fits anywhere.
fn fits(json: &Json, node: Option<Node<'_>>) -> bool {
    let Some(node) = node else { return true };
    if json.is_blank() {
        return true;
    }
    match json {
        Json::Array(elements) => node.element().is_some() && unique_ids(elements, node.list_key()),
        Json::Object(_) => node.field().is_none() && node.element().is_none(),
        _ => node.field().is_some(),
    }
}

/// Whether no two elements of a list have the same id: a field of one could not be told from that of the other.
fn unique_ids(elements: &[Json], key: Option<&str>) -> bool {
    let Some(key) = key else { return true };
    let mut ids: Vec<&str> =
        elements.iter().filter_map(|element| element.member(key)).filter_map(Json::as_str).collect();
    ids.sort_unstable();
    ids.windows(2).all(|pair| pair.first() != pair.last())
}
