//! Takes the personal leaves out of a document, and puts something back in their places.

use bailee_core::catalogue::{Catalogue, Field, Node};
use bailee_core::{Json, Kind};

use super::path::Trail;
use super::{Leaf, Marker};

/// A document whose personal leaves have been taken out.
pub(crate) struct Marked {
    /// The document with markers (indexes into `leaves`) in their places. Parts of it that the catalogue does not
    /// name are still in it, with markers for their leaves.
    pub(crate) document: Json,
    /// The leaves, in the order of the document.
    pub(crate) leaves: Vec<Leaf>,
    /// Paths that the catalogue does not name and at which the document says that there is nothing.
    pub(crate) blank: Vec<String>,
    /// Whether the catalogue names all of it, and every fact has its form.
    pub(crate) is_named: bool,
}

/// Takes every personal leaf that says something out of a document. Null, empty strings and empty lists stay: that a
/// source shows nothing is a fact.
pub(crate) fn mark(mut document: Json, catalogue: &Catalogue, kind: Kind) -> Marked {
    let mut marking = Marking { leaves: Vec::new(), blank: Vec::new(), is_named: true };
    marking.known(&mut document, catalogue.root(kind), &Trail::TOP);
    let Marking { leaves, blank, is_named } = marking;
    Marked { document, leaves, blank, is_named }
}

struct Marking {
    leaves: Vec<Leaf>,
    blank: Vec<String>,
    is_named: bool,
}

impl Marking {
    fn known(&mut self, json: &mut Json, node: Node<'_>, trail: &Trail<'_>) {
        match json {
            Json::Object(members) if !members.is_empty() => {
                for (key, value) in members {
                    let below = trail.member(key);
                    match node.member(key) {
                        Some(child) => self.known(value, child, &below),
                        None => self.unknown(value, &below),
                    }
                }
            }
            Json::Array(elements) if !elements.is_empty() => {
                for (index, element) in elements.iter_mut().enumerate() {
                    // Owned, since the element is about to be taken apart.
                    let id = element_id(element, node).map(str::to_owned);
                    let below = trail.element(id.as_deref(), index);
                    match node.element() {
                        Some(child) => self.known(element, child, &below),
                        None => self.unknown(element, &below),
                    }
                }
            }
            leaf if leaf.is_blank() => {}
            leaf => match node.field() {
                Some(field) if field.is_personal() => self.take(leaf, None),
                Some(field) if field.has_form(leaf) => {}
                // No such place, or nothing that a fact of its kind can be: unknown either way.
                _ => {
                    self.is_named = false;
                    self.take(leaf, Some(trail.path().into()));
                }
            },
        }
    }

    /// Unknown is personal (0.a): every leaf below a place that the catalogue does not name.
    fn unknown(&mut self, json: &mut Json, trail: &Trail<'_>) {
        self.is_named = false;
        match json {
            Json::Object(members) if !members.is_empty() => {
                members.iter_mut().for_each(|(key, value)| self.unknown(value, &trail.member(key)));
            }
            Json::Array(elements) if !elements.is_empty() => {
                for (index, element) in elements.iter_mut().enumerate() {
                    self.unknown(element, &trail.element(None, index));
                }
            }
            leaf if leaf.is_blank() => self.blank.push(trail.path().into()),
            leaf => self.take(leaf, Some(trail.path().into())),
        }
    }

    fn take(&mut self, leaf: &mut Json, unclassified_path: Option<String>) {
        let marker = Marker(self.leaves.len() as u64);
        let value = std::mem::replace(leaf, marker.into_json());
        self.leaves.push(Leaf { unclassified_path, instance: None, value: Some(value) });
    }
}

/// Replaces every marker by what `put` makes of it.
pub(crate) fn fill(json: &mut Json, put: &mut dyn FnMut(Marker) -> Json) {
    if let Some(marker) = Marker::of(json) {
        *json = put(marker);
        return;
    }
    match json {
        Json::Object(members) => members.iter_mut().for_each(|(_, value)| fill(value, put)),
        Json::Array(elements) => elements.iter_mut().for_each(|element| fill(element, put)),
        _ => {}
    }
}

/// Takes out of a document what the catalogue does not name: its keys may be personal themselves, so they are no facts.
/// What had not the form of a fact leaves nothing in its place.
pub(crate) fn drop_unknown(json: &mut Json, node: Node<'_>) {
    if Marker::of(json).is_some() {
        if !node.field().is_some_and(Field::is_personal) {
            *json = Json::Null;
        }
        return;
    }
    match json {
        Json::Array(elements) => match node.element() {
            Some(child) => elements.iter_mut().for_each(|element| drop_unknown(element, child)),
            None => elements.clear(),
        },
        Json::Object(members) => members.retain_mut(|(key, value)| {
            let child = node.member(key);
            child.into_iter().for_each(|child| drop_unknown(value, child));
            child.is_some()
        }),
        _ => {}
    }
}

/// A copy of a marked document. It holds no personal value, but can hold keys that are.
pub(crate) fn copy(json: &Json) -> Json {
    match json {
        Json::Null => Json::Null,
        Json::Bool(value) => Json::Bool(*value),
        Json::Integer(number) => Json::Integer(*number),
        Json::Float(number) => Json::Float(*number),
        Json::String(text) => Json::String(text.clone()),
        Json::Array(elements) => Json::Array(elements.iter().map(copy).collect()),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), copy(value))).collect())
        }
    }
}

/// Where a walk over a skeleton met a marker.
pub(crate) struct Met<'a, 'p> {
    pub(crate) marker: Marker,
    pub(crate) node: Node<'a>,
    pub(crate) trail: Trail<'p>,
}

/// Walks the markers of a skeleton in the order of the document. Those of what the catalogue does not name, or of what has
/// not the form of its fact, are passed over.
pub(crate) fn walk<'a>(json: &Json, root: Node<'a>, each: &mut dyn FnMut(Met<'a, '_>)) {
    walk_from(json, root, Trail::TOP, each);
}

fn walk_from<'a>(json: &Json, node: Node<'a>, trail: Trail<'_>, each: &mut dyn FnMut(Met<'a, '_>)) {
    if let Some(marker) = Marker::of(json) {
        if node.field().is_some_and(Field::is_personal) {
            each(Met { marker, node, trail });
        }
        return;
    }
    for (key, value) in json.members() {
        // Facts need no looking up: no marker is below them.
        if !may_hold_marker(value) {
            continue;
        }
        if let Some(child) = node.member(key) {
            walk_from(value, child, trail.member(key), each);
        }
    }
    let Some(child) = node.element() else { return };
    for (index, element) in json.elements().iter().enumerate() {
        walk_from(element, child, trail.element(element_id(element, node), index), each);
    }
}

fn may_hold_marker(json: &Json) -> bool {
    matches!(json, Json::Object(_) | Json::Array(_)) || Marker::of(json).is_some()
}

/// What names an element, where its list has ids.
pub(super) fn element_id<'j>(element: &'j Json, list: Node<'_>) -> Option<&'j str> {
    list.list_key().and_then(|key| element.member(key)).and_then(Json::as_str)
}
