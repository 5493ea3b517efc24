//! What people ask for of their own data (2.2.d): requests, from their receipt to their answer.
//!
//! Who asks is told where one request is shown, and that is an event; a list opens nothing of it. What is found is told as references
//! and kinds, never as a value: what is given to a person leaves in a file that is sealed for them.

mod act;
mod told;

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_core::subject::{Delay, Law, Proof, Refusal, Right};
use bailee_core::{Day, RecordId};
use bailee_vault::subject::{Asked, Request, SELLERS_MAX, Taken};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{list_max, nullable, object, one_of, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::find::Who;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
pub(crate) use act::searched;
pub(crate) use told::who;
use told::{Line, answer, answer_example, carried_out, request, request_example};

/// What a step can run into.
const REFUSALS: [&str; 5] = [
    "request-ended",
    "request-step-taken",
    "request-not-identified",
    "request-not-previewed",
    "request-no-more-time",
];

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        Operation::get("/v1/subject-requests", "listSubjectRequests", get(list))
            .says(
                Tag::Rights,
                "List what people ask for",
                "In the order in which it was written down, with what is due and what is overdue. Who asks is not told here.",
            )
            .in_pages()
            .for_people()
            .answers(
                200,
                "They.",
                pages("requests", &request()),
                json!({ "requests": [request_example()], "next": null }),
            )
            .opens(),
        Operation::post("/v1/subject-requests", "openSubjectRequest", post(open))
            .says(
                Tag::Rights,
                "Write down that somebody asks",
                "Which right, under which law, and by what they can be found: an e-mail, a phone, a name, or a name with a postal code. \
                 That is kept sealed, under a key that ends. Without sellers it is about all of them.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes(
                "What, and who.",
                object(&[
                    ("right", one_of(Right::ALL.iter().map(|one| one.as_str()), "What they ask for.")),
                    ("law", one_of(Law::ALL.iter().map(|one| one.as_str()), "Under which law.")),
                    ("received", words::day("When it was received.")),
                    ("sellers?", list_max(&words::seller_id(), SELLERS_MAX)),
                    ("who", who()),
                ]),
                json!({
                    "right": "access", "law": "gdpr", "received": "2026-03-01", "sellers": [],
                    "who": { "email": "juniper@example.com", "phone": null, "name": null, "postal_code": null },
                }),
            )
            .answers(201, "The request.", request(), request_example())
            .refuses(&["bad-id", "unknown-seller", "empty-query", "name-alone", "unusable-term", "said-day"])
            .refuses(&["too-many-requests-kept", "unacceptable"])
            .opens(),
        Operation::get("/v1/subject-requests/{id}", "showSubjectRequest", get(show))
            .says(
                Tag::Rights,
                "Show what somebody asks for",
                "With who asks, which is an event of the ledger, and with the references of what is held of them.",
            )
            .for_people()
            .answers(200, "The request.", request(), request_example())
            .refuses(&["not-found"])
            .opens(),
    ];
    operations.extend(step_operations());
    operations
}

fn step_operations() -> Vec<Operation> {
    let reasons = Proof::ALL.iter().map(|one| one.as_str()).chain(Delay::ALL.iter().map(|one| one.as_str()));
    let reasons = reasons.chain(Refusal::ALL.iter().map(|one| one.as_str()));
    let step = object(&[
        ("step", one_of(STEPS, "Which.")),
        (
            "reason?",
            nullable(one_of(
                reasons,
                "How it is known who asks, why more time is taken, or why it is refused; for other steps none.",
            )),
        ),
    ]);
    vec![
        Operation::post("/v1/subject-requests/{id}/steps", "stepSubjectRequest", post(step_on))
            .says(
                Tag::Rights,
                "Take a step with a request",
                "That they were told it has come; how it is known who asks; that more time is taken and they were told; that it is \
                 refused; that they took it back.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("Which step.", step, json!({ "step": "identify", "reason": "order-and-address" }))
            .answers(200, "The request.", request(), request_example())
            .refuses(&["not-found", "bad-id"])
            .refuses(&REFUSALS)
            .opens(),
        Operation::post("/v1/subject-requests/{id}/preview", "previewSubjectRequest", post(preview))
            .says(
                Tag::Rights,
                "Look what is held of whoever asks",
                "Over all sellers that the request speaks of, once it is known who asks. Each search is an event. Told are references \
                 and kinds, never a value.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .answers(200, "The request, with what was found.", request(), request_example())
            .refuses(&["not-found", "bad-id", "too-many-records", "unusable-term"])
            .refuses(&REFUSALS)
            .opens(),
        Operation::post("/v1/subject-requests/{id}/execution", "carryOutSubjectRequest", post(carry_out))
            .says(
                Tag::Rights,
                "Do what somebody asks for",
                "Of the records that were found for them. Access gives a file that is sealed for them: for the public `key` that they \
                 gave, or under a passphrase that is told once. Erasing and giving out take a fresh second factor and, where the \
                 home asks for a second person, somebody else than who recorded the identity. It may be done again, of what has \
                 come since.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("What it needs besides.", carried_out(), json!({ "key": null, "correction": null }))
            .answers(200, "What was done.", answer(), answer_example())
            .refuses(&["not-found", "bad-id", "second-person", "second-factor-stale", "archive-key", "archive-too-large"])
            .refuses(&["nothing-found", "not-found-for-request", "unfit-value", "seller-ended", "unacceptable", "shown-once"])
            .refuses(&["archive-not-made", "restricted", "too-many-records", "unknown-seller", "access-moved"])
            .refuses(&REFUSALS)
            .opens(),
    ]
}

const STEPS: [&str; 5] = ["acknowledge", "identify", "extend", "refuse", "withdraw"];

#[derive(Serialize)]
struct Requests {
    requests: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Requests>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().handle_requests(call.caller())?;
        let page = Page::asked("subject-requests", &uri)?;
        let key = |one: &Request| format!("{:020} {}", one.at.as_nanosecond(), one.id);
        let (requests, next) = page.cut(call.vault().requests(&authorized)?, key);
        let requests = requests.into_iter().map(|one| Line::of(one, call.now())).collect();
        Ok(Json(Requests { requests, next }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRequest {
    right: String,
    law: String,
    received: String,
    #[serde(default)]
    sellers: Vec<String>,
    who: Who,
}

async fn open(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().handle_requests(call.caller())?;
        let NewRequest { right, law, received, sellers, who } = body.parse()?;
        if sellers.len() > SELLERS_MAX {
            let words =
                format!("a request speaks of {SELLERS_MAX} sellers at most; without any it is about all");
            return Err(Problem::unacceptable("unacceptable", words));
        }
        let sellers = sellers.iter().map(|seller| seller.parse()).collect::<Result<_, _>>()?;
        let (right, law): (Right, Law) = (known(&right, Right::ALL)?, known(&law, Law::ALL)?);
        let asked = Asked { right, law, received: received.parse::<Day>()?, sellers };
        let request = call.vault().open_request(authorized, asked, &who.query())?;
        Ok(Written::made(&Line::of(request, call.now())))
    })
    .await
}

async fn show(edge: Edge, Segments(id): Segments<String>) -> Result<Json<Line>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().handle_requests(call.caller())?;
        let (request, who) = call.vault().show_request(authorized, id.parse()?)?;
        Ok(Json(Line::shown(call, request).with_who(&who)))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStep {
    step: String,
    #[serde(default)]
    reason: Option<String>,
}

impl NewStep {
    fn taken(self) -> Result<Taken, Problem> {
        let reason = self.reason.as_deref();
        Ok(match (self.step.as_str(), reason) {
            ("acknowledge", None) => Taken::Acknowledged,
            ("identify", Some(how)) => Taken::Identified(known(how, Proof::ALL)?),
            ("extend", Some(why)) => Taken::Extended(known(why, Delay::ALL)?),
            ("refuse", Some(why)) => Taken::Refused(known(why, Refusal::ALL)?),
            ("withdraw", None) => Taken::Withdrawn,
            (step, _) if STEPS.contains(&step) => {
                let words = "to identify, extend and refuse takes a reason, and other steps none";
                return Err(Problem::unacceptable("bad-id", words));
            }
            _ => {
                let words = format!("a step is one of: {}", STEPS.join(", "));
                return Err(Problem::unacceptable("bad-id", words));
            }
        })
    }
}

/// A member of a closed set; else a refusal that names them all.
pub(crate) fn known<T: Copy + std::fmt::Display>(text: &str, all: &[T]) -> Result<T, Problem> {
    all.iter().copied().find(|one| one.to_string() == text).ok_or_else(|| {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        Problem::unacceptable("bad-id", format!("name one of: {}", all.join(", ")))
    })
}

async fn step_on(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().handle_requests(call.caller())?;
        let (id, taken): (RecordId, _) = (id.parse()?, body.parse::<NewStep>()?.taken()?);
        let request = call.vault().step_request(authorized, id, taken)?;
        Ok(Written::done(&Line::of(request, call.now())))
    })
    .await
}

async fn preview(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, _| {
        let request = act::preview(call, id.parse()?)?;
        Ok(Written::done(&Line::shown(call, request)))
    })
    .await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Execution {
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    correction: Option<act::Correction>,
}

async fn carry_out(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let Execution { key, correction } = body.parse()?;
        let done = act::carry_out(call, id.parse()?, key.as_deref(), correction)?;
        let written = Written::done(&done);
        // The file is personal and the passphrase opens it: neither is kept to be told again.
        Ok(if done.is_secret() { written.with_secret_of(id) } else { written })
    })
    .await
}

pub(crate) fn channel() -> crate::api::schema::Schema {
    one_of(bailee_core::subject::Channel::ALL.iter().map(|one| one.as_str()), "How they said so.")
}

pub(crate) fn notice() -> crate::api::schema::Schema {
    text("The version of what they were told.")
}
