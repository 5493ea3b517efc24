//! Find: references only, of records of every kind.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::Uri;
use axum::routing::post;
use bailee_core::{Reference, SellerId, Sensitive};
use bailee_vault::find::Query;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{nullable, object, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::paging::Page;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let query = object(&[
        ("email?", nullable(text("An e-mail address."))),
        ("phone?", nullable(text("A phone number."))),
        ("name?", nullable(text("A name."))),
        ("postal_code?", nullable(text("A postal code; it needs a name."))),
    ]);
    vec![
        Operation::post("/v1/sellers/{seller}/orders:find", "findOrders", post(find))
            .says(
                Tag::Orders,
                "Find records",
                "References only, of records of every kind. Each page is a find of its own: an event of the ledger, and \
                 counted by a stricter rate than other requests.",
            )
            .in_pages()
            .for_services()
            .takes("What is searched for: all of it must hold.", query, json!({ "name": "Juniper Fernsby" }))
            .answers(
                200,
                "What was found.",
                pages("references", &words::reference()),
                json!({ "references": [words::REFERENCE], "next": null }),
            )
            .refuses(&[
                "unknown-seller",
                "empty-query",
                "unusable-term",
                "class-not-granted",
                "grant-ended",
                "volume-spent",
            ])
            .opens(),
    ]
}

/// By what somebody can be found. It travels in the body, since addresses of pages end up in logs.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Who {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    postal_code: Option<String>,
}

impl Who {
    pub(crate) fn query(self) -> Query {
        let Self { email, phone, name, postal_code } = self;
        Query {
            email: email.map(Sensitive::new),
            phone: phone.map(Sensitive::new),
            name: name.map(Sensitive::new),
            postal_code: postal_code.map(Sensitive::new),
        }
    }
}

/// What was found.
#[derive(Serialize)]
struct Found {
    references: Vec<Reference>,
    next: Option<String>,
}

async fn find(
    edge: Edge,
    Segments(seller): Segments<String>,
    uri: Uri,
    body: JsonBody,
) -> Result<Json<Found>, Problem> {
    edge.run(move |call| {
        let seller: SellerId = seller.parse()?;
        let page = Page::asked("find", &uri)?;
        let query = body.parse::<Who>()?.query();
        call.counts_as_find()?;
        let authorized = call.gate().find(call.caller(), &seller, &query.terms()?)?;
        let found = call.vault().find(authorized, &query)?.into_iter().map(|(_, reference)| reference);
        // Records of several kinds may share one, as an order and its returns do.
        let found: BTreeSet<Reference> = found.collect();
        let (references, next) = page.cut(found.into_iter().collect(), Reference::clone);
        Ok(Json(Found { references, next }))
    })
    .await
}
