//! What a caller may hold, and for how long.

use std::time::Duration;

/// The limits of a listener. The default suits a machine that serves some hundred applications.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at one time, over all doors.
    pub connections_max: usize,
    /// Most connections at one time from one address; of IPv6, from one /64, which one customer has to himself.
    pub connections_per_address_max: usize,
    /// From the connection to the end of the TLS handshake.
    pub handshake: Duration,
    /// From the handshake to the end of the first request's header.
    pub header: Duration,
    /// How long a body may keep us waiting in all, while it brings less than
    /// [`body_bytes_per_second_min`](Self::body_bytes_per_second_min); also how long a caller may leave an answer lying.
    /// A caller on this machine is not hurried.
    pub body: Duration,
    /// What a body must bring to be waited for.
    pub body_bytes_per_second_min: u32,
    /// How long a connection without a request is kept, since its last answer.
    pub idle: Duration,
    /// How long requests under way may go on, once the listener was told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_address_max: 256,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            body: Duration::from_secs(30),
            body_bytes_per_second_min: 512,
            idle: Duration::from_secs(60),
            drain: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// Those of a caller on this machine, who is its owner: an input may be made as slowly as he likes, and an answer read.
    pub(super) fn for_this_machine(self) -> Self {
        Self { body: A_DAY, ..self }
    }

    /// The shortest time that a connection may be silent.
    pub(super) fn shortest(&self) -> Duration {
        self.header.min(self.body).min(self.idle)
    }
}

/// For ever, for a request.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Most bytes of a request's header, its line included: ours take some hundred.
pub(super) const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Most lines of a request's header.
pub(super) const HEADER_LINES_MAX: usize = 64;
/// Most requests at one time on a connection of HTTP/2.
pub(super) const STREAMS_MAX: u32 = 64;
/// Bytes of a body that may be on their way on a connection of HTTP/2 before they are taken: enough to keep a collect
/// busy over a long distance, small enough for thousands of connections.
pub(super) const WINDOW_BYTES: u32 = 512 * 1024;
/// Bytes of an answer that wait on a connection for its caller to take them.
pub(super) const ANSWER_BYTES_WAITING_MAX: usize = 256 * 1024;
/// How often a connection that shall close is looked at.
pub(super) const CLOSING_LOOK: Duration = Duration::from_millis(250);
/// How long it may take for its last bytes once nothing is asked any more.
pub(super) const LAST_BYTES: Duration = Duration::from_secs(3);
