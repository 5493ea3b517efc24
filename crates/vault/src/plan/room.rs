//! How much one record holds at most, whatever arrives for it, in however many documents.
//!
//! A document that would make a record too large is refused as a whole: it goes into quarantine, and the record stays
//! as it was. Dropping part of what is known instead would lose it without a word.

use std::collections::HashSet;

use bailee_core::Json;
use bailee_intake::verify;

use super::draft::{Draft, shifted};
use super::{Incoming, Planning};
use crate::Vault;
use crate::document::{Leaf, Marker, copy, merge};
use crate::part::LEAVES_MAX;

/// Most values of a record, facts and personal ones: as many as one document may have.
pub(crate) const VALUES_MAX: usize = verify::VALUES_MAX;

/// Most bytes of a record's values and of the names of their places: twice the longest document, and half of what is
/// sealed as one.
pub(crate) const BYTES_MAX: usize = 8 * 1024 * 1024;

/// How much a record holds, or a bound of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    values: usize,
    bytes: usize,
    /// Personal values that are still there.
    personal: usize,
}

impl Weight {
    /// Of a document whose markers are indexes into leaves, and of the leaves that the catalogue does not name.
    pub(super) fn of(document: &Json, leaves: &[Leaf]) -> Self {
        let mut weight = Self::default();
        weight.add_tree(document, leaves);
        leaves.iter().for_each(|leaf| weight.add_unclassified(leaf));
        weight
    }

    fn add_tree(&mut self, json: &Json, leaves: &[Leaf]) {
        if let Some(marker) = Marker::of(json) {
            // Those that the catalogue does not name are counted by their paths.
            let named = leaves.get(marker.0 as usize).filter(|leaf| leaf.unclassified_path.is_none());
            return named.into_iter().for_each(|leaf| self.add_leaf(leaf));
        }
        match json {
            Json::Object(members) => {
                for (name, value) in members {
                    self.bytes += name.len();
                    self.add_tree(value, leaves);
                }
            }
            Json::Array(elements) => elements.iter().for_each(|element| self.add_tree(element, leaves)),
            value => self.add_value(value),
        }
        // An object or list that holds nothing takes its place all the same.
        self.values +=
            usize::from(json.members().is_empty() && json.elements().is_empty() && !json.is_leaf());
    }

    fn add_value(&mut self, value: &Json) {
        self.values += 1;
        self.bytes += value.as_str().map_or(size_of::<u64>(), str::len);
    }

    fn add_leaf(&mut self, leaf: &Leaf) {
        match &leaf.value {
            Some(value) => {
                self.personal += 1;
                self.add_value(value);
            }
            // It is gone, and its place is known.
            None => self.values += 1,
        }
    }

    fn add_unclassified(&mut self, leaf: &Leaf) {
        if let (Some(path), Some(_)) = (&leaf.unclassified_path, &leaf.value) {
            self.bytes += path.len();
            self.add_leaf(leaf);
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_add(other.values),
            bytes: self.bytes.saturating_add(other.bytes),
            personal: self.personal.saturating_add(other.personal),
        }
    }

    /// Whether a record may weigh this that weighed `before`. One that is too large already, since another version
    /// took it in, may change and not grow.
    fn fits(self, before: Self) -> bool {
        self.values <= before.values.max(VALUES_MAX)
            && self.bytes <= before.bytes.max(BYTES_MAX)
            && self.personal <= LEAVES_MAX
    }
}

impl Draft {
    /// Whether the record has room for what a document adds to it.
    pub(super) fn has_room_for(
        &mut self,
        vault: &Vault,
        planning: Planning<'_>,
        document: &Incoming,
    ) -> bool {
        let held = self.weight;
        // Counts twice what both show: so it is a bound, which most documents stay below.
        let bound = held.and(Weight::of(&document.marked.document, &document.marked.leaves));
        self.weight = if bound.fits(held) { bound } else { self.weight_with(vault, planning, document) };
        let fits = self.weight.fits(held);
        if !fits {
            self.weight = held;
        }
        fits
    }

    /// What the record would weigh with a document, exactly: it is merged with copies, and the record stays as it is.
    fn weight_with(&mut self, vault: &Vault, planning: Planning<'_>, document: &Incoming) -> Weight {
        let offset = self.leaves.len();
        let known: HashSet<&str> = unclassified(&self.leaves).collect();
        let new = |leaf: &&Leaf| leaf.unclassified_path.as_deref().is_none_or(|path| !known.contains(path));
        let mut more = Weight::default();
        document.marked.leaves.iter().filter(new).for_each(|leaf| more.add_unclassified(leaf));
        self.leaves.iter().for_each(|leaf| more.add_unclassified(leaf));

        let copied = document.marked.leaves.iter().map(|leaf| Leaf {
            unclassified_path: leaf.unclassified_path.clone(),
            instance: leaf.instance,
            value: leaf.value.as_ref().map(copy),
        });
        self.leaves.extend(copied);
        let incoming = shifted(copy(&document.marked.document), offset);
        let (mut shown, catalogue) = (self.about.shown.clone(), vault.catalogue());
        let root = catalogue.root(planning.kind);
        let merged =
            merge(copy(&self.tree), incoming, &mut shown, document.spoken_at(), root, &mut self.leaves);
        more.add_tree(&merged, &self.leaves);
        self.leaves.truncate(offset);
        more
    }
}

fn unclassified(leaves: &[Leaf]) -> impl Iterator<Item = &str> {
    let held = leaves.iter().filter(|leaf| leaf.value.is_some());
    held.filter_map(|leaf| leaf.unclassified_path.as_deref())
}
