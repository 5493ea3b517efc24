//! `bailee authority`: the certificate authority of the home.

use clap::{Args, Subcommand};

use super::certificate::pem;
use crate::failure::{Exit, Result};
use crate::visit::Visit;

/// The certificate authority of the home, which issues the certificates that services show.
#[derive(Debug, Args)]
pub(crate) struct Authority {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show its certificate (PEM), by which others can check what it issues. Its key is never shown.
    Show,
}

impl Authority {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let Command::Show = self.command;
        let authority = visit.client.get("/v1/authority")?;
        match visit.screen.is_json() {
            true => visit.screen.json(&authority)?,
            false => visit.screen.line(pem(&authority)?.trim_end())?,
        }
        Ok(Exit::Done)
    }
}
