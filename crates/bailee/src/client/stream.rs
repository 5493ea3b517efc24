//! Long bodies: input that streams out, documents that stream back, and Ctrl-C between two batches.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use axum::http::header::TE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use bailee_core::Json;
use bailee_server::{Tick, Watch};
use futures_util::stream;
use http_body_util::BodyExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::{Answer, Client, Refusal, answer};
use crate::failure::{Exit, Failure};

/// Bytes read from an input at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait to be taken.
const CHUNKS_WAITING_MAX: usize = 8;

impl Client {
    /// Begins to listen for Ctrl-C; for being told to end as well (SIGTERM) when something must be taken away first.
    pub(crate) fn interrupts(&self, takes_away: bool) -> crate::failure::Result<Interrupts> {
        let listen = async {
            let terminate = if takes_away { Some(signal(SignalKind::terminate())?) } else { None };
            let interrupt = signal(SignalKind::interrupt())?;
            Ok(Interrupts { interrupt, terminate, stop: Arc::default(), hangs_up: self.transport.is_wire() })
        };
        let heard: Option<std::io::Result<_>> = self.runtime.block_on(listen);
        heard.and_then(std::io::Result::ok).ok_or_else(|| Failure::failed("Ctrl-C cannot be listened for"))
    }

    /// Collects an input. Tokenised documents go to `documents` when they are wanted. Ctrl-C stops after the batch that
    /// is under way.
    pub(crate) fn collect(
        &self,
        path: &str,
        input: Box<dyn Read + Send>,
        documents: Option<&mut dyn Write>,
        interrupts: &mut Interrupts,
        hear: impl FnMut(Tick) + Send + 'static,
    ) -> Answer {
        let stopped = Arc::clone(&interrupts.stop);
        let hear = std::sync::Mutex::new(hear);
        let watch = Watch::new(move |tick| {
            if let Ok(mut hear) = hear.lock() {
                hear(tick);
            }
            if stopped.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let asking = async {
            let mut request = self.request(Method::POST, path, readable(input));
            request.extensions_mut().insert(watch);
            match documents {
                Some(documents) => self.collect_documents(request, documents).await,
                None => answer(self.transport.send(request).await?).await,
            }
        };
        self.block_on(async {
            tokio::select! {
                biased;
                exit = interrupts.cut() => Err(Refusal::cut(exit)),
                answer = asking => answer,
            }
        })
    }

    async fn collect_documents(&self, mut request: Request<Body>, documents: &mut dyn Write) -> Answer {
        let preference = HeaderValue::from_static("return=representation");
        request.headers_mut().insert(HeaderName::from_static("prefer"), preference);
        request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
        let response = self.transport.send(request).await?;
        if !response.status().is_success() {
            return answer(response).await;
        }
        let trailers = copy(response, documents).await?;
        if let Some(problem) = trailers.get("bailee-problem") {
            return Err(Refusal::read_late(problem.as_bytes()));
        }
        let summary = trailers.get("bailee-summary").ok_or_else(Refusal::broken)?;
        serde_json::from_slice(summary.as_bytes()).map_err(|_| Refusal::broken())
    }

    /// Gets an answer of many lines, and hands each on. A line that is refused ends it.
    pub(crate) fn get_lines(&self, path: &str, each: &mut dyn FnMut(Json) -> std::io::Result<()>) -> Answer {
        self.block_on(async {
            let request = self.request(Method::GET, path, Body::empty());
            let response = self.transport.send(request).await?;
            if !response.status().is_success() {
                return answer(response).await;
            }
            let mut lines = Lines { each, rest: Vec::new() };
            copy(response, &mut lines).await?;
            Ok(Json::Null)
        })
    }
}

/// Signals to stop, heard as long as this lives: nothing is lost between two inputs.
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Option<Signal>,
    /// Whether to stop after the batch that is under way.
    stop: Arc<AtomicBool>,
    /// Whether the other side does not hear that, and is told by hanging up: it stops after its batch.
    hangs_up: bool,
}

impl Interrupts {
    /// First Ctrl-C: stop after this batch, here by waiting for its end, over a wire by hanging up. Second, or told to end: stop now; nothing that was committed is lost by it.
    async fn cut(&mut self) -> Exit {
        loop {
            let told_to_end = async {
                match &mut self.terminate {
                    Some(terminate) => terminate.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = told_to_end => return Exit::Terminated,
                _ = self.interrupt.recv() => {
                    if self.hangs_up {
                        return Exit::Failed;
                    }
                    if self.stop.swap(true, Ordering::Relaxed) {
                        return Exit::Interrupted;
                    }
                }
            }
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
    /// A signal ended the request.
    fn cut(exit: Exit) -> Self {
        let detail = "stopped; what has gone in stays, and the same command goes on from there".to_owned();
        Self { code: "cut".to_owned(), detail, exit: Some(exit), ..Self::broken() }
    }

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
