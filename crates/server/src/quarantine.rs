//! Quarantine: reasons, places and masks, never a value; taking in what was mended, throwing away the rest.

use axum::Json;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bailee_core::{RecordId, SellerId};
use bailee_vault::quarantine::discard::Reason;
use bailee_vault::quarantine::retry::Retry;
use bailee_vault::quarantine::{Item, LIST_MAX, Quarantined};
use serde::{Deserialize, Serialize};

use crate::body::{self, JsonBody};
use crate::collect::{Answer, charset, format};
use crate::edge::{Call, Edge};
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    seller: Option<String>,
    /// The id behind which the list goes on.
    #[serde(default)]
    after: Option<String>,
}

/// What is in quarantine.
#[derive(Serialize)]
pub(crate) struct List {
    quarantined: Vec<Item>,
    /// Behind which id the list goes on, when there may be more.
    next: Option<RecordId>,
}

/// How to read again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct How {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    charset: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

/// `GET /v1/quarantine?seller=…&after=…` answers `{"quarantined":[{"id","seller","source","position","reason",…}],
/// "next"}`, newest first.
pub(crate) async fn list(edge: Edge, uri: Uri) -> Result<Json<List>, Problem> {
    edge.run(move |call| {
        let which: Which = body::query(&uri)?;
        let seller = which.seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let after = which.after.map(|text| text.parse::<RecordId>()).transpose()?;
        let authorized = call.gate().read_quarantine(call.caller(), seller.as_ref())?;
        let quarantined = call.vault().quarantine(authorized, seller.as_ref(), after)?;
        let next = quarantined.last().filter(|_| quarantined.len() >= LIST_MAX).map(|item| item.id);
        Ok(Json(List { quarantined, next }))
    })
    .await
}

/// `GET /v1/quarantine/{id}` answers one of them, with an outline of its content.
pub(crate) async fn show(edge: Edge, Path(id): Path<String>) -> Result<Json<Quarantined>, Problem> {
    edge.run(move |call| {
        let id: RecordId = id.parse()?;
        let authorized = call.gate().read_quarantine(call.caller(), None)?;
        let item = call.vault().quarantined(authorized, id, &call.mappings().formats())?;
        item.map(Json).ok_or_else(nothing_there)
    })
    .await
}

/// `POST /v1/sellers/{seller}/quarantine:retry` takes `{"format"?,"charset"?}` and answers what collecting answers: everything in
/// the seller's quarantine is read again.
pub(crate) async fn retry(
    edge: Edge,
    Path(seller): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    edge.run(move |call| retry_items(call, &seller.parse()?, None, body)).await
}

/// `POST /v1/quarantine/{id}:retry` takes `{"format"?,"charset"?}` and answers what collecting answers;
/// `POST /v1/quarantine/{id}:discard` takes `{"reason"}` and answers nothing.
pub(crate) async fn act(edge: Edge, Path(target): Path<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.run(move |call| match target.split_once(':') {
        Some((id, "retry")) => {
            let (id, seller) = of_seller(call, id)?;
            retry_items(call, &seller, Some(id), body)
        }
        Some((id, "discard")) => {
            let (id, seller) = of_seller(call, id)?;
            let authorized = call.gate().discard_quarantine(call.caller(), &seller)?;
            let reason: Reason = body.parse::<Why>()?.reason.parse()?;
            match call.vault().discard_quarantined(authorized, id, reason)? {
                true => Ok(StatusCode::NO_CONTENT.into_response()),
                false => Err(nothing_there()),
            }
        }
        _ => Err(Problem::not_found("there is no such route")),
    })
    .await
}

/// The id and whose it is. Who may not even see quarantine does not learn whether there is such an id.
fn of_seller(call: &Call, id: &str) -> Result<(RecordId, SellerId), Problem> {
    let id: RecordId = id.parse()?;
    match call.vault().quarantined_of(id)? {
        Some(seller) => Ok((id, seller)),
        None => {
            let _allowed = call.gate().read_quarantine(call.caller(), None)?;
            Err(nothing_there())
        }
    }
}

fn retry_items(
    call: &Call,
    seller: &SellerId,
    only: Option<RecordId>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let authorized = call.gate().retry_quarantine(call.caller(), seller)?;
    let how: How = body.parse()?;
    let formats = call.mappings().formats();
    let format = how.format.as_deref().map(|name| format(&formats, name)).transpose()?;
    let charset = how.charset.as_deref().map(charset).transpose()?;
    let retry = Retry { only, formats, format, charset };
    let (summary, lost_letters) =
        call.vault().retry_quarantine(authorized, &retry)?.ok_or_else(nothing_there)?;
    Ok(Json(Answer { summary, lost_letters }).into_response())
}

fn nothing_there() -> Problem {
    Problem::not_found(
        "there is nothing in quarantine under this id: it was taken in or thrown away, or its time has come",
    )
}
