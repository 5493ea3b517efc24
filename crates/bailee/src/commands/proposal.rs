//! `bailee proposal` and `bailee stop`: what takes two people.

use bailee_core::Json;
use clap::{Args, Subcommand};
use serde_json::json;

use super::counts;
use super::recipient::tell_next;
use crate::client::encoded;
use crate::failure::{Exit, Result};
use crate::screen::{self, BOLD, DIM, Screen, leaf, text};
use crate::visit::Visit;

/// Proposals: acts that take two people, made by one and approved by another.
#[derive(Debug, Args)]
pub(crate) struct Proposal {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List proposals: all that you may see.
    List,
    /// Show what is proposed.
    Show {
        /// Its id.
        id: String,
    },
    /// Approve a proposal of somebody else: it is carried out as it was proposed.
    #[command(after_help = "\
The command of an act that takes two people files the proposal, such as `bailee catalogue classify PATH --fact REASON` in a
production home. It ends by itself after 7 days.")]
    Approve {
        /// Its id.
        id: String,
    },
    /// Decide against a proposal.
    Refuse {
        /// Its id.
        id: String,
    },
    /// Take back a proposal of your own.
    Withdraw {
        /// Its id.
        id: String,
    },
}

impl Proposal {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let (id, decision) = match &self.command {
            Command::List => return list(visit),
            Command::Show { id } => return show(visit, id),
            Command::Approve { id } => (id, "approved"),
            Command::Refuse { id } => (id, "refused"),
            Command::Withdraw { id } => (id, "withdrawn"),
        };
        let path = format!("/v1/proposals/{}/decision", encoded(id));
        let decided = visit.client.post(&path, &json!({ "decision": decision }))?;
        if visit.screen.is_json() {
            visit.screen.json(&decided)?;
            return Ok(Exit::Done);
        }
        let (id, state) = (text(&decided, "id"), text(&decided, "state"));
        visit.screen.line(format_args!("proposal {id} is {state}"))?;
        if state == "approved" {
            visit.screen.note(
                "what comes of it is for whoever proposed it: they run the same command again, by then",
            );
        }
        tell_next(visit, &decided);
        let code = text(&decided, "code");
        if !code.is_empty() {
            visit.screen.line("hand this code to the invited person yourself; it is shown this once, and accepting takes it, too:")?;
            visit.screen.line(format_args!("{BOLD}{code}{BOLD:#}"))?;
        }
        Ok(Exit::Done)
    }
}

/// That something was proposed, and who can approve it.
pub(crate) fn tell_filed(visit: &Visit, filed: &Json) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(filed)?;
        return Ok(Exit::Done);
    }
    let (id, until) = (text(filed, "id"), text(filed, "until"));
    visit.screen.line(format_args!(
        "this takes a second person: it is proposed as {id}; an owner or officer other than you approves it until {until} \
         with `bailee proposal approve {id}`"
    ))?;
    Ok(Exit::Done)
}

/// What a home does otherwise than the policy's text has it, below a list of who may do what.
pub(crate) fn tell_exceptions(screen: Screen, answer: &Json) -> Result<()> {
    let exceptions = answer.member("exceptions").map(Json::elements).unwrap_or_default();
    exceptions.iter().try_for_each(|one| {
        let (requirement, words) = (text(one, "requirement"), text(one, "words"));
        screen.line(format_args!("{DIM}exception from {requirement}: {words}{DIM:#}"))
    })
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/proposals", "proposals")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let proposals = all.member("proposals").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        let mut row: Vec<String> = ["id", "state", "act"].map(|name| text(one, name)).into();
        row.push(about(one));
        row.extend(["proposer", "until", "approver"].map(|name| text(one, name)));
        row
    };
    let header = ["PROPOSAL", "STATE", "ACT", "WHAT", "BY", "UNTIL", "APPROVED BY"];
    visit.screen.table(&header, proposals.iter().map(row).collect())?;
    tell_exceptions(visit.screen, &all)?;
    Ok(Exit::Done)
}

/// What a proposal is about, in few words.
fn about(one: &Json) -> String {
    let [named, path, service, at, keyring, anchor, reason] =
        ["named", "path", "service_name", "at", "keyring", "anchor", "reason"].map(|name| text(one, name));
    if !named.is_empty() {
        let roles = one.member("roles").map(Json::elements).unwrap_or_default();
        return format!("{named}, as {}", roles.iter().map(leaf).collect::<Vec<_>>().join(" and "));
    }
    let hold = text(one, "hold");
    if !hold.is_empty() {
        return format!("hold {hold} ({reason})");
    }
    if !reason.is_empty() {
        let sellers = one.member("sellers").map(Json::elements).unwrap_or_default();
        return format!("seller {} ({reason})", sellers.iter().map(leaf).collect::<Vec<_>>().join(", "));
    }
    if !at.is_empty() {
        return format!("that it was {at}");
    }
    let records = one.member("records").map(Json::elements).unwrap_or_default().len();
    let [statute, day] = ["statute", "day"].map(|name| text(one, name));
    if !statute.is_empty() {
        let sellers = one.member("sellers").map(Json::elements).unwrap_or_default();
        let of = sellers.iter().map(leaf).collect::<Vec<_>>().join(", ");
        return match day.is_empty() {
            true if text(one, "act") == "hold" && records == 0 => {
                format!("every record of {of} under {statute}")
            }
            true => format!("{} of {of} under {statute}", counts::of(records, "record")),
            false => format!("what ends on {day} of {of} under {statute}"),
        };
    }
    let [count, recipient] = ["count", "recipient_name"].map(|name| text(one, name));
    if !count.is_empty() {
        let [of, purposes, fields] = ["sellers", "purposes", "fields"].map(|name| {
            let all = one.member(name).map(Json::elements).unwrap_or_default();
            all.iter().map(leaf).collect::<Vec<_>>().join(", ")
        });
        let fields = if fields.is_empty() { "every field that has it" } else { &fields };
        return format!("{} of {of} to {recipient} for {purposes}: {fields}", counts::of(count, "record"));
    }
    let [shares, threshold] = ["shares", "threshold"].map(|name| text(one, name));
    if !shares.is_empty() {
        return format!("the root key in {shares} shares, any {threshold} of which bring it back");
    }
    if let Some(Json::Array(recipients)) = one.member("recipients") {
        return match recipients.is_empty() {
            true => "the lasting keyring, under the root key".to_owned(),
            false => format!("the lasting keyring, for {} recipients", recipients.len()),
        };
    }
    if keyring == "0" {
        return "an imported keyring: every part that lives is lost".to_owned();
    }
    if !keyring.is_empty() {
        return format!("the keyring at revision {keyring}, of {anchor}");
    }
    if records > 0 {
        return counts::of(records, "record");
    }
    let key = text(one, "key");
    if !key.is_empty() {
        return format!("{service}, its key {key}");
    }
    let named = [path, service].into_iter().find(|name| !name.is_empty());
    named.unwrap_or_else(|| format!("field number {}", text(one, "number")))
}

fn show(visit: &Visit, id: &str) -> Result<Exit> {
    let one = visit.client.get(&format!("/v1/proposals/{}", encoded(id)))?;
    if visit.screen.is_json() {
        visit.screen.json(&one)?;
        return Ok(Exit::Done);
    }
    for name in [
        "id",
        "state",
        "act",
        "kind",
        "path",
        "number",
        "fact",
        "cleaner",
        "service",
        "service_name",
        "key",
        "sellers",
        "purposes",
        "classes",
        "person",
        "named",
        "roles",
        "at",
        "reason",
        "on",
        "day",
        "fields",
        "statute",
        "statute_ends",
        "hold",
        "archive_key",
        "recipient",
        "recipient_name",
        "recipient_key",
        "count",
        "keyring",
        "anchor",
        "recipients",
        "shares",
        "threshold",
        "proposed_by",
        "proposed_at",
        "until",
        "approved_by",
        "approver",
    ] {
        let value = match one.member(name) {
            Some(Json::Array(all)) => all.iter().map(leaf).collect::<Vec<_>>().join(", "),
            _ => text(&one, name),
        };
        if !value.is_empty() {
            visit.screen.line(format_args!("{name:<12} {value}"))?;
        }
    }
    for record in one.member("records").map(Json::elements).unwrap_or_default() {
        visit.screen.line(format_args!("{:<12} {}", "record", record_words(record)))?;
    }
    Ok(Exit::Done)
}

/// A record that a proposal is about: by its name, or by its id where that is not told.
fn record_words(record: &Json) -> String {
    let [seller, kind, reference, id] =
        ["seller", "kind", "reference", "record"].map(|name| text(record, name));
    match reference.is_empty() {
        true => format!("{seller}, record {id}"),
        false => format!("{kind} {seller}/{reference}"),
    }
}

/// Stop what one person wants to do alone, with the code of the mail that told of it. No account is needed.
#[derive(Debug, Args)]
pub(crate) struct Stop {
    /// Read the code from standard input: where it stands in a command line, others can read it.
    #[arg(long)]
    code_stdin: bool,
}

impl Stop {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let code = screen::secret(self.code_stdin, "code", "--code-stdin")?;
        let stopped = visit.client.post_as(&code, "/v1/stops", &json!({}))?;
        if visit.screen.is_json() {
            visit.screen.json(&stopped)?;
            return Ok(Exit::Done);
        }
        let act = text(&stopped, "act");
        visit.screen.line(format_args!("stopped, for good ({act}); whoever wanted it is told"))?;
        Ok(Exit::Done)
    }
}
