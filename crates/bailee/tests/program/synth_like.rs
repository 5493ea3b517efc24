//! Test data that is like the orders of a home, and holds none of their values (2.5.b).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::*;

const NOW: &str = "2026-03-20T09:00:00Z";

/// Orders as a shop's are, and every value of theirs that is somebody's, or names the order.
struct Production {
    orders: Vec<Value>,
    values: Vec<String>,
}

/// Which of the orders are of which kind, by their number.
const ORDERS: usize = 100;

fn production() -> Production {
    let mut values = Vec::new();
    let mut kept = |text: String| {
        values.push(text.clone());
        text
    };
    let orders = (0..ORDERS).map(|number| order(number, &mut kept)).collect();
    Production { orders, values }
}

/// 60 of Germany and 40 of Britain; 70 have shipped, 20 are to be, 10 are pending. Six of ten have a second line of address, one of
/// five a gift message, one of ten a company with its tax number; none has a preference of delivery.
fn order(number: usize, kept: &mut dyn FnMut(String) -> String) -> Value {
    let is_german = number % 5 < 3;
    let id = kept(format!("{}-77{number:05}-88{number:05}", if is_german { 306 } else { 204 }));
    let (item, alias) = (kept(format!("4477{number:010}")), kept(format!("ERP-99{number:06}")));
    let status = match number % 10 {
        0..=6 => "SHIPPED",
        7 | 8 => "UNSHIPPED",
        _ => "PENDING",
    };
    let mut order = json!({
        "orderId": id,
        "orderAliases": [{ "aliasId": alias, "aliasType": "SELLER_ORDER_ID" }],
        "createdTime": "2026-03-17T09:00:00Z",
        "lastUpdatedTime": "2026-03-18T09:00:00Z",
        "salesChannel": { "channelName": "AMAZON", "marketplaceId": if is_german { "A1PA6795UKMFR9" } else { "A1F83G8C2ARO7P" } },
        "buyer": { "buyerEmail": kept(format!("zq{number:05}wkv@marketplace.amazon.de")) },
        "fulfillment": { "fulfillmentStatus": status, "fulfilledBy": "MERCHANT" },
        "orderItems": [{
            "orderItemId": item, "quantityOrdered": 1,
            "product": { "asin": "B0PRODUCT7", "title": "Kettle", "sellerSku": "KTL-77" },
        }],
    });
    if status == "PENDING" {
        return order;
    }
    let name = kept(format!("Zebulonia Krapotkinovna-{number:03} von Hohenwerth"));
    order["buyer"]["buyerName"] = json!(name);
    let mut address = json!({
        "name": name,
        "addressLine1": kept(format!("Quellwasserufer {number:03}b")),
        "city": kept(format!("Kleinwuesterwitz-{number:03}")),
        "postalCode": kept(format!("9{number:03}7")),
        "countryCode": if is_german { "DE" } else { "GB" },
        "phone": kept(format!("+4930778{number:05}")),
    });
    if number % 10 < 6 {
        address["addressLine2"] = json!(kept(format!("Hinterhof links, Klingel {number:03}, bitte zweimal")));
    }
    if number % 10 == 3 {
        address["companyName"] = json!(kept(format!("Xylographisches Kontor {number:03} mbH")));
        order["tax"] = json!({ "taxRegistrations": [{
            "entityType": "BUYER", "taxRegistrationType": "VAT", "taxRegistrationNumber": kept(format!("DE77{number:03}9911")),
        }] });
    }
    order["recipient"] = json!({ "deliveryAddress": address });
    if number % 10 < 2 {
        let message = kept(format!("Liebe Oma Trudhild, alles Gute zum {number:03}. von deinen Enkeln!"));
        order["orderItems"][0]["fulfillment"]["packing"]["giftOption"]["giftMessage"] = json!(message);
    }
    order
}

fn parsed(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How often each text at a place of documents is there, by what it is, or by that it is there at all.
fn shares(orders: &[Value], path: &str, of_what: impl Fn(&str) -> String) -> BTreeMap<String, f64> {
    let mut shares = BTreeMap::new();
    for order in orders {
        if let Some(text) = order.pointer(path).and_then(Value::as_str) {
            *shares.entry(of_what(text)).or_insert(0.0) += 100.0 / orders.len() as f64;
        }
    }
    shares
}

fn mean_length(orders: &[Value], path: &str) -> f64 {
    let texts: Vec<&str> = orders.iter().filter_map(|order| order.pointer(path)?.as_str()).collect();
    texts.iter().map(|text| text.chars().count() as f64).sum::<f64>() / texts.len() as f64
}

fn leaves(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|one| leaves(one, into)),
        Value::Object(members) => members.values().for_each(|one| leaves(one, into)),
        _ => {}
    }
}

#[test]
fn what_is_made_like_the_orders_of_a_home_has_their_shape_and_none_of_their_values() {
    let trial = Trial::at(NOW);
    let Production { orders, values } = production();
    let input: String = orders.iter().map(|order| format!("{order}\n")).collect();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(0);
    let told = trial.json(&["synth", "profile", "--out", "shape.json"]);
    assert_eq!(told["orders"], ORDERS);
    trial.run(&["synth", "profile", "--out", "shape.json"]).ends(1);
    let make = ["synth", "--like", "shape.json", "--orders", "1000", "--seed", "5", "--now", NOW];
    let ran = trial.run(&make).ends(0);
    let text = ran.text();
    let made = parsed(&text);
    assert_eq!(made.len(), 1000);

    // None of the values, in the profile, in what was made, in what was said.
    let shape = std::fs::read(trial.path("shape.json")).unwrap();
    let files = [
        ("shape.json".into(), shape),
        ("orders.ndjson".into(), text.clone().into_bytes()),
        ("stderr".into(), ran.err.into_bytes()),
    ];
    assert_nowhere(&files, &values);
    let mut all = Vec::new();
    made.iter().for_each(|order| leaves(order, &mut all));
    assert!(
        values.iter().all(|value| !all.contains(value)),
        "nor as a value so short that it is found anywhere"
    );
    let events = trial.json(&["ledger", "tail", "-n", "1000"]).to_string();
    assert!(events.contains("shape-read"), "{events}");

    // Their shape.
    let close = |one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>| {
        one.keys().eq(other.keys()) && one.iter().all(|(key, share)| (share - other[key]).abs() < 5.0)
    };
    for path in ["/salesChannel/marketplaceId", "/fulfillment/fulfillmentStatus", "/fulfillment/fulfilledBy"]
    {
        let [wanted, is] = [&orders, &made].map(|of| shares(of, path, str::to_owned));
        assert!(close(&wanted, &is), "{path}: {wanted:?} and {is:?}");
    }
    let address = |name: &str| format!("/recipient/deliveryAddress/{name}");
    let paths = [
        "/buyer/buyerName".to_owned(),
        "/buyer/buyerEmail".to_owned(),
        address("name"),
        address("companyName"),
        address("addressLine1"),
        address("addressLine2"),
        address("city"),
        address("stateOrRegion"),
        address("postalCode"),
        address("phone"),
        "/recipient/deliveryPreference/addressInstruction".to_owned(),
        "/tax/taxRegistrations/0/taxRegistrationNumber".to_owned(),
        "/orderItems/0/fulfillment/packing/giftOption/giftMessage".to_owned(),
        "/orderItems/1/orderItemId".to_owned(),
        "/orderAliases/0/aliasId".to_owned(),
    ];
    for path in &paths {
        let [wanted, is] = [&orders, &made].map(|of| shares(of, path, |_| "held".to_owned()));
        assert!(close(&wanted, &is), "{path}: {wanted:?} and {is:?}");
    }
    for path in [&paths[0], &paths[2], &paths[3], &paths[4], &paths[5], &paths[6], &paths[12]] {
        let [wanted, is] = [&orders, &made].map(|of| mean_length(of, path));
        assert!((wanted - is).abs() / wanted < 0.1, "{path}: {wanted} and {is}");
    }

    // The home itself instead of the file; the same bytes for the same seed and time; and as many as there are, unless told.
    let like_home = ["synth", "--like", "home", "--orders", "1000", "--seed", "5", "--now", NOW];
    assert!(trial.run(&like_home).ends(0).text() == text, "same shape, seed and time, same bytes");
    let as_many = trial.run(&["synth", "--like", "shape.json", "--now", NOW]).ends(0).text();
    assert_eq!(as_many.lines().count(), ORDERS);
    let other = Trial::at(NOW);
    other.run_with(&["collect", "--seller", "ALPHA", "-"], &text).ends(0);
}

#[test]
fn a_shape_of_few_orders_is_told_to_nobody_and_a_profile_of_something_else_is_refused() {
    let trial = Trial::at(NOW);
    let input: String = production().orders[..4].iter().map(|order| format!("{order}\n")).collect();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(0);
    let few = trial.run(&["synth", "profile", "--out", "shape.json"]).ends(1);
    assert!(few.err.contains("2.5.b"), "{}", few.err);
    assert!(!trial.path("shape.json").exists());
    trial.run(&["synth", "--like", "home", "--now", NOW]).ends(1);
    let other = trial.write("other.json", "{}");
    assert!(trial.run(&["synth", "--like", &other]).ends(1).err.contains("no profile"));
    trial.run(&["synth", "--like", &other, "--mess", "20"]).ends(2);
    trial.run(&["synth", "--like", "nowhere.json"]).ends(1);
    trial.run(&["synth"]).ends(2);
    trial.run(&["logout"]).ends(0);
    trial.run(&["synth", "profile", "--out", "shape.json"]).ends(4);
}
