//! Certificates that clients show in the handshake: asked for, never demanded; one that does not verify ends it.
//!
//! Two kinds of authority are trusted: the home's own, and those that it was told of. A certificate of the home's own goes
//! on for [`RENEWAL_DAYS`] past its end, since the gate lets it open its renewal and nothing else; any other ends as it says.

use std::sync::Arc;
use std::time::Duration;

use bailee_access::certificate::{IssuedBy, Shown};
use bailee_access::service::RENEWAL_DAYS;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

/// Most authorities that a home is told of: their names are sent in every handshake.
pub const AUTHORITIES_MAX: usize = 32;

/// How long a certificate of the home's own goes on past its end.
const GRACE: Duration = Duration::from_secs(RENEWAL_DAYS as u64 * 24 * 60 * 60);

/// Why authorities cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these are no certificates of authorities as PEM, at most {AUTHORITIES_MAX}")]
pub struct AuthoritiesError;

/// Whose certificates are taken.
#[derive(Clone, Debug)]
pub struct Clients {
    home: Arc<dyn ClientCertVerifier>,
    others: Option<Arc<dyn ClientCertVerifier>>,
    hints: Vec<DistinguishedName>,
}

impl Clients {
    /// Those of the home's authority, and of others: all PEM.
    ///
    /// # Errors
    /// [`AuthoritiesError`] where one of the two is no such thing.
    pub fn of(home: &[u8], others: Option<&[u8]>) -> Result<Self, AuthoritiesError> {
        let home = verifier(home)?;
        let others = others.map(verifier).transpose()?;
        let mut hints = home.root_hint_subjects().to_vec();
        hints.extend(others.iter().flat_map(|others| others.root_hint_subjects().to_vec()));
        Ok(Self { home, others, hints })
    }

    /// Whether these are authorities that could be trusted.
    ///
    /// # Errors
    /// [`AuthoritiesError`] where they are not.
    pub fn check(others: &[u8]) -> Result<(), AuthoritiesError> {
        verifier(others).map(drop)
    }

    /// What a client showed, verified once more: a session that is resumed shows a certificate of before.
    pub(super) fn shown(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<Shown, Error> {
        let (own, intermediates) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        let by = self.issued_by(own, intermediates, now)?;
        Shown::new(own, by).ok_or_else(|| rustls::CertificateError::BadEncoding.into())
    }

    fn issued_by(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<IssuedBy, Error> {
        let before = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()).saturating_sub(GRACE));
        let by_home = |at| self.home.verify_client_cert(own, intermediates, at).map(|_| IssuedBy::Home);
        let by_others = |error| match &self.others {
            Some(others) => others.verify_client_cert(own, intermediates, now).map(|_| IssuedBy::Other),
            None => Err(error),
        };
        by_home(now).or_else(|error| by_home(before).map_err(|_| error)).or_else(by_others)
    }
}

fn verifier(pem: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, AuthoritiesError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|_| AuthoritiesError)?).map_err(|_| AuthoritiesError)?;
    }
    if roots.len() > AUTHORITIES_MAX {
        return Err(AuthoritiesError);
    }
    let provider = Arc::new(provider::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.map_err(|_| AuthoritiesError)
}

impl ClientCertVerifier for Clients {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.issued_by(own, intermediates, now).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.home.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.home.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.home.supported_verify_schemes()
    }
}
