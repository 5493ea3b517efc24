//! Applying a mapping to documents that are trees: JSON, and XML, which arrives as the same.
//!
//! Source and mapping are walked side by side, so that the cost is that of the document. What the mapping does not
//! name is kept under `extra`: of the list element to which it belongs, or of the document.

use bailee_core::Json;

use super::{Mapping, Path, Rule, Step, Target};
use crate::format::MappingError;
use crate::verify::Flaw;

/// The member that keeps what the mapping does not name. No catalogue names it, so it is sealed as unclassified.
pub(crate) const EXTRA: &str = "extra";

/// The sources of a mapping as a tree: what stands at each place of a document.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// The first is the top.
    places: Vec<Place>,
}

#[derive(Clone, Debug, Default)]
struct Place {
    /// INVARIANT: sorted by name.
    members: Vec<(Box<str>, usize)>,
    element: Option<usize>,
    rule: Option<usize>,
    /// Of a list's element: the target that its innermost list binds to, where what is not named goes.
    home: Option<Path>,
}

impl Sources {
    /// # Errors
    /// [`MappingError::Twice`] when a source leads through another.
    pub(super) fn new(rules: &[Rule]) -> Result<Self, MappingError> {
        let mut sources = Self { places: vec![Place::default()] };
        for (number, rule) in rules.iter().enumerate() {
            sources.insert(number, rule).ok_or_else(|| MappingError::Twice(rule.source.to_string()))?;
        }
        let is_twice = |place: &Place| {
            let kinds = [place.rule.is_some(), place.element.is_some(), !place.members.is_empty()];
            kinds.into_iter().filter(|is| *is).count() > 1
        };
        let twice = |rule: &&Rule| sources.walk(&rule.source).any(is_twice);
        match rules.iter().find(twice) {
            Some(rule) => Err(MappingError::Twice(rule.source.to_string())),
            None => Ok(sources),
        }
    }

    fn insert(&mut self, number: usize, rule: &Rule) -> Option<()> {
        let (mut at, mut lists) = (0, 0);
        for step in rule.source.steps() {
            at = match step {
                Step::Member(name) => self.grow_member(at, name)?,
                _ => {
                    lists += 1;
                    let element = self.grow_element(at)?;
                    let home = rule.targets.first().and_then(|target| target.up_to_list(lists));
                    let place = self.places.get_mut(element)?;
                    place.home = place.home.take().or(home);
                    element
                }
            };
        }
        let place = self.places.get_mut(at)?;
        place.rule.replace(number).is_none().then_some(())
    }

    fn grow_member(&mut self, at: usize, name: &str) -> Option<usize> {
        let new = self.places.len();
        let members = &mut self.places.get_mut(at)?.members;
        match members.binary_search_by(|(key, _)| (**key).cmp(name)) {
            Ok(found) => members.get(found).map(|(_, child)| *child),
            Err(place) => {
                members.insert(place, (name.into(), new));
                self.places.push(Place::default());
                Some(new)
            }
        }
    }

    fn grow_element(&mut self, at: usize) -> Option<usize> {
        let new = self.places.len();
        let element = *self.places.get_mut(at)?.element.get_or_insert(new);
        if element == new {
            self.places.push(Place::default());
        }
        Some(element)
    }

    fn place(&self, at: usize) -> Option<&Place> {
        self.places.get(at)
    }

    /// The places on the way of a path.
    fn walk<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Place> {
        let mut at = self.place(0);
        path.steps().iter().filter_map(move |step| {
            let next = match (step, at?) {
                (Step::Member(name), place) => place.member(name),
                (_, place) => place.element,
            };
            at = next.and_then(|next| self.place(next));
            at
        })
    }
}

impl Place {
    fn member(&self, name: &str) -> Option<usize> {
        let found = self.members.binary_search_by(|(key, _)| (**key).cmp(name)).ok()?;
        self.members.get(found).map(|(_, child)| *child)
    }
}

impl Path {
    /// The path to the elements of the n-th list that has many.
    fn up_to_list(&self, number: usize) -> Option<Self> {
        let mut lists = self.steps().iter().enumerate().filter(|(_, step)| **step == Step::Each);
        let (last, _) = lists.nth(number.checked_sub(1)?)?;
        Some(Self::from_steps(self.steps().get(..=last)?.to_vec()))
    }
}

/// A document in canonical names.
pub(super) fn apply(mapping: &Mapping, document: Json) -> Result<Json, Flaw> {
    if !matches!(document, Json::Object(_)) {
        return Err(Flaw::NotAnOrder);
    }
    let mut walk = Walk { mapping, target: Target::new(), elements: Vec::new() };
    if let Some(rest) = walk.visit(document, 0)? {
        walk.target.put(&[Step::Member(EXTRA.into())], &[], rest)?;
    }
    Ok(walk.target.into_json())
}

struct Walk<'a> {
    mapping: &'a Mapping,
    target: Target,
    /// Which element of each list around the place at hand.
    elements: Vec<usize>,
}

impl Walk<'_> {
    /// Puts what the mapping names at its targets; gives back what it does not name. What is blank says nothing.
    fn visit(&mut self, mut json: Json, at: usize) -> Result<Option<Json>, Flaw> {
        let Some(place) = self.mapping.sources.place(at) else { return Ok(Some(json)) };
        if json.is_blank() {
            return Ok(None);
        }
        if let Some(rule) = place.rule.and_then(|rule| self.mapping.rules.get(rule)) {
            self.put(rule, json)?;
            return Ok(None);
        }
        match (&mut json, place.element) {
            (Json::Array(elements), Some(element)) => self.list(std::mem::take(elements), element),
            // One alone is written without its list: in XML it must be.
            (_, Some(element)) => self.list(vec![json], element),
            (Json::Object(members), None) => {
                let mut rest = Vec::new();
                for (name, value) in std::mem::take(members) {
                    let left = match place.member(&name) {
                        Some(child) => self.visit(value, child)?,
                        None => (!value.is_blank()).then_some(value),
                    };
                    rest.extend(left.map(|left| (name, left)));
                }
                Ok((!rest.is_empty()).then_some(Json::Object(rest)))
            }
            _ => Err(Flaw::Structure),
        }
    }

    fn list(&mut self, elements: Vec<Json>, at: usize) -> Result<Option<Json>, Flaw> {
        let home = self.mapping.sources.place(at).and_then(|place| place.home.as_ref());
        let mut homeless = Vec::new();
        for (number, element) in elements.into_iter().enumerate() {
            self.elements.push(number);
            let rest = self.visit(element, at)?;
            match (rest, home) {
                (Some(rest), Some(home)) => {
                    let mut path = home.steps().to_vec();
                    path.push(Step::Member(EXTRA.into()));
                    self.target.put(&path, &self.elements, rest)?;
                }
                (rest, _) => homeless.extend(rest),
            }
            self.elements.pop();
        }
        Ok((!homeless.is_empty()).then_some(Json::Array(homeless)))
    }

    fn put(&mut self, rule: &Rule, json: Json) -> Result<(), Flaw> {
        let Some(value) = translated(rule, json) else { return Ok(()) };
        let Some((last, others)) = rule.targets.split_last() else { return Ok(()) };
        for target in others {
            self.target.put(target.steps(), &self.elements, value.copy())?;
        }
        self.target.put(last.steps(), &self.elements, value)
    }
}

/// A value with its word exchanged; `None` when it then says nothing.
fn translated(rule: &Rule, json: Json) -> Option<Json> {
    if rule.words.is_empty() {
        return Some(json);
    }
    let word = match &json {
        Json::String(text) => rule.words.get(text.trim()),
        Json::Bool(value) => rule.words.get(value.to_string().as_str()),
        Json::Integer(value) => rule.words.get(value.to_string().as_str()),
        _ => None,
    };
    match word {
        None => Some(json),
        Some(word) if word.is_empty() => None,
        Some(word) => Some(Json::String(word.to_string())),
    }
}
