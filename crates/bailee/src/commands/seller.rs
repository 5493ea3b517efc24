//! `bailee seller`: the selling partners whose buyers' data is held.

use bailee_core::retention::EndReason;
use bailee_core::{Day, Json, SellerId};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;

use super::proposal::tell_filed;
use crate::failure::{Exit, Result};
use crate::screen::{cut, text};
use crate::visit::Visit;

/// The sellers whose buyers' data is held.
#[derive(Debug, Args)]
pub(crate) struct Seller {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a seller.
    #[command(after_help = "Example:\n  bailee seller add ALPHA --name 'Alpha Trading'")]
    Add {
        /// Its id: the one Amazon gave it, or one of yours.
        id: SellerId,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
    },
    /// List the sellers.
    List,
    /// End a seller: its authorisation has ended, or Amazon demands that its data be deleted.
    ///
    /// From then on nothing of it is taken in or revealed, services and grants lose it, and all that is held of it is destroyed: at
    /// once, or on the day that is named. What is not personal stays for its 18 months, but where Amazon demands deletion. It is
    /// not taken back, and its id is not used again: who authorises you anew is added under another. Until all is gone it may be said
    /// again where that is stricter: an earlier day, or a notice of Amazon's.
    #[command(after_help = "\
It takes two people, where the home asks for a second one: it is proposed, and another owner or officer approves it with
`bailee proposal approve`. From then on nothing of it is opened, for whatever purpose: archive before what a law obliges to keep
(`bailee archive create`). Once all is gone, `bailee retention certificate --seller ID` certifies that.

Examples:
  bailee seller end ALPHA --reason authorisation-ended
  bailee seller end ALPHA --reason amazon-notice --on 2026-12-15")]
    End {
        /// Its id.
        id: SellerId,
        /// Why.
        #[arg(long, value_parser = PossibleValuesParser::new(EndReason::ALL.iter().map(|one| one.as_str())))]
        reason: String,
        /// The day on which its data is destroyed, today or one of the next 30: at once, unless told. It is closed until
        /// then all the same.
        #[arg(long, value_name = "DAY", value_parser = day)]
        on: Option<String>,
    },
}

/// A day as it is sent.
pub(super) fn day(text: &str) -> std::result::Result<String, bailee_core::ParseIdError> {
    text.parse::<Day>().map(|day| day.to_string())
}

/// How a seller stands, in few words.
fn state(one: &Json) -> String {
    let (state, end) = (text(one, "state"), one.member("end"));
    let when = |name| end.map(|end| text(end, name)).unwrap_or_default();
    match state.as_str() {
        "ended" => format!("ended ({}), to be gone on {}", when("reason"), when("on")),
        "gone" => format!("gone since {} ({})", when("gone_at"), when("reason")),
        _ => state,
    }
}

fn end(visit: &Visit, id: &SellerId, reason: &str, on: Option<&str>) -> Result<Exit> {
    let body = json!({ "reason": reason, "on": on });
    let ended = visit.client.post(&format!("/v1/sellers/{id}/end"), &body)?;
    if ended.member("proposed_by").is_some() {
        return tell_filed(visit, &ended);
    }
    if visit.screen.is_json() {
        visit.screen.json(&ended)?;
        return Ok(Exit::Done);
    }
    let (on, gone_at) = (text(&ended, "on"), text(&ended, "gone_at"));
    visit.screen.line(match gone_at.is_empty() {
        true => format!("seller {id} has ended, and is closed; all that is held of it is destroyed on {on}"),
        false => format!(
            "seller {id} has ended, and all that was held of it is gone; `bailee retention certificate --seller {id}` certifies it"
        ),
    })?;
    Ok(Exit::Done)
}

impl Seller {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let screen = visit.screen;
        match &self.command {
            Command::Add { id, name } => {
                let added = visit.client.post("/v1/sellers", &json!({ "id": id, "name": name }))?;
                match screen.is_json() {
                    true => screen.json(&added)?,
                    false => screen.line(format_args!("seller {id} was added"))?,
                }
            }
            Command::List => {
                let sellers = visit.client.get_all("/v1/sellers", "sellers")?;
                if screen.is_json() {
                    screen.json(&sellers)?;
                } else {
                    let sellers = sellers.member("sellers").map(Json::elements).unwrap_or_default();
                    let rows =
                        sellers.iter().map(|one| vec![text(one, "id"), cut(&text(one, "name")), state(one)]);
                    screen.table(&["SELLER", "NAME", "STATE"], rows.collect())?;
                }
            }
            Command::End { id, reason, on } => return end(visit, id, reason, on.as_deref()),
        }
        Ok(Exit::Done)
    }
}
