//! Quarantine: reasons, places and masks, never a value; taking in what was mended, throwing away the rest.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_core::{RecordId, SellerId};
use bailee_vault::quarantine::discard::Reason;
use bailee_vault::quarantine::retry::Retry;
use bailee_vault::quarantine::{Item, Quarantined};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, list as listed, named, nullable, object, one_of, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{self, JsonBody, Segments};
use crate::collect::{self, Answer, charset, format};
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let retrying = |path, id, summary| {
        Operation::post(path, id, post(retry))
            .says(
                Tag::Quarantine,
                summary,
                "What is taken in leaves quarantine; what fails again stays and is counted as `quarantined`.",
            )
            .once()
            .for_services()
            .works_on_keys()
            .takes("How to read it; an empty object reads it as before.", how(), json!({}))
            .answers(200, "What came of it.", collect::summary(), collect::example())
            .refuses(&[
                "unknown-format",
                "unknown-charset",
                "unreadable-input",
                "changed-meanwhile",
                "seller-ended",
            ])
            .opens()
    };
    vec![
        Operation::get("/v1/quarantine", "listQuarantine", get(list))
            .says(
                Tag::Quarantine,
                "List what is in quarantine",
                "The newest first: reasons and places, never a value.",
            )
            .query("seller", "Of this seller alone.", words::seller_id())
            .in_pages()
            .for_people()
            .answers(
                200,
                "What is there.",
                pages("quarantined", &item(&[])),
                json!({ "quarantined": [item_example()], "next": null }),
            )
            .refuses(&["bad-id", "unknown-seller"])
            .opens(),
        Operation::get("/v1/quarantine/{id}", "showQuarantined", get(show).fallback(other_method))
            .says(
                Tag::Quarantine,
                "Show one of them",
                "With an outline of its content: names and masks, never a value.",
            )
            .for_people()
            .answers(200, "It.", quarantined(), quarantined_example())
            .refuses(&["not-found"])
            .opens(),
        retrying("/v1/quarantine/{id}:retry", "retryQuarantined", "Read one of them again")
            .within("/v1/quarantine/{id}", post(act))
            .refuses(&["not-found"]),
        Operation::post("/v1/quarantine/{id}:discard", "discardQuarantined", post(act))
            .within("/v1/quarantine/{id}", post(act))
            .says(Tag::Quarantine, "Throw one of them away", "Its key is taken away with it.")
            .once()
            .for_people()
            .works_on_keys()
            .takes("Why.", object(&[("reason", reason())]), json!({ "reason": "duplicate" }))
            .answers_nothing("It is gone.")
            .refuses(&["not-found", "unknown-reason", "seller-not-granted"])
            .opens(),
        retrying(
            "/v1/sellers/{seller}/quarantine:retry",
            "retryQuarantine",
            "Read everything in a seller's quarantine again",
        )
        .refuses(&["unknown-seller"]),
    ]
}

fn reason() -> Schema {
    one_of(Reason::ALL.iter().map(|reason| reason.as_str()), "Why it is thrown away.")
}

fn how() -> Schema {
    object(&[
        ("format?", nullable(text("The format, by its name."))),
        ("charset?", nullable(text("The character set, by its name."))),
    ])
}

/// One of them, with what else is told of it.
fn item(more: &[(&str, Schema)]) -> Schema {
    let position = object(&[
        ("document", count("Counts documents, from 1.")),
        ("line", count("Counts lines, from 1.")),
        ("byte", count("Counts bytes of the text, from 0.")),
    ]);
    let mut members = vec![
        ("id", words::id("Its id.")),
        ("seller", words::seller_id()),
        ("source", text("What the input was called.")),
        ("position", position),
        ("reason", text("Why: a stable code.")),
        ("words", text("The same in words, with what to do.")),
        ("format", text("The format that it was read as.")),
        ("kind", words::kind()),
        ("bytes", count("Bytes kept.")),
        ("since", words::time("Since when.")),
        ("expires_at", words::time("Gone by.")),
    ];
    members.extend(more.iter().cloned());
    object(&members)
}

fn quarantined() -> Schema {
    let field = object(&[
        ("path", text("A place that the catalogue knows.")),
        ("class?", words::class()),
        ("mask?", text("The first value's mask.")),
        ("count", count("How often it is there.")),
    ]);
    let outline = object(&[
        ("fields", listed(&field)),
        ("unknown", count("Values at places that the catalogue does not know.")),
    ]);
    named("Quarantined", item(&[("outline", outline)]))
}

fn item_example() -> Value {
    json!({
        "id": words::ID,
        "seller": words::SELLER,
        "source": "orders.json",
        "position": { "document": 1, "line": 1, "byte": 0 },
        "reason": "duplicate-key",
        "words": "a key is there twice; send the document again without one of them",
        "format": "orders-2026-01-01",
        "kind": "order",
        "bytes": 87,
        "since": words::TIME,
        "expires_at": "2026-04-01T09:00:00Z",
    })
}

fn quarantined_example() -> Value {
    let field = json!({ "path": "buyer.buyerName", "class": "identity", "mask": "J*** F****", "count": 1 });
    let mut example = item_example();
    if let Some(members) = example.as_object_mut() {
        members.insert("outline".to_owned(), json!({ "fields": [field], "unknown": 0 }));
    }
    example
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    seller: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// What is in quarantine.
#[derive(Serialize)]
struct List {
    quarantined: Vec<Item>,
    next: Option<String>,
}

/// How to read again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct How {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    charset: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<List>, Problem> {
    edge.run(move |call| {
        let which: Which = body::query(&uri)?;
        let seller = which.seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let page: Page<RecordId> = Page::of("quarantine", which.limit, which.cursor.as_deref())?;
        let authorized = call.gate().read_quarantine(call.caller(), seller.as_ref())?;
        let quarantined = call.vault().quarantine(authorized, seller.as_ref(), page.after, page.limit)?;
        let last = quarantined.last().filter(|_| quarantined.len() >= page.limit);
        let next = last.map(|item| page.cursor(&item.id));
        Ok(Json(List { quarantined, next }))
    })
    .await
}

async fn show(edge: Edge, Segments(id): Segments<String>) -> Result<Json<Quarantined>, Problem> {
    if id.contains(':') {
        return Err(methods_of(&id));
    }
    edge.run(move |call| {
        let id: RecordId = id.parse()?;
        let authorized = call.gate().read_quarantine(call.caller(), None)?;
        let item = call.vault().quarantined(authorized, id, &call.mappings().formats())?;
        item.map(Json).ok_or_else(nothing_there)
    })
    .await
}

async fn retry(edge: Edge, Segments(seller): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| retry_items(call, &seller.parse()?, None, body)).await
}

/// What is done with one of them: the verb follows its id.
async fn act(edge: Edge, Segments(target): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    if !target.contains(':') {
        return Err(methods_of(&target));
    }
    edge.write(body, move |call, body| match target.split_once(':') {
        Some((id, "retry")) => {
            let (id, seller) = of_seller(call, id)?;
            retry_items(call, &seller, Some(id), body)
        }
        Some((id, "discard")) => {
            let (id, seller) = of_seller(call, id)?;
            let authorized = call.gate().discard_quarantine(call.caller(), &seller)?;
            let reason: Reason = body.parse::<Why>()?.reason.parse()?;
            match call.vault().discard_quarantined(authorized, id, reason)? {
                true => Ok(Written::silent()),
                false => Err(nothing_there()),
            }
        }
        _ => Err(no_such_route()),
    })
    .await
}

/// The router sees one route where there are several: an item, and what can be done with it.
fn methods_of(target: &str) -> Problem {
    match target.split_once(':') {
        None => Problem::only("GET,HEAD"),
        Some((_, "retry" | "discard")) => Problem::only("POST"),
        Some(_) => no_such_route(),
    }
}

fn no_such_route() -> Problem {
    Problem::not_found("there is no such route")
}

async fn other_method(Segments(target): Segments<String>) -> Problem {
    methods_of(&target)
}

/// The id and whose it is. Who may not even see quarantine does not learn whether there is such an id.
fn of_seller(call: &Call, id: &str) -> Result<(RecordId, SellerId), Problem> {
    let id: RecordId = id.parse()?;
    match call.vault().quarantined_of(id)? {
        Some(seller) => Ok((id, seller)),
        None => {
            let _allowed = call.gate().read_quarantine(call.caller(), None)?;
            Err(nothing_there())
        }
    }
}

fn retry_items(
    call: &Call,
    seller: &SellerId,
    only: Option<RecordId>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let authorized = call.gate().retry_quarantine(call.caller(), seller)?;
    let how: How = body.parse()?;
    let formats = call.mappings().formats();
    let format = how.format.as_deref().map(|name| format(&formats, name)).transpose()?;
    let charset = how.charset.as_deref().map(charset).transpose()?;
    let retry = Retry { only, formats, format, charset };
    let (summary, lost_letters) =
        call.vault().retry_quarantine(authorized, &retry)?.ok_or_else(nothing_there)?;
    Ok(Written::done(&Answer { summary, lost_letters }))
}

fn nothing_there() -> Problem {
    Problem::not_found(
        "there is nothing in quarantine under this id: it was taken in or thrown away, or its time has come",
    )
}
