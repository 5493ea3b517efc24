//! `[retention] time_source` in `bailee.toml`: a second source of time, asked when this machine's clock has jumped ahead.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::DATE;
use axum::http::uri::Scheme;
use axum::http::{Method, Request, Uri};
use bailee_core::Timestamp;
use bailee_vault::Vault;
use jiff::fmt::rfc2822;

use super::config::Config;
use crate::failure::{Failure, Result};
use crate::fetch::{Bounds, Fetch};

/// What one question may take: who opens the home waits for it.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(10), answer_bytes: 64 * 1024 };

/// Two clocks that are so near say the same: far more than any clock that is kept is off, and nothing against a day.
const AGREEING_SECONDS_MAX: u64 = 15 * 60;

/// Where to ask.
#[derive(Clone, Debug)]
pub(crate) struct TimeSource {
    address: Uri,
    authorities: Option<PathBuf>,
}

impl TimeSource {
    /// Checks what is written; the error is one line.
    pub(crate) fn check(
        address: Option<&str>,
        authorities: Option<PathBuf>,
    ) -> std::result::Result<Option<Self>, String> {
        let Some(address) = address else {
            return match authorities {
                None => Ok(None),
                Some(_) => {
                    Err("[retention] time_authorities are those of time_source; set that, too".to_owned())
                }
            };
        };
        let parsed = address.parse::<Uri>().ok();
        let address = parsed.filter(|uri| uri.scheme() == Some(&Scheme::HTTPS) && uri.host().is_some());
        let address = address.ok_or(
            "[retention] time_source is an address such as \"https://example.com/\": a time that anybody on the way could \
             change is none (1.5.a)",
        )?;
        Ok(Some(Self { address, authorities }))
    }

    /// Whether it says that it is about this time.
    pub(crate) fn agrees(&self, home: &Path, now: Timestamp) -> bool {
        match self.ask(home) {
            Ok(said) => said.as_second().abs_diff(now.as_second()) <= AGREEING_SECONDS_MAX,
            Err(_) => {
                tracing::error!("the second source of time does not answer: see to [retention] time_source");
                false
            }
        }
    }

    /// What it says, by the date of its answer (RFC 9110, 6.6.1), whatever it answers otherwise.
    fn ask(&self, home: &Path) -> Result<Timestamp> {
        let request = Request::builder().method(Method::HEAD).uri(self.address.clone()).body(Bytes::new());
        let way = Fetch::new(self.authorities.as_ref().map(|file| home.join(file)));
        let answer = way.exchange(request.map_err(|_| none())?, BOUNDS)?;
        let said = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).ok_or_else(none)?;
        rfc2822::DateTimeParser::new().parse_timestamp(said).map_err(|_| none())
    }
}

/// Believes a time that has jumped ahead, where a second source says the same.
pub(super) fn ask(vault: &Vault, root: &Path, config: &Config, now: Timestamp) -> Result<()> {
    let Some(source) = &config.time_source else { return Ok(()) };
    // By an older keyring nothing is decided but whether it is gone on with.
    if vault.refuse_behind().is_err() {
        return Ok(());
    }
    if vault.believes(now).map_err(Failure::failed)? || !source.agrees(root, now) {
        return Ok(());
    }
    vault.believe_source(now).map_err(Failure::failed)
}

fn none() -> Failure {
    Failure::failed("the second source of time says no time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_https_is_taken_and_no_other() {
        let check = |address| TimeSource::check(Some(address), None);
        for sound in ["https://example.com/", "https://example.com:8443/v1/health", "https://127.0.0.1"] {
            assert!(check(sound).unwrap().is_some(), "{sound}");
        }
        for wrong in ["http://example.com/", "example.com", "https://", "ntp://example.com", ""] {
            assert!(check(wrong).unwrap_err().contains("1.5.a"), "{wrong}");
        }
        assert!(TimeSource::check(None, None).unwrap().is_none());
        assert!(TimeSource::check(None, Some("ca.pem".into())).unwrap_err().contains("time_source"));
    }
}
