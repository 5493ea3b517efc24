//! Ids of what goes into quarantine, in the order of its arrival: a list by them is in that order, also where many
//! documents came at one instant.

use std::sync::{Mutex, PoisonError};

use bailee_core::{Entropy, RecordId, Timestamp};

/// The last id that was given.
pub(crate) struct Arrivals(Mutex<Option<RecordId>>);

impl Arrivals {
    /// Goes on behind the newest that is in quarantine, from whichever time that came.
    pub(crate) fn behind(newest: Option<RecordId>) -> Self {
        Self(Mutex::new(newest))
    }

    /// An id behind every other that was given here.
    pub(super) fn next(&self, now: Timestamp, entropy: &dyn Entropy) -> RecordId {
        let drawn = RecordId::new(now, entropy);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = match *last {
            // A step somewhere into the next 2^32 of 2^80: what is not known is not guessed from its neighbour.
            Some(last) if drawn <= last => RecordId(step(last.0, drawn.0).to_be_bytes()),
            _ => drawn,
        };
        *last = Some(id);
        id
    }
}

fn step(last: [u8; 16], drawn: [u8; 16]) -> u128 {
    let random = u128::from_be_bytes(drawn) & u128::from(u32::MAX);
    u128::from_be_bytes(last).saturating_add(random + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bailee_crypto::random::SystemEntropy;

    use super::*;

    #[test]
    fn ids_of_one_instant_and_of_a_clock_that_was_set_back_follow_each_other() {
        let arrivals = Arrivals::behind(None);
        let times = ["2026-03-02T12:00:00Z", "2026-03-02T11:00:00Z", "2026-03-02T12:00:01Z"];
        let ids: Vec<RecordId> = times
            .iter()
            .flat_map(|time| vec![time.parse().unwrap(); 100])
            .map(|now| arrivals.next(now, &SystemEntropy))
            .collect();
        assert!(ids.is_sorted());
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}
