//! A clock that jumps ahead ends nothing before its day: what is due by it waits for two people, or for a second source of time.

use crate::people::code;
use crate::support::*;

const CEM: &str = "Cem Beispiel <cem.beispiel@example.com>";
const CEMS_PASSWORD: &str = "Grey-Anvil-203-Kettle";

/// A production home whose owner is logged in, and what opens the next log-ins.
fn production() -> (Trial, Vec<String>) {
    let trial = Trial::empty();
    let path = |name: &str| trial.path(name).to_str().unwrap().to_owned();
    let owner = format!("Ada Muster <{MAIL}>");
    let (one, two, key) = (path("one"), path("two"), path("root.key"));
    let init = [
        "init",
        "--owner",
        &owner,
        "--password-stdin",
        "--mirror",
        &one,
        "--mirror",
        &two,
        "--root-key",
        &key,
    ];
    trial.run_with(&init, PASSWORD).ends(0);
    trial.log_in();
    let codes = enrol(&trial);
    trial.run(&["seller", "add", "ALPHA"]).ends(0);
    (trial, codes)
}

/// Sets up an authenticator for whoever is logged in; the codes with which to come in without it.
fn enrol(trial: &Trial) -> Vec<String> {
    let secret = trial.json(&["person", "factor"])["secret"].as_str().unwrap().to_owned();
    let words = ["--output", "json", "person", "factor", "--code-stdin"];
    let enrolled = trial.run_with(&words, &code(&secret, 0)).ends(0).json();
    enrolled["recovery_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

/// Invites Cem, who is logged in from then on.
fn join(trial: &Trial, role: &str) {
    let invited = trial.json(&["person", "invite", CEM, "--role", role]);
    let invitation = invited["invitation"].as_str().unwrap();
    let accept = ["person", "accept", "--invitation-stdin", "--password-stdin"];
    trial.run_with(&accept, &format!("{invitation}\n{CEMS_PASSWORD}\n")).ends(0);
    enrol(trial);
}

fn store(trial: &Trial) -> rusqlite::Connection {
    rusqlite::Connection::open(trial.path("home/store.db")).unwrap()
}

/// Has the home believe that time last, as if this machine's clock had gone on from there at once.
fn believed_last(trial: &Trial, time: &str) {
    let set = "UPDATE meta SET value = ?1 WHERE name = 'time-believed'";
    assert_eq!(store(trial).execute(set, [time]).unwrap(), 1);
}

const BEFORE: &str = "2026-01-01T00:00:00Z";

fn believes(trial: &Trial) -> String {
    let get = "SELECT value FROM meta WHERE name = 'time-believed'";
    store(trial).query_row(get, [], |row| row.get(0)).unwrap()
}

#[test]
fn two_people_confirm_a_time_that_has_jumped_before_anything_is_destroyed_by_it() {
    let (trial, codes) = production();
    trial.run(&["retention", "run"]).ends(0);
    let needless = trial.run(&["retention", "confirm-time"]).ends(1);
    assert!(needless.err.contains("nothing to confirm"), "{}", needless.err);
    believed_last(&trial, BEFORE);
    let held = trial.run(&["retention", "run"]).ends(1);
    assert!(held.err.contains("2.1.a") && held.err.contains("confirm-time"), "{}", held.err);
    let filed = trial.json(&["retention", "confirm-time"]);
    let id = filed["id"].as_str().unwrap();
    assert_eq!((&filed["act"], &filed["state"]), (&"confirm-time".into(), &"proposed".into()));
    assert!(trial.run(&["proposal", "approve", id]).ends(4).err.contains("1.3.b"));
    trial.run(&["retention", "run"]).ends(1);

    join(&trial, "officer");
    let list = trial.run(&["proposal", "list"]).ends(0).text();
    assert!(list.contains("that it was"), "{list}");
    trial.run(&["proposal", "approve", id]).ends(0);
    assert_eq!(believes(&trial), filed["at"], "what was proposed, and no other time");
    let again = trial.run(&["proposal", "approve", id]).ends(1);
    assert!(again.err.contains("done already"), "{}", again.err);
    let words = ["login", "--as", MAIL, "--password-stdin", "--code-stdin"];
    trial.run_with(&words, &format!("{PASSWORD}\n{}\n", codes[0])).ends(0);
    trial.run(&["retention", "run"]).ends(0);
}

#[test]
fn a_clock_that_is_set_right_again_takes_the_home_on_from_where_it_was() {
    let (trial, codes) = production();
    let order = crate::grants::ORDER.replace("2026-03-01T09:00:00Z", &bailee_now());
    let collect = ["collect", "--seller", "ALPHA", "-"];
    trial.run_with(&collect, &order).ends(0);
    let log_in = ["login", "--as", MAIL, "--password-stdin", "--code-stdin"];
    let by = |code: &str| format!("{PASSWORD}\n{code}\n");
    let ahead = |words: &[&str], stdin: &str| trial.run_ahead("+35d", words, stdin);

    ahead(&log_in, &by(&codes[0])).ends(0);
    let held = ahead(&["retention", "run"], "").ends(1);
    assert!(held.err.contains("confirm-time"), "{}", held.err);
    assert!(ahead(&collect, &order).ends(1).err.contains("2.1.a"));
    let shown = ahead(&["--output", "json", "retention", "explain", "ALPHA/250-1234567-1234567"], "").ends(0);
    assert_eq!(shown.json()["state"], "closing", "by such a time nothing is opened");
    let wanted = ahead(&["--output", "json", "retention", "confirm-time"], "").ends(0).json();

    // What was given by that time is nothing before it comes.
    trial.run(&["seller", "list"]).ends(4);
    trial.run_with(&log_in, &by(&codes[1])).ends(0);
    let shown = trial.json(&["retention", "explain", "ALPHA/250-1234567-1234567"]);
    assert_eq!(shown["state"], "live");
    trial.run_with(&collect, &order).ends(0);
    trial.run(&["retention", "run"]).ends(0);
    let proposals = trial.json(&["proposal", "list"]);
    let of = proposals["proposals"].as_array().unwrap().iter().find(|one| one["id"] == wanted["id"]).unwrap();
    assert_eq!(of["state"], "expired");
    join(&trial, "auditor");
    trial.run(&["ledger", "verify"]).ends(0);
}

/// The time of this machine, to the second.
fn bailee_now() -> String {
    let out = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_second_source_of_time_is_believed_where_it_can_prove_itself_and_says_the_same() {
    let (trial, _) = production();
    // Any server that answers over HTTPS says what time it is; here it is another home's.
    let other = Trial::at("2026-03-02T09:00:00Z");
    let served = other.serve();
    let source = format!("time_source = \"{}/healthz\"", served.url());
    trial.configure("[retention]", &source);
    believed_last(&trial, BEFORE);
    let held = trial.run(&["retention", "run"]).ends(1);
    assert!(held.err.contains("confirm-time"), "it cannot prove itself: {}", held.err);
    assert_eq!(believes(&trial), BEFORE);

    let authorities = other.path("ca.pem").to_str().unwrap().to_owned();
    trial.configure("[retention]", &format!("time_authorities = \"{authorities}\""));
    trial.run(&["retention", "run"]).ends(0);
    assert_ne!(believes(&trial), BEFORE);
    served.end().ends(0);
}
