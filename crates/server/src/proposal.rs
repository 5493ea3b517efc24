//! Proposals: acts that take two people, made by one and approved by another.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::gate::{CarryOut, Exception};
use bailee_access::proposal::{Proposal, Proposed};
use bailee_core::catalogue::Decision;
use bailee_core::{Day, ProposalId};
use bailee_ledger::authorized::{Authorized, Classify};
use bailee_vault::catalogue::Named;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, list as listed, nullable, object, one_of, text};
use crate::api::{Operation, Tag};
use crate::archive;
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::export;
use crate::keys;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::{hold, recipient, retention, rights, seller};

mod told;

pub(crate) use told::{Line, example, line, proposal, shown};

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
                 as it was proposed before this is answered; where that was cut off, approving it again goes on. What comes of \
                 `export-keyring` and `split-root-key` is for whoever proposed it: they ask for it once more then.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("What is decided.", object(&[("decision", decision)]), json!({ "decision": "approved" }))
            .answers(200, "The proposal.", proposal(), example())
            .refuses(&["not-found", "unacceptable", "second-person", "second-factor-stale", "outside-first", "shown-once"])
            .refuses(&["keyring-not-older", "time-jumped", "time-believed", "unknown-seller", "seller-ended", "end-day"])
            .refuses(&crate::catalogue::REFUSALS)
            .refuses(&archive::REFUSALS)
            .refuses(&hold::REFUSALS)
            .refuses(&export::REFUSALS)
            .opens(),
    ]
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
        Ok(Json(shown(call, one)))
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
            Word::Approved => return approve(call, id),
            Word::Refused => call.gate().refuse_proposal(call.caller(), id)?,
            Word::Withdrawn => call.gate().withdraw_proposal(call.caller(), id)?,
        };
        Ok(Written::done(&shown(call, proposal)))
    })
    .await
}

/// Approves it and carries it out, as it was proposed.
fn approve(call: &Call, id: ProposalId) -> Result<Written, Problem> {
    call.gate().may_release_proposal(call.caller())?;
    check_still(call, id)?;
    let (proposal, carry_out) = call.gate().approve_proposal(call.caller(), id)?;
    let (mut code, mut to_tell) = (None, None);
    match carry_out {
        CarryOut::Declassify(authorized) => declassify(call, authorized, proposal.proposed)?,
        CarryOut::Erase(authorized) => {
            let (erased, _) = rights::erase_held(call, authorized)?;
            let records: Vec<_> = erased.into_iter().map(|(record, _)| record).collect();
            to_tell = recipient::to_tell(call, &records);
        }
        CarryOut::ConfirmTime(authorized, at) => call.vault().believe(authorized, at)?,
        CarryOut::Archive(authorized) => archive::carry_out(call, authorized, &proposal)?,
        CarryOut::Export(authorized) => export::carry_out(call, authorized, &proposal)?,
        CarryOut::Hold(authorized) => hold::add_as_proposed(call, authorized, &proposal)?,
        CarryOut::LiftHold(authorized, id, reason) => {
            hold::lift_as_proposed(call, authorized, (id, reason), &proposal)?;
        }
        CarryOut::AdoptKeyring(authorized) => {
            call.vault().adopt_keyring(authorized)?;
        }
        CarryOut::Invite(shown) => code = Some(shown.expose().clone()),
        CarryOut::EndSeller(authorized) => seller::end_as_proposed(call, authorized, proposal.proposed)?,
        CarryOut::Proposer => return Ok(Written::done(&shown(call, proposal))),
        CarryOut::Nothing => {}
    }
    let done = line(call, call.gate().proposal_done(call.caller(), id)?).with_to_tell(to_tell);
    Ok(match code {
        None => Written::done(&done),
        Some(code) => Written::done(&done.with_code(code)).with_secret_of(id.to_string()),
    })
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
        // One that was approved before goes on, whatever of it is done.
        Some((Proposed::EndSeller { seller, reason, on }, false)) => {
            call.vault().refuse_behind()?;
            // A day that has passed by the time of the approval is no reason to wait for longer.
            let on = on.filter(|on| *on >= Day::of(call.now()));
            Ok(call.vault().may_end_seller(&seller, reason, on, call.now())?)
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
