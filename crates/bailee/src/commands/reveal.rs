//! `bailee reveal`: plaintext, for a purpose.

use bailee_core::{Json, Ticket};
use clap::Args;
use serde_json::{Value, json};

use super::record::{OfKind, RecordName};
use crate::client::Refusal;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{BOLD, Screen, leaf, text};
use crate::visit::Visit;

/// Reveal personal data of orders, shipments and returns for a purpose. The ledger says so before anything is opened.
///
/// Without --field, what you may see is given and the rest is named as denied.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee reveal ALPHA/250-1234567-1234567 --purpose fulfilment
  bailee reveal ALPHA/250-1234567-1234567 --purpose fulfilment --field recipient.deliveryAddress.city --ticket OPS-12
  bailee reveal --token TOKEN --purpose tax

Purposes: fulfilment, tax, invoice, subject-request, incident.
Exit status 4: nothing is allowed, or a field you named is denied. 5: all of it is gone or unknown.")]
pub(crate) struct Reveal {
    /// The orders, shipments or returns.
    #[arg(value_name = "S/REF", required_unless_present = "tokens", conflicts_with = "tokens")]
    records: Vec<RecordName>,

    #[command(flatten)]
    of: OfKind,

    /// Tokens, instead of those.
    #[arg(long = "token", value_name = "T", num_args = 1.., conflicts_with = "kind")]
    tokens: Vec<String>,

    /// Why you need it.
    #[arg(long, value_name = "P")]
    purpose: String,

    /// A field, by its path; items by their id: `orderItems[25012345678901].…`. Without an id: of every item.
    #[arg(long = "field", value_name = "PATH", num_args = 1.., conflicts_with = "tokens")]
    fields: Vec<String>,

    /// The ticket that it is for, such as OPS-1234.
    #[arg(long, value_name = "T")]
    ticket: Option<Ticket>,
}

impl Reveal {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let answer = visit.client.post("/v1/reveal", &self.question());
        let answer = match answer {
            Ok(answer) => answer,
            Err(refusal) => return Err(refused(visit.screen, refusal)?),
        };
        match visit.screen.is_json() {
            true => visit.screen.json(&answer)?,
            false => show(visit.screen, &answer, self.records.len() + self.tokens.len() > 1)?,
        }
        self.judge(&answer)
    }

    fn question(&self) -> Value {
        let tokens = self.tokens.iter().map(|token| json!({ "token": token }));
        let fields = (!self.fields.is_empty()).then_some(&self.fields);
        let records = self.records.iter().map(|record| {
            json!({
                "seller": record.seller, "kind": self.of.kind, "reference": record.reference, "fields": fields
            })
        });
        let mut question =
            json!({ "purpose": self.purpose, "items": tokens.chain(records).collect::<Vec<_>>() });
        if let (Some(ticket), Some(members)) = (&self.ticket, question.as_object_mut()) {
            members.insert("ticket".to_owned(), json!(ticket));
        }
        question
    }

    /// How the command ends, and the line that says so when it does not end well.
    fn judge(&self, answer: &Json) -> Result<Exit> {
        let list = |name| answer.member(name).map(Json::elements).unwrap_or_default();
        let (records, denied, gone) = (list("records"), list("denied"), list("gone"));
        let named = !self.fields.is_empty() || !self.tokens.is_empty();
        if let Some(first) = denied.first()
            && (named || records.is_empty())
        {
            return Err(Failure::new(Exit::Denied, denial_words(first)));
        }
        if !records.is_empty() {
            return Ok(Exit::Done);
        }
        let unknown_field = list("unknown").iter().find(|unknown| text(unknown, "code") == "no-such-field");
        let words = match (gone.first(), unknown_field) {
            (Some(gone), _) => gone_words(gone),
            (None, Some(unknown)) => format!(
                "{}/{} has no such field: {}",
                text(unknown, "seller"),
                text(unknown, "reference"),
                text(unknown, "field")
            ),
            (None, None) => "nothing of this name is held here, nor ever was".to_owned(),
        };
        Err(Failure::new(Exit::NotFound, words))
    }
}

/// A whole reveal refused: the documented shape with the one reason, and the line.
fn refused(screen: Screen, refusal: Refusal) -> Result<Failure> {
    if screen.is_json() && refusal.exit() == Exit::Denied {
        let reason = json!({
            "code": refusal.code,
            "detail": refusal.detail,
            "requirement": refusal.requirement,
            "remedy": refusal.remedy,
        });
        screen.json(&json!({ "records": [], "denied": [reason], "gone": [] }))?;
    }
    Ok(refusal.into())
}

/// `several`: whether more than one thing was asked for, so that each line must say of which it speaks.
fn show(screen: Screen, answer: &Json, several: bool) -> Result<()> {
    let list = |name| answer.member(name).map(Json::elements).unwrap_or_default();
    for record in list("records") {
        screen.heading(format_args!("{}/{}", text(record, "seller"), text(record, "reference")))?;
        let fields = record.member("fields").map(Json::members).unwrap_or_default();
        let rows = fields.iter().map(|(path, value)| vec![format!("  {path}"), leaf(value)]);
        screen.table(&[], rows.collect())?;
    }
    if list("records").is_empty() && list("denied").len() + list("gone").len() + list("unknown").len() == 1 {
        // The one thing to say is the line with which the command ends.
        return Ok(());
    }
    for denied in list("denied") {
        let name = denied_name(denied, several);
        screen.note(format_args!("denied: {BOLD}{name}{BOLD:#} {}", text(denied, "detail")));
    }
    for gone in list("gone") {
        screen.note(gone_words(gone));
    }
    for unknown in list("unknown") {
        let name = [text(unknown, "seller"), text(unknown, "reference"), text(unknown, "field")];
        let name: Vec<String> = name.into_iter().filter(|part| !part.is_empty()).collect();
        screen.note(format_args!("unknown: {} ({})", name.join(" "), text(unknown, "code")));
    }
    Ok(())
}

fn denied_name(denied: &Json, several: bool) -> String {
    let [seller, reference, field] = ["seller", "reference", "field"].map(|name| text(denied, name));
    let order = if reference.is_empty() { seller } else { format!("{seller}/{reference}") };
    match (field.is_empty(), several) {
        (true, _) => order,
        (false, false) => field,
        (false, true) => format!("{order} {field}"),
    }
}

fn denial_words(denied: &Json) -> String {
    let [detail, remedy, requirement] = ["detail", "remedy", "requirement"].map(|name| text(denied, name));
    match remedy.is_empty() {
        true => format!("{detail} ({requirement})"),
        false => format!("{detail}; {remedy} ({requirement})"),
    }
}

fn gone_words(gone: &Json) -> String {
    let [seller, reference, state, when, rule] =
        ["seller", "reference", "state", "when", "rule"].map(|name| text(gone, name));
    let reference =
        if reference.is_empty() { "a record".to_owned() } else { format!("{seller}/{reference}") };
    match state.as_str() {
        "lost" => format!(
            "the personal data of {reference} is lost since {when}, when this home went on from a backup or with an older keyring; \
             collect it again"
        ),
        _ => format!("the personal data of {reference} is {state}, since {when}, under rule {rule} (2.1.a)"),
    }
}
