//! The edge: where a request gets its id and its time, and its caller a name.
//!
//! [`admit`] stands around every route. It stamps the request, catches panics, renders problems, and forbids caches.
//! [`Edge::run`] is the only way from a handler to the house: it authenticates first, on a thread that may block, and
//! hands the act a [`Call`]. So a handler cannot forget to ask who is calling.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bailee_access::certificate::Shown;
use bailee_access::{AccessError, Agent, Caller, Door, Face, Gate, Origin, Presented};
use bailee_core::{Commitment, Sensitive, Timestamp};
use bailee_store::records::Store;
use bailee_vault::Vault;
use bailee_watch::Outcome;
use futures_util::FutureExt;

use crate::fault::Fault;
use crate::house::{House, Stamp};
use crate::listener::{Address, Certificate, Peer};
use crate::once::Named;
use crate::problem::Problem;
use crate::visit::{Known, Visit};

/// The header by which every answer names its request, as the ledger does.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The header that warns a service whose key, or a person whose device, is soon to be renewed: when it ends (1.4.b).
const KEY_ENDS_AT: HeaderName = HeaderName::from_static("bailee-key-ends-at");

/// Stands around every route.
pub(crate) async fn admit(State(house): State<Arc<House>>, mut request: Request, next: Next) -> Response {
    let stamp = house.stamp();
    let visit = Visit::begin(&request);
    request.extensions_mut().insert(stamp);
    request.extensions_mut().insert(visit.caller());
    let counted = Arc::clone(&house);
    let mut response = without_panic(next.run(request)).await;
    let problem = response.extensions_mut().remove::<Problem>();
    write_faults(house, stamp, problem.as_ref().and_then(Problem::fault)).await;
    if let Some(problem) = problem {
        response = problem.render(&response, stamp.request);
    }
    let headers = response.headers_mut();
    if let Some(ends_at) = visit.key_ends_at().and_then(|at| HeaderValue::from_str(&at.to_string()).ok()) {
        headers.insert(KEY_ENDS_AT, ends_at);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&stamp.request.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    visit.end(counted.metrics(), stamp.request, &response);
    response
}

/// Stands before every route that has no part in going on with an older keyring: by that, nothing else is done.
pub(crate) async fn refuse_behind(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    match house.vault().refuse_behind() {
        Ok(()) => next.run(request).await,
        Err(older) => Problem::from(older).into_response(),
    }
}

/// Writes a request's fault, or those that wait, now that a request went without one.
async fn write_faults(house: Arc<House>, stamp: Stamp, fault: Option<Fault>) {
    if fault.is_none() && !house.has_untold() {
        return;
    }
    let write = move || match fault {
        Some(fault) => house.report(stamp, fault),
        None => house.flush(),
    };
    // Nothing to do about a lost thread here: the answer says that something failed in any case.
    drop(tokio::task::spawn_blocking(write).await);
}

/// The answer, also when making it panics.
async fn without_panic(answer: impl Future<Output = Response>) -> Response {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|panic| Problem::from_panic(&*panic).into_response())
}

/// How often something is decided while who may do what keeps changing: each change is somebody's act, and takes longer.
const DECISIONS_MAX: usize = 16;

/// A request at the edge: nobody yet.
pub(crate) struct Edge {
    house: Arc<House>,
    stamp: Stamp,
    origin: Origin,
    /// Told who it is, once that is known.
    caller: Option<Known>,
    bearer: Option<Sensitive<String>>,
    certificate: Option<Certificate>,
    /// Where it came from, when that was the network.
    from: Option<Address>,
    /// What its caller calls it.
    named: Option<Result<Named, Problem>>,
}

impl FromRequestParts<Arc<House>> for Edge {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Infallible> {
        let stamp = parts.extensions.get::<Stamp>().copied().unwrap_or_else(|| house.stamp());
        let from = match parts.extensions.get::<Peer>() {
            Some(Peer::Network { from, .. }) => Some(Address::of(from.ip())),
            Some(Peer::Local { .. }) | None => None,
        };
        Ok(Self {
            house: Arc::clone(house),
            stamp,
            origin: origin(parts),
            caller: parts.extensions.get().cloned(),
            bearer: bearer(&parts.headers),
            certificate: parts.extensions.get().cloned(),
            from,
            named: Named::of(parts),
        })
    }
}

/// What is presented. Of two headers nobody can say which is meant: together they are a credential that is not known.
fn bearer(headers: &HeaderMap) -> Option<Sensitive<String>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, more) = (values.next()?, values.next());
    if more.is_some() {
        return Some(Sensitive::new(String::new()));
    }
    let (scheme, credential) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Sensitive::new(credential.trim().to_owned()))
}

/// Where a request came from. Without a connection it is a command in this process.
fn origin(parts: &Parts) -> Origin {
    let here = Origin::in_process(rustix::process::geteuid().as_raw());
    let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(Agent::of);
    match parts.extensions.get::<Peer>() {
        None => here,
        Some(Peer::Local { uid, .. }) => Origin { face: Face::Unix, user: Some(*uid), agent, ..here },
        Some(Peer::Network { from, spoken }) => Origin {
            face: Face::Https,
            address: Some(from.ip().to_canonical()),
            user: None,
            tls: Some(spoken.version),
            suite: Some(spoken.suite),
            agent,
        },
    }
}

impl Edge {
    /// Authenticates the caller, then acts, on a thread that may block.
    pub(crate) async fn run<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&Call) -> Result<T, Problem> + Send + 'static,
    {
        self.block(move |edge| act(&edge.authenticate()?)).await
    }

    /// The same for what takes documents in, which is all that is left to a service's key that is not trusted with more.
    pub(crate) async fn take_in<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&Call) -> Result<T, Problem> + Send + 'static,
    {
        self.block(move |edge| act(&edge.authenticate_to_take_in()?)).await
    }

    /// The same for what completes or renews a credential: all that is left to one that has ended, or is not complete.
    pub(crate) async fn renew<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&Call) -> Result<T, Problem> + Send + 'static,
    {
        self.block(move |edge| act(&edge.authenticate_by(&RENEWAL)?)).await
    }

    /// The same for the next key or certificate of a service, by what it has that ended; a person lacks nothing.
    pub(crate) async fn keep_keys<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&Call) -> Result<T, Problem> + Send + 'static,
    {
        self.block(move |edge| act(&edge.authenticate_by(&KEYS)?)).await
    }

    /// The same for the enrolment of a device, by what opens that alone, or a session that lacks nothing.
    pub(crate) async fn enrol<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&Call) -> Result<T, Problem> + Send + 'static,
    {
        self.block(move |edge| act(&edge.authenticate_by(&ENROLMENT)?)).await
    }

    /// Tries to come in: the one act of somebody who is not known. Attempts that failed before make this one wait, and an
    /// address from which too many failed is not heard at all; so nobody is locked out by one who tries from there.
    pub(crate) async fn log_in<T, A>(self, mail: String, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&House, &Attempt) -> Result<T, Problem> + Send + 'static,
    {
        self.attempt(Some(mail), true, act).await
    }

    /// The same by a provider: whose account it is shows once that has said it.
    pub(crate) async fn sign_on<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&House, &Attempt) -> Result<T, Problem> + Send + 'static,
    {
        self.attempt(None, true, act).await
    }

    /// A first step of that: nobody is in after it, and so it makes nobody's failures forgotten.
    pub(crate) async fn begin_log_in<T, A>(self, mail: Option<String>, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&House, &Attempt) -> Result<T, Problem> + Send + 'static,
    {
        self.attempt(mail, false, act).await
    }

    async fn attempt<T, A>(self, mail: Option<String>, comes_in: bool, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&House, &Attempt) -> Result<T, Problem> + Send + 'static,
    {
        self.house.limiter().log_in(self.from)?;
        if let Some(mail) = &mail {
            tokio::time::sleep(self.house.gate().patience(mail, self.door())).await;
        }
        self.block(move |edge| {
            let (house, stamp) = (&edge.house, edge.stamp);
            let attempt = Attempt {
                mail: mail.unwrap_or_default(),
                stamp,
                detail: edge.detail()?,
                door: edge.door(),
                certificate: edge.certificate.as_ref().map(Certificate::shown),
                machine_now: house.machine_now(),
            };
            let done = act(house, &attempt);
            match &done {
                Ok(_) if comes_in => house.limiter().log_in_ended(edge.from, true),
                Err(problem) if problem.is_refusal() => house.limiter().log_in_ended(edge.from, false),
                // A first step, or what failed in the home itself: nobody's failure.
                Ok(_) | Err(_) => {}
            }
            done
        })
        .await
    }

    /// Takes a credential that is nobody's and opens one thing; one that is not known counts against its address. Nobody is
    /// in by it, and so it makes nobody's failures forgotten.
    pub(crate) async fn present<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(&Gate, &Presented) -> Result<T, Problem> + Send + 'static,
    {
        self.block(move |edge| {
            edge.house.limiter().log_in(edge.from)?;
            let (detail, door) = (edge.detail()?, edge.door());
            let Self { house, stamp: Stamp { request, now }, bearer, from, .. } = edge;
            let machine_now = house.machine_now();
            let presented = Presented { bearer, certificate: None, request, now, machine_now, detail, door };
            let done = act(house.gate(), &presented);
            if done.as_ref().is_err_and(Problem::is_refusal) {
                house.limiter().log_in_ended(from, false);
            }
            done
        })
        .await
    }

    /// The door at which the caller stands.
    fn door(&self) -> Door {
        self.origin.address.map_or(Door::Local, Door::Network)
    }

    /// What events name the caller's whereabouts by: written down by now. Blocks.
    fn detail(&self) -> Result<Option<Commitment>, Problem> {
        Ok(self.house.gate().origin(&self.origin, self.stamp.now)?)
    }

    /// Asks who is calling. Blocks.
    pub(crate) fn authenticate(self) -> Result<Call, Problem> {
        self.authenticate_by(&WHOLE)
    }

    /// Asks who is bringing documents. Blocks.
    pub(crate) fn authenticate_to_take_in(self) -> Result<Call, Problem> {
        self.authenticate_by(&INTAKE)
    }

    fn authenticate_by(self, by: &'static Way) -> Result<Call, Problem> {
        let door = self.door();
        // From an address that sends too much of what nobody known has sent, nothing more of it reaches the ledger.
        let Self {
            house,
            stamp: stamp @ Stamp { request, now },
            origin,
            bearer,
            certificate,
            from,
            caller: known,
            ..
        } = self;
        let certificate = certificate.as_ref().map(Certificate::shown);
        let machine_now = house.machine_now();
        let mut presented = Presented { bearer, certificate, request, now, machine_now, detail: None, door };
        house
            .limiter()
            .may_be_refused(from)
            .or_else(|many| if (by.recognises)(house.gate(), &presented) { Ok(()) } else { Err(many) })?;
        presented.detail = house.gate().origin(&origin, now)?;
        let caller = (by.authenticate)(house.gate(), &presented).inspect_err(|error| {
            if matches!(error, AccessError::Denied(_)) {
                house.limiter().refused(from);
            }
        })?;
        if let Some(known) = known {
            known.tell(caller.context.principal, house.gate().ending_key(&presented));
        }
        house.limiter().request(caller.context.principal)?;
        Ok(Call { house, stamp, caller, presented, by })
    }

    /// What its caller calls it, if he does.
    pub(crate) fn take_name(&mut self) -> Option<Result<Named, Problem>> {
        self.named.take()
    }

    pub(crate) fn house(&self) -> Arc<House> {
        Arc::clone(&self.house)
    }

    pub(crate) fn stamp(&self) -> Stamp {
        self.stamp
    }

    pub(crate) async fn block<T, A>(self, act: A) -> Result<T, Problem>
    where
        T: Send + 'static,
        A: FnOnce(Self) -> Result<T, Problem> + Send + 'static,
    {
        match tokio::task::spawn_blocking(move || act(self)).await {
            Ok(done) => done,
            Err(lost) => Err(lost.try_into_panic().map_or_else(
                |_| Problem::internal(Fault::new("job", "cancelled")),
                |panic: Box<dyn Any + Send>| Problem::from_panic(&*panic),
            )),
        }
    }
}

/// A way in for who is known: what asks, and what looks without asking.
struct Way {
    authenticate: fn(&Gate, &Presented) -> Result<Caller, AccessError>,
    recognises: fn(&Gate, &Presented) -> bool,
}

/// For who lacks nothing.
const WHOLE: Way = Way { authenticate: Gate::authenticate, recognises: Gate::recognises };
/// For whose key may be trusted with no more than that.
const INTAKE: Way =
    Way { authenticate: Gate::authenticate_to_take_in, recognises: Gate::recognises_to_take_in };
/// For a service that may lack what is about to be replaced.
const KEYS: Way =
    Way { authenticate: Gate::authenticate_to_keep_keys, recognises: Gate::recognises_to_keep_keys };
/// For who has what enrols a device and nothing else.
const ENROLMENT: Way =
    Way { authenticate: Gate::authenticate_to_enrol, recognises: Gate::recognises_to_enrol };
/// For who may lack what is about to be renewed.
const RENEWAL: Way = Way { authenticate: Gate::authenticate_to_renew, recognises: Gate::recognises_to_renew };

/// An attempt to come in.
pub(crate) struct Attempt {
    pub(crate) mail: String,
    pub(crate) stamp: Stamp,
    pub(crate) detail: Option<Commitment>,
    pub(crate) door: Door,
    /// What the connection has shown.
    pub(crate) certificate: Option<Arc<Shown>>,
    /// The machine's time, by which authenticators go.
    pub(crate) machine_now: Timestamp,
}

/// A request of a caller who is known.
pub(crate) struct Call {
    house: Arc<House>,
    stamp: Stamp,
    caller: Caller,
    presented: Presented,
    /// How they were recognised.
    by: &'static Way,
}

impl Call {
    pub(crate) fn gate(&self) -> &Gate {
        self.house.gate()
    }

    pub(crate) fn vault(&self) -> &Vault {
        self.house.vault()
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.house.store()
    }

    /// The house that it came into.
    pub(crate) fn house(&self) -> &House {
        &self.house
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.stamp.now
    }

    /// Where the caller stands.
    pub(crate) fn door(&self) -> Door {
        self.presented.door
    }

    /// Decides something. When who may do what has changed since the caller was recognised, they are recognised anew, and it
    /// is decided again.
    pub(crate) fn decide<T>(
        &self,
        decide: impl Fn(&Caller) -> Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        let mut decided = decide(&self.caller);
        for _ in 1..DECISIONS_MAX {
            if !matches!(decided, Err(AccessError::Moved)) {
                break;
            }
            decided = decide(&(self.by.authenticate)(self.gate(), &self.presented)?);
        }
        decided
    }

    /// The certificate that the connection has shown.
    pub(crate) fn certificate(&self) -> Option<&Shown> {
        self.presented.certificate.as_deref()
    }

    /// The machine's time, by which authenticators go.
    pub(crate) fn machine_now(&self) -> Timestamp {
        self.house.machine_now()
    }

    /// Hands the notices that wait to the mail server, as long as that time lasts.
    pub(crate) fn deliver(&self, limit: Duration) -> Result<Vec<Outcome>, Problem> {
        self.house.deliver(limit)
    }

    /// Counts a find, of which there is a rate of its own.
    pub(crate) fn counts_as_find(&self) -> Result<(), Problem> {
        self.house.limiter().find(self.caller.context.principal)
    }

    /// Writes what went wrong into the ledger.
    pub(crate) fn report(&self, fault: Fault) {
        self.house.report(self.stamp, fault);
    }
}

#[cfg(test)]
mod tests;
