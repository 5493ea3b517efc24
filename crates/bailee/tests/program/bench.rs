//! The bench: every figure beside its limit, of a home of which nothing stays.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::Trial;

/// Every figure, in the order in which it is told, and how many limits stand beside it.
const FIGURES: [(&str, usize); 18] = [
    ("sync", 0),
    ("collect-empty", 4),
    ("collect-full", 1),
    ("collect-memory", 0),
    ("reveal", 1),
    ("reveal-hundreds", 1),
    ("find", 1),
    ("start", 1),
    ("erase", 1),
    ("erase-keys", 0),
    ("dispose-unreadable", 1),
    ("dispose-sweep", 1),
    ("dispose-reads", 1),
    ("decide", 1),
    ("decide-grant", 1),
    ("ledger-append", 1),
    ("ledger-verify", 1),
    ("size", 0),
];

/// The figures of an answer with the numbers of their limits; each says something.
fn figures(answer: &Value) -> Vec<(&str, usize)> {
    let is_positive = |value: &Value| value.as_f64().unwrap() > 0.0;
    let mut told = Vec::new();
    for figure in answer["figures"].as_array().unwrap() {
        let limits = figure["limits"].as_array().unwrap();
        assert!(figure["what"].is_string() && figure["unit"].is_string(), "{figure}");
        assert!(is_positive(&figure["value"]) && is_positive(&figure["count"]), "{figure}");
        assert!(
            limits.iter().all(|limit| is_positive(&limit["value"]) && is_positive(&limit["share"])),
            "{figure}"
        );
        told.push((figure["figure"].as_str().unwrap(), limits.len()));
    }
    told
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).unwrap().next().is_none()
}

#[test]
fn the_bench_measures_everything_beside_its_limits_and_leaves_nothing_behind() {
    let trial = Trial::empty();
    let answer = trial.json(&["bench", "--records", "300", "--seconds", "1", "--plot", "bench.svg"]);
    assert_eq!(figures(&answer), FIGURES);
    assert_eq!(answer["records"], 300);
    let machine = &answer["machine"];
    for said in ["cores", "cpu", "memory_mb", "kernel", "file_system"] {
        assert!(!machine[said].is_null(), "{machine}");
    }
    let swept =
        answer["figures"].as_array().unwrap().iter().find(|figure| figure["figure"] == "dispose-sweep");
    let swept = swept.unwrap();
    // A fifth of the orders that went in first, which is the earliest day's; each a part, an envelope and four terms.
    assert_eq!(swept["limits"][0]["count"], 300 / 5 * 6);
    assert_eq!(swept["count"], 300 / 5 * 6, "{swept}");
    let picture = std::fs::read_to_string(trial.path("bench.svg")).unwrap();
    for figure in answer["figures"].as_array().unwrap() {
        assert!(picture.contains(figure["what"].as_str().unwrap()), "{figure}");
    }
    assert!(is_empty(&trial.path("tmp")));
}

#[test]
fn some_phases_are_measured_alone_and_shown_as_a_table() {
    let trial = Trial::empty();
    let alone = ["bench", "--records", "2000", "--only", "ledger,size"];
    let expected = [("sync", 0), ("ledger-append", 1), ("ledger-verify", 1), ("size", 0)];
    assert_eq!(figures(&trial.json(&alone)), expected);
    let table = trial.run(&alone).ends(0).text();
    let line = table.lines().find(|line| line.starts_with("events verified")).unwrap();
    assert!(line.contains("events/s"), "{table}");
    assert!(table.contains("  beside SHA-256 of the same entries"), "{table}");
    trial.run(&["bench", "--only", "nothing"]).ends(2);
    trial.run(&["bench", "--records", "99"]).ends(2);
}

/// Whether a process runs with these words in its command line.
fn runs(words: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.into_iter().any(|line| String::from_utf8_lossy(&line).contains(words))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "in vain: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_bench_that_is_interrupted_takes_home_and_processes_away() {
    let trial = Trial::empty();
    let mut command = trial.command(&["bench", "--records", "50000000", "--only", "collect"]);
    let mut bench: Child = command.spawn().unwrap();
    let tmp = trial.path("tmp").to_str().unwrap().to_owned();
    // The collecting process names the home on its command line.
    wait_until("a process collects", || runs(&tmp));
    kill_process(Pid::from_child(&bench), Signal::INT).unwrap();
    assert_eq!(bench.wait().unwrap().code(), Some(130));
    assert!(is_empty(&trial.path("tmp")));
    wait_until("no process is left", || !runs(&tmp));
}

#[test]
fn pgcrypto_is_measured_beside_us_on_a_server_of_its_own() {
    // Its server may run as another user, who must be able to come here.
    let directory = tempfile::Builder::new().permissions(PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let against = ["bench", "--against", "pgcrypto", "--records", "200", "--seconds", "1", "--dir", path];
    let answer = Trial::empty().json(&against);
    assert_eq!(figures(&answer), [("against-reads", 2), ("against-writes", 2)]);
    let beside = answer["figures"][0]["limits"][0]["what"].as_str().unwrap();
    assert!(beside.contains("pgp_sym_encrypt (PostgreSQL 1"), "{beside}");
    assert!(is_empty(directory.path()));
    assert!(!runs(path));
}
