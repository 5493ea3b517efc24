//! Invitations: how somebody comes for the first time (1.2.a, 1.2.b, 1.3.b).
//!
//! Whoever could approve what takes two people is invited by two, once there are two: else an owner would invite their own second
//! person. Until somebody else has approved it, such an invitation opens nothing.

use std::sync::MutexGuard;

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{PersonId, ProposalId, RecordId, Sensitive, Timestamp};
use bailee_ledger::event::{InvitationReleased, What};
use bailee_store::act::Act;

use super::devices::no_device;
use super::log_in::Beginning;
use super::waits::approves;
use super::{Caller, Gate, Who};
use crate::account::{Account, Password};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::{ACCOUNT, Reason};
use crate::device::Place;
use crate::error::{AccessError, Denial};
use crate::password;
use crate::person::{NamedMail, Person, Relation, Role, Standing, check_roles};
use crate::proposal::{Proposal, Proposed};
use crate::register::Entry;
use crate::session::NewSession;
use crate::wait::Alone;

/// An invitation is good for so long.
const INVITATION_DAYS: i64 = 7;

/// Most people of a home: all of them are held in memory.
const PEOPLE_MAX: usize = 10_000;

/// A person to be invited.
pub struct NewPerson<'a> {
    /// `Name <mail>`.
    pub named: &'a str,
    /// What they shall do.
    pub roles: Vec<Role>,
    /// How they belong to the company.
    pub relation: Relation,
}

/// An invitation that was made.
pub struct Invited {
    /// The person; never used again.
    pub id: PersonId,
    /// Opens the acceptance, once.
    pub code: Sensitive<String>,
    /// The proposal that somebody else has to approve before the code opens anything, where it takes a second person.
    pub proposal: Option<ProposalId>,
}

impl Gate {
    /// Invites a person, with a code with which to come in once. Writes `PersonInvited`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] for a name that is nobody's own, an address that
    /// somebody has, or roles that do not go together.
    pub fn invite(&self, caller: &Caller, new: NewPerson<'_>) -> Result<Invited, AccessError> {
        self.may_change_people(caller)?;
        let (by, _) = self.a_person(caller)?;
        let named: NamedMail = new.named.parse()?;
        named.refuse_generic()?;
        let mut roles = new.roles;
        roles.sort_unstable();
        roles.dedup();
        check_roles(&roles, self.environment)?;
        let now = caller.context.now;
        if new.relation.has_ended(now) {
            return Err(AccessError::Unacceptable(
                "this contract has ended already; give a later last day".into(),
            ));
        }
        let id = PersonId::random(&*self.sealer.entropy);
        let (code, hash) = CredentialKind::Invitation.generate(&*self.sealer.entropy);
        let until = saturating_add(now, INVITATION_DAYS * DAY_SECONDS);
        let proposal = {
            let writing = self.writing_as(caller)?;
            let NamedMail { name, mail } = named;
            self.check_room(&mail)?;
            let is_held_back = self.takes_two_to_invite(&roles, by.id);
            let what = is_held_back.then(|| Proposed::Invite {
                person: id,
                named: format!("{name} <{mail}>"),
                roles: roles.clone(),
            });
            let standing = Standing::Invited { until, is_held_back };
            let person = Person { id, name, mail, roles, relation: new.relation, standing, since: now };
            let account = Account { invitation: Some(hash), ..Account::of(person) };
            let proposal = what.map(|what| Proposal::new(what, by.id, now, &*self.sealer.entropy));
            self.keep_invited(&writing, caller, account, until, proposal.as_ref())?;
            proposal.map(|proposal| proposal.id)
        };
        if let Some(id) = proposal {
            // Else it begins when approving is tried: the code is shown this once.
            let _ = self.begin_wait_if_alone(caller, Alone::ApproveProposal(id));
        }
        Ok(Invited { id, code, proposal })
    }

    /// Commits who is invited, with the proposal that waits for somebody else.
    fn keep_invited(
        &self,
        _writing: &MutexGuard<'_, ()>,
        caller: &Caller,
        account: Account,
        until: Timestamp,
        proposal: Option<&Proposal>,
    ) -> Result<(), AccessError> {
        let Person { id, ref roles, .. } = account.person;
        let roles = roles.iter().map(ToString::to_string).collect();
        let mut events = vec![caller.context.event(What::PersonInvited { person: id, roles, until })];
        let entry = Entry::first(RecordId(id.0), account);
        let mut changes = vec![self.sealer.put(&entry)?];
        let filed = proposal.map(|proposal| self.new_proposal(proposal.clone())).transpose()?;
        let filed = match filed {
            Some((filed, step)) => {
                changes.push(self.sealer.put(&filed)?);
                events.push(caller.context.event(step));
                Some(filed)
            }
            None => None,
        };
        self.commit(Act { name: "invite", changes, events }, |known| {
            known.keep_account(entry);
            filed.into_iter().for_each(|filed| drop(known.proposals.insert(filed.value.id, filed)));
        })
    }

    /// Whether somebody who could approve things is there already beside who invites one more, or a company of one has named
    /// somebody outside. Who is suspended counts: else whoever suspends others could invite who they like meanwhile.
    fn takes_two_to_invite(&self, roles: &[Role], by: PersonId) -> bool {
        let another = |person: &Person| {
            let is_here = matches!(person.standing, Standing::Active | Standing::Suspended { .. });
            person.id != by && is_here && approves(&person.roles)
        };
        let is_solo = self.standards.outside.is_some();
        self.standards.second_person
            && approves(roles)
            && (is_solo || self.known().accounts().iter().any(|entry| another(&entry.value.person)))
    }

    /// Lets an invitation open what it is for, which a second person approved. Doing it again changes nothing. Writes
    /// `InvitationReleased`.
    pub(super) fn release_invitation(&self, caller: &Caller, person: PersonId) -> Result<(), AccessError> {
        let _writing = self.writing_as(caller)?;
        let entry = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let Some(standing) = entry.value.person.standing.release() else { return Ok(()) };
        let mut account = entry.value.clone();
        account.person.standing = standing;
        let released = caller.context.event(What::InvitationReleased(InvitationReleased { person }));
        self.put_account("release-invitation", entry.next(account), vec![released])
    }

    /// Accepts an invitation with a password: the person is active, and in a session which opens nothing but the
    /// enrolment of a second factor where the home asks for one. Writes `InvitationAccepted`.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for a caller without an invitation, and a password that is too weak.
    pub fn accept(&self, caller: &Caller, password: &Sensitive<String>) -> Result<NewSession, AccessError> {
        self.a_person(caller)?;
        let Who::Invited(Person { id, name, mail, .. }) = &caller.who else {
            return Err(AccessError::Unacceptable("this is no invitation; log in instead".into()));
        };
        if self.standards.enrolled_device && caller.place == Place::Network {
            return self.refuse(&caller.context, ACCOUNT, None, None, no_device());
        }
        password::check(password, name, mail, &self.standards)?;
        let phc = self.hasher.hash(password, &*self.sealer.entropy)?;
        let now = caller.context.now;
        let entry = self.known().account(*id).cloned().ok_or(AccessError::Missing("person"))?;
        // Of two who accept at once, the second finds it accepted: the store refuses a version that is not the next.
        let standing = entry.value.person.standing.accept(now).ok_or(AccessError::Missing("invitation"))?;
        let mut account = entry.value.clone();
        account.person.standing = standing;
        account.invitation = None;
        account.password = Some(Password::first(phc, now));
        let begin = Beginning {
            person: *id,
            seen: entry.version,
            place: caller.place,
            account: Some(entry.next(account)),
            factor_at: None,
            signed_on: false,
            forgiven: None,
            events: vec![What::InvitationAccepted { person: *id }],
        };
        self.begin_session(begin, &caller.context)
    }

    /// Who has that invitation, while it opens its acceptance.
    pub(super) fn by_invitation(
        &self,
        code: &CredentialHash,
        now: Timestamp,
    ) -> Result<(Who, Option<Denial>), AccessError> {
        let known = self.known();
        let person = known.invited(code).map(|entry| &entry.value.person).ok_or_else(no_invitation)?;
        match person.standing {
            Standing::Invited { is_held_back: true, until } if now <= until => Err(held_back().into()),
            standing if standing.accept(now).is_some() => {
                Ok((Who::Invited(person.clone()), Some(to_accept())))
            }
            _ => Err(no_invitation().into()),
        }
    }

    fn check_room(&self, mail: &str) -> Result<(), AccessError> {
        let taken = self.is_somebodys(mail);
        let known = self.known();
        if self.standards.outside.as_deref() == Some(mail) {
            return Err(AccessError::Against(
                Requirement::NeedToKnow,
                "this address is told from outside of what takes two people, so it cannot be somebody's here"
                    .into(),
            ));
        }
        if taken {
            return Err(AccessError::Unacceptable("somebody here has this address already".into()));
        }
        match known.accounts().len() < PEOPLE_MAX {
            true => Ok(()),
            false => Err(AccessError::Unacceptable(format!("a home knows at most {PEOPLE_MAX} people"))),
        }
    }
}

fn no_invitation() -> Denial {
    Reason::UnknownCredential.denial(
        "this invitation was used, has ended, or is another home's",
        "ask the owner of this home to invite you again",
    )
}

fn to_accept() -> Denial {
    Reason::InvitationOpen.denial(
        "an invitation opens nothing but its acceptance",
        "accept it with `bailee person accept`, then log in",
    )
}

fn held_back() -> Denial {
    let denial = Reason::InvitationOpen.denial(
        "no second person has approved this invitation yet, and it opens nothing before",
        "have an owner or officer approve it who did not make it; `bailee proposal list` shows it",
    );
    Denial { requirement: Requirement::NeedToKnow, ..denial }
}
