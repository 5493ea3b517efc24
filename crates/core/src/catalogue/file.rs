//! The catalogue's file format: groups of fields that share what they have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use super::tree::Tree;
use super::{
    Catalogue, CatalogueError, Cleaner, Field, HOME_FIELD_ID_MIN, Mask, PurposeEnd, Source, TermKind,
};
use crate::marketplace::is_marketplace_id;
use crate::{Class, FieldId, Kind, Purpose, written};

const NUMBER_TOO_HIGH: &str = "a field's number is at most 65535";

/// Reads a file. What it says is checked when it becomes, or extends, a catalogue.
pub(super) fn parse(text: &str) -> Result<File, CatalogueError> {
    written::read(text, &[NUMBER_TOO_HIGH]).map_err(CatalogueError::Syntax)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The kind of every group that names none, and of `lists`.
    kind: Option<Kind>,
    #[serde(default)]
    ends: BTreeMap<Purpose, PurposeEnd>,
    #[serde(default)]
    lists: BTreeMap<String, String>,
    #[serde(default)]
    sources: BTreeMap<String, Source>,
    /// Ids of marketplaces that this program does not know yet.
    #[serde(default)]
    marketplaces: Vec<String>,
    #[serde(default)]
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    lists: BTreeMap<String, String>,
    #[serde(default)]
    under: Option<String>,
    #[serde(default)]
    whole: bool,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    fact: Option<Box<str>>,
    #[serde(default)]
    class: Option<Class>,
    #[serde(default)]
    purposes: Option<Vec<Purpose>>,
    #[serde(default)]
    ends: Option<PurposeEnd>,
    #[serde(default)]
    mask: Option<Mask>,
    #[serde(default)]
    cleaner: Option<Cleaner>,
    #[serde(default)]
    fields: BTreeMap<String, Own>,
}

/// What a field says for itself.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OwnTable {
    id: Option<u16>,
    fact: Option<Box<str>>,
    class: Option<Class>,
    purposes: Option<Vec<Purpose>>,
    mask: Option<Mask>,
    cleaner: Option<Cleaner>,
    searched: Option<TermKind>,
}

/// A number alone, or a table. Not an untagged enum: that would hide where and what the mistake is.
struct Own(OwnTable);

impl<'de> Deserialize<'de> for Own {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OwnVisitor)
    }
}

struct OwnVisitor;

impl<'de> Visitor<'de> for OwnVisitor {
    type Value = Own;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's number, or a table")
    }

    fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<Own, E> {
        let id = u16::try_from(id).map_err(|_| E::custom(NUMBER_TOO_HIGH))?;
        Ok(Own(OwnTable { id: Some(id), ..OwnTable::default() }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Own, A::Error> {
        OwnTable::deserialize(MapAccessDeserializer::new(map)).map(Own)
    }
}

/// A field as the file declares it, its group's defaults filled in.
pub(super) struct Declared {
    pub(super) kind: Option<Kind>,
    pub(super) path: String,
    pub(super) id: Option<u16>,
    pub(super) fact: Option<Box<str>>,
    pub(super) class: Option<Class>,
    pub(super) purposes: Option<Vec<Purpose>>,
    pub(super) mask: Option<Mask>,
    pub(super) cleaner: Option<Cleaner>,
    pub(super) searched: Option<TermKind>,
    pub(super) ends: Option<PurposeEnd>,
    pub(super) unit: Option<Box<str>>,
    pub(super) source: Option<String>,
}

impl Group {
    fn declared(self, kind_of_file: Option<Kind>) -> Vec<Declared> {
        let Self { kind, under, whole, source, fact, class, purposes, ends, mask, cleaner, fields, .. } =
            self;
        let unit: Option<Box<str>> = under.as_deref().filter(|_| whole).map(Into::into);
        let declare = |(name, Own(own)): (String, Own)| {
            // A field's own class or fact replaces whichever of the two its group has.
            let decided = own.class.is_some() || own.fact.is_some();
            Declared {
                kind: kind.or(kind_of_file),
                path: under.as_ref().map_or_else(|| name.clone(), |under| format!("{under}.{name}")),
                id: own.id,
                fact: if decided { own.fact } else { fact.clone() },
                class: if decided { own.class } else { class },
                purposes: own.purposes.or_else(|| purposes.clone()),
                mask: own.mask.or(mask),
                cleaner: own.cleaner.or(cleaner),
                searched: own.searched,
                ends,
                unit: unit.clone(),
                source: source.clone(),
            }
        };
        fields.into_iter().map(declare).collect()
    }
}

impl File {
    /// The lists that the file names elements of, each with its kind and key.
    pub(super) fn lists(&self) -> impl Iterator<Item = (Option<Kind>, &String, &String)> {
        let of_file = self.lists.iter().map(|(list, key)| (self.kind, list, key));
        let of_groups = self
            .group
            .iter()
            .flat_map(|group| group.lists.iter().map(|(list, key)| (group.kind.or(self.kind), list, key)));
        of_file.chain(of_groups)
    }

    /// The sources that the file describes.
    pub(super) fn sources(&self) -> &BTreeMap<String, Source> {
        &self.sources
    }

    /// When purposes end, as the file says it.
    pub(super) fn ends(&self) -> &BTreeMap<Purpose, PurposeEnd> {
        &self.ends
    }

    /// Every field that the file declares.
    pub(super) fn into_declared(self) -> impl Iterator<Item = Declared> {
        self.group.into_iter().flat_map(move |group| group.declared(self.kind))
    }
}

/// What the fields of all files share.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    /// By the kind and path of a list: the member that names its elements.
    pub(super) lists: BTreeMap<(Kind, String), String>,
    pub(super) ends: BTreeMap<Purpose, PurposeEnd>,
    pub(super) sources: BTreeMap<String, Source>,
    /// Ids of marketplaces beside those that the program knows.
    pub(super) marketplaces: BTreeSet<String>,
}

impl Shared {
    /// Adds the marketplaces of a file.
    pub(super) fn add_marketplaces(&mut self, file: &File) -> Result<(), CatalogueError> {
        if let Some(other) = file.marketplaces.iter().find(|id| !is_marketplace_id(id)) {
            return Err(CatalogueError::Marketplace(other.clone()));
        }
        self.marketplaces.extend(file.marketplaces.iter().cloned());
        Ok(())
    }

    /// Adds the lists of a file; none may change a key that stands.
    pub(super) fn add_lists(&mut self, file: &File) -> Result<(), CatalogueError> {
        for (kind, list, key) in file.lists() {
            let kind = kind.ok_or_else(|| CatalogueError::NoKind(list.clone()))?;
            let known = self.lists.insert((kind, list.clone()), key.clone());
            if known.is_some_and(|known| known != *key) {
                return Err(CatalogueError::List(list.clone()));
            }
        }
        Ok(())
    }
}

/// Several files as one catalogue. Their order does not matter: one may use the sources and ends of another.
pub(super) fn catalogue(files: Vec<File>) -> Result<Catalogue, CatalogueError> {
    let mut shared = Shared::default();
    for file in &files {
        shared.add_lists(file)?;
        for (name, source) in file.sources() {
            let known = shared.sources.insert(name.clone(), source.clone());
            if known.is_some_and(|known| known != *source) {
                return Err(CatalogueError::Source(name.clone()));
            }
        }
        for (purpose, end) in file.ends() {
            if shared.ends.insert(*purpose, *end).is_some_and(|known| known != *end) {
                return Err(CatalogueError::Fixed { path: format!("[ends] {purpose}"), what: "end" });
            }
        }
    }
    let numbers = Numbers { min: 1, max: HOME_FIELD_ID_MIN - 1 };
    let declared = files.into_iter().flat_map(File::into_declared);
    let fields = declared.map(|declared| declared.field(&shared, numbers)).collect::<Result<_, _>>()?;
    assemble(fields, shared)
}

/// The numbers that a file may give out.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    pub(super) min: u16,
    pub(super) max: u16,
}

impl Declared {
    /// A new field.
    pub(super) fn field(self, shared: &Shared, numbers: Numbers) -> Result<Field, CatalogueError> {
        let Numbers { min, max } = numbers;
        let path = self.path;
        let Some(kind) = self.kind else { return Err(CatalogueError::NoKind(path)) };
        let Some(id) = self.id.filter(|id| (min..=max).contains(id)) else {
            return Err(CatalogueError::Number { path, min, max });
        };
        let Some(source) = self.source.and_then(|name| shared.sources.get(&name).cloned()) else {
            return Err(CatalogueError::Source(path));
        };
        if self.class.is_some() == self.fact.is_some() {
            return Err(CatalogueError::Undecided(path));
        }
        if self.class.is_none() && self.searched.is_some() {
            return Err(CatalogueError::Fixed { path, what: "search (a fact has none)" });
        }
        let purposes = if self.class.is_some() { self.purposes.unwrap_or_default() } else { Vec::new() };
        let ends = purpose_ends(&purposes, self.ends, &shared.ends);
        let (Some(ends), true) = (ends, self.class.is_none_or(|class| has_its_purposes(class, &purposes)))
        else {
            return Err(CatalogueError::NoPurpose(path));
        };
        Ok(Field {
            id: FieldId(id),
            kind,
            path: path.into(),
            class: self.class,
            cleaner: self.cleaner.unwrap_or(Cleaner::Verbatim),
            mask: self.mask.unwrap_or(Mask::Hidden),
            searched: self.searched,
            unit: self.unit,
            ends_with_item: self.ends == Some(PurposeEnd::ItemExpiry),
            reason: self.fact,
            source,
            ends,
            purposes,
        })
    }
}

/// A personal field has a purpose; an unclassified one, which is revealed to nobody, has none.
pub(super) fn has_its_purposes(class: Class, purposes: &[Purpose]) -> bool {
    (class == Class::Unclassified) == purposes.is_empty()
}

/// When each purpose ends; `None` when one has no end.
pub(super) fn purpose_ends(
    purposes: &[Purpose],
    own: Option<PurposeEnd>,
    ends: &BTreeMap<Purpose, PurposeEnd>,
) -> Option<Vec<(Purpose, PurposeEnd)>> {
    purposes.iter().map(|purpose| Some((*purpose, own.or_else(|| ends.get(purpose).copied())?))).collect()
}

/// Puts the parts of a catalogue together and checks what no part can check alone.
pub(super) fn assemble(mut fields: Vec<Field>, shared: Shared) -> Result<Catalogue, CatalogueError> {
    fields.sort_by_key(|field| field.id);
    let twice = fields.windows(2).find_map(|pair| match pair {
        [one, two] if one.id == two.id => Some(two.path.to_string()),
        _ => None,
    });
    if let Some(path) = twice {
        return Err(CatalogueError::Number { path, min: 1, max: u16::MAX });
    }
    let mut tree = Tree::new();
    for (index, field) in fields.iter().enumerate() {
        tree.insert(field.kind, &field.path, index)
            .map_err(|_| CatalogueError::Path(field.path.to_string()))?;
    }
    for ((kind, list), key) in &shared.lists {
        // An element's name stands in instance paths, which are shown: it must not be personal.
        let named = tree
            .name_elements(*kind, list, key)
            .and_then(|place| tree.leaf(place))
            .and_then(|leaf| fields.get(leaf));
        if named.is_none_or(Field::is_personal) {
            return Err(CatalogueError::List(list.clone()));
        }
    }
    Ok(Catalogue { fields, tree, shared })
}
