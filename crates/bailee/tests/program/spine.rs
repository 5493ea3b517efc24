//! The whole life of an order's personal data, as a new user would see it, on Amazon's sandbox documents and on synthetic
//! ones.

use std::collections::BTreeSet;

use crate::support::{SANDBOX, Trial, assert_nowhere, copy, is_tokenised};
use serde_json::Value;

/// Just after the sandbox's orders were last changed.
const SANDBOX_NOW: &str = "2024-12-26T00:00:00Z";
const SANDBOX_LATER: &str = "2025-01-26T00:00:00Z";
const NOW: &str = "2026-03-02T09:00:00Z";
const LATER: &str = "2026-04-02T09:00:00Z";

/// The whole life of one input. `exit`: how collecting it ends; 3 when some of it is messy and ends in quarantine.
struct Life<'a> {
    now: &'a str,
    later: &'a str,
    input: String,
    /// The input's documents, in the order in which they come back.
    documents: Vec<Value>,
    exit: i32,
}

impl Life<'_> {
    fn live(&self) {
        let trial = Trial::at(self.now);
        let file = trial.write("orders.json", &self.input);
        let collect = ["--output", "json", "collect", "--seller", "ALPHA", "--emit", "tokens.json", &file];
        let summary = trial.run(&collect).ends(self.exit).json();
        let count = |name: &str| summary[name].as_u64().unwrap();
        assert_eq!(
            count("read"),
            ["collected", "updated", "unchanged", "past_retention", "quarantined"]
                .map(count)
                .iter()
                .sum::<u64>()
        );
        let emitted = std::fs::read_to_string(trial.path("tokens.json")).unwrap();
        let mut personal = self.compare(&emitted);
        let left_out = self.left_out(&emitted);
        assert!(self.exit == 0 || left_out.iter().any(|value| !personal.contains(value)));
        personal.extend(left_out);

        let references = live_references(&trial, &self.documents);
        assert!(!references.is_empty());
        let names: Vec<String> =
            references.iter().take(100).map(|reference| format!("ALPHA/{reference}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let reveal = [&["--output", "json", "reveal"], &names[..], &["--purpose", "fulfilment"]].concat();
        let revealed = trial.run(&reveal).ends(0).json();
        assert_eq!(revealed["records"].as_array().unwrap().len(), names.len());
        personal.extend(self.cleaned(&trial, &emitted));
        assert_nowhere(&trial.kept(), &personal);

        trial.later(self.later);
        let ran = trial.json(&["retention", "run"]);
        assert!(ran["disposed"].as_u64().unwrap() >= names.len() as u64);
        assert!(ran["buckets_destroyed"].as_u64().unwrap() > 0);
        let gone = trial.run(&reveal).ends(5);
        let gone_json = gone.json();
        assert_eq!(gone_json["records"].as_array().unwrap().len(), 0);
        let first = &gone_json["gone"][0];
        assert_eq!(first["state"], "disposed");
        assert!(first["when"].is_string() && first["rule"].as_str().unwrap().starts_with('R'));
        assert!(gone.err.contains("disposed") && gone.err.contains(first["rule"].as_str().unwrap()));

        let again =
            trial.run(&["--output", "json", "collect", "--seller", "ALPHA", &file]).ends(self.exit).json();
        assert_eq!(
            again["past_retention"].as_u64().unwrap() + again["quarantined"].as_u64().unwrap(),
            count("read")
        );
        trial.run(&reveal).ends(5);
        assert_eq!(trial.json(&["ledger", "verify"])["checkpoint_ok"], true);
        assert_nowhere(&trial.kept(), &personal);
    }

    /// Compares what came back with what went in; returns the personal values long enough to be searched for.
    fn compare(&self, emitted: &str) -> Vec<String> {
        let emitted = parsed(emitted);
        let by_id = |documents: &[Value]| -> Vec<(String, Value)> {
            documents
                .iter()
                .flat_map(orders)
                .filter_map(|order| Some((order["orderId"].as_str()?.to_owned(), order)))
                .collect()
        };
        let (before, after) = (by_id(&self.documents), by_id(&emitted));
        let mut personal = Vec::new();
        for (id, after) in &after {
            // An order can be in the input more than once.
            let found = before.iter().filter(|(other, _)| other == id).any(|(_, before)| {
                let mut values = Vec::new();
                let same = is_tokenised(before, after, &mut values);
                personal.append(&mut values);
                same
            });
            assert!(found, "{id} came back in another shape");
        }
        searchable(personal.iter().filter_map(Value::as_str))
    }

    /// The personal values of the whole input, also of what was quarantined or past its retention: all that stands in a
    /// place, or instead of a place, in which a token came back in any document.
    fn left_out(&self, emitted: &str) -> Vec<String> {
        let mut places = BTreeSet::new();
        for document in parsed(emitted).iter().flat_map(orders) {
            let mut tokens = leaves(&document);
            tokens.retain(|(_, value)| value.starts_with("bt1t-"));
            places.extend(tokens.into_iter().map(|(place, _)| place));
        }
        let is_personal = |place: &str| {
            let at_or_below = |known: &String| {
                known.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            places.iter().any(at_or_below)
        };
        let documents: Vec<Value> = self.documents.iter().flat_map(orders).collect();
        let all: Vec<(String, String)> = documents.iter().flat_map(leaves).collect();
        let (personal, facts): (Vec<_>, Vec<_>) = all.into_iter().partition(|(place, _)| is_personal(place));
        let mut values: Vec<String> = personal.into_iter().map(|(_, value)| value).collect();
        // Lines that are no JSON: by keys which nothing but personal values has.
        let last = |place: &str| place.rsplit('.').next().unwrap().to_owned();
        let of_facts: BTreeSet<String> = facts.iter().map(|(place, _)| last(place)).collect();
        let keys: BTreeSet<String> =
            places.iter().map(|place| last(place)).filter(|key| !of_facts.contains(key)).collect();
        for line in self.input.lines().filter(|line| serde_json::from_str::<Value>(line).is_err()) {
            let after = |key: &String| line.split(&format!("\"{key}\":\"")).skip(1).collect::<Vec<_>>();
            let found = keys.iter().flat_map(after).filter_map(|rest| rest.split(['"', '\\']).next());
            let found: Vec<&str> = found.collect();
            assert!(!found.is_empty(), "nothing personal is known of a broken line");
            values.extend(found.into_iter().map(str::to_owned));
        }
        searchable(values.iter().map(String::as_str))
    }

    /// The values as they are kept, cleaned, of all that came back: a reveal gives them.
    fn cleaned(&self, trial: &Trial, emitted: &str) -> Vec<String> {
        let names = parsed(emitted)
            .iter()
            .flat_map(orders)
            .map(|order| format!("ALPHA/{}", order["orderId"].as_str().unwrap()))
            .collect::<BTreeSet<_>>();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let reveal = [&["--output", "json", "reveal"], &names[..], &["--purpose", "fulfilment"]].concat();
        let revealed = trial.run(&reveal).ends(0).json();
        let fields = revealed["records"].as_array().unwrap().iter().map(|record| &record["fields"]);
        let values: Vec<String> = fields.flat_map(leaves).map(|(_, value)| value).collect();
        // A phone number without its sign: that is in each of its forms.
        let values = searchable(values.iter().map(|value| value.trim_start_matches('+')));
        let is_number = |value: &&String| value.bytes().all(|byte| byte.is_ascii_digit());
        let is_new = |value: &String| !self.input.contains(value);
        assert!(self.exit == 0 || values.iter().filter(is_number).any(is_new), "no phone number was cleaned");
        values
    }
}

fn parsed(documents: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(documents).into_iter().map(Result::unwrap).collect()
}

/// Every text in a document with its place, in which all elements of a list are one.
fn leaves(document: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, place: &str, leaves: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, member)| walk(member, &format!("{place}.{name}"), leaves));
            }
            Value::Array(elements) => elements.iter().for_each(|element| walk(element, place, leaves)),
            Value::String(text) => leaves.push((place.to_owned(), text.clone())),
            _ => {}
        }
    }
    let mut leaves = Vec::new();
    walk(document, "", &mut leaves);
    leaves
}

/// Those long enough that they are found nowhere by chance.
fn searchable<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    let values: BTreeSet<&str> = values.filter(|value| value.len() >= 6).collect();
    values.into_iter().map(str::to_owned).collect()
}

/// The orders of a document, whatever stands around them.
fn orders(document: &Value) -> Vec<Value> {
    match (document.get("orders"), document.get("order")) {
        (Some(page), _) => page.as_array().unwrap().clone(),
        (_, Some(order)) => vec![order.clone()],
        _ => vec![document.clone()],
    }
}

fn live_references(trial: &Trial, documents: &[Value]) -> Vec<String> {
    let ids =
        documents.iter().flat_map(orders).filter_map(|order| order["orderId"].as_str().map(str::to_owned));
    let ids: std::collections::BTreeSet<String> = ids.collect();
    let is_live = |id: &&String| {
        let show = trial.run(&["--output", "json", "show", &format!("ALPHA/{id}")]);
        show.status == 0
            && show.json()["state"] == "live"
            && show.json()["fields"].as_array().unwrap().len() > 1
    };
    ids.iter().filter(is_live).take(20).cloned().collect()
}

fn sandbox(name: &str) {
    let file = std::fs::read_to_string(format!("{SANDBOX}/{name}")).unwrap();
    let case: Value = serde_json::from_str(&file).unwrap();
    let document = case["response"].clone();
    let life = Life {
        now: SANDBOX_NOW,
        later: SANDBOX_LATER,
        input: document.to_string(),
        documents: vec![document],
        exit: 0,
    };
    life.live();
}

#[test]
fn the_example_answer_of_get_order_lives_its_life() {
    sandbox("orders_2026-01-01__get_getOrder__200__example0.json");
}

#[test]
fn the_static_answer_of_get_order_lives_its_life() {
    sandbox("orders_2026-01-01__get_getOrder__200__static0.json");
}

#[test]
fn the_example_answer_of_search_orders_lives_its_life() {
    sandbox("orders_2026-01-01__get_searchOrders__200__example0.json");
}

#[test]
fn the_first_static_answer_of_search_orders_lives_its_life() {
    sandbox("orders_2026-01-01__get_searchOrders__200__static0.json");
}

#[test]
fn the_second_static_answer_of_search_orders_lives_its_life() {
    sandbox("orders_2026-01-01__get_searchOrders__200__static1.json");
}

#[test]
fn every_sandbox_file_with_orders_of_2026_is_among_these() {
    let names =
        std::fs::read_dir(SANDBOX).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        names.filter(|name| name.starts_with("orders_2026-01-01") && name.contains("__200__")).count(),
        5
    );
}

#[test]
fn synthetic_orders_of_which_a_fifth_is_messy_live_their_life() {
    let trial = Trial::empty();
    let synth = ["synth", "--orders", "300", "--seed", "11", "--mess", "20", "--now", NOW];
    let input = trial.run(&synth).ends(0).text();
    assert_eq!(trial.run(&synth).ends(0).text(), input, "same seed and time, same bytes");
    let documents = input.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Life { now: NOW, later: LATER, input, documents, exit: 3 }.live();
}

/// A home with fifty orders; the name of the first that is live and shipped, and a person in it.
fn home_with_orders() -> (Trial, String, String) {
    let trial = Trial::at(NOW);
    let input = trial.run(&["synth", "--orders", "50", "--seed", "3", "--now", NOW]).ends(0).text();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(0);
    let orders = input.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let shipped =
        orders.filter(|order| order["fulfillment"]["fulfillmentStatus"] == "SHIPPED").find_map(|order| {
            let name = order["recipient"]["deliveryAddress"]["name"].as_str()?.to_owned();
            Some((format!("ALPHA/{}", order["orderId"].as_str()?), name))
        });
    let (order, name) = shipped.unwrap();
    (trial, order, name)
}

#[test]
fn a_copy_of_the_home_without_the_keyring_opens_nothing() {
    let (trial, order, _) = home_with_orders();
    copy(&trial.path("home"), &trial.path("copy"));
    std::fs::remove_dir_all(trial.path("copy/keyring")).unwrap();
    let reveal = ["--home", "copy", "reveal", &order, "--purpose", "fulfilment"];
    let refused = trial.run(&reveal).ends(1);
    assert_eq!(refused.text(), "");
    std::fs::remove_file(trial.path("copy/root.key")).unwrap();
    assert_eq!(trial.run(&reveal).ends(1).text(), "");
}

#[test]
fn an_older_copy_of_the_keyring_is_refused() {
    let (trial, order, _) = home_with_orders();
    copy(&trial.path("home/keyring"), &trial.path("old-keyring"));
    trial.later(LATER);
    assert!(trial.json(&["retention", "run"])["buckets_destroyed"].as_u64().unwrap() > 0);
    std::fs::remove_dir_all(trial.path("home/keyring")).unwrap();
    copy(&trial.path("old-keyring"), &trial.path("home/keyring"));
    let refused = trial.run(&["reveal", &order, "--purpose", "fulfilment"]).ends(1);
    assert_eq!(refused.text(), "");
    assert!(refused.err.contains("older"), "{}", refused.err);
}

#[test]
fn one_lost_mirror_is_repaired_from_the_other_and_the_repair_is_an_event() {
    let (trial, order, name) = home_with_orders();
    std::fs::remove_dir_all(trial.path("home/keyring/b")).unwrap();
    let revealed = trial.run(&["reveal", &order, "--purpose", "fulfilment"]).ends(0);
    assert!(revealed.text().contains(&name));
    let tail = trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text();
    assert!(tail.contains("mirrors-changed"), "{tail}");
}

#[test]
fn what_is_found_is_a_reference_and_nothing_else() {
    let (trial, order, name) = home_with_orders();
    let found =
        trial.run_with(&["--output", "json", "find", "--seller", "ALPHA", "--name", "-"], &name).ends(0);
    let reference = order.strip_prefix("ALPHA/").unwrap();
    assert!(found.json()["references"].as_array().unwrap().iter().any(|found| found == reference));
    assert!(!found.text().contains(&name) && !found.err.contains(&name));
    let none =
        trial.run(&["--output", "json", "find", "--seller", "ALPHA", "--name", "Nobody Atall"]).ends(0);
    assert_eq!(none.json(), serde_json::json!({ "references": [] }));
}

#[test]
fn tokens_reveal_what_they_stand_for_and_then_that_it_is_gone() {
    let trial = Trial::at(NOW);
    let input = trial.run(&["synth", "--orders", "20", "--seed", "3", "--now", NOW]).ends(0).text();
    let tokens = trial.run_with(&["collect", "--seller", "ALPHA", "--emit", "-", "-"], &input).ends(0);
    assert!(tokens.err.contains("20 read in"), "the summary goes to stderr: {}", tokens.err);
    let token_of = |line: &str| {
        let order: Value = serde_json::from_str(line).unwrap();
        let place = &order["recipient"]["deliveryAddress"]["name"];
        (order["fulfillment"]["fulfillmentStatus"] == "SHIPPED" && place.is_string())
            .then(|| place.as_str().unwrap().to_owned())
    };
    let token = tokens.text().lines().find_map(token_of).unwrap();
    let reveal = ["--output", "json", "reveal", "--token", &token, "--purpose", "fulfilment"];
    let revealed = trial.run(&reveal).ends(0).json();
    let fields = revealed["records"][0]["fields"].as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["recipient.deliveryAddress.name"]);
    trial.later(LATER);
    trial.run(&["retention", "run"]).ends(0);
    assert_eq!(trial.run(&reveal).ends(5).json()["gone"][0]["state"], "disposed");
    let flipped = format!("{}x", &token[..token.len() - 1]);
    trial.run(&["reveal", "--token", &flipped, "--purpose", "fulfilment"]).ends(5);
}
