//! The decisions of a home's officer as a file: all that a catalogue says beyond its base, in the grammar of the
//! embedded files. Made from the catalogue and never from an older file, so that the two cannot disagree.

use std::fmt::Write;

use serde::Serialize;

use super::{Catalogue, CatalogueError, Cleaner, Field, Mask, TermKind};
use crate::path::FieldSelector;
use crate::{Class, FieldId, Kind, Purpose};

/// The name under which the file says where its fields come from.
const SOURCE: &str = "officer";

/// What an officer decides of a field: of a new one what it is, of a known one how it becomes stricter.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Of what it is a field.
    pub kind: Kind,
    /// Its schema path, such as `orderItems[].extra.gift-note`.
    pub path: String,
    /// How it identifies somebody; none for a fact, or where it stays what it is.
    pub class: Option<Class>,
    /// Why it is a fact.
    pub fact: Option<String>,
    /// Why it may be used.
    pub purposes: Option<Vec<Purpose>>,
    /// What may be shown of it.
    pub mask: Option<Mask>,
    /// How it is cleaned.
    pub cleaner: Option<Cleaner>,
    /// The term it is searched by.
    pub searched: Option<TermKind>,
}

impl Decision {
    /// The decision in the grammar of the catalogue's files. `id` is that of a field that is new.
    fn toml(&self, id: Option<FieldId>) -> String {
        let mut text = format!("{SOURCES}\n[[group]]\n");
        line(&mut text, "kind", &self.kind);
        line_if(&mut text, "source", id.map(|_| SOURCE));
        line_if(&mut text, "class", self.class);
        line_if(&mut text, "fact", self.fact.as_deref());
        line_if(&mut text, "purposes", self.purposes.as_ref());
        line_if(&mut text, "mask", self.mask);
        line_if(&mut text, "cleaner", self.cleaner);
        let id = id.map(|id| format!("id = {}", id.0));
        let searched = self.searched.map(|term| format!("searched = {}", toml_of(&term)));
        let own: Vec<String> = id.into_iter().chain(searched).collect();
        let _ = writeln!(text, "fields = {{ {} = {{ {} }} }}", toml_of(&self.path), own.join(", "));
        text
    }
}

/// `catalogue` with a decision, and the number of the field that it is about.
pub(super) fn decided(
    catalogue: &Catalogue,
    decision: &Decision,
    next: FieldId,
) -> Result<(Catalogue, FieldId), CatalogueError> {
    let path = decision.path.parse::<FieldSelector>().ok();
    // A sign that no line holds would break the file's.
    let is_written_well = path.is_some_and(|path| path.schema() == decision.path)
        && !decision
            .path
            .chars()
            .chain(decision.fact.iter().flat_map(|fact| fact.chars()))
            .any(char::is_control);
    if !is_written_well {
        return Err(CatalogueError::Path(decision.path.clone()));
    }
    match catalogue.field_at(decision.kind, &decision.path).map(|field| field.id) {
        Some(known) => Ok((catalogue.extended(&decision.toml(None))?, known)),
        None => Ok((catalogue.extended(&decision.toml(Some(next)))?, next)),
    }
}

const SOURCES: &str = "\
[sources.officer]
operation = \"decided by this home's officer\"
role = \"any\"
";

const HEAD: &str = "\
# What this home's officer decided of fields that the catalogue did not name, and what they made stricter.
# Written by `bailee catalogue classify`, whole at each decision. What you add by hand stands in the file that
# [catalogue] extension in bailee.toml names.

";

/// What `catalogue` says beyond `base`.
pub(super) fn text(base: &Catalogue, catalogue: &Catalogue) -> String {
    let mut text = format!("{HEAD}{SOURCES}");
    for field in &catalogue.fields {
        match base.field(field.id) {
            None => new_field(&mut text, field),
            Some(before) if differs(before, field) => stricter_field(&mut text, field),
            Some(_) => {}
        }
    }
    text
}

fn differs(before: &Field, field: &Field) -> bool {
    (before.class, before.mask, &before.purposes) != (field.class, field.mask, &field.purposes)
}

fn new_field(text: &mut String, field: &Field) {
    group(text, field);
    line(text, "source", SOURCE);
    line(text, "cleaner", &field.cleaner);
    let searched = field.searched.map(|term| format!(", searched = {}", toml_of(&term))).unwrap_or_default();
    let (path, id) = (toml_of(&field.path), field.id.0);
    // Writing to a string does not fail.
    let _ = writeln!(text, "fields = {{ {path} = {{ id = {id}{searched} }} }}");
}

fn stricter_field(text: &mut String, field: &Field) {
    group(text, field);
    let _ = writeln!(text, "fields = {{ {} = {} }}", toml_of(&field.path), field.id.0);
}

/// What both have in common: a group of one field.
fn group(text: &mut String, field: &Field) {
    text.push_str("\n[[group]]\n");
    line(text, "kind", &field.kind);
    match (field.class, &field.reason) {
        (Some(class), _) => {
            line(text, "class", &class);
            line(text, "purposes", &field.purposes);
            line(text, "mask", &field.mask);
        }
        (None, reason) => line(text, "fact", reason.as_deref().unwrap_or_default()),
    }
}

fn line<T: Serialize + ?Sized>(text: &mut String, key: &str, value: &T) {
    let _ = writeln!(text, "{key} = {}", toml_of(value));
}

fn line_if<T: Serialize>(text: &mut String, key: &str, value: Option<T>) {
    if let Some(value) = value {
        line(text, key, &value);
    }
}

/// A value as TOML: words of closed sets, lists of them, and strings without control characters. All of these are written
/// in JSON as in TOML on one line, which a TOML writer does not promise; and none of them fails.
fn toml_of<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
