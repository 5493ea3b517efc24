//! Every route refuses whoever is not known, and whoever may not; what is refused says so as a problem document.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bailee_access::Gate;
use bailee_core::catalogue::Catalogue;
use bailee_core::retention::{Policy, Profile};
use bailee_core::{Clock, Entropy, Environment, HomeId, PrincipalId, RequestId, Sensitive, Timestamp};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized::Mint;
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::{Append, AppendError, Appended, Source};
use bailee_ledger::note::{Signer, open_checkpoint};
use bailee_server::{Faults, JSON_BODY_BYTES_MAX, Server, router_with};
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_vault::{Foundations, Vault};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

const PASSWORD: &str = "Correct-Horse-7-Battery";
const NOW: &str = "2026-03-02T09:00:00Z";
const ID: &str = "000102030405060708090a0b0c0d0e0f";

/// Every route but health and the log-in: method, path, and a body that it would take.
const ROUTES: &[(&str, &str, &str)] = &[
    ("DELETE", "/v1/sessions/current", ""),
    ("GET", "/v1/sellers", ""),
    ("POST", "/v1/sellers", r#"{"id":"GAMMA"}"#),
    ("POST", "/v1/sellers/ALPHA/orders:collect", r#"{"orderId":"1-1-1"}"#),
    ("POST", "/v1/sellers/ALPHA/orders:find", r#"{"name":"Ada Muster"}"#),
    ("GET", "/v1/sellers/ALPHA/orders/1-1-1", ""),
    ("GET", "/v1/sellers/ALPHA/orders/1-1-1/retention", ""),
    ("GET", "/v1/services", ""),
    ("POST", "/v1/services", r#"{"name":"x","sellers":["ALPHA"],"purposes":["tax"],"classes":["tax"]}"#),
    ("POST", "/v1/reveal", r#"{"purpose":"tax","items":[{"seller":"ALPHA","reference":"1-1-1"}]}"#),
    ("GET", "/v1/quarantine", ""),
    ("GET", "/v1/quarantine/000102030405060708090a0b0c0d0e0f", ""),
    ("GET", "/v1/retention", ""),
    ("POST", "/v1/retention:run", "{}"),
    ("GET", "/v1/keys", ""),
    ("POST", "/v1/keys/mirrors", r#"{"directory":"/nowhere"}"#),
    ("GET", "/v1/ledger/events", ""),
    ("POST", "/v1/ledger:verify", "{}"),
    ("GET", "/v1/ledger/proofs/000102030405060708090a0b0c0d0e0f", ""),
    ("GET", "/v1/ledger/export", ""),
];

/// What a service of ALPHA may be answered on each route that is not refused to it.
const SERVICE_MAY: &[&str] = &[
    "/v1/sellers/ALPHA/orders:collect",
    "/v1/sellers/ALPHA/orders:find",
    "/v1/sellers/ALPHA/orders/1-1-1",
    "/v1/sellers/ALPHA/orders/1-1-1/retention",
    "/v1/reveal",
];

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOW.parse().unwrap()
    }
}

/// A home with an owner, the sellers ALPHA and BETA, and a service of ALPHA.
struct House {
    _directory: tempfile::TempDir,
    router: Router,
    store: Arc<dyn Store>,
    faults: Arc<Faults>,
    session: String,
    service: String,
}

impl House {
    async fn new() -> Self {
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
        let catalogue = Arc::new(Catalogue::embedded().unwrap());
        let foundations = Foundations {
            store: Arc::clone(&store),
            keyring: Arc::clone(&keyring),
            catalogue: Arc::clone(&catalogue),
            policy: Policy { days_after_delivery: 30, profile: Profile::Strict },
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
            clock: Arc::new(FixedClock),
            entropy,
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

    async fn ask(&self, method: &str, path: &str, bearer: &str, body: impl Into<Body>) -> Answer {
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
    fn last_event(&self) -> Event {
        let source: &dyn Source = &*self.store;
        let note = source.checkpoint().unwrap();
        let size = open_checkpoint(&note, &self.store.verifier_key()).unwrap().size;
        Event::parse(&source.entry(size - 1).unwrap().unwrap()).unwrap()
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    /// Checks that this is a problem document; returns its code.
    #[track_caller]
    fn problem(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.status);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.headers["request-id"].to_str().unwrap());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem["type"].as_str().unwrap().strip_prefix("urn:bailee:problem:").unwrap().to_owned()
    }
}

#[test]
fn the_table_names_every_route() {
    let source = include_str!("../src/lib.rs");
    let shapes: BTreeSet<&str> =
        source.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")?.split('"').next()).collect();
    let shape = |path: &str| path.replace("ALPHA", "{seller}").replace("1-1-1", "{reference}");
    let mut listed: BTreeSet<String> = ROUTES.iter().map(|(_, path, _)| shape(path)).collect();
    listed.extend(["/v1/health".to_owned(), "/v1/sessions".to_owned()]);
    let listed: BTreeSet<String> = listed
        .into_iter()
        .map(|path| match path.strip_suffix(ID) {
            Some(before) if before.ends_with("proofs/") => format!("{before}{{request}}"),
            Some(before) => format!("{before}{{id}}"),
            None => path,
        })
        .collect();
    assert!(shapes.iter().copied().eq(listed.iter().map(String::as_str)), "{shapes:?}\n{listed:?}");
}

#[tokio::test]
async fn every_route_refuses_whoever_is_not_known_and_the_refusal_is_an_event() {
    let house = House::new().await;
    for (method, path, body) in ROUTES {
        for bearer in ["", "not-a-session", "bsk_0000000000000000000000000000000000000000000"] {
            let answer = house.ask(method, path, bearer, *body).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            answer.problem();
            assert!(matches!(house.last_event().what, What::Denied { .. }), "{method} {path}");
            assert_eq!(
                house.last_event().request.to_string(),
                answer.headers["request-id"].to_str().unwrap()
            );
        }
    }
}

/// A ledger on a disk that is full.
struct Full;

impl Append for Full {
    fn append(&self, _: &[Event]) -> Result<Appended, AppendError> {
        Err(AppendError("disk-full"))
    }
}

#[tokio::test]
async fn what_waits_for_the_ledger_is_written_after_the_next_request_that_goes_well() {
    let house = House::new().await;
    let what = What::SystemError { component: "disk".to_owned(), code: "full".to_owned() };
    let (at, principal) = (FixedClock.now(), PrincipalId::System);
    let fault = Event { at, principal, request: RequestId([5; 16]), what };
    house.faults.report(&Full, fault.clone());
    assert_eq!(house.faults.waiting(), std::slice::from_ref(&fault));
    assert_ne!(house.last_event(), fault);
    let answer = house.ask("GET", "/v1/sellers", &house.session, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(house.last_event(), fault);
    assert_eq!(house.faults.waiting(), []);
}

#[tokio::test]
async fn an_anonymous_caller_learns_nothing_of_what_a_route_takes() {
    let house = House::new().await;
    for (method, path, _) in ROUTES {
        let path = path.replace("1-1-1", "a%20b").replace(ID, "no-id");
        let answer = house.ask(method, &path, "", "{not json").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn a_service_reaches_its_own_seller_and_no_administration() {
    let house = House::new().await;
    for (method, path, body) in ROUTES.iter().filter(|(_, path, _)| *path != "/v1/sessions/current") {
        let answer = house.ask(method, path, &house.service, *body).await;
        if SERVICE_MAY.contains(path) {
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        } else {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            answer.problem();
        }
    }
}

#[tokio::test]
async fn another_seller_is_refused_whether_it_exists_or_not() {
    let house = House::new().await;
    for (method, path, body) in ROUTES.iter().filter(|(_, path, _)| path.contains("ALPHA")) {
        let mut codes = BTreeSet::new();
        for other in ["BETA", "NOBODY"] {
            let answer = house.ask(method, &path.replace("ALPHA", other), &house.service, *body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            codes.insert(answer.problem());
        }
        assert_eq!(codes.len(), 1);
    }
    let reveal =
        |seller: &str| json!({ "purpose": "tax", "items": [{ "seller": seller, "reference": "1-1-1" }] });
    for other in ["BETA", "NOBODY"] {
        let answer = house.ask("POST", "/v1/reveal", &house.service, reveal(other).to_string()).await.json();
        assert_eq!(answer["denied"][0]["code"], "seller-not-granted", "{answer}");
        assert!(answer["unknown"].is_null());
    }
}

#[tokio::test]
async fn problems_carry_no_text_of_the_request() {
    let house = House::new().await;
    let secret = "Juniper Fernsby";
    let body = json!({ "email": secret, "surprise": secret }).to_string();
    let answer = house.ask("POST", "/v1/sellers/ALPHA/orders:find", &house.session, body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.problem(), "bad-body");
    assert!(!String::from_utf8_lossy(&answer.body).contains(secret));
    let answer = house.ask("GET", "/v1/sellers/ALPHA/orders/Juniper%20Fernsby", &house.session, "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!String::from_utf8_lossy(&answer.body).contains("Juniper"));
}

#[tokio::test]
async fn a_body_has_a_limit_and_a_collect_has_none() {
    let house = House::new().await;
    let pad = |text: &str, bytes: usize| " ".repeat(bytes - text.len()) + text;
    let padded = |bytes: usize| pad(r#"{"name":"Nobody Atall"}"#, bytes);
    let find = "/v1/sellers/ALPHA/orders:find";
    assert_eq!(
        house.ask("POST", find, &house.session, padded(JSON_BODY_BYTES_MAX)).await.status,
        StatusCode::OK
    );
    let answer = house.ask("POST", find, &house.session, padded(JSON_BODY_BYTES_MAX + 1)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.problem(), "body-too-long");
    let collect = "/v1/sellers/ALPHA/orders:collect";
    let order = pad(r#"{"orderId":"250-1234567-1234567"}"#, 2 * JSON_BODY_BYTES_MAX);
    assert_eq!(house.ask("POST", collect, &house.session, order).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_route_is_a_problem_too() {
    let house = House::new().await;
    assert_eq!(house.ask("GET", "/v1/nothing", "", "").await.problem(), "not-found");
    assert_eq!(house.ask("PUT", "/v1/keys", "", "").await.problem(), "method-not-allowed");
    let healthy = house.ask("GET", "/v1/health", "", "").await;
    assert_eq!(
        (healthy.status, healthy.headers["cache-control"].to_str().unwrap()),
        (StatusCode::OK, "no-store")
    );
}

#[tokio::test]
async fn the_summary_of_tokenised_documents_comes_in_a_trailer() {
    let house = House::new().await;
    let request = Request::builder()
        .method("POST")
        .uri("/v1/sellers/ALPHA/orders:collect")
        .header("authorization", format!("Bearer {}", house.session))
        .header("prefer", "respond-async, return=representation")
        .body(Body::from(r#"{"orderId":"250-1234567-1234567","buyer":{"buyerName":"Juniper Fernsby"}}"#))
        .unwrap();
    let response = house.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap();
    let summary = body.trailers().unwrap()["bailee-summary"].to_str().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<Value>(&summary).unwrap()["read"], 1);
    let document = String::from_utf8(body.to_bytes().to_vec()).unwrap();
    assert!(document.contains("250-1234567-1234567") && !document.contains("Juniper"), "{document}");
}

impl House {
    /// A service of ALPHA that may reveal names for fulfilment.
    async fn clerk(&self) -> String {
        let service = json!({
            "name": "clerk", "sellers": ["ALPHA"], "purposes": ["fulfilment"], "classes": ["identity"]
        });
        let service = self.ask("POST", "/v1/services", &self.session, service.to_string()).await;
        service.json()["key"].as_str().unwrap().to_owned()
    }

    async fn collect(&self, numbers: std::ops::Range<u32>) {
        let order = |number: u32| {
            json!({
                "orderId": format!("250-1234567-{number:07}"), "createdTime": "2026-03-01T10:00:00Z",
                "buyer": { "buyerName": format!("Juniper {number}"), "buyerEmail": "juniper@example.com" }
            })
        };
        let documents: String = numbers.map(|number| format!("{}\n", order(number))).collect();
        let collected = self.ask("POST", "/v1/sellers/ALPHA/orders:collect", &self.session, documents).await;
        assert_eq!(collected.status, StatusCode::OK);
    }

    async fn reveal(&self, bearer: &str, items: &[Value]) -> Answer {
        let question = json!({ "purpose": "fulfilment", "items": items });
        self.ask("POST", "/v1/reveal", bearer, question.to_string()).await
    }

    /// What was written after the first so many events.
    fn events_after(&self, count: usize) -> Vec<What> {
        let events = (0..).map_while(|index| Source::entry(&*self.store, index).unwrap());
        events.skip(count).map(|entry| Event::parse(&entry).unwrap().what).collect()
    }
}

/// Changes a part by hand, behind the program's back.
fn damage(store: &dyn Store, number: usize) {
    let bucket = store.buckets().unwrap().remove(0).bucket;
    let mut part = store.parts(bucket, None, 100).unwrap().remove(number);
    part.envelope.iter_mut().skip(1).for_each(|byte| *byte ^= 1);
    let changes = vec![bailee_store::act::Change::PutPart(part)];
    store.commit(bailee_store::act::Act { name: "by-hand", changes, events: Vec::new() }).unwrap();
}

fn item(seller: &str, number: u32) -> Value {
    json!({ "seller": seller, "reference": format!("250-1234567-{number:07}") })
}

#[tokio::test]
async fn a_reveal_of_invented_sellers_writes_one_refusal_and_past_its_limit_nothing() {
    let house = House::new().await;
    let before = house.events_after(0).len();
    let items: Vec<Value> = (0..3000).map(|number| item(&format!("NOBODY{number}"), 1)).collect();
    let answer = house.reveal(&house.service, &items).await;
    assert_eq!((answer.problem().as_str(), house.events_after(before).len()), ("too-many-items", 0));
    let answer = house.reveal(&house.service, &items[..1000]).await.json();
    assert_eq!(answer["denied"].as_array().unwrap().len(), 1000);
    let written = house.events_after(before);
    assert!(matches!(&written[..], [What::Denied { seller: None, .. }]), "{written:?}");
}

#[tokio::test]
async fn a_reveal_is_answered_item_by_item() {
    let house = House::new().await;
    let clerk = house.clerk().await;
    house.collect(1..4).await;
    let store = Arc::clone(&house.store);
    tokio::task::spawn_blocking(move || damage(&*store, 1)).await.unwrap();
    let before = house.events_after(0).len();
    let malformed = json!({ "seller": "ALPHA", "reference": "Juniper Fernsby" });
    let bad_field = json!({ "seller": "ALPHA", "reference": "1-1-1", "fields": [""] });
    let items = [
        item("ALPHA", 1),
        item("ALPHA", 2),
        item("BETA", 1),
        malformed.clone(),
        bad_field,
        json!({ "token": "none" }),
        item("ALPHA", 9),
        item("ALPHA", 3),
    ];
    let answer = house.reveal(&clerk, &items).await.json();
    let names: Vec<_> = answer["records"].as_array().unwrap().iter().map(|one| &one["reference"]).collect();
    assert_eq!(names, ["250-1234567-0000001", "250-1234567-0000003"], "{answer}");
    assert_eq!(answer["denied"][0]["seller"], "BETA");
    let mut unknown: Vec<_> = (answer["unknown"].as_array().unwrap().iter())
        .map(|one| (one["item"].as_u64().unwrap(), one["code"].as_str().unwrap()))
        .collect();
    unknown.sort_unstable();
    assert_eq!(
        unknown,
        [(1, "does-not-open"), (3, "bad-id"), (4, "bad-id"), (5, "not-a-token"), (6, "unknown")]
    );
    assert!(!answer.to_string().contains("Fernsby"));
    let written = house.events_after(before);
    let failed = |code: &str| {
        written.iter().filter(|what| matches!(what, What::RevealFailed { reason } if reason == code)).count()
    };
    assert_eq!(["does-not-open", "bad-id", "not-a-token"].map(failed), [1, 1, 1], "{written:?}");
    // Alone, what is malformed or damaged is not said to be unknown.
    assert_eq!(house.reveal(&clerk, &[malformed]).await.problem(), "bad-id");
    let mut damaged = item("ALPHA", 2);
    damaged["fields"] = json!(["buyer.buyerName"]);
    assert_eq!(house.reveal(&clerk, &[damaged, item("ALPHA", 9)]).await.problem(), "does-not-open");
}

#[tokio::test]
async fn asking_for_what_is_not_there_is_an_event() {
    let house = House::new().await;
    let clerk = house.clerk().await;
    let before = house.events_after(0).len();
    let answer = house.reveal(&clerk, &[item("ALPHA", 9), item("ALPHA", 8)]).await.json();
    assert_eq!(answer["unknown"][1]["code"], "unknown");
    let written = house.events_after(before);
    assert!(
        matches!(&written[..], [What::Revealed { seller, items, .. }] if seller.as_str() == "ALPHA" && items.is_empty()),
        "{written:?}"
    );
    house.reveal(&clerk, &[json!({ "token": "none" })]).await;
    assert!(matches!(house.last_event().what, What::RevealFailed { reason } if reason == "not-a-token"));
}

#[tokio::test]
async fn of_two_tokens_of_a_record_the_refused_one_is_named() {
    let house = House::new().await;
    let clerk = house.clerk().await;
    let document = r#"{"orderId":"250-1234567-1234567","createdTime":"2026-03-01T10:00:00Z",
        "buyer":{"buyerName":"Juniper Fernsby","buyerEmail":"juniper@example.com"}}"#;
    let request = Request::builder()
        .method("POST")
        .uri("/v1/sellers/ALPHA/orders:collect")
        .header("authorization", format!("Bearer {}", house.session))
        .header("prefer", "respond-async, return=representation")
        .body(Body::from(document.replace('\n', "")))
        .unwrap();
    let body = house.router.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    let document: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
    let token = |field: &str| json!({ "token": document["buyer"][field] });
    let answer = house.reveal(&clerk, &[token("buyerName"), token("buyerEmail")]).await.json();
    assert_eq!(answer["records"][0]["fields"]["buyer.buyerName"], "Juniper Fernsby");
    assert_eq!(answer["denied"][0]["field"], "buyer.buyerEmail", "{answer}");
}

#[test]
fn the_reference_of_the_api_names_every_route() {
    let reference = include_str!("../../../docs/reference/api.md");
    let shape = |path: &str| {
        path.replace("ALPHA", "{seller}")
            .replace("1-1-1", "{reference}")
            .replace(&format!("proofs/{ID}"), "proofs/{request}")
            .replace(ID, "{id}")
    };
    for (method, path, _) in ROUTES {
        assert!(reference.contains(&format!("| `{method} {}` |", shape(path))), "{method} {path}");
    }
}
