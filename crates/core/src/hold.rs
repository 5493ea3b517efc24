//! Holds: what a law obliges to keep again and again, of named records or of every record of a seller (R15, 2.1.c).
//!
//! A hold archives, it never extends the live copy: before a record's day comes, the named fields go to an archive, and the record
//! goes on its clock.

use serde::{Deserialize, Serialize};

use crate::archive::Plan;
use crate::ids::{PrincipalId, RecordId, SellerId, Statute};
use crate::purpose::{Purpose, closed_set};
use crate::time::{Day, Timestamp};

/// Most holds that a home remembers, with those that are over: all of them are read in each run.
pub const HOLDS_MAX: usize = 1000;

/// What closes within so many days is archived by a run. A machine that is off over a long weekend, or a key that has to be fetched
/// from a safe in another town, costs nothing so.
pub const AHEAD_DAYS: i32 = 7;

closed_set! {
    /// Why a hold ends before its statute does.
    LiftReason {
        /// The law that had it kept ended sooner, or no longer asks for it.
        StatuteEnded => "statute-ended",
        /// It should never have been.
        Mistake => "mistake",
        /// A court or an authority decided so.
        Court => "court",
        /// Somebody else keeps it as the law asks.
        KeptElsewhere => "kept-elsewhere",
    }
}

/// A hold, as it is kept sealed in the register `hold`. Nothing of it is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Names it.
    pub id: RecordId,
    /// Whose records.
    pub seller: SellerId,
    /// Which of them; all of them, where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
    /// Which of their fields.
    pub fields: Vec<String>,
    /// For what.
    pub purpose: Purpose,
    /// Under which statute.
    pub statute: Statute,
    /// The last day on which that obliges. It is over by itself after it.
    pub until: Day,
    /// The offline key that its archives are sealed to, and no other: its fingerprint is what was approved.
    pub key: RecordId,
    /// Since when.
    pub since: Timestamp,
    /// Who asked for it, where it took two.
    pub asked_by: Option<PrincipalId>,
    /// Who approved it, or added it alone where that is enough.
    pub added_by: PrincipalId,
    /// That it was lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifted>,
    /// Records whose data ended, and as it was then is in no archive of it.
    #[serde(default)]
    pub missed: u64,
    /// Records whose data ended and was not to be opened: they were restricted, or lacked a consent.
    #[serde(default)]
    pub left_out: u64,
    /// What went wrong with it in the last run, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failed>,
    /// The last day on which an alarm was raised for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarmed: Option<Day>,
}

/// That a hold was lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// When.
    pub at: Timestamp,
    /// Who asked for it, where it took two.
    pub asked_by: Option<PrincipalId>,
    /// By whom.
    pub by: PrincipalId,
    /// Why.
    pub reason: LiftReason,
}

/// That an archive could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// Why: a code of the program.
    pub reason: String,
}

/// How a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It archives.
    Live,
    /// Its statute has ended.
    Over,
    /// It was lifted.
    Lifted,
}

impl State {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Live, Self::Over, Self::Lifted];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Over => "over",
            Self::Lifted => "lifted",
        }
    }
}

impl Hold {
    /// How it stands.
    pub fn state(&self, now: Timestamp) -> State {
        match self.lifted {
            Some(_) => State::Lifted,
            None if Day::of(now) > self.until => State::Over,
            None => State::Live,
        }
    }

    /// Whether it archives.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state(now) == State::Live
    }

    /// Whether it is of every record of its seller.
    pub fn is_of_all(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether it is of that record, which is of its seller.
    pub fn covers(&self, record: RecordId) -> bool {
        self.is_of_all() || self.records.contains(&record)
    }

    /// Whether it keeps the same as a plan, under the same statute and the same key.
    pub fn is_same(&self, plan: &Plan) -> bool {
        let Plan { seller, records, day: None, fields, purpose, statute, until, key, .. } = plan else {
            return false;
        };
        (&self.seller, &self.records, &self.fields) == (seller, records, fields)
            && (self.purpose, &self.statute, self.until, self.key) == (*purpose, statute, *until, *key)
    }
}

/// Whether what closes on that day is archived by a run of today.
pub fn is_ahead(closes: Day, today: Day) -> bool {
    closes <= today.plus(AHEAD_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold() -> Hold {
        Hold {
            id: RecordId([1; 16]),
            seller: "ALPHA".parse().unwrap(),
            records: Vec::new(),
            fields: vec!["buyer.buyerName".into()],
            purpose: Purpose::Invoice,
            statute: "DE-USTG-14b".parse().unwrap(),
            until: "2036-12-31".parse().unwrap(),
            key: RecordId([2; 16]),
            since: "2026-11-28T09:00:00Z".parse().unwrap(),
            asked_by: None,
            added_by: PrincipalId::System,
            lifted: None,
            missed: 0,
            left_out: 0,
            failed: None,
            alarmed: None,
        }
    }

    #[test]
    fn a_hold_is_over_after_its_last_day_and_at_once_when_it_is_lifted() {
        let state = |hold: &Hold, now: &str| hold.state(now.parse().unwrap()).as_str();
        assert_eq!(state(&hold(), "2036-12-31T23:59:59Z"), "live");
        assert_eq!(state(&hold(), "2037-01-01T00:00:00Z"), "over");
        let at = "2026-12-01T09:00:00Z".parse().unwrap();
        let lifted = Lifted { at, asked_by: None, by: PrincipalId::System, reason: LiftReason::Mistake };
        let lifted = Hold { lifted: Some(lifted), ..hold() };
        assert_eq!(state(&lifted, "2026-12-01T09:00:00Z"), "lifted");
        assert!(!lifted.is_live(at));
    }

    #[test]
    fn what_closes_within_seven_days_is_ahead() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        for (closes, ahead) in [("2026-11-28", true), ("2026-12-05", true), ("2026-12-06", false)] {
            assert_eq!(is_ahead(day(closes), day("2026-11-28")), ahead, "{closes}");
        }
    }

    #[test]
    fn a_hold_of_named_records_is_of_no_other() {
        let [one, other] = [RecordId([7; 16]), RecordId([8; 16])];
        assert!(hold().covers(one) && hold().covers(other));
        let named = Hold { records: vec![one], ..hold() };
        assert!(named.covers(one) && !named.covers(other));
    }
}
