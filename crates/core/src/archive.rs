//! What a law obliges to keep (2.1.c): which fields of which records go to an archive, under which statute, and until when.
//!
//! An archive never keeps the live copy any longer (R15): it is a copy for somebody outside, whose key the home does not have.

use serde::{Deserialize, Serialize};

use crate::ids::{RecordId, SellerId, Statute};
use crate::purpose::Purpose;
use crate::time::{Day, Timestamp};

/// The purposes for which a law obliges to keep personal data (2.1.b). For none other is anything archived.
pub const PURPOSES: [Purpose; 2] = [Purpose::Tax, Purpose::Invoice];

/// Most years that a statute lies ahead: the longest known to us is that for land and buildings, with 20 years, and some to spare.
pub const YEARS_MAX: u16 = 30;

/// Most records that an archive names one by one: as many as a reveal.
pub const NAMED_MAX: usize = 1000;

/// Most records of an archive.
pub const RECORDS_MAX: usize = 10_000;

/// Most fields that an archive names: more than the catalogue has of any kind.
pub const FIELDS_MAX: usize = 200;

/// What shall be archived. Of the records it has the random ids, of the fields the catalogue's paths; nothing of it is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whose.
    pub seller: SellerId,
    /// Which records;
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
    /// or all whose personal data ends on this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
    /// Which of their fields.
    pub fields: Vec<String>,
    /// For what.
    pub purpose: Purpose,
    /// Under which statute.
    pub statute: Statute,
    /// The last day on which that obliges.
    pub until: Day,
    /// Of the key of the year in which that ends.
    pub key: RecordId,
    /// The SHA-256 of that key, for people.
    pub fingerprint: String,
}

/// Whether a statute can end then: it has not ended yet, and does within [`YEARS_MAX`].
pub fn can_end(until: Day, now: Timestamp) -> bool {
    let today = Day::of(now);
    until > today && i32::from(until.year()) <= i32::from(today.year()).saturating_add(i32::from(YEARS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statute_ends_after_today_and_within_thirty_years() {
        let now: Timestamp = "2026-11-28T09:00:00Z".parse().unwrap();
        for (until, can) in [
            ("2026-11-27", false),
            ("2026-11-28", false),
            ("2026-11-29", true),
            ("2036-12-31", true),
            ("2056-12-31", true),
            ("2057-01-01", false),
        ] {
            assert_eq!(can_end(until.parse().unwrap(), now), can, "{until}");
        }
    }
}
