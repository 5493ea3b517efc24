//! Find: references only, of records of every kind.

use std::collections::HashSet;

use axum::Json;
use axum::extract::Path;
use bailee_core::{Reference, SellerId, Sensitive};
use bailee_vault::find::Query;
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::edge::Edge;
use crate::problem::Problem;

/// What to search for. It travels in the body, since addresses of pages end up in logs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    postal_code: Option<String>,
}

/// What was found.
#[derive(Serialize)]
pub(crate) struct Found {
    references: Vec<Reference>,
}

/// `POST /v1/sellers/{seller}/orders:find` takes `{"email"?,"phone"?,"name"?,"postal_code"?}` and answers
/// `{"references":[…]}`.
pub(crate) async fn find(
    edge: Edge,
    Path(seller): Path<String>,
    body: JsonBody,
) -> Result<Json<Found>, Problem> {
    edge.run(move |call| {
        let seller: SellerId = seller.parse()?;
        let Wanted { email, phone, name, postal_code } = body.parse()?;
        let query = Query {
            email: email.map(Sensitive::new),
            phone: phone.map(Sensitive::new),
            name: name.map(Sensitive::new),
            postal_code: postal_code.map(Sensitive::new),
        };
        let authorized = call.gate().find(call.caller(), &seller, &query.terms()?)?;
        let found = call.vault().find(authorized, &query)?.into_iter().map(|(_, reference)| reference);
        // Records of several kinds may share one, as an order and its returns do.
        let mut told = HashSet::new();
        Ok(Json(Found { references: found.filter(|reference| told.insert(reference.clone())).collect() }))
    })
    .await
}
