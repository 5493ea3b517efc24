//! Who is at the other end of a connection.

use std::net::SocketAddr;

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
