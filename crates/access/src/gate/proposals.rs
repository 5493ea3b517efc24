//! Proposals: made by one person, approved by another, carried out as they were made, once (1.3.b).

use std::collections::BTreeSet;

use bailee_core::hold::LiftReason;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{
    PersonId, PrincipalId, ProposalId, RecordId, RequestId, SellerId, Sensitive, ServiceId, Timestamp,
};
use bailee_ledger::authorized::{
    Administer, Archive, Authorized, Classify, Context, Erase, Export, RunRetention,
};
use bailee_ledger::event::{self, Event, What};
use bailee_store::act::Act;

use super::grants::not_alone;
use super::services::Release;
use super::waits::Nod;
use super::{Caller, Gate};
use crate::decision::{Action, Circumstances, Subject};
use crate::error::AccessError;
use crate::proposal::{Proposal, Proposed, Stage};
use crate::register::Entry;
use crate::wait::Alone;

/// Most proposals that a home remembers: all of them are held in memory.
const PROPOSALS_MAX: usize = 10_000;

/// How long one is remembered from its making on: longer than any key lives that was held back by one. The ledger has them all.
const REMEMBERED_DAYS: i64 = 180;

/// The proof with which an approved proposal is carried out: once, by whoever approved it.
pub enum CarryOut {
    /// Decide that a field is a fact.
    Declassify(Authorized<Classify>),
    /// End the personal data of these records.
    Erase(Authorized<Erase>),
    /// Believe that time.
    ConfirmTime(Authorized<RunRetention>, Timestamp),
    /// Seal it to an offline key.
    Archive(Authorized<Archive>),
    /// Have a hold archive it from now on.
    Hold(Authorized<Archive>),
    /// End a hold.
    LiftHold(Authorized<Archive>, RecordId, LiftReason),
    /// Seal it to a registered recipient.
    Export(Authorized<Export>),
    /// Go on with an older keyring.
    AdoptKeyring(Authorized<Administer>),
    /// Show the code to whoever approved: the gate has done the rest itself.
    Invite(Sensitive<String>),
    /// End a seller.
    EndSeller(Authorized<Administer>),
    /// Nothing yet: whoever proposed it goes on with it, since what comes of it is for them ([`Gate::own_proposal`]).
    Proposer,
    /// Nothing: the gate has done it itself.
    Nothing,
}

impl Gate {
    /// May the caller decide about proposals at all?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_release_proposal(&self, caller: &Caller) -> Result<(), AccessError> {
        self.allow(caller, &Action::ReleaseProposal)
    }

    /// Proposes an act that takes two people, which the caller could do if it took one. Writes `Proposal`.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn propose(&self, caller: &Caller, proposed: Proposed) -> Result<Proposal, AccessError> {
        let circumstances = Circumstances { alone: false, ..self.circumstances(caller) };
        let actions = actions_of(&proposed);
        if actions.is_empty() {
            return Err(AccessError::Unacceptable("this names nothing that could be done".into()));
        }
        for action in actions {
            self.allow_in(caller, &action, &circumstances)?;
        }
        let (person, _) = self.a_person(caller)?;
        let proposal = {
            let _writing = self.writing_as(caller)?;
            let proposal = Proposal::new(proposed, person.id, caller.context.now, &*self.sealer.entropy);
            let (entry, step) = self.new_proposal(proposal.clone())?;
            self.keep_proposal("propose", entry, vec![caller.context.event(step)], Nod::default())?;
            proposal
        };
        self.begin_wait_if_alone(caller, Alone::ApproveProposal(proposal.id))?;
        Ok(proposal)
    }

    /// What a commit keeps and tells of a new proposal. The caller holds the lock of writers.
    pub(super) fn new_proposal(&self, proposal: Proposal) -> Result<(Entry<Proposal>, What), AccessError> {
        if self.known().proposals.len() >= PROPOSALS_MAX {
            return Err(AccessError::Unacceptable(format!(
                "a home remembers at most {PROPOSALS_MAX} proposals, each for {REMEMBERED_DAYS} days; wait until the oldest are \
                 forgotten"
            )));
        }
        let told = step(&proposal, "proposed")?;
        Ok((Entry::first(RecordId(proposal.id.0), proposal), told))
    }

    /// The proposals that the caller may see, in the order in which they were made: all of them for who grants, governs or
    /// checks access, else one's own.
    pub fn proposals(&self, caller: &Caller) -> Vec<Proposal> {
        let circumstances = self.circumstances(caller);
        let all = self.rules().decide(self.subject(caller), &Action::ReadAccess, &circumstances).is_ok();
        let own = |by: PersonId| caller.context.principal == PrincipalId::Person(by);
        let known = self.known();
        let seen = known.proposals.values().map(|entry| &entry.value);
        let mut seen: Vec<Proposal> = seen.filter(|one| all || own(one.by)).cloned().collect();
        seen.sort_by_key(|one| (one.at, one.id));
        seen
    }

    /// The name of a person, for who may see what they proposed or approved.
    pub fn person_called(&self, person: PersonId) -> Option<String> {
        self.known().account(person).map(|entry| entry.value.person.name.clone())
    }

    /// The name of a service, while it is one.
    pub fn service_called(&self, service: ServiceId) -> Option<String> {
        self.known().service(service).map(|entry| entry.value.name.clone())
    }

    /// Approves a proposal of somebody else; in a company of one also of one's own, once nobody outside has stopped it.
    /// Whoever gets the proof carries it out and says so with [`Self::proposal_done`]; where that was cut off it is approved
    /// again, by nobody who proposed it, and an invitation by whoever approved it alone. Writes `Proposal`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Denied`] for one's own; [`AccessError::Unacceptable`] for what was
    /// decided already, or whose proposer could not do it any more.
    pub fn approve_proposal(
        &self,
        caller: &Caller,
        id: ProposalId,
    ) -> Result<(Proposal, CarryOut), AccessError> {
        let (person, entry) = self.to_decide(caller, id)?;
        let proposal = &entry.value;
        let stage = proposal.stage.approve(person).ok_or_else(|| no_more(proposal, caller.context.now))?;
        self.check_proposer(proposal, caller)?;
        let is_first = proposal.by == person && self.standards.second_person;
        let proposal = if stage == proposal.stage {
            // Cut off, it is gone on with by whoever approved it: what it shows is theirs alone.
            let is_theirs = stage.approved_by() == Some(person);
            if !is_theirs && (is_first || matches!(proposal.proposed, Proposed::Invite { .. })) {
                let denial = not_alone();
                return self.refuse(&caller.context, Action::ReleaseProposal.code(), None, None, denial);
            }
            proposal.clone()
        } else {
            let nod = if is_first {
                self.alone(caller, Alone::ApproveProposal(id), &Action::ReleaseProposal, not_alone())?
            } else {
                Nod::default()
            };
            self.step_on(caller, &entry, stage, nod)?
        };
        let carry_out = match &proposal.proposed {
            Proposed::Declassify { .. } => {
                CarryOut::Declassify(self.mint.act(caller.context, Classify { fact: true }))
            }
            Proposed::ReleaseService { service, key, purposes, classes, .. } => {
                let release = Release { service: *service, purposes, classes, key: *key };
                self.release_service(caller, &release)?;
                CarryOut::Nothing
            }
            Proposed::Erase { records } => {
                let records = records.iter().map(|one| (one.seller.clone(), one.record)).collect();
                CarryOut::Erase(self.mint.act(caller.context, Erase { records }))
            }
            Proposed::Invite { person, .. } => CarryOut::Invite(self.release_invitation(caller, *person)?),
            Proposed::ConfirmTime { at } => {
                CarryOut::ConfirmTime(self.mint.act(caller.context, RunRetention), *at)
            }
            Proposed::Archive { .. } => CarryOut::Archive(self.mint.act(caller.context, Archive)),
            Proposed::Hold { .. } => CarryOut::Hold(self.mint.act(caller.context, Archive)),
            Proposed::LiftHold { hold, reason } => {
                CarryOut::LiftHold(self.mint.act(caller.context, Archive), *hold, *reason)
            }
            Proposed::Export { plan } => {
                CarryOut::Export(self.mint.act(caller.context, Export { seller: plan.seller.clone() }))
            }
            Proposed::AdoptKeyring { .. } => {
                CarryOut::AdoptKeyring(self.mint.act(caller.context, Administer))
            }
            Proposed::ExportKeyring { .. } | Proposed::SplitRootKey { .. } => CarryOut::Proposer,
            Proposed::EndSeller { .. } => CarryOut::EndSeller(self.mint.act(caller.context, Administer)),
        };
        Ok((proposal, carry_out))
    }

    /// An approved proposal was carried out. Writes `Proposal`.
    ///
    /// # Errors
    /// When it cannot be written: then it is approved again, and carrying it out again changes nothing.
    pub fn proposal_done(&self, caller: &Caller, id: ProposalId) -> Result<Proposal, AccessError> {
        let (entry, now) = (self.proposal_entry(id)?, caller.context.now);
        let stage = entry.value.stage.done(now).ok_or_else(|| no_more(&entry.value, now))?;
        self.step_on(caller, &entry, stage, Nod::default())
    }

    /// The newest proposal of the caller's own of exactly that, which is not decided against, not carried out and not over: of acts
    /// whose outcome is for whoever proposed them, who ask for it once more when it is approved.
    pub fn own_proposal(&self, caller: &Caller, proposed: &Proposed) -> Option<Proposal> {
        let PrincipalId::Person(person) = caller.context.principal else { return None };
        let known = self.known();
        let is_that = |one: &&Proposal| {
            one.by == person
                && one.proposed == *proposed
                && one.stage.expire().is_some()
                && !one.is_over(caller.context.now)
        };
        let own = known.proposals.values().map(|entry| &entry.value).filter(is_that);
        own.max_by_key(|one| (one.stage.approved_by().is_some(), one.at, one.id)).cloned()
    }

    /// Decides against a proposal. Writes `Proposal`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] for what was decided already.
    pub fn refuse_proposal(&self, caller: &Caller, id: ProposalId) -> Result<Proposal, AccessError> {
        let (person, entry) = self.to_decide(caller, id)?;
        let stage = entry.value.stage.refuse(Some(person));
        let stage = stage.ok_or_else(|| no_more(&entry.value, caller.context.now))?;
        self.step_on(caller, &entry, stage, Nod::default())
    }

    /// Takes back a proposal of one's own. Writes `Proposal`.
    ///
    /// # Errors
    /// [`AccessError::Missing`] for somebody else's; [`AccessError::Unacceptable`] for what was decided already.
    pub fn withdraw_proposal(&self, caller: &Caller, id: ProposalId) -> Result<Proposal, AccessError> {
        let (person, _) = self.a_person(caller)?;
        let entry = self.proposal_entry(id)?;
        if entry.value.by != person.id {
            return Err(AccessError::Missing("proposal of yours"));
        }
        let stage = entry.value.stage.withdraw();
        let stage = stage.ok_or_else(|| no_more(&entry.value, caller.context.now))?;
        self.step_on(caller, &entry, stage, Nod::default())
    }

    /// Ends the proposals whose time is over. Called by the upkeep.
    ///
    /// # Errors
    /// When it cannot be written; what is over is not approved all the same.
    pub fn end_proposals(&self, request: RequestId, now: Timestamp) -> Result<(), AccessError> {
        self.follow()?;
        let over = |entry: &&Entry<Proposal>| entry.value.is_over(now);
        let over: Vec<Entry<Proposal>> = self.known().proposals.values().filter(over).cloned().collect();
        for entry in over {
            let proposal = Proposal { stage: Stage::Expired, ..entry.value.clone() };
            let events = vec![Context::system(request, now).event(step(&proposal, "expired")?)];
            let _writing = self.writing();
            self.keep_proposal("end-proposal", entry.next(proposal), events, Nod::default())?;
        }
        self.forget_proposals(now)
    }

    /// Forgets what was decided long ago.
    fn forget_proposals(&self, now: Timestamp) -> Result<(), AccessError> {
        let _writing = self.writing();
        let is_old = |one: &Proposal| {
            one.stage.expire().is_none() && now > saturating_add(one.at, REMEMBERED_DAYS * DAY_SECONDS)
        };
        let old: Vec<Entry<Proposal>> =
            self.known().proposals.values().filter(|entry| is_old(&entry.value)).cloned().collect();
        if old.is_empty() {
            return Ok(());
        }
        let changes = old.iter().map(Entry::deletion).collect();
        self.commit(Act { name: "forget-proposals", changes, events: Vec::new() }, |known| {
            old.iter().for_each(|entry| drop(known.proposals.remove(&entry.value.id)));
        })
    }

    pub(super) fn proposal_entry(&self, id: ProposalId) -> Result<Entry<Proposal>, AccessError> {
        self.known().proposals.get(&id).cloned().ok_or(AccessError::Missing("proposal"))
    }

    /// A proposal that somebody is about to decide about, who may.
    fn to_decide(&self, caller: &Caller, id: ProposalId) -> Result<(PersonId, Entry<Proposal>), AccessError> {
        self.allow(caller, &Action::ReleaseProposal)?;
        self.fresh_factor(caller, &Action::ReleaseProposal)?;
        let (person, _) = self.a_person(caller)?;
        let entry = self.proposal_entry(id)?;
        match entry.value.is_over(caller.context.now) {
            true => Err(no_more(&entry.value, caller.context.now)),
            false => Ok((person.id, entry)),
        }
    }

    /// Whoever proposed it must still be somebody who may, but for the second person.
    fn check_proposer(&self, proposal: &Proposal, caller: &Caller) -> Result<(), AccessError> {
        let now = caller.context.now;
        let account = self.known().account(proposal.by).cloned();
        let person = account.map(|entry| entry.value.person).filter(|person| person.is_active(now));
        let may = person.is_some_and(|person| {
            if self.proposed_of_own(proposal) {
                return true;
            }
            let subject = Subject::Person { id: person.id, roles: &person.roles };
            let circumstances = Circumstances { alone: false, ..Circumstances::at(self.environment, now) };
            let may = |action| self.rules().decide(subject, &action, &circumstances).is_ok();
            actions_of(&proposal.proposed).into_iter().all(may)
        });
        match may {
            true => Ok(()),
            false => Err(AccessError::Unacceptable(
                "whoever proposed this may not do it any more; have it proposed anew".into(),
            )),
        }
    }

    /// Whether it is about a key of a service for which its proposer answers, which takes no role.
    fn proposed_of_own(&self, proposal: &Proposal) -> bool {
        match proposal.proposed {
            Proposed::ReleaseService { service, .. } => self.answers_for(proposal.by, service),
            Proposed::Declassify { .. }
            | Proposed::Erase { .. }
            | Proposed::Invite { .. }
            | Proposed::ConfirmTime { .. }
            | Proposed::Archive { .. }
            | Proposed::Hold { .. }
            | Proposed::LiftHold { .. }
            | Proposed::Export { .. }
            | Proposed::AdoptKeyring { .. }
            | Proposed::ExportKeyring { .. }
            | Proposed::SplitRootKey { .. }
            | Proposed::EndSeller { .. } => false,
        }
    }

    fn step_on(
        &self,
        caller: &Caller,
        entry: &Entry<Proposal>,
        stage: Stage,
        nod: Nod,
    ) -> Result<Proposal, AccessError> {
        let proposal = Proposal { stage, ..entry.value.clone() };
        let mut events = vec![caller.context.event(step(&proposal, stage.as_str())?)];
        events.extend(nod.event().map(|what| caller.context.event(what)));
        let _writing = self.writing_as(caller)?;
        if stage.approved_by().is_some() {
            // By what is so now: whoever proposed it may have left since.
            self.check_proposer(&entry.value, caller)?;
        }
        self.keep_proposal("decide-proposal", entry.next(proposal.clone()), events, nod)?;
        Ok(proposal)
    }

    /// Commits a proposal as it stands now. The caller holds the lock of writers.
    fn keep_proposal(
        &self,
        name: &'static str,
        entry: Entry<Proposal>,
        events: Vec<Event>,
        nod: Nod,
    ) -> Result<(), AccessError> {
        let mut changes = vec![self.sealer.put(&entry)?];
        changes.extend(self.nod_changes(&nod)?);
        self.commit(Act { name, changes, events }, |known| {
            known.proposals.insert(entry.value.id, entry);
            nod.keep(known);
        })
    }
}

/// What it takes to propose it.
fn actions_of(proposed: &Proposed) -> Vec<Action<'_>> {
    match proposed {
        Proposed::Declassify { .. } => vec![Action::Declassify],
        Proposed::Erase { records } => {
            let sellers: BTreeSet<&SellerId> = records.iter().map(|one| &one.seller).collect();
            sellers.into_iter().map(Action::Erase).collect()
        }
        Proposed::ConfirmTime { .. } => vec![Action::RunRetention],
        Proposed::Archive { .. } | Proposed::Hold { .. } | Proposed::LiftHold { .. } => vec![Action::Archive],
        Proposed::Export { plan } => vec![Action::ExportInBulk(&plan.seller)],
        Proposed::ReleaseService { .. }
        | Proposed::Invite { .. }
        | Proposed::AdoptKeyring { .. }
        | Proposed::ExportKeyring { .. }
        | Proposed::SplitRootKey { .. }
        | Proposed::EndSeller { .. } => vec![Action::Administer],
    }
}

pub(super) fn step(proposal: &Proposal, step: &str) -> Result<What, AccessError> {
    Ok(What::Proposal(event::Proposal {
        proposal: proposal.id,
        act: proposal.proposed.code().into(),
        step: step.into(),
        content: proposal.content()?,
    }))
}

fn no_more(proposal: &Proposal, now: Timestamp) -> AccessError {
    AccessError::Unacceptable(format!("this proposal is {} already", proposal.state(now)))
}
