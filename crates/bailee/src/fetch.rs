//! Questions to another server: one request over a connection of its own, bounded in time and bytes; no redirect is followed.
//!
//! A provider to sign on by is asked over HTTPS alone. Whom to believe says the system, or a file of certificate
//! authorities.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::HOST;
use axum::http::uri::{PathAndQuery, Scheme};
use axum::http::{HeaderValue, Request, Response, Uri};
use bailee_access::sign_on::{HttpRequest, HttpResponse, Unreachable, Way};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::client::WantsClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::failure::{Failure, Result};

/// Bounds of an exchange with a provider: a person waits for it, and a set of keys is some kilobytes.
const PROVIDER: Bounds = Bounds { time: Duration::from_secs(10), answer_bytes: 256 * 1024 };
/// Most bytes of a file of authorities: a system's whole bundle has a quarter of a million.
const AUTHORITIES_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What one exchange may take.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// From the name's look-up to the answer's end.
    pub(crate) time: Duration,
    /// Longest answer that is read.
    pub(crate) answer_bytes: usize,
}

/// The way to a provider. The authorities are read whenever it is asked: what is mended holds at once.
pub(crate) struct Fetch {
    authorities: Option<PathBuf>,
}

impl Fetch {
    /// The one that believes what the system does, or those in a file alone.
    pub(crate) fn new(authorities: Option<PathBuf>) -> Self {
        Self { authorities }
    }

    /// Asks over TLS, whatever is answered.
    pub(crate) fn exchange(&self, request: Request<Bytes>, bounds: Bounds) -> Result<Response<Bytes>> {
        exchange(Some(self.tls()?), request, bounds)
            .map_err(|error| Failure::failed(format_args!("the server does not answer: {}", error.kind())))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>> {
        match &self.authorities {
            Some(file) => believing(file),
            None => believing_the_system(),
        }
    }
}

impl Way for Fetch {
    fn ask(&self, request: HttpRequest) -> std::result::Result<HttpResponse, Unreachable> {
        if request.uri().scheme() != Some(&Scheme::HTTPS) {
            return Err(Unreachable);
        }
        let tls = self.tls().map_err(|_| {
            tracing::error!("whom to believe of the provider cannot be read: mend [sign_on] authorities");
            Unreachable
        })?;
        let answer = exchange(Some(tls), request.map(Bytes::from), PROVIDER).map_err(|_| Unreachable)?;
        Ok(answer.map(Into::into))
    }
}

/// Believes the authorities in a file alone.
pub(crate) fn believing(file: &Path) -> Result<Arc<ClientConfig>> {
    let mut text = Vec::new();
    let read = File::open(file).and_then(|file| file.take(AUTHORITIES_BYTES_MAX + 1).read_to_end(&mut text));
    read.map_err(|error| Failure::file(file, &error))?;
    let mut known = RootCertStore::empty();
    known
        .add_parsable_certificates(CertificateDer::pem_slice_iter(&text).filter_map(std::result::Result::ok));
    if known.is_empty() || text.len() as u64 > AUTHORITIES_BYTES_MAX {
        return Err(Failure::failed(format_args!("{} holds no certificates in PEM", file.display())));
    }
    Ok(finished(builder()?.with_root_certificates(known)))
}

fn believing_the_system() -> Result<Arc<ClientConfig>> {
    Ok(finished(builder()?.with_platform_verifier().map_err(|_| unusable())?))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| unusable())
}

fn finished(builder: ConfigBuilder<ClientConfig, WantsClientCert>) -> Arc<ClientConfig> {
    Arc::new(builder.with_no_client_auth())
}

fn unusable() -> Failure {
    Failure::failed("the system's certificate authorities cannot be used; name a file of them")
}

/// Asks, over TLS where there is a configuration for it. Blocks: not to be called on a thread of an asynchronous runtime.
pub(crate) fn exchange(
    tls: Option<Arc<ClientConfig>>,
    request: Request<Bytes>,
    bounds: Bounds,
) -> io::Result<Response<Bytes>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exchanged = runtime.block_on(async {
        tokio::time::timeout(bounds.time, connect(tls, request, bounds.answer_bytes)).await
    });
    // A look-up of a name that hangs keeps nobody.
    runtime.shutdown_background();
    exchanged.map_err(io::Error::from).flatten()
}

async fn connect(
    tls: Option<Arc<ClientConfig>>,
    request: Request<Bytes>,
    answer_bytes: usize,
) -> io::Result<Response<Bytes>> {
    let uri = request.uri().clone();
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    match tls {
        None => send(stream, &uri, request, answer_bytes).await,
        Some(config) => {
            let name = ServerName::try_from(host).map_err(io::Error::other)?;
            let stream = TlsConnector::from(config).connect(name, stream).await?;
            send(stream, &uri, request, answer_bytes).await
        }
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    uri: &Uri,
    request: Request<Bytes>,
    answer_bytes: usize,
) -> io::Result<Response<Bytes>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let mut request = request.map(Full::new);
    // Over a connection of its own a request names the path, and the host beside it.
    let host = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    request.headers_mut().extend(host.map(|host| (HOST, host)));
    let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    let (parts, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let body = Limited::new(body, answer_bytes).collect().await.map_err(io::Error::other)?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
