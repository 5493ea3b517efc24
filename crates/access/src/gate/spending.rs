//! How much each principal was shown today.
//!
//! What is spent under a grant is kept with the grant, before anything is revealed, so that a restart does not begin the
//! day anew; what is spent without one is counted here alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bailee_core::{Day, GrantId, PrincipalId, Timestamp};

use crate::grant::Spent;

/// Of everybody. What is of a day before is dropped when its principal comes again, so there are as many as principals
/// of the home.
#[derive(Default)]
pub(super) struct Spending(Mutex<HashMap<PrincipalId, Arc<Mutex<Today>>>>);

#[derive(Default)]
struct Today {
    day: Option<Day>,
    spent: Spent,
}

impl Today {
    /// Begins a day, unless it is the one that is counted.
    fn begin(&mut self, day: Day) {
        if self.day != Some(day) {
            *self = Self { day: Some(day), spent: Spent::default() };
        }
    }
}

impl Spending {
    /// Runs with what a principal has spent on that day, which it may add to. Nobody else's waits for it.
    pub(super) fn with<T>(
        &self,
        principal: PrincipalId,
        now: Timestamp,
        run: impl FnOnce(&mut Spent) -> T,
    ) -> T {
        let own = self.of(principal);
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        own.begin(Day::of(now));
        run(&mut own.spent)
    }

    /// Takes up what was spent under a grant elsewhere: before this process began, or by another. What is of a day before
    /// the one that is counted is over.
    pub(super) fn restore(&self, principal: PrincipalId, day: Day, grant: GrantId, fields: u64) {
        let own = self.of(principal);
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.day > Some(day) {
            return;
        }
        own.begin(day);
        let more = fields.saturating_sub(own.spent.under(grant));
        own.spent.add(Some(grant), more);
    }

    fn of(&self, principal: PrincipalId) -> Arc<Mutex<Today>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(principal).or_default())
    }
}

#[cfg(test)]
mod tests {
    use bailee_core::PersonId;

    use super::*;

    #[test]
    fn a_day_begins_with_nothing_spent_and_each_principal_spends_its_own() {
        let (one, other) = (PrincipalId::Person(PersonId([1; 16])), PrincipalId::Person(PersonId([2; 16])));
        let grant = GrantId([3; 16]);
        let spending = Spending::default();
        let spend = |principal, now: &str| {
            spending.with(principal, now.parse().unwrap(), |spent| {
                spent.add(Some(grant), 2);
                spent.under(grant)
            })
        };
        assert_eq!(spend(one, "2026-11-23T00:00:00Z"), 2);
        assert_eq!(spend(one, "2026-11-23T23:59:59Z"), 4);
        assert_eq!(spend(other, "2026-11-23T23:59:59Z"), 2);
        assert_eq!(spend(one, "2026-11-24T00:00:00Z"), 2);
        let restored = |day: &str, fields| {
            spending.restore(one, Day::of(day.parse().unwrap()), grant, fields);
            spending.with(one, "2026-11-24T12:00:00Z".parse().unwrap(), |spent| spent.under(grant))
        };
        assert_eq!(restored("2026-11-23T12:00:00Z", 9), 2, "that day is over");
        assert_eq!(restored("2026-11-24T12:00:00Z", 9), 9);
        assert_eq!(restored("2026-11-24T12:00:00Z", 5), 9, "what is known here is more");
    }
}
