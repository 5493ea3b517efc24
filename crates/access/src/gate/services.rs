//! Services: added, listed, their keys renewed, taken away.

use bailee_core::{
    Class, PersonId, PrincipalId, Purpose, RecordId, SellerId, Sensitive, ServiceId, Timestamp,
};
use bailee_ledger::event::{Released, What};
use bailee_store::act::Act;

use super::{Caller, Gate, Who};
use crate::credential::CredentialKind;
use crate::decision::Action;
use crate::error::AccessError;
use crate::person::normalised_mail;
use crate::proposal::{Proposal, Proposed, Stage};
use crate::register::Entry;
use crate::service::{NewService, SERVICES_MAX, Service, ServiceKey};
use crate::wait::Alone;

/// What a second person approved of a service.
pub(super) struct Release<'a> {
    pub(super) service: ServiceId,
    pub(super) purposes: &'a [Purpose],
    pub(super) classes: &'a [Class],
    /// The key or certificate, where it is about that alone.
    pub(super) key: Option<RecordId>,
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
        let is_held_back = proposal.is_some();
        let keys = vec![ServiceKey { is_held_back, ..ServiceKey::new(hash, now, person.id) }];
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
            key: None,
            sellers: new.sellers.clone(),
            purposes: std::mem::take(&mut new.purposes),
            classes: std::mem::take(&mut new.classes),
        })
    }

    /// The proposal of what a service may see, while nobody has decided about it.
    pub fn release_of(&self, service: ServiceId, now: Timestamp) -> Option<Proposal> {
        let known = self.known();
        let open =
            |one: &&Proposal| one.releases(service) && one.stage == Stage::Proposed && now < one.until();
        known.proposals.values().map(|entry| &entry.value).find(open).cloned()
    }

    /// Whether a service may still be given what it shows: proposed, or approved and cut off before it was done.
    pub(super) fn waits_for_release(&self, service: ServiceId, now: Timestamp) -> bool {
        let known = self.known();
        known.proposals.values().map(|entry| &entry.value).any(|one| {
            one.releases(service)
                && match one.stage {
                    Stage::Proposed => now < one.until(),
                    Stage::Approved { .. } => true,
                    Stage::Done { .. } | Stage::Refused { .. } | Stage::Withdrawn | Stage::Expired => false,
                }
        })
    }

    /// Gives a service what a second person approved, or lets one key show it that was held back: that key and no other.
    /// Doing it again changes nothing. Writes `ServiceReleased`.
    pub(super) fn release_service(&self, caller: &Caller, release: &Release<'_>) -> Result<(), AccessError> {
        let _writing = self.writing_as(caller)?;
        let Release { service, purposes, classes, key } = *release;
        let entry = self.service_entry(service)?;
        let mut released = entry.value.clone();
        let changes = match key {
            None if released.purposes == purposes && released.classes == classes => false,
            None => {
                (released.purposes, released.classes) = (purposes.to_vec(), classes.to_vec());
                // The key that it was added with; each that was made since waits for an approval of its own.
                let known = self.known();
                let waits = |key: RecordId| known.proposals.values().any(|one| one.value.is_of_key(key));
                let first = released.keys.iter_mut().filter(|key| !waits(key.id));
                first.for_each(|key| key.is_held_back = false);
                true
            }
            // One that was ended meanwhile has nothing to show.
            Some(key) => match released.keys.iter_mut().find(|one| one.id == key) {
                Some(one) => std::mem::take(&mut one.is_held_back),
                None => false,
            },
        };
        if !changes {
            return Ok(());
        }
        let Service { sellers, purposes, classes, .. } = released.clone();
        let next = entry.next(released);
        let released = Released { service, sellers, purposes, classes, key };
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

    /// The service whom a text names, by name or id, for whoever administers or answers for it; one's own, when it is a service
    /// that asks.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Missing`] when none is named so.
    pub fn service_named(&self, caller: &Caller, name: &str) -> Result<ServiceId, AccessError> {
        if let Who::Service(own) = &caller.who
            && (name == own.name || name == own.id.to_string())
        {
            return Ok(own.id);
        }
        let found = {
            let known = self.known();
            let services = known.services();
            let named = services.iter().map(|entry| &entry.value).filter(|one| one.name == name);
            let by_name = named.max_by_key(|one| one.since).map(|one| one.id);
            by_name.or_else(|| name.parse().ok().filter(|id| known.service(*id).is_some()))
        };
        let is_own = |service| match caller.context.principal {
            PrincipalId::Person(person) => self.answers_for(person, service),
            _ => false,
        };
        if !found.is_some_and(is_own) {
            self.allow(caller, &Action::Administer)?;
        }
        found.ok_or(AccessError::Missing("service"))
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
            (None, Who::Invited(_) | Who::Enrolling { .. } | Who::Service(_)) => None,
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
