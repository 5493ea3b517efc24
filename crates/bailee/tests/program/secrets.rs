//! The secrets that the program uses itself: references alone, with their age and strength (1.4.b, 2.5.a).

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::{PASSWORD, Trial, assert_nowhere};

const WEAK: &str = "Blue-Kettle-on-7-Stoves";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nc3ludGhldGlj\n-----END PRIVATE KEY-----\n";

fn keep(trial: &Trial, name: &str, secret: &str) {
    fs::write(trial.path(name), secret).unwrap();
    fs::set_permissions(trial.path(name), Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_secret_is_listed_with_its_age_and_strength_and_seen_to_be_another() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    assert!(trial.run(&["secret", "list"]).ends(0).err.contains("names no secret"));
    keep(&trial, "own.key", KEY);
    let at = |name: &str| trial.path(name).display().to_string();
    trial.configure(
        "[server]",
        &format!("certificate = \"{}\"\nkey = \"file:{}\"", at("own.pem"), at("own.key")),
    );
    let list = || trial.json(&["secret", "list"])["secrets"][0].clone();
    let first = list();
    let said = ["secret", "state", "strength"].map(|name| first[name].as_str().unwrap());
    assert_eq!(said, ["server-key", "current", "strong"]);
    for (day, state) in [("2026-05-15", "current"), ("2026-05-17", "due"), ("2026-06-01", "outlived")] {
        trial.later(&format!("{day}T09:00:00Z"));
        if state == "due" {
            // The owner's password would be past its age before the secret is.
            let passwords = format!("{PASSWORD}\nTeal-Barrow-55-Quilt\n");
            trial.run_with(&["person", "password", "--password-stdin"], &passwords).ends(0);
        }
        let listed = list();
        assert_eq!((listed["state"].as_str(), &listed["since"]), (Some(state), &first["since"]), "{day}");
    }
    keep(&trial, "own.key", WEAK);
    let other = list();
    assert_eq!(other["state"], "current");
    assert_ne!(other["since"], first["since"]);
    let events = trial.run(&["ledger", "tail", "-n", "100"]).ends(0);
    assert_eq!(events.text().matches("secret-seen").count(), 2, "{}", events.text());
    assert_eq!(events.text().matches("secret-outlived").count(), 1);
    assert_nowhere(&trial.kept(), &[WEAK.to_owned()]);
}

#[test]
fn what_looks_like_a_secret_is_refused_wherever_it_stands_in_the_configuration() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let before = fs::read_to_string(trial.path("home/bailee.toml")).unwrap();
    for line in [
        "# was: postgres://bailee:hunter2@db.example/bailee".to_owned(),
        format!("# client secret amzn1.oa2-cs.v1.{}", "0f".repeat(32)),
        format!("extension = \"{}\"", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="),
    ] {
        fs::write(
            trial.path("home/bailee.toml"),
            before.replace("[catalogue]", &format!("[catalogue]\n{line}")),
        )
        .unwrap();
        let ran = trial.run(&["seller", "list"]).ends(1);
        assert!(ran.err.contains("2.5.a") && ran.err.contains("line "), "{}", ran.err);
        for part in ["hunter2", "amzn1", "q83v"] {
            assert!(!ran.err.contains(part), "{}", ran.err);
        }
    }
}
