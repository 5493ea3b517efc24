//! Who is at the other end of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use bailee_access::certificate::Shown;

/// What a connection has agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The version of TLS: `"1.2"` or `"1.3"`.
    pub version: &'static str,
    /// The suite, by the name of its registry.
    pub suite: &'static str,
}

/// The other end of a request's connection, in its extensions. It says where a request came from, never who asks: that
/// is what credentials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Somebody on the network.
    Network {
        /// Where the connection came from.
        from: SocketAddr,
        /// What is spoken on it.
        spoken: Spoken,
    },
    /// A process of this machine, by the Unix socket.
    Local {
        /// The user that it runs as.
        uid: u32,
        /// Its number, where the system tells it.
        process: Option<i32>,
    },
}

/// The certificate that the other end of a request's connection has shown, in its extensions. Only the listener makes one,
/// once the handshake has proved that the certificate verifies and that whoever shows it has its key.
#[derive(Clone)]
pub struct Certificate(pub(super) Arc<Shown>);

impl Certificate {
    pub(crate) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.0)
    }
}
