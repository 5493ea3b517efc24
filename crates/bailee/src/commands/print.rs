//! `bailee print`: what is on paper, and what became of it.

use std::str::FromStr;

use bailee_core::{Day, Json};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::record::{OfKind, RecordName};
use crate::failure::{Exit, Result};
use crate::screen::{BAD, text};
use crate::visit::Visit;

/// Most prints of one range: as many as the API takes at once.
const RANGE_MAX: u64 = 1000;

/// Keep track of what is on paper: it stays open until somebody says what became of it (2.3.d).
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  bailee render label ALPHA/250-1234567-1234567 --out label.pdf
  bailee print add --what 'pick list of Monday' --copies 12 --place 'packing table'
  bailee print list
  bailee print destroyed 17 20-45 --how shredded --by 'Ben Beispiel'")]
pub(crate) struct Print {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the prints that are open, and those that are overdue: the personal data on them has ended.
    List {
        /// Those too of which it was said what became of them.
        #[arg(long)]
        all: bool,
    },
    /// Add prints that were made elsewhere.
    #[command(
        after_help = "Example:\n  bailee print add --what 'pick list of Monday' --copies 12 --place 'packing table'"
    )]
    Add {
        /// Of which order, where of one: then they end with it.
        #[arg(value_name = "S/REF")]
        record: Option<RecordName>,
        #[command(flatten)]
        of: OfKind,
        /// What it is, in a few words that name nobody.
        #[arg(long, value_name = "WORDS")]
        what: String,
        /// How many sheets.
        #[arg(long, value_name = "N", default_value_t = 1)]
        copies: u32,
        /// Where they lie, in a few words.
        #[arg(long, value_name = "WORDS")]
        place: Option<String>,
        /// When they are to be destroyed: within 30 days.
        #[arg(long, value_name = "DAY")]
        until: Option<Day>,
    },
    /// Say what became of prints.
    #[command(after_help = "Example:\n  bailee print destroyed 17 20-45 --how shredded --by 'Ben Beispiel'")]
    Destroyed {
        /// Their numbers: N, or N-M for all from one to the other.
        #[arg(value_name = "N", required = true)]
        prints: Vec<Range>,
        /// How: `erased` for a file, `sent` with its parcel, `lost` where nobody knows.
        #[arg(long, value_enum)]
        how: How,
        /// Who did it, where it was somebody else.
        #[arg(long, value_name = "WHO")]
        by: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    Shredded,
    Burned,
    Erased,
    Sent,
    Lost,
}

/// One number, or all from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u64,
    last: u64,
}

impl FromStr for Range {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        const WORDS: &str = "prints are named by number, such as 17, or 20-45 for up to 1000 of them";
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last): (u64, u64) = (first.parse().map_err(|_| WORDS)?, last.parse().map_err(|_| WORDS)?);
        let fits = first <= last && last - first < RANGE_MAX;
        if fits { Ok(Self { first, last }) } else { Err(WORDS) }
    }
}

impl Print {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::List { all } => list(visit, *all),
            Command::Add { record, of, what, copies, place, until } => {
                let question = json!({
                    "what": what,
                    "seller": record.as_ref().map(|record| &record.seller),
                    "kind": of.kind,
                    "reference": record.as_ref().map(|record| &record.reference),
                    "copies": copies,
                    "place": place,
                    "until": until.map(|until| until.to_string()),
                });
                let added = visit.client.post("/v1/prints", &question)?;
                match visit.screen.is_json() {
                    true => visit.screen.json(&added)?,
                    false => visit.screen.line(format_args!("print {} is open", text(&added, "print")))?,
                }
                Ok(Exit::Done)
            }
            Command::Destroyed { prints, how, by } => {
                let numbers: Vec<u64> = prints.iter().flat_map(|range| range.first..=range.last).collect();
                let how = how.to_possible_value().map(|value| value.get_name().to_owned());
                let question = json!({ "prints": numbers, "how": how, "who": by });
                let ended = visit.client.post("/v1/prints:destroyed", &question)?;
                if visit.screen.is_json() {
                    visit.screen.json(&ended)?;
                    return Ok(Exit::Done);
                }
                let count = ended.member("prints").map(Json::elements).unwrap_or_default().len();
                visit.screen.line(format_args!(
                    "{count} {} closed",
                    if count == 1 { "print is" } else { "prints are" }
                ))?;
                Ok(Exit::Done)
            }
        }
    }
}

fn list(visit: &Visit, with_ended: bool) -> Result<Exit> {
    let all = visit.client.get_all("/v1/prints", "prints")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let prints = all.member("prints").map(Json::elements).unwrap_or_default();
    let is_open = |print: &&Json| with_ended || text(print, "state") == "open";
    let row = |print: &Json| {
        let what = [text(print, "paper"), text(print, "what")].concat();
        let reference = text(print, "reference");
        let of = match (text(print, "seller"), reference.as_str()) {
            (seller, "") if seller.is_empty() => String::new(),
            (seller, "") => format!("{seller}, record {}", text(print, "record")),
            (seller, reference) => format!("{seller}/{reference}"),
        };
        let ended = print.member("ended").map(|ended| text(ended, "how")).unwrap_or_default();
        let state = match ended.is_empty() {
            false => ended,
            true if text(print, "overdue") == "true" => "overdue".to_owned(),
            true => "open".to_owned(),
        };
        vec![
            text(print, "print"),
            what,
            of,
            text(print, "copies"),
            text(print, "place"),
            text(print, "at"),
            state,
        ]
    };
    let header = ["PRINT", "WHAT", "OF", "SHEETS", "PLACE", "SINCE", "STATE"];
    visit.screen.table(&header, prints.iter().filter(is_open).map(row).collect())?;
    let overdue = prints.iter().filter(|print| text(print, "overdue") == "true").count();
    if overdue > 0 {
        visit.screen.line(format_args!(
            "{BAD}{overdue} overdue: the personal data on them has ended; destroy them, and say so with `bailee print destroyed` (2.3.d){BAD:#}"
        ))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_are_named_one_by_one_or_from_one_to_another() {
        for (text, range) in [("17", Some((17, 17))), ("20-45", Some((20, 45))), ("1-1000", Some((1, 1000)))]
        {
            assert_eq!(text.parse().ok(), range.map(|(first, last)| Range { first, last }), "{text}");
        }
        for text in ["", "a", "-1", "5-4", "1-1001", "1-2-3"] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }
}
