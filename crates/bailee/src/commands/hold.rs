//! `bailee hold`: what a law obliges to keep of every record, archived before its day (R15).

use bailee_core::hold::LiftReason;
use bailee_core::{Day, Json, SellerId, Statute};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::counts;
use super::record::{OfKind, RecordName};
use crate::client::encoded;
use crate::commands::proposal::tell_filed;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{BAD, leaf, text};
use crate::visit::{Global, Visit};

/// Have what a law obliges to keep archived before each record's day.
///
/// The live data goes on its ordinary clock: a hold archives, it never keeps anything any longer. Archives are sealed to an offline
/// key, fetched and placed as of `bailee archive`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every invoice needs the name on it kept until the end of a year, and there is one archive key for each year: so there is one hold
for each year. In January add the one for the invoices of that year, and lift the one before once its last orders have ended.

Example:
  bailee hold add --seller ALPHA --all --purpose invoice --statute DE-USTG-14b --until 2036-12-31 --field buyer.buyerName
  bailee hold list
  bailee hold lift ID --reason statute-ended")]
pub(crate) struct Hold {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Box<Add>),
    /// Lift a hold before its statute ends: its archives are to be destroyed at once.
    ///
    /// It takes two people, where the home asks for a second one, since evidence goes by it.
    #[command(after_help = "Example:\n  bailee hold lift ID --reason statute-ended")]
    Lift {
        /// Its id.
        id: String,
        /// Why.
        #[arg(long, value_parser = PossibleValuesParser::new(LiftReason::ALL.iter().map(|one| one.as_str())))]
        reason: String,
    },
    /// List the holds: what each keeps, how many archives there are of it, and what was missed.
    List,
}

/// Archive the fields that a law names before each record's day, to the key of the year in which the statute ends.
///
/// Of the named records, which are archived at once as well, or of every record of a seller, whatever its kind. It takes two people,
/// where the home asks for a second one: then it is proposed, and added when it is approved. What closes within 7 days is archived
/// by each run of retention, and what changed since once more. A server runs each day; without one, `bailee retention run` does it.
#[derive(Debug, Args)]
#[command(after_help = "\
Purposes: tax, invoice. A field must be for that purpose; `bailee catalogue list` says which are.

Example:
  bailee hold add ALPHA/250-1234567-1234567 --purpose invoice --statute DE-USTG-14b --until 2036-12-31 --field buyer.buyerName
  bailee hold add --seller ALPHA --all --purpose invoice --statute DE-USTG-14b --until 2036-12-31 \\
    --field buyer.buyerName buyer.buyerCompanyName

Exit status 4: you may not, or a field is not for that purpose. 5: nothing of it is held any more.")]
struct Add {
    /// The orders, shipments or returns, of one seller: 1,000 at most.
    #[arg(value_name = "S/REF", required_unless_present = "seller", conflicts_with = "seller")]
    records: Vec<RecordName>,
    #[command(flatten)]
    of: OfKind,
    /// The seller, where every record is meant.
    #[arg(long, value_name = "S", requires = "all", conflicts_with = "kind")]
    seller: Option<SellerId>,
    /// Every record of the seller, from now on.
    #[arg(long, requires = "seller")]
    all: bool,
    /// What the law has it kept for: tax or invoice.
    #[arg(long, value_name = "P")]
    purpose: String,
    /// The statute: a country, a law and a section.
    #[arg(long, value_name = "CODE")]
    statute: Statute,
    /// The last day on which it obliges.
    #[arg(long, value_name = "DAY")]
    until: Day,
    /// A field, by its path.
    #[arg(long = "field", value_name = "PATH", num_args = 1.., required = true)]
    fields: Vec<String>,
}

impl Hold {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        match &self.command {
            Command::Add(add) => global.visit(|visit| add.run(visit)),
            Command::Lift { id, reason } => global.visit(|visit| lift(visit, id, reason)),
            Command::List => global.visit(list),
        }
    }
}

impl Add {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let answer = visit.client.post("/v1/holds", &self.question()?)?;
        if answer.member("proposed_by").is_some() {
            return tell_filed(visit, &answer);
        }
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(Exit::Done);
        }
        visit.screen.line(format_args!(
            "hold {} keeps {} of {} until {}: {} archived so far",
            text(&answer, "id"),
            counts::of(elements(&answer, "fields").len(), "field"),
            what(&answer),
            text(&answer, "until"),
            counts::of(text(&answer, "records"), "record")
        ))?;
        tell_trouble(visit, &answer)?;
        visit.screen.note(
            "each run of retention archives what closes within 7 days; fetch the files with `bailee archive fetch`, as `bailee \
             archive list` shows them",
        );
        Ok(Exit::Done)
    }

    fn question(&self) -> Result<Value> {
        let named = self.records.first().map(|record| &record.seller);
        if self.records.iter().any(|record| Some(&record.seller) != named) {
            return Err(Failure::usage("a hold is of one seller; add one for each"));
        }
        let references: Vec<_> = self.records.iter().map(|record| &record.reference).collect();
        Ok(json!({
            "seller": self.seller.as_ref().or(named),
            "kind": self.of.kind,
            "references": references,
            "all": self.all,
            "fields": self.fields,
            "purpose": self.purpose,
            "statute": self.statute,
            "until": self.until.to_string(),
        }))
    }
}

fn lift(visit: &Visit, id: &str, reason: &str) -> Result<Exit> {
    let answer =
        visit.client.post(&format!("/v1/holds/{}/lift", encoded(id)), &json!({ "reason": reason }))?;
    if answer.member("proposed_by").is_some() {
        return tell_filed(visit, &answer);
    }
    if visit.screen.is_json() {
        visit.screen.json(&answer)?;
        return Ok(Exit::Done);
    }
    visit.screen.line(format_args!(
        "hold {id} is lifted: {} of it to be destroyed, which `bailee archive list` shows",
        counts::of(text(&answer, "overdue"), "archive")
    ))?;
    Ok(Exit::Done)
}

fn elements<'a>(one: &'a Json, name: &str) -> &'a [Json] {
    one.member(name).map(Json::elements).unwrap_or_default()
}

/// Of what a hold is.
fn what(one: &Json) -> String {
    let [named, seller] = ["named", "seller"].map(|name| text(one, name));
    match named.is_empty() {
        true => format!("every record of {seller}"),
        false => format!("{} of {seller}", counts::of(named, "record")),
    }
}

/// What is wrong with a hold, if anything is.
fn tell_trouble(visit: &Visit, one: &Json) -> Result<()> {
    let [id, missed, overdue] = ["id", "missed", "overdue"].map(|name| text(one, name));
    if missed != "0" {
        let missed = counts::of(missed, "record");
        visit.screen.line(format_args!(
            "{BAD}{id} missed {missed}: their data ended before it was archived (2.1.c){BAD:#}"
        ))?;
    }
    if let Some(reason) =
        one.member("failed").map(|failed| text(failed, "reason")).filter(|it| !it.is_empty())
    {
        visit.screen.line(format_args!(
            "{BAD}{id} cannot archive ({reason}): see to it before the next records end; where its key is gone, lift it and add another{BAD:#}"
        ))?;
    }
    if overdue != "0" {
        let overdue = counts::of(overdue, "archive");
        visit.screen.line(format_args!("{BAD}{id} has {overdue} to be destroyed (2.1.c){BAD:#}"))?;
    }
    Ok(())
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/holds", "holds")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let holds = elements(&all, "holds");
    // First what somebody has to see to.
    holds.iter().try_for_each(|one| tell_trouble(visit, one))?;
    let row = |one: &Json| {
        let fields: Vec<String> = elements(one, "fields").iter().map(leaf).collect();
        let mut row = vec![text(one, "id"), what(one), fields.join(" ")];
        let names = ["statute", "until", "since", "state", "archives", "records", "missed", "left_out"];
        row.extend(names.map(|name| text(one, name)));
        row
    };
    let header = [
        "HOLD", "WHAT", "FIELDS", "STATUTE", "UNTIL", "SINCE", "STATE", "ARCHIVES", "RECORDS", "MISSED",
        "LEFT OUT",
    ];
    visit.screen.table(&header, holds.iter().map(row).collect())?;
    Ok(Exit::Done)
}
