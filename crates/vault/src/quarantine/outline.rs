//! What may be told of a quarantined document: the names in it that the catalogue knows, and masks. Never a value.
//!
//! A name that the catalogue does not know could itself be personal, and a value at the place of a fact could be
//! anything in a document that is wrong: the one is counted, the other not shown.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::catalogue::{Catalogue, Node};
use bailee_core::mask::mask;
use bailee_core::{Class, Json};
use bailee_intake::format::{Form, Syntax};
use bailee_intake::mapping::Step;
use bailee_intake::verify::mapped;
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
    pub(super) fn of(bytes: &[u8], form: &Form, catalogue: &Catalogue) -> Self {
        let root = catalogue.root(form.format.kind());
        let mut outline = Outlining::default();
        match mapped(bytes, form, catalogue) {
            Ok(json) => outline.walk(&json, Some(root), ""),
            Err(_) => match (form.format.mapping(), serde_json::from_slice::<Json>(bytes)) {
                // A key that stands there twice keeps nobody from telling which.
                (None, Ok(json)) => outline.walk(&json, Some(root), ""),
                _ => outline.names(bytes, form, catalogue),
            },
        }
        Self { fields: outline.known.into_values().take(NAMES_MAX).collect(), unknown: outline.unknown }
    }
}

#[derive(Default)]
struct Outlining {
    known: BTreeMap<String, Known>,
    unknown: u64,
}

impl Outlining {
    fn walk(&mut self, json: &Json, node: Option<Node<'_>>, path: &str) {
        match json {
            Json::Object(members) if !members.is_empty() => {
                for (key, value) in members {
                    let below = node.and_then(|node| node.member(key));
                    // Only names that the catalogue knows are put together.
                    let path = match (below, path) {
                        (None, _) => String::new(),
                        (Some(_), "") => key.clone(),
                        (Some(_), path) => format!("{path}.{key}"),
                    };
                    self.walk(value, below, &path);
                }
            }
            Json::Array(elements) if !elements.is_empty() => {
                let below = node.and_then(Node::element);
                elements.iter().for_each(|element| self.walk(element, below, &format!("{path}[]")));
            }
            leaf if leaf.is_blank() => {}
            leaf => match node {
                Some(node) => self.leaf(node, path, leaf.as_str()),
                None => self.unknown += 1,
            },
        }
    }

    fn leaf(&mut self, node: Node<'_>, path: &str, value: Option<&str>) {
        let class = node.field().and_then(|field| field.class);
        let masked = match (node.field(), class, value) {
            (Some(field), Some(_), Some(value)) => mask(field.mask, value),
            _ => String::new(),
        };
        self.note(path, class, masked);
    }

    fn note(&mut self, path: &str, class: Option<Class>, mask: String) {
        let fresh = Known { path: path.to_owned(), class, mask, count: 0 };
        self.known.entry(path.to_owned()).or_insert(fresh).count += 1;
    }

    /// The names of a document that cannot be read: those of its format, without what stands there.
    fn names(&mut self, bytes: &[u8], form: &Form, catalogue: &Catalogue) {
        let known = known_names(form, catalogue);
        let columns = form.table.as_ref().map(|table| table.columns.iter().map(|name| &**name).collect());
        let found: Vec<&str> = match columns {
            Some(columns) => columns,
            None if form.format.syntax() == Syntax::Xml => between(bytes, b'<', |_| true),
            None => between(bytes, b'"', |after| {
                after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
            }),
        };
        for name in found {
            let name = name.split(['>', '/', ' ']).next().unwrap_or_default();
            match known.contains(form.format.mapping().map_or(name, |mapping| mapping.column(name))) {
                true => self.note(name, None, String::new()),
                false if !name.is_empty() => self.unknown += 1,
                false => {}
            }
        }
    }
}

/// The last names of all places that a format has.
fn known_names<'a>(form: &'a Form, catalogue: &'a Catalogue) -> BTreeSet<&'a str> {
    match form.format.mapping() {
        Some(mapping) => {
            let steps = mapping.rules().iter().flat_map(|rule| rule.source.steps());
            steps
                .filter_map(|step| if let Step::Member(name) = step { Some(&**name) } else { None })
                .collect()
        }
        None => {
            let fields = catalogue.fields(form.format.kind()).flat_map(|field| field.path.split('.'));
            fields.map(|name| name.trim_end_matches("[]")).collect()
        }
    }
}

/// The texts behind a sign, up to its next one, where what follows that is as it should be.
fn between(bytes: &[u8], sign: u8, follows: impl Fn(&[u8]) -> bool) -> Vec<&str> {
    let parts: Vec<&[u8]> = bytes.split(|byte| *byte == sign).collect();
    let pairs = parts.iter().skip(1).zip(parts.iter().skip(2).map(Some).chain([None]));
    let named = pairs.filter(|(_, after)| after.is_none_or(|after| follows(after)));
    named.filter_map(|(name, _)| std::str::from_utf8(name).ok()).collect()
}
