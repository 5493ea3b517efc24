//! A server somewhere else: its address, and the public key by which it is known again.
//!
//! On the first visit the key is shown and remembered in the user's state directory; from then on no other is spoken to.
//! What is compared is the key, so a renewed certificate goes unnoticed. Nothing is ever sent in plaintext (1.5.a).

use std::io::IsTerminal;
use std::str::FromStr;
use std::sync::Arc;

use axum::http::Uri;
use axum::http::uri::{Authority, Scheme};
use bailee_server::listener::PublicKeyPin;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::SingleCertAndKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{ClientIdentity, Refusal, encoded};
use crate::failure::{Exit, Failure};
use crate::screen::Screen;
use crate::state::Place;

/// What is spoken inside.
const PROTOCOL: &[u8] = b"h2";
/// The port of `https://` without one.
const PORT: u16 = 443;

/// A server's address: `https://HOST[:PORT]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerAddress {
    host: String,
    port: u16,
}

/// Why it is none.
#[derive(Debug, thiserror::Error)]
#[error("a server is named https://HOST[:PORT]; nothing is sent in plaintext (1.5.a)")]
pub(crate) struct NotAServer;

impl FromStr for ServerAddress {
    type Err = NotAServer;

    fn from_str(text: &str) -> Result<Self, NotAServer> {
        let uri: Uri = text.parse().map_err(|_| NotAServer)?;
        let authority = uri.authority().ok_or(NotAServer)?;
        let is_plain =
            !authority.as_str().contains('@') && uri.query().is_none() && matches!(uri.path(), "" | "/");
        if uri.scheme() != Some(&Scheme::HTTPS) || !is_plain {
            return Err(NotAServer);
        }
        let host = authority.host().to_ascii_lowercase();
        ServerName::try_from(unbracketed(&host).to_owned()).map_err(|_| NotAServer)?;
        Ok(Self { host, port: authority.port_u16().unwrap_or(PORT) })
    }
}

impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "https://{}:{}", self.host, self.port)
    }
}

impl ServerAddress {
    /// Its place in the user's state directory.
    pub(crate) fn state(&self) -> Place {
        Place::server(&encoded(&self.host), self.port)
    }
}

/// An IPv6 address without the brackets that it has in an address.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// A server that is visited.
pub(crate) struct Remote {
    address: ServerAddress,
    screen: Screen,
    identity: Option<ClientIdentity>,
}

impl Remote {
    pub(crate) fn new(address: ServerAddress, screen: Screen) -> Self {
        Self { address, screen, identity: None }
    }

    /// Shows a certificate where the server asks for one.
    pub(crate) fn showing(self, identity: Option<ClientIdentity>) -> Self {
        Self { identity, ..self }
    }

    /// How requests name it.
    pub(super) fn place(&self) -> (Scheme, Authority) {
        let authority = format!("{}:{}", self.address.host, self.address.port);
        // A host and a port that were taken from an authority make one.
        (Scheme::HTTPS, authority.parse().unwrap_or(Authority::from_static("localhost")))
    }

    /// A connection to it and to nobody else.
    pub(super) async fn connect(&self) -> Result<TlsStream<TcpStream>, Refusal> {
        let state = self.address.state();
        let known = match state.pin().map_err(Refusal::of)? {
            Some(known) => known,
            // Another connection afterwards: a person takes longer to compare than a server waits.
            None => self.meet(&self.greet(None, &state).await?, &state)?,
        };
        self.greet(Some(known), &state).await
    }

    /// The handshake, with whoever has this key; with anybody, where none is known.
    async fn greet(
        &self,
        known: Option<PublicKeyPin>,
        state: &Place,
    ) -> Result<TlsStream<TcpStream>, Refusal> {
        let (host, port) = (unbracketed(&self.address.host), self.address.port);
        let unreached = |error: std::io::Error| Refusal::unreached(&self.address.to_string(), &error);
        let stream = TcpStream::connect((host, port)).await.map_err(unreached)?;
        // Questions are small and waited for.
        let _ = stream.set_nodelay(true);
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| Refusal::of(Failure::failed(NotAServer)))?;
        let mut config = tls(known, PROTOCOL)?;
        // On the first visit nobody is known yet to whom it could be shown.
        if let (Some(ClientIdentity(identity)), Some(_)) = (&self.identity, known) {
            config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(Arc::clone(identity)));
        }
        let greeting = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        greeting.map_err(|error| match is_other_key(&error) {
            true => self.changed(state),
            false => Refusal::of(Failure::failed(format_args!(
                "{} and this program do not agree on TLS: {}",
                self.address,
                error.kind()
            ))),
        })
    }

    /// Shows the key of a server that is met for the first time, asks where somebody can be asked, and remembers it.
    fn meet(&self, stream: &TlsStream<TcpStream>, state: &Place) -> Result<PublicKeyPin, Refusal> {
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let pin = certificate.and_then(PublicKeyPin::of).ok_or_else(Refusal::broken)?;
        self.screen.note(format_args!(
            "this is the first visit to {}; the public key of its certificate is {pin}; `bailee serve` shows it on its side",
            self.address
        ));
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            let asked =
                dialoguer::Confirm::new().with_prompt("are the two the same").default(false).interact();
            if !asked.unwrap_or(false) {
                return Err(Refusal::of(Failure::failed("nothing was sent, and the key was not remembered")));
            }
        }
        state.remember_pin(pin).map_err(Refusal::of).map(|()| pin)
    }

    /// Another key than the one that is known.
    fn changed(&self, state: &Place) -> Refusal {
        let pin = state.pin_file().map(|path| path.display().to_string()).unwrap_or_default();
        Refusal::of(Failure::new(
            Exit::VerificationFailed,
            format_args!(
                "{} shows another key than on the first visit, so somebody may stand in between; nothing was sent. If its \
                 key was replaced on purpose, compare it with what `bailee serve` shows, and remove {pin} (1.5.a)",
                self.address
            ),
        ))
    }
}

/// TLS with whoever has this key, or, where none is known, with anybody; inside it this protocol is spoken.
pub(crate) fn tls(known: Option<PublicKeyPin>, protocol: &[u8]) -> Result<ClientConfig, Refusal> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Known { pin: known, provider: Arc::clone(&provider) });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Refusal::broken())?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    // Every connection shows the key: none goes on from one before.
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// Whether a handshake failed since the key is not the one that is known.
fn is_other_key(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    matches!(inner, Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)))
}

/// Knows a server by its public key, as `ssh` does: by this one, or, before the first visit, by any. That it holds the
/// key, its signature over the handshake shows in either case.
#[derive(Debug)]
struct Known {
    pin: Option<PublicKeyPin>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = PublicKeyPin::of(certificate).ok_or(CertificateError::BadEncoding)?;
        match self.pin {
            Some(known) if known != shown => Err(CertificateError::ApplicationVerificationFailure.into()),
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_https_and_nothing_else() {
        let named = |text: &str| text.parse::<ServerAddress>().map(|address| address.to_string()).ok();
        for (text, address) in [
            ("https://Bailee.example", "https://bailee.example:443"),
            ("https://bailee.example:8443/", "https://bailee.example:8443"),
            ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(named(text).as_deref(), Some(address));
        }
        for text in [
            "http://bailee.example",
            "bailee.example:8443",
            "https://ada:secret@bailee.example",
            "https://bailee.example/v1",
            "https://bailee.example?x",
            "https://",
            "",
        ] {
            assert_eq!(named(text), None, "{text}");
        }
    }
}
