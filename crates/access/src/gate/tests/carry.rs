use bailee_core::Environment;

use super::fixture::{Home, OWNER, PASSWORD, at, sensitive};
use crate::decision::AUTHENTICATE;

/// Of profile `strict`.
const IDLE_SECONDS_MAX: i64 = 15 * 60;

const MONTH: i64 = 31 * 24 * 60 * 60;

#[test]
fn a_time_that_is_given_ages_no_session() {
    let home = Home::new();
    let token = home.log_in(at(0));
    let (carried, events) = home.events_of(|| home.gate().carry_sessions(at(60), at(MONTH)));
    carried.unwrap();
    assert!(events.is_empty());
    home.caller(token.expose(), at(MONTH + 1));
    let idle = at(MONTH + IDLE_SECONDS_MAX + 2);
    home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), idle));
}

#[test]
fn a_session_that_had_ended_is_not_brought_back() {
    let home = Home::new();
    let token = home.log_in(at(0));
    home.gate().carry_sessions(at(IDLE_SECONDS_MAX + 1), at(MONTH)).unwrap();
    home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), at(MONTH)));
}

#[test]
fn a_production_home_carries_nothing() {
    let home = Home::empty(Environment::Production).with(|standards| standards.second_factor = false);
    home.gate().make_owner(OWNER, &sensitive(PASSWORD), home.request(), at(0)).unwrap();
    let token = home.log_in(at(0));
    home.gate().carry_sessions(at(0), at(MONTH)).unwrap();
    home.denied(AUTHENTICATE, || home.try_caller(Some(token.expose()), at(MONTH)));
}
