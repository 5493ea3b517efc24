//! Dates as documents write them. Nonsense is dropped (R12), vagueness is read as early as it can be (R13).

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::time::{DAY_SECONDS, saturating_add};
use crate::{Json, Timestamp};

/// The longest text that is looked at as a date: an RFC 3339 date with nanoseconds has 35 characters.
const TEXT_BYTES_MAX: usize = 64;

/// 2010-01-01T00:00:00Z. No order that anybody still ships is older.
pub(super) const EARLIEST_SECOND: i64 = 1_262_304_000;

/// How far ahead a date may lie.
const AHEAD_DAYS_MAX: i64 = 400;

/// East of everything: where a day begins first.
const EARLIEST_ZONE: Offset = Offset::constant(14);

/// The instant that a text names, in whole seconds: RFC 3339, or a date without time or zone, which is read as early as
/// it can be (00:00 at UTC+14, R13). `None` for anything else.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let exact = text.parse::<Timestamp>().ok();
    let vague = || EARLIEST_ZONE.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    exact.or_else(vague).map(whole_second)
}

/// Reads a document's dates as of a certain present.
#[derive(Clone, Copy)]
pub(super) struct Dates {
    pub(super) now: Timestamp,
}

impl Dates {
    /// When something is to happen.
    pub(super) fn planned(self, value: Option<&Json>) -> Option<Timestamp> {
        self.usable(parse_date(value?.as_str()?)?)
    }

    /// When something has happened: later than now counts as now (R12).
    pub(super) fn actual(self, value: Option<&Json>) -> Option<Timestamp> {
        self.planned(value).map(|instant| instant.min(whole_second(self.now)))
    }

    /// An instant, unless R12 drops it.
    pub(super) fn usable(self, instant: Timestamp) -> Option<Timestamp> {
        let latest = saturating_add(self.now, AHEAD_DAYS_MAX * DAY_SECONDS);
        (instant.as_second() >= EARLIEST_SECOND && instant <= latest).then_some(whole_second(instant))
    }
}

/// The clock counts whole seconds, rounded down: earlier is the safe side, and evidence stays small.
pub(super) fn whole_second(instant: Timestamp) -> Timestamp {
    let below = if instant.subsec_nanosecond() < 0 { instant.as_second() - 1 } else { instant.as_second() };
    Timestamp::from_second(below).unwrap_or(Timestamp::MIN)
}
