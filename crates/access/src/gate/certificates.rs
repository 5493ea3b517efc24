//! Certificates of services, and the authority that issues them.

use bailee_core::{DeviceId, PersonId, PrincipalId, ProposalId, RecordId, RequestId, ServiceId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{AuthorityMade, What};
use bailee_store::act::Act;

use super::service_keys::Given;
use super::{Caller, Gate, Presented, Who};
use crate::authority::{Authority, AuthorityCertificate};
use crate::certificate::{self, Request, Shown};
use crate::decision::Reason;
use crate::error::{AccessError, Denial};
use crate::register::Entry;
use crate::service::{Form, ServiceKey, Times};

/// A new certificate of a service, or one of another authority that it is bound to.
pub struct NewCertificate {
    /// The service.
    pub service: ServiceId,
    /// Names it; opens nothing.
    pub id: RecordId,
    /// As PEM, where the home's authority issued it.
    pub pem: Option<String>,
    /// The last instant at which it opens anything but its renewal, by the machine's time.
    pub ends_at: Timestamp,
    /// What a second person has to approve first; until then documents are taken in by it, and no more.
    pub proposal: Option<ProposalId>,
}

impl Gate {
    /// The certificate of the home's authority, which is made where there is none yet. Writes `AuthorityMade` then.
    ///
    /// # Errors
    /// When it cannot be made, sealed or committed.
    pub fn keep_authority(
        &self,
        request: RequestId,
        now: Timestamp,
        machine_now: Timestamp,
    ) -> Result<AuthorityCertificate, AccessError> {
        self.follow()?;
        self.certified_by(&Context::system(request, now), machine_now).map(|authority| authority.shown())
    }

    /// The same, for whoever comes in.
    ///
    /// # Errors
    /// As for [`Self::keep_authority`].
    pub fn authority(&self, caller: &Caller) -> Result<AuthorityCertificate, AccessError> {
        self.certified_by(&caller.context, caller.machine_now).map(|authority| authority.shown())
    }

    pub(super) fn certified_by(
        &self,
        context: &Context,
        machine_now: Timestamp,
    ) -> Result<Authority, AccessError> {
        let existing = || self.known().authority.as_ref().map(|entry| entry.value.clone());
        if let Some(authority) = existing() {
            return Ok(authority);
        }
        let _writing = self.writing();
        if let Some(authority) = existing() {
            return Ok(authority);
        }
        let id = RecordId::random(&*self.sealer.entropy);
        let made = Authority::make(id, machine_now)?;
        let entry = Entry::first(id, made.clone());
        let act = Act {
            name: "make-authority",
            changes: vec![self.sealer.put(&entry)?],
            events: vec![context.event(What::AuthorityMade(AuthorityMade { authority: id }))],
        };
        self.commit(act, |known| known.authority = Some(entry))?;
        Ok(made)
    }

    /// Issues a certificate for the key of a request (PKCS#10, PEM) to a service. A service renews itself, also with a
    /// certificate that has ended and opens nothing else any more. Writes `ServiceKeyAdded`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] says what is wrong with the request, or that there are two
    /// keys or certificates already that have not ended.
    pub fn certify(
        &self,
        caller: &Caller,
        service: ServiceId,
        request: &str,
    ) -> Result<NewCertificate, AccessError> {
        let knower = self.to_renew(caller, service)?;
        let request = Request::from_pem(request)?;
        let authority = self.certified_by(&caller.context, caller.machine_now)?;
        let now = caller.machine_now;
        let serial = RecordId::random(&*self.sealer.entropy);
        let days = self.standards.values.key_days_max.into();
        let (der, pem) = authority.issue(&request, &service.to_string(), serial, now, days)?;
        let new = ServiceKey::certificate(certificate::whole(&der), Form::Certificate, now, knower.known_to);
        let Given { id, ends_at, proposal } = self.give(caller, service, new, knower)?;
        Ok(NewCertificate { service, id, pem: Some(pem), ends_at, proposal })
    }

    /// Binds a service to what a certificate (PEM) of another authority says: its first URI, else its first host name, else
    /// its public key. From then on every certificate that says so opens it, when an authority issued it that the home
    /// was told to trust. Bound again, its days begin anew. Writes `ServiceKeyAdded`.
    ///
    /// # Errors
    /// As for [`Self::certify`]; also where another service is bound to the same.
    pub fn bind_certificate(
        &self,
        caller: &Caller,
        service: ServiceId,
        certificate: &str,
    ) -> Result<NewCertificate, AccessError> {
        let knower = self.to_renew(caller, service)?;
        let hash = certificate::bound(certificate)?;
        let new = ServiceKey::certificate(hash, Form::Bound, caller.machine_now, knower.known_to);
        let Given { id, ends_at, proposal } = self.give(caller, service, new, knower)?;
        Ok(NewCertificate { service, id, pem: None, ends_at, proposal })
    }

    /// Whose a certificate is that was shown.
    pub(super) fn by_certificate(
        &self,
        shown: &Shown,
        presented: &Presented,
    ) -> Result<Certified, AccessError> {
        if shown.has_ended(presented.machine_now) {
            return Err(ended().into());
        }
        if let Some((device, person)) = self.device_by(shown, presented.machine_now)? {
            return Ok(Certified::Device(device, person));
        }
        let known = self.known();
        let found = shown.hashes().iter().find_map(|hash| known.service_by_key(hash));
        let (service, kept) = found.filter(|(_, kept)| kept.form != Form::Key).ok_or_else(unknown)?;
        let missing = self.lacking(&known, kept, presented.times())?;
        Ok(Certified::Service(Box::new((Who::Service(service.by(kept)), missing))))
    }
}

/// Whose a certificate is.
pub(super) enum Certified {
    /// A service's, with what keeps it from anything but its renewal.
    Service(Box<(Who, Option<Denial>)>),
    /// A device's, and whose that is.
    Device(DeviceId, PersonId),
}

impl Certified {
    pub(super) fn device(&self) -> Option<DeviceId> {
        match self {
            Self::Service(_) => None,
            Self::Device(device, _) => Some(*device),
        }
    }

    pub(super) fn principal(&self) -> PrincipalId {
        match self {
            Self::Service(service) => service.0.principal(),
            Self::Device(_, person) => PrincipalId::Person(*person),
        }
    }
}

impl Presented {
    pub(super) fn times(&self) -> Times {
        Times { home: self.now, machine: self.machine_now }
    }
}

fn ended() -> Denial {
    Reason::UnknownCredential.denial(
        "this certificate has ended",
        "get the next from its authority, and begin a new connection with it",
    )
}

fn unknown() -> Denial {
    Reason::UnknownCredential.denial(
        "this home knows no service and no device with this certificate",
        "get one with `bailee service certificate` or `bailee device enroll`",
    )
}
