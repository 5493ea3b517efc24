//! Retention: what is due when, why, and the run that ends it.

use axum::extract::Path;
use axum::http::Uri;
use axum::{Extension, Json};
use bailee_core::{Kind, Reference, SellerId};
use bailee_vault::retention::{Explained, Ran, Status};
use serde::{Deserialize, Serialize};

use crate::body;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::record::unknown;
use crate::watch::{Tick, Watch};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    seller: Option<String>,
}

/// Live buckets by seller.
#[derive(Serialize)]
pub(crate) struct Sellers {
    sellers: Vec<Status>,
}

/// `GET /v1/retention?seller=…` answers
/// `{"sellers":[{"seller","buckets":[{"held","day","state","closes_at","parts"}],"destroyed"}]}`.
pub(crate) async fn status(edge: Edge, uri: Uri) -> Result<Json<Sellers>, Problem> {
    edge.run(move |call| {
        let seller = body::query::<Which>(&uri)?.seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let authorized = call.gate().read_retention(call.caller(), seller.as_ref())?;
        Ok(Json(Sellers { sellers: call.vault().retention_status(authorized, seller.as_ref())? }))
    })
    .await
}

/// `POST /v1/retention:run` answers `{"disposed","buckets_destroyed","archived","held"}`.
pub(crate) async fn run(edge: Edge, watch: Option<Extension<Watch>>) -> Result<Json<Ran>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().run_retention(call.caller())?;
        let mut progress = |done, total| {
            if let Some(Extension(watch)) = &watch {
                // A destruction that has begun is finished: only a collect can be stopped.
                let _ = watch.tick(Tick::Destroyed { done, total });
            }
        };
        Ok(Json(call.vault().retention_run(authorized, &mut progress)?))
    })
    .await
}

/// `GET /v1/sellers/{seller}/{orders|shipments|returns}/{reference}/retention` answers
/// `{"rule","evidence","lo","hi","expires_at","closes_at","profile","state","words"}`.
pub(crate) async fn explain(
    kind: Kind,
    edge: Edge,
    Path((seller, reference)): Path<(String, String)>,
) -> Result<Json<Explained>, Problem> {
    edge.run(move |call| {
        let (seller, reference): (SellerId, Reference) = (seller.parse()?, reference.parse()?);
        let authorized = call.gate().read_retention(call.caller(), Some(&seller))?;
        let explained = call.vault().retention_explain(authorized, &seller, kind, &reference)?;
        explained.map(Json).ok_or_else(|| unknown(&seller, kind, &reference))
    })
    .await
}
