//! A strict parser of one XML element into the tree that the mappings know.
//!
//! - An element with elements or attributes is an object, any other its text; one with nothing in it, or with the `--`
//!   that reports write for nothing, is null.
//! - Elements of one name beside each other are a list. Attributes are members that begin with `@`, text beside
//!   elements or attributes is the member `#text`. Prefixes and declarations of namespaces are dropped.
//! - XML's five entities and character references are decoded, then those of HTML once, as in the cells of reports.
//!   Any other entity, a document type or a declaration inside the element is refused: nothing is expanded, nothing
//!   fetched.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bailee_core::Json;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zeroize::{Zeroize, Zeroizing};

use super::{DEPTH_MAX, Flaw, VALUES_MAX};
use crate::clean;

/// The member for text beside elements or attributes.
const TEXT: &str = "#text";

/// What an object may hold before its members are grouped with the help of a tree.
const MEMBERS_COMPARED_MAX: usize = 24;

/// Elements that go by what one of their own says ([`crate::format::Frame::keyed`]).
type Keyed = BTreeMap<Box<str>, Box<str>>;

/// The bytes as one element.
pub(super) fn parse(bytes: &[u8], keyed: &Keyed) -> Result<Json, Flaw> {
    let text = std::str::from_utf8(bytes).map_err(|_| Flaw::Encoding)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut parser = Parser { keyed, open: Vec::new(), values: 0, done: None };
    loop {
        match reader.read_event().map_err(|_| Flaw::Syntax)? {
            Event::Start(tag) => parser.open(&tag)?,
            Event::End(_) => parser.close()?,
            Event::Text(text) => parser.text(&text.xml10_content().map_err(|_| Flaw::Encoding)?)?,
            Event::CData(text) => parser.text(&text.xml10_content().map_err(|_| Flaw::Encoding)?)?,
            Event::GeneralRef(entity) => parser.text(referred(&entity)?.encode_utf8(&mut [0; 4]))?,
            Event::Comment(_) | Event::PI(_) => {}
            Event::Empty(_) | Event::Decl(_) | Event::DocType(_) => return Err(Flaw::Syntax),
            Event::Eof => return parser.end(),
        }
    }
}

/// The letter of a reference.
fn referred(entity: &BytesRef<'_>) -> Result<char, Flaw> {
    if let Some(letter) = entity.resolve_char_ref().map_err(|_| Flaw::Syntax)? {
        return Ok(letter);
    }
    let name = entity.decode().map_err(|_| Flaw::Encoding)?;
    resolve_predefined_entity(&name).and_then(|text| text.chars().next()).ok_or(Flaw::Entities)
}

/// An element that is open.
#[derive(Default)]
struct Element {
    name: String,
    members: Vec<(String, Json)>,
    text: Zeroizing<String>,
}

struct Parser<'a> {
    keyed: &'a Keyed,
    open: Vec<Element>,
    values: usize,
    done: Option<Json>,
}

impl Parser<'_> {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Flaw> {
        if self.done.is_some() {
            return Err(Flaw::Syntax);
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Flaw::TooDeep);
        }
        self.count()?;
        let mut element = Element { name: name(tag.local_name().into_inner())?, ..Element::default() };
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| Flaw::DuplicateKey)?;
            let key = attribute.key;
            if key.as_namespace_binding().is_some() {
                continue;
            }
            self.count()?;
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            let value = value.map_err(|_| Flaw::Syntax)?;
            let key = format!("@{}", name(key.local_name().into_inner())?);
            element.members.push((key, Json::String(clean::entities(&value).into_owned())));
        }
        self.open.push(element);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Flaw> {
        match self.open.last_mut() {
            Some(element) => grow(&mut element.text, text),
            None if text.trim().is_empty() => {}
            None => return Err(Flaw::Syntax),
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Flaw> {
        let mut element = self.open.pop().ok_or(Flaw::Syntax)?;
        let name = std::mem::take(&mut element.name);
        let mut json = element.into_json();
        let key = self.keyed.get(&*name).and_then(|child| taken_key(&mut json, child));
        let name = key.unwrap_or(name);
        match self.open.last_mut() {
            Some(around) => around.members.push((name, json)),
            None => self.done = Some(json),
        }
        Ok(())
    }

    fn end(self) -> Result<Json, Flaw> {
        if !self.open.is_empty() {
            return Err(Flaw::Truncated);
        }
        self.done.ok_or(Flaw::NotAnOrder)
    }

    fn count(&mut self) -> Result<(), Flaw> {
        self.values += 1;
        if self.values > VALUES_MAX { Err(Flaw::TooLong) } else { Ok(()) }
    }
}

impl Element {
    fn into_json(mut self) -> Json {
        let text = self.text.trim_matches([' ', '\t', '\r', '\n']);
        let says_something = !text.is_empty() && text != clean::ABSENT;
        let text = says_something.then(|| Json::String(clean::entities(text).into_owned()));
        let members = std::mem::take(&mut self.members);
        if members.is_empty() {
            return text.unwrap_or(Json::Null);
        }
        let mut members = grouped(members);
        members.extend(text.map(|text| (TEXT.to_owned(), text)));
        Json::Object(members)
    }
}

/// Takes out the member that says how an element is called, if that is a plain word.
fn taken_key(json: &mut Json, child: &str) -> Option<String> {
    let Json::Object(members) = json else { return None };
    let place = members.iter().position(|(name, _)| name == child)?;
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    match members.get(place) {
        Some((_, Json::String(text))) if is_word(text) => {
            let key = text.clone();
            members.remove(place);
            Some(key)
        }
        _ => None,
    }
}

/// Members of one name become a list, where the first of them stands.
fn grouped(members: Vec<(String, Json)>) -> Vec<(String, Json)> {
    let many = members.len() > MEMBERS_COMPARED_MAX;
    let mut places = BTreeMap::new();
    let mut grouped: Vec<(String, Json)> = Vec::with_capacity(members.len());
    // Of each: whether it has become a list by being there twice.
    let mut repeated: Vec<bool> = Vec::with_capacity(members.len());
    for (name, json) in members {
        let place = match many {
            true => places.get(&name).copied(),
            false => grouped.iter().position(|(other, _)| *other == name),
        };
        let known = place.and_then(|place| grouped.get_mut(place).zip(repeated.get_mut(place)));
        match known {
            Some(((_, Json::Array(list)), true)) => list.push(json),
            Some(((_, first), is_list)) => {
                *first = Json::Array(vec![std::mem::replace(first, Json::Null), json]);
                *is_list = true;
            }
            None => {
                if many {
                    places.insert(name.clone(), grouped.len());
                }
                grouped.push((name, json));
                repeated.push(false);
            }
        }
    }
    grouped
}

/// A name as text.
fn name(bytes: &[u8]) -> Result<String, Flaw> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Flaw::Encoding)
}

/// As `push_str`, but wipes the old place when it has to move.
fn grow(text: &mut String, more: &str) {
    if text.len() + more.len() > text.capacity() {
        let mut larger = String::with_capacity((text.len() + more.len()).next_power_of_two().max(64));
        larger.push_str(text);
        text.zeroize();
        *text = larger;
    }
    text.push_str(more);
}
