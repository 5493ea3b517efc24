//! Grants: who needs what, of whom, for what, until when, and how much of it a day.
//!
//! Need is no matter of rank (1.3.b): a role reveals nothing, a grant does, and it ends by itself. How one is asked for
//! and approved is not decided here; [`crate::decision`] asks only whether one covers what is asked.

use std::collections::BTreeMap;

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{Class, Day, GrantId, PersonId, PrincipalId, Purpose, SellerId, Ticket, Timestamp};
use serde::{Deserialize, Serialize};

use crate::AccessError;
use crate::register::Kept;

/// Longest life of a grant: as long as the time between two reviews of access (1.2.d).
pub const GRANT_DAYS_MAX: i64 = 90;

/// Most fields a day that one grant lets be revealed: a busy day of a large seller. More than that is no need of one
/// principal, and a number that Cedar can hold.
pub const FIELDS_A_DAY_MAX: u64 = 1_000_000;

/// A right to reveal and to find. Who has none reveals nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Names it.
    pub id: GrantId,
    /// Whose: a person's, who must be an operator too, or a service's.
    pub principal: PrincipalId,
    /// Of which seller's data.
    pub seller: SellerId,
    /// What of it.
    pub classes: Vec<Class>,
    /// For what.
    pub purpose: Purpose,
    /// Opens nothing from this second on.
    pub until: Timestamp,
    /// Fields that it lets be revealed in a day of UTC.
    pub fields_a_day: u64,
    /// Who asked for it.
    pub asked_by: PersonId,
    /// Who approved it.
    pub approved_by: PersonId,
    /// Since when.
    pub since: Timestamp,
}

impl Grant {
    /// The same with its classes in order and without repetition, or what is wrong with it.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] says which limit it passes.
    pub fn checked(mut self) -> Result<Self, AccessError> {
        self.classes.sort();
        self.classes.dedup();
        let last = saturating_add(self.since, GRANT_DAYS_MAX * DAY_SECONDS);
        let wrong = if !matches!(self.principal, PrincipalId::Person(_) | PrincipalId::Service(_)) {
            "a grant is a person's or a service's".to_owned()
        } else if self.classes.is_empty() {
            "a grant names one class at least".to_owned()
        } else if self.classes.contains(&Class::Unclassified) {
            return Err(unclassified());
        } else if self.until <= self.since || self.until > last {
            format!("a grant ends after its beginning, and after {GRANT_DAYS_MAX} days at most")
        } else if !(1..=FIELDS_A_DAY_MAX).contains(&self.fields_a_day) {
            format!("a grant is for 1 to {FIELDS_A_DAY_MAX} fields a day")
        } else {
            return Ok(self);
        };
        Err(AccessError::Unacceptable(wrong))
    }

    /// Whether it opens anything at that time. Whole seconds, as the policies count them.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now.as_second() < self.until.as_second()
    }
}

/// What somebody asks a grant to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// For whom.
    pub principal: PrincipalId,
    /// Of which seller's data.
    pub seller: SellerId,
    /// What of it.
    pub classes: Vec<Class>,
    /// For what.
    pub purpose: Purpose,
    /// Until when.
    pub until: Timestamp,
    /// Fields in a day of UTC.
    pub fields_a_day: u64,
    /// The ticket that says why.
    pub ticket: Option<Ticket>,
    /// Who asks.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Timestamp,
}

impl Kept for Filed {
    const REGISTER: &'static str = "grant";
    const PLACE: &'static str = "register/grant";
}

impl Wanted {
    /// The grant that it becomes when somebody approves it.
    pub(crate) fn granted(&self, id: GrantId, approved_by: PersonId, since: Timestamp) -> Grant {
        Grant {
            id,
            principal: self.principal,
            seller: self.seller.clone(),
            classes: self.classes.clone(),
            purpose: self.purpose,
            until: self.until,
            fields_a_day: self.fields_a_day,
            asked_by: self.asked_by,
            approved_by,
            since,
        }
    }
}

/// Where a grant stands in its life. Each step takes the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Life {
    /// Nobody has decided yet.
    Asked,
    /// It opens what it covers, until its end.
    Live {
        /// Who approved it; whoever broke the glass.
        by: PersonId,
        /// Since when.
        since: Timestamp,
        /// Whether somebody else must look at it.
        review: Review,
    },
    /// Somebody decided against it.
    Refused {
        /// Who.
        by: PersonId,
    },
    /// It was ended before its time.
    Ended {
        /// When.
        at: Timestamp,
        /// Whether somebody else must still look at it.
        #[serde(default)]
        review: Review,
    },
}

/// What is due after a grant that nobody approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Review {
    /// Nothing: it was approved.
    #[default]
    None,
    /// Somebody else's word, by then. Without it the grant and its user are suspended.
    Due(Timestamp),
    /// It was given: whether the glass was broken for good reason.
    Done(bool),
}

impl Life {
    /// Its name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Live { .. } => "live",
            Self::Refused { .. } => "refused",
            Self::Ended { .. } => "ended",
        }
    }

    pub(crate) fn approve(self, by: PersonId, since: Timestamp) -> Option<Self> {
        (self == Self::Asked).then_some(Self::Live { by, since, review: Review::None })
    }

    pub(crate) fn refuse(self, by: PersonId) -> Option<Self> {
        (self == Self::Asked).then_some(Self::Refused { by })
    }

    /// Whoever asked may take it back; what is live is revoked, and reviewed all the same where that is due.
    pub(crate) fn end(self, at: Timestamp) -> Option<Self> {
        match self {
            Self::Asked => Some(Self::Ended { at, review: Review::None }),
            Self::Live { review, .. } => Some(Self::Ended { at, review }),
            Self::Refused { .. } | Self::Ended { .. } => None,
        }
    }

    pub(crate) fn review(self, is_justified: bool) -> Option<Self> {
        match self {
            Self::Live { by, since, review: Review::Due(_) } => {
                Some(Self::Live { by, since, review: Review::Done(is_justified) })
            }
            Self::Ended { at, review: Review::Due(_) } => {
                Some(Self::Ended { at, review: Review::Done(is_justified) })
            }
            _ => None,
        }
    }

    /// Until when somebody else's word is asked for, in time or late.
    pub fn review_due(self) -> Option<Timestamp> {
        match self {
            Self::Live { review: Review::Due(at), .. } | Self::Ended { review: Review::Due(at), .. } => {
                Some(at)
            }
            _ => None,
        }
    }

    /// Until when it goes on without somebody else's word.
    pub(crate) fn due_at(self) -> Option<Timestamp> {
        match self {
            Self::Live { review: Review::Due(at), .. } => Some(at),
            _ => None,
        }
    }
}

/// A grant from its asking to its end, as kept sealed in the register `grant`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Names it.
    pub id: GrantId,
    /// What it is.
    pub wanted: Wanted,
    /// Where it stands.
    pub life: Life,
    /// The last day (UTC) on which something was revealed under it, and how many fields were.
    #[serde(default)]
    pub used: Option<(Day, u64)>,
}

impl Filed {
    /// The grant, while it opens anything.
    pub fn grant(&self) -> Option<Grant> {
        match self.life {
            Life::Live { by, since, .. } => Some(self.wanted.granted(self.id, by, since)),
            Life::Asked | Life::Refused { .. } | Life::Ended { .. } => None,
        }
    }

    /// Where it stands now, in a word.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.grant() {
            Some(grant) if !grant.is_live(now) => "expired",
            _ => self.life.as_str(),
        }
    }

    /// Whether it is live since a time that has not come.
    pub(crate) fn is_ahead(&self, now: Timestamp) -> bool {
        matches!(self.life, Life::Live { since, .. } if is_ahead(since, now))
    }

    /// Whether nobody has used it for so long that its end is proposed (1.3.b).
    pub fn is_idle(&self, now: Timestamp) -> bool {
        let Life::Live { since, .. } = self.life else { return false };
        let used = self.used.map_or(Day::of(since), |(day, _)| day);
        self.state(now) == "live" && Day::of(now).0.saturating_sub(used.0) >= IDLE_DAYS
    }
}

/// The class that no right can name.
pub(crate) fn unclassified() -> AccessError {
    AccessError::Against(Requirement::Collection, "the class unclassified is revealed to nobody".into())
}

/// Until when: a time, a day to its end, or so long from now.
pub(crate) fn parse_until(text: &str, now: Timestamp) -> Result<Timestamp, AccessError> {
    let wrong = || {
        AccessError::Unacceptable(
            "the end of a grant is a day such as 2026-03-31, a time of RFC 3339, or so long from now: 90m, 8h, 30d".into(),
        )
    };
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<Day>() {
        return Ok(day.plus(1).start());
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: i64 =
        number.parse().ok().filter(|number| (1..=100_000).contains(number)).ok_or_else(wrong)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 60 * 60,
        "d" => DAY_SECONDS,
        _ => return Err(wrong()),
    };
    Ok(saturating_add(now, number * seconds))
}

/// After so many days without use the end of a grant is proposed.
pub const IDLE_DAYS: i32 = 30;

/// What a principal has been shown on one day of UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    all: u64,
    under: BTreeMap<GrantId, u64>,
}

impl Spent {
    /// So many fields more, under a grant or without one.
    pub fn add(&mut self, grant: Option<GrantId>, fields: u64) {
        self.all = self.all.saturating_add(fields);
        if let Some(grant) = grant {
            let under = self.under.entry(grant).or_default();
            *under = under.saturating_add(fields);
        }
    }

    /// Each grant with what is spent under it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (GrantId, u64)> {
        self.under.iter().map(|(grant, fields)| (*grant, *fields))
    }

    /// Fields in all.
    pub const fn all(&self) -> u64 {
        self.all
    }

    /// Fields under a grant.
    pub fn under(&self, grant: GrantId) -> u64 {
        self.under.get(&grant).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(days: i64, fields_a_day: u64, classes: &[Class]) -> Grant {
        let since: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        Grant {
            id: GrantId([1; 16]),
            principal: PrincipalId::Person(PersonId([2; 16])),
            seller: "S1".parse().unwrap(),
            classes: classes.to_vec(),
            purpose: Purpose::Fulfilment,
            until: saturating_add(since, days * DAY_SECONDS),
            fields_a_day,
            asked_by: PersonId([2; 16]),
            approved_by: PersonId([3; 16]),
            since,
        }
    }

    #[test]
    fn the_limits_hold_at_n_and_n_plus_1() {
        let check = |days, fields, taken| {
            assert_eq!(grant(days, fields, &[Class::Identity]).checked().is_ok(), taken, "{days} {fields}");
        };
        check(1, 1, true);
        check(GRANT_DAYS_MAX, FIELDS_A_DAY_MAX, true);
        check(GRANT_DAYS_MAX + 1, 1, false);
        check(0, 1, false);
        check(1, 0, false);
        check(1, FIELDS_A_DAY_MAX + 1, false);
    }

    #[test]
    fn a_grant_is_of_somebody_and_of_classes_that_can_be_revealed() {
        assert!(grant(1, 1, &[]).checked().is_err());
        assert!(grant(1, 1, &[Class::Identity, Class::Unclassified]).checked().is_err());
        for nobody in [PrincipalId::System, PrincipalId::Anonymous] {
            let grant = Grant { principal: nobody, ..grant(1, 1, &[Class::Tax]) };
            assert!(grant.checked().is_err(), "{nobody}");
        }
        let twice = grant(1, 1, &[Class::Tax, Class::Identity, Class::Tax]).checked().ok().unwrap();
        assert_eq!(twice.classes, [Class::Identity, Class::Tax]);
    }

    #[test]
    fn a_grant_is_live_up_to_the_second_before_its_end() {
        let grant = grant(1, 1, &[Class::Tax]);
        assert!(grant.is_live(saturating_add(grant.until, -1)));
        assert!(!grant.is_live(grant.until));
    }

    #[test]
    fn what_is_spent_is_counted_for_each_grant_and_in_all() {
        let (one, other) = (GrantId([1; 16]), GrantId([2; 16]));
        let mut spent = Spent::default();
        spent.add(Some(one), 3);
        spent.add(None, 2);
        spent.add(Some(one), u64::MAX);
        assert_eq!((spent.all(), spent.under(one), spent.under(other)), (u64::MAX, u64::MAX, 0));
    }

    #[test]
    fn the_end_of_a_grant_is_written_as_people_do() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let until = |text: &str| parse_until(text, now).ok().map(|at| at.to_string());
        for (text, at) in [
            ("2026-12-31", Some("2027-01-01T00:00:00Z")),
            ("2026-12-31T12:00:00Z", Some("2026-12-31T12:00:00Z")),
            ("90m", Some("2026-11-23T09:30:00Z")),
            (" 8h ", Some("2026-11-23T16:00:00Z")),
            ("30d", Some("2026-12-23T08:00:00Z")),
            ("", None),
            ("0h", None),
            ("-1d", None),
            ("1w", None),
            ("tomorrow", None),
            ("é", None),
            ("100001d", None),
        ] {
            assert_eq!(until(text).as_deref(), at, "{text}");
        }
    }
}
