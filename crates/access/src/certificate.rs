//! Certificates that services show in the handshake of TLS, and requests for them (PKCS#10).
//!
//! One of the home's own authority is known whole, by its hash. One of another authority is known by what its owner bound:
//! a name that the authority vouches for, or the public key. That a certificate verifies, and that its holder has its key,
//! is the listener's business; what it opens is the gate's.

use bailee_core::Timestamp;
use rcgen::SubjectPublicKeyInfo;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::{Pem, parse_x509_pem};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::AccessError;
use crate::credential::CredentialHash;

/// Most bytes of a request or certificate as PEM: several times that of one with an RSA key of 8192 bits.
pub const PEM_BYTES_MAX: usize = 16 * 1024;

/// Fewest bits of an RSA key (NIST SP 800-57).
const RSA_BITS_MIN: usize = 2048;

/// Most names of a certificate of another authority; each is looked up with every request.
pub const NAMES_MAX: usize = 16;

/// Who issued a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuedBy {
    /// The home's own authority.
    Home,
    /// One that the home was told to trust.
    Other,
}

/// A certificate that was shown, verified, by whoever has its key.
pub struct Shown {
    hashes: Vec<CredentialHash>,
    /// The last second of one of another authority. One of the home's own ends by what the home keeps of it.
    ends_at: Option<i64>,
}

impl Shown {
    /// What a certificate is known by; none of what is no certificate, or has too many names.
    pub fn new(der: &[u8], by: IssuedBy) -> Option<Self> {
        match by {
            IssuedBy::Home => Some(Self { hashes: vec![whole(der)], ends_at: None }),
            IssuedBy::Other => {
                let (_, certificate) = X509Certificate::from_der(der).ok()?;
                let ends_at = Some(certificate.validity().not_after.timestamp());
                Some(Self { hashes: names(&certificate)?, ends_at })
            }
        }
    }

    pub(crate) fn hashes(&self) -> &[CredentialHash] {
        &self.hashes
    }

    /// Whether it is past its end: its connection can stand for longer.
    pub(crate) fn has_ended(&self, machine_now: Timestamp) -> bool {
        self.ends_at.is_some_and(|ends_at| machine_now.as_second() > ends_at)
    }
}

/// What a certificate of the home's own is known by.
pub(crate) fn whole(der: &[u8]) -> CredentialHash {
    CredentialHash::of_parts([b"certificate:", der])
}

/// What a certificate of another authority may be known by: its URIs, its host names, its public key.
fn names(certificate: &X509Certificate<'_>) -> Option<Vec<CredentialHash>> {
    let extension = certificate.subject_alternative_name().ok()?;
    let general = extension.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
    if general.len() > NAMES_MAX {
        return None;
    }
    let uris = general.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(CredentialHash::of_parts([b"uri:", uri.as_bytes()])),
        _ => None,
    });
    let hosts = general.iter().filter_map(|name| match name {
        GeneralName::DNSName(host) => {
            Some(CredentialHash::of_parts([b"dns:", host.to_ascii_lowercase().as_bytes()]))
        }
        _ => None,
    });
    let key = CredentialHash::of_parts([b"public-key:", certificate.public_key().raw]);
    Some(uris.chain(hosts).chain([key]).collect())
}

/// What a certificate of another authority is bound by: its first URI, else its first host name, else its public key.
///
/// # Errors
/// [`AccessError::Unacceptable`] for what is no certificate as PEM.
pub(crate) fn bound(pem: &str) -> Result<CredentialHash, AccessError> {
    let refused = || {
        AccessError::Unacceptable(format!(
            "this is no single certificate as PEM of at most {PEM_BYTES_MAX} bytes with at most {NAMES_MAX} names"
        ))
    };
    let pem = block(pem, &["CERTIFICATE"]).ok_or_else(refused)?;
    let (_, certificate) = X509Certificate::from_der(&pem.contents).map_err(|_| refused())?;
    names(&certificate).and_then(|names| names.into_iter().next()).ok_or_else(refused)
}

/// A request for a certificate, signed with the key that it is about.
pub(crate) struct Request(SubjectPublicKeyInfo);

impl Request {
    /// Reads one.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] says what is wrong with it.
    pub(crate) fn from_pem(text: &str) -> Result<Self, AccessError> {
        let refused = |words: &str| AccessError::Unacceptable(words.to_owned());
        let unread =
            || refused("this is no request for a certificate (PKCS#10) as PEM; `openssl req -new` makes one");
        let pem = block(text, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]).ok_or_else(unread)?;
        let (rest, request) = X509CertificationRequest::from_der(&pem.contents).map_err(|_| unread())?;
        let key = &request.certification_request_info.subject_pki;
        let is_strong = match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => rsa.key_size() >= RSA_BITS_MIN,
            Ok(_) => true,
            Err(_) => false,
        };
        if !rest.is_empty() {
            return Err(unread());
        }
        let key = SubjectPublicKeyInfo::from_der(key.raw).ok().filter(|_| is_strong);
        let key = key.ok_or_else(|| {
            refused(
                "the key of this request is none of P-256, P-384, Ed25519 and RSA from 2048 bits on (1.5.a)",
            )
        })?;
        request
            .verify_signature()
            .map_err(|_| refused("this request was not signed with the key that it is about"))?;
        Ok(Self(key))
    }

    pub(crate) fn public_key(&self) -> &SubjectPublicKeyInfo {
        &self.0
    }
}

/// The one block of a PEM text, when it is one of these. Of several it could not be said which is meant.
fn block(text: &str, labels: &[&str]) -> Option<Pem> {
    if text.len() > PEM_BYTES_MAX {
        return None;
    }
    let (rest, pem) = parse_x509_pem(text.as_bytes()).ok()?;
    let is_alone = rest.trim_ascii().is_empty();
    (is_alone && labels.contains(&pem.label.as_str())).then_some(pem)
}
