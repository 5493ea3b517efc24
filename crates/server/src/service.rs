//! Services: programs with keys of their own.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{delete, get, post};
use bailee_access::Who;
use bailee_access::service::{self, Opens, Service, ServiceKey};
use bailee_core::{Class, Purpose, RecordId, SellerId, ServiceId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, list as listed, list_max, named, nullable, object, one_of, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let new = json!({
        "name": "label-printer",
        "sellers": [words::SELLER],
        "purposes": ["fulfilment"],
        "classes": ["identity", "address"],
    });
    let line = json!({
        "id": words::ID,
        "name": "label-printer",
        "owner": format!("person:{}", words::ID),
        "sellers": [words::SELLER],
        "purposes": ["fulfilment"],
        "classes": ["identity", "address"],
        "keys": [{
            "id": words::ID, "form": "key", "since": words::TIME, "ends_at": "2026-05-31T09:00:00Z",
            "known_to": words::ID, "opens": "all",
        }],
        "since": words::TIME,
    });
    let key = object(&[
        ("id", words::id("The service.")),
        ("key", text("Its key. It is in no other answer.")),
        (
            "proposal?",
            words::id(
                "Where the home asks for a second person: the proposal of what the service may see. Until somebody else \
                     approves it, the service takes documents in and reveals nothing.",
            ),
        ),
    ]);
    vec![
        Operation::get("/v1/services", "listServices", get(self::list))
            .says(Tag::Services, "List the services", "Without anything of their keys, in the order in which they were added.")
            .in_pages()
            .for_people()
            .answers(200, "The services.", pages("services", &service_line()), json!({ "services": [line], "next": null })),
        Operation::post("/v1/services", "addService", post(add))
            .says(
                Tag::Services,
                "Add a service",
                "Its key is shown once. Sent again under the same `Idempotency-Key` the request is answered `shown-once`, \
                 with the id of the service.",
            )
            .once()
            .for_people()
            .takes("What it may.", new_service(), new)
            .answers(201, "The service is there.", key, json!({ "id": words::ID, "key": "bsk_…" }))
            .refuses(&["bad-id", "unknown-seller", "seller-ended", "unacceptable", "shown-once", "second-factor-stale"]),
        Operation::delete("/v1/services/{service}", "removeService", delete(remove))
            .says(Tag::Services, "Take a service away", "Its keys open nothing from then on.")
            .for_people()
            .answers_nothing("It is gone.")
            .refuses(&["not-found"]),
        Operation::post("/v1/services/{service}/keys", "renewKey", post(renew))
            .says(
                Tag::Services,
                "Give a service its next key",
                "Both keys open until the older one ends, so that there is no gap. A service renews its own with any of its \
                 keys, also one that has ended and opens nothing else any more; from the last sixth of a key's life on, \
                 every answer to it carries `Bailee-Key-Ends-At`. A key that a person makes is known to that person: unless \
                 they knew one of its keys before, it takes a second person for this one to show anything, where the home \
                 asks for one. A key that somebody knows who has left, or is suspended, takes documents in for a day more, \
                 and renews nothing.",
            )
            .for_people()
            .answers(201, "The key.", new_key(), json!({
                "id": words::ID,
                "key_id": words::ID,
                "key": "bsk_…",
                "ends_at": words::TIME,
            }))
            .refuses(&["not-found", "unacceptable", "key-not-trusted", "second-factor-stale"]),
        Operation::delete("/v1/services/{service}/keys/{key}", "endKey", delete(end_key))
            .says(Tag::Services, "End a key of a service", "At once.")
            .for_people()
            .answers_nothing("It opens nothing any more.")
            .refuses(&["bad-id", "not-found"]),
    ]
}

fn new_key() -> Schema {
    object(&[
        ("id", words::id("The service.")),
        ("key_id", words::id("Names the key; opens nothing.")),
        ("key", text("The key. It is in no other answer.")),
        ("ends_at", words::time("Until when it opens anything but its renewal.")),
        (
            "proposal?",
            words::id(
                "The proposal that somebody has to approve who does not know the key: until then it takes documents in, and \
                 shows nothing.",
            ),
        ),
    ])
}

fn key_line() -> Schema {
    object(&[
        ("id", words::id("Names the key; opens nothing.")),
        (
            "form",
            one_of(
                ["key", "certificate", "bound"],
                "A key; a certificate of the home's authority; or one of another authority, by what it says.",
            ),
        ),
        ("since", words::time("Since when.")),
        ("ends_at", words::time("Until when it opens anything but its renewal.")),
        (
            "known_to",
            text("The person who knows it: who was shown it, or the key by which the service made it."),
        ),
        (
            "opens",
            one_of(
                Opens::ALL.map(Opens::as_str),
                "What it opens now: all that the service may; intake, and no more; its renewal; nothing.",
            ),
        ),
    ])
}

fn new_service() -> Schema {
    object(&[
        ("name", text("What people call it.")),
        ("sellers", list_max(&words::seller_id(), 1000)),
        ("purposes", list_max(&words::purpose(), 100)),
        ("classes", list_max(&words::class(), 100)),
        ("owner?", nullable(text("The mail of the person who answers for it: the caller, unless told."))),
    ])
}

fn service_line() -> Schema {
    named(
        "Service",
        object(&[
            ("id", words::id("The service.")),
            ("name", text("What people call it.")),
            ("owner", text("The person who answers for it.")),
            ("sellers", listed(&words::seller_id())),
            ("purposes", words::purposes()),
            ("classes", words::classes()),
            ("keys", listed(&key_line())),
            ("since", words::time("Since when.")),
        ]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewService {
    name: String,
    sellers: Vec<String>,
    purposes: Vec<String>,
    classes: Vec<String>,
    #[serde(default)]
    owner: Option<String>,
}

/// A new service. The key is in no other answer.
#[derive(Serialize)]
struct Added {
    id: String,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
}

/// A service, without anything of its key.
#[derive(Serialize)]
struct Line {
    id: String,
    name: String,
    owner: String,
    sellers: Vec<SellerId>,
    purposes: Vec<Purpose>,
    classes: Vec<Class>,
    keys: Vec<KeyLine>,
    since: Timestamp,
}

/// A key of a service, without anything that opens.
#[derive(Serialize)]
struct KeyLine {
    id: String,
    form: &'static str,
    since: Timestamp,
    ends_at: Timestamp,
    known_to: String,
    opens: &'static str,
}

/// A page of them.
#[derive(Serialize)]
struct Services {
    services: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Services>, Problem> {
    edge.run(move |call| {
        let services = call.gate().services(call.caller())?;
        let page = Page::asked("services", &uri)?;
        // The order in which they were added, as a text that sorts so.
        let key = |service: &Service| format!("{:020} {}", service.since.as_nanosecond(), service.id);
        let (services, next) = page.cut(services, key);
        let line = |service| Line::of(service, call);
        Ok(Json(Services { services: services.into_iter().map(line).collect(), next }))
    })
    .await
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        // Asked before the body is looked at: who may add none learns nothing about what would be accepted.
        let _allowed = call.gate().administer(call.caller())?;
        let new = body.parse::<NewService>()?.check(call)?;
        let (id, key) = call.gate().add_service(call.caller(), new)?;
        let proposal = call.gate().release_of(id, call.now()).map(|proposal| proposal.id.to_string());
        let added = Added { id: id.to_string(), key: key.expose().clone(), proposal };
        Ok(Written::made(&added).with_secret_of(added.id))
    })
    .await
}

impl NewService {
    fn check(self, call: &crate::edge::Call) -> Result<service::NewService, Problem> {
        let sellers = parse_all::<SellerId>(&self.sellers)?;
        for seller in &sellers {
            if !call.vault().has_seller(seller) {
                return Err(bailee_vault::VaultError::UnknownSeller(seller.clone()).into());
            }
            call.vault().refuse_ended(seller)?;
        }
        Ok(service::NewService {
            name: self.name,
            sellers,
            purposes: parse_all::<Purpose>(&self.purposes)?,
            classes: parse_all::<Class>(&self.classes)?,
            owner: self.owner,
        })
    }
}

impl Line {
    fn of(service: Service, call: &Call) -> Self {
        let key = |key: &ServiceKey| KeyLine {
            id: key.id.to_string(),
            form: key.form.as_str(),
            since: key.since,
            ends_at: key.ends_at(&call.gate().standards().values),
            known_to: key.known_to.to_string(),
            opens: call.gate().opens(key, call.caller()).as_str(),
        };
        Self {
            id: service.id.to_string(),
            keys: service.keys.iter().map(key).collect(),
            name: service.name,
            owner: service.owner.to_string(),
            sellers: service.sellers,
            purposes: service.purposes,
            classes: service.classes,
            since: service.since,
        }
    }
}

/// A new key of a service. It is in no other answer.
#[derive(Serialize)]
struct Renewed {
    id: String,
    key_id: String,
    key: String,
    ends_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
}

/// The service that a path names: by id or name, or the one that asks.
pub(crate) fn named_service(call: &Call, name: &str) -> Result<ServiceId, Problem> {
    match (&call.caller().who, name) {
        (Who::Service(own), "current") => Ok(own.id),
        _ => Ok(call.gate().service_named(call.caller(), name)?),
    }
}

async fn renew(edge: Edge, Segments(name): Segments<String>) -> Result<(StatusCode, Json<Renewed>), Problem> {
    edge.keep_keys(move |call| {
        let service = named_service(call, &name)?;
        let new = call.gate().renew_key(call.caller(), service)?;
        let renewed = Renewed {
            id: new.service.to_string(),
            key_id: new.id.to_string(),
            key: new.key.expose().clone(),
            ends_at: new.ends_at,
            proposal: new.proposal.map(|proposal| proposal.to_string()),
        };
        Ok((StatusCode::CREATED, Json(renewed)))
    })
    .await
}

async fn end_key(
    edge: Edge,
    Segments((name, key)): Segments<(String, String)>,
) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let service = named_service(call, &name)?;
        call.gate().end_key(call.caller(), service, key.parse::<RecordId>()?)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

async fn remove(edge: Edge, Segments(name): Segments<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let service = named_service(call, &name)?;
        call.gate().remove_service(call.caller(), service)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn parse_all<T: std::str::FromStr<Err = bailee_core::ParseIdError>>(
    texts: &[String],
) -> Result<Vec<T>, Problem> {
    texts.iter().map(|text| text.parse().map_err(Problem::from)).collect()
}
