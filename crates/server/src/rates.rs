//! Rates: how often somebody may ask. Token buckets, one for each principal and each address.
//!
//! A principal that is known has a bucket for everything, wide enough that reveals at full speed do not meet it, and a
//! narrow one for finds, since each is an oracle. Whoever is not known yet is counted by address: log-ins, and requests
//! that were refused as nobody's. Who has a credential is never kept out by what neighbours at the same address do.
//!
//! Counting costs a look-up under a lock that is held for some ten nanoseconds. What is kept is bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use bailee_core::PrincipalId;
use tokio::time::Instant;

use crate::listener::Address;
use crate::problem::Problem;

/// Most buckets of one sort that are not full. Beyond it those who have none share one.
const BUCKETS_MAX: usize = 65_536;

/// How often who may ask. A rate of 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Requests of a principal, in a second.
    pub requests_per_second: u32,
    /// Finds of a principal, in a minute; a second's worth of a patient person's work comes at once.
    pub finds_per_minute: u32,
    /// Log-ins from an address, in a minute.
    pub log_ins_per_minute: u32,
    /// Requests from an address that nobody known sent, in a minute: each is an event of the ledger.
    pub refusals_per_minute: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            requests_per_second: 100_000,
            finds_per_minute: 600,
            log_ins_per_minute: 60,
            refusals_per_minute: 600,
        }
    }
}

/// Counts.
pub(crate) struct Limiter {
    requests: Buckets<PrincipalId>,
    finds: Buckets<PrincipalId>,
    log_ins: Buckets<Address>,
    failures: Strikes,
    refusals: Buckets<Address>,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

impl Limiter {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            requests: Buckets::new(rates.requests_per_second, SECOND),
            finds: Buckets::new(rates.finds_per_minute, MINUTE),
            log_ins: Buckets::new(rates.log_ins_per_minute, MINUTE),
            failures: Strikes::default(),
            refusals: Buckets::new(rates.refusals_per_minute, MINUTE),
        }
    }

    /// Counts a request of somebody known.
    pub(crate) fn request(&self, who: PrincipalId) -> Result<(), Problem> {
        self.requests.take(who, Instant::now()).map_err(too_many)
    }

    /// Counts a find.
    pub(crate) fn find(&self, who: PrincipalId) -> Result<(), Problem> {
        self.finds.take(who, Instant::now()).map_err(too_many)
    }

    /// Counts a log-in, whatever becomes of it. Callers on this machine have no address.
    pub(crate) fn log_in(&self, from: Option<Address>) -> Result<(), Problem> {
        let Some(from) = from else { return Ok(()) };
        let now = Instant::now();
        self.failures.look(from, now).and_then(|()| self.log_ins.take(from, now)).map_err(too_many)
    }

    /// Says what became of a log-in.
    pub(crate) fn log_in_ended(&self, from: Option<Address>, well: bool) {
        if let Some(from) = from {
            self.failures.ended(from, well, Instant::now());
        }
    }

    /// Counts a request that was refused as nobody's.
    pub(crate) fn refused(&self, from: Option<Address>) {
        // Whether there were too many is asked before the next one.
        let _ = from.map(|from| self.refusals.take(from, Instant::now()));
    }

    /// Whether an address has sent too many of those.
    pub(crate) fn may_be_refused(&self, from: Option<Address>) -> Result<(), Problem> {
        from.map_or(Ok(()), |from| self.refusals.look(from, Instant::now())).map_err(too_many)
    }
}

fn too_many(wait: Duration) -> Problem {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
    let detail = format!("too many requests in a short time; wait for {seconds} seconds");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail).after_seconds(seconds)
}

/// Token buckets of one rate. What is kept of each is the time at which it will be full again (GCRA).
struct Buckets<K> {
    /// The time that a token takes to come back; nothing, when there is no limit.
    interval: Option<Duration>,
    /// The time that a whole bucket takes.
    period: Duration,
    full_at: Mutex<HashMap<Option<K>, Instant>>,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    /// Buckets of `rate` tokens that fill in `period`.
    fn new(rate: u32, period: Duration) -> Self {
        Self { interval: period.checked_div(rate), period, full_at: Mutex::default() }
    }

    /// Takes a token out of somebody's bucket, or says how long it takes until there is one.
    fn take(&self, whose: K, now: Instant) -> Result<(), Duration> {
        let Some(interval) = self.interval else { return Ok(()) };
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut whose = Some(whose);
        if full_at.len() >= BUCKETS_MAX && !full_at.contains_key(&whose) {
            full_at.retain(|_, at| *at > now);
            if full_at.len() >= BUCKETS_MAX {
                whose = None;
            }
        }
        let at = full_at.entry(whose).or_insert(now);
        let then = (*at).max(now) + interval;
        self.within(then, now)?;
        *at = then;
        Ok(())
    }

    /// The same without taking it.
    fn look(&self, whose: K, now: Instant) -> Result<(), Duration> {
        let Some(interval) = self.interval else { return Ok(()) };
        let full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        match full_at.get(&Some(whose)) {
            Some(at) => self.within((*at).max(now) + interval, now),
            None => Ok(()),
        }
    }

    /// A bucket that would be full then must hold a token now.
    fn within(&self, full_at: Instant, now: Instant) -> Result<(), Duration> {
        match (full_at - now).checked_sub(self.period) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }
}

/// Failed log-ins of each address. After some of them it is not heard for a while, twice as long each time: sooner than
/// it could lock one account, so that nobody locks everybody out (1.2.f).
#[derive(Default)]
struct Strikes(Mutex<HashMap<Address, Strike>>);

#[derive(Clone, Copy)]
struct Strike {
    count: u32,
    last: Instant,
}

/// So many failures of an address are heard at once.
const STRIKES_FREE: u32 = 5;

/// They are forgotten after so long.
const STRIKES_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

impl Strike {
    /// From when on the address is heard again.
    fn heard_at(&self) -> Instant {
        match self.count.checked_sub(STRIKES_FREE) {
            None => self.last,
            Some(more) => self.last + MINUTE.saturating_mul(2_u32.saturating_pow(more)).min(STRIKES_KEPT),
        }
    }
}

impl Strikes {
    fn look(&self, whose: Address, now: Instant) -> Result<(), Duration> {
        let strikes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = strikes.get(&whose).map(|strike| strike.heard_at().saturating_duration_since(now));
        match wait {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    fn ended(&self, whose: Address, well: bool, now: Instant) {
        let mut strikes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if well {
            strikes.remove(&whose);
            return;
        }
        if strikes.len() >= BUCKETS_MAX && !strikes.contains_key(&whose) {
            strikes.retain(|_, strike| now.duration_since(strike.last) < STRIKES_KEPT);
            // An address beyond that is counted by its rate alone.
            if strikes.len() >= BUCKETS_MAX {
                return;
            }
        }
        let strike = strikes.entry(whose).or_insert(Strike { count: 0, last: now });
        let count = if now.duration_since(strike.last) < STRIKES_KEPT { strike.count } else { 0 };
        *strike = Strike { count: count.saturating_add(1), last: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_fails_is_not_heard_twice_as_long_each_time() {
        let (strikes, begin) = (Strikes::default(), Instant::now());
        let (one, other) = (Address::of([192, 0, 2, 1].into()), Address::of([192, 0, 2, 2].into()));
        for _ in 0..STRIKES_FREE {
            assert_eq!(strikes.look(one, begin), Ok(()));
            strikes.ended(one, false, begin);
        }
        let mut now = begin;
        for minutes in [1, 2, 4, 8, 16] {
            assert_eq!(strikes.look(one, now), Err(MINUTE * minutes));
            now += MINUTE * minutes;
            assert_eq!(strikes.look(one, now), Ok(()));
            strikes.ended(one, false, now);
        }
        assert_eq!(strikes.look(other, now), Ok(()));
        (0..100).for_each(|_| strikes.ended(one, false, now));
        assert_eq!(strikes.look(one, now), Err(STRIKES_KEPT), "a day at most");
        strikes.ended(one, true, now);
        assert_eq!(strikes.look(one, now), Ok(()));
    }

    /// How many tokens of `rate` a minute are given `after` so long, by a bucket that was emptied at the beginning.
    fn given(rate: u32, after: Duration) -> usize {
        let (buckets, begin) = (Buckets::new(rate, MINUTE), Instant::now());
        while buckets.take(1, begin).is_ok() {}
        (0..1000).filter(|_| buckets.take(1, begin + after).is_ok()).count()
    }

    #[test]
    fn a_bucket_holds_its_rate_and_fills_again_in_its_period() {
        let (buckets, begin) = (Buckets::new(60, MINUTE), Instant::now());
        assert_eq!((0..1000).filter(|_| buckets.take(1, begin).is_ok()).count(), 60);
        assert_eq!(buckets.take(1, begin), Err(SECOND));
        assert_eq!(buckets.take(2, begin), Ok(()));
        assert_eq!(given(60, SECOND), 1);
        assert_eq!(given(60, SECOND * 30), 30);
        assert_eq!(given(60, MINUTE * 10), 60);
    }

    #[test]
    fn a_rate_of_nothing_is_no_limit() {
        let (buckets, begin) = (Buckets::new(0, SECOND), Instant::now());
        assert!((0..10_000).all(|_| buckets.take(1, begin).is_ok() && buckets.look(1, begin).is_ok()));
        assert!(buckets.full_at.lock().unwrap().is_empty());
    }

    #[test]
    fn to_look_takes_nothing() {
        let (buckets, begin) = (Buckets::new(1, SECOND), Instant::now());
        assert!((0..10).all(|_| buckets.look(1, begin).is_ok()));
        assert_eq!(buckets.take(1, begin), Ok(()));
        assert_eq!(buckets.look(1, begin), Err(SECOND));
        assert_eq!(buckets.look(1, begin + SECOND), Ok(()));
    }

    #[test]
    fn what_is_kept_is_bounded_and_strangers_beyond_it_share_a_bucket() {
        let (buckets, begin) = (Buckets::new(1, SECOND), Instant::now());
        assert!((0..BUCKETS_MAX).all(|whose| buckets.take(whose, begin).is_ok()));
        assert_eq!(buckets.take(BUCKETS_MAX, begin), Ok(()));
        assert_eq!(buckets.take(BUCKETS_MAX + 1, begin), Err(SECOND));
        assert_eq!(buckets.full_at.lock().unwrap().len(), BUCKETS_MAX + 1);
        assert_eq!(buckets.take(BUCKETS_MAX + 2, begin + SECOND), Ok(()));
        assert_eq!(buckets.full_at.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_seconds_to_wait_are_whole_and_at_least_one() {
        for (wait, seconds) in [(1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(too_many(Duration::from_millis(wait)).retry_after(), Some(seconds));
        }
    }
}
