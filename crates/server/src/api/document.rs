//! The OpenAPI 3.1 document, made from the operations.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::operation::{In, Operation};
use super::schema::{self, NAME, Schema};
use super::{Tag, operations, words};
use crate::problem::{PROBLEM_TYPE_PREFIX, types};

/// What the API is, for whoever meets it first.
pub(super) const INTRODUCTION: &str = "Bailee holds the personal data of Amazon buyers in trust: your application sends documents \
and keeps tokens, and asks for a field again only for a purpose that it was granted.

Show who you are with `Authorization: Bearer`, followed by the token of a session or the key of a service.

Every answer carries `Request-Id`, the id under which the ledger has its events, and `Cache-Control: no-store`.

An unknown member of a body, or of a query, is an error: nothing is ignored. A JSON body has a limit of 1 MiB. \
Documents to collect have none; each of them has 4 MiB.

Lists come page by page: `limit` entries at most, and `next`, the `cursor` of the page that follows, until it is `null`. \
Nothing comes twice and nothing is left out while entries are added.

A write that takes an `Idempotency-Key` can be sent again: under the same key the same caller is given the first answer again \
(with `Idempotency-Replayed: true`), for 24 hours and across restarts. Another request under that key is refused. A request \
that was refused or failed changed nothing and is not remembered. Collecting needs no key: what is held already changes \
nothing. Revealing takes none: its answers are never kept.

A query member that is not described is refused (`bad-query`) where a route takes a query, and passed over where it takes none.

Whoever asks too often is answered 429, with the seconds to wait in `Retry-After`.

What is refused or fails is answered with a problem document of RFC 9457. A problem repeats \
nothing of the request but what passed for a name: of a seller, a service, a mapping, or the directory of a mirror. No value of a \
document, a search or a credential is in one.";

/// The document.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

fn document() -> Value {
    let mut names = BTreeMap::new();
    let mut paths = Map::new();
    for operation in operations() {
        let described = describe(&operation, &mut names);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.to_ascii_lowercase(), described);
        }
    }
    named(problem(), &mut names);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bailee",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Personal data of Amazon buyers, held in trust",
            "description": INTRODUCTION,
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": "/", "description": "The home that shows this document." }],
        "security": [{ "bearer": [] }],
        "tags": Tag::ALL.map(|tag| {
            let (name, says) = tag.words();
            json!({ "name": name, "description": says })
        }),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a session (`POST /v1/sessions`) or the key of a service (`POST /v1/services`).",
                },
            },
            "headers": headers(),
            "schemas": names,
        },
    })
}

fn describe(operation: &Operation, names: &mut BTreeMap<String, Value>) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag.words().0],
        "summary": operation.summary,
    });
    let mut set = |key: &str, value: Value| {
        if let Some(members) = described.as_object_mut() {
            members.insert(key.to_owned(), value);
        }
    };
    if !operation.says.is_empty() {
        set("description", json!(operation.says));
    }
    if operation.anonymous {
        set("security", json!([]));
    }
    let parameters: Vec<Value> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let mut one = json!({
                "name": parameter.name,
                "in": match parameter.place {
                    In::Path => "path",
                    In::Query => "query",
                    In::Header => "header",
                },
                "description": parameter.says,
                "required": parameter.place == In::Path,
                "schema": named(parameter.schema.clone(), names),
            });
            if let (Some(example), Some(members)) = (&parameter.example, one.as_object_mut()) {
                members.insert("example".to_owned(), example.clone());
            }
            one
        })
        .collect();
    if !parameters.is_empty() {
        set("parameters", json!(parameters));
    }
    if let Some(body) = &operation.body {
        let content = contents(&body.contents, names);
        set(
            "requestBody",
            json!({ "description": body.says, "required": body.required, "content": content }),
        );
    }
    set("responses", responses(operation, names));
    described
}

fn responses(operation: &Operation, names: &mut BTreeMap<String, Value>) -> Value {
    let mut responses = BTreeMap::new();
    for answered in &operation.answers {
        let mut headers = json!({ "Request-Id": { "$ref": "#/components/headers/Request-Id" } });
        if let Some(headers) = headers.as_object_mut() {
            headers.extend(answered.headers.iter().map(|(name, says)| {
                ((*name).to_owned(), json!({ "description": says, "schema": { "type": "string" } }))
            }));
        }
        let mut response = json!({ "description": answered.says, "headers": headers });
        if let (false, Some(response)) = (answered.contents.is_empty(), response.as_object_mut()) {
            response.insert("content".to_owned(), contents(&answered.contents, names));
        }
        responses.insert(answered.status.to_string(), response);
    }
    let mut refusals: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for one in types::TYPES.iter().filter(|one| operation.refusals.contains(one.code)) {
        refusals.entry(one.status).or_default().push(one.code);
    }
    for (status, codes) in refusals {
        responses.insert(status.to_string(), refusal(status, &codes));
    }
    json!(responses)
}

fn refusal(status: u16, codes: &[&str]) -> Value {
    let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let mut headers = json!({ "Request-Id": { "$ref": "#/components/headers/Request-Id" } });
    let further = match status {
        401 => Some("WWW-Authenticate"),
        429 => Some("Retry-After"),
        _ => None,
    };
    if let (Some(name), Some(headers)) = (further, headers.as_object_mut()) {
        headers.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    }
    json!({
        "description": format!("A problem: {}.", codes.join(", ")),
        "headers": headers,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn contents(
    contents: &[(&'static str, Schema, Option<Value>)],
    names: &mut BTreeMap<String, Value>,
) -> Value {
    let contents: Map<String, Value> = contents
        .iter()
        .map(|(media, schema, example)| {
            let schema = named(schema.clone(), names);
            let content = match example {
                Some(example) => json!({ "schema": schema, "example": example }),
                None => json!({ "schema": schema }),
            };
            ((*media).to_owned(), content)
        })
        .collect();
    Value::Object(contents)
}

fn headers() -> Value {
    json!({
        "Request-Id": {
            "description": "The id of the request, under which the ledger has its events.",
            "required": true,
            "schema": words::id("An id."),
        },
        "Retry-After": {
            "description": "Seconds to wait.",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 },
        },
        "WWW-Authenticate": {
            "description": "How to show who you are.",
            "required": true,
            "schema": { "type": "string", "const": "Bearer" },
        },
    })
}

fn problem() -> Schema {
    let types = types::TYPES.iter().map(|one| format!("{PROBLEM_TYPE_PREFIX}{}", one.code));
    let kinds = json!({
        "type": "string",
        "format": "uri",
        "description": "What kind of problem it is. The set may grow.",
        "examples": types.collect::<Vec<_>>(),
    });
    let problem = schema::object(&[
        ("type", kinds),
        ("title", schema::text("The same for every problem of this type.")),
        ("status", schema::within(400, 599, "The answer's status.")),
        ("detail", schema::text("What went wrong this time, and what to do.")),
        ("requirement?", schema::text("The requirement of the Data Protection Policy that it serves.")),
        ("remedy?", schema::text("What to do.")),
        ("index?", schema::count("The first entry of the ledger concerned.")),
        ("id?", words::id("What the first request under this idempotency key made.")),
        ("request_id", words::id("The request, as the ledger and `Request-Id` name it.")),
    ]);
    let example = json!({
        "type": format!("{PROBLEM_TYPE_PREFIX}unknown-seller"),
        "title": "There is no such seller",
        "status": 404,
        "detail": "there is no seller ALPHA; add it with `bailee seller add ALPHA`",
        "request_id": words::ID,
    });
    let says = "Why it was not done, as RFC 9457 has it.";
    schema::named(
        "Problem",
        schema::with(schema::with(problem, "description", json!(says)), "example", example),
    )
}

/// The schema with every named one inside it replaced by a reference, and kept under its name.
fn named(schema: Schema, names: &mut BTreeMap<String, Value>) -> Value {
    match schema {
        Value::Object(mut members) => {
            let name = members.remove(NAME);
            let members = members.into_iter().map(|(key, value)| (key, named(value, names))).collect();
            match name.as_ref().and_then(Value::as_str) {
                Some(name) => {
                    names.insert(name.to_owned(), Value::Object(members));
                    json!({ "$ref": format!("#/components/schemas/{name}") })
                }
                None => Value::Object(members),
            }
        }
        Value::Array(all) => all.into_iter().map(|one| named(one, names)).collect(),
        other => other,
    }
}
