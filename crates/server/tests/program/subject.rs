//! The routes of requests and consents: an officer of a test home walks them all.

use axum::http::StatusCode;
use serde_json::json;

use crate::house::House;

impl House {
    async fn post(&self, path: &str, body: &serde_json::Value) -> crate::house::Answer {
        self.ask("POST", path, &self.session, body.to_string()).await
    }
}

#[tokio::test]
async fn a_request_goes_from_its_receipt_to_its_answer_and_says_what_is_missing() {
    let house = House::new().await;
    let order = json!({
        "orderId": "250-1234567-1234567", "createdTime": "2026-03-01T10:00:00Z",
        "buyer": { "buyerName": "Wilma Larkspur", "buyerEmail": "wilma@mail.example" }
    });
    let collected =
        house.ask("POST", "/v1/sellers/ALPHA/orders:collect", &house.session, order.to_string()).await;
    assert_eq!(collected.status, StatusCode::OK);
    let asked = json!({
        "right": "erase", "law": "gdpr", "received": "2026-03-01", "who": { "email": "WILMA@mail.example" }
    });
    for (member, value, code) in [
        ("right", json!("forget"), "bad-id"),
        ("law", json!("none"), "bad-id"),
        ("received", json!("2027-03-01"), "said-day"),
        ("sellers", json!(["NOBODY"]), "unknown-seller"),
        ("who", json!({}), "empty-query"),
        ("who", json!({ "email": "no mail" }), "unusable-term"),
    ] {
        let mut wrong = asked.clone();
        wrong[member] = value;
        assert_eq!(house.post("/v1/subject-requests", &wrong).await.problem(), code, "{member}");
    }
    let opened = house.post("/v1/subject-requests", &asked).await;
    assert_eq!(opened.status, StatusCode::CREATED);
    let id = opened.json()["id"].as_str().unwrap().to_owned();
    let at = |more: &str| format!("/v1/subject-requests/{id}{more}");
    assert_eq!(house.post(&at("/preview"), &json!({})).await.problem(), "request-not-identified");
    assert_eq!(house.post(&at("/execution"), &json!({})).await.problem(), "request-not-identified");
    assert_eq!(house.post(&at("/steps"), &json!({ "step": "identify" })).await.problem(), "bad-id");
    let identified = json!({ "step": "identify", "reason": "mail-answered" });
    assert_eq!(house.post(&at("/steps"), &identified).await.json()["identified"]["how"], "mail-answered");
    assert_eq!(house.post(&at("/steps"), &identified).await.problem(), "request-step-taken");
    let previewed = house.post(&at("/preview"), &json!({})).await.json();
    assert_eq!(previewed["found"][0]["reference"], "250-1234567-1234567");
    assert!(!previewed.to_string().to_lowercase().contains("wilma"), "{previewed}");
    // A key is for access.
    assert_eq!(house.post(&at("/execution"), &json!({ "key": "x" })).await.problem(), "unacceptable");
    let done = house.post(&at("/execution"), &json!({})).await.json();
    assert_eq!((&done["records"][0]["outcome"], &done["file"]), (&json!("erased"), &json!(null)));
    assert_eq!(done["request"]["state"], "carried-out");
    let list = house.ask("GET", "/v1/subject-requests", &house.session, "").await.json();
    assert!(!list.to_string().to_lowercase().contains("wilma"));
    let shown = house.ask("GET", &at(""), &house.session, "").await.json();
    assert_eq!(shown["who"]["email"], "WILMA@mail.example");
    let refused = house.post(&at("/steps"), &json!({ "step": "refuse", "reason": "unfounded" })).await;
    assert_eq!(refused.problem(), "request-ended");
}
