//! What the orders that are held are like, for test data that is like them (2.5.b).

use axum::Extension;
use axum::Json;
use axum::http::Uri;
use axum::routing::get;
use bailee_core::SellerId;
use bailee_intake::synth::Profile;
use serde::Deserialize;
use serde_json::json;

use crate::api::schema::{Schema, count, list, named, nullable, object, one_of, text};
use crate::api::{Operation, Tag, words};
use crate::body;
use crate::catalogue::looked;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::watch::Watch;

pub(crate) fn operations() -> Vec<Operation> {
    let field = json!({ "path": "buyer.buyerName", "held": 300, "of": 312 });
    let group = json!({
        "status": "SHIPPED", "fulfilled_by": "MERCHANT", "orders": 312,
        "items": [{ "items": 1, "orders": 312 }], "fields": [field],
    });
    let example = json!({
        "format": "bailee-synth-profile/1",
        "orders": 312,
        "marketplaces": [{ "id": "A1PA6795UKMFR9", "orders": 312 }],
        "groups": [group],
        "lengths": [{ "path": "buyer.buyerName", "bins": [{ "from": 12, "to": 15, "values": 300 }] }],
    });
    vec![
        Operation::get("/v1/shape", "showShape", get(shape))
            .says(
                Tag::Catalogue,
                "Measure what the orders that are held are like",
                "For test data that is like them: counts and shares, never a value, and nothing of so few that it would tell of one \
                 person. Every live order is opened for it inside; what is restricted is left out.",
            )
            .query("seller", "This seller's orders alone.", words::seller_id())
            .for_people()
            .answers(200, "Their shape, as `bailee synth --like` takes it.", profile(), example)
            .refuses(&["bad-id", "unknown-seller", "too-few-orders"])
            .opens(),
    ]
}

fn profile() -> Schema {
    let status = one_of(
        [
            "PENDING_AVAILABILITY",
            "PENDING",
            "UNSHIPPED",
            "PARTIALLY_SHIPPED",
            "SHIPPED",
            "CANCELLED",
            "UNFULFILLABLE",
        ],
        "Their status; of several, and of none, `null`.",
    );
    let by = one_of(["AMAZON", "MERCHANT"], "Who fulfils them.");
    let field = object(&[
        ("path", text("A field of the catalogue, or a list.")),
        ("held", count("How many hold it.")),
        ("of", count("Of so many orders, or elements of the list around it.")),
    ]);
    let items = object(&[("items", count("So many items.")), ("orders", count("Orders with so many."))]);
    let group = object(&[
        ("status", nullable(status)),
        ("fulfilled_by", nullable(by)),
        ("orders", count("How many there are.")),
        ("items", list(&items)),
        ("fields", list(&field)),
    ]);
    let marketplace = object(&[("id", text("Its id.")), ("orders", count("Its orders."))]);
    let bin = object(&[
        ("from", count("Characters at least.")),
        ("to", count("Characters at most.")),
        ("values", count("Values of such a length.")),
    ]);
    let lengths = object(&[("path", text("A personal field.")), ("bins", list(&bin))]);
    named(
        "Shape",
        object(&[
            ("format", text("What it is.")),
            ("orders", count("Orders that were measured.")),
            ("marketplaces", list(&marketplace)),
            ("groups", list(&group)),
            ("lengths", list(&lengths)),
        ]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    #[serde(default)]
    seller: Option<String>,
}

async fn shape(edge: Edge, uri: Uri, watch: Option<Extension<Watch>>) -> Result<Json<Profile>, Problem> {
    edge.run(move |call| {
        let Whose { seller } = body::query(&uri)?;
        let seller = seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let authorized = call.gate().read_shape(call.caller(), seller.as_ref())?;
        Ok(Json(call.vault().shape(authorized, &mut looked(watch))?))
    })
    .await
}
