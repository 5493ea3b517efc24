//! Merges what is held of a record with a further document of it.
//!
//! Documents can be partial and can arrive in any order. The newer one (by source time) wins where both speak; what
//! only one shows is kept; a null or an empty string is the source saying that there is nothing. Since a newer document
//! can leave out what an older one shows, every place has its own time ([`Shown`]): whatever the order of arrival, the
//! newest that spoke of a place has the word. Two things are wholes: a list whose elements have no ids, and a unit such
//! as an address, since half of an old address with half of a new one is a parcel sent to nobody. A leaf that was there
//! before keeps its instance, so tokens go on to stand for it.

use std::collections::HashMap;

use bailee_core::catalogue::Node;
use bailee_core::{Json, Timestamp};

use super::{Leaf, Marker, Shown};

/// Merges `incoming`, a document of the time `at`, into `existing`, whose places were shown at the times of `shown`.
/// Both hold markers into `leaves`.
pub(crate) fn merge(
    existing: Json,
    incoming: Json,
    shown: &mut Shown,
    at: Timestamp,
    root: Node<'_>,
    leaves: &mut [Leaf],
) -> Json {
    Merge { at, leaves }.values(existing, incoming, shown, root)
}

/// Takes out of a document what it says of places that are fixed in what is held: those of some leaves, each with the whole that it
/// is part of. What is left out of a document is kept. The leaves that go are given the instances of those that stay.
pub(crate) fn leave_out(
    held: &Json,
    incoming: &mut Json,
    root: Node<'_>,
    is_fixed: &dyn Fn(Marker) -> bool,
    leaves: &mut [Leaf],
) {
    // At the top there is always something that is not fixed: the reference.
    let _ = Merge { at: Timestamp::UNIX_EPOCH, leaves }.fixed(held, incoming, root, is_fixed);
}

struct Merge<'a> {
    /// The time of the incoming document.
    at: Timestamp,
    leaves: &'a mut [Leaf],
}

/// Elements of a list with ids, but without one, are shown as one.
const NAMELESS: &str = "";

impl Merge<'_> {
    fn values(&mut self, mut old: Json, mut new: Json, shown: &mut Shown, node: Node<'_>) -> Json {
        match (&mut old, &mut new) {
            (Json::Object(old_members), Json::Object(new_members)) => {
                let (old_members, new_members) = (std::mem::take(old_members), std::mem::take(new_members));
                if node.is_unit() && self.disagree(&old_members, &new_members) {
                    return self.replace(Json::Object(old_members), Json::Object(new_members), shown);
                }
                Json::Object(self.members(old_members, new_members, shown, node))
            }
            (Json::Array(old_elements), Json::Array(new_elements)) => {
                let (old_elements, new_elements) =
                    (std::mem::take(old_elements), std::mem::take(new_elements));
                Json::Array(match node.list_key() {
                    Some(key) => self.keyed(old_elements, new_elements, key, shown, node),
                    None => self.whole_list(old_elements, new_elements, shown),
                })
            }
            _ => self.leaf(old, new, shown),
        }
    }

    fn members(
        &mut self,
        old: Vec<(String, Json)>,
        new: Vec<(String, Json)>,
        shown: &mut Shown,
        node: Node<'_>,
    ) -> Vec<(String, Json)> {
        let places: HashMap<String, usize> =
            new.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
        let mut new: Vec<_> = new.into_iter().map(Some).collect();
        let mut merged: Vec<(String, Json)> = Vec::with_capacity(old.len().max(new.len()));
        let mut below = shown.renew(self.at);
        for (key, value) in old {
            let twin = places.get(&key).and_then(|place| new.get_mut(*place)).and_then(Option::take);
            let mut then = below.of(&key);
            let value = match (twin, node.member(&key)) {
                (Some((_, newer)), Some(child)) => self.values(value, newer, &mut then, child),
                (Some((_, newer)), None) => self.leaf(value, newer, &mut then),
                (None, _) => value,
            };
            // The keys that the catalogue does not name may be personal.
            if node.member(&key).is_some() {
                shown.note(&key, then);
            }
            merged.push((key, value));
        }
        for (key, value) in new.into_iter().flatten() {
            if node.member(&key).is_some() {
                shown.note(&key, Shown::at(self.at));
            }
            merged.push((key, value));
        }
        merged
    }

    /// Elements are told apart by their ids. Those without one are a whole, as a list without ids is.
    fn keyed(
        &mut self,
        old: Vec<Json>,
        new: Vec<Json>,
        key: &str,
        shown: &mut Shown,
        node: Node<'_>,
    ) -> Vec<Json> {
        let id = |element: &Json| element.member(key).and_then(Json::as_str).map(str::to_owned);
        let (old, old_nameless): (Vec<_>, Vec<_>) = old.into_iter().partition(|one| id(one).is_some());
        let (new, new_nameless): (Vec<_>, Vec<_>) = new.into_iter().partition(|one| id(one).is_some());
        let places: HashMap<String, usize> =
            new.iter().enumerate().filter_map(|(place, element)| Some((id(element)?, place))).collect();
        let mut new: Vec<_> = new.into_iter().map(Some).collect();
        let mut merged = Vec::with_capacity(old.len().max(new.len()));
        let mut below = shown.renew(self.at);
        for element in old {
            let name = id(&element).unwrap_or_default();
            let twin = places.get(&name).and_then(|place| new.get_mut(*place)).and_then(Option::take);
            let mut then = below.of(&name);
            merged.push(match (twin, node.element()) {
                (Some(newer), Some(child)) => self.values(element, newer, &mut then, child),
                (Some(newer), None) => self.leaf(element, newer, &mut then),
                (None, _) => element,
            });
            shown.note(&name, then);
        }
        for element in new.into_iter().flatten() {
            shown.note(&id(&element).unwrap_or_default(), Shown::at(self.at));
            merged.push(element);
        }
        let mut then = below.of(NAMELESS);
        merged.extend(match (old_nameless.is_empty(), new_nameless.is_empty()) {
            (true, true) => return merged,
            (false, true) => old_nameless,
            (true, false) => {
                then = Shown::at(self.at);
                new_nameless
            }
            (false, false) => self.whole_list(old_nameless, new_nameless, &mut then),
        });
        shown.note(NAMELESS, then);
        merged
    }

    /// A list without ids is replaced as a whole, and its leaves get new instances; unless nothing in it changed.
    fn whole_list(&mut self, old: Vec<Json>, new: Vec<Json>, shown: &mut Shown) -> Vec<Json> {
        let same = old.len() == new.len() && old.iter().zip(&new).all(|(one, other)| self.same(one, other));
        if same {
            old.iter().zip(&new).for_each(|(before, after)| self.inherit(before, after));
        }
        if !shown.gives_way(self.at) || same { old } else { new }
    }

    /// Replaces one whole by another; leaves at the same path keep their instance.
    fn replace(&mut self, old: Json, new: Json, shown: &mut Shown) -> Json {
        self.inherit(&old, &new);
        if shown.gives_way(self.at) { new } else { old }
    }

    /// Gives the leaves of `new` the instances of those at the same places of `old`. The ones that lose are given
    /// them too: the token that goes back for them stands for what is held.
    fn inherit(&mut self, old: &Json, new: &Json) {
        if let (Some(before), Some(after)) = (Marker::of(old), Marker::of(new)) {
            self.hand_over(before, after);
        }
        for (key, value) in new.members() {
            if let Some(before) = old.member(key) {
                self.inherit(before, value);
            }
        }
        old.elements().iter().zip(new.elements()).for_each(|(before, after)| self.inherit(before, after));
    }

    fn leaf(&mut self, old: Json, new: Json, shown: &mut Shown) -> Json {
        if let (Some(before), Some(after)) = (Marker::of(&old), Marker::of(&new)) {
            self.hand_over(before, after);
        }
        if shown.gives_way(self.at) { new } else { old }
    }

    /// Whether all that the document says of a place is to be left out.
    fn fixed(
        &mut self,
        held: &Json,
        incoming: &mut Json,
        node: Node<'_>,
        is_fixed: &dyn Fn(Marker) -> bool,
    ) -> bool {
        if !holds(held, is_fixed) {
            return false;
        }
        match incoming {
            Json::Object(members) if !node.is_unit() && matches!(held, Json::Object(_)) => {
                members.retain_mut(|(key, value)| match (held.member(key), node.member(key)) {
                    (Some(before), Some(child)) => !self.fixed(before, value, child, is_fixed),
                    _ => true,
                });
                false
            }
            Json::Array(elements) if matches!(held, Json::Array(_)) && node.list_key().is_some() => {
                let (key, child) = (node.list_key().unwrap_or_default(), node.element());
                let id = |element: &Json| element.member(key).and_then(Json::as_str).map(str::to_owned);
                elements.retain_mut(|element| {
                    let name = id(element);
                    let before = held.elements().iter().find(|before| name.is_some() && id(before) == name);
                    match (before, child) {
                        (Some(before), Some(child)) => !self.fixed(before, element, child, is_fixed),
                        _ => true,
                    }
                });
                false
            }
            _ => {
                self.inherit(held, incoming);
                true
            }
        }
    }

    fn hand_over(&mut self, before: Marker, after: Marker) {
        let instance = self.leaves.get(before.0 as usize).and_then(|leaf| leaf.instance);
        if let Some(leaf) = self.leaves.get_mut(after.0 as usize) {
            leaf.instance = leaf.instance.or(instance);
        }
    }

    /// Whether two wholes contradict each other in a member that both show with something in it.
    fn disagree(&self, old: &[(String, Json)], new: &[(String, Json)]) -> bool {
        new.iter().any(|(key, value)| {
            old.iter().find(|(name, _)| name == key).is_some_and(|(_, before)| match (before, value) {
                (Json::Object(before), Json::Object(value)) => self.disagree(before, value),
                (before, value) => !before.is_blank() && !value.is_blank() && !self.same(before, value),
            })
        })
    }

    fn same(&self, one: &Json, other: &Json) -> bool {
        match (Marker::of(one), Marker::of(other)) {
            (Some(one), Some(other)) => self.value(one).is_some() && self.value(one) == self.value(other),
            (None, None) => match (one, other) {
                (Json::Object(one), Json::Object(other)) => {
                    one.len() == other.len()
                        && one.iter().zip(other).all(|((k, v), (l, w))| k == l && self.same(v, w))
                }
                (Json::Array(one), Json::Array(other)) => {
                    one.len() == other.len() && one.iter().zip(other).all(|(v, w)| self.same(v, w))
                }
                _ => one == other,
            },
            _ => false,
        }
    }

    fn value(&self, marker: Marker) -> Option<&Json> {
        self.leaves.get(marker.0 as usize)?.value.as_ref()
    }
}

/// Whether a fixed leaf is at or below a place.
fn holds(json: &Json, is_fixed: &dyn Fn(Marker) -> bool) -> bool {
    match Marker::of(json) {
        Some(marker) => is_fixed(marker),
        None => {
            json.members().iter().any(|(_, value)| holds(value, is_fixed))
                || json.elements().iter().any(|element| holds(element, is_fixed))
        }
    }
}
