//! What the program tells of its own running: to stderr, and, where a server is told so, to files.
//!
//! Everything passes the guard (`guard`), which lets through numbers, codes and sentences of the source, and drops the
//! rest (2.6.d). The audit is the ledger; this is for whoever runs the machine.
//!
//! - stderr: warnings, or what `BAILEE_LOG` says; sentences for a person, JSON lines where a service's stderr is no
//!   terminal, for its journal.
//! - files (`file`): with `[log] directory` a server writes JSON lines from the level `info`, the access log among them.

mod file;
mod guard;
pub(crate) mod settings;

use std::io::{IsTerminal, Write};
use std::path::Path;

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::Result;
use file::LogFiles;
use guard::{Form, Guard};
use settings::LogSettings;

/// The variable that says what is told on stderr, as `RUST_LOG` does elsewhere.
const LOG_VARIABLE: &str = "BAILEE_LOG";

/// Begins to tell: of a command, or of a server with its settings, if it has a home.
pub(crate) fn begin(server: Option<(&Path, Option<LogSettings>)>) -> Result<()> {
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new("warn"));
    let form = match server.is_some() && !std::io::stderr().is_terminal() {
        true => Form::Json,
        false => Form::Text,
    };
    let to_stderr = Guard::new(form, |line: &[u8]| {
        // Whoever closed it does not want to hear.
        let _ = std::io::stderr().write_all(line);
    });
    let files = server.and_then(|(home, settings)| settings?.open(home));
    let to_files = match files {
        None => None,
        Some(files) => {
            let files: LogFiles = files?;
            let ours = Targets::new().with_target("bailee", Level::INFO).with_default(LevelFilter::WARN);
            Some(Guard::new(Form::Json, move |line: &[u8]| files.write(line)).with_filter(ours))
        }
    };
    // There is none before this one.
    let _ = tracing_subscriber::registry().with(to_stderr.with_filter(filter)).with(to_files).try_init();
    Ok(())
}
