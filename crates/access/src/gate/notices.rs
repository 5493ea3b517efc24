//! Notices: filed with what they tell of, due, sent, failed, given up.

use bailee_core::{NoticeId, PersonId, Recipient, RecordId, RequestId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, What};
use bailee_store::act::{Act, Change};

use super::{Caller, Gate};
use crate::AccessError;
use crate::notice::{Due, Tells, Waiting};
use crate::person::{Person, Role};
use crate::register::Entry;

/// Most notices that wait in a home: all of them are held in memory, and no home has more to tell.
const WAITING_MAX: usize = 10_000;

/// Notices that an act files: what its commit writes, and what is known after it.
#[derive(Default)]
pub(super) struct Filing {
    entries: Vec<Entry<Waiting>>,
}

impl Filing {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

impl Gate {
    /// Files a notice to the caller's own address, to see whether mail arrives; its name.
    ///
    /// # Errors
    /// When it cannot be written; [`AccessError::Unacceptable`] where the home sends no mail.
    pub fn file_test_notice(&self, caller: &Caller) -> Result<NoticeId, AccessError> {
        let (person, _) = self.a_person(caller)?;
        if !self.standards.mail {
            return Err(AccessError::Unacceptable(
                "this home sends no mail; set [mail] in bailee.toml, and start it anew".into(),
            ));
        }
        let _writing = self.writing();
        let filing = self.notices(&[Recipient::Person(person.id)], &Tells::Test {}, caller.context.now);
        let id = filing.entries.first().map(|entry| entry.value.id);
        let changes = self.filed_changes(&filing)?;
        self.commit_aside(Act { name: "file-notice", changes, events: Vec::new() }, |known| {
            keep(known, filing);
        })?;
        id.ok_or(AccessError::Missing("notice"))
    }

    /// The notices to be sent now, the oldest first.
    pub fn due_notices(&self, now: Timestamp) -> Vec<Due> {
        let known = self.known();
        let name = |id: PersonId| known.account(id).map(|entry| entry.value.person.name.clone());
        let mut due: Vec<Due> = known
            .notices
            .values()
            .map(|entry| &entry.value)
            .filter(|waiting| waiting.next_at <= now)
            .map(|waiting| Due {
                waiting: waiting.clone(),
                address: match waiting.to {
                    Recipient::Person(id) => known.account(id).map(|entry| entry.value.person.mail.clone()),
                    Recipient::Outside => self.standards.outside.clone(),
                },
                about: waiting.tells.about().and_then(name),
            })
            .collect();
        due.sort_by_key(|due| (due.waiting.since, due.waiting.id));
        due
    }

    /// Whether a notice still waits.
    pub fn waits(&self, id: NoticeId) -> bool {
        self.known().notices.contains_key(&id)
    }

    /// The mail server has taken a notice: it waits no longer.
    ///
    /// # Errors
    /// When it cannot be written; then the notice is sent once more.
    pub fn notice_sent(&self, id: NoticeId, request: RequestId, now: Timestamp) -> Result<(), AccessError> {
        let _writing = self.writing();
        let Some(entry) = self.known().notices.get(&id).cloned() else { return Ok(()) };
        let events = vec![Context::system(request, now).event(told(&entry.value, "sent", None))];
        let changes = vec![entry.deletion()];
        self.commit_aside(Act { name: "notice-sent", changes, events }, |known| {
            known.notices.remove(&id);
        })
    }

    /// A notice could not be sent, for that reason; whether it has been given up for good.
    ///
    /// # Errors
    /// When it cannot be written; then it is tried again all the same.
    pub fn notice_failed(
        &self,
        id: NoticeId,
        reason: &str,
        request: RequestId,
        now: Timestamp,
    ) -> Result<bool, AccessError> {
        let _writing = self.writing();
        let Some(entry) = self.known().notices.get(&id).cloned() else { return Ok(false) };
        let next = entry.value.failed(now).map(|waiting| entry.next(waiting));
        let step = if next.is_some() { "failed" } else { "given-up" };
        let events = vec![Context::system(request, now).event(told(&entry.value, step, Some(reason)))];
        let changes = vec![match &next {
            Some(next) => self.sealer.put(next)?,
            None => entry.deletion(),
        }];
        let given_up = next.is_none();
        self.commit_aside(Act { name: "notice-failed", changes, events }, |known| match next {
            Some(next) => drop(known.notices.insert(id, next)),
            None => drop(known.notices.remove(&id)),
        })?;
        Ok(given_up)
    }

    /// Everybody who governs this home, somebody it is about, and who was named outside; nobody twice.
    pub(super) fn to_govern(&self, about: PersonId, now: Timestamp) -> Vec<Recipient> {
        let governs =
            |person: &Person| person.roles.iter().any(|role| matches!(role, Role::Owner | Role::Officer));
        let known = self.known();
        let people = known.accounts().into_iter().map(|entry| &entry.value.person);
        let told = people.filter(|person| person.id == about || (person.is_active(now) && governs(person)));
        let outside = self.standards.outside.iter().map(|_| Recipient::Outside);
        told.map(|person| Recipient::Person(person.id)).chain(outside).collect()
    }

    /// Notices of one thing to each of these. None where the home sends no mail: nothing waits that cannot go. The caller
    /// holds the lock of writers.
    pub(super) fn notices(&self, to: &[Recipient], tells: &Tells, now: Timestamp) -> Filing {
        let room = WAITING_MAX.saturating_sub(self.known().notices.len());
        let room = if self.standards.mail { room } else { 0 };
        let file = |to: &Recipient| {
            let id = NoticeId::random(&*self.sealer.entropy);
            Entry::first(RecordId(id.0), Waiting::new(id, *to, tells.clone(), now))
        };
        Filing { entries: to.iter().take(room).map(file).collect() }
    }

    /// What a commit writes of them.
    pub(super) fn filed_changes(&self, filing: &Filing) -> Result<Vec<Change>, AccessError> {
        filing.entries.iter().map(|entry| self.sealer.put(entry)).collect()
    }
}

/// What is known once that commit is through.
pub(super) fn keep(known: &mut crate::register::Known, filing: Filing) {
    known.notices.extend(filing.entries.into_iter().map(|entry| (entry.value.id, entry)));
}

fn told(waiting: &Waiting, step: &str, reason: Option<&str>) -> What {
    What::Notice(event::Notice {
        notice: waiting.id,
        kind: waiting.tells.code().into(),
        to: waiting.to,
        step: step.into(),
        reason: reason.map(str::to_owned),
    })
}
