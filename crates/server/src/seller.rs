//! Sellers.

use axum::Json;
use axum::http::StatusCode;
use bailee_core::SellerId;
use bailee_vault::seller::Seller;
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::edge::Edge;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSeller {
    id: String,
    #[serde(default)]
    name: Option<String>,
}

/// Every seller.
#[derive(Serialize)]
pub(crate) struct Sellers {
    sellers: Vec<Seller>,
}

/// `GET /v1/sellers` answers `{"sellers":[{"id","name"}]}`.
pub(crate) async fn list(edge: Edge) -> Result<Json<Sellers>, Problem> {
    edge.run(|call| {
        let _allowed = call.gate().administer(call.caller())?;
        Ok(Json(Sellers { sellers: call.vault().sellers()? }))
    })
    .await
}

/// `POST /v1/sellers` takes `{"id","name"?}` and answers the same.
pub(crate) async fn add(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<Seller>), Problem> {
    edge.run(move |call| {
        let authorized = call.gate().administer(call.caller())?;
        let NewSeller { id, name } = body.parse()?;
        let id: SellerId = id.parse()?;
        call.vault().add_seller(authorized, &id, name.as_deref())?;
        Ok((StatusCode::CREATED, Json(Seller { id, name })))
    })
    .await
}
