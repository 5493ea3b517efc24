//! Every route refuses whoever is not known, and whoever may not; what is refused says so as a problem document.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod conformity;
mod description;
mod ended;
mod house;
mod lists;
mod observe;
mod once;
mod rates;
mod reveal;
mod routes;
mod subject;

use std::collections::BTreeSet;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, Version};
use bailee_core::{Clock, PrincipalId, RequestId};
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::{Append, AppendError, Appended};
use bailee_server::{JSON_BODY_BYTES_MAX, reference};
use futures_util::stream;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::*;
use crate::routes::*;

const ID: &str = "000102030405060708090a0b0c0d0e0f";

#[test]
fn the_table_names_every_route() {
    let document: Value = serde_json::from_str(&reference::openapi()).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation.get("security").is_none() {
                described.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let shape = |path: &str| {
        path.replace("ALPHA", "{seller}")
            .replace("1-1-1", "{reference}")
            .replace("orders-v0", "{name}")
            .replace("2026-04-01", "{day}")
            .replace("another", "{service}")
            .replace(&format!("/keys/{ID}"), "/keys/{key}")
            .replace(&format!("proofs/{ID}"), "proofs/{request}")
            .replace(&format!("notices/{ID}"), "notices/{notice}")
            .replace(ID, "{id}")
    };
    let listed: BTreeSet<_> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), shape(path))).collect();
    assert_eq!(listed, described);
}

#[tokio::test]
async fn every_route_refuses_whoever_is_not_known_and_the_refusal_is_an_event() {
    let house = House::new().await;
    for (method, path, body) in ROUTES {
        for bearer in ["", "not-a-session", "bsk_0000000000000000000000000000000000000000000"] {
            let answer = house.ask(method, path, bearer, *body).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            answer.problem();
            assert!(matches!(house.last_event().what, What::Denied { .. }), "{method} {path}");
            assert_eq!(
                house.last_event().request.to_string(),
                answer.headers["request-id"].to_str().unwrap()
            );
        }
    }
}

/// A ledger on a disk that is full.
struct Full;

impl Append for Full {
    fn append(&self, _: &[Event]) -> Result<Appended, AppendError> {
        Err(AppendError("disk-full"))
    }
}

#[tokio::test]
async fn what_waits_for_the_ledger_is_written_after_the_next_request_that_goes_well() {
    let house = House::new().await;
    let what = What::SystemError { component: "disk".to_owned(), code: "full".to_owned() };
    let (at, principal) = (FixedClock.now(), PrincipalId::System);
    let fault = Event { at, principal, request: RequestId([5; 16]), detail: None, what };
    house.faults.report(&Full, fault.clone());
    assert_eq!(house.faults.waiting(), std::slice::from_ref(&fault));
    assert_ne!(house.last_event(), fault);
    let answer = house.ask("GET", "/v1/sellers", &house.session, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(house.last_event(), fault);
    assert_eq!(house.faults.waiting(), []);
}

#[tokio::test]
async fn an_anonymous_caller_learns_nothing_of_what_a_route_takes() {
    let house = House::new().await;
    for (method, path, _) in ROUTES {
        let path = path.replace("1-1-1", "a%20b").replace(ID, "no-id");
        let answer = house.ask(method, &path, "", "{not json").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn a_service_reaches_its_own_seller_and_no_administration() {
    let house = House::new().await;
    for (method, path, body) in ROUTES.iter().filter(|(_, path, _)| *path != "/v1/sessions/current") {
        let answer = house.ask(method, path, &house.service, *body).await;
        if SERVICE_MAY.contains(path) {
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        } else {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            answer.problem();
        }
    }
}

#[tokio::test]
async fn another_seller_is_refused_whether_it_exists_or_not() {
    let house = House::new().await;
    for (method, path, body) in ROUTES.iter().filter(|(_, path, _)| path.contains("ALPHA")) {
        let mut codes = BTreeSet::new();
        for other in ["BETA", "NOBODY"] {
            let answer = house.ask(method, &path.replace("ALPHA", other), &house.service, *body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            codes.insert(answer.problem());
        }
        assert_eq!(codes.len(), 1);
    }
    let reveal =
        |seller: &str| json!({ "purpose": "tax", "items": [{ "seller": seller, "reference": "1-1-1" }] });
    for other in ["BETA", "NOBODY"] {
        let answer = house.ask("POST", "/v1/reveal", &house.service, reveal(other).to_string()).await.json();
        assert_eq!(answer["denied"][0]["code"], "seller-not-granted", "{answer}");
        assert!(answer["unknown"].is_null());
    }
}

#[tokio::test]
async fn problems_carry_no_text_of_the_request() {
    let house = House::new().await;
    let secret = "Juniper Fernsby";
    let body = json!({ "email": secret, "surprise": secret }).to_string();
    let answer = house.ask("POST", "/v1/sellers/ALPHA/orders:find", &house.session, body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.problem(), "bad-body");
    assert!(!String::from_utf8_lossy(&answer.body).contains(secret));
    let answer = house.ask("GET", "/v1/sellers/ALPHA/orders/Juniper%20Fernsby", &house.session, "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!String::from_utf8_lossy(&answer.body).contains("Juniper"));
}

#[tokio::test]
async fn a_body_has_a_limit_and_a_collect_has_none() {
    let house = House::new().await;
    let pad = |text: &str, bytes: usize| " ".repeat(bytes - text.len()) + text;
    let padded = |bytes: usize| pad(r#"{"name":"Nobody Atall"}"#, bytes);
    let find = "/v1/sellers/ALPHA/orders:find";
    assert_eq!(
        house.ask("POST", find, &house.session, padded(JSON_BODY_BYTES_MAX)).await.status,
        StatusCode::OK
    );
    let answer = house.ask("POST", find, &house.session, padded(JSON_BODY_BYTES_MAX + 1)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.problem(), "body-too-long");
    let collect = "/v1/sellers/ALPHA/orders:collect";
    let order = pad(r#"{"orderId":"250-1234567-1234567"}"#, 2 * JSON_BODY_BYTES_MAX);
    assert_eq!(house.ask("POST", collect, &house.session, order).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_an_input_is_called_is_cut_off_after_200_characters() {
    let house = House::new().await;
    for (given, kept) in [(200, 200), (201, 200)] {
        let path = format!("/v1/sellers/ALPHA/orders:collect?source={}", "%C3%A9".repeat(given));
        let bad = format!(r#"{{"orderId":"250-1234567-0000{given}","buyer":{{}},"buyer":{{}}}}"#);
        let counts = house.ask("POST", &path, &house.session, bad).await.json();
        assert_eq!(counts["quarantined"], 1, "{counts}");
        let list = house.ask("GET", "/v1/quarantine?seller=ALPHA", &house.session, "").await.json();
        for one in list["quarantined"].as_array().unwrap() {
            assert_eq!(one["source"].as_str().unwrap().chars().count(), kept);
        }
    }
}

#[tokio::test]
async fn a_credential_comes_once_under_its_scheme_in_any_case() {
    let house = House::new().await;
    let (session, nobody) = (&house.session, "x");
    let asks: [(&[String], Option<&str>); 6] = [
        (&[format!("Bearer {session}")], None),
        (&[format!("bearer {session}")], None),
        (&[format!("BEARER  {session}")], None),
        (&[format!("Basic {session}")], Some("no-credential")),
        (&[format!("Bearer {session}"), format!("Bearer {session}")], Some("unknown-credential")),
        (&[format!("Bearer {nobody}"), format!("Bearer {session}")], Some("unknown-credential")),
    ];
    for (values, refused) in asks {
        let headers: Vec<_> = values.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = house.ask_with("GET", "/v1/sellers", &headers, "").await;
        match refused {
            None => assert_eq!(answer.status, StatusCode::OK, "{values:?}"),
            Some(code) => {
                assert_eq!((answer.status, answer.problem()), (StatusCode::UNAUTHORIZED, code.into()));
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_whole_is_none_that_is_too_long() {
    let house = House::new().await;
    let cut =
        [Ok(Bytes::from_static(b"{\"name\":")), Err(std::io::Error::from(std::io::ErrorKind::TimedOut))];
    let body = Body::from_stream(stream::iter(cut));
    let answer = house.ask("POST", "/v1/sellers/ALPHA/orders:find", &house.session, body).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::BAD_REQUEST, "body-incomplete".into()));
}

#[tokio::test]
async fn a_list_is_no_object_whose_members_have_no_names() {
    let house = House::new().await;
    for (path, body) in [
        ("/v1/ledger:verify", "[]"),
        ("/v1/sellers/ALPHA/orders:find", r#"["a@example.com"]"#),
        ("/v1/reveal", r#"{"purpose":"fulfilment","items":[["ALPHA","250-1234567-1234567"]]}"#),
    ] {
        let answer = house.ask("POST", path, &house.session, body).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (StatusCode::UNPROCESSABLE_ENTITY, "bad-body".to_owned()),
            "{path}"
        );
    }
    let body = r#"{"purpose":"fulfilment","items":[{"seller":"ALPHA","reference":"[[\"["}]}"#;
    assert_ne!(house.ask("POST", "/v1/reveal", &house.session, body).await.problem(), "bad-body");
}

#[tokio::test]
async fn what_is_no_route_is_a_problem_too() {
    let house = House::new().await;
    assert_eq!(house.ask("GET", "/v1/nothing", "", "").await.problem(), "not-found");
    assert_eq!(house.ask("GET", "/v1/sellers/ALPHA/orders/%ff", "", "").await.problem(), "not-found");
    assert_eq!(house.ask("GET", "/v1/quarantine/a:b", "", "").await.problem(), "not-found");
    assert_eq!(house.ask("GET", "/v1/quarantine/a:retry", "", "").await.problem(), "method-not-allowed");
    assert_eq!(house.ask("PUT", "/v1/keys", "", "").await.problem(), "method-not-allowed");
    let healthy = house.ask("GET", "/v1/health", "", "").await;
    assert_eq!(
        (healthy.status, healthy.headers["cache-control"].to_str().unwrap()),
        (StatusCode::OK, "no-store")
    );
}

#[tokio::test]
async fn the_summary_of_tokenised_documents_comes_in_a_trailer() {
    let house = House::new().await;
    let request = Request::builder()
        .method("POST")
        .uri("/v1/sellers/ALPHA/orders:collect")
        .header("authorization", format!("Bearer {}", house.session))
        .header("prefer", "respond-async, return=representation")
        .body(Body::from(r#"{"orderId":"250-1234567-1234567","buyer":{"buyerName":"Juniper Fernsby"}}"#))
        .unwrap();
    let response = house.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap();
    let summary = body.trailers().unwrap()["bailee-summary"].to_str().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<Value>(&summary).unwrap()["read"], 1);
    let document = String::from_utf8(body.to_bytes().to_vec()).unwrap();
    assert!(document.contains("250-1234567-1234567") && !document.contains("Juniper"), "{document}");
}

#[tokio::test]
async fn documents_that_end_early_say_so_in_a_trailer_or_are_cut_off_for_whom_none_reaches() {
    let house = House::new().await;
    for (version, te, reaches) in [
        (Version::HTTP_11, None, false),
        (Version::HTTP_11, Some("gzip, Trailers"), true),
        (Version::HTTP_2, None, true),
    ] {
        // More than a batch, and then its caller's side breaks off.
        let orders = (0..2000).map(|number| {
            let order =
                json!({"orderId": format!("250-1234567-{number:07}"), "buyer": {"buyerName": "Juniper"}});
            Ok(Bytes::from(format!("{order}\n")))
        });
        let broken = [Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))];
        let mut request = Request::builder()
            .method("POST")
            .version(version)
            .uri("/v1/sellers/ALPHA/orders:collect")
            .header("authorization", format!("Bearer {}", house.session))
            .header("prefer", "return=representation");
        if let Some(te) = te {
            request = request.header("te", te);
        }
        let body = Body::from_stream(stream::iter(orders.chain(broken)));
        let response = house.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        match response.into_body().collect().await {
            Ok(body) => assert!(reaches && body.trailers().unwrap().contains_key("bailee-problem")),
            Err(_) => assert!(!reaches),
        }
    }
}

#[tokio::test]
async fn what_is_in_quarantine_is_retried_by_who_may_collect_and_thrown_away_by_a_person() {
    let house = House::new().await;
    let bad = r#"{"orderId":"250-1234567-1234567","buyer":{"buyerName":"Juniper Fernsby"},"buyer":{}}"#;
    let collect = "/v1/sellers/ALPHA/orders:collect";
    let counts = house.ask("POST", collect, &house.session, format!("{bad}\n{bad}")).await.json();
    assert_eq!((&counts["read"], &counts["quarantined"]), (&json!(2), &json!(2)));
    let list = house.ask("GET", "/v1/quarantine?seller=ALPHA", &house.session, "").await.json();
    let id = |index: usize| list["quarantined"][index]["id"].as_str().unwrap().to_owned();
    assert!(list["next"].is_null());
    let shown = house.ask("GET", &format!("/v1/quarantine/{}", id(0)), &house.session, "").await.json();
    assert_eq!(shown["reason"], "duplicate-key");
    assert!(shown["outline"]["fields"].to_string().contains("buyerName"), "{shown}");
    assert!(!shown.to_string().contains("Juniper"), "{shown}");

    // A service that collects for the seller may retry, and may not throw away.
    let retry = format!("/v1/quarantine/{}:retry", id(0));
    let discard = format!("/v1/quarantine/{}:discard", id(0));
    let again = house.ask("POST", &retry, &house.service, "{}").await.json();
    assert_eq!((&again["read"], &again["quarantined"]), (&json!(1), &json!(1)));
    let why = r#"{"reason":"unreadable"}"#;
    assert_eq!(house.ask("POST", &discard, &house.service, why).await.status, StatusCode::FORBIDDEN);
    let unknown = house.ask("POST", &discard, &house.session, r#"{"reason":"because"}"#).await;
    assert_eq!(
        (unknown.status, unknown.problem().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "unknown-reason")
    );
    assert_eq!(house.ask("POST", &discard, &house.session, why).await.status, StatusCode::NO_CONTENT);
    for gone in [&discard, &retry] {
        assert_eq!(house.ask("POST", gone, &house.session, why).await.status, StatusCode::NOT_FOUND);
    }
    let all = house.ask("POST", "/v1/sellers/ALPHA/quarantine:retry", &house.session, "{}").await.json();
    assert_eq!(all["read"], 1);
    let nothing = house.ask("POST", "/v1/sellers/BETA/quarantine:retry", &house.session, "{}").await.json();
    assert_eq!(nothing["read"], 0);
    let not_an_act = format!("/v1/quarantine/{}:bury", id(1));
    assert_eq!(house.ask("POST", &not_an_act, &house.session, "{}").await.status, StatusCode::NOT_FOUND);
}
