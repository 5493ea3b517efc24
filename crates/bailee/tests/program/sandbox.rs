//! Amazon's own answers from its sandbox, from the file to the reveal: each that holds orders or shipments comes in whole,
//! and what is revealed of it is all that the facts call personal, as the answer says it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailee_intake::format::{Format, Formats};
use serde_json::Value;

use crate::revealed::Revealed;
use crate::support::{FACTS, SANDBOX, Trial, assert_nowhere};

/// Which format reads an API's answers.
const APIS: &[(&str, &str)] = &[
    ("orders_2026-01-01", "orders-2026-01-01"),
    ("orders_v0", "orders-v0"),
    ("vdf_orders_v1", "vendor-direct-fulfillment-orders"),
    ("vdf_orders_2021-12-28", "vendor-direct-fulfillment-orders"),
    ("external_fulfillment_shipments_2024-09-11", "external-fulfillment-2024-09-11"),
    ("fulfillment_outbound_2020-07-01", "fulfillment-outbound-2020-07-01"),
    ("merchant_fulfillment_v0", "merchant-fulfillment-v0"),
    ("shipment_invoicing_v0", "shipment-invoicing-v0"),
    ("easy_ship_2022-03-23", "easy-ship-2022-03-23"),
];

/// Of what times the answers are: the first whose beginning fits.
const TIMES: &[(&str, &str)] = &[
    ("orders_v0__get_getOrder__200__static", "1970-01-19T05:00:00Z"),
    ("orders_v0__get_getOrders__200__static0", "1970-01-19T05:00:00Z"),
    ("orders_v0", "2017-01-21T00:00:00Z"),
    ("merchant", "2019-10-29T00:00:00Z"),
    ("fulfillment_outbound", "2020-02-16T00:00:00Z"),
    ("vdf", "2020-02-21T12:00:00Z"),
    ("external", "2020-06-10T00:00:00Z"),
    ("shipment_invoicing", "2020-10-08T00:00:00Z"),
    ("easy_ship", "2022-03-10T12:00:00Z"),
    ("orders_2026", "2024-12-26T00:00:00Z"),
];

/// Where a document says what it is about: the first that is there.
const REFERENCES: [&str; 8] = [
    "/purchaseOrderNumber",
    "/fulfillmentOrder/sellerFulfillmentOrderId",
    "/scheduledPackageId/packageId",
    "/ShipmentId",
    "/AmazonShipmentId",
    "/AmazonOrderId",
    "/orderId",
    "/id",
];

/// An answer that holds documents.
struct Answer {
    file: String,
    api: &'static str,
    format: Arc<Format>,
    response: Value,
}

impl Answer {
    /// Those of the sandbox, in the order of their names.
    fn all() -> Vec<Self> {
        let formats = Formats::embedded().unwrap();
        let mut all = Vec::new();
        for (file, response) in responses() {
            let (api, operation) = file.split_once("__").unwrap();
            let Some((api, format)) = APIS.iter().find(|(known, _)| *known == api) else { continue };
            // Times at which a courier could come.
            if operation.contains("listHandoverSlots") {
                continue;
            }
            let format = Arc::clone(formats.named(format).unwrap());
            all.push(Self { file, api, format, response });
        }
        all
    }

    fn time(&self) -> &'static str {
        TIMES.iter().find(|(begin, _)| self.file.starts_with(begin)).unwrap().1
    }

    /// Its documents, without what stands around them.
    fn documents(&self) -> Vec<&Value> {
        let frame = self.format.frame();
        let inner =
            frame.unwrap.iter().fold(&self.response, |inner, name| inner.get(&**name).unwrap_or(inner));
        match frame.lists.iter().find_map(|list| inner.get(&**list)) {
            Some(list) => list.as_array().unwrap().iter().collect(),
            None => vec![inner],
        }
    }

    /// The paths of what is personal in its documents, by the facts.
    fn personal(&self) -> BTreeSet<String> {
        let frame = self.format.frame();
        let facts = std::fs::read_to_string(FACTS).unwrap();
        let mut personal = BTreeSet::new();
        for line in facts.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            let [api, _, mut path, _, "Y", ..] = columns[..] else { continue };
            for (names, after) in [(&frame.unwrap, "."), (&frame.lists, "[].")] {
                let inside = |name: &str| path.strip_prefix(name)?.strip_prefix(after);
                path = names.iter().find_map(|name| inside(name)).unwrap_or(path);
            }
            if api == self.api {
                personal.insert(path.to_owned());
            }
        }
        personal
    }
}

/// The answers of the sandbox's cases that went well, by the file's name.
fn responses() -> BTreeMap<String, Value> {
    let mut responses = BTreeMap::new();
    for entry in std::fs::read_dir(SANDBOX).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.contains("__20") {
            let text = std::fs::read_to_string(format!("{SANDBOX}/{name}")).unwrap();
            let mut case: Value = serde_json::from_str(&text).unwrap();
            responses.insert(name, case["response"].take());
        }
    }
    responses
}

/// Every leaf that says something, with its path; all elements of a list have one path.
fn leaves(value: &Value, path: &str, all: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            leaves(member, &path, all);
        }),
        Value::Array(elements) => elements.iter().for_each(|one| leaves(one, &format!("{path}[]"), all)),
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => all.push((path.to_owned(), text.clone())),
        other => all.push((path.to_owned(), other.to_string())),
    }
}

/// Whether a value that is revealed is one of the answer: the same but for how phone numbers are written.
fn is_same(revealed: &str, said: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let is_phone = revealed.starts_with('+');
    revealed == said || is_phone && letters(revealed).ends_with(letters(said).trim_start_matches('0'))
}

/// Takes in the answers of one time, each for a seller of its own, and reveals them.
fn hold(now: &str, answers: &[&Answer]) {
    let trial = Trial::at(now);
    // One answer makes a marketplace up: a home names what is new to it.
    trial.write("home/catalogue.toml", "marketplaces = [\"ATV943520DER\"]\n");
    trial.extend_catalogue(true);
    let mut names = BTreeMap::<&str, Vec<String>>::new();
    let mut documents = BTreeMap::new();
    let mut said = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        let seller = format!("S{number}");
        trial.run(&["seller", "add", &seller]).ends(0);
        let file = trial.write("answer.json", answer.response.to_string());
        let ran = trial.run(&["--output", "json", "collect", "--seller", &seller, &file]);
        assert_eq!(ran.status, 0, "{}: {}", answer.file, ran.err);
        let counts = ran.json();
        let found = answer.documents();
        assert_eq!((&counts["read"], &counts["collected"]), (&found.len().into(), &found.len().into()));
        said.push((format!("what is said of {}", answer.file).into(), [ran.out, ran.err.into()].concat()));
        for document in found {
            let reference = REFERENCES.iter().find_map(|place| document.pointer(place)).unwrap();
            let name = format!("{seller}/{}", reference.as_str().unwrap());
            names.entry(answer.format.kind().as_str()).or_default().push(name.clone());
            assert!(documents.insert(name, (*answer, document)).is_none(), "{}", answer.file);
        }
    }
    let mut secrets = BTreeSet::new();
    for (kind, names) in names {
        let revealed = Revealed::of(&trial, kind, &names);
        for name in &names {
            let (answer, document) = documents[name];
            let fields: Vec<&Value> =
                revealed.fields.get(name).map(|fields| fields.values().collect()).unwrap_or_default();
            secrets.extend(compare(answer, document, &fields));
        }
    }
    // Of some times the answers tell of nobody.
    if !secrets.is_empty() {
        let files = trial.kept().into_iter().chain(said).collect::<Vec<_>>();
        assert_nowhere(&files, &secrets.into_iter().collect::<Vec<_>>());
    }
}

/// Compares what is revealed of a document with what it says; what of it can be searched for.
fn compare(answer: &Answer, document: &Value, revealed: &[&Value]) -> Vec<String> {
    let personal = answer.personal();
    let mut said = Vec::new();
    leaves(document, "", &mut said);
    let mut texts = Vec::new();
    revealed.iter().for_each(|value| leaves(value, "", &mut texts));
    for (_, text) in &texts {
        assert!(said.iter().any(|(_, said)| is_same(text, said)), "{}: nowhere is {text:?}", answer.file);
    }
    let secrets: Vec<String> =
        said.iter().filter(|(path, _)| personal.contains(path)).map(|(_, said)| said.clone()).collect();
    for said in &secrets {
        assert!(
            texts.iter().any(|(_, text)| is_same(text, said)),
            "{}: {said:?} is not revealed",
            answer.file
        );
    }
    // Shorter ones are found somewhere by chance.
    secrets.into_iter().filter(|said| said.len() >= 8).collect()
}

#[test]
fn every_answer_of_the_sandbox_that_holds_orders_or_shipments_is_revealed_as_it_is() {
    let answers = Answer::all();
    assert!(answers.len() >= 26, "answers are missing: {}", answers.len());
    let mut by_time = BTreeMap::<&str, Vec<&Answer>>::new();
    answers.iter().for_each(|answer| by_time.entry(answer.time()).or_default().push(answer));
    std::thread::scope(|threads| {
        for (now, answers) in &by_time {
            threads.spawn(|| hold(now, answers));
        }
    });
}

#[test]
fn an_answer_of_the_sandbox_that_holds_neither_orders_nor_shipments_brings_nothing_in() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let known: BTreeSet<String> = Answer::all().into_iter().map(|answer| answer.file).collect();
    let others = responses().into_iter().filter(|(file, _)| !known.contains(file));
    let files: Vec<String> = others.map(|(file, answer)| trial.write(&file, answer.to_string())).collect();
    assert!(files.len() >= 20, "answers are missing: {}", files.len());
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let ran =
        trial.run(&[&["--output", "json", "collect", "--seller", "ALPHA"], &files[..]].concat()).ends(1);
    assert_eq!(ran.text(), "");
    for file in files {
        assert!(
            ran.err.contains(&format!("{file}: the input is in no format that is known here")),
            "{}",
            ran.err
        );
    }
    assert_eq!(trial.json(&["quarantine", "list"])["quarantined"], serde_json::json!([]));
}
