//! `bailee service`: programs with a key of their own.

use bailee_core::{Class, Json, Purpose, SellerId};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::{Exit, Result};
use crate::screen::{BOLD, DIM, leaf, text};
use crate::usage::Expected;
use crate::visit::Visit;

/// Services: programs with a key of their own, each bound to sellers, purposes and classes.
#[derive(Debug, Args)]
pub(crate) struct Service {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a service. Its key is shown once.
    #[command(after_help = "Example:
  bailee service add labels --seller ALPHA --purpose fulfilment --class identity,address

Purposes: fulfilment, tax, invoice, subject-request, incident.
Classes: identity, contact, address, tax, free-text.")]
    Add {
        /// What people call it.
        name: String,
        /// A seller whose data it may use; may be repeated.
        #[arg(long = "seller", required = true, value_delimiter = ',', value_name = "S")]
        sellers: Vec<SellerId>,
        /// A purpose for which it may; may be repeated.
        #[arg(long = "purpose", required = true, value_delimiter = ',', value_name = "P", value_parser = purpose)]
        purposes: Vec<Purpose>,
        /// The classes of field that it may see.
        #[arg(long = "class", required = true, value_delimiter = ',', value_name = "C,…", value_parser = class)]
        classes: Vec<Class>,
        /// The mail address of the person who answers for it; you, unless told.
        #[arg(long, value_name = "MAIL")]
        owner: Option<String>,
    },
    /// List the services, without their keys.
    List,
}

fn purpose(text: &str) -> std::result::Result<Purpose, Expected> {
    text.parse().map_err(|_| Expected(format!("purposes are: {}", listed(Purpose::ALL))))
}

fn class(text: &str) -> std::result::Result<Class, Expected> {
    text.parse().map_err(|_| Expected(format!("classes are: {}", listed(Class::ALL))))
}

fn listed(all: &[impl ToString]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Service {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::Add { name, sellers, purposes, classes, owner } => {
                let question = json!({
                    "name": name, "sellers": sellers, "purposes": purposes, "classes": classes, "owner": owner,
                });
                show_added(visit, &visit.client.post("/v1/services", &question)?)
            }
            Command::List => show_all(visit, &visit.client.get_all("/v1/services", "services")?),
        }
    }
}

fn show_added(visit: &Visit, added: &Json) -> Result<Exit> {
    let screen = visit.screen;
    if screen.is_json() {
        screen.json(added)?;
    } else {
        screen.line(format_args!("service {} was added; its key is shown this once:", text(added, "id")))?;
        screen.line(format_args!("{BOLD}{}{BOLD:#}", text(added, "key")))?;
        screen.line(format_args!(
            "{DIM}the service shows it in BAILEE_KEY; the home keeps only its hash{DIM:#}"
        ))?;
    }
    Ok(Exit::Done)
}

fn show_all(visit: &Visit, services: &Json) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(services)?;
        return Ok(Exit::Done);
    }
    let list = |one: &Json, name| {
        let elements = one.member(name).map(Json::elements).unwrap_or_default();
        elements.iter().map(leaf).collect::<Vec<_>>().join(", ")
    };
    let services = services.member("services").map(Json::elements).unwrap_or_default();
    let rows = services.iter().map(|one| {
        vec![
            text(one, "name"),
            text(one, "id"),
            list(one, "sellers"),
            list(one, "purposes"),
            list(one, "classes"),
        ]
    });
    visit.screen.table(&["SERVICE", "ID", "SELLERS", "PURPOSES", "CLASSES"], rows.collect())?;
    Ok(Exit::Done)
}
