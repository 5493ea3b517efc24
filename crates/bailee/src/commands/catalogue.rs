//! `bailee catalogue`: what is said of each field, what nobody named yet, and the officer's decision.

use std::ops::ControlFlow;

use bailee_core::catalogue::{Cleaner, Mask, TermKind};
use bailee_core::{Class, Json, Kind, Purpose, SellerId};
use bailee_server::{Tick, Watch};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::encoded;
use crate::commands::proposal::tell_filed;
use crate::failure::{Exit, Result};
use crate::screen::{DIM, leaf, text};
use crate::usage::Expected;
use crate::visit::Visit;

const MASKS: &str = "masks are: name, email, phone, postal-code, hidden, initial";
const CLEANERS: &str = "cleaners are: text, lines, code, phone, email, country, postal-code, time, decimal, \
                        integer, flag, verbatim";
const TERMS: &str = "records are found by: email, phone, name";

/// The catalogue: which fields there are, what each may be used for, and what nobody has named yet.
#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every field with its class, purposes and mask, or why it is a fact.
    List,
    /// Show what the catalogue says of a field.
    #[command(after_help = "Example:\n  bailee catalogue show buyer.buyerName")]
    Show {
        /// Its path, lists with empty brackets; every field, when none is given.
        #[arg(value_name = "PATH")]
        path: Option<String>,
    },
    /// List what is sealed and the catalogue does not name: paths, counts and what each may be. Never a value.
    #[command(after_help = "\
Of a path that fewer than 5 records hold, neither their number nor the shape of the values is told. A name in a path
that looks like a value is not shown, nor one that fewer than 5 records hold and that is not written as fields are;
classify such a path by its number. A fact that has not its form (a word where a time belongs) is listed, too.

Example:
  bailee catalogue unclassified --seller ALPHA")]
    Unclassified {
        /// Of this seller only.
        #[arg(long, value_name = "S")]
        seller: Option<SellerId>,
    },
    /// Decide what a field is. What is sealed already follows.
    #[command(after_help = "\
A field that the catalogue knows can only become stricter. That a field is a fact takes a second person, where the home asks
for one: it is proposed, and another owner or officer approves it with `bailee proposal approve`.

Examples:
  bailee catalogue classify 'orderItems[].extra.gift-note' --class free-text \\
      --purpose fulfilment,subject-request,incident --cleaner lines
  bailee catalogue classify extra.colour --fact 'the colour of the thing, which the seller chose'

Classes: identity, contact, address, tax, free-text; unclassified for what is revealed to nobody.
Purposes: fulfilment, tax, invoice, subject-request, incident.
Masks: name, email, phone, postal-code, initial; hidden unless told.
Cleaners: text, lines, code, phone, email, country, postal-code, time, decimal, integer, flag; verbatim unless told.
A value that has not the form of a fact's cleaner (a time, a count, a word of a short list) stays sealed.")]
    Classify(Box<Classify>),
}

/// A decision.
#[derive(Debug, Args)]
struct Classify {
    /// The field's path, as `bailee catalogue unclassified` lists it.
    #[arg(value_name = "PATH", required_unless_present = "number")]
    path: Option<String>,
    /// The number under which it is listed, in the place of the path.
    #[arg(long, value_name = "N", conflicts_with = "path")]
    number: Option<u64>,
    /// Of what it is a field: order, shipment or return.
    #[arg(long, value_name = "K", default_value = "order", value_parser = kind)]
    kind: Kind,
    /// How it identifies somebody.
    #[arg(long, value_name = "C", value_parser = class, required_unless_present_any = ["fact", "purposes", "mask"])]
    class: Option<Class>,
    /// Why it may be used; may be repeated.
    #[arg(long = "purpose", value_delimiter = ',', value_name = "P,…", value_parser = purpose)]
    purposes: Vec<Purpose>,
    /// What may be shown of it without a reveal.
    #[arg(long, value_name = "M", value_parser = mask)]
    mask: Option<Mask>,
    /// How it is cleaned.
    #[arg(long, value_name = "X", value_parser = cleaner)]
    cleaner: Option<Cleaner>,
    /// Find records by it: as an e-mail, a phone or a name.
    #[arg(long, value_name = "T", value_parser = term)]
    find_by: Option<TermKind>,
    /// It identifies nobody: the reason, in a sentence. Who may see facts can then read it.
    #[arg(long, value_name = "REASON", conflicts_with_all = ["class", "purposes", "mask", "find_by"])]
    fact: Option<String>,
}

/// The same as the API takes it.
#[derive(Serialize)]
struct Decision<'a> {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Class>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fact: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purposes: Option<&'a [Purpose]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mask: Option<Mask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cleaner: Option<Cleaner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    searched: Option<TermKind>,
}

fn kind(text: &str) -> std::result::Result<Kind, Expected> {
    text.parse().map_err(|_| Expected("kinds are: order, shipment, return".to_owned()))
}

fn class(text: &str) -> std::result::Result<Class, Expected> {
    word(text, "classes are: identity, contact, address, tax, free-text, unclassified")
}

fn purpose(text: &str) -> std::result::Result<Purpose, Expected> {
    word(text, "purposes are: fulfilment, tax, invoice, subject-request, incident")
}

fn mask(text: &str) -> std::result::Result<Mask, Expected> {
    word(text, MASKS)
}

fn cleaner(text: &str) -> std::result::Result<Cleaner, Expected> {
    word(text, CLEANERS)
}

fn term(text: &str) -> std::result::Result<TermKind, Expected> {
    word(text, TERMS).and_then(|term| match term {
        // A postal code is a term with the name of its address only.
        TermKind::NamePostalCode => Err(Expected(TERMS.to_owned())),
        term => Ok(term),
    })
}

/// A word of a closed set, as the API and the catalogue's files write it.
fn word<T: DeserializeOwned>(text: &str, allowed: &str) -> std::result::Result<T, Expected> {
    serde_json::from_value(text.into()).map_err(|_| Expected(allowed.to_owned()))
}

impl Catalogue {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::List => fields(visit, None),
            Command::Show { path } => fields(visit, path.as_deref()),
            Command::Unclassified { seller } => unclassified(visit, seller.as_ref()),
            Command::Classify(decision) => decision.run(visit),
        }
    }
}

fn fields(visit: &Visit, path: Option<&str>) -> Result<Exit> {
    let query = path.map(|path| format!("?path={}", encoded(path))).unwrap_or_default();
    let answer = visit.client.get_all(&format!("/v1/catalogue/fields{query}"), "fields")?;
    if visit.screen.is_json() {
        visit.screen.json(&answer)?;
        return Ok(Exit::Done);
    }
    let rows = answer.member("fields").map(Json::elements).unwrap_or_default().iter().map(|field| {
        let class = text(field, "class");
        let is_fact = class.is_empty();
        vec![
            text(field, "kind"),
            text(field, "path"),
            if is_fact { "fact".to_owned() } else { class },
            if is_fact { String::new() } else { words(field, "purposes") },
            if is_fact { String::new() } else { text(field, "mask") },
            text(field, "source"),
            text(field, "reason"),
        ]
    });
    visit.screen.table(&["KIND", "PATH", "CLASS", "PURPOSES", "MASK", "SOURCE", "REASON"], rows.collect())?;
    Ok(Exit::Done)
}

fn unclassified(visit: &Visit, seller: Option<&SellerId>) -> Result<Exit> {
    let query = seller.map(|seller| format!("?seller={seller}")).unwrap_or_default();
    let (bar, watch) = progress();
    let answer =
        visit.client.get_all_watched(&format!("/v1/catalogue/unclassified{query}"), "unclassified", &watch);
    bar.finish_and_clear();
    let answer = answer?;
    if visit.screen.is_json() {
        visit.screen.json(&answer)?;
        return Ok(Exit::Done);
    }
    let lines = answer.member("unclassified").map(Json::elements).unwrap_or_default();
    if lines.is_empty() {
        visit.screen.note("the catalogue names everything that is held");
        return Ok(Exit::Done);
    }
    let rows = lines.iter().map(|line| {
        let mut row: Vec<String> = ["number", "kind", "path", "records", "values", "first_day", "last_day"]
            .map(|name| text(line, name))
            .into();
        row.push(match text(line, "misses") {
            missed if missed.is_empty() => line.member("suggestion").map(suggestion).unwrap_or_default(),
            missed => format!("a fact without its form ({missed}): mend the source, and collect again"),
        });
        row
    });
    let header = ["NUMBER", "KIND", "PATH", "RECORDS", "VALUES", "FIRST", "LAST", "SUGGESTION"];
    visit.screen.table(&header, rows.collect())?;
    if answer.member("more") == Some(&Json::Bool(true)) {
        visit.screen.note("there are more than are listed");
    }
    visit
        .screen
        .line(format_args!("{DIM}`bailee catalogue classify PATH --class C --purpose P,…` decides{DIM:#}"))?;
    Ok(Exit::Done)
}

/// A suggestion as one would type it.
fn suggestion(suggestion: &Json) -> String {
    let class = text(suggestion, "class");
    let by = text(suggestion, "by");
    match (class.is_empty(), by.is_empty()) {
        (_, true) => String::new(),
        (true, _) => format!("--fact … --cleaner {} (by {by})", text(suggestion, "cleaner")),
        (false, _) => format!(
            "--class {class} --purpose {} --mask {} --cleaner {} (by {by})",
            words(suggestion, "purposes").replace(", ", ","),
            text(suggestion, "mask"),
            text(suggestion, "cleaner"),
        ),
    }
}

impl Classify {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let decision = Decision {
            kind: self.kind,
            path: self.path.as_deref(),
            number: self.number,
            class: self.class,
            fact: self.fact.as_deref(),
            purposes: Some(self.purposes.as_slice()).filter(|purposes| !purposes.is_empty()),
            mask: self.mask,
            cleaner: self.cleaner,
            searched: self.find_by,
        };
        let (bar, watch) = progress();
        let answer = visit.client.post_watched("/v1/catalogue/fields", &decision, &watch);
        bar.finish_and_clear();
        let answer = answer?;
        if answer.member("proposed_by").is_some() {
            return tell_filed(visit, &answer);
        }
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(Exit::Done);
        }
        let followed = answer.at("followed.changed").map(leaf).unwrap_or_default();
        let (id, path) = (
            answer.at("field.id").map(leaf).unwrap_or_default(),
            answer.at("field.path").map(leaf).unwrap_or_default(),
        );
        let class = answer.at("field.class").and_then(Json::as_str).unwrap_or("a fact").to_owned();
        visit.screen.line(match answer.member("changed") {
            Some(Json::Bool(true)) => format!("{path} is {class} (field {id}); {followed} records followed"),
            _ => format!("{path} was {class} already; {followed} records followed"),
        })?;
        Ok(Exit::Done)
    }
}

/// The words of a list, on one line.
fn words(value: &Json, member: &str) -> String {
    let words = value.member(member).map(Json::elements).unwrap_or_default();
    words.iter().map(leaf).collect::<Vec<_>>().join(", ")
}

/// Counts the records that are looked at, on a terminal.
pub(super) fn progress() -> (ProgressBar, Watch) {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} records  {per_sec}  {elapsed}") {
        bar.set_style(style);
    }
    let hear = bar.clone();
    let watch = Watch::new(move |tick| {
        if let Tick::Looked { records } = tick {
            hear.set_position(records);
        }
        ControlFlow::Continue(())
    });
    (bar, watch)
}
