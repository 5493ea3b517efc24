//! A company of one: what takes two people is done by one, a day after somebody outside was told and did not stop it
//! (1.3.b).

use bailee_core::requirement::Requirement;
use bailee_core::{PrincipalId, Recipient, RecordId, RequestId, Sensitive, Timestamp, WaitId};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, What};
use bailee_store::act::{Act, Change};

use super::{Caller, Gate, Presented, notices};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::{Action, Reason, STOP};
use crate::error::{AccessError, Denial};
use crate::grant::{Filed, Life};
use crate::notice::{Due, Tells};
use crate::person::{Person, Role, Standing};
use crate::register::{Entry, Known};
use crate::wait::{Alone, Named, WAIT_SECONDS, Wait, Waits};

/// Most waits that a home remembers: all of them are held in memory.
const WAITS_MAX: usize = 10_000;

/// Stands in for a second person's word: what the act's commit writes of it. Nothing, where a second person gave it.
#[derive(Default)]
pub(super) struct Nod(Option<Entry<Wait>>);

/// What a notice needs before it is sent.
pub enum Arms {
    /// Nothing.
    None,
    /// This code, which stops what it tells of. Only its hash is kept, by now.
    Code(Sensitive<String>),
    /// There is nothing left to stop: it need not be sent.
    Over,
}

/// Something that this home does otherwise than the policy's text has it, and why that may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// What it is an exception from.
    pub requirement: Requirement,
    /// A stable code.
    pub code: &'static str,
    /// In a sentence.
    pub words: String,
}

/// What is known once a commit is through.
type Learnt = Box<dyn FnOnce(&mut Known)>;

impl Gate {
    /// What this home does otherwise than the policy's text has it.
    pub fn exceptions(&self, now: Timestamp) -> Vec<Exception> {
        if self.standards.outside.is_none() {
            return Vec::new();
        }
        let words = match self.who_could_approve(now) {
            0 | 1 => {
                "a company of one: what takes two people is done by one, a day after an address outside was told and did \
                 not stop it"
            }
            _ => {
                "a company of one is declared, and changes nothing while more than one person is active who could approve"
            }
        };
        vec![Exception { requirement: Requirement::NeedToKnow, code: "solo", words: words.into() }]
    }

    /// Sees whom a company of one has named outside. Writes `Solo` when that is another than before, and then waits that
    /// were told to the one before are void.
    ///
    /// # Errors
    /// When it cannot be written; [`AccessError::Unacceptable`] where the address is that of somebody here.
    pub fn see_outside(&self, request: RequestId, now: Timestamp) -> Result<(), AccessError> {
        let outside = self.standards.outside.clone();
        if let Some(mail) = &outside
            && self.is_somebodys(mail)
        {
            return Err(AccessError::Against(
                Requirement::NeedToKnow,
                "[access] outside is the address of somebody here; name one of nobody in this home".into(),
            ));
        }
        let _writing = self.writing();
        let before = self.known().named.clone();
        if before.as_ref().and_then(|entry| entry.value.outside.clone()) == outside {
            return Ok(());
        }
        let named = Named { outside };
        let declared = named.outside.is_some();
        let next = match &before {
            Some(entry) => entry.next(named),
            None => Entry::first(RecordId([0; 16]), named),
        };
        let open: Vec<Entry<Wait>> =
            self.known().waits.values().filter(|entry| entry.value.is_open()).cloned().collect();
        let mut changes = vec![self.sealer.put(&next)?];
        changes.extend(open.iter().map(Entry::deletion));
        let events = vec![Context::system(request, now).event(What::Solo(event::Solo { declared }))];
        self.commit(Act { name: "see-outside", changes, events }, |known| {
            open.iter().for_each(|entry| drop(known.waits.remove(&entry.value.id)));
            known.named = Some(next);
        })
    }

    /// Stops what one person wants to do alone, for good: whoever has the code of it may, and needs no account. Stopping
    /// again changes nothing. Writes `Wait`.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a code that stops nothing, an event already; [`AccessError::Unacceptable`] for what was
    /// done before.
    pub fn stop(&self, presented: &Presented) -> Result<Alone, AccessError> {
        self.follow()?;
        let Presented { bearer, request, now, detail, .. } = presented;
        let (request, now, detail) = (*request, *now, *detail);
        let context = Context { principal: PrincipalId::Anonymous, request, now, detail };
        let Some(entry) = bearer.as_ref().and_then(|code| self.wait_stopped_by(code)) else {
            let denial = Reason::UnknownCredential.denial(
                "this code stops nothing",
                "copy it from the mail whole, without blanks; it begins with bst_",
            );
            return self.refuse(&context, STOP, None, None, denial);
        };
        let wait = &entry.value;
        match wait.waits {
            Waits::Stopped => return Ok(wait.alone),
            Waits::Done => {
                return Err(AccessError::Unacceptable(
                    "this was done already, since a day had passed; talk to whoever did it".into(),
                ));
            }
            Waits::Begun | Waits::Told { .. } => {}
        }
        if let Alone::ReviewGrant(id) = wait.alone {
            let filed = self.filed(id)?.value;
            if filed.life.due_at().is_some() {
                // First: what is cut off between the two is stopped again.
                self.suspend_for(&context, &filed, "break-glass-stopped")?;
            }
        }
        let _writing = self.writing();
        let stopped = entry.next(wait.ended(Waits::Stopped));
        let mut changes = vec![self.sealer.put(&stopped)?];
        let mut events = vec![context.event(step(wait, "stopped"))];
        let subject = self.stopped_subject(wait.alone, &context, &mut changes, &mut events)?;
        let tells = Tells::Stopped { wait: wait.id, alone: wait.alone, by: wait.by };
        let filing = self.notices(&[Recipient::Person(wait.by)], &tells, now);
        changes.extend(self.filed_changes(&filing)?);
        self.commit(Act { name: "stop", changes, events }, |known| {
            known.waits.insert(stopped.value.id, stopped);
            notices::keep(known, filing);
            subject(known);
        })?;
        Ok(wait.alone)
    }

    /// Makes a notice ready to be sent: one that tells of a wait gets a code, of which the hash is kept before it goes.
    ///
    /// # Errors
    /// When it cannot be written; then it is not to be sent.
    pub fn arm(&self, due: &Due) -> Result<Arms, AccessError> {
        let Tells::Waits { wait, .. } = due.waiting.tells else { return Ok(Arms::None) };
        self.follow()?;
        let _writing = self.writing();
        let Some(entry) = self.known().waits.get(&wait).filter(|entry| entry.value.is_open()).cloned() else {
            return Ok(Arms::Over);
        };
        let (code, hash) = CredentialKind::Stop.generate(&*self.sealer.entropy);
        let armed = entry.next(entry.value.armed(hash));
        let changes = vec![self.sealer.put(&armed)?];
        self.commit(Act { name: "arm-notice", changes, events: Vec::new() }, |known| {
            known.waits.insert(wait, armed);
        })?;
        Ok(Arms::Code(code))
    }

    /// Whether the caller may do alone what takes two people, where they are one of them: in a company of one, a day after
    /// the outside was told. Begins to wait for it, where that has not begun.
    pub(super) fn alone(
        &self,
        caller: &Caller,
        alone: Alone,
        action: &Action<'_>,
        ordinary: Denial,
    ) -> Result<Nod, AccessError> {
        let now = caller.context.now;
        let refuse = |denial| self.refuse(&caller.context, action.code(), None, None, denial);
        if self.standards.outside.is_none() {
            return refuse(ordinary);
        }
        if self.who_could_approve(now) > 1 {
            let words = "nobody does this alone while somebody else is active who could approve, also in a company of one";
            return refuse(Denial { words: words.into(), ..ordinary });
        }
        let Some(entry) = self.wait_for(alone, now) else {
            self.begin_wait(caller, alone)?;
            return refuse(outside_first("the address outside is told of it now".into()));
        };
        match (entry.value.waits, entry.value.ripe_at()) {
            (Waits::Stopped, _) => refuse(outside_first("it was stopped from outside, for good".into())),
            (_, None) => refuse(outside_first("the mail to the address outside is not taken yet".into())),
            (_, Some(at)) if now < at => {
                refuse(outside_first(format!("the address outside was told, and may stop it until {at}")))
            }
            _ => Ok(Nod(Some(entry.next(entry.value.ended(Waits::Done))))),
        }
    }

    /// Begins to wait at once, where the caller is the only one who could approve what they have just asked for.
    pub(super) fn begin_wait_if_alone(&self, caller: &Caller, alone: Alone) -> Result<(), AccessError> {
        let now = caller.context.now;
        let is_alone = self.standards.outside.is_some()
            && self.standards.second_person
            && self.who_could_approve(now) == 1
            && matches!(&caller.who, super::Who::Person { person, .. } if could_approve(person, now));
        if is_alone && self.wait_for(alone, now).is_none() {
            self.begin_wait(caller, alone)?;
        }
        Ok(())
    }

    /// What a commit writes of a nod.
    pub(super) fn nod_changes(&self, nod: &Nod) -> Result<Vec<Change>, AccessError> {
        nod.0.iter().map(|entry| self.sealer.put(entry)).collect()
    }

    /// Whether an address is that of somebody who has not left.
    pub(super) fn is_somebodys(&self, mail: &str) -> bool {
        let known = self.known();
        let here = known.account_by_mail(mail);
        here.is_some_and(|entry| !matches!(entry.value.person.standing, Standing::Left { .. }))
    }

    fn begin_wait(&self, caller: &Caller, alone: Alone) -> Result<(), AccessError> {
        let (by, now) = (self.a_person(caller)?.0.id, caller.context.now);
        let _writing = self.writing_as(caller)?;
        if self.wait_for(alone, now).is_some() {
            // Another request was quicker.
            return Ok(());
        }
        if self.known().waits.len() >= WAITS_MAX {
            return Err(AccessError::Unacceptable(format!("a home remembers at most {WAITS_MAX} waits")));
        }
        let id = WaitId::random(&*self.sealer.entropy);
        let entry = Entry::first(RecordId(id.0), Wait::new(id, alone, by, now));
        let filing = self.notices(&[Recipient::Outside], &Tells::Waits { wait: id, alone, by }, now);
        if filing.len() == 0 {
            return Err(AccessError::Unacceptable(
                "the address outside cannot be told, since too many notices wait already; see that mail leaves this home".into(),
            ));
        }
        let mut changes = vec![self.sealer.put(&entry)?];
        changes.extend(self.filed_changes(&filing)?);
        let events = vec![caller.context.event(step(&entry.value, "begun"))];
        self.commit(Act { name: "begin-wait", changes, events }, |known| {
            known.waits.insert(id, entry);
            notices::keep(known, filing);
        })
    }

    /// The newest wait for an act, unless it is over, or nobody can be told of it any more.
    fn wait_for(&self, alone: Alone, now: Timestamp) -> Option<Entry<Wait>> {
        let known = self.known();
        let of_it = known.waits.values().filter(|entry| entry.value.alone == alone);
        let newest = of_it.max_by_key(|entry| (entry.value.since, entry.value.id))?;
        let is_told = |id: WaitId| {
            known
                .notices
                .values()
                .any(|notice| matches!(notice.value.tells, Tells::Waits { wait, .. } if wait == id))
        };
        let is_lost = newest.value.waits == Waits::Begun && !is_told(newest.value.id);
        (!is_lost && !newest.value.has_lapsed(now)).then(|| newest.clone())
    }

    fn wait_stopped_by(&self, code: &Sensitive<String>) -> Option<Entry<Wait>> {
        let hash = CredentialHash::of(code.expose());
        let known = self.known();
        known.waits.values().find(|entry| entry.value.is_stopped_by(&hash)).cloned()
    }

    /// How many people are active who could approve what somebody else asks for.
    fn who_could_approve(&self, now: Timestamp) -> usize {
        let known = self.known();
        known.accounts().iter().filter(|entry| could_approve(&entry.value.person, now)).count()
    }

    /// Ends what a wait is about: a stopped act is refused for good. The caller holds the lock of writers.
    fn stopped_subject(
        &self,
        alone: Alone,
        context: &Context,
        changes: &mut Vec<Change>,
        events: &mut Vec<bailee_ledger::event::Event>,
    ) -> Result<Learnt, AccessError> {
        match alone {
            Alone::ApproveGrant(id) | Alone::ReviewGrant(id) => {
                let entry = self.filed(id)?;
                // What others have decided in the ordinary way is not the outside's to stop.
                let is_open = match alone {
                    Alone::ApproveGrant(_) => entry.value.life == Life::Asked,
                    _ => entry.value.life.due_at().is_some(),
                };
                let ended = entry.value.life.end(context.now).filter(|_| is_open);
                let Some(life) = ended else { return Ok(Box::new(|_| {})) };
                let next = entry.next(Filed { life, ..entry.value.clone() });
                changes.push(self.sealer.put(&next)?);
                events.push(context.event(What::GrantRevoked { grant: id }));
                Ok(Box::new(|known| known.keep_grant(next)))
            }
            Alone::ApproveProposal(id) => {
                let entry = self.proposal_entry(id)?;
                let Some(stage) = entry.value.stage.refuse(None) else { return Ok(Box::new(|_| {})) };
                let next = entry.next(crate::proposal::Proposal { stage, ..entry.value.clone() });
                changes.push(self.sealer.put(&next)?);
                events.push(context.event(super::proposals::step(&next.value, "refused")?));
                Ok(Box::new(move |known| drop(known.proposals.insert(id, next))))
            }
        }
    }
}

impl Nod {
    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The event of it, if it is one.
    pub(super) fn event(&self) -> Option<What> {
        self.0.as_ref().map(|entry| step(&entry.value, "done"))
    }

    /// What is known once the act's commit is through.
    pub(super) fn keep(self, known: &mut Known) {
        if let Some(entry) = self.0 {
            known.waits.insert(entry.value.id, entry);
        }
    }
}

/// Whether somebody could approve what somebody else asks for.
pub(super) fn could_approve(person: &Person, now: Timestamp) -> bool {
    person.is_active(now) && approves(&person.roles)
}

/// Whether these are roles of somebody who approves what others ask for.
pub(super) fn approves(roles: &[Role]) -> bool {
    roles.iter().any(|role| matches!(role, Role::Owner | Role::Officer))
}

fn step(wait: &Wait, step: &str) -> What {
    What::Wait(event::Wait {
        wait: wait.id,
        act: wait.alone.code().into(),
        about: wait.alone.about(),
        step: step.into(),
    })
}

fn outside_first(words: String) -> Denial {
    Reason::OutsideFirst.denial(
        words,
        format!(
            "do it {} hours after that mail was taken; `bailee mail test` tries mail out",
            WAIT_SECONDS / (60 * 60)
        ),
    )
}
