//! Health, which anybody may ask: that somebody is at home, and whether all that is needed works. Names of parts alone.
//!
//! And the metrics, which not everybody may: they are answered where a caller of this machine asks, never to the network.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, body::Body};
use bailee_ledger::log::Source;
use bailee_ledger::note::open_checkpoint;
use bailee_store::act::{Act, Change};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::api::schema::{list, object, one_of, text};
use crate::api::{Answered, Operation, Tag};
use crate::fault::Fault;
use crate::house::House;
use crate::listener::Peer;
use crate::metrics::Standing;
use crate::problem::{Problem, no_such_route};

/// How long an answer about readiness is good for: whoever asks more often writes nothing more.
const GOOD_FOR: Duration = Duration::from_secs(2);
/// The home's value that is written to see whether the store can be.
const PROBE: &str = "probed";
/// How what is counted is written.
const METRICS_FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The same without what it says of itself.
const METRICS_TYPE: &str = "application/openmetrics-text";

/// A part that the wiring knows how to look at: its name, and whether it is sound.
pub type Probe = (&'static str, Arc<dyn Fn() -> bool + Send + Sync>);

/// Whether all that is needed works.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Readiness {
    status: &'static str,
    /// Parts without which nothing goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failing: Vec<&'static str>,
    /// Parts that want mending while work goes on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degraded: Vec<&'static str>,
}

/// The last answer, and when it was given. Held by whoever looks, so that one looks at a time.
#[derive(Debug, Default)]
pub(crate) struct LastLook(Mutex<Option<(Instant, Readiness)>>);

pub(crate) fn operations() -> Vec<Operation> {
    let alive = || object(&[("status", one_of(["ok"], "That somebody is at home."))]);
    let readiness = |status| {
        let parts = |says| list(&one_of(["store", "ledger", "keyring", "clock", "checkpoints"], says));
        object(&[
            ("status", one_of([status], "Whether requests are answered.")),
            ("failing?", parts("A part without which nothing goes.")),
            ("degraded?", parts("A part that wants mending while work goes on.")),
        ])
    };
    let alive_under = |path, id| {
        Operation::get(path, id, get(self::health))
            .anonymous()
            .says(Tag::Home, "Whether somebody is at home", "")
            .answers(200, "Somebody is.", alive(), json!({ "status": "ok" }))
    };
    vec![
        alive_under("/healthz", "alive"),
        alive_under("/v1/health", "health"),
        Operation::get("/readyz", "ready", get(self::ready))
            .anonymous()
            .says(Tag::Home, "Whether all that is needed works", "As of two seconds ago at most.")
            .answers(200, "It does.", readiness("ready"), json!({ "status": "ready" }))
            .answers(
                503,
                "It does not: these parts fail.",
                readiness("not-ready"),
                json!({ "status": "not-ready", "failing": ["keyring"] }),
            )
            .refuses(&["internal"]),
        Operation::get("/metrics", "metrics", get(self::metrics))
            .anonymous()
            .says(
                Tag::Home,
                "What is counted",
                "Answered at the Unix socket, and where `metrics_listen` says; elsewhere there is no such route.",
            )
            .answers_with(Answered {
                status: 200,
                says: "Counts, without anything personal and without the names of sellers.",
                contents: vec![(METRICS_TYPE, text("The text format of OpenMetrics."), None)],
                headers: Vec::new(),
            })
            .refuses(&["not-found", "internal"]),
    ]
}

/// That somebody is at home.
async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Whether all that is needed works; 503 when it does not.
async fn ready(State(house): State<Arc<House>>) -> Result<Response, Problem> {
    let readiness = readiness(house).await?;
    let status = match readiness.failing.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(readiness)).into_response())
}

/// What is counted, in Prometheus' text format; over the network there is no such route.
async fn metrics(State(house): State<Arc<House>>, request: Request<Body>) -> Result<Response, Problem> {
    if matches!(request.extensions().get::<Peer>(), Some(Peer::Network { .. })) {
        return Err(no_such_route().await);
    }
    counted(State(house)).await
}

/// The same wherever it is asked: for a door of its own.
pub(crate) async fn counted(State(house): State<Arc<House>>) -> Result<Response, Problem> {
    let look = move || {
        let standing = Standing::of(house.store(), house.vault(), house.now());
        house.metrics().text(&standing)
    };
    let text = tokio::task::spawn_blocking(look).await;
    let text = text.map_err(|_| Problem::internal(Fault::new("job", "metrics")))?;
    Ok(([(CONTENT_TYPE, METRICS_FORMAT)], text).into_response())
}

/// Whether all that is needed works, as of a moment ago. Whoever asks while somebody looks waits without a thread.
async fn readiness(house: Arc<House>) -> Result<Readiness, Problem> {
    let looking = Arc::clone(&house);
    let mut last = looking.last_look().0.lock().await;
    if let Some((at, readiness)) = &*last
        && at.elapsed() < GOOD_FOR
    {
        return Ok(readiness.clone());
    }
    let look = tokio::task::spawn_blocking(move || house.look()).await;
    let readiness = look.map_err(|_| Problem::internal(Fault::new("job", "readiness")))?;
    *last = Some((Instant::now(), readiness.clone()));
    Ok(readiness)
}

/// The parts that are not sound.
fn unsound(probes: &[Probe]) -> impl Iterator<Item = &'static str> {
    probes.iter().filter(|(_, is_sound)| !is_sound()).map(|(name, _)| *name)
}

impl House {
    /// Looks at every part. Blocks.
    fn look(&self) -> Readiness {
        let mirrors = self.vault().keyring_state().mirrors;
        let sound = mirrors.iter().filter(|state| **state == "current").count();
        let mut failing = Vec::new();
        let parts = [("store", self.store_takes()), ("ledger", self.ledger_takes()), ("keyring", sound > 0)];
        failing.extend(parts.iter().filter(|(_, works)| !works).map(|(name, _)| *name));
        failing.extend(unsound(self.probes()));
        let mut degraded = if sound > 0 && sound < mirrors.len() { vec!["keyring"] } else { Vec::new() };
        degraded.extend(unsound(self.lesser_probes()));
        Readiness { status: if failing.is_empty() { "ready" } else { "not-ready" }, failing, degraded }
    }

    /// Whether something can be written durably: something small is.
    fn store_takes(&self) -> bool {
        let changes = vec![Change::SetMeta { name: PROBE.to_owned(), value: self.now().to_string() }];
        self.store().commit(Act { name: "probe", changes, events: Vec::new() }).is_ok()
    }

    /// Whether the ledger is the one it signs, and has taken everything that it was given.
    fn ledger_takes(&self) -> bool {
        self.flush();
        let signed = Source::checkpoint(self.store());
        let is_ours = signed.is_ok_and(|note| open_checkpoint(&note, &self.store().verifier_key()).is_ok());
        is_ours && self.has_told_all()
    }
}
