//! A home with two sellers and a service, and its router as a program asks it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bailee_access::{Gate, Standards};
use bailee_core::catalogue::Catalogue;
use bailee_core::retention::Policy;
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
use bailee_server::{Faults, MappingFiles, Mappings, Rates, Server, router_with};
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_vault::{Foundations, Vault};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::conformity;

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
    directory: tempfile::TempDir,
    binding: Binding,
    rates: Rates,
    pub(crate) router: Router,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) session: String,
    pub(crate) service: String,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(Rates::default()).await
    }

    /// One that is asked no more often than that.
    pub(crate) async fn with(rates: Rates) -> Self {
        // The store waits for its writer, which no thread of the runtime may do.
        let mut house = tokio::task::spawn_blocking(move || Self::make(rates)).await.unwrap();
        house.populate().await;
        house
    }

    /// Closed and opened again.
    pub(crate) async fn restart(self) -> Self {
        let Self { directory, binding, rates, session, service, router, store, faults } = self;
        // Nobody else may hold the home when it is opened again.
        tokio::task::spawn_blocking(move || drop((router, store, faults))).await.unwrap();
        let open = move || {
            let path = |name: &str| directory.path().join(name);
            let provider = KeyFile::open(&path("root.key")).unwrap();
            let mirrors = [path("a"), path("b")];
            let (keyring, _) = Keyring::open(Box::new(provider), binding, &mirrors, None).unwrap();
            let (house, _) = Self::open(directory, keyring, rates);
            Self { session, service, ..house }
        };
        tokio::task::spawn_blocking(open).await.unwrap()
    }

    fn make(rates: Rates) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let binding = Binding { home: HomeId::random(&SystemEntropy), environment: Environment::Test };
        let provider = KeyFile::create(&path("root.key"), &SystemEntropy).unwrap();
        let mirrors = [path("a"), path("b")];
        let keyring = Keyring::create(Box::new(provider), binding, &mirrors, &SystemEntropy).unwrap();
        let (house, gate) = Self::open(directory, keyring, rates);
        let request = RequestId::new(FixedClock.now(), &SystemEntropy);
        let password = Sensitive::new(PASSWORD.to_owned());
        gate.make_owner("Ada Muster <ada@example.com>", &password, request, FixedClock.now()).unwrap();
        house
    }

    fn open(directory: tempfile::TempDir, keyring: Keyring, rates: Rates) -> (Self, Arc<Gate>) {
        let path = |name: &str| directory.path().join(name);
        let (keyring, entropy): (_, Arc<dyn Entropy>) = (Arc::new(keyring), Arc::new(SystemEntropy));
        let binding = keyring.binding();
        let signer = Signer::new(binding.home, binding.environment, keyring.lasting().ledger_seed()).unwrap();
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&path("store.db"), signer, Arc::clone(&entropy)).unwrap());
        let catalogue = Arc::new(Catalogue::embedded().unwrap().into());
        let foundations = Foundations {
            store: Arc::clone(&store),
            keyring: Arc::clone(&keyring),
            catalogue: Arc::clone(&catalogue),
            own: Arc::new(Own),
            policy: Policy::default(),
            ledger_days: 400,
            request_months: 36,
            on_consent: Vec::new(),
            entropy: Arc::clone(&entropy),
        };
        let vault = Arc::new(Vault::open(foundations, FixedClock.now()).unwrap());
        let mint = Mint::for_home(binding.home).unwrap();
        let standards = Standards::of(binding.environment);
        let gate = Gate::open(mint, Arc::clone(&store), keyring, catalogue, Arc::clone(&entropy), standards);
        let gate = Arc::new(gate.unwrap());
        let server = Server {
            vault,
            gate: Arc::clone(&gate),
            store: Arc::clone(&store),
            mappings: Arc::new(Mappings::new(Formats::embedded().unwrap(), Box::new(NoFiles))),
            backups: bailee_vault::backup::Backups::none(),
            papers: bailee_server::Papers::embedded(),
            rates,
            post: Arc::new(bailee_watch::Post::new(binding.home, None)),
            clock: Arc::new(FixedClock),
            entropy,
            metrics: Arc::default(),
            probes: Vec::new(),
            lesser_probes: Vec::new(),
        };
        let faults = Arc::new(Faults::default());
        let house = Self {
            directory,
            binding,
            rates,
            router: router_with(server, Arc::clone(&faults)),
            store,
            faults,
            session: String::new(),
            service: String::new(),
        };
        (house, gate)
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
        let bearer = format!("Bearer {bearer}");
        let headers = [("authorization", bearer.as_str())];
        self.ask_with(method, path, if bearer == "Bearer " { &[] } else { &headers }, body).await
    }

    /// Asks with these headers. Every answer must be as the description says.
    pub(crate) async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        conformity::check(method, path, status.as_u16(), &headers, &body);
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
