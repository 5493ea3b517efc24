//! Amazon's own sandbox answers of Orders 2026-01-01 go through the whole of intake without losing anything, and what
//! the synthesiser makes fits Amazon's own model.
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
use std::sync::Arc;

use bailee_core::catalogue::Catalogue;
use bailee_intake::emit::Emitter;
use bailee_intake::format::{Form, Formats};
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::synth::{Format, Mess, Style, Synth};
use bailee_intake::verify::{Flaw, verify};
use serde_json::Value;

fn shared(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api")).join(path)
}

/// The `response` parts of the sandbox cases of Orders 2026-01-01 with a status.
fn responses(status: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(shared("sandbox")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("orders_2026-01-01__") && name.contains(&format!("__{status}__")) {
            let text = std::fs::read_to_string(shared("sandbox").join(&name)).unwrap();
            let mut case: Value = serde_json::from_str(&text).unwrap();
            found.push((name, case["response"].take()));
        }
    }
    found
}

fn items(input: String) -> (Arc<Form>, Vec<Item>) {
    let formats = Formats::embedded().unwrap();
    let mut reader = Reader::open(Box::new(Cursor::new(input)), &formats, Request::default()).unwrap();
    let items = reader.next_batch(usize::MAX, usize::MAX).unwrap();
    (Arc::clone(reader.form()), items)
}

/// Every leaf as `path = letters and digits`: what cleaning must not change. Phone numbers by their digits alone.
fn leaves(value: &Value, path: &str, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                leaves(member, &format!("{path}.{key}"), all);
            }
        }
        Value::Array(elements) => {
            for (number, element) in elements.iter().enumerate() {
                leaves(element, &format!("{path}[{number}]"), all);
            }
        }
        Value::String(text) if path.ends_with(".phone") => {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            // Ten digits are an American number without its calling code.
            let code = if digits.len() == 10 { "1" } else { "" };
            all.insert(format!("{path} = {code}{digits}"));
        }
        Value::String(text) => {
            all.insert(format!("{path} = {}", text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        other => {
            all.insert(format!("{path} = {other}"));
        }
    }
}

#[test]
fn every_sandbox_order_goes_through_and_nothing_is_lost() {
    let catalogue = Catalogue::embedded().unwrap();
    let responses = responses("200");
    assert!(responses.len() >= 5, "the sandbox cases are missing");
    for (name, response) in responses {
        for input in [response.to_string(), serde_json::to_string_pretty(&response).unwrap()] {
            let mut emitter = Emitter::new(Vec::new());
            let (form, items) = items(input);
            for item in items {
                match item {
                    Item::Document(raw) => {
                        let document = verify(&raw, &form, &catalogue)
                            .unwrap_or_else(|flaw| panic!("{name}: {}", flaw.code()));
                        emitter.document(raw.shape, &document.json).unwrap();
                    }
                    Item::PageEnd(members) => emitter.page_end(&members).unwrap(),
                }
            }
            let emitted: Value = serde_json::from_slice(&emitter.finish().unwrap()).unwrap();
            let (mut given, mut kept) = (BTreeSet::new(), BTreeSet::new());
            leaves(&response, "", &mut given);
            leaves(&emitted, "", &mut kept);
            assert_eq!(kept, given, "{name}");
        }
    }
}

#[test]
fn an_error_answer_holds_no_order() {
    let responses = responses("400");
    assert!(!responses.is_empty());
    for (name, response) in responses {
        for item in items(response.to_string()).1 {
            let Item::Document(raw) = item else { panic!("{name}: a page") };
            assert_eq!(raw.flaw, Some(Flaw::NotAnOrder), "{name}");
        }
    }
}

/// Holds a value against a definition of the model and says what does not fit.
fn misfits(model: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return misfits(model, &model["definitions"][name], value, path, found);
    }
    let fits = match schema["type"].as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("a type that the model did not have: {other}"),
    };
    if !fits {
        found.push(format!("{path}: not {}", schema["type"]));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        if value.get(required.as_str().unwrap()).is_none() {
            found.push(format!("{path}: no {required}"));
        }
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        found.push(format!("{path}: not one of {}", schema["enum"]));
    }
    if schema["format"] == "date-time"
        && value.as_str().is_none_or(|time| time.parse::<bailee_core::Timestamp>().is_err())
    {
        found.push(format!("{path}: no time"));
    }
    for (key, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(key) {
            Some(schema) => misfits(model, schema, member, &format!("{path}.{key}"), found),
            None => found.push(format!("{path}.{key}: unknown")),
        }
    }
    for element in value.as_array().into_iter().flatten() {
        misfits(model, &schema["items"], element, &format!("{path}[]"), found);
    }
}

#[test]
fn what_the_synthesiser_makes_fits_amazons_model() {
    let text = std::fs::read_to_string(shared("models/orders_2026-01-01.json")).unwrap();
    let model: Value = serde_json::from_str(&text).unwrap();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    for (mess_percent, seed) in [(0, 1), (60, 2)] {
        for line in (Synth { orders: 1500, seed, mess_percent, now }).orders_with_truth() {
            let breaks_the_model = line.mess.is_some_and(|mess| {
                let odd =
                    matches!(mess, Mess::Partial | Mess::UnknownField | Mess::MissingDates | Mess::OddDates);
                odd || mess.must_be_quarantined()
            });
            if !breaks_the_model {
                let mut found = Vec::new();
                let order: Value = serde_json::from_str(&line.text).unwrap();
                misfits(&model, &model["definitions"]["Order"], &order, "", &mut found);
                assert!(found.is_empty(), "{:?}: {found:?}", line.mess);
            }
        }
    }
}

#[test]
fn what_the_synthesiser_makes_of_orders_v0_fits_amazons_model_easy_ship_among_it() {
    let text = std::fs::read_to_string(shared("models/ordersV0.json")).unwrap();
    let model: Value = serde_json::from_str(&text).unwrap();
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let style = Style { format: Format::named("orders-v0").unwrap(), ..Style::default() };
    let mut fetched = BTreeSet::new();
    for chunk in (Synth { orders: 3000, seed: 3, mess_percent: 0, now }).input(style) {
        let order: Value = serde_json::from_slice(&chunk.bytes).unwrap();
        let mut found = Vec::new();
        misfits(&model, &model["definitions"]["Order"], &order, "", &mut found);
        assert!(found.is_empty(), "{found:?}");
        if let Some(status) = order["EasyShipShipmentStatus"].as_str() {
            assert_eq!(order["FulfillmentChannel"], "MFN", "what Amazon sends itself nobody fetches");
            fetched.insert(status.to_owned());
        }
    }
    assert!(fetched.len() >= 12, "{fetched:?}");
}
