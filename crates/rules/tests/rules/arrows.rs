//! Arrows point one way: a crate uses only what stands above it in the picture of `ARCHITECTURE.md`.

use crate::architecture::floors;
use crate::repository::{crates, read_toml, refuse};

/// Kinds of dependency. Those of tests count too: what a test of a lower floor needs from a higher one belongs to a
/// test of the higher one.
const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Crates that stand outside the house: they use no floor, and no floor uses them.
const OUTSIDE: [&str; 1] = ["rules"];

/// The package of a floor: the program has the name of the whole.
fn package(floor: &str) -> String {
    if floor == "bailee" { floor.to_owned() } else { format!("bailee-{floor}") }
}

#[test]
fn every_crate_has_its_place_in_the_picture() {
    let mut named = floors();
    named.extend(OUTSIDE.map(str::to_owned));
    named.sort();
    assert_eq!(named, crates(), "the picture in ARCHITECTURE.md and the directories under crates/ differ");
}

#[test]
fn a_crate_uses_only_what_stands_above_it() {
    let floors = floors();
    let mut complaints = Vec::new();
    for name in crates() {
        let own = floors.iter().position(|floor| *floor == name);
        for (table, dependency) in dependencies(&name) {
            let used = floors.iter().position(|floor| package(floor) == dependency);
            let is_of_the_house = used.is_some() || dependency == "bailee-rules";
            if is_of_the_house && !matches!((own, used), (Some(own), Some(used)) if used < own) {
                complaints.push(format!("crates/{name}: [{table}] {dependency} does not stand above it"));
            }
        }
    }
    refuse(&complaints);
}

/// The packages that a crate names, with the table that names them.
fn dependencies(name: &str) -> Vec<(String, String)> {
    let manifest = read_toml(&format!("crates/{name}/Cargo.toml"));
    assert!(
        !manifest.contains_key("target"),
        "crates/{name}: dependencies by target are not read by this test"
    );
    let mut found = Vec::new();
    for table in TABLES {
        for (key, value) in manifest.get(table).and_then(|table| table.as_table()).into_iter().flatten() {
            let renamed = value.get("package").and_then(|package| package.as_str());
            found.push((table.to_owned(), renamed.unwrap_or(key).to_owned()));
        }
    }
    found
}

#[test]
fn versions_stand_in_one_place() {
    let mut complaints = Vec::new();
    for name in crates() {
        let manifest = read_toml(&format!("crates/{name}/Cargo.toml"));
        for table in TABLES {
            for (key, value) in manifest.get(table).and_then(|table| table.as_table()).into_iter().flatten() {
                if value.get("workspace").and_then(|inherits| inherits.as_bool()) != Some(true) {
                    complaints.push(format!("crates/{name}: take {key} from [workspace.dependencies]"));
                }
            }
        }
    }
    refuse(&complaints);
}

/// STYLE 16: dependencies are chosen, not collected.
#[test]
fn every_dependency_has_its_line_among_the_decisions() {
    let decisions = crate::repository::read("docs/decisions/0012-dependencies.md");
    let workspace = read_toml("Cargo.toml");
    let chosen = workspace["workspace"]["dependencies"].as_table().unwrap();
    let mut complaints = Vec::new();
    for name in chosen.keys().filter(|name| !name.starts_with("bailee")) {
        if !decisions.lines().any(|line| line.starts_with(&format!("| `{name}` |"))) {
            complaints.push(format!("{name}: say in docs/decisions/0012-dependencies.md why it was chosen"));
        }
    }
    let listed = decisions.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for name in listed.filter(|name| !chosen.contains_key(*name)) {
        complaints.push(format!("{name}: is in docs/decisions/0012-dependencies.md and not in Cargo.toml"));
    }
    refuse(&complaints);
}

#[test]
fn every_dependency_is_used() {
    let used: Vec<String> =
        crates().iter().flat_map(|name| dependencies(name)).map(|(_, dependency)| dependency).collect();
    let workspace = read_toml("Cargo.toml");
    let chosen = workspace["workspace"]["dependencies"].as_table().unwrap();
    let idle = chosen.keys().filter(|name| !used.contains(name));
    refuse(&idle.map(|name| format!("Cargo.toml: no crate uses {name}; drop it")).collect::<Vec<_>>());
}
