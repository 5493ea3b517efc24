//! `bailee quarantine`: what failed verification, and why; taking in what was mended, throwing away the rest. Never a
//! value.

use axum::http::StatusCode;
use bailee_core::{Json, RecordId, SellerId};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::collect::{Summary, count, tell_lost};
use crate::failure::{Exit, Failure, Result};
use crate::screen::{cut, leaf, pick, text};
use crate::visit::Visit;

/// What failed verification, and why. Never a value.
#[derive(Debug, Args)]
pub(crate) struct Quarantine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List what is in quarantine, newest first.
    #[command(after_help = "Example:\n  bailee quarantine list --seller ALPHA")]
    List {
        /// Of this seller only.
        #[arg(long, value_name = "S")]
        seller: Option<SellerId>,
    },
    /// Show one of them: where it stood, what is wrong, what to do, and an outline of what is in it, by names and masks.
    Show {
        /// Its id.
        id: RecordId,
    },
    Retry(Retry),
    Discard(Discard),
}

/// Read again what is in quarantine, after the catalogue, the mapping or the code was mended.
///
/// What verifies goes in as it would have when it came: the clock of its retention runs from then. What fails again
/// stays, with its new reason and its old end.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee quarantine retry --all
  bailee quarantine retry --all --seller ALPHA --charset windows-1252
  bailee quarantine retry 00112233445566778899aabbccddeeff --format orders-v0

Exit status 3: done, but some stay in quarantine; `bailee quarantine list` says why.")]
pub(crate) struct Retry {
    /// The ids.
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with_all = ["all", "seller"])]
    ids: Vec<RecordId>,

    /// Everything in quarantine.
    #[arg(long)]
    all: bool,

    /// Of this seller only.
    #[arg(long, value_name = "S", requires = "all")]
    seller: Option<SellerId>,

    /// The format, instead of the one that it was read as.
    #[arg(long, value_name = "F")]
    format: Option<String>,

    /// The character set, where it was not certain.
    #[arg(long, value_name = "C")]
    charset: Option<String>,
}

/// Throw away what belongs nowhere. No copy opens it afterwards.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee quarantine discard 00112233445566778899aabbccddeeff --reason test-data

Reasons: duplicate (the same is here already), replaced (it was fetched again and taken in), not-ours, unreadable,
test-data, erasure (the person whom it is about, or Amazon, asked for it).")]
pub(crate) struct Discard {
    /// The ids.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<RecordId>,

    /// Why. The ledger remembers it.
    #[arg(long, value_name = "WORD", value_parser = PossibleValuesParser::new(REASONS))]
    reason: String,
}

/// Why something may be thrown away; the server has the same set.
const REASONS: [&str; 6] = ["duplicate", "replaced", "not-ours", "unreadable", "test-data", "erasure"];

#[derive(Serialize)]
struct List<T> {
    quarantined: Vec<T>,
}

impl Quarantine {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::List { seller } => list(visit, seller.as_ref()),
            Command::Show { id } => show(visit, *id),
            Command::Retry(retry) => retry.run(visit),
            Command::Discard(discard) => discard.run(visit),
        }
    }
}

/// Everything in quarantine.
fn all(visit: &Visit, seller: Option<&SellerId>) -> Result<Json> {
    let of = seller.map(|seller| format!("?seller={seller}")).unwrap_or_default();
    Ok(visit.client.get_all(&format!("/v1/quarantine{of}"), "quarantined")?)
}

fn items(all: &Json) -> &[Json] {
    all.member("quarantined").map(Json::elements).unwrap_or_default()
}

fn list(visit: &Visit, seller: Option<&SellerId>) -> Result<Exit> {
    let all = all(visit, seller)?;
    let items = items(&all);
    if visit.screen.is_json() {
        let quarantined =
            items.iter().map(|item| pick(item, &["id", "source", "position", "reason"])).collect();
        visit.screen.json(&List { quarantined })?;
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        visit.screen.note("nothing is in quarantine");
        return Ok(Exit::Done);
    }
    let rows = items.iter().map(|item| {
        let position = |name| item.at(&format!("position.{name}")).map(leaf).unwrap_or_default();
        vec![
            text(item, "id"),
            text(item, "seller"),
            cut(&text(item, "source")),
            format!("document {}, line {}", position("document"), position("line")),
            text(item, "reason"),
        ]
    });
    visit.screen.table(&["ID", "SELLER", "SOURCE", "POSITION", "REASON"], rows.collect())?;
    Ok(Exit::Done)
}

fn show(visit: &Visit, id: RecordId) -> Result<Exit> {
    let item = visit.client.get(&format!("/v1/quarantine/{id}"))?;
    if visit.screen.is_json() {
        visit.screen.json(&item)?;
        return Ok(Exit::Done);
    }
    let screen = visit.screen;
    screen.heading(format_args!("quarantined {id}"))?;
    let position = |name| item.at(&format!("position.{name}")).map(leaf).unwrap_or_default();
    let place =
        format!("document {}, line {}, byte {}", position("document"), position("line"), position("byte"));
    let mut rows = vec![vec!["  place".to_owned(), place]];
    let names = ["seller", "source", "reason", "words", "format", "kind", "bytes", "since", "expires_at"];
    rows.extend(names.iter().map(|name| vec![format!("  {name}"), text(&item, name)]));
    screen.table(&[], rows)?;
    let fields = item.at("outline.fields").map(Json::elements).unwrap_or_default();
    if !fields.is_empty() {
        screen.heading("what is in it")?;
        let row = |field: &Json| vec![format!("  {}", text(field, "path")), text(field, "mask")];
        screen.table(&[], fields.iter().map(row).collect())?;
    }
    if let Some(Json::Integer(unknown @ 1..)) = item.at("outline.unknown") {
        screen.line(format_args!("  and {unknown} values at places that the catalogue does not know"))?;
    }
    Ok(Exit::Done)
}

impl Retry {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let mut how = serde_json::Map::new();
        let named = [("format", &self.format), ("charset", &self.charset)];
        how.extend(
            named.into_iter().filter_map(|(name, value)| {
                Some((name.to_owned(), serde_json::Value::from(value.as_deref()?)))
            }),
        );
        let mut summary = Summary::default();
        for path in self.paths(visit)? {
            match visit.client.post(&path, &how) {
                Ok(answer) => {
                    tell_lost(visit.screen, "what was taken in", count(&answer, "lost_letters"));
                    summary.add(&answer);
                }
                Err(refusal) => {
                    summary.show_so_far(visit)?;
                    return Err(refusal.into());
                }
            }
        }
        summary.show(visit, false)?;
        Ok(if summary.is_quarantined() { Exit::Quarantined } else { Exit::Done })
    }

    /// What to ask: for each id, or for each seller that has something in quarantine.
    fn paths(&self, visit: &Visit) -> Result<Vec<String>> {
        if !self.all {
            return Ok(self.ids.iter().map(|id| format!("/v1/quarantine/{id}:retry")).collect());
        }
        let sellers = match &self.seller {
            Some(seller) => vec![seller.to_string()],
            None => {
                let all = all(visit, None)?;
                let mut sellers: Vec<String> = items(&all).iter().map(|item| text(item, "seller")).collect();
                sellers.sort_unstable();
                sellers.dedup();
                sellers
            }
        };
        Ok(sellers.iter().map(|seller| format!("/v1/sellers/{seller}/quarantine:retry")).collect())
    }
}

impl Discard {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let mut unknown = Vec::new();
        for id in &self.ids {
            match visit
                .client
                .post(&format!("/v1/quarantine/{id}:discard"), &json!({ "reason": self.reason }))
            {
                Ok(_) => {}
                Err(refusal) if refusal.status == StatusCode::NOT_FOUND => unknown.push(*id),
                Err(refusal) => return Err(refusal.into()),
            }
        }
        let discarded = self.ids.len() - unknown.len();
        match visit.screen.is_json() {
            true => visit.screen.json(&json!({ "discarded": discarded }))?,
            false => {
                visit.screen.line(format_args!("{discarded} thrown away; no copy opens them any more"))?;
            }
        }
        match unknown.first() {
            None => Ok(Exit::Done),
            Some(id) => Err(Failure::new(
                Exit::NotFound,
                format_args!(
                    "there is nothing in quarantine under {id}: it was taken in or thrown away, or its time has come"
                ),
            )),
        }
    }
}
