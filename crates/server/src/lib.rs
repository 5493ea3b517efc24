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

mod api;
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
mod once;
mod paging;
mod problem;
mod quarantine;
mod rates;
mod record;
mod retention;
mod reveal;
mod seller;
mod service;
mod session;
mod watch;

use std::sync::Arc;

use axum::Router;
use bailee_access::Gate;
use bailee_core::{Clock, Entropy};
use bailee_store::records::Store;
use bailee_vault::Vault;

pub use api::reference;
pub use fault::Faults;
pub use mapping::{MAPPING_BYTES_MAX, MAPPINGS_MAX, MappingFiles, Mappings};
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
    /// How often who may ask it.
    pub rates: Rates,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for request ids.
    pub entropy: Arc<dyn Entropy>,
}

/// The router of a home: every route of the HTTP API.
pub fn router(server: Server) -> Router {
    router_with(server, Arc::default())
}

/// The router of a home, and what the ledger did not take in its time: the wiring keeps that when the process ends.
pub fn router_with(server: Server, faults: Arc<Faults>) -> Router {
    let house = Arc::new(edge::House::new(server, faults));
    api::routes()
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::extract::DefaultBodyLimit::max(JSON_BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&house), edge::admit))
        .with_state(house)
}
