//! Quarantine as a person works through it: what is mended goes in, what belongs nowhere is thrown away, and whoever may
//! not is refused. And a collect that is stopped or killed is repeated without harm.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";

/// A catalogue that takes for a list what is none.
const MISTAKEN: &str = r#"
kind = "order"
[lists]
"desk" = "slot"
[sources.own]
operation = "our parcel desk"
role = "none"
[[group]]
source = "own"
fact = "which of the desk's places it lay in"
fields = { "desk[].slot" = 10000 }
"#;

fn order(number: u32) -> String {
    json!({ "orderId": format!("302-1111111-{number:07}"), "lastUpdatedTime": "2026-03-01T10:00:00Z",
        "buyer": { "buyerName": "Quirina Zettelmann" }, "desk": { "slot": "9" } })
    .to_string()
}

fn broken(number: u32) -> String {
    format!(
        r#"{{"orderId":"302-2222222-{number:07}","buyer":{{"buyerName":"Quirina Zettelmann"}},"buyer":{{}}}}"#
    )
}

fn listed(trial: &Trial) -> Vec<Value> {
    trial.json(&["quarantine", "list"])["quarantined"].as_array().unwrap().clone()
}

fn id(item: &Value) -> String {
    item["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_mended_goes_in_and_what_belongs_nowhere_is_thrown_away() {
    let trial = Trial::at(NOW);
    trial.write("home/catalogue.toml", MISTAKEN);
    trial.extend_catalogue(true);
    let input = trial.write("orders.ndjson", format!("{}\n{}\n{}\n", order(1), order(2), broken(3)));
    trial.run(&["collect", "--seller", "ALPHA", &input]).ends(3);
    let items = listed(&trial);
    assert_eq!(items.len(), 3);
    let by = |reason: &str| id(items.iter().find(|item| item["reason"] == reason).unwrap());
    let shown = trial.run(&["quarantine", "show", &by("structure")]).ends(0).text();
    for said in [
        "line",
        "structure",
        "orders-2026-01-01",
        "order",
        "buyer.buyerName",
        "Q****** Z********",
        "expires_at",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(!shown.contains("Quirina") && !shown.contains("302-"), "{shown}");

    // Nothing is mended yet: all of it stays.
    trial.run(&["quarantine", "retry", "--all"]).ends(3);
    assert_eq!(listed(&trial).len(), 3);
    trial.extend_catalogue(false);
    let one = trial.run(&["--output", "json", "quarantine", "retry", &by("structure")]).ends(0).json();
    assert_eq!((&one["read"], &one["collected"], &one["quarantined"]), (&json!(1), &json!(1), &json!(0)));
    let members: Vec<&String> = one.as_object().unwrap().keys().collect();
    assert_eq!(members.len(), 7, "{one}");
    let rest =
        trial.run(&["--output", "json", "quarantine", "retry", "--all", "--seller", "ALPHA"]).ends(3).json();
    assert_eq!((&rest["read"], &rest["collected"], &rest["quarantined"]), (&json!(2), &json!(1), &json!(1)));
    for number in [1, 2] {
        let reference = format!("ALPHA/302-1111111-{number:07}");
        let revealed = trial.json(&["reveal", &reference, "--purpose", "fulfilment"]);
        assert_eq!(revealed["records"][0]["fields"]["buyer.buyerName"], "Quirina Zettelmann");
    }
    trial.run(&["quarantine", "retry", &by("structure")]).ends(5);

    let left = by("duplicate-key");
    trial.run(&["quarantine", "discard", &left]).ends(2);
    trial.run(&["quarantine", "discard", &left, "--reason", "because"]).ends(2);
    trial.run(&["quarantine", "discard", &left, "--reason", "unreadable"]).ends(0);
    trial.run(&["quarantine", "discard", &left, "--reason", "unreadable"]).ends(5);
    assert!(listed(&trial).is_empty());
    trial.run(&["quarantine", "retry", "--all"]).ends(0);
    let events = trial.run(&["--output", "json", "ledger", "tail"]).ends(0).text();
    for event in ["quarantine-retried", "quarantine-discarded", "unreadable", "taken-in"] {
        assert!(events.contains(event), "{event}");
    }
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_service_retries_its_own_and_throws_nothing_away() {
    let trial = Trial::at(NOW);
    trial.run(&["seller", "add", "BETA"]).ends(0);
    for seller in ["ALPHA", "BETA"] {
        trial.run_with(&["collect", "--seller", seller, "-"], &broken(1)).ends(3);
    }
    let items = trial.json(&["quarantine", "list", "--seller", "ALPHA"]);
    let own = id(&items["quarantined"][0]);
    let other = id(&trial.json(&["quarantine", "list", "--seller", "BETA"])["quarantined"][0]);
    let service =
        ["service", "add", "erp", "--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];
    let key = trial.json(&service)["key"].as_str().unwrap().to_owned();
    let trial = trial.with_key(&key);
    trial.run(&["quarantine", "retry", &own]).ends(3);
    trial.run(&["quarantine", "retry", "--all", "--seller", "ALPHA"]).ends(3);
    trial.run(&["quarantine", "retry", &other]).ends(4);
    trial.run(&["quarantine", "retry", "--all", "--seller", "BETA"]).ends(4);
    trial.run(&["quarantine", "discard", &own, "--reason", "test-data"]).ends(4);
    trial.run(&["quarantine", "show", &own]).ends(4);
}

fn messy(trial: &Trial) -> String {
    let words = ["synth", "--orders", "1500", "--seed", "9", "--mess", "10", "--now", NOW];
    trial.run(&words).ends(0).text()
}

/// All that a person sees of a home's content.
fn content(trial: &Trial, input: &str) -> (Vec<String>, Vec<String>) {
    let mut references: Vec<&str> = input
        .lines()
        .filter_map(|line| line.split("\"orderId\":\"").nth(1)?.split('"').next())
        .filter(|id| id.len() == 19 && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
        .collect();
    references.sort_unstable();
    references.dedup();
    let shown = references.iter().step_by(131).map(|reference| {
        let ran = trial.run(&["--output", "json", "show", &format!("ALPHA/{reference}")]);
        format!("{} {}", ran.status, ran.text())
    });
    let shown = shown.collect();
    let quarantined = |item: &Value| format!("{} {} {}", item["source"], item["position"], item["reason"]);
    let mut quarantine: Vec<String> = listed(trial).iter().map(quarantined).collect();
    quarantine.sort_unstable();
    (shown, quarantine)
}

fn kill(child: &mut Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Begins to collect and gives the pipe through which it is fed.
fn begin(trial: &Trial) -> (Child, ChildStdin) {
    let mut child = trial.command(&["collect", "--seller", "ALPHA", "-"]).spawn().unwrap();
    let pipe = child.stdin.take().unwrap();
    (child, pipe)
}

#[test]
fn a_killed_collect_that_is_repeated_leaves_the_home_of_one_that_was_not() {
    let unkilled = Trial::at(NOW);
    let input = messy(&unkilled);
    unkilled.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(3);
    let expected = content(&unkilled, &input);

    let killed = Trial::at(NOW);
    for part in 1..4 {
        let (mut child, mut pipe) = begin(&killed);
        // Killed wherever it is when it has been given so much: reading, sealing, or while the disk syncs.
        let fed = input.len() * part / 4 + 7919 * part;
        let _ = pipe.write_all(&input.as_bytes()[..fed.min(input.len())]);
        kill(&mut child, Signal::KILL);
        assert!(!child.wait().unwrap().success());
    }
    killed.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(3);
    assert_eq!(content(&killed, &input), expected);
    killed.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn an_interrupted_collect_ends_after_its_batch_and_says_what_is_in() {
    let trial = Trial::at(NOW);
    let input = messy(&trial);
    let (mut child, mut pipe) = begin(&trial);
    let lines: Vec<&str> = input.lines().collect();
    let (first, rest) = lines.split_at(lines.len() / 2);
    pipe.write_all(first.join("\n").as_bytes()).unwrap();
    pipe.write_all(b"\n").unwrap();
    // By now it listens, since it reads.
    kill(&mut child, Signal::INT);
    let rest = rest.join("\n");
    let feeding = std::thread::spawn(move || drop(pipe.write_all(rest.as_bytes())));
    let ended = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("stopped; what was taken in so far stays"), "{said}");
    assert!(
        BufReader::new(said.as_bytes()).lines().any(|line| line.unwrap().contains(" read in ")),
        "{said}"
    );
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(3);
    let other = Trial::at(NOW);
    other.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(3);
    assert_eq!(content(&trial, &input), content(&other, &input));
}
