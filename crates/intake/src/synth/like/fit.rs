//! Makes an order that was drawn hold what those of a profile hold, in texts as long as theirs.

use std::collections::BTreeMap;

use bailee_core::catalogue::{Catalogue, Cleaner};
use bailee_core::{Json, Kind};

use super::super::market::Market;
use super::super::random::Random;
use super::pantry::Pantry;
use super::profile::{Bin, Group};
use super::weighed;

/// What makes an order one, and tells its group: never left out and never changed.
const FIXED: [&str; 8] = [
    "orderId",
    "createdTime",
    "lastUpdatedTime",
    "salesChannel.marketplaceId",
    "fulfillment.fulfillmentStatus",
    "fulfillment.fulfilledBy",
    "orderItems[].orderItemId",
    "orderItems[].quantityOrdered",
];

/// The list that every order has.
const ITEMS: &str = "orderItems[]";

pub(super) fn is_fixed(path: &str) -> bool {
    FIXED.contains(&path)
}

/// What a group of orders holds at a place and below it, as often as it does.
#[derive(Default)]
pub(super) struct Wanted {
    path: String,
    cleaner: Option<Cleaner>,
    /// Of a field, or of a list of single values: held by so many of so many.
    leaf: Option<(u64, u64)>,
    /// Of a list: the same.
    list: Option<(u64, u64)>,
    members: BTreeMap<String, Wanted>,
    element: Option<Box<Wanted>>,
}

impl Wanted {
    /// Every field of the catalogue stands in it, those that nobody holds with a share of none.
    pub(super) fn of(group: &Group, catalogue: &Catalogue) -> Self {
        let held: BTreeMap<&str, (u64, u64)> =
            group.fields.iter().map(|one| (&*one.path, (one.held, one.of))).collect();
        let share = |path: &str| match path {
            _ if is_fixed(path) || path == ITEMS => (1, 1),
            _ => held.get(path).copied().unwrap_or((0, 1)),
        };
        let mut top = Self::default();
        for field in catalogue.fields(Kind::Order) {
            let mut at = &mut top;
            for step in field.path.split('.') {
                let (name, is_list) = match step.strip_suffix("[]") {
                    Some(name) => (name, true),
                    None => (step, false),
                };
                let path = joined(&at.path, name);
                at = at.members.entry(name.to_owned()).or_default();
                at.path = path;
                if is_list {
                    let path = format!("{}[]", at.path);
                    at.list = Some(share(&path));
                    at = &mut **at.element.get_or_insert_default();
                    at.path = path;
                }
            }
            at.leaf = Some(share(&field.path));
            at.cleaner = Some(field.cleaner);
        }
        top
    }

    /// Whether it is a list of single values, of which is told no more than whether it is held.
    fn is_list_of_values(&self) -> bool {
        self.element.as_ref().is_some_and(|element| element.leaf.is_some())
    }
}

fn joined(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// What an order is fitted with.
pub(super) struct Fit<'a> {
    pub(super) pantry: &'a Pantry,
    pub(super) lengths: &'a BTreeMap<&'a str, &'a [Bin]>,
    pub(super) market: &'static Market,
    /// When the order was last changed: the time of what is put into it.
    pub(super) updated: String,
}

impl Fit<'_> {
    pub(super) fn document(&self, document: Json, wanted: &Wanted, random: Random) -> Json {
        self.members(Some(document), wanted, random).unwrap_or(Json::Object(Vec::new()))
    }

    /// An object; nothing, where nothing is left of it.
    fn members(&self, mut json: Option<Json>, wanted: &Wanted, random: Random) -> Option<Json> {
        let mut held = match &mut json {
            Some(Json::Object(members)) => std::mem::take(members),
            _ => Vec::new(),
        };
        let mut members = Vec::new();
        // Those that are there keep their order; those that are put in come behind them.
        let (here, missing): (Vec<_>, Vec<_>) =
            wanted.members.iter().partition(|(name, _)| held.iter().any(|(key, _)| key == *name));
        let mut here: BTreeMap<&str, &Wanted> =
            here.into_iter().map(|(name, below)| (&**name, below)).collect();
        for (name, value) in held.drain(..) {
            let Some(below) = here.remove(&*name) else { continue };
            let fitted = self.value(Some(value), below, random.branch(&name));
            members.extend(fitted.map(|value| (name, value)));
        }
        for (name, below) in missing {
            let made = self.value(None, below, random.branch(name));
            members.extend(made.map(|value| (name.clone(), value)));
        }
        (!members.is_empty()).then_some(Json::Object(members))
    }

    fn value(&self, json: Option<Json>, wanted: &Wanted, mut random: Random) -> Option<Json> {
        if wanted.is_list_of_values() {
            let path = format!("{}[]", wanted.path);
            let is_held = happens(wanted.list, &mut random);
            return is_held.then(|| json.or_else(|| self.pantry.value(self.market, &path, &mut random)))?;
        }
        if let Some(element) = &wanted.element {
            return self.list(json, wanted, element, random);
        }
        if wanted.leaf.is_some() {
            return self.leaf(json, wanted, random);
        }
        self.members(json, wanted, random)
    }

    fn list(
        &self,
        mut json: Option<Json>,
        wanted: &Wanted,
        element: &Wanted,
        mut random: Random,
    ) -> Option<Json> {
        if !happens(wanted.list, &mut random) {
            return None;
        }
        let mut elements = match &mut json {
            Some(Json::Array(elements)) => std::mem::take(elements),
            _ => Vec::new(),
        };
        if elements.is_empty() {
            elements.push(Json::Object(Vec::new()));
        }
        let fitted = (0..)
            .zip(elements)
            .filter_map(|(number, one)| self.members(Some(one), element, random.at(number)))
            .collect::<Vec<_>>();
        (!fitted.is_empty()).then_some(Json::Array(fitted))
    }

    fn leaf(&self, json: Option<Json>, wanted: &Wanted, mut random: Random) -> Option<Json> {
        if is_fixed(&wanted.path) {
            return json;
        }
        if !happens(wanted.leaf, &mut random) {
            return None;
        }
        let value = match (json, wanted.cleaner) {
            (Some(value), _) => value,
            // Another order's time would be before this one was made, or after it was last changed.
            (None, Some(Cleaner::Time)) => Json::String(self.updated.clone()),
            (None, _) => self.pantry.value(self.market, &wanted.path, &mut random)?,
        };
        let bins = self.lengths.get(&*wanted.path).copied().unwrap_or_default();
        let length = weighed(bins.iter().map(|bin| (bin, bin.values)), &mut random);
        let length = length.map(|bin| bin.from + random.below(bin.to - bin.from + 1));
        Some(match (value.as_str(), length) {
            (Some(text), Some(length)) => Json::String(fitted(text, length, wanted.cleaner)),
            _ => value,
        })
    }
}

/// Whether something happens that happens so often of so often.
fn happens(share: Option<(u64, u64)>, random: &mut Random) -> bool {
    share.is_some_and(|(held, of)| random.below(of) < held)
}

/// A text of so many characters, made of itself. What it is of stays: a mail address keeps its domain, and a web address is left
/// as it is.
fn fitted(text: &str, length: u64, cleaner: Option<Cleaner>) -> String {
    let length = usize::try_from(length).unwrap_or(0);
    if let (Some(Cleaner::Email), Some((local, domain))) = (cleaner, text.split_once('@')) {
        let local = cycled(local, "", length.saturating_sub(domain.len() + 1).max(1));
        return format!("{local}@{domain}");
    }
    if text.contains("://") {
        return text.to_owned();
    }
    cycled(text, " ", length)
}

/// A text over and over, up to so many characters; it neither begins nor ends with a gap, which a cleaner would take away.
fn cycled(text: &str, gap: &str, length: usize) -> String {
    let mut cycled: String = text.chars().chain(gap.chars()).cycle().take(length).collect();
    if cycled.ends_with(char::is_whitespace) {
        cycled.pop();
        cycled.extend(text.chars().find(|char| char.is_alphanumeric()));
    }
    cycled
}
