//! Services: programs with a key of their own.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::service::{self, Service};
use bailee_core::{Class, Purpose, SellerId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, list as listed, list_max, named, nullable, object, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::Edge;
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
        "since": words::TIME,
    });
    let key =
        object(&[("id", words::id("The service.")), ("key", text("Its key. It is in no other answer."))]);
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
            .refuses(&["bad-id", "unknown-seller", "unacceptable", "shown-once", "second-person"]),
    ]
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
    since: bailee_core::Timestamp,
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
        Ok(Json(Services { services: services.into_iter().map(Line::from).collect(), next }))
    })
    .await
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        // Asked before the body is looked at: who may add none learns nothing about what would be accepted.
        let _allowed = call.gate().administer(call.caller())?;
        let new = body.parse::<NewService>()?.check(call)?;
        let (id, key) = call.gate().add_service(call.caller(), new)?;
        let added = Added { id: id.to_string(), key: key.expose().clone() };
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

impl From<Service> for Line {
    fn from(service: Service) -> Self {
        Self {
            id: service.id.to_string(),
            name: service.name,
            owner: service.owner.to_string(),
            sellers: service.sellers,
            purposes: service.purposes,
            classes: service.classes,
            since: service.since,
        }
    }
}

fn parse_all<T: std::str::FromStr<Err = bailee_core::ParseIdError>>(
    texts: &[String],
) -> Result<Vec<T>, Problem> {
    texts.iter().map(|text| text.parse().map_err(Problem::from)).collect()
}
