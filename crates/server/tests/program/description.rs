//! The description of the API: it does not drift from what is checked in, and every answer is as it says.
//!
//! With `BAILEE_WRITE_REFERENCE` set, the references are written anew.

use std::collections::BTreeSet;
use std::path::PathBuf;

use axum::http::StatusCode;
use bailee_server::reference;
use serde_json::{Value, json};

use crate::house::House;

#[track_caller]
fn compare(name: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if std::env::var_os("BAILEE_WRITE_REFERENCE").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/reference/{name} has drifted; run the tests with BAILEE_WRITE_REFERENCE=1");
}

#[test]
fn the_references_of_the_api_are_those_of_the_program() {
    compare("openapi.json", &reference::openapi());
    compare("api.md", &reference::api());
    compare("problems.md", &reference::problems());
}

/// The codes that a file's functions give, of which one may be a problem's.
fn codes(source: &str) -> BTreeSet<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(source);
    let text = std::fs::read_to_string(&path).unwrap();
    let body = text.split("fn code(").nth(1).unwrap().split("\n    }\n").next().unwrap();
    body.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_code_that_the_floors_give_is_a_type_of_problem() {
    let known: BTreeSet<String> =
        reference::problems().split('`').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    // Wrapped in others, or a fault of the program, and then told as such.
    let inside = ["store", "ledger", "rules", "other-home", "other-kind", "miscounted", "fact-not-allowed"];
    for source in [
        "access/src/error.rs",
        "access/src/decision/reason.rs",
        "vault/src/error.rs",
        "vault/src/archive.rs",
        "vault/src/exports.rs",
        "core/src/catalogue/error.rs",
        "intake/src/format/error.rs",
        "crypto/src/keyring.rs",
        "crypto/src/provider.rs",
        "crypto/src/token.rs",
    ] {
        let given = codes(source);
        assert!(given.len() > 2, "{source}");
        for code in given.iter().filter(|code| !inside.contains(&code.as_str()) && *code != "keyring") {
            assert!(known.contains(code), "{source}: {code}");
        }
    }
}

#[tokio::test]
async fn the_description_is_for_anybody_and_packed_where_that_is_taken() {
    let house = House::new().await;
    let plain = house.ask("GET", "/openapi.json", "", "").await;
    assert_eq!((plain.status, plain.headers.get("content-encoding")), (StatusCode::OK, None));
    assert_eq!(plain.json()["openapi"], "3.1.0");
    let packed = house.ask_with("GET", "/openapi.json", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(packed.body.len() * 5 < plain.body.len());
    let page = house.ask("GET", "/docs", "", "").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(String::from_utf8(page.body).unwrap().contains("/v1/reveal"));
    // Where a secret and a caller's text can stand side by side, nothing is ever packed.
    let bearer = format!("Bearer {}", house.session);
    let asked = [("accept-encoding", "gzip"), ("authorization", bearer.as_str())];
    let sellers = house.ask_with("GET", "/v1/sellers", &asked, "").await;
    assert_eq!((sellers.status, sellers.headers.get("content-encoding")), (StatusCode::OK, None));
}

#[tokio::test]
async fn every_example_is_answered_as_it_is_described() {
    let house = House::new().await;
    let order = json!({
        "orderId": "250-1234567-1234567",
        "recipient": { "deliveryAddress": { "name": "Juniper Fernsby", "city": "Leeds", "countryCode": "GB" } },
        "extra": { "note": "leave it at the door" },
    });
    let collect = "/v1/sellers/ALPHA/orders:collect";
    assert_eq!(house.ask("POST", collect, &house.session, order.to_string()).await.status, StatusCode::OK);
    let document: Value = serde_json::from_str(&reference::openapi()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            // Its session is the one that all the others are asked with.
            if operation["operationId"] == "logOut" {
                continue;
            }
            let mut target = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
                target = target.replace(&name, parameter["example"].as_str().unwrap_or_default());
            }
            let body = &operation["requestBody"]["content"]["application/json"]["example"];
            let body = if body.is_null() { String::new() } else { body.to_string() };
            // What is asked is checked by the house: status, media type and shape are among those described.
            house.ask(&method.to_uppercase(), &target, &house.session, body).await;
        }
    }
}
