//! Services: programs with a key of their own.

use axum::Json;
use axum::http::StatusCode;
use bailee_access::service::{self, Service};
use bailee_core::{Class, Purpose, SellerId};
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::edge::Edge;
use crate::problem::Problem;

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
pub(crate) struct Added {
    id: String,
    key: String,
}

/// A service, without anything of its key.
#[derive(Serialize)]
pub(crate) struct Line {
    id: String,
    name: String,
    owner: String,
    sellers: Vec<SellerId>,
    purposes: Vec<Purpose>,
    classes: Vec<Class>,
    since: bailee_core::Timestamp,
}

/// Every service.
#[derive(Serialize)]
pub(crate) struct Services {
    services: Vec<Line>,
}

/// `GET /v1/services` answers `{"services":[{"id","name","owner","sellers","purposes","classes","since"}]}`.
pub(crate) async fn list(edge: Edge) -> Result<Json<Services>, Problem> {
    edge.run(|call| {
        let services = call.gate().services(call.caller())?;
        Ok(Json(Services { services: services.into_iter().map(Line::from).collect() }))
    })
    .await
}

/// `POST /v1/services` takes `{"name","sellers","purposes","classes","owner"?}` and answers `{"id","key"}`.
pub(crate) async fn add(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<Added>), Problem> {
    edge.run(move |call| {
        // Asked before the body is looked at: who may add none learns nothing about what would be accepted.
        let _allowed = call.gate().administer(call.caller())?;
        let new = body.parse::<NewService>()?.check(call)?;
        let (id, key) = call.gate().add_service(call.caller(), new)?;
        Ok((StatusCode::CREATED, Json(Added { id: id.to_string(), key: key.expose().clone() })))
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
