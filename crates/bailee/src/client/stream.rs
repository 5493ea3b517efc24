//! Long bodies: input that streams out, documents that stream back, and Ctrl-C between two batches.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use bailee_core::Json;
use bailee_server::{Tick, Watch};
use futures_util::stream;
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use super::{Answer, Client, Refusal, answer};

/// Bytes read from an input at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait to be taken.
const CHUNKS_WAITING_MAX: usize = 8;
/// The status of a process that was interrupted, as shells know it.
const INTERRUPTED: i32 = 130;

impl Client {
    /// Collects an input. Tokenised documents go to `documents` when they are wanted. Ctrl-C stops after the batch that
    /// is under way.
    pub(crate) fn collect(
        &self,
        path: &str,
        input: Box<dyn Read + Send>,
        documents: Option<&mut dyn Write>,
        hear: impl FnMut(Tick) + Send + 'static,
    ) -> Answer {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let hear = std::sync::Mutex::new(hear);
        let watch = Watch::new(move |tick| {
            if let Ok(mut hear) = hear.lock() {
                hear(tick);
            }
            if stopped.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.block_on(async {
            let interrupted = tokio::spawn(listen_for_interrupt(stop));
            let mut request = self.request(Method::POST, path, readable(input));
            request.extensions_mut().insert(watch);
            let answer = match documents {
                Some(documents) => self.collect_documents(request, documents).await,
                None => answer(self.send(request).await).await,
            };
            interrupted.abort();
            answer
        })
    }

    async fn collect_documents(&self, mut request: Request<Body>, documents: &mut dyn Write) -> Answer {
        let preference = HeaderValue::from_static("return=representation");
        request.headers_mut().insert(HeaderName::from_static("prefer"), preference);
        let response = self.send(request).await;
        if !response.status().is_success() {
            return answer(response).await;
        }
        let trailers = copy(response, documents).await?;
        if let Some(problem) = trailers.get("bailee-problem") {
            return Err(Refusal::read(axum::http::StatusCode::SERVICE_UNAVAILABLE, problem.as_bytes()));
        }
        let summary = trailers.get("bailee-summary").ok_or_else(Refusal::broken)?;
        serde_json::from_slice(summary.as_bytes()).map_err(|_| Refusal::broken())
    }

    /// Gets an answer of many lines, and hands each on. A line that is refused ends it.
    pub(crate) fn get_lines(&self, path: &str, each: &mut dyn FnMut(Json) -> std::io::Result<()>) -> Answer {
        self.block_on(async {
            let response = self.send(self.request(Method::GET, path, Body::empty())).await;
            if !response.status().is_success() {
                return answer(response).await;
            }
            let mut lines = Lines { each, rest: Vec::new() };
            copy(response, &mut lines).await?;
            Ok(Json::Null)
        })
    }
}

/// First Ctrl-C: stop after this batch. Second: stop now; nothing that was committed is lost by it.
async fn listen_for_interrupt(stop: Arc<AtomicBool>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.store(true, Ordering::Relaxed);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(INTERRUPTED);
        }
    }
}

/// An input as a body, read on a thread of its own.
fn readable(mut input: Box<dyn Read + Send>) -> Body {
    let (sender, received) = mpsc::channel(CHUNKS_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let chunk = match input.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => Ok(Bytes::copy_from_slice(buffer.get(..read).unwrap_or_default())),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let failed = chunk.is_err();
            if sender.blocking_send(chunk).is_err() || failed {
                return;
            }
        }
    });
    let chunks = stream::unfold(received, |mut received| async move {
        received.recv().await.map(|chunk: std::io::Result<Bytes>| (chunk, received))
    });
    Body::from_stream(chunks)
}

/// Copies an answer's body; returns its trailers.
async fn copy(response: Response<Body>, to: &mut dyn Write) -> Result<HeaderMap, Refusal> {
    let mut body = response.into_body();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        match frame.map_err(|_| Refusal::broken())?.into_data() {
            Ok(data) => to.write_all(&data).map_err(|error| Refusal::unwritten(&error))?,
            Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
        }
    }
    Ok(trailers)
}

impl Refusal {
    fn unwritten(error: &std::io::Error) -> Self {
        let detail = format!("what came back cannot be written: {}", error.kind());
        let code = match error.kind() {
            std::io::ErrorKind::BrokenPipe => super::PIPE_CLOSED,
            _ => "unwritten",
        };
        Self { code: code.to_owned(), detail, ..Self::broken() }
    }
}

/// Splits what is written into lines of JSON.
struct Lines<'a> {
    each: &'a mut dyn FnMut(Json) -> std::io::Result<()>,
    rest: Vec<u8>,
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut pieces = bytes.split_inclusive(|byte| *byte == b'\n');
        pieces.try_for_each(|piece| {
            self.rest.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                (self.each)(serde_json::from_slice(&line)?)?;
            }
            Ok::<_, std::io::Error>(())
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
