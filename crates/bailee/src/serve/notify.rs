//! What the service manager is told: that the server is ready, that it stops, that it lives (`sd_notify(3)`).
//!
//! One datagram each to the socket that it named. Without one, nothing is told.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use crate::home::Home;

const SOCKET_VARIABLE: &str = "NOTIFY_SOCKET";
const WATCHDOG_VARIABLE: &str = "WATCHDOG_USEC";
const WATCHDOG_PROCESS_VARIABLE: &str = "WATCHDOG_PID";

/// Tells it; nobody is there to be told that it could not be.
pub(super) fn send(state: &str) {
    let told = || -> std::io::Result<()> {
        let Some(name) = std::env::var_os(SOCKET_VARIABLE) else { return Ok(()) };
        let address = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(&name)?,
        };
        UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
    };
    if told().is_err() {
        tracing::warn!("the service manager could not be told how the server stands");
    }
}

/// Tells it twice in each of its intervals that the server lives: that it answers, and that its store does. Ends where
/// nobody watches.
pub(super) async fn watchdog(home: Arc<Home>) {
    let Some(interval) = interval() else { return };
    loop {
        let asked = Arc::clone(&home);
        // Whether it can be read is not the question, only whether there is an answer.
        drop(tokio::task::spawn_blocking(move || asked.newest_checkpoint().is_ok()).await);
        send("WATCHDOG=1");
        tokio::time::sleep(interval / 2).await;
    }
}

fn interval() -> Option<Duration> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    if number(WATCHDOG_PROCESS_VARIABLE).is_some_and(|process| process != u64::from(std::process::id())) {
        return None;
    }
    number(WATCHDOG_VARIABLE).filter(|micros| *micros > 0).map(Duration::from_micros)
}
