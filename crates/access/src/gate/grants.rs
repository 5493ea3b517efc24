//! Grants: asked for, approved by somebody else, used, ended (1.3.a, 1.3.b).
//!
//! Every change is committed first, and then the rules go by it, under the lock that all writers hold.

use std::sync::MutexGuard;

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{
    Class, Day, GrantId, PersonId, PrincipalId, Purpose, RecordId, SellerId, Ticket, Timestamp,
};
use bailee_ledger::event::{Event, GrantAsked, What};
use bailee_store::act::Act;

use super::notices::{self, Filing};
use super::waits::Nod;
use super::{Caller, Gate};
use crate::decision::{Action, Reason};
use crate::error::{AccessError, Denial};
use crate::grant::{FIELDS_A_DAY_MAX, Filed, GRANT_DAYS_MAX, Life, Review, Spent, Wanted, parse_until};
use crate::person::{Role, normalised_mail};
use crate::register::Entry;
use crate::wait::Alone;

/// Most grants that a home remembers: all of them are held in memory.
const GRANTS_MAX: usize = 100_000;

/// Fields a day of a grant of which no number was said: a day's work of one person.
const FIELDS_A_DAY: u64 = 1_000;

/// A grant to be asked for.
pub struct AskedGrant<'a> {
    /// For whom: a person's mail or id, a service's name or id; the caller, where nobody is named.
    pub who: Option<&'a str>,
    /// Of which seller's data.
    pub seller: &'a SellerId,
    /// What of it.
    pub classes: Vec<Class>,
    /// For what.
    pub purpose: Purpose,
    /// Until when: a time, a day (to its end, UTC), or so long from now (`90m`, `8h`, `30d`).
    pub until: &'a str,
    /// Fields a day.
    pub fields_a_day: Option<u64>,
    /// The ticket that says why.
    pub ticket: Option<Ticket>,
}

/// What goes with a step of a grant: who is told of it, and what stands for a second person's word.
#[derive(Default)]
pub(super) struct Told {
    pub(super) notices: Filing,
    pub(super) nod: Nod,
}

impl Gate {
    /// May the caller ask for grants at all?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_ask_grant(&self, caller: &Caller) -> Result<(), AccessError> {
        self.allow(caller, &Action::AskGrant)
    }

    /// May the caller decide about grants at all?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_release_grant(&self, caller: &Caller) -> Result<(), AccessError> {
        self.allow(caller, &Action::ReleaseGrant)
    }

    /// Asks for a grant. Where the home asks for no second person, whoever may approve it has approved it with that.
    /// Writes `GrantAsked`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] says what is wrong with it.
    pub fn ask_grant(&self, caller: &Caller, asked: AskedGrant<'_>) -> Result<Filed, AccessError> {
        self.allow(caller, &Action::AskGrant)?;
        let wanted = self.wanted(caller, asked)?;
        let may_release =
            || self.rules().decide(self.subject(caller), &Action::ReleaseGrant, &self.circumstances(caller));
        let at_once = !self.standards.second_person && may_release().is_ok();
        let filed = self.file_asked(caller, wanted, at_once)?;
        self.begin_wait_if_alone(caller, Alone::ApproveGrant(filed.id))?;
        Ok(filed)
    }

    fn file_asked(&self, caller: &Caller, wanted: Wanted, at_once: bool) -> Result<Filed, AccessError> {
        let _writing = self.writing_as(caller)?;
        let id = self.new_grant_id()?;
        let (by, now) = (wanted.asked_by, wanted.asked_at);
        let mut events = vec![caller.context.event(asked_event(id, &wanted))];
        let mut life = Life::Asked;
        if at_once {
            life = Life::Live { by, since: now, review: Review::None };
            events.push(caller.context.event(What::GrantApproved { grant: id }));
        }
        let filed = Filed { id, wanted, life, used: None };
        self.file("ask-grant", Entry::first(RecordId(id.0), filed.clone()), events)?;
        Ok(filed)
    }

    /// Approves a grant that somebody else asked for. Approving what is live already changes nothing. Writes
    /// `GrantApproved`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Denied`] where the home asks for a second person and the caller is not
    /// one; [`AccessError::Unacceptable`] for what cannot be approved any more.
    pub fn approve_grant(&self, caller: &Caller, id: GrantId) -> Result<Filed, AccessError> {
        let (person, entry) = self.to_release(caller, id)?;
        if matches!(entry.value.life, Life::Live { .. }) {
            return Ok(entry.value);
        }
        let now = caller.context.now;
        if now >= entry.value.wanted.until {
            return Err(AccessError::Unacceptable("the time that was asked for is over; ask anew".into()));
        }
        let life = entry.value.life.approve(person, now).ok_or_else(|| no_more(&entry.value, now))?;
        let nod = self.second_person(caller, &entry.value)?;
        let writing = self.writing_as(caller)?;
        // By what is so now: since it was looked at, whoever asked may have left, or the caller been shown a key.
        self.check_asker(&entry.value.wanted, now)?;
        if nod.is_none() && self.takes_another(caller, &entry.value) {
            return Err(AccessError::Moved);
        }
        self.live_on_by(&writing, caller, &entry, life, What::GrantApproved { grant: id }, nod)
    }

    /// Refuses a grant that was asked for. Writes `GrantRefused`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] for what was decided already.
    pub fn refuse_grant(&self, caller: &Caller, id: GrantId) -> Result<Filed, AccessError> {
        let (person, entry) = self.to_release(caller, id)?;
        let life =
            entry.value.life.refuse(person).ok_or_else(|| no_more(&entry.value, caller.context.now))?;
        self.live_on(caller, &entry, life, What::GrantRefused { grant: id }, Nod::default())
    }

    /// Ends a grant at once; whoever it is for may, too. Writes `GrantRevoked`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] for what has ended already.
    pub fn revoke_grant(&self, caller: &Caller, id: GrantId) -> Result<Filed, AccessError> {
        let own = self.filed(id).is_ok_and(|entry| entry.value.wanted.principal == caller.context.principal);
        if !own {
            self.allow(caller, &Action::ReleaseGrant)?;
        }
        let (mut entry, now) = (self.filed(id)?, caller.context.now);
        let life = match entry.value.life.due_at() {
            Some(_) if now >= entry.value.wanted.until => return Err(no_more(&entry.value, now)),
            // What nobody approved opens nothing more, and is reviewed all the same.
            Some(_) => {
                entry.value.wanted.until = now;
                entry.value.life
            }
            None => entry.value.life.end(now).ok_or_else(|| no_more(&entry.value, now))?,
        };
        self.live_on(caller, &entry, life, What::GrantRevoked { grant: id }, Nod::default())
    }

    /// Every grant of somebody who is gone, as it is once it has ended.
    pub(super) fn ended_grants_of(&self, principal: PrincipalId, now: Timestamp) -> Vec<Entry<Filed>> {
        let known = self.known();
        let own = known.grants.values().filter(|entry| entry.value.wanted.principal == principal);
        own.filter_map(|entry| {
            let life = entry.value.life.end(now)?;
            Some(entry.next(Filed { life, ..entry.value.clone() }))
        })
        .collect()
    }

    /// The grants that the caller may see, in the order in which they were asked for: all of them for who grants, governs
    /// or checks access, else one's own.
    ///
    /// # Errors
    /// When the refusal of somebody who may see none cannot be written.
    pub fn grants(&self, caller: &Caller) -> Result<Vec<Filed>, AccessError> {
        let circumstances = self.circumstances(caller);
        let all = self.rules().decide(self.subject(caller), &Action::ReadAccess, &circumstances).is_ok();
        let known = self.known();
        let mut filed: Vec<Filed> = known.grants.values().map(|entry| entry.value.clone()).collect();
        filed.retain(|filed| all || filed.wanted.principal == caller.context.principal);
        filed.sort_by_key(|filed| (filed.wanted.asked_at, filed.id));
        Ok(filed)
    }

    /// Keeps what was spent more under each grant.
    pub(super) fn keep_spent(
        &self,
        now: Timestamp,
        before: &Spent,
        after: &Spent,
    ) -> Result<(), AccessError> {
        let more: Vec<(GrantId, u64)> =
            after.each().filter(|(grant, fields)| before.under(*grant) != *fields).collect();
        if more.is_empty() {
            return Ok(());
        }
        let _writing = self.writing();
        let today = Day::of(now);
        let entries: Vec<Entry<Filed>> = more
            .iter()
            .filter_map(|(grant, fields)| {
                let entry = self.known().grants.get(grant).cloned()?;
                Some(entry.next(Filed { used: Some((today, *fields)), ..entry.value.clone() }))
            })
            .collect();
        let changes = entries.iter().map(|entry| self.sealer.put(entry)).collect::<Result<_, _>>()?;
        self.commit_aside(Act { name: "spend", changes, events: Vec::new() }, |known| {
            entries.into_iter().for_each(|entry| known.keep_grant(entry));
        })
    }

    /// Takes up what was spent under each grant, as it is kept with it. Waits for whoever spends: the caller holds no lock
    /// that they wait for.
    pub(super) fn restore_spent(&self) {
        let mut spent: Vec<_> = {
            let known = self.known();
            let spent = |entry: &Entry<Filed>| {
                let Filed { id, ref wanted, used, .. } = entry.value;
                used.map(|(day, fields)| (day, wanted.principal, id, fields))
            };
            known.grants.values().filter_map(spent).collect()
        };
        // The latest day last: another day begins with nothing spent.
        spent.sort_by_key(|(day, ..)| *day);
        for (day, principal, grant, fields) in spent {
            self.spending.restore(principal, day, grant, fields);
        }
    }

    fn wanted(&self, caller: &Caller, asked: AskedGrant<'_>) -> Result<Wanted, AccessError> {
        let (person, _) = self.a_person(caller)?;
        let (asked_by, now) = (person.id, caller.context.now);
        let principal = match asked.who {
            None => PrincipalId::Person(asked_by),
            Some(who) => self.grantee(who, now)?,
        };
        if let PrincipalId::Person(id) = principal {
            let known = self.known();
            let is_operator =
                known.account(id).is_some_and(|entry| entry.value.person.roles.contains(&Role::Operator));
            if !is_operator {
                return Err(AccessError::Against(
                    Requirement::FineGrainedAccess,
                    "a grant opens nothing to a person without the role operator".into(),
                ));
            }
        }
        if self.existing(Some(asked.seller))?.is_none() {
            return Err(AccessError::Unacceptable(format!(
                "there is no such seller; add it with `bailee seller add {}`",
                asked.seller
            )));
        }
        let until = parse_until(asked.until, now)?;
        let days = i64::from(self.standards.values.grant_days_max).min(GRANT_DAYS_MAX);
        if until > saturating_add(now, days * DAY_SECONDS) {
            return Err(AccessError::Against(
                Requirement::NeedToKnow,
                format!("a grant ends after {days} days at most"),
            ));
        }
        let wanted = Wanted {
            principal,
            seller: asked.seller.clone(),
            classes: asked.classes,
            purpose: asked.purpose,
            until,
            fields_a_day: asked.fields_a_day.unwrap_or(FIELDS_A_DAY).min(FIELDS_A_DAY_MAX.saturating_add(1)),
            ticket: asked.ticket,
            asked_by,
            asked_at: now,
        };
        // The limits are those of the grant that it would become.
        let checked = wanted.granted(GrantId([0; 16]), asked_by, now).checked()?;
        Ok(Wanted { classes: checked.classes, ..wanted })
    }

    /// Whom a grant can be for: a person who may come in, or a service.
    fn grantee(&self, who: &str, now: Timestamp) -> Result<PrincipalId, AccessError> {
        let known = self.known();
        let by_mail = known.account_by_mail(&normalised_mail(who)).map(|entry| entry.value.person.id);
        let person = who.parse().ok().or(by_mail).or(match who.parse() {
            Ok(PrincipalId::Person(id)) => Some(id),
            _ => None,
        });
        let person = person.and_then(|id: PersonId| known.account(id));
        if let Some(entry) = person.filter(|entry| entry.value.person.is_active(now)) {
            return Ok(PrincipalId::Person(entry.value.person.id));
        }
        let services = known.services();
        let named = services.iter().map(|entry| &entry.value).find(|service| {
            service.name == who
                || service.id.to_string() == who
                || PrincipalId::Service(service.id).to_string() == who
        });
        named.map(|service| PrincipalId::Service(service.id)).ok_or_else(|| {
            AccessError::Unacceptable(
                "nobody here has that name; give a person's mail, or a service's name".into(),
            )
        })
    }

    /// A grant that somebody is about to decide about, who may.
    pub(super) fn to_release(
        &self,
        caller: &Caller,
        id: GrantId,
    ) -> Result<(PersonId, Entry<Filed>), AccessError> {
        self.allow(caller, &Action::ReleaseGrant)?;
        self.fresh_factor(caller, &Action::ReleaseGrant)?;
        let (person, _) = self.a_person(caller)?;
        Ok((person.id, self.filed(id)?))
    }

    /// Whoever asked must still be here: what somebody who is gone or suspended wanted is asked for anew.
    fn check_asker(&self, wanted: &Wanted, now: Timestamp) -> Result<(), AccessError> {
        let known = self.known();
        let asker = known.account(wanted.asked_by).map(|entry| &entry.value.person);
        match asker.is_some_and(|person| person.is_active(now)) {
            true => Ok(()),
            false => Err(AccessError::Unacceptable(
                "whoever asked for this may not come in any more; have it asked for anew".into(),
            )),
        }
    }

    /// Neither who asked nor who it is for approves it, where the home asks for a second person. For a service it is who knows
    /// a key of it, too: with that they would see what they approve.
    fn second_person(&self, caller: &Caller, filed: &Filed) -> Result<Nod, AccessError> {
        match self.takes_another(caller, filed) {
            false => Ok(Nod::default()),
            true => self.alone(caller, Alone::ApproveGrant(filed.id), &Action::ReleaseGrant, not_alone()),
        }
    }

    fn takes_another(&self, caller: &Caller, filed: &Filed) -> bool {
        let own = caller.context.principal;
        let is_first = own == filed.wanted.principal
            || own == PrincipalId::Person(filed.wanted.asked_by)
            || self.knows_a_key_of(own, filed.wanted.principal);
        is_first && self.standards.second_person
    }

    pub(super) fn live_on(
        &self,
        caller: &Caller,
        entry: &Entry<Filed>,
        life: Life,
        what: What,
        nod: Nod,
    ) -> Result<Filed, AccessError> {
        let writing = self.writing_as(caller)?;
        self.live_on_by(&writing, caller, entry, life, what, nod)
    }

    /// The same by whoever holds the lock of writers.
    fn live_on_by(
        &self,
        _writing: &MutexGuard<'_, ()>,
        caller: &Caller,
        entry: &Entry<Filed>,
        life: Life,
        what: What,
        nod: Nod,
    ) -> Result<Filed, AccessError> {
        let filed = Filed { life, ..entry.value.clone() };
        let mut events = vec![caller.context.event(what)];
        events.extend(nod.event().map(|what| caller.context.event(what)));
        let told = Told { notices: Filing::default(), nod };
        self.file_and_tell("decide-grant", entry.next(filed.clone()), events, told)?;
        Ok(filed)
    }

    /// Commits a grant as it stands now. The caller holds the lock of writers.
    fn file(&self, name: &'static str, entry: Entry<Filed>, events: Vec<Event>) -> Result<(), AccessError> {
        self.file_and_tell(name, entry, events, Told::default())
    }

    /// The same with what goes with it, in the same commit.
    pub(super) fn file_and_tell(
        &self,
        name: &'static str,
        entry: Entry<Filed>,
        events: Vec<Event>,
        told: Told,
    ) -> Result<(), AccessError> {
        let mut changes = vec![self.sealer.put(&entry)?];
        changes.extend(self.filed_changes(&told.notices)?);
        changes.extend(self.nod_changes(&told.nod)?);
        self.commit(Act { name, changes, events }, |known| {
            known.keep_grant(entry);
            notices::keep(known, told.notices);
            told.nod.keep(known);
        })
    }

    /// Has the rules go by the grants that are live now.
    pub(super) fn go_by_grants(&self) {
        let live: Vec<_> = self.known().grants.values().filter_map(|entry| entry.value.grant()).collect();
        self.keep_grants(live);
    }

    pub(super) fn filed(&self, id: GrantId) -> Result<Entry<Filed>, AccessError> {
        self.known().grants.get(&id).cloned().ok_or(AccessError::Missing("grant"))
    }

    pub(super) fn new_grant_id(&self) -> Result<GrantId, AccessError> {
        match self.known().grants.len() < GRANTS_MAX {
            true => Ok(GrantId::random(&*self.sealer.entropy)),
            false => Err(AccessError::Unacceptable(format!("a home remembers at most {GRANTS_MAX} grants"))),
        }
    }
}

fn asked_event(grant: GrantId, wanted: &Wanted) -> What {
    What::GrantAsked(GrantAsked {
        grant,
        grantee: wanted.principal,
        seller: wanted.seller.clone(),
        purpose: wanted.purpose,
        classes: wanted.classes.clone(),
        until: wanted.until,
        fields_a_day: wanted.fields_a_day,
        ticket: wanted.ticket.clone(),
    })
}

fn no_more(filed: &Filed, now: Timestamp) -> AccessError {
    AccessError::Unacceptable(format!("this grant is {} already", filed.state(now)))
}

pub(super) fn not_alone() -> Denial {
    let denial = Reason::SecondPerson
        .denial("nobody approves what they asked for themselves", "ask another owner or officer to do it");
    Denial { requirement: Requirement::NeedToKnow, ..denial }
}
