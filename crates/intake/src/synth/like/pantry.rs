//! Values to be put where a profile has one and an order that was drawn has none: out of other orders that were drawn.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::catalogue::{Catalogue, Cleaner, Field, Node};
use bailee_core::{Class, Json, Kind};

use super::super::Synth;
use super::super::canonical;
use super::super::charset::Charset;
use super::super::market::Market;
use super::super::notes::Notes;
use super::super::order::{Draw, Fixed, Order, Version};
use super::super::random::Random;

/// So many orders of each marketplace are drawn for it: what one in fifty has is among them, as a rule.
const ORDERS: u64 = 150;

/// As many values of a path are kept.
const VALUES_MAX: usize = 16;

/// Values by marketplace and path.
pub(super) struct Pantry {
    values: BTreeMap<(&'static str, String), Vec<Json>>,
    /// The paths of which any marketplace has one, each with the first that does.
    anywhere: BTreeMap<String, &'static str>,
    /// The path whose values stand in for those of another that has none.
    instead: BTreeMap<String, &'static str>,
}

impl Pantry {
    pub(super) fn new(catalogue: &Catalogue, synth: Synth, markets: &[(&'static Market, u64)]) -> Self {
        let mut pantry =
            Self { values: BTreeMap::new(), anywhere: BTreeMap::new(), instead: BTreeMap::new() };
        let all = Market::each();
        let named: BTreeSet<&str> = markets.iter().map(|(market, _)| market.id).collect();
        // Those that are named come first: what they have is at home there.
        let (first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|market| named.contains(market.id));
        for market in first.into_iter().chain(rest) {
            for number in 0..ORDERS {
                let stream = Random::new(synth.seed).branch("pantry").branch(market.id).at(number);
                let draw = Draw {
                    markets: &[market],
                    charset: Charset::Utf8,
                    now: synth.now,
                    with_address: false,
                    fixed: Fixed::default(),
                };
                let order = Order::new(stream, draw, Version::Current, None);
                let (text, _) = canonical::write(&order, Notes::default());
                let document: Json = serde_json::from_str(&text).unwrap_or(Json::Null);
                pantry.store(&document, catalogue.root(Kind::Order), market.id, "");
            }
        }
        for (path, market) in pantry.values.keys().map(|(market, path)| (path, *market)) {
            pantry.anywhere.entry(path.clone()).or_insert(market);
        }
        for field in catalogue.fields(Kind::Order).filter(|field| !pantry.anywhere.contains_key(&*field.path))
        {
            if let Some(other) = stands_in(field).filter(|other| pantry.anywhere.contains_key(*other)) {
                pantry.instead.insert(field.path.to_string(), other);
            }
        }
        pantry
    }

    /// Whether a value can be made up for a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.anywhere.contains_key(path) || self.instead.contains_key(path)
    }

    /// A value for a path: one of the marketplace, else of any.
    pub(super) fn value(&self, market: &Market, path: &str, random: &mut Random) -> Option<Json> {
        let path = self.instead.get(path).copied().unwrap_or(path);
        let own = self.values.get(&(market.id, path.to_owned()));
        let values = match own {
            Some(values) => values,
            None => self.values.get(&(*self.anywhere.get(path)?, path.to_owned()))?,
        };
        let place = usize::try_from(random.below(values.len().try_into().unwrap_or(0))).unwrap_or(0);
        values.get(place).map(Json::copy)
    }

    fn store(&mut self, json: &Json, node: Node<'_>, market: &'static str, path: &str) {
        let is_list_of_values = node.element().is_some_and(|element| element.field().is_some());
        if node.field().is_some() || is_list_of_values {
            let path = if is_list_of_values { format!("{path}[]") } else { path.to_owned() };
            let values = self.values.entry((market, path)).or_default();
            if values.len() < VALUES_MAX && !json.is_blank() {
                values.push(json.copy());
            }
            return;
        }
        if let Some(element) = node.element() {
            let path = format!("{path}[]");
            json.elements().iter().for_each(|one| self.store(one, element, market, &path));
        }
        for (key, value) in json.members() {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if let Some(child) = node.member(key) {
                self.store(value, child, market, &path);
            }
        }
    }
}

/// A field whose values are of the same nature, for those that are personal and that no order drawn here has.
fn stands_in(field: &Field) -> Option<&'static str> {
    Some(match (field.cleaner, field.class?) {
        (Cleaner::Phone, _) => "recipient.deliveryAddress.phone",
        (Cleaner::Email, _) => "buyer.buyerEmail",
        (Cleaner::PostalCode, _) => "recipient.deliveryAddress.postalCode",
        (Cleaner::Country, _) => "recipient.deliveryAddress.countryCode",
        (Cleaner::Text | Cleaner::Lines, Class::Identity) => "recipient.deliveryAddress.name",
        (Cleaner::Text | Cleaner::Lines, Class::Address) => "recipient.deliveryAddress.addressLine2",
        (Cleaner::Text | Cleaner::Lines, Class::Tax) => "tax.taxRegistrations[].taxRegistrationNumber",
        (Cleaner::Text | Cleaner::Lines, Class::FreeText) => {
            "orderItems[].fulfillment.packing.giftOption.giftMessage"
        }
        _ => return None,
    })
}
