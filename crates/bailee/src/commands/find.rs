//! `bailee find`: which records are of somebody. References only.

use bailee_core::{Json, SellerId};
use clap::{ArgGroup, Args};
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::screen::{leaf, stdin_line};
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

    /// E-mail address.
    #[arg(long, value_name = "E")]
    email: Option<String>,

    /// Phone number.
    #[arg(long, value_name = "P")]
    phone: Option<String>,

    /// Name.
    #[arg(long, value_name = "N")]
    name: Option<String>,

    /// Postal code; needs a name.
    #[arg(long, value_name = "C", requires = "name")]
    postal_code: Option<String>,
}

impl Find {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let given = [&self.email, &self.phone, &self.name, &self.postal_code];
        let from_stdin = given.iter().filter(|value| value.as_deref() == Some("-")).count();
        if from_stdin > 1 {
            return Err(Failure::usage("only one value can be read from standard input"));
        }
        let line = if from_stdin == 1 { Some(stdin_line()?) } else { None };
        let value = |given: &Option<String>| match (given.as_deref(), &line) {
            (Some("-"), Some(line)) => Some(line.expose().clone()),
            (given, _) => given.map(str::to_owned),
        };
        let [email, phone, name, postal_code] = given.map(value);
        let question = json!({ "email": email, "phone": phone, "name": name, "postal_code": postal_code });
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
