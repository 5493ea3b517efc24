//! Evidence of delivery over the API.

use axum::body::Body;
use axum::http::StatusCode;
use bailee_ledger::event::What;
use serde_json::{Value, json};

use crate::house::House;

const OBSERVE: &str = "/v1/sellers/ALPHA/orders:observe";

async fn observe(house: &House, bearer: &str, query: &str, body: impl Into<Body>) -> Value {
    let answer = house.ask("POST", &format!("{OBSERVE}{query}"), bearer, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

#[tokio::test]
async fn a_service_of_the_seller_may_tell_and_is_told_what_became_of_it() {
    let house = House::new().await;
    let order = json!({"orderId": "250-1234567-1234567", "fulfillment": {"fulfillmentStatus": "SHIPPED"}})
        .to_string();
    house.ask("POST", "/v1/sellers/ALPHA/orders:collect", &house.session, order).await;
    let lines = "{\"reference\":\"250-1234567-1234567\",\"status\":\"delivered\"}\n{\"reference\":\"250-1234567-1234568\",\"status\":\"lost\"}\nx\n";
    let told = observe(&house, &house.service, "", lines).await;
    let expected = json!({
        "read": 3, "changed": 1, "unchanged": 0, "past_retention": 0, "unknown": 1, "refused": 1,
        "unknown_at": [{"entry": 2, "line": 2}],
        "refused_at": [{"entry": 3, "line": 3, "reason": "syntax"}],
    });
    assert_eq!(told, expected);
    assert!(matches!(house.last_event().what, What::ExpiryChanged { .. } | What::Collected { .. }));
    let answer = json!({"eventHistory": [{"eventCode": "Delivered"}]}).to_string();
    let told =
        observe(&house, &house.service, "?reference=250-1234567-1234567&format=tracking&package=P1", answer)
            .await;
    assert_eq!((&told["read"], &told["changed"]), (&json!(1), &json!(1)));
    assert_eq!(observe(&house, &house.session, "", "").await["read"], 0);
    let explained = house
        .ask("GET", "/v1/sellers/ALPHA/orders/250-1234567-1234567/retention", &house.session, "")
        .await
        .json();
    assert_eq!(explained["evidence"], "delivered-by");
}

#[tokio::test]
async fn what_cannot_be_taken_is_a_problem_of_its_own() {
    let house = House::new().await;
    let line = r#"{"reference":"250-1234567-1234567","status":"delivered"}"#;
    for (query, body, code) in [
        ("", "Dear customer", "no-evidence"),
        ("?format=csv", line, "unknown-format"),
        ("?charset=latin", line, "unknown-charset"),
        ("?kind=return", line, "unacceptable"),
        ("?as_of=soon", line, "bad-time"),
        ("?as_of=2999-01-01T00:00:00Z", line, "as-of-in-future"),
        ("?reference=1%201", line, "bad-id"),
        ("?source=x", line, "bad-query"),
    ] {
        let answer = house.ask("POST", &format!("{OBSERVE}{query}"), &house.session, body).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, code),
            "{query}"
        );
    }
    let other = house.ask("POST", "/v1/sellers/BETA/orders:observe", &house.service, line).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}
