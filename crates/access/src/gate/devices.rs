//! Devices on which people come in over the network: invited, enrolled, renewed, ended (1.2.e).
//!
//! Who may enrol one has shown that they are its person: by an invitation, by a code that an owner handed them, or by a session on
//! the home's own machine or on a device that is enrolled already, with a fresh second factor where the home asks for one.

use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{DeviceId, PersonId, RecordId, Sensitive, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, What};
use bailee_store::act::Act;

use super::people::factor_stale;
use super::{Caller, EnrolmentCode, Gate, Presented, Who};
use crate::account::{Account, DeviceCode};
use crate::authority::Authority;
use crate::certificate::{self, Request, Shown};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::{ACCOUNT, Action, Reason};
use crate::device::{Certified, DEVICES_MAX, Device, Place, ShownDevice};
use crate::error::{AccessError, Denial};
use crate::lockout::Door;
use crate::passkey::{self, NAME_CHARACTERS_MAX};
use crate::person::Person;
use crate::register::Entry;
use crate::service::KeyAge;
use crate::session::Session;

/// A code for a device is good until then: it is handed over by word of mouth, and used at once.
fn in_a_day(now: Timestamp) -> Timestamp {
    saturating_add(now, DAY_SECONDS)
}

/// A certificate of a device.
pub struct NewDevice {
    /// The device.
    pub id: DeviceId,
    /// PEM.
    pub pem: String,
    /// The last instant at which it opens anything, by the machine's time.
    pub ends_at: Timestamp,
}

impl Gate {
    /// Makes a code with which a person enrols one device, within a day. Another one takes the place of one that was not used.
    /// Writes `Device`.
    ///
    /// # Errors
    /// Those of [`Self::suspend`]; [`AccessError::Unacceptable`] when the person is not active.
    pub fn invite_device(&self, caller: &Caller, person: PersonId) -> Result<Sensitive<String>, AccessError> {
        self.may_change_people(caller)?;
        let _writing = self.writing_as(caller)?;
        let entry = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let now = caller.context.now;
        if !entry.value.person.is_active(now) {
            return Err(AccessError::Unacceptable("this person is not active".into()));
        }
        let (code, hash) = CredentialKind::Device.generate(&*self.sealer.entropy);
        let account = entry
            .next(Account { device: Some(DeviceCode { hash, until: in_a_day(now) }), ..entry.value.clone() });
        let invited = caller.context.event(told(person, None, "invited"));
        self.put_account("invite-device", account, vec![invited])?;
        Ok(code)
    }

    /// Enrols a device of the caller's own: issues a certificate for the key of a request (PKCS#10, PEM), under the name that
    /// its person gives it. A code is used up by it; an invitation stays, and enrols one device at a time. Writes
    /// `Device`.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a service, for a session that is neither on the home's own machine nor on a device, and
    /// where no second factor was shown a short while ago; [`AccessError::Unacceptable`] says what is wrong with name or
    /// request, or that there are too many.
    pub fn enrol_device(&self, caller: &Caller, name: &str, request: &str) -> Result<NewDevice, AccessError> {
        let person = self.may_enrol(caller)?.id;
        let name = passkey::name(name).ok_or_else(|| {
            AccessError::Unacceptable(format!(
                "a device's name is one line of 1 to {NAME_CHARACTERS_MAX} characters"
            ))
        })?;
        let request = Request::from_pem(request)?;
        let authority = self.certified_by(&caller.context, caller.machine_now)?;
        let id = DeviceId::random(&*self.sealer.entropy);
        let (pem, certified) = self.issue_to_device(&authority, &request, id, caller.machine_now)?;
        let invited = matches!(caller.who, Who::Invited(_));
        let (since, certificates) = (caller.context.now, vec![certified]);
        let device = Device { id, person, name, since, invited, certificates };
        let ends_at = device.ends_at(&self.standards.values).unwrap_or(since);
        self.keep_device(caller, device)?;
        Ok(NewDevice { id, pem, ends_at })
    }

    /// Commits a new device; with it goes what it was enrolled by, as far as that opens once.
    fn keep_device(&self, caller: &Caller, device: Device) -> Result<(), AccessError> {
        let person = device.person;
        let _writing = self.writing_as(caller)?;
        let mut own = self.known().devices_of(person);
        // What an invitation enrolled before is replaced: else a code that leaked would leave a device behind.
        let replaced = own.iter().position(|one| device.invited && one.value.invited);
        let replaced = replaced.map(|position| own.remove(position));
        if own.len() >= DEVICES_MAX {
            return Err(AccessError::Unacceptable(format!(
                "this person has {DEVICES_MAX} devices, and can have no more; end one first with `bailee device end`"
            )));
        }
        let account = self.known().account(person).cloned().ok_or(AccessError::Missing("person"))?;
        let used = match &caller.who {
            Who::Enrolling { code, .. } => {
                let is_it = |kept: &DeviceCode| kept.hash.matches(&code.0);
                // Of two who show it at once, the second finds it used.
                account
                    .value
                    .device
                    .as_ref()
                    .filter(|kept| is_it(kept))
                    .ok_or(AccessError::Missing("code"))?;
                Some(account.next(Account { device: None, ..account.value.clone() }))
            }
            Who::Person { .. } | Who::Invited(_) | Who::Service(_) => None,
        };
        let enrolled = told(person, Some(device.id), "enrolled");
        let mut events = vec![caller.context.event(enrolled)];
        let entry = Entry::first(device.entry_id(), device);
        let mut changes = vec![self.sealer.put(&entry)?];
        changes.extend(used.as_ref().map(|account| self.sealer.put(account)).transpose()?);
        if let Some(old) = &replaced {
            changes.push(old.deletion());
            events.push(caller.context.event(told(person, Some(old.value.id), "ended")));
        }
        self.commit(Act { name: "enrol-device", changes, events }, |known| {
            replaced.iter().for_each(|old| known.drop_device(old.value.id));
            used.into_iter().for_each(|account| known.keep_account(account));
            known.keep_device(entry);
        })
    }

    /// Gives the device on which the caller is its next certificate. The one that was shown goes on until its own end. Of several
    /// that ask at once one is given it. Writes `Device`.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for whoever is not on a device, for one that was renewed within a day by another of its
    /// certificates, and says what is wrong with the request.
    pub fn renew_device(
        &self,
        caller: &Caller,
        shown: Option<&Shown>,
        request: &str,
    ) -> Result<NewDevice, AccessError> {
        let (person, _) = self.a_person(caller)?;
        let by = shown.and_then(|shown| shown.hashes().first());
        let (here, by) = caller.place.device().zip(by).ok_or_else(|| {
            AccessError::Unacceptable("a device is renewed by a session on it; there is none here".into())
        })?;
        let request = Request::from_pem(request)?;
        let authority = self.certified_by(&caller.context, caller.machine_now)?;
        let (pem, certified) = self.issue_to_device(&authority, &request, here, caller.machine_now)?;
        let _writing = self.writing_as(caller)?;
        let entry = self.known().device(here).cloned().ok_or(AccessError::Missing("device"))?;
        let ends_at = certified.ends_at(&self.standards.values);
        let renewed = entry.value.renewed(by, certified).map_err(|since| {
            AccessError::Unacceptable(format!(
                "this device was renewed at {since}, and goes on with what it was given then; where that was lost, ask again a day \
                 after it"
            ))
        })?;
        let next = entry.next(renewed);
        let events = vec![caller.context.event(told(person.id, Some(here), "renewed"))];
        let act = Act { name: "renew-device", changes: vec![self.sealer.put(&next)?], events };
        self.commit(act, |known| known.keep_device(next))?;
        Ok(NewDevice { id: here, pem, ends_at })
    }

    fn issue_to_device(
        &self,
        authority: &Authority,
        request: &Request,
        device: DeviceId,
        machine_now: Timestamp,
    ) -> Result<(String, Certified), AccessError> {
        let serial = RecordId::random(&*self.sealer.entropy);
        let days = self.standards.values.key_days_max.into();
        let name = format!("device:{device}");
        let (der, pem) = authority.issue(request, &name, serial, machine_now, days)?;
        Ok((pem, Certified { hash: certificate::whole(&der), since: machine_now }))
    }

    /// The caller's own devices, the oldest first.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a service, which has none.
    pub fn devices(&self, caller: &Caller) -> Result<Vec<ShownDevice>, AccessError> {
        let (person, _) = self.a_person(caller)?;
        Ok(self.shown_devices(caller, person.id))
    }

    /// Somebody's devices, the oldest first.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Missing`] for nobody of this home.
    pub fn devices_of(&self, caller: &Caller, person: PersonId) -> Result<Vec<ShownDevice>, AccessError> {
        self.allow(caller, &Action::Administer)?;
        self.known().account(person).ok_or(AccessError::Missing("person"))?;
        Ok(self.shown_devices(caller, person))
    }

    fn shown_devices(&self, caller: &Caller, person: PersonId) -> Vec<ShownDevice> {
        let shown = |entry: Entry<Device>| {
            let ends_at = entry.value.ends_at(&self.standards.values).unwrap_or(entry.value.since);
            let Device { id, person, name, since, .. } = entry.value;
            ShownDevice { id, person, name, since, ends_at, is_this: caller.place.device() == Some(id) }
        };
        self.known().devices_of(person).into_iter().map(shown).collect()
    }

    /// Ends a device, and the sessions on it, at once: one's own, or, by who administers, anybody's. Writes `Device`.
    ///
    /// # Errors
    /// [`AccessError::Missing`] when there is none of that name, or it is somebody else's and the caller does not administer.
    pub fn end_device(&self, caller: &Caller, device: DeviceId) -> Result<(), AccessError> {
        let (person, _) = self.a_person(caller)?;
        let own = self.known().device(device).is_some_and(|entry| entry.value.person == person.id);
        if !own {
            self.allow(caller, &Action::Administer)?;
        }
        let _writing = self.writing_as(caller)?;
        let entry = self.known().device(device).cloned().ok_or(AccessError::Missing("device"))?;
        let sessions = self.sessions_on(&entry);
        let mut changes = vec![entry.deletion()];
        changes.extend(sessions.iter().map(Entry::<Session>::deletion));
        let ended = told(entry.value.person, Some(device), "ended");
        let mut events = vec![caller.context.event(ended)];
        events.extend(
            sessions
                .iter()
                .map(|session| caller.context.event(What::LoggedOut { session: session.value.id })),
        );
        self.commit(Act { name: "end-device", changes, events }, |known| {
            sessions.iter().for_each(|session| known.drop_session(session.id));
            known.drop_device(device);
        })
    }

    fn sessions_on(&self, device: &Entry<Device>) -> Vec<Entry<Session>> {
        let mut sessions = self.known().sessions_of(device.value.person);
        sessions.retain(|session| session.value.place == Place::Device(device.value.id));
        sessions
    }

    /// Who may enrol a device, and for whom.
    fn may_enrol<'a>(&self, caller: &'a Caller) -> Result<&'a Person, AccessError> {
        match &caller.who {
            Who::Enrolling { person, .. } | Who::Invited(person) => Ok(person),
            Who::Service(_) => self.a_person(caller).map(|(person, _)| person),
            Who::Person { .. } if caller.place == Place::Network => {
                self.refuse(&caller.context, ACCOUNT, None, None, not_from_here())
            }
            Who::Person { .. } if self.standards.second_factor && !caller.has_fresh_factor() => {
                self.refuse(&caller.context, ACCOUNT, None, None, factor_stale())
            }
            Who::Person { person, .. } => Ok(person),
        }
    }

    /// Whose code that is.
    pub(super) fn by_device_code(
        &self,
        code: CredentialHash,
        now: Timestamp,
    ) -> Result<(Who, Option<Denial>), AccessError> {
        let known = self.known();
        let account = known.enrolling(&code).map(|entry| &entry.value);
        let is_good = |account: &&Account| {
            let is_good = |kept: &DeviceCode| now <= kept.until && !is_ahead(kept.until, in_a_day(now));
            account.person.is_active(now) && account.device.as_ref().is_some_and(is_good)
        };
        let person = account.filter(is_good).map(|account| account.person.clone()).ok_or_else(no_code)?;
        Ok((Who::Enrolling { person, code: EnrolmentCode(code) }, Some(to_enrol())))
    }

    /// The device of a certificate that was shown, while it opens anything.
    pub(super) fn device_by(
        &self,
        shown: &Shown,
        machine_now: Timestamp,
    ) -> Result<Option<(DeviceId, PersonId)>, Denial> {
        let known = self.known();
        let found = shown.hashes().iter().find_map(|hash| {
            let device = &known.device_by_certificate(hash)?.value;
            Some((device, device.certified(hash)?))
        });
        let Some((device, certified)) = found else { return Ok(None) };
        let values = &self.standards.values;
        match certified.age(machine_now, values) {
            KeyAge::Fresh | KeyAge::Aging => Ok(Some((device.id, device.person))),
            KeyAge::Ended | KeyAge::Forgotten => Err(device_too_old(values.key_days_max)),
        }
    }

    /// The place of somebody who begins a session, and whose it has to be; or why nobody begins one there (1.2.e).
    pub(super) fn place_to_begin(
        &self,
        door: Door,
        certificate: Option<&Shown>,
        machine_now: Timestamp,
    ) -> Result<(Place, Option<PersonId>), Denial> {
        let device = match (door, certificate) {
            (Door::Local, _) => return Ok((Place::Here, None)),
            (Door::Network(_), None) if self.standards.enrolled_device => return Err(no_device()),
            (Door::Network(_), None) => None,
            (Door::Network(_), Some(shown)) => {
                Some(self.device_by(shown, machine_now)?.ok_or_else(unknown_device)?)
            }
        };
        Ok((Place::at(door, device.map(|(id, _)| id)), device.map(|(_, person)| person)))
    }

    /// Why a session does not go on where it is shown, if it does not.
    pub(super) fn elsewhere(&self, session: &Session, place: Place) -> Option<Denial> {
        if session.place != place {
            return Some(session_elsewhere());
        }
        (self.standards.enrolled_device && place == Place::Network).then(no_device)
    }

    /// Ends a session that was shown in another place than its own: somebody else has it.
    pub(super) fn end_elsewhere(&self, presented: &Presented) -> Result<(), AccessError> {
        let Some(bearer) = &presented.bearer else { return Ok(()) };
        let _writing = self.writing();
        let token = CredentialHash::of(bearer.expose());
        let Some(entry) = self.known().session(&token).cloned() else { return Ok(()) };
        let ended = What::LoggedOut { session: entry.value.id };
        let context = Context::system(presented.request, presented.now);
        let act = Act {
            name: "session-elsewhere",
            changes: vec![entry.deletion()],
            events: vec![context.event(ended)],
        };
        self.commit(act, |known| known.drop_session(entry.id))
    }

    /// When the device on which the caller is ends, where it is time to renew it.
    pub(super) fn ending_device(&self, presented: &Presented) -> Option<Timestamp> {
        let shown = presented.certificate.as_ref()?;
        let known = self.known();
        let values = &self.standards.values;
        shown.hashes().iter().find_map(|hash| {
            let certified = known.device_by_certificate(hash)?.value.certified(hash)?;
            let is_aging = certified.age(presented.machine_now, values) != KeyAge::Fresh;
            is_aging.then(|| certified.ends_at(values))
        })
    }
}

/// A step in the life of a device.
pub(super) fn told(person: PersonId, device: Option<DeviceId>, step: &str) -> What {
    What::Device(event::Device { person, device, step: step.into() })
}

const ENROL: &str = "enrol this machine with `bailee --server URL device enroll --code-stdin`, by your invitation or a code that an \
                     owner makes with `bailee device invite`; or log in on the home's own machine";

pub(super) fn no_device() -> Denial {
    Reason::DeviceMissing
        .denial("over the network people come in on enrolled devices alone, and this is none", ENROL)
}

pub(super) fn unknown_device() -> Denial {
    Reason::DeviceMissing
        .denial("the certificate of this connection is no enrolled device's, or it was ended", ENROL)
}

pub(super) fn device_of_another() -> Denial {
    Reason::DeviceMissing.denial("this device is enrolled for somebody else", ENROL)
}

fn device_too_old(days: u16) -> Denial {
    Reason::DeviceMissing.denial(
        format!("the certificate of this device is older than {days} days and opens nothing any more"),
        ENROL,
    )
}

fn session_elsewhere() -> Denial {
    Reason::SessionElsewhere.denial(
        "this session was begun in another place, so it has ended: somebody else may have it",
        "log in with `bailee login --as MAIL`; if you did not move it yourself, tell an owner of this home",
    )
}

fn not_from_here() -> Denial {
    Reason::DeviceMissing.denial(
        "a device is enrolled by a session on the home's own machine or on an enrolled device, or by a code",
        ENROL,
    )
}

fn no_code() -> Denial {
    Reason::UnknownCredential.denial(
        "this code was used, has ended, or is another home's",
        "ask an owner of this home for another with `bailee device invite`",
    )
}

pub(super) fn to_enrol() -> Denial {
    Reason::InvitationOpen.denial(
        "a code opens nothing but the enrolment of a device",
        "use it with `bailee device enroll --code-stdin`, then log in",
    )
}
