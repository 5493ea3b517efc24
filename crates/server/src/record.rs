//! A record of any kind as it may be shown without a reveal.

use axum::Json;
use axum::extract::Path;
use bailee_core::{Class, Kind, Reference, SellerId};
use bailee_vault::retention::Explained;
use serde::Serialize;

use crate::edge::Edge;
use crate::problem::Problem;

/// Facts, masks and clock.
#[derive(Serialize)]
pub(crate) struct Shown {
    seller: SellerId,
    kind: Kind,
    reference: Reference,
    state: &'static str,
    document: bailee_core::Json,
    fields: Vec<MaskedField>,
    unclassified: u64,
    retention: Explained,
}

/// A personal field, without its value.
#[derive(Serialize)]
struct MaskedField {
    path: String,
    class: Class,
    mask: String,
}

/// `GET /v1/sellers/{seller}/{orders|shipments|returns}/{reference}` answers
/// `{"seller","kind","reference","state","document","fields":[{"path","class","mask"}],"unclassified","retention"}`.
pub(crate) async fn show(
    kind: Kind,
    edge: Edge,
    Path((seller, reference)): Path<(String, String)>,
) -> Result<Json<Shown>, Problem> {
    edge.run(move |call| {
        let (seller, reference): (SellerId, Reference) = (seller.parse()?, reference.parse()?);
        let authorized = call.gate().show(call.caller(), &seller, kind)?;
        let shown =
            call.vault().show(authorized, &reference)?.ok_or_else(|| unknown(&seller, kind, &reference))?;
        let fields = shown.fields.into_iter();
        Ok(Json(Shown {
            seller,
            kind,
            reference: shown.reference,
            state: shown.state,
            document: shown.document,
            fields: fields.map(|(path, class, mask)| MaskedField { path, class, mask }).collect(),
            unclassified: shown.unclassified,
            retention: shown.retention,
        }))
    })
    .await
}

/// There is no such record.
pub(crate) fn unknown(seller: &SellerId, kind: Kind, reference: &Reference) -> Problem {
    Problem::not_found(format!("there is no {kind} {seller}/{reference}"))
}
