//! Proposals: acts that take two people, made by one and approved by another.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::gate::{CarryOut, Exception};
use bailee_access::person::Role;
use bailee_access::proposal::{Proposal, Proposed};
use bailee_core::catalogue::{Cleaner, Decision};
use bailee_core::{Class, Kind, ProposalId, Purpose, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, Classify};
use bailee_vault::catalogue::Named;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, list as listed, named, nullable, object, one_of, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::keys;
use crate::once::Written;
use crate::paging::Page;
use crate::person;
use crate::problem::Problem;
use crate::retention;

pub(crate) fn operations() -> Vec<Operation> {
    let decision = one_of(["approved", "refused", "withdrawn"], "What is decided.");
    let all = object(&[
        ("proposals", listed(&proposal())),
        ("exceptions", exceptions()),
        ("next", nullable(text("The `cursor` of the next page; `null` when this is the last."))),
    ]);
    vec![
        Operation::get("/v1/proposals", "listProposals", get(list))
            .says(
                Tag::Grants,
                "List proposals",
                "All of them for an owner, an officer and an auditor; for others, their own. In the order in which they were \
                 made.",
            )
            .in_pages()
            .answers(200, "They.", all, json!({ "proposals": [example()], "exceptions": [], "next": null })),
        Operation::get("/v1/proposals/{id}", "showProposal", get(show))
            .says(Tag::Grants, "Show a proposal", "One that the caller may see.")
            .answers(200, "It.", proposal(), example())
            .refuses(&["not-found"]),
        Operation::post("/v1/proposals/{id}/decision", "decideProposal", post(decide))
            .says(
                Tag::Grants,
                "Approve, refuse or withdraw a proposal",
                "Whoever made it withdraws it; somebody else approves or refuses it (1.3.b). What is approved is carried out \
                 as it was proposed before this is answered; where that was cut off, approving it again goes on.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("What is decided.", object(&[("decision", decision)]), json!({ "decision": "approved" }))
            .answers(200, "The proposal.", proposal(), example())
            .refuses(&["not-found", "unacceptable", "second-person", "second-factor-stale", "outside-first"])
            .refuses(&["keyring-not-older", "time-jumped", "time-believed"])
            .refuses(&crate::catalogue::REFUSALS)
            .opens(),
    ]
}

pub(crate) fn proposal() -> Schema {
    let states = ["proposed", "approved", "done", "refused", "withdrawn", "expired"];
    named(
        "Proposal",
        object(&[
            ("id", words::id("Names it.")),
            (
                "act",
                one_of(
                    ["declassify", "release-service", "invite", "confirm-time", "adopt-keyring"],
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
            ("sellers", nullable(listed(&words::seller_id()))),
            ("purposes", nullable(words::purposes())),
            ("classes", nullable(words::classes())),
            ("person", nullable(words::id("Who is invited, and could then approve what others ask for."))),
            ("named", nullable(text("The same as `Name <mail>`."))),
            ("roles", nullable(listed(&person::role()))),
            ("at", nullable(words::time("The time that is to be believed, when that was proposed."))),
            ("keyring", nullable(count("The revision of the keyring that is to be gone on with."))),
            ("anchor", nullable(count("The revision that the home knows of."))),
            ("proposed_by", text("Who proposed it.")),
            ("proposer", nullable(text("Their name."))),
            ("proposed_at", words::time("When.")),
            ("until", words::time("It ends by itself then.")),
            ("state", one_of(states, "Where it stands.")),
            ("approved_by", nullable(text("Who approved it."))),
            ("approver", nullable(text("Their name."))),
        ]),
    )
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
        "sellers": null,
        "purposes": null,
        "classes": null,
        "person": null,
        "named": null,
        "roles": null,
        "at": null,
        "keyring": null,
        "anchor": null,
        "proposed_by": format!("person:{}", words::ID),
        "proposer": "Ada Example",
        "proposed_at": words::TIME,
        "until": "2026-03-09T09:00:00Z",
        "state": "proposed",
        "approved_by": null,
        "approver": null,
    })
}

/// What a home does otherwise than the policy's text has it, beside every list of who may do what.
pub(crate) fn exceptions() -> Schema {
    listed(&object(&[
        ("requirement", text("The id of the requirement.")),
        ("code", one_of(["solo"], "What is otherwise.")),
        ("words", text("The same in a sentence.")),
    ]))
}

/// An exception, as it is told.
#[derive(Serialize)]
pub(crate) struct ExceptionLine {
    requirement: &'static str,
    code: &'static str,
    words: String,
}

/// The exceptions of the home that is asked.
pub(crate) fn exceptions_of(call: &Call) -> Vec<ExceptionLine> {
    let told = |Exception { requirement, code, words }: Exception| ExceptionLine {
        requirement: requirement.as_str(),
        code,
        words,
    };
    call.gate().exceptions(call.now()).into_iter().map(told).collect()
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
    sellers: Option<Vec<SellerId>>,
    purposes: Option<Vec<Purpose>>,
    classes: Option<Vec<Class>>,
    person: Option<String>,
    named: Option<String>,
    roles: Option<Vec<Role>>,
    at: Option<Timestamp>,
    keyring: Option<u64>,
    anchor: Option<u64>,
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
            Proposed::Invite { person, named, roles } => Self {
                person: Some(person.to_string()),
                named: Some(named),
                roles: Some(roles),
                ..Self::default()
            },
            Proposed::ConfirmTime { at } => Self { at: Some(at), ..Self::default() },
            Proposed::AdoptKeyring { keyring, anchor } => {
                Self { keyring: Some(keyring), anchor: Some(anchor), ..Self::default() }
            }
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
    Line {
        id: proposal.id.to_string(),
        act,
        what: Told { service_name, ..proposal.proposed.into() },
        proposed_by: format!("person:{}", proposal.by),
        proposer: gate.person_called(proposal.by),
        proposed_at: proposal.at,
        until,
        state,
        approved_by: approved_by.map(|by| format!("person:{by}")),
        approver: approved_by.and_then(|by| gate.person_called(by)),
    }
}

#[derive(Serialize)]
struct Proposals {
    proposals: Vec<Line>,
    exceptions: Vec<ExceptionLine>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Proposals>, Problem> {
    edge.run(move |call| {
        let page = Page::asked("proposals", &uri)?;
        let key = |one: &Proposal| format!("{:020} {}", one.at.as_nanosecond(), one.id);
        let (proposals, next) = page.cut(call.gate().proposals(call.caller()), key);
        let proposals = proposals.into_iter().map(|one| line(call, one)).collect();
        Ok(Json(Proposals { proposals, exceptions: exceptions_of(call), next }))
    })
    .await
}

async fn show(edge: Edge, Segments(id): Segments<String>) -> Result<Json<Line>, Problem> {
    edge.run(move |call| {
        let id: ProposalId = id.parse()?;
        let own = call.gate().proposals(call.caller()).into_iter().find(|one| one.id == id);
        let one = own.ok_or_else(|| Problem::not_found("there is no such proposal that you may see"))?;
        Ok(Json(line(call, one)))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    decision: Word,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Approved,
    Refused,
    Withdrawn,
}

async fn decide(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let id: ProposalId = id.parse()?;
        let decision = body.parse::<Decided>()?.decision;
        if !matches!(decision, Word::Withdrawn) {
            call.gate().may_release_proposal(call.caller())?;
        }
        let proposal = match decision {
            Word::Approved => approve(call, id)?,
            Word::Refused => call.gate().refuse_proposal(call.caller(), id)?,
            Word::Withdrawn => call.gate().withdraw_proposal(call.caller(), id)?,
        };
        Ok(Written::done(&line(call, proposal)))
    })
    .await
}

/// Approves it and carries it out, as it was proposed.
fn approve(call: &Call, id: ProposalId) -> Result<Proposal, Problem> {
    call.gate().may_release_proposal(call.caller())?;
    check_still(call, id)?;
    let (proposal, carry_out) = call.gate().approve_proposal(call.caller(), id)?;
    match carry_out {
        CarryOut::Declassify(authorized) => declassify(call, authorized, proposal.proposed)?,
        CarryOut::ConfirmTime(authorized, at) => call.vault().believe(authorized, at)?,
        CarryOut::AdoptKeyring(authorized) => {
            call.vault().adopt_keyring(authorized)?;
        }
        CarryOut::Nothing => {}
    }
    Ok(call.gate().proposal_done(call.caller(), id)?)
}

/// What was proposed may have passed: another time, another keyring. While the keyring is older than the home nothing is carried
/// out but that it is gone on with, and that is only then.
fn check_still(call: &Call, id: ProposalId) -> Result<(), Problem> {
    let seen = call.gate().proposals(call.caller()).into_iter().find(|one| one.id == id);
    match seen.map(|one| (one.proposed, one.stage.approved_by().is_some())) {
        Some((Proposed::ConfirmTime { at }, is_approved)) => {
            call.vault().refuse_behind()?;
            retention::check_proposed(call, at, is_approved)
        }
        Some((Proposed::AdoptKeyring { keyring, anchor }, is_approved)) => {
            keys::check_proposed(call, (keyring, anchor), is_approved)
        }
        _ => Ok(call.vault().refuse_behind()?),
    }
}

fn declassify(call: &Call, authorized: Authorized<Classify>, proposed: Proposed) -> Result<(), Problem> {
    let Proposed::Declassify { kind, path, number, fact, cleaner } = proposed else { return Ok(()) };
    let named = match (path, number) {
        (Some(path), _) => Named::Path(path),
        (None, number) => Named::Number(number.unwrap_or_default()),
    };
    let decision = Decision {
        kind,
        path: String::new(),
        class: None,
        fact: Some(fact),
        purposes: None,
        mask: None,
        cleaner,
        searched: None,
    };
    call.vault().classify(authorized, named, decision, &mut |_| {})?;
    Ok(())
}
