//! `bailee keys`: where keys are and what can be promised of them. Never a key.

use std::path::{Path, PathBuf};

use bailee_core::Json;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::home::config::{self, FILE};
use crate::home::make::replace_private;
use crate::screen::text;
use crate::visit::Visit;

/// Where keys are, and what can be promised of them. Never a key.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the keyring: its epoch, its live keys, its mirrors.
    Status,
    /// Add a mirror of the keyring and bring it up to date.
    #[command(after_help = "Example:\n  bailee keys mirror /media/second-disk/bailee-keyring")]
    Mirror {
        /// A directory, empty or missing, best on another disk.
        directory: PathBuf,
    },
}

impl Keys {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let status = match &self.command {
            Command::Status => visit.client.get("/v1/keys")?,
            Command::Mirror { directory } => mirror(visit, directory)?,
        };
        match visit.screen.is_json() {
            true => visit.screen.json(&status)?,
            false => show(visit, &status)?,
        }
        Ok(Exit::Done)
    }
}

/// Adds a mirror. It is listed in the configuration first: one that is listed and empty is filled at the next opening,
/// but one that is filled and not listed is a copy of all keys that no destruction reaches.
fn mirror(visit: &Visit, directory: &Path) -> Result<Json> {
    let directory = std::path::absolute(directory).map_err(|error| Failure::file(directory, &error))?;
    check(visit, &directory)?;
    let mut mirrors = visit.config()?.mirrors.clone();
    mirrors.push(directory.clone());
    let path = visit.root()?.join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let changed = config::with_mirrors(&text, &mirrors)?;
    replace_private(&path, changed.as_bytes())?;
    let added = visit.client.post("/v1/keys/mirrors", &json!({ "directory": directory }));
    Ok(added.inspect_err(|_| {
        // The failure itself is what is told; listed and empty, it would be filled at the next opening.
        let _ = replace_private(&path, text.as_bytes());
    })?)
}

/// Refuses a directory that cannot become a mirror, before anything is written.
fn check(visit: &Visit, directory: &Path) -> Result<()> {
    let found = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let root = visit.root()?;
    let root = root.canonicalize().map_err(|error| Failure::file(root, &error))?;
    let is_mirror = |mirror: &PathBuf| root.join(mirror).canonicalize().is_ok_and(|mirror| mirror == found);
    if visit.config()?.mirrors.iter().any(is_mirror) {
        return Err(Failure::failed(format_args!(
            "{} is a mirror of this keyring already",
            directory.display()
        )));
    }
    let is_empty = match std::fs::read_dir(&found) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    match is_empty || found.join("head").is_file() {
        true => Ok(()),
        false => Err(Failure::failed(format_args!(
            "{} is no empty directory; a mirror is made in a missing or empty one",
            directory.display()
        ))),
    }
}

fn show(visit: &Visit, status: &Json) -> Result<()> {
    let rows = [
        ("epoch", text(status, "epoch")),
        ("revision", text(status, "revision")),
        ("live buckets", text(status, "buckets")),
        ("live facts keys", text(status, "facts_keys")),
        ("parts forgotten one by one", text(status, "punctured")),
        ("an old copy of keyring and root key together", promise(&text(status, "drops_epoch")).to_owned()),
    ];
    visit.screen.table(&[], rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect())?;
    let mirrors = status.member("mirrors").map(Json::elements).unwrap_or_default();
    let rows = mirrors.iter().map(|mirror| vec![text(mirror, "directory"), text(mirror, "state")]);
    visit.screen.table(&["MIRROR", "STATE"], rows.collect())
}

/// What a key provider promises, in words.
fn promise(drops_epoch: &str) -> &'static str {
    match drops_epoch {
        "at-once" => "opens nothing that was destroyed",
        "after-days" => "opens what was destroyed for some days more",
        _ => "still opens what was destroyed since it was made",
    }
}
