//! A home with two sellers and a service, and its router as a program asks it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bailee_access::Gate;
use bailee_core::catalogue::Catalogue;
use bailee_core::retention::{Policy, Profile};
use bailee_core::{Clock, Entropy, Environment, HomeId, RequestId, Sensitive, Timestamp};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_intake::format::Formats;
use bailee_ledger::authorized::Mint;
use bailee_ledger::event::Event;
use bailee_ledger::log::Source;
use bailee_ledger::note::{Signer, open_checkpoint};
use bailee_server::{Faults, MappingFiles, Mappings, Server, router_with};
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_vault::{Foundations, Vault};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "Correct-Horse-7-Battery";
pub(crate) const NOW: &str = "2026-03-02T09:00:00Z";

pub(crate) struct FixedClock;

/// Keeps no mapping: what a home does with them is tested there.
struct NoFiles;

impl MappingFiles for NoFiles {
    fn keep(&self, _: &str, _: &str) -> std::io::Result<()> {
        Ok(())
    }

    fn remove(&self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOW.parse().unwrap()
    }
}

/// A home with an owner, the sellers ALPHA and BETA, and a service of ALPHA.
pub(crate) struct House {
    _directory: tempfile::TempDir,
    pub(crate) router: Router,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) session: String,
    pub(crate) service: String,
}

impl House {
    pub(crate) async fn new() -> Self {
        // The store waits for its writer, which no thread of the runtime may do.
        let mut house = tokio::task::spawn_blocking(Self::open).await.unwrap();
        house.populate().await;
        house
    }

    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let binding = Binding { home: HomeId::random(&*entropy), environment: Environment::Test };
        let provider = KeyFile::create(&path("root.key"), &*entropy).unwrap();
        let mirrors = [path("a"), path("b")];
        let keyring = Arc::new(Keyring::create(Box::new(provider), binding, &mirrors, &*entropy).unwrap());
        let signer = Signer::new(binding.home, binding.environment, keyring.lasting().ledger_seed()).unwrap();
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&path("store.db"), signer, Arc::clone(&entropy)).unwrap());
        let catalogue = Arc::new(Catalogue::embedded().unwrap().into());
        let foundations = Foundations {
            store: Arc::clone(&store),
            keyring: Arc::clone(&keyring),
            catalogue: Arc::clone(&catalogue),
            own: Arc::new(Own),
            policy: Policy { days_after_delivery: 30, profile: Profile::Strict },
            ledger_days: 400,
            entropy: Arc::clone(&entropy),
        };
        let vault = Arc::new(Vault::open(foundations, FixedClock.now()).unwrap());
        let mint = Mint::for_home(binding.home).unwrap();
        let gate = Gate::open(mint, Arc::clone(&store), keyring, catalogue, Arc::clone(&entropy)).unwrap();
        let request = RequestId::new(FixedClock.now(), &*entropy);
        let password = Sensitive::new(PASSWORD.to_owned());
        gate.make_owner("Ada Muster <ada@example.com>", &password, request, FixedClock.now()).unwrap();
        let server = Server {
            vault,
            gate: Arc::new(gate),
            store: Arc::clone(&store),
            mappings: Arc::new(Mappings::new(Formats::embedded().unwrap(), Box::new(NoFiles))),
            clock: Arc::new(FixedClock),
            entropy,
            metrics: Arc::default(),
            probes: Vec::new(),
        };
        let faults = Arc::new(Faults::default());
        Self {
            _directory: directory,
            router: router_with(server, Arc::clone(&faults)),
            store,
            faults,
            session: String::new(),
            service: String::new(),
        }
    }

    async fn populate(&mut self) {
        let log_in = json!({ "mail": "ada@example.com", "password": PASSWORD }).to_string();
        let session = self.ask("POST", "/v1/sessions", "", log_in).await;
        self.session = session.json()["token"].as_str().unwrap().to_owned();
        for seller in ["ALPHA", "BETA"] {
            let body = json!({ "id": seller }).to_string();
            assert_eq!(
                self.ask("POST", "/v1/sellers", &self.session, body).await.status,
                StatusCode::CREATED
            );
        }
        let service = json!({ "name": "x", "sellers": ["ALPHA"], "purposes": ["tax"], "classes": ["tax"] });
        let service = self.ask("POST", "/v1/services", &self.session, service.to_string()).await;
        self.service = service.json()["key"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, bearer: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !bearer.is_empty() {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let request = request.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Answer { status, headers, body }
    }

    /// The newest event.
    pub(crate) fn last_event(&self) -> Event {
        let source: &dyn Source = &*self.store;
        let note = source.checkpoint().unwrap();
        let size = open_checkpoint(&note, &self.store.verifier_key()).unwrap().size;
        Event::parse(&source.entry(size - 1).unwrap().unwrap()).unwrap()
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    /// Checks that this is a problem document; returns its code.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.status);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.headers["request-id"].to_str().unwrap());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem["type"].as_str().unwrap().strip_prefix("urn:bailee:problem:").unwrap().to_owned()
    }
}

/// A file that nobody reads again.
struct Own;

impl bailee_vault::catalogue::OwnCatalogue for Own {
    fn replace(&self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}
