//! The mapping file's format, and what is checked when one is read.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bailee_core::{Kind, written};
use serde::Deserialize;

use super::tree::Sources;
use super::{Mapping, Path, Rule, Step};
use crate::format::{Frame, Head, MappingError, Recognise, ReferenceShape, Syntax};

/// Most rules of a mapping: ten times the widest report has columns.
pub(super) const RULES_MAX: usize = 2000;

/// Longest name, path or reason in a mapping.
pub(super) const NAME_BYTES_MAX: usize = 400;

/// Most targets of one source.
const TARGETS_MAX: usize = 32;

/// Longest name of a format: that of a code in an event of the ledger, where it stands.
const FORMAT_BYTES_MAX: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Box<str>,
    title: Box<str>,
    #[serde(default)]
    names: Vec<Box<str>>,
    kind: Kind,
    #[serde(default)]
    reference: ReferenceShape,
    syntax: Syntax,
    #[serde(default)]
    recognise: Recognise,
    #[serde(default)]
    frame: Frame,
    #[serde(default)]
    fields: BTreeMap<Box<str>, Target>,
    #[serde(default)]
    aliases: BTreeMap<Box<str>, Box<str>>,
    #[serde(default)]
    join: BTreeMap<Box<str>, Vec<Box<str>>>,
}

/// What is said of a target that is neither. The same stands as `expecting` below, where only a literal may.
const TARGET: &str = "a target is a path, or a table with `to` (and `words`) or with `drop`";
const TO: &str = "`to` is a path or a list of paths";

/// A target alone, or a table.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a target is a path, or a table with `to` (and `words`) or with `drop`")]
enum Target {
    Path(Box<str>),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    to: Option<To>,
    #[serde(default)]
    words: BTreeMap<Box<str>, Box<str>>,
    #[serde(default)]
    drop: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`to` is a path or a list of paths")]
enum To {
    One(Box<str>),
    Many(Vec<Box<str>>),
}

/// Refuses what is no name of a format.
pub(crate) fn check_name(format: &str) -> Result<(), MappingError> {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = !format.is_empty() && format.len() <= FORMAT_BYTES_MAX && format.bytes().all(sound);
    if is_name { Ok(()) } else { Err(MappingError::Name) }
}

/// Reads a mapping file. One without fields is of a format whose names are the canonical ones.
pub(crate) fn parse(text: &str) -> Result<(Head, Option<Mapping>), MappingError> {
    let File { format, title, names, kind, reference, syntax, recognise, frame, fields, aliases, join } =
        written::read(text, &[TARGET, TO]).map_err(MappingError::Syntax)?;
    check_name(&format)?;
    let too_long = |name: &str| name.len() > NAME_BYTES_MAX;
    if fields.len() > RULES_MAX || aliases.len() > RULES_MAX || fields.keys().any(|name| too_long(name)) {
        return Err(MappingError::TooLarge { rules_max: RULES_MAX, name_bytes_max: NAME_BYTES_MAX });
    }
    if recognise.all.is_empty() && recognise.any.is_empty() {
        return Err(MappingError::Unrecognisable);
    }
    let mapping = if fields.is_empty() { None } else { Some(mapping(fields, aliases, join, syntax)?) };
    Ok((Head { name: format, title, names, kind, reference, syntax, recognise, frame }, mapping))
}

fn mapping(
    fields: BTreeMap<Box<str>, Target>,
    aliases: BTreeMap<Box<str>, Box<str>>,
    join: BTreeMap<Box<str>, Vec<Box<str>>>,
    syntax: Syntax,
) -> Result<Mapping, MappingError> {
    let mut rules = Vec::with_capacity(fields.len());
    let mut by_source = BTreeMap::new();
    for (source, target) in fields {
        by_source.insert(source.clone(), rules.len());
        rules.push(rule(&source, target, syntax)?);
    }
    for name in aliases.values().chain(join.values().flatten()) {
        if !by_source.contains_key(name) {
            return Err(MappingError::Undecided(name.to_string()));
        }
    }
    let tree = match syntax {
        Syntax::Table => Sources::default(),
        Syntax::Json | Syntax::Xml => Sources::new(&rules)?,
    };
    let path = |target: &str| Path::parse(target).ok_or_else(|| MappingError::Path(target.to_owned()));
    let joined = join.into_iter().map(|(target, columns)| Ok((path(&target)?, columns)));
    let joined = joined.collect::<Result<_, MappingError>>()?;
    Ok(Mapping { rules, by_source, aliases, joined, sources: tree, headings: OnceLock::new() })
}

fn rule(name: &str, target: Target, syntax: Syntax) -> Result<Rule, MappingError> {
    let (to, words, drop) = match target {
        Target::Path(path) => (vec![path], BTreeMap::new(), None),
        Target::Table(Table { to, words, drop }) => {
            let to = match to {
                None => Vec::new(),
                Some(To::One(path)) => vec![path],
                Some(To::Many(paths)) => paths,
            };
            (to, words, drop)
        }
    };
    if to.is_empty() != drop.is_some() || to.len() > TARGETS_MAX {
        return Err(MappingError::Undecided(name.to_owned()));
    }
    let wrong = || MappingError::Path(name.to_owned());
    let source = match syntax {
        Syntax::Table => Path::column(name),
        Syntax::Json | Syntax::Xml => Path::parse(name).ok_or_else(wrong)?,
    };
    if source.steps().iter().any(|step| !matches!(step, Step::Member(_) | Step::Each)) {
        return Err(wrong());
    }
    let targets: Vec<Path> =
        to.iter().map(|path| Path::parse(path).ok_or_else(wrong)).collect::<Result<_, _>>()?;
    if syntax != Syntax::Table && !targets.iter().all(|target| binds(&source, target)) {
        return Err(MappingError::Lists(name.to_owned()));
    }
    Ok(Rule { source, targets, words, drop })
}

/// Whether each list of the source has one of the target. A target may end in one more, to collect values.
fn binds(source: &Path, target: &Path) -> bool {
    target.lists() == source.lists() || (target.collects() && target.lists() == source.lists() + 1)
}
