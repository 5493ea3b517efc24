//! How something is asked: when, from where, with what, after how much.

use std::net::IpAddr;

use bailee_core::time::DAY_SECONDS;
use bailee_core::{Environment, Timestamp};

use crate::grant::Spent;

/// Seconds of an hour.
const HOUR_SECONDS: i64 = 60 * 60;

/// What a decision depends on besides who asks for what. Where a face does not know something yet it stays at what
/// allows least: no ticket, no address, no device, no second factor.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// Of the home.
    pub environment: Environment,
    /// The home's time.
    pub now: Timestamp,
    /// Its hour of the day, 0 to 23, in UTC.
    pub hour: u8,
    /// Whether a ticket was named.
    pub ticket: bool,
    /// The caller's address, where it is known.
    pub address: Option<IpAddr>,
    /// Whether the caller's device is enrolled.
    pub device: bool,
    /// Whether a second person is asked for what takes two, and none has said yes to it.
    pub alone: bool,
    /// How long ago the caller showed a second factor; none, if never.
    pub factor_age_seconds: Option<i64>,
    /// What the caller was shown today.
    pub spent_today: Spent,
}

impl Circumstances {
    /// Of a home at a time, and nothing more known.
    pub fn at(environment: Environment, now: Timestamp) -> Self {
        let second = now.as_second().rem_euclid(DAY_SECONDS);
        Self {
            environment,
            now,
            hour: u8::try_from(second / HOUR_SECONDS).unwrap_or(0),
            ticket: false,
            address: None,
            device: false,
            alone: environment == Environment::Production,
            factor_age_seconds: None,
            spent_today: Spent::default(),
        }
    }

    /// The same where a ticket was named, or was not.
    #[must_use]
    pub fn with_ticket(self, ticket: bool) -> Self {
        Self { ticket, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_is_that_of_the_day_in_utc() {
        for (now, hour) in [
            ("2026-11-23T00:00:00Z", 0),
            ("2026-11-23T08:59:59.9Z", 8),
            ("2026-11-23T23:59:59Z", 23),
            ("1969-12-31T23:00:00Z", 23),
        ] {
            assert_eq!(Circumstances::at(Environment::Test, now.parse().unwrap()).hour, hour, "{now}");
        }
    }
}
