use std::sync::atomic::Ordering;

use bailee_core::requirement::Requirement;
use bailee_core::{Environment, PrincipalId};
use bailee_ledger::event::What;
use bailee_store::records::Registers;

use super::fixture::{FIRST_DAY, Home, MAIL, OWNER, PASSWORD, at, sensitive};
use crate::AccessError;
use crate::decision::AUTHENTICATE;
use crate::gate::{Gate, Who};
use crate::person::Role;
use crate::session::{SEEN_AGAIN_SECONDS, SESSIONS_PER_PERSON_MAX};

/// Of profile `strict`.
const IDLE_SECONDS_MAX: i64 = 15 * 60;
const LIFE_SECONDS_MAX: i64 = 8 * 60 * 60;

const DAY: i64 = 24 * 60 * 60;

#[test]
fn the_first_person_is_made_once_and_holds_more_roles_in_a_test_home() {
    for (environment, roles) in [
        (Environment::Production, &[Role::Owner][..]),
        (Environment::Test, &[Role::Owner, Role::Officer, Role::Auditor][..]),
    ] {
        let home = Home::empty(environment);
        let make = || home.gate().make_owner(OWNER, &sensitive(PASSWORD), home.request(), at(0));
        let (owner, events) = home.events_of(make);
        let owner = owner.ok().unwrap();
        assert_eq!(
            (owner.name.as_str(), owner.mail.as_str(), owner.roles.as_slice()),
            ("Mara Lindqvist", MAIL, roles)
        );
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].what, What::HomeMade { environment, owner: owner.id });
        assert_eq!(events[0].principal, PrincipalId::Person(owner.id));

        let (again, events) = home.events_of(make);
        assert!(matches!(again, Err(AccessError::HasOwner)));
        assert!(events.is_empty());
    }
}

#[test]
fn a_first_person_without_a_mail_or_with_a_weak_password_is_refused_and_nothing_is_kept() {
    let home = Home::empty(Environment::Test);
    for (owner, password, says) in [("Mara", PASSWORD, "\"Name <mail>\""), (OWNER, "mara", "1.4.a")] {
        let made = home.gate().make_owner(owner, &sensitive(password), home.request(), at(0));
        assert!(made.err().unwrap().to_string().contains(says));
    }
    assert!(home.events().is_empty());
    assert!(home.store.entries("person").unwrap().is_empty());
}

#[test]
fn a_log_in_opens_a_session_that_the_next_process_knows_too() {
    let mut home = Home::new();
    let (token, events) = home.events_of(|| home.log_in(at(0)));
    let caller = home.caller(token.expose(), at(1));
    let Who::Person { person, session, .. } = &caller.who else { panic!("a person") };
    assert_eq!(person.mail, MAIL);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].what, What::LoggedIn { session: *session });
    assert_eq!(events[0].principal, caller.context.principal);
    assert_eq!(Gate::principal(Some(&caller)), PrincipalId::Person(person.id));

    home.reopen();
    assert!(home.try_caller(Some(token.expose()), at(2)).is_ok());
}

#[test]
fn the_mail_is_known_in_whatever_case() {
    let home = Home::new();
    let mail = format!(" {} ", MAIL.to_uppercase());
    assert!(home.try_log_in(&mail, PASSWORD, None, at(0)).is_ok());
}

#[test]
fn a_wrong_password_and_an_unknown_mail_get_one_answer_for_the_same_work() {
    let home = Home::new();
    let attempt = |mail: &str, password: &str| {
        let before = home.verifications.load(Ordering::Relaxed);
        let (result, events) = home.events_of(|| home.try_log_in(mail, password, None, at(0)));
        (result, events, home.verifications.load(Ordering::Relaxed) - before)
    };
    let (wrong, wrong_events, wrong_work) = attempt(MAIL, "Wrong-Kettle-7");
    let (unknown, unknown_events, unknown_work) = attempt("nobody@warehouse.example", PASSWORD);
    let (right, _, right_work) = attempt(MAIL, PASSWORD);
    assert!(right.is_ok());
    assert_eq!((wrong_work, unknown_work, right_work), (1, 1, 1));

    let denial = |result: Result<_, AccessError>| match result {
        Err(AccessError::Denied(denial)) => denial,
        _ => panic!("refused"),
    };
    let wrong = denial(wrong.map(|_| ()));
    assert_eq!(wrong, denial(unknown.map(|_| ())));
    assert!(wrong.unauthenticated);
    assert_eq!(wrong.code, "log-in-failed");

    let person = |events: &[bailee_ledger::event::Event]| match events {
        [event] if event.principal == PrincipalId::Anonymous => match event.what {
            What::LogInFailed { person } => person,
            _ => panic!("{event:?}"),
        },
        _ => panic!("{events:?}"),
    };
    assert!(person(&wrong_events).is_some());
    assert!(person(&unknown_events).is_none());
}

#[test]
fn a_session_ends_after_15_idle_minutes_and_says_how_to_go_on() {
    let home = Home::new();
    let token = home.log_in(at(0));
    assert!(home.try_caller(Some(token.expose()), at(IDLE_SECONDS_MAX)).is_ok(), "N");
    let idle_again = IDLE_SECONDS_MAX + IDLE_SECONDS_MAX + 1;
    let (denial, event) = home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), at(idle_again)));
    assert_eq!((denial.code, denial.requirement), ("session-ended", Requirement::UniqueIdentity));
    assert!(denial.unauthenticated);
    assert!(denial.words.contains("15 minutes"), "{denial}");
    assert!(denial.remedy.contains("bailee login"), "{}", denial.remedy);
    assert_eq!(event.principal, PrincipalId::Anonymous);
}

#[test]
fn a_busy_session_ends_after_8_hours_all_the_same() {
    let home = Home::new();
    let token = home.log_in(at(0));
    for now in (0..LIFE_SECONDS_MAX).step_by(600).chain([LIFE_SECONDS_MAX]) {
        assert!(home.try_caller(Some(token.expose()), at(now)).is_ok(), "{now}");
    }
    let (denial, _) =
        home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), at(LIFE_SECONDS_MAX + 1)));
    assert!(denial.words.contains("8 hours"), "{denial}");
}

#[test]
fn a_home_whose_time_has_jumped_a_month_asks_to_log_in_again() {
    let home = Home::new();
    let token = home.log_in(at(0));
    let (denial, _) = home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), at(31 * DAY)));
    assert!(denial.words.contains("this home's time"), "{denial}");
    let again = home.log_in(at(31 * DAY));
    assert!(home.try_caller(Some(again.expose()), at(31 * DAY)).is_ok());
}

#[test]
fn a_session_is_written_to_once_a_minute_and_without_an_event() {
    let home = Home::new();
    let token = home.log_in(at(0));
    let version = || home.store.entries("session").unwrap()[0].version;
    let (_, events) = home.events_of(|| {
        for now in 0..SEEN_AGAIN_SECONDS {
            home.caller(token.expose(), at(now));
        }
        assert_eq!(version(), 1);
        home.caller(token.expose(), at(SEEN_AGAIN_SECONDS));
        assert_eq!(version(), 2);
        home.caller(token.expose(), at(SEEN_AGAIN_SECONDS + 1));
        assert_eq!(version(), 2);
    });
    assert!(events.is_empty());
}

#[test]
fn that_a_session_was_used_outlives_the_process() {
    let mut home = Home::new();
    let token = home.log_in(at(0));
    home.caller(token.expose(), at(IDLE_SECONDS_MAX - 1));
    home.reopen();
    assert!(home.try_caller(Some(token.expose()), at(IDLE_SECONDS_MAX + 60)).is_ok());
}

#[test]
fn a_log_out_ends_the_session_with_its_event() {
    let home = Home::new();
    let token = home.log_in(at(0));
    let caller = home.caller(token.expose(), at(0));
    let Who::Person { session, .. } = caller.who else { panic!("a person") };
    let (ended, events) = home.events_of(|| home.gate().log_out(&caller));
    assert!(ended.is_ok());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].what, What::LoggedOut { session });
    assert!(home.store.entries("session").unwrap().is_empty());
    let (denial, _) = home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), at(1)));
    assert_eq!(denial.code, "unknown-credential");
    let (again, events) = home.events_of(|| home.gate().log_out(&caller));
    assert!(again.is_ok() && events.is_empty(), "what has ended is not ended again");
}

#[test]
fn a_service_has_no_session_to_end() {
    let home = Home::new();
    let key = home.service("erp", &[], &[]);
    let caller = home.caller(key.expose(), at(0));
    assert!(matches!(home.gate().log_out(&caller), Err(AccessError::Unacceptable(_))));
}

#[test]
fn one_session_too_many_ends_the_oldest_and_those_that_have_ended_are_cleared_away() {
    let home = Home::new();
    let now = |number: usize| at(i64::try_from(number).unwrap());
    let tokens: Vec<_> = (0..SESSIONS_PER_PERSON_MAX).map(|number| home.log_in(now(number))).collect();
    assert!(home.try_caller(Some(tokens[0].expose()), at(20)).is_ok(), "N");
    let (_, events) = home.events_of(|| home.log_in(at(20)));
    assert!(matches!(events[0].what, What::LoggedIn { .. }));
    assert!(matches!(events[1].what, What::LoggedOut { .. }));
    assert_eq!((events.len(), events[1].principal), (2, PrincipalId::System));
    assert!(home.try_caller(Some(tokens[0].expose()), at(20)).is_err(), "N + 1");
    assert!(home.try_caller(Some(tokens[1].expose()), at(20)).is_ok());

    let (_, events) = home.events_of(|| home.log_in(at(DAY)));
    assert_eq!(events.len(), 1 + SESSIONS_PER_PERSON_MAX);
    assert_eq!(home.store.entries("session").unwrap().len(), 1);
}

#[test]
fn nobody_gets_in_with_nothing_or_with_what_looks_like_something() {
    let home = Home::new();
    let (token, key) = (home.log_in(at(0)), home.service("erp", &[], &[]));
    let as_key = token.expose().replace("bss_", "bsk_");
    let as_token = key.expose().replace("bsk_", "bss_");
    let mut changed = token.expose().clone().into_bytes();
    changed[10] ^= 1;
    let changed = String::from_utf8(changed).unwrap();
    for (shown, code) in [
        (None, "no-credential"),
        (Some(""), "unknown-credential"),
        (Some("Bearer"), "unknown-credential"),
        (Some(&token.expose()[..20]), "unknown-credential"),
        (Some(as_key.as_str()), "unknown-credential"),
        (Some(as_token.as_str()), "unknown-credential"),
        (Some(changed.as_str()), "unknown-credential"),
        (Some(PASSWORD), "unknown-credential"),
    ] {
        let (denial, event) = home.denied(AUTHENTICATE, || home.try_caller(shown, at(0)));
        assert_eq!((denial.code, denial.unauthenticated), (code, true));
        assert_eq!(event.principal, PrincipalId::Anonymous);
        assert_eq!(event.at, FIRST_DAY.parse().unwrap());
    }
}

#[test]
fn what_cannot_be_logged_does_not_happen() {
    let home = Home::new();
    let caller = home.owner();
    home.store.writes_left(0);
    let log_in = home.try_log_in(MAIL, PASSWORD, None, at(0));
    assert!(matches!(log_in, Err(AccessError::Store(_))));
    let failed = home.try_log_in(MAIL, "Wrong-Kettle-7", None, at(0));
    assert!(matches!(failed, Err(AccessError::Store(_))), "a refusal that left no trace is not given");
    assert!(matches!(home.try_caller(None, at(0)), Err(AccessError::Ledger(_))));
    assert!(matches!(home.gate().log_out(&caller), Err(AccessError::Store(_))));

    home.store.heal();
    let sessions = home.store.entries("session").unwrap().len();
    assert_eq!(sessions, 1, "neither did the session begin nor the other end");
    assert!(home.gate().log_out(&caller).is_ok());
}
