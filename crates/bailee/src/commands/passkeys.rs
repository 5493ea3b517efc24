//! `bailee person passkeys`: one's own passkeys, which are set up and shown in a browser.

use bailee_core::{Json, PasskeyId};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::{Exit, Result};
use crate::screen::text;
use crate::visit::Visit;

/// Your passkeys: list and remove them.
///
/// They are set up and shown in a browser, at the home's `public_url`; a terminal cannot do either.
#[derive(Debug, Args)]
pub(crate) struct Passkeys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List your passkeys.
    List,
    /// Remove one of them. Takes a fresh second factor: `bailee person confirm`.
    Remove {
        /// Its id, as `list` shows it.
        id: PasskeyId,
    },
}

impl Passkeys {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::List => list(visit),
            Command::Remove { id } => {
                visit.client.delete(&format!("/v1/account/passkeys/{id}"))?;
                match visit.screen.is_json() {
                    true => visit.screen.json(&json!({ "removed": id }))?,
                    false => visit.screen.line("the passkey opens nothing any more")?,
                }
                Ok(Exit::Done)
            }
        }
    }
}

fn list(visit: &Visit) -> Result<Exit> {
    let passkeys = visit.client.get_all("/v1/account/passkeys", "passkeys")?;
    if visit.screen.is_json() {
        visit.screen.json(&passkeys)?;
        return Ok(Exit::Done);
    }
    let passkeys = passkeys.member("passkeys").map(Json::elements).unwrap_or_default();
    let rows = passkeys
        .iter()
        .map(|one| ["name", "since", "used_at", "passkey"].map(|name| text(one, name)).to_vec());
    visit.screen.table(&["NAME", "SINCE", "LAST USED", "PASSKEY"], rows.collect())?;
    Ok(Exit::Done)
}
