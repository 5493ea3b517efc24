//! The catalogue's file format: groups of fields that share what they have in common.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use super::tree::Tree;
use super::{
    Catalogue, CatalogueError, Cleaner, Field, HOME_FIELD_ID_MIN, Mask, PurposeEnd, Source, TermKind,
};
use crate::{Class, FieldId, Kind, Purpose};

/// Reads a file. What it says is checked when it becomes, or extends, a catalogue.
pub(super) fn parse(text: &str) -> Result<File, CatalogueError> {
    toml::from_str(text)
        .map_err(|error| CatalogueError::Syntax(error.to_string().trim_end().replace('\n', " ")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Orders are the only kind so far; the line is there so that files of two kinds are told apart.
    #[expect(dead_code, reason = "parsed, so that another kind is refused")]
    kind: Kind,
    #[serde(default)]
    ends: BTreeMap<Purpose, PurposeEnd>,
    #[serde(default)]
    pub(super) lists: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) sources: BTreeMap<String, Source>,
    #[serde(default)]
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
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
        let id = u16::try_from(id).map_err(|_| E::custom("a field's number is at most 65535"))?;
        Ok(Own(OwnTable { id: Some(id), ..OwnTable::default() }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Own, A::Error> {
        OwnTable::deserialize(MapAccessDeserializer::new(map)).map(Own)
    }
}

/// A field as the file declares it, its group's defaults filled in.
pub(super) struct Declared {
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
    fn declared(self) -> Vec<Declared> {
        let Self { under, whole, source, fact, class, purposes, ends, mask, cleaner, fields } = self;
        let unit: Option<Box<str>> = under.as_deref().filter(|_| whole).map(Into::into);
        let declare = |(name, Own(own)): (String, Own)| {
            // A field's own class or fact replaces whichever of the two its group has.
            let decided = own.class.is_some() || own.fact.is_some();
            Declared {
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
    /// The file as a catalogue of its own.
    pub(super) fn catalogue(self) -> Result<Catalogue, CatalogueError> {
        let Self { ends, lists, sources, group, .. } = self;
        let numbers = Numbers { min: 1, max: HOME_FIELD_ID_MIN - 1 };
        let fields = group.into_iter().flat_map(Group::declared);
        let fields =
            fields.map(|declared| declared.field(&ends, &sources, numbers)).collect::<Result<_, _>>()?;
        assemble(fields, lists, ends, sources)
    }

    /// Every field that the file declares.
    pub(super) fn into_declared(self) -> impl Iterator<Item = Declared> {
        self.group.into_iter().flat_map(Group::declared)
    }

    /// Whether the file tries to say when purposes end.
    pub(super) fn sets_ends(&self) -> bool {
        !self.ends.is_empty()
    }
}

/// The numbers that a file may give out.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    pub(super) min: u16,
    pub(super) max: u16,
}

impl Declared {
    /// A new field.
    pub(super) fn field(
        self,
        ends: &BTreeMap<Purpose, PurposeEnd>,
        sources: &BTreeMap<String, Source>,
        numbers: Numbers,
    ) -> Result<Field, CatalogueError> {
        let Numbers { min, max } = numbers;
        let path = self.path;
        let Some(id) = self.id.filter(|id| (min..=max).contains(id)) else {
            return Err(CatalogueError::Number { path, min, max });
        };
        let Some(source) = self.source.and_then(|name| sources.get(&name).cloned()) else {
            return Err(CatalogueError::Source(path));
        };
        if self.class.is_some() == self.fact.is_some() {
            return Err(CatalogueError::Undecided(path));
        }
        if self.class.is_none() && self.searched.is_some() {
            return Err(CatalogueError::Fixed { path, what: "search (a fact has none)" });
        }
        let purposes = if self.class.is_some() { self.purposes.unwrap_or_default() } else { Vec::new() };
        let ends = purpose_ends(&purposes, self.ends, ends);
        let (Some(ends), true) = (ends, self.class.is_none_or(|class| has_its_purposes(class, &purposes)))
        else {
            return Err(CatalogueError::NoPurpose(path));
        };
        Ok(Field {
            id: FieldId(id),
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
pub(super) fn assemble(
    mut fields: Vec<Field>,
    lists: BTreeMap<String, String>,
    ends: BTreeMap<Purpose, PurposeEnd>,
    sources: BTreeMap<String, Source>,
) -> Result<Catalogue, CatalogueError> {
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
        tree.insert(&field.path, index).map_err(|_| CatalogueError::Path(field.path.to_string()))?;
    }
    for (list, key) in &lists {
        // An element's name stands in instance paths, which are shown: it must not be personal.
        let named = tree
            .name_elements(list, key)
            .and_then(|place| tree.leaf(place))
            .and_then(|leaf| fields.get(leaf));
        if named.is_none_or(Field::is_personal) {
            return Err(CatalogueError::List(list.clone()));
        }
    }
    Ok(Catalogue { fields, tree, lists, ends, sources })
}
