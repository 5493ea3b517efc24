//! Notices: filed with what they tell of, due, sent, failed, given up.

use bailee_core::{NoticeId, PersonId, Recipient, RecordId, RequestId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, What};
use bailee_store::act::{Act, Change};

use super::waits::could_approve;
use super::{Caller, Gate};
use crate::AccessError;
use crate::notice::{Due, Tells, Waiting};
use crate::person::Standing;
use crate::register::{Entry, Known};

/// Most notices that wait in a home: all of them are held in memory, and no home has more to tell.
const WAITING_MAX: usize = 10_000;

/// Most tests of one person that wait: each try to find out what is wrong with a mail server is one.
const TESTS_MAX: usize = 8;

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
        let _writing = self.writing_as(caller)?;
        let to = Recipient::Person(person.id);
        let is_own =
            |entry: &Entry<Waiting>| entry.value.to == to && matches!(entry.value.tells, Tells::Test {});
        let own = self.known().notices.values().filter(|entry| is_own(entry)).count();
        // Tests leave room for what has to be told.
        if own >= TESTS_MAX || self.known().notices.len() >= WAITING_MAX / 2 {
            return Err(AccessError::Unacceptable(
                "enough waits to be sent already; see that mail leaves this home".into(),
            ));
        }
        let filing = self.notices(&[to], &Tells::Test {}, caller.context.now);
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
                    Recipient::Person(id) => known
                        .account(id)
                        .filter(|entry| !matches!(entry.value.person.standing, Standing::Left { .. }))
                        .map(|entry| entry.value.person.mail.clone()),
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
        self.follow()?;
        let _writing = self.writing();
        let Some(entry) = self.known().notices.get(&id).cloned() else { return Ok(()) };
        let events = vec![Context::system(request, now).event(told(&entry.value, "sent", None))];
        let mut changes = vec![entry.deletion()];
        // From here on the outside has its day.
        let wait = match entry.value.tells {
            Tells::Waits { wait, .. } => self.known().waits.get(&wait).cloned(),
            _ => None,
        };
        let wait = wait.map(|wait| wait.next(wait.value.told(now)));
        if let Some(wait) = &wait {
            changes.push(self.sealer.put(wait)?);
        }
        let (act, is_of_wait) = (Act { name: "notice-sent", changes, events }, wait.is_some());
        let change = |known: &mut Known| {
            known.notices.remove(&id);
            wait.into_iter().for_each(|wait| drop(known.waits.insert(wait.value.id, wait)));
        };
        // From when on somebody may do something alone is a matter of access; that any other mail was taken is none.
        if is_of_wait { self.commit(act, change) } else { self.commit_aside(act, change) }
    }

    /// There is nothing left of what a notice tells: it need not be sent.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn notice_over(&self, id: NoticeId, request: RequestId, now: Timestamp) -> Result<(), AccessError> {
        self.follow()?;
        let _writing = self.writing();
        let Some(entry) = self.known().notices.get(&id).cloned() else { return Ok(()) };
        let events = vec![Context::system(request, now).event(told(&entry.value, "over", None))];
        let act = Act { name: "notice-over", changes: vec![entry.deletion()], events };
        self.commit_aside(act, |known| drop(known.notices.remove(&id)))
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
        self.follow()?;
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
        let known = self.known();
        let people = known.accounts().into_iter().map(|entry| &entry.value.person);
        let told = people.filter(|person| person.id == about || could_approve(person, now));
        let outside = self.standards.outside.iter().map(|_| Recipient::Outside);
        outside.chain(told.map(|person| Recipient::Person(person.id))).collect()
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
pub(super) fn keep(known: &mut Known, filing: Filing) {
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
