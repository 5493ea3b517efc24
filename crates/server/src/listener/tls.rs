//! TLS: 1.2 and 1.3 with the suites of Mozilla's intermediate profile (1.5.a), and a certificate that can be replaced while
//! connections go on.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoClientAuth, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ProtocolVersion, ServerConfig, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::clients::Clients;
use super::peer::{Certificate, Spoken};

/// What is spoken inside, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The oldest TLS that is spoken. Older than 1.2 cannot be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Minimum {
    /// TLS 1.2: what a client of the last ten years speaks.
    #[default]
    V12,
    /// TLS 1.3 alone.
    V13,
}

impl Minimum {
    fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
        const NEWEST: &[&SupportedProtocolVersion] = &[&TLS13];
        match self {
            Self::V12 => BOTH,
            Self::V13 => NEWEST,
        }
    }
}

/// A certificate with its chain and its key, which belong together.
#[derive(Clone, Debug)]
pub struct Identity(Arc<CertifiedKey>);

/// Why an identity cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// There is no certificate, or one that is damaged.
    #[error("the certificate is no PEM with a certificate in it")]
    Certificate,
    /// There is no key, or one that is damaged or of a kind that is not known.
    #[error("the key is no PEM with a private key in it (ECDSA, RSA or Ed25519)")]
    Key,
    /// The key is that of another certificate.
    #[error("the key does not belong to the certificate")]
    Mismatch,
}

impl IdentityError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate => "certificate-unreadable",
            Self::Key => "key-unreadable",
            Self::Mismatch => "key-of-another-certificate",
        }
    }
}

impl Identity {
    /// Reads a chain of certificates, the server's own first, and its key: both PEM.
    ///
    /// # Errors
    /// [`IdentityError`]: what of them cannot be used.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| IdentityError::Certificate)?;
        let own = chain.first().ok_or(IdentityError::Certificate)?;
        ParsedCertificate::try_from(own).map_err(|_| IdentityError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::Key)?;
        let certified = CertifiedKey::from_der(chain, key, &provider::default_provider());
        certified.map(|certified| Self(Arc::new(certified))).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => IdentityError::Mismatch,
            _ => IdentityError::Key,
        })
    }

    /// What a client pins.
    pub fn pin(&self) -> Option<PublicKeyPin> {
        PublicKeyPin::of(self.0.end_entity_cert().ok()?)
    }

    /// Its own certificate.
    pub fn certificate(&self) -> Option<&CertificateDer<'_>> {
        self.0.end_entity_cert().ok()
    }
}

/// The SHA-256 of a certificate's public key (its `SubjectPublicKeyInfo`): it stays when a certificate is renewed with the
/// same key. Written as `sha256//` and base64, which `curl --pinnedpubkey` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKeyPin([u8; 32]);

impl PublicKeyPin {
    /// The pin of a certificate's key; none of what is no certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let key = ParsedCertificate::try_from(certificate).ok()?.subject_public_key_info();
        digest(&SHA256, &key).as_ref().try_into().ok().map(Self)
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.strip_prefix("sha256//")?.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for PublicKeyPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256//{}", BASE64.encode(&self.0))
    }
}

/// The TLS of a door. Clones share their identity.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    clients: Option<Arc<Clients>>,
}

impl Tls {
    /// TLS with this identity, until it is [replaced](Self::replace).
    ///
    /// # Errors
    /// None that a caller can mend: when the library refuses its own defaults.
    pub fn new(identity: Identity, minimum: Minimum) -> Result<Self, rustls::Error> {
        Self::with(identity, minimum, None)
    }

    /// The same, where clients are asked for a certificate, which they may show or not.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn asking(identity: Identity, minimum: Minimum, clients: Clients) -> Result<Self, rustls::Error> {
        Self::with(identity, minimum, Some(Arc::new(clients)))
    }

    fn with(
        identity: Identity,
        minimum: Minimum,
        clients: Option<Arc<Clients>>,
    ) -> Result<Self, rustls::Error> {
        let verifier: Arc<dyn ClientCertVerifier> = match &clients {
            Some(clients) => Arc::clone(clients) as Arc<dyn ClientCertVerifier>,
            None => Arc::new(NoClientAuth),
        };
        let current = Arc::new(Current(RwLock::new(identity)));
        let provider: Arc<CryptoProvider> = Arc::new(provider::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(minimum.versions())?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), current, clients })
    }

    /// Shows another identity from now on. Connections that stand are not touched.
    pub fn replace(&self, identity: Identity) {
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = identity;
    }

    /// The identity that is shown.
    pub fn identity(&self) -> Identity {
        self.current.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// The certificate that a client has shown.
    pub(super) fn shown(&self, stream: &TlsStream<TcpStream>) -> Result<Option<Certificate>, rustls::Error> {
        let (Some(clients), Some(chain)) = (&self.clients, stream.get_ref().1.peer_certificates()) else {
            return Ok(None);
        };
        clients.shown(chain, UnixTime::now()).map(|shown| Some(Certificate(Arc::new(shown))))
    }
}

/// What a connection has agreed on, once its handshake has ended.
pub(super) fn spoken(stream: &TlsStream<TcpStream>) -> Spoken {
    let (_, connection) = stream.get_ref();
    Spoken {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "1.2",
            _ => "1.3",
        },
        suite: connection
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or("unnamed"),
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// The identity of now.
#[derive(Debug)]
struct Current(RwLock<Identity>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).0))
    }
}
