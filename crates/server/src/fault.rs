//! Errors of the system itself (2.6.a): each becomes an event, at once, or as soon as the ledger can be written again.
//!
//! What the ledger does not take waits here: the next request that goes well writes it. A process that ends before that
//! hands out what waits ([`Faults::waiting`]), so that the next one can write it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use bailee_core::{PrincipalId, RequestId, Timestamp};
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Append;

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
        Event { at: now, principal: PrincipalId::System, request, detail: None, what }
    }
}

/// Faults that the ledger has not taken yet: at most 256 of them.
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Mutex<VecDeque<Event>>,
}

impl Faults {
    /// Writes a fault, after those that wait; what cannot be written waits.
    pub fn report(&self, ledger: &dyn Append, fault: Event) {
        let mut waiting = self.lock();
        if waiting.len() == WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back(fault);
        write(&mut waiting, ledger);
    }

    /// Writes what waits, if anything does; what cannot be written goes on waiting.
    pub fn flush(&self, ledger: &dyn Append) {
        write(&mut self.lock(), ledger);
    }

    /// What waits, oldest first.
    pub fn waiting(&self) -> Vec<Event> {
        self.lock().iter().cloned().collect()
    }

    /// Whether anything waits and nobody is writing it. Never blocks.
    pub(crate) fn are_waiting(&self) -> bool {
        match self.waiting.try_lock() {
            Ok(waiting) => !waiting.is_empty(),
            Err(TryLockError::Poisoned(poisoned)) => !poisoned.into_inner().is_empty(),
            Err(TryLockError::WouldBlock) => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(waiting: &mut VecDeque<Event>, ledger: &dyn Append) {
    if !waiting.is_empty() && ledger.append(waiting.make_contiguous()).is_ok() {
        waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use bailee_ledger::log::{AppendError, Appended};

    use super::*;

    /// A ledger whose disk can be full.
    #[derive(Default)]
    struct Ledger {
        full: AtomicBool,
        codes: Mutex<Vec<String>>,
    }

    impl Append for Ledger {
        fn append(&self, events: &[Event]) -> Result<Appended, AppendError> {
            if self.full.load(Ordering::Relaxed) {
                return Err(AppendError("disk-full"));
            }
            let codes = events.iter().map(|event| match &event.what {
                What::SystemError { code, .. } => code.clone(),
                other => panic!("{other:?}"),
            });
            self.codes.lock().unwrap().extend(codes);
            Ok(Appended { first: 0, size: 0 })
        }
    }

    fn report(faults: &Faults, ledger: &Ledger, code: &'static str) {
        let fault = Fault::new("disk", code);
        faults.report(ledger, fault.event(RequestId([0; 16]), Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn what_went_wrong_while_the_ledger_was_full_is_written_once_it_is_not() {
        let (faults, ledger) = (Faults::default(), Ledger::default());
        ledger.full.store(true, Ordering::Relaxed);
        report(&faults, &ledger, "first");
        assert!(ledger.codes.lock().unwrap().is_empty());
        ledger.full.store(false, Ordering::Relaxed);
        report(&faults, &ledger, "second");
        report(&faults, &ledger, "third");
        assert_eq!(*ledger.codes.lock().unwrap(), ["first", "second", "third"]);
    }

    #[test]
    fn what_waits_is_handed_out_in_its_order_and_flushed_once() {
        let (faults, ledger) = (Faults::default(), Ledger::default());
        ledger.full.store(true, Ordering::Relaxed);
        report(&faults, &ledger, "first");
        report(&faults, &ledger, "second");
        faults.flush(&ledger);
        let fault = |code| Fault::new("disk", code).event(RequestId([0; 16]), Timestamp::UNIX_EPOCH);
        assert_eq!(faults.waiting(), ["first", "second"].map(fault));
        ledger.full.store(false, Ordering::Relaxed);
        faults.flush(&ledger);
        faults.flush(&ledger);
        assert_eq!(*ledger.codes.lock().unwrap(), ["first", "second"]);
        assert!(!faults.are_waiting() && faults.waiting().is_empty());
    }

    #[test]
    fn what_waits_has_a_limit() {
        let (faults, ledger) = (Faults::default(), Ledger::default());
        ledger.full.store(true, Ordering::Relaxed);
        (0..WAITING_MAX + 1).for_each(|_| report(&faults, &ledger, "full"));
        ledger.full.store(false, Ordering::Relaxed);
        report(&faults, &ledger, "last");
        assert_eq!(ledger.codes.lock().unwrap().len(), WAITING_MAX);
    }
}
