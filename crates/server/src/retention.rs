//! Retention: what is due when, why, and the run that ends it.

use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json};
use bailee_access::proposal::Proposed;
use bailee_core::{Kind, Reference, SellerId, Timestamp};
use bailee_vault::VaultError;
use bailee_vault::believed::JUMP_SECONDS_MAX;
use bailee_vault::retention::{Explained, Status};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, count, list, named, nullable, object, one_of, pages, text, with};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::hold::ByGate;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal;
use crate::record::unknown;
use crate::watch::{Tick, Watch};

pub(crate) fn operations() -> Vec<Operation> {
    let bucket = json!({
        "held": "order",
        "day": "2026-04-04",
        "state": "open",
        "closes_at": "2026-04-02T00:00:00Z",
        "age": 3,
        "parts": 1250,
    });
    let sellers = json!({
        "sellers": [{ "seller": words::SELLER, "buckets": [bucket], "exceptions": [{ "rule": "R4", "parts": 7 }], "destroyed": 12 }],
        "next": null,
    });
    let ran = object(&[
        ("disposed", count("Records whose personal data ended.")),
        ("buckets_destroyed", count("Buckets destroyed.")),
        (
            "archived",
            count("Records that were sealed to archives under holds, before anything was destroyed."),
        ),
        ("held", count("Of those that ended, how many have fields in an archive of a hold.")),
        ("missed", count("How many of them a hold was to archive, and did not.")),
    ]);
    vec![
        Operation::get("/v1/retention", "showRetention", get(status))
            .says(
                Tag::Retention,
                "What is due when",
                "Live buckets by seller and day, and how many parts are exceptions.",
            )
            .query("seller", "Of this seller alone.", words::seller_id())
            .in_pages()
            .for_services()
            .answers(200, "The buckets.", pages("sellers", &buckets()), sellers)
            .refuses(&["bad-id", "unknown-seller"]),
        Operation::post("/v1/retention:run", "runRetention", post(run))
            .says(
                Tag::Retention,
                "End what is due",
                "Nothing that is not due is touched. A server does this by itself each day.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .answers(
                200,
                "What ended.",
                ran,
                json!({ "disposed": 1250, "buckets_destroyed": 1, "archived": 0, "held": 0, "missed": 0 }),
            )
            .refuses(&["time-jumped"]),
        Operation::post("/v1/retention:confirm-time", "confirmTime", post(confirm_time))
            .says(
                Tag::Retention,
                "Say that the time is right",
                "Where the clock has jumped ahead by more than 48 hours, what is due by it is closed, and destroyed only once two \
                 people have confirmed the time: one by this, another by approving that proposal.",
            )
            .once()
            .for_people()
            .takes("Nothing to say.", object(&[]), json!({}))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .refuses(&["time-believed", "second-factor-stale"]),
    ]
}

/// The same for the records of one kind.
pub(crate) fn explaining(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    kind: Kind,
) -> Operation {
    Operation::get(path, id, get(move |edge, named| explain(kind, edge, named)))
        .says(Tag::Retention, summary, "The rule, the evidence, and all of it in sentences.")
        .for_services()
        .answers(200, "Why.", explained(), example())
        .refuses(&["not-found", "unknown-seller"])
        .opens()
}

fn buckets() -> Schema {
    let bucket = object(&[
        ("held", one_of(["order", "quarantine"], "What is in it.")),
        ("day", words::day("Its day.")),
        ("state", one_of(["open", "closing", "late"], "`late`: it should have been destroyed a day ago.")),
        ("closes_at", words::time("From then on it is closed, and destroyed.")),
        (
            "age?",
            count(
                "How many of the days that personal data is kept after a delivery are over for its day; none in quarantine.",
            ),
        ),
        ("parts", count("Parts or items in it.")),
    ]);
    object(&[
        ("seller", words::seller_id()),
        ("buckets", list(&bucket)),
        (
            "exceptions",
            list(&with(
                exception(),
                "description",
                json!(
                    "What does not end in the ordinary course: still under way (R4), ended by a cap (R5, R6, R10), without a date \
                     of use (R12)."
                ),
            )),
        ),
        ("destroyed", count("Buckets destroyed so far.")),
    ])
}

/// How many parts end by a rule that is not the ordinary course.
pub(crate) fn exception() -> Schema {
    object(&[
        ("rule", one_of(["R4", "R5", "R6", "R10", "R12"], "The rule.")),
        ("parts", count("Parts that end by it.")),
    ])
}

/// Why a record's personal data ends when it does.
pub(crate) fn explained() -> Schema {
    named(
        "Retention",
        object(&[
            ("rule", text("The rule, such as `R2`.")),
            ("evidence", text("The kind of evidence.")),
            ("lo", words::time("The earliest instant of delivery.")),
            ("hi", nullable(words::time("The latest."))),
            ("expires_at", words::time("Personal data must be gone by then.")),
            ("closes_at", words::time("From then on it is closed, and destroyed.")),
            ("profile", text("The clock's profile.")),
            ("state", one_of(["live", "closing", "disposed", "erased", "lost"], "How it stands.")),
            ("words", text("All of it in sentences.")),
        ]),
    )
}

/// One of them.
pub(crate) fn example() -> serde_json::Value {
    json!({
        "rule": "R2",
        "evidence": "not-delivered-at",
        "lo": words::TIME,
        "hi": null,
        "expires_at": "2026-04-01T09:00:00Z",
        "closes_at": "2026-03-30T00:00:00Z",
        "profile": "strict",
        "state": "live",
        "words": "it was not delivered before 2026-03-02 09:00 UTC, and ends 30 days after that",
    })
}

/// Live buckets by seller.
#[derive(Serialize)]
struct Sellers {
    sellers: Vec<Status>,
    next: Option<String>,
}

async fn status(edge: Edge, uri: Uri) -> Result<Json<Sellers>, Problem> {
    edge.run(move |call| {
        let (seller, page) = Page::asked_of("retention", &uri)?;
        let authorized = call.gate().read_retention(call.caller(), seller.as_ref())?;
        let all = call.vault().retention_status(authorized, seller.as_ref())?;
        let (sellers, next) = page.cut(all, |status: &Status| status.seller.clone());
        Ok(Json(Sellers { sellers, next }))
    })
    .await
}

async fn run(edge: Edge, watch: Option<Extension<Watch>>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, _nothing| {
        let authorized = call.gate().run_retention(call.caller())?;
        let mut progress = |done, total| {
            if let Some(Extension(watch)) = &watch {
                // A destruction that has begun is finished: only a collect can be stopped.
                let _ = watch.tick(Tick::Destroyed { done, total });
            }
        };
        Ok(Written::done(&call.vault().retention_run(authorized, &ByGate(call.gate()), &mut progress)?))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Refuses to confirm another time than the one that was proposed: where the clock has gone on by more than two days since, that is
/// to be confirmed as well, and where it was set right there is nothing left to confirm.
pub(crate) fn check_proposed(call: &Call, at: Timestamp, is_approved: bool) -> Result<(), Problem> {
    if call.vault().believes(call.now())? {
        return if is_approved { Ok(()) } else { Err(believed()) };
    }
    let later = call.now().as_second().saturating_sub(at.as_second());
    match later <= JUMP_SECONDS_MAX {
        true => Ok(()),
        false => Err(VaultError::TimeJumped.into()),
    }
}

fn believed() -> Problem {
    let words = "the time is believed; there is nothing to confirm";
    Problem::new(StatusCode::CONFLICT, "time-believed", words)
}

async fn confirm_time(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let _allowed = call.gate().run_retention(call.caller())?;
        let Nothing {} = body.parse()?;
        if call.vault().believes(call.now())? {
            return Err(believed());
        }
        let filed = call.gate().propose(call.caller(), Proposed::ConfirmTime { at: call.now() })?;
        Ok(Written::accepted(&proposal::line(call, filed)))
    })
    .await
}

async fn explain(
    kind: Kind,
    edge: Edge,
    Segments((seller, reference)): Segments<(String, String)>,
) -> Result<Json<Explained>, Problem> {
    edge.run(move |call| {
        let (seller, reference): (SellerId, Reference) = (seller.parse()?, reference.parse()?);
        let authorized = call.gate().read_retention(call.caller(), Some(&seller))?;
        let explained = call.vault().retention_explain(authorized, &seller, kind, &reference)?;
        explained.map(Json).ok_or_else(|| unknown(&seller, kind, &reference))
    })
    .await
}
