//! Access: why somebody may do something, and who could see a field. No record is looked at.

use axum::Json;
use axum::http::Uri;
use axum::routing::post;
use bailee_access::decision::Explanation;
use bailee_access::{Seen, ToExplain};
use bailee_core::{Kind, Purpose, Reference, SellerId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, list, named, nullable, object, one_of, text};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::Edge;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal::{self, ExceptionLine};

const PATH: &str = "recipient.deliveryAddress.city";

pub(crate) fn operations() -> Vec<Operation> {
    let field = || text("A field's schema path, lists with empty brackets.");
    let question = object(&[
        ("who", text("A person's mail, a service's name, or `person:ID` or `service:ID`.")),
        ("action", text("The code of an action, such as `reveal`, `find` or `show`.")),
        ("seller", words::seller_id()),
        ("reference?", nullable(words::reference())),
        ("kind?", nullable(words::kind())),
        ("field?", nullable(field())),
        ("purpose?", nullable(words::purpose())),
    ]);
    let of_field = object(&[
        ("seller", words::seller_id()),
        ("reference?", nullable(words::reference())),
        ("kind?", nullable(words::kind())),
        ("field", field()),
    ]);
    vec![
        Operation::post("/v1/access:explain", "explainAccess", post(explain))
            .says(
                Tag::Access,
                "Explain a decision",
                "Which policy decides whether somebody may do something now, and what would change it. Nothing is done, \
                 and no record is looked at.",
            )
            .for_people()
            .takes(
                "Who, what, and of which seller.",
                question,
                json!({
                    "who": "label-printer", "action": "reveal", "seller": words::SELLER, "field": PATH,
                    "purpose": "fulfilment",
                }),
            )
            .answers(200, "The decision, and what made it.", explanation(), json!({
                "decision": "allow", "policies": ["service-reveals"], "requirement": "1.3.b", "remedy": null,
                "grant": null, "words": null,
            }))
            .refuses(&["bad-id", "unacceptable"]),
        Operation::post("/v1/access:who", "whoHasAccess", post(who))
            .says(
                Tag::Access,
                "Who could see a field",
                "Everybody who could have it revealed, for which purposes, and why.",
            )
            .in_pages()
            .for_people()
            .takes("Which field, of which seller.", of_field, json!({ "seller": words::SELLER, "field": PATH }))
            .answers(200, "Who could.", all_seen(), json!({
                "principals": [{
                    "principal": format!("service:{}", words::ID), "name": "label-printer",
                    "purposes": ["fulfilment"], "policies": ["service-reveals"], "grants": [],
                }],
                "exceptions": [],
                "next": null,
            }))
            .refuses(&["bad-id", "unacceptable"]),
    ]
}

fn explanation() -> Schema {
    named(
        "Explanation",
        object(&[
            ("decision", one_of(["allow", "deny"], "What is decided.")),
            ("policies", list(&text("A policy that decided. There is none where nothing permits."))),
            ("requirement", text("The id of the requirement that the decision serves.")),
            ("remedy", nullable(text("What would change it."))),
            ("grant", nullable(words::id("The grant under which it is allowed."))),
            ("words", nullable(text("Why it is denied."))),
        ]),
    )
}

fn all_seen() -> Schema {
    object(&[
        ("principals", list(&seen_line())),
        ("exceptions", proposal::exceptions()),
        ("next", nullable(text("The `cursor` of the next page; `null` when this is the last."))),
    ])
}

fn seen_line() -> Schema {
    named(
        "Sight",
        object(&[
            ("principal", text("Who.")),
            ("name", text("Their name.")),
            ("purposes", words::purposes()),
            ("policies", list(&text("A policy by which they could."))),
            ("grants", list(&words::id("A grant under which they could."))),
        ]),
    )
}

/// What is asked. It travels in the body: a mail has no place in the address of a page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    who: String,
    action: String,
    seller: String,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    purpose: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfField {
    seller: String,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    field: String,
}

#[derive(Serialize)]
struct Explained {
    decision: &'static str,
    policies: Vec<String>,
    requirement: &'static str,
    remedy: Option<String>,
    grant: Option<String>,
    words: Option<String>,
}

impl From<Explanation> for Explained {
    fn from(explanation: Explanation) -> Self {
        let Explanation { is_allowed, policies, grant, requirement, words, remedy } = explanation;
        Self {
            decision: if is_allowed { "allow" } else { "deny" },
            policies,
            requirement: requirement.as_str(),
            remedy,
            grant: grant.map(|grant| grant.to_string()),
            words,
        }
    }
}

#[derive(Serialize)]
struct Principal {
    principal: String,
    name: String,
    purposes: Vec<Purpose>,
    policies: Vec<String>,
    grants: Vec<String>,
}

impl From<Seen> for Principal {
    fn from(Seen { name, sight }: Seen) -> Self {
        Self {
            principal: sight.principal.to_string(),
            name,
            purposes: sight.purposes,
            policies: sight.policies,
            grants: sight.grants.iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Serialize)]
struct Principals {
    principals: Vec<Principal>,
    exceptions: Vec<ExceptionLine>,
    next: Option<String>,
}

async fn explain(edge: Edge, body: JsonBody) -> Result<Json<Explained>, Problem> {
    edge.run(move |call| {
        let asked: Question = body.parse()?;
        let seller: SellerId = asked.seller.parse()?;
        let kind = kind_of(asked.kind.as_deref(), asked.reference.as_deref())?;
        let purpose = asked.purpose.map(|purpose| purpose.parse::<Purpose>()).transpose();
        let to_explain = ToExplain {
            who: &asked.who,
            action: &asked.action,
            seller: &seller,
            kind,
            field: asked.field.as_deref(),
            purpose: purpose.map_err(|_| bailee_access::decision::unknown_purpose())?,
        };
        Ok(Json(call.gate().explain(call.caller(), &to_explain)?.into()))
    })
    .await
}

async fn who(edge: Edge, uri: Uri, body: JsonBody) -> Result<Json<Principals>, Problem> {
    edge.run(move |call| {
        let page = Page::asked("access-who", &uri)?;
        let asked: OfField = body.parse()?;
        let seller: SellerId = asked.seller.parse()?;
        let kind = kind_of(asked.kind.as_deref(), asked.reference.as_deref())?;
        let seen = call.gate().who(call.caller(), &seller, kind, &asked.field)?;
        let (seen, next) = page.cut(seen, |one| one.sight.principal);
        let principals = seen.into_iter().map(Into::into).collect();
        Ok(Json(Principals { principals, exceptions: proposal::exceptions_of(call), next }))
    })
    .await
}

/// The kind of record that is asked about, where it was named. The reference must be one, and no more: whether there is
/// such a record is not told here.
fn kind_of(kind: Option<&str>, reference: Option<&str>) -> Result<Option<Kind>, Problem> {
    reference.map(str::parse::<Reference>).transpose()?;
    let parsed = kind.map(str::parse).transpose();
    parsed.map_err(|_| Problem::unacceptable("bad-id", "a kind is one of: order, shipment, return"))
}
