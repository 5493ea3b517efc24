//! `bailee grant`: who needs what, of whom, for what, until when.

use bailee_core::{Class, Json, Purpose, SellerId, Ticket};
use clap::{Args, Subcommand};
use serde_json::json;

use super::service::{class, purpose};
use crate::failure::{Exit, Result};
use crate::screen::{leaf, pick, text};
use crate::visit::Visit;

/// Grants: what somebody may see, of which seller, for what, and until when.
#[derive(Debug, Args)]
pub(crate) struct Grant {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask for a grant. It opens nothing until somebody else approves it.
    #[command(after_help = "Example:
  bailee grant ask --for ben@example.com --seller ALPHA --class identity,address --purpose fulfilment --until 30d

Just in time, for an afternoon and with a ticket:
  bailee grant ask --seller ALPHA --class contact --purpose fulfilment --until 4h --ticket OPS-1234")]
    Ask {
        /// The person, by mail, or the service, by name; you, unless told.
        #[arg(long = "for", value_name = "WHO")]
        who: Option<String>,
        /// Whose data.
        #[arg(long, value_name = "S")]
        seller: SellerId,
        /// The classes of field.
        #[arg(long = "class", required = true, value_delimiter = ',', value_name = "C,…", value_parser = class)]
        classes: Vec<Class>,
        /// What for.
        #[arg(long, value_name = "P", value_parser = purpose)]
        purpose: Purpose,
        /// Until when: a day (to its end, UTC), a time, or so long from now, such as 90m, 8h or 30d. 90 days at most.
        #[arg(long, value_name = "D")]
        until: String,
        /// Most fields in a day of UTC.
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        fields_a_day: u64,
        /// The ticket that says why.
        #[arg(long, value_name = "T")]
        ticket: Option<Ticket>,
    },
    /// Approve a grant that somebody else asked for.
    Approve {
        /// Its id.
        id: String,
    },
    /// Refuse a grant that was asked for.
    Refuse {
        /// Its id.
        id: String,
    },
    /// End a grant at once.
    Revoke {
        /// Its id.
        id: String,
    },
    /// List grants: all that you may see.
    List,
    /// In an emergency, take a grant of an hour without approval. Somebody else reviews it within a day.
    #[command(after_help = "Example:
  bailee grant break-glass --seller ALPHA --purpose incident --ticket OPS-1234

It skips approval and nothing else. Where nobody reviews it within a day, it ends and you are suspended.")]
    BreakGlass {
        /// Whose data.
        #[arg(long, value_name = "S")]
        seller: SellerId,
        /// What for.
        #[arg(long, value_name = "P", value_parser = purpose)]
        purpose: Purpose,
        /// The ticket that says why.
        #[arg(long, value_name = "T")]
        ticket: Ticket,
    },
    /// Say whether there was reason to break the glass; without one, its user is suspended.
    Review {
        /// The grant's id.
        id: String,
        /// There was no reason for it.
        #[arg(long)]
        not_justified: bool,
    },
}

impl Grant {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let client = &visit.client;
        let at = |id: &str, what: &str| format!("/v1/grants/{}{what}", crate::client::encoded(id));
        let decide =
            |id: &str, decision: &str| client.post(&at(id, "/decision"), &json!({ "decision": decision }));
        let (filed, done) = match &self.command {
            Command::List => return list(visit),
            Command::Ask { .. } if visit.screen.is_json() => {
                let filed = self.ask(visit)?;
                visit.screen.json(&pick(&filed, &["id"]))?;
                return Ok(Exit::Done);
            }
            Command::Ask { .. } => (self.ask(visit)?, ""),
            Command::Approve { id } => (decide(id, "approved")?, ""),
            Command::Refuse { id } => (decide(id, "refused")?, ""),
            Command::Revoke { id } => (client.delete(&at(id, ""))?, ""),
            Command::BreakGlass { seller, purpose, ticket } => {
                let question = json!({ "seller": seller, "purpose": purpose, "ticket": ticket });
                let broken = client.post("/v1/glass:break", &question)?;
                if text(&broken, "told") == "0" {
                    visit
                        .screen
                        .note("this home sends no mail, so tell an owner or officer yourself (1.3.b)");
                }
                (broken, "; an owner or officer reviews it within a day with `bailee grant review`")
            }
            Command::Review { id, not_justified } => {
                (client.post(&at(id, "/review"), &json!({ "justified": !not_justified }))?, ", and reviewed")
            }
        };
        tell(visit, &filed, done)
    }

    fn ask(&self, visit: &Visit) -> Result<Json> {
        let Command::Ask { who, seller, classes, purpose, until, fields_a_day, ticket } = &self.command
        else {
            return Ok(Json::Null);
        };
        let question = json!({
            "for": who, "seller": seller, "classes": classes, "purpose": purpose, "until": until,
            "fields_a_day": fields_a_day, "ticket": ticket,
        });
        Ok(visit.client.post("/v1/grants", &question)?)
    }
}

fn tell(visit: &Visit, filed: &Json, more: &str) -> Result<Exit> {
    let screen = visit.screen;
    if screen.is_json() {
        screen.json(filed)?;
        return Ok(Exit::Done);
    }
    let (id, state) = (text(filed, "id"), text(filed, "state"));
    match state.as_str() {
        "asked" => screen.line(format_args!(
            "grant {id} is asked for; an owner or officer other than you approves it with `bailee grant approve {id}`"
        ))?,
        "live" => screen.line(format_args!("grant {id} is live until {}{more}", text(filed, "until")))?,
        _ => screen.line(format_args!("grant {id} is {state}{more}"))?,
    }
    Ok(Exit::Done)
}

fn list(visit: &Visit) -> Result<Exit> {
    let grants = visit.client.get_all("/v1/grants", "grants")?;
    if visit.screen.is_json() {
        visit.screen.json(&grants)?;
        return Ok(Exit::Done);
    }
    let grants = grants.member("grants").map(Json::elements).unwrap_or_default();
    let rows = grants.iter().map(|one| {
        let classes = one.member("classes").map(Json::elements).unwrap_or_default();
        let classes: Vec<String> = classes.iter().map(leaf).collect();
        let note = match (text(one, "review_due"), matches!(one.member("idle"), Some(Json::Bool(true)))) {
            (due, _) if !due.is_empty() => format!("review by {due}"),
            (_, true) => "unused for 30 days: revoke it?".to_owned(),
            _ => String::new(),
        };
        let plain = |name| text(one, name);
        vec![
            plain("id"),
            plain("state"),
            plain("principal"),
            plain("seller"),
            plain("purpose"),
            classes.join(", "),
            plain("until"),
            plain("fields_a_day"),
            plain("used_on"),
            note,
        ]
    });
    let header = ["GRANT", "STATE", "FOR", "SELLER", "PURPOSE", "CLASSES", "UNTIL", "A DAY", "USED", ""];
    visit.screen.table(&header, rows.collect())?;
    Ok(Exit::Done)
}
