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
// The example of a proposal names every member that one may have.
#![recursion_limit = "256"]
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

mod access;
mod account;
mod api;
mod archive;
mod authority;
mod backup;
mod body;
mod catalogue;
mod census;
mod certificate;
mod collect;
mod consent;
mod device;
mod edge;
mod escrow;
mod export;
mod fault;
mod find;
mod grant;
mod health;
mod hear;
mod hold;
mod house;
mod keys;
mod ledger;
pub mod listener;
mod mail;
mod mapping;
mod metrics;
mod once;
mod paging;
mod papers;
mod passkey;
mod person;
mod print;
mod problem;
mod proposal;
mod quarantine;
mod rates;
mod recipient;
mod record;
mod render;
mod retention;
mod reveal;
mod rights;
mod secret;
mod seller;
mod service;
mod session;
mod shape;
mod sign_on;
mod stop;
mod subject;
mod visit;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bailee_access::Gate;
use bailee_core::{Clock, Entropy};
use bailee_store::records::Store;
use bailee_vault::Vault;
use bailee_vault::backup::Backups;
use bailee_watch::Post;

pub use api::reference;
pub use fault::Faults;
pub use health::Probe;
pub use hold::ByGate;
pub use mapping::{MAPPING_BYTES_MAX, MAPPINGS_MAX, MappingFiles, Mappings};
pub use metrics::Metrics;
pub use papers::Papers;
pub use problem::PROBLEM_TYPE_PREFIX;
pub use rates::Rates;
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
    /// What documents are made with.
    pub papers: Papers,
    /// By which notices leave.
    pub post: Arc<Post>,
    /// How it is backed up.
    pub backups: Backups,
    /// How often who may ask it.
    pub rates: Rates,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for request ids.
    pub entropy: Arc<dyn Entropy>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What the wiring knows how to look at, for `/readyz`.
    pub probes: Vec<Probe>,
    /// Parts of the wiring's that want mending while work goes on.
    pub lesser_probes: Vec<Probe>,
}

/// The router of a home: every route of the HTTP API.
pub fn router(server: Server) -> Router {
    router_with(server, Arc::default())
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
    let house = Arc::new(house::House::new(server, faults));
    Faces { api: api(&house), metrics: counted(&house) }
}

fn counted(house: &Arc<house::House>) -> Router {
    Router::new()
        .route("/metrics", get(health::counted))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(house), edge::admit))
        .with_state(Arc::clone(house))
}

fn api(house: &Arc<house::House>) -> Router {
    api::routes(house)
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::extract::DefaultBodyLimit::max(JSON_BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(house), edge::admit))
        .with_state(Arc::clone(house))
}
