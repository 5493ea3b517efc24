//! Rules for the sources: lints that nobody can opt out of, pure floors that stay pure, files that hold one thing.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::repository::{Text, crates, read_toml, refuse, sources, sources_of};

/// Past this a file holds two things.
const LINES_MAX: usize = 500;

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// Floors that are given everything: no I/O of their own, no clock, no randomness, no threads, no environment.
const PURE: [&str; 3] = ["core", "intake", "render"];

/// What a pure floor has no use for.
const IMPURE: [&str; 13] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom",
    "OsRng",
    "stdin()",
    "aws_lc_rs",
];

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let mut complaints = Vec::new();
    for name in crates() {
        let manifest = read_toml(&format!("crates/{name}/Cargo.toml"));
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(|lints| lints.as_bool()) != Some(true) {
            complaints.push(format!("crates/{name}: write [lints] workspace = true"));
        }
    }
    refuse(&complaints);
}

/// `forbid` cannot be taken back in a source, so with the rule above there is no unsafe code anywhere.
#[test]
fn unsafe_code_is_forbidden() {
    let workspace = read_toml("Cargo.toml");
    assert_eq!(workspace["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let mut complaints = Vec::new();
    for source in sources() {
        for (index, line) in source.content.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            if ["unsafe {", "unsafe fn ", "unsafe impl ", "unsafe extern "]
                .iter()
                .any(|word| code.contains(word))
                && !code.contains('"')
            {
                complaints.push(format!("{}:{}: unsafe code", source.path, index + 1));
            }
        }
    }
    refuse(&complaints);
}

#[test]
fn pure_floors_have_no_clock_no_files_and_no_randomness() {
    let mut complaints = Vec::new();
    for name in PURE {
        for source in sources_of(name).iter().filter(|source| is_no_test(source)) {
            for (index, line) in outside_tests(source).lines().enumerate() {
                let code = line.split("//").next().unwrap();
                for impure in IMPURE.iter().filter(|impure| code.contains(**impure)) {
                    complaints.push(format!("{}:{}: {impure} in a pure floor", source.path, index + 1));
                }
            }
        }
    }
    refuse(&complaints);
}

/// Configuration reaches a floor as values; only the program looks at the environment it was started in.
#[test]
fn only_the_program_reads_its_environment() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| is_no_test(source)) {
        let code = outside_tests(source);
        let reads =
            ["env::var(", "env::var_os(", "env::vars(", "env::args("].iter().any(|read| code.contains(read));
        if reads && !source.path.starts_with("crates/bailee/") {
            complaints.push(format!("{}: take it as a parameter from the wiring", source.path));
        }
    }
    refuse(&complaints);
}

/// What is told of the program's running is a sentence of the source: whatever varies is a field, which the guard looks at.
#[test]
fn what_is_logged_is_written_in_the_source() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| is_no_test(source)) {
        for said in outside_tests(source).split("tracing::").skip(1) {
            let Some((macro_name, rest)) = said.split_once("!(") else { continue };
            if !["trace", "debug", "info", "warn", "error"].contains(&macro_name) {
                continue;
            }
            let words = rest.split_once(");").map_or(rest, |(words, _)| words);
            if words.split('"').skip(1).step_by(2).any(|literal| literal.contains('{')) {
                complaints.push(format!("{}: says something that varies; make it a field", source.path));
            }
            if words.split(['(', ',']).any(|field| field.trim_start().starts_with(['%', '?']))
                || words.contains("= %")
                || words.contains("= ?")
            {
                complaints.push(format!("{}: formats a field; give a number or a code", source.path));
            }
        }
    }
    refuse(&complaints);
}

#[test]
fn a_source_has_at_most_500_lines() {
    let sources = sources();
    let mut complaints = Vec::new();
    for source in &sources {
        let lines = source.content.lines().count();
        let excused = LONGER.iter().any(|(path, _)| *path == source.path);
        if lines > LINES_MAX && !excused {
            complaints.push(format!("{}: {lines} lines hold two things; part them", source.path));
        }
        if lines <= LINES_MAX && excused {
            complaints.push(format!("{}: is short enough again; take it off the list", source.path));
        }
    }
    refuse(&complaints);
}

/// A file opens with what it is for. Code that must not compile is exempt: the compiler's answer quotes its lines.
#[test]
fn every_source_opens_with_what_it_is_for() {
    let mut complaints = Vec::new();
    for source in sources() {
        let is_sample = source.path.contains("/tests/ui/") || source.path.contains("/compile_fail/");
        let is_tests = !is_no_test(&source);
        if !is_sample && !is_tests && !source.content.starts_with("//!") {
            complaints.push(format!("{}: begins without //!", source.path));
        }
    }
    refuse(&complaints);
}

/// Whether a file belongs to the program: it is not under `tests/`, and no file of its crate takes it in for tests only.
fn is_no_test(source: &Text) -> bool {
    !source.path.contains("/tests/") && !test_modules().contains(&source.path)
}

/// The paths of modules that are declared behind `#[cfg(test)]`.
fn test_modules() -> &'static BTreeSet<String> {
    static FOUND: OnceLock<BTreeSet<String>> = OnceLock::new();
    FOUND.get_or_init(|| sources().iter().flat_map(declared_for_tests).collect())
}

/// The files that a source declares as modules for tests only: `mod name;`, or one that `#[path]` names.
fn declared_for_tests(source: &Text) -> Vec<String> {
    let (directory, file) = source.path.rsplit_once('/').unwrap();
    let inside = match file {
        "lib.rs" | "main.rs" | "mod.rs" => directory.to_owned(),
        _ => source.path.trim_end_matches(".rs").to_owned(),
    };
    let mut found = Vec::new();
    for declared in source.content.split("#[cfg(test)]\n").skip(1) {
        let path = declared.lines().find_map(|line| line.strip_prefix("#[path = \"")?.strip_suffix("\"]"));
        let line = declared.lines().find(|line| !line.starts_with("#[")).unwrap_or_default();
        let Some(name) =
            line.strip_suffix(';').and_then(|line| line.rsplit_once("mod ")).map(|(_, name)| name)
        else {
            continue;
        };
        match path.filter(|_| declared.starts_with("#[path")) {
            Some(path) => found.push(format!("{directory}/{path}")),
            None => found.extend([format!("{inside}/{name}.rs"), format!("{inside}/{name}/mod.rs")]),
        }
    }
    found
}

/// What stands above the tests at the end of a file.
fn outside_tests(source: &Text) -> &str {
    source.content.split("#[cfg(test)]\nmod tests {").next().unwrap()
}

#[test]
fn modules_for_tests_are_told_from_others() {
    let content = "mod a;\n#[cfg(test)]\nmod b;\n#[cfg(test)]\n#[path = \"d_tests.rs\"]\nmod tests;\n#[cfg(test)]\nfn e() {}\n";
    let declared =
        |path: &str| declared_for_tests(&Text { path: path.to_owned(), content: content.to_owned() });
    assert_eq!(
        declared("crates/x/src/lib.rs"),
        ["crates/x/src/b.rs", "crates/x/src/b/mod.rs", "crates/x/src/d_tests.rs"]
    );
    assert_eq!(declared("crates/x/src/d.rs")[0], "crates/x/src/d/b.rs");
}
