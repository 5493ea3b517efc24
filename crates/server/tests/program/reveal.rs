//! Reveals and look-ups: item by item, bounded, and never without a trace.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Source;
use bailee_store::records::Store;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::*;

impl House {
    /// A service of ALPHA that may reveal names for fulfilment.
    async fn clerk(&self) -> String {
        let service = json!({
            "name": "clerk", "sellers": ["ALPHA"], "purposes": ["fulfilment"], "classes": ["identity"]
        });
        let service = self.ask("POST", "/v1/services", &self.session, service.to_string()).await;
        service.json()["key"].as_str().unwrap().to_owned()
    }

    async fn collect(&self, numbers: std::ops::Range<u32>) {
        let order = |number: u32| {
            json!({
                "orderId": format!("250-1234567-{number:07}"), "createdTime": "2026-03-01T10:00:00Z",
                "buyer": { "buyerName": format!("Juniper {number}"), "buyerEmail": "juniper@example.com" }
            })
        };
        let documents: String = numbers.map(|number| format!("{}\n", order(number))).collect();
        let collected = self.ask("POST", "/v1/sellers/ALPHA/orders:collect", &self.session, documents).await;
        assert_eq!(collected.status, StatusCode::OK);
    }

    async fn reveal(&self, bearer: &str, items: &[Value]) -> Answer {
        let question = json!({ "purpose": "fulfilment", "items": items });
        self.ask("POST", "/v1/reveal", bearer, question.to_string()).await
    }

    /// What was written after the first so many events.
    fn events_after(&self, count: usize) -> Vec<What> {
        let events = (0..).map_while(|index| Source::entry(&*self.store, index).unwrap());
        events.skip(count).map(|entry| Event::parse(&entry).unwrap().what).collect()
    }
}

/// Changes a part by hand, behind the program's back.
fn damage(store: &dyn Store, number: usize) {
    let bucket = store.buckets().unwrap().remove(0).bucket;
    let mut part = store.parts(bucket, None, 100).unwrap().remove(number);
    part.envelope.iter_mut().skip(1).for_each(|byte| *byte ^= 1);
    let changes = vec![bailee_store::act::Change::PutPart(part)];
    store.commit(bailee_store::act::Act { name: "by-hand", changes, events: Vec::new() }).unwrap();
}

fn item(seller: &str, number: u32) -> Value {
    json!({ "seller": seller, "reference": format!("250-1234567-{number:07}") })
}

#[tokio::test]
async fn a_reveal_of_invented_sellers_writes_one_refusal_and_past_its_limit_nothing() {
    let house = House::new().await;
    let before = house.events_after(0).len();
    let items: Vec<Value> = (0..3000).map(|number| item(&format!("NOBODY{number}"), 1)).collect();
    let answer = house.reveal(&house.service, &items).await;
    assert_eq!((answer.problem().as_str(), house.events_after(before).len()), ("too-many-items", 0));
    let answer = house.reveal(&house.service, &items[..1000]).await.json();
    assert_eq!(answer["denied"].as_array().unwrap().len(), 1000);
    let written = house.events_after(before);
    assert!(matches!(&written[..], [What::Denied { seller: None, .. }]), "{written:?}");
}

#[tokio::test]
async fn a_reveal_is_answered_item_by_item() {
    let house = House::new().await;
    let clerk = house.clerk().await;
    house.collect(1..4).await;
    let store = Arc::clone(&house.store);
    tokio::task::spawn_blocking(move || damage(&*store, 1)).await.unwrap();
    let before = house.events_after(0).len();
    let malformed = json!({ "seller": "ALPHA", "reference": "Juniper Fernsby" });
    let bad_field = json!({ "seller": "ALPHA", "reference": "1-1-1", "fields": [""] });
    let items = [
        item("ALPHA", 1),
        item("ALPHA", 2),
        item("BETA", 1),
        malformed.clone(),
        bad_field,
        json!({ "token": "none" }),
        item("ALPHA", 9),
        item("ALPHA", 3),
    ];
    let answer = house.reveal(&clerk, &items).await.json();
    let names: Vec<_> = answer["records"].as_array().unwrap().iter().map(|one| &one["reference"]).collect();
    assert_eq!(names, ["250-1234567-0000001", "250-1234567-0000003"], "{answer}");
    assert_eq!(answer["denied"][0]["seller"], "BETA");
    let mut unknown: Vec<_> = (answer["unknown"].as_array().unwrap().iter())
        .map(|one| (one["item"].as_u64().unwrap(), one["code"].as_str().unwrap()))
        .collect();
    unknown.sort_unstable();
    assert_eq!(
        unknown,
        [(1, "does-not-open"), (3, "bad-id"), (4, "bad-id"), (5, "not-a-token"), (6, "unknown")]
    );
    assert!(!answer.to_string().contains("Fernsby"));
    let written = house.events_after(before);
    let failed = |code: &str| {
        written.iter().filter(|what| matches!(what, What::RevealFailed { reason } if reason == code)).count()
    };
    assert_eq!(["does-not-open", "bad-id", "not-a-token"].map(failed), [1, 1, 1], "{written:?}");
    // Alone, what is malformed or damaged is not said to be unknown.
    assert_eq!(house.reveal(&clerk, &[malformed]).await.problem(), "bad-id");
    let mut damaged = item("ALPHA", 2);
    damaged["fields"] = json!(["buyer.buyerName"]);
    assert_eq!(house.reveal(&clerk, &[damaged, item("ALPHA", 9)]).await.problem(), "does-not-open");
}

#[tokio::test]
async fn asking_for_what_is_not_there_is_an_event() {
    let house = House::new().await;
    let clerk = house.clerk().await;
    let before = house.events_after(0).len();
    let answer = house.reveal(&clerk, &[item("ALPHA", 9), item("ALPHA", 8)]).await.json();
    assert_eq!(answer["unknown"][1]["code"], "unknown");
    let written = house.events_after(before);
    assert!(
        matches!(&written[..], [What::Revealed { seller, items, .. }] if seller.as_str() == "ALPHA" && items.is_empty()),
        "{written:?}"
    );
    house.reveal(&clerk, &[json!({ "token": "none" })]).await;
    assert!(matches!(house.last_event().what, What::RevealFailed { reason } if reason == "not-a-token"));
}

#[tokio::test]
async fn of_two_tokens_of_a_record_the_refused_one_is_named() {
    let house = House::new().await;
    let clerk = house.clerk().await;
    let document = r#"{"orderId":"250-1234567-1234567","createdTime":"2026-03-01T10:00:00Z",
        "buyer":{"buyerName":"Juniper Fernsby","buyerEmail":"juniper@example.com"}}"#;
    let request = Request::builder()
        .method("POST")
        .uri("/v1/sellers/ALPHA/orders:collect")
        .header("authorization", format!("Bearer {}", house.session))
        .header("prefer", "respond-async, return=representation")
        .body(Body::from(document.replace('\n', "")))
        .unwrap();
    let body = house.router.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    let document: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
    let token = |field: &str| json!({ "token": document["buyer"][field] });
    let answer = house.reveal(&clerk, &[token("buyerName"), token("buyerEmail")]).await.json();
    assert_eq!(answer["records"][0]["fields"]["buyer.buyerName"], "Juniper Fernsby");
    assert_eq!(answer["denied"][0]["field"], "buyer.buyerEmail", "{answer}");
}

#[tokio::test]
async fn an_item_can_say_of_what_kind_it_is() {
    let house = House::new().await;
    let clerk = house.clerk().await;
    house.collect(1..2).await;
    let shipment = json!({
        "ShipmentId": "250-1234567-0000001", "AmazonOrderId": "250-1234567-0000001", "Status": "Purchased",
        "CreatedDate": "2026-03-01T10:00:00Z", "ShipToAddress": { "Name": "Sorrel Fernsby", "CountryCode": "GB" }
    });
    let path = "/v1/sellers/ALPHA/orders:collect";
    let collected = house.ask("POST", path, &house.session, shipment.to_string()).await;
    assert_eq!(collected.json()["collected"], 1);
    let of = |kind: Value| {
        let mut item = item("ALPHA", 1);
        item["kind"] = kind;
        item
    };
    let items =
        [item("ALPHA", 1), of(json!("order")), of(json!("shipment")), of(json!("return")), of(json!("x"))];
    let answer = house.reveal(&clerk, &items).await.json();
    let told: Vec<_> = (answer["records"].as_array().unwrap().iter())
        .map(|one| {
            (one["kind"].as_str().unwrap(), one["fields"].as_object().unwrap().values().next().unwrap())
        })
        .collect();
    let (order, shipped) = (json!("Juniper 1"), json!("Sorrel Fernsby"));
    assert_eq!(told, [("order", &order), ("order", &order), ("shipment", &shipped)], "{answer}");
    let unknown = answer["unknown"].as_array().unwrap();
    let code = |item: u64| unknown.iter().find(|one| one["item"] == item).map(|one| &one["code"]);
    assert_eq!((code(3), code(4)), (Some(&json!("unknown")), Some(&json!("bad-id"))), "{answer}");
    for (path, status) in [("shipments", StatusCode::OK), ("returns", StatusCode::NOT_FOUND)] {
        for more in ["", "/retention"] {
            let path = format!("/v1/sellers/ALPHA/{path}/250-1234567-0000001{more}");
            assert_eq!(house.ask("GET", &path, &house.session, "").await.status, status, "{path}");
        }
    }
}
