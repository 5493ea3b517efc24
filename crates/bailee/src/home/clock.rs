//! The home's clock: the later of the system's time and the last event's.
//!
//! The only place of the program that reads the system's clock. A test home may be given its time; it then stands still
//! until a later one is given.

use std::sync::Mutex;
use std::sync::PoisonError;

use bailee_core::{Clock, Environment, Timestamp};

use crate::failure::{Failure, Result};

/// A home's time.
#[derive(Debug)]
pub(crate) struct HomeClock {
    /// The time that a test home was given.
    given: Option<Timestamp>,
    /// The latest time told, so that none is ever earlier than one before.
    latest: Mutex<Timestamp>,
}

/// The system's time, to the millisecond: finer would only look exact.
#[expect(clippy::disallowed_methods, reason = "this is the wiring that reads the clock")]
pub(crate) fn system_now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

impl HomeClock {
    /// A clock for a home whose last event happened at `last_event`, whose remembered time is `remembered`, and which
    /// is given `asked` now.
    pub(crate) fn new(
        environment: Environment,
        remembered: Option<Timestamp>,
        last_event: Option<Timestamp>,
        asked: Option<Timestamp>,
    ) -> Result<Self> {
        if asked.is_some() && environment != Environment::Test {
            return Err(Failure::usage("--now works on a home of environment test only (2.1.a)"));
        }
        let floor = remembered.into_iter().chain(last_event).max();
        if let (Some(asked), Some(floor)) = (asked, floor)
            && asked < floor
        {
            return Err(Failure::usage(format_args!(
                "--now {asked} lies before {floor}, which this home has reached; its time does not go back"
            )));
        }
        let given = asked.or(remembered).map(|given| floor.map_or(given, |floor| given.max(floor)));
        Ok(Self { given, latest: Mutex::new(floor.unwrap_or(Timestamp::MIN)) })
    }

    /// Whether the system's clock shows less than the home has reached.
    pub(crate) fn system_is_behind(&self) -> bool {
        let latest = *self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        self.given.is_none() && system_now() < latest
    }
}

impl Clock for HomeClock {
    fn now(&self) -> Timestamp {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = self.given.unwrap_or_else(system_now).max(*latest);
        *latest
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

    #[test]
    fn a_test_homes_time_stands_where_it_was_put() {
        let given = at("2031-01-01T00:00:00Z");
        let clock = HomeClock::new(Environment::Test, None, None, Some(given)).unwrap();
        assert_eq!(clock.now(), given);
        let later = HomeClock::new(Environment::Test, Some(given), Some(given), None).unwrap();
        assert_eq!(later.now(), given);
    }

    #[test]
    fn time_does_not_go_back() {
        let reached = at("2031-01-01T00:00:00Z");
        let earlier = at("2030-12-31T23:59:59Z");
        let refused = HomeClock::new(Environment::Test, Some(reached), None, Some(earlier)).unwrap_err();
        assert!(matches!(refused, Failure::Said { words, .. } if words.contains("does not go back")));
        assert!(HomeClock::new(Environment::Test, None, Some(reached), Some(earlier)).is_err());
    }

    #[test]
    fn a_production_home_is_given_no_time() {
        assert!(HomeClock::new(Environment::Production, None, None, Some(Timestamp::UNIX_EPOCH)).is_err());
    }

    #[test]
    fn a_system_clock_that_is_behind_counts_from_the_last_event() {
        let future = at("2999-01-01T00:00:00Z");
        let clock = HomeClock::new(Environment::Test, None, Some(future), None).unwrap();
        assert!(clock.system_is_behind());
        assert_eq!(clock.now(), future);
    }
}
