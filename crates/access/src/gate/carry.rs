//! What a test home's time does to sessions when it is given: nothing.

use bailee_core::{Environment, Timestamp};
use bailee_store::act::Act;

use super::Gate;
use crate::error::AccessError;
use crate::session::Session;

impl Gate {
    /// Carries the sessions that are alive at `before` over a jump to `now`: time that somebody gave to a test home is
    /// no time in which anybody was idle. A production home's time is not given, and nothing happens there. No event:
    /// that the time was given is one.
    ///
    /// # Errors
    /// When they cannot be sealed or committed: none is carried then.
    pub fn carry_sessions(&self, before: Timestamp, now: Timestamp) -> Result<(), AccessError> {
        if self.environment != Environment::Test || now <= before {
            return Ok(());
        }
        let jump = now.duration_since(before);
        let carried = |at: Timestamp| at.saturating_add(jump).unwrap_or(now);
        let _writing = self.writing();
        let entries: Vec<_> = self
            .known()
            .sessions()
            .filter(|entry| entry.value.ended(before, &self.standards.values).is_none())
            .map(|entry| {
                let Session { since, seen_at, factor_at, .. } = entry.value;
                entry.next(Session {
                    since: carried(since),
                    seen_at: carried(seen_at),
                    factor_at: factor_at.map(carried),
                    ..entry.value.clone()
                })
            })
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        let changes = entries.iter().map(|entry| self.sealer.put(entry)).collect::<Result<_, _>>()?;
        self.commit(Act { name: "carry-sessions", changes, events: Vec::new() }, |known| {
            entries.into_iter().for_each(|entry| known.keep_session(entry));
        })
    }
}
