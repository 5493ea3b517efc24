//! The ledger, for those who may read it. Reading it is itself an event.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bailee_access::OpenedOrigin;
use bailee_core::RequestId;
use bailee_ledger::event::Event;
use bailee_ledger::log::Source;
use bailee_ledger::verify::Verified;
use bailee_ledger::{export, note, prove, verify as verification};
use data_encoding::BASE64;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{
    Schema, count, either, flag, growing, list, list_max, named, nullable, object, pattern, text, with,
};
use crate::api::{Answered, Operation, Tag, words};
use crate::body::{self, JsonBody, Part, Segments};
use crate::edge::{Call, Edge};
use crate::fault::Fault;
use crate::paging::Page;
use crate::problem::Problem;

/// Most checkpoints that a verification is compared with.
const KNOWN_MAX: usize = 1000;

pub(crate) fn operations() -> Vec<Operation> {
    let verified = object(&[
        ("size", count("Entries.")),
        ("root", pattern("^[0-9a-f]{64}$", "The root of the tree.")),
        ("checkpoint_ok", flag("Whether the checkpoint's signature and root hold.")),
        ("events_checked", count("Entries read and hashed.")),
    ]);
    let verified_example =
        json!({ "size": 2, "root": "0a".repeat(32), "checkpoint_ok": true, "events_checked": 2 });
    let known = object(&[("known?", list_max(&text("A signed checkpoint that left the home."), KNOWN_MAX))]);
    vec![
        Operation::get("/v1/ledger/events", "listEvents", get(tail))
            .says(
                Tag::Ledger,
                "List the events",
                "The newest page first, each page from its oldest event on; `next` leads to older ones. Reading is itself \
                 an event.",
            )
            .query("before", "Only events before this index.", count("An index."))
            .query("details", "Whether to open where each request came from.", flag("Whether."))
            .in_pages()
            .for_people()
            .answers(200, "The events.", events(), events_example())
            .refuses(&["verification-failed"]),
        Operation::post("/v1/ledger:verify", "verifyLedger", post(verify))
            .says(Tag::Ledger, "Verify the ledger", "Every entry and every tile, and that the known checkpoints are its ancestors.")
            .for_people()
            .takes("What is known of it.", known, json!({}))
            .answers(200, "It holds.", verified, verified_example)
            .refuses(&["verification-failed"]),
        Operation::get("/v1/ledger/proofs/{request}", "proveRequest", get(proofs))
            .says(Tag::Ledger, "Prove a request's events", "Each is a C2SP tlog-proof, which the public key alone verifies.")
            .for_people()
            .answers(200, "The proofs.", proven(), proven_example())
            .refuses(&["not-found", "verification-failed"]),
        Operation::get("/v1/ledger/export", "exportLedger", get(export))
            .says(
                Tag::Ledger,
                "Export the ledger",
                "The files of a C2SP tlog-tiles directory, one a line. The last line counts them, and an answer without it \
                 is incomplete.",
            )
            .for_people()
            .answers_with(Answered {
                status: 200,
                says: "Lines of JSON.",
                contents: vec![(
                    "application/x-ndjson",
                    with(text("Lines of JSON."), "contentSchema", export_line()),
                    Some(json!("{\"path\":\"checkpoint\",\"base64\":\"Li4u\"}\n{\"files\":1,\"size\":2}\n")),
                )],
                headers: Vec::new(),
            }),
    ]
}

fn event_schema() -> Schema {
    let says = "An event of the ledger. The documentation of events lists them all with their members.";
    let event = object(&[
        ("at", words::time("When, by the home's clock.")),
        ("principal", text("Who: `person:` or `service:` and an id, `system`, or `anonymous`.")),
        ("request", words::id("The request that it belongs to.")),
        ("event", text("What happened.")),
    ]);
    named("Event", growing(with(event, "description", json!(says))))
}

fn event_example() -> Value {
    json!({
        "at": words::TIME,
        "principal": format!("person:{}", words::ID),
        "request": words::ID,
        "event": "seller-added",
        "seller": words::SELLER,
    })
}

fn events() -> Schema {
    let line = json!({
        "allOf": [event_schema(), { "properties": { "index": count("Where it stands.") }, "required": ["index"] }],
    });
    object(&[
        ("size", count("Events in all.")),
        ("events", list(&line)),
        ("next", nullable(text("The `cursor` of the page before; `null` when this is the oldest."))),
    ])
}

fn events_example() -> Value {
    let mut line = event_example();
    if let Some(members) = line.as_object_mut() {
        members.insert("index".to_owned(), json!(1));
    }
    json!({ "size": 2, "events": [line], "next": null })
}

fn proven() -> Schema {
    let proof = object(&[
        ("index", count("Where it stands.")),
        ("event", event_schema()),
        ("document", text("The entry, its way to the root, and the signed checkpoint.")),
    ]);
    object(&[
        ("request", words::id("The request.")),
        ("verifier_key", text("The public key of the ledger, as signed notes have it.")),
        ("proofs", list(&proof)),
    ])
}

fn proven_example() -> Value {
    json!({
        "request": words::ID,
        "verifier_key": "bailee/…+0a0b0c0d+…",
        "proofs": [{ "index": 1, "event": event_example(), "document": "c2sp.org/tlog-proof@v1\n…" }],
    })
}

fn export_line() -> Schema {
    let file = object(&[("path", text("The file's path.")), ("base64", text("Its bytes."))]);
    either(&[file, object(&[("files", count("Files.")), ("size", count("Entries."))])])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    before: Option<u64>,
    limit: Option<u64>,
    cursor: Option<String>,
    #[serde(default)]
    details: bool,
}

/// Events, oldest first.
#[derive(Serialize)]
struct Events {
    size: u64,
    events: Vec<Line>,
    next: Option<String>,
}

/// An event and where it stands.
#[derive(Serialize)]
struct Line {
    index: u64,
    #[serde(flatten)]
    event: Event,
    /// Where its request came from, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OpenedOrigin>,
}

/// The newest events, or those before a cursor: what comes in meanwhile moves none of them. With `details` each that has a
/// detail also has its origin, opened and checked against the commitment.
async fn tail(edge: Edge, uri: Uri) -> Result<Json<Events>, Problem> {
    edge.run(move |call| {
        let Which { before, limit, cursor, details } = body::query(&uri)?;
        let page: Page<u64> = Page::of("events", limit, cursor.as_deref())?;
        let logged = call.gate().read_ledger(call.caller(), if details { "details" } else { "tail" })?;
        let size = checkpoint(call)?.size;
        let end = page.after.or(before).unwrap_or(size).min(size);
        let begin = end.saturating_sub(page.limit as u64);
        let events = (begin..end).map(|index| {
            let event = event(call, index)?;
            let origin = if details { call.gate().origin_of(&logged, &event)? } else { None };
            Ok(Line { index, event, origin })
        });
        let events = events.collect::<Result<_, Problem>>()?;
        Ok(Json(Events { size, events, next: (begin > 0).then(|| page.cursor(&begin)) }))
    })
    .await
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Checkpoints that left the machine: the ledger must have grown from each.
    #[serde(default)]
    known: Vec<String>,
}

async fn verify(edge: Edge, body: JsonBody) -> Result<Json<Verified>, Problem> {
    edge.run(move |call| {
        let _logged = call.gate().read_ledger(call.caller(), "verify")?;
        let Known { known } = body.parse()?;
        let verified = verification::verify(source(call), &call.store().verifier_key(), &known);
        verified.map(Json).map_err(|error| Problem::verification(error.to_string(), error.index))
    })
    .await
}

/// That the events of a request are in the ledger, for whoever holds the public key.
#[derive(Serialize)]
struct Proofs {
    request: RequestId,
    verifier_key: String,
    proofs: Vec<Proof>,
}

/// One entry, proven.
#[derive(Serialize)]
struct Proof {
    index: u64,
    event: Event,
    /// A C2SP tlog-proof: the entry, its way to the root, and the signed checkpoint.
    document: String,
}

async fn proofs(edge: Edge, Segments(request): Segments<String>) -> Result<Json<Proofs>, Problem> {
    edge.run(move |call| {
        let _logged = call.gate().read_ledger(call.caller(), "prove")?;
        let request: RequestId = request.parse()?;
        let verifier_key = call.store().verifier_key();
        let indexes = call.store().entries_of(request)?;
        if indexes.is_empty() {
            return Err(Problem::not_found("the ledger has no event of this request"));
        }
        let proofs = indexes
            .into_iter()
            .map(|index| Ok(Proof { index, event: event(call, index)?, document: proof(call, index)? }));
        let proofs = proofs.collect::<Result<_, Problem>>()?;
        Ok(Json(Proofs { request, verifier_key, proofs }))
    })
    .await
}

/// One file of an export, or its end.
#[derive(Serialize)]
#[serde(untagged)]
enum ExportLine<'a> {
    File { path: &'a str, base64: String },
    End { files: u64, size: u64 },
}

async fn export(edge: Edge) -> Result<Response, Problem> {
    let (house, stamp) = (edge.house(), edge.stamp());
    let (parts, received) = body::parts();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    tokio::task::spawn_blocking(move || {
        let call = edge.authenticate().and_then(|call| {
            let _logged = call.gate().read_ledger(call.caller(), "export")?;
            Ok(call)
        });
        let call = match call {
            Ok(call) => call,
            Err(problem) => return drop(begun.send(Err(problem))),
        };
        if begun.send(Ok(())).is_err() {
            return;
        }
        let mut out = body::PartWriter::new(parts);
        if write_export(&call, &mut out).is_err() {
            house.report(stamp, Fault::new("job", "export"));
        }
    });
    has_begun.await.map_err(|_| Problem::internal(Fault::new("panic", "export")))??;
    let chunks = stream::unfold(received, |mut received| async move {
        match received.recv().await? {
            Part::Data(bytes) => Some((Ok::<Bytes, std::convert::Infallible>(bytes), received)),
            Part::End { .. } | Part::Failed(_) => None,
        }
    });
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(chunks)).into_response())
}

fn write_export(call: &Call, out: &mut dyn std::io::Write) -> Result<(), Problem> {
    let mut files = 0;
    let size = export::files(source(call), &call.store().verifier_key(), &mut |path, bytes| {
        files += 1;
        write_line(out, &ExportLine::File { path, base64: BASE64.encode(bytes) })
    })?;
    let end = write_line(out, &ExportLine::End { files, size }).and_then(|()| out.flush());
    end.map_err(|_| Problem::internal(Fault::new("job", "export")))
}

fn write_line(out: &mut dyn std::io::Write, line: &ExportLine<'_>) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn source(call: &Call) -> &dyn Source {
    call.store()
}

fn checkpoint(call: &Call) -> Result<note::Checkpoint, Problem> {
    open(call, &source(call).checkpoint()?)
}

fn open(call: &Call, signed: &str) -> Result<note::Checkpoint, Problem> {
    note::open_checkpoint(signed, &call.store().verifier_key())
        .map_err(|_| Problem::verification("the ledger's own checkpoint does not verify", None))
}

/// The document that proves an entry.
pub(crate) fn proof(call: &Call, index: u64) -> Result<String, Problem> {
    let document = prove::prove(source(call), &call.store().verifier_key(), index);
    document.map_err(|error| Problem::verification(error.to_string(), Some(index)))
}

pub(crate) fn event(call: &Call, index: u64) -> Result<Event, Problem> {
    Event::parse(&entry(call, index)?).map_err(|_| unreadable(index))
}

fn entry(call: &Call, index: u64) -> Result<Vec<u8>, Problem> {
    source(call).entry(index)?.ok_or_else(|| unreadable(index))
}

fn unreadable(index: u64) -> Problem {
    Problem::verification(format!("entry {index} of the ledger cannot be read"), Some(index))
}
