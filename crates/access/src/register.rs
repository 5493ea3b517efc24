//! What the gate keeps: people, services and sessions, each entry sealed in its register, and all of them open in
//! memory.
//!
//! One process owns a home's store and only the gate writes these registers, so what is in memory is what is kept:
//! it is changed after each commit, under a lock, and by nothing else. A restart reads it anew.

use std::collections::HashMap;
use std::sync::Arc;

use bailee_core::{Entropy, FieldInstance, PartNo, PersonId, RecordId, SessionId, Timestamp};
use bailee_crypto::envelope::{self, EnvelopeError, Place};
use bailee_crypto::keyring::Keyring;
use bailee_store::act::{Change, RegisterRow};
use bailee_store::records::Store;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::AccessError;
use crate::credential::CredentialHash;
use crate::person::Person;
use crate::service::Service;
use crate::session::{SESSIONS_PER_PERSON_MAX, Session};

/// The one field of an entry's envelope: the entry as JSON.
const ENTRY_FIELD: FieldInstance = FieldInstance(0);

/// Something that is kept as entries of a register of its own.
pub(crate) trait Kept: Serialize + DeserializeOwned {
    /// The register's name, to the store and the keyring.
    const REGISTER: &'static str;
    /// The same as part of a [`Place`].
    const PLACE: &'static str;
}

impl Kept for Person {
    const REGISTER: &'static str = "person";
    const PLACE: &'static str = "register/person";
}

impl Kept for Service {
    const REGISTER: &'static str = "service";
    const PLACE: &'static str = "register/service";
}

impl Kept for Session {
    const REGISTER: &'static str = "session";
    const PLACE: &'static str = "register/session";
}

/// An entry of a register, open.
#[derive(Clone)]
pub(crate) struct Entry<T> {
    pub(crate) id: RecordId,
    /// Counts its changes, from 1.
    pub(crate) version: u32,
    pub(crate) value: T,
}

impl<T: Kept> Entry<T> {
    /// An entry that is not kept yet.
    pub(crate) fn first(id: RecordId, value: T) -> Self {
        Self { id, version: 1, value }
    }

    /// The entry that comes after this one.
    pub(crate) fn next(&self, value: T) -> Self {
        Self { id: self.id, version: self.version.saturating_add(1), value }
    }

    /// The change that ends it.
    pub(crate) fn deletion(&self) -> Change {
        Change::DeleteRegister { register: T::REGISTER.into(), id: self.id, version: self.version }
    }
}

/// Seals and opens entries, each bound to its home, register, id and version.
pub(crate) struct Sealer {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Sealer {
    /// The change that keeps an entry.
    pub(crate) fn put<T: Kept>(&self, entry: &Entry<T>) -> Result<Change, AccessError> {
        let json = serde_json::to_vec(&entry.value).map_err(|_| AccessError::Unreadable(T::REGISTER))?;
        let json = Zeroizing::new(json);
        let key = self.keyring.lasting().register_key(T::REGISTER);
        let place = self.place::<T>(entry.id, entry.version);
        let sealed = envelope::seal(&key, &place, &[(ENTRY_FIELD, json.as_slice())], &*self.entropy)?;
        let row = RegisterRow { register: T::REGISTER.into(), id: entry.id, version: entry.version, sealed };
        Ok(Change::PutRegister(row))
    }

    /// Every entry of a register.
    pub(crate) fn all<T: Kept>(&self, store: &dyn Store) -> Result<Vec<Entry<T>>, AccessError> {
        store.entries(T::REGISTER)?.iter().map(|row| self.open(row)).collect()
    }

    /// An entry, opened.
    pub(crate) fn open<T: Kept>(&self, row: &RegisterRow) -> Result<Entry<T>, AccessError> {
        let key = self.keyring.lasting().register_key(T::REGISTER);
        let fields = envelope::open(&key, &self.place::<T>(row.id, row.version), &row.sealed, None)?;
        let [(ENTRY_FIELD, json)] = fields.as_slice() else {
            return Err(EnvelopeError::DoesNotOpen.into());
        };
        let value =
            serde_json::from_slice(json.expose()).map_err(|_| AccessError::Unreadable(T::REGISTER))?;
        Ok(Entry { id: row.id, version: row.version, value })
    }

    fn place<T: Kept>(&self, id: RecordId, version: u32) -> Place<'static> {
        let binding = self.keyring.binding();
        Place {
            home: binding.home,
            environment: binding.environment,
            what: T::PLACE,
            seller: None,
            record: id,
            part: PartNo(0),
            version,
        }
    }
}

/// All that is kept, open in memory.
#[derive(Default)]
pub(crate) struct Known {
    people: HashMap<PersonId, Entry<Person>>,
    /// By the id of their key's hash: a key is one hash and one look-up away.
    services: HashMap<RecordId, (CredentialHash, Service)>,
    /// By the id of their token's hash, which is their entry's id too.
    sessions: HashMap<RecordId, Entry<Session>>,
}

impl Known {
    /// Reads all that is kept.
    pub(crate) fn load(sealer: &Sealer, store: &dyn Store) -> Result<Self, AccessError> {
        let mut known = Self::default();
        for person in sealer.all::<Person>(store)? {
            known.keep_person(person);
        }
        for service in sealer.all::<Service>(store)? {
            known.keep_service(service.value)?;
        }
        for session in sealer.all::<Session>(store)? {
            known.keep_session(session);
        }
        Ok(known)
    }

    pub(crate) fn keep_person(&mut self, person: Entry<Person>) {
        self.people.insert(person.value.id, person);
    }

    /// Takes the key's hash out of the service, so that it goes nowhere with it.
    pub(crate) fn keep_service(&mut self, mut service: Service) -> Result<(), AccessError> {
        let hash = std::mem::take(&mut service.key_hash);
        let hash: CredentialHash = hash.parse().map_err(|_| AccessError::Unreadable(Service::REGISTER))?;
        self.services.insert(hash.id(), (hash, service));
        Ok(())
    }

    pub(crate) fn keep_session(&mut self, session: Entry<Session>) {
        self.sessions.insert(session.id, session);
    }

    pub(crate) fn drop_session(&mut self, id: RecordId) {
        self.sessions.remove(&id);
    }

    pub(crate) fn has_people(&self) -> bool {
        !self.people.is_empty()
    }

    pub(crate) fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id).map(|entry| &entry.value)
    }

    /// The person with that address, in its normalised form.
    pub(crate) fn person_by_mail(&self, mail: &str) -> Option<&Person> {
        self.people.values().map(|entry| &entry.value).find(|person| person.mail == mail)
    }

    /// The service that a key opens.
    pub(crate) fn service(&self, key: &CredentialHash) -> Option<&Service> {
        self.services.get(&key.id()).filter(|(hash, _)| hash.matches(key)).map(|(_, service)| service)
    }

    /// Every service, in the order in which they were added.
    pub(crate) fn services(&self) -> Vec<Service> {
        let mut services: Vec<Service> = self.services.values().map(|(_, service)| service.clone()).collect();
        services.sort_by_key(|service| (service.since, service.id));
        services
    }

    /// The session that a token opens, ended or not.
    pub(crate) fn session(&self, token: &CredentialHash) -> Option<&Entry<Session>> {
        self.sessions.get(&token.id()).filter(|entry| entry.value.token_hash.matches(token))
    }

    /// Every session that is kept, ended or not.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Entry<Session>> {
        self.sessions.values()
    }

    /// The session of that name.
    pub(crate) fn session_named(&self, id: SessionId) -> Option<&Entry<Session>> {
        self.sessions.values().find(|entry| entry.value.id == id)
    }

    /// The sessions to clear away when a person begins another: all that have ended, and this person's oldest where
    /// they would be too many.
    pub(crate) fn sessions_to_clear(&self, person: PersonId, now: Timestamp) -> Vec<Entry<Session>> {
        let (mut clear, live): (Vec<_>, Vec<_>) =
            self.sessions.values().cloned().partition(|entry| entry.value.ended(now).is_some());
        let mut own: Vec<_> = live.into_iter().filter(|entry| entry.value.person == person).collect();
        own.sort_by_key(|entry| std::cmp::Reverse((entry.value.since, entry.value.id)));
        clear.extend(own.into_iter().skip(SESSIONS_PER_PERSON_MAX - 1));
        clear
    }
}
