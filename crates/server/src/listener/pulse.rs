//! Whether a connection makes progress: a caller that neither asks nor takes its answer is let go.
//!
//! A request is *ours* while we work on it (its body is watched by `body`), and *theirs* while an answer waits to be
//! taken. A connection on which nothing is ours has until its deadline to do something.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::limits::Limits;

/// The pulse of one connection.
#[derive(Debug)]
pub(super) struct Pulse(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Requests whose answer has not left.
    open: usize,
    /// Of these, those that we work on.
    ours: usize,
    /// Whether there was any request yet.
    has_asked: bool,
    /// The last time that anything changed.
    since: Instant,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { open: 0, ours: 0, has_asked: false, since: Instant::now() }))
    }

    /// A request has begun.
    pub(super) fn begin(self: &Arc<Self>) -> Flight {
        self.change(|state| {
            state.open += 1;
            state.ours += 1;
            state.has_asked = true;
        });
        Flight { pulse: Arc::clone(self), is_ours: true }
    }

    /// Whether no request is open.
    pub(super) fn is_idle(&self) -> bool {
        self.lock().open == 0
    }

    /// Whether no request has been open for that long.
    pub(super) fn is_idle_for(&self, time: Duration) -> bool {
        let state = self.lock();
        state.open == 0 && state.since + time <= Instant::now()
    }

    /// When the connection has been silent for too long, unless something happens. None while we are at work.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let state = self.lock();
        let patience = match *state {
            State { ours: 1.., .. } => return None,
            State { open: 1.., .. } => limits.body,
            State { has_asked: true, .. } => limits.idle,
            State { .. } => limits.header,
        };
        Some(state.since + patience)
    }

    /// Whether the deadline has passed.
    pub(super) fn is_late(&self, limits: &Limits) -> bool {
        self.deadline(limits).is_some_and(|at| at <= Instant::now())
    }

    /// The handshake is over: what is waited for now is a request.
    pub(super) fn touch(&self) {
        self.change(|_| {});
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.since = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request on its way, until its answer has left.
#[derive(Debug)]
pub(super) struct Flight {
    pulse: Arc<Pulse>,
    is_ours: bool,
}

impl Flight {
    /// We are at work on it.
    pub(super) fn ours(&mut self) {
        if !std::mem::replace(&mut self.is_ours, true) {
            self.pulse.change(|state| state.ours += 1);
        }
    }

    /// Some of its answer is there to be taken.
    pub(super) fn theirs(&mut self) {
        if std::mem::replace(&mut self.is_ours, false) {
            self.pulse.change(|state| state.ours -= 1);
        } else {
            self.pulse.touch();
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let ours = usize::from(self.is_ours);
        self.pulse.change(|state| {
            state.open -= 1;
            state.ours -= ours;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_waited_for_as_long_as_what_it_is_at_allows() {
        let limits = Limits {
            header: Duration::from_secs(1),
            body: Duration::from_secs(2),
            idle: Duration::from_secs(3),
            ..Limits::default()
        };
        let left = |pulse: &Pulse| {
            pulse.deadline(&limits).map(|at| (at - Instant::now()).as_secs_f64().ceil() as u64)
        };
        let pulse = Arc::new(Pulse::new());
        assert_eq!(left(&pulse), Some(1));
        let mut flight = pulse.begin();
        assert_eq!(left(&pulse), None, "while we work nobody else is late");
        flight.theirs();
        assert_eq!(left(&pulse), Some(2));
        flight.ours();
        flight.ours();
        assert_eq!(left(&pulse), None);
        flight.theirs();
        let other = pulse.begin();
        assert_eq!(left(&pulse), None);
        drop(other);
        assert!(!pulse.is_idle());
        drop(flight);
        assert!(pulse.is_idle());
        assert_eq!(left(&pulse), Some(3));
    }
}
