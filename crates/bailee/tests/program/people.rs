//! A second person invited and enrolled; names, passwords and log-ins that are refused; keys that age; who leaves.

use data_encoding::BASE32_NOPAD;
use serde_json::Value;

use crate::support::*;

const BEN: &str = "ben.beispiel@example.com";
const BENS_PASSWORD: &str = "Grey-Anvil-203-Kettle";

/// What an authenticator with that secret shows now, or some steps later.
pub(crate) fn code(secret: &str, steps: u64) -> String {
    let bytes = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let secret = totp_rs::Secret::new_stack(bytes.try_into().unwrap());
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    // Authenticators go by the machine's time.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    totp.generate(now + 30 * steps).to_string()
}

fn invite(trial: &Trial, person: &str, role: &str) -> String {
    let invited = trial.json(&["person", "invite", person, "--role", role]);
    invited["invitation"].as_str().unwrap().to_owned()
}

fn accept(trial: &Trial, invitation: &str, password: &str) -> Ran {
    let words = ["person", "accept", "--invitation-stdin", "--password-stdin"];
    trial.run_with(&words, &format!("{invitation}\n{password}\n"))
}

fn log_in(trial: &Trial, mail: &str, password: &str) -> Ran {
    trial.run_with(&["login", "--as", mail, "--password-stdin"], password)
}

fn listed(trial: &Trial, mail: &str) -> Value {
    let people = trial.json(&["person", "list"]);
    people["people"].as_array().unwrap().iter().find(|one| one["mail"] == mail).unwrap().clone()
}

#[test]
fn a_second_person_is_invited_comes_in_and_leaves() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let invitation = invite(&trial, &format!("Ben Beispiel <{BEN}>"), "operator");
    assert_eq!(listed(&trial, BEN)["standing"], "invited");
    let weak = accept(&trial, &invitation, "ben").ends(1);
    assert!(weak.err.contains("at least 12 characters") && weak.err.contains("1.4.a"), "{}", weak.err);
    accept(&trial, &invitation, BENS_PASSWORD).ends(0);
    accept(&trial, &invitation, BENS_PASSWORD).ends(4);

    // Ben is logged in, and administers nothing.
    let refused = trial.run(&["person", "list"]).ends(4);
    assert!(refused.err.contains("1.3.a"), "{}", refused.err);
    let sessions = trial.json(&["session", "list"]);
    assert_eq!(sessions["sessions"][0]["current"], true);
    log_in(&trial, BEN, BENS_PASSWORD).ends(0);
    let sessions = trial.json(&["session", "list"]);
    let sessions = sessions["sessions"].as_array().unwrap();
    let other = sessions.iter().find(|one| one["current"] == false).unwrap()["session"].as_str().unwrap();
    trial.run(&["session", "end", other]).ends(0);
    trial.run(&["session", "end", other]).ends(5);

    trial.log_in();
    assert_eq!(listed(&trial, BEN)["standing"], "active");
    trial.run(&["person", "suspend", BEN]).ends(0);
    log_in(&trial, BEN, BENS_PASSWORD).ends(4);
    trial.run(&["person", "resume", BEN]).ends(0);
    let left = trial.json(&["person", "leave", BEN]);
    assert_eq!((&left["standing"], &left["services"]), (&"left".into(), &0.into()));
    log_in(&trial, BEN, BENS_PASSWORD).ends(4);
    trial.run(&["person", "resume", BEN]).ends(1);
    trial.run(&["person", "leave", "nobody@example.com"]).ends(5);
    let last = trial.run(&["person", "leave", MAIL]).ends(4);
    assert!(last.err.contains("for themselves"), "{}", last.err);

    let tail = trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text();
    for event in
        ["person-invited", "invitation-accepted", "person-suspended", "person-resumed", "person-left"]
    {
        assert!(tail.contains(event), "{event}: {tail}");
    }
}

#[test]
fn names_that_are_nobodys_own_are_refused() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    for person in ["Admin <x1@example.com>", "Warehouse <x2@example.com>", "Ada Other <info@example.com>"] {
        let refused = trial.run(&["person", "invite", person, "--role", "operator"]).ends(1);
        assert!(refused.err.contains("1.2.b") && !refused.err.contains("example.com"), "{}", refused.err);
    }
    let both =
        trial.run(&["person", "invite", "Ben Beispiel <b@example.com>", "--role", "owner,operator"]).ends(1);
    assert!(both.err.contains("1.3.a"), "{}", both.err);
}

#[test]
fn passwords_that_are_weak_common_known_or_used_are_refused_with_their_requirement() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    // SHA-1 of `Known-From-A-Breach-7`, as such files have it.
    let known = "Known-From-A-Breach-7";
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, known.as_bytes());
    let line = data_encoding::HEXUPPER.encode(digest.as_ref());
    trial.write("home/pwned.txt", format!("{line}:17\n"));
    trial.configure("[access]", "breached_passwords = \"pwned.txt\"");
    trial.later("2026-03-04T09:00:00Z");
    let change = |new: &str| {
        trial.run_with(&["person", "password", "--password-stdin"], &format!("{PASSWORD}\n{new}\n"))
    };
    for (new, says) in [
        ("short-7A", "at least 12 characters"),
        ("Password1234!", "common"),
        (known, "breach"),
        ("Ada-Lovely-Kettle-7", "no part of the name"),
        (PASSWORD, "last 10 passwords"),
    ] {
        let refused = change(new).ends(1);
        assert!(refused.err.contains(says) && refused.err.contains("1.4.a"), "{new}: {}", refused.err);
        assert!(!refused.err.contains(new), "{}", refused.err);
    }
    change("Grey-Anvil-203-Kettle").ends(0);
    std::fs::remove_file(trial.path("home/pwned.txt")).unwrap();
    trial.later("2026-03-06T09:00:00Z");
    let words = ["person", "password", "--password-stdin"];
    let unreadable = trial.run_with(&words, "Grey-Anvil-203-Kettle\nTeal-Barrow-55-Quilt\n").ends(1);
    assert!(unreadable.err.contains("known passwords"), "{}", unreadable.err);
}

#[test]
fn eleven_wrong_log_ins_lock_an_account_until_somebody_else_lifts_it() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let invitation = invite(&trial, &format!("Ben Beispiel <{BEN}>"), "owner");
    accept(&trial, &invitation, BENS_PASSWORD).ends(0);
    for number in 1..=11 {
        let refused = log_in(&trial, MAIL, "Wrong-Kettle-77").ends(4);
        assert_eq!(refused.err.contains("too many failed log-ins in a row"), number == 11, "{}", refused.err);
    }
    let locked = log_in(&trial, MAIL, PASSWORD).ends(4);
    assert!(locked.err.contains("1.2.f") && locked.err.contains("person unlock"), "{}", locked.err);
    log_in(&trial, BEN, BENS_PASSWORD).ends(0);
    assert_eq!(listed(&trial, MAIL)["locked"], true);
    let own = trial.run(&["person", "unlock", BEN]).ends(4);
    assert!(own.err.contains("nobody does this for themselves"), "{}", own.err);
    trial.run(&["person", "unlock", MAIL]).ends(0);
    log_in(&trial, MAIL, PASSWORD).ends(0);
}

#[test]
fn a_password_and_a_key_that_are_too_old_open_nothing_but_their_renewal() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let add =
        ["service", "add", "labels", "--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];
    let key = trial.json(&add)["key"].as_str().unwrap().to_owned();
    let find = ["find", "--seller", "ALPHA", "--name", "Nobody Atall"];

    trial.later("2026-05-16T09:00:00Z");
    let trial = trial.with_key(&key);
    let warned = trial.run(&find).ends(0);
    assert!(
        warned.err.contains("2026-05-31T09:00:00Z") && warned.err.contains("service renew"),
        "{}",
        warned.err
    );

    let trial = trial.without_key();
    let expired = trial.run(&["--now", "2026-05-31T09:00:01Z", "seller", "list"]).ends(4);
    assert!(expired.err.contains("1.4.b") && expired.err.contains("person password"), "{}", expired.err);
    let others = trial.run(&["service", "renew", "labels"]).ends(4);
    assert!(others.err.contains("person password"), "it opens its own change alone: {}", others.err);
    let trial = trial.with_key(&key);
    let ended = trial.run(&find).ends(4);
    assert!(ended.err.contains("1.4.b") && ended.err.contains("service renew"), "{}", ended.err);
    let next = trial.json(&["service", "renew"])["key"].as_str().unwrap().to_owned();
    let trial = trial.with_key(&next);
    trial.run(&find).ends(0);

    let trial = trial.without_key();
    let words = ["person", "password", "--password-stdin"];
    trial.run_with(&words, &format!("{PASSWORD}\n{BENS_PASSWORD}\n")).ends(0);
    trial.run(&["seller", "list"]).ends(0);
    trial.run(&["service", "renew", "labels"]).ends(0);
    let third = trial.run(&["service", "renew", "labels"]).ends(1);
    assert!(third.err.contains("end-key"), "{}", third.err);
    let services = trial.json(&["service", "list"]);
    let old = services["services"][0]["keys"][0]["id"].as_str().unwrap();
    trial.run(&["service", "end-key", "labels", old]).ends(0);
    trial.run(&["service", "remove", "labels"]).ends(0);
    trial.with_key(&next).run(&find).ends(4);
}

#[test]
fn where_a_second_factor_is_asked_nothing_opens_without_it() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.configure("[access]", "second_factor = true");
    let missing = trial.run(&["seller", "list"]).ends(4);
    assert!(missing.err.contains("1.1.d") && missing.err.contains("person factor"), "{}", missing.err);
    let begun = trial.json(&["person", "factor"]);
    let secret = begun["secret"].as_str().unwrap();
    assert!(
        begun["address"].as_str().unwrap().starts_with("otpauth://totp/Bailee:ada%40example.com?secret=")
    );
    trial.run_with(&["person", "factor", "--code-stdin"], "000000").ends(1);
    let confirmed =
        trial.run_with(&["--output", "json", "person", "factor", "--code-stdin"], &code(secret, 0));
    let recovery = confirmed.ends(0).json()["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(recovery.len(), 10);
    trial.run(&["seller", "list"]).ends(0);

    let without = log_in(&trial, MAIL, PASSWORD).ends(4);
    assert!(without.err.contains("second factor"), "{}", without.err);
    let with = |code: &str| {
        let words = ["login", "--as", MAIL, "--password-stdin", "--code-stdin"];
        trial.run_with(&words, &format!("{PASSWORD}\n{code}\n"))
    };
    // The step of the code that confirmed it is used up; the next one is accepted already.
    with(&code(secret, 1)).ends(0);
    with(recovery[0].as_str().unwrap()).ends(0);
    with(recovery[0].as_str().unwrap()).ends(4);

    // Changes of people take a factor that was shown a short while ago.
    trial.later("2026-03-02T09:30:00Z");
    trial.run(&["person", "invite", "Ben Beispiel <b@example.com>", "--role", "operator"]).ends(0);
    let invitation = invite(&trial, &format!("Cem Beispiel <{BEN}>"), "auditor");
    let accepted = accept(&trial, &invitation, BENS_PASSWORD).ends(0).text();
    assert!(accepted.contains("person factor"), "{accepted}");
    trial.run(&["session", "list"]).ends(4);
}

#[test]
fn no_secret_of_the_way_in_is_written_anywhere() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let invitation = invite(&trial, &format!("Ben Beispiel <{BEN}>"), "operator");
    accept(&trial, &invitation, BENS_PASSWORD).ends(0);
    trial.log_in();
    let secret = trial.json(&["person", "factor"])["secret"].as_str().unwrap().to_owned();
    let codes = trial.run_with(&["--output", "json", "person", "factor", "--code-stdin"], &code(&secret, 0));
    let codes = codes.ends(0).json();
    log_in(&trial, "nobody.special@example.com", "Some-Typed-Password-9").ends(4);
    let recovery = codes["recovery_codes"][0].as_str().unwrap();
    let secrets = [
        invitation.as_str(),
        BENS_PASSWORD,
        PASSWORD,
        BEN,
        "Beispiel",
        secret.as_str(),
        recovery,
        "nobody.special",
        "Some-Typed-Password-9",
    ];
    let found = files_with(&trial.path("home"), &secrets);
    assert!(found.is_empty(), "{found:?}");
}

/// Files below a directory that hold one of these texts.
fn files_with(directory: &std::path::Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, texts));
        } else if let Ok(bytes) = std::fs::read(&path) {
            let holds = |text: &&&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            found.extend(texts.iter().filter(holds).map(|text| format!("{text} in {}", path.display())));
        }
    }
    found
}
