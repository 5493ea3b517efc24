//! Brings what is held of a record in line with the catalogue as it is now.
//!
//! A catalogue changes: an officer classifies a path, a new version of the program knows more, a home becomes stricter.
//! What was sealed under an older one follows: a leaf that nobody named goes to its place in the skeleton, keeps its
//! instance (so tokens go on to stand for it) and is cleaned; a fact that has become personal is taken out; and what
//! the catalogue names no more goes back to those that it does not name. Nothing is lost on the way: what does not fit
//! its place stays where it is.

use bailee_core::Json;
use bailee_core::catalogue::{Field, Node};
use bailee_core::path::{self, Step};
use bailee_intake::verify::clean_held;

use super::mark::element_id;
use super::path::Trail;
use super::{Leaf, Marker};
use crate::part::LEAVES_MAX;

/// The member of an address that says how its phone number is to be read.
const COUNTRY_CODE: &str = "countryCode";

/// Brings a record in line; whether anything of it changed. Markers are indexes into `leaves`; a leaf that is new has
/// no instance yet.
pub(crate) fn align(tree: &mut Json, leaves: &mut Vec<Leaf>, root: Node<'_>) -> bool {
    let mut aligning = Aligning { leaves, changed: false };
    aligning.known(tree, root, &Trail::TOP);
    aligning.place_all(tree, root);
    aligning.changed
}

struct Aligning<'a> {
    leaves: &'a mut Vec<Leaf>,
    changed: bool,
}

impl Aligning<'_> {
    /// Goes through what the catalogue names, as far as it still does.
    fn known(&mut self, json: &mut Json, node: Node<'_>, trail: &Trail<'_>) {
        if let Some(marker) = Marker::of(json) {
            self.marker(json, marker, node, trail);
            return;
        }
        match json {
            Json::Object(members) => members.retain_mut(|(key, value)| {
                let below = trail.member(key);
                match node.member(key) {
                    Some(child) => {
                        self.known(value, child, &below);
                        true
                    }
                    None => self.unknown(value, &below),
                }
            }),
            Json::Array(elements) => {
                let mut stays = node.element().is_some();
                for (index, element) in elements.iter_mut().enumerate() {
                    let id = element_id(element, node).map(str::to_owned);
                    let below = trail.element(id.as_deref(), index);
                    match node.element() {
                        Some(child) => self.known(element, child, &below),
                        None => stays |= self.unknown(element, &below),
                    }
                }
                if !stays {
                    elements.clear();
                }
            }
            leaf if leaf.is_blank() => {}
            leaf => match node.field() {
                Some(field) if field.is_personal() => self.take(leaf, None),
                Some(field) if field.has_form(leaf) => {}
                Some(_) => {
                    self.take(leaf, Some(trail.path().into()));
                    *leaf = Json::Null;
                }
                None => self.take(leaf, Some(trail.path().into())),
            },
        }
    }

    /// A personal leaf that is held at a place that may be one no more.
    fn marker(&mut self, json: &mut Json, marker: Marker, node: Node<'_>, trail: &Trail<'_>) {
        let Some(leaf) = self.leaves.get_mut(marker.0 as usize) else { return };
        // Without its value it could only be forgotten: then it stays as it is.
        let Some(value) = &leaf.value else { return };
        match node.field() {
            Some(field) if field.is_personal() => return,
            Some(field) if field.has_form(value) => *json = leaf.value.take().unwrap_or(Json::Null),
            _ => {
                leaf.unclassified_path = Some(trail.path().into());
                *json = Json::Null;
            }
        }
        self.changed = true;
    }

    /// What the catalogue names no more, with all below it. Whether anything of it has to stay: a leaf that cannot be
    /// opened now.
    fn unknown(&mut self, json: &mut Json, trail: &Trail<'_>) -> bool {
        if let Some(marker) = Marker::of(json) {
            let held = self.leaves.get_mut(marker.0 as usize).filter(|leaf| leaf.value.is_some());
            let Some(leaf) = held else { return true };
            leaf.unclassified_path = Some(trail.path().into());
            self.changed = true;
            return false;
        }
        match json {
            Json::Object(members) => {
                members.retain_mut(|(key, value)| self.unknown(value, &trail.member(key)));
                !members.is_empty()
            }
            Json::Array(elements) => {
                let mut stays = false;
                for (index, element) in elements.iter_mut().enumerate() {
                    stays |= self.unknown(element, &trail.element(None, index));
                }
                stays
            }
            leaf if leaf.is_blank() => false,
            leaf => {
                self.take(leaf, Some(trail.path().into()));
                false
            }
        }
    }

    fn take(&mut self, leaf: &mut Json, unclassified_path: Option<String>) {
        let marker = Marker(self.leaves.len() as u64);
        let value = std::mem::replace(leaf, marker.into_json());
        self.leaves.push(Leaf { unclassified_path, instance: None, value: Some(value) });
        self.changed = true;
    }

    /// Puts every leaf whose path the catalogue names by now at its place.
    fn place_all(&mut self, tree: &mut Json, root: Node<'_>) {
        for (index, leaf) in self.leaves.iter_mut().enumerate() {
            let Some(path) = leaf.unclassified_path.as_deref().filter(|_| leaf.value.is_some()) else {
                continue;
            };
            let steps: Vec<Step<'_>> = path::steps(path).collect();
            let Some(field) = descend(root, &steps).and_then(Node::field) else { continue };
            // A place is grown for what it can take, cleaned; that does not hang on the country for any fact.
            if let Some(value) = leaf.value.as_mut().filter(|_| !field.is_personal()) {
                clean_held(value, field.cleaner, None);
            }
            if !leaf.value.as_ref().is_some_and(|value| field.has_form(value)) {
                continue;
            }
            let Some((place, country)) = grow(tree, root, &steps) else { continue };
            if let Some(value) = &mut leaf.value {
                clean_held(value, field.cleaner, country.as_deref());
            }
            *place = match field.is_personal() {
                true => Marker(index as u64).into_json(),
                false => leaf.value.take().unwrap_or(Json::Null),
            };
            leaf.unclassified_path = None;
            self.changed = true;
        }
    }
}

/// Whether a stored skeleton holds nothing but what the catalogue says of its places. Opens nothing.
pub(crate) fn is_in_line(json: &Json, node: Node<'_>) -> bool {
    if Marker::of(json).is_some() {
        return node.field().is_some_and(Field::is_personal);
    }
    match json {
        Json::Object(members) if !members.is_empty() => {
            members.iter().all(|(key, value)| node.member(key).is_some_and(|child| is_in_line(value, child)))
        }
        Json::Array(elements) if !elements.is_empty() => {
            node.element().is_some_and(|child| elements.iter().all(|element| is_in_line(element, child)))
        }
        leaf if leaf.is_blank() => true,
        leaf => node.field().is_some_and(|field| !field.is_personal() && field.has_form(leaf)),
    }
}

/// Whether a document shows something else where a path leads, so that what was there is there no more: a fact that has
/// its form, or the whole of a list without ids on the way.
pub(crate) fn shows_instead(document: &Json, root: Node<'_>, path: &str) -> bool {
    let (mut json, mut node) = (document, Some(root));
    for step in path::steps(path) {
        let below = match &step {
            Step::Member(name) => json.member(name),
            Step::Element(id) => match node.and_then(Node::list_key) {
                None => return !json.elements().is_empty(),
                Some(key) => json.elements().iter().find(|element| {
                    element.member(key).and_then(Json::as_str).is_some_and(|held| held == id)
                }),
            },
        };
        let Some(below) = below else { return false };
        json = below;
        node = node.and_then(|node| child(node, &step));
    }
    node.is_some_and(|node| node.field().is_some()) && !json.is_blank()
}

/// The country of the address around the place of a path, where the document has that place.
pub(crate) fn country_around(document: &Json, root: Node<'_>, path: &str) -> Option<String> {
    let (mut json, mut node, mut country) = (document, root, None);
    for step in path::steps(path) {
        country = json.member(COUNTRY_CODE).and_then(Json::as_str).or(country);
        let below = match &step {
            Step::Member(name) => json.member(name),
            Step::Element(id) => match node.list_key() {
                Some(_) => json.elements().iter().find(|element| element_id(element, node) == Some(id)),
                None => id.parse::<usize>().ok().and_then(|index| json.elements().get(index)),
            },
        };
        let (Some(below), Some(child)) = (below, child(node, &step)) else { break };
        (json, node) = (below, child);
    }
    country.map(str::to_owned)
}

fn child<'a>(node: Node<'a>, step: &Step<'_>) -> Option<Node<'a>> {
    match step {
        Step::Member(name) => node.member(name),
        Step::Element(_) => node.element(),
    }
}

fn descend<'a>(root: Node<'a>, steps: &[Step<'_>]) -> Option<Node<'a>> {
    steps.iter().try_fold(root, child)
}

/// The place of a path in a tree, made where it is missing, and the country of the address around it; nothing when
/// something else stands there or on the way.
fn grow<'t>(
    tree: &'t mut Json,
    root: Node<'_>,
    steps: &[Step<'_>],
) -> Option<(&'t mut Json, Option<String>)> {
    if !is_free(tree, root, steps) {
        return None;
    }
    let (mut at, mut node, mut country) = (tree, root, None);
    for step in steps {
        let own = at.member(COUNTRY_CODE).and_then(Json::as_str).map(str::to_owned);
        country = own.or(country);
        at = match step {
            Step::Member(name) => member_of(at, name)?,
            Step::Element(id) => element_of(at, node.list_key(), id)?,
        };
        node = child(node, step)?;
    }
    Some((at, country))
}

/// Whether a path can be grown. Asked first, so that nothing is made on a way that leads nowhere.
fn is_free(tree: &Json, root: Node<'_>, steps: &[Step<'_>]) -> bool {
    let (mut at, mut node) = (tree, root);
    let fits = steps.iter().try_fold(root, |node, step| match step {
        Step::Element(at) if node.list_key().is_none() => {
            at.parse::<usize>().ok().filter(|at| *at < LEAVES_MAX).and_then(|_| node.element())
        }
        step => child(node, step),
    });
    if fits.is_none() {
        return false;
    }
    for step in steps {
        let below = match (step, at) {
            (Step::Member(name), Json::Object(_)) => at.member(name),
            (Step::Element(id), Json::Array(elements)) => match node.list_key() {
                Some(_) => match elements.iter().find(|element| element_id(element, node) == Some(id)) {
                    Some(element) => Some(element),
                    None => return false,
                },
                None => id.parse::<usize>().ok().and_then(|index| elements.get(index)),
            },
            // A list whose elements have ids has none of that id.
            (Step::Element(_), _) if node.list_key().is_some() => return false,
            (_, blank) => return Marker::of(blank).is_none() && blank.is_blank(),
        };
        let (Some(below), Some(child)) = (below, child(node, step)) else { return true };
        (at, node) = (below, child);
    }
    Marker::of(at).is_none() && at.is_blank()
}

fn member_of<'t>(json: &'t mut Json, name: &str) -> Option<&'t mut Json> {
    if !matches!(json, Json::Object(_)) {
        *json = Json::Object(Vec::new());
    }
    let Json::Object(members) = json else { return None };
    let index = members.iter().position(|(key, _)| key == name).unwrap_or_else(|| {
        members.push((name.to_owned(), Json::Null));
        members.len() - 1
    });
    members.get_mut(index).map(|(_, value)| value)
}

fn element_of<'t>(json: &'t mut Json, key: Option<&str>, id: &str) -> Option<&'t mut Json> {
    if !matches!(json, Json::Array(_)) {
        *json = Json::Array(Vec::new());
    }
    let Json::Array(elements) = json else { return None };
    let index = match key {
        Some(key) => elements
            .iter()
            .position(|element| element.member(key).and_then(Json::as_str).is_some_and(|held| held == id))?,
        None => id.parse().ok()?,
    };
    while elements.len() <= index {
        elements.push(Json::Null);
    }
    elements.get_mut(index)
}
