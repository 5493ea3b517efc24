//! The same commands by the socket of a running server and over the network: same answers, and nobody else is spoken to.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::served::{Served, until};
use crate::support::{MAIL, PASSWORD, Ran, Trial};

const NOW: &str = "2026-03-02T09:00:00Z";

/// The words of a command for a server elsewhere.
fn there<'a>(url: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    [&["--server", url], words].concat()
}

fn log_in(trial: &Trial, url: &str) -> Ran {
    trial.run_with(&there(url, &["login", "--as", MAIL, "--password-stdin"]), PASSWORD).ends(0)
}

fn orders(trial: &Trial, number: &str) -> String {
    trial.run(&["synth", "--orders", number, "--mess", "0", "--now", NOW]).ends(0).text()
}

/// A reference that was collected.
fn one_of(orders: &str) -> String {
    let first: serde_json::Value = serde_json::from_str(orders.lines().next().unwrap()).unwrap();
    format!("ALPHA/{}", first["orderId"].as_str().unwrap())
}

/// What a person sees of a home in these words.
fn seen(trial: &Trial, before: &[&str], order: &str) -> Vec<String> {
    let commands: [&[&str]; 9] = [
        &["seller", "list"],
        &["show", order],
        &["reveal", order, "--purpose", "fulfilment"],
        &["retention", "explain", order],
        &["retention", "status"],
        &["quarantine", "list"],
        &["keys", "status"],
        &["catalogue", "unclassified"],
        &["mapping", "list"],
    ];
    let run = |words: &[&str]| {
        let ran = trial.run(&[before, &["--output", "json"], words].concat()).ends(0);
        assert_eq!(ran.err, "");
        ran.text()
    };
    commands.into_iter().map(run).collect()
}

#[test]
fn commands_answer_the_same_in_process_by_the_socket_and_over_the_network() {
    let trial = Trial::at(NOW);
    let input = orders(&trial, "30");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(0);
    let order = one_of(&input);
    let in_process = seen(&trial, &[], &order);
    let served = trial.serve();
    assert_eq!(seen(&trial, &[], &order), in_process);
    let url = served.url();
    log_in(&trial, &url);
    assert_eq!(seen(&trial, &["--server", &url], &order), in_process);
    for before in [&[][..], &["--server", &url]] {
        let run = |words: &[&str], status| trial.run(&[before, words].concat()).ends(status);
        run(&["show", "ALPHA/0-0-0"], 5);
        run(&["reveal", &order, "--purpose", "marketing"], 4);
        run(&["ledger", "verify"], 0);
        let out = trial.path(&format!("export-{}", before.len()));
        run(&["ledger", "export", "--out", out.to_str().unwrap()], 0);
        trial.run(&["ledger", "verify", out.to_str().unwrap()]).ends(0);
        let refused = run(&["--now", "2026-03-03T00:00:00Z", "seller", "list"], 2);
        assert!(refused.err.contains("cannot be set"), "{}", refused.err);
    }
    served.end();
}

#[test]
fn documents_stream_both_ways_over_a_wire() {
    let trial = Trial::at(NOW);
    let input = orders(&trial, "3000");
    let served = trial.serve();
    let url = served.url();
    log_in(&trial, &url);
    let ran =
        trial.run_with(&there(&url, &["collect", "--seller", "ALPHA", "--emit", "-", "-"]), &input).ends(0);
    let ids = |lines: &str| -> Vec<String> {
        let id = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["orderId"].to_string();
        lines.lines().map(id).collect()
    };
    assert_eq!(ids(&ran.text()), ids(&input), "every document, in the order in which it came");
    assert!(ran.err.contains("3000 read"), "{}", ran.err);
    let words = ["collect", "--seller", "ALPHA", "--emit", "-", "-"];
    let [again, by_socket] =
        [&there(&url, &words)[..], &words].map(|words| trial.run_with(words, &input).ends(0));
    assert_eq!(ids(&again.text()), ids(&by_socket.text()));
    let broken = trial.run_with(&there(&url, &["collect", "--seller", "ALPHA", "-"]), "{}").ends(1);
    let here = trial.run_with(&["collect", "--seller", "ALPHA", "-"], "{}").ends(1);
    assert_eq!(broken.err, here.err);
    trial.run_with(&there(&url, &["collect", "--seller", "NOBODY", "-"]), &input).ends(5);
    served.end();
}

#[test]
fn letters_that_were_lost_before_are_told_whichever_way_they_come() {
    let (trial, there_too) = (Trial::at(NOW), Trial::at(NOW));
    let mut order: serde_json::Value = serde_json::from_str(&orders(&trial, "1")).unwrap();
    order["buyer"]["buyerName"] = "J?rgen M?ller".into();
    let words = ["collect", "--seller", "ALPHA", "-"];
    let here = trial.run_with(&words, &order.to_string()).ends(0);
    assert!(here.err.contains("1 value had lost letters"), "{}", here.err);
    let served = there_too.serve();
    let url = served.url();
    log_in(&there_too, &url);
    let ran = there_too.run_with(&there(&url, &words), &order.to_string()).ends(0);
    assert_eq!(ran.err, here.err);
    served.end();
}

/// How a collect that is given half of its input ends when it is interrupted then, over these words.
fn interrupted(trial: &Trial, before: &[&str], input: &str) -> Ran {
    let words = [before, &["collect", "--seller", "ALPHA", "--emit", "-", "-"]].concat();
    let mut collect = trial.command(&words).spawn().unwrap();
    let mut stdin = collect.stdin.take().unwrap();
    // A batch is in once documents of it come back; they are read while more is written.
    let mut out = BufReader::new(collect.stdout.take().unwrap());
    let (batch_is_in, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        out.read_line(&mut String::new()).unwrap();
        batch_is_in.send(()).unwrap();
        out.lines().count()
    });
    stdin.write_all(input.as_bytes()).unwrap();
    told.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &collect.id().to_string()]).status().unwrap().success());
    let ended = collect.wait_with_output().unwrap();
    drop(stdin);
    Ran {
        status: ended.status.code().unwrap(),
        out: ended.stdout,
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

#[test]
fn an_interrupted_collect_leaves_whole_batches_whichever_way_it_goes() {
    let trial = Trial::at(NOW);
    let input = orders(&trial, "9000");
    let served = trial.serve();
    let url = served.url();
    log_in(&trial, &url);
    for before in [&[][..], &["--server", &url]] {
        let ran = interrupted(&trial, before, &input);
        assert_eq!(ran.status, 1, "{}", ran.err);
        assert!(ran.err.contains("stopped; "), "{}", ran.err);
    }
    // Half of what was given may be in, and all of it goes in afterwards; nothing lies in quarantine.
    let whole =
        trial.run_with(&["--output", "json", "collect", "--seller", "ALPHA", "-"], &input).ends(0).json();
    assert_eq!((&whole["read"], &whole["quarantined"]), (&9000.into(), &0.into()), "{whole}");
    served.end();
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_server_is_known_again_by_its_key_and_another_is_not_spoken_to() {
    let (trial, other) = (Trial::at(NOW), Trial::at(NOW));
    let served = trial.serve();
    let url = served.url();
    let port = url.rsplit(':').next().unwrap().to_owned();
    let met = log_in(&trial, &url);
    assert!(met.err.contains(served.said["public_key"].as_str().unwrap()), "{}", met.err);
    assert_eq!(trial.run(&there(&url, &["seller", "list"])).ends(0).err, "", "it is shown once");
    let kept = trial.path("state/bailee");
    for entry in std::fs::read_dir(&kept).unwrap() {
        let about = entry.unwrap().metadata().unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
    // A renewed certificate of the same key goes unnoticed; that of another server does not.
    served.end();
    for name in ["server.pem", "server.key"] {
        std::fs::copy(other.path(&format!("home/{name}")), trial.path(&format!("home/{name}"))).unwrap();
    }
    let served = trial.serve_at(&format!("127.0.0.1:{port}"));
    let before = size(&served);
    let refused = trial.run(&there(&url, &["seller", "list"])).ends(6);
    assert!(refused.err.contains("another key") && refused.err.contains(".key"), "{}", refused.err);
    // That the ledger is read is an event, too.
    assert_eq!(size(&served), before + 1, "it was not even asked");
    // Told of the new key, by whatever other way, it goes on without a first visit.
    let pin = trial.path(&format!("state/bailee/localhost_{port}.key"));
    std::fs::write(pin, served.said["public_key"].as_str().unwrap()).unwrap();
    assert_eq!(trial.run(&there(&url, &["seller", "list"])).ends(0).err, "");
    served.end();
}

/// How many events there are.
fn size(served: &Served<'_>) -> u64 {
    served.trial.json(&["ledger", "tail"])["size"].as_u64().unwrap()
}

#[test]
fn a_server_is_never_spoken_to_in_plaintext_and_is_told_apart_from_one_that_is_not_there() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    let plain = served.url().replace("https", "http");
    let refused = trial.run(&there(&plain, &["seller", "list"])).ends(2);
    assert!(refused.err.contains("1.5.a"), "{}", refused.err);
    for words in [&["serve"][..], &["demo"], &["init", "--owner", "Ada <ada@example.com>"]] {
        trial.run(&there(&served.url(), words)).ends(2);
    }
    let url = served.url();
    served.end();
    let nobody = trial.run(&there(&url, &["seller", "list"])).ends(1);
    assert!(nobody.err.contains("cannot be reached"), "{}", nobody.err);
}

#[test]
fn what_touches_files_of_the_home_works_by_the_socket_and_not_from_elsewhere() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    let url = served.url();
    log_in(&trial, &url);
    let refused = trial.run(&there(&url, &["keys", "mirror", "third"])).ends(1);
    assert!(refused.err.contains("without --server"), "{}", refused.err);
    let status = trial.json(&["keys", "mirror", "third"]);
    assert_eq!(status["mirrors"].as_array().unwrap().len(), 3);
    served.end();
    let mirrors = trial.json(&["keys", "status"])["mirrors"].as_array().unwrap().len();
    assert_eq!(mirrors, 3);
}

#[test]
fn a_command_that_comes_while_a_server_begins_or_ends_is_answered_all_the_same() {
    let trial = Trial::at(NOW);
    for _ in 0..3 {
        let mut process = trial.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
        trial.run(&["seller", "list"]).ends(0);
        until(|| trial.path("home/run/socket").exists().then_some(()));
        assert!(Command::new("kill").arg(process.id().to_string()).status().unwrap().success());
        trial.run(&["seller", "list"]).ends(0);
        process.wait().unwrap();
    }
}
