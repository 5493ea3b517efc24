//! Grants: asked for, approved by somebody else, ended, reviewed.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{delete, get, post};
use bailee_access::gate::{AskedGrant, Broken};
use bailee_access::grant::{Filed, Life};
use bailee_core::{Class, GrantId, Purpose, SellerId, Ticket, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{
    Schema, count, flag, list as listed, list_max, named, nullable, object, one_of, text, within,
};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal::{self, ExceptionLine};

pub(crate) fn operations() -> Vec<Operation> {
    let decision = one_of(["approved", "refused"], "What is decided.");
    let review = object(&[("justified", flag("Whether there was reason; if not, the person is suspended."))]);
    let glass = object(&[
        ("seller", words::seller_id()),
        ("purpose", words::purpose()),
        ("ticket", text("The ticket that says why.")),
    ]);
    let one = |operation: Operation| {
        operation.answers(200, "The grant.", grant(), example()).refuses(&[
            "not-found",
            "unacceptable",
            "second-person",
            "outside-first",
            "second-factor-stale",
        ])
    };
    vec![
        Operation::get("/v1/grants", "listGrants", get(list))
            .says(
                Tag::Grants,
                "List grants",
                "All of them for an owner, an officer and an auditor; for others, their own. In the order in which they were \
                 asked for.",
            )
            .in_pages()
            .answers(200, "They.", all(), json!({ "grants": [example()], "exceptions": [], "next": null })),
        Operation::post("/v1/grants", "askGrant", post(ask))
            .says(
                Tag::Grants,
                "Ask for a grant",
                "It opens nothing until somebody else approves it. In a home that asks for no second person, whoever may \
                 approve it has approved it with asking.",
            )
            .once()
            .for_people()
            .takes("What for.", wanted(), json!({
                "for": "ben@example.com",
                "seller": words::SELLER,
                "classes": ["identity", "address"],
                "purpose": "fulfilment",
                "until": "30d",
            }))
            .answers(201, "It is asked for.", grant(), example())
            .refuses(&["bad-id", "unacceptable", "seller-ended"]),
        one(Operation::post("/v1/grants/{id}/decision", "decideGrant", post(decide))
            .says(Tag::Grants, "Approve or refuse a grant", "Neither who asked nor who it is for approves it (1.3.b).")
            .once()
            .for_people()
            .takes("What is decided.", object(&[("decision", decision)]), json!({ "decision": "approved" }))),
        one(Operation::delete("/v1/grants/{id}", "revokeGrant", delete(revoke))
            .says(Tag::Grants, "End a grant", "At once. Whoever it is for may, too.")
            .for_people()),
        Operation::post("/v1/glass:break", "breakGlass", post(break_glass))
            .says(
                Tag::Grants,
                "Take a grant of an hour without approval",
                "For an operator in an emergency, with a ticket: of one seller, for few fields, and for nothing else than \
                 approval: the log-in, the factor, the ledger and retention stay. It is reviewed by somebody else within a \
                 day; otherwise it ends and its user is suspended. Every owner and officer, and its user, are told by mail.",
            )
            .once()
            .for_people()
            .takes("What for.", glass, json!({
                "seller": words::SELLER,
                "purpose": "incident",
                "ticket": "OPS-1234",
            }))
            .answers(201, "It is live.", broken(), broken_example())
            .refuses(&["bad-id", "unacceptable", "seller-ended", "second-factor-stale"]),
        one(Operation::post("/v1/grants/{id}/review", "reviewGrant", post(self::review))
            .says(Tag::Grants, "Review a grant that was taken without approval", "By somebody else.")
            .once()
            .for_people()
            .takes("What is found.", review, json!({ "justified": true }))),
    ]
}

fn wanted() -> Schema {
    object(&[
        (
            "for?",
            nullable(text(
                "A person's mail, a service's name, or `person:ID` or `service:ID`; oneself, unless told.",
            )),
        ),
        ("seller", words::seller_id()),
        ("classes", list_max(&words::class(), 100)),
        ("purpose", words::purpose()),
        (
            "until",
            text(
                "A day (to its end, UTC), a time, or so long from now: `90m`, `8h`, `30d`. 90 days at most.",
            ),
        ),
        ("fields_a_day?", nullable(within(1, 1_000_000, "Most fields in a day of UTC; 1,000 unless told."))),
        ("ticket?", nullable(text("The ticket that says why."))),
    ])
}

fn all() -> Schema {
    object(&[
        ("grants", listed(&grant())),
        ("exceptions", proposal::exceptions()),
        ("next", nullable(text("The `cursor` of the next page; `null` when this is the last."))),
    ])
}

fn grant() -> Schema {
    named("Grant", object(&members()))
}

/// A grant that was taken without approval: also how many are told of it.
fn broken() -> Schema {
    let mut members = members();
    members.push(("told", count("How many people are told by mail; none, where the home sends none.")));
    object(&members)
}

fn members() -> Vec<(&'static str, Schema)> {
    vec![
        ("id", words::id("Names it.")),
        ("principal", text("For whom.")),
        ("seller", words::seller_id()),
        ("classes", listed(&words::class())),
        ("purpose", words::purpose()),
        ("until", words::time("It opens nothing from then on.")),
        ("fields_a_day", count("Most fields in a day of UTC.")),
        ("ticket", nullable(text("The ticket that says why."))),
        ("asked_by", text("Who asked for it.")),
        ("asked_at", words::time("When.")),
        ("state", one_of(["asked", "live", "refused", "ended", "expired"], "Where it stands.")),
        ("approved_by", nullable(text("Who approved it, or took it without approval."))),
        ("review_due", nullable(words::time("When somebody else must have reviewed it."))),
        ("used_on", nullable(words::day("The last day on which something was revealed under it."))),
        ("idle", flag("Whether nobody has used it for 30 days, so that its end is proposed.")),
    ]
}

fn example() -> Value {
    json!({
        "id": words::ID,
        "principal": format!("person:{}", words::ID),
        "seller": words::SELLER,
        "classes": ["identity", "address"],
        "purpose": "fulfilment",
        "until": "2026-04-01T09:00:00Z",
        "fields_a_day": 1000,
        "ticket": null,
        "asked_by": format!("person:{}", words::ID),
        "asked_at": words::TIME,
        "state": "asked",
        "approved_by": null,
        "review_due": null,
        "used_on": null,
        "idle": false,
    })
}

fn broken_example() -> Value {
    let mut example = example();
    if let Some(members) = example.as_object_mut() {
        members.insert("state".to_owned(), "live".into());
        members.insert("told".to_owned(), 3.into());
    }
    example
}

#[derive(Serialize)]
struct Line {
    id: String,
    principal: String,
    seller: SellerId,
    classes: Vec<Class>,
    purpose: Purpose,
    until: Timestamp,
    fields_a_day: u64,
    ticket: Option<Ticket>,
    asked_by: String,
    asked_at: Timestamp,
    state: &'static str,
    approved_by: Option<String>,
    review_due: Option<Timestamp>,
    used_on: Option<String>,
    idle: bool,
}

fn line(filed: Filed, now: Timestamp) -> Line {
    let approved_by = match filed.life {
        Life::Live { by, .. } => Some(by),
        Life::Asked | Life::Refused { .. } | Life::Ended { .. } => None,
    };
    Line {
        id: filed.id.to_string(),
        state: filed.state(now),
        idle: filed.is_idle(now),
        approved_by: approved_by.map(|by| format!("person:{by}")),
        review_due: filed.life.review_due(),
        used_on: filed.used.map(|(day, _)| day.to_string()),
        principal: filed.wanted.principal.to_string(),
        seller: filed.wanted.seller,
        classes: filed.wanted.classes,
        purpose: filed.wanted.purpose,
        until: filed.wanted.until,
        fields_a_day: filed.wanted.fields_a_day,
        ticket: filed.wanted.ticket,
        asked_by: format!("person:{}", filed.wanted.asked_by),
        asked_at: filed.wanted.asked_at,
    }
}

/// A grant that was taken without approval.
#[derive(Serialize)]
struct BrokenLine {
    #[serde(flatten)]
    line: Line,
    told: usize,
}

#[derive(Serialize)]
struct Grants {
    grants: Vec<Line>,
    exceptions: Vec<ExceptionLine>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Grants>, Problem> {
    edge.run(move |call| {
        let grants = call.gate().grants(call.caller())?;
        let page = Page::asked("grants", &uri)?;
        let key = |one: &Filed| format!("{:020} {}", one.wanted.asked_at.as_nanosecond(), one.id);
        let (grants, next) = page.cut(grants, key);
        let grants = grants.into_iter().map(|one| line(one, call.now())).collect();
        Ok(Json(Grants { grants, exceptions: proposal::exceptions_of(call), next }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default, rename = "for")]
    who: Option<String>,
    seller: String,
    classes: Vec<String>,
    purpose: String,
    until: String,
    #[serde(default)]
    fields_a_day: Option<u64>,
    #[serde(default)]
    ticket: Option<String>,
}

async fn ask(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        call.gate().may_ask_grant(call.caller())?;
        let asked: Asked = body.parse()?;
        let seller: SellerId = asked.seller.parse()?;
        call.vault().refuse_ended(&seller)?;
        let filed = call.gate().ask_grant(
            call.caller(),
            AskedGrant {
                who: asked.who.as_deref(),
                seller: &seller,
                classes: asked.classes.iter().map(|class| class.parse()).collect::<Result<_, _>>()?,
                purpose: asked.purpose.parse()?,
                until: &asked.until,
                fields_a_day: asked.fields_a_day,
                ticket: asked.ticket.map(|ticket| ticket.parse()).transpose()?,
            },
        )?;
        Ok(Written::made(&line(filed, call.now())))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    decision: Decided,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Decided {
    Approved,
    Refused,
}

async fn decide(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        call.gate().may_release_grant(call.caller())?;
        let id: GrantId = id.parse()?;
        let filed = match body.parse::<Decision>()?.decision {
            Decided::Approved => call.gate().approve_grant(call.caller(), id)?,
            Decided::Refused => call.gate().refuse_grant(call.caller(), id)?,
        };
        Ok(Written::done(&line(filed, call.now())))
    })
    .await
}

async fn revoke(edge: Edge, Segments(id): Segments<String>) -> Result<Json<Line>, Problem> {
    edge.run(move |call| {
        let filed = call.gate().revoke_grant(call.caller(), id.parse()?)?;
        Ok(Json(line(filed, call.now())))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Glass {
    seller: String,
    purpose: String,
    ticket: String,
}

async fn break_glass(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        call.gate().may_break_glass(call.caller())?;
        let Glass { seller, purpose, ticket } = body.parse()?;
        let (seller, purpose, ticket) = (seller.parse()?, purpose.parse()?, ticket.parse()?);
        call.vault().refuse_ended(&seller)?;
        let Broken { filed, told } = call.gate().break_glass(call.caller(), &seller, purpose, ticket)?;
        Ok(Written::made(&BrokenLine { line: line(filed, call.now()), told }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    justified: bool,
}

async fn review(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        call.gate().may_release_grant(call.caller())?;
        let id: GrantId = id.parse()?;
        let Found { justified } = body.parse()?;
        let filed = call.gate().review_grant(call.caller(), id, justified)?;
        Ok(Written::done(&line(filed, call.now())))
    })
    .await
}
