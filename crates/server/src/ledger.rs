//! The ledger, for those who may read it. Reading it is itself an event.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bailee_access::OpenedOrigin;
use bailee_core::RequestId;
use bailee_ledger::event::Event;
use bailee_ledger::log::Source;
use bailee_ledger::verify::Verified;
use bailee_ledger::{export, note, prove, verify as verification};
use data_encoding::BASE64;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use crate::body::{self, JsonBody, Part};
use crate::edge::{Call, Edge};
use crate::fault::Fault;
use crate::problem::Problem;

/// Events of a page, unless asked otherwise.
const PAGE_EVENTS: u64 = 50;
/// Most events of a page.
const PAGE_EVENTS_MAX: u64 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageOf {
    #[serde(default)]
    before: Option<u64>,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    details: bool,
}

/// Events, oldest first; `next` is the `before` of the page that precedes it.
#[derive(Serialize)]
pub(crate) struct Page {
    size: u64,
    events: Vec<Line>,
    next: Option<u64>,
}

/// An event and where it stands.
#[derive(Serialize)]
pub(crate) struct Line {
    index: u64,
    #[serde(flatten)]
    event: Event,
    /// Where its request came from, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OpenedOrigin>,
}

/// `GET /v1/ledger/events?before=…&limit=…&details=…` answers `{"size","events":[{"index","at","principal","request",
/// "detail","event",…}],"next"}`: the newest unless `before` is given. With `details=true` each that has a detail also has
/// its `origin`, opened and checked against the commitment: `{"state":"sound","detail":{…},"salt"}`, or another `state`.
pub(crate) async fn tail(edge: Edge, uri: Uri) -> Result<Json<Page>, Problem> {
    edge.run(move |call| {
        let PageOf { before, limit, details } = body::query(&uri)?;
        let logged = call.gate().read_ledger(call.caller(), if details { "details" } else { "tail" })?;
        let size = checkpoint(call)?.size;
        let end = before.unwrap_or(size).min(size);
        let begin = end.saturating_sub(limit.unwrap_or(PAGE_EVENTS).clamp(1, PAGE_EVENTS_MAX));
        let events = (begin..end).map(|index| {
            let event = event(call, index)?;
            let origin = if details { call.gate().origin_of(&logged, &event)? } else { None };
            Ok(Line { index, event, origin })
        });
        let events = events.collect::<Result<_, Problem>>()?;
        Ok(Json(Page { size, events, next: (begin > 0).then_some(begin) }))
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

/// `POST /v1/ledger:verify` takes `{"known"?:[checkpoint]}` and answers
/// `{"size","root","checkpoint_ok","events_checked"}`.
pub(crate) async fn verify(edge: Edge, body: JsonBody) -> Result<Json<Verified>, Problem> {
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
pub(crate) struct Proofs {
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

/// `GET /v1/ledger/proofs/{request}` answers `{"request","verifier_key","proofs":[{"index","event","document"}]}`.
pub(crate) async fn proofs(edge: Edge, Path(request): Path<String>) -> Result<Json<Proofs>, Problem> {
    edge.run(move |call| {
        let _logged = call.gate().read_ledger(call.caller(), "prove")?;
        let request: RequestId = request.parse()?;
        let verifier_key = call.store().verifier_key();
        let indexes = call.store().entries_of(request)?;
        if indexes.is_empty() {
            return Err(Problem::not_found("the ledger has no event of this request"));
        }
        let proofs = indexes.into_iter().map(|index| {
            let document = prove::prove(source(call), &verifier_key, index);
            let document = document.map_err(|error| Problem::verification(error.to_string(), Some(index)))?;
            Ok(Proof { index, event: event(call, index)?, document })
        });
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

/// `GET /v1/ledger/export` answers the files of a C2SP tlog-tiles directory as NDJSON of `{"path","base64"}`; the last
/// line is `{"files","size"}`, and an answer without it is incomplete.
pub(crate) async fn export(edge: Edge) -> Result<Response, Problem> {
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

fn event(call: &Call, index: u64) -> Result<Event, Problem> {
    Event::parse(&entry(call, index)?).map_err(|_| unreadable(index))
}

fn entry(call: &Call, index: u64) -> Result<Vec<u8>, Problem> {
    source(call).entry(index)?.ok_or_else(|| unreadable(index))
}

fn unreadable(index: u64) -> Problem {
    Problem::verification(format!("entry {index} of the ledger cannot be read"), Some(index))
}
