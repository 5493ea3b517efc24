//! Every format that comes with the program: each name that Amazon's APIs have is mapped on purpose, and Amazon's own
//! sandbox answers come out in canonical names, field by field.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::PathBuf;

use bailee_core::catalogue::Catalogue;
use bailee_intake::format::{Format, Formats};
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::verify::{Document, Flaw, verify};
use serde_json::Value;

fn shared(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api")).join(path)
}

/// The catalogue, with the marketplace that one sandbox answer makes up: a home names what is new to it in the same way.
fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap().extended("marketplaces = [\"ATV943520DER\"]").unwrap()
}

fn formats() -> Formats {
    Formats::embedded().unwrap()
}

/// Which format's documents an API answers, and the operations that do.
const APIS: &[(&str, &str, &[&str])] = &[
    (
        "orders_v0",
        "orders-v0",
        &[
            "getOrders",
            "getOrder",
            "getOrderBuyerInfo",
            "getOrderAddress",
            "getOrderItems",
            "getOrderItemsBuyerInfo",
            "getOrderRegulatedInfo",
        ],
    ),
    ("vdf_orders_v1", "vendor-direct-fulfillment-orders-v1", &["getOrders"]),
    ("vdf_orders_2021-12-28", "vendor-direct-fulfillment-orders-2021-12-28", &["getOrders"]),
    ("external_fulfillment_shipments_2024-09-11", "external-fulfillment-2024-09-11", &["getShipment"]),
    ("fulfillment_outbound_2020-07-01", "fulfillment-outbound-2020-07-01", &["getFulfillmentOrder"]),
    ("merchant_fulfillment_v0", "merchant-fulfillment-v0", &["getShipment"]),
    ("shipment_invoicing_v0", "shipment-invoicing-v0", &["getShipmentDetails"]),
    ("easy_ship_2022-03-23", "easy-ship-2022-03-23", &["getScheduledPackage"]),
];

/// The path of a field inside a document, without what the format says stands around it.
fn inside<'a>(format: &Format, path: &'a str) -> &'a str {
    let frame = format.frame();
    let strip = |path: &'a str, names: &[Box<str>], after: &str| {
        names.iter().find_map(|name| path.strip_prefix(&**name)?.strip_prefix(after)).unwrap_or(path)
    };
    let path = strip(path, &frame.unwrap, ".");
    strip(path, &frame.lists, "[].")
}

#[test]
fn every_field_that_the_facts_name_is_mapped_on_purpose_and_what_is_personal_stays_personal() {
    let (catalogue, formats) = (Catalogue::embedded().unwrap(), formats());
    let facts = std::fs::read_to_string(shared("fields.tsv")).unwrap();
    let mut seen = 0;
    for line in facts.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [api, operation, path, _, personal, ..] = columns[..] else { panic!("{line}") };
        let Some((_, name, operations)) = APIS.iter().find(|(name, ..)| *name == api) else { continue };
        if !operations.contains(&operation) && !operation.starts_with("getOrder") {
            continue;
        }
        seen += 1;
        let format = formats.named(name).unwrap();
        let rule = format.mapping().unwrap().rule(inside(format, path));
        let rule = rule.unwrap_or_else(|| panic!("{name}: nothing is said of {path}"));
        for target in &rule.targets {
            let field = catalogue.field_at(format.kind(), &target.schema());
            let field = field.unwrap_or_else(|| panic!("{name}: {path} leads to no field: {target}"));
            assert!(personal != "Y" || field.is_personal(), "{name}: {path} is personal, {target} is not");
        }
        assert!(personal != "Y" || rule.drop.is_none(), "{name}: {path} is dropped");
    }
    assert!(seen > 400, "the facts are missing: {seen}");
}

#[test]
fn every_target_of_every_mapping_is_a_field_of_the_catalogue() {
    let catalogue = Catalogue::embedded().unwrap();
    for format in formats().iter() {
        let Some(mapping) = format.mapping() else { continue };
        mapping.check(&catalogue, format.kind()).unwrap();
        for rule in mapping.rules() {
            for target in &rule.targets {
                let field = catalogue.field_at(format.kind(), &target.schema());
                assert!(field.is_some(), "{}: {} leads to {target}", format.name(), rule.source);
            }
        }
    }
}

/// The `response` of each sandbox case whose name begins so.
fn responses(begins: &str, status: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(shared("sandbox")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with(begins) && name.contains(&format!("__{status}__")) {
            let text = std::fs::read_to_string(shared("sandbox").join(&name)).unwrap();
            let mut case: Value = serde_json::from_str(&text).unwrap();
            found.push((name, case["response"].take()));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn read(input: String) -> (String, Vec<Result<Document, Flaw>>) {
    let catalogue = catalogue();
    let mut reader = Reader::open(Box::new(Cursor::new(input)), &formats(), Request::default()).unwrap();
    let items = reader.next_batch(usize::MAX, usize::MAX).unwrap();
    let documents = items.iter().map(|item| match item {
        Item::Document(raw) => verify(raw, reader.form(), &catalogue),
        Item::PageEnd(_) => panic!("a page end of a mapped format"),
    });
    (reader.detected().format.into(), documents.collect())
}

fn value(document: &Document) -> Value {
    serde_json::to_value(&document.json).unwrap()
}

/// The value at a path such as `a.b[0].c`.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    let pointer: String =
        path.split('.').map(|part| format!("/{}", part.replace('[', "/").replace(']', ""))).collect();
    value.pointer(&pointer).unwrap_or(&Value::Null)
}

/// What a sandbox answer must become.
struct Expected {
    file: &'static str,
    format: &'static str,
    documents: Vec<Wanted>,
}

/// What a document of it must become.
struct Wanted {
    at: &'static str,
    reference: &'static str,
    same: Vec<(&'static str, &'static str)>,
    changed: Vec<(&'static str, &'static str)>,
}

fn expected() -> Vec<Expected> {
    let mut all: Vec<Expected> = Vec::new();
    let text = include_str!("formats/expected.txt");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (indent, line) = (line.len() - line.trim_start().len(), line.trim());
        let (left, right) = line.split_once(' ').unwrap();
        let documents = all.last_mut().map(|answer| &mut answer.documents);
        match (indent, left) {
            (0, _) => all.push(Expected { file: left, format: right, documents: Vec::new() }),
            (2, _) => {
                let at = if left == "-" { "" } else { left };
                let wanted = Wanted { at, reference: right, same: Vec::new(), changed: Vec::new() };
                documents.unwrap().push(wanted);
            }
            (_, "=") => {
                documents.unwrap().last_mut().unwrap().changed.push(right.split_once(' ').unwrap());
            }
            _ => documents.unwrap().last_mut().unwrap().same.push((left, right)),
        }
    }
    all
}

#[test]
fn every_sandbox_answer_comes_out_in_canonical_names() {
    for Expected { file, format, documents } in expected() {
        let (_, response) = responses(file, "200").pop().unwrap_or_else(|| panic!("{file} is missing"));
        for input in [
            response.to_string(),
            serde_json::to_string_pretty(&response).unwrap(),
            format!("{response}\n"),
            format!("[{response}]").repeat(usize::from(documents.len() == 1 && documents[0].at.len() < 8)),
        ] {
            if input.is_empty() {
                continue;
            }
            let (detected, found) = read(input);
            assert_eq!(detected, format, "{file}");
            assert_eq!(found.len(), documents.len(), "{file}");
            for (found, wanted) in found.iter().zip(&documents) {
                let found = found.as_ref().unwrap_or_else(|flaw| panic!("{file}: {}", flaw.code()));
                let source = if wanted.at.is_empty() { &response } else { at(&response, wanted.at) };
                let canonical = value(found);
                assert_eq!(found.reference.as_str(), wanted.reference, "{file}");
                for (from, to) in &wanted.same {
                    assert!(!at(source, from).is_null(), "{file}: {from} is not there");
                    assert_eq!(at(&canonical, to), at(source, from), "{file}: {from} to {to}");
                }
                for (to, literal) in &wanted.changed {
                    let literal: Value = serde_json::from_str(literal).unwrap();
                    assert_eq!(*at(&canonical, to), literal, "{file}: {to}");
                }
            }
        }
    }
}

/// The text of every leaf that says something.
fn leaves(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| leaves(member, all)),
        Value::Array(elements) => elements.iter().for_each(|element| leaves(element, all)),
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        // As numbers, and without what statuses, phones and times lose in cleaning.
        Value::String(text) => {
            let plain = text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
            all.insert(plain);
        }
        Value::Number(number) => {
            all.insert(number.to_string().chars().filter(|c| c.is_alphanumeric()).collect());
        }
        Value::Bool(flag) => {
            all.insert(flag.to_string().to_uppercase());
        }
    }
}

/// What does not come out as it went in: words that are translated, phones, flags that become a programme.
const TRANSLATED: &[&str] = &[
    "MFN",
    "CANCELED",
    "TRUE",
    "FALSE",
    "USA",
    "14803860930EXT73824",
    "3334445555",
    "08049019010",
    "20200609140000Z",
    "1604923992000",
];

#[test]
fn no_leaf_of_a_sandbox_answer_is_lost_or_left_unnamed() {
    let begins = |api: &str| format!("{api}__");
    let mut answers = 0;
    for (name, response) in APIS.iter().flat_map(|(api, ..)| responses(&begins(api), "200")) {
        if name.contains("listHandoverSlots") {
            continue;
        }
        answers += 1;
        let (format, documents) = read(response.to_string());
        let formats = formats();
        let frame = formats.named(&format).unwrap().frame();
        let mut inner = &response;
        for name in &frame.unwrap {
            inner = inner.get(&**name).unwrap_or(inner);
        }
        let (mut given, mut kept) = (BTreeSet::new(), BTreeSet::new());
        match frame.lists.iter().find_map(|list| inner.get(&**list)) {
            Some(list) => leaves(list, &mut given),
            None => leaves(inner, &mut given),
        }
        for document in documents {
            let document = document.unwrap_or_else(|flaw| panic!("{name}: {}", flaw.code()));
            let canonical = value(&document);
            assert!(!canonical.to_string().contains("\"extra\""), "{name}: {canonical}");
            leaves(&canonical, &mut kept);
        }
        let lost: Vec<_> =
            given.difference(&kept).filter(|leaf| !TRANSLATED.contains(&leaf.as_str())).collect();
        let cursor = |leaf: &&&String| leaf.starts_with("2YGYW55I");
        assert!(lost.iter().filter(|leaf| !cursor(leaf)).count() == 0, "{name}: {lost:?}");
    }
    assert!(answers >= 18, "sandbox answers are missing: {answers}");
}

#[test]
fn an_answer_that_failed_holds_nothing() {
    for (name, response) in responses("orders_v0__", "400") {
        let (_, documents) = read_any(response.to_string());
        assert!(documents.iter().all(|flaw| *flaw == Some(Flaw::NotAnOrder)), "{name}");
    }
}

fn read_any(input: String) -> (String, Vec<Option<Flaw>>) {
    let mut reader = Reader::open(Box::new(Cursor::new(input)), &formats(), Request::default()).unwrap();
    let items = reader.next_batch(usize::MAX, usize::MAX).unwrap();
    let flaws = items.iter().filter_map(|item| match item {
        Item::Document(raw) => Some(raw.flaw),
        Item::PageEnd(_) => None,
    });
    (reader.detected().format.into(), flaws.collect())
}
