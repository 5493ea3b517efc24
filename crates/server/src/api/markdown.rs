//! The references in Markdown: every route, and every type of problem.

use std::fmt::Write;

use super::document::INTRODUCTION;
use super::operation::{In, Operation};
use super::{operations, shorthand};
use crate::problem::{PROBLEM_TYPE_PREFIX, types};

/// Every route in a table.
pub(super) fn api() -> String {
    let mut text = String::from(
        "# HTTP API\n\n\
         JSON under `/v1`, over HTTPS where `bailee serve` listens, and by its Unix socket. The command line is a client of this API.\n\
         [openapi.json](openapi.json) describes it for programs, with schemas and examples; a running server shows it at \
         `/openapi.json`, and to\npeople at `/docs`. What is refused is listed under [problems](problems.md).\n\n\
         | method and path | takes | answers |\n|---|---|---|\n",
    );
    for operation in operations() {
        let (method, path) = (operation.method, operation.path);
        let row = format!("| `{method} {path}` | {} | {} |", takes(&operation), answers(&operation));
        text.push_str(&row);
        text.push('\n');
    }
    let _ = write!(text, "\n## What holds for all of them\n\n{INTRODUCTION}\n");
    text
}

/// A shape as it stands in a table.
fn cell(line: &str) -> String {
    match line.is_empty() {
        true => String::new(),
        false => format!("`{}`", line.replace('|', "\\|")),
    }
}

fn takes(operation: &Operation) -> String {
    let body = operation.body.as_ref().map(|body| match body.contents.as_slice() {
        [(_, schema, _)] => cell(&shorthand::of(schema)),
        _several => body.says.to_owned(),
    });
    let among = |place| {
        let names = operation.parameters.iter().filter(|one| one.place == place);
        names.map(|one| format!("`{}`", one.name)).collect::<Vec<_>>().join(", ")
    };
    let (query, headers) = (among(In::Query), among(In::Header));
    let parts = [
        body.unwrap_or_default(),
        if query.is_empty() { query } else { format!("query {query}") },
        if headers.is_empty() { headers } else { format!("header {headers}") },
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn answers(operation: &Operation) -> String {
    let all: Vec<String> = operation
        .answers
        .iter()
        .map(|answered| match answered.contents.as_slice() {
            [] => "nothing".to_owned(),
            [(_, schema, _)] if shorthand::of(schema).is_empty() => answered.says.to_owned(),
            [(_, schema, _)] => cell(&shorthand::of(schema)),
            [(_, schema, _), ..] => format!("{}; {}", cell(&shorthand::of(schema)), answered.says),
        })
        .collect();
    all.join("; ")
}

/// Every type of problem in a table.
pub(super) fn problems() -> String {
    let mut text = format!(
        "# Problems\n\n\
         What is refused or fails is answered with a problem document of RFC 9457 (`application/problem+json`):\n\
         `{{\"type\",\"title\",\"status\",\"detail\",\"requirement\"?,\"remedy\"?,\"index\"?,\"id\"?,\"request_id\"}}`. Its `type` is \
         `{PROBLEM_TYPE_PREFIX}` and a code of this list;\ncodes and titles never change, and the list may grow. `detail` says \
         what went wrong this time. It repeats nothing of the request but what\npassed for a name: of a seller, a \
         service, a mapping, or the directory of a mirror. No value of a document, a search or a\ncredential is in one. The codes of single items of a reveal are among \
         these, and so are those of denials in the ledger.\n\n\
         | status | code | what it is | what to do |\n|---|---|---|---|\n"
    );
    for types::Type { code, status, title, remedy } in types::TYPES {
        let _ = writeln!(text, "| {status} | `{code}` | {title} | {remedy} |");
    }
    text
}
