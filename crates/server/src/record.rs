//! A record of any kind as it may be shown without a reveal.

use axum::Json;
use axum::routing::get;
use bailee_core::{Class, Kind, Reference, SellerId};
use bailee_vault::retention::Explained;
use serde::Serialize;
use serde_json::json;

use crate::api::schema::{Schema, anything, count, list, named, object, one_of, text};
use crate::api::{Operation, Tag, words};
use crate::body::Segments;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::retention;

pub(crate) fn operations() -> Vec<Operation> {
    let show = |path, id, summary, kind| {
        Operation::get(path, id, get(move |edge, named| show(kind, edge, named)))
            .says(Tag::Orders, summary, "Facts, masks and clock; never personal data.")
            .for_services()
            .answers(200, "The record.", record(), example())
            .refuses(&["not-found", "unknown-seller"])
            .opens()
    };
    let explain = retention::explaining;
    vec![
        show("/v1/sellers/{seller}/orders/{reference}", "showOrder", "Show an order", Kind::Order),
        explain(
            "/v1/sellers/{seller}/orders/{reference}/retention",
            "explainOrder",
            "When an order's personal data ends",
            Kind::Order,
        ),
        show("/v1/sellers/{seller}/shipments/{reference}", "showShipment", "Show a shipment", Kind::Shipment),
        explain(
            "/v1/sellers/{seller}/shipments/{reference}/retention",
            "explainShipment",
            "When a shipment's personal data ends",
            Kind::Shipment,
        ),
        show(
            "/v1/sellers/{seller}/returns/{reference}",
            "showReturn",
            "Show the returns of an order",
            Kind::Return,
        ),
        explain(
            "/v1/sellers/{seller}/returns/{reference}/retention",
            "explainReturn",
            "When the personal data of an order's returns ends",
            Kind::Return,
        ),
    ]
}

fn record() -> Schema {
    let field = object(&[
        ("path", text("Where it stands in the record.")),
        ("class", words::class()),
        ("mask", text("What may be shown of it.")),
    ]);
    named(
        "Record",
        object(&[
            ("seller", words::seller_id()),
            ("kind", words::kind()),
            ("reference", words::reference()),
            (
                "state",
                one_of(
                    ["live", "restricted", "closing", "disposed", "erased", "lost"],
                    "How its personal data stands.",
                ),
            ),
            ("document", anything("Its facts, under their canonical names.")),
            ("fields", list(&field)),
            (
                "rectified",
                list(&text(
                    "The path of a field that somebody corrected: what the source says of it is passed over.",
                )),
            ),
            ("unclassified", count("Values that the catalogue does not name.")),
            ("retention", retention::explained()),
        ]),
    )
}

fn example() -> serde_json::Value {
    json!({
        "seller": words::SELLER,
        "kind": "order",
        "reference": words::REFERENCE,
        "state": "live",
        "document": { "orderId": words::REFERENCE, "createdTime": words::TIME },
        "fields": [{ "path": "recipient.deliveryAddress.city", "class": "address", "mask": "****" }],
        "rectified": [],
        "unclassified": 0,
        "retention": retention::example(),
    })
}

/// Facts, masks and clock.
#[derive(Serialize)]
struct Shown {
    seller: SellerId,
    kind: Kind,
    reference: Reference,
    state: &'static str,
    document: bailee_core::Json,
    fields: Vec<MaskedField>,
    rectified: Vec<String>,
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

async fn show(
    kind: Kind,
    edge: Edge,
    Segments((seller, reference)): Segments<(String, String)>,
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
            rectified: shown.rectified,
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
