//! The way to a provider to sign on by: HTTPS alone, bounded in time and bytes, and no redirect is followed.
//!
//! Whom to believe says the system, or a file of certificate authorities.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::HOST;
use axum::http::uri::{PathAndQuery, Scheme};
use axum::http::{HeaderValue, Uri};
use bailee_access::sign_on::{HttpRequest, HttpResponse, Unreachable, Way};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::failure::{Failure, Result};

/// How long an exchange may take, from the name's look-up to the answer's end: a person waits for it.
const EXCHANGE_TIME_MAX: Duration = Duration::from_secs(10);
/// Longest answer that is read: a set of keys is some kilobytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The way to a provider.
pub(crate) struct Fetch(Arc<ClientConfig>);

impl Fetch {
    /// The one that believes what the system does, or those in a file alone.
    pub(crate) fn new(authorities: Option<&Path>) -> Result<Self> {
        let unusable =
            || Failure::failed("the system's certificate authorities cannot be used; name a file of them");
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| unusable())?;
        let config = match authorities {
            Some(file) => builder.with_root_certificates(known(file)?).with_no_client_auth(),
            None => builder.with_platform_verifier().map_err(|_| unusable())?.with_no_client_auth(),
        };
        Ok(Self(Arc::new(config)))
    }

    async fn exchange(&self, request: HttpRequest) -> io::Result<HttpResponse> {
        let uri = request.uri().clone();
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let stream = TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(443))).await?;
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        // Over a connection of its own a request names the path, and the host beside it.
        let host = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
        request.headers_mut().extend(host.map(|host| (HOST, host)));
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(path);
        let (parts, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(io::Error::other)?;
        Ok(HttpResponse::from_parts(parts, body.to_bytes().into()))
    }
}

impl Way for Fetch {
    fn ask(&self, request: HttpRequest) -> std::result::Result<HttpResponse, Unreachable> {
        // Whoever asks is a thread that may block.
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| Unreachable)?;
        let exchanged =
            runtime.block_on(async { tokio::time::timeout(EXCHANGE_TIME_MAX, self.exchange(request)).await });
        match exchanged {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(Unreachable),
        }
    }
}

fn known(file: &Path) -> Result<RootCertStore> {
    let text = std::fs::read(file).map_err(|error| Failure::file(file, &error))?;
    let mut known = RootCertStore::empty();
    known
        .add_parsable_certificates(CertificateDer::pem_slice_iter(&text).filter_map(std::result::Result::ok));
    match known.is_empty() {
        false => Ok(known),
        true => Err(Failure::failed(format_args!("{} holds no certificates in PEM", file.display()))),
    }
}
