//! `bailee retention`: what is due when, why, and the run that ends it.

use bailee_core::Json;
use bailee_server::{Tick, Watch};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use serde_json::json;
use std::ops::ControlFlow;

use super::certificate_of_disposal::{Certificate, VerifyCertificate};
use super::counts;
use super::proposal::tell_filed;
use super::record::{OfKind, RecordName};
use crate::failure::{Exit, Result};
use crate::screen::{pick, text};
use crate::visit::{Global, Visit};

/// Retention: what is due when, why, and the run that ends it.
#[derive(Debug, Args)]
pub(crate) struct Retention {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every seller's buckets: all personal data with one expiry day, under one key.
    Status,
    /// Destroy the keys of what is due. Nothing under them opens again, in any copy.
    Run,
    /// Say that the time is right, where this machine's clock has jumped ahead.
    ///
    /// What is due by such a time is closed, and destroyed only once two people have confirmed it, or the second source of time that
    /// `[retention] time_source` names.
    #[command(after_help = "\
It is proposed, and another owner or officer approves it with `bailee proposal approve`.

Example:
  bailee retention confirm-time")]
    ConfirmTime,
    /// Show the newest census: what this home holds, and that nothing of it is older than it may be.
    ///
    /// It is taken with every disposal, which a server does each day, and is an event of the ledger, so that it is signed and can be
    /// proven to others.
    #[command(after_help = "Example:
  bailee retention census
  bailee ledger prove REQUEST    with the request that it shows: a proof that holds without this home")]
    Census,
    Certificate(Certificate),
    VerifyCertificate(VerifyCertificate),
    /// Explain the clock of one order, shipment or return: evidence, rule and dates.
    #[command(after_help = "Example:\n  bailee retention explain ALPHA/250-1234567-1234567")]
    Explain {
        /// The order, shipment or return.
        #[arg(value_name = "S/REF")]
        record: RecordName,

        #[command(flatten)]
        of: OfKind,
    },
}

impl Retention {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        match &self.command {
            Command::Status => global.visit(status),
            Command::Run => global.visit(run),
            Command::Census => global.visit(census),
            Command::Certificate(certificate) => global.visit(|visit| certificate.run(visit)),
            Command::VerifyCertificate(certificate) => {
                global.refuse_server()?;
                certificate.run(global.screen)
            }
            Command::ConfirmTime => global.visit(|visit| {
                let filed = visit.client.post("/v1/retention:confirm-time", &json!({}))?;
                tell_filed(visit, &filed)
            }),
            Command::Explain { record, of } => global.visit(|visit| explain(visit, record, *of)),
        }
    }
}

fn status(visit: &Visit) -> Result<Exit> {
    let answer = visit.client.get_all("/v1/retention", "sellers")?;
    if visit.screen.is_json() {
        visit.screen.json(&answer)?;
        return Ok(Exit::Done);
    }
    let sellers = answer.member("sellers").map(Json::elements).unwrap_or_default();
    let mut next: Option<(String, u64)> = None;
    let (mut rows, mut exceptions) = (Vec::new(), Vec::new());
    for seller in sellers {
        for bucket in seller.member("buckets").map(Json::elements).unwrap_or_default() {
            let (closes_at, parts) = (text(bucket, "closes_at"), text(bucket, "parts").parse().unwrap_or(0));
            next = Some(match next {
                Some((at, before)) if at < closes_at => (at, before),
                Some((at, before)) if at == closes_at => (at, before + parts),
                _ => (closes_at, parts),
            });
            let mut row = vec![text(seller, "seller")];
            row.extend(["held", "age", "day", "closes_at", "state", "parts"].map(|name| text(bucket, name)));
            rows.push(row);
        }
        for line in seller.member("exceptions").map(Json::elements).unwrap_or_default() {
            let rule = text(line, "rule");
            let why = why_exceptional(&rule).to_owned();
            exceptions.push(vec![text(seller, "seller"), rule, text(line, "parts"), why]);
        }
    }
    visit.screen.table(&["SELLER", "HELD", "DAYS", "GONE BY", "CLOSES", "STATE", "PARTS"], rows)?;
    if !exceptions.is_empty() {
        visit.screen.line("")?;
        visit.screen.table(&["SELLER", "EXCEPTION", "PARTS", "WHY"], exceptions)?;
    }
    if let Some((at, parts)) = next {
        visit.screen.note(format_args!("the next disposal is due at {at}: {parts} parts"));
    }
    Ok(Exit::Done)
}

fn why_exceptional(rule: &str) -> &'static str {
    match rule {
        "R4" => "under way still, within the window that was promised",
        "R5" => "ends 60 days after the first of its packages that was delivered",
        "R6" => "shipped in part: ends 60 days after a first delivery, or 180 after the purchase",
        "R10" => "ends 180 days after the purchase, though it is open still",
        "R12" => "no date of use: counted from its first intake",
        _ => "",
    }
}

fn census(visit: &Visit) -> Result<Exit> {
    let census = visit.client.get("/v1/retention/census")?;
    if visit.screen.is_json() {
        visit.screen.json(&census)?;
        return Ok(Exit::Done);
    }
    visit.screen.line(text(&census, "words"))?;
    let rows = ["at", "request", "entry", "query", "result"];
    visit
        .screen
        .table(&[], rows.iter().map(|name| vec![format!("  {name}"), text(&census, name)]).collect())?;
    Ok(Exit::Done)
}

fn run(visit: &Visit) -> Result<Exit> {
    let bar = ProgressBar::new(0);
    let hear = bar.clone();
    let watch = Watch::new(move |tick| {
        if let Tick::Destroyed { done, total } = tick {
            hear.set_length(total);
            hear.set_position(done);
        }
        ControlFlow::Continue(())
    });
    let answer = visit.client.post_watched("/v1/retention:run", &json!({}), &watch);
    bar.finish_and_clear();
    let ran = answer?;
    if visit.screen.is_json() {
        visit.screen.json(&pick(&ran, &["disposed", "buckets_destroyed", "archived", "held"]))?;
    } else {
        visit.screen.line(format_args!(
            "the personal data of {} is gone: {} destroyed",
            counts::of(text(&ran, "disposed"), "record"),
            counts::of(text(&ran, "buckets_destroyed"), "bucket"),
        ))?;
        let [archived, held] = ["archived", "held"].map(|name| text(&ran, name));
        if (archived.as_str(), held.as_str()) != ("0", "0") {
            visit.screen.line(format_args!(
                "holds archived {}; of those that are gone, {} in archives of holds",
                counts::of(archived, "record"),
                if held == "1" { "1 is".to_owned() } else { format!("{held} are") }
            ))?;
        }
    }
    let missed = text(&ran, "missed");
    if missed != "0" {
        visit.screen.note(format_args!(
            "{} ended that a hold had not archived (2.1.c); see `bailee hold list`",
            counts::of(missed, "record")
        ));
    }
    Ok(Exit::Done)
}

fn explain(visit: &Visit, record: &RecordName, of: OfKind) -> Result<Exit> {
    let explained = of.get(visit, record, "/retention")?;
    if visit.screen.is_json() {
        let members = ["rule", "evidence", "lo", "hi", "expires_at", "profile", "state", "words"];
        visit.screen.json(&pick(&explained, &members))?;
        return Ok(Exit::Done);
    }
    visit.screen.heading(format_args!("retention of {record}"))?;
    visit.screen.line(format_args!("  {}", text(&explained, "words")))?;
    let rows = ["state", "rule", "evidence", "lo", "hi", "expires_at", "closes_at", "profile"];
    let rows = rows.iter().map(|name| vec![format!("  {name}"), text(&explained, name)]);
    visit.screen.table(&[], rows.collect())?;
    Ok(Exit::Done)
}
