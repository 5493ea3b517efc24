//! The retention clock against `retention_cases.txt`, its table of cases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use bailee_core::retention::{Decision, Evidence, Policy, Rule, Seen, Sighting, Spoken};
use bailee_core::{Json, Kind, Timestamp};
use serde_json::{Value, json};

const NOW: &str = "2026-02-01";

/// The cases, in the words of the file.
const CASES: &str = include_str!("retention_cases.txt");

#[test]
fn every_case_of_the_clock() {
    let mut policy = Policy::default();
    let (mut name, mut documents, mut tried, mut wrong) = ("", Vec::new(), 0, Vec::new());
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((profile, days)) =
            line.strip_prefix('[').and_then(|line| line.strip_suffix(']')?.split_once(' '))
        {
            policy = Policy::new(days.parse().unwrap(), profile.parse().unwrap()).unwrap();
        } else if let Some(expected) = line.strip_prefix("    = ") {
            wrong.extend(check(&policy, name, &std::mem::take(&mut documents), expected));
            tried += 1;
        } else if let Some(document) = line.strip_prefix("    ") {
            documents.push(document);
        } else {
            name = line;
        }
    }
    assert!(tried >= 60, "{tried}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is wrong with a case.
fn check(policy: &Policy, name: &str, documents: &[&str], expected: &str) -> Option<String> {
    let decision = decide(policy, &mut documents.iter());
    let words = decision.words(Kind::Order, policy);
    assert!(words.contains(decision.rule.as_str()) && words.ends_with("(R3)."), "{name}: {words}");
    // What is written as no ordinary course is counted as an exception, and nothing else.
    let is_marked = ["R4 ", "capped", "fallback"].iter().any(|mark| expected.contains(mark));
    assert_eq!(decision.exception().is_some(), is_marked, "{name}");
    assert!(decision.exception().is_none_or(|rule| Rule::of_number(rule.number()) == Some(rule)), "{name}");
    let depends_on_order = documents.iter().any(|document| document.starts_with("again"));
    let reversed = (!depends_on_order).then(|| decide(policy, &mut documents.iter().rev()));
    let decisions = [Some(decision), reversed].into_iter().flatten().map(|decision| written(&decision));
    let wrong = decisions.into_iter().find(|actual| actual != expected);
    wrong.map(|actual| format!("{name}\n  expected {expected}\n  actual   {actual}"))
}

fn decide<'a>(policy: &Policy, documents: &mut dyn Iterator<Item = &'a &'a str>) -> Decision {
    let mut evidence = Evidence::new(day("2026-01-02"));
    documents.for_each(|document| observe(&mut evidence, document));
    let stored: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    assert_eq!(stored, evidence);
    evidence.decide(policy, day(NOW))
}

fn observe(evidence: &mut Evidence, document: &str) {
    if let Some((who, at)) = document.strip_prefix("delivered").and_then(|rest| rest.split_once('=')) {
        return evidence
            .observe_sighting(&seen(Seen::Delivered, who.strip_prefix(':'), Some(at), NOW), day(NOW));
    }
    if let Some((what, at)) = document.strip_prefix("tracked@").and_then(|rest| rest.split_once(' ')) {
        // `tracked@AS_OF given-up[:PACKAGE][=DAY]`
        let (what, at) = (at, what);
        let (what, happened) = what.split_once('=').map_or((what, None), |(what, day)| (what, Some(day)));
        let (what, package) = what.split_once(':').map_or((what, None), |(what, id)| (what, Some(id)));
        return evidence.observe_sighting(&seen(what.parse().unwrap(), package, happened, at), day(NOW));
    }
    let mut words = document.split(' ').peekable();
    let (how, as_of) = words.next().unwrap().split_once('@').unwrap();
    let spoken = Spoken {
        as_of: day(as_of),
        fetched: how.ends_with("fetched"),
        seen_before: matches!(how, "again" | "refetched"),
        now: day(NOW),
    };
    let kind = words.next_if(|word| ["shipment", "return"].contains(word));
    let kind = kind.map_or(Kind::Order, |kind| kind.parse().unwrap());
    let mut document = json!({ "fulfillment": {}, "packages": [], "returns": [] });
    words.for_each(|word| put(kind, &mut document, word));
    evidence.observe(kind, &from_value(&document), &spoken);
}

fn seen<'a>(what: Seen, package: Option<&'a str>, at: Option<&str>, as_of: &str) -> Sighting<'a> {
    Sighting { package, what, at: at.map(day), as_of: day(as_of) }
}

fn put(kind: Kind, document: &mut Value, word: &str) {
    if let Some((id, inside)) = word.strip_suffix(')').and_then(|word| word.split_once('(')) {
        return document["packages"].as_array_mut().unwrap().push(package(id, inside));
    }
    // What an order tells under `fulfillment`, a shipment tells of itself.
    let fulfillment = match kind {
        Kind::Order => "/fulfillment",
        Kind::Shipment | Kind::Return => "",
    };
    match (word.split_once('='), kind) {
        (Some(("created", at)), _) => document["createdTime"] = text(at),
        (Some(("updated", at)), _) => document["lastUpdatedTime"] = text(at),
        (Some(("ordered", at)), _) => document["orderTime"] = text(at),
        (Some(("shipped", at)), _) => document["shipTime"] = text(at),
        (Some(("delivered", at)), _) => document["deliveredTime"] = text(at),
        (Some(("returned", at)), _) => {
            document["returns"].as_array_mut().unwrap().push(json!({ "returnTime": text(at) }));
        }
        (Some(("sent-back", at)), _) => document["returnItems"] = json!([{ "statusChangedTime": text(at) }]),
        (Some(("requested", at)), _) => {
            document["returns"].as_array_mut().unwrap().push(json!({ "requestTime": text(at) }));
        }
        (Some(("ship-by", at)), _) => {
            document.pointer_mut(fulfillment).unwrap()["shipByWindow"] =
                json!({ "earliestDateTime": text(at) });
        }
        (Some(("promise", at)), _) => {
            document.pointer_mut(fulfillment).unwrap()["deliverByWindow"]["earliestDateTime"] = text(at);
        }
        (Some(("promise-end", at)), _) => {
            document.pointer_mut(fulfillment).unwrap()["deliverByWindow"]["latestDateTime"] = text(at);
        }
        (Some(("easy-ship", status)), _) => {
            document["fulfillment"]["easyShipShipmentStatus"] = json!(status);
        }
        (Some(("associated", how)), _) => document["associatedOrders"] = json!([{ "associationType": how }]),
        (Some(other), _) => panic!("{other:?}"),
        (None, Kind::Order) => document["fulfillment"]["fulfillmentStatus"] = json!(word),
        (None, _) => document["status"] = json!(word),
    }
}

fn package(id: &str, inside: &str) -> Value {
    let mut package = json!({ "packageReferenceId": id });
    for part in inside.split(',') {
        match part.split_once('=') {
            Some(("shipped", at)) => package["shipTime"] = text(at),
            Some(("packed", at)) => package["createdTime"] = text(at),
            Some(("delivered", at)) => package["deliveredTime"] = text(at),
            Some(("handover", at)) => package["handover"] = json!({ "startTime": text(at) }),
            Some(("items", items)) => {
                package["packageItems"] =
                    items.split('+').map(|item| json!({ "orderItemId": item })).collect();
            }
            _ => package["packageStatus"] = json!({ "status": part }),
        }
    }
    package
}

fn text(at: &str) -> Value {
    match at.strip_prefix('"') {
        Some(raw) => json!(raw.trim_end_matches('"')),
        None => json!(format!("{at}T00:00:00Z")),
    }
}

fn written(decision: &Decision) -> String {
    let shown = |at: Timestamp| at.to_string().trim_end_matches("T00:00:00Z").to_owned();
    let mut line = format!("{} {} lo={}", decision.rule, decision.evidence, shown(decision.lo));
    line.extend(decision.hi.map(|hi| format!(" hi={}", shown(hi))));
    line.push_str(&format!(" expires={}", shown(decision.expires_at)));
    line.push_str(if decision.capped { " capped" } else { "" });
    line.push_str(if decision.fallback { " fallback" } else { "" });
    line.extend(decision.items.iter().map(|(item, expires)| format!(" {item}={}", shown(*expires))));
    line
}

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn from_value(value: &Value) -> Json {
    serde_json::from_str(&value.to_string()).unwrap()
}
