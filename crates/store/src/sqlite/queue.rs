//! What waits for the writer: first in, first out, bounded by memory, handed over in groups.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most bytes that wait (a single heavier order waits alone): a few large batches.
pub(super) const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most orders that wait.
pub(super) const WAITING_MAX: usize = 4096;
/// Most bytes of a group: its pages fit in the writer's cache, and copies of them for savepoints in memory.
pub(super) const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most orders of a group: an answer does not wait for ever longer groups.
pub(super) const GROUP_MAX: usize = 1024;
/// How long a group may wait for those who were in the last one: far less than a sync takes.
const WINDOW: Duration = Duration::from_micros(300);

/// Something to be written.
pub(super) trait Order {
    /// About how many bytes it takes.
    fn weight(&self) -> usize;
    /// Whether it gets a transaction of its own.
    fn alone(&self) -> bool;
}

/// The queue between those who submit and the writer.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    /// As many wait as are waited for, or the queue is closed.
    filled: Condvar,
    /// There is room again, or the queue is closed.
    emptied: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    closed: bool,
    /// How many the writer waits for: it is not woken for each of many.
    awaited: usize,
}

impl<T: Order> Queue<T> {
    pub(super) fn new() -> Self {
        let state = State { waiting: VecDeque::new(), bytes: 0, closed: false, awaited: 1 };
        Self { state: Mutex::new(state), filled: Condvar::new(), emptied: Condvar::new() }
    }

    /// Adds an order, once there is room; gives it back when the queue is closed.
    pub(super) fn push(&self, order: T) -> Result<(), T> {
        let weight = order.weight();
        let full = |state: &mut State<T>| !state.closed && !state.has_room(weight);
        let mut state = self.emptied.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(order);
        }
        state.bytes += weight;
        state.waiting.push_back(order);
        if state.waiting.len() >= state.awaited {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// The next group, in the order of arrival; nothing once the queue is closed and empty. `last` is the size of the
    /// group before: those who wait for an answer come back together, so a short wait makes one sync of two. A lone
    /// order after a lone one waits for nobody.
    pub(super) fn group(&self, last: usize) -> Option<Vec<T>> {
        let idle = |state: &mut State<T>| !state.closed && state.waiting.is_empty();
        let mut state = self.filled.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        if last > 1 {
            state.awaited = last;
            let fewer = |state: &mut State<T>| !state.closed && state.waiting.len() < last;
            let waited = self.filled.wait_timeout_while(state, WINDOW, fewer);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.awaited = 1;
        }
        let group = state.take_group();
        self.emptied.notify_all();
        (!group.is_empty()).then_some(group)
    }

    /// Ends it: what waits is still handed over, nothing comes in any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Order> State<T> {
    fn has_room(&self, weight: usize) -> bool {
        self.waiting.is_empty()
            || (self.waiting.len() < WAITING_MAX && self.bytes + weight <= WAITING_BYTES_MAX)
    }

    fn take_group(&mut self) -> Vec<T> {
        let mut group: Vec<T> = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.waiting.front() {
            let fits = group.len() < GROUP_MAX && bytes + next.weight() <= GROUP_BYTES_MAX && !next.alone();
            if !group.is_empty() && !fits {
                break;
            }
            let Some(order) = self.waiting.pop_front() else { break };
            let alone = order.alone();
            bytes += order.weight();
            group.push(order);
            if alone {
                break;
            }
        }
        self.bytes -= bytes;
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Parcel {
        bytes: usize,
        alone: bool,
    }

    impl Order for Parcel {
        fn weight(&self) -> usize {
            self.bytes
        }

        fn alone(&self) -> bool {
            self.alone
        }
    }

    fn groups(parcels: &[(usize, bool)]) -> Vec<usize> {
        let queue = Queue::new();
        for &(bytes, alone) in parcels {
            assert!(queue.push(Parcel { bytes, alone }).is_ok());
        }
        queue.close();
        std::iter::from_fn(|| queue.group(1)).map(|group| group.len()).collect()
    }

    #[test]
    fn what_waits_goes_together() {
        assert_eq!(groups(&[(1, false), (1, false), (1, false)]), [3]);
        assert_eq!(groups(&[]), [0; 0]);
    }

    #[test]
    fn a_sweep_goes_alone() {
        assert_eq!(groups(&[(1, false), (1, true), (1, false), (1, false)]), [1, 1, 2]);
    }

    #[test]
    fn a_group_has_a_limit_in_bytes_and_in_number() {
        assert_eq!(groups(&[(GROUP_BYTES_MAX - 1, false), (1, false)]), [2]);
        assert_eq!(groups(&[(GROUP_BYTES_MAX, false), (1, false)]), [1, 1]);
        assert_eq!(groups(&vec![(1, false); GROUP_MAX + 1]), [GROUP_MAX, 1]);
        assert_eq!(groups(&[(WAITING_BYTES_MAX * 2, false)]), [1]);
    }

    #[test]
    fn a_full_queue_makes_its_sender_wait() {
        let queue = Queue::new();
        assert!(queue.push(Parcel { bytes: WAITING_BYTES_MAX, alone: false }).is_ok());
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| queue.push(Parcel { bytes: 1, alone: false }).is_ok());
            assert_eq!(queue.group(1).map(|group| group.len()), Some(1));
            assert!(sender.join().unwrap());
        });
        assert_eq!(queue.group(1).map(|group| group.len()), Some(1));
    }

    #[test]
    fn a_closed_queue_takes_nothing() {
        let queue = Queue::new();
        queue.close();
        assert!(queue.push(Parcel { bytes: 1, alone: false }).is_err());
        assert!(queue.group(1).is_none());
    }
}
