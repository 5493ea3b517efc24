//! The catalogue as a tree for each kind, which a reader walks beside a document.
//!
//! Nodes lie in one vector and name each other by index. Objects have few members (an order has sixteen), so a member
//! is found by looking at each in turn: comparing [signs](sign) first, that is quicker than hashing.

use std::borrow::Cow;

use crate::Kind;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Into a member of an object; empty where the path is malformed.
    Member(Cow<'a, str>),
    /// Into the elements of a list.
    Element,
}

/// The steps of a schema path: `a.b[].c` is a, b, element, c. In a name, `.`, `[`, `]` and `\` stand behind a `\`.
pub(super) fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    let mut escaped = false;
    let ends = move |sign: char| {
        let ends = !escaped && sign == '.';
        escaped = !escaped && sign == '\\';
        ends
    };
    path.split(ends).flat_map(|segment| {
        let name = segment.trim_end_matches("[]");
        let lists = (segment.len() - name.len()) / 2;
        std::iter::once(Step::Member(plain(name))).chain(std::iter::repeat_n(Step::Element, lists))
    })
}

/// A name as documents have it; empty for one that no path writes so.
fn plain(name: &str) -> Cow<'_, str> {
    if !name.contains(['[', ']', '\\']) {
        return Cow::Borrowed(name);
    }
    let mut plain = String::with_capacity(name.len());
    let mut signs = name.chars();
    while let Some(sign) = signs.next() {
        match (sign, sign == '\\') {
            ('[' | ']', _) => return Cow::Borrowed(""),
            (_, true) => plain.extend(signs.next()),
            (_, false) => plain.push(sign),
        }
    }
    Cow::Owned(plain)
}

#[derive(Clone, Debug, Default)]
struct Place {
    members: Vec<Member>,
    element: Option<usize>,
    list_key: Option<Box<str>>,
    /// Index into the catalogue's fields.
    leaf: Option<usize>,
}

#[derive(Clone, Debug)]
struct Member {
    sign: u64,
    name: Box<str>,
    child: usize,
}

/// The length of a name and its last letters: nearly always enough to tell the members of one object apart. (Their first
/// letters are often the same.)
fn sign(name: &str) -> u64 {
    let mut sign = [0; 8];
    sign.iter_mut().zip(name.bytes().rev().take(7)).for_each(|(to, from)| *to = from);
    u64::from_le_bytes(sign) ^ (name.len() as u64) << 56
}

/// Every place of every kind's documents.
///
/// INVARIANT: the first places are the tops of the kinds, in the order of [`Kind::ALL`].
#[derive(Clone, Debug)]
pub(super) struct Tree {
    places: Vec<Place>,
}

/// The path is malformed, taken, or runs through a leaf.
pub(super) struct Misfit;

impl Tree {
    pub(super) fn new() -> Self {
        Self { places: vec![Place::default(); Kind::ALL.len()] }
    }

    /// The top of a kind's documents.
    pub(super) fn root(kind: Kind) -> usize {
        Kind::ALL.iter().take_while(|other| **other != kind).count()
    }

    pub(super) fn member(&self, index: usize, key: &str) -> Option<usize> {
        let members = &self.places.get(index)?.members;
        let sign = sign(key);
        members.iter().find(|one| one.sign == sign && &*one.name == key).map(|one| one.child)
    }

    pub(super) fn members(&self, index: usize) -> impl Iterator<Item = (&str, usize)> {
        let members = self.places.get(index).map_or(&[][..], |place| &place.members);
        members.iter().map(|member| (&*member.name, member.child))
    }

    pub(super) fn element(&self, index: usize) -> Option<usize> {
        self.places.get(index)?.element
    }

    pub(super) fn list_key(&self, index: usize) -> Option<&str> {
        self.places.get(index)?.list_key.as_deref()
    }

    pub(super) fn leaf(&self, index: usize) -> Option<usize> {
        self.places.get(index)?.leaf
    }

    /// Puts a field at its path.
    pub(super) fn insert(&mut self, kind: Kind, path: &str, field: usize) -> Result<(), Misfit> {
        let mut at = Self::root(kind);
        for step in steps(path) {
            at = match step {
                Step::Member(name) => self.grow_member(at, &name)?,
                Step::Element => self.grow_element(at)?,
            };
        }
        let place = self.places.get_mut(at).ok_or(Misfit)?;
        if place.leaf.is_some() || place.element.is_some() || !place.members.is_empty() {
            return Err(Misfit);
        }
        place.leaf = Some(field);
        Ok(())
    }

    /// The place at a path, if there is one.
    pub(super) fn find(&self, kind: Kind, path: &str) -> Option<usize> {
        steps(path).try_fold(Self::root(kind), |at, step| match step {
            Step::Member(name) => self.member(at, &name),
            Step::Element => self.element(at),
        })
    }

    /// Says which member names the elements of the list at `path`; returns the place of that member.
    pub(super) fn name_elements(&mut self, kind: Kind, path: &str, key: &str) -> Option<usize> {
        let list = self.find(kind, path)?;
        let member = self.member(self.element(list)?, key)?;
        self.places.get_mut(list)?.list_key = Some(key.into());
        Some(member)
    }

    fn grow_member(&mut self, at: usize, name: &str) -> Result<usize, Misfit> {
        if name.is_empty() {
            return Err(Misfit);
        }
        if let Some(child) = self.member(at, name) {
            return Ok(child);
        }
        let child = self.places.len();
        let place = self.places.get_mut(at).filter(|place| place.leaf.is_none() && place.element.is_none());
        place.ok_or(Misfit)?.members.push(Member { sign: sign(name), name: name.into(), child });
        self.places.push(Place::default());
        Ok(child)
    }

    fn grow_element(&mut self, at: usize) -> Result<usize, Misfit> {
        if let Some(child) = self.element(at) {
            return Ok(child);
        }
        let child = self.places.len();
        let place = self.places.get_mut(at).filter(|place| place.leaf.is_none() && place.members.is_empty());
        place.ok_or(Misfit)?.element = Some(child);
        self.places.push(Place::default());
        Ok(child)
    }
}
