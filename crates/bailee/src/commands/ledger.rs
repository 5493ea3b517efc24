//! `bailee ledger`: what happened, and that nobody changed the record of it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use bailee_core::{Json, RequestId};
use bailee_ledger::verify::verify_directory;
use clap::{Args, Subcommand};
use data_encoding::BASE64;
use serde::Serialize;
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::home::make::write_private;
use crate::screen::{GOOD, Screen, text};
use crate::visit::{Global, Visit};

/// The ledger: every act, tamper-evident, without personal data.
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the newest events.
    Tail {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
        events: u64,
        /// Those before this index.
        #[arg(long, value_name = "INDEX")]
        before: Option<u64>,
        /// Say where each request came from, too: the face, the address, what was spoken. Opened and checked against what
        /// the event committed to; an event of its own says that you looked.
        #[arg(long)]
        details: bool,
    },
    /// Verify every entry, every hash and the signature; with a directory, an export, without any home.
    ///
    /// The home's own ledger is also held against every checkpoint that left the home.
    #[command(after_help = "Example:
  bailee ledger verify
  bailee ledger verify ./ledger-export

Exit status 6: a byte was changed, is missing or was added.")]
    Verify {
        /// An exported ledger.
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
    /// Prove that the events of a request are in the ledger (C2SP tlog-proof).
    Prove {
        /// The request's id, as errors and `ledger tail` show it.
        request: RequestId,
    },
    /// Write the ledger as a directory that verifies offline, with this program and others (C2SP tlog-tiles).
    #[command(after_help = "Example:\n  bailee ledger export --out ./ledger-export")]
    Export {
        /// A directory, empty or missing.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

impl Ledger {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        match &self.command {
            Command::Tail { events, before, details } => {
                global.visit(|visit| tail(visit, *events, *before, *details))
            }
            Command::Verify { directory: None } => global.visit(verify),
            Command::Verify { directory: Some(directory) } => {
                global.refuse_server()?;
                verify_offline(global.screen, directory)
            }
            Command::Prove { request } => global.visit(|visit| prove(visit, *request)),
            Command::Export { out } => global.visit(|visit| export(visit, out)),
        }
    }
}

fn tail(visit: &Visit, events: u64, before: Option<u64>, details: bool) -> Result<Exit> {
    let page = visit.client.newest_events(events, before, details)?;
    if visit.screen.is_json() {
        visit.screen.json(&page)?;
        return Ok(Exit::Done);
    }
    let events = page.member("events").map(Json::elements).unwrap_or_default();
    let rows = events.iter().map(|event| {
        let mut row = ["index", "at", "event", "principal", "request"].map(|name| text(event, name)).to_vec();
        if details {
            row.push(origin(event));
        }
        row
    });
    let columns = ["INDEX", "AT", "EVENT", "PRINCIPAL", "REQUEST", "FROM"];
    let shown = columns.len() - usize::from(!details);
    visit.screen.table(columns.get(..shown).unwrap_or_default(), rows.collect())?;
    Ok(Exit::Done)
}

/// Where the request of an event came from, in a few words.
fn origin(event: &Json) -> String {
    let Some(origin) = event.member("origin") else { return String::new() };
    let Some(detail) = origin.member("detail") else { return text(origin, "state") };
    let user = detail.member("user").map(|_| format!("user {}", text(detail, "user"))).unwrap_or_default();
    let tls = detail.member("tls").map(|_| format!("TLS {}", text(detail, "tls"))).unwrap_or_default();
    let words = [text(detail, "face"), text(detail, "address"), user, tls, text(detail, "agent")];
    words.iter().filter(|word| !word.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn verify(visit: &Visit) -> Result<Exit> {
    let known = visit.known_checkpoints()?;
    let verified = visit.client.post("/v1/ledger:verify", &json!({ "known": known }))?;
    show_verified(visit.screen, &verified, &text(&verified, "size"), &text(&verified, "root"))
}

fn verify_offline(screen: Screen, directory: &Path) -> Result<Exit> {
    if !directory.is_dir() {
        return Err(Failure::failed(format_args!("{} is no directory", directory.display())));
    }
    let verified = verify_directory(directory, None, &[]).map_err(|error| {
        Failure::new(Exit::VerificationFailed, format_args!("{}: {error}", directory.display()))
    })?;
    show_verified(screen, &verified, &verified.size.to_string(), &verified.root)
}

fn show_verified(screen: Screen, verified: &impl Serialize, size: &str, root: &str) -> Result<Exit> {
    match screen.is_json() {
        true => screen.json(verified)?,
        false => screen.line(format_args!("{GOOD}verified{GOOD:#}: {size} entries, root {root}"))?,
    }
    Ok(Exit::Done)
}

fn prove(visit: &Visit, request: RequestId) -> Result<Exit> {
    let answer = visit.client.get(&format!("/v1/ledger/proofs/{request}"))?;
    if visit.screen.is_json() {
        visit.screen.json(&answer)?;
        return Ok(Exit::Done);
    }
    for proof in answer.member("proofs").map(Json::elements).unwrap_or_default() {
        let event = proof.at("event.event").and_then(Json::as_str).unwrap_or_default();
        visit.screen.heading(format_args!("entry {}: {event}", text(proof, "index")))?;
        visit.screen.line(proof.member("document").and_then(Json::as_str).unwrap_or_default().trim_end())?;
    }
    visit.screen.line(format_args!("verifier key: {}", text(&answer, "verifier_key")))?;
    Ok(Exit::Done)
}

fn export(visit: &Visit, out: &Path) -> Result<Exit> {
    if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::failed(format_args!("{} is not empty; name another directory", out.display())));
    }
    let mut end = None;
    visit.client.get_lines("/v1/ledger/export", &mut |line| {
        match (line.member("path").and_then(Json::as_str), line.member("base64").and_then(Json::as_str)) {
            (Some(path), Some(base64)) => write_exported(out, path, base64)?,
            _ => end = Some(line),
        }
        Ok(())
    })?;
    let Some(end) = end else {
        return Err(Failure::failed(format_args!(
            "the export to {} is not complete; try again",
            out.display()
        )));
    };
    match visit.screen.is_json() {
        true => visit
            .screen
            .json(&json!({ "out": out, "files": end.member("files"), "size": end.member("size") }))?,
        false => visit.screen.line(format_args!(
            "{} entries were written to {} in {} files; `bailee ledger verify {}` verifies them anywhere",
            text(&end, "size"),
            out.display(),
            text(&end, "files"),
            out.display()
        ))?,
    }
    Ok(Exit::Done)
}

/// Writes one file of an export, below the directory and nowhere else.
fn write_exported(out: &Path, path: &str, base64: &str) -> std::io::Result<()> {
    let refused = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let path = Path::new(path);
    if !path.components().all(|component| matches!(component, Component::Normal(_))) {
        return Err(refused());
    }
    let content = BASE64.decode(base64.as_bytes()).map_err(|_| refused())?;
    let file = out.join(path);
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    write_private(&file, &content).map_err(|_| std::io::Error::from(std::io::ErrorKind::Other))
}
