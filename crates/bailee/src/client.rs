//! A client of the HTTP API. By whichever [`Transport`], the requests and answers are the same.

mod identity;
mod pages;
mod remote;
mod stream;
mod transport;

pub(crate) use identity::ClientIdentity;
pub(crate) use remote::{NotAServer, Remote, ServerAddress, tls};
pub(crate) use stream::Interrupts;
pub(crate) use transport::Transport;

use std::cell::Cell;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use bailee_core::{Json, Sensitive};
use bailee_server::{PROBLEM_TYPE_PREFIX, Watch};
use http_body_util::BodyExt;
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::failure::{Exit, Failure, Result};
use crate::screen::{self, Output, Screen};

/// How long a command waits in all when it is told that it asks too often.
const PATIENCE: Duration = Duration::from_secs(120);

/// From how long a wait on it is told.
const TOLD_FROM: Duration = Duration::from_secs(2);

/// The code for an answer that nobody reads any more.
const PIPE_CLOSED: &str = "pipe-closed";

/// What this program says it is.
const AGENT: &str = concat!("bailee/", env!("CARGO_PKG_VERSION"));

/// A client with a credential.
pub(crate) struct Client {
    transport: Transport,
    runtime: Asynchronous,
    bearer: Option<Sensitive<String>>,
    /// Whether an enrolled device is shown, and is soon to be renewed.
    device: Cell<Option<Ending>>,
}

/// How far the certificate of a device has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    NotYet,
    Soon,
    /// Whatever is said of it: this command renews it no more.
    Settled,
}

/// The runtime. On drop it waits for nobody: a thread that still reads a terminal's input would keep the command.
struct Asynchronous(Option<Runtime>);

impl Asynchronous {
    fn block_on<F: Future>(&self, future: F) -> Option<F::Output> {
        self.0.as_ref().map(|runtime| runtime.block_on(future))
    }
}

impl Drop for Asynchronous {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A problem document, as far as a command needs it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) requirement: Option<String>,
    pub(crate) remedy: Option<String>,
    /// The exit status, when it does not follow from the answer.
    exit: Option<Exit>,
}

/// An answer, or why there is none.
pub(crate) type Answer = std::result::Result<Json, Refusal>;

impl Client {
    pub(crate) fn new(transport: impl Into<Transport>, bearer: Option<Sensitive<String>>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|_| Failure::failed("no runtime could be started"))?;
        let device = Cell::new(None);
        Ok(Self { transport: transport.into(), runtime: Asynchronous(Some(runtime)), bearer, device })
    }

    /// The same on an enrolled device.
    pub(crate) fn on_device(self) -> Self {
        Self { device: Cell::new(Some(Ending::NotYet)), ..self }
    }

    /// Whether the server has said that the device is soon to be renewed.
    pub(crate) fn device_ends_soon(&self) -> bool {
        self.device.get() == Some(Ending::Soon)
    }

    /// Renews no device from now on, whatever the server says of it.
    pub(crate) fn settle_device(&self) {
        self.device.set(self.device.get().map(|_| Ending::Settled));
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.exchange(|| self.request(Method::GET, path, Body::empty()))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.exchange(|| self.request(Method::DELETE, path, Body::empty()))
    }

    /// A get by whoever has that credential.
    pub(crate) fn get_as(&self, bearer: &Sensitive<String>, path: &str) -> Answer {
        self.exchange(|| {
            let mut request = self.request(Method::GET, path, Body::empty());
            identify(&mut request, bearer);
            request
        })
    }

    /// A post by whoever has that credential.
    pub(crate) fn post_as(
        &self,
        bearer: &Sensitive<String>,
        path: &str,
        question: &impl Serialize,
    ) -> Answer {
        self.exchange(|| {
            let mut request = self.post_request(path, question);
            identify(&mut request, bearer);
            request
        })
    }

    pub(crate) fn post(&self, path: &str, question: &impl Serialize) -> Answer {
        self.exchange(|| self.post_request(path, question))
    }

    /// The same of what is good for now alone, as the code of an authenticator is: who is told to wait is refused.
    pub(crate) fn post_now(&self, path: &str, question: &impl Serialize) -> Answer {
        self.exchange_within(Duration::ZERO, || self.post_request(path, question))
    }

    /// A get whose progress is heard.
    pub(crate) fn get_watched(&self, path: &str, watch: &Watch) -> Answer {
        self.exchange(|| watched(self.request(Method::GET, path, Body::empty()), watch))
    }

    /// A post whose progress is heard.
    pub(crate) fn post_watched(&self, path: &str, question: &impl Serialize, watch: &Watch) -> Answer {
        self.exchange(|| watched(self.post_request(path, question), watch))
    }

    fn post_request(&self, path: &str, question: &impl Serialize) -> Request<Body> {
        // Our own questions are strings, lists and maps: they always serialise.
        let body = serde_json::to_vec(question).unwrap_or_default();
        let mut request = self.request(Method::POST, path, body.into());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    fn request(&self, method: Method, path: &str, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        // A path of ours is made of literals, checked ids and encoded text; the root has no route.
        *request.uri_mut() = path.parse().unwrap_or_default();
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(bearer) = &self.bearer {
            identify(&mut request, bearer);
        }
        request
    }

    /// Asks. Who is told to wait has not been served at all, so whatever it is can be asked again.
    fn exchange(&self, request: impl Fn() -> Request<Body>) -> Answer {
        self.exchange_within(PATIENCE, request)
    }

    fn exchange_within(&self, patience: Duration, request: impl Fn() -> Request<Body>) -> Answer {
        self.block_on(async {
            let mut patience = patience;
            loop {
                let response = self.transport.send(request()).await?;
                self.note_end(&response);
                match told_to_wait(&response).and_then(|wait| patience.checked_sub(wait).zip(Some(wait))) {
                    Some((left, wait)) => {
                        patience = left;
                        tell_wait(wait);
                        tokio::time::sleep(wait).await;
                    }
                    None => return answer(response).await,
                }
            }
        })
    }

    /// A key that ends soon is told of; a device is renewed when the command is done.
    fn note_end(&self, response: &Response<Body>) {
        let header = response.headers().get("bailee-key-ends-at").and_then(|value| value.to_str().ok());
        match (header, self.device.get()) {
            (Some(_), Some(Ending::NotYet)) => self.device.set(Some(Ending::Soon)),
            (Some(ends_at), None) => warn_of_key(ends_at),
            (Some(_), Some(Ending::Soon | Ending::Settled)) | (None, _) => {}
        }
    }

    fn block_on(&self, asking: impl Future<Output = Answer>) -> Answer {
        self.runtime.block_on(asking).unwrap_or_else(|| Err(Refusal::broken()))
    }
}

/// Shows a credential with a request. One that cannot stand in a header opens nothing, and is left out.
fn identify(request: &mut Request<Body>, bearer: &Sensitive<String>) {
    if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", bearer.expose())) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
}

/// How long the server wants to be left alone, when that is its answer.
fn told_to_wait(response: &Response<Body>) -> Option<Duration> {
    if response.status() != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Says that it waits, where that is long enough to wonder.
fn tell_wait(wait: Duration) {
    if wait >= TOLD_FROM {
        let words = format!("too many at once: asked to wait, and so goes on in {} s", wait.as_secs());
        Screen::new(Output::Text).note(screen::safe(&words));
    }
}

/// Says once that the key that was shown is soon to be renewed (1.4.b).
fn warn_of_key(ends_at: &str) {
    static SAID: std::sync::Once = std::sync::Once::new();
    let words = format!(
        "this service's key opens nothing but its renewal after {ends_at}; run `bailee service renew`"
    );
    SAID.call_once(|| Screen::new(Output::Text).note(screen::safe(&words)));
}

fn watched(mut request: Request<Body>, watch: &Watch) -> Request<Body> {
    request.extensions_mut().insert(watch.clone());
    request
}

async fn answer(response: Response<Body>) -> Answer {
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|_| Refusal::broken())?.to_bytes();
    if !status.is_success() {
        return Err(Refusal::read(status, &body));
    }
    match body.is_empty() {
        true => Ok(Json::Null),
        false => serde_json::from_slice(&body).map_err(|_| Refusal::broken()),
    }
}

impl Refusal {
    fn read(status: StatusCode, body: &[u8]) -> Self {
        let problem: Json = serde_json::from_slice(body).unwrap_or(Json::Null);
        let text = |name| problem.member(name).and_then(Json::as_str).map(str::to_owned);
        let code = text("type").unwrap_or_default();
        Self {
            status,
            code: code.strip_prefix(PROBLEM_TYPE_PREFIX).unwrap_or(&code).to_owned(),
            detail: text("detail").unwrap_or_else(|| format!("the server answered {status}")),
            requirement: text("requirement"),
            remedy: text("remedy"),
            exit: None,
        }
    }

    /// A problem that came after the answer had begun: its status is the one that it names.
    fn read_late(body: &[u8]) -> Self {
        let problem: Json = serde_json::from_slice(body).unwrap_or(Json::Null);
        let status = match problem.member("status") {
            Some(Json::Integer(status)) => u16::try_from(*status).ok(),
            _ => None,
        };
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        Self::read(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE), body)
    }

    /// The answer ended early, or was none.
    fn broken() -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            code: "incomplete-answer".to_owned(),
            detail: "the answer ended early; ask again".to_owned(),
            requirement: None,
            remedy: None,
            exit: None,
        }
    }

    /// Nobody could be asked.
    fn unreached(whom: &str, error: &std::io::Error) -> Self {
        let detail = format!("{whom} cannot be reached: {}", error.kind());
        Self { code: "unreached".to_owned(), detail, ..Self::broken() }
    }

    /// What went wrong on this side.
    fn of(failure: Failure) -> Self {
        match failure {
            Failure::Said { exit, words } => {
                Self { code: "not-asked".to_owned(), detail: words, exit: Some(exit), ..Self::broken() }
            }
            Failure::PipeClosed => Self { code: PIPE_CLOSED.to_owned(), ..Self::broken() },
        }
    }

    /// One line: what is wrong, what to do, which requirement it serves.
    pub(crate) fn words(&self) -> String {
        let mut words = self.detail.clone();
        if let Some(remedy) = self.remedy.as_deref().filter(|remedy| !remedy.is_empty()) {
            words = format!("{words}; {remedy}");
        }
        match &self.requirement {
            Some(requirement) => format!("{words} ({requirement})"),
            None => words,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        if let Some(exit) = self.exit {
            return exit;
        }
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Exit::Denied,
            StatusCode::NOT_FOUND | StatusCode::GONE => Exit::NotFound,
            _ if ["verification-failed", "backup-changed", "backup-ledger-refused"]
                .contains(&&*self.code) =>
            {
                Exit::VerificationFailed
            }
            _ => Exit::Failed,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal.code.as_str() {
            PIPE_CLOSED => Self::PipeClosed,
            _ => Self::new(refusal.exit(), refusal.words()),
        }
    }
}

/// Text as it stands in a path or a query (RFC 3986): everything but unreserved characters is escaped.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_unreserved_is_escaped() {
        assert_eq!(encoded("orders 1/ä.json"), "orders%201%2F%C3%A4.json");
    }
}
