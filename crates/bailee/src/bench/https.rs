//! Reveals over HTTPS, as applications ask for them: a server in a process of its own, and clients that keep their
//! connections. Both share the machine's cores.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Request};
use bailee_core::{Json, Sensitive};
use bailee_server::listener::PublicKeyPin;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Figure, Latency};
use crate::client;
use crate::failure::{Failure, Result};

/// Clients that ask at the same time.
pub(super) const CLIENTS: usize = 32;

/// How long they go on asking.
const DURATION: Duration = Duration::from_secs(5);

/// What they speak.
const PROTOCOL: &[u8] = b"http/1.1";

/// How many of the kernel's ticks there are in a second, for what `/proc` says of a process (`USER_HZ` of Linux).
const TICKS: u64 = 100;

/// A server on a home, in a process of its own. Ended on drop.
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

impl Server {
    /// Starts it; returns once it answers.
    pub(super) fn start(home: &Path) -> Result<Self> {
        let program = std::env::current_exe().map_err(Failure::failed)?;
        let child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--output", "json", "--home"])
            .arg(home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut server = Self {
            child: child.map_err(Failure::failed)?,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            config: Arc::new(client::tls(None, PROTOCOL)?),
        };
        let mut said = String::new();
        let out = server.child.stdout.take().ok_or_else(unserved)?;
        BufReader::new(out).read_line(&mut said).map_err(|_| unserved())?;
        let said: Json = serde_json::from_str(&said).map_err(|_| unserved())?;
        let url = said.member("urls").and_then(|urls| urls.elements().first()).and_then(Json::as_str);
        let address = url.and_then(|url| url.strip_prefix("https://")).ok_or_else(unserved)?;
        server.address = address.parse().map_err(|_| unserved())?;
        let pin = said.member("public_key").and_then(Json::as_str).and_then(PublicKeyPin::parse);
        server.config = Arc::new(client::tls(Some(pin.ok_or_else(unserved)?), PROTOCOL)?);
        Ok(server)
    }

    /// How long its threads have computed so far.
    fn computed(&self) -> Result<Duration> {
        let unknown = |_| Failure::failed("this system does not say what a process has computed");
        let said = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).map_err(unknown)?;
        // The name, which may hold anything, ends with the last `)`. Behind it, user and system time are the 12th and 13th.
        let fields = said.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11).take(2);
        let ticks: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * (1000 / TICKS)))
    }

    /// Lets [`CLIENTS`] ask these questions for some seconds, one after the other, each on a connection of its own.
    /// `records` is how many records each question is about: those are counted, and each must be in the answer.
    pub(super) fn ask(
        &self,
        what: &'static str,
        questions: Vec<Bytes>,
        records: usize,
        token: &Sensitive<String>,
    ) -> Result<Figure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|_| Failure::failed("no runtime could be started"))?;
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(Failure::failed)?;
        bearer.set_sensitive(true);
        let asking = Arc::new(Asking { questions, records, bearer, next: AtomicUsize::new(0) });
        let computed = self.computed()?;
        let begun = Instant::now();
        let latencies = runtime.block_on(async {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let visit = visit(self.address, Arc::clone(&self.config));
                    let asking = Arc::clone(&asking);
                    tokio::spawn(async move { asking.go_on(visit.await?, begun + DURATION).await })
                })
                .collect();
            let mut all = Vec::new();
            for client in clients {
                all.extend(client.await.map_err(|_| unserved())??);
            }
            Ok::<_, Failure>(all)
        })?;
        let seconds = begun.elapsed();
        let count = latencies.len() * records;
        let computed = self.computed()?.saturating_sub(computed);
        Ok(Figure {
            latency: Latency::of(latencies),
            computed_us: Some(computed.as_secs_f64() * 1e6 / count.max(1) as f64),
            ..Figure::new(what, count as u64, seconds)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end, it ends in order. One that has ended already needs no asking.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// What clients ask.
struct Asking {
    questions: Vec<Bytes>,
    records: usize,
    bearer: HeaderValue,
    /// The next question: clients share them.
    next: AtomicUsize,
}

impl Asking {
    /// Asks one question after the other until then; how long each answer took.
    async fn go_on(&self, mut sender: SendRequest<Full<Bytes>>, end: Instant) -> Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        while Instant::now() < end {
            let number = self.next.fetch_add(1, Ordering::Relaxed) % self.questions.len().max(1);
            let question = self.questions.get(number).cloned().unwrap_or_default();
            let request = Request::post("/v1/reveal")
                .header(HOST, "localhost")
                .header(CONTENT_TYPE, "application/json")
                .header(AUTHORIZATION, self.bearer.clone())
                .body(Full::new(question))
                .map_err(Failure::failed)?;
            let asked = Instant::now();
            let answer = sender.send_request(request).await.map_err(|_| unserved())?;
            let is_success = answer.status().is_success();
            let answer = answer.into_body().collect().await.map_err(|_| unserved())?.to_bytes();
            latencies.push(asked.elapsed());
            let text = std::str::from_utf8(&answer).unwrap_or_default();
            if !is_success || text.matches("\"reference\":").count() < self.records {
                return Err(Failure::failed("the server did not reveal what it was asked for"));
            }
        }
        Ok(latencies)
    }
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

/// Questions for so many of these orders each, for fulfilment.
pub(super) fn questions(references: &[&str], records: usize) -> Vec<Bytes> {
    let question = |references: &[&str]| {
        let items: Vec<_> = (references.iter())
            .map(|reference| json!({ "seller": "BENCH", "reference": reference }))
            .collect();
        Bytes::from(json!({ "purpose": "fulfilment", "items": items }).to_string())
    };
    references.chunks_exact(records).map(question).collect()
}

fn unserved() -> Failure {
    Failure::failed("the server of the bench does not answer")
}
