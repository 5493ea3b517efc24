//! `ARCHITECTURE.md` names, for each crate, an invariant and the tests that hold it. A test that was renamed or
//! dropped would leave an invariant that nothing holds, so each must be found in that crate's sources.

use crate::repository::{Text, read, refuse, root, sources_of};

/// Opens the list of tests in the section of a crate.
const HELD_BY: &str = "Held by:";

/// The floors from the top of the picture down: each stands on a line of its own that begins with its directory.
pub(crate) fn floors() -> Vec<String> {
    read("ARCHITECTURE.md")
        .lines()
        .filter_map(|line| line.strip_prefix("crates/")?.split_whitespace().next().map(str::to_owned))
        .collect()
}

/// The section of a crate: what stands between its heading and the next one.
fn section<'a>(document: &'a str, name: &str) -> &'a str {
    let heading = format!("\n### `{name}`");
    let Some((_, after)) = document.split_once(&heading) else {
        panic!("ARCHITECTURE.md has no section ### `{name}`")
    };
    after.split("\n## ").next().unwrap().split("\n### ").next().unwrap()
}

/// The names in backticks of a section's list of tests, which is one paragraph.
fn tests_named(section: &str) -> Vec<&str> {
    let Some((_, list)) = section.split_once(HELD_BY) else { return Vec::new() };
    let list = list.split("\n\n").next().unwrap();
    list.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_floor_has_an_invariant_and_tests_that_hold_it() {
    let document = read("ARCHITECTURE.md");
    let mut complaints = Vec::new();
    for floor in floors() {
        let section = section(&document, &floor);
        if !section.contains("**Invariant.**") {
            complaints.push(format!("ARCHITECTURE.md: {floor} has no **Invariant.**"));
        }
        if tests_named(section).is_empty() {
            complaints.push(format!("ARCHITECTURE.md: {floor} has no list of tests behind `{HELD_BY}`"));
        }
    }
    refuse(&complaints);
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let document = read("ARCHITECTURE.md");
    let mut complaints = Vec::new();
    let outside = ["rules".to_owned()];
    for name in floors().iter().chain(&outside) {
        for named in tests_named(section(&document, name)) {
            // What a floor promises may be shown from a floor that uses it: `bailee::name`.
            let (floor, test) = named.split_once("::").unwrap_or((name, named));
            let exists = if test.contains('/') {
                root().join("crates").join(floor).join(test).exists()
            } else {
                sources_of(floor).iter().any(|source| has_test(source, test))
            };
            if !exists {
                complaints.push(format!("ARCHITECTURE.md: crates/{floor} has no test {test}"));
            }
        }
    }
    refuse(&complaints);
}

/// Whether a file has a test of that name: a function behind `#[test]` or `#[tokio::test]`, of its own or of a
/// property, or a case of a conformance suite, which a macro makes a test of.
fn has_test(source: &Text, name: &str) -> bool {
    let lines: Vec<&str> = source.content.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(index, line)| {
        let is_function = line
            .trim_start_matches("async ")
            .strip_prefix("fn ")
            .is_some_and(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(['(', '<'])));
        let attributes =
            lines[..index].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        let is_case = *line == name && source.path.contains("/conformance/");
        is_case
            || is_function
                && attributes.into_iter().any(|line| line.starts_with("#[") && line.contains("test"))
    })
}
