//! Mappings: which source name becomes which canonical one.
//!
//! A mapping file names source paths and their targets; `docs/formats/mapping.md` has the grammar. Here it is read and
//! checked; `tree` applies it to documents that are trees (JSON, XML).

mod file;
mod path;
pub(crate) mod rows;
mod target;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use bailee_core::catalogue::Catalogue;
use bailee_core::{Json, Kind};

pub(crate) use file::{check_name, parse};
pub use path::{Path, Step};
pub(crate) use target::{Target, id_as_string, settle};
use tree::Sources;

use crate::format::MappingError;
use crate::reader::table::normalised;
use crate::verify::Flaw;

/// How the names of a format become canonical.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// INVARIANT: each source once, none leads through another; their lists bind to those of their targets.
    rules: Vec<Rule>,
    by_source: BTreeMap<Box<str>, usize>,
    aliases: BTreeMap<Box<str>, Box<str>>,
    joined: Vec<(Path, Vec<Box<str>>)>,
    /// The sources as a tree, for documents that are trees.
    sources: Sources,
    /// The sources as headings, for tables: made once, since every table is held against every format.
    headings: OnceLock<Headings>,
}

/// Headings of columns in their one spelling.
#[derive(Clone, Debug)]
pub(crate) struct Headings {
    /// Those that a mapping has rules for.
    rules: HashMap<String, usize>,
    /// Others, each with the one that it stands for.
    others: HashMap<String, String>,
}

impl Headings {
    /// Those that a mapping has rules for, in no order.
    pub(crate) fn known(&self) -> impl Iterator<Item = &String> {
        self.rules.keys()
    }

    /// What another heading stands for.
    pub(crate) fn meant<'a>(&'a self, heading: &str) -> Option<&'a str> {
        self.others.get(heading).map(String::as_str)
    }
}

/// What becomes of one source name.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Where it stands. A column of a table is one member, whatever signs its name holds.
    pub source: Path,
    /// Where it goes; nowhere when it is dropped.
    pub targets: Vec<Path>,
    /// Which word becomes which; others stay. An empty one says nothing.
    pub words: BTreeMap<Box<str>, Box<str>>,
    /// Why it is dropped, if it is.
    pub drop: Option<Box<str>>,
}

impl Rule {
    /// What a word becomes.
    pub fn word<'a>(&'a self, word: &'a str) -> &'a str {
        self.words.get(word).map_or(word, |to| to)
    }
}

impl Mapping {
    /// The rule of a source, by its path as the file writes it.
    pub fn rule(&self, source: &str) -> Option<&Rule> {
        self.rules.get(*self.by_source.get(source)?)
    }

    /// A document that is a tree, in canonical names.
    ///
    /// # Errors
    /// [`Flaw::Structure`] where something stands that the mapping has not: an object for a value, or the reverse, or
    /// two values for one target.
    pub(crate) fn apply(&self, document: Json) -> Result<Json, Flaw> {
        tree::apply(self, document)
    }

    /// Holds the targets against the catalogue. One that it does not name is allowed: what is put there is sealed as
    /// unclassified.
    ///
    /// # Errors
    /// [`MappingError::Target`] for one that ends above a field of the catalogue, or leads through one.
    pub fn check(&self, catalogue: &Catalogue, kind: Kind) -> Result<(), MappingError> {
        for target in self.rules.iter().flat_map(|rule| &rule.targets) {
            let mut at = Some(catalogue.root(kind));
            for step in target.steps() {
                if at.is_some_and(|node| node.field().is_some()) {
                    return Err(MappingError::Target(target.to_string()));
                }
                at = at.and_then(|node| match step {
                    Step::Member(name) => node.member(name),
                    Step::Each | Step::One | Step::Which(..) => node.element(),
                });
            }
            if at.is_some_and(|node| node.field().is_none()) {
                return Err(MappingError::Target(target.to_string()));
            }
        }
        Ok(())
    }

    /// Every rule, in the order of the sources.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The headings of its columns.
    pub(crate) fn headings(&self) -> &Headings {
        self.headings.get_or_init(|| {
            let rules = self.rules.iter().enumerate();
            let others = self.aliases.iter().map(|(other, meant)| (normalised(other), normalised(meant)));
            Headings {
                rules: rules.map(|(at, rule)| (normalised(&rule.source.to_string()), at)).collect(),
                others: others.collect(),
            }
        })
    }

    /// The rule of a column, by its heading in its one spelling.
    pub(crate) fn rule_of(&self, heading: &str) -> Option<&Rule> {
        self.rules.get(*self.headings().rules.get(heading)?)
    }

    /// The name under which a column is mapped: its own, or the one that it is another heading of.
    pub fn column<'a>(&'a self, heading: &'a str) -> &'a str {
        self.aliases.get(heading).map_or(heading, |name| name)
    }

    /// Other headings of columns, each with the name under which it is mapped.
    pub fn aliases(&self) -> &BTreeMap<Box<str>, Box<str>> {
        &self.aliases
    }

    /// Targets whose value is made of several columns, with a `/` between them.
    pub fn joined(&self) -> &[(Path, Vec<Box<str>>)] {
        &self.joined
    }

    /// The top-level source names that lead to a canonical member of the top.
    pub(crate) fn sources_of(&self, target: &str) -> Vec<Box<str>> {
        let leads = |rule: &&Rule| rule.targets.iter().any(|path| path.to_string() == target);
        let first = |rule: &Rule| match rule.source.steps().first() {
            Some(Step::Member(name)) => Some(name.clone()),
            _ => None,
        };
        let mut sources: Vec<_> = self.rules.iter().filter(leads).filter_map(first).collect();
        sources.dedup();
        sources
    }
}
