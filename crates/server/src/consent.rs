//! What people agreed to (2.1.b): consents, given and withdrawn. A purpose that rests on consent is denied without one, at the gate.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_core::subject::Channel;
use bailee_core::{Day, Purpose, RecordId, Reference, SellerId, Timestamp};
use bailee_vault::consent::{Consent, Given, NEVER_ON_CONSENT};
use bailee_vault::record::RECORDS_MAX;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, list_max, named, nullable, object, one_of, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::find::Who;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::subject::{channel, known, notice, searched, who};

pub(crate) fn operations() -> Vec<Operation> {
    let given = object(&[
        ("purpose", purpose()),
        ("on", words::day("When they said so.")),
        ("how", channel()),
        ("notice", notice()),
        ("seller", words::seller_id()),
        ("references?", list_max(&words::reference(), RECORDS_MAX)),
        ("who?", nullable(who())),
    ]);
    let withdrawn = object(&[("on", words::day("When they said so.")), ("how", channel())]);
    vec![
        Operation::get("/v1/consents", "listConsents", get(list))
            .says(
                Tag::Rights,
                "List consents",
                "In the order in which they were written down. Who gave them is not told.",
            )
            .in_pages()
            .for_people()
            .answers(
                200,
                "They.",
                pages("consents", &consent()),
                json!({ "consents": [example()], "next": null }),
            )
            .opens(),
        Operation::post("/v1/consents", "giveConsent", post(give))
            .says(
                Tag::Rights,
                "Write down that somebody agreed",
                "To a purpose, for the records of these references, or for all that are found of them now by who they are. It covers no \
                 record that comes later.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes(
                "To what, and who.",
                given,
                json!({
                    "purpose": "fulfilment", "on": "2026-03-01", "how": "web-form", "notice": "2026-01",
                    "seller": words::SELLER, "references": [words::REFERENCE], "who": null,
                }),
            )
            .answers(201, "The consent.", consent(), example())
            .refuses(&["bad-id", "not-found", "unknown-seller", "empty-query", "name-alone", "unusable-term", "said-day"])
            .refuses(&["too-many-requests-kept", "too-many-records"])
            .opens(),
        Operation::post("/v1/consents/{id}/withdrawal", "withdrawConsent", post(withdraw))
            .says(
                Tag::Rights,
                "Write down that they took it back",
                "Once this is answered, nothing that rests on it is revealed any more.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("When, and how.", withdrawn, json!({ "on": "2026-03-02", "how": "mail" }))
            .answers(200, "The consent.", consent(), example())
            .refuses(&["not-found", "bad-id", "request-ended", "said-day"])
            .opens(),
    ]
}

/// A purpose that can rest on consent.
fn purpose() -> Schema {
    let all = Purpose::ALL.iter().filter(|one| !NEVER_ON_CONSENT.contains(one));
    one_of(all.map(|one| one.as_str()), "To what they agreed.")
}

fn consent() -> Schema {
    let withdrawn = object(&[
        ("on", words::day("When they said so.")),
        ("how", channel()),
        ("at", words::time("When it was written down.")),
        ("by", text("By whom.")),
    ]);
    named(
        "Consent",
        object(&[
            ("id", words::id("Names it.")),
            ("purpose", purpose()),
            ("on", words::day("When they said so.")),
            ("how", channel()),
            ("notice", notice()),
            ("seller", words::seller_id()),
            ("records", count("How many records it covers.")),
            ("at", words::time("When it was written down.")),
            ("by", text("By whom.")),
            ("state", one_of(["given", "withdrawn"], "How it stands.")),
            ("withdrawn", nullable(withdrawn)),
        ]),
    )
}

fn example() -> Value {
    json!({
        "id": words::ID,
        "purpose": "fulfilment",
        "on": "2026-03-01",
        "how": "web-form",
        "notice": "2026-01",
        "seller": words::SELLER,
        "records": 1,
        "at": words::TIME,
        "by": format!("person:{}", words::ID),
        "state": "given",
        "withdrawn": null,
    })
}

/// A consent, as it is told.
#[derive(Serialize)]
struct Line {
    id: RecordId,
    purpose: Purpose,
    on: String,
    how: Channel,
    notice: String,
    seller: SellerId,
    records: usize,
    at: Timestamp,
    by: String,
    state: &'static str,
    withdrawn: Option<WithdrawnLine>,
}

#[derive(Serialize)]
struct WithdrawnLine {
    on: String,
    how: Channel,
    at: Timestamp,
    by: String,
}

impl From<Consent> for Line {
    fn from(consent: Consent) -> Self {
        let withdrawn = consent.withdrawn.map(|one| WithdrawnLine {
            on: one.on.to_string(),
            how: one.how,
            at: one.at,
            by: one.by.to_string(),
        });
        Self {
            id: consent.id,
            purpose: consent.purpose,
            on: consent.on.to_string(),
            how: consent.how,
            notice: consent.notice.into(),
            seller: consent.seller,
            records: consent.records.len(),
            at: consent.at,
            by: consent.by.to_string(),
            state: if withdrawn.is_some() { "withdrawn" } else { "given" },
            withdrawn,
        }
    }
}

#[derive(Serialize)]
struct Consents {
    consents: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Consents>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().handle_requests(call.caller())?;
        let page = Page::asked("consents", &uri)?;
        let key = |one: &Consent| format!("{:020} {}", one.at.as_nanosecond(), one.id);
        let (consents, next) = page.cut(call.vault().consents(&authorized)?, key);
        Ok(Json(Consents { consents: consents.into_iter().map(Line::from).collect(), next }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewConsent {
    purpose: String,
    on: String,
    how: String,
    notice: String,
    seller: String,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    who: Option<Who>,
}

async fn give(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().handle_requests(call.caller())?;
        let NewConsent { purpose, on, how, notice, seller, references, who } = body.parse()?;
        let can: Vec<Purpose> =
            Purpose::ALL.iter().copied().filter(|one| !NEVER_ON_CONSENT.contains(one)).collect();
        let (purpose, how) = (known(&purpose, &can)?, known(&how, Channel::ALL)?);
        let (on, notice, seller) = (on.parse::<Day>()?, notice.parse()?, seller.parse::<SellerId>()?);
        let who = who.unwrap_or_default().query();
        let records = match references.is_empty() {
            true => {
                let found = searched(call, std::slice::from_ref(&seller), &who)?;
                found.into_iter().map(|one| one.record).collect()
            }
            false => named_records(call, &seller, &references)?,
        };
        let given = Given { purpose, on, how, notice, seller, records };
        let consent = call.vault().give_consent(authorized, given, &who)?;
        Ok(Written::made(&Line::from(consent)))
    })
    .await
}

/// The records of these references, of whatever kind; a refusal, if one names none.
fn named_records(call: &Call, seller: &SellerId, references: &[String]) -> Result<Vec<RecordId>, Problem> {
    let mut records = Vec::with_capacity(references.len());
    for reference in references {
        let reference: Reference = reference.parse()?;
        let named = call.vault().named(seller, None, &reference)?;
        if named.is_empty() {
            return Err(Problem::not_found(format!("there is no {seller}/{reference}; nothing was done")));
        }
        records.extend(named.into_iter().map(|one| one.record));
    }
    records.sort();
    records.dedup();
    Ok(records)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    on: String,
    how: String,
}

async fn withdraw(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().handle_requests(call.caller())?;
        let (id, Withdrawal { on, how }): (RecordId, _) = (id.parse()?, body.parse()?);
        let said = (on.parse()?, known(&how, Channel::ALL)?);
        Ok(Written::done(&Line::from(call.vault().withdraw_consent(authorized, id, said)?)))
    })
    .await
}
