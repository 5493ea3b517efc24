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
use crate::service::{Form, KEYS_MAX, KeyAge, Opens, RENEWAL_DAYS, Service, ServiceKey, Times};
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

/// Who will know what a service is given.
#[derive(Clone, Copy)]
pub(super) struct Knower {
    pub(super) known_to: PersonId,
    /// Whether they are shown it themselves, and it is not the service that makes its next.
    is_shown: bool,
}

/// What a service was given.
pub(super) struct Given {
    pub(super) id: RecordId,
    pub(super) ends_at: Timestamp,
    pub(super) proposal: Option<ProposalId>,
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
        let knower = self.to_renew(caller, service)?;
        let (key, hash): (_, CredentialHash) = CredentialKind::ServiceKey.generate(&*self.sealer.entropy);
        let new = ServiceKey::new(hash, caller.context.now, knower.known_to);
        let Given { id, ends_at, proposal } = self.give(caller, service, new, knower)?;
        Ok(NewKey { service, id, key, ends_at, proposal })
    }

    /// Gives a service what it shows from now on, beside what it has that has not ended. Writes `ServiceKeyAdded`.
    pub(super) fn give(
        &self,
        caller: &Caller,
        service: ServiceId,
        mut new: ServiceKey,
        knower: Knower,
    ) -> Result<Given, AccessError> {
        let writing = self.writing_as(caller)?;
        let entry = self.service_entry(service)?;
        new.is_held_back = self.is_held_back(&entry.value, knower, caller.context.now);
        self.refuse_another_s(service, &new)?;
        let (now, values) = (caller.context.now, &self.standards.values);
        let goes_on = |key: &ServiceKey| key.is_live(caller.times(), values) && key.id != new.id;
        let (mut keys, ended): (Vec<_>, Vec<_>) = entry.value.keys.iter().cloned().partition(goes_on);
        if keys.len() >= KEYS_MAX {
            return Err(AccessError::Unacceptable(format!(
                "this service has {KEYS_MAX} keys or certificates already; end the older one with `bailee service end-key`"
            )));
        }
        let (id, ends_at) = (new.id, new.ends_at(values));
        let proposal = self.release_of_key(&entry.value, &new, now)?;
        keys.push(new);
        let next = entry.next(Service { keys, ..entry.value.clone() });
        // What is bound anew takes its own place.
        let ended = ended.into_iter().map(|key| key.id).filter(|key| *key != id);
        let ended = ended.map(|key| What::ServiceKeyEnded { service, key });
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
        Ok(Given { id, ends_at, proposal: to_approve })
    }

    /// Of two services none could say which of them shows what both show.
    fn refuse_another_s(&self, service: ServiceId, new: &ServiceKey) -> Result<(), AccessError> {
        let known = self.known();
        let holder = new.hash.as_ref().and_then(|hash| known.service_by_key(hash));
        match holder.is_some_and(|(holder, _)| holder.id != service) {
            true => {
                Err(AccessError::Unacceptable("another service is bound to this certificate already".into()))
            }
            false => Ok(()),
        }
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
    pub fn opens(&self, key: &ServiceKey, caller: &Caller) -> Opens {
        match self.lacking(&self.known(), key, caller.times()) {
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
        // By the machine's time nobody asks here: a certificate counts, however old.
        let times = |key: &ServiceKey| Times { home: now, machine: key.since };
        let is_live = |key: &&ServiceKey| self.lacking(&known, key, times(key)).is_ok();
        let live = keys.filter(|key| key.known_to == person && is_live(key));
        live.map(|key| key.id).collect()
    }

    /// Whether a person knows a key of a service.
    pub(super) fn knows_a_key_of(&self, person: PrincipalId, service: PrincipalId) -> bool {
        let (PrincipalId::Person(person), PrincipalId::Service(service)) = (person, service) else {
            return false;
        };
        let keys = self.service_entry(service).map(|entry| entry.value.keys).unwrap_or_default();
        keys.iter().any(|key| key.known_to == person)
    }

    /// When the key or certificate that is shown ends, where it is time to renew it.
    pub fn ending_key(&self, presented: &Presented) -> Option<Timestamp> {
        let bearer = presented.bearer.as_ref().map(|bearer| vec![CredentialHash::of(bearer.expose())]);
        let hashes = bearer.or_else(|| Some(presented.certificate.as_ref()?.hashes().to_vec()))?;
        let known = self.known();
        let Some((_, key)) = hashes.iter().find_map(|hash| known.service_by_key(hash)) else {
            drop(known);
            return self.ending_device(presented);
        };
        let (values, times) = (&self.standards.values, presented.times());
        (key.age(times, values) != KeyAge::Fresh).then(|| key.ends_at(values))
    }

    /// What keeps a key from all that its service may: none, or a refusal after which its renewal or intake is left; an
    /// error, where nothing is.
    pub(super) fn lacking(
        &self,
        known: &Known,
        key: &ServiceKey,
        times: Times,
    ) -> Result<Option<Denial>, Denial> {
        let too_old = || too_old(key.form, self.standards.values.key_days_max);
        let distrust = distrust(known, key, times.home)?;
        match key.age(times, &self.standards.values) {
            KeyAge::Fresh | KeyAge::Aging => Ok(distrust),
            // A key that is not trusted does not renew itself either.
            KeyAge::Ended => distrust.map_or_else(|| Ok(Some(too_old())), Err),
            KeyAge::Forgotten => Err(too_old()),
        }
    }

    /// Who will know what a service is given, where it may be given anything.
    pub(super) fn to_renew(&self, caller: &Caller, service: ServiceId) -> Result<Knower, AccessError> {
        self.may_keep_keys_of(caller, service)?;
        if let Who::Service(own) = &caller.who {
            let key = own.keys.first().ok_or(AccessError::Missing("key"))?;
            let distrust = distrust(&self.known(), key, caller.context.now).unwrap_or_else(Some);
            if let Some(denial) = distrust {
                return self.refuse(&caller.context, Action::Administer.code(), None, None, denial);
            }
            return Ok(Knower { known_to: key.known_to, is_shown: false });
        }
        self.fresh_factor(caller, &Action::Administer)?;
        let (person, _) = self.a_person(caller)?;
        Ok(Knower { known_to: person.id, is_shown: true })
    }

    /// Whether it takes a second person for what somebody is shown anew to show anything.
    fn is_held_back(&self, service: &Service, knower: Knower, now: Timestamp) -> bool {
        let known_before = |key: &ServiceKey| key.known_to == knower.known_to && !key.is_held_back;
        let is_new = knower.is_shown && !service.keys.iter().any(known_before);
        is_new && self.standards.second_person && self.shows_anything(service, now)
    }

    /// Whether anything is revealed to a service, now or once a proposal is approved.
    fn shows_anything(&self, service: &Service, now: Timestamp) -> bool {
        let granted = || {
            let principal = PrincipalId::Service(service.id);
            self.known().grants.values().any(|grant| grant.value.wanted.principal == principal)
        };
        let shows = !service.purposes.is_empty() || !service.classes.is_empty();
        shows || self.waits_for_release(service.id, now) || granted()
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
            key: Some(key.id),
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

fn too_old(form: Form, days: u16) -> Denial {
    let (what, command) = match form {
        Form::Key => ("key", "bailee service renew"),
        Form::Certificate | Form::Bound => ("certificate", "bailee service certificate"),
    };
    Reason::KeyTooOld.denial(
        format!("this {what} is older than {days} days and opens nothing but its renewal, for {RENEWAL_DAYS} days more"),
        format!("renew it with `{command}`, and use the new one"),
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
