//! Health: the one thing that anybody may ask. It says nothing but that somebody is at home.

use axum::Json;
use axum::routing::get;
use serde_json::{Value, json};

use crate::api::schema::{object, one_of};
use crate::api::{Operation, Tag};

pub(crate) fn operations() -> Vec<Operation> {
    let health = object(&[("status", one_of(["ok"], "That somebody is at home."))]);
    vec![
        Operation::get("/v1/health", "health", get(self::health))
            .anonymous()
            .says(Tag::Home, "Whether somebody is at home", "")
            .answers(200, "Somebody is.", health, json!({ "status": "ok" })),
    ]
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
