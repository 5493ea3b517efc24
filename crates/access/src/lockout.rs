//! Failed log-ins in a row, and the lock that ends them (1.2.f).
//!
//! Counts are kept by the address that was typed, whether or not somebody has it, so that a known account and an unknown
//! one answer alike; and by the door, so that whoever tries over the network locks nobody out who stands before the
//! machine itself. What is kept of an address is its SHA-256, sealed like everything else.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::register::{Entry, Kept};

/// Failures count in a row when less than so long lies between them; and where nobody else could lift a lock, it ends
/// after so long.
pub(crate) const MEMORY_SECONDS: i64 = DAY_SECONDS;

/// Most addresses of which failures are kept; one more forgets the oldest that is nobody's.
pub(crate) const KEPT_MAX: usize = 10_000;

/// From this failure on the next attempt waits, twice as long each time.
const DELAY_FROM: u16 = 3;

/// How long it waits first.
const DELAY: Duration = Duration::from_millis(50);

/// How long it waits at most.
const DELAY_MAX: Duration = Duration::from_secs(5);

/// Where somebody tries to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// On the machine itself.
    Local,
    /// From the network.
    Network(std::net::IpAddr),
}

impl Door {
    /// The address, where there is one.
    pub fn address(self) -> Option<std::net::IpAddr> {
        match self {
            Self::Local => None,
            Self::Network(address) => Some(address.to_canonical()),
        }
    }

    /// Whether it is an address that anybody on the internet can have: none of a machine, a link or a private network.
    pub fn is_public(self) -> bool {
        match self {
            Self::Local => false,
            Self::Network(address) => match address.to_canonical() {
                std::net::IpAddr::V4(v4) => {
                    // RFC 6598: behind a carrier's translator, hence not one's own network.
                    !(v4.is_loopback() || v4.is_private() || v4.is_link_local())
                }
                std::net::IpAddr::V6(v6) => {
                    !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local())
                }
            },
        }
    }
}

/// An address at a door.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Whose([u8; 32]);

impl Whose {
    /// Of a normalised mail address.
    pub(crate) fn of(mail: &str, door: Door) -> Self {
        let door = match door {
            Door::Local => "local",
            Door::Network(_) => "network",
        };
        let mut bytes = [0; 32];
        let hash = digest(&SHA256, format!("{door} {mail}").as_bytes());
        bytes.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }

    /// The same address at every door there is.
    pub(crate) fn at_every_door(mail: &str) -> [Self; 2] {
        // From wherever on the network, it is one door.
        [Door::Local, Door::Network(std::net::Ipv4Addr::UNSPECIFIED.into())].map(|door| Self::of(mail, door))
    }

    /// A number from it, to spread locks by.
    pub(crate) fn first_byte(self) -> u8 {
        let [first, ..] = self.0;
        first
    }
}

/// Failures in a row, as kept sealed in the register `failure`.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Failures {
    pub(crate) whose: Whose,
    pub(crate) count: u16,
    pub(crate) last_at: Timestamp,
}

impl Kept for Failures {
    const REGISTER: &'static str = "failure";
    const PLACE: &'static str = "register/failure";
}

impl Failures {
    /// Whether no further attempt is taken. Where nobody else could lift it, the lock ends by itself.
    fn is_locked(&self, max: u16, now: Timestamp, others: bool) -> bool {
        self.count >= max && (others || !self.is_past(now))
    }

    fn is_past(&self, now: Timestamp) -> bool {
        now > saturating_add(self.last_at, MEMORY_SECONDS) || is_ahead(self.last_at, now)
    }
}

/// How long an attempt waits before it is looked at, after so many failures.
fn delay(count: u16) -> Duration {
    let doubled = u32::from(count.saturating_sub(DELAY_FROM));
    match count {
        0..DELAY_FROM => Duration::ZERO,
        _ => DELAY.checked_mul(2_u32.saturating_pow(doubled)).unwrap_or(DELAY_MAX).min(DELAY_MAX),
    }
}

/// All that is kept, open in memory.
#[derive(Default)]
pub(crate) struct Lockout(HashMap<Whose, Entry<Failures>>);

impl Lockout {
    pub(crate) fn keep(&mut self, entry: Entry<Failures>) {
        self.0.insert(entry.value.whose, entry);
    }

    pub(crate) fn forget(&mut self, whose: Whose) {
        self.0.remove(&whose);
    }

    pub(crate) fn find(&self, whose: Whose) -> Option<&Entry<Failures>> {
        self.0.get(&whose)
    }

    pub(crate) fn is_locked(&self, whose: Whose, max: u16, now: Timestamp, others: bool) -> bool {
        self.find(whose).is_some_and(|entry| entry.value.is_locked(max, now, others))
    }

    pub(crate) fn delay(&self, whose: Whose) -> Duration {
        self.find(whose).map_or(Duration::ZERO, |entry| delay(entry.value.count))
    }

    /// The entry with one failure more, under a new id where there was none.
    pub(crate) fn failed(
        &self,
        whose: Whose,
        now: Timestamp,
        new: impl FnOnce() -> RecordId,
    ) -> Entry<Failures> {
        let first = Failures { whose, count: 1, last_at: now };
        match self.find(whose) {
            None => Entry::first(new(), first),
            Some(entry) if entry.value.is_past(now) => entry.next(first),
            Some(entry) => entry.next(Failures { count: entry.value.count.saturating_add(1), ..first }),
        }
    }

    /// What gives way where there is no room for one more: the oldest that is nobody's.
    pub(crate) fn to_forget(&self, somebodys: impl FnOnce() -> HashSet<Whose>) -> Option<Entry<Failures>> {
        if self.0.len() < KEPT_MAX {
            return None;
        }
        let somebodys = somebodys();
        let strangers = self.0.values().filter(|entry| !somebodys.contains(&entry.value.whose));
        strangers.min_by_key(|entry| (entry.value.last_at, entry.id)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        saturating_add("2026-11-23T08:00:00Z".parse().unwrap(), seconds)
    }

    #[test]
    fn failures_in_a_row_lock_at_the_limit_and_wait_longer_each_time_before() {
        let whose = Whose::of("ada@example.com", Door::Local);
        let mut lockout = Lockout::default();
        let mut waited = Vec::new();
        for number in 1..=10 {
            assert!(!lockout.is_locked(whose, 10, at(number), true), "{number}");
            waited.push(lockout.delay(whose).as_millis());
            lockout.keep(lockout.failed(whose, at(number), || RecordId([1; 16])));
        }
        assert_eq!(waited, [0, 0, 0, 50, 100, 200, 400, 800, 1600, 3200]);
        assert!(lockout.is_locked(whose, 10, at(11), true));
        assert!(lockout.is_locked(whose, 10, at(1_000_000_000), true), "until somebody else lifts it");
        assert!(lockout.is_locked(whose, 10, at(10 + MEMORY_SECONDS), false), "N");
        assert!(!lockout.is_locked(whose, 10, at(11 + MEMORY_SECONDS), false), "there is nobody else");
        assert_eq!(lockout.find(whose).map(|entry| entry.version), Some(10));
        lockout.forget(whose);
        assert!(!lockout.is_locked(whose, 10, at(11), true));
    }

    #[test]
    fn failures_of_yesterday_are_not_in_a_row_with_those_of_today() {
        let whose = Whose::of("ada@example.com", Door::Local);
        let mut lockout = Lockout::default();
        (0..3).for_each(|_| lockout.keep(lockout.failed(whose, at(0), || RecordId([1; 16]))));
        assert_eq!(lockout.failed(whose, at(MEMORY_SECONDS), || RecordId([1; 16])).value.count, 4);
        assert_eq!(lockout.failed(whose, at(MEMORY_SECONDS + 1), || RecordId([1; 16])).value.count, 1);
        let ahead = || lockout.failed(whose, at(-5 * 60 - 1), || RecordId([1; 16]));
        assert_eq!(ahead().value.count, 1, "nor are those of a clock that had jumped ahead");
    }

    #[test]
    fn who_tries_over_the_network_locks_nobody_out_at_the_machine() {
        let mail = "ada@example.com";
        let network = |address: &str| Whose::of(mail, Door::Network(address.parse().unwrap()));
        assert!(network("192.0.2.1") == network("2001:db8::1"), "from wherever, it is one account");
        assert!(network("192.0.2.1") != Whose::of(mail, Door::Local));
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        assert_eq!(delay(9), Duration::from_millis(3200));
        assert_eq!((delay(10), delay(u16::MAX)), (DELAY_MAX, DELAY_MAX));
    }

    #[test]
    fn where_there_is_no_room_the_oldest_that_is_nobodys_gives_way() {
        let mut lockout = Lockout::default();
        let whose = |number: usize| Whose::of(&format!("{number}@example.com"), Door::Local);
        for number in 0..KEPT_MAX {
            assert!(lockout.to_forget(HashSet::new).is_none());
            let id = RecordId(u128::try_from(number).unwrap().to_be_bytes());
            lockout.keep(lockout.failed(whose(number), at(i64::try_from(number).unwrap()), || id));
        }
        let gone = lockout.to_forget(|| HashSet::from([whose(0)])).unwrap();
        assert!(gone.value.whose == whose(1));
        assert!(lockout.to_forget(|| (0..KEPT_MAX).map(whose).collect()).is_none());
    }

    #[test]
    fn public_is_what_is_no_network_of_ones_own() {
        for (address, public) in [
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("192.168.0.9", false),
            ("172.16.0.1", false),
            ("169.254.1.1", false),
            ("::1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::ffff:10.0.0.1", false),
            ("100.64.0.1", true),
            ("203.0.113.5", true),
            ("2001:db8::1", true),
            ("::ffff:203.0.113.5", true),
        ] {
            assert_eq!(Door::Network(address.parse().unwrap()).is_public(), public, "{address}");
        }
        assert!(!Door::Local.is_public());
    }
}
