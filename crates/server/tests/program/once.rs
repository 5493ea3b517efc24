//! Writes under an `Idempotency-Key`.

use axum::http::StatusCode;
use bailee_store::records::Registers;
use serde_json::json;

use crate::house::{Answer, House};

async fn write(house: &House, path: &str, bearer: &str, key: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {bearer}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
    house.ask_with("POST", path, &headers, body.to_owned()).await
}

const SELLER: &str = r#"{"id":"GAMMA","name":"Gamma Trading"}"#;

#[tokio::test]
async fn the_first_answer_is_given_again_also_after_a_restart() {
    let mut house = House::new().await;
    let first = write(&house, "/v1/sellers", &house.session, "one", SELLER).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    for quoted in ["one", "\"one\""] {
        let again = write(&house, "/v1/sellers", &house.session, quoted, SELLER).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_ne!(again.headers["request-id"], first.headers["request-id"]);
        assert_eq!(again.headers["content-type"], first.headers["content-type"]);
    }
    house = house.restart().await;
    let again = write(&house, "/v1/sellers", &house.session, "one", SELLER).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    // Without the key it is done again, and refused for what it is.
    let twice = house.ask("POST", "/v1/sellers", &house.session, SELLER).await;
    assert_eq!(twice.problem(), "seller-exists");
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let house = House::new().await;
    write(&house, "/v1/sellers", &house.session, "one", SELLER).await;
    for (path, body) in
        [("/v1/sellers", r#"{"id":"DELTA"}"#), ("/v1/sellers?x=1", SELLER), ("/v1/mappings", SELLER)]
    {
        let other = write(&house, path, &house.session, "one", body).await;
        assert_eq!(
            (other.status, other.problem().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused")
        );
    }
    // Somebody else's key is another, whatever it is called.
    let service = write(&house, "/v1/sellers/ALPHA/quarantine:retry", &house.service, "one", "{}").await;
    assert_eq!(service.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_refused_is_decided_anew() {
    let house = House::new().await;
    let body = json!({ "name": "printer", "sellers": ["GAMMA"], "purposes": ["tax"], "classes": ["tax"] })
        .to_string();
    let refused = write(&house, "/v1/services", &house.session, "one", &body).await;
    assert_eq!(refused.problem(), "unknown-seller");
    house.ask("POST", "/v1/sellers", &house.session, SELLER).await;
    let done = write(&house, "/v1/services", &house.session, "one", &body).await;
    assert_eq!(done.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_key_that_was_shown_once_is_not_shown_again_and_kept_nowhere() {
    let mut house = House::new().await;
    let body = json!({ "name": "printer", "sellers": ["ALPHA"], "purposes": ["tax"], "classes": ["tax"] })
        .to_string();
    let first = write(&house, "/v1/services", &house.session, "one", &body).await.json();
    for _ in 0..2 {
        let again = write(&house, "/v1/services", &house.session, "one", &body).await;
        assert_eq!((again.status, again.problem().as_str()), (StatusCode::CONFLICT, "shown-once"));
        assert_eq!(again.json()["id"], first["id"]);
        assert!(!String::from_utf8_lossy(&again.body).contains(first["key"].as_str().unwrap()));
        house = house.restart().await;
    }
    let services = house.ask("GET", "/v1/services", &house.session, "").await.json();
    assert_eq!(services["services"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_kept_of_a_request_is_sealed() {
    let house = House::new().await;
    let key = "juniper.fernsby@example.com";
    write(&house, "/v1/sellers", &house.session, key, SELLER).await;
    let store = std::sync::Arc::clone(&house.store);
    let rows = tokio::task::spawn_blocking(move || Registers::entries(&*store, "repetition").unwrap());
    let rows = rows.await.unwrap();
    assert_eq!(rows.len(), 1);
    for word in ["juniper", "GAMMA", "Gamma Trading", "sellers"] {
        let word = word.as_bytes();
        assert!(!rows[0].sealed.windows(word.len()).any(|part| part == word));
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_to_whoever_is_known() {
    let house = House::new().await;
    for key in ["", "a b", "\"\"", &"k".repeat(129)] {
        let answer = write(&house, "/v1/sellers", &house.session, key, SELLER).await;
        assert_eq!(answer.problem(), "bad-idempotency-key", "{key}");
        assert_eq!(write(&house, "/v1/sellers", "", key, SELLER).await.status, StatusCode::UNAUTHORIZED);
    }
}
