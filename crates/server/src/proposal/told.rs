//! What of a proposal is told: of each act its own members, and of the others none.

use bailee_access::person::Role;
use bailee_access::proposal::{Concerned, Proposal, Proposed};
use bailee_core::archive::Plan;
use bailee_core::catalogue::Cleaner;
use bailee_core::export;
use bailee_core::hold::LiftReason;
use bailee_core::retention::EndReason;
use bailee_core::{Class, Kind, Purpose, RecordId, Reference, SellerId, Statute, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, list as listed, named, nullable, object, one_of, text, with};
use crate::api::words;
use crate::edge::Call;
use crate::person;

/// Most records of an export that a proposal tells one by one: as many as a reveal.
const TOLD_MAX: usize = 1000;

pub(crate) fn proposal() -> Schema {
    let states = ["proposed", "approved", "done", "refused", "withdrawn", "expired"];
    named(
        "Proposal",
        object(&[
            ("id", words::id("Names it.")),
            (
                "act",
                one_of(
                    [
                        "declassify",
                        "release-service",
                        "invite",
                        "erase",
                        "confirm-time",
                        "archive",
                        "hold",
                        "lift-hold",
                        "export",
                        "adopt-keyring",
                        "export-keyring",
                        "split-root-key",
                        "end-seller",
                    ],
                    "What is proposed.",
                ),
            ),
            ("kind", nullable(words::kind())),
            ("path", nullable(text("The field that is to be a fact, by its path."))),
            ("number", nullable(count("The field, by the number under which it is listed."))),
            ("fact", nullable(text("Why it is a fact."))),
            ("cleaner", nullable(words::cleaner())),
            ("service", nullable(words::id("The service that is to see something."))),
            ("service_name", nullable(text("Its name."))),
            (
                "key",
                nullable(words::id("The one key or certificate of it that it is about, if it is about one.")),
            ),
            ("records", nullable(listed(&concerned()))),
            ("sellers", nullable(listed(&words::seller_id()))),
            ("purposes", nullable(words::purposes())),
            ("classes", nullable(words::classes())),
            ("person", nullable(words::id("Who is invited, and could then approve what others ask for."))),
            ("named", nullable(text("The same as `Name <mail>`."))),
            ("roles", nullable(listed(&person::role()))),
            ("at", nullable(words::time("The time that is to be believed, when that was proposed."))),
            ("reason", nullable(one_of(reasons(), "Why the seller is to end, or the hold to be lifted."))),
            (
                "on",
                nullable(words::day("The day on which its data is to be destroyed, where one was named.")),
            ),
            (
                "day",
                nullable(words::day(
                    "The day on which the personal data of those ends that are to be archived.",
                )),
            ),
            ("fields", nullable(listed(&text("A field of them, by its path.")))),
            ("statute", nullable(text("The statute that has them kept."))),
            ("statute_ends", nullable(words::day("The last day on which it does."))),
            ("hold", nullable(words::id("The hold that is to be lifted."))),
            ("archive_key", nullable(text("The SHA-256 of the offline key."))),
            ("recipient", nullable(words::id("To whom records are to leave."))),
            ("recipient_name", nullable(text("Their name."))),
            ("recipient_key", nullable(text("The SHA-256 of their key."))),
            ("count", nullable(count("How many records that were when it was proposed."))),
            ("keyring", nullable(count("The revision of the keyring that is to be gone on with."))),
            ("anchor", nullable(count("The revision that the home knows of."))),
            (
                "recipients",
                nullable(listed(&text(
                    "The id of somebody for whom the lasting keyring is to be sealed; nobody for the root key.",
                ))),
            ),
            ("shares", nullable(count("Into how many shares the root key is to be split."))),
            ("threshold", nullable(count("How many of them bring it back."))),
            ("proposed_by", text("Who proposed it.")),
            ("proposer", nullable(text("Their name."))),
            ("proposed_at", words::time("When.")),
            ("until", words::time("It ends by itself then.")),
            ("state", one_of(states, "Where it stands.")),
            ("approved_by", nullable(text("Who approved it."))),
            ("approver", nullable(text("Their name."))),
            (
                "code?",
                text(
                    "In the answer to whoever approves an invitation, and in no other: the half of what its acceptance takes that \
                     they hand over.",
                ),
            ),
            (
                "recipients_to_tell?",
                count(
                    "In the answer to whoever approves an erasure, and in no other: how many recipients of exports are to be told of it.",
                ),
            ),
        ]),
    )
}

fn reasons() -> impl Iterator<Item = &'static str> {
    let ends = EndReason::ALL.iter().map(|one| one.as_str());
    ends.chain(LiftReason::ALL.iter().map(|one| one.as_str()))
}

/// A record that a proposal is about.
fn concerned() -> Schema {
    object(&[
        ("seller", words::seller_id()),
        ("record", words::id("Its id.")),
        ("kind", nullable(words::kind())),
        (
            "reference",
            nullable(with(
                words::reference(),
                "description",
                json!(
                    "Its reference, told of one proposal to who may see records; `null` once its facts have ended."
                ),
            )),
        ),
    ])
}

pub(crate) fn example() -> Value {
    json!({
        "id": words::ID,
        "act": "declassify",
        "kind": "order",
        "path": "extra.colour",
        "number": null,
        "fact": "the colour of the thing, which the seller chose",
        "cleaner": null,
        "service": null,
        "service_name": null,
        "key": null,
        "records": null,
        "sellers": null,
        "purposes": null,
        "classes": null,
        "person": null,
        "named": null,
        "roles": null,
        "at": null,
        "reason": null,
        "on": null,
        "day": null,
        "fields": null,
        "statute": null,
        "statute_ends": null,
        "hold": null,
        "archive_key": null,
        "recipient": null,
        "recipient_name": null,
        "recipient_key": null,
        "count": null,
        "keyring": null,
        "anchor": null,
        "recipients": null,
        "shares": null,
        "threshold": null,
        "proposed_by": format!("person:{}", words::ID),
        "proposer": "Ada Example",
        "proposed_at": words::TIME,
        "until": "2026-03-09T09:00:00Z",
        "state": "proposed",
        "approved_by": null,
        "approver": null,
    })
}

/// A proposal, as it is told.
#[derive(Serialize)]
pub(crate) struct Line {
    id: String,
    act: &'static str,
    #[serde(flatten)]
    what: Told,
    proposed_by: String,
    proposer: Option<String>,
    proposed_at: Timestamp,
    until: Timestamp,
    state: &'static str,
    approved_by: Option<String>,
    approver: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients_to_tell: Option<usize>,
}

/// What is proposed: of each act its own members, and of the others none.
#[derive(Default, Serialize)]
struct Told {
    kind: Option<Kind>,
    path: Option<String>,
    number: Option<u64>,
    fact: Option<String>,
    cleaner: Option<Cleaner>,
    service: Option<String>,
    service_name: Option<String>,
    key: Option<String>,
    records: Option<Vec<ConcernedLine>>,
    sellers: Option<Vec<SellerId>>,
    purposes: Option<Vec<Purpose>>,
    classes: Option<Vec<Class>>,
    person: Option<String>,
    named: Option<String>,
    roles: Option<Vec<Role>>,
    at: Option<Timestamp>,
    reason: Option<&'static str>,
    on: Option<String>,
    day: Option<String>,
    fields: Option<Vec<String>>,
    statute: Option<Statute>,
    statute_ends: Option<String>,
    hold: Option<String>,
    archive_key: Option<String>,
    recipient: Option<RecordId>,
    recipient_name: Option<String>,
    recipient_key: Option<String>,
    count: Option<u32>,
    keyring: Option<u64>,
    anchor: Option<u64>,
    recipients: Option<Vec<String>>,
    shares: Option<u8>,
    threshold: Option<u8>,
}

/// A record that a proposal is about; its name where one proposal is shown.
#[derive(Serialize)]
struct ConcernedLine {
    seller: SellerId,
    record: RecordId,
    kind: Option<Kind>,
    reference: Option<Reference>,
}

impl From<Concerned> for ConcernedLine {
    fn from(Concerned { seller, record }: Concerned) -> Self {
        Self { seller, record, kind: None, reference: None }
    }
}

/// The records that an archive is of; none, where it is of a day's.
fn concerned_of(plan: &Plan) -> Option<Vec<ConcernedLine>> {
    let line = |record: &RecordId| Concerned { seller: plan.seller.clone(), record: *record }.into();
    plan.day.is_none().then(|| plan.records.iter().map(line).collect())
}

impl Told {
    fn of_plan(plan: Plan) -> Self {
        Self {
            records: concerned_of(&plan),
            sellers: Some(vec![plan.seller]),
            purposes: Some(vec![plan.purpose]),
            day: plan.day.map(|day| day.to_string()),
            fields: Some(plan.fields),
            statute: Some(plan.statute),
            statute_ends: Some(plan.until.to_string()),
            archive_key: Some(plan.fingerprint),
            ..Self::default()
        }
    }
}

/// The records that leave; none, where they are all of a seller's, or too many to be told one by one.
fn leaving(plan: &export::Plan) -> Option<Vec<ConcernedLine>> {
    let line = |record: &RecordId| Concerned { seller: plan.seller.clone(), record: *record }.into();
    let few = !plan.is_of_all() && plan.records.len() <= TOLD_MAX;
    few.then(|| plan.records.iter().map(line).collect())
}

impl From<Proposed> for Told {
    fn from(proposed: Proposed) -> Self {
        match proposed {
            Proposed::Declassify { kind, path, number, fact, cleaner } => {
                Self { kind: Some(kind), path, number, fact: Some(fact), cleaner, ..Self::default() }
            }
            Proposed::ReleaseService { service, key, sellers, purposes, classes } => Self {
                service: Some(service.to_string()),
                key: key.map(|key| key.to_string()),
                sellers: Some(sellers),
                purposes: Some(purposes),
                classes: Some(classes),
                ..Self::default()
            },
            Proposed::Erase { records } => {
                let records = records.into_iter().map(ConcernedLine::from).collect();
                Self { records: Some(records), ..Self::default() }
            }
            Proposed::Invite { person, named, roles } => Self {
                person: Some(person.to_string()),
                named: Some(named),
                roles: Some(roles),
                ..Self::default()
            },
            Proposed::ConfirmTime { at } => Self { at: Some(at), ..Self::default() },
            Proposed::Archive { plan } => Self::of_plan(*plan),
            Proposed::Hold { plan } => {
                let all = plan.records.is_empty();
                let told = Self::of_plan(*plan);
                Self { records: told.records.filter(|_| !all), ..told }
            }
            Proposed::LiftHold { hold, reason } => {
                Self { hold: Some(hold.to_string()), reason: Some(reason.as_str()), ..Self::default() }
            }
            Proposed::Export { plan } => Self {
                records: leaving(&plan),
                sellers: Some(vec![plan.seller]),
                purposes: Some(vec![plan.purpose]),
                fields: Some(plan.fields),
                recipient: Some(plan.recipient),
                recipient_key: Some(plan.fingerprint),
                count: Some(plan.count),
                ..Self::default()
            },
            Proposed::AdoptKeyring { keyring, anchor } => {
                Self { keyring: Some(keyring), anchor: Some(anchor), ..Self::default() }
            }
            Proposed::ExportKeyring { recipients } => {
                Self { recipients: Some(recipients), ..Self::default() }
            }
            Proposed::SplitRootKey { shares, threshold } => {
                Self { shares: Some(shares), threshold: Some(threshold), ..Self::default() }
            }
            Proposed::EndSeller { seller, reason, on } => Self {
                sellers: Some(vec![seller]),
                reason: Some(reason.as_str()),
                on: on.map(|on| on.to_string()),
                ..Self::default()
            },
        }
    }
}

pub(crate) fn line(call: &Call, proposal: Proposal) -> Line {
    let (now, gate) = (call.now(), call.gate());
    let (act, until, state) = (proposal.proposed.code(), proposal.until(), proposal.state(now));
    let approved_by = proposal.stage.approved_by();
    let service_name = match proposal.proposed {
        Proposed::ReleaseService { service, .. } => gate.service_called(service),
        _ => None,
    };
    let recipient_name = match &proposal.proposed {
        Proposed::Export { plan } => call.vault().recipient(plan.recipient).ok().map(|one| one.name),
        _ => None,
    };
    Line {
        id: proposal.id.to_string(),
        act,
        what: Told { service_name, recipient_name, ..proposal.proposed.into() },
        proposed_by: format!("person:{}", proposal.by),
        proposer: gate.person_called(proposal.by),
        proposed_at: proposal.at,
        until,
        state,
        approved_by: approved_by.map(|by| format!("person:{by}")),
        approver: approved_by.and_then(|by| gate.person_called(by)),
        code: None,
        recipients_to_tell: None,
    }
}

/// The same with the names of the records that it is about, for who may see them.
pub(crate) fn shown(call: &Call, proposal: Proposal) -> Line {
    let mut line = line(call, proposal);
    for one in line.what.records.iter_mut().flatten() {
        let named = match call.gate().could_show(call.caller(), &one.seller) {
            // What does not open has no name to tell.
            true => call.vault().name_of(one.record).ok().flatten(),
            false => None,
        };
        if let Some(named) = named {
            (one.kind, one.reference) = (Some(named.kind), Some(named.reference));
        }
    }
    line
}

impl Line {
    /// The same with what whoever approved it hands over.
    pub(crate) fn with_code(self, code: String) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The same with how many recipients are to be told of it.
    pub(crate) fn with_to_tell(self, recipients_to_tell: Option<usize>) -> Self {
        Self { recipients_to_tell, ..self }
    }
}
