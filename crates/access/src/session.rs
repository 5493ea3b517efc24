//! Sessions of people: opaque, hashed at rest, idle 15 minutes and 8 hours at most unless the home is stricter.
//!
//! Times are the home's. The time last seen is kept to the minute, so that a read is not a write each time; an idle
//! session may therefore end up to a minute early, never late.

use bailee_core::profile::Values;
use bailee_core::time::{is_ahead, saturating_add};
use bailee_core::{PersonId, Sensitive, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::credential::CredentialHash;
use crate::device::Place;

/// A second factor is fresh for so long: long enough to do what it was asked for.
pub const FRESH_SECONDS_MAX: i64 = 10 * 60;

/// The time last seen is written again when it is at least so old.
pub const SEEN_AGAIN_SECONDS: i64 = 60;

/// Most sessions of one person at a time; one more ends the oldest.
pub const SESSIONS_PER_PERSON_MAX: usize = 16;

/// A new session. The token is shown once.
pub struct NewSession {
    /// Names it.
    pub id: SessionId,
    /// Opens it.
    pub token: Sensitive<String>,
    /// Whose.
    pub person: PersonId,
    /// Ends at the latest.
    pub ends_at: Timestamp,
}

/// A session, as kept sealed in the register `session`, under the first half of its token's hash.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) person: PersonId,
    /// Of its token: the whole hash, compared when the session is found.
    pub(crate) token_hash: CredentialHash,
    pub(crate) since: Timestamp,
    pub(crate) seen_at: Timestamp,
    /// When a second factor was shown last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) factor_at: Option<Timestamp>,
    /// Whether it was begun by the home's provider, and not by a password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) signed_on: bool,
    /// Where it was begun, and goes on.
    #[serde(default, skip_serializing_if = "Place::is_here")]
    pub(crate) place: Place,
}

/// A session, as its owner may see it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Names it; opens nothing.
    pub id: SessionId,
    /// Since when.
    pub since: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// Why a session is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Idle,
    Old,
}

impl Session {
    /// The last instant at which it can be used, however busy it is.
    pub(crate) fn ends_at(&self, values: &Values) -> Timestamp {
        saturating_add(self.since, i64::from(values.session_hours_max) * 60 * 60)
    }

    /// Whether and why it has ended.
    pub(crate) fn ended(&self, now: Timestamp, values: &Values) -> Option<Ended> {
        if now > self.ends_at(values) || is_ahead(self.since, now) {
            Some(Ended::Old)
        } else if now > saturating_add(self.seen_at, i64::from(values.idle_minutes_max) * 60) {
            Some(Ended::Idle)
        } else {
            None
        }
    }

    /// Whether its being used now should be written down.
    pub(crate) fn is_to_be_seen_again(&self, now: Timestamp) -> bool {
        now >= saturating_add(self.seen_at, SEEN_AGAIN_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use bailee_core::profile::Profile;

    use super::*;

    const IDLE_SECONDS_MAX: i64 = 15 * 60;
    const LIFE_SECONDS_MAX: i64 = 8 * 60 * 60;

    fn check(seen_after: i64, now_after: i64, ended: Option<Ended>, seen_again: bool) {
        let since: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let session = Session {
            id: SessionId([1; 16]),
            person: PersonId([2; 16]),
            token_hash: CredentialHash::of("synthetic"),
            since,
            seen_at: saturating_add(since, seen_after),
            factor_at: None,
            signed_on: false,
            place: Place::Here,
        };
        let now = saturating_add(since, now_after);
        assert_eq!(
            session.ended(now, &Values::of(Profile::Strict)),
            ended,
            "seen {seen_after}, now {now_after}"
        );
        assert_eq!(session.is_to_be_seen_again(now), seen_again, "seen {seen_after}, now {now_after}");
    }

    #[test]
    fn the_limits_hold_at_n_and_n_plus_1() {
        check(0, 0, None, false);
        check(0, SEEN_AGAIN_SECONDS - 1, None, false);
        check(0, SEEN_AGAIN_SECONDS, None, true);
        check(0, IDLE_SECONDS_MAX, None, true);
        check(0, IDLE_SECONDS_MAX + 1, Some(Ended::Idle), true);
        check(LIFE_SECONDS_MAX - 5, LIFE_SECONDS_MAX, None, false);
        check(LIFE_SECONDS_MAX - 5, LIFE_SECONDS_MAX + 1, Some(Ended::Old), false);
        check(0, 31 * 24 * 60 * 60, Some(Ended::Old), true);
        // Begun by a clock that had jumped ahead.
        check(0, -5 * 60, None, false);
        check(0, -5 * 60 - 1, Some(Ended::Old), false);
    }
}
