//! The listener: from a connection to a request, with a limit on everything that a stranger can hold or delay.
//!
//! Own accept loops, one per [`Door`]: a TCP port behind TLS 1.2 or 1.3, or a Unix socket. A connection takes a seat
//! (`census`), shows what it is (`connection`), and lives as long as it makes progress (`pulse`, `body`). No connection
//! waits for another: each is a task of its own, and where there is no room the one that is idle longest goes.
//!
//! It knows nothing of homes. It takes a router, and puts the caller's [`Peer`] into each request's extensions.
//!
//! Nothing is answered in plaintext on a port but where to ask instead (1.5.a).

mod body;
mod census;
mod clients;
mod connection;
mod hint;
mod limits;
mod peer;
mod pulse;
mod remains;
mod tls;
mod traffic;
mod unix;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use clients::{AUTHORITIES_MAX, AuthoritiesError, Clients};
pub use limits::Limits;
pub use peer::{Certificate, Peer, Spoken};
pub use tls::{Identity, IdentityError, Minimum, PublicKeyPin, Tls};
pub use traffic::Traffic;
pub use unix::{SocketError, SocketFile, connect, connect_now};

pub(crate) use census::Address;
use census::Census;
use connection::Host;
use traffic::Cut;

/// How long an accept loop rests when the system gives it no connection, such as when no file descriptor is left.
const REST: Duration = Duration::from_millis(50);

/// A place at which requests arrive.
#[derive(Debug)]
pub enum Door {
    /// A port, with TLS.
    Network {
        /// Where connections arrive.
        port: TcpListener,
        /// What they are spoken to with.
        tls: Tls,
    },
    /// A Unix socket, without TLS: who may open it, the file system says.
    Local(UnixListener),
}

/// What a listener has been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// To go on.
    #[default]
    Not,
    /// To take nobody in any more, and to let requests under way end within [`Limits::drain`].
    Gently,
    /// To end now.
    Now,
}

/// How a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were cut off, since they did not end in their time.
    pub cut: usize,
}

/// Serves a router at these doors until it is told to stop.
pub async fn serve(doors: Vec<Door>, router: Router, limits: Limits, stop: watch::Receiver<Stop>) -> Ended {
    serve_counted(doors, router, limits, stop, Arc::default()).await
}

/// The same, with its connections counted.
pub async fn serve_counted(
    doors: Vec<Door>,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<Stop>,
    traffic: Arc<Traffic>,
) -> Ended {
    let census = Arc::new(Census::new(limits.connections_max, limits.connections_per_address_max));
    let mut connections = JoinSet::new();
    let mut loops = JoinSet::new();
    let (arrive, mut arrived) = tokio::sync::mpsc::channel(1);
    for door in doors {
        loops.spawn(accept(door, arrive.clone()));
    }
    drop(arrive);
    let host = Arc::new(Host { router, limits, stop: stop.clone(), traffic });
    loop {
        tokio::select! {
            told = stop.wait_for(|told| *told != Stop::Not) => {
                drop(told);
                break;
            }
            Some(arrival) = arrived.recv() => {
                host.traffic.arrive();
                let Some(seat) = census.seat(arrival.address()) else {
                    host.traffic.cut(Cut::NoRoom);
                    continue;
                };
                connections.spawn(Arc::clone(&host).receive(arrival, seat));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    // The ports are closed from here on; who has arrived and was not received is closed with them.
    loops.shutdown().await;
    drop(arrived);
    end(connections, limits.drain, stop).await
}

/// Waits for the connections to end, as long as they may.
async fn end(mut connections: JoinSet<()>, drain: Duration, mut stop: watch::Receiver<Stop>) -> Ended {
    let ending = async { while connections.join_next().await.is_some() {} };
    let told_again = async {
        if stop.wait_for(|told| *told == Stop::Now).await.is_err() {
            // Nobody is left to tell.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = ending => {}
        () = tokio::time::sleep(drain) => {}
        () = told_again => {}
    }
    let cut = connections.len();
    connections.shutdown().await;
    Ended { cut }
}

/// A connection that has just arrived.
enum Arrival {
    Network { stream: TcpStream, from: SocketAddr, tls: Tls },
    Local { stream: UnixStream },
}

impl Arrival {
    fn address(&self) -> Address {
        match self {
            Self::Network { from, .. } => Address::of(from.ip()),
            Self::Local { .. } => Address::Local,
        }
    }
}

/// Accepts at one door, and hands on what arrives. Ends when nobody receives any more.
async fn accept(door: Door, arrive: tokio::sync::mpsc::Sender<Arrival>) {
    loop {
        let arrival = match &door {
            Door::Network { port, tls } => {
                port.accept().await.map(|(stream, from)| Arrival::Network { stream, from, tls: tls.clone() })
            }
            Door::Local(socket) => socket.accept().await.map(|(stream, _)| Arrival::Local { stream }),
        };
        match arrival {
            Ok(arrival) => {
                if arrive.send(arrival).await.is_err() {
                    return;
                }
            }
            // Who gave up before being accepted costs nothing; where descriptors are short, time mends it.
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}
