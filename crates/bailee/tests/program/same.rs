//! The same order is the same record, in whichever format it comes: what formats carry both of, they reveal alike.

use std::collections::{BTreeMap, BTreeSet};

use bailee_intake::synth::Format;
use serde_json::Value;

use crate::revealed::Revealed;
use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";

/// Takes the same orders in, in a format, for a seller of its own; what they are called.
fn collect(trial: &Trial, seller: &str, format: Format) -> Vec<String> {
    trial.run(&["seller", "add", seller]).ends(0);
    let synth = ["synth", "--orders", "24", "--seed", "5", "--truth", "truth.ndjson", "--now", NOW];
    let input = trial.run(&[&synth[..], &["--format", format.name()]].concat()).ends(0).out;
    let file = trial.write("input", input);
    trial.run(&["collect", "--seller", seller, &file]).ends(0);
    let truth = std::fs::read_to_string(trial.path("truth.ndjson")).unwrap();
    let documents = truth.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let names = documents.map(|one| format!("{seller}/{}", one["reference"].as_str().unwrap()));
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The order's own id in a record's name; a vendor's purchase orders have other numbers.
fn order_id(name: &str) -> Option<&str> {
    let is_id = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'D');
    let start = name.len().checked_sub("302-1234567-1234567".len())?;
    name.get(start..).filter(is_id)
}

#[test]
fn the_same_order_in_several_formats_reveals_the_same() {
    let trial = Trial::at(NOW);
    for own in ["shop-export-comma", "shop-orders"] {
        let mapping = trial.run(&["synth", "--mapping", "--format", own]).ends(0).out;
        let mapping = trial.write("own.toml", mapping);
        trial.run(&["mapping", "add", &mapping]).ends(0);
    }
    let formats: Vec<Format> = Format::all().collect();
    let mut names = BTreeMap::<&str, Vec<String>>::new();
    for (number, format) in formats.iter().enumerate() {
        names.entry(format.kind()).or_default().extend(collect(&trial, &format!("S{number}"), *format));
    }
    // Of every value: in how many formats it stood.
    let mut values = BTreeMap::<(String, String), (Value, BTreeSet<&str>)>::new();
    for (kind, names) in &names {
        for (name, fields) in Revealed::of(&trial, kind, names).fields {
            let Some(id) = order_id(&name) else { continue };
            let seller = name.split_once('/').unwrap().0;
            let format = formats[seller[1..].parse::<usize>().unwrap()].name();
            for (path, value) in fields {
                let place = (id.to_owned(), path);
                let (before, said) =
                    values.entry(place.clone()).or_insert_with(|| (value.clone(), BTreeSet::new()));
                assert_eq!(*before, value, "{place:?} in {format}, and in {said:?}");
                said.insert(format);
            }
        }
    }
    let several: Vec<_> = values.values().map(|(_, said)| said).filter(|said| said.len() > 1).collect();
    assert!(several.len() > 300, "only {} values were in several formats", several.len());
    let compared: BTreeSet<&str> = several.into_iter().flatten().copied().collect();
    // Vendors' orders go by another number, and of returns it is another record that tells.
    assert!(compared.len() >= 20, "only these were compared: {compared:?}");
}
