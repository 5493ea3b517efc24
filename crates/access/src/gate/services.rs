//! Adding and listing services.

use bailee_core::{PersonId, RecordId, SellerId, Sensitive, ServiceId};
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::{Caller, Gate, Who};
use crate::credential::CredentialKind;
use crate::decision::Action;
use crate::error::AccessError;
use crate::person::normalised_mail;
use crate::register::Entry;
use crate::service::{NewService, SERVICES_MAX, Service};

impl Gate {
    /// Adds a service; returns its id and its key, shown once. Writes `ServiceAdded`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] says what is wrong with `new`. Any other
    /// when the service cannot be sealed or committed.
    pub fn add_service(
        &self,
        caller: &Caller,
        new: NewService,
    ) -> Result<(ServiceId, Sensitive<String>), AccessError> {
        self.allow(caller, &Action::Administer)?;
        let new = new.checked()?;
        self.check_sellers(&new.sellers)?;
        let owner = self.owner_of(caller, new.owner.as_deref())?;
        let _writing = self.writing();
        self.check_room_for(&new.name, caller)?;
        let (key, hash) = CredentialKind::ServiceKey.generate(&*self.sealer.entropy);
        let id = ServiceId::random(&*self.sealer.entropy);
        let service = Service {
            id,
            name: new.name,
            owner,
            sellers: new.sellers,
            purposes: new.purposes,
            classes: new.classes,
            key_hash: hash.to_string(),
            since: caller.context.now,
        };
        let added = What::ServiceAdded {
            service: id,
            owner,
            sellers: service.sellers.clone(),
            purposes: service.purposes.clone(),
            classes: service.classes.clone(),
        };
        let entry = Entry::first(RecordId(id.0), service);
        let act = Act {
            name: "add-service",
            changes: vec![self.sealer.put(&entry)?],
            events: vec![caller.context.event(added)],
        };
        self.store.commit(act)?;
        self.known_mut().keep_service(entry.value)?;
        Ok((id, key))
    }

    /// Every service in the order in which they were added, without keys.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn services(&self, caller: &Caller) -> Result<Vec<Service>, AccessError> {
        self.allow(caller, &Action::Administer)?;
        Ok(self.known().services())
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
            (Some(mail), _) => self.known().person_by_mail(&normalised_mail(mail)).map(|person| person.id),
            (None, Who::Person { person, .. }) => Some(person.id),
            (None, Who::Service(_)) => None,
        };
        owner.ok_or_else(|| {
            AccessError::Unacceptable("a service's owner is a person of this home, named by mail".into())
        })
    }

    /// Two services of one name could not be told apart. One whose key is past its age leaves its name to the next.
    fn check_room_for(&self, name: &str, caller: &Caller) -> Result<(), AccessError> {
        let services = self.known().services();
        let taken = services
            .iter()
            .any(|service| service.name == name && caller.context.now <= service.key_ends_at());
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
