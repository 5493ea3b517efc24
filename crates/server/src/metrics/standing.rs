//! How the home stands at the moment: what it holds, how far the ledger is, whether the keyring is whole. Counts alone.

use std::collections::BTreeMap;

use bailee_core::Timestamp;
use bailee_core::retention::{Phase, phase};
use bailee_ledger::log::Source;
use bailee_ledger::note::open_checkpoint;
use bailee_store::act::BucketState;
use bailee_store::records::Store;
use bailee_vault::Vault;
use bailee_vault::keys::KeyringState;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

/// Numbers of one moment.
#[derive(Default)]
pub(crate) struct Standing {
    buckets: BTreeMap<&'static str, u64>,
    parts: u64,
    quarantined: u64,
    ledger: Option<u64>,
    keyring: Option<KeyringState>,
}

impl Standing {
    /// Looks. What cannot be read is left out: that is for `/readyz` to say.
    pub(crate) fn of(store: &dyn Store, vault: &Vault, now: Timestamp) -> Self {
        let mut standing = Self { keyring: Some(vault.keyring_state()), ..Self::default() };
        let key = store.verifier_key();
        let checkpoint = Source::checkpoint(store).ok().and_then(|note| open_checkpoint(&note, &key).ok());
        standing.ledger = checkpoint.map(|checkpoint| checkpoint.size);
        for summary in store.buckets().unwrap_or_default() {
            let state = match (summary.state, phase(summary.bucket.day, now)) {
                (BucketState::Destroyed, _) => continue,
                (BucketState::Destroying, _) => "destroying",
                (BucketState::Open, Phase::Open) => "live",
                (BucketState::Open, Phase::Closing) => "closing",
                (BucketState::Open, Phase::Late | Phase::Past) => "late",
            };
            *standing.buckets.entry(state).or_default() += 1;
            standing.parts += summary.parts;
            standing.quarantined += summary.quarantined;
        }
        standing
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let buckets = Family::<[(&'static str, &'static str); 1], Gauge>::default();
        for state in ["live", "closing", "late", "destroying"] {
            let count = self.buckets.get(state).copied().unwrap_or_default();
            buckets.get_or_create(&[("state", state)]).set(whole(count));
        }
        registry.register("buckets", "Buckets of personal data, by how they stand", buckets);
        registry.register("parts", "Sealed parts that are held", ConstGauge::new(whole(self.parts)));
        let help = "Documents in quarantine";
        registry.register("quarantined", help, ConstGauge::new(whole(self.quarantined)));
        if let Some(size) = self.ledger {
            registry.register("ledger_entries", "Entries of the ledger", ConstGauge::new(whole(size)));
        }
        if let Some(keyring) = &self.keyring {
            let help = "Revision of the keyring";
            registry.register("keyring_revision", help, ConstGauge::new(whole(keyring.revision)));
            let mirrors = Family::<[(&'static str, &'static str); 1], Gauge>::default();
            for state in ["current", "behind", "empty", "damaged", "unreachable"] {
                let count = keyring.mirrors.iter().filter(|of| **of == state).count();
                mirrors.get_or_create(&[("state", state)]).set(whole(count as u64));
            }
            registry.register("keyring_mirrors", "Mirrors of the keyring, by how they stand", mirrors);
        }
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
