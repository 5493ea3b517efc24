//! Lists page by page: whole, in order, and each entry once.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::house::House;

/// Every entry of a list, by pages of `limit`; how many pages there were.
async fn follow(house: &House, path: &str, list: &str, limit: usize) -> (Vec<Value>, usize) {
    let joint = if path.contains('?') { '&' } else { '?' };
    let (mut entries, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let (method, body) = if path.contains(":find") {
            ("POST", json!({ "name": "Juniper Fernsby" }).to_string())
        } else {
            ("GET", String::new())
        };
        let path = format!("{path}{joint}limit={limit}{cursor}");
        let answer = house.ask(method, &path, &house.session, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let page = answer.json();
        let found = page[list].as_array().unwrap();
        assert!(found.len() <= limit);
        entries.extend(found.iter().cloned());
        pages += 1;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (entries, pages),
        }
    }
}

async fn populated() -> House {
    let house = House::new().await;
    for number in 0..7 {
        let body = json!({ "id": format!("S{number}") }).to_string();
        house.ask("POST", "/v1/sellers", &house.session, body).await;
        let service = json!({ "name": format!("s{number}"), "sellers": ["ALPHA"], "purposes": ["tax"], "classes": ["tax"] });
        house.ask("POST", "/v1/services", &house.session, service.to_string()).await;
        let order = json!({
            "orderId": format!("250-1234567-000000{number}"),
            "recipient": { "deliveryAddress": { "name": "Juniper Fernsby" } },
            "extra": { (format!("note{number}")): "x" },
        });
        let bad = r#"{"orderId":"250-1234567-1234567","buyer":{},"buyer":{}}"#;
        for seller in ["ALPHA", "BETA"] {
            let path = format!("/v1/sellers/{seller}/orders:collect");
            let answer = house.ask("POST", &path, &house.session, format!("{order}\n{bad}{number}")).await;
            assert_eq!(answer.status, StatusCode::OK);
        }
    }
    house
}

#[tokio::test]
async fn a_list_in_small_pages_is_the_list_in_one() {
    let house = populated().await;
    for (path, list) in [
        ("/v1/sellers", "sellers"),
        ("/v1/services", "services"),
        ("/v1/quarantine", "quarantined"),
        ("/v1/quarantine?seller=ALPHA", "quarantined"),
        ("/v1/catalogue/fields", "fields"),
        ("/v1/catalogue/unclassified", "unclassified"),
        ("/v1/mappings", "mappings"),
        ("/v1/retention", "sellers"),
        ("/v1/sellers/ALPHA/orders:find", "references"),
    ] {
        let (whole, pages) = follow(&house, path, list, 1000).await;
        assert_eq!(pages, 1, "{path}");
        assert!(whole.len() > 1, "{path}: {whole:?}");
        let limit = if whole.len() > 100 { 50 } else { 1 };
        let (parts, pages) = follow(&house, path, list, limit).await;
        assert!(parts == whole && pages >= whole.len().div_ceil(limit), "{path}");
    }
}

#[tokio::test]
async fn events_that_come_in_meanwhile_move_none_of_the_older_ones() {
    let house = populated().await;
    // Each page is itself an event.
    let (events, pages) = follow(&house, "/v1/ledger/events", "events", 7).await;
    let mut indexes: Vec<u64> = events.iter().map(|event| event["index"].as_u64().unwrap()).collect();
    indexes.sort_unstable();
    assert!(pages > 3 && indexes.iter().copied().eq(0..indexes.len() as u64), "{indexes:?}");
}

#[tokio::test]
async fn a_forged_cursor_and_a_page_of_nothing_are_refused() {
    let house = House::new().await;
    for (query, code) in [
        ("cursor=x", "bad-cursor"),
        ("cursor=c2VsbGVyczphIGI", "bad-cursor"),
        ("limit=0", "bad-query"),
        ("limit=1001", "bad-query"),
        ("limit=x", "bad-query"),
        ("surprise=1", "bad-query"),
    ] {
        let answer = house.ask("GET", &format!("/v1/sellers?{query}"), &house.session, "").await;
        assert_eq!(answer.problem(), code, "{query}");
    }
}
