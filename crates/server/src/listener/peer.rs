//! Who is at the other end of a connection.

use std::net::SocketAddr;

/// The other end of a request's connection, in its extensions. It says where a request came from, never who asks: that
/// is what credentials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Somebody on the network.
    Network(SocketAddr),
    /// A process of this machine, by the Unix socket.
    Local {
        /// The user that it runs as.
        uid: u32,
        /// Its number, where the system tells it.
        process: Option<i32>,
    },
}
