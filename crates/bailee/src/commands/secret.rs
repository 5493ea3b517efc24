//! `bailee secret`: the secrets that the program uses itself.

use bailee_core::Json;
use clap::{Args, Subcommand};

use crate::failure::{Exit, Result};
use crate::screen::text;
use crate::visit::Visit;

/// The secrets that the program uses itself: how old, and how strong.
#[derive(Debug, Args)]
pub(crate) struct Secret {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the secrets that bailee.toml names, with their age and strength. Nothing of one is kept or shown.
    ///
    /// Age counts from the day on which this home first saw the secret. One that is past it goes on working, is an event of
    /// the ledger, and is to be changed where it is kept: the home sees by itself that it is another.
    List,
}

impl Secret {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let Command::List = self.command;
        let listed = visit.client.get_all("/v1/secrets", "secrets")?;
        if visit.screen.is_json() {
            visit.screen.json(&listed)?;
            return Ok(Exit::Done);
        }
        let secrets = listed.member("secrets").map(Json::elements).unwrap_or_default();
        if secrets.is_empty() {
            visit.screen.note("bailee.toml names no secret");
            return Ok(Exit::Done);
        }
        let row = |one: &Json| {
            ["secret", "state", "since", "ends_at", "strength", "bits"].map(|name| text(one, name)).to_vec()
        };
        let rows = secrets.iter().map(row).collect();
        visit.screen.table(&["SECRET", "STATE", "SINCE", "ENDS", "STRENGTH", "BITS"], rows)?;
        Ok(Exit::Done)
    }
}
