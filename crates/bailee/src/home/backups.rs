//! How a home is backed up: for whom, to where, and what belongs to it beside its store.

use std::io;
use std::path::{Path, PathBuf};

use bailee_crypto::backup::{RECIPIENTS_MAX, Recipient};
use bailee_vault::backup::Backups;
use serde::Deserialize;

use super::config::{Config, FILE};
use super::{catalogue, mappings};
use crate::failure::{Failure, Result};

/// A copy of the store in its home, while it is backed up.
const SCRATCH: &str = "backup.tmp";

/// `[backup]` as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupSection {
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default)]
    places: Vec<PathBuf>,
}

/// For whom a home is backed up, and to where.
#[derive(Clone, Debug, Default)]
pub(crate) struct BackupSettings {
    pub(crate) recipients: Vec<Recipient>,
    pub(crate) places: Vec<PathBuf>,
}

impl BackupSection {
    pub(super) fn check(self) -> std::result::Result<BackupSettings, String> {
        if self.recipients.len() > RECIPIENTS_MAX {
            return Err(format!("[backup] recipients are {RECIPIENTS_MAX} at most; take some away"));
        }
        let read = |text: &String| text.parse().map_err(|error| format!("[backup] recipients: {error}"));
        let recipients = self.recipients.iter().map(read).collect::<std::result::Result<_, _>>()?;
        match self.places.iter().all(|place| place.is_absolute()) {
            true => Ok(BackupSettings { recipients, places: self.places }),
            false => Err("[backup] places are named from the root, such as \"/srv/backups\"".to_owned()),
        }
    }
}

/// How a home is backed up.
pub(super) fn of(root: &Path, config: &Config) -> Backups {
    let BackupSettings { recipients, places } = config.backup.clone();
    let (root, own) = (root.to_owned(), own(config));
    let scratch = root.join(SCRATCH);
    Backups { recipients, places, scratch, files: Box::new(move || files(&root, &own)) }
}

/// Takes away the copy of the store that a killed backup left.
pub(super) fn clear(root: &Path) -> Result<()> {
    let path = root.join(SCRATCH);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::file(&path, &error)),
        _ => Ok(()),
    }
}

/// Files of the home that its configuration names and that are no secrets: what is elsewhere is its owner's.
fn own(config: &Config) -> Vec<PathBuf> {
    let named = [&config.catalogue, &config.policies].into_iter().flatten();
    named.filter(|path| path.is_relative()).cloned().collect()
}

/// What belongs to a home beside its store.
fn files(root: &Path, own: &[PathBuf]) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut names = vec![FILE.to_owned(), catalogue::OWN.to_owned()];
    names.extend(own.iter().filter_map(|path| path.to_str().map(str::to_owned)));
    names.extend(mappings::names(root)?);
    let mut files = Vec::new();
    for name in names {
        match std::fs::read(root.join(&name)) {
            Ok(content) => files.push((name, content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}
