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

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{LogExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use rustls::ClientConfig;
use serde_json::Value;
use tracing::Level;

use super::guard::Line;
use super::settings::Collector;
use crate::failure::{Failure, Result};
use crate::fetch::{Bounds, believing, exchange};

/// The path at which collectors take logs, unless the address has one.
const PATH: &str = "/v1/logs";
/// How long a batch may take on its way, and the last one when the server ends.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);
/// Bounds of an exchange with a collector: its answer is a few counts.
const COLLECTOR: Bounds = Bounds { time: SEND_TIME_MAX, answer_bytes: 64 * 1024 };

/// Lines on their way to a collector. What waits is sent when it is dropped.
pub(super) struct Sending(SdkLoggerProvider);

impl Sending {
    /// Begins to send. A relative path of certificates is below the home.
    pub(super) fn begin(home: &Path, collector: &Collector) -> Result<Self> {
        let authorities = collector.authorities.as_ref().map(|path| home.join(path));
        let tls = authorities.map(|path| believing(&path)).transpose()?;
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
        let sent = exchange(self.tls.clone(), request, COLLECTOR);
        let arrived = matches!(&sent, Ok(answer) if answer.status().is_success());
        let was_lost = self.is_lost.swap(!arrived, Ordering::Relaxed);
        if !arrived && !was_lost {
            tracing::warn!("the collector of the log takes nothing; lines for it are lost");
        } else if arrived && was_lost {
            tracing::warn!("the collector of the log takes lines again");
        }
        sent
    }
}
