//! Health: the one thing that anybody may ask. It says nothing but that somebody is at home.

use axum::Json;
use serde_json::{Value, json};

/// `GET /v1/health`
pub(crate) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
