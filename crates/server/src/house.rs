//! The house that requests come into: the server with what it remembers between them.

use std::sync::Arc;
use std::time::Duration;

use bailee_access::Gate;
use bailee_core::{RequestId, Timestamp};
use bailee_store::records::Store;
use bailee_vault::Vault;
use bailee_vault::backup::Backups;
use bailee_watch::Outcome;

use crate::Server;
use crate::edge::Call;
use crate::fault::{Fault, Faults};
use crate::health::{LastLook, Probe};
use crate::mapping::Mappings;
use crate::metrics::Metrics;
use crate::papers::Papers;
use crate::problem::Problem;
use crate::rates::Limiter;

/// The server with what it remembers between requests.
pub(crate) struct House {
    server: Server,
    limiter: Limiter,
    faults: Arc<Faults>,
    last_look: LastLook,
}

impl House {
    pub(crate) fn new(server: Server, faults: Arc<Faults>) -> Self {
        Self { limiter: Limiter::new(&server.rates), server, faults, last_look: LastLook::default() }
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.server.gate
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.server.vault
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.server.store
    }

    pub(crate) fn backups(&self) -> &Backups {
        &self.server.backups
    }

    pub(crate) fn mappings(&self) -> &Mappings {
        &self.server.mappings
    }

    pub(crate) fn papers(&self) -> &Papers {
        &self.server.papers
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.server.metrics
    }

    pub(crate) fn probes(&self) -> &[Probe] {
        &self.server.probes
    }

    /// Parts of the wiring's that want mending while work goes on.
    pub(crate) fn lesser_probes(&self) -> &[Probe] {
        &self.server.lesser_probes
    }

    pub(crate) fn last_look(&self) -> &LastLook {
        &self.last_look
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.server.clock.now()
    }

    /// The machine's time, whatever a test home was given.
    pub(crate) fn machine_now(&self) -> Timestamp {
        self.server.clock.machine_now()
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Hands the notices that wait to the mail server, as long as that time lasts.
    pub(crate) fn deliver(&self, limit: Duration) -> Result<Vec<Outcome>, Problem> {
        let Server { post, gate, clock, entropy, .. } = &self.server;
        Ok(post.deliver(gate, &**clock, &**entropy, limit)?)
    }

    /// Whether something that went wrong may still wait for the ledger: a look without waiting.
    pub(crate) fn has_untold(&self) -> bool {
        self.faults.are_waiting()
    }

    /// Whether the ledger has taken everything that went wrong.
    pub(crate) fn has_told_all(&self) -> bool {
        self.faults.waiting().is_empty()
    }

    /// Writes what went wrong into the ledger, now or as soon as it can be written.
    pub(crate) fn report(&self, stamp: Stamp, fault: Fault) {
        self.faults.report(self.store(), fault.event(stamp.request, stamp.now));
    }

    /// Writes what still waits for the ledger.
    pub(crate) fn flush(&self) {
        self.faults.flush(self.store());
    }

    /// A request begins.
    pub(crate) fn stamp(&self) -> Stamp {
        let now = self.now();
        Stamp { request: RequestId::new(now, &*self.server.entropy), now }
    }
}

/// What the house has for a request besides its data.
impl Call {
    pub(crate) fn mappings(&self) -> &Mappings {
        self.house().mappings()
    }

    pub(crate) fn backups(&self) -> &Backups {
        self.house().backups()
    }

    pub(crate) fn papers(&self) -> &Papers {
        self.house().papers()
    }
}

/// The id and the time of one request.
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) request: RequestId,
    pub(crate) now: Timestamp,
}
