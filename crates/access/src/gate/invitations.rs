//! Invitations: how somebody comes for the first time (1.2.a, 1.2.b, 1.3.b).
//!
//! Whoever could approve what takes two people is invited by two, once there are two: else an owner would invite their own second
//! person. Until somebody else has approved it, such an invitation opens nothing.

use std::sync::MutexGuard;

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{PersonId, ProposalId, RecordId, Sensitive, Timestamp};
use bailee_ledger::event::{InvitationReleased, PersonLeft, What};
use bailee_store::act::Act;

use super::devices::{no_device, told};
use super::log_in::Beginning;
use super::waits::approves;
use super::{Caller, Gate, Who};
use crate::account::{Account, Password};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::{ACCOUNT, Reason};
use crate::device::Place;
use crate::error::{AccessError, Denial};
use crate::password;
use crate::person::{NamedMail, Person, Relation, Role, Second, Standing, check_roles};
use crate::proposal::{Proposal, Proposed};
use crate::register::{Entry, Known};
use crate::session::NewSession;
use crate::standards::Standards;
use crate::wait::Alone;

/// An invitation is good for so long.
const INVITATION_DAYS: i64 = 7;

/// For so long after somebody left who could approve things nobody invites the next alone: as long as a proposal waits.
pub(super) const LEFT_DAYS: i64 = 7;

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
            let dead = self.dead_invitation(&mail, now);
            self.check_room(&mail, dead.is_some())?;
            self.check_left(&roles, by.id, now)?;
            let takes_two = takes_two(&self.known(), &self.standards, &roles, by.id);
            let what = takes_two.then(|| Proposed::Invite {
                person: id,
                named: format!("{name} <{mail}>"),
                roles: roles.clone(),
            });
            let second = if takes_two { Second::Awaited } else { Second::None };
            let standing = Standing::Invited { until, second };
            let person = Person { id, name, mail, roles, relation: new.relation, standing, since: now };
            let account = Account { invitation: Some(hash), invited_by: Some(by.id), ..Account::of(person) };
            let proposal = what.map(|what| Proposal::new(what, by.id, now, &*self.sealer.entropy));
            self.keep_invited(&writing, caller, account, (dead, proposal.as_ref()))?;
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
        (dead, proposal): (Option<Entry<Account>>, Option<&Proposal>),
    ) -> Result<(), AccessError> {
        let Person { id, ref roles, standing, .. } = account.person;
        let Standing::Invited { until, .. } = standing else {
            return Err(AccessError::Missing("invitation"));
        };
        let roles = roles.iter().map(ToString::to_string).collect();
        let mut events = vec![caller.context.event(What::PersonInvited { person: id, roles, until })];
        let entry = Entry::first(RecordId(id.0), account);
        let mut changes = vec![self.sealer.put(&entry)?];
        if let Some(dead) = &dead {
            changes.push(self.sealer.put(dead)?);
            let (person, told_at) = (dead.value.person.id, caller.context.now);
            let left = What::PersonLeft(PersonLeft { person, told_at, sessions: 0, services: 0 });
            events.push(caller.context.event(left));
        }
        let devices =
            dead.as_ref().map(|dead| self.known().devices_of(dead.value.person.id)).unwrap_or_default();
        for device in &devices {
            changes.push(device.deletion());
            events.push(caller.context.event(told(device.value.person, Some(device.value.id), "ended")));
        }
        let filed = proposal.map(|proposal| self.new_proposal(proposal.clone())).transpose()?;
        if let Some((filed, step)) = &filed {
            changes.push(self.sealer.put(filed)?);
            events.push(caller.context.event(step.clone()));
        }
        self.commit(Act { name: "invite", changes, events }, |known| {
            dead.into_iter().for_each(|dead| known.keep_account(dead));
            devices.iter().for_each(|device| known.drop_device(device.value.id));
            known.keep_account(entry);
            filed.into_iter().for_each(|(filed, _)| drop(known.proposals.insert(filed.value.id, filed)));
        })
    }

    /// Whoever was invited under an address by an invitation that opens nothing any more, as somebody who is gone. They were
    /// never here, and so keep no role.
    fn dead_invitation(&self, mail: &str, now: Timestamp) -> Option<Entry<Account>> {
        let known = self.known();
        let entry = known.account_by_mail(mail)?;
        let person = &entry.value.person;
        let standing = match person.standing {
            Standing::Invited { .. } if self.is_dead(&known, &entry.value, now) => {
                person.standing.leave(now, now)?
            }
            _ => return None,
        };
        Some(entry.next(Account::of(Person { standing, roles: Vec::new(), ..person.clone() })))
    }

    /// Whether an invitation opens nothing, and will not either.
    fn is_dead(&self, known: &Known, account: &Account, now: Timestamp) -> bool {
        opens(known, &self.standards, account, now).is_err() && !is_proposed(known, account.person.id, now)
    }

    /// Nobody is rid of the second person by letting them leave, and invites another at once.
    fn check_left(&self, roles: &[Role], by: PersonId, now: Timestamp) -> Result<(), AccessError> {
        let known = self.known();
        if !self.standards.second_person || !approves(roles) || takes_two(&known, &self.standards, roles, by)
        {
            return Ok(());
        }
        let left = known.accounts().into_iter().filter_map(|entry| match entry.value.person.standing {
            Standing::Left { ended_at, .. } if approves(&entry.value.person.roles) => Some(ended_at),
            _ => None,
        });
        let from = left.max().map(|ended_at| saturating_add(ended_at, LEFT_DAYS * DAY_SECONDS));
        match from.filter(|from| now < *from) {
            None => Ok(()),
            Some(from) => Err(AccessError::Against(
                Requirement::NeedToKnow,
                format!(
                    "whoever could have approved this has left; from {from} on you may do it alone, so that who is surprised by \
                     that has time to say so"
                ),
            )),
        }
    }

    /// Lets an invitation open what it is for, which a second person approved; the code that its acceptance takes from now on,
    /// too. So neither of the two who know a code is the one who comes. Writes `InvitationReleased`.
    pub(super) fn release_invitation(
        &self,
        caller: &Caller,
        person: PersonId,
    ) -> Result<Sensitive<String>, AccessError> {
        let _writing = self.writing_as(caller)?;
        let entry = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let standing = entry.value.person.standing.release().ok_or_else(|| {
            AccessError::Unacceptable("this person was invited anew, or has come in already".into())
        })?;
        let (code, hash) = CredentialKind::Invitation.generate(&*self.sealer.entropy);
        let mut account = Account { approval: Some(hash), ..entry.value.clone() };
        account.person.standing = standing;
        let released = caller.context.event(What::InvitationReleased(InvitationReleased { person }));
        self.put_account("release-invitation", entry.next(account), vec![released])?;
        Ok(code)
    }

    /// Accepts an invitation with a password: the person is active, and in a session which opens nothing but the
    /// enrolment of a second factor where the home asks for one. Writes `InvitationAccepted`.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for a caller without an invitation, and a password that is too weak;
    /// [`AccessError::Denied`] where it takes the code of whoever approved it, too, and that is none.
    pub fn accept(
        &self,
        caller: &Caller,
        password: &Sensitive<String>,
        approval: Option<&Sensitive<String>>,
    ) -> Result<NewSession, AccessError> {
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
        let shown = approval.map(|code| CredentialHash::of(code.expose()));
        if entry.value.approval.is_some_and(|kept| !shown.is_some_and(|shown| kept.matches(&shown))) {
            return self.refuse(&caller.context, ACCOUNT, None, None, approval_missing());
        }
        if !self.invitation_opens(&entry.value, now) {
            return Err(AccessError::Missing("invitation"));
        }
        // Of two who accept at once, the second finds it accepted: the store refuses a version that is not the next.
        let standing = entry.value.person.standing.accept(now).ok_or(AccessError::Missing("invitation"))?;
        let mut account = entry.value.clone();
        account.person.standing = standing;
        (account.invitation, account.approval) = (None, None);
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
        let account = known.invited(code).map(|entry| &entry.value).ok_or_else(no_invitation)?;
        opens(&known, &self.standards, account, now)?;
        Ok((Who::Invited(account.person.clone()), Some(to_accept())))
    }

    /// Whether an account's invitation opens its acceptance, to somebody who has it.
    pub(super) fn invitation_opens(&self, account: &Account, now: Timestamp) -> bool {
        opens(&self.known(), &self.standards, account, now).is_ok()
    }

    fn check_room(&self, mail: &str, is_free: bool) -> Result<(), AccessError> {
        let taken = !is_free && self.is_somebodys(mail);
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

/// Whether somebody who could approve things is there already beside who invites one more, or a company of one has named
/// somebody outside. Who is suspended counts: else whoever suspends others could invite who they like meanwhile.
fn takes_two(known: &Known, standards: &Standards, roles: &[Role], by: PersonId) -> bool {
    let another = |person: &Person| {
        let is_here = matches!(person.standing, Standing::Active | Standing::Suspended { .. });
        person.id != by && is_here && approves(&person.roles)
    };
    let is_solo = standards.outside.is_some();
    standards.second_person
        && approves(roles)
        && (is_solo || known.accounts().iter().any(|entry| another(&entry.value.person)))
}

/// Whether somebody may still approve the invitation of a person.
fn is_proposed(known: &Known, person: PersonId, now: Timestamp) -> bool {
    known.proposals.values().map(|entry| &entry.value).any(|one| {
        let is_it = matches!(one.proposed, Proposed::Invite { person: of, .. } if of == person);
        is_it && !one.is_over(now) && one.stage.expire().is_some()
    })
}

/// Why an account's invitation opens nothing, if it does not. Whoever made it knows it, and so it ends with them.
fn opens(known: &Known, standards: &Standards, account: &Account, now: Timestamp) -> Result<(), Denial> {
    let person = &account.person;
    let is_here = |by: PersonId| known.account(by).is_some_and(|entry| entry.value.person.is_active(now));
    match person.standing {
        Standing::Invited { until, .. } if now > until || is_ahead(person.since, now) => Err(no_invitation()),
        Standing::Invited { second: Second::Awaited, .. } if is_proposed(known, person.id, now) => {
            Err(held_back())
        }
        Standing::Invited { second: Second::Awaited, .. } => Err(not_approved()),
        Standing::Invited { .. } if account.invited_by.is_some_and(|by| !is_here(by)) => Err(inviter_gone()),
        // There was nobody else then.
        Standing::Invited { second: Second::None, .. }
            if account.invited_by.is_some_and(|by| takes_two(known, standards, &person.roles, by)) =>
        {
            Err(made_alone())
        }
        Standing::Invited { .. } => Ok(()),
        _ => Err(no_invitation()),
    }
}

const ANEW: &str = "ask an owner of this home to invite you anew";

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
    closed(
        Requirement::NeedToKnow,
        "no second person has approved this invitation yet, and it opens nothing before",
        "have an owner or officer approve it who did not make it; `bailee proposal list` shows it",
    )
}

fn not_approved() -> Denial {
    let words = "no second person has approved this invitation, and nobody can any more";
    closed(Requirement::NeedToKnow, words, ANEW)
}

fn inviter_gone() -> Denial {
    let words = "whoever made this invitation may not come in any more, and so it opens nothing";
    closed(Requirement::AccessReview, words, ANEW)
}

fn made_alone() -> Denial {
    let words = "this invitation was made by one person while there was no other, and by now it takes two";
    closed(Requirement::NeedToKnow, words, ANEW)
}

/// Why an invitation that was genuine opens nothing.
fn closed(requirement: Requirement, words: &str, remedy: &str) -> Denial {
    Denial { requirement, ..Reason::InvitationOpen.denial(words, remedy) }
}

fn approval_missing() -> Denial {
    Reason::ApprovalMissing.denial(
        "accepting this invitation also takes the code of whoever approved it",
        "ask them for it, and show it with `bailee person accept --code-stdin`",
    )
}
