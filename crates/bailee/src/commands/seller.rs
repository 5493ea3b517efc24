//! `bailee seller`: the selling partners whose buyers' data is held.

use bailee_core::SellerId;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::{Exit, Result};
use crate::screen::{cut, text};
use crate::visit::Visit;

/// The sellers whose buyers' data is held.
#[derive(Debug, Args)]
pub(crate) struct Seller {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a seller.
    #[command(after_help = "Example:\n  bailee seller add ALPHA --name 'Alpha Trading'")]
    Add {
        /// Its id: the one Amazon gave it, or one of yours.
        id: SellerId,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
    },
    /// List the sellers.
    List,
}

impl Seller {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let screen = visit.screen;
        match &self.command {
            Command::Add { id, name } => {
                let added = visit.client.post("/v1/sellers", &json!({ "id": id, "name": name }))?;
                match screen.is_json() {
                    true => screen.json(&added)?,
                    false => screen.line(format_args!("seller {id} was added"))?,
                }
            }
            Command::List => {
                let sellers = visit.client.get_all("/v1/sellers", "sellers")?;
                if screen.is_json() {
                    screen.json(&sellers)?;
                } else {
                    let sellers =
                        sellers.member("sellers").map(bailee_core::Json::elements).unwrap_or_default();
                    let rows = sellers.iter().map(|one| vec![text(one, "id"), cut(&text(one, "name"))]);
                    screen.table(&["SELLER", "NAME"], rows.collect())?;
                }
            }
        }
        Ok(Exit::Done)
    }
}
