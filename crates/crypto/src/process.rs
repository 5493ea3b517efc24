//! What a process that holds keys must not do (2.4.b): leave them in a core dump, in swap, or to a debugger.

use std::sync::atomic::{AtomicU64, Ordering};

/// What hardening is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardening {
    /// Core dumps are off.
    pub core_dumps_off: bool,
    /// Other processes of the account cannot trace it or read its memory.
    pub not_dumpable: bool,
}

/// Switches core dumps off and makes the process not dumpable. What the system does not allow is reported, and is no
/// reason to stop. To be called once, before the first key is read.
pub fn harden() -> Hardening {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Hardening { core_dumps_off: setrlimit(Resource::Core, none).is_ok(), not_dumpable: not_dumpable() }
}

#[cfg(target_os = "linux")]
fn not_dumpable() -> bool {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn not_dumpable() -> bool {
    false
}

static LOCKED: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// How many long-lived keys were locked against swapping, and how many the system refused to lock (its limit is
/// `RLIMIT_MEMLOCK`). A refusal is reported by `doctor` and stops nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLocks {
    /// Locked.
    pub locked: u64,
    /// Refused.
    pub refused: u64,
}

/// The locks asked for so far in this process.
pub fn memory_locks() -> MemoryLocks {
    MemoryLocks { locked: LOCKED.load(Ordering::Relaxed), refused: REFUSED.load(Ordering::Relaxed) }
}

/// Locks the pages that hold a key. They stay locked: the system counts no locks, so releasing one key's would
/// release those of its neighbours in the page.
pub(crate) fn lock_memory<T>(held: &[T]) {
    if held.is_empty() {
        return;
    }
    match region::lock(held.as_ptr(), size_of_val(held)) {
        Ok(guard) => {
            std::mem::forget(guard);
            LOCKED.fetch_add(1, Ordering::Relaxed);
        }
        Err(_) => {
            REFUSED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn a_hardened_process_dumps_no_core() {
        let hardening = super::harden();
        assert!(hardening.core_dumps_off && hardening.not_dumpable);
        assert_eq!(rustix::process::getrlimit(rustix::process::Resource::Core).current, Some(0));
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            rustix::process::DumpableBehavior::NotDumpable
        );
    }

    #[test]
    fn a_lock_is_counted_whether_granted_or_refused() {
        let before = super::memory_locks();
        super::lock_memory(&[0_u8; 32]);
        let after = super::memory_locks();
        assert!(after.locked + after.refused > before.locked + before.refused);
    }
}
