//! `bailee service`: programs with a key of their own.

use bailee_core::{Class, Json, Purpose, RecordId, SellerId};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::encoded;
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
    /// Give a service its next key, shown once. Both open until the older one ends.
    ///
    /// A service renews its own: with BAILEE_KEY set, and no name. A key that has ended still opens this.
    #[command(after_help = "Example:
  bailee service renew labels
  BAILEE_KEY=$(cat key) bailee service renew --output json")]
    Renew {
        /// The service, by name or id; the one of BAILEE_KEY, unless told.
        #[arg(default_value = "current")]
        service: String,
    },
    /// Give a service its next certificate, which it shows instead of a key. Its key is made here and never leaves this
    /// machine.
    Certificate(super::certificate::Certificate),
    /// End a key or certificate of a service at once.
    EndKey {
        /// The service, by name or id.
        service: String,
        /// The key's id, as `list` and `renew` show it.
        key: RecordId,
    },
    /// Take a service away; its keys open nothing from then on.
    Remove {
        /// The service, by name or id.
        service: String,
    },
}

pub(super) fn purpose(text: &str) -> std::result::Result<Purpose, Expected> {
    text.parse().map_err(|_| Expected(format!("purposes are: {}", listed(Purpose::ALL))))
}

pub(super) fn class(text: &str) -> std::result::Result<Class, Expected> {
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
            Command::Renew { service } => renew(visit, service),
            Command::Certificate(certificate) => certificate.run(visit).map(|()| Exit::Done),
            Command::EndKey { service, key } => {
                visit.client.delete(&format!("/v1/services/{}/keys/{key}", encoded(service)))?;
                visit.screen.done("ended", "the key opens nothing any more")?;
                Ok(Exit::Done)
            }
            Command::Remove { service } => {
                visit.client.delete(&format!("/v1/services/{}", encoded(service)))?;
                visit.screen.done("removed", "the service is gone")?;
                Ok(Exit::Done)
            }
        }
    }
}

fn renew(visit: &Visit, service: &str) -> Result<Exit> {
    let new = visit.client.post(&format!("/v1/services/{}/keys", encoded(service)), &json!({}))?;
    let screen = visit.screen;
    if screen.is_json() {
        screen.json(&new)?;
        return Ok(Exit::Done);
    }
    screen.line(format_args!("the next key is shown this once, and ends at {}:", text(&new, "ends_at")))?;
    screen.line(format_args!("{BOLD}{}{BOLD:#}", text(&new, "key")))?;
    screen.line(format_args!(
        "{DIM}the key before goes on until its own end; `bailee service end-key` ends it sooner{DIM:#}"
    ))?;
    show_proposal(visit, "what it shows", &new)?;
    Ok(Exit::Done)
}

/// Says what a second person has to approve, where somebody has to.
pub(super) fn show_proposal(visit: &Visit, what: &str, answer: &Json) -> Result<()> {
    match text(answer, "proposal") {
        none if none.is_empty() => Ok(()),
        proposal => visit.screen.line(format_args!(
            "{what} takes a second person: until an owner or officer other than you approves it with `bailee proposal \
             approve {proposal}`, it takes documents in and reveals nothing"
        )),
    }
}

/// Its keys, each with what it opens and until when.
fn keys_of(service: &Json) -> String {
    let keys = service.member("keys").map(Json::elements).unwrap_or_default();
    let line = |key: &Json| {
        format!("{} (opens {} until {})", text(key, "id"), text(key, "opens"), text(key, "ends_at"))
    };
    keys.iter().map(line).collect::<Vec<_>>().join(", ")
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
        show_proposal(visit, "what it may see", added)?;
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
            keys_of(one),
        ]
    });
    visit.screen.table(&["SERVICE", "ID", "SELLERS", "PURPOSES", "CLASSES", "KEYS"], rows.collect())?;
    Ok(Exit::Done)
}
