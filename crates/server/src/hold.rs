//! Holds (R15): what a law obliges to keep of every record is archived before its day, and the live data goes on its clock.
//!
//! Asked for by who governs the data, approved by a second person, as an archive is. From then on the system archives by itself, on
//! the authority of the hold, through the gate and told to the ledger first.

mod told;

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::proposal::{Proposal, Proposed};
use bailee_access::{AccessError, Gate};
use bailee_core::archive::{NAMED_MAX, Plan, can_end};
use bailee_core::hold::LiftReason;
use bailee_core::requirement::Requirement;
use bailee_core::{Day, Kind, PrincipalId, Purpose, RecordId, SellerId, Statute};
use bailee_ledger::authorized::{self, Authorized, Context, Reveal};
use bailee_vault::VaultError;
use bailee_vault::archive::ArchiveError;
use bailee_vault::hold::Standing;
use bailee_vault::hold::keeping::{Before, Decide};
use bailee_vault::reveal::Held;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{object, one_of, pages};
use crate::api::{Operation, Tag, words};
use crate::archive::making::{check, check_fields, selectors, until_bad};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal;
use crate::reveal::{ask, held_of};
use told::{HoldLine, asked, example, hold};

/// What the adding and lifting of a hold can run into, also once it was approved.
pub(crate) const REFUSALS: [&str; 3] = ["hold-ended", "too-many-holds", "seller-ended"];

pub(crate) fn operations() -> Vec<Operation> {
    let why = one_of(LiftReason::ALL.iter().map(|one| one.as_str()), "Why.");
    vec![
        Operation::get("/v1/holds", "listHolds", get(holds))
            .says(
                Tag::Archives,
                "List the holds",
                "What is kept under which statute, how many archives there are of it, and what was missed. In the order in which they \
                 were added.",
            )
            .in_pages()
            .for_people()
            .refuses(&["seller-not-granted"])
            .answers(200, "They.", pages("holds", &hold()), json!({ "holds": [example()], "next": null })),
        Operation::post("/v1/holds", "addHold", post(add))
            .says(
                Tag::Archives,
                "Have a law's demand archived again and again",
                "The named fields of records, or of every record of a seller, are archived before each record's day, to the offline \
                 key of the year in which the statute ends; records that are named are archived at once as well. The live data goes \
                 on its ordinary clock. It takes two people, where the home asks for a second one: then it is proposed. The same \
                 hold once more changes nothing.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("What, and under which statute.", asked(), json!({
                "seller": words::SELLER,
                "all": true,
                "fields": ["buyer.buyerName"],
                "purpose": "invoice",
                "statute": "DE-USTG-14b",
                "until": "2036-12-31",
            }))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(201, "It is added.", hold(), example())
            .refuses(&["bad-id", "unknown-seller", "second-person", "too-many-items"])
            .refuses(&crate::archive::REFUSALS)
            .refuses(&REFUSALS)
            .opens(),
        Operation::post("/v1/holds/{id}/lift", "liftHold", post(lift))
            .says(
                Tag::Archives,
                "Lift a hold",
                "Nothing is archived under it any more, and its archives are to be destroyed at once. It takes two people, where the \
                 home asks for a second one: evidence goes by it.",
            )
            .once()
            .for_people()
            .takes("Why.", object(&[("reason", why)]), json!({ "reason": "statute-ended" }))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(200, "It is lifted.", hold(), example())
            .refuses(&["not-found", "bad-id", "hold-ended", "second-person"])
            .opens(),
    ]
}

/// The gate, as what decides about what is archived under a hold.
pub struct ByGate<'a>(pub &'a Gate);

impl Decide for ByGate<'_> {
    fn archive(
        &self,
        context: &Context,
        hold: RecordId,
    ) -> Result<Authorized<authorized::Archive>, &'static str> {
        self.0.archive_under(context, hold).map_err(|error| error.code())
    }

    fn reveal(
        &self,
        allowed: &Authorized<authorized::Archive>,
        purpose: Purpose,
        held: &[Held],
    ) -> Result<Option<Authorized<Reveal>>, &'static str> {
        // By name: what is refused of what a law obliges to keep is told.
        let asked: Vec<_> = held.iter().map(|held| ask(held, true)).collect();
        self.0.reveal_held(allowed, purpose, &asked).map_err(|error: AccessError| error.code())
    }
}

#[derive(Serialize)]
struct Holds {
    holds: Vec<HoldLine>,
    next: Option<String>,
}

async fn holds(edge: Edge, uri: Uri) -> Result<Json<Holds>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_retention(call.caller(), None)?;
        let page = Page::asked("holds", &uri)?;
        let key = |one: &Standing| format!("{:020} {}", one.hold.since.as_nanosecond(), one.hold.id);
        let (holds, next) = page.cut(call.vault().holds(&authorized)?, key);
        Ok(Json(Holds { holds: holds.into_iter().map(|one| HoldLine::of(one, call.now())).collect(), next }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    seller: String,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    all: bool,
    fields: Vec<String>,
    purpose: String,
    statute: String,
    until: String,
}

impl Asked {
    /// What is to be held, once all of it is found to be possible. Nothing is opened.
    fn plan(self, call: &Call) -> Result<Plan, Problem> {
        let (seller, until): (SellerId, Day) = (self.seller.parse()?, self.until.parse()?);
        let (statute, purpose) = (self.statute.parse::<Statute>()?, self.purpose.parse::<Purpose>()?);
        if !can_end(until, call.now()) {
            return Err(until_bad());
        }
        if self.references.is_empty() != self.all || self.all && self.kind.is_some() {
            return Err(Problem::unacceptable("unacceptable", "name either references or all"));
        }
        if self.references.len() > NAMED_MAX {
            return Err(VaultError::TooManyItems.into());
        }
        check_fields(&self.fields)?;
        let key = call.vault().archive_key_of(until.year())?;
        let records = match self.all {
            true => Vec::new(),
            false => held_of(
                call,
                &seller,
                self.kind.as_deref(),
                (&self.references, "nothing of this was archived", Requirement::ColdArchive),
            )?,
        };
        let (fingerprint, key) = (key.fingerprint, key.id);
        let fields = self.fields;
        let plan = Plan { seller, records, day: None, fields, purpose, statute, until, key, fingerprint };
        call.vault().may_add_hold(&plan, call.now())?;
        match self.all {
            true => check_all(call, &plan)?,
            false => check(call, &plan)?,
        }
        Ok(plan)
    }
}

/// Whether every field of the plan is one of some kind of record, and for its purpose.
fn check_all(call: &Call, plan: &Plan) -> Result<(), Problem> {
    let catalogue = call.vault().catalogue();
    let mut fields = Vec::new();
    for selector in selectors(plan)? {
        let path = selector.schema();
        let of = |kind: &Kind| catalogue.field_at(*kind, &path).map(|field| (*kind, field));
        let known: Vec<_> = Kind::ALL.iter().filter_map(of).collect();
        if known.is_empty() {
            let words =
                "a hold is of fields that the catalogue names; `bailee catalogue list` says which they are";
            return Err(Problem::unacceptable("unacceptable", words).serving(Requirement::ColdArchive));
        }
        // What one kind of record has for that purpose, another may have for others.
        let for_it = known.iter().find(|(_, field)| field.is_personal() && field.allows(plan.purpose));
        fields.extend(for_it.or(known.first()).map(|(kind, field)| (*kind, field.id)));
    }
    Ok(call.gate().check_held(call.caller(), &plan.seller, plan.purpose, &fields)?)
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        // Asked before the body is looked at: who may have nothing archived learns nothing of what is held.
        call.gate().may_archive(call.caller())?;
        let plan = body.parse::<Asked>()?.plan(call)?;
        if call.gate().standards().second_person {
            let filed = call.gate().propose(call.caller(), Proposed::Hold { plan: Box::new(plan) })?;
            return Ok(Written::accepted(&proposal::line(call, filed)));
        }
        let authorized = call.gate().archive(call.caller())?;
        // A name that no other hold has: the request's own, since it adds one.
        let id = RecordId(call.caller().context.request.0);
        let id = add_it(call, authorized, id, &plan, None)?;
        Ok(Written::made(&line(call, id)?))
    })
    .await
}

/// Adds a hold, and archives at once what it names, and what closes soon. That this fails is said of the hold, and tried again.
fn add_it(
    call: &Call,
    authorized: Authorized<authorized::Archive>,
    id: RecordId,
    plan: &Plan,
    asked_by: Option<PrincipalId>,
) -> Result<RecordId, Problem> {
    let context = *authorized.context();
    let hold = call.vault().add_hold(authorized, id, plan, asked_by)?;
    call.vault().keep_held(&context, &ByGate(call.gate()), &Before::Added(hold.id));
    Ok(hold.id)
}

/// Adds what was approved: under the proposal's name, so that it is added once.
pub(crate) fn add_as_proposed(
    call: &Call,
    authorized: Authorized<authorized::Archive>,
    proposal: &Proposal,
) -> Result<(), Problem> {
    let Proposed::Hold { plan } = &proposal.proposed else { return Ok(()) };
    let asked_by = Some(PrincipalId::Person(proposal.by));
    add_it(call, authorized, RecordId(proposal.id.0), plan, asked_by).map(drop)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifting {
    reason: LiftReason,
}

async fn lift(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        call.gate().may_archive(call.caller())?;
        let (hold, Lifting { reason }): (RecordId, _) = (id.parse()?, body.parse()?);
        call.vault().may_lift_hold(hold, call.now())?;
        if call.gate().standards().second_person {
            let filed = call.gate().propose(call.caller(), Proposed::LiftHold { hold, reason })?;
            return Ok(Written::accepted(&proposal::line(call, filed)));
        }
        let authorized = call.gate().archive(call.caller())?;
        call.vault().lift_hold(authorized, hold, reason, None)?;
        Ok(Written::done(&line(call, hold)?))
    })
    .await
}

/// Lifts what two people decided to. One that has ended by then has: carrying it out again changes nothing.
pub(crate) fn lift_as_proposed(
    call: &Call,
    authorized: Authorized<authorized::Archive>,
    (hold, reason): (RecordId, LiftReason),
    proposal: &Proposal,
) -> Result<(), Problem> {
    let asked_by = Some(PrincipalId::Person(proposal.by));
    match call.vault().lift_hold(authorized, hold, reason, asked_by) {
        Ok(_) | Err(VaultError::Archive(ArchiveError::HoldEnded)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A hold as it stands now.
fn line(call: &Call, id: RecordId) -> Result<HoldLine, Problem> {
    let authorized = call.gate().read_retention(call.caller(), None)?;
    Ok(HoldLine::of(call.vault().hold(&authorized, id)?, call.now()))
}
