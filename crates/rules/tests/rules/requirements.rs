//! Code, tests, events and documents refer to the policy by the ids of its requirements. An id that does not exist
//! would be a promise to nobody.

use std::collections::BTreeSet;
use std::fs;

use crate::repository::{documents, refuse, root, sources};

/// The policy as checkable requirements; it is kept beside the repository.
const POLICY: &str = "../shared/policy/requirements.toml";

fn ids() -> BTreeSet<String> {
    let policy: toml::Table = fs::read_to_string(root().join(POLICY)).unwrap().parse().unwrap();
    let requirements = policy["requirement"].as_array().unwrap();
    requirements.iter().map(|requirement| requirement["id"].as_str().unwrap().to_owned()).collect()
}

/// The words of a text that look like the id of a requirement: `0.a`, `2.1.a`.
fn cited(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_');
    text.split(move |character| !is_part(character)).map(|word| word.trim_end_matches('.')).filter(|word| {
        let mut pieces: Vec<&str> = word.split('.').collect();
        let letter = pieces.pop().unwrap();
        let is_number = |piece: &&str| piece.len() == 1 && piece.as_bytes()[0].is_ascii_digit();
        let is_letter = letter.len() == 1 && letter.as_bytes()[0].is_ascii_lowercase();
        is_letter && matches!(pieces.len(), 1 | 2) && pieces.iter().all(is_number)
    })
}

#[test]
fn an_id_is_told_from_other_words() {
    let text = "2.1.a, (1.3.b): `0.f`; tuple.0.a 0.as_str() 1.2.3 10.1.a 2.1.ab a.b 2.6.e.";
    assert_eq!(cited(text).collect::<Vec<_>>(), ["2.1.a", "1.3.b", "0.f", "2.6.e"]);
}

#[test]
fn every_requirement_that_is_cited_exists() {
    let ids = ids();
    let mut complaints = Vec::new();
    for text in sources().into_iter().chain(documents()) {
        if text.path == "crates/rules/tests/rules/requirements.rs" {
            continue;
        }
        for (index, line) in text.content.lines().enumerate() {
            for id in cited(line).filter(|id| !ids.contains(*id)) {
                complaints.push(format!("{}:{}: there is no requirement {id}", text.path, index + 1));
            }
        }
    }
    refuse(&complaints);
}
