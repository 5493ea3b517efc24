//! `bailee quarantine`: what failed verification, and why. Never a value.

use bailee_core::{Json, RecordId, SellerId};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::failure::{Exit, Result};
use crate::screen::{leaf, pick, text};
use crate::visit::Visit;

/// What failed verification, and why. Never a value.
#[derive(Debug, Args)]
pub(crate) struct Quarantine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List what is in quarantine, newest first.
    #[command(after_help = "Example:\n  bailee quarantine list --seller ALPHA")]
    List {
        /// Of this seller only.
        #[arg(long, value_name = "S")]
        seller: Option<SellerId>,
    },
    /// Show one of them: where it stood, what is wrong, and what to do.
    Show {
        /// Its id.
        id: RecordId,
    },
}

#[derive(Serialize)]
struct List<T> {
    quarantined: Vec<T>,
}

impl Quarantine {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::List { seller } => list(visit, seller.as_ref()),
            Command::Show { id } => show(visit, *id),
        }
    }
}

fn list(visit: &Visit, seller: Option<&SellerId>) -> Result<Exit> {
    let path = seller
        .map_or_else(|| "/v1/quarantine".to_owned(), |seller| format!("/v1/quarantine?seller={seller}"));
    let answer = visit.client.get(&path)?;
    let items = answer.member("quarantined").map(Json::elements).unwrap_or_default();
    if visit.screen.is_json() {
        let quarantined =
            items.iter().map(|item| pick(item, &["id", "source", "position", "reason"])).collect();
        visit.screen.json(&List { quarantined })?;
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        visit.screen.note("nothing is in quarantine");
        return Ok(Exit::Done);
    }
    let rows = items.iter().map(|item| {
        let position = |name| item.at(&format!("position.{name}")).map(leaf).unwrap_or_default();
        vec![
            text(item, "id"),
            text(item, "seller"),
            text(item, "source"),
            format!("document {}, line {}", position("document"), position("line")),
            text(item, "reason"),
        ]
    });
    visit.screen.table(&["ID", "SELLER", "SOURCE", "POSITION", "REASON"], rows.collect())?;
    Ok(Exit::Done)
}

fn show(visit: &Visit, id: RecordId) -> Result<Exit> {
    let item = visit.client.get(&format!("/v1/quarantine/{id}"))?;
    if visit.screen.is_json() {
        visit.screen.json(&item)?;
        return Ok(Exit::Done);
    }
    visit.screen.heading(format_args!("quarantined {id}"))?;
    let rows = ["seller", "source", "reason", "words", "bytes", "since", "expires_at"];
    let rows = rows.iter().map(|name| vec![format!("  {name}"), text(&item, name)]);
    visit.screen.table(&[], rows.collect())?;
    Ok(Exit::Done)
}
