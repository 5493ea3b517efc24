//! `bailee find`: which records are of somebody. References only.

use bailee_core::{Json, SellerId};
use clap::{ArgGroup, Args};

use super::who::Who;
use crate::failure::{Exit, Result};
use crate::screen::leaf;
use crate::visit::Visit;

/// Find orders, shipments and returns by e-mail, phone, name, or name with postal code. Gives references only.
///
/// A value of `-` is read from standard input, so that it stays out of the shell's history.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("term").required(true).multiple(true).args(["email", "phone", "name"]))]
#[command(after_help = "Example:
  bailee find --seller ALPHA --email -
  bailee find --seller ALPHA --name 'Ada Muster' --postal-code 10115")]
pub(crate) struct Find {
    /// Whose records.
    #[arg(long, value_name = "S")]
    seller: SellerId,

    #[command(flatten)]
    who: Who,
}

impl Find {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let question = self.who.question()?;
        let path = format!("/v1/sellers/{}/orders:find", self.seller);
        let found = visit.client.post_all(&path, &question, "references")?;
        if visit.screen.is_json() {
            visit.screen.json(&found)?;
            return Ok(Exit::Done);
        }
        let references = found.member("references").map(Json::elements).unwrap_or_default();
        if references.is_empty() {
            visit.screen.note("nothing was found");
        }
        references.iter().try_for_each(|reference| {
            visit.screen.line(format_args!("{}/{}", self.seller, leaf(reference)))
        })?;
        Ok(Exit::Done)
    }
}
