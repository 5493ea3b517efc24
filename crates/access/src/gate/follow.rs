//! Several gates over one store: each goes by what the others decided.
//!
//! The store counts the *version* of the rules of access: it moves with whatever changes who may come in and what they may
//! do. A gate publishes a version when what it knows, and what it decides by, are at least as new. Whoever comes in is
//! recognised by one version, and the event of a reveal is written only while the store still has it: else the caller
//! is recognised anew, and it is decided again. So nothing that is kept is ever older than the answer that it gives.

use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use bailee_ledger::event::Event;
use bailee_ledger::log::{Append, AppendError, Appended};
use bailee_store::act::{Act, Change};
use bailee_store::records::{Store, StoreError};

use super::{Caller, Gate, Who};
use crate::error::AccessError;
use crate::grant::Filed;
use crate::person::Person;
use crate::register::{Kept, Known};

/// The version of a gate that knows something to be older than it should be: no store ever has it.
const OUTDATED: u64 = u64::MAX;

/// Why an event was not written by a gate that others have overtaken.
const MOVED: AppendError = AppendError("the rules of access have moved");

impl Gate {
    /// The version that is in force, after reading anew what this gate knows when it has moved.
    pub(super) fn follow(&self) -> Result<u64, AccessError> {
        let there = self.store.access_version()?;
        if there == self.version() {
            return Ok(there);
        }
        // Whoever of this gate moved it has published it when the lock is free.
        let writing = self.writing();
        let there = self.store.access_version()?;
        if there == self.version() {
            return Ok(there);
        }
        *self.known_mut() = Known::load(&self.sealer, &*self.store)?;
        self.go_by_grants();
        // Who spends holds what is spent, and waits to write.
        drop(writing);
        self.restore_spent();
        self.version.store(there, Ordering::Release);
        Ok(there)
    }

    /// The lock of writers, for an act of somebody who was allowed it before they waited for the lock: who has been sent
    /// away or was given other roles meanwhile does nothing any more.
    ///
    /// # Errors
    /// [`AccessError::Moved`]: recognise, and ask again.
    pub(super) fn writing_as(&self, caller: &Caller) -> Result<MutexGuard<'_, ()>, AccessError> {
        let writing = self.writing();
        match caller.version == self.version() || self.is_still(&caller.who) {
            true => Ok(writing),
            false => Err(AccessError::Moved),
        }
    }

    fn is_still(&self, who: &Who) -> bool {
        let known = self.known();
        let as_known = |person: &Person| {
            known.account(person.id).is_some_and(|entry| {
                let now = &entry.value.person;
                now.roles == person.roles && now.standing == person.standing
            })
        };
        match who {
            Who::Person { person, session, .. } => {
                known.session_named(*session).is_some() && as_known(person)
            }
            Who::Invited(person) | Who::Enrolling { person, .. } => as_known(person),
            // With the key that was shown: one that was ended meanwhile makes no other.
            Who::Service(own) => known.service(own.id).is_some_and(|now| {
                own.keys.iter().all(|shown| now.value.keys.iter().any(|key| key.id == shown.id))
            }),
        }
    }

    /// Commits an act that changes who may come in or what they may do, then what is known accordingly. The caller holds
    /// the lock of writers.
    ///
    /// # Errors
    /// [`AccessError::Moved`] when another gate was quicker: nothing is changed, and what is known is read anew.
    pub(super) fn commit(&self, mut act: Act, change: impl FnOnce(&mut Known)) -> Result<(), AccessError> {
        let version = self.version();
        let is_of_grant =
            |change: &Change| matches!(change, Change::PutRegister(row) if row.register == Filed::REGISTER);
        let has_grants = act.changes.iter().any(is_of_grant);
        act.changes.insert(0, Change::MoveAccess(version));
        self.commit_aside(act, change)?;
        if has_grants {
            self.go_by_grants();
        }
        self.version.store(version.saturating_add(1), Ordering::Release);
        Ok(())
    }

    /// The same for an act that changes neither: nobody has to decide again.
    pub(super) fn commit_aside(&self, act: Act, change: impl FnOnce(&mut Known)) -> Result<(), AccessError> {
        match self.store.commit(act) {
            Err(StoreError::Conflict) => {
                self.version.store(OUTDATED, Ordering::Release);
                Err(AccessError::Moved)
            }
            other => {
                other?;
                change(&mut self.known_mut());
                Ok(())
            }
        }
    }

    /// A ledger that takes events while the rules of access have this version.
    pub(super) fn ledger_at(&self, version: u64) -> AtVersion<'_> {
        AtVersion { store: &*self.store, version }
    }

    fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
}

/// A ledger that takes events while the rules of access have a version.
pub(super) struct AtVersion<'s> {
    store: &'s dyn Store,
    version: u64,
}

impl Append for AtVersion<'_> {
    fn append(&self, events: &[Event]) -> Result<Appended, AppendError> {
        let changes = vec![Change::ExpectAccess(self.version)];
        match self.store.commit(Act { name: "append", changes, events: events.to_vec() }) {
            Err(StoreError::Conflict) => Err(MOVED),
            other => Ok(other?),
        }
    }
}

/// What keeps an event from being written, told apart from what only wants deciding again.
pub(super) fn not_written(error: AppendError) -> AccessError {
    match error {
        MOVED => AccessError::Moved,
        other => other.into(),
    }
}
