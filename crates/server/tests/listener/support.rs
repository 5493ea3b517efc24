//! A listener on a free port, with a router that shows what a listener does.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, body};
use bailee_server::listener::{Door, Ended, Identity, Limits, Minimum, Peer, SocketFile, Stop, Tls, serve};
use futures_util::stream;
use http_body_util::BodyExt;
use rcgen::{CertifiedKey, KeyPair};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Longer than anything that is waited for in these tests.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// A limit that a test waits for.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// A certificate for `localhost` with its key, in PEM.
pub(crate) struct Pem {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Pem {
    pub(crate) fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        Self { chain: cert.pem(), key: signing_key.serialize_pem() }
    }

    /// A key without a certificate.
    pub(crate) fn key_alone() -> String {
        KeyPair::generate().unwrap().serialize_pem()
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }
}

/// A listener that runs.
pub(crate) struct Running {
    pub(crate) port: u16,
    pub(crate) tls: Tls,
    pub(crate) pem: Pem,
    pub(crate) directory: tempfile::TempDir,
    /// Lets `/held` answer.
    pub(crate) held: Arc<Notify>,
    /// Told when `/held` has been asked.
    pub(crate) asked: Arc<Notify>,
    /// How often `/held` has been asked.
    pub(crate) begun: Arc<AtomicUsize>,
    /// Told when `/held` has come to its end.
    pub(crate) done: Arc<Notify>,
    pub(crate) stop: watch::Sender<Stop>,
    ended: Option<JoinHandle<Ended>>,
    socket: Option<SocketFile>,
    pub(crate) runtime: Runtime,
}

impl Running {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::with(limits, Minimum::V12)
    }

    pub(crate) fn with(limits: Limits, minimum: Minimum) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let _inside = runtime.enter();
        let pem = Pem::new();
        let tls = Tls::new(pem.identity(), minimum).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), &pem.chain).unwrap();
        let port = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        port.set_nonblocking(true).unwrap();
        let port = TcpListener::from_std(port).unwrap();
        let number = port.local_addr().unwrap().port();
        let (unix, socket) = SocketFile::bind(&directory.path().join("run/socket")).unwrap();
        let [held, asked, done] = std::array::from_fn(|_| Arc::new(Notify::new()));
        let begun = Arc::new(AtomicUsize::new(0));
        let (stop, stopped) = watch::channel(Stop::Not);
        let doors = vec![Door::Network { port, tls: tls.clone() }, Door::Local(unix)];
        let router = router(Arc::clone(&held), Arc::clone(&asked), Arc::clone(&done), Arc::clone(&begun));
        let ended = runtime.spawn(serve(doors, router, limits, stopped));
        drop(_inside);
        Self {
            port: number,
            tls,
            pem,
            directory,
            held,
            asked,
            begun,
            done,
            stop,
            ended: Some(ended),
            socket: Some(socket),
            runtime,
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("run/socket")
    }

    /// A bare connection.
    pub(crate) fn connect(&self) -> TcpStream {
        self.connect_from([127, 0, 0, 1])
    }

    /// A bare connection from an address of this machine.
    pub(crate) fn connect_from(&self, address: [u8; 4]) -> TcpStream {
        let connect = async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from((address, 0))).unwrap();
            let at = SocketAddr::from(([127, 0, 0, 1], self.port));
            socket.connect(at).await.unwrap().into_std().unwrap()
        };
        let stream = self.runtime.block_on(connect);
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    /// A connection of TLS that speaks this protocol.
    pub(crate) fn greet(&self, protocol: &[u8]) -> Greeted {
        self.greet_over(self.connect(), protocol)
    }

    pub(crate) fn greet_over(&self, stream: TcpStream, protocol: &[u8]) -> Greeted {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.tls.identity().certificate().unwrap().clone().into_owned()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let name = "localhost".try_into().unwrap();
        let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        rustls::StreamOwned::new(session, stream)
    }

    /// `curl` with these words; the base of the address comes first. Its status and what it printed.
    pub(crate) fn curl(&self, words: &[&str], path: &str) -> (i32, String) {
        let mut command = self.curl_command(words, path);
        let ran = command.output().unwrap();
        (ran.status.code().unwrap(), String::from_utf8(ran.stdout).unwrap())
    }

    pub(crate) fn curl_command(&self, words: &[&str], path: &str) -> Command {
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--max-time", "20", "--cacert"])
            .arg(self.directory.path().join("ca.pem"))
            .args(words)
            .arg(format!("https://localhost:{}{path}", self.port))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Whether a client is served.
    #[track_caller]
    pub(crate) fn serves(&self) {
        assert_eq!(self.curl(&["--ipv4"], "/hello"), (0, "hello".to_owned()));
    }

    /// Tells it to stop and waits for its end.
    pub(crate) fn end(&mut self, stop: Stop) -> Ended {
        let _ = self.stop.send(stop);
        let ended = self.ended.take().unwrap();
        drop(self.socket.take());
        self.runtime.block_on(async { tokio::time::timeout(LONG, ended).await }).unwrap().unwrap()
    }
}

pub(crate) type Greeted = rustls::StreamOwned<rustls::ClientConnection, TcpStream>;

/// Sends a request's head, and says no more.
pub(crate) fn send(stream: &mut impl Write, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
    stream.flush().unwrap();
}

/// Everything until the other end closes, by whatever way it does.
pub(crate) fn until_closed(stream: &mut impl Read) -> String {
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => all.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("it was not closed"),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// Bytes that end an answer of `/large`: more than any buffer on the way holds.
pub(crate) const LARGE_BYTES: usize = 64 * 1024 * 1024;

fn router(held: Arc<Notify>, asked: Arc<Notify>, done: Arc<Notify>, begun: Arc<AtomicUsize>) -> Router {
    let hold = move || async move {
        begun.fetch_add(1, Ordering::Relaxed);
        asked.notify_one();
        held.notified().await;
        done.notify_one();
        "held"
    };
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/peer", get(|Extension(peer): Extension<Peer>| async move { format!("{peer:?}") }))
        .route("/held", get(hold))
        .route("/count", post(count))
        .route("/refuse", post(|| async { (StatusCode::UNAUTHORIZED, "refused") }))
        .route("/large", get(large))
}

/// Counts a body, or says how far it came.
async fn count(mut body: Body) -> String {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        match frame.map(|frame| frame.into_data().map_or(0, |data| data.len())) {
            Ok(more) => bytes += more,
            Err(error) => return format!("broken after {bytes}: {error}"),
        }
    }
    format!("{bytes}")
}

async fn large() -> Body {
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let chunks =
        stream::iter((0..LARGE_BYTES / chunk.len()).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    body::Body::from_stream(chunks)
}
