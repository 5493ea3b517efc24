//! `bailee access`: why somebody may do something, and who could see a field.

use bailee_core::path::schema_of;
use bailee_core::{Json, Purpose};
use clap::{Args, Subcommand};
use serde_json::json;

use super::record::{OfKind, RecordName};
use super::service::purpose;
use crate::commands::proposal::tell_exceptions;
use crate::failure::{Exit, Result};
use crate::screen::{leaf, pick, text};
use crate::visit::Visit;

/// Access: why somebody may do something, and who could see a field. Nothing is done by asking.
#[derive(Debug, Args)]
pub(crate) struct Access {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explain a decision: the policies that make it, the requirement it serves, and what would change it.
    #[command(after_help = "Example:
  bailee access explain labels reveal ALPHA/250-1234567-1234567 --purpose fulfilment \\
      --field recipient.deliveryAddress.city")]
    Explain {
        /// A person's mail, or a service's name.
        who: String,
        /// What they would do, such as reveal, find, show or collect.
        action: String,
        /// The order, shipment or return. Whether there is one is not looked at.
        #[arg(value_name = "S/REF")]
        record: RecordName,
        /// The field that they would see.
        #[arg(long, value_name = "PATH")]
        field: Option<String>,
        /// What for; a reveal is for one.
        #[arg(long, value_name = "P", value_parser = purpose)]
        purpose: Option<Purpose>,
        #[command(flatten)]
        of: OfKind,
    },
    /// List everybody who could see a field, and why.
    #[command(after_help = "Example:
  bailee access who ALPHA/250-1234567-1234567 --field recipient.deliveryAddress.city")]
    Who {
        /// The order, shipment or return. Whether there is one is not looked at.
        #[arg(value_name = "S/REF")]
        record: RecordName,
        /// The field.
        #[arg(long, value_name = "PATH")]
        field: String,
        #[command(flatten)]
        of: OfKind,
    },
}

impl Access {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::Explain { who, action, record, field, purpose, of } => {
                let RecordName { seller, reference } = record;
                let question = json!({
                    "who": who, "action": action, "seller": seller, "reference": reference, "kind": of.kind,
                    "field": field.as_deref().map(schema_of), "purpose": purpose,
                });
                show_explained(visit, &visit.client.post("/v1/access:explain", &question)?)
            }
            Command::Who { record, field, of } => {
                let RecordName { seller, reference } = record;
                let question = json!({
                    "seller": seller, "reference": reference, "kind": of.kind, "field": schema_of(field),
                });
                show_all(visit, &visit.client.post_all("/v1/access:who", &question, "principals")?)
            }
        }
    }
}

fn show_explained(visit: &Visit, explained: &Json) -> Result<Exit> {
    let screen = visit.screen;
    if screen.is_json() {
        screen.json(&pick(explained, &["decision", "policies", "requirement", "remedy"]))?;
        return Ok(Exit::Done);
    }
    let policies = list(explained, "policies");
    let by = if policies.is_empty() { "no policy permits it".to_owned() } else { format!("by {policies}") };
    screen.line(format_args!(
        "{}: {by} ({})",
        text(explained, "decision"),
        text(explained, "requirement")
    ))?;
    let more = ["words", "remedy"].map(|name| text(explained, name));
    more.iter().filter(|line| !line.is_empty()).try_for_each(|line| screen.line(line))?;
    Ok(Exit::Done)
}

fn show_all(visit: &Visit, seen: &Json) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(seen)?;
        return Ok(Exit::Done);
    }
    let principals = seen.member("principals").map(Json::elements).unwrap_or_default();
    if principals.is_empty() {
        visit.screen.note("nobody could see it");
        return Ok(Exit::Done);
    }
    let row = |one: &Json| {
        vec![
            text(one, "name"),
            text(one, "principal"),
            list(one, "purposes"),
            list(one, "policies"),
            list(one, "grants"),
        ]
    };
    let rows = principals.iter().map(row).collect();
    visit.screen.table(&["NAME", "PRINCIPAL", "PURPOSES", "BY", "GRANTS"], rows)?;
    tell_exceptions(visit.screen, seen)?;
    Ok(Exit::Done)
}

fn list(one: &Json, name: &str) -> String {
    let elements = one.member(name).map(Json::elements).unwrap_or_default();
    elements.iter().map(leaf).collect::<Vec<_>>().join(", ")
}
