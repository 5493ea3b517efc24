//! Requests that a caller gave a name to, so that sending one again does not do it twice.
//!
//! An entry is kept before the act, and its answer after it, sealed like every register: a restart between the two leaves
//! an entry without an answer, and then it is told that nobody knows. A request that was refused changed nothing, and
//! its entry goes. What is kept ends after a day, and is bounded: where it would be too much, the oldest of whoever has
//! most gives way. Neither a plaintext of a record nor a secret is ever in an answer that is kept.

use std::collections::HashMap;

use aws_lc_rs::digest::{self, SHA256};
use bailee_core::{PrincipalId, RecordId, Timestamp};
use bailee_store::act::{Act, Change};
use bailee_store::records::{Registers, Store};
use serde::{Deserialize, Serialize};

use crate::AccessError;
use crate::gate::{Caller, Gate};
use crate::register::{Entry, Kept, Sealer};

/// How long a name is remembered, in seconds.
pub const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// Most names that are remembered.
pub const KEPT_MAX: usize = 10_000;

/// Most entries that are cleared away with one act.
const CLEARED_MAX: usize = 100;

/// An answer that can be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub json: Option<String>,
    /// Set when it held a secret: the id of what was made. Then the body is not here.
    pub made: Option<String>,
}

/// A named request, as it is kept.
#[derive(Serialize, Deserialize)]
struct Repetition {
    /// Of caller and name: what the caller calls it is kept nowhere.
    name: [u8; 32],
    principal: PrincipalId,
    fingerprint: [u8; 32],
    since: Timestamp,
    answer: Option<Answer>,
}

impl Kept for Repetition {
    const REGISTER: &'static str = "repetition";
    const PLACE: &'static str = "register/repetition";
}

/// How far a named request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Answered,
    /// The process, or the thread, ended before there was an answer.
    CutOff,
}

/// What is known of a named request without opening its entry.
#[derive(Clone, Copy)]
struct Held {
    id: RecordId,
    principal: PrincipalId,
    fingerprint: [u8; 32],
    since: Timestamp,
    state: State,
}

impl Held {
    fn version(&self) -> u32 {
        if self.state == State::Answered { 2 } else { 1 }
    }

    fn deletion(&self) -> Change {
        Change::DeleteRegister { register: Repetition::REGISTER.into(), id: self.id, version: self.version() }
    }

    fn has_ended(&self, now: Timestamp) -> bool {
        now.as_second().saturating_sub(self.since.as_second()) >= KEPT_SECONDS
    }
}

/// Every named request that is remembered, by its name.
#[derive(Default)]
pub(crate) struct Repetitions(HashMap<[u8; 32], Held>);

impl Repetitions {
    /// Reads what is kept.
    pub(crate) fn load(sealer: &Sealer, store: &dyn Store) -> Result<Self, AccessError> {
        let held = sealer.all::<Repetition>(store)?.into_iter().map(|Entry { id, value, .. }| {
            let Repetition { name, principal, fingerprint, since, answer } = value;
            let state = if answer.is_some() { State::Answered } else { State::CutOff };
            (name, Held { id, principal, fingerprint, since, state })
        });
        Ok(Self(held.collect()))
    }

    /// Takes out what has ended, and one more where there is no room; returns what becomes of their entries.
    fn clear(&mut self, now: Timestamp) -> Vec<Change> {
        let ended = self.0.iter().filter(|(_, held)| held.state != State::Running && held.has_ended(now));
        let mut names: Vec<[u8; 32]> = ended.map(|(name, _)| *name).take(CLEARED_MAX).collect();
        if names.is_empty() && self.0.len() >= KEPT_MAX {
            names.extend(self.oldest_of_whoever_has_most());
        }
        names.iter().filter_map(|name| self.0.remove(name)).map(|held| held.deletion()).collect()
    }

    fn oldest_of_whoever_has_most(&self) -> Option<[u8; 32]> {
        let mut numbers: HashMap<PrincipalId, usize> = HashMap::new();
        let done = || self.0.iter().filter(|(_, held)| held.state != State::Running);
        done().for_each(|(_, held)| *numbers.entry(held.principal).or_default() += 1);
        let (most, _) = numbers.into_iter().max_by_key(|(principal, number)| (*number, *principal))?;
        let own = done().filter(|(_, held)| held.principal == most);
        own.min_by_key(|(_, held)| (held.since, held.id)).map(|(name, _)| *name)
    }
}

/// What is known of a name.
pub enum First<'a> {
    /// Nothing was: the request is the first under it. Say what became of it.
    Begun(Claim<'a>),
    /// This was answered.
    Answered(Answer),
    /// It is another request's.
    Other,
    /// The first request is at work.
    Running,
    /// The first request was cut off.
    Unknown,
}

/// The first request under a name, at work. Dropped without an end, nobody knows what became of it.
pub struct Claim<'a> {
    gate: &'a Gate,
    name: [u8; 32],
    entry: Entry<Repetition>,
}

impl Gate {
    /// Begins a request under the name that its caller gave it. `fingerprint` tells it from other requests.
    ///
    /// # Errors
    /// When what is kept cannot be read, or the beginning not be written: then nothing may be done.
    pub fn begin_named(
        &self,
        caller: &Caller,
        name: &str,
        fingerprint: [u8; 32],
    ) -> Result<First<'_>, AccessError> {
        let (principal, now) = (caller.context.principal, caller.context.now);
        let name = digest_of(principal, name);
        let (entry, mut changes) = {
            let mut repetitions = self.repetitions();
            match repetitions.0.get(&name).copied().filter(|held| !held.has_ended(now)) {
                Some(held) if held.fingerprint != fingerprint => return Ok(First::Other),
                Some(Held { state: State::Running, .. }) => return Ok(First::Running),
                Some(Held { state: State::CutOff, .. }) => return Ok(First::Unknown),
                Some(Held { id, state: State::Answered, .. }) => {
                    drop(repetitions);
                    return self.answered(id);
                }
                None => {}
            }
            let ended = repetitions.0.remove(&name).map(|held| held.deletion());
            let mut changes = repetitions.clear(now);
            changes.extend(ended);
            let id = RecordId::new(now, &*self.sealer().entropy);
            repetitions
                .0
                .insert(name, Held { id, principal, fingerprint, since: now, state: State::Running });
            let value = Repetition { name, principal, fingerprint, since: now, answer: None };
            (Entry::first(id, value), changes)
        };
        let claim = Claim { gate: self, name, entry };
        changes.push(self.sealer().put(&claim.entry)?);
        match self.store().commit(Act { name: "begin-named", changes, events: Vec::new() }) {
            Ok(_) => Ok(First::Begun(claim)),
            Err(error) => {
                self.repetitions().0.remove(&name);
                Err(error.into())
            }
        }
    }

    fn answered(&self, id: RecordId) -> Result<First<'_>, AccessError> {
        let row = Registers::entry(self.store(), Repetition::REGISTER, id)?;
        let entry = row.map(|row| self.sealer().open::<Repetition>(&row)).transpose()?;
        Ok(entry.and_then(|entry| entry.value.answer).map_or(First::Unknown, First::Answered))
    }
}

impl Claim<'_> {
    /// It was done, with this answer.
    ///
    /// # Errors
    /// When that cannot be written: then nobody will know.
    pub fn answered(self, answer: Answer) -> Result<(), AccessError> {
        let Repetition { name, principal, fingerprint, since, .. } = self.entry.value;
        let value = Repetition { name, principal, fingerprint, since, answer: Some(answer) };
        let changes = vec![self.gate.sealer().put(&self.entry.next(value))?];
        self.gate.store().commit(Act { name: "end-named", changes, events: Vec::new() })?;
        self.leave(State::Answered);
        Ok(())
    }

    /// It was refused, or failed: nothing was done, and the name is free again.
    ///
    /// # Errors
    /// When that cannot be written: then nobody will know.
    pub fn release(self) -> Result<(), AccessError> {
        let changes = vec![self.entry.deletion()];
        self.gate.store().commit(Act { name: "release-named", changes, events: Vec::new() })?;
        self.gate.repetitions().0.remove(&self.name);
        Ok(())
    }

    /// Ends being at work, unless that has ended already.
    fn leave(&self, state: State) {
        if let Some(held) = self.gate.repetitions().0.get_mut(&self.name)
            && held.state == State::Running
            && held.id == self.entry.id
        {
            held.state = state;
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.leave(State::CutOff);
    }
}

fn digest_of(principal: PrincipalId, name: &str) -> [u8; 32] {
    let text = format!("{principal} {name}");
    let digest = digest::digest(&SHA256, text.as_bytes());
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    bytes
}

#[cfg(test)]
mod tests {
    use bailee_core::{PersonId, ServiceId};

    use super::*;

    fn held(number: u32, principal: PrincipalId, state: State) -> ([u8; 32], Held) {
        let (mut name, mut id) = ([0; 32], [0; 16]);
        name[..4].copy_from_slice(&number.to_be_bytes());
        id[..4].copy_from_slice(&number.to_be_bytes());
        let since = Timestamp::from_second(i64::from(number)).unwrap();
        (name, Held { id: RecordId(id), principal, fingerprint: [7; 32], since, state })
    }

    #[test]
    fn where_there_is_no_room_the_oldest_of_whoever_has_most_gives_way_and_nothing_at_work() {
        let (few, many) = (PrincipalId::Person(PersonId([1; 16])), PrincipalId::Service(ServiceId([2; 16])));
        let last = u32::try_from(KEPT_MAX).unwrap();
        let of = |number| match number {
            0..5 => held(number, few, State::Answered),
            5 => held(number, many, State::Running),
            _ => held(number, many, State::Answered),
        };
        let now = Timestamp::from_second(i64::from(last)).unwrap();
        let mut repetitions = Repetitions((0..last - 1).map(of).collect());
        assert_eq!(repetitions.clear(now), [], "there is room for one more");
        repetitions.0.extend([of(last - 1)]);
        let (_, oldest) = of(6);
        assert_eq!(repetitions.clear(now), [oldest.deletion()]);
        assert_eq!(repetitions.0.len(), KEPT_MAX - 1);
    }
}
