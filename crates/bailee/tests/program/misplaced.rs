//! Homes and mirrors that are not what they should be: old copies, doubles, open to others.

use crate::support::{Trial, copy};

const NOW: &str = "2026-11-01T09:00:00Z";

fn with_orders() -> Trial {
    let trial = Trial::at(NOW);
    let orders = trial.run(&["synth", "--orders", "40", "--now", NOW]).ends(0).out;
    trial.write("orders.ndjson", orders);
    trial.run(&["collect", "--seller", "ALPHA", "orders.ndjson"]).ends(0);
    trial
}

fn held(trial: &Trial) -> String {
    let orders = std::fs::read_to_string(trial.path("orders.ndjson")).unwrap();
    let ids = orders.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let references = ids.map(|order| format!("ALPHA/{}", order["orderId"].as_str().unwrap()));
    let is_held =
        |reference: &String| trial.run(&["reveal", reference, "--purpose", "fulfilment"]).status == 0;
    references.into_iter().find(is_held).unwrap()
}

#[test]
fn a_rolled_back_home_reveals_nothing_and_adds_nothing_however_often_it_is_asked() {
    let trial = with_orders();
    let reference = held(&trial);
    copy(&trial.path("home"), &trial.path("before"));
    trial.run(&["seller", "add", "BETA"]).ends(0);
    std::fs::remove_dir_all(trial.path("home")).unwrap();
    copy(&trial.path("before"), &trial.path("home"));
    // Often enough that a second tree would outgrow what was anchored.
    for _ in 0..6 {
        let asked = trial.run(&["reveal", &reference, "--purpose", "fulfilment"]).ends(6);
        assert!(asked.out.is_empty(), "{}", asked.text());
        assert!(asked.err.contains("rolled back"), "{}", asked.err);
    }
    trial.run(&["ledger", "verify"]).ends(6);
    trial.run(&["retention", "run"]).ends(6);
}

#[test]
fn an_old_mirror_beside_a_damaged_one_overwrites_nothing() {
    let trial = with_orders();
    let (a, b) = (trial.path("home/keyring/a"), trial.path("home/keyring/b"));
    copy(&a, &trial.path("old"));
    trial.run(&["--now", "2026-12-05T09:00:00Z", "retention", "run"]).ends(0);
    std::fs::remove_dir_all(&a).unwrap();
    copy(&trial.path("old"), &a);
    let mut head = std::fs::read(b.join("head")).unwrap();
    head[100] ^= 1;
    std::fs::write(b.join("head"), &head).unwrap();
    let refused = trial.run(&["retention", "status"]).ends(1);
    assert!(refused.err.contains("older than revision"), "{}", refused.err);
    assert_eq!(
        std::fs::read(b.join("head")).unwrap(),
        head,
        "the newer head was overwritten by an older one"
    );
}

#[test]
fn a_directory_that_is_a_mirror_already_or_is_not_empty_is_not_added() {
    let trial = Trial::at(NOW);
    let configuration = std::fs::read(trial.path("home/bailee.toml")).unwrap();
    std::os::unix::fs::symlink(trial.path("home/keyring/b"), trial.path("link")).unwrap();
    std::fs::create_dir(trial.path("full")).unwrap();
    trial.write("full/letter.txt", "not ours");
    for directory in ["home/keyring/b", "link", "full", "home"] {
        let directory = trial.path(directory);
        trial.run(&["keys", "mirror", directory.to_str().unwrap()]).ends(1);
        assert_eq!(std::fs::read(trial.path("home/bailee.toml")).unwrap(), configuration);
    }
    assert_eq!(std::fs::read_dir(trial.path("full")).unwrap().count(), 1);
    trial.run(&["keys", "status"]).ends(0);
}

#[test]
fn a_home_that_everybody_can_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let trial = Trial::at(NOW);
    for directory in ["home", "home/keyring/a"] {
        let mode =
            |mode| std::fs::set_permissions(trial.path(directory), PermissionsExt::from_mode(mode)).unwrap();
        mode(0o777);
        let refused = trial.run(&["seller", "list"]).ends(1);
        assert!(refused.err.contains("everybody can write"), "{}", refused.err);
        mode(0o700);
        trial.run(&["seller", "list"]).ends(0);
    }
}

#[test]
fn a_link_in_the_place_of_the_lock_is_not_written_through() {
    let trial = Trial::at(NOW);
    let letter = trial.write("letter.txt", "precious");
    std::fs::remove_file(trial.path("home/lock")).unwrap();
    std::os::unix::fs::symlink(&letter, trial.path("home/lock")).unwrap();
    trial.run(&["seller", "list"]).ends(1);
    assert_eq!(std::fs::read_to_string(&letter).unwrap(), "precious");
}
