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

/// Adds a mirror, then writes it into the configuration: one that is not listed there is only a copy that ages.
fn mirror(visit: &Visit, directory: &Path) -> Result<Json> {
    let directory = std::path::absolute(directory).map_err(|error| Failure::file(directory, &error))?;
    let mut mirrors = visit.home.config().mirrors.clone();
    mirrors.push(directory.clone());
    let path = visit.root().join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let changed = config::with_mirrors(&text, &mirrors)?;
    let status = visit.client.post("/v1/keys/mirrors", &json!({ "directory": directory }))?;
    replace_private(&path, changed.as_bytes())?;
    Ok(status)
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
