//! Passwords that are changed and that end, second factors, and what a session opens without them.

use bailee_core::requirement::Requirement;
use bailee_core::time::DAY_SECONDS;
use bailee_core::{Environment, Sensitive, Timestamp};
use bailee_ledger::event::What;

use super::fixture::{Home, MAIL, OWNER, PASSWORD, at, sensitive, unacceptable};
use crate::Presented;
use crate::decision::AUTHENTICATE;
use crate::factor::RECOVERY_CODES;
use crate::session::FRESH_SECONDS_MAX;
use crate::{AccessError, Door};

const NEXT: &str = "Grey-Anvil-203";

fn change(home: &Home, token: &str, from: &str, to: &str, now: Timestamp) -> Result<(), AccessError> {
    let caller = home.renewing(token, now)?;
    home.gate().change_password(&caller, &sensitive(from), &sensitive(to), Door::Local)
}

/// What an authenticator with that secret shows.
fn code(secret: &Sensitive<String>, at: Timestamp) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.expose().as_bytes()).unwrap();
    let secret = totp_rs::Secret::new_stack(bytes.try_into().unwrap());
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(at.as_second()).unwrap()).to_string()
}

/// Sets an authenticator up in a session; its secret, and the recovery codes.
fn enrol(home: &Home, token: &str, now: Timestamp) -> (Sensitive<String>, Vec<Sensitive<String>>) {
    let caller = home.renewing(token, now).ok().unwrap();
    let begun = home.gate().begin_factor(&caller).ok().unwrap();
    let shown = sensitive(&code(&begun.secret, now));
    let enrolled = home.gate().enrol_factor(&caller, &shown, now).ok().unwrap();
    (begun.secret, enrolled.recovery_codes)
}

/// A production home with its first person, who has no second factor yet.
fn production() -> Home {
    let home = Home::empty(Environment::Production);
    home.gate().make_owner(OWNER, &sensitive(PASSWORD), home.request(), at(0)).ok().unwrap();
    home
}

#[test]
fn a_password_ends_on_its_91st_day_and_opens_nothing_but_its_change() {
    let home = Home::new();
    let (last, past) = (at(90 * DAY_SECONDS), at(90 * DAY_SECONDS + 1));
    let token = home.log_in(last);
    assert!(home.try_caller(Some(token.expose()), last).is_ok(), "N");
    let (denial, _) = home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), past));
    assert_eq!((denial.code, denial.requirement), ("password-expired", Requirement::PasswordRotation));
    assert!(!denial.unauthenticated && denial.remedy.contains("bailee person password"));
    let token = home.log_in(past);
    assert!(home.try_caller(Some(token.expose()), past).is_err(), "one may log in, and no more");
    assert!(change(&home, token.expose(), PASSWORD, NEXT, past).is_ok());
    assert!(home.try_caller(Some(token.expose()), past).is_ok());
    assert!(home.try_log_in(MAIL, PASSWORD, None, past).is_err());
    assert!(home.try_log_in(MAIL, NEXT, None, past).is_ok());
}

#[test]
fn none_of_the_last_ten_passwords_comes_back_and_none_is_changed_twice_a_day() {
    let home = Home::new();
    let nth = |number: usize| match number {
        0 => PASSWORD.to_owned(),
        _ => format!("Grey-Anvil-Kettle-{number:03}"),
    };
    let day = |number: usize| at(i64::try_from(number).unwrap() * DAY_SECONDS);
    for number in 1..=10 {
        let token = home.log_in_with(&nth(number - 1), day(number));
        for used in number.saturating_sub(10)..number {
            let words =
                unacceptable(change(&home, token.expose(), &nth(number - 1), &nth(used), day(number)));
            assert!(words.contains("last 10") && words.contains("1.4.a"), "{words}");
        }
        let soon = bailee_core::time::saturating_add(day(number), -1);
        if number > 1 {
            let words = unacceptable(change(&home, token.expose(), &nth(number - 1), &nth(number), soon));
            assert!(words.contains("1 day(s)"), "{words}");
        }
        assert!(change(&home, token.expose(), &nth(number - 1), &nth(number), day(number)).is_ok());
    }
    let token = home.log_in_with(&nth(10), day(11));
    assert!(change(&home, token.expose(), &nth(10), &nth(0), day(11)).is_ok(), "the eleventh before it may");
}

#[test]
fn a_change_ends_the_other_sessions_and_a_wrong_present_password_counts_as_a_failure() {
    let home = Home::new();
    let (one, other) = (home.log_in(at(DAY_SECONDS)), home.log_in(at(DAY_SECONDS)));
    let now = at(DAY_SECONDS);
    let wrong = change(&home, one.expose(), "Wrong-Kettle-77", NEXT, now).err().unwrap();
    assert_eq!(wrong.code(), "log-in-failed");
    let (changed, events) = home.events_of(|| change(&home, one.expose(), PASSWORD, NEXT, now));
    assert!(changed.is_ok());
    assert!(matches!(events[0].what, What::PasswordChanged { .. }));
    assert!(home.try_caller(Some(one.expose()), now).is_ok());
    assert!(home.try_caller(Some(other.expose()), now).is_err());
    for _ in 0..10 {
        drop(change(&home, one.expose(), "Wrong-Kettle-77", "Some-Other-Anvil-5", now));
    }
    assert!(change(&home, one.expose(), NEXT, "Some-Other-Anvil-5", now).is_err(), "the account is locked");
}

#[test]
fn without_a_second_factor_a_session_of_production_opens_its_enrolment_alone() {
    let home = production();
    let token = home.log_in(at(0));
    let (denial, _) = home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), at(0)));
    assert_eq!((denial.code, denial.requirement), ("second-factor-missing", Requirement::PublicAccess));
    let (secret, recovery) = enrol(&home, token.expose(), at(0));
    assert_eq!(recovery.len(), RECOVERY_CODES);
    assert!(
        home.try_caller(Some(token.expose()), at(0)).is_ok(),
        "the code that confirmed it was a second factor"
    );

    let without = home.try_log_in(MAIL, PASSWORD, None, at(60)).err().unwrap();
    assert_eq!(without.code(), "second-factor-needed");
    let wrong = home.try_log_in(MAIL, PASSWORD, Some("000000"), at(60)).err().unwrap();
    assert_eq!(wrong.code(), "log-in-failed");
    let right = code(&secret, at(60));
    let session = home.try_log_in(MAIL, PASSWORD, Some(&right), at(60)).ok().unwrap();
    assert!(home.try_caller(Some(session.token.expose()), at(60)).is_ok());
    let again = home.try_log_in(MAIL, PASSWORD, Some(&right), at(61)).err().unwrap();
    assert_eq!(again.code(), "log-in-failed", "a code opens once");
}

#[test]
fn a_recovery_code_stands_in_once() {
    let home = production();
    let (_, recovery) = enrol(&home, home.log_in(at(0)).expose(), at(0));
    let typed = recovery[3].expose().to_uppercase().replace('-', " ");
    let (session, events) = home.events_of(|| home.try_log_in(MAIL, PASSWORD, Some(&typed), at(60)));
    assert!(home.try_caller(Some(session.ok().unwrap().token.expose()), at(60)).is_ok());
    assert!(matches!(events[0].what, What::RecoveryCodeUsed { left: 9, .. }), "{events:?}");
    assert!(home.try_log_in(MAIL, PASSWORD, Some(&typed), at(61)).is_err());
    assert!(home.try_log_in(MAIL, PASSWORD, Some(recovery[4].expose()), at(62)).is_ok());
}

#[test]
fn from_a_public_address_nobody_comes_in_without_a_second_factor_in_a_test_home_either() {
    let home = Home::new();
    let public = Door::Network("203.0.113.7".parse().unwrap());
    let own = Door::Network("10.0.0.7".parse().unwrap());
    let begun = home.try_log_in_at(own, MAIL, PASSWORD, None, at(0)).ok().unwrap();
    let refused = home.try_log_in_at(public, MAIL, PASSWORD, None, at(0)).err().unwrap();
    assert_eq!(refused.code(), "second-factor-missing");

    // Nor with a session that was begun from an address of one's own.
    let at_door = |door: Door, token: &str, now| {
        home.gate().authenticate(&Presented { door, ..home.presented(Some(sensitive(token)), now) })
    };
    assert!(at_door(own, begun.token.expose(), at(0)).is_ok());
    let refused = at_door(public, begun.token.expose(), at(0)).err().unwrap();
    assert_eq!(refused.code(), "second-factor-missing");
    let (secret, _) = enrol(&home, home.log_in(at(0)).expose(), at(0));
    let shown = code(&secret, at(60));
    let session = home.try_log_in_at(public, MAIL, PASSWORD, Some(&shown), at(60)).ok().unwrap();
    assert!(at_door(public, session.token.expose(), at(60)).is_ok());
}

#[test]
fn what_is_dangerous_takes_a_factor_that_was_shown_a_short_while_ago() {
    let home = production();
    let token = home.log_in(at(0));
    let (secret, _) = enrol(&home, token.expose(), at(0));
    let fresh = |now| home.caller(token.expose(), now).has_fresh_factor();
    assert!(fresh(at(FRESH_SECONDS_MAX)), "N");
    let later = at(FRESH_SECONDS_MAX + 1);
    assert!(!fresh(later));
    let caller = home.caller(token.expose(), later);
    let wrong = home.gate().confirm(&caller, &sensitive("000000"), Door::Local, later).err().unwrap();
    assert_eq!(wrong.code(), "log-in-failed");
    let shown = sensitive(&code(&secret, later));
    let (confirmed, events) = home.events_of(|| home.gate().confirm(&caller, &shown, Door::Local, later));
    assert!(confirmed.is_ok());
    assert!(matches!(events[0].what, What::FactorConfirmed { .. }));
    assert!(fresh(later));
}

#[test]
fn an_authenticator_is_replaced_only_by_who_shows_the_one_before() {
    let home = production();
    let token = home.log_in(at(0));
    let (first, _) = enrol(&home, token.expose(), at(0));
    let later = at(FRESH_SECONDS_MAX + 1);
    let caller = home.renewing(token.expose(), later).ok().unwrap();
    assert!(unacceptable(home.gate().begin_factor(&caller)).contains("1.1.d"));
    let shown = sensitive(&code(&first, later));
    home.gate().confirm(&caller, &shown, Door::Local, later).ok().unwrap();
    let (second, recovery) = enrol(&home, token.expose(), later);
    assert_ne!(first.expose(), second.expose());
    assert_eq!(recovery.len(), RECOVERY_CODES, "and the recovery codes are new");
    let now = at(FRESH_SECONDS_MAX + 100);
    assert!(home.try_log_in(MAIL, PASSWORD, Some(&code(&first, now)), now).is_err());
    assert!(home.try_log_in(MAIL, PASSWORD, Some(&code(&second, now)), now).is_ok());
}

#[test]
fn who_is_a_service_has_none_of_it() {
    let home = Home::new();
    let key = home.service("erp", &[], &[]);
    let service = home.caller(key.expose(), at(0));
    assert_eq!(home.denied("account", || home.gate().begin_factor(&service)).0.code, "service-not-allowed");
    let change =
        || home.gate().change_password(&service, &sensitive(PASSWORD), &sensitive(NEXT), Door::Local);
    assert_eq!(home.denied("account", change).0.code, "service-not-allowed");
}
