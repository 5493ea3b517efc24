//! `bailee mapping`: which names of an input become which canonical ones.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bailee_core::Json;
use bailee_intake::source::Charset;
use clap::{Args, Subcommand};
use serde_json::json;

use super::emission::is_standard;
use crate::client::encoded;
use crate::failure::{Exit, Failure, Result};
use crate::home::mappings;
use crate::screen::{DIM, Screen, leaf, text};
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
    /// Propose a mapping for a file of any shape: CSV, or JSON of any kind. Prints it; no value of the file is in it.
    #[command(after_help = "Example:
  bailee mapping draft orders.csv --name our-shop > our-shop.toml
  bailee mapping add our-shop.toml")]
    Draft {
        /// The file; `-` is standard input.
        file: PathBuf,
        /// What the format shall be called: small letters, digits and hyphens.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The character set, instead of having it detected.
        #[arg(long, value_name = "CHARSET")]
        charset: Option<Charset>,
    },
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
        // A draft is made of the file alone: it needs no home, and nobody's leave.
        if let Command::Draft { file, name, charset } = &self.command {
            global.refuse_server()?;
            return draft(global.screen, file, name.as_deref(), *charset);
        }
        global.visit(|visit| match &self.command {
            Command::Draft { .. } => Ok(Exit::Done),
            Command::Add { file } => {
                // Read here first: what is wrong with it is told with the file's name.
                let format = mappings::read(file)?;
                let added = visit.client.post("/v1/mappings", &json!({ "toml": format.toml() }))?;
                show_added(visit, &added)
            }
            Command::List => show_all(visit, &visit.client.get_all("/v1/mappings", "mappings")?),
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

fn draft(screen: Screen, file: &Path, name: Option<&str>, charset: Option<Charset>) -> Result<Exit> {
    let name = name.map_or_else(|| name_of(file), str::to_owned);
    if !is_standard(file) && file.is_dir() {
        return Err(Failure::failed(format_args!("{} is a directory; name a file in it", file.display())));
    }
    let input: Box<dyn Read + Send> = if is_standard(file) {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(file).map_err(|error| Failure::file(file, &error))?)
    };
    let text = bailee_intake::draft::draft(input, &name, charset)
        .map_err(|error| Failure::failed(format_args!("{}: {error}", file.display())))?;
    text.lines().try_for_each(|line| screen.line(line))?;
    Ok(Exit::Done)
}

/// A format's name out of a file's.
fn name_of(file: &Path) -> String {
    const BYTES_MAX: usize = 40;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let letters = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let name: String = letters.take(BYTES_MAX).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "my-format".to_owned() } else { name.to_owned() }
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
        false => {
            let toml = one.member("toml").and_then(Json::as_str).unwrap_or_default();
            toml.lines().try_for_each(|line| visit.screen.line(line))?;
        }
    }
    Ok(Exit::Done)
}
