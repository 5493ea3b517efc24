//! Sellers.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_core::SellerId;
use bailee_vault::seller::Seller;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, named, nullable, object, pages, text, with};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::Edge;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let one = json!({ "id": words::SELLER, "name": "Alpha Trading" });
    vec![
        Operation::get("/v1/sellers", "listSellers", get(self::list))
            .says(Tag::Sellers, "List the sellers", "By id.")
            .in_pages()
            .for_people()
            .answers(
                200,
                "The sellers.",
                pages("sellers", &seller()),
                json!({ "sellers": [one], "next": null }),
            ),
        Operation::post("/v1/sellers", "addSeller", post(add))
            .says(Tag::Sellers, "Add a seller", "")
            .once()
            .for_people()
            .takes("The seller.", new_seller(), one.clone())
            .answers(201, "The seller is there.", seller(), one)
            .refuses(&["bad-id", "seller-exists", "too-many-sellers"]),
    ]
}

fn seller() -> Schema {
    let name = nullable(text("What people call it."));
    named("Seller", object(&[("id", words::seller_id()), ("name", name)]))
}

fn new_seller() -> Schema {
    let name =
        nullable(with(text("What people call it. Longer names are cut off."), "maxLength", json!(200)));
    object(&[("id", words::seller_id()), ("name?", name)])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSeller {
    id: String,
    #[serde(default)]
    name: Option<String>,
}

/// A page of them.
#[derive(Serialize)]
struct Sellers {
    sellers: Vec<Seller>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Sellers>, Problem> {
    edge.run(move |call| {
        let _allowed = call.gate().administer(call.caller())?;
        let page = Page::asked("sellers", &uri)?;
        let (sellers, next) = page.cut(call.vault().sellers()?, |seller| seller.id.clone());
        Ok(Json(Sellers { sellers, next }))
    })
    .await
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer(call.caller())?;
        let NewSeller { id, name } = body.parse()?;
        let id: SellerId = id.parse()?;
        call.vault().add_seller(authorized, &id, name.as_deref())?;
        Ok(Written::made(&Seller { id, name }))
    })
    .await
}
