//! `bailee evidence-of-delivery`: tells what became of parcels whose orders are held.

use std::path::{Path, PathBuf};

use bailee_core::{Json, Reference, SellerId, Timestamp};
use bailee_intake::evidence::{Origin, Reason};
use bailee_intake::source::Charset;
use bailee_server::Tick;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::bar::Bar;
use super::collect::count;
use super::counts;
use super::input::{NotTaken, open};
use crate::client::{Interrupts, encoded};
use crate::failure::{Exit, Failure, Result};
use crate::screen::shown;
use crate::visit::Visit;

/// Most positions of one kind that are listed for people; `--output json` lists more.
const LISTED_MAX: usize = 20;

/// Evidence of delivery: what became of the parcels of orders that are held.
#[derive(Debug, Args)]
pub(crate) struct Evidence {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
}

/// Take in what a carrier, a tracking answer or a notification says of orders that are held.
///
/// Thirty days after delivery personal data must be gone, and Amazon's orders rarely say when that was. Without
/// evidence the clock counts from the ship time, and so ends early. What is told here counts as a document of the same
/// news would: what ends sooner by it moves at once, what may live longer does in time. No order is made by it, and
/// nothing else of it is kept. Heard twice it changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee evidence-of-delivery add --seller ALPHA carrier.csv
  bailee evidence-of-delivery add --seller ALPHA --record 250-1234567-1234567 tracking.json
  bailee evidence-of-delivery add --seller ALPHA notifications.ndjson

A carrier's feed is CSV, tab-separated, or a line of JSON for each parcel. Columns are found by name:
  reference,status,time,package,as-of
  250-1234567-1234567,delivered,2026-03-05T14:02:00Z,,
  250-1234567-1234568,under-way,,,2026-03-06T08:00:00Z
  reference  the order id (also `order-id`); with --kind shipment the shipment's
  status     delivered, under-way, given-up (lost, refused, sent back), or a carrier's code
  time       when it happened; a date alone is read as early as it can be
  package    the package's own id, where an order has several
  as-of      as of when it was known, for what was under way
A tracking answer is of Shipping v2 (getTracking) or Tracking 2026-01-30 (getShipmentTracking), and does
not name the order: --record does. Notifications are ORDER_CHANGE and
SHIPMENT_TRACKING_MILESTONE_CHANGED, as the queue gives them. Inputs may be gzip or zip.
`bailee retention explain` tells what follows for an order.
Exit status 3: done, but some entries could not be used; each is told by its position and the reason.")]
struct Add {
    /// Whose orders they are.
    #[arg(long, value_name = "S")]
    seller: SellerId,

    /// The record that entries are about which name none, such as tracking answers.
    #[arg(long, value_name = "REF")]
    record: Option<Reference>,

    /// Its package that they are about.
    #[arg(long, value_name = "P", requires = "record")]
    package: Option<String>,

    /// What the references name.
    #[arg(long, value_name = "KIND", default_value = "order", value_parser = PossibleValuesParser::new(["order", "shipment"]))]
    kind: String,

    /// As of when the input speaks where it does not say so. Never in the future.
    #[arg(long, value_name = "RFC3339", value_parser = crate::usage::time)]
    as_of: Option<Timestamp>,

    /// What the input is, instead of having it found out.
    #[arg(long, value_name = "F", value_parser = PossibleValuesParser::new(Origin::ALL.map(Origin::as_str)))]
    format: Option<String>,

    /// The character set, instead of having it decided; as `bailee collect` takes it.
    #[arg(long, value_name = "C", value_parser = crate::usage::charset)]
    charset: Option<Charset>,

    /// The files to take in; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What became of the entries, over all inputs.
#[derive(Debug, Default, Serialize)]
struct Summary {
    read: u64,
    changed: u64,
    unchanged: u64,
    past_retention: u64,
    unknown: u64,
    refused: u64,
    unknown_at: Vec<Place>,
    refused_at: Vec<Place>,
}

/// Where an entry stood.
#[derive(Debug, Serialize)]
struct Place {
    file: String,
    entry: u64,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Evidence {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::Add(add) => add.run(visit),
        }
    }
}

impl Add {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let mut summary = Summary::default();
        let mut bad = Vec::new();
        let mut interrupts = visit.client.interrupts(false)?;
        for file in &self.files {
            match self.add(visit, file, &mut interrupts) {
                Ok(answer) => summary.add(file, &answer),
                Err(NotTaken::Input(words)) => bad.push(words),
                Err(NotTaken::Any(failure)) => {
                    summary.show_so_far(visit)?;
                    return Err(failure);
                }
            }
        }
        if !bad.is_empty() {
            summary.show_so_far(visit)?;
            return Err(Failure::failed(bad.join("; ")));
        }
        summary.show(visit, false)?;
        if summary.is_useless() {
            return Err(Failure::failed("nothing of it could be used; `--help` shows what can be read"));
        }
        Ok(if summary.refused > 0 { Exit::Quarantined } else { Exit::Done })
    }

    fn add(
        &self,
        visit: &Visit,
        file: &Path,
        interrupts: &mut Interrupts,
    ) -> std::result::Result<Json, NotTaken> {
        let (input, bytes) = open(file)?;
        let bar = Bar::new(bytes);
        let moved = bar.clone();
        let answer = visit.client.collect(&self.path(), input, None, interrupts, move |tick| {
            if let Tick::Collected { bytes, counts, .. } = tick {
                moved.show(bytes, counts.read);
            }
        });
        bar.end();
        answer.map_err(|refusal| NotTaken::of(file, refusal))
    }

    fn path(&self) -> String {
        let mut path = format!("/v1/sellers/{}/orders:observe?kind={}", self.seller, self.kind);
        let options = [
            ("reference", self.record.as_ref().map(ToString::to_string)),
            ("package", self.package.clone()),
            ("as_of", self.as_of.map(|as_of| as_of.to_string())),
            ("format", self.format.clone()),
            ("charset", self.charset.map(|charset| charset.to_string())),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={}", encoded(&value)));
            }
        }
        path
    }
}

impl Summary {
    fn add(&mut self, file: &Path, answer: &Json) {
        let count = |name| count(answer, name);
        self.read += count("read");
        self.changed += count("changed");
        self.unchanged += count("unchanged");
        self.past_retention += count("past_retention");
        self.unknown += count("unknown");
        self.refused += count("refused");
        self.unknown_at.extend(places(file, answer, "unknown_at"));
        self.refused_at.extend(places(file, answer, "refused_at"));
    }

    /// Whether nothing of it could be used.
    fn is_useless(&self) -> bool {
        self.refused > 0 && self.refused == self.read
    }

    /// Shows on stderr what was heard before or beside what failed, when anything was.
    fn show_so_far(&self, visit: &Visit) -> Result<()> {
        if self.read > 0 { self.show(visit, true) } else { Ok(()) }
    }

    fn show(&self, visit: &Visit, on_stderr: bool) -> Result<()> {
        let told = counts::told(&[
            (self.changed, "changed"),
            (self.unchanged, "unchanged"),
            (self.past_retention, "past retention"),
            (self.unknown, "not held"),
            (self.refused, "refused"),
        ]);
        let line = format!("{} read: {told}", self.read);
        let is_json = visit.screen.is_json();
        let on_stderr = on_stderr || !is_json && self.is_useless();
        counts::show(visit, self, line.trim_end_matches(": "), on_stderr)?;
        if is_json {
            return Ok(());
        }
        self.note(visit, &self.unknown_at, self.unknown, |_| "no such record is held".to_owned());
        self.note(visit, &self.refused_at, self.refused, |place| place.words().to_owned());
        Ok(())
    }

    /// Lists the first positions, and how many more there are.
    fn note(&self, visit: &Visit, places: &[Place], count: u64, words: impl Fn(&Place) -> String) {
        for place in places.iter().take(LISTED_MAX) {
            let Place { file, entry, line, .. } = place;
            visit.screen.note(format_args!("{file}: entry {entry} (line {line}): {}", words(place)));
        }
        let more = count.saturating_sub(LISTED_MAX as u64);
        if more > 0 {
            visit.screen.note(format_args!(
                "and {more} more; `--output json` tells the first thousand of each input"
            ));
        }
    }
}

impl Place {
    /// Why it was refused. A server that is newer may know another reason.
    fn words(&self) -> &str {
        let code = self.reason.as_deref().unwrap_or_default();
        Reason::ALL.iter().find(|reason| reason.code() == code).map_or(code, |reason| reason.words())
    }
}

fn places(file: &Path, answer: &Json, list: &str) -> Vec<Place> {
    let places = answer.member(list).map(Json::elements).unwrap_or_default();
    let place = |place: &Json| Place {
        file: shown(file),
        entry: count(place, "entry"),
        line: count(place, "line"),
        reason: place.member("reason").and_then(Json::as_str).map(crate::screen::safe),
    };
    places.iter().map(place).collect()
}
