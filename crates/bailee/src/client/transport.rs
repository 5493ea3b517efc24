//! How a request reaches its home: in process, by the Unix socket of a running server, or over HTTPS.
//!
//! Same requests, same answers. Over a wire it is HTTP/2, a connection for each request: a command asks one or two things,
//! and an answer may come before all of a question has gone (a refusal, documents that stream back).

use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{Request, Response, Uri};
use bailee_server::listener;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt;

use super::Refusal;
use super::remote::Remote;

/// Bytes of an answer that may be on their way before they are taken.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// The way to a home.
pub(crate) enum Transport {
    /// The router itself.
    InProcess(Router),
    /// The socket of a server on this machine.
    Socket(PathBuf),
    /// A server somewhere else.
    Remote(Remote),
}

impl From<Router> for Transport {
    fn from(router: Router) -> Self {
        Self::InProcess(router)
    }
}

impl Transport {
    /// Whether there is a process on the other side, which does not hear our watches.
    pub(crate) fn is_wire(&self) -> bool {
        !matches!(self, Self::InProcess(_))
    }

    /// Asks, and returns what was answered. The body of a question may still be on its way.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Refusal> {
        match self {
            Self::InProcess(router) => match router.clone().oneshot(request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            },
            Self::Socket(path) => {
                let stream = listener::connect(path).await;
                let stream = stream.map_err(|error| Refusal::unreached("the server of this home", &error))?;
                let place = (Scheme::HTTP, Authority::from_static("localhost"));
                exchange(stream, addressed(request, place)).await
            }
            Self::Remote(remote) => {
                let stream = remote.connect().await?;
                exchange(stream, addressed(request, remote.place())).await
            }
        }
    }
}

/// The request with the whole address that HTTP/2 wants.
fn addressed(mut request: Request<Body>, (scheme, authority): (Scheme, Authority)) -> Request<Body> {
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
    parts.scheme = Some(scheme);
    parts.authority = Some(authority);
    // All three parts are there: that makes an address.
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}

async fn exchange<S>(stream: S, request: Request<Body>) -> Result<Response<Body>, Refusal>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Refusal::broken())?;
    // Ends with the last of its two ends; what went wrong on it is told where it is waited for.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|_| Refusal::broken())?;
    Ok(response.map(Body::new))
}
