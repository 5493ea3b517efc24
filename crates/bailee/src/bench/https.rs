//! Questions over HTTPS, as applications ask them: a server in a process of its own, and clients that keep their
//! connections. Both share the machine's cores.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Request};
use bailee_core::{Json, Sensitive};
use bailee_server::listener::PublicKeyPin;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::figure::{Latency, Measure, Unit};
use super::machine;
use super::place::{Place, Process};
use crate::client;
use crate::failure::{Failure, Result};

/// What the clients speak.
const PROTOCOL: &[u8] = b"http/1.1";

/// A server in a process of its own. Ended on drop.
pub(super) struct Server {
    process: Process,
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

/// A question by its number.
pub(super) type Question = Box<dyn Fn(u64) -> Bytes + Send + Sync>;

/// What clients ask, and how.
pub(super) struct Asking {
    pub(super) path: &'static str,
    /// The question of a number; clients share the numbers.
    pub(super) question: Question,
    /// How many of what is counted each question is about.
    pub(super) each: u64,
    /// What must stand in an answer as often as that.
    pub(super) holds: &'static str,
    pub(super) clients: usize,
    /// How long they go on asking, one question after another.
    pub(super) lasts: Duration,
}

impl Server {
    /// Starts `bailee serve`; returns once it says where it is.
    pub(super) fn of_home(place: &Place) -> Result<Self> {
        let mut command = place.program()?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--output", "json", "--home"]).arg(place.home());
        Self::start(place, &mut command, &[])
    }

    /// Starts a program that says on stdout where it serves, as `bailee serve` does, after it was told this.
    pub(super) fn start(place: &Place, command: &mut Command, told: &[u8]) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = place.start(command)?;
        if let Some(mut stdin) = process.child().stdin.take() {
            stdin.write_all(told).map_err(|_| unserved())?;
        }
        let out = process.child().stdout.take().ok_or_else(unserved)?;
        let mut said = String::new();
        BufReader::new(out).read_line(&mut said).map_err(|_| unserved())?;
        let said: Json = serde_json::from_str(&said).map_err(|_| unserved())?;
        let url = said.member("urls").and_then(|urls| urls.elements().first()).and_then(Json::as_str);
        let address = url.and_then(|url| url.strip_prefix("https://")).ok_or_else(unserved)?;
        let pin = said.member("public_key").and_then(Json::as_str).and_then(PublicKeyPin::parse);
        Ok(Self {
            process,
            address: address.parse().map_err(|_| unserved())?,
            config: Arc::new(client::tls(Some(pin.ok_or_else(unserved)?), PROTOCOL)?),
        })
    }

    /// Lets clients ask, each on a connection of its own, and measures their answers.
    pub(super) fn ask(
        &self,
        what: &str,
        unit: Unit,
        asking: Asking,
        token: &Sensitive<String>,
    ) -> Result<Measure> {
        let each = asking.each;
        let asking = Arc::new(Shared { asking, bearer: bearer(token)?, next: AtomicU64::new(0) });
        let runtime = runtime()?;
        // The clock begins when all are connected.
        let senders = runtime.block_on(async {
            let mut senders = Vec::new();
            for _ in 0..asking.asking.clients {
                senders.push(visit(self.address, Arc::clone(&self.config)).await?);
            }
            Ok::<_, Failure>(senders)
        })?;
        let computed = machine::computed(self.process.id())?;
        let begun = Instant::now();
        let latencies = runtime.block_on(async {
            let client = |sender| {
                let asking = Arc::clone(&asking);
                tokio::spawn(async move { asking.go_on(sender, begun).await })
            };
            let clients: Vec<_> = senders.into_iter().map(client).collect();
            let mut all = Vec::new();
            for client in clients {
                all.extend(client.await.map_err(|_| unserved())??);
            }
            Ok::<_, Failure>(all)
        })?;
        let took = begun.elapsed();
        let computed = machine::computed(self.process.id())?.saturating_sub(computed);
        let measure = match unit {
            Unit::Milliseconds => Measure::latencies(what, latencies),
            unit => {
                let count = latencies.len() as u64 * each;
                Measure { latency: Latency::of(latencies), ..Measure::rate(what, unit, count, took) }
            }
        };
        Ok(measure.with_cpu(computed))
    }

    /// Asks one question; the answer as it is.
    pub(super) fn answer(
        &self,
        path: &'static str,
        question: Bytes,
        token: &Sensitive<String>,
    ) -> Result<Bytes> {
        let bearer = bearer(token)?;
        runtime()?.block_on(async {
            let mut sender = visit(self.address, Arc::clone(&self.config)).await?;
            let (is_success, answer) = exchange(&mut sender, path, question, bearer).await?;
            if is_success { Ok(answer) } else { Err(unserved()) }
        })
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|_| Failure::failed("no runtime could be started"))
}

fn bearer(token: &Sensitive<String>) -> Result<HeaderValue> {
    let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()));
    let mut bearer = bearer.map_err(|_| Failure::failed("the session's token fits into no header"))?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// What clients have in common.
struct Shared {
    asking: Asking,
    bearer: HeaderValue,
    /// The next question.
    next: AtomicU64,
}

impl Shared {
    /// Asks one question after the other until the time is over, and one at least; how long each answer took.
    async fn go_on(&self, mut sender: SendRequest<Full<Bytes>>, begun: Instant) -> Result<Vec<Duration>> {
        let Asking { path, question, each, holds, lasts, .. } = &self.asking;
        let mut latencies = Vec::new();
        loop {
            let question = question(self.next.fetch_add(1, Ordering::Relaxed));
            let asked = Instant::now();
            let (is_success, answer) = exchange(&mut sender, path, question, self.bearer.clone()).await?;
            latencies.push(asked.elapsed());
            let text = std::str::from_utf8(&answer).unwrap_or_default();
            if !is_success || (text.matches(holds).count() as u64) < *each {
                return Err(Failure::failed("the server of the bench did not give what it was asked for"));
            }
            if begun.elapsed() >= *lasts {
                return Ok(latencies);
            }
        }
    }
}

/// A question and its whole answer; whether it was one.
async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    path: &str,
    question: Bytes,
    bearer: HeaderValue,
) -> Result<(bool, Bytes)> {
    let request = Request::post(path)
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .header(AUTHORIZATION, bearer)
        .body(Full::new(question))
        .map_err(Failure::failed)?;
    let answer = sender.send_request(request).await.map_err(|_| unserved())?;
    let is_success = answer.status().is_success();
    let answer = answer.into_body().collect().await.map_err(|_| unserved())?.to_bytes();
    Ok((is_success, answer))
}

/// A connection that stays.
async fn visit(address: SocketAddr, config: Arc<ClientConfig>) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.map_err(|_| unserved())?;
    stream.set_nodelay(true).map_err(|_| unserved())?;
    let name = ServerName::try_from("localhost").map_err(Failure::failed)?;
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|_| unserved())?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| unserved())?;
    // Ends with the sender.
    tokio::spawn(connection);
    Ok(sender)
}

fn unserved() -> Failure {
    Failure::failed("the server of the bench does not answer")
}
