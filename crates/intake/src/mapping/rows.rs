//! Rows of a table become one document in canonical names.
//!
//! What is to be done is worked out once per header, as a [`Plan`]: the tree of the targets with the columns at its
//! leaves. Each row then is built along that tree and merged into the rows before it.
//!
//! - A row is one element of each list that its targets lead through; elements with the same id are one.
//! - Outside of lists, and in an element, the rows must agree. Where personal values do not, the document is refused
//!   ([`Flaw::RowsDisagree`]); of a fact the last row has the word.
//! - What a column says that no mapping names stands under `extra` of the row's element, else at the top. Where rows
//!   say different things there, all of them are kept.

mod build;
mod merge;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bailee_core::catalogue::Catalogue;
use bailee_core::{Json, Kind};

use super::{Mapping, Path, Rule, Step};
use crate::reader::table::{Cell, Dialect, Found, Table, scan};
use crate::verify::Flaw;
use build::Row;

/// Where what no mapping names is put. In no catalogue, hence unclassified.
pub(crate) const EXTRA: &str = "extra";

/// What becomes of the columns of one header.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    kind: Kind,
    dialect: Dialect,
    columns: usize,
    /// Where the name of the record stands.
    id: usize,
    root: Node,
    /// The columns that nothing is said of, with their names.
    extras: Vec<(usize, Box<str>)>,
}

/// A place in the documents that come out.
#[derive(Clone, Debug)]
enum Node {
    Leaf(Leaf),
    Object(Vec<(Box<str>, Node)>),
    List {
        one: bool,
        element: Box<Node>,
    },
    /// A list of elements that are told apart by what one of their members says.
    Which(Vec<Which>),
    /// A list of plain values.
    Values(Vec<Leaf>),
}

/// An element of which a member is always the same word.
#[derive(Clone, Debug)]
struct Which {
    name: Box<str>,
    word: Box<str>,
    element: Node,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
enum Leaf {
    Column {
        column: usize,
        /// Which of its words become which, however their letters are written.
        words: BTreeMap<Box<str>, Box<str>>,
        /// Whether it goes to another place too, which comes first.
        again: bool,
    },
    /// Several columns, joined.
    Joined(Vec<usize>),
}

/// A list whose elements have ids, and the column in which the id stands.
struct Keyed<'a> {
    list: &'a str,
    leaf: &'a Leaf,
}

impl Plan {
    /// What a mapping makes of a header; `None` when no column has the name of the record.
    ///
    /// Of two columns that would go to the same place, the one that is called as the mapping says has it; the other is
    /// kept as one that no mapping names.
    pub(crate) fn new(kind: Kind, mapping: &Mapping, reference: &str, table: &Table) -> Option<Self> {
        let mut plan = Self {
            kind,
            dialect: table.dialect,
            columns: table.columns.len(),
            id: 0,
            root: Node::Object(Vec::new()),
            extras: Vec::new(),
        };
        let own = |column: &str| mapping.rule_of(column);
        let other = |column: &str| mapping.headings().meant(column).and_then(own);
        let called = table.columns.iter().enumerate().filter_map(|(at, name)| Some((at, name, own(name)?)));
        let renamed = table.columns.iter().enumerate().filter(|(_, name)| own(name).is_none());
        let renamed = renamed.filter_map(|(at, name)| Some((at, name, other(name)?)));
        let mut places = BTreeMap::new();
        for (at, name, rule) in called.chain(renamed) {
            if places.contains_key(&rule.source) || !plan.insert(at, rule) {
                plan.extras.push((at, name.clone()));
            } else {
                places.insert(&rule.source, at);
            }
        }
        for (at, name) in table.columns.iter().enumerate() {
            if own(name).is_none() && other(name).is_none() {
                plan.extras.push((at, name.clone()));
            }
        }
        plan.extras.sort_unstable();
        for (target, columns) in mapping.joined() {
            let at = |name: &str| places.get(&Path::column(name)).copied();
            if let Some(columns) = columns.iter().map(|name| at(name)).collect() {
                plan.root.insert(target.steps(), Leaf::Joined(columns));
            }
        }
        plan.id = match plan.root.member(reference)? {
            Node::Leaf(Leaf::Column { column, .. }) => *column,
            _ => return None,
        };
        Some(plan)
    }

    /// Where in a row the name of the record stands.
    pub(crate) fn id(&self) -> usize {
        self.id
    }

    /// Makes a document of the rows of one record.
    ///
    /// # Errors
    /// [`Flaw::Structure`] for a row that is none, or does not have as many cells as there are columns, or none in the
    /// place of the id; [`Flaw::RowsDisagree`].
    pub(crate) fn document(&self, rows: &str, catalogue: &Catalogue) -> Result<Json, Flaw> {
        let root = catalogue.root(self.kind);
        let keyed = self.keyed(root);
        let mut document = Json::Object(Vec::new());
        let mut cells: Vec<Cell> = Vec::with_capacity(self.columns);
        let mut rest = rows;
        while !rest.is_empty() {
            let found = scan(rest.as_bytes(), self.dialect, self.columns, true, &mut cells);
            let Found::Row { taken, .. } = found else { return Err(Flaw::Structure) };
            // Which cell is missing shows nowhere: a name would stand one cell too far, where a fact belongs.
            if cells.len() != self.columns {
                return Err(Flaw::Structure);
            }
            let row = Row { text: rest, cells: &cells };
            if row.is_silent(self.id) {
                return Err(Flaw::Structure);
            }
            let built = self.row(&row, &keyed);
            if document.is_blank() {
                document = built;
            } else {
                merge::merge(&mut document, built, Some(&self.root), Some(root))?;
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(document)
    }

    /// Puts a column where its rule wants it; `false` when something stands there already.
    fn insert(&mut self, column: usize, rule: &Rule) -> bool {
        let mut placed = rule.drop.is_some();
        // All of them, whatever becomes of one: a value is lost only when it has no place at all.
        for target in &rule.targets {
            let words = rule.words.iter().map(|(word, to)| (word.to_lowercase().into(), to.clone()));
            let leaf = Leaf::Column { column, words: words.collect(), again: placed };
            placed |= self.root.insert(target.steps(), leaf);
        }
        placed
    }

    /// The lists of the top whose elements have ids, by their names: an item before its package, which may hold several.
    /// Where the columns stand says nothing.
    fn keyed<'a>(&'a self, root: bailee_core::catalogue::Node<'_>) -> Vec<Keyed<'a>> {
        let Node::Object(members) = &self.root else { return Vec::new() };
        let keyed = members.iter().filter_map(|(list, node)| {
            let Node::List { one: false, element } = node else { return None };
            let key = root.member(list)?.list_key()?;
            match element.member(key)? {
                Node::Leaf(leaf) => Some(Keyed { list, leaf }),
                _ => None,
            }
        });
        let mut keyed: Vec<_> = keyed.collect();
        keyed.sort_by_key(|keyed| keyed.list);
        keyed
    }
}

impl Node {
    fn member(&self, key: &str) -> Option<&Node> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| **name == *key).map(|(_, node)| node),
            Self::Leaf(_) | Self::List { .. } | Self::Which(_) | Self::Values(_) => None,
        }
    }

    /// Puts a leaf at a path; `false` when something else stands there or in its way.
    fn insert(&mut self, steps: &[Step], leaf: Leaf) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            let free = matches!(self, Self::Object(members) if members.is_empty());
            if free {
                *self = Self::Leaf(leaf);
            }
            return free;
        };
        match (step, &mut *self) {
            (Step::Member(name), Self::Object(members)) => {
                if let Some((_, node)) = members.iter_mut().find(|(known, _)| known == name) {
                    return node.insert(rest, leaf);
                }
                let mut node = Self::Object(Vec::new());
                let inserted = node.insert(rest, leaf);
                if inserted {
                    members.push((name.clone(), node));
                }
                inserted
            }
            (Step::Each, Self::Values(leaves)) if rest.is_empty() => {
                leaves.push(leaf);
                true
            }
            (Step::Each, Self::Object(members)) if members.is_empty() && rest.is_empty() => {
                *self = Self::Values(vec![leaf]);
                true
            }
            (Step::Each | Step::One, Self::Object(members)) if members.is_empty() => {
                let mut element = Self::Object(Vec::new());
                let inserted = element.insert(rest, leaf);
                if inserted {
                    *self = Self::List { one: *step == Step::One, element: Box::new(element) };
                }
                inserted
            }
            (Step::Each | Step::One, Self::List { one, element }) => {
                *one == (*step == Step::One) && element.insert(rest, leaf)
            }
            (Step::Which(name, word), node) => node.insert_which(name, word, rest, leaf),
            _ => false,
        }
    }

    fn insert_which(&mut self, name: &str, word: &str, rest: &[Step], leaf: Leaf) -> bool {
        if matches!(self, Self::Object(members) if members.is_empty()) {
            *self = Self::Which(Vec::new());
        }
        let Self::Which(elements) = self else { return false };
        let known = elements.iter_mut().find(|which| *which.name == *name && *which.word == *word);
        if let Some(which) = known {
            return which.element.insert(rest, leaf);
        }
        let mut element = Self::Object(Vec::new());
        let inserted = element.insert(rest, leaf);
        if inserted {
            elements.push(Which { name: name.into(), word: word.into(), element });
        }
        inserted
    }
}
