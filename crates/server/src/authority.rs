//! The certificate authority of the home, and the certificates that services show instead of a key.

use axum::Json;
use axum::http::StatusCode;
use axum::routing::{get, post};
use bailee_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{nullable, object, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::problem::Problem;
use crate::service::named_service;

pub(crate) fn operations() -> Vec<Operation> {
    let authority = object(&[
        ("id", words::id("The serial number of its certificate.")),
        ("certificate", text("PEM.")),
        ("ends_at", words::time("Its last instant, by the machine's time.")),
    ]);
    let asked = object(&[
        (
            "request?",
            nullable(text(
                "A request for a certificate (PKCS#10), as PEM. Only its key goes into the certificate.",
            )),
        ),
        (
            "bind?",
            nullable(text(
                "A certificate of another authority that the home was told to trust, as PEM: its first URI, else its first \
                 host name, else its public key is what the service is bound to.",
            )),
        ),
    ]);
    let made = object(&[
        ("id", words::id("The service.")),
        ("certificate_id", words::id("Names the certificate; opens nothing.")),
        ("certificate", nullable(text("PEM, where the home issued it."))),
        ("ends_at", words::time("Until when it opens anything but its renewal, by the machine's time.")),
        (
            "proposal?",
            words::id(
                "Where a second person has to approve that anything is revealed by it: until then it takes documents in.",
            ),
        ),
    ]);
    vec![
        Operation::get("/v1/authority", "showAuthority", get(show))
            .says(
                Tag::Services,
                "Show the certificate of the home's authority",
                "By which others can check the certificates that it issues. Its key leaves the home in no answer.",
            )
            .answers(200, "The certificate.", authority, json!({
                "id": words::ID,
                "certificate": "-----BEGIN CERTIFICATE-----…",
                "ends_at": words::TIME,
            }))
            .refuses(&["uncertified"]),
        Operation::post("/v1/services/{service}/certificates", "addCertificate", post(add))
            .says(
                Tag::Services,
                "Give a service its next certificate",
                "Issued for the key of a request, or bound to one of another authority. In every other respect it is one of \
                 the service's keys: 90 days at most, two of them at a time, ended as a key is, renewed by the service itself, known to \
                 who makes it.",
            )
            .for_people()
            .takes("A request, or a certificate to be bound.", asked, json!({ "request": "-----BEGIN CERTIFICATE REQUEST-----…" }))
            .answers(201, "The certificate.", made, json!({
                "id": words::ID,
                "certificate_id": words::ID,
                "certificate": "-----BEGIN CERTIFICATE-----…",
                "ends_at": words::TIME,
            }))
            .refuses(&["not-found", "unacceptable", "uncertified", "key-not-trusted", "second-factor-stale"]),
    ]
}

/// The authority's certificate.
#[derive(Serialize)]
struct Authority {
    id: String,
    certificate: String,
    ends_at: Timestamp,
}

async fn show(edge: Edge) -> Result<Json<Authority>, Problem> {
    edge.run(|call| {
        let authority = call.gate().authority(call.caller())?;
        let id = authority.id.to_string();
        Ok(Json(Authority { id, certificate: authority.pem, ends_at: authority.ends_at }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    request: Option<String>,
    #[serde(default)]
    bind: Option<String>,
}

/// A certificate of a service.
#[derive(Serialize)]
struct Made {
    id: String,
    certificate_id: String,
    certificate: Option<String>,
    ends_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
}

async fn add(
    edge: Edge,
    Segments(name): Segments<String>,
    body: JsonBody,
) -> Result<(StatusCode, Json<Made>), Problem> {
    edge.keep_keys(move |call| {
        let service = named_service(call, &name)?;
        let (gate, caller) = (call.gate(), call.caller());
        let new = match body.parse()? {
            Asked { request: Some(request), bind: None } => gate.certify(caller, service, &request)?,
            Asked { request: None, bind: Some(bind) } => gate.bind_certificate(caller, service, &bind)?,
            Asked { .. } => {
                return Err(Problem::unacceptable("unacceptable", "give either `request` or `bind`"));
            }
        };
        let made = Made {
            id: new.service.to_string(),
            certificate_id: new.id.to_string(),
            certificate: new.pem,
            ends_at: new.ends_at,
            proposal: new.proposal.map(|proposal| proposal.to_string()),
        };
        Ok((StatusCode::CREATED, Json(made)))
    })
    .await
}
