//! Whether an answer is one of those that the description has for its operation: status, media type, shape, headers.
//!
//! Only the keywords of JSON Schema that the description uses are known here, and patterns and formats are left to the
//! program that asks from outside.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use bailee_server::reference;
use serde_json::{Map, Value};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&reference::openapi()).unwrap());

/// The operation that a request is for; none where there is no such route, or not with this method.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    let matches = |shape: &str| {
        let (shape, path): (Vec<&str>, Vec<&str>) = (shape.split('/').collect(), path.split('/').collect());
        shape.len() == path.len() && shape.iter().zip(&path).all(|(shape, part)| part_matches(shape, part))
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let mut found: Vec<_> = paths.iter().filter(|(shape, _)| matches(shape)).collect();
    // The more of a path that is written out, the closer it is.
    found.sort_by_key(|(shape, _)| shape.replace("{id}:", ":").matches('{').count());
    found.first().and_then(|(_, methods)| methods.get(method.to_lowercase()))
}

fn part_matches(shape: &str, part: &str) -> bool {
    match shape.split_once('}') {
        Some((_, verb)) => part.ends_with(verb) && (!verb.is_empty() || !part.contains(':')),
        None => shape == part,
    }
}

#[track_caller]
pub(crate) fn check(method: &str, path: &str, status: u16, headers: &HeaderMap, body: &[u8]) {
    let Some(operation) = operation(method, path) else { return };
    let place = format!("{method} {path} → {status}");
    let answer = &operation["responses"][status.to_string()];
    assert!(!answer.is_null(), "{place}: {}", String::from_utf8_lossy(body));
    for name in answer["headers"].as_object().into_iter().flat_map(Map::keys) {
        assert!(headers.contains_key(name) || name == "Trailer", "{place}: {name}");
    }
    let Some(contents) = answer["content"].as_object() else {
        assert!(body.is_empty(), "{place}");
        return;
    };
    let media = headers["content-type"].to_str().unwrap().split(';').next().unwrap();
    let content = contents.get(media).unwrap_or_else(|| panic!("{place}: {media}"));
    let is_json = media == "application/json" || media == "application/problem+json";
    if is_json && !headers.contains_key("content-encoding") {
        let value = serde_json::from_slice(body).unwrap();
        conforms(&content["schema"], &value).unwrap_or_else(|why| panic!("{place}: {why}: {value}"));
    }
    if let Some(code) = headers["content-type"].to_str().unwrap().strip_prefix("application/problem+json") {
        assert!(code.is_empty());
        let problem: Value = serde_json::from_slice(body).unwrap();
        let code = problem["type"].as_str().unwrap().rsplit(':').next().unwrap();
        let says = answer["description"].as_str().unwrap();
        assert!(says.contains(&format!("`{code}`")), "{place}: {code} is not among {says}");
    }
}

fn conforms(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return conforms(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(), value);
    }
    if let Some(several) = schema["anyOf"].as_array() {
        return match several.iter().any(|one| conforms(one, value).is_ok()) {
            true => Ok(()),
            false => Err(format!("{value} is none of {schema}")),
        };
    }
    schema["allOf"].as_array().into_iter().flatten().try_for_each(|one| conforms(one, value))?;
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_kind = kinds.contains(&kind) || kind == "integer" && kinds.contains(&"number");
    if !kinds.is_empty() && !is_kind {
        return Err(format!("{value} is not of {kinds:?}"));
    }
    if schema["enum"].as_array().is_some_and(|texts| !texts.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    if let (Some(elements), Some(items)) = (value.as_array(), schema.get("items")) {
        elements.iter().try_for_each(|element| conforms(items, element))?;
    }
    let Some(members) = value.as_object() else { return Ok(()) };
    if let Some(missing) = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|name| !members.contains_key(name.as_str().unwrap()))
    {
        return Err(format!("{missing} is missing"));
    }
    members.iter().try_for_each(|(name, member)| {
        let said = match schema["properties"].get(name) {
            Some(schema) => conforms(schema, member),
            None => match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => Err("it is not described".to_owned()),
                Some(more @ Value::Object(_)) => conforms(more, member),
                _ => Ok(()),
            },
        };
        said.map_err(|why| format!("{name}: {why}"))
    })
}

#[test]
fn what_is_not_described_is_found() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "a": { "type": ["string", "null"] }, "b": { "type": "array", "items": { "enum": ["x"] } } },
        "required": ["a"],
        "additionalProperties": false,
    });
    let holds = |text: &str| conforms(&schema, &serde_json::from_str(text).unwrap()).is_ok();
    assert!(holds(r#"{"a":null}"#) && holds(r#"{"a":"x","b":["x","x"]}"#));
    for wrong in [r#"{}"#, r#"{"a":1}"#, r#"{"a":"x","c":1}"#, r#"{"a":"x","b":["y"]}"#, "[]"] {
        assert!(!holds(wrong), "{wrong}");
    }
}
