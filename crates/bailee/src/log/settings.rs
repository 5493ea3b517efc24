//! `[log]` in `bailee.toml`: whether a server keeps its log in files, and for how long.

use std::path::{Path, PathBuf};

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
}

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogSection {
    directory: Option<PathBuf>,
    keep_days: Option<u16>,
}

impl LogSection {
    /// Checks it; the error is one line.
    pub(crate) fn check(self) -> std::result::Result<LogSettings, String> {
        match self.keep_days.unwrap_or(KEEP_DAYS_MIN) {
            days if days < KEEP_DAYS_MIN => Err(format!(
                "[log] keep_days = {days} is not allowed: logs are kept {KEEP_DAYS_MIN} days at least (2.6.e)"
            )),
            days if days > KEEP_DAYS_MAX => {
                Err(format!("[log] keep_days = {days} is more than {KEEP_DAYS_MAX}, ten years"))
            }
            keep_days => Ok(LogSettings { directory: self.directory, keep_days }),
        }
    }
}

impl LogSettings {
    /// The files of a home's log, if it shall have any. A relative directory is below the home.
    pub(super) fn open(self, home: &Path) -> Option<Result<LogFiles>> {
        let directory = home.join(self.directory?);
        let files = LogFiles::open(&directory, self.keep_days);
        Some(files.map_err(|error| Failure::file(&directory, &error)))
    }
}
