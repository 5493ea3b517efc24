//! The answers of Orders v0 hold a part of an order each: whichever comes first, the record is the same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::collections::BTreeMap;

use bailee_core::Kind;
use bailee_ledger::authorized;
use common::{Home, reference};
use serde_json::{Value, json};

const ORDER: &str = "302-1111111-2222222";

/// An order in the six answers that tell it.
fn answers() -> Vec<Value> {
    let item = |more: Value| {
        let mut item = json!({"OrderItemId": "25012345678901"});
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"AmazonOrderId": ORDER, "OrderItems": [item]})
    };
    vec![
        json!({"AmazonOrderId": ORDER, "PurchaseDate": "2026-03-01T10:00:00Z", "LastUpdateDate": "2026-03-02T10:00:00Z",
            "OrderStatus": "Unshipped", "MarketplaceId": "A1PA6795UKMFR9", "IsPrime": true}),
        json!({"AmazonOrderId": ORDER, "ShippingAddress": {"Name": "Quirina Zettelmann", "AddressLine1": "Probeweg 7",
            "City": "Musterstadt", "PostalCode": "10115", "CountryCode": "DE", "Phone": "030 23125007"}}),
        json!({"AmazonOrderId": ORDER, "BuyerName": "Quirina Zettelmann", "BuyerEmail": "q7zett@marketplace.example",
            "BuyerTaxInfo": {"CompanyLegalName": "Zettelmann GmbH", "TaxClassifications": [{"Name": "VAT", "Value": "DE000000000"}]}}),
        item(json!({"SellerSKU": "S-1", "QuantityOrdered": 1, "SerialNumbers": ["SN-1"]})),
        item(json!({"GiftMessageText": "Alles Gute", "GiftWrapLevel": "Classic"})),
        json!({"AmazonOrderId": ORDER, "RequiresDosageLabel": true,
            "RegulatedInformation": {"Fields": [{"FieldId": "pet", "FieldLabel": "Name", "FieldType": "Text", "FieldValue": "Rufus"}]}}),
    ]
}

/// Everything that the home then knows: what is revealed, and the facts.
fn known(order: &[usize]) -> (BTreeMap<String, Value>, Value) {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), "2026-03-03T12:00:00Z");
    let answers = answers();
    for number in order {
        let summary = home.collect(&json!({"payload": answers[*number]}).to_string());
        assert_eq!((summary.counts.read, summary.counts.quarantined), (1, 0), "{number} of {order:?}");
    }
    let revealed = home.reveal(ORDER);
    let revealed =
        revealed.iter().map(|(path, json)| (path.clone(), serde_json::to_value(json).unwrap())).collect();
    let action = authorized::Show { seller: common::seller(), kind: Kind::Order };
    let shown = home.vault.show(home.act(action), &reference(ORDER)).unwrap().unwrap();
    (revealed, sorted(serde_json::to_value(&shown.document).unwrap()))
}

/// Members in the order of their names: that of their arrival says nothing.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<String, Value> =
                members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            serde_json::to_value(sorted).unwrap()
        }
        Value::Array(elements) => elements.into_iter().map(sorted).collect(),
        leaf => leaf,
    }
}

#[test]
fn the_parts_of_an_order_make_the_same_record_in_any_order_of_arrival() {
    let (revealed, facts) = known(&[0, 1, 2, 3, 4, 5]);
    let is = |path: &str, value: &str| assert_eq!(revealed[path], json!(value), "{path}");
    is("buyer.buyerName", "Quirina Zettelmann");
    is("recipient.deliveryAddress.postalCode", "10115");
    is("recipient.deliveryAddress.phone", "+493023125007");
    is("tax.taxRegistrations[0].taxRegistrationNumber", "DE000000000");
    is("orderItems[25012345678901].product.serialNumbers[0]", "SN-1");
    is("orderItems[25012345678901].fulfillment.packing.giftOption.giftMessage", "Alles Gute");
    is("regulatedInformation.fields[0].fieldValue", "Rufus");
    assert_eq!(facts.pointer("/fulfillment/fulfillmentStatus"), Some(&json!("UNSHIPPED")));
    assert_eq!(facts.pointer("/programs/0"), Some(&json!("PRIME")));
    for order in [[5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2], [1, 2, 0, 4, 3, 5], [4, 5, 2, 0, 3, 1]] {
        let (also_revealed, also_facts) = known(&order);
        assert_eq!(also_revealed, revealed, "{order:?}");
        assert_eq!(also_facts, facts, "{order:?}");
    }
}
