//! Errors of the system itself (2.6.a): each becomes an event, at once, or as soon as the ledger can be written again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bailee_core::{PrincipalId, RequestId, Timestamp};
use bailee_ledger::event::{Event, What};
use bailee_store::records::Store;

/// Most faults that wait for the ledger. Beyond it the oldest is dropped: a full disk repeats itself.
const WAITING_MAX: usize = 256;

/// Something that went wrong in the system: where, and a code. Both from the program, never from input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    component: &'static str,
    code: &'static str,
}

impl Fault {
    pub(crate) const fn new(component: &'static str, code: &'static str) -> Self {
        Self { component, code }
    }

    pub(crate) fn event(self, request: RequestId, now: Timestamp) -> Event {
        let what = What::SystemError { component: self.component.to_owned(), code: self.code.to_owned() };
        Event { at: now, principal: PrincipalId::System, request, what }
    }
}

/// Faults that the ledger has not taken yet.
#[derive(Default)]
pub(crate) struct Faults {
    waiting: Mutex<VecDeque<Event>>,
}

impl Faults {
    /// Writes a fault, after those that wait; what cannot be written waits for the next.
    pub(crate) fn report(&self, store: &dyn Store, fault: Event) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back(fault);
        if store.append(waiting.make_contiguous()).is_ok() {
            waiting.clear();
        }
    }
}
