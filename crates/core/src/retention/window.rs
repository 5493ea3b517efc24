//! From an expiry to days and months: when a bucket closes (R3, R19), when facts (R18) and quarantine (R20) end.

use crate::time::{DAY_SECONDS, saturating_add};
use crate::{Day, Month, Timestamp};

/// A bucket closes at the start of this many days before its own (R3).
pub const CLOSING_DAYS: i32 = 2;

/// A part moves to a later day in the last days before its bucket closes, not sooner.
pub const MOVE_DAYS: i32 = 3;

/// Facts live so many months after the month of first intake (R18).
pub const FACTS_MONTHS: i32 = 18;

/// Quarantined input lives so many days after first intake at most (R20).
pub const QUARANTINE_DAYS: i64 = 14;

/// Where a bucket stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Sealed into and opened from.
    Open,
    /// Neither; to be destroyed (R3).
    Closing,
    /// Still not destroyed a day later: an alarm (R3).
    Late,
    /// Its day has begun: nothing of it may exist.
    Past,
}

/// The day of the bucket that an expiry belongs to: its UTC date.
pub fn bucket_day(expires_at: Timestamp) -> Day {
    Day::of(expires_at)
}

/// Where the bucket of a day stands now. A document whose bucket is not [`Phase::Open`] leaves facts only (R19).
pub fn phase(day: Day, now: Timestamp) -> Phase {
    let today = Day::of(now);
    if today < day.plus(-CLOSING_DAYS) {
        Phase::Open
    } else if today < day.plus(1 - CLOSING_DAYS) {
        Phase::Closing
    } else if today < day {
        Phase::Late
    } else {
        Phase::Past
    }
}

/// Whether a part of an open bucket may now move to a later day: in the last three days before closing, so that a
/// record that stays open is sealed anew once in a while and not at every poll.
pub fn moves_later(day: Day, now: Timestamp) -> bool {
    phase(day, now) == Phase::Open && Day::of(now) >= day.plus(-CLOSING_DAYS - MOVE_DAYS)
}

/// When the facts of a month of first intake end: the start of the eighteenth month after it, so that none lives longer
/// than eighteen months (R18).
pub fn facts_end(month: Month) -> Timestamp {
    month.plus(FACTS_MONTHS).start()
}

/// When quarantined input ends: fourteen days after first intake, or at the expiry that could be read from it (R20).
pub fn quarantine_expiry(first_intake: Timestamp, read: Option<Timestamp>) -> Timestamp {
    let latest = saturating_add(first_intake, QUARANTINE_DAYS * DAY_SECONDS);
    read.map_or(latest, |read| read.min(latest))
}
