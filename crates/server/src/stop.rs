//! Stops: whoever got a code by mail stops with it what one person wants to do alone, and needs no account (1.3.b).

use axum::Json;
use axum::routing::post;
use bailee_core::RecordId;
use serde::Serialize;
use serde_json::json;

use crate::api::schema::{flag, object, one_of};
use crate::api::{Operation, Tag, words};
use crate::edge::Edge;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let acts = ["approve-grant", "approve-proposal", "review-grant"];
    let stopped = object(&[
        ("stopped", flag("That it is.")),
        ("act", one_of(acts, "What one person wanted to do.")),
        ("about", words::id("The grant, the proposal or the person that it was about.")),
    ]);
    vec![
        Operation::post("/v1/stops", "stop", post(stop))
            .anonymous()
            .says(
                Tag::Grants,
                "Stop what one person wants to do alone",
                "With the code of the mail as `Bearer`; no account is needed. It is refused at once and for good. A code that \
                 is not known counts against its address as any credential does.",
            )
            .answers(200, "It is stopped.", stopped, json!({ "stopped": true, "act": "approve-grant", "about": words::ID }))
            .refuses(&["unknown-credential", "unacceptable", "too-many-requests"])
            .works(),
    ]
}

#[derive(Serialize)]
struct Stopped {
    stopped: bool,
    act: &'static str,
    about: RecordId,
}

async fn stop(edge: Edge) -> Result<Json<Stopped>, Problem> {
    edge.present(|gate, presented| {
        let alone = gate.stop(presented)?;
        Ok(Json(Stopped { stopped: true, act: alone.code(), about: alone.about() }))
    })
    .await
}
