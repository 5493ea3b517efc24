//! How a home is backed up: for whom, to where, and what belongs to it beside its store.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bailee_crypto::backup::{RECIPIENTS_MAX, Recipient};
use bailee_vault::backup::{Backups, Send};
use serde::Deserialize;

use super::config::{Config, FILE};
use super::restore::MARK;
use super::{catalogue, mappings};
use crate::failure::{Failure, Result};

/// A copy of the store in its home, while it is backed up.
const SCRATCH: &str = "backup.tmp";

/// What stands for the file in the words of the command that sends it.
const FILE_MARK: &str = "{file}";

/// `[backup]` as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupSection {
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default)]
    places: Vec<PathBuf>,
    #[serde(default)]
    send: Vec<String>,
}

/// For whom a home is backed up, and to where.
#[derive(Clone, Debug, Default)]
pub(crate) struct BackupSettings {
    pub(crate) recipients: Vec<Recipient>,
    pub(crate) places: Vec<PathBuf>,
    /// The command that sends a backup elsewhere, and its arguments.
    pub(crate) send: Option<(String, Vec<String>)>,
}

impl BackupSection {
    pub(super) fn check(self) -> std::result::Result<BackupSettings, String> {
        if self.recipients.len() > RECIPIENTS_MAX {
            return Err(format!("[backup] recipients are {RECIPIENTS_MAX} at most; take some away"));
        }
        let read = |text: &String| text.parse().map_err(|error| format!("[backup] recipients: {error}"));
        let recipients = self.recipients.iter().map(read).collect::<std::result::Result<_, _>>()?;
        if !self.places.iter().all(|place| place.is_absolute()) {
            return Err("[backup] places are named from the root, such as \"/srv/backups\"".to_owned());
        }
        let send = self.send.split_first().map(|(command, words)| (command.clone(), words.to_vec()));
        if send.as_ref().is_some_and(|(_, words)| !words.iter().any(|word| word.contains(FILE_MARK))) {
            return Err(format!("[backup] send does not say where the file goes; name it as {FILE_MARK}"));
        }
        Ok(BackupSettings { recipients, places: self.places, send })
    }
}

/// How a home is backed up.
pub(super) fn of(root: &Path, config: &Config) -> Backups {
    let BackupSettings { recipients, places, send } = config.backup.clone();
    let send: Option<Box<Send>> = send.map(|(command, words)| {
        let send: Box<Send> = Box::new(move |file| sent(&command, &words, file));
        send
    });
    let (root, own) = (root.to_owned(), own(config));
    let scratch = root.join(SCRATCH);
    Backups { recipients, places, scratch, files: Box::new(move || files(&root, &own)), send }
}

/// Sends a file by the home's own command: no shell reads its words. Whether it went well.
fn sent(command: &str, words: &[String], file: &Path) -> bool {
    let Some(name) = file.to_str() else { return false };
    let words = words.iter().map(|word| word.replace(FILE_MARK, name));
    let run = Command::new(command).args(words).stdin(Stdio::null()).stdout(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// Takes away the copy of the store that a killed backup left, and the mark of a restore that was killed when it was done.
pub(super) fn clear(root: &Path) -> Result<()> {
    for name in [SCRATCH, MARK] {
        let path = root.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::file(&path, &error));
            }
            _ => {}
        }
    }
    Ok(())
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
