//! How recipients and notices are told: their schemas, and their lines.

use bailee_core::export::PURPOSES;
use bailee_core::{Purpose, Reference, SellerId, Timestamp};
use bailee_vault::archive::LABEL_CHARACTERS_MAX;
use bailee_vault::exports::notices::{Act, Counts, Due, Notice};
use bailee_vault::recipients::{Recipient, SELLERS_MAX};
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, flag, list, list_max, named, nullable, object, one_of, text, with};
use crate::api::words;
use crate::edge::Call;

pub(super) fn label(says: &str) -> Schema {
    with(text(says), "maxLength", json!(LABEL_CHARACTERS_MAX))
}

fn purpose() -> Schema {
    one_of(PURPOSES.iter().map(|one| one.as_str()), "For what.")
}

pub(super) fn new() -> Schema {
    object(&[
        ("name", label("Who they are.")),
        ("mail?", nullable(label("How they are reached."))),
        ("key", text("Their public key (RSA, 3072 to 4096 bits), in PEM.")),
        ("sellers", list_max(&words::seller_id(), SELLERS_MAX)),
        ("purposes", list_max(&purpose(), PURPOSES.len())),
    ])
}

pub(super) fn recipient() -> Schema {
    named(
        "Recipient",
        object(&[
            ("id", words::id("Names them: the first half of their key's fingerprint.")),
            ("name", text("Who they are.")),
            ("mail", nullable(text("How they are reached."))),
            ("fingerprint", text("SHA-256 of their public key.")),
            ("sellers", list(&words::seller_id())),
            ("purposes", list(&purpose())),
            ("since", words::time("Since when.")),
            ("added_by", text("Who added them.")),
            ("removed_at", nullable(words::time("Since when nothing is sealed to them any more."))),
            ("removed_by", nullable(text("Who said so."))),
        ]),
    )
}

pub(super) fn example() -> Value {
    json!({
        "id": words::ID,
        "name": "Carrier X",
        "mail": "privacy@carrier.example",
        "fingerprint": "019ca5b0…",
        "sellers": [words::SELLER],
        "purposes": ["fulfilment"],
        "since": words::TIME,
        "added_by": format!("person:{}", words::ID),
        "removed_at": null,
        "removed_by": null,
    })
}

/// A recipient, as it is told.
#[derive(Serialize)]
pub(super) struct Line {
    id: String,
    name: String,
    mail: Option<String>,
    fingerprint: String,
    sellers: Vec<SellerId>,
    purposes: Vec<Purpose>,
    since: Timestamp,
    added_by: String,
    removed_at: Option<Timestamp>,
    removed_by: Option<String>,
}

impl From<Recipient> for Line {
    fn from(one: Recipient) -> Self {
        Self {
            id: one.id.to_string(),
            added_by: one.added_by.to_string(),
            removed_at: one.removed.as_ref().map(|over| over.at),
            removed_by: one.removed.as_ref().map(|over| over.by.to_string()),
            name: one.name,
            mail: one.mail,
            fingerprint: one.fingerprint,
            sellers: one.sellers,
            purposes: one.purposes,
            since: one.since,
        }
    }
}

fn counts(says: &str) -> Schema {
    with(
        object(&[
            ("delete", count("To be deleted.")),
            ("stop", count("Not to be used any more.")),
            ("replace", count("To be deleted, since a value was wrong.")),
            ("resume", count("To be used again.")),
        ]),
        "description",
        json!(says),
    )
}

pub(super) fn standing() -> Schema {
    object(&[
        ("recipient", words::id("Who.")),
        ("name", text("Their name.")),
        ("mail", nullable(text("How they are reached."))),
        ("to_tell", counts("Records of which nobody has told them.")),
        ("unconfirmed", counts("Records of which they were told, and which they have not confirmed.")),
        ("late", flag("Whether something was not told for more than 14 days, or told and not confirmed.")),
    ])
}

pub(super) fn standing_example() -> Value {
    json!({
        "recipient": words::ID,
        "name": "Carrier X",
        "mail": "privacy@carrier.example",
        "to_tell": { "delete": 1, "stop": 0, "replace": 0, "resume": 0 },
        "unconfirmed": { "delete": 0, "stop": 0, "replace": 0, "resume": 0 },
        "late": false,
    })
}

/// How a recipient stands.
#[derive(Serialize)]
pub(super) struct StandingLine {
    pub(super) recipient: String,
    name: String,
    mail: Option<String>,
    to_tell: Counts,
    unconfirmed: Counts,
    late: bool,
}

impl StandingLine {
    pub(super) fn of(one: Recipient, to_tell: Counts, unconfirmed: Counts, late: bool) -> Self {
        Self { recipient: one.id.to_string(), name: one.name, mail: one.mail, to_tell, unconfirmed, late }
    }
}

fn act() -> Schema {
    one_of(
        Act::ALL.map(Act::as_str),
        "`delete`: it was erased, its seller has ended, or its day has come; `stop`: it is restricted, or its consent was taken back; \
         `replace`: a value of it was wrong, so it is deleted and exported anew; `resume`: it may be used again.",
    )
}

pub(super) fn due_of() -> Schema {
    object(&[
        ("export", words::id("In which export they got it.")),
        ("line", count("In which line of that.")),
        ("seller", words::seller_id()),
        ("record", words::id("The record.")),
        ("reference", nullable(words::reference())),
        ("act", act()),
        ("since", nullable(words::time("Since when, where that is known."))),
        ("told_at", nullable(words::time("When they were told first; `null`, where nobody has told them."))),
        ("late", flag("Whether it was not told for more than 14 days, or told and not confirmed.")),
    ])
}

pub(super) fn due_example() -> Value {
    json!({
        "export": words::ID,
        "line": 1,
        "seller": words::SELLER,
        "record": words::ID,
        "reference": words::REFERENCE,
        "act": "delete",
        "since": words::TIME,
        "told_at": null,
        "late": false,
    })
}

/// A record of which a recipient has to do something.
#[derive(Serialize)]
pub(super) struct DueLine {
    export: String,
    line: u32,
    seller: SellerId,
    record: String,
    reference: Option<Reference>,
    act: &'static str,
    since: Option<Timestamp>,
    told_at: Option<Timestamp>,
    late: bool,
}

impl DueLine {
    pub(super) fn of(call: &Call, due: Due) -> Self {
        let reference = match call.gate().could_show(call.caller(), &due.seller) {
            // What does not open has no name to tell.
            true => call.vault().name_of(due.record).ok().flatten().map(|named| named.reference),
            false => None,
        };
        Self {
            late: due.is_late(call.now()),
            export: due.export.to_string(),
            line: due.line,
            seller: due.seller,
            record: due.record.to_string(),
            reference,
            act: due.act.as_str(),
            since: due.since,
            told_at: due.told_at,
        }
    }
}

pub(super) fn notice_members() -> Vec<(&'static str, Schema)> {
    let confirmed = object(&[
        ("at", words::time("When that was written down.")),
        ("said_by", text("By whom.")),
        ("who", nullable(text("Who confirmed it."))),
    ]);
    vec![
        ("id", words::id("Names it.")),
        ("recipient", words::id("To whom.")),
        ("at", words::time("When it was made.")),
        ("by", text("By whom.")),
        ("says", counts("What it says.")),
        ("since", words::time("When any of it was told first.")),
        ("replaced_by", nullable(words::id("The one that says all of it again."))),
        ("late", flag("Whether nobody has confirmed it for 14 days.")),
        ("confirmed", nullable(confirmed)),
    ]
}

pub(super) fn notice() -> Schema {
    named("RecipientNotice", object(&notice_members()))
}

pub(super) fn notice_example() -> Value {
    json!({
        "id": words::ID,
        "recipient": words::ID,
        "at": words::TIME,
        "by": format!("person:{}", words::ID),
        "says": { "delete": 1, "stop": 0, "replace": 0, "resume": 0 },
        "since": words::TIME,
        "replaced_by": null,
        "late": false,
        "confirmed": null,
    })
}

/// A notice, as it is told.
#[derive(Serialize)]
pub(super) struct NoticeLine {
    id: String,
    recipient: String,
    at: Timestamp,
    by: String,
    says: Counts,
    since: Timestamp,
    replaced_by: Option<String>,
    late: bool,
    confirmed: Option<ConfirmedLine>,
}

#[derive(Serialize)]
struct ConfirmedLine {
    at: Timestamp,
    said_by: String,
    who: Option<String>,
}

impl NoticeLine {
    pub(super) fn of(notice: Notice, now: Timestamp) -> Self {
        let late = notice.is_late(now);
        let confirmed = notice.confirmed.map(|confirmed| ConfirmedLine {
            at: confirmed.at,
            said_by: confirmed.said_by.to_string(),
            who: confirmed.name,
        });
        Self {
            id: notice.id.to_string(),
            recipient: notice.recipient.to_string(),
            at: notice.at,
            by: notice.by.to_string(),
            says: notice.counts,
            since: notice.since,
            replaced_by: notice.replaced_by.map(|by| by.to_string()),
            late,
            confirmed,
        }
    }
}
