//! What leaves in bulk (2.6.g): sealed to a registered recipient, by an officer, and by two where it is more than one may let out alone.
//!
//! What is answered is never a value: the file is ciphertext, and the rest says who got how much of what, and by when it is to be gone.

mod making;
mod told;

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::proposal::Proposed;
use bailee_core::RecordId;
use bailee_vault::exports::{Export, ExportError};
use serde::Serialize;
use serde_json::json;

use crate::api::schema::pages;
use crate::api::{Operation, Tag, words};
use crate::archive::{FileLine, file};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal;
pub(crate) use making::carry_out;
use making::{Asked, make};
use told::{Line, asked, example, export};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/exports", "listExports", get(exports))
            .says(
                Tag::Exports,
                "List the exports",
                "Who got how much of whose data, for what, when, and by when it is to be gone. In the order in which they were made.",
            )
            .in_pages()
            .for_people()
            .answers(200, "They.", pages("exports", &export()), json!({ "exports": [example()], "next": null })),
        Operation::post("/v1/exports", "createExport", post(create))
            .says(
                Tag::Exports,
                "Seal records to a registered recipient",
                "The named fields, or all that have the purpose, of named records, or of all that are held of a seller. One field that has \
                 not the purpose refuses the whole, and so does a named record that is restricted, has no consent where that is asked for, or has \
                 ended; of all records such are left out and counted. More than one person may let out alone in a day, or to a recipient \
                 whom they added, takes two people where the home asks for a second one: then it is proposed. The file waits for 7 days to be \
                 fetched.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("What, to whom, and for what.", asked(), json!({
                "seller": words::SELLER,
                "references": [words::REFERENCE],
                "purpose": "fulfilment",
                "recipient": words::ID,
            }))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(201, "It is made.", export(), example())
            .refuses(&["bad-id", "second-person", "second-factor-stale", "too-many-items"])
            .refuses(&REFUSALS)
            .opens(),
        Operation::get("/v1/exports/{id}/file", "fetchExport", get(fetch))
            .says(
                Tag::Exports,
                "Fetch an export's file",
                "CMS, which the recipient opens with a stock tool; a statement with its SHA-256, and the signature of that by the ledger's \
                 key. None of it opens here. From the first time on the recipient is told what becomes of the records in it. Where something of \
                 it was erased, restricted or corrected since it was made, it is not given out any more.",
            )
            .for_people()
            .answers(200, "The file.", file("The export."), json!({
                "id": words::ID,
                "file": "MIIB…",
                "statement": "# bailee export 1\n…",
                "signature": "MEUC…",
                "ledger_key": "-----BEGIN PUBLIC KEY-----…",
            }))
            .refuses(&["not-found", "export-away", "export-stale", "export-not-made", "recipient-removed", "keyring-unusable"])
            .opens(),
    ]
}

/// What the making of an export can run into, also once it was approved.
pub(crate) const REFUSALS: [&str; 13] = [
    "export-stale",
    "unacceptable",
    "not-found",
    "unknown-seller",
    "purpose-not-of-field",
    "unclassified",
    "restricted",
    "no-consent",
    "recipient-removed",
    "recipient-not-registered",
    "export-too-large",
    "export-not-made",
    "too-many-exports",
];

#[derive(Serialize)]
struct Exports {
    exports: Vec<Line>,
    next: Option<String>,
}

async fn exports(edge: Edge, uri: Uri) -> Result<Json<Exports>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_exports(call.caller())?;
        let page = Page::asked("exports", &uri)?;
        let key = |one: &Export| format!("{:020} {}", one.at.as_nanosecond(), one.id);
        let (exports, next) = page.cut(call.vault().exports(&authorized)?, key);
        let exports = exports.into_iter().map(|one| Line::of(call, one)).collect();
        Ok(Json(Exports { exports, next }))
    })
    .await
}

async fn fetch(edge: Edge, Segments(id): Segments<String>) -> Result<Json<FileLine>, Problem> {
    edge.run(move |call| {
        // Asked before it is looked up: who may see no export learns of none.
        drop(call.gate().read_exports(call.caller())?);
        let id: RecordId = id.parse()?;
        let export = call.vault().export_of(id)?.ok_or(ExportError::Missing("export"))?;
        let authorized = call.gate().fetch_export(call.caller(), &export.seller)?;
        Ok(Json(FileLine::of(id, call.vault().fetch_export(authorized, id)?)))
    })
    .await
}

async fn create(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let asked = body.parse::<Asked>()?;
        // Asked before anything is looked up: who may have nothing exported learns nothing of what is held.
        call.gate().may_export(call.caller(), &asked.seller()?)?;
        let (plan, in_bulk) = asked.plan(call)?;
        if in_bulk && call.gate().standards().second_person {
            let filed = call.gate().propose(call.caller(), Proposed::Export { plan: Box::new(plan) })?;
            return Ok(Written::accepted(&proposal::line(call, filed)));
        }
        let authorized = call.gate().export(call.caller(), &plan.seller, in_bulk)?;
        // A name that no other export has: the request's own, since it makes one.
        let id = RecordId(call.caller().context.request.0);
        let export = make(call, authorized, id, &plan, None)?;
        Ok(Written::made(&Line::of(call, export)))
    })
    .await
}
