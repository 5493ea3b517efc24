//! Services: added, listed, their keys renewed, taken away.

use bailee_core::{
    Class, PersonId, PrincipalId, Purpose, RecordId, SellerId, Sensitive, ServiceId, Timestamp,
};
use bailee_ledger::event::{Released, What};
use bailee_store::act::Act;

use super::{Caller, Gate, Who};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::Action;
use crate::error::AccessError;
use crate::person::normalised_mail;
use crate::proposal::{Proposal, Proposed, Stage};
use crate::register::Entry;
use crate::service::{KEYS_MAX, KeyAge, NewService, SERVICES_MAX, Service, ServiceKey};
use crate::wait::Alone;

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
}

impl Gate {
    /// Adds a service; returns its id and its key, shown once. Where the home asks for a second person, what it may see is
    /// proposed (see [`Self::release_of`]), and until that is approved it takes documents in and reveals nothing: else whoever
    /// administers could see everything with the key. Writes `ServiceAdded`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Denied`] where a second factor is asked and was not shown a short while
    /// ago; [`AccessError::Unacceptable`] says what is wrong with `new`. Any other when the service cannot be sealed or
    /// committed.
    pub fn add_service(
        &self,
        caller: &Caller,
        new: NewService,
    ) -> Result<(ServiceId, Sensitive<String>), AccessError> {
        self.allow(caller, &Action::Administer)?;
        self.fresh_factor(caller, &Action::Administer)?;
        let mut new = new.checked()?;
        self.check_sellers(&new.sellers)?;
        let (person, _) = self.a_person(caller)?;
        let owner = self.owner_of(caller, new.owner.as_deref())?;
        let (key, hash) = CredentialKind::ServiceKey.generate(&*self.sealer.entropy);
        let (id, now) = (ServiceId::random(&*self.sealer.entropy), caller.context.now);
        let held_back = self.held_back(id, &mut new);
        let proposal = held_back.map(|what| Proposal::new(what, person.id, now, &*self.sealer.entropy));
        let NewService { name, sellers, purposes, classes, .. } = new;
        let keys = vec![ServiceKey::new(hash, now)];
        let service = Service { id, name, owner, sellers, purposes, classes, keys, since: now };
        self.keep_new_service(caller, service, proposal.clone())?;
        if let Some(proposal) = proposal {
            // Else it begins when approving is tried: the key is shown this once.
            let _ = self.begin_wait_if_alone(caller, Alone::ApproveProposal(proposal.id));
        }
        Ok((id, key))
    }

    /// Takes from a new service what a second person has to approve, where the home asks for one.
    fn held_back(&self, service: ServiceId, new: &mut NewService) -> Option<Proposed> {
        let shows = !new.purposes.is_empty() || !new.classes.is_empty();
        (self.standards.second_person && shows).then(|| Proposed::ReleaseService {
            service,
            sellers: new.sellers.clone(),
            purposes: std::mem::take(&mut new.purposes),
            classes: std::mem::take(&mut new.classes),
        })
    }

    /// The proposal of what a service may see, while nobody has decided about it.
    pub fn release_of(&self, service: ServiceId, now: Timestamp) -> Option<Proposal> {
        let known = self.known();
        let open = |one: &&Proposal| {
            let is_of = matches!(one.proposed, Proposed::ReleaseService { service: of, .. } if of == service);
            is_of && one.stage == Stage::Proposed && now < one.until()
        };
        known.proposals.values().map(|entry| &entry.value).find(open).cloned()
    }

    /// Gives a service what a second person approved. Doing it again changes nothing. Writes `ServiceReleased`.
    pub(super) fn release_service(
        &self,
        caller: &Caller,
        service: ServiceId,
        purposes: &[Purpose],
        classes: &[Class],
    ) -> Result<(), AccessError> {
        let _writing = self.writing_as(caller)?;
        let entry = self.service_entry(service)?;
        if entry.value.purposes == purposes && entry.value.classes == classes {
            return Ok(());
        }
        let (purposes, classes) = (purposes.to_vec(), classes.to_vec());
        let released = Released {
            service,
            sellers: entry.value.sellers.clone(),
            purposes: purposes.clone(),
            classes: classes.clone(),
        };
        let next = entry.next(Service { purposes, classes, ..entry.value.clone() });
        let act = Act {
            name: "release-service",
            changes: vec![self.sealer.put(&next)?],
            events: vec![caller.context.event(What::ServiceReleased(released))],
        };
        self.commit(act, |known| known.keep_service(next))
    }

    /// Commits a new service, with the proposal of what it may see.
    fn keep_new_service(
        &self,
        caller: &Caller,
        service: Service,
        proposal: Option<Proposal>,
    ) -> Result<(), AccessError> {
        let _writing = self.writing_as(caller)?;
        self.check_room_for(&service.name, caller)?;
        let added = What::ServiceAdded {
            service: service.id,
            owner: service.owner,
            sellers: service.sellers.clone(),
            purposes: service.purposes.clone(),
            classes: service.classes.clone(),
        };
        let mut events = vec![caller.context.event(added)];
        let entry = Entry::first(RecordId(service.id.0), service);
        let mut changes = vec![self.sealer.put(&entry)?];
        let proposal = proposal.map(|proposal| self.new_proposal(proposal)).transpose()?;
        if let Some((entry, step)) = &proposal {
            changes.push(self.sealer.put(entry)?);
            events.push(caller.context.event(step.clone()));
        }
        self.commit(Act { name: "add-service", changes, events }, |known| {
            known.keep_service(entry);
            proposal.into_iter().for_each(|(entry, _)| drop(known.proposals.insert(entry.value.id, entry)));
        })
    }

    /// Every service in the order in which they were added, without keys.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn services(&self, caller: &Caller) -> Result<Vec<Service>, AccessError> {
        self.allow(caller, &Action::Administer)?;
        Ok(self.known().services().iter().map(|entry| entry.value.without_hashes()).collect())
    }

    /// The service whom a text names, by name or id; one's own, when it is a service that asks.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Missing`] when none is named so.
    pub fn service_named(&self, caller: &Caller, name: &str) -> Result<ServiceId, AccessError> {
        if let Who::Service(own) = &caller.who
            && (name == own.name || name == own.id.to_string())
        {
            return Ok(own.id);
        }
        self.allow(caller, &Action::Administer)?;
        let known = self.known();
        let services = known.services();
        let named = services.iter().map(|entry| &entry.value).filter(|one| one.name == name);
        let by_name = named.max_by_key(|one| one.since).map(|one| one.id);
        let by_id = || name.parse().ok().filter(|id| known.service(*id).is_some());
        by_name.or_else(by_id).ok_or(AccessError::Missing("service"))
    }

    /// Gives a service another key; what it has goes on until its own end. A service renews itself, also with a key that
    /// has ended and opens nothing else any more. Writes `ServiceKeyAdded`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] where there are two keys already that have not ended.
    pub fn renew_key(&self, caller: &Caller, service: ServiceId) -> Result<NewKey, AccessError> {
        self.may_renew(caller, service)?;
        let _writing = self.writing_as(caller)?;
        let entry = self.service_entry(service)?;
        let (key, hash): (_, CredentialHash) = CredentialKind::ServiceKey.generate(&*self.sealer.entropy);
        let new = ServiceKey::new(hash, caller.context.now);
        let (id, ends_at) = (new.id, new.ends_at(&self.standards.values));
        self.give(caller, &entry, new)?;
        Ok(NewKey { service, id, key, ends_at })
    }

    /// Gives a service what it shows from now on, beside what it has that has not ended. Writes `ServiceKeyAdded`. The
    /// caller holds the lock of writers.
    pub(super) fn give(
        &self,
        caller: &Caller,
        entry: &Entry<Service>,
        new: ServiceKey,
    ) -> Result<(), AccessError> {
        let (service, values) = (entry.value.id, &self.standards.values);
        let is_live = |key: &ServiceKey| key.is_live(caller.times(), values);
        let (mut keys, ended): (Vec<_>, Vec<_>) = entry.value.keys.iter().cloned().partition(is_live);
        if keys.len() >= KEYS_MAX {
            return Err(AccessError::Unacceptable(format!(
                "this service has {KEYS_MAX} keys or certificates already; end the older one with `bailee service end-key`"
            )));
        }
        let added = What::ServiceKeyAdded { service, key: new.id };
        keys.push(new);
        let next = entry.next(Service { keys, ..entry.value.clone() });
        let ended = ended.into_iter().map(|key| What::ServiceKeyEnded { service, key: key.id });
        let events = std::iter::once(added).chain(ended);
        let events = events.map(|what| caller.context.event(what)).collect();
        let act = Act { name: "renew-key", changes: vec![self.sealer.put(&next)?], events };
        self.commit(act, |known| known.keep_service(next))
    }

    /// Ends a key of a service at once. Writes `ServiceKeyEnded`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Missing`] when the service has none of that name.
    pub fn end_key(&self, caller: &Caller, service: ServiceId, key: RecordId) -> Result<(), AccessError> {
        self.may_renew(caller, service)?;
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

    /// Takes a service away: its keys open nothing from then on. Writes `ServiceRemoved`.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn remove_service(&self, caller: &Caller, service: ServiceId) -> Result<(), AccessError> {
        self.allow(caller, &Action::Administer)?;
        let _writing = self.writing_as(caller)?;
        let entry = self.service_entry(service)?;
        let events = vec![caller.context.event(What::ServiceRemoved { service })];
        let act = Act { name: "remove-service", changes: vec![entry.deletion()], events };
        self.commit(act, |known| known.drop_service(service))
    }

    /// When the key or certificate that is shown ends, where it is time to renew it.
    pub fn ending_key(&self, presented: &super::Presented) -> Option<Timestamp> {
        let bearer = presented.bearer.as_ref().map(|bearer| vec![CredentialHash::of(bearer.expose())]);
        let hashes = bearer.or_else(|| Some(presented.certificate.as_ref()?.hashes().to_vec()))?;
        let known = self.known();
        let (_, key) = hashes.iter().find_map(|hash| known.service_by_key(hash))?;
        let (values, times) = (&self.standards.values, presented.times());
        (key.age(times, values) != KeyAge::Fresh).then(|| key.ends_at(values))
    }

    /// A service renews itself; so does the person who answers for it, and who administers.
    pub(super) fn may_renew(&self, caller: &Caller, service: ServiceId) -> Result<(), AccessError> {
        let own = match caller.context.principal {
            PrincipalId::Service(own) => own == service,
            PrincipalId::Person(person) => self.service_entry(service)?.value.owner == person,
            _ => false,
        };
        if own { Ok(()) } else { self.allow(caller, &Action::Administer) }
    }

    /// A service that is bound to a mistyped seller would be refused everything, for a reason hard to see.
    fn check_sellers(&self, sellers: &[SellerId]) -> Result<(), AccessError> {
        let existing = self.store.sellers()?;
        match sellers.iter().find(|seller| !existing.iter().any(|(_, id)| id == *seller)) {
            None => Ok(()),
            Some(missing) => Err(AccessError::Unacceptable(format!(
                "there is no seller {missing}; add it with `bailee seller add {missing}`"
            ))),
        }
    }

    /// The person who answers for the service (1.2.a): by mail, or the caller.
    fn owner_of(&self, caller: &Caller, mail: Option<&str>) -> Result<PersonId, AccessError> {
        let owner = match (mail, &caller.who) {
            (Some(mail), _) => {
                let known = self.known();
                let account = known.account_by_mail(&normalised_mail(mail)).map(|entry| &entry.value.person);
                account.filter(|person| person.is_active(caller.context.now)).map(|person| person.id)
            }
            (None, Who::Person { person, .. }) => Some(person.id),
            (None, Who::Invited(_) | Who::Service(_)) => None,
        };
        owner.ok_or_else(|| {
            AccessError::Unacceptable("a service's owner is a person of this home, named by mail".into())
        })
    }

    /// Two services of one name could not be told apart. One whose key is past its age leaves its name to the next.
    fn check_room_for(&self, name: &str, caller: &Caller) -> Result<(), AccessError> {
        let known = self.known();
        let services = known.services();
        let (times, values) = (caller.times(), &self.standards.values);
        let taken =
            services.iter().any(|entry| entry.value.name == name && entry.value.is_live(times, values));
        if taken {
            return Err(AccessError::Unacceptable(format!(
                "there is a service {name} already; choose another name"
            )));
        }
        if services.len() >= SERVICES_MAX {
            return Err(AccessError::Unacceptable(format!("a home has at most {SERVICES_MAX} services")));
        }
        Ok(())
    }
}
