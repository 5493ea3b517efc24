//! Grants: who needs what, of whom, for what, until when, and how much of it a day.
//!
//! Need is no matter of rank (1.3.b): a role reveals nothing, a grant does, and it ends by itself. How one is asked for
//! and approved is not decided here; [`crate::decision`] asks only whether one covers what is asked.

use std::collections::BTreeMap;

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{Class, GrantId, PersonId, PrincipalId, Purpose, SellerId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::AccessError;

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
            format!("the class unclassified is revealed to nobody ({})", Requirement::Collection)
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
}
