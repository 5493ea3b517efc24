//! The home's clock: the later of the system's time and the last event's.
//!
//! The only place of the program that reads the system's clock. A test home may be given its time; it then stands still
//! until a later one is given.

use std::sync::Mutex;
use std::sync::PoisonError;

use bailee_core::time::saturating_add;
use bailee_core::{Clock, Environment, Timestamp};
use bailee_vault::believed::JUMP_SECONDS_MAX;

use crate::failure::{Failure, Result};

/// A home's time.
#[derive(Debug)]
pub(crate) struct HomeClock {
    /// The time that a test home was given.
    given: Option<Timestamp>,
    environment: Environment,
    /// The latest time that is believed, so that none is ever earlier than that.
    reached: Mutex<Option<Timestamp>>,
}

/// The system's time, to the millisecond: finer would only look exact.
#[expect(clippy::disallowed_methods, reason = "this is the wiring that reads the clock")]
pub(crate) fn system_now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

impl HomeClock {
    /// A clock for a home which has reached so much, and which is given `asked` now.
    pub(crate) fn new(environment: Environment, reached: &Reached, asked: Option<Timestamp>) -> Result<Self> {
        if asked.is_some() && environment != Environment::Test {
            return Err(Failure::usage("--now works on a home of environment test only (2.1.a)"));
        }
        let floor = reached.floor(environment);
        if let (Some(asked), Some(floor)) = (asked, floor)
            && asked < floor
        {
            return Err(Failure::usage(format_args!(
                "--now {asked} lies before {floor}, which this home has reached; its time does not go back"
            )));
        }
        let given = asked.or(reached.given).map(|given| floor.map_or(given, |floor| given.max(floor)));
        Ok(Self { given, environment, reached: Mutex::new(floor) })
    }

    /// Whether the system's clock shows less than the home has reached.
    pub(crate) fn system_is_behind(&self) -> bool {
        let reached = *self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        self.given.is_none() && reached.is_some_and(|reached| system_now() < reached)
    }
}

/// How far a home's time has come.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// The time that a test home remembers.
    pub(crate) given: Option<Timestamp>,
    /// When its last event happened.
    pub(crate) last_event: Option<Timestamp>,
    /// The time that it believed last.
    pub(crate) believed: Option<Timestamp>,
}

impl Reached {
    /// The time before which it does not go back. Not the last event's where that was dated by a clock that had jumped ahead: once
    /// the clock is set right, the home goes on from there.
    fn floor(&self, environment: Environment) -> Option<Timestamp> {
        let believed = self.believed.filter(|_| environment == Environment::Production);
        let last_event = self.last_event.filter(|last| goes_on(environment, believed, *last));
        [self.given, last_event, believed].into_iter().flatten().max()
    }
}

/// Whether a time is believed after another.
fn goes_on(environment: Environment, before: Option<Timestamp>, now: Timestamp) -> bool {
    let is_jump = |before| now > saturating_add(before, JUMP_SECONDS_MAX);
    environment == Environment::Test || !before.is_some_and(is_jump)
}

impl Clock for HomeClock {
    fn now(&self) -> Timestamp {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.given.unwrap_or_else(system_now);
        let now = reached.map_or(now, |reached| reached.max(now));
        if goes_on(self.environment, *reached, now) {
            *reached = Some(now);
        }
        now
    }

    fn machine_now(&self) -> Timestamp {
        system_now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn reached(last_event: &str) -> Reached {
        Reached { last_event: Some(at(last_event)), ..Reached::default() }
    }

    #[test]
    fn a_test_homes_time_stands_where_it_was_put() {
        let given = at("2031-01-01T00:00:00Z");
        let clock = HomeClock::new(Environment::Test, &Reached::default(), Some(given)).unwrap();
        assert_eq!(clock.now(), given);
        let before = Reached { given: Some(given), last_event: Some(given), believed: None };
        let later = HomeClock::new(Environment::Test, &before, None).unwrap();
        assert_eq!(later.now(), given);
    }

    #[test]
    fn time_does_not_go_back() {
        let earlier = at("2030-12-31T23:59:59Z");
        let given = Reached { given: Some(at("2031-01-01T00:00:00Z")), ..Reached::default() };
        let refused = HomeClock::new(Environment::Test, &given, Some(earlier)).unwrap_err();
        assert!(matches!(refused, Failure::Said { words, .. } if words.contains("does not go back")));
        assert!(HomeClock::new(Environment::Test, &reached("2031-01-01T00:00:00Z"), Some(earlier)).is_err());
    }

    #[test]
    fn a_production_home_is_given_no_time() {
        let given = Some(Timestamp::UNIX_EPOCH);
        assert!(HomeClock::new(Environment::Production, &Reached::default(), given).is_err());
    }

    #[test]
    fn a_system_clock_that_is_behind_counts_from_the_last_event() {
        for environment in [Environment::Test, Environment::Production] {
            let clock = HomeClock::new(environment, &reached("2999-01-01T00:00:00Z"), None).unwrap();
            assert!(clock.system_is_behind());
            assert_eq!(clock.now(), at("2999-01-01T00:00:00Z"));
        }
    }

    #[test]
    fn an_event_of_a_time_that_nobody_believed_is_no_floor_once_the_clock_is_right() {
        let believed = system_now();
        for (ahead, is_floor) in [(JUMP_SECONDS_MAX, true), (JUMP_SECONDS_MAX + 1, false)] {
            let last = saturating_add(believed, ahead);
            let reached = Reached { given: None, last_event: Some(last), believed: Some(believed) };
            let clock = HomeClock::new(Environment::Production, &reached, None).unwrap();
            assert_eq!(clock.now() == last, is_floor, "{ahead}");
            assert!(clock.now() >= believed);
        }
        let reached = Reached { believed: Some(at("2999-01-01T00:00:00Z")), ..Reached::default() };
        let clock = HomeClock::new(Environment::Production, &reached, None).unwrap();
        assert_eq!(clock.now(), at("2999-01-01T00:00:00Z"), "what is believed is");
    }
}
