//! The log to a collector, by the OpenTelemetry protocol over HTTP (OTLP, `POST /v1/logs`): what has passed the guard.
//!
//! Lines wait in a bounded queue and leave in batches, from a thread of their own. So a collector that is slow or away
//! costs lines and never an answer; that it is away is told on stderr and in the files, once.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum::http::header::HOST;
use axum::http::{HeaderValue, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{LogExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tracing::Level;

use super::guard::Line;
use super::settings::Collector;
use crate::failure::{Failure, Result};

/// The path at which collectors take logs, unless the address has one.
const PATH: &str = "/v1/logs";
/// How long a batch may take on its way, and the last one when the server ends.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);
/// Longest answer of a collector that is read: it is a few counts.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Lines on their way to a collector. What waits is sent when it is dropped.
pub(super) struct Sending(SdkLoggerProvider);

impl Sending {
    /// Begins to send. A relative path of certificates is below the home.
    pub(super) fn begin(home: &Path, collector: &Collector) -> Result<Self> {
        let authorities = collector.authorities.as_ref().map(|path| home.join(path));
        let tls = authorities.map(|path| tls(&path)).transpose()?;
        let mut address = collector.address.to_string();
        if collector.address.path() == "/" {
            address = address.trim_end_matches('/').to_owned() + PATH;
        }
        let exporter = LogExporter::builder()
            .with_http()
            .with_http_client(Way { tls, is_lost: AtomicBool::new(false) })
            .with_endpoint(address)
            .with_timeout(SEND_TIME_MAX)
            .build()
            .map_err(|_| Failure::failed("[log] otlp: nothing can be sent to this address"))?;
        // Made from nothing: what stands in the environment is not the guard's to let through.
        let about = Resource::builder_empty()
            .with_attribute(KeyValue::new("service.name", "bailee"))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self(SdkLoggerProvider::builder().with_resource(about).with_batch_exporter(exporter).build()))
    }

    /// Takes lines.
    pub(super) fn logger(&self) -> SdkLogger {
        self.0.logger_with_scope(InstrumentationScope::builder("bailee").build())
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // What cannot be sent by then is lost, as it is while the server runs.
        let _ = self.0.shutdown_with_timeout(SEND_TIME_MAX);
    }
}

/// Hands a line over.
pub(super) fn tell(logger: &SdkLogger, line: Line) {
    let mut record = logger.create_log_record();
    let since_epoch = u64::try_from(line.at.as_millisecond()).unwrap_or_default();
    record.set_timestamp(UNIX_EPOCH + Duration::from_millis(since_epoch));
    record.set_severity_number(severity(line.level));
    record.set_severity_text(line.level.as_str());
    record.set_target(line.target);
    record.set_body(line.message.into());
    record.add_attributes(line.fields.into_iter().map(|(name, value)| (name, any(value))));
    if line.dropped > 0 {
        record.add_attribute("dropped", i64::try_from(line.dropped).unwrap_or(i64::MAX));
    }
    logger.emit(record);
}

fn severity(level: Level) -> Severity {
    match level {
        Level::ERROR => Severity::Error,
        Level::WARN => Severity::Warn,
        Level::INFO => Severity::Info,
        Level::DEBUG => Severity::Debug,
        Level::TRACE => Severity::Trace,
    }
}

/// The guard lets numbers and texts through.
fn any(value: Value) -> AnyValue {
    match value {
        Value::String(text) => AnyValue::String(text.into()),
        number => match number.as_i64() {
            Some(whole) => AnyValue::Int(whole),
            None => AnyValue::Double(number.as_f64().unwrap_or_default()),
        },
    }
}

fn tls(authorities: &Path) -> Result<Arc<ClientConfig>> {
    let unusable = || Failure::failed(format_args!("{} holds no certificates in PEM", authorities.display()));
    let text = std::fs::read(authorities).map_err(|error| Failure::file(authorities, &error))?;
    let mut known = RootCertStore::empty();
    known
        .add_parsable_certificates(CertificateDer::pem_slice_iter(&text).filter_map(std::result::Result::ok));
    if known.is_empty() {
        return Err(unusable());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| unusable())?
        .with_root_certificates(known)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The way to a collector: a connection for each batch, since some seconds lie between two.
#[derive(Debug)]
struct Way {
    tls: Option<Arc<ClientConfig>>,
    is_lost: AtomicBool,
}

impl HttpClient for Way {
    fn send_bytes<'a, 'f>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        'a: 'f,
        Self: 'f,
    {
        // Whoever asks is a thread that sends and does nothing else.
        Box::pin(std::future::ready(self.send(request).map_err(HttpError::from)))
    }
}

impl Way {
    fn send(&self, request: Request<Bytes>) -> io::Result<Response<Bytes>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let sent =
            runtime.block_on(async { tokio::time::timeout(SEND_TIME_MAX, self.exchange(request)).await });
        let sent = sent.map_err(io::Error::from).flatten();
        let arrived = matches!(&sent, Ok(answer) if answer.status().is_success());
        let was_lost = self.is_lost.swap(!arrived, Ordering::Relaxed);
        if !arrived && !was_lost {
            tracing::warn!("the collector of the log takes nothing; lines for it are lost");
        } else if arrived && was_lost {
            tracing::warn!("the collector of the log takes lines again");
        }
        sent
    }

    async fn exchange(&self, request: Request<Bytes>) -> io::Result<Response<Bytes>> {
        let uri = request.uri().clone();
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        match &self.tls {
            None => exchange_over(stream, &uri, request).await,
            Some(config) => {
                let name = ServerName::try_from(host).map_err(io::Error::other)?;
                let stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await?;
                exchange_over(stream, &uri, request).await
            }
        }
    }
}

async fn exchange_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    uri: &Uri,
    request: Request<Bytes>,
) -> io::Result<Response<Bytes>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let mut request = request.map(Full::new);
    // Over a connection of its own a request names the path, and the host beside it.
    let host = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    request.headers_mut().extend(host.map(|host| (HOST, host)));
    let path =
        uri.path_and_query().cloned().unwrap_or_else(|| axum::http::uri::PathAndQuery::from_static(PATH));
    *request.uri_mut() = Uri::from(path);
    let (parts, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(io::Error::other)?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
