//! Keys of services: what each of them opens, renewed, ended.

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{PersonId, PrincipalId, ProposalId, RecordId, Sensitive, ServiceId, Timestamp};
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::{Caller, Gate, Presented, Who};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::{Action, Reason};
use crate::error::{AccessError, Denial};
use crate::person::Standing;
use crate::proposal::{Proposal, Proposed};
use crate::register::{Entry, Known};
use crate::service::{KEYS_MAX, KeyAge, Opens, RENEWAL_DAYS, Service, ServiceKey};
use crate::wait::Alone;

/// A key that somebody knows who has left takes documents in for so long: within a day nobody who left has access (1.2.d).
const LEFT_SECONDS_MAX: i64 = DAY_SECONDS;

/// A new key of a service.
pub struct NewKey {
    /// The service.
    pub service: ServiceId,
    /// Names the key; opens nothing.
    pub id: RecordId,
    /// The key. Shown once.
    pub key: Sensitive<String>,
    /// The last instant at which it opens anything but its renewal.
    pub ends_at: Timestamp,
    /// What a second person has to approve first; until then documents are taken in by it, and no more.
    pub proposal: Option<ProposalId>,
}

impl Gate {
    /// Gives a service another key; what it has goes on until its own end. A service renews itself, also with a key that
    /// has ended and opens nothing else any more, and the new key is as trusted as that one. A person is shown what they
    /// may not have known before: where the home asks for a second person, it takes one for the key to show anything. Writes
    /// `ServiceKeyAdded`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Denied`] for a key that is not trusted, or a second factor that is not
    /// fresh; [`AccessError::Unacceptable`] where there are two keys already that have not ended.
    pub fn renew_key(&self, caller: &Caller, service: ServiceId) -> Result<NewKey, AccessError> {
        let (known_to, is_held_back) = self.to_renew(caller, service)?;
        let writing = self.writing_as(caller)?;
        let entry = self.service_entry(service)?;
        let (now, values) = (caller.context.now, &self.standards.values);
        let is_live = |key: &ServiceKey| matches!(key.age(now, values), KeyAge::Fresh | KeyAge::Aging);
        let (mut keys, ended): (Vec<_>, Vec<_>) = entry.value.keys.iter().cloned().partition(is_live);
        if keys.len() >= KEYS_MAX {
            return Err(AccessError::Unacceptable(format!(
                "this service has {KEYS_MAX} keys already; end the older one with `bailee service end-key`"
            )));
        }
        let (key, hash): (_, CredentialHash) = CredentialKind::ServiceKey.generate(&*self.sealer.entropy);
        let new = ServiceKey { is_held_back, ..ServiceKey::new(hash, now, known_to) };
        let (id, ends_at) = (new.id, new.ends_at(values));
        let proposal = self.release_of_key(&entry.value, &new, now)?;
        keys.push(new);
        let next = entry.next(Service { keys, ..entry.value.clone() });
        let ended = ended.into_iter().map(|key| What::ServiceKeyEnded { service, key: key.id });
        let events = std::iter::once(What::ServiceKeyAdded { service, key: id }).chain(ended);
        let mut events: Vec<_> = events.map(|what| caller.context.event(what)).collect();
        let mut changes = vec![self.sealer.put(&next)?];
        if let Some((entry, step)) = &proposal {
            changes.push(self.sealer.put(entry)?);
            events.push(caller.context.event(step.clone()));
        }
        let to_approve = proposal.as_ref().map(|(entry, _)| entry.value.id);
        self.commit(Act { name: "renew-key", changes, events }, |known| {
            known.keep_service(next);
            known.proposals.extend(proposal.map(|(entry, _)| (entry.value.id, entry)));
        })?;
        drop(writing);
        if let Some(proposal) = to_approve {
            // Else it begins when approving is tried: the key is shown this once.
            let _ = self.begin_wait_if_alone(caller, Alone::ApproveProposal(proposal));
        }
        Ok(NewKey { service, id, key, ends_at, proposal: to_approve })
    }

    /// Ends a key of a service at once. Writes `ServiceKeyEnded`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Missing`] when the service has none of that name.
    pub fn end_key(&self, caller: &Caller, service: ServiceId, key: RecordId) -> Result<(), AccessError> {
        self.may_keep_keys_of(caller, service)?;
        let _writing = self.writing_as(caller)?;
        let entry = self.service_entry(service)?;
        let mut keys = entry.value.keys.clone();
        keys.retain(|kept| kept.id != key);
        if keys.len() == entry.value.keys.len() {
            return Err(AccessError::Missing("key"));
        }
        let next = entry.next(Service { keys, ..entry.value.clone() });
        let events = vec![caller.context.event(What::ServiceKeyEnded { service, key })];
        let act = Act { name: "end-key", changes: vec![self.sealer.put(&next)?], events };
        self.commit(act, |known| known.keep_service(next))
    }

    /// What a key opens now.
    pub fn opens(&self, key: &ServiceKey, now: Timestamp) -> Opens {
        match self.lacking(&self.known(), key, now) {
            Ok(None) => Opens::All,
            Ok(Some(denial)) if denial.leaves_intake() => Opens::Intake,
            Ok(Some(_)) => Opens::Renewal,
            Err(_) => Opens::Nothing,
        }
    }

    /// The keys that somebody knows and that open anything.
    pub(super) fn keys_known_to(&self, person: PersonId, now: Timestamp) -> Vec<RecordId> {
        let known = self.known();
        let keys = known.services().into_iter().flat_map(|entry| &entry.value.keys);
        let live = keys.filter(|key| key.known_to == person && self.lacking(&known, key, now).is_ok());
        live.map(|key| key.id).collect()
    }

    /// When the key that is shown ends, where it is time to renew it.
    pub fn ending_key(&self, presented: &Presented) -> Option<Timestamp> {
        let hash = CredentialHash::of(presented.bearer.as_ref()?.expose());
        let known = self.known();
        let (_, key) = known.service_by_key(&hash)?;
        let values = &self.standards.values;
        (key.age(presented.now, values) != KeyAge::Fresh).then(|| key.ends_at(values))
    }

    /// What keeps a key from all that its service may: none, or a refusal after which its renewal or intake is left; an
    /// error, where nothing is.
    pub(super) fn lacking(
        &self,
        known: &Known,
        key: &ServiceKey,
        now: Timestamp,
    ) -> Result<Option<Denial>, Denial> {
        let days = self.standards.values.key_days_max;
        let distrust = distrust(known, key, now)?;
        match key.age(now, &self.standards.values) {
            KeyAge::Fresh | KeyAge::Aging => Ok(distrust),
            // A key that is not trusted does not renew itself either.
            KeyAge::Ended => distrust.map_or_else(|| Ok(Some(key_too_old(days))), Err),
            KeyAge::Forgotten => Err(key_too_old(days)),
        }
    }

    /// Who will know a new key, and whether it takes a second person to show anything by it.
    fn to_renew(&self, caller: &Caller, service: ServiceId) -> Result<(PersonId, bool), AccessError> {
        self.may_keep_keys_of(caller, service)?;
        if let Who::Service(own) = &caller.who {
            let key = own.keys.first().ok_or(AccessError::Missing("key"))?;
            let distrust = distrust(&self.known(), key, caller.context.now).unwrap_or_else(Some);
            if let Some(denial) = distrust {
                return self.refuse(&caller.context, Action::Administer.code(), None, None, denial);
            }
            return Ok((key.known_to, false));
        }
        self.fresh_factor(caller, &Action::Administer)?;
        let (person, _) = self.a_person(caller)?;
        let known_before = |key: &ServiceKey| key.known_to == person.id && !key.is_held_back;
        let entry = self.service_entry(service)?;
        let is_new = !entry.value.keys.iter().any(known_before);
        Ok((person.id, is_new && self.standards.second_person && self.shows_anything(&entry.value)))
    }

    /// Whether anything is revealed to a service, now or once a proposal is approved.
    fn shows_anything(&self, service: &Service) -> bool {
        let granted = || {
            let principal = PrincipalId::Service(service.id);
            self.known().grants.values().any(|grant| grant.value.wanted.principal == principal)
        };
        !service.purposes.is_empty() || !service.classes.is_empty() || granted()
    }

    /// The proposal that a key that is held back waits for.
    fn release_of_key(
        &self,
        service: &Service,
        key: &ServiceKey,
        now: Timestamp,
    ) -> Result<Option<(Entry<Proposal>, What)>, AccessError> {
        if !key.is_held_back {
            return Ok(None);
        }
        let what = Proposed::ReleaseService {
            service: service.id,
            sellers: service.sellers.clone(),
            purposes: service.purposes.clone(),
            classes: service.classes.clone(),
        };
        let proposal = Proposal::new(what, key.known_to, now, &*self.sealer.entropy);
        self.new_proposal(proposal).map(Some)
    }

    /// A service keeps its own keys; so does the person who answers for it, and who administers.
    fn may_keep_keys_of(&self, caller: &Caller, service: ServiceId) -> Result<(), AccessError> {
        let own = match caller.context.principal {
            PrincipalId::Service(own) => own == service,
            PrincipalId::Person(person) => self.answers_for(person, service),
            _ => false,
        };
        if own { Ok(()) } else { self.allow(caller, &Action::Administer) }
    }

    /// Whether a person is the one who answers for a service.
    pub(super) fn answers_for(&self, person: PersonId, service: ServiceId) -> bool {
        self.service_entry(service).is_ok_and(|entry| entry.value.owner == person)
    }
}

/// Why a key is not trusted with more than intake; an error once it is not trusted with that either.
fn distrust(known: &Known, key: &ServiceKey, now: Timestamp) -> Result<Option<Denial>, Denial> {
    let Some(account) = known.account(key.known_to) else { return Err(known_to_a_leaver()) };
    let person = &account.value.person;
    match person.standing {
        Standing::Left { told_at, .. } if now > saturating_add(told_at, LEFT_SECONDS_MAX) => {
            Err(known_to_a_leaver())
        }
        _ if !person.is_active(now) => Ok(Some(known_to_a_leaver())),
        _ => Ok(key.is_held_back.then(held_back)),
    }
}

fn key_too_old(days: u16) -> Denial {
    Reason::KeyTooOld.denial(
        format!("this key is older than {days} days and opens nothing but its renewal, for {RENEWAL_DAYS} days more"),
        "renew it with `bailee service renew`, and use the new key",
    )
}

fn known_to_a_leaver() -> Denial {
    Reason::KeyNotTrusted.denial(
        "somebody knows this key who may not come in any more: it takes documents in for a day, and opens nothing else",
        "have the owner of this home make the next one with `bailee service renew`, and use that",
    )
}

fn held_back() -> Denial {
    let denial = Reason::KeyNotTrusted.denial(
        "no second person has approved yet that this key shows anything: it takes documents in, and opens nothing else",
        "have somebody approve it who does not know the key; `bailee proposal list` shows it",
    );
    Denial { requirement: Requirement::NeedToKnow, ..denial }
}
