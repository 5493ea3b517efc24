//! What `collect --emit` may replace, what it leaves alone, and what becomes of it when nobody reads on.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileTypeExt, symlink};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";

fn orders(trial: &Trial, count: &str) -> String {
    trial.run(&["synth", "--orders", count, "--seed", "5", "--now", NOW]).ends(0).text()
}

/// Refuses to emit to that place, and takes nothing in.
#[track_caller]
fn refused(trial: &Trial, place: &str, inputs: &[&str], stdin: &str) -> String {
    let words = [&["collect", "--seller", "ALPHA", "--emit", place][..], inputs].concat();
    let refused = trial.run_with(&words, stdin).ends(2);
    assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    let names = std::fs::read_dir(trial.directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".part")));
    refused.err
}

#[test]
fn nothing_of_the_home_is_replaced() {
    let trial = Trial::at(NOW);
    let input = trial.write("orders.ndjson", orders(&trial, "5"));
    symlink(trial.path("home"), trial.path("way")).unwrap();
    // But for the lock, which names who works on it.
    let kept = || trial.kept().into_iter().filter(|(path, _)| !path.ends_with("lock")).collect::<Vec<_>>();
    let before = kept();
    for place in [
        "home/store.db",
        "home/root.key",
        "home/new.ndjson",
        "home/keyring/a/new.ndjson",
        "home.checkpoints/new.ndjson",
        "way/store.db",
        "way/../home/bailee.toml",
        trial.path("home/store.db").to_str().unwrap(),
    ] {
        assert!(refused(&trial, place, &[&input], "").contains("belongs to the home"), "{place}");
    }
    assert!(kept() == before);
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_mirror_and_a_root_key_outside_of_the_home_are_not_replaced_either() {
    let trial = Trial::empty();
    let mirrors = ["--mirror", "one", "--mirror", "two", "--root-key", "elsewhere.key"];
    let init =
        ["init", "--environment", "test", "--owner", "Ada Muster <ada@example.com>", "--password-stdin"];
    trial.run_with(&[&init[..], &mirrors].concat(), crate::support::PASSWORD).ends(0);
    trial.log_in();
    trial.run(&["seller", "add", "ALPHA"]).ends(0);
    for place in ["one/new.ndjson", "two/new.ndjson", "elsewhere.key"] {
        assert!(refused(&trial, place, &["-"], "").contains("belongs to the home"), "{place}");
    }
}

#[test]
fn an_input_is_not_replaced_by_what_is_made_of_it() {
    let trial = Trial::at(NOW);
    let content = orders(&trial, "5");
    let input = trial.write("orders.ndjson", &content);
    std::fs::hard_link(&input, trial.path("same.ndjson")).unwrap();
    for place in ["orders.ndjson", "./home/../orders.ndjson", "same.ndjson"] {
        assert!(refused(&trial, place, &[&input], "").contains("one of the inputs"), "{place}");
    }
    let mut command = trial.command(&["collect", "--seller", "ALPHA", "--emit", "orders.ndjson", "-"]);
    let ended = command.stdin(std::fs::File::open(&input).unwrap()).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&input).unwrap(), content);
}

#[test]
fn links_and_directories_are_not_replaced() {
    let trial = Trial::at(NOW);
    trial.write("precious", "kept");
    symlink("precious", trial.path("link")).unwrap();
    symlink("missing", trial.path("dangling")).unwrap();
    std::fs::create_dir(trial.path("directory")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(trial.path("socket")).unwrap();
    for place in ["link", "dangling"] {
        assert!(refused(&trial, place, &["-"], "").contains("symbolic link"), "{place}");
    }
    for place in ["directory", "socket"] {
        assert!(refused(&trial, place, &["-"], "").contains("no file"), "{place}");
    }
    assert_eq!(std::fs::read_to_string(trial.path("precious")).unwrap(), "kept");
    assert!(!trial.path("missing").exists());
}

#[test]
fn a_pipe_is_written_through_and_stays_a_pipe() {
    let trial = Trial::at(NOW);
    let input = orders(&trial, "5");
    let pipe = trial.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let reading = pipe.clone();
    let (send, read) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(std::fs::read_to_string(reading).unwrap()));
    trial.run_with(&["collect", "--seller", "ALPHA", "--emit", "pipe", "-"], &input).ends(0);
    let read = read.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
    assert_eq!(read.lines().count(), 5);
    assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn an_existing_file_is_replaced_whole() {
    let trial = Trial::at(NOW);
    // Nothing that a token could hold by chance.
    trial.write("tokens.ndjson", "what was here before\n");
    let input = orders(&trial, "5");
    trial.run_with(&["collect", "--seller", "ALPHA", "--emit", "tokens.ndjson", "-"], &input).ends(0);
    let tokens = std::fs::read_to_string(trial.path("tokens.ndjson")).unwrap();
    assert!(tokens.lines().count() == 5 && !tokens.contains("before"));
}

#[test]
fn whoever_stops_reading_stops_no_collect() {
    let input = orders(&Trial::empty(), "2000");
    // The first home's orders again in the second, of which only the beginning is read.
    for (read_on, name) in [(true, "whole"), (false, "beginning")] {
        let trial = Trial::at(NOW);
        let file = trial.write("orders.ndjson", &input);
        let mut collect =
            trial.command(&["collect", "--seller", "ALPHA", "--emit", "-", &file]).spawn().unwrap();
        let mut out = BufReader::new(collect.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.contains("orderId"), "{name}");
        if read_on {
            std::io::copy(&mut out, &mut std::io::sink()).unwrap();
        }
        drop(out);
        let ended = collect.wait_with_output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{name}: {err}");
        assert!(err.starts_with("2000 read in "), "{name}: {err}");
    }
}

/// A collect whose input has not ended, with a draft on its way.
fn underway(trial: &Trial) -> (std::process::Child, std::process::ChildStdin) {
    let input = orders(trial, "5");
    let collect = ["collect", "--seller", "ALPHA", "--emit", "tokens.ndjson", "-"];
    let mut collect = trial.command(&collect).spawn().unwrap();
    let mut stdin = collect.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    while drafts(trial).is_empty() {
        assert_eq!(collect.try_wait().unwrap(), None);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Signals are listened for right after the draft has begun.
    std::thread::sleep(std::time::Duration::from_millis(200));
    (collect, stdin)
}

fn drafts(trial: &Trial) -> Vec<String> {
    let names = std::fs::read_dir(trial.directory.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".part")).collect()
}

#[test]
fn a_collect_that_is_told_to_end_leaves_no_draft() {
    for (signals, status) in [(&[Signal::TERM][..], 143), (&[Signal::INT, Signal::INT], 130)] {
        let trial = Trial::at(NOW);
        let (mut collect, held_open) = underway(&trial);
        for signal in signals {
            kill_process(Pid::from_child(&collect), *signal).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        assert_eq!(collect.wait().unwrap().code(), Some(status));
        assert_eq!(drafts(&trial), [""; 0]);
        assert!(!trial.path("tokens.ndjson").exists());
        drop(held_open);
        trial.run(&["ledger", "verify"]).ends(0);
    }
}

#[test]
fn the_draft_of_a_killed_collect_is_taken_away_by_the_next() {
    let trial = Trial::at(NOW);
    let (mut collect, held_open) = underway(&trial);
    collect.kill().unwrap();
    collect.wait().unwrap();
    drop(held_open);
    assert_eq!(drafts(&trial).len(), 1);
    trial.write("tokens.ndjson.old.part", "somebody's own");
    let input = orders(&trial, "5");
    trial.run_with(&["collect", "--seller", "ALPHA", "--emit", "tokens.ndjson", "-"], &input).ends(0);
    assert_eq!(drafts(&trial), ["tokens.ndjson.old.part"]);
}
