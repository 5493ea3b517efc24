//! Bodies: JSON in, streams in and out, between the asynchronous edge and the threads that work.

use std::io::{self, Read, Write};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::JSON_BODY_BYTES_MAX;
use crate::problem::Problem;

/// Chunks that wait between the two sides: enough to keep both busy, small enough to bound memory.
const CHUNKS_WAITING_MAX: usize = 8;

/// Bytes that a writer gathers before it sends them.
const CHUNK_BYTES: usize = 64 * 1024;

/// A whole body of JSON, read before its caller is known, parsed after.
pub(crate) struct JsonBody(Result<Bytes, Problem>);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Bytes::from_request(request, state).await.map_err(|_| {
            let detail = format!("the body is longer than {JSON_BODY_BYTES_MAX} bytes, or ended early");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", detail)
        })))
    }
}

impl JsonBody {
    /// What the body says. An error names the place, never the text: a parser quotes values.
    pub(crate) fn parse<T: DeserializeOwned>(self) -> Result<T, Problem> {
        serde_json::from_slice(&self.0?).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Problem::unacceptable("bad-body", format!("the body is not what this route takes ({place})"))
        })
    }
}

/// What a query string says.
pub(crate) fn query<T: DeserializeOwned>(uri: &axum::http::Uri) -> Result<T, Problem> {
    axum::extract::Query::try_from_uri(uri)
        .map(|axum::extract::Query(value)| value)
        .map_err(|_| Problem::unacceptable("bad-query", "the query string is not what this route takes"))
}

/// A body as a blocking reader. Must be called inside the runtime; the reading side must not.
pub(crate) fn reader(mut body: Body) -> impl Read + Send + 'static {
    let (sender, chunks) = mpsc::channel(CHUNKS_WAITING_MAX);
    tokio::spawn(async move {
        while let Some(frame) = body.frame().await {
            let chunk = match frame.map(http_body::Frame::into_data) {
                Ok(Ok(data)) => Ok(data),
                Ok(Err(_trailers)) => continue,
                Err(_) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
            };
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    });
    BodyReader { chunks, chunk: Bytes::new() }
}

struct BodyReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(0),
            }
        }
        let taken = self.chunk.split_to(self.chunk.len().min(buffer.len()));
        buffer.iter_mut().zip(&taken).for_each(|(to, from)| *to = *from);
        Ok(taken.len())
    }
}

/// A part of an answer that is made on another thread while it leaves.
pub(crate) enum Part {
    /// Some of it.
    Data(Bytes),
    /// The end of it, with a trailer.
    End {
        /// The trailer's name.
        name: &'static str,
        /// Its value: JSON.
        json: String,
    },
    /// It cannot be finished.
    Failed(Problem),
}

/// The two ends of such an answer.
pub(crate) fn parts() -> (mpsc::Sender<Part>, mpsc::Receiver<Part>) {
    mpsc::channel(CHUNKS_WAITING_MAX)
}

/// Writes into an answer that leaves meanwhile. Fails when the caller has hung up.
pub(crate) struct PartWriter {
    parts: mpsc::Sender<Part>,
    gathered: Vec<u8>,
}

impl PartWriter {
    pub(crate) fn new(parts: mpsc::Sender<Part>) -> Self {
        Self { parts, gathered: Vec::with_capacity(CHUNK_BYTES) }
    }
}

impl Write for PartWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.gathered, Vec::with_capacity(CHUNK_BYTES));
        self.parts.blocking_send(Part::Data(chunk.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
