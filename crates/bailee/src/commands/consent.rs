//! `bailee consent`: what people agreed to, and took back.

use bailee_core::subject::{Channel, NoticeVersion};
use bailee_core::{Day, Json, Purpose, SellerId};
use bailee_vault::consent::NEVER_ON_CONSENT;
use clap::builder::TypedValueParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::record::RecordName;
use super::subject::one_of;
use super::who::Who;
use crate::client::encoded;
use crate::failure::{Exit, Failure, Result};
use crate::screen::text;
use crate::visit::Visit;

/// Keep what people agreed to: for a purpose that rests on consent, nothing is revealed without one.
///
/// Which purposes rest on consent stands in `[subjects] on_consent` of the home's configuration; as a rule none does.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  bailee consent give ALPHA/250-1234567-1234567 --purpose fulfilment --on 2026-03-01 --how web-form --notice 2026-01
  bailee consent withdraw ID --on 2026-03-02 --how mail")]
pub(crate) struct Consent {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Give(Give),
    /// Record that they took it back: from then on nothing that rests on it is revealed.
    Withdraw {
        /// Its id.
        id: String,
        #[command(flatten)]
        said: Said,
    },
    /// List the consents. Who gave them is not told.
    List,
}

/// When they said so, and how.
#[derive(Debug, Args)]
struct Said {
    /// When they said so.
    #[arg(long, value_name = "DAY")]
    on: Day,
    /// How they said so.
    #[arg(long, value_name = "HOW", value_parser = one_of(Channel::ALL))]
    how: String,
}

/// Record that somebody agreed to a purpose.
///
/// For the orders, shipments and returns that are named, or for all that are found of them now. It covers none that comes later.
#[derive(Debug, Args)]
#[command(after_help = "\
A value of `-` is read from standard input, so that it stays out of the shell's history.

Example:
  bailee consent give ALPHA/250-1234567-1234567 --purpose fulfilment --on 2026-03-01 --how web-form --notice 2026-01 --email -
  bailee consent give --seller ALPHA --email - --purpose fulfilment --on 2026-03-01 --how paper --notice 2026-01")]
struct Give {
    /// The records, of one seller.
    #[arg(value_name = "S/REF", required_unless_present = "seller", conflicts_with = "seller")]
    records: Vec<RecordName>,
    /// The seller, where all records are meant that are found of them.
    #[arg(long, value_name = "S")]
    seller: Option<SellerId>,
    /// To what they agreed.
    #[arg(long, value_name = "P", value_parser = purposes())]
    purpose: String,
    #[command(flatten)]
    said: Said,
    /// The version of what they were told.
    #[arg(long, value_name = "VERSION")]
    notice: NoticeVersion,
    #[command(flatten)]
    who: Who,
}

fn purposes() -> impl TypedValueParser<Value = String> {
    let all: Vec<Purpose> =
        Purpose::ALL.iter().copied().filter(|one| !NEVER_ON_CONSENT.contains(one)).collect();
    one_of(&all)
}

impl Consent {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::Give(give) => tell(visit, &visit.client.post("/v1/consents", &give.question()?)?),
            Command::Withdraw { id, said } => {
                let question = json!({ "on": said.on.to_string(), "how": said.how });
                let path = format!("/v1/consents/{}/withdrawal", encoded(id));
                tell(visit, &visit.client.post(&path, &question)?)
            }
            Command::List => list(visit),
        }
    }
}

impl Give {
    fn question(&self) -> Result<Value> {
        let named = self.records.first().map(|record| &record.seller);
        if self.records.iter().any(|record| Some(&record.seller) != named) {
            return Err(Failure::usage("a consent is for the records of one seller; record one for each"));
        }
        let references: Vec<_> = self.records.iter().map(|record| &record.reference).collect();
        Ok(json!({
            "purpose": self.purpose,
            "on": self.said.on.to_string(),
            "how": self.said.how,
            "notice": self.notice,
            "seller": self.seller.as_ref().or(named),
            "references": references,
            "who": self.who.question()?,
        }))
    }
}

fn tell(visit: &Visit, consent: &Json) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(consent)?;
        return Ok(Exit::Done);
    }
    let [id, purpose, state, records] = ["id", "purpose", "state", "records"].map(|name| text(consent, name));
    let records = if records == "1" { "1 record".to_owned() } else { format!("{records} records") };
    visit.screen.line(format_args!("{id}: {purpose}, {state}, for {records}"))?;
    Ok(Exit::Done)
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/consents", "consents")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let consents = all.member("consents").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        ["id", "purpose", "seller", "records", "on", "how", "notice", "state"]
            .map(|name| text(one, name))
            .into()
    };
    let header = ["CONSENT", "PURPOSE", "SELLER", "RECORDS", "ON", "HOW", "NOTICE", "STATE"];
    visit.screen.table(&header, consents.iter().map(row).collect())?;
    Ok(Exit::Done)
}
