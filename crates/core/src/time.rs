//! Instants, UTC days and UTC months.

pub use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Seconds in a day of the retention clock: 24 hours, whatever a calendar says.
pub const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Clocks of several machines may differ by so much.
const SKEW_SECONDS: i64 = 5 * 60;

/// Whether something is dated later than now by more than clocks differ: by a clock that had jumped ahead, and was set right. It
/// is none before its time has come; else it would live longer than it may.
pub fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    at > saturating_add(now, SKEW_SECONDS)
}

/// A UTC date, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Day {
    /// The UTC date of an instant.
    pub fn of(instant: Timestamp) -> Self {
        // jiff's timestamps span years -9999 to 9999, some 3.7 million days each way.
        Self(i32::try_from(instant.as_second().div_euclid(DAY_SECONDS)).unwrap_or(i32::MAX))
    }

    /// 00:00 UTC of this day; the nearest instant that exists when the day lies beyond the calendar.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * DAY_SECONDS).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// Its year.
    pub fn year(self) -> i16 {
        civil(self.start()).year()
    }

    /// The day of the same number so many months later, or the last of a shorter month.
    pub fn plus_months(self, months: i8) -> Self {
        let later = civil(self.start()).checked_add(months.months());
        let midnight = later.and_then(|date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)));
        midnight.map_or(self, Self::of)
    }

    /// The day so many days later (earlier when negative).
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl std::str::FromStr for Day {
    type Err = crate::ParseIdError;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, crate::ParseIdError> {
        let date: Date =
            text.parse().map_err(|_| crate::ParseIdError::new("a day is written like 2026-11-23"))?;
        let midnight = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0));
        midnight.map(Self::of).map_err(|_| crate::ParseIdError::new("this day lies beyond the calendar"))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", civil(self.start()))
    }
}

/// A UTC month, as months since 1970-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub i32);

impl Month {
    /// The UTC month of an instant.
    pub fn of(instant: Timestamp) -> Self {
        let date = civil(instant);
        Self((i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1)
    }

    /// 00:00 UTC of its first day; the nearest instant that exists when the month lies beyond the calendar.
    pub fn start(self) -> Timestamp {
        let beyond = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let year = self.0.div_euclid(12).saturating_add(1970);
        let (Ok(year), Ok(month)) = (i16::try_from(year), i8::try_from(self.0.rem_euclid(12) + 1)) else {
            return beyond;
        };
        let first = Date::new(year, month, 1).ok();
        let midnight = first.and_then(|date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok());
        midnight.unwrap_or(beyond)
    }

    /// The month so many months later.
    pub fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", 1970 + self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// `instant + seconds`, held inside the calendar instead of failing.
pub fn saturating_add(instant: Timestamp, seconds: i64) -> Timestamp {
    let total = instant.as_second().saturating_add(seconds);
    Timestamp::from_second(total.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second()))
        .unwrap_or(instant)
}

fn civil(instant: Timestamp) -> Date {
    Offset::UTC.to_datetime(instant).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc_and_holds_its_last_second() {
        let day = Day::of("2026-11-23T23:59:59Z".parse().unwrap());
        assert_eq!(day.to_string(), "2026-11-23");
        assert_eq!(day.start().to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(Day::of("1969-12-31T23:59:59Z".parse().unwrap()), Day(-1));
    }

    #[test]
    fn a_month_is_named_as_people_name_it() {
        assert_eq!(Month::of("2026-11-23T00:00:00Z".parse().unwrap()).to_string(), "2026-11");
        assert_eq!(Month::of("1969-12-31T00:00:00Z".parse().unwrap()).to_string(), "1969-12");
        assert_eq!(Month(682).start().to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(Month::of("2026-11-23T00:00:00Z".parse().unwrap()).plus(18).to_string(), "2028-05");
    }

    #[test]
    fn no_instant_overflows() {
        assert_eq!(
            saturating_add(Timestamp::MAX, i64::MAX),
            Timestamp::from_second(Timestamp::MAX.as_second()).unwrap()
        );
        Day(i32::MAX).start();
        Day(i32::MIN).start();
        assert_eq!(Month(i32::MAX).start(), Timestamp::MAX);
        assert_eq!(Month(i32::MIN).start(), Timestamp::MIN);
    }
}
