//! What the program tells of its own running: to stderr, and, where a server is told so, to files.
//!
//! Everything passes the guard (`guard`), which lets through numbers, codes and sentences of the source, and drops the
//! rest (2.6.d). The audit is the ledger; this is for whoever runs the machine.
//!
//! - stderr: warnings, or what `BAILEE_LOG` says; sentences for a person, JSON lines where a service's stderr is no
//!   terminal, for its journal.
//! - files (`file`): with `[log] directory` a server writes JSON lines from the level `info`, the access log among them.
//! - a collector (`otlp`, if built with it): with `[log] otlp` a server sends it the same.

mod file;
mod guard;
#[cfg(feature = "otlp")]
mod otlp;
pub(crate) mod settings;

use std::io::{IsTerminal, Write};
use std::path::Path;

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::Result;
use guard::{Form, Guard, Line};
use settings::LogSettings;

/// The variable that says what is told on stderr, as `RUST_LOG` does elsewhere.
const LOG_VARIABLE: &str = "BAILEE_LOG";

/// What tells in the background. Dropped last: then what still waits is sent.
#[derive(Default)]
pub(crate) struct Told {
    #[cfg(feature = "otlp")]
    _sending: Option<otlp::Sending>,
}

/// Begins to tell: of a command, or of a server with its settings, if it has a home.
pub(crate) fn begin(server: Option<(&Path, Option<LogSettings>)>) -> Result<Told> {
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new("warn"));
    let form = match server.is_some() && !std::io::stderr().is_terminal() {
        true => Form::Json,
        false => Form::Text,
    };
    let to_stderr = Guard::new(move |line: Line| {
        // Whoever closed it does not want to hear.
        let _ = std::io::stderr().write_all(line.written(form).as_bytes());
    });
    let (home, settings) = server.unzip();
    let settings = settings.flatten();
    let files = match (home, &settings) {
        (Some(home), Some(settings)) => settings.open(home)?,
        _ => None,
    };
    let to_files = files.map(|files| {
        let write = move |line: Line| files.write(line.written(Form::Json).as_bytes());
        Guard::new(write).with_filter(of_a_server())
    });
    let layers = tracing_subscriber::registry().with(to_stderr.with_filter(filter)).with(to_files);
    #[cfg(feature = "otlp")]
    let (layers, told) = {
        let sending = match (home, settings.and_then(|settings| settings.collector)) {
            (Some(home), Some(collector)) => Some(otlp::Sending::begin(home, &collector)?),
            _ => None,
        };
        let to_collector = sending.as_ref().map(|sending| {
            let logger = sending.logger();
            Guard::new(move |line: Line| otlp::tell(&logger, line)).with_filter(of_a_server())
        });
        (layers.with(to_collector), Told { _sending: sending })
    };
    #[cfg(not(feature = "otlp"))]
    let told = Told::default();
    // There is none before this one.
    let _ = layers.try_init();
    Ok(told)
}

/// What of a server's running is kept: its own lines, and warnings of others.
fn of_a_server() -> Targets {
    Targets::new().with_target("bailee", Level::INFO).with_default(LevelFilter::WARN)
}
