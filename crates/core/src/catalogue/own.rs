//! The decisions of a home's officer as a file: all that a catalogue says beyond its base, in the grammar of the
//! embedded files. Made from the catalogue and never from an older file, so that the two cannot disagree.

use std::fmt::Write;

use serde::Serialize;

use super::{Catalogue, Field};
use crate::purpose::Purpose;

/// The name under which the file says where its fields come from.
const SOURCE: &str = "home";

const HEAD: &str = "\
# What this home's officer decided of fields that the catalogue did not name, and what they made stricter.
# Written by `bailee catalogue classify`, whole at each decision. What you add by hand stands in the file that
# [catalogue] extension in bailee.toml names.

[sources.home]
operation = \"decided by this home's officer\"
role = \"any\"
";

/// What `catalogue` says beyond `base`.
pub(super) fn text(base: &Catalogue, catalogue: &Catalogue) -> String {
    let mut text = HEAD.to_owned();
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
    line(text, "source", &SOURCE);
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
            line::<[Purpose]>(text, "purposes", &field.purposes);
            line(text, "mask", &field.mask);
        }
        (None, reason) => line(text, "fact", &reason.as_deref().unwrap_or_default()),
    }
}

fn line<T: Serialize + ?Sized>(text: &mut String, key: &str, value: &T) {
    let _ = writeln!(text, "{key} = {}", toml_of(value));
}

/// A value as TOML: words of closed sets, lists of them, and strings, none of which fails.
fn toml_of<T: Serialize + ?Sized>(value: &T) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}
