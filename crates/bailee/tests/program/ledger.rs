//! The ledger as a user sees it: verified, proven, exported, and found out when a byte of it was changed.

use std::path::PathBuf;

use crate::support::{Trial, copy, read_all};

const NOW: &str = "2026-03-02T09:00:00Z";

#[test]
fn a_whole_ledger_verifies_and_says_how_much_it_checked() {
    let trial = Trial::at(NOW);
    let verified = trial.json(&["ledger", "verify"]);
    let keys: Vec<&String> = verified.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["size", "root", "checkpoint_ok", "events_checked"]);
    assert_eq!(verified["size"], verified["events_checked"]);
}

#[test]
fn an_export_verifies_without_any_home_and_every_flipped_changed_missing_or_added_byte_is_found() {
    let trial = Trial::at(NOW);
    trial.run(&["ledger", "export", "--out", "ledger"]).ends(0);
    std::fs::rename(trial.path("home"), trial.path("elsewhere")).unwrap();
    trial.run(&["ledger", "verify", "ledger"]).ends(0);

    let mut files = Vec::new();
    read_all(&trial.path("ledger"), &mut files);
    let excepted =
        |path: &PathBuf| path.ends_with("README.md") || path.extension().is_some_and(|end| end == "pub");
    files.retain(|(path, _)| !excepted(path));
    assert!(files.len() >= 3);
    for (path, content) in &files {
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut changed = content.clone();
            changed[at] ^= 1;
            std::fs::write(path, &changed).unwrap();
            let found = trial.run(&["ledger", "verify", "ledger"]);
            assert_eq!(found.status, 6, "{} byte {at}: {}", path.display(), found.err);
        }
        std::fs::write(path, &content[..content.len() - 1]).unwrap();
        trial.run(&["ledger", "verify", "ledger"]).ends(6);
        std::fs::remove_file(path).unwrap();
        trial.run(&["ledger", "verify", "ledger"]).ends(6);
        std::fs::write(path, content).unwrap();
    }
    trial.write("ledger/added", b"x");
    trial.run(&["ledger", "verify", "ledger"]).ends(6);
    std::fs::remove_file(trial.path("ledger/added")).unwrap();
    trial.run(&["ledger", "verify", "ledger"]).ends(0);
}

#[test]
fn a_home_that_was_rolled_back_is_found_out_by_the_checkpoints_outside_it() {
    let trial = Trial::at(NOW);
    copy(&trial.path("home"), &trial.path("before"));
    trial.run(&["seller", "add", "BETA"]).ends(0);
    std::fs::remove_dir_all(trial.path("home")).unwrap();
    copy(&trial.path("before"), &trial.path("home"));
    let verified = trial.run(&["ledger", "verify"]);
    assert_ne!(verified.status, 0, "{}", verified.text());
}

#[test]
fn an_event_is_proven_by_its_request() {
    let trial = Trial::at(NOW);
    let tail = trial.json(&["ledger", "tail"]);
    let added =
        tail["events"].as_array().unwrap().iter().find(|event| event["event"] == "seller-added").unwrap();
    let request = added["request"].as_str().unwrap();
    let proof = trial.json(&["ledger", "prove", request]);
    assert_eq!(proof["request"], request);
    assert_eq!(proof["proofs"][0]["index"], added["index"]);
    assert!(proof["proofs"][0]["document"].as_str().unwrap().starts_with("c2sp.org/tlog-proof@v1\n"));
    trial.run(&["ledger", "prove", &"0".repeat(32)]).ends(5);
}

#[test]
fn every_command_is_an_event_and_reading_the_ledger_is_one_too() {
    let trial = Trial::at(NOW);
    let events = |trial: &Trial| -> Vec<String> {
        let tail = trial.json(&["ledger", "tail", "-n", "100"]);
        let events = tail["events"].as_array().unwrap();
        events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    };
    let before = events(&trial);
    assert_eq!(before.last().unwrap(), "ledger-read");
    trial.run(&["show", "ALPHA/1-1-1"]).ends(5);
    trial.run(&["reveal", "ALPHA/1-1-1", "--purpose", "marketing"]).ends(4);
    trial.run(&["keys", "status"]).ends(0);
    let after = events(&trial);
    let new = &after[before.len()..];
    for event in ["shown", "denied", "keys-read", "ledger-read"] {
        assert!(new.contains(&event.to_owned()), "{event}: {new:?}");
    }
}

#[test]
fn what_asks_no_server_says_so_instead_of_doing_something_else() {
    let trial = Trial::empty();
    for words in [
        &["ledger", "verify", "ledger"][..],
        &["retention", "verify-certificate", "gone.json", "--key", "k"],
        &["archive", "keygen", "--year", "2036", "--out", "2036"],
        &["backup", "keygen", "--out", "backup.key"],
        &["backup", "verify", "one.backup", "--key", "backup.key"],
        &["synth", "--orders", "1"],
    ] {
        let refused = trial.run(&[&["--server", "https://localhost:1"], words].concat()).ends(2);
        assert!(refused.err.contains("leave out --server"), "{words:?}: {}", refused.err);
        assert!(refused.out.is_empty());
    }
}
