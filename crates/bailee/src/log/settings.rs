//! `[log]` in `bailee.toml`: whether a server keeps its log in files, and for how long, and which collector gets it.

use std::path::{Path, PathBuf};

use axum::http::Uri;
use serde::Deserialize;

use super::file::LogFiles;
use crate::failure::{Failure, Result};

/// Fewest days that a log is kept (2.6.e).
const KEEP_DAYS_MIN: u16 = 90;
/// Most: ten years.
const KEEP_DAYS_MAX: u16 = 3650;

/// What `[log]` says, checked.
#[derive(Clone, Debug)]
pub(crate) struct LogSettings {
    /// Where the files are; none are written without it.
    directory: Option<PathBuf>,
    keep_days: u16,
    /// Who gets the same.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody sends to it"))]
    pub(super) collector: Option<Collector>,
}

/// Where a collector of logs is.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody sends to it"))]
pub(super) struct Collector {
    /// `https`, or `http` on this machine.
    pub(super) address: Uri,
    /// The certificates by which it is known, in PEM; none on this machine.
    pub(super) authorities: Option<PathBuf>,
}

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSection {
    directory: Option<PathBuf>,
    keep_days: Option<u16>,
    otlp: Option<String>,
    otlp_ca: Option<PathBuf>,
}

impl LogSection {
    /// Checks it; the error is one line.
    pub(crate) fn check(self) -> std::result::Result<LogSettings, String> {
        let collector = self.otlp.map(|address| collector(&address, self.otlp_ca)).transpose()?;
        match self.keep_days.unwrap_or(KEEP_DAYS_MIN) {
            days if days < KEEP_DAYS_MIN => Err(format!(
                "[log] keep_days = {days} is not allowed: logs are kept {KEEP_DAYS_MIN} days at least (2.6.e)"
            )),
            days if days > KEEP_DAYS_MAX => {
                Err(format!("[log] keep_days = {days} is more than {KEEP_DAYS_MAX}, ten years"))
            }
            keep_days => Ok(LogSettings { directory: self.directory, keep_days, collector }),
        }
    }
}

impl LogSettings {
    /// The files of a home's log, if it shall have any. A relative directory is below the home.
    pub(super) fn open(&self, home: &Path) -> Result<Option<LogFiles>> {
        let Some(directory) = &self.directory else { return Ok(None) };
        let directory = home.join(directory);
        let files = LogFiles::open(&directory, self.keep_days);
        files.map(Some).map_err(|error| Failure::file(&directory, &error))
    }
}

/// Checks where a collector is: what leaves this machine is encrypted (1.5.a, 1.5.b).
fn collector(address: &str, authorities: Option<PathBuf>) -> std::result::Result<Collector, String> {
    if !cfg!(feature = "otlp") {
        return Err(
            "[log] otlp: this program was built without it; build it with `--features otlp`".to_owned()
        );
    }
    let uri = address.parse::<Uri>().ok().filter(|uri| {
        uri.authority().is_some_and(|authority| !authority.as_str().contains('@')) && uri.query().is_none()
    });
    let uri = uri.ok_or("[log] otlp is an address such as https://collector.example:4318")?;
    let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&uri.host().unwrap_or_default());
    match (uri.scheme_str(), &authorities) {
        (Some("https"), Some(_)) => Ok(Collector { address: uri, authorities }),
        (Some("https"), None) => Err("[log] otlp_ca must name the certificates by which the collector is known, \
             such as /etc/ssl/certs/ca-certificates.crt"
            .to_owned()),
        (Some("http"), None) if is_here => Ok(Collector { address: uri, authorities }),
        (Some("http"), Some(_)) => Err("[log] otlp_ca is for an address that begins with https".to_owned()),
        (Some("http"), None) => Err(
            "[log] otlp: plain HTTP is for a collector on this machine (127.0.0.1); name another by https (1.5.a)".to_owned(),
        ),
        _ => Err("[log] otlp is an address such as https://collector.example:4318".to_owned()),
    }
}
