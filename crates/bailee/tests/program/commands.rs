//! What scripts depend on: exit statuses, JSON shapes, plain output in a pipe.

use std::time::Instant;

use crate::support::{MAIL, PASSWORD, Trial};
use serde_json::Value;

const NOW: &str = "2026-03-02T09:00:00Z";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A home with orders in it, and the name of one that was shipped.
fn with_orders(mess: &str) -> (Trial, String) {
    let trial = Trial::at(NOW);
    let synth = ["synth", "--orders", "60", "--seed", "5", "--mess", mess, "--now", NOW];
    let input = trial.run(&synth).ends(0).text();
    let collected = trial.run_with(&["collect", "--seller", "ALPHA", "-"], &input);
    assert_eq!(collected.status, if mess == "0" { 0 } else { 3 });
    let orders = input.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut shipped = orders.filter(|order| {
        order["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
            && order["recipient"]["deliveryAddress"]["name"].is_string()
            && trial
                .run(&[
                    "reveal",
                    &format!("ALPHA/{}", order["orderId"].as_str().unwrap()),
                    "--purpose",
                    "fulfilment",
                ])
                .status
                == 0
    });
    let order = format!("ALPHA/{}", shipped.next().unwrap()["orderId"].as_str().unwrap());
    drop(shipped);
    (trial, order)
}

fn service(trial: &Trial, purpose: &str, classes: &str) -> String {
    let add = ["service", "add", "labels", "--seller", "ALPHA", "--purpose", purpose, "--class", classes];
    let added = trial.json(&add);
    assert_eq!(keys(&added), ["id", "key"]);
    added["key"].as_str().unwrap().to_owned()
}

#[test]
fn a_production_home_keeps_its_keys_apart_and_opens_nothing_without_a_second_factor() {
    let trial = Trial::empty();
    let owner = ["init", "--owner", "Ada Muster <ada@example.com>", "--password-stdin"];
    let refused = trial.run_with(&owner, PASSWORD).ends(2);
    assert!(refused.err.contains("2.4.b") && refused.err.lines().count() == 1, "{}", refused.err);
    assert!(!trial.path("home").exists());

    let path = |name: &str| trial.path(name).to_str().unwrap().to_owned();
    let (one, two, key) = (path("one"), path("two"), path("root.key"));
    let apart = [&owner[..], &["--mirror", &one, "--mirror", &two, "--root-key", &key]].concat();
    trial.run_with(&apart, PASSWORD).ends(0);
    let generic = [&["init", "--owner", "Admin <x@example.com>", "--password-stdin"], &apart[4..]].concat();
    assert!(trial.run_with(&generic, PASSWORD).ends(1).err.contains("is there already"));
    trial.log_in();
    let missing = trial.run(&["seller", "add", "ALPHA"]).ends(4);
    assert!(missing.err.contains("1.1.d") && missing.err.contains("person factor"), "{}", missing.err);
    assert!(
        trial.run(&["--now", "2030-01-01T00:00:00Z", "seller", "list"]).ends(2).err.contains("test only")
    );
}

#[test]
fn an_existing_home_is_left_as_it_is() {
    let trial = Trial::at(NOW);
    let before = trial.kept();
    let owner = format!("Eve <{MAIL}>");
    trial
        .run_with(&["init", "--environment", "test", "--owner", &owner, "--password-stdin"], PASSWORD)
        .ends(1);
    assert!(before == trial.kept());
}

#[test]
fn a_home_that_cannot_be_made_leaves_nothing_behind() {
    let trial = Trial::empty();
    let init = ["init", "--environment", "test", "--owner", "Ada <ada@example.com>", "--password-stdin"];
    trial.run_with(&init, "short").ends(1);
    assert!(!trial.path("home").exists());
    std::fs::create_dir(trial.path("home")).unwrap();
    trial.run_with(&init, "short").ends(1);
    assert_eq!(std::fs::read_dir(trial.path("home")).unwrap().count(), 0);
    trial.run_with(&init, PASSWORD).ends(0);
}

#[test]
fn a_command_without_a_home_says_how_to_make_one() {
    let refused = Trial::empty().run(&["show", "ALPHA/1-1-1"]).ends(1);
    assert!(refused.err.contains("bailee init"), "{}", refused.err);
}

#[test]
fn a_command_that_cannot_be_understood_is_usage() {
    let trial = Trial::empty();
    for words in [
        &["nonsense"][..],
        &["show", "no-slash"],
        &["reveal", "--purpose", "tax"],
        &["find", "--seller", "ALPHA", "--postal-code", "10115"],
        &["find", "--seller", "ALPHA"],
        &["collect", "--seller", "a/b", "-"],
        &["reveal", "ALPHA/1", "--purpose", "tax", "--ticket", "john smith"],
    ] {
        trial.run(words).ends(2);
    }
}

#[test]
fn what_was_typed_in_the_wrong_place_is_never_said_again() {
    let trial = Trial::empty();
    const PERSON: &str = "wilma.testperson@example.com";
    for words in [
        &[PERSON][..],
        &["find", PERSON],
        &["find", "--seller", "ALPHA", "--mial", PERSON],
        &["find", "--seller", PERSON, "--name", "x"],
        &["find", "--seller", "ALPHA", "--name", "x", "--now", PERSON],
        &["find", "--seller", "ALPHA", "--name", "x", PERSON],
        &["find", "--output", PERSON],
        &["show", PERSON],
        &["show", "ALPHA/1", PERSON],
        &["reveal", PERSON, "--purpose", "tax"],
        &["reveal", "ALPHA/1", "--purpose", "tax", "--ticket", PERSON],
        &["service", PERSON],
        &["synth", "--orders", PERSON],
        &["ledger", "tail", "-n", PERSON],
        &["init", "--environment", PERSON],
        &["completions", PERSON],
    ] {
        let refused = trial.run(words).ends(2);
        let (said, about) = (&refused.err, words.join(" "));
        assert_eq!(said.lines().count(), 1, "{about}: {said}");
        assert!(said.starts_with("bailee: "), "{about}: {said}");
        assert!(!said.contains("testperson") && refused.out.is_empty(), "{about}: {said}");
    }
    for (words, status) in [(&["--help"][..], 0), (&["find", "--help"], 0), (&["--version"], 0), (&[], 2)] {
        let told = trial.run(words).ends(status);
        assert!((told.text() + &told.err).contains("bailee"));
    }
}

#[test]
fn without_a_session_everything_is_denied_and_the_answer_says_what_to_do() {
    let trial = Trial::at(NOW);
    trial.run(&["logout"]).ends(0);
    for words in [
        &["seller", "list"][..],
        &["show", "ALPHA/1-1-1"],
        &["reveal", "ALPHA/1-1-1", "--purpose", "fulfilment"],
        &["find", "--seller", "ALPHA", "--name", "Ada"],
        &["retention", "run"],
        &["keys", "status"],
        &["ledger", "tail"],
        &["quarantine", "list"],
    ] {
        let refused = trial.run(words).ends(4);
        assert!(refused.err.contains("bailee login"), "{}", refused.err);
    }
    let refused =
        trial.run_with(&["login", "--as", MAIL, "--password-stdin"], "Wrong-Horse-7-Battery").ends(4);
    assert!(!refused.err.contains(MAIL));
    let unknown = trial.run_with(&["login", "--as", "eve@example.com", "--password-stdin"], PASSWORD).ends(4);
    assert_eq!(refused.err, unknown.err, "an unknown account and a wrong password look the same");
}

#[test]
fn json_answers_have_the_documented_shapes() {
    let (trial, order) = with_orders("20");
    let list = trial.json(&["quarantine", "list"]);
    assert_eq!(keys(&list), ["quarantined"]);
    assert_eq!(keys(&list["quarantined"][0]), ["id", "source", "position", "reason"]);
    trial.run(&["quarantine", "show", list["quarantined"][0]["id"].as_str().unwrap()]).ends(0);
    trial.run(&["quarantine", "show", &"0".repeat(32)]).ends(5);
    let summary = trial.run(&["--output", "json", "synth", "--orders", "1"]).ends(0).text();
    let summary = trial.run_with(&["--output", "json", "collect", "--seller", "ALPHA", "-"], &summary);
    assert_eq!(
        keys(&summary.json()),
        ["read", "collected", "updated", "unchanged", "past_retention", "quarantined", "seconds"]
    );
    let revealed = trial.json(&["reveal", &order, "--purpose", "fulfilment", "--ticket", "OPS-1"]);
    assert_eq!(keys(&revealed), ["records", "denied", "gone"]);
    assert_eq!(keys(&revealed["records"][0]), ["seller", "kind", "reference", "fields"]);
    let explained = trial.json(&["retention", "explain", &order]);
    let members = ["rule", "evidence", "lo", "hi", "expires_at", "profile", "state", "words"];
    assert_eq!(keys(&explained), members);
    let ran = trial.json(&["retention", "run"]);
    assert_eq!(keys(&ran), ["disposed", "buckets_destroyed", "archived", "held"]);
}

#[test]
fn a_reveal_ends_with_4_when_denied_and_5_when_there_is_nothing() {
    let (trial, order) = with_orders("0");
    let json = |trial: &Trial, words: &[&str], status| {
        trial.run(&[&["--output", "json", "reveal"], words].concat()).ends(status).json()
    };
    let unknown = json(&trial, &["ALPHA/9-9-9", "--purpose", "fulfilment"], 5);
    assert_eq!(unknown["unknown"][0]["code"], "unknown");
    let purpose = json(&trial, &[&order, "--purpose", "marketing"], 4);
    assert_eq!(keys(&purpose), ["records", "denied", "gone"]);
    assert_eq!(purpose["denied"][0]["requirement"], "2.1.b");
    let field = json(&trial, &[&order, "--purpose", "fulfilment", "--field", "no.such.field"], 5);
    assert_eq!(field["unknown"][0]["code"], "no-such-field");

    let key = service(&trial, "fulfilment", "address");
    let trial = trial.with_key(&key);
    let partly = json(&trial, &[&order, "--purpose", "fulfilment"], 0);
    assert!(!partly["records"][0]["fields"].as_object().unwrap().is_empty());
    assert!(!partly["denied"].as_array().unwrap().is_empty());
    let named =
        json(&trial, &[&order, "--purpose", "fulfilment", "--field", "recipient.deliveryAddress.name"], 4);
    assert_eq!(named["denied"][0]["field"], "recipient.deliveryAddress.name");
    json(&trial, &[&order, "--purpose", "tax"], 4);
    let foreign = json(&trial, &["BETA/1-1-1", "--purpose", "fulfilment"], 4);
    assert!(foreign["unknown"].is_null(), "whether it exists is not told");
    trial.run(&["ledger", "tail"]).ends(4);
    trial.run(&["seller", "add", "GAMMA"]).ends(4);
}

#[test]
fn collect_refuses_what_holds_no_order_and_a_time_in_the_future() {
    let trial = Trial::at(NOW);
    let empty = trial.write("empty.json", "");
    trial.run(&["collect", "--seller", "ALPHA", &empty]).ends(1);
    let other = trial.write("other.json", "<xml/>");
    trial.run(&["collect", "--seller", "ALPHA", &other]).ends(1);
    let order = trial.run(&["synth", "--orders", "1", "--now", NOW]).ends(0).text();
    let order = trial.write("order.json", order);
    trial.run(&["collect", "--seller", "ALPHA", "--as-of", "2026-03-03T00:00:00Z", &order]).ends(1);
    trial.run(&["collect", "--seller", "NOBODY", &order]).ends(5);
    trial.run(&["collect", "--seller", "ALPHA", "missing.json"]).ends(1);
    trial.run(&["collect", "--seller", "ALPHA", "--emit", "tokens.json", "missing.json"]).ends(1);
    let left: Vec<_> =
        std::fs::read_dir(trial.directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("tokens")), "{left:?}");
    trial.run(&["collect", "--seller", "ALPHA", &order, &order]).ends(0);
}

#[test]
fn what_is_emitted_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let trial = Trial::at(NOW);
    let order = trial.run(&["synth", "--orders", "1", "--now", NOW]).ends(0).text();
    trial.run_with(&["collect", "--seller", "ALPHA", "--emit", "tokens.json", "-"], &order).ends(0);
    for path in ["tokens.json", "home/root.key", "home/bailee.toml"] {
        assert_eq!(
            std::fs::metadata(trial.path(path)).unwrap().permissions().mode() & 0o777,
            0o600,
            "{path}"
        );
    }
}

#[test]
fn the_time_of_a_test_home_stays_and_does_not_go_back() {
    let trial = Trial::at(NOW);
    let refused = trial.run(&["--now", "2026-03-01T00:00:00Z", "seller", "list"]).ends(2);
    assert!(refused.err.contains("does not go back"), "{}", refused.err);
    trial.run(&["--now", "2026-03-02T09:05:00Z", "seller", "list"]).ends(0);
    trial.run(&["--now", NOW, "seller", "list"]).ends(2);
    trial.run(&["seller", "list"]).ends(0);
}

#[test]
fn a_time_that_is_given_ends_no_session_that_was_alive() {
    let trial = Trial::at(NOW);
    trial.run(&["--now", "2026-04-02T09:00:00Z", "seller", "list"]).ends(0);
    trial.run(&["seller", "list"]).ends(0);
}

#[test]
fn a_configuration_looser_than_the_policy_is_refused_by_its_requirement() {
    let trial = Trial::at(NOW);
    let path = trial.path("home/bailee.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    for (section, line, said) in [
        ("[retention]", "days_after_delivery = 45", "2.1.a"),
        ("[ledger]", "keep_days = 60", "2.6.e"),
        ("[ledger]", "colour = \"red\"", "it takes `keep_days`"),
    ] {
        std::fs::write(&path, written.replace(section, &format!("{section}\n{line}"))).unwrap();
        let refused = trial.run(&["seller", "list"]).ends(1);
        assert!(refused.err.contains(said) && refused.err.lines().count() == 1, "{}", refused.err);
    }
}

#[test]
fn another_environment_in_the_configuration_opens_nothing() {
    let trial = Trial::empty();
    // Where a production home would have them: or that would be what is wrong.
    let places = ["--mirror", "one", "--mirror", "two", "--root-key", "root.key"];
    let init = ["init", "--environment", "test", "--owner", "Ada <ada@example.com>", "--password-stdin"];
    trial.run_with(&[&init[..], &places].concat(), PASSWORD).ends(0);
    let path = trial.path("home/bailee.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, written.replace("environment = \"test\"", "environment = \"production\"")).unwrap();
    let refused = trial.run(&["seller", "list"]).ends(1);
    assert!(!refused.err.contains("2.4.b"), "{}", refused.err);
}

#[test]
fn a_second_command_waits_for_the_first_and_then_says_who_holds_the_home() {
    let trial = Trial::at(NOW);
    let mut held = trial.command(&["collect", "--seller", "ALPHA", "-"]).spawn().unwrap();
    let lock = trial.path("home/lock");
    while std::fs::read_to_string(&lock).unwrap().trim() != held.id().to_string() {
        std::thread::yield_now();
    }
    let refused = trial.run(&["seller", "list"]).ends(1);
    assert!(refused.err.contains(&format!("process {}", held.id())), "{}", refused.err);
    drop(held.stdin.take());
    held.wait().unwrap();
    trial.run(&["seller", "list"]).ends(0);
}

#[test]
fn a_mirror_that_was_added_is_kept_up_to_date() {
    let trial = Trial::at(NOW);
    let status = trial.json(&["keys", "mirror", "third"]);
    assert_eq!(status["mirrors"].as_array().unwrap().len(), 3);
    trial.run(&["seller", "add", "BETA"]).ends(0);
    let order = trial.run(&["synth", "--orders", "5", "--now", NOW]).ends(0).text();
    trial.run_with(&["collect", "--seller", "BETA", "-"], &order).ends(0);
    let status = trial.json(&["keys", "status"]);
    assert!(
        status["mirrors"].as_array().unwrap().iter().all(|mirror| mirror["state"] == "current"),
        "{status}"
    );
    std::fs::remove_dir_all(trial.path("home/keyring")).unwrap();
    trial.run(&["keys", "status"]).ends(0);
}

#[test]
fn in_a_pipe_output_is_plain() {
    let (trial, order) = with_orders("20");
    for words in [
        &["show", &order][..],
        &["reveal", &order, "--purpose", "fulfilment"],
        &["quarantine", "list"],
        &["retention", "status"],
        &["ledger", "tail"],
        &["keys", "status"],
        &["ledger", "verify"],
    ] {
        let ran = trial.run(words).ends(0);
        for text in [ran.text(), ran.err] {
            assert!(
                !text.contains('\u{1b}') && !text.contains('│') && !text.contains('\r'),
                "{words:?}: {text}"
            );
        }
    }
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let trial = Trial::empty();
    let mut synth = trial.command(&["synth", "--orders", "100000"]).spawn().unwrap();
    drop(synth.stdout.take());
    let ended = synth.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert!(ended.stderr.is_empty());
}

#[test]
fn an_interrupted_collect_stops_between_batches_and_says_how_to_go_on() {
    let trial = Trial::at(NOW);
    let orders = trial.run(&["synth", "--orders", "6000", "--now", NOW]).ends(0).text();
    let file = trial.write("orders.ndjson", orders);
    let collect = trial.command(&["collect", "--seller", "ALPHA", &file]).spawn().unwrap();
    let grown = || std::fs::metadata(trial.path("home/store.db-wal")).is_ok_and(|wal| wal.len() > 1_000_000);
    while !grown() {
        std::thread::yield_now();
    }
    let process = rustix::process::Pid::from_child(&collect);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let ended = collect.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("stopped") && said.contains("collecting the same input again"), "{said}");
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_command_that_is_refused_does_not_wait_for_its_input() {
    let trial = Trial::at(NOW);
    trial.run(&["logout"]).ends(0);
    let mut refused = trial.command(&["collect", "--seller", "ALPHA", "-"]).spawn().unwrap();
    let held_open = refused.stdin.take();
    assert_eq!(refused.wait().unwrap().code(), Some(4));
    drop(held_open);
}

#[test]
fn every_shell_has_its_completions() {
    let trial = Trial::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(trial.run(&["completions", shell]).ends(0).text().contains("bailee"));
    }
}

#[test]
fn the_demonstration_tells_its_story_and_leaves_nothing_behind() {
    let trial = Trial::empty();
    let begun = Instant::now();
    let told = trial.run(&["demo", "--once"]).ends(0);
    assert!(begun.elapsed().as_secs() < 15);
    for part in
        ["quarantined", "purpose tax", "disposed", "past retention", "Nothing", "verified", "exit status 6"]
    {
        assert!(told.text().contains(part), "{part}: {}", told.text());
    }
    assert_eq!(std::fs::read_dir(trial.path("tmp")).unwrap().count(), 0);
}

#[test]
fn the_demonstration_keeps_its_home_until_it_is_interrupted() {
    use std::io::{BufRead, BufReader};
    let trial = Trial::empty();
    let mut demo = trial.command(&["demo"]).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let export =
        lines.find_map(|line| line.trim().strip_prefix("export BAILEE_HOME=").map(str::to_owned)).unwrap();
    let (home, state) = export.split_once(" XDG_STATE_HOME=").unwrap();
    let show = lines.find_map(|line| Some(line.split_once(" show ")?.1.to_owned())).unwrap();
    // The last line is printed before it waits.
    lines.find(|line| line.contains("When the session has ended")).unwrap();
    let mut command = trial.command(&["show", &show]);
    let tried = command.env("BAILEE_HOME", home).env("XDG_STATE_HOME", state).output().unwrap();
    assert!(tried.status.success(), "{}", String::from_utf8_lossy(&tried.stderr));
    rustix::process::kill_process(rustix::process::Pid::from_child(&demo), rustix::process::Signal::INT)
        .unwrap();
    assert!(demo.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(trial.path("tmp")).unwrap().count(), 0);
}

#[test]
fn a_demonstration_that_is_told_to_end_takes_its_home_away() {
    use std::io::{BufRead, BufReader};
    let trial = Trial::empty();
    let mut demo = trial.command(&["demo"]).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("$ bailee collect")).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_child(&demo), rustix::process::Signal::TERM)
        .unwrap();
    lines.for_each(drop);
    assert_eq!(demo.wait().unwrap().code(), Some(1));
    assert_eq!(std::fs::read_dir(trial.path("tmp")).unwrap().count(), 0);
}

#[test]
fn what_went_wrong_while_nothing_could_be_written_is_in_the_ledger_as_soon_as_it_can_be() {
    let trial = Trial::at(NOW);
    let change = |sql| {
        rusqlite::Connection::open(trial.path("home/store.db")).unwrap().execute_batch(sql).unwrap();
    };
    change("CREATE TRIGGER no_room BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'no room'); END;");
    trial.run(&["seller", "add", "BETA"]).ends(1);
    let unwritten = trial.path("home/unwritten-events");
    assert!(std::fs::read_to_string(&unwritten).unwrap().contains(r#""event":"system-error""#));
    trial.run(&["seller", "list"]);
    assert!(unwritten.exists());
    change("DROP TRIGGER no_room;");
    let tail = trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text();
    assert!(tail.contains("system-error"), "{tail}");
    assert!(!unwritten.exists());
    trial.run(&["seller", "add", "BETA"]).ends(0);
}
