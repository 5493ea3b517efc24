//! Keys that come back: the root key from its shares, and a home from its lasting keyring where every mirror is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::backups::{back_up, give_places};
use crate::grants::{CEM, ORDER, home, log_in};
use crate::support::*;

const NOW: &str = "2026-03-02T09:00:00Z";
const GONE: &str = "ALPHA/250-1234567-1234567";
const LIVE: &str = "ALPHA/250-7654321-7654321";
const LIVE_ORDER: &str = r#"{"orderId":"250-7654321-7654321","createdTime":"2026-03-20T08:00:00Z","buyer":{"buyerName":"Marlow Quist"},"fulfillment":{"fulfillmentStatus":"UNSHIPPED"}}"#;
const PHRASE: &str = "Blue-Kettle-on-7-Stoves";

fn split(out: &str) -> [&str; 8] {
    ["keys", "split", "--shares", "5", "--threshold", "3", "--out", out]
}

/// Joins those shares of a directory into a new file; whether that is the home's root key.
fn join(trial: &Trial, directory: &str, which: &[u8]) -> Ran {
    let files: Vec<String> = which.iter().map(|number| format!("{directory}/share-{number}.txt")).collect();
    let mut words = vec!["keys", "join", "--out", "joined.key"];
    words.extend(files.iter().map(String::as_str));
    let _ = fs::remove_file(trial.path("joined.key"));
    trial.run(&words)
}

fn events(trial: &Trial, name: &str) -> usize {
    let tail = trial.json(&["ledger", "tail", "-n", "100"]);
    tail["events"].as_array().unwrap().iter().filter(|one| one["event"] == name).count()
}

#[test]
fn two_people_have_the_root_key_split_and_any_three_of_five_bring_it_back() {
    let trial = home();
    let filed = trial.json(&split("shares"));
    assert_eq!((&filed["act"], &filed["state"]), (&json!("split-root-key"), &json!("proposed")));
    assert_eq!((&filed["shares"], &filed["threshold"]), (&json!(5), &json!(3)));
    let id = filed["id"].as_str().unwrap();
    assert_eq!(trial.json(&split("shares"))["id"], id, "asked again, it is the same");
    assert!(!trial.path("shares").exists());
    trial.run(&["proposal", "approve", id]).ends(4);
    log_in(&trial, CEM);
    assert!(trial.run(&["proposal", "list"]).ends(0).text().contains("any 3 of which bring it back"));
    trial.run(&split("shares")).ends(4);
    let approved = trial.run(&["proposal", "approve", id]).ends(0);
    assert!(approved.text().contains("is approved") && approved.err.contains("run the same command again"));
    trial.run(&split("shares")).ends(4);
    assert!(!trial.path("shares").exists());
    trial.log_in();
    let other = ["keys", "split", "--shares", "5", "--threshold", "2", "--out", "shares"];
    assert_eq!(trial.json(&other)["state"], "proposed", "what was approved is what is done");
    let made = trial.json(&split("shares"));
    assert_eq!(made["files"].as_array().unwrap().len(), 5);
    assert_eq!(trial.json(&split("more"))["state"], "proposed", "once");
    assert_eq!(events(&trial, "root-key-split"), 1);

    let root = fs::read(trial.path("home/root.key")).unwrap();
    for number in 1..=5 {
        for ending in ["txt", "html"] {
            let path = trial.path(&format!("shares/share-{number}.{ending}"));
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let sheet = fs::read_to_string(&path).unwrap();
            assert!(sheet.contains(made["root_key"].as_str().unwrap()));
            assert!(ending == "html" || !sheet.contains('{'), "{sheet}");
            assert!(
                sheet.contains(made["home"].as_str().unwrap())
                    && sheet.contains(made["set"].as_str().unwrap())
            );
        }
    }
    for a in 1..=5 {
        for b in a + 1..=5 {
            let refused = join(&trial, "shares", &[a, b]).ends(1);
            assert!(refused.err.contains("it takes 3"), "{}", refused.err);
            assert!(!trial.path("joined.key").exists());
            for c in b + 1..=5 {
                join(&trial, "shares", &[c, a, b]).ends(0);
                assert_eq!(fs::read(trial.path("joined.key")).unwrap(), root);
            }
        }
    }
    // No home is needed, a sheet does as well as its text, and what came back opens the home.
    let words = ["--home", "nowhere", "keys", "join", "--out", "joined.key", "shares/share-1.html"];
    let made = trial.json(&[&words[..], &["shares/share-5.txt", "shares/share-3.txt"]].concat());
    assert_eq!(made["environment"], "test");
    fs::rename(trial.path("joined.key"), trial.path("home/root.key")).unwrap();
    trial.run(&["person", "list"]).ends(0);
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn shares_that_are_damaged_or_of_two_sets_bring_nothing_back() {
    let trial = Trial::at(NOW);
    trial.run(&split("one")).ends(0);
    trial.run(&split("two")).ends(0);
    let refused = |ran: Ran, says: &str| {
        let ran = ran.ends(1);
        assert!(ran.err.contains(says) && ran.text().is_empty(), "{}", ran.err);
        assert!(!trial.path("joined.key").exists());
    };
    fs::copy(trial.path("two/share-3.txt"), trial.path("one/share-9.txt")).unwrap();
    refused(join(&trial, "one", &[1, 2, 9]), "of different splittings");
    refused(join(&trial, "one", &[1, 2, 2, 1]), "2 different shares");
    let sheet = fs::read_to_string(trial.path("one/share-4.txt")).unwrap();
    let line = sheet.lines().find(|line| line.starts_with("6 ")).unwrap();
    let typed = line.replace(&line[3..4], if &line[3..4] == "q" { "r" } else { "q" });
    for (changed, says) in [
        (sheet.replace(line, &typed), "share-7.txt: line 6 of this share has a typing error"),
        (sheet.replace(line, ""), "line 6 of this share is missing"),
        ("nothing".to_owned(), "no share of a root key"),
    ] {
        let path = trial.write("one/share-7.txt", changed);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        refused(join(&trial, "one", &[1, 2, 7]), says);
    }
    fs::set_permissions(trial.path("one/share-4.txt"), fs::Permissions::from_mode(0o640)).unwrap();
    refused(join(&trial, "one", &[1, 2, 4]), "2.4.b");
    // A directory that is there, or lies with what it would open; numbers that say nothing, another home's root key.
    trial.run(&split("one")).ends(1);
    for with in ["home/shares", "home/keyring/a/shares"] {
        assert!(trial.run(&split(with)).ends(2).err.contains("(2.4.b)"));
        assert!(!trial.path(with).exists());
    }
    assert!(trial.run(&["keys", "export", "--out", "home/keyring/a/x"]).ends(2).err.contains("(2.4.b)"));
    trial.run(&["keys", "split", "--shares", "2", "--threshold", "3", "--out", "x"]).ends(2);
    trial.run(&["keys", "split", "--shares", "17", "--threshold", "3", "--out", "x"]).ends(2);
    trial
        .run(&[
            "--server",
            "https://localhost:9",
            "keys",
            "split",
            "--shares",
            "3",
            "--threshold",
            "2",
            "--out",
            "x",
        ])
        .ends(1);
    let other = Trial::at(NOW);
    fs::copy(other.path("home/root.key"), trial.path("home/root.key")).unwrap();
    trial.run(&split("x")).ends(1);
    assert!(!trial.path("x").exists());
}

#[test]
fn a_root_key_under_a_passphrase_or_in_a_credential_is_split_as_well() {
    let trial = Trial::empty();
    let owner = format!("Ada Muster <{MAIL}>");
    let init = ["init", "--environment", "test", "--owner", &owner, "--now", NOW, "--password-stdin"];
    let typed = format!("{PASSWORD}\n{PHRASE}\n");
    trial.run_with(&[&init[..], &["--passphrase-stdin"]].concat(), &typed).ends(0);
    let phrase = trial.write("phrase", format!("{PHRASE}\n"));
    fs::set_permissions(&phrase, fs::Permissions::from_mode(0o600)).unwrap();
    trial.configure("[keys]", &format!("passphrase = \"file:{phrase}\""));
    trial.log_in();
    trial
        .run_with(&[&split("wrong")[..], &["--passphrase-stdin"]].concat(), "Blue-Kettle-on-8-Stoves\n")
        .ends(1);
    assert!(!trial.path("wrong").exists());
    trial.run(&split("kept")).ends(0);
    trial.run_with(&[&split("given")[..], &["--passphrase-stdin"]].concat(), &format!("{PHRASE}\n")).ends(0);
    join(&trial, "kept", &[1, 2, 3]).ends(0);
    // The same key, now in the open: as a credential it is split again.
    let credentials = trial.path("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::rename(trial.path("joined.key"), credentials.join("root-key")).unwrap();
    let text = fs::read_to_string(trial.path("home/bailee.toml")).unwrap();
    let text = text.replace("\"passphrase:root.key\"", "\"credential:root-key\"");
    let text = text.replace(&format!("passphrase = \"file:{phrase}\"\n"), "");
    trial.write("home/bailee.toml", text);
    assert!(trial.run(&split("none")).ends(1).err.contains("LoadCredential="));
    let split =
        trial.command(&split("credential")).env("CREDENTIALS_DIRECTORY", &credentials).output().unwrap();
    assert!(split.status.success(), "{}", String::from_utf8_lossy(&split.stderr));
    let files = ["credential/share-2.txt", "credential/share-3.txt", "credential/share-5.txt"];
    let words = ["keys", "join", "--passphrase-stdin", "--out", "sealed.key"];
    trial.run_with(&[&words[..], &files].concat(), &format!("{PHRASE}\n")).ends(0);
    let sealed = fs::read_to_string(trial.path("sealed.key")).unwrap();
    assert!(sealed.starts_with("bailee root key under a passphrase 1\n"));
    let text = fs::read_to_string(trial.path("home/bailee.toml")).unwrap();
    let sealed =
        format!("\"passphrase:{}\"\npassphrase = \"file:{phrase}\"", trial.path("sealed.key").display());
    trial.write("home/bailee.toml", text.replace("\"credential:root-key\"", &sealed));
    trial.run(&["person", "list"]).ends(0);
    assert_nowhere(&trial.kept(), &[PHRASE.to_owned()]);
}

/// Takes an order in; the token of its name.
fn collect(trial: &Trial, order: &str) -> String {
    let _ = fs::remove_file(trial.path("out.json"));
    trial.run_with(&["collect", "--seller", "ALPHA", "--emit", "out.json", "-"], order).ends(0);
    let emitted: Value = serde_json::from_slice(&fs::read(trial.path("out.json")).unwrap()).unwrap();
    emitted["buyer"]["buyerName"].as_str().unwrap().to_owned()
}

/// A home with a tombstone and an order that lives, its lasting keyring put away before either was there; the token of each.
fn escrowed() -> (Trial, [String; 2]) {
    let trial = Trial::at(NOW);
    give_places(&trial);
    trial.run(&["keys", "export", "--out", "lasting.escrow"]).ends(0);
    let made = trial.json(&["keys", "export", "--for-recipients", "--out", "offline.escrow"]);
    assert_eq!(made["recipients"].as_array().unwrap().len(), 1);
    let gone = collect(&trial, ORDER);
    trial.later("2026-03-20T09:00:00Z");
    let live = collect(&trial, LIVE_ORDER);
    trial.later("2026-03-31T09:00:00Z");
    assert!(trial.json(&["retention", "run"])["buckets_destroyed"].as_u64().unwrap() > 0);
    assert!(reveal(&trial, &[LIVE]).text().contains("Marlow Quist"));
    (trial, [gone, live])
}

fn reveal(trial: &Trial, what: &[&str]) -> Ran {
    trial.run(&[&["reveal"], what, &["--purpose", "fulfilment"]].concat())
}

/// What lives on without a single key of a bucket, and what is lost until it is collected again.
fn lives_on(trial: &Trial, [gone, live]: &[String; 2]) {
    trial.run(&["ledger", "verify"]).ends(0);
    assert!(trial.run(&["person", "list"]).ends(0).text().contains("Ada Muster"), "registers open");
    assert!(trial.run(&["seller", "list"]).ends(0).text().contains("ALPHA"));
    let ended = |what: &[&str]| {
        let ran = reveal(trial, &[&["--output", "json"], what].concat()).ends(5).json();
        ran["gone"][0]["state"].as_str().unwrap_or_default().to_owned()
    };
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], ORDER).ends(0);
    assert_eq!(ended(&[GONE]), "disposed", "tombstones hold");
    assert_eq!(ended(&["--token", gone]), "disposed", "tokens mean what they meant");
    for what in [&[LIVE][..], &["--token", live]] {
        let lost = reveal(trial, what);
        assert!(lost.status != 0 && !lost.text().contains("Marlow"), "{what:?}: {}", lost.text());
    }
    let new = collect(trial, LIVE_ORDER);
    for what in [&[LIVE][..], &["--token", &new]] {
        assert!(reveal(trial, what).ends(0).text().contains("Marlow Quist"), "{what:?} is fetched again");
    }
    // What it stood for is lost, and it stands for nothing else.
    assert!(reveal(trial, &["--token", live]).status != 0);
}

#[test]
fn a_home_whose_every_mirror_is_lost_goes_on_from_its_lasting_keyring() {
    let (trial, tokens) = escrowed();
    let other = Trial::at(NOW);
    other.run(&["keys", "export", "--out", "lasting.escrow"]).ends(0);
    let import = |file: &str| trial.run(&["keys", "import", file]);
    let refused = import("lasting.escrow").ends(1);
    assert!(
        refused.err.contains("there is a keyring in") && refused.err.contains("keys adopt"),
        "{}",
        refused.err
    );
    fs::rename(trial.path("home/keyring"), trial.path("lost")).unwrap();
    trial.run(&["seller", "list"]).ends(1);
    for (file, status, says) in [
        (other.path("lasting.escrow").to_str().unwrap(), 1, "2.5.b"),
        ("offline.escrow", 2, "--key"),
        ("home/bailee.toml", 1, "no exported keyring"),
    ] {
        let refused = import(file).ends(status);
        assert!(refused.err.contains(says), "{}", refused.err);
        assert!(!trial.path("home/keyring").exists());
    }
    let imported = trial.json(&["keys", "import", "lasting.escrow"]);
    assert_eq!(imported["environment"], "test");
    let shut = reveal(&trial, &[LIVE]).ends(1);
    assert!(shut.err.contains("bailee keys adopt"), "{}", shut.err);
    trial.run(&["logout"]).ends(0);
    trial.log_in();
    let adopted = trial.json(&["keys", "adopt"]);
    assert_eq!(adopted["buckets_removed"], 0, "there was no key to go: {adopted}");
    assert!(adopted["parts_lost"].as_u64().unwrap() >= 1 && adopted["facts_lost"].as_u64().unwrap() >= 1);
    lives_on(&trial, &tokens);
    let status = trial.run(&["keys", "status"]).ends(0).text();
    assert_eq!(status.matches("current").count(), 2, "{status}");
    // A mirror that turns up after all is too late: the home has gone on, and it is brought up to that.
    fs::remove_dir_all(trial.path("home/keyring/b")).unwrap();
    copy(&trial.path("lost/b"), &trial.path("home/keyring/b"));
    let behind = trial.run(&["seller", "list"]).ends(0);
    assert!(behind.err.contains("was behind"), "{}", behind.err);
    assert!(reveal(&trial, &["--token", &tokens[1]]).status != 0);
}

#[test]
fn where_home_mirrors_and_root_key_are_lost_shares_export_and_backup_bring_the_home_back() {
    let (trial, tokens) = escrowed();
    let backup = back_up(&trial);
    trial.run(&["keys", "split", "--shares", "3", "--threshold", "2", "--out", "shares"]).ends(0);
    let entries = trial.json(&["ledger", "verify"])["size"].as_u64().unwrap();
    fs::remove_dir_all(trial.path("home")).unwrap();

    join(&trial, "shares", &[1, 3]).ends(0);
    let [a, b] = ["mirrors/a", "mirrors/b"];
    let import =
        ["keys", "import", "lasting.escrow", "--mirror", a, "--mirror", b, "--root-key", "joined.key"];
    trial.json(&import);
    let mut words = vec!["--home", "home", "backup", "restore", &backup, "--key", "backup.key"];
    words.extend([
        "--mirror",
        a,
        "--mirror",
        b,
        "--root-key",
        "joined.key",
        "--checkpoints",
        "home.checkpoints",
    ]);
    let restored = trial.json(&words);
    assert!(restored["gone"]["disposed"].is_null(), "no key tells what had ended: {restored}");
    assert_eq!(restored["parts"], 0, "every value is lost: {restored}");
    assert!(restored["ledger_size"].as_u64().unwrap() + restored["ledger_lost"].as_u64().unwrap() == entries);
    trial.log_in();
    lives_on(&trial, &tokens);
    assert_eq!(events(&trial, "adoption"), 2);
}

#[test]
fn where_the_root_key_is_lost_too_an_export_for_recipients_goes_on_under_a_new_one() {
    let (trial, tokens) = escrowed();
    let old = fs::read(trial.path("home/root.key")).unwrap();
    fs::remove_file(trial.path("home/root.key")).unwrap();
    fs::remove_dir_all(trial.path("home/keyring")).unwrap();
    trial.run(&["keys", "import", "offline.escrow", "--new-root-key"]).ends(2);
    trial.run(&["keys", "import", "lasting.escrow", "--key", "backup.key", "--new-root-key"]).ends(2);
    assert!(!trial.path("home/root.key").exists());
    trial.run(&["keys", "import", "offline.escrow", "--key", "backup.key", "--new-root-key"]).ends(0);
    assert_ne!(fs::read(trial.path("home/root.key")).unwrap(), old);
    trial.run(&["keys", "adopt"]).ends(0);
    lives_on(&trial, &tokens);
}

#[test]
fn two_people_have_the_lasting_keyring_exported_and_it_holds_nothing_that_perishes() {
    let trial = home();
    let words = ["keys", "export", "--out", "lasting.escrow"];
    let filed = trial.json(&words);
    let id = filed["id"].as_str().unwrap();
    assert_eq!(filed["recipients"], json!([]));
    assert!(!trial.path("lasting.escrow").exists());
    let none = trial.run(&["keys", "export", "--for-recipients", "--out", "x"]).ends(1);
    assert!(none.err.contains("backup keygen"), "{}", none.err);
    log_in(&trial, CEM);
    assert!(
        trial.run(&["proposal", "list"]).ends(0).text().contains("the lasting keyring, under the root key")
    );
    trial.run(&["proposal", "approve", id]).ends(0);
    trial.log_in();
    trial.run(&words).ends(0);
    assert!(
        fs::metadata(trial.path("lasting.escrow")).unwrap().len() < 1024,
        "a bucket would have room for no more"
    );
    trial.run(&words).ends(1);
    assert_eq!(events(&trial, "keyring-exported"), 1);
    trial.run(&["proposal", "show", id]).ends(0);
}
