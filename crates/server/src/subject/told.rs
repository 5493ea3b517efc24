//! How requests are told: their schemas, and their lines.

use bailee_core::subject::{Delay, Law, Proof, Refusal, Right, Stage};
use bailee_core::{Kind, RecordId, Reference, RequestId, SellerId, Timestamp};
use bailee_vault::find::Query;
use bailee_vault::subject::{Extended, Identity, Request, Step};
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, flag, list, named, nullable, object, one_of, text};
use crate::api::words;
use crate::edge::Call;

/// By what somebody can be found.
pub(crate) fn who() -> Schema {
    object(&[
        ("email?", nullable(text("An e-mail address."))),
        ("phone?", nullable(text("A phone number."))),
        ("name?", nullable(text("A name."))),
        ("postal_code?", nullable(text("A postal code; it needs a name."))),
    ])
}

fn by(says: &str, more: &[(&str, Schema)]) -> Schema {
    let mut members = vec![("at", words::time("When.")), ("by", text("By whom."))];
    members.extend(more.iter().cloned());
    let mut schema = object(&members);
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".to_owned(), says.into());
    }
    nullable(schema)
}

pub(super) fn request() -> Schema {
    let states =
        ["received", "acknowledged", "identified", "previewed", "carried-out", "refused", "withdrawn"];
    let found = object(&[
        ("seller", words::seller_id()),
        ("kind", words::kind()),
        ("record", words::id("Its id.")),
        ("reference", nullable(words::reference())),
    ]);
    let done = object(&[
        ("at", words::time("When.")),
        ("by", text("By whom.")),
        (
            "request",
            words::id("By which request of the API: the ledger, and a certificate, prove it by that."),
        ),
        ("records", count("Of how many records.")),
    ]);
    let names = |all: Vec<&'static str>, says| one_of(all, says);
    let proof = names(Proof::ALL.iter().map(|one| one.as_str()).collect(), "How.");
    let delay = names(Delay::ALL.iter().map(|one| one.as_str()).collect(), "Why, as they were told.");
    let refusal = names(Refusal::ALL.iter().map(|one| one.as_str()).collect(), "Why it is refused.");
    named(
        "SubjectRequest",
        object(&[
            ("id", words::id("Names it.")),
            ("right", one_of(Right::ALL.iter().map(|one| one.as_str()), "What they ask for.")),
            ("law", one_of(Law::ALL.iter().map(|one| one.as_str()), "Under which law.")),
            ("received", words::day("When it was received.")),
            ("sellers", list(&words::seller_id())),
            ("state", one_of(states, "Where it stands.")),
            ("reason", nullable(refusal)),
            ("due", nullable(words::day("The next day by which something is owed to them."))),
            ("overdue", flag("Whether that day is over.")),
            (
                "acknowledge_by",
                nullable(words::day("By when they are to be told that it has come, if at all.")),
            ),
            ("answer_by", words::day("By when it is to be answered, without more time.")),
            ("extended_until", nullable(words::day("The same with more time, where the law gives any."))),
            ("at", words::time("When it was written down.")),
            ("by", text("By whom.")),
            ("acknowledged", by("That they were told it has come.", &[])),
            ("identified", by("That it is known who asks.", &[("how", proof)])),
            ("extended", by("That more time is taken.", &[("reason", delay)])),
            ("previewed", by("That it was looked what is held of them.", &[])),
            ("ended", by("That it was refused or withdrawn.", &[])),
            ("held", count("How many records were found.")),
            ("done", list(&done)),
            ("found?", list(&found)),
            ("who?", who()),
        ]),
    )
}

pub(super) fn request_example() -> Value {
    let by = format!("person:{}", words::ID);
    json!({
        "id": words::ID,
        "right": "access",
        "law": "gdpr",
        "received": "2026-03-01",
        "sellers": [],
        "state": "previewed",
        "reason": null,
        "due": "2026-04-01",
        "overdue": false,
        "acknowledge_by": null,
        "answer_by": "2026-04-01",
        "extended_until": "2026-06-01",
        "at": words::TIME,
        "by": by,
        "acknowledged": null,
        "identified": { "at": words::TIME, "by": by, "how": "order-and-address" },
        "extended": null,
        "previewed": { "at": words::TIME, "by": by },
        "ended": null,
        "held": 1,
        "done": [],
    })
}

/// What carrying it out needs besides.
pub(super) fn carried_out() -> Schema {
    let correction = object(&[
        ("seller", words::seller_id()),
        ("kind?", nullable(words::kind())),
        ("reference", words::reference()),
        ("field", text("The field's path; of an item by its id.")),
        ("value", text("The value that it is to have.")),
    ]);
    object(&[
        (
            "key?",
            nullable(text(
                "Of who asks for access: the public half of an RSA key of 3072 to 4096 bits, in PEM, for which the file is sealed. \
                 Without, it is sealed under a passphrase.",
            )),
        ),
        ("correction?", nullable(correction)),
    ])
}

pub(super) fn answer() -> Schema {
    let record = object(&[
        ("seller", nullable(words::seller_id())),
        ("kind", nullable(words::kind())),
        ("reference", nullable(words::reference())),
        ("record", words::id("Its id.")),
        (
            "outcome",
            one_of(
                ["given", "rectified", "erased", "restricted", "unchanged", "gone"],
                "What became of it. `gone`: its personal data had ended.",
            ),
        ),
    ]);
    object(&[
        ("request", request()),
        ("records", list(&record)),
        ("left_out", nullable(count("Records that were found and are not in the file."))),
        ("file", nullable(text("CMS, in base64, for who asks for access."))),
        ("passphrase", nullable(text("What opens it, where no key was given. Told once, and kept nowhere."))),
        ("recipients_to_tell", crate::rights::to_tell()),
        ("in_archives", nullable(crate::rights::in_archives())),
    ])
}

pub(super) fn answer_example() -> Value {
    let record = json!({
        "seller": words::SELLER, "kind": "order", "reference": words::REFERENCE, "record": words::ID, "outcome": "given",
    });
    json!({
        "request": request_example(),
        "records": [record],
        "left_out": 0,
        "file": "MIIB…",
        "passphrase": "7KQ2M-…",
        "recipients_to_tell": 0,
        "in_archives": null,
    })
}

/// A request, as it is told.
#[derive(Serialize)]
pub(super) struct Line {
    id: RecordId,
    right: Right,
    law: Law,
    received: String,
    sellers: Vec<SellerId>,
    state: &'static str,
    reason: Option<Refusal>,
    due: Option<String>,
    overdue: bool,
    acknowledge_by: Option<String>,
    answer_by: String,
    extended_until: Option<String>,
    at: Timestamp,
    by: String,
    acknowledged: Option<ByLine>,
    identified: Option<ByLine>,
    extended: Option<ByLine>,
    previewed: Option<ByLine>,
    ended: Option<ByLine>,
    held: usize,
    done: Vec<DoneLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Vec<FoundLine>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<WhoLine>,
}

/// A step, with what is said of it.
#[derive(Serialize)]
struct ByLine {
    at: Timestamp,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<Proof>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Delay>,
}

#[derive(Serialize)]
struct DoneLine {
    at: Timestamp,
    by: String,
    request: RequestId,
    records: u32,
}

#[derive(Serialize)]
struct FoundLine {
    seller: SellerId,
    kind: Kind,
    record: RecordId,
    reference: Option<Reference>,
}

/// Who asks. Personal: it is told of one request, and that is an event.
#[derive(Serialize)]
struct WhoLine {
    email: Option<String>,
    phone: Option<String>,
    name: Option<String>,
    postal_code: Option<String>,
}

fn who_line(who: &Query) -> WhoLine {
    let text = |one: &Option<bailee_core::Sensitive<String>>| one.as_ref().map(|one| one.expose().clone());
    WhoLine {
        email: text(&who.email),
        phone: text(&who.phone),
        name: text(&who.name),
        postal_code: text(&who.postal_code),
    }
}

impl From<Step> for ByLine {
    fn from(Step { at, by }: Step) -> Self {
        Self { at, by: by.to_string(), how: None, reason: None }
    }
}

impl Line {
    pub(super) fn of(request: Request, now: Timestamp) -> Self {
        let (due, overdue, days) = (request.due(), request.is_overdue(now), request.deadlines());
        let identified =
            |Identity { how, at, by }: Identity| ByLine { how: Some(how), ..ByLine::from(Step { at, by }) };
        let extended = |Extended { reason, at, by }: Extended| ByLine {
            reason: Some(reason),
            ..ByLine::from(Step { at, by })
        };
        let done = |one: &bailee_vault::subject::Done| DoneLine {
            at: one.at,
            by: one.by.to_string(),
            request: one.request,
            records: one.records,
        };
        let reason = match request.stage {
            Stage::Refused { reason } => Some(reason),
            _ => None,
        };
        Self {
            id: request.id,
            right: request.right,
            law: request.law,
            received: request.received.to_string(),
            state: request.stage.as_str(),
            reason,
            due: due.map(|day| day.to_string()),
            overdue,
            acknowledge_by: days.acknowledged.map(|day| day.to_string()),
            answer_by: days.answered.to_string(),
            extended_until: days.extended.map(|day| day.to_string()),
            at: request.at,
            by: request.by.to_string(),
            acknowledged: request.acknowledged.map(ByLine::from),
            identified: request.identity.map(identified),
            extended: request.extended.map(extended),
            previewed: request.previewed.map(ByLine::from),
            ended: request.ended.map(ByLine::from),
            held: request.records.len(),
            done: request.done.iter().map(done).collect(),
            sellers: request.sellers,
            found: None,
            who: None,
        }
    }

    /// The same with what was found, by its references, for who may see records.
    pub(super) fn shown(call: &Call, request: Request) -> Self {
        let line = |one: &bailee_vault::subject::Found| {
            let reference = match call.gate().could_show(call.caller(), &one.seller) {
                // What does not open has no name to tell.
                true => call.vault().name_of(one.record).ok().flatten().map(|named| named.reference),
                false => None,
            };
            FoundLine { seller: one.seller.clone(), kind: one.kind, record: one.record, reference }
        };
        let found = request.records.iter().map(line).collect();
        Self { found: Some(found), ..Self::of(request, call.now()) }
    }

    pub(super) fn with_who(self, who: &Query) -> Self {
        Self { who: Some(who_line(who)), ..self }
    }
}

/// What was done.
#[derive(Default, Serialize)]
pub(super) struct Done {
    pub(super) request: Option<Line>,
    pub(super) records: Vec<Outcome>,
    pub(super) recipients_to_tell: Option<usize>,
    pub(super) in_archives: Option<u64>,
    pub(super) left_out: Option<u32>,
    pub(super) file: Option<String>,
    pub(super) passphrase: Option<String>,
}

impl Done {
    /// Whether it holds what is told once.
    pub(super) const fn is_secret(&self) -> bool {
        self.file.is_some()
    }
}

/// What became of a record.
#[derive(Serialize)]
pub(super) struct Outcome {
    pub(super) seller: Option<SellerId>,
    pub(super) kind: Option<Kind>,
    pub(super) reference: Option<Reference>,
    pub(super) record: RecordId,
    pub(super) outcome: String,
}
