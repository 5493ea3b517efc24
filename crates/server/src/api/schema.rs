//! JSON Schema in the few words that this API needs.
//!
//! A member whose name ends in `?` may be left out. Objects are closed: what is not named here is neither taken nor
//! answered.

use serde_json::{Map, Value, json};

/// A schema of JSON Schema 2020-12, which OpenAPI 3.1 takes as it is.
pub(crate) type Schema = Value;

/// Marks a schema that the document keeps once, under this name.
pub(super) const NAME: &str = "x-name";

/// An object with these members and no others.
pub(crate) fn object(members: &[(&str, Schema)]) -> Schema {
    let required: Vec<&str> =
        members.iter().map(|(name, _)| *name).filter(|name| !name.ends_with('?')).collect();
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema)| (name.trim_end_matches('?').to_owned(), schema.clone()))
        .collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        set(&mut schema, "required", json!(required));
    }
    set(&mut schema, "additionalProperties", json!(false));
    schema
}

/// The same, open to members that are told elsewhere.
pub(crate) fn growing(mut schema: Schema) -> Schema {
    set(&mut schema, "additionalProperties", json!(true));
    schema
}

/// An object whose members are named by input, each of this kind.
pub(crate) fn map(of: &Schema) -> Schema {
    json!({ "type": "object", "additionalProperties": of })
}

/// A list.
pub(crate) fn list(of: &Schema) -> Schema {
    json!({ "type": "array", "items": of })
}

/// A page of a list, under its name, and where the next one begins.
pub(crate) fn pages(name: &str, of: &Schema) -> Schema {
    let next = nullable(text("The `cursor` of the next page; `null` when this is the last."));
    object(&[(name, list(of)), ("next", next)])
}

/// A list with at most that many.
pub(crate) fn list_max(of: &Schema, max: usize) -> Schema {
    with(list(of), "maxItems", json!(max))
}

/// Any text.
pub(crate) fn text(says: &str) -> Schema {
    json!({ "type": "string", "description": says })
}

/// A text of a certain shape.
pub(crate) fn pattern(pattern: &str, says: &str) -> Schema {
    with(text(says), "pattern", json!(pattern))
}

/// One of a closed set of texts.
pub(crate) fn one_of<'a>(texts: impl IntoIterator<Item = &'a str>, says: &str) -> Schema {
    with(text(says), "enum", texts.into_iter().collect())
}

/// A whole number that is not negative.
pub(crate) fn count(says: &str) -> Schema {
    json!({ "type": "integer", "minimum": 0, "description": says })
}

/// A whole number within bounds.
pub(crate) fn within(least: u64, most: u64, says: &str) -> Schema {
    json!({ "type": "integer", "minimum": least, "maximum": most, "description": says })
}

/// Yes or no.
pub(crate) fn flag(says: &str) -> Schema {
    json!({ "type": "boolean", "description": says })
}

/// Any JSON value.
pub(crate) fn anything(says: &str) -> Schema {
    json!({ "description": says })
}

/// Either of several.
pub(crate) fn either(of: &[Schema]) -> Schema {
    json!({ "anyOf": of })
}

/// The same, or `null`.
pub(crate) fn nullable(schema: Schema) -> Schema {
    match schema.get("type").and_then(Value::as_str) {
        // An enumeration would have to name `null` among its texts, too.
        Some(kind) if schema.get("enum").is_none() && schema.get(NAME).is_none() => {
            let kinds = json!([kind, "null"]);
            with(schema, "type", kinds)
        }
        _ => either(&[schema, json!({ "type": "null" })]),
    }
}

/// A schema that the document keeps once, under a name.
pub(crate) fn named(name: &str, schema: Schema) -> Schema {
    with(schema, NAME, json!(name))
}

/// The schema with one more keyword.
pub(crate) fn with(mut schema: Schema, keyword: &str, value: Value) -> Schema {
    set(&mut schema, keyword, value);
    schema
}

fn set(schema: &mut Schema, keyword: &str, value: Value) {
    if let Some(members) = schema.as_object_mut() {
        members.insert(keyword.to_owned(), value);
    }
}
