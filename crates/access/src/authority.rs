//! The certificate authority of a home: it issues what services show instead of a key, and what people's devices show.
//!
//! Its key (P-256) is made when it is first needed and lies sealed in a register of its own; nothing shows it. What it
//! issues names a service or a device by its random id, is good for a client and for nothing else, and ends with a key's age.
//! Certificates follow the machine's time, also in a test home that was given another.

use std::time::Duration;

use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{RecordId, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber, date_time_ymd,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::AccessError;
use crate::certificate::Request;
use crate::register::Kept;

/// How long the authority itself lasts: ten years, so that what trusts it need not be told anew within a server's life.
const DAYS: i64 = 3650;

/// By how much a certificate begins before it is made, since clocks differ.
const BEGIN_SECONDS: i64 = -3600;

/// The authority, as kept sealed in the register `authority`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Authority {
    /// The serial number of its certificate.
    pub(crate) id: RecordId,
    /// PKCS#8, as PEM.
    key: String,
    certificate: String,
    since: Timestamp,
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Kept for Authority {
    const REGISTER: &'static str = "authority";
    const PLACE: &'static str = "register/authority";
}

/// The certificate of the home's authority: whoever has it can check what the authority issues.
pub struct AuthorityCertificate {
    /// Its serial number.
    pub id: RecordId,
    /// PEM.
    pub pem: String,
    /// The last instant of it, by the machine's time.
    pub ends_at: Timestamp,
}

impl Authority {
    /// A new one.
    pub(crate) fn make(id: RecordId, machine_now: Timestamp) -> Result<Self, AccessError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| AccessError::Uncertified)?;
        let mut params = params(id, format!("bailee authority {id}"), machine_now, DAYS);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).map_err(|_| AccessError::Uncertified)?;
        Ok(Self { id, key: key.serialize_pem(), certificate: certificate.pem(), since: machine_now })
    }

    /// What may be seen of it.
    pub(crate) fn shown(&self) -> AuthorityCertificate {
        let ends_at = saturating_add(self.since, DAYS * DAY_SECONDS);
        AuthorityCertificate { id: self.id, pem: self.certificate.clone(), ends_at }
    }

    /// A certificate for the key of a request: DER and PEM. Nothing else of the request goes into it.
    pub(crate) fn issue(
        &self,
        request: &Request,
        name: &str,
        serial: RecordId,
        machine_now: Timestamp,
        days: i64,
    ) -> Result<(Vec<u8>, String), AccessError> {
        let issue = || {
            let key = KeyPair::from_pem(&self.key)?;
            let issuer = Issuer::from_ca_cert_pem(&self.certificate, key)?;
            let mut params = params(serial, name.to_owned(), machine_now, days);
            params.is_ca = IsCa::ExplicitNoCa;
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            params.signed_by(request.public_key(), &issuer)
        };
        let certificate = issue().map_err(|_: rcgen::Error| AccessError::Uncertified)?;
        Ok((certificate.der().to_vec(), certificate.pem()))
    }
}

/// What is the same in all: a serial number, a name, and a time that ends so many days from now.
fn params(serial: RecordId, name: String, machine_now: Timestamp, days: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    // The first bit of a serial number is its sign.
    let mut number = serial.0;
    number[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&number));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let at = |seconds: i64| {
        let then = saturating_add(machine_now, seconds).as_second();
        date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(then).unwrap_or_default())
    };
    params.not_before = at(BEGIN_SECONDS);
    params.not_after = at(days * DAY_SECONDS);
    params
}
