//! Building a document in canonical names: values are put at target paths.

use bailee_core::catalogue::Node;
use bailee_core::{Json, json::DEPTH_MAX};

use super::Step;
use crate::verify::Flaw;

/// A document in the making. INVARIANT: `null` stands where nothing has been put yet.
pub(crate) struct Target {
    document: Json,
}

impl Target {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { document: Json::Null }
    }

    /// Puts a value at a path. `elements` says which element of each list is meant that has many; a path that leads
    /// through one list more collects values in it, each once.
    ///
    /// Costs as much as the path has steps and the objects on its way have members, which is bounded by the mapping.
    ///
    /// # Errors
    /// [`Flaw::Structure`] where another value stands already.
    pub(crate) fn put(&mut self, path: &[Step], elements: &[usize], value: Json) -> Result<(), Flaw> {
        let mut elements = elements.iter();
        let mut at = &mut self.document;
        for step in path {
            at = match step {
                Step::Member(name) => member(at, name)?,
                Step::One => element(at, 0)?,
                Step::Which(name, word) => which(at, name, word)?,
                Step::Each => match elements.next() {
                    Some(number) => element(at, *number)?,
                    None => return collect(at, value),
                },
            };
        }
        if matches!(at, Json::Null) {
            *at = value;
            Ok(())
        } else if *at == value {
            Ok(())
        } else {
            Err(Flaw::Structure)
        }
    }

    /// The document.
    pub(crate) fn into_json(self) -> Json {
        match self.document {
            Json::Null => Json::Object(Vec::new()),
            _ => self.document,
        }
    }
}

fn member<'a>(at: &'a mut Json, name: &str) -> Result<&'a mut Json, Flaw> {
    if matches!(at, Json::Null) {
        *at = Json::Object(Vec::new());
    }
    let Json::Object(members) = at else { return Err(Flaw::Structure) };
    let number = members.iter().position(|(key, _)| key == name).unwrap_or_else(|| {
        members.push((name.to_owned(), Json::Null));
        members.len() - 1
    });
    members.get_mut(number).map(|(_, value)| value).ok_or(Flaw::Structure)
}

fn list(at: &mut Json) -> Result<&mut Vec<Json>, Flaw> {
    if matches!(at, Json::Null) {
        *at = Json::Array(Vec::new());
    }
    match at {
        Json::Array(elements) => Ok(elements),
        _ => Err(Flaw::Structure),
    }
}

fn element(at: &mut Json, number: usize) -> Result<&mut Json, Flaw> {
    let elements = list(at)?;
    while elements.len() <= number {
        elements.push(Json::Null);
    }
    elements.get_mut(number).ok_or(Flaw::Structure)
}

/// The element of which a member is a word; made, if there is none.
fn which<'a>(at: &'a mut Json, name: &str, word: &str) -> Result<&'a mut Json, Flaw> {
    let elements = list(at)?;
    let is_it = |element: &Json| element.member(name).and_then(Json::as_str) == Some(word);
    let number = elements.iter().position(is_it).unwrap_or_else(|| {
        elements.push(Json::Object(vec![(name.to_owned(), Json::String(word.to_owned()))]));
        elements.len() - 1
    });
    elements.get_mut(number).ok_or(Flaw::Structure)
}

fn collect(at: &mut Json, value: Json) -> Result<(), Flaw> {
    let elements = list(at)?;
    if !elements.contains(&value) {
        elements.push(value);
    }
    Ok(())
}

/// Makes a document of outside names one that is like those written in canonical names: no gaps in lists, ids as
/// strings. `node` is the place in the catalogue, if it has one.
///
/// # Errors
/// [`Flaw::TooDeep`] when the target paths and what was deep already are too deep together.
pub(crate) fn settle(json: &mut Json, node: Option<Node<'_>>, depth: usize) -> Result<(), Flaw> {
    if depth > DEPTH_MAX {
        return Err(Flaw::TooDeep);
    }
    match json {
        Json::Array(elements) => {
            elements.retain(|element| !matches!(element, Json::Null));
            let key = node.and_then(Node::list_key);
            let node = node.and_then(Node::element);
            for element in elements {
                if let (Some(key), Json::Object(members)) = (key, &mut *element) {
                    members.iter_mut().filter(|(name, _)| name == key).for_each(|(_, id)| id_as_string(id));
                }
                settle(element, node, depth + 1)?;
            }
        }
        Json::Object(members) => {
            for (name, value) in members {
                settle(value, node.and_then(|node| node.member(name)), depth + 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// An id that was written as a number is the text of that number.
pub(crate) fn id_as_string(id: &mut Json) {
    if let Json::Integer(number) = id {
        *id = Json::String(number.to_string());
    }
}
