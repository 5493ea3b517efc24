//! What may be told of a quarantined document: the names in it that the catalogue knows, and masks. Never a value.
//!
//! A name that the catalogue does not know could itself be personal, and a value at the place of a fact could be
//! anything in a document that is wrong: the one is counted, the other not shown.

use std::collections::BTreeMap;

use bailee_core::catalogue::{Catalogue, Node};
use bailee_core::mask::mask;
use bailee_core::{Class, Json, Kind};
use serde::Serialize;

/// Most names that an outline lists.
const NAMES_MAX: usize = 256;

/// What is in a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outline {
    /// The known places at which it says something, by path.
    pub fields: Vec<Known>,
    /// How many of its values stand at places that the catalogue does not know.
    pub unknown: u64,
}

/// A place that the catalogue knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Known {
    /// Its path; elements of lists are not told apart.
    pub path: String,
    /// How it identifies somebody; a fact does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The first value's mask; nothing of a fact, or of a document whose structure cannot be told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mask: String,
    /// How often it is there.
    pub count: u64,
}

impl Outline {
    /// Outlines a document as far as it can be read.
    pub(super) fn of(bytes: &[u8], catalogue: &Catalogue, kind: Kind) -> Self {
        let mut known = BTreeMap::new();
        let mut unknown = 0;
        match serde_json::from_slice::<Json>(bytes) {
            Ok(json) => walk(&json, Some(catalogue.root(kind)), "", &mut known, &mut unknown),
            Err(_) => names(bytes, catalogue, kind, &mut known, &mut unknown),
        }
        Self { fields: known.into_values().take(NAMES_MAX).collect(), unknown }
    }
}

fn walk(
    json: &Json,
    node: Option<Node<'_>>,
    path: &str,
    known: &mut BTreeMap<String, Known>,
    unknown: &mut u64,
) {
    match json {
        Json::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let below = node.and_then(|node| node.member(key));
                let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(value, below, if below.is_some() { &name } else { "" }, known, unknown);
            }
        }
        Json::Array(elements) if !elements.is_empty() => {
            let below = node.and_then(Node::element);
            elements.iter().for_each(|element| walk(element, below, &format!("{path}[]"), known, unknown));
        }
        leaf if leaf.is_blank() => {}
        leaf => match node {
            Some(node) => note(node, path, leaf.as_str(), known),
            None => *unknown += 1,
        },
    }
}

fn note(node: Node<'_>, path: &str, value: Option<&str>, known: &mut BTreeMap<String, Known>) {
    let class = node.field().and_then(|field| field.class);
    let masked = match (node.field(), class, value) {
        (Some(field), Some(_), Some(value)) => mask(field.mask, value),
        _ => String::new(),
    };
    let fresh = Known { path: path.to_owned(), class, mask: masked, count: 0 };
    known.entry(path.to_owned()).or_insert(fresh).count += 1;
}

/// The names of a document that cannot be parsed: texts in quotation marks before a colon. Where they stand cannot be
/// told, so a name is known when any field of the kind bears it as its last.
fn names(
    bytes: &[u8],
    catalogue: &Catalogue,
    kind: Kind,
    known: &mut BTreeMap<String, Known>,
    unknown: &mut u64,
) {
    let fields: BTreeMap<&str, Option<Class>> =
        catalogue.fields(kind).filter_map(|field| Some((last_name(&field.path)?, field.class))).collect();
    for name in quoted_before_colon(bytes) {
        let Some(class) = fields.get(name) else {
            *unknown += 1;
            continue;
        };
        let fresh = Known { path: name.to_owned(), class: *class, mask: String::new(), count: 0 };
        known.entry(name.to_owned()).or_insert(fresh).count += 1;
    }
}

fn last_name(path: &str) -> Option<&str> {
    path.rsplit('.').next().map(|name| name.trim_end_matches("[]"))
}

fn quoted_before_colon(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'"').collect();
    let pairs =
        parts.iter().zip(parts.iter().skip(1)).map(|(name, after)| (*name, *after)).collect::<Vec<_>>();
    pairs.into_iter().filter_map(|(name, after)| {
        let colon = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        colon.then(|| std::str::from_utf8(name).ok()).flatten()
    })
}
