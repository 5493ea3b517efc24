//! Passkeys at the gate, as far as no authenticator has to answer; the program's tests have one that does.

use std::sync::atomic::Ordering;

use bailee_ledger::event::What;
use serde_json::json;

use super::fixture::{Home, MAIL, PASSWORD, at, sensitive, unacceptable};
use crate::gate::{BegunPasskey, LogIn, PasskeyAnswer};
use crate::passkey::RelyingParty;
use crate::{AccessError, Door};

fn home() -> Home {
    Home::new().with(|standards| standards.relying_party = RelyingParty::at("https://bailee.example"))
}

fn ask(home: &Home, mail: &str, password: &str) -> Result<BegunPasskey, AccessError> {
    let password = sensitive(password);
    let log_in = LogIn {
        mail,
        password: &password,
        code: None,
        passkey: None,
        door: Door::Local,
        certificate: None,
        machine_now: at(0),
    };
    home.gate().challenge_log_in(&log_in, home.request(), at(0), None)
}

#[test]
fn without_a_public_address_there_are_no_passkeys_and_it_is_said_what_is_missing() {
    let home = Home::new();
    let words = unacceptable(home.gate().begin_passkey(&home.owner(), at(0)));
    assert!(words.contains("public_url") && words.contains("1.1.d"), "{words}");
}

#[test]
fn whether_somebody_has_passkeys_is_told_to_who_knows_the_password_alone() {
    let home = home();
    let asked = |mail: &str, password: &str| {
        let before = home.verifications.load(Ordering::Relaxed);
        let (refused, events) = home.events_of(|| ask(&home, mail, password));
        let Err(AccessError::Denied(denial)) = refused else { panic!("{mail} was given a challenge") };
        assert!(events.iter().all(|event| matches!(event.what, What::LogInFailed { .. })), "{events:?}");
        (denial, events.len(), home.verifications.load(Ordering::Relaxed) - before)
    };
    let unknown = asked("nobody@example.com", PASSWORD);
    assert_eq!((unknown.0.code, unknown.1, unknown.2), ("log-in-failed", 1, 1));
    assert_eq!(asked(MAIL, "Wrong-Kettle-77"), unknown);
    assert_eq!(asked(MAIL, PASSWORD).0.code, "second-factor-needed", "there are none");
}

#[test]
fn challenges_that_are_not_answered_right_lock_an_account_as_wrong_passwords_do() {
    let home = home();
    for _ in 0..10 {
        assert_eq!(ask(&home, MAIL, "Wrong-Kettle-77").err().unwrap().code(), "log-in-failed");
    }
    assert_eq!(ask(&home, MAIL, PASSWORD).err().unwrap().code(), "account-locked");
}

#[test]
fn an_answer_without_a_challenge_of_this_session_sets_nothing_up() {
    let home = home();
    let (caller, other) = (home.owner(), home.owner());
    let begun = home.gate().begin_passkey(&caller, at(0)).ok().unwrap();
    assert_eq!(begun.options["publicKey"]["rp"]["id"], "bailee.example");
    let answer = PasskeyAnswer { challenge: begun.challenge, credential: json!({}) };
    let enrol = |caller| unacceptable(home.gate().enrol_passkey(caller, "Laptop", &answer, at(1)));
    assert!(enrol(&other).contains("another session's"));
    assert!(enrol(&caller).contains("does not fit"));
    assert!(enrol(&caller).contains("was answered"), "once");
    assert!(home.gate().passkeys(&caller).ok().unwrap().is_empty());
}
