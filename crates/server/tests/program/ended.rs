//! The end of a seller and certificates of disposal, over the API.

use axum::http::StatusCode;
use bailee_ledger::certificate::verify;
use serde_json::json;

use crate::house::House;

const ORDER: &str = r#"{"orderId":"250-1234567-1234567","buyer":{"buyerName":"Juniper Fernsby"}}"#;
const END: &str = "/v1/sellers/ALPHA/end";

#[tokio::test]
async fn a_seller_that_ended_takes_nothing_in_and_is_certified_to_be_gone() {
    let house = House::new().await;
    let collect = "/v1/sellers/ALPHA/orders:collect";
    assert_eq!(house.ask("POST", collect, &house.session, ORDER).await.status, StatusCode::OK);
    for (body, code) in [
        (r#"{"reason":"authorisation-ended","on":"2026-04-02"}"#, "end-day"),
        (r#"{"reason":"authorisation-ended","on":"2026-03-01"}"#, "end-day"),
        (r#"{"reason":"because"}"#, "bad-body"),
    ] {
        let refused = house.ask("POST", END, &house.session, body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(refused.problem(), code);
    }
    let early = house.ask("GET", "/v1/sellers/ALPHA/certificate", &house.session, "").await;
    assert_eq!((early.status, early.problem().as_str()), (StatusCode::NOT_FOUND, "not-destroyed"));

    let ended = house.ask("POST", END, &house.session, r#"{"reason":"authorisation-ended"}"#).await.json();
    assert!(!ended["gone_at"].is_null(), "{ended}");
    let sellers = house.ask("GET", "/v1/sellers", &house.session, "").await.json();
    assert_eq!(
        (&sellers["sellers"][0]["state"], &sellers["sellers"][1]["state"]),
        (&json!("gone"), &json!("active"))
    );
    let again = house.ask("POST", END, &house.session, r#"{"reason":"amazon-notice"}"#).await;
    let taken_in = house.ask("POST", collect, &house.session, ORDER).await;
    for refused in [again, taken_in] {
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::CONFLICT, "seller-ended"));
    }
    let service = house.ask("POST", collect, &house.service, ORDER).await;
    assert_eq!(service.status, StatusCode::UNAUTHORIZED, "it was bound to that seller alone");

    let certificate = house.ask("GET", "/v1/sellers/ALPHA/certificate", &house.session, "").await.json();
    let verified = verify(&certificate.to_string(), &house.store.verifier_key()).unwrap();
    assert_eq!((verified.total.records, verified.end.unwrap().on.as_str()), (1, "2026-03-02"));
    let request = certificate["destructions"][0]["request"].as_str().unwrap();
    let by_request = format!("/v1/retention/certificates/{request}");
    let same = house.ask("GET", &by_request, &house.session, "").await.json();
    assert_eq!(same["destructions"], certificate["destructions"]);
    let all = house.ask("GET", "/v1/retention/certificates?seller=ALPHA", &house.session, "").await.json();
    let day = all["certificates"][0]["day"].as_str().unwrap();
    let of_day =
        house.ask("GET", &format!("/v1/sellers/ALPHA/certificates/{day}"), &house.session, "").await.json();
    assert_eq!(of_day["total"], certificate["total"]);
}
