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

impl Spending {
    /// Runs with what a principal has spent on that day, which it may add to. Nobody else's waits for it.
    pub(super) fn with<T>(
        &self,
        principal: PrincipalId,
        now: Timestamp,
        run: impl FnOnce(&mut Spent) -> T,
    ) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Arc::clone(all.entry(principal).or_default());
        drop(all);
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let day = Some(Day::of(now));
        if own.day != day {
            *own = Today { day, spent: Spent::default() };
        }
        run(&mut own.spent)
    }
}

impl Spending {
    /// Takes up what was spent under a grant before this process began.
    pub(super) fn restore(&self, principal: PrincipalId, day: Day, grant: GrantId, fields: u64) {
        self.with(principal, day.start(), |spent| spent.add(Some(grant), fields));
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
    }
}
