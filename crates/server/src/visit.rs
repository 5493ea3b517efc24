//! One request from its arrival to the head of its answer, for the counts and the access log.
//!
//! What is told of it: its id, its route's template, method, status, how long it took, how many bytes the answer has where
//! that is known, and who asked. Never its path, which holds a reference, nor a header, nor an address (2.6.d).

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;
use bailee_core::{PrincipalId, RequestId, Timestamp};

use crate::metrics::Metrics;

/// The route of what has none.
const NO_ROUTE: &str = "none";

/// A request that is being answered.
pub(crate) struct Visit {
    begun: Instant,
    method: &'static str,
    route: Option<MatchedPath>,
    known: Known,
}

/// Who a request turns out to be from: told by the edge, read when it has been answered.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<OnceLock<(PrincipalId, Option<Timestamp>)>>);

impl Known {
    /// Tells who it is, and when the key ends that was shown, where it is time to renew it.
    pub(crate) fn tell(&self, principal: PrincipalId, key_ends_at: Option<Timestamp>) {
        // Whoever told it first was right.
        let _ = self.0.set((principal, key_ends_at));
    }
}

impl Visit {
    pub(crate) fn begin(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        Self { begun: Instant::now(), method: method(request.method()), route, known: Known::default() }
    }

    pub(crate) fn caller(&self) -> Known {
        self.known.clone()
    }

    /// When the key ends that was shown, where it is time to renew it.
    pub(crate) fn key_ends_at(&self) -> Option<Timestamp> {
        self.known.0.get().and_then(|(_, ends_at)| *ends_at)
    }

    pub(crate) fn end(self, metrics: &Metrics, request: RequestId, response: &Response) {
        let (route, status, took) = (self.route(), response.status().as_u16(), self.begun.elapsed());
        metrics.request(route, self.method, status, took);
        if tracing::enabled!(target: "bailee::access", tracing::Level::INFO) {
            self.log(request, status, took, response.body().size_hint().exact());
        }
    }

    fn log(&self, request: RequestId, status: u16, took: Duration, bytes: Option<u64>) {
        let principal = self.known.0.get().map_or(PrincipalId::Anonymous, |(principal, _)| *principal);
        let principal = principal.to_string();
        tracing::info!(
            target: "bailee::access",
            request = request.to_string(),
            route = self.route(),
            method = self.method,
            status,
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            bytes,
            principal,
            "answered"
        );
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
    }
}

/// The method, as one of a closed set: a caller can make up any word.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
