//! Counts what orders are like. It sees every value, and keeps none.

use std::collections::BTreeMap;

use bailee_core::catalogue::{Catalogue, CatalogueError, Node};
use bailee_core::{Json, Kind};

use super::super::order::Status;
use super::profile::{Bin, By, CELL_MIN, Group, Held, ITEMS_MAX, Items, LENGTH_MAX, Lengths, Marketplace};
use super::{Profile, ProfileError, enclosing, has_length};

/// What is counted of orders, one after another.
pub struct Tally {
    /// The one that comes with the program: what a home calls its own fields leaves it with nobody.
    catalogue: Catalogue,
    groups: BTreeMap<(Option<Status>, Option<By>), Counted>,
    marketplaces: BTreeMap<String, u64>,
    /// How many values of each field have a length of each bin.
    lengths: BTreeMap<String, BTreeMap<(u64, u64), u64>>,
}

/// What is counted of one group.
#[derive(Default)]
struct Counted {
    orders: u64,
    items: BTreeMap<u64, u64>,
    /// Elements of each list; of the order itself under an empty path.
    elements: BTreeMap<String, u64>,
    held: BTreeMap<String, u64>,
}

impl Tally {
    /// Nothing yet.
    ///
    /// # Errors
    /// A mistake in the program, which its tests find.
    pub fn new() -> Result<Self, CatalogueError> {
        Ok(Self {
            catalogue: Catalogue::embedded()?,
            groups: BTreeMap::new(),
            marketplaces: BTreeMap::new(),
            lengths: BTreeMap::new(),
        })
    }

    /// Counts an order, under the names of Orders 2026-01-01.
    pub fn add(&mut self, order: &Json) {
        let text = |path| order.at(path).and_then(Json::as_str);
        let status = text("fulfillment.fulfillmentStatus").and_then(Status::named);
        let by = match text("fulfillment.fulfilledBy") {
            Some("AMAZON") => Some(By::Amazon),
            Some("MERCHANT") => Some(By::Merchant),
            _ => None,
        };
        if let Some(id) = text("salesChannel.marketplaceId").filter(|id| self.catalogue.knows_marketplace(id))
        {
            *self.marketplaces.entry(id.to_owned()).or_default() += 1;
        }
        let group = self.groups.entry((status, by)).or_default();
        group.orders += 1;
        *group.elements.entry(String::new()).or_default() += 1;
        let items = order.at("orderItems").map(Json::elements).unwrap_or_default().len();
        let items = u64::try_from(items).unwrap_or(ITEMS_MAX).clamp(1, ITEMS_MAX);
        *group.items.entry(items).or_default() += 1;
        let root = self.catalogue.root(Kind::Order);
        Walk { group, lengths: &mut self.lengths }.members(order, root, "");
    }

    /// The shape of what was counted.
    ///
    /// # Errors
    /// [`ProfileError::TooFew`].
    pub fn finish(self) -> Result<Profile, ProfileError> {
        let orders = self.groups.values().map(|group| group.orders).sum();
        if orders < CELL_MIN {
            return Err(ProfileError::TooFew);
        }
        let marketplaces = with_most(self.marketplaces).into_iter();
        let marketplaces = marketplaces.map(|(id, orders)| Marketplace { id, orders }).collect();
        let lengths = self.lengths.into_iter().filter_map(|(path, counts)| {
            let bins = nearest(counts, |first, last| (first.0, last.1))?;
            let bins = bins.into_iter().map(|((from, to), values)| Bin { from, to, values }).collect();
            Some(Lengths { path, bins })
        });
        let groups = large_groups(self.groups).into_iter().map(|((status, fulfilled_by), counted)| {
            let Counted { orders, items, elements, held } = counted;
            let items = nearest(items, |first, _| first).unwrap_or_default();
            let items = items.into_iter().map(|(items, orders)| Items { items, orders }).collect();
            let of = |path: &str| elements.get(enclosing(path)).copied().unwrap_or(0);
            let fields = held.into_iter().filter_map(|(path, held)| share(held, of(&path), path)).collect();
            Group { status, fulfilled_by, orders, items, fields }
        });
        Ok(Profile::new(orders, marketplaces, groups.collect(), lengths.collect()))
    }
}

/// A walk through one order.
struct Walk<'t> {
    group: &'t mut Counted,
    lengths: &'t mut BTreeMap<String, BTreeMap<(u64, u64), u64>>,
}

impl Walk<'_> {
    fn members(&mut self, json: &Json, node: Node<'_>, at: &str) {
        for (key, value) in json.members() {
            // What the catalogue does not name has a key that may be a value.
            let Some(child) = node.member(key) else { continue };
            let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            self.value(value, child, path);
        }
    }

    fn value(&mut self, json: &Json, node: Node<'_>, path: String) {
        if json.is_blank() {
            return;
        }
        if let Some(field) = node.field() {
            if let Some(text) = json.as_str().filter(|_| has_length(field)) {
                let bin = bin(u64::try_from(text.chars().count()).unwrap_or(LENGTH_MAX));
                *self.lengths.entry(path.clone()).or_default().entry(bin).or_default() += 1;
            }
            *self.group.held.entry(path).or_default() += 1;
            return;
        }
        let Some(element) = node.element() else { return self.members(json, node, &path) };
        let list = format!("{path}[]");
        let elements = json.elements();
        if elements.is_empty() {
            return;
        }
        *self.group.held.entry(list.clone()).or_default() += 1;
        // A list of single values is held or not, and no more is told of it.
        if element.field().is_none() {
            let count = u64::try_from(elements.len()).unwrap_or(u64::MAX);
            *self.group.elements.entry(list.clone()).or_default() += count;
            elements.iter().for_each(|one| self.members(one, element, &list));
        }
    }
}

/// The bin of a length: the longer, the wider.
fn bin(length: u64) -> (u64, u64) {
    let length = length.clamp(1, LENGTH_MAX - 1);
    let width = match length {
        ..32 => 4,
        32..64 => 8,
        64..128 => 16,
        128..256 => 32,
        256..512 => 64,
        _ => 128,
    };
    let from = length / width * width;
    (from.max(1), from + width - 1)
}

/// How often a field is held, as it may be told: what few hold is held by nobody, and what few lack by all.
fn share(held: u64, of: u64, path: String) -> Option<Held> {
    if held < CELL_MIN || of < held {
        return None;
    }
    let held = if of - held < CELL_MIN { of } else { held };
    Some(Held { path, held, of })
}

/// The cells that are large enough; what is in the others is added to the largest.
fn with_most<K: Ord>(cells: BTreeMap<K, u64>) -> Vec<(K, u64)> {
    let (mut large, small): (Vec<_>, Vec<_>) = cells.into_iter().partition(|(_, count)| *count >= CELL_MIN);
    if let Some((_, most)) = large.iter_mut().max_by_key(|(_, count)| *count) {
        *most += small.iter().map(|(_, count)| count).sum::<u64>();
    }
    large
}

/// The cells of a histogram that are large enough; what is in another is added to the nearest of them. With none large enough all
/// are one, as `join` makes it of the first and the last; nothing, where that is too small as well.
fn nearest<K: Ord + Copy>(cells: BTreeMap<K, u64>, join: impl Fn(K, K) -> K) -> Option<Vec<(K, u64)>> {
    let cells: Vec<(K, u64)> = cells.into_iter().collect();
    let is_large = |(_, count): &&(K, u64)| *count >= CELL_MIN;
    let total: u64 = cells.iter().map(|(_, count)| count).sum();
    let mut large: Vec<(usize, K, u64)> = (0..)
        .zip(&cells)
        .filter(|(_, cell)| is_large(cell))
        .map(|(place, (key, count))| (place, *key, *count))
        .collect();
    if large.is_empty() {
        let (first, last) = (cells.first()?, cells.last()?);
        return (total >= CELL_MIN).then(|| vec![(join(first.0, last.0), total)]);
    }
    for (place, (_, count)) in (0_usize..).zip(&cells).filter(|(_, (_, count))| *count < CELL_MIN) {
        if let Some((.., to)) = large.iter_mut().min_by_key(|(other, ..)| other.abs_diff(place)) {
            *to += count;
        }
    }
    Some(large.into_iter().map(|(_, key, count)| (key, count)).collect())
}

type GroupKey = (Option<Status>, Option<By>);

/// The groups that are large enough; the others are counted with the largest.
fn large_groups(groups: BTreeMap<GroupKey, Counted>) -> Vec<(GroupKey, Counted)> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    // Stable: of two as large the one that comes first.
    groups.sort_by_key(|(_, counted)| std::cmp::Reverse(counted.orders));
    let mut groups = groups.into_iter();
    let Some(mut largest) = groups.next() else { return Vec::new() };
    let (large, small): (Vec<_>, Vec<_>) = groups.partition(|(_, counted)| counted.orders >= CELL_MIN);
    small.into_iter().for_each(|(_, counted)| largest.1.add(counted));
    [largest].into_iter().chain(large).collect()
}

impl Counted {
    fn add(&mut self, other: Self) {
        self.orders += other.orders;
        other.items.into_iter().for_each(|(items, count)| *self.items.entry(items).or_default() += count);
        other.elements.into_iter().for_each(|(list, count)| *self.elements.entry(list).or_default() += count);
        other.held.into_iter().for_each(|(path, count)| *self.held.entry(path).or_default() += count);
    }
}
