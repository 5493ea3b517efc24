//! Each synthetic format with a fifth of mess, from the file to the reveal: what is in, what is in quarantine and why,
//! and that no personal value of the file lies anywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Trial, assert_nowhere};

const NOW: &str = "2026-03-02T09:00:00Z";

/// Records that are revealed.
const REVEALED: usize = 60;

/// Takes in so many orders of a format and holds what became of them against the truth.
fn holds(format: &str, style: &[&str]) {
    let trial = Trial::at(NOW);
    let synth = ["synth", "--orders", "120", "--seed", "5", "--mess", "20", "--format", format];
    let rest = ["--truth", "truth.ndjson", "--now", NOW];
    let input = trial.run(&[&synth[..], style, &rest[..]].concat()).ends(0).out;
    let truth = std::fs::read_to_string(trial.path("truth.ndjson")).unwrap();
    let truth: Vec<Value> = truth.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let file = trial.write("input", input);
    let ran = trial.run(&["--output", "json", "collect", "--seller", "ALPHA", &file]).ends(3);
    let count = |name: &str| ran.json()[name].as_u64().unwrap();
    let flaws: Vec<&str> = truth.iter().filter_map(|one| one["flaw"].as_str()).collect();
    assert_eq!(count("read"), truth.len() as u64, "{format}");
    assert_eq!(count("quarantined"), flaws.len() as u64, "{format}");
    let came_in: u64 = ["collected", "updated", "unchanged", "past_retention"].map(count).iter().sum();
    assert_eq!(came_in, (truth.len() - flaws.len()) as u64, "{format}");
    assert_eq!(reasons(&trial), tally(flaws.into_iter().map(str::to_owned)), "{format}");
    reveals(&trial, &truth);
    let mut files = trial.kept();
    files.push(("standard error".into(), ran.err.into_bytes()));
    assert_nowhere(&files, &personal(&truth));
}

fn reasons(trial: &Trial) -> BTreeMap<String, usize> {
    let listed = trial.json(&["quarantine", "list"]);
    let items = listed["quarantined"].as_array().unwrap();
    tally(items.iter().map(|item| item["reason"].as_str().unwrap().to_owned()))
}

fn tally(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

/// What is revealed of a record is what a document of it says, and nothing is that none says.
fn reveals(trial: &Trial, truth: &[Value]) {
    let mut expected = BTreeMap::<&str, BTreeMap<&str, BTreeSet<&str>>>::new();
    for one in truth.iter().filter(|one| one["flaw"].is_null()) {
        let fields = expected.entry(one["reference"].as_str().unwrap()).or_default();
        for (path, value) in one["fields"].as_object().unwrap() {
            fields.entry(path).or_default().extend(value.as_str());
        }
    }
    let names: Vec<String> = expected.keys().take(REVEALED).map(|id| format!("ALPHA/{id}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let reveal = [&["--output", "json", "reveal"], &names[..], &["--purpose", "fulfilment"]].concat();
    let revealed = trial.run(&reveal).ends(0).json();
    let mut seen = 0;
    for record in revealed["records"].as_array().unwrap() {
        let reference = record["reference"].as_str().unwrap();
        for (path, value) in record["fields"].as_object().unwrap() {
            let said = expected[reference].get(path.as_str());
            let value = value.as_str();
            assert!(
                value.is_none_or(|value| said.is_some_and(|said| said.contains(value))),
                "{reference} {path}: {value:?}, not {said:?}"
            );
            seen += 1;
        }
    }
    assert!(seen > 0, "nothing was revealed");
}

/// Every personal value of the input that is long enough to be found nowhere by chance.
fn personal(truth: &[Value]) -> Vec<String> {
    let objects = truth.iter().flat_map(|one| [&one["fields"], &one["unclassified"]]);
    let values = objects.filter_map(Value::as_object).flat_map(|fields| fields.values());
    let values = values.filter_map(Value::as_str).map(|value| value.trim_start_matches('+'));
    let values: BTreeSet<&str> = values.filter(|value| value.len() >= 8).collect();
    values.into_iter().map(str::to_owned).collect()
}

#[test]
fn synthetic_orders_v0_come_in_and_nothing_of_them_lies_about() {
    holds("orders-v0", &["--shape", "page"]);
    holds("orders-v0-answers", &[]);
}

#[test]
fn synthetic_vendor_orders_come_in_and_nothing_of_them_lies_about() {
    holds("vendor-direct-fulfillment-orders-v1", &[]);
    holds("vendor-direct-fulfillment-orders-2021-12-28", &["--shape", "pretty"]);
}

#[test]
fn synthetic_shipments_come_in_and_nothing_of_them_lies_about() {
    holds("fulfillment-outbound-2020-07-01", &[]);
    holds("external-fulfillment-2024-09-11", &["--shape", "page"]);
    holds("merchant-fulfillment-v0", &[]);
    holds("shipment-invoicing-v0", &[]);
}

#[test]
fn synthetic_order_reports_come_in_and_nothing_of_them_lies_about() {
    holds("GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING", &[]);
    holds("GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING", &["--charset", "utf-16le"]);
    holds("GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX", &["--charset", "utf-8-bom"]);
}

#[test]
fn synthetic_returns_come_in_and_nothing_of_them_lies_about() {
    holds("GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", &[]);
    holds("GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE", &[]);
}
