//! Ten thousand connections that are idle or slow, beside callers who work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::served::Served;
use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";
/// Connections in all. Those that shake hands are fewer: each costs the machine a signature.
const CONNECTIONS: usize = 10_000;
const GREETED: usize = 2_000;
/// Of one address; the server lets in 256.
const PER_ADDRESS: usize = 250;
/// What a server may hold for them.
const BYTES_EACH_MAX: u64 = 64 * 1024;
/// How long anybody who works waits for an answer, with two cores for client and server.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a connection that does not ask does.
enum Slow {
    /// It never says anything.
    Silent(#[expect(dead_code, reason = "held open")] TcpStream),
    /// It begins a handshake, byte by byte.
    Dripping(TcpStream),
    /// It has shaken hands, and begins a header.
    Greeted(Box<TlsStream<TcpStream>>),
}

#[test]
fn ten_thousand_idle_and_slow_connections_keep_nobody_from_working() {
    raise_descriptors();
    let trial = Trial::at(NOW);
    let path = trial.path("home/bailee.toml");
    let patient = "[server]\nconnections_max = 12000\nhandshake_seconds = 300\nheader_seconds = 300\nidle_seconds = 300";
    let text = std::fs::read_to_string(&path).unwrap().replace("[server]", patient);
    std::fs::write(&path, text).unwrap();
    let served = trial.serve();
    let bearer = served.bearer();
    let before = resident_bytes(&served);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut crowd = runtime.block_on(crowd(&served));
    assert_eq!(crowd.len(), CONNECTIONS);
    // All of them at once, with a byte of each now and then, while somebody works.
    for round in 0..10 {
        runtime.block_on(drip(&mut crowd, round));
        let begun = Instant::now();
        let sellers = served.ask("/v1/sellers", &["--header", &bearer]);
        assert_eq!(sellers["sellers"][0]["id"], "ALPHA");
        assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    }
    let metrics = by_socket(&served);
    assert!(metrics >= CONNECTIONS as f64, "all of them stand: {metrics}");
    let held = resident_bytes(&served).saturating_sub(before);
    assert!(held < CONNECTIONS as u64 * BYTES_EACH_MAX, "{held} bytes for {CONNECTIONS} connections");
    drop(crowd);
    served.ask("/v1/sellers", &["--header", &bearer]);
    assert_eq!(served.end().status, 0);
}

async fn crowd(served: &Served<'_>) -> Vec<Slow> {
    let at: SocketAddr =
        served.said["urls"][0].as_str().unwrap().trim_start_matches("https://").parse().unwrap();
    let connector = connector(served);
    let mut crowd = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let socket = TcpSocket::new_v4().unwrap();
        let last = u8::try_from(2 + number / PER_ADDRESS).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
        let stream = socket.connect(at).await.unwrap();
        crowd.push(match number {
            number if number < GREETED => {
                let name = ServerName::try_from("localhost").unwrap();
                Slow::Greeted(Box::new(connector.connect(name, stream).await.unwrap()))
            }
            number if number % 2 == 0 => Slow::Silent(stream),
            _ => Slow::Dripping(stream),
        });
    }
    crowd
}

fn connector(served: &Served<'_>) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(served.trial.path("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// Each of the slow ones says its next byte.
async fn drip(crowd: &mut [Slow], round: usize) {
    const HANDSHAKE: &[u8] = &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3];
    const HEADER: &[u8] = b"GET /v1/sellers";
    for slow in crowd {
        match slow {
            Slow::Silent(_) => {}
            Slow::Dripping(stream) => stream.write_all(&HANDSHAKE[round..=round]).await.unwrap(),
            Slow::Greeted(stream) => {
                stream.write_all(&HEADER[round..=round]).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    }
}

/// Connections that stand, as the server counts them.
fn by_socket(served: &Served<'_>) -> f64 {
    let asked = std::process::Command::new("curl")
        .args([
            "--silent",
            "--unix-socket",
            served.said["socket"].as_str().unwrap(),
            "http://localhost/metrics",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(asked.stdout).unwrap();
    let counts = text.lines().filter_map(|line| line.strip_prefix("bailee_connections{")?.rsplit_once(' '));
    counts.map(|(_, count)| count.parse::<f64>().unwrap()).sum()
}

fn resident_bytes(served: &Served<'_>) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    assert!(
        descriptors > CONNECTIONS as u64 + 128,
        "this test needs {CONNECTIONS} descriptors, and has {descriptors}"
    );
}
