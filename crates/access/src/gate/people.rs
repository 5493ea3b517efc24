//! People: listed, suspended, unlocked, gone (1.2.a, 1.2.d, 1.2.f).

use std::sync::MutexGuard;

use bailee_core::{PersonId, PrincipalId, RequestId, ServiceId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{PersonLeft, What};
use bailee_store::act::Act;

use super::devices::told;
use super::{Caller, Gate};
use crate::account::Account;
use crate::decision::{Action, Reason};
use crate::error::{AccessError, Denial};
use crate::grant::Filed;
use crate::lockout::Whose;
use crate::person::{Person, Relation, Role, Standing};
use crate::register::Entry;
use crate::service::Service;
use crate::session::{FRESH_SECONDS_MAX, Session};

/// What ended with a person's access.
pub struct Left {
    /// Sessions that were open.
    pub sessions: u32,
    /// Services that have another owner now.
    pub services: u32,
    /// Keys that they know, of whichever service: documents are taken in by them for a day more, and nothing else.
    pub keys: u32,
}

impl Gate {
    /// Everybody who is or was here, in the order in which they came.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn people(&self, caller: &Caller) -> Result<Vec<(Person, bool)>, AccessError> {
        self.allow(caller, &Action::Administer)?;
        let known = self.known();
        let shown = |entry: &&Entry<Account>| (entry.value.person.clone(), entry.value.factors.is_enrolled());
        Ok(known.accounts().iter().map(shown).collect())
    }

    /// Keeps a person out until somebody lifts it; open sessions end. Writes `PersonSuspended`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] when the person is not active, or the last owner.
    pub fn suspend(&self, caller: &Caller, person: PersonId) -> Result<(), AccessError> {
        self.may_change_people(caller)?;
        let now = caller.context.now;
        let what = What::PersonSuspended { person, reason: "by-hand".into() };
        self.step(caller, person, |standing| standing.suspend(now).ok_or("is not active"), what)
    }

    /// Lifts a suspension. Writes `PersonResumed`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] when the person is not suspended.
    pub fn resume(&self, caller: &Caller, person: PersonId) -> Result<(), AccessError> {
        self.may_change_people(caller)?;
        self.somebody_else(caller, person)?;
        let what = What::PersonResumed { person };
        self.step(caller, person, |standing| standing.resume().ok_or("is not suspended"), what)
    }

    /// Ends all access of a person who leaves, at once and for good; services that they own go to the caller. Writes
    /// `PersonLeft` with the time at which it was told, as the proof against the 24 hours (1.2.d).
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] when the person has left already, or is the last owner.
    pub fn leave(&self, caller: &Caller, person: PersonId) -> Result<Left, AccessError> {
        self.may_change_people(caller)?;
        self.somebody_else(caller, person)?;
        let (heir, _) = self.a_person(caller)?;
        let writing = self.writing_as(caller)?;
        self.end_access(&writing, &caller.context, person, caller.context.now, heir.id)
    }

    /// Ends the access of everybody whose contract has ended: what nobody told, the calendar did. Called by the upkeep.
    ///
    /// # Errors
    /// When it cannot be written; nobody whose contract has ended comes in all the same.
    pub fn end_contracts(&self, request: RequestId, now: Timestamp) -> Result<(), AccessError> {
        self.follow()?;
        let over = |entry: &&Entry<Account>| {
            let person = &entry.value.person;
            person.relation.has_ended(now) && !matches!(person.standing, Standing::Left { .. })
        };
        let ended: Vec<Person> = self
            .known()
            .accounts()
            .into_iter()
            .filter(over)
            .map(|entry| entry.value.person.clone())
            .collect();
        for person in ended {
            let Relation::Contractor { last_day } = person.relation else { continue };
            let heir = self.first_owner(now, person.id).unwrap_or(person.id);
            let context = Context::system(request, now);
            let writing = self.writing();
            self.end_access(&writing, &context, person.id, last_day.plus(1).start(), heir)?;
        }
        Ok(())
    }

    /// Lifts the lock of an account; nobody lifts their own. That of a sole owner ends by itself after a day. Writes
    /// `AccountUnlocked`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Denied`] for one's own account.
    pub fn unlock(&self, caller: &Caller, person: PersonId) -> Result<(), AccessError> {
        self.may_change_people(caller)?;
        self.somebody_else(caller, person)?;
        let account = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let _writing = self.writing_as(caller)?;
        let (changes, doors) = self.lift(&account.value.person.mail);
        let events = vec![caller.context.event(What::AccountUnlocked { person })];
        self.commit(Act { name: "unlock", changes, events }, |known| {
            doors.into_iter().for_each(|whose| known.lockout.forget(whose));
        })
    }

    /// Whether somebody is kept out by failed log-ins.
    pub fn is_locked_out(&self, person: &Person, now: Timestamp) -> bool {
        Whose::at_every_door(&person.mail).into_iter().any(|whose| self.is_locked(whose, now))
    }

    /// Changes of people take the role, and a fresh second factor where the home asks for one (1.1.d).
    pub(super) fn may_change_people(&self, caller: &Caller) -> Result<(), AccessError> {
        self.allow(caller, &Action::Administer)?;
        self.fresh_factor(caller, &Action::Administer)
    }

    /// What is dangerous takes a second factor that was shown a short while ago, where the home asks for one.
    pub(super) fn fresh_factor(&self, caller: &Caller, action: &Action<'_>) -> Result<(), AccessError> {
        match caller.has_fresh_factor() || !self.standards.second_factor {
            true => Ok(()),
            false => self.refuse(&caller.context, action.code(), None, None, factor_stale()),
        }
    }

    /// Suspends whoever a grant is for, for a reason that the system found; who is not active stays as they are.
    pub(super) fn suspend_for(
        &self,
        context: &Context,
        filed: &Filed,
        reason: &'static str,
    ) -> Result<(), AccessError> {
        let PrincipalId::Person(person) = filed.wanted.principal else { return Ok(()) };
        let _writing = self.writing();
        let entry = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let Some(standing) = entry.value.person.standing.suspend(context.now) else { return Ok(()) };
        let suspended = What::PersonSuspended { person, reason: reason.into() };
        self.stand(context, &entry, standing, suspended)
    }

    fn somebody_else(&self, caller: &Caller, person: PersonId) -> Result<(), AccessError> {
        match caller.context.principal == PrincipalId::Person(person) {
            false => Ok(()),
            true => self.refuse(&caller.context, Action::Administer.code(), None, None, another_person()),
        }
    }

    /// Takes a person's standing one step on.
    fn step(
        &self,
        caller: &Caller,
        person: PersonId,
        step: impl FnOnce(Standing) -> Result<Standing, &'static str>,
        what: What,
    ) -> Result<(), AccessError> {
        let _writing = self.writing_as(caller)?;
        let entry = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let standing = step(entry.value.person.standing)
            .map_err(|is| AccessError::Unacceptable(format!("this person {is}")))?;
        if standing != Standing::Active {
            self.check_not_last_owner(&entry.value.person, caller.context.now)?;
        }
        self.stand(&caller.context, &entry, standing, what)
    }

    /// Commits where a person stands now; whoever is not active has no session. The caller holds the lock of writers.
    fn stand(
        &self,
        context: &Context,
        entry: &Entry<Account>,
        standing: Standing,
        what: What,
    ) -> Result<(), AccessError> {
        let mut account = entry.value.clone();
        account.person.standing = standing;
        let next = entry.next(account);
        let sessions = match standing {
            Standing::Active => Vec::new(),
            _ => self.known().sessions_of(next.value.person.id),
        };
        let mut changes = vec![self.sealer.put(&next)?];
        changes.extend(sessions.iter().map(Entry::<Session>::deletion));
        self.commit(Act { name: "stand", changes, events: vec![context.event(what)] }, |known| {
            sessions.iter().for_each(|session| known.drop_session(session.id));
            known.keep_account(next);
        })
    }

    /// Ends it, by whoever holds the lock of writers.
    fn end_access(
        &self,
        _writing: &MutexGuard<'_, ()>,
        context: &Context,
        person: PersonId,
        told_at: Timestamp,
        heir: PersonId,
    ) -> Result<Left, AccessError> {
        let entry = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let standing = entry.value.person.standing.leave(told_at, context.now);
        let standing =
            standing.ok_or_else(|| AccessError::Unacceptable("this person has left already".into()))?;
        if context.principal != PrincipalId::System {
            self.check_not_last_owner(&entry.value.person, context.now)?;
        }
        // What opened the account is gone with it; the id and the name stay, since events name them.
        let mut gone = Person { standing, ..entry.value.person.clone() };
        if entry.value.person.standing.is_invited() {
            // They were never here.
            gone.roles.clear();
        }
        let account = entry.next(Account::of(gone));
        let sessions = self.known().sessions_of(person);
        let devices = self.known().devices_of(person);
        let services = self.inherited(person, heir);
        let keys = self.keys_known_to(person, context.now);
        let left = Left { sessions: count(&sessions), services: count(&services), keys: count(&keys) };
        let Left { sessions: ended, services: moved, .. } = left;
        let mut events = vec![context.event(What::PersonLeft(PersonLeft {
            person,
            told_at,
            sessions: ended,
            services: moved,
        }))];
        let mut changes = vec![self.sealer.put(&account)?];
        changes.extend(sessions.iter().map(Entry::<Session>::deletion));
        changes.extend(devices.iter().map(Entry::deletion));
        events.extend(devices.iter().map(|one| context.event(told(person, Some(one.value.id), "ended"))));
        for service in &services {
            changes.push(self.sealer.put(service)?);
            events.push(context.event(What::ServiceOwnerChanged { service: service.value.id, owner: heir }));
        }
        let grants = self.ended_grants_of(PrincipalId::Person(person), context.now);
        for grant in &grants {
            changes.push(self.sealer.put(grant)?);
            events.push(context.event(What::GrantRevoked { grant: grant.value.id }));
        }
        self.commit(Act { name: "leave", changes, events }, |known| {
            grants.into_iter().for_each(|grant| known.keep_grant(grant));
            sessions.iter().for_each(|session| known.drop_session(session.id));
            devices.iter().for_each(|device| known.drop_device(device.value.id));
            services.into_iter().for_each(|service| known.keep_service(service));
            known.keep_account(account);
        })?;
        Ok(left)
    }

    /// The services of a person, as they are once somebody else owns them.
    fn inherited(&self, person: PersonId, heir: PersonId) -> Vec<Entry<Service>> {
        let known = self.known();
        let own = known.services().into_iter().filter(|entry| entry.value.owner == person);
        own.map(|entry| entry.next(Service { owner: heir, ..entry.value.clone() })).collect()
    }

    /// Somebody must be left who can invite others, and whose own contract does not end by itself.
    fn check_not_last_owner(&self, person: &Person, now: Timestamp) -> Result<(), AccessError> {
        let lasts = |other: &Person| {
            let is_owner = other.is_active(now) && other.roles.contains(&Role::Owner);
            other.id != person.id && is_owner && other.relation == Relation::Employee
        };
        let is_left = || self.known().accounts().iter().any(|entry| lasts(&entry.value.person));
        match person.roles.contains(&Role::Owner) && !is_left() {
            false => Ok(()),
            true => Err(AccessError::Unacceptable(
                "this is the last owner whose access does not end by itself; invite another one first, who then does it".into(),
            )),
        }
    }

    /// The owner who has been here longest, but for one person.
    fn first_owner(&self, now: Timestamp, but: PersonId) -> Option<PersonId> {
        let known = self.known();
        let people = known.accounts();
        let mut others = people.iter().map(|entry| &entry.value.person).filter(|person| person.id != but);
        others
            .find(|person| person.is_active(now) && person.roles.contains(&Role::Owner))
            .map(|owner| owner.id)
    }

    /// Commits an account.
    pub(super) fn put_account(
        &self,
        name: &'static str,
        entry: Entry<Account>,
        events: Vec<bailee_ledger::event::Event>,
    ) -> Result<(), AccessError> {
        let changes = vec![self.sealer.put(&entry)?];
        self.commit(Act { name, changes, events }, |known| known.keep_account(entry))
    }

    /// The service of that id.
    pub(super) fn service_entry(&self, id: ServiceId) -> Result<Entry<Service>, AccessError> {
        self.known().service(id).cloned().ok_or(AccessError::Missing("service"))
    }
}

fn count<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}

pub(super) fn factor_stale() -> Denial {
    Reason::SecondFactorStale.denial(
        format!("this takes a second factor that was shown within {} minutes", FRESH_SECONDS_MAX / 60),
        "show it again with `bailee person confirm`",
    )
}

fn another_person() -> Denial {
    Reason::AnotherPerson.denial("nobody does this for themselves", "ask another person whose role allows it")
}
