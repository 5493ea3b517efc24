//! Orders like those of a home of production, and with none of its values (2.5.b).
//!
//! [`Tally`] counts what the orders of a home are like, and [`Profile`] is what leaves it: counts and shares of closed sets. Orders
//! are then drawn as all synthetic ones are, from people and places that do not exist; the profile decides of which marketplace and
//! status they are, how many items they have, which fields are missing, and how long personal texts are. Since no value is in a
//! profile, none can come out.

mod fit;
mod pantry;
mod profile;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bailee_core::catalogue::{Catalogue, CatalogueError, Cleaner, Field};
use bailee_core::{Json, Kind};

use fit::{Fit, Wanted};
use pantry::Pantry;
use profile::{By, Group};
pub use profile::{CELL_MIN, PROFILE_BYTES_MAX, Profile, ProfileError};
pub use tally::Tally;

use super::Synth;
use super::canonical;
use super::charset::Charset;
use super::market::Market;
use super::notes::Notes;
use super::order::{Draw, Fixed, Order, Version};
use super::random::Random;

/// Orders like those of a profile.
pub struct Like<'a> {
    synth: Synth,
    profile: &'a Profile,
    /// Those that the profile names, each as often as it has orders; all, where it names none that is known here.
    markets: Vec<(&'static Market, u64)>,
    pantry: Pantry,
    lengths: BTreeMap<&'a str, &'a [profile::Bin]>,
    /// What each group holds, in its order.
    wanted: Vec<Wanted>,
}

impl<'a> Like<'a> {
    /// Prepares them.
    ///
    /// # Errors
    /// A mistake in the program, which its tests find.
    pub fn new(synth: Synth, profile: &'a Profile) -> Result<Self, CatalogueError> {
        let catalogue = Catalogue::embedded()?;
        let named = |id: &str| profile.marketplaces.iter().find(|one| one.id == id).map(|one| one.orders);
        let all = Market::each();
        let mut markets: Vec<_> =
            all.iter().filter_map(|market| Some((*market, named(market.id)?))).collect();
        if markets.is_empty() {
            markets = all.into_iter().map(|market| (market, 1)).collect();
        }
        let pantry = Pantry::new(&catalogue, synth, &markets);
        let wanted = profile.groups.iter().map(|group| Wanted::of(group, &catalogue)).collect();
        let lengths = profile.lengths.iter().map(|one| (&*one.path, &*one.bins)).collect();
        Ok(Self { synth, profile, markets, pantry, lengths, wanted })
    }

    /// The fields that the profile's orders hold and that nothing here can make up: they are left out.
    pub fn left_out(&self) -> Vec<&'a str> {
        let held = self.profile.groups.iter().flat_map(|group| &group.fields);
        let mut paths: Vec<&str> = held.map(|one| &*one.path).collect();
        paths.sort_unstable();
        paths.dedup();
        paths.retain(|path| !path.ends_with("[]") && !fit::is_fixed(path) && !self.pantry.has(path));
        paths
    }

    /// The marketplaces that the profile names and of which nobody is made up here: their orders are drawn from the others.
    pub fn other_marketplaces(&self) -> usize {
        let is_known = |id: &str| self.markets.iter().any(|(market, _)| market.id == id);
        self.profile.marketplaces.iter().filter(|one| !is_known(&one.id)).count()
    }

    /// The orders as lines of NDJSON of Orders 2026-01-01, without line ends. Same profile, seed and time, same bytes.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.synth.orders).map(|number| self.line(number))
    }

    fn line(&self, number: u64) -> String {
        let stream = Random::new(self.synth.seed).branch("like").at(number);
        let mut random = stream.branch("which");
        let groups = self.profile.groups.iter().zip(&self.wanted).map(|both| (both, both.0.orders));
        let Some((group, wanted)) = weighed(groups, &mut random) else { return String::new() };
        let markets = self.markets.iter().copied();
        let market = weighed(markets, &mut random).unwrap_or_else(super::market::likeliest);
        let draw = Draw {
            markets: &[market],
            charset: Charset::Utf8,
            now: self.synth.now,
            with_address: false,
            fixed: fixed(group, &mut random),
        };
        let mut order = Order::new(stream, draw, Version::Current, None);
        // So begins no order of Amazon's: it is nobody's, however many there are.
        order.id = order.id.split_once('-').map_or_else(String::new, |(_, rest)| format!("000-{rest}"));
        let (text, _) = canonical::write(&order, Notes::default());
        // What was written a moment ago is JSON.
        let document: Json = serde_json::from_str(&text).unwrap_or(Json::Null);
        let fit =
            Fit { pantry: &self.pantry, lengths: &self.lengths, market, updated: order.updated.to_string() };
        let fitted = fit.document(document, wanted, stream.branch("fit"));
        serde_json::to_string(&fitted).unwrap_or_default()
    }
}

fn fixed(group: &Group, random: &mut Random) -> Fixed {
    let items = group.items.iter().map(|one| (one.items, one.orders));
    Fixed {
        status: group.status,
        by_amazon: group.fulfilled_by.map(|by| by == By::Amazon),
        items: weighed(items, random),
    }
}

/// One of several, each as often as its weight says.
fn weighed<T>(from: impl Iterator<Item = (T, u64)> + Clone, random: &mut Random) -> Option<T> {
    let mut at = random.below(from.clone().map(|(_, weight)| weight).sum());
    for (one, weight) in from {
        if at < weight {
            return Some(one);
        }
        at -= weight;
    }
    None
}

/// What the share of a path is of: the list around it, or, outside of all, the order itself.
fn enclosing(path: &str) -> &str {
    let inner = path.strip_suffix("[]").unwrap_or(path);
    inner.rfind("[]").and_then(|at| inner.get(..at + 2)).unwrap_or("")
}

/// Whether a profile tells how long the values of a field are.
fn has_length(field: &Field) -> bool {
    field.is_personal() && matches!(field.cleaner, Cleaner::Text | Cleaner::Lines | Cleaner::Email)
}

/// Whether a path is a field of an order, or a list around one.
fn is_held_path(catalogue: &Catalogue, path: &str) -> bool {
    let is_around = |field: &Field| field.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    match path.ends_with("[]") {
        true => catalogue.fields(Kind::Order).any(|field| *field.path == *path || is_around(field)),
        false => catalogue.field_at(Kind::Order, path).is_some(),
    }
}
