//! Failed log-ins, and the lock after the tenth (1.2.f).

use std::net::IpAddr;

use bailee_core::requirement::Requirement;
use bailee_ledger::event::What;

use super::fixture::{Home, MAIL, PASSWORD, at};
use super::people::{OTHER_MAIL, with_second_owner};
use crate::lockout::MEMORY_SECONDS;
use crate::{AccessError, Denial, Door};

fn denial<T>(tried: Result<T, AccessError>) -> Denial {
    match tried {
        Err(AccessError::Denied(denial)) => denial,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("came in"),
    }
}

#[test]
fn the_eleventh_attempt_is_not_looked_at_and_unknown_accounts_answer_alike() {
    let home = with_second_owner();
    for mail in [MAIL, "nobody@warehouse.example"] {
        for number in 1..=10 {
            let (tried, events) =
                home.events_of(|| home.try_log_in(mail, "Wrong-Kettle-77", None, at(number)));
            assert_eq!(denial(tried).code, "log-in-failed", "{number}");
            let locked = events.iter().any(|event| matches!(event.what, What::AccountLocked { .. }));
            assert_eq!(locked, number == 10, "{number}");
        }
        let before = home.verifications.load(std::sync::atomic::Ordering::Relaxed);
        let locked = denial(home.try_log_in(mail, PASSWORD, None, at(11)));
        assert_eq!((locked.code, locked.requirement), ("account-locked", Requirement::AccountLockout));
        assert!(locked.unauthenticated && locked.remedy.contains("person unlock"), "{locked:?}");
        assert_eq!(home.verifications.load(std::sync::atomic::Ordering::Relaxed), before);
    }
}

#[test]
fn a_lock_outlives_the_process_and_ends_with_another_person_alone() {
    let mut home = with_second_owner();
    (1..=10).for_each(|second| drop(home.try_log_in(MAIL, "Wrong-Kettle-77", None, at(second))));
    home.reopen();
    let later = at(400 * 24 * 60 * 60);
    assert_eq!(denial(home.try_log_in(MAIL, PASSWORD, None, later)).code, "account-locked");

    let other = home.try_log_in(OTHER_MAIL, PASSWORD, None, at(11)).ok().unwrap();
    let other = home.caller(other.token.expose(), at(11));
    let locked = home.person(MAIL);
    let own = home.person(OTHER_MAIL);
    let (refused, _) = home.denied("administer", || home.gate().unlock(&other, own));
    assert_eq!(refused.code, "another-person");
    let (unlocked, events) = home.events_of(|| home.gate().unlock(&other, locked));
    assert!(unlocked.is_ok());
    assert_eq!(events[0].what, What::AccountUnlocked { person: locked });
    assert!(home.try_log_in(MAIL, PASSWORD, None, at(12)).is_ok());
}

#[test]
fn a_log_in_that_succeeds_ends_the_count() {
    let home = with_second_owner();
    for _ in 0..3 {
        (1..=9).for_each(|second| drop(home.try_log_in(MAIL, "Wrong-Kettle-77", None, at(second))));
        assert!(home.gate().patience(MAIL, Door::Local).as_millis() > 0);
        assert!(home.try_log_in(MAIL, PASSWORD, None, at(10)).is_ok());
        assert!(home.gate().patience(MAIL, Door::Local).is_zero());
    }
}

#[test]
fn whoever_tries_over_the_network_locks_nobody_out_at_the_machine() {
    let home = with_second_owner();
    let network = Door::Network(IpAddr::from([10, 0, 0, 9]));
    (1..=10).for_each(|second| drop(home.try_log_in_at(network, MAIL, "Wrong-Kettle-77", None, at(second))));
    assert_eq!(denial(home.try_log_in_at(network, MAIL, PASSWORD, None, at(11))).code, "account-locked");
    assert!(home.try_log_in(MAIL, PASSWORD, None, at(12)).is_ok());
    assert_eq!(denial(home.try_log_in_at(network, MAIL, PASSWORD, None, at(13))).code, "account-locked");
}

#[test]
fn where_there_is_nobody_else_a_lock_ends_after_a_day() {
    let home = Home::new();
    (1..=10).for_each(|second| drop(home.try_log_in(MAIL, "Wrong-Kettle-77", None, at(second))));
    assert_eq!(denial(home.try_log_in(MAIL, PASSWORD, None, at(10 + MEMORY_SECONDS))).code, "account-locked");
    assert!(home.try_log_in(MAIL, PASSWORD, None, at(11 + MEMORY_SECONDS)).is_ok());
}

#[test]
fn the_only_owner_is_not_locked_out_for_ever_by_there_being_others_who_cannot_help() {
    let home = Home::new();
    super::people::join(&home, super::people::OTHER, crate::person::Role::Operator);
    (1..=10).for_each(|second| drop(home.try_log_in(MAIL, "Wrong-Kettle-77", None, at(second))));
    assert_eq!(denial(home.try_log_in(MAIL, PASSWORD, None, at(10 + MEMORY_SECONDS))).code, "account-locked");
    assert!(home.try_log_in(MAIL, PASSWORD, None, at(11 + MEMORY_SECONDS)).is_ok());
}

#[test]
fn attempts_at_the_same_time_are_no_more_than_those_one_after_the_other() {
    let home = with_second_owner();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| drop(home.try_log_in(MAIL, "Wrong-Kettle-77", None, at(1))));
        }
    });
    let checked = home.verifications.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(checked, 10, "what comes after the tenth is not looked at");
}
