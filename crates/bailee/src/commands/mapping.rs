//! `bailee mapping`: which names of an input become which canonical ones.

use std::path::PathBuf;

use bailee_core::Json;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::encoded;
use crate::failure::{Exit, Result};
use crate::home::mappings;
use crate::screen::{DIM, leaf, text};
use crate::visit::{Global, Visit};

/// Mappings: which columns or members of an input are which of an order's.
///
/// Formats of Amazon's come with the program. One of your own, such as a shop's CSV, is a file: `draft` proposes it,
/// you look through it, `add` puts it to use, and from then on inputs of that kind are recognised.
#[derive(Debug, Args)]
pub(crate) struct Mapping {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a mapping file to use; one of yours with the same name gives way.
    #[command(after_help = "Example:
  bailee mapping add our-shop.toml
  bailee collect --seller ALPHA orders.csv")]
    Add {
        /// The mapping file.
        file: PathBuf,
    },
    /// List the formats that are read: those of the program, and yours.
    List,
    /// Print a mapping file. Those of the program are good examples.
    Show {
        /// The format's name, or a report type of it.
        name: String,
    },
    /// Stop using a mapping of yours. What came in by it stays.
    Remove {
        /// The format's name.
        name: String,
    },
}

impl Mapping {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        global.visit(|visit| match &self.command {
            Command::Add { file } => {
                // Read here first: what is wrong with it is told with the file's name.
                let format = mappings::read(file)?;
                let added = visit.client.post("/v1/mappings", &json!({ "toml": format.toml() }))?;
                show_added(visit, &added)
            }
            Command::List => show_all(visit, &visit.client.get("/v1/mappings")?),
            Command::Show { name } => {
                show_one(visit, &visit.client.get(&format!("/v1/mappings/{}", encoded(name)))?)
            }
            Command::Remove { name } => {
                visit.client.delete(&format!("/v1/mappings/{}", encoded(name)))?;
                visit.screen.note(format_args!("mapping {name} was removed"));
                Ok(Exit::Done)
            }
        })
    }
}

fn show_added(visit: &Visit, added: &Json) -> Result<Exit> {
    let screen = visit.screen;
    if screen.is_json() {
        screen.json(added)?;
        return Ok(Exit::Done);
    }
    let name = text(added, "name");
    screen.line(format_args!("mapping {name} was added"))?;
    screen.note(format_args!(
        "{DIM}inputs that have its names are recognised now; `--format {name}` names it{DIM:#}"
    ));
    Ok(Exit::Done)
}

fn show_all(visit: &Visit, all: &Json) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(all)?;
        return Ok(Exit::Done);
    }
    let mappings = all.member("mappings").map(Json::elements).unwrap_or_default();
    let rows = mappings.iter().map(|one| {
        let own = one.member("own").is_some_and(|own| leaf(own) == "true");
        let of = if own { "you" } else { "the program" };
        vec![text(one, "name"), text(one, "kind"), text(one, "syntax"), of.to_owned(), text(one, "title")]
    });
    visit.screen.table(&["FORMAT", "KIND", "SYNTAX", "OF", "TITLE"], rows.collect())?;
    Ok(Exit::Done)
}

fn show_one(visit: &Visit, one: &Json) -> Result<Exit> {
    match visit.screen.is_json() {
        true => visit.screen.json(one)?,
        false => visit.screen.line(text(one, "toml").trim_end())?,
    }
    Ok(Exit::Done)
}
