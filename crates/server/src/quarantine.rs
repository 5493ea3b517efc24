//! Quarantine: reasons and positions, never a value.

use axum::Json;
use axum::extract::Path;
use axum::http::Uri;
use bailee_core::{RecordId, SellerId};
use bailee_vault::quarantine::Item;
use serde::{Deserialize, Serialize};

use crate::body;
use crate::edge::Edge;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    seller: Option<String>,
}

/// What is in quarantine.
#[derive(Serialize)]
pub(crate) struct Quarantined {
    quarantined: Vec<Item>,
}

/// `GET /v1/quarantine?seller=…` answers `{"quarantined":[{"id","seller","source","position","reason",…}]}`, newest
/// first.
pub(crate) async fn list(edge: Edge, uri: Uri) -> Result<Json<Quarantined>, Problem> {
    edge.run(move |call| {
        let seller = body::query::<Which>(&uri)?.seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let authorized = call.gate().read_quarantine(call.caller(), seller.as_ref())?;
        Ok(Json(Quarantined { quarantined: call.vault().quarantine(authorized, seller.as_ref())? }))
    })
    .await
}

/// `GET /v1/quarantine/{id}` answers one of them.
pub(crate) async fn show(edge: Edge, Path(id): Path<String>) -> Result<Json<Item>, Problem> {
    edge.run(move |call| {
        let id: RecordId = id.parse()?;
        let authorized = call.gate().read_quarantine(call.caller(), None)?;
        let item = call.vault().quarantined(authorized, id)?;
        item.map(Json).ok_or_else(|| Problem::not_found("there is nothing in quarantine under this id"))
    })
    .await
}
