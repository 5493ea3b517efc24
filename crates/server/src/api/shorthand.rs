//! A schema in a line, as the references write it: `{"id","name"?,"buckets":[{"day","parts"}]}`.

use serde_json::Value;

use super::schema::Schema;

/// The line.
pub(super) fn of(schema: &Schema) -> String {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let members: Vec<String> = properties
            .iter()
            .map(|(name, schema)| {
                let optional = if required.contains(&name.as_str()) { "" } else { "?" };
                let inside = of(schema);
                let inside = if inside.is_empty() { inside } else { format!(":{inside}") };
                format!("\"{name}\"{optional}{inside}")
            })
            .collect();
        return format!("{{{}}}", members.join(","));
    }
    if let Some(items) = schema.get("items") {
        return match of(items) {
            inside if inside.is_empty() => "[…]".to_owned(),
            inside => format!("[{inside}]"),
        };
    }
    let several = schema.get("anyOf").or(schema.get("allOf")).and_then(Value::as_array);
    let lines: Vec<String> = several.into_iter().flatten().map(of).filter(|line| !line.is_empty()).collect();
    let joint = if schema.get("allOf").is_some() { "+" } else { "|" };
    lines.join(joint)
}

#[cfg(test)]
mod tests {
    use super::super::schema::{count, either, list, nullable, object, text};
    use super::*;

    #[test]
    fn a_schema_is_told_in_a_line() {
        let inner = object(&[("day", text("")), ("parts?", count(""))]);
        for (schema, line) in [
            (text(""), ""),
            (inner.clone(), r#"{"day","parts"?}"#),
            (nullable(inner.clone()), r#"{"day","parts"?}"#),
            (list(&text("")), "[…]"),
            (object(&[("buckets", list(&inner))]), r#"{"buckets":[{"day","parts"?}]}"#),
            (either(&[object(&[("token", text(""))]), inner]), r#"{"token"}|{"day","parts"?}"#),
        ] {
            assert_eq!(of(&schema), line);
        }
    }
}
