//! Bodies: JSON in, streams in and out, between the asynchronous edge and the threads that work.

use std::io::{self, Read, Write};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use bailee_core::Timestamp;
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
        Ok(Self(Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = format!("the body is longer than {JSON_BODY_BYTES_MAX} bytes");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", detail)
            }
            _ => {
                let detail =
                    "the body did not arrive whole: it was cut off, came too slowly or is wrongly framed";
                Problem::new(StatusCode::BAD_REQUEST, "body-incomplete", detail)
            }
        })))
    }
}

impl JsonBody {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> Result<&[u8], Problem> {
        self.0.as_deref().map_err(Problem::clone)
    }

    /// What the body says. An error names the place, never the text: a parser quotes values.
    pub(crate) fn parse<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let body = self.0?;
        let bad =
            |why| Problem::unacceptable("bad-body", format!("the body is not what this route takes ({why})"));
        let read = serde_json::from_slice(&body)
            .map_err(|error| bad(format!("line {}, column {}", error.line(), error.column())))?;
        match has_lists_for_objects(&body) {
            true => Err(bad("a list stands where an object belongs".to_owned())),
            false => Ok(read),
        }
    }
}

/// Whether a list stands at the top of a sound JSON text, or directly in another: no route takes either, and `serde`
/// takes such a list for an object whose members have no names.
fn has_lists_for_objects(json: &[u8]) -> bool {
    let (mut around, mut in_text, mut escaped) = (Vec::new(), false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' if around.last() != Some(&b'{') => return true,
            b'[' | b'{' => around.push(*byte),
            b']' | b'}' => drop(around.pop()),
            _ => {}
        }
    }
    false
}

/// What stands in the places of a path. Bytes that are no text name nothing that there is.
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segments = Path::<T>::from_request_parts(parts, state).await;
        segments
            .map(|Path(segments)| Self(segments))
            .map_err(|_| Problem::not_found("there is nothing of this name"))
    }
}

/// What a query string says.
pub(crate) fn query<T: DeserializeOwned>(uri: &axum::http::Uri) -> Result<T, Problem> {
    axum::extract::Query::try_from_uri(uri)
        .map(|axum::extract::Query(value)| value)
        .map_err(|_| Problem::unacceptable("bad-query", "the query string is not what this route takes"))
}

/// As of when an input speaks, where its query says so.
pub(crate) fn as_of(said: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    said.map(str::parse).transpose().map_err(|_| {
        Problem::unacceptable("bad-time", "as_of is no RFC 3339 time, such as 2026-11-23T09:00:00Z")
    })
}

/// A body as a blocking reader. Must be called inside the runtime; the reading side must not. A body that was cut off, by
/// its caller or by the end of the runtime, ends with an error and is never taken for a whole one.
pub(crate) fn reader(mut body: Body) -> impl Read + Send + 'static {
    let (sender, chunks) = mpsc::channel(CHUNKS_WAITING_MAX);
    tokio::spawn(async move {
        while let Some(frame) = body.frame().await {
            let chunk = match frame.map(http_body::Frame::into_data) {
                Ok(Ok(data)) if !data.is_empty() => Ok(data),
                Ok(_nothing_or_trailers) => continue,
                Err(_) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
            };
            let is_cut = chunk.is_err();
            if sender.send(chunk).await.is_err() || is_cut {
                return;
            }
        }
        // The end is said: whoever is merely not there any more has not said it.
        drop(sender.send(Ok(Bytes::new())).await);
    });
    BodyReader { chunks, chunk: Bytes::new(), has_ended: false }
}

struct BodyReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
    has_ended: bool,
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() && !self.has_ended {
            let chunk = self.chunks.blocking_recv();
            self.chunk = chunk.unwrap_or_else(|| Err(io::ErrorKind::ConnectionAborted.into()))?;
            self.has_ended = self.chunk.is_empty();
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

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// Reads a body to its end; or its beginning, then the runtime ends, then what is left.
    fn read(chunks: Vec<Option<&'static [u8]>>, cut: bool) -> io::Result<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
        let chunks = stream::unfold(chunks.into_iter(), |mut chunks| async move {
            match chunks.next()? {
                Some(chunk) => Some((Ok::<_, io::Error>(Bytes::from_static(chunk)), chunks)),
                None => std::future::pending().await,
            }
        });
        let mut reader = runtime.block_on(async { reader(Body::from_stream(chunks)) });
        let mut all = vec![0; 3];
        reader.read_exact(&mut all)?;
        if cut {
            runtime.shutdown_background();
        }
        reader.read_to_end(&mut all).map(|_| all)
    }

    #[test]
    fn a_body_that_was_cut_off_is_an_error_and_one_that_ended_is_not() {
        assert_eq!(read(vec![Some(b"abc"), Some(b""), Some(b"de")], false).unwrap(), b"abcde");
        assert!(read(vec![Some(b"abc"), None], true).is_err());
    }
}
