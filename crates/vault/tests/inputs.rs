//! Real and synthetic input by the thousand: every order is counted once, comes out as it went in, and lies nowhere in
//! the open.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bailee_core::catalogue::{Catalogue, Node};
use bailee_core::path::InstancePath;
use bailee_core::{Json, Kind, Timestamp};
use bailee_intake::format::Formats;
use bailee_intake::reader::{self, Item, Reader};
use bailee_intake::synth::{Line, Mess, Synth};
use bailee_intake::verify::verify;
use bailee_ledger::event::Counts;
use bailee_vault::collect::Request;
use bailee_vault::reveal::Resolved;
use common::{Home, time};
use serde_json::Value;

const NOW: &str = "2026-03-20T12:00:00Z";

fn synth() -> Vec<Line> {
    Synth { orders: 2000, seed: 11, mess_percent: 20, now: time(NOW) }.orders_with_truth().collect()
}

fn ndjson<'a>(lines: impl IntoIterator<Item = &'a Line>) -> String {
    lines.into_iter().map(|line| format!("{}\n", line.text)).collect()
}

fn is_bad(line: &Line) -> bool {
    line.mess.is_some_and(Mess::must_be_quarantined)
}

/// A document's cleaned form, by the same verification as a collect's.
fn cleaned(text: &str) -> Option<Json> {
    let input = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
    let formats = Formats::embedded().unwrap();
    let mut reader = Reader::open(input, &formats, reader::Request::default()).unwrap();
    let items = reader.next_batch(1, usize::MAX).unwrap();
    match items.first() {
        Some(Item::Document(raw)) => {
            Some(verify(raw, reader.form(), &Catalogue::embedded().unwrap()).ok()?.json)
        }
        _ => None,
    }
}

/// Path and text of every personal leaf that says something and that the catalogue names.
fn personal(json: &Json, node: Node<'_>, path: &mut InstancePath, found: &mut BTreeMap<String, Value>) {
    for (key, value) in json.members() {
        let mark = path.push_member(key);
        if let Some(child) = node.member(key) {
            personal(value, child, path, found);
        }
        path.back_to(mark);
    }
    for (index, element) in json.elements().iter().enumerate() {
        let id = node.list_key().and_then(|key| element.member(key)).and_then(Json::as_str);
        let mark = match id {
            Some(id) => path.push_element(id),
            None => path.push_index(index),
        };
        personal(element, node.element().unwrap(), path, found);
        path.back_to(mark);
    }
    if json.is_leaf() && !json.is_blank() && node.field().is_some_and(|field| field.is_personal()) {
        found.insert(path.to_string(), serde_json::to_value(json).unwrap());
    }
}

fn personal_leaves(json: &Json) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let catalogue = Catalogue::embedded().unwrap();
    personal(json, catalogue.root(Kind::Order), &mut InstancePath::new(), &mut found);
    found
}

fn revealed(home: &Home, order: &str) -> BTreeMap<String, Value> {
    let fields = home.reveal(order);
    fields.iter().map(|(path, value)| (path.clone(), serde_json::to_value(value).unwrap())).collect()
}

fn is_gone(home: &Home, order: &str) -> bool {
    matches!(home.resolve(order), Resolved::Gone(_))
}

/// What the counts must be, from what was done to each line.
fn truth(home: &Home, lines: &[&Line]) -> Counts {
    let mut counts = Counts { read: lines.len() as u64, ..Counts::default() };
    let (mut orders, mut texts) = (HashSet::new(), HashSet::new());
    for line in lines {
        let is_new = orders.insert(line.order_id.as_str()) && !is_bad(line);
        let is_other = texts.insert(line.text.as_str());
        *match line {
            line if is_bad(line) => &mut counts.quarantined,
            line if is_gone(home, &line.order_id) => &mut counts.past_retention,
            _ if is_new => &mut counts.collected,
            _ if is_other => &mut counts.updated,
            _ => &mut counts.unchanged,
        } += 1;
    }
    counts
}

#[test]
fn two_thousand_orders_are_counted_sealed_and_come_out_as_they_went_in() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let lines = synth();
    let all: Vec<&Line> = lines.iter().collect();
    let counts = home.collect(&ndjson(&lines)).counts;
    assert_eq!(counts, truth(&home, &all));
    assert_eq!(counts.quarantined, lines.iter().filter(|line| is_bad(line)).count() as u64);
    assert!(
        counts.collected > 1000 && counts.updated > 10 && counts.unchanged > 5 && counts.quarantined > 50
    );
    // Of orders of the last twenty days, only those that were cancelled can be past their day.
    let says_cancelled =
        |line: &&Line| line.text.contains("CANCELLED") || line.text.contains("UNFULFILLABLE");
    let cancelled: HashSet<&str> =
        lines.iter().filter(says_cancelled).map(|line| line.order_id.as_str()).collect();
    for line in lines.iter().filter(|line| !is_bad(line) && is_gone(&home, &line.order_id)) {
        assert!(cancelled.contains(line.order_id.as_str()), "{}", line.text);
    }

    let again = home.collect(&ndjson(&lines)).counts;
    let accepted = counts.read - counts.quarantined;
    assert_eq!((again.read, again.quarantined), (counts.read, counts.quarantined));
    assert_eq!(
        (again.unchanged, again.past_retention),
        (accepted - counts.past_retention, counts.past_retention)
    );

    // What comes out, leaf by leaf.
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    lines
        .iter()
        .filter(|line| !is_bad(line))
        .for_each(|line| *versions.entry(&line.order_id).or_default() += 1);
    let mut secrets = BTreeSet::new();
    let mut compared = 0;
    for line in lines.iter().filter(|line| !is_bad(line)) {
        let leaves = personal_leaves(&cleaned(&line.text).unwrap());
        secrets.extend(leaves.values().filter_map(Value::as_str).map(str::to_owned));
        if compared < 150 && versions[line.order_id.as_str()] == 1 && !is_gone(&home, &line.order_id) {
            assert_eq!(revealed(&home, &line.order_id), leaves, "{}", line.order_id);
            compared += 1;
        }
    }
    assert_eq!(compared, 150);
    assert!(secrets.len() > 5000);
    home.verify_ledger();
    assert_eq!(home.find_any(&needles(&secrets)), None, "lies in the open");
    // The search finds what is there.
    let leak: BTreeSet<String> = secrets.iter().find(|one| one.contains(' ')).cloned().into_iter().collect();
    std::fs::write(directory.path().join("keyring-a/leak"), leak.first().unwrap()).unwrap();
    assert!(home.find_any(&needles(&leak)).is_some());
}

/// Every form in which a value could lie in a file. What also occurs by chance in hex or base64 is left out.
fn needles(secrets: &BTreeSet<String>) -> Vec<Vec<u8>> {
    let by_chance = |text: &str| text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut needles = Vec::new();
    for secret in secrets.iter().filter(|text| text.len() >= 5 && !by_chance(text)) {
        let bytes = secret.as_bytes();
        needles.push(bytes.to_vec());
        needles.push(data_encoding::HEXLOWER.encode(bytes).into_bytes());
        // Without the last characters, which depend on what follows.
        let base64 = data_encoding::BASE64_NOPAD.encode(&bytes[..bytes.len() / 3 * 3]);
        if base64.len() >= 10 {
            needles.push(base64.into_bytes());
        }
        needles.push(secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    needles
}

#[test]
fn a_page_of_search_orders_counts_as_the_same_orders_line_by_line() {
    let lines = synth();
    // A truncated document would end the page.
    let lines: Vec<&Line> =
        lines.iter().take(800).filter(|line| line.mess != Some(Mess::Truncated)).collect();
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let orders: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let page = format!("{{\"orders\":[{}],\"pagination\":{{\"nextToken\":\"x\"}}}}", orders.join(",\n"));
    let counts = home.collect(&page).counts;
    assert_eq!(counts, truth(&home, &lines));
    let again = home.collect(&ndjson(lines.iter().copied())).counts;
    assert_eq!(again.unchanged + again.past_retention + again.quarantined, again.read);
}

/// Holds a tokenised document against its input.
fn same_shape(input: &Value, output: &Value) {
    match (input, output) {
        (Value::Object(input), Value::Object(output)) => {
            assert!(input.keys().eq(output.keys()));
            input.values().zip(output.values()).for_each(|(input, output)| same_shape(input, output));
        }
        (Value::Array(input), Value::Array(output)) => {
            assert_eq!(input.len(), output.len());
            input.iter().zip(output).for_each(|(input, output)| same_shape(input, output));
        }
        (input, Value::String(_)) => assert!(!input.is_null() && !input.is_array() && !input.is_object()),
        (input, output) => assert_eq!(input, output),
    }
}

#[test]
fn every_order_of_the_sandbox_is_revealed_as_it_came_and_goes_back_in_its_shape() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api/sandbox");
    let mut orders_seen = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("orders_2026-01-01__") || !name.contains("200") {
            continue;
        }
        let read: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let response = &read["response"];
        let orders: Vec<&Value> = match response["orders"].as_array() {
            Some(orders) => orders.iter().collect(),
            None => vec![&response["order"]],
        };
        let updated =
            |order: &&Value| order["lastUpdatedTime"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let newest = orders.iter().map(updated).max().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path(), &newest.to_string());
        let wants = Request { tokenise: true, ..Request::default() };
        let (summary, returned) = home.collect_with(&response.to_string(), wants).unwrap();
        assert_eq!((summary.counts.collected, returned.len()), (orders.len() as u64, orders.len()), "{name}");
        for (order, returned) in orders.iter().zip(&returned) {
            same_shape(order, returned);
            let leaves = personal_leaves(&cleaned(&order.to_string()).unwrap());
            assert!(!leaves.is_empty());
            assert_eq!(revealed(&home, order["orderId"].as_str().unwrap()), leaves, "{name}");
            orders_seen += 1;
        }
        home.verify_ledger();
    }
    assert!(orders_seen >= 5, "{orders_seen}");
}
