//! Collect: documents stream in; a summary goes back, or the same documents with tokens, the summary in a trailer.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, TE, TRAILER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json};
use bailee_core::{Kind, SellerId};
use bailee_intake::emit::Emitter;
use bailee_intake::format::{Format, Formats};
use bailee_intake::reader::{self, Detected, Reader};
use bailee_intake::source::{Charset, Detection, UnknownCharset};
use bailee_vault::VaultError;
use bailee_vault::collect::{Request, Step, Summary};
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::api::schema::{Schema, anything, count, named, object, text, with};
use crate::api::{Answered, Body as Taken, Operation, Tag, words};
use crate::body::{self, Part, PartWriter, Segments};
use crate::edge::{Call, Edge};
use crate::fault::Fault;
use crate::problem::Problem;
use crate::watch::{Tick, Watch};

/// The trailer that carries the summary, for callers whom trailers reach. An answer without it is incomplete for them.
const SUMMARY: &str = "bailee-summary";
/// The trailer that carries the problem which ended an answer early.
const PROBLEM: &str = "bailee-problem";

/// Most characters of what an input is called: as many as a seller's name has. It is sealed with every document that is
/// quarantined.
const SOURCE_CHARACTERS_MAX: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    let preference =
        "Wants the tokenised documents instead of the summary: tokens in the place of personal data.";
    vec![
        Operation::post("/v1/sellers/{seller}/orders:collect", "collectOrders", post(collect))
            .says(
                Tag::Orders,
                "Collect documents",
                "Streams in and has no limit. Format, packing (gzip, zip) and character set are found out unless they are \
                 named; documents of any kind are taken. What is held already changes nothing, so it can be sent again. \
                 What fails verification is sealed into quarantine and counted. With `Prefer: return=representation` the \
                 documents come back while they go in, in the shape in which they came, and the summary is the trailer \
                 `Bailee-Summary`; what ends them early is the trailer `Bailee-Problem`. Trailers reach whoever speaks HTTP/2 \
                 or, over HTTP/1.1, says `TE: trailers`; for others an answer that ends early is cut off, without the \
                 end of its last chunk. An answer that is cut off, or has no trailer where one was asked for, is \
                 incomplete: send the same again.",
            )
            .for_services()
            .works_on_keys()
            .query("format", "The format, by its name.", text("A name."))
            .query("charset", "The character set, by its name.", text("A name."))
            .query("as_of", "The time at which the input was fetched.", words::time("A time."))
            .query(
                "source",
                "What the input is called, cut off after 200 characters. It is sealed with what is quarantined.",
                text("A name."),
            )
            .header("Prefer", preference, text("As in RFC 7240; what is not known is passed over."), "return=representation")
            .takes_any(Taken {
                says: "Documents, alone or as lines, pages, arrays, tables or XML; packed or not. The media type is not looked at.",
                contents: vec![
                    ("application/json", anything("A document, or a page or an array of them."), Some(order())),
                    ("application/x-ndjson", text("Documents, one a line."), Some(json!(format!("{}\n", order())))),
                    ("application/octet-stream", anything("Any input that can be read."), None),
                ],
                required: true,
            })
            .answers_with(Answered {
                status: 200,
                says: "All is in: the summary; or, when they are preferred, the tokenised documents.",
                contents: vec![
                    ("application/json", summary(), Some(example())),
                    ("application/x-ndjson", text("The tokenised documents, in the shape in which they came."), None),
                ],
                headers: vec![("Trailer", "With documents: the trailers that may follow them.")],
            })
            .refuses(&[
                "unknown-seller",
                "seller-ended",
                "unknown-format",
                "unknown-charset",
                "bad-time",
                "as-of-in-future",
                "no-orders",
                "unreadable-input",
                "changed-meanwhile",
                "stopped",
            ])
            .opens(),
    ]
}

/// What came of an input.
pub(crate) fn summary() -> Schema {
    named(
        "Summary",
        object(&[
            ("read", count("Orders read: each is one of the following.")),
            ("collected", count("New ones.")),
            ("updated", count("Those that changed what was held.")),
            ("unchanged", count("Those that did not.")),
            ("past_retention", count("Those whose time is over: their facts alone are kept.")),
            ("quarantined", count("Those that failed verification.")),
            ("seconds", with(anything("How long it took."), "type", json!("number"))),
            (
                "lost_letters",
                count("Values that had lost letters before they came, such as `?` in their place."),
            ),
        ]),
    )
}

/// One of them.
pub(crate) fn example() -> Value {
    json!({
        "read": 1,
        "collected": 1,
        "updated": 0,
        "unchanged": 0,
        "past_retention": 0,
        "quarantined": 0,
        "seconds": 0.004,
        "lost_letters": 0,
    })
}

/// A document, shorter than any of Amazon's.
fn order() -> Value {
    json!({
        "orderId": words::REFERENCE,
        "createdTime": words::TIME,
        "recipient": { "deliveryAddress": { "name": "Juniper Fernsby", "city": "Leeds", "countryCode": "GB" } },
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    as_of: Option<String>,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    charset: Option<String>,
    /// What the input is called. Sealed with what is quarantined, and nowhere else.
    #[serde(default)]
    source: Option<String>,
}

/// What is answered, once all is in.
#[derive(Serialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// Values that had lost letters already at the source, such as `?` in their place.
    pub(crate) lost_letters: u64,
}

/// A collect that was asked for, not yet begun.
struct Wanted {
    seller: String,
    uri: Uri,
    input: Box<dyn std::io::Read + Send>,
    watch: Option<Watch>,
}

async fn collect(
    edge: Edge,
    Segments(seller): Segments<String>,
    uri: Uri,
    (version, headers): (Version, HeaderMap),
    watch: Option<Extension<Watch>>,
    body: Body,
) -> Result<Response, Problem> {
    let watch = watch.map(|Extension(watch)| watch);
    let wanted = Wanted { seller, uri, input: Box::new(body::reader(body)), watch };
    if wants_documents(&headers) {
        return answer_documents(edge, wanted, takes_trailers(version, &headers)).await;
    }
    let summary = edge.take_in(move |call| wanted.run(call, None::<Emitter<PartWriter>>)).await?;
    Ok(Json(summary).into_response())
}

fn wants_documents(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences
        .flat_map(|value| value.split(','))
        .any(|preference| preference.trim() == "return=representation")
}

impl Wanted {
    fn run<W: Write>(self, call: &Call, mut emitter: Option<Emitter<W>>) -> Result<Answer, Problem> {
        let seller: SellerId = self.seller.parse()?;
        let options = body::query::<Options>(&self.uri);
        // What the documents are about is the reader's to say: of whom nothing is taken in learns no more than that.
        let opened =
            options.and_then(|options| Ok((options.open(call, self.input, emitter.is_some())?, options)));
        let kind = opened.as_ref().map_or(Kind::Order, |((reader, _), _)| reader.kind());
        let authorized = call.gate().collect(call.caller(), &seller, kind)?;
        let ((reader, request), options) = opened?;
        let source: String =
            options.source.as_deref().unwrap_or("-").chars().take(SOURCE_CHARACTERS_MAX).collect();
        let (mut has_hung_up, mut lost_letters) = (false, 0);
        let mut telling = Telling::new(self.watch.clone(), &reader);
        telling.tell();
        let mut each = |step: Step<'_>| {
            let told = match step {
                Step::Batch { bytes, counts, lost } => {
                    lost_letters = lost;
                    telling.tell();
                    return self.watch.as_ref().map_or(ControlFlow::Continue(()), |watch| {
                        watch.tick(Tick::Collected { bytes, counts, lost })
                    });
                }
                Step::Document { shape, json } => {
                    emitter.as_mut().map(|emitter| emitter.document(shape, json))
                }
                Step::PageEnd(members) => emitter.as_mut().map(|emitter| emitter.page_end(members)),
            };
            has_hung_up = matches!(told, Some(Err(_)));
            if has_hung_up { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let summary = call.vault().collect(authorized, reader, &source, request, &mut each);
        telling.tell();
        let summary = summary?;
        if let Some(emitter) = emitter {
            // Whoever has hung up will not read a problem either.
            emitter
                .finish()
                .and_then(|mut out| out.flush())
                .map_err(|_| bailee_vault::VaultError::Stopped)?;
        }
        Ok(Answer { summary, lost_letters })
    }
}

/// Tells what is known of an input, whenever that has become more.
struct Telling {
    watch: Option<Watch>,
    detection: Detection,
    detected: Detected,
    told: bool,
}

impl Telling {
    fn new(watch: Option<Watch>, reader: &Reader) -> Self {
        Self { watch, detection: reader.detection(), detected: reader.detected(), told: false }
    }

    fn tell(&mut self) {
        let now = self.detection.now();
        if std::mem::replace(&mut self.told, true) && now == self.detected.source {
            return;
        }
        self.detected.source = now;
        if let Some(watch) = &self.watch {
            // Whether to stop is asked with each batch.
            let _ = watch.tick(Tick::Detected(self.detected.clone()));
        }
    }
}

impl Options {
    fn open(
        &self,
        call: &Call,
        input: Box<dyn std::io::Read + Send>,
        tokenise: bool,
    ) -> Result<(Reader, Request), Problem> {
        let as_of = body::as_of(self.as_of.as_deref())?;
        let formats = call.mappings().formats();
        let format = self.format.as_deref().map(|name| format(&formats, name)).transpose()?;
        let charset = self.charset.as_deref().map(charset).transpose()?;
        let reader = Reader::open(input, &formats, reader::Request { format, charset });
        Ok((reader.map_err(VaultError::from)?, Request { as_of, tokenise }))
    }
}

/// The character set of that name.
pub(crate) fn charset(name: &str) -> Result<Charset, Problem> {
    name.parse()
        .map_err(|unknown: UnknownCharset| Problem::unacceptable("unknown-charset", unknown.to_string()))
}

/// The format of that name.
pub(crate) fn format(formats: &Formats, name: &str) -> Result<Arc<Format>, Problem> {
    formats.named(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        let words = format!("this format is not known; formats are: {}", names.join(", "));
        Problem::unacceptable("unknown-format", words)
    })
}

/// Answers with the documents while they go in. Until the first has gone in, a problem is still an ordinary one.
async fn answer_documents(edge: Edge, wanted: Wanted, takes_trailers: bool) -> Result<Response, Problem> {
    let (house, stamp) = (edge.house(), edge.stamp());
    let (sender, mut parts) = body::parts();
    let last = sender.clone();
    let work = tokio::task::spawn_blocking(move || {
        let emitter = Emitter::new(PartWriter::new(sender));
        let end = match edge.authenticate_to_take_in().and_then(|call| wanted.run(&call, Some(emitter))) {
            Ok(summary) => {
                Part::End { name: SUMMARY, json: serde_json::to_string(&summary).unwrap_or_default() }
            }
            Err(problem) => Part::Failed(problem),
        };
        // A caller who has hung up needs no end.
        let _ = last.blocking_send(end);
    });
    let watched = Arc::clone(&house);
    tokio::spawn(async move {
        if work.await.is_err() {
            let report = move || watched.report(stamp, Fault::new("panic", "collect"));
            drop(tokio::task::spawn_blocking(report).await);
        }
    });
    let first = match parts.recv().await {
        Some(Part::Failed(problem)) => return Err(problem),
        None => return Err(Problem::internal(Fault::new("job", "collect"))),
        Some(first) => first,
    };
    let render = move |part| match part {
        Part::Data(bytes) => Ok(Frame::data(bytes)),
        Part::End { name, json } => Ok(trailer(name, &json)),
        Part::Failed(problem) => {
            if let Some(fault) = problem.fault() {
                let house = Arc::clone(&house);
                tokio::task::spawn_blocking(move || house.report(stamp, fault));
            }
            // Without its trailer it would look whole.
            takes_trailers.then(|| trailer(PROBLEM, &problem.json(stamp.request))).ok_or(CutOff)
        }
    };
    Ok(stream_parts(first, parts, render))
}

/// Whether a trailer reaches this caller. Over HTTP/1.1 it does when he asks for it, and is left out otherwise.
fn takes_trailers(version: Version, headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TE).iter().filter_map(|value| value.to_str().ok());
    let mut codings = codings.flat_map(|value| value.split(','));
    version >= Version::HTTP_2 || codings.any(|coding| coding.trim().eq_ignore_ascii_case("trailers"))
}

/// An answer that could not be finished. Its connection or stream is broken off, so that nobody takes it for a whole one.
#[derive(Debug, thiserror::Error)]
#[error("the answer could not be finished")]
struct CutOff;

fn stream_parts(
    first: Part,
    parts: mpsc::Receiver<Part>,
    render: impl Fn(Part) -> Result<Frame<Bytes>, CutOff> + Send + 'static,
) -> Response {
    let begun = (Some(first), parts, render, false);
    let frames = stream::unfold(begun, |(first, mut parts, render, has_ended)| async move {
        let part = match first {
            _ if has_ended => return None,
            Some(first) => Some(first),
            None => parts.recv().await,
        };
        let has_ended = !matches!(part, Some(Part::Data(_)));
        // Who makes it ended without a word.
        let frame = part.map_or(Err(CutOff), &render);
        Some((frame, (None, parts, render, has_ended)))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")),
        (TRAILER, HeaderValue::from_static("bailee-summary, bailee-problem")),
    ];
    (headers, Body::new(StreamBody::new(frames))).into_response()
}

fn trailer(name: &'static str, json: &str) -> Frame<Bytes> {
    // JSON of ours is ASCII but for words in problems; what a header cannot carry is left out.
    let ascii: String = json.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).collect();
    let value = HeaderValue::from_str(&ascii).unwrap_or_else(|_| HeaderValue::from_static("{}"));
    Frame::trailers(HeaderMap::from_iter([(HeaderName::from_static(name), value)]))
}
