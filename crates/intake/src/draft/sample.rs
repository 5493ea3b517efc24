//! What the beginning of an input shows: the names in it, and a few values of each, which stay in here.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailee_core::catalogue::suggest::{RECORDS_TOLD_MIN, is_field_name};
use bailee_core::{Json, Sensitive};

use crate::format::{Format, Syntax};
use crate::reader::{Table, framed_json, table_rows};
use crate::verify::parse_json;

/// Most values that are looked at of each name.
const VALUES_MAX: usize = 100;

/// Most names of an input of JSON. What has more is no order.
const NAMES_MAX: usize = 1000;

/// Deepest lists within lists that are looked into.
const LISTS_MAX: usize = 3;

/// What stands around the documents.
pub(super) enum Names {
    /// Nothing, or an array.
    Bare,
    /// An object of which this member is the list of documents.
    Page(String),
}

/// The beginning of an input.
pub(super) struct Sample {
    pub(super) syntax: Syntax,
    pub(super) names: Names,
    /// By path, in the order in which they came.
    pub(super) fields: Vec<(String, Vec<Sensitive<String>>)>,
}

impl Sample {
    /// The top-level name of a path; a column as a whole.
    pub(super) fn top<'a>(&self, source: &'a str) -> &'a str {
        match self.syntax {
            Syntax::Table => source,
            Syntax::Json | Syntax::Xml => source.split(['.', '[']).next().unwrap_or(source),
        }
    }

    /// Whether a path has a member that few documents have and that is not called as fields are. Columns all rows have.
    /// `named`: what its last member is called is known.
    pub(super) fn may_name_somebody(&self, source: &str, named: bool) -> bool {
        let values =
            self.fields.iter().find(|(path, _)| path == source).map_or(0, |(_, values)| values.len());
        let is_few = (values as u64) < RECORDS_TOLD_MIN;
        let mut names = source.split(['.', '[', ']']).filter(|name| !name.is_empty());
        let last = names.next_back().filter(|_| !named);
        self.syntax != Syntax::Table && is_few && names.chain(last).any(|name| !is_field_name(name))
    }
}

/// The sample of an input that begins so; `None` when it is neither JSON nor a table.
pub(super) fn read(head: &[u8]) -> Option<Sample> {
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if matches!(first, b'{' | b'[') { json(head) } else { table(head) }
}

fn table(head: &[u8]) -> Option<Sample> {
    let table: Table = Table::candidates(head, true)?.into_iter().next()?;
    let mut fields: Vec<_> = table.columns.iter().map(|name| (name.to_string(), Vec::new())).collect();
    for row in table_rows(head, &table, VALUES_MAX) {
        for ((_, values), cell) in fields.iter_mut().zip(row) {
            if !cell.trim().is_empty() {
                values.push(Sensitive::new(cell));
            }
        }
    }
    Some(Sample { syntax: Syntax::Table, names: Names::Bare, fields })
}

fn json(head: &[u8]) -> Option<Sample> {
    // Any format frames what is no document of it too; only the bytes count here.
    let any = "format = \"any\"\ntitle = \"\"\nkind = \"order\"\nsyntax = \"json\"\n[recognise]\nall = [\"a\"]\n[fields]\n\"a\" = \"orderId\"";
    let format = Arc::new(Format::parse(any).ok()?);
    let documents: Vec<Json> = framed_json(head, &format, VALUES_MAX)
        .iter()
        .filter_map(|bytes| parse_json(bytes.expose()).ok())
        .filter(|document| matches!(document, Json::Object(_)))
        .collect();
    let page = page(&documents);
    let mut found = Found::default();
    for document in &documents {
        match &page {
            Some(list) => {
                let elements = document.member(list).map(Json::elements).unwrap_or_default();
                elements.iter().take(VALUES_MAX).for_each(|element| found.walk(element, "", 0));
            }
            None => found.walk(document, "", 0),
        }
    }
    let names = page.map_or(Names::Bare, Names::Page);
    (!found.fields.is_empty()).then_some(Sample { syntax: Syntax::Json, names, fields: found.fields })
}

/// The list in which the documents are, when they are pages: objects with one list of objects, of which each has an
/// order's number and the page has none. Of a single document whose elements have none either, few values beside the list
/// tell a page from an order with its items.
fn page(documents: &[Json]) -> Option<String> {
    const BESIDE_MAX: usize = 5;
    let first = documents.first()?;
    let has_reference = |json: &Json| json.members().iter().any(|(key, _)| super::guess::is_reference(key));
    let is_object = |element: &&Json| matches!(element, Json::Object(_));
    let mut lists = (first.members().iter())
        .filter_map(|(name, value)| Some((name, value.elements().first().filter(is_object)?)));
    let (name, element) = lists.next()?;
    if lists.next().is_some() || has_reference(first) {
        return None;
    }
    let is_page = has_reference(element) || documents.len() == 1 && first.members().len() <= BESIDE_MAX;
    is_page.then(|| name.clone())
}

#[derive(Default)]
struct Found {
    fields: Vec<(String, Vec<Sensitive<String>>)>,
    places: BTreeMap<String, usize>,
}

impl Found {
    fn walk(&mut self, json: &Json, path: &str, lists: usize) {
        match json {
            Json::Object(members) => {
                for (name, value) in members.iter().filter(|(name, _)| !name.contains(['.', '[', ']', '\\']))
                {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.walk(value, &path, lists);
                }
            }
            Json::Array(elements) if lists < LISTS_MAX => {
                let path = format!("{path}[]");
                elements.iter().take(VALUES_MAX).for_each(|element| self.walk(element, &path, lists + 1));
            }
            Json::Array(_) | Json::Null => {}
            Json::String(text) => self.add(path, text.clone()),
            Json::Integer(number) => self.add(path, number.to_string()),
            Json::Float(number) => self.add(path, number.to_string()),
            Json::Bool(flag) => self.add(path, flag.to_string()),
        }
    }

    fn add(&mut self, path: &str, value: String) {
        let value = Sensitive::new(value);
        let place = match self.places.get(path) {
            Some(place) => *place,
            None if self.fields.len() >= NAMES_MAX => return,
            None => {
                self.places.insert(path.to_owned(), self.fields.len());
                self.fields.push((path.to_owned(), Vec::new()));
                self.fields.len() - 1
            }
        };
        if let Some((_, values)) = self.fields.get_mut(place)
            && values.len() < VALUES_MAX
            && !value.expose().trim().is_empty()
        {
            values.push(value);
        }
    }
}
