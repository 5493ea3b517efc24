//! Rates: 429, with the seconds to wait.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bailee_server::Rates;
use bailee_server::listener::{Peer, Spoken};
use tower::ServiceExt;

use crate::house::House;

#[track_caller]
fn is_told_to_wait(answer: &crate::house::Answer) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.problem(), "too-many-requests");
    let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn finds_have_a_stricter_rate_than_other_requests_and_everybody_his_own() {
    let house = House::with(Rates { finds_per_minute: 2, ..Rates::default() }).await;
    let find = "/v1/sellers/ALPHA/orders:find";
    for _ in 0..2 {
        let found = house.ask("POST", find, &house.session, r#"{"name":"Nobody Atall"}"#).await;
        assert_eq!(found.status, StatusCode::OK);
    }
    is_told_to_wait(&house.ask("POST", find, &house.session, r#"{"name":"Nobody Atall"}"#).await);
    assert_eq!(house.ask("GET", "/v1/sellers", &house.session, "").await.status, StatusCode::OK);
    let of_service = house.ask("POST", find, &house.service, r#"{"name":"Nobody Atall"}"#).await;
    assert_ne!(of_service.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_principal_has_a_rate_for_everything() {
    // The house is populated with five requests of the same person.
    let house = House::with(Rates { requests_per_second: 5, ..Rates::default() }).await;
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(house.ask("GET", "/v1/keys", &house.session, "").await);
    }
    let refused = answers.iter().find(|answer| answer.status != StatusCode::OK);
    is_told_to_wait(refused.unwrap());
}

async fn from(
    house: &House,
    address: &str,
    method: &str,
    path: &str,
    bearer: &str,
    body: &'static str,
) -> StatusCode {
    let address: IpAddr = address.parse().unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if !bearer.is_empty() {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    let mut request = request.body(Body::from(body)).unwrap();
    let spoken = Spoken { version: "1.3", suite: "TLS13_AES_256_GCM_SHA384" };
    request.extensions_mut().insert(Peer::Network { from: SocketAddr::new(address, 40_000), spoken });
    house.router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn log_ins_are_counted_by_address() {
    let house = House::with(Rates { log_ins_per_minute: 1, ..Rates::default() }).await;
    let body = r#"{"mail":"nobody@example.com","password":"x"}"#;
    let log_in = |address| from(&house, address, "POST", "/v1/sessions", "", body);
    assert_eq!(log_in("10.0.2.1").await, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in("10.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(log_in("10.0.2.2").await, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in("2001:db8::1").await, StatusCode::UNAUTHORIZED);
    // One house, as far as anybody can tell.
    assert_eq!(log_in("2001:db8::2").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn strangers_stop_reaching_the_ledger_and_keep_nobody_known_out() {
    let house = House::with(Rates { refusals_per_minute: 3, ..Rates::default() }).await;
    let ask = |bearer| from(&house, "10.0.2.1", "GET", "/v1/keys", bearer, "");
    for _ in 0..3 {
        assert_eq!(ask("nonsense").await, StatusCode::UNAUTHORIZED);
    }
    let last = house.last_event();
    for bearer in ["nonsense", ""] {
        assert_eq!(ask(bearer).await, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(house.last_event(), last);
    let known = from(&house, "10.0.2.1", "GET", "/v1/grants", &house.service, "").await;
    assert_eq!(known, StatusCode::OK);
}
