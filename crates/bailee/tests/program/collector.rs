//! A collector of logs, over TLS: it gets what has passed the guard, and its absence costs nobody an answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::operations::{MARKED, ask_all};
use crate::support::{Trial, assert_nowhere};

const NOW: &str = "2026-03-02T09:00:00Z";

/// A collector that keeps what it gets.
struct Collector {
    port: u16,
    /// The certificate that its own is signed by.
    authority: String,
    got: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    fn begin() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let own =
            CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let keeps = Arc::clone(&got);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if let Some(body) = answer(Arc::clone(&config), stream.unwrap()) {
                    keeps.lock().unwrap().push(body);
                }
            }
        });
        Self { port, authority: authority.pem(), got }
    }

    fn records(&self) -> Vec<LogRecord> {
        let got = self.got.lock().unwrap();
        let batches = got.iter().map(|body| ExportLogsServiceRequest::decode(body.as_slice()).unwrap());
        let resources = batches.flat_map(|batch| batch.resource_logs);
        resources
            .flat_map(|from| {
                let about = from.resource.unwrap().attributes;
                assert_eq!(text(&about, "service.name"), Some("bailee"));
                from.scope_logs
            })
            .flat_map(|scope| scope.log_records)
            .collect()
    }
}

/// Takes one request in; nothing where whoever calls does not believe the certificate.
fn answer(config: Arc<ServerConfig>, stream: TcpStream) -> Option<Vec<u8>> {
    let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let lower = line.to_ascii_lowercase();
        if let Some(written) = lower.strip_prefix("content-length:") {
            length = written.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&lower);
    }
    assert!(head.starts_with("post /v1/logs http/1.1") && head.contains("application/x-protobuf"), "{head}");
    assert!(head.contains("host: localhost:"), "{head}");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    stream
        .get_mut()
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    Some(body)
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|one| one.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn number(attributes: &[KeyValue], name: &str) -> Option<i64> {
    let found = attributes.iter().find(|one| one.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}

/// A home whose log goes to a port of this machine, known by an authority.
fn sending_to(port: u16, authority: &str) -> Trial {
    let trial = Trial::at(NOW);
    std::fs::write(trial.path("home/collector.pem"), authority).unwrap();
    let otlp =
        format!("directory = \"log\"\notlp = \"https://localhost:{port}\"\notlp_ca = \"collector.pem\"");
    trial.configure("[log]", &otlp);
    trial
}

#[test]
fn a_collector_gets_what_the_files_get_and_nothing_personal() {
    let collector = Collector::begin();
    let trial = sending_to(collector.port, &collector.authority);
    let served = trial.serve();
    let bearer = served.bearer();
    ask_all(&served, &bearer);
    let ran = served.end();
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let records = collector.records();
    let files: String = (std::fs::read_dir(trial.path("home/log")).unwrap())
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert_eq!(records.len(), files.lines().count());
    let reveal =
        records.iter().find(|record| text(&record.attributes, "route") == Some("/v1/reveal")).unwrap();
    assert_eq!(text(&reveal.attributes, "method"), Some("POST"));
    assert_eq!(number(&reveal.attributes, "status"), Some(200));
    assert!(text(&reveal.attributes, "request").is_some_and(|request| files.contains(request)));
    assert_eq!((reveal.severity_text.as_str(), reveal.severity_number), ("INFO", 9));
    let Some(AnyValue { value: Some(Value::StringValue(body)) }) = &reveal.body else {
        panic!("no sentence")
    };
    assert!(files.contains(body.as_str()) && reveal.time_unix_nano > 0, "{body}");
    let got: Vec<_> =
        collector.got.lock().unwrap().iter().map(|body| ("otlp".into(), body.clone())).collect();
    assert_nowhere(&got, &MARKED.map(str::to_owned));
}

#[test]
fn a_collector_that_is_away_or_is_somebody_else_costs_no_answer_and_gets_nothing() {
    let stranger = Collector::begin();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let other = Collector::begin();
    for port in [nobody, stranger.port] {
        let trial = sending_to(port, &other.authority);
        let served = trial.serve();
        let bearer = served.bearer();
        ask_all(&served, &bearer);
        let ran = served.end();
        assert_eq!(ran.status, 0);
        assert_eq!(ran.err.matches("the collector of the log takes nothing").count(), 1, "{}", ran.err);
    }
    assert!(stranger.records().is_empty());
}
