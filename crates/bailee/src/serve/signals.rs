//! Signals to a server: SIGTERM and SIGINT end it, the second at once; SIGHUP has it read its certificate again.

use bailee_server::listener::Stop;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{Failure, Result};

/// Signals, heard from the moment that this is made.
pub(super) struct Signals {
    pub(super) stop: StopSignals,
    pub(super) reload: Signal,
}

/// Those that end a server.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(|_| Failure::failed("signals cannot be listened for"));
        let stop = StopSignals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        };
        Ok(Self { stop, reload: listen(SignalKind::hangup())? })
    }
}

impl StopSignals {
    /// Tells the listener what it has been told, once for each of the first two signals.
    pub(super) async fn tell(mut self, stop: watch::Sender<Stop>) {
        for told in [Stop::Gently, Stop::Now] {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            stop.send_replace(told);
        }
        // Who drops the sender has told all there is; the listener goes on by what it was told last.
        std::future::pending::<()>().await;
    }
}
