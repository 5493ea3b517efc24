//! `bailee keys`: where keys are and what can be promised of them. Never a key.

mod escrow;
mod share;

use std::path::{Path, PathBuf};

use bailee_core::{Environment, Json};
use bailee_crypto::provider::passphrase::Resealed;
use bailee_crypto::random::SystemEntropy;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::commands::proposal::tell_filed;
use crate::failure::{Exit, Failure, Result};
use crate::home::config::{self, Config, FILE};
use crate::home::make::replace_private;
use crate::home::places;
use crate::home::root_key::RootKey;
use crate::screen::{self, Asked, BAD, text};
use crate::visit::{Global, Visit, elsewhere};

/// Where keys are, and what can be promised of them. Never a key.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the keyring: its epoch, its live keys, its mirrors.
    Status,
    /// Add a mirror of the keyring and bring it up to date.
    #[command(after_help = "Example:\n  bailee keys mirror /media/second-disk/bailee-keyring")]
    Mirror {
        /// A directory, empty or missing, best on another disk.
        directory: PathBuf,
    },
    /// Go on with a keyring that is older than this home's data, where every newer mirror is lost.
    ///
    /// While the keyring is older, nothing is opened or sealed. Of what it knows the parts that are held stay, and every
    /// other key goes: what was disposed of or erased since does not come back. What was taken in since under keys that it
    /// does not know is lost, and is to be collected again. So are requests of people and their consents, as many as are told: ask
    /// again those whose requests were open. Restrictions hold. Bring back a newer mirror if there is one.
    #[command(after_help = "\
It takes two people, where the home asks for a second one: it is proposed, and another owner or officer approves it with
`bailee proposal approve`.

Example:
  bailee keys adopt")]
    Adopt,
    Export(escrow::Export),
    Import(escrow::Import),
    Split(share::Split),
    Join(share::Join),
    /// Change the passphrase under which the root key lies.
    ///
    /// The root key stays as it is, and so does all that lies under it. A copy of the old file still opens with the old
    /// passphrase.
    #[command(after_help = "Example:\n  bailee keys passphrase")]
    Passphrase {
        /// Read the old passphrase and then the new one, a line each, from standard input.
        #[arg(long)]
        passphrase_stdin: bool,
    },
}

impl Keys {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        match &self.command {
            Command::Status => global.visit(|visit| answer(visit, &visit.client.get("/v1/keys")?)),
            Command::Mirror { directory } => global.visit(|visit| answer(visit, &mirror(visit, directory)?)),
            Command::Adopt => global.visit(adopt),
            Command::Export(export) => global.visit(|visit| export.run(visit)),
            Command::Import(import) => import.run(global),
            Command::Split(split) => split.run(global),
            Command::Join(join) => join.run(global),
            Command::Passphrase { passphrase_stdin } => change_passphrase(global, *passphrase_stdin),
        }
    }
}

fn answer(visit: &Visit, status: &Json) -> Result<Exit> {
    match visit.screen.is_json() {
        true => visit.screen.json(status)?,
        false => show(visit, status)?,
    }
    Ok(Exit::Done)
}

/// Goes on with an older keyring, or has that proposed.
fn adopt(visit: &Visit) -> Result<Exit> {
    let answer = visit.client.post("/v1/keys/adoptions", &json!({}))?;
    if answer.member("proposed_by").is_some() {
        return tell_filed(visit, &answer);
    }
    if visit.screen.is_json() {
        visit.screen.json(&answer)?;
        return Ok(Exit::Done);
    }
    visit.screen.line("this home goes on with the older keyring, which is the present one now")?;
    let rows = [
        ("keys of buckets removed", text(&answer, "buckets_removed")),
        ("keys of single parts removed", text(&answer, "slots_removed")),
        ("parts lost, to be collected again", text(&answer, "parts_lost")),
        ("months of facts lost", text(&answer, "facts_lost")),
        ("months lost of where events came from", text(&answer, "details_lost")),
        ("requests of people lost", text(&answer, "asked_lost")),
        ("those of them that were open", text(&answer, "asked_open")),
        ("consents lost", text(&answer, "consents_lost")),
        ("restrictions that hold once their records are collected again", text(&answer, "restricted")),
    ];
    visit.screen.table(&[], rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect())?;
    if text(&answer, "asked_open") != "0" {
        visit.screen.note(
            "ask again those whose requests were open: who they are is lost, and the ledger has when they asked and for what \
             (`bailee ledger list`)",
        );
    }
    if text(&answer, "consents_lost") != "0" {
        visit
            .screen
            .note("what rests on a consent is denied until it is given again (`bailee consent give`)");
    }
    Ok(Exit::Done)
}

/// Seals the root key under another passphrase. It is sealed here, beside its file, and takes that file's place once the
/// ledger says so. No passphrase goes to a server, whichever way the home is reached.
fn change_passphrase(global: &Global, from_stdin: bool) -> Result<Exit> {
    if global.server.is_some() {
        return Err(elsewhere());
    }
    let RootKey::Sealed { file, passphrase: kept } = Config::read(&global.home)?.root_key else {
        return Err(Failure::failed(
            "the root key of this home lies under no passphrase; a home gets one by `bailee init --passphrase`",
        ));
    };
    let [old, new] = match from_stdin {
        true => [screen::stdin_line()?, screen::stdin_line()?],
        false => [
            screen::passphrase("passphrase of the root key", Asked::Once)?,
            screen::passphrase("new passphrase of the root key", Asked::Twice)?,
        ],
    };
    let resealed = Resealed::draft(&global.home.join(file), &old, &new, &SystemEntropy);
    let resealed = resealed.map_err(Failure::failed)?;
    global.visit_with(Some(&old), |visit| {
        visit.client.post("/v1/keys/passphrase-changes", &json!({}))?;
        resealed.keep().map_err(Failure::failed)?;
        match visit.screen.is_json() {
            true => visit.screen.json(&json!({ "changed": true }))?,
            false => visit
                .screen
                .line("the passphrase was changed; a copy of the old file still opens with the old one")?,
        }
        if let Some(place) = &kept {
            let place = place.reference();
            visit.screen.note(format_args!("put the new passphrase where the old one is kept: {place}"));
        }
        Ok(Exit::Done)
    })
}

/// Adds a mirror. It is listed in the configuration first: one that is listed and empty is filled at the next opening,
/// but one that is filled and not listed is a copy of all keys that no destruction reaches.
fn mirror(visit: &Visit, directory: &Path) -> Result<Json> {
    let directory = std::path::absolute(directory).map_err(|error| Failure::file(directory, &error))?;
    check(visit, &directory)?;
    let mut mirrors = visit.config()?.mirrors.clone();
    mirrors.push(directory.clone());
    let path = visit.root()?.join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let changed = config::with_mirrors(&text, &mirrors)?;
    replace_private(&path, changed.as_bytes())?;
    let added = visit.client.post("/v1/keys/mirrors", &json!({ "directory": directory }));
    Ok(added.inspect_err(|_| {
        // The failure itself is what is told; listed and empty, it would be filled at the next opening.
        let _ = replace_private(&path, text.as_bytes());
    })?)
}

/// Refuses a directory that cannot become a mirror, before anything is written.
fn check(visit: &Visit, directory: &Path) -> Result<()> {
    let found = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let root = visit.root()?;
    let root = root.canonicalize().map_err(|error| Failure::file(root, &error))?;
    let is_mirror = |mirror: &PathBuf| root.join(mirror).canonicalize().is_ok_and(|mirror| mirror == found);
    if visit.config()?.mirrors.iter().any(is_mirror) {
        return Err(Failure::failed(format_args!(
            "{} is a mirror of this keyring already",
            directory.display()
        )));
    }
    check_apart(visit, directory)?;
    let is_empty = match std::fs::read_dir(&found) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    match is_empty || found.join("head").is_file() {
        true => Ok(()),
        false => Err(Failure::failed(format_args!(
            "{} is no empty directory; a mirror is made in a missing or empty one",
            directory.display()
        ))),
    }
}

/// Refuses, in a production home, a directory that does not lie apart from the home, its keys and the other mirrors.
fn check_apart(visit: &Visit, directory: &Path) -> Result<()> {
    let config = visit.config()?;
    if config.environment == Environment::Test {
        return Ok(());
    }
    let mut mirrors = config.mirrors.clone();
    mirrors.push(directory.to_owned());
    places::apart(visit.root()?, &mirrors, config.root_key.files()).map_err(Failure::usage)
}

fn show(visit: &Visit, status: &Json) -> Result<()> {
    let rows = [
        ("epoch", text(status, "epoch")),
        ("revision", text(status, "revision")),
        ("live buckets", text(status, "buckets")),
        ("live facts keys", text(status, "facts_keys")),
        ("parts forgotten one by one", text(status, "punctured")),
        ("an old copy of keyring and root key together", promise(&text(status, "drops_epoch")).to_owned()),
    ];
    visit.screen.table(&[], rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect())?;
    let older_than = text(status, "older_than");
    if !older_than.is_empty() {
        visit.screen.line(format_args!(
            "{BAD}older than revision {older_than} that this home's data knows: nothing is opened or sealed; bring back a newer \
             mirror, or go on with this one by `bailee keys adopt`{BAD:#}"
        ))?;
    }
    let mirrors = status.member("mirrors").map(Json::elements).unwrap_or_default();
    let rows = mirrors.iter().map(|mirror| vec![text(mirror, "directory"), text(mirror, "state")]);
    visit.screen.table(&["MIRROR", "STATE"], rows.collect())
}

/// What a key provider promises, in words.
fn promise(drops_epoch: &str) -> &'static str {
    match drops_epoch {
        "at-once" => "opens nothing that was destroyed",
        "after-days" => "opens what was destroyed for some days more",
        _ => "still opens what was destroyed since it was made",
    }
}
