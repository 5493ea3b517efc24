//! One connection: what it is, its requests, and its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::EXPECT;
use axum::http::{Request, Response, StatusCode, Version};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tower::ServiceExt;

use super::body::{Leaving, Patient};
use super::census::Seat;
use super::limits::{
    ANSWER_BYTES_WAITING_MAX, CLOSING_LOOK, HEADER_BYTES_MAX, HEADER_LINES_MAX, LAST_BYTES, Limits,
    STREAMS_MAX, WINDOW_BYTES,
};
use super::peer::{Certificate, Peer};
use super::pulse::Flight;
use super::remains::Remains;
use super::tls::{self, Tls};
use super::traffic::{Cut, Stage, Traffic};
use super::{Arrival, Stop, hint};

/// What every connection stands on.
pub(super) struct Host {
    pub(super) router: Router,
    pub(super) limits: Limits,
    pub(super) stop: watch::Receiver<Stop>,
    pub(super) traffic: Arc<Traffic>,
}

/// Who is at the other end of a connection, and what he may hold.
#[derive(Clone)]
struct Caller {
    peer: Peer,
    certificate: Option<Certificate>,
    limits: Limits,
    /// Free again once the connection and every request that has begun on it have ended.
    seat: Arc<Seat>,
    /// How many more requests of his may be at work.
    places: Arc<Semaphore>,
}

impl Caller {
    fn new(peer: Peer, limits: Limits, seat: &Arc<Seat>) -> Self {
        let places = Arc::new(Semaphore::new(STREAMS_MAX as usize));
        Self { peer, certificate: None, limits, seat: Arc::clone(seat), places }
    }
}

impl Host {
    /// Receives a connection, until it ends or its seat is needed.
    pub(super) async fn receive(self: Arc<Self>, arrival: Arrival, seat: Seat) {
        let seat = Arc::new(seat);
        let served = async {
            match arrival {
                Arrival::Network { stream, from, tls } => {
                    self.network(stream, from, &seat, &tls).await;
                }
                Arrival::Local { stream } => self.local(stream, &seat).await,
            }
        };
        tokio::select! {
            () = served => {}
            () = seat.is_needed() => self.traffic.cut(Cut::MadeRoom),
        }
    }

    async fn network(self: &Arc<Self>, stream: TcpStream, from: SocketAddr, seat: &Arc<Seat>, tls: &Tls) {
        // Answers are small and waited for.
        let _ = stream.set_nodelay(true);
        let mut stop = self.stop.clone();
        let handshaking = self.traffic.at(Stage::Handshaking);
        let greeting = timeout(self.limits.handshake, greet(stream, tls));
        let greeted = tokio::select! {
            greeted = greeting => greeted,
            // Who has not even finished the handshake has asked for nothing yet.
            _ = stop.wait_for(|told| *told != Stop::Not) => return,
        };
        drop(handshaking);
        let Ok(Some(stream)) = greeted else { return self.traffic.cut(Cut::Handshake) };
        seat.pulse().touch();
        let peer = Peer::Network { from, spoken: tls::spoken(&stream) };
        let Ok(certificate) = tls.shown(&stream) else { return self.traffic.cut(Cut::Handshake) };
        self.drive(stream, &Caller { certificate, ..Caller::new(peer, self.limits, seat) }).await;
    }

    async fn local(self: &Arc<Self>, stream: UnixStream, seat: &Arc<Seat>) {
        // The mode of the socket lets in nobody but its owner; the system says who it was all the same.
        let Ok(who) = stream.peer_cred() else { return };
        let own = rustix::process::geteuid();
        if who.uid() != own.as_raw() && who.uid() != 0 {
            return self.traffic.cut(Cut::OtherUser);
        }
        let peer = Peer::Local { uid: who.uid(), process: who.pid() };
        self.drive(stream, &Caller::new(peer, self.limits.for_this_machine(), seat)).await;
    }

    /// Serves requests until the other end closes, is silent for too long, or the listener stops.
    async fn drive<S>(self: &Arc<Self>, stream: S, caller: &Caller)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let _standing = self.traffic.at(Stage::Standing);
        let (builder, pulse, limits) = (builder(), caller.seat.pulse(), &caller.limits);
        let service = hyper::service::service_fn(|request| {
            Arc::clone(self).answer(request, caller.clone(), pulse.begin())
        });
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut stop = self.stop.clone();
        let mut is_closing = false;
        loop {
            // What a connection is at changes between two looks, and with it how long it may take.
            let next = Instant::now() + if is_closing { CLOSING_LOOK } else { limits.shortest() };
            let look = match pulse.deadline(limits) {
                Some(at) if !is_closing => at.min(next),
                _ => next,
            };
            tokio::select! {
                _ = &mut connection => return,
                _ = stop.wait_for(|told| *told != Stop::Not), if !is_closing => {
                    connection.as_mut().graceful_shutdown();
                    is_closing = true;
                }
                () = sleep_until(look) => match pulse.is_late(limits) {
                    // Asked to close, it has not: what is under way is waited for, and else its last bytes.
                    late if is_closing => {
                        if late || pulse.is_idle_for(LAST_BYTES) {
                            return;
                        }
                    }
                    true => {
                        self.traffic.cut(Cut::Late);
                        connection.as_mut().graceful_shutdown();
                        is_closing = true;
                    }
                    false => {}
                },
            }
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        caller: Caller,
        flight: Flight,
    ) -> Result<Response<Leaving>, Infallible> {
        let is_asked_first = request.headers().contains_key(EXPECT);
        let lingers = request.version() <= Version::HTTP_11;
        let mut request = request.map(|body| {
            let remains = Remains::new(body, lingers.then(|| Arc::clone(&caller.seat)), is_asked_first);
            Body::new(Patient::new(remains, &caller.limits))
        });
        request.extensions_mut().insert(caller.peer);
        if let Some(certificate) = caller.certificate.clone() {
            request.extensions_mut().insert(certificate);
        }
        // Whoever takes back what he has just asked, again and again, waits for what he has left behind.
        let place = Arc::clone(&caller.places).acquire_owned().await;
        // A task of its own: what has begun is ended, and what goes wrong in it is told to the ledger, also when its
        // caller has hung up meanwhile.
        let work = async move {
            let _working = self.traffic.at(Stage::Working);
            let answered = self.router.clone().oneshot(request).await;
            drop((place, caller));
            answered
        };
        let answered = tokio::spawn(work).await;
        let response = answered.unwrap_or_else(|_| Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()));
        response.map(|response| response.map(|body| Leaving::new(body, flight)))
    }
}

/// The handshake; or, for whoever speaks something else, the hint.
async fn greet(stream: TcpStream, tls: &Tls) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let mut first = [0; 1];
    let peeked = stream.peek(&mut first).await;
    match (peeked, first) {
        (Ok(1), [hint::HANDSHAKE]) => tls.accept(stream).await.ok(),
        (Ok(1), _) => {
            // Who does not wait for the answer does not get it.
            let _ = hint::answer(stream).await;
            None
        }
        _ => None,
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Ours, since that of the library would end connections that are merely idle.
        .header_read_timeout(None)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADER_LINES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEADER_BYTES_MAX as u32)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_send_buf_size(ANSWER_BYTES_WAITING_MAX);
    builder
}
