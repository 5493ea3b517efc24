//! `bailee export`: what leaves in bulk, sealed to a registered recipient.

use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};

use bailee_core::export::RECORDS_MAX;
use bailee_core::{Json, Reference, SellerId};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::archive::Files;
use super::counts;
use super::recipient;
use super::record::{OfKind, RecordName};
use crate::client::encoded;
use crate::commands::proposal::tell_filed;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{safe, text};
use crate::visit::Visit;

/// What stands for records that are read from standard input.
const STDIN: &str = "-";

/// Seal fields of records to a registered recipient: the one way for data to leave in bulk (2.6.g).
///
/// Each record in the file says by when the recipient has to delete it. This home cannot open the file, and remembers which records are in it: what
/// becomes of them is told to the recipient (`bailee recipient due`). More than `[export] approve_over` records a day, or an export to a
/// recipient whom you added yourself, takes two people where the home asks for a second one: then it is proposed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Purposes: fulfilment, tax, invoice. Without --field: all fields that have the purpose.

Example:
  bailee export ALPHA/250-1234567-1234567 --purpose fulfilment --recipient 'Carrier X' --out carrier.cms
  bailee export --seller ALPHA --all --purpose tax --recipient 'Tax adviser' --field 'tax.taxRegistrations[].legalName'
  bailee export - --seller ALPHA --purpose fulfilment --recipient 'Carrier X' --out carrier.cms < references

Where the key is:
  openssl cms -decrypt -text -inform DER -in carrier.cms -inkey carrier.key -out export.tar && tar -xf export.tar

Exit status 4: you may not, or a field or a record is not for that purpose. 5: something that you named is not held any more.")]
pub(crate) struct Export {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    make: Make,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the exports: who got how much of whose data, for what, when, and by when it is to be gone.
    List,
    /// Fetch the file of an export, to be sent to its recipient. It waits for 7 days.
    ///
    /// FILE is the export; FILE.txt says what it is, with its SHA-256; FILE.sig is the signature of FILE.txt by the ledger's key, and
    /// FILE.pem the public half of that. None of them may be there yet.
    #[command(after_help = "Example:\n  bailee export fetch ID --out carrier.cms")]
    Fetch {
        /// Its id.
        id: String,
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Make {
    /// The orders, shipments or returns, of one seller; `-` reads them from standard input, one a line.
    #[arg(value_name = "S/REF", required_unless_present = "all", conflicts_with = "all")]
    records: Vec<String>,
    #[command(flatten)]
    of: OfKind,
    /// The seller: of all records, or of references that are read without one.
    #[arg(long, value_name = "S")]
    seller: Option<SellerId>,
    /// All records that are held of the seller.
    #[arg(long, requires = "seller", conflicts_with = "kind")]
    all: bool,
    /// What the recipient may use it for.
    #[arg(long, value_name = "P", required = true)]
    purpose: Option<String>,
    /// To whom, by name or id.
    #[arg(long, value_name = "R", required = true)]
    recipient: Option<String>,
    /// A field, by its path.
    #[arg(long = "field", value_name = "PATH", num_args = 1..)]
    fields: Vec<String>,
    /// Where the file goes, where it is made at once.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            None => self.make.run(visit),
            Some(Command::List) => list(visit),
            Some(Command::Fetch { id, out }) => fetch(visit, id, out),
        }
    }
}

/// Where the API has the file of an export.
fn file_of(id: &str) -> String {
    format!("/v1/exports/{}/file", encoded(id))
}

impl Make {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let files = self.out.as_deref().map(Files::begin).transpose()?;
        let answer = visit.client.post("/v1/exports", &self.question(visit)?)?;
        let id = text(&answer, "id");
        if answer.member("proposed_by").is_some() {
            tell_filed(visit, &answer)?;
            visit.screen.note(format_args!(
                "once it is approved, fetch the file with `bailee export fetch {id} --out FILE`"
            ));
            return Ok(Exit::Done);
        }
        if let Some(files) = files {
            files.write(visit, &file_of(&id)).map_err(|failure| {
                let words = "the export is made all the same; fetch it with `bailee export fetch";
                failure.and(format_args!("{words} {id} --out FILE`"))
            })?;
        }
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(Exit::Done);
        }
        visit.screen.line(format_args!(
            "{} of {} are sealed to {} as export {id}, to be deleted there by {}",
            counts::of(text(&answer, "values"), "value"),
            counts::of(text(&answer, "records"), "record"),
            text(&answer, "recipient_name"),
            text(&answer, "delete_by")
        ))?;
        if text(&answer, "left_out") != "0" {
            visit.screen.line(format_args!(
                "{} more had ended, are kept without being used, have no consent, or do not open",
                text(&answer, "left_out")
            ))?;
        }
        visit.screen.note(match &self.out {
            Some(_) => {
                "send them the file; what becomes of the records `bailee recipient due` says".to_owned()
            }
            None => format!("fetch the file within 7 days with `bailee export fetch {id} --out FILE`"),
        });
        Ok(Exit::Done)
    }

    fn question(&self, visit: &Visit) -> Result<Value> {
        let (seller, references) = self.records()?;
        let recipient = recipient::named(visit, self.recipient.as_deref().unwrap_or_default())?;
        Ok(json!({
            "seller": seller,
            "kind": self.of.kind,
            "references": references,
            "all": self.all,
            "fields": self.fields,
            "purpose": self.purpose,
            "recipient": recipient,
        }))
    }

    /// The seller, and the references of its records.
    fn records(&self) -> Result<(SellerId, Vec<Reference>)> {
        let mut seller = self.seller.clone();
        let words = match self.records.as_slice() {
            [one] if one == STDIN => lines(stdin().lock())?,
            words => words.to_vec(),
        };
        let mut references = Vec::with_capacity(words.len());
        for word in words {
            let reference = match (word.contains('/'), &seller) {
                (false, Some(_)) => word.parse().map_err(Failure::usage)?,
                _ => {
                    let name: RecordName = word.parse().map_err(Failure::usage)?;
                    if seller.get_or_insert_with(|| name.seller.clone()) != &name.seller {
                        return Err(Failure::usage("an export is of one seller; make one for each"));
                    }
                    name.reference
                }
            };
            references.push(reference);
        }
        let seller = seller.ok_or_else(|| Failure::usage("nothing was named to be exported"))?;
        Ok((seller, references))
    }
}

/// The lines of what is read, without those that are empty. One more than an export takes is refused there.
fn lines(input: impl BufRead) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for line in input.lines() {
        let line = line.map_err(|error| {
            Failure::failed(format_args!("standard input cannot be read: {}", error.kind()))
        })?;
        match line.trim() {
            "" => {}
            _ if words.len() > RECORDS_MAX => break,
            word => words.push(word.to_owned()),
        }
    }
    Ok(words)
}

fn fetch(visit: &Visit, id: &str, out: &Path) -> Result<Exit> {
    let bytes = Files::begin(out)?.write(visit, &file_of(id))?;
    if visit.screen.is_json() {
        visit.screen.json(&json!({ "id": id, "out": out, "bytes": bytes }))?;
        return Ok(Exit::Done);
    }
    visit.screen.line(format_args!("{bytes} bytes are in {}", out.display()))?;
    visit.screen.note("send them the file; what becomes of the records `bailee recipient due` says");
    Ok(Exit::Done)
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/exports", "exports")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let exports = all.member("exports").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        let mut row: Vec<String> = ["id", "at", "seller", "purpose", "records", "delete_by", "state"]
            .map(|name| text(one, name))
            .into();
        row.insert(2, safe(&text(one, "recipient_name")));
        row
    };
    let header = ["EXPORT", "MADE", "RECIPIENT", "SELLER", "PURPOSE", "RECORDS", "DELETE BY", "STATE"];
    visit.screen.table(&header, exports.iter().map(row).collect())?;
    Ok(Exit::Done)
}
