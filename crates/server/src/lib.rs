//! Every face of Bailee is this router: the command line calls it in process, the [`listener`] serves it to the
//! network.
//!
//! One request takes one way: the edge gives it an id and a time (`edge`), its caller is authenticated, the gate
//! decides (and logs), the vault acts, and the answer leaves as JSON or as a problem document of RFC 9457
//! (`problem`). What goes wrong in the system itself, a panic among it, becomes an event (`fault`).
//!
//! What it promises: no handler reaches the vault without an authenticated `edge::Call`; no answer carries a
//! plaintext value but that of a reveal; no error text comes from input.
//!
//! Start reading at [`router`], then at any noun: each has a file of its own.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::allow_attributes,
        reason = "tests may fail loudly"
    )
)]

mod body;
mod catalogue;
mod collect;
mod edge;
mod fault;
mod find;
mod health;
mod keys;
mod ledger;
pub mod listener;
mod mapping;
mod metrics;
mod problem;
mod quarantine;
mod record;
mod retention;
mod reveal;
mod seller;
mod service;
mod session;
mod visit;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};
use bailee_access::Gate;
use bailee_core::{Clock, Entropy, Kind};
use bailee_store::records::Store;
use bailee_vault::Vault;

pub use fault::Faults;
pub use health::Probe;
pub use mapping::{MAPPING_BYTES_MAX, MAPPINGS_MAX, MappingFiles, Mappings};
pub use metrics::Metrics;
pub use problem::PROBLEM_TYPE_PREFIX;
pub use watch::{Tick, Watch};

/// Most bytes of a request's JSON body. A reveal of a thousand items by reference takes some 200 kB; collecting
/// streams, and knows no such limit.
pub const JSON_BODY_BYTES_MAX: usize = 1024 * 1024;

/// What the faces of one home stand on.
pub struct Server {
    /// Its personal data.
    pub vault: Arc<Vault>,
    /// Its gate.
    pub gate: Arc<Gate>,
    /// Its store, for the ledger.
    pub store: Arc<dyn Store>,
    /// The formats that it reads: those of the program, and its own.
    pub mappings: Arc<Mappings>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for request ids.
    pub entropy: Arc<dyn Entropy>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What the wiring knows how to look at, for `/readyz`.
    pub probes: Vec<Probe>,
}

/// The router of a home: every route of the HTTP API.
pub fn router(server: Server) -> Router {
    router_with(server, Arc::default())
}

/// The routes to one record, of each kind.
fn records() -> Router<Arc<edge::House>> {
    let show = |kind| get(move |edge, named| record::show(kind, edge, named));
    let explain = |kind| get(move |edge, named| retention::explain(kind, edge, named));
    Router::new()
        .route("/v1/sellers/{seller}/orders/{reference}", show(Kind::Order))
        .route("/v1/sellers/{seller}/orders/{reference}/retention", explain(Kind::Order))
        .route("/v1/sellers/{seller}/shipments/{reference}", show(Kind::Shipment))
        .route("/v1/sellers/{seller}/shipments/{reference}/retention", explain(Kind::Shipment))
        .route("/v1/sellers/{seller}/returns/{reference}", show(Kind::Return))
        .route("/v1/sellers/{seller}/returns/{reference}/retention", explain(Kind::Return))
}

/// The same, with what the ledger did not take in its time.
pub fn router_with(server: Server, faults: Arc<Faults>) -> Router {
    faces(server, faults).api
}

/// The faces of a home.
pub struct Faces {
    /// The HTTP API.
    pub api: Router,
    /// What is counted, and nothing else: for a door at which nobody says who he is.
    pub metrics: Router,
}

/// The faces of a home, and what the ledger did not take in its time: the wiring keeps that when the process ends.
pub fn faces(server: Server, faults: Arc<Faults>) -> Faces {
    let house = Arc::new(edge::House::new(server, faults));
    Faces { api: api(&house), metrics: counted(&house) }
}

fn counted(house: &Arc<edge::House>) -> Router {
    Router::new()
        .route("/metrics", get(health::counted))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(house), edge::admit))
        .with_state(Arc::clone(house))
}

fn api(house: &Arc<edge::House>) -> Router {
    Router::new()
        .route("/healthz", get(health::health))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/v1/health", get(health::health))
        .route("/v1/sessions", post(session::log_in))
        .route("/v1/sessions/current", delete(session::log_out))
        .route("/v1/sellers", get(seller::list).post(seller::add))
        .route("/v1/sellers/{seller}/orders:collect", post(collect::collect))
        .route("/v1/sellers/{seller}/orders:find", post(find::find))
        .merge(records())
        .route("/v1/sellers/{seller}/quarantine:retry", post(quarantine::retry))
        .route("/v1/services", get(service::list).post(service::add))
        .route("/v1/reveal", post(reveal::reveal))
        .route("/v1/quarantine", get(quarantine::list))
        .route("/v1/quarantine/{id}", get(quarantine::show).post(quarantine::act))
        .route("/v1/retention", get(retention::status))
        .route("/v1/retention:run", post(retention::run))
        .route("/v1/keys", get(keys::status))
        .route("/v1/keys/mirrors", post(keys::add_mirror))
        .route("/v1/catalogue/fields", get(catalogue::fields).post(catalogue::classify))
        .route("/v1/catalogue/unclassified", get(catalogue::unclassified))
        .route("/v1/mappings", get(mapping::list).post(mapping::add))
        .route("/v1/mappings/{name}", get(mapping::show).delete(mapping::remove))
        .route("/v1/ledger/events", get(ledger::tail))
        .route("/v1/ledger:verify", post(ledger::verify))
        .route("/v1/ledger/proofs/{request}", get(ledger::proofs))
        .route("/v1/ledger/export", get(ledger::export))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::extract::DefaultBodyLimit::max(JSON_BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(house), edge::admit))
        .with_state(Arc::clone(house))
}
