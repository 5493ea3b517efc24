//! What the gate keeps: people, services and sessions, each entry sealed in its register, and all of them open in
//! memory.
//!
//! One process owns a home's store and only the gate writes these registers, so what is in memory is what is kept:
//! it is changed after each commit, under a lock, and by nothing else. A restart reads it anew.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bailee_core::profile::Values;
use bailee_core::{
    DeviceId, Entropy, FieldInstance, GrantId, NoticeId, OwnSecret, PartNo, PersonId, ProposalId, RecordId,
    ServiceId, SessionId, Timestamp, WaitId,
};
use bailee_crypto::envelope::{self, EnvelopeError, Place};
use bailee_crypto::keyring::Keyring;
use bailee_store::act::{Change, RegisterRow};
use bailee_store::records::Store;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::AccessError;
use crate::account::Account;
use crate::authority::Authority;
use crate::credential::CredentialHash;
use crate::device::Device;
use crate::grant::Filed;
use crate::lockout::{Failures, Lockout, Whose};
use crate::notice::Waiting;
use crate::own_secret::Remembered;
use crate::person::Standing;
use crate::proposal::Proposal;
use crate::service::{Service, ServiceKey, nobody};
use crate::session::{SESSIONS_PER_PERSON_MAX, Session};
use crate::sign_on::Subject;
use crate::wait::{Named, Wait};

/// The one field of an entry's envelope: the entry as JSON.
const ENTRY_FIELD: FieldInstance = FieldInstance(0);

/// Something that is kept as entries of a register of its own.
pub(crate) trait Kept: Serialize + DeserializeOwned {
    /// The register's name, to the store and the keyring.
    const REGISTER: &'static str;
    /// The same as part of a [`Place`].
    const PLACE: &'static str;
}

impl Kept for Account {
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
    people: HashMap<PersonId, Entry<Account>>,
    services: HashMap<ServiceId, Entry<Service>>,
    /// Whose a key is, by the id of its hash: a key is one hash and two look-ups away.
    keys: HashMap<RecordId, ServiceId>,
    /// By the id of their token's hash, which is their entry's id too.
    sessions: HashMap<RecordId, Entry<Session>>,
    devices: HashMap<DeviceId, Entry<Device>>,
    /// Whose each certificate of theirs is, by the id of its hash.
    certified: HashMap<RecordId, DeviceId>,
    /// The home's certificate authority, once there is one.
    pub(crate) authority: Option<Entry<Authority>>,
    pub(crate) lockout: Lockout,
    /// Grants, from their asking on.
    pub(crate) grants: BTreeMap<GrantId, Entry<Filed>>,
    /// Notices that no mail server has taken yet.
    pub(crate) notices: BTreeMap<NoticeId, Entry<Waiting>>,
    /// Proposals, from their making on.
    pub(crate) proposals: BTreeMap<ProposalId, Entry<Proposal>>,
    /// What one person wants to do alone, and whom the home has named outside for that.
    pub(crate) waits: BTreeMap<WaitId, Entry<Wait>>,
    pub(crate) named: Option<Entry<Named>>,
    /// Secrets that the program uses itself: those that the configuration names, with what is kept of them.
    pub(crate) own_secrets: BTreeMap<OwnSecret, Option<Entry<Remembered>>>,
}

impl Known {
    /// Reads all that is kept.
    pub(crate) fn load(sealer: &Sealer, store: &dyn Store) -> Result<Self, AccessError> {
        let mut known = Self::default();
        sealer.all::<Account>(store)?.into_iter().for_each(|account| known.keep_account(account));
        sealer.all::<Service>(store)?.into_iter().for_each(|service| known.keep_service(service));
        sealer.all::<Session>(store)?.into_iter().for_each(|session| known.keep_session(session));
        sealer.all::<Failures>(store)?.into_iter().for_each(|failures| known.lockout.keep(failures));
        sealer.all::<Device>(store)?.into_iter().for_each(|device| known.keep_device(device));
        known.authority = sealer.all::<Authority>(store)?.into_iter().next();
        for filed in sealer.all::<Filed>(store)? {
            known.keep_grant(filed);
        }
        for waiting in sealer.all::<Waiting>(store)? {
            known.notices.insert(waiting.value.id, waiting);
        }
        for proposal in sealer.all::<Proposal>(store)? {
            known.proposals.insert(proposal.value.id, proposal);
        }
        for wait in sealer.all::<Wait>(store)? {
            known.waits.insert(wait.value.id, wait);
        }
        known.named = sealer.all::<Named>(store)?.into_iter().next();
        for remembered in sealer.all::<Remembered>(store)? {
            known.own_secrets.insert(remembered.value.secret, Some(remembered));
        }
        Ok(known)
    }

    pub(crate) fn keep_account(&mut self, account: Entry<Account>) {
        self.people.insert(account.value.person.id, account);
    }

    pub(crate) fn keep_service(&mut self, mut service: Entry<Service>) {
        let Service { id, owner, ref mut keys, .. } = service.value;
        keys.iter_mut().filter(|key| key.known_to == nobody()).for_each(|key| key.known_to = owner);
        self.keys.retain(|_, whose| *whose != id);
        self.keys.extend(service.value.keys.iter().map(|key| (key.id, id)));
        self.services.insert(id, service);
    }

    pub(crate) fn drop_service(&mut self, id: ServiceId) {
        self.keys.retain(|_, whose| *whose != id);
        self.services.remove(&id);
    }

    pub(crate) fn keep_grant(&mut self, grant: Entry<Filed>) {
        self.grants.insert(grant.value.id, grant);
    }

    pub(crate) fn keep_session(&mut self, session: Entry<Session>) {
        self.sessions.insert(session.id, session);
    }

    pub(crate) fn drop_session(&mut self, id: RecordId) {
        self.sessions.remove(&id);
    }

    pub(crate) fn keep_device(&mut self, device: Entry<Device>) {
        let id = device.value.id;
        self.drop_device(id);
        self.certified.extend(device.value.certificates.iter().map(|one| (one.hash.id(), id)));
        self.devices.insert(id, device);
    }

    pub(crate) fn drop_device(&mut self, id: DeviceId) {
        self.certified.retain(|_, of| *of != id);
        self.devices.remove(&id);
    }

    pub(crate) fn has_people(&self) -> bool {
        !self.people.is_empty()
    }

    /// Every account, in the order in which they were made.
    pub(crate) fn accounts(&self) -> Vec<&Entry<Account>> {
        let mut accounts: Vec<_> = self.people.values().collect();
        accounts.sort_by_key(|entry| (entry.value.person.since, entry.value.person.id));
        accounts
    }

    pub(crate) fn account(&self, id: PersonId) -> Option<&Entry<Account>> {
        self.people.get(&id)
    }

    /// The account with that address, in its normalised form. Of those who have left, one is found where nobody else has
    /// the address now.
    pub(crate) fn account_by_mail(&self, mail: &str) -> Option<&Entry<Account>> {
        let with_it = self.people.values().filter(|entry| entry.value.person.mail == mail);
        with_it.min_by_key(|entry| {
            let person = &entry.value.person;
            (matches!(person.standing, Standing::Left { .. }), std::cmp::Reverse(person.since))
        })
    }

    /// The addresses of failures that are somebody's here.
    pub(crate) fn somebodys(&self) -> HashSet<Whose> {
        self.people.values().flat_map(|entry| Whose::at_every_door(&entry.value.person.mail)).collect()
    }

    /// The account whose invitation this opens.
    pub(crate) fn invited(&self, code: &CredentialHash) -> Option<&Entry<Account>> {
        let opens = |entry: &&Entry<Account>| entry.value.invitation.is_some_and(|kept| kept.matches(code));
        self.people.values().find(opens)
    }

    /// The account for which this enrols a device.
    pub(crate) fn enrolling(&self, code: &CredentialHash) -> Option<&Entry<Account>> {
        let opens =
            |entry: &&Entry<Account>| entry.value.device.as_ref().is_some_and(|kept| kept.hash.matches(code));
        self.people.values().find(opens)
    }

    pub(crate) fn device(&self, id: DeviceId) -> Option<&Entry<Device>> {
        self.devices.get(&id)
    }

    /// The device that a certificate is of.
    pub(crate) fn device_by_certificate(&self, hash: &CredentialHash) -> Option<&Entry<Device>> {
        self.device(*self.certified.get(&hash.id())?)
    }

    /// Every device of a person, the oldest first.
    pub(crate) fn devices_of(&self, person: PersonId) -> Vec<Entry<Device>> {
        let own = self.devices.values().filter(|entry| entry.value.person == person);
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|entry| (entry.value.since, entry.value.id));
        own
    }

    /// The account of whom a provider names so.
    pub(crate) fn signed_on_as(&self, subject: &Subject) -> Option<&Entry<Account>> {
        self.people.values().find(|entry| entry.value.sign_on.as_ref() == Some(subject))
    }

    /// Whether somebody's passkey has this credential id.
    pub(crate) fn has_credential(&self, id: &[u8]) -> bool {
        let mut passkeys = self.people.values().flat_map(|entry| entry.value.factors.passkeys());
        passkeys.any(|passkey| passkey.key().cred_id().as_slice() == id)
    }

    /// The service that a key opens, and the key.
    pub(crate) fn service_by_key(&self, key: &CredentialHash) -> Option<(&Service, &ServiceKey)> {
        let service = &self.services.get(self.keys.get(&key.id())?)?.value;
        let matches = |kept: &&ServiceKey| kept.hash.is_some_and(|hash| hash.matches(key));
        service.keys.iter().find(matches).map(|key| (service, key))
    }

    pub(crate) fn service(&self, id: ServiceId) -> Option<&Entry<Service>> {
        self.services.get(&id)
    }

    /// Every service, in the order in which they were added.
    pub(crate) fn services(&self) -> Vec<&Entry<Service>> {
        let mut services: Vec<_> = self.services.values().collect();
        services.sort_by_key(|entry| (entry.value.since, entry.value.id));
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

    /// Every session of a person.
    pub(crate) fn sessions_of(&self, person: PersonId) -> Vec<Entry<Session>> {
        self.sessions.values().filter(|entry| entry.value.person == person).cloned().collect()
    }

    /// The sessions to clear away when a person begins another: all that have ended, and this person's oldest where
    /// they would be too many.
    pub(crate) fn sessions_to_clear(
        &self,
        person: PersonId,
        now: Timestamp,
        values: &Values,
    ) -> Vec<Entry<Session>> {
        let (mut clear, live): (Vec<_>, Vec<_>) =
            self.sessions.values().cloned().partition(|entry| entry.value.ended(now, values).is_some());
        let mut own: Vec<_> = live.into_iter().filter(|entry| entry.value.person == person).collect();
        own.sort_by_key(|entry| std::cmp::Reverse((entry.value.since, entry.value.id)));
        clear.extend(own.into_iter().skip(SESSIONS_PER_PERSON_MAX - 1));
        clear
    }
}
