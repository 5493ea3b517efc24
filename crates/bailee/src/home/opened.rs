//! Keys and store of a home, opened together: each is held against the other, and the ledger against what left the home, before
//! anything is added.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailee_core::Clock;
use bailee_core::{Entropy, Timestamp};
use bailee_crypto::keyring::{Keyring, Repair, Unanchored};
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Source;
use bailee_ledger::note::{Signer, open_checkpoint};
use bailee_server::Metrics;
use bailee_store::act::{Act, Change};
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_vault::believed::believed_last;

use super::clock::{HomeClock, Reached};
use super::config::Config;
use super::{META_NOW, STORE, by_system, rolled_back, unreadable};
use crate::failure::{Failure, Result};

/// A home's time, and what it was before it was given another.
pub(super) struct Times {
    pub(super) before: Timestamp,
    pub(super) clock: HomeClock,
}

/// Keys and store, before there is a time.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) keyring: Keyring,
    pub(super) repairs: Vec<Repair>,
    pub(super) metrics: Arc<Metrics>,
}

impl Opened {
    pub(super) fn open(
        root: &Path,
        config: &Config,
        provider: KeyFile,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self> {
        let binding = Binding { home: config.id, environment: config.environment };
        let mirrors: Vec<PathBuf> = config.mirrors.iter().map(|mirror| root.join(mirror)).collect();
        // The store's anchor is read under the ledger's key, which the keyring holds.
        let unanchored = Unanchored::look(Box::new(provider), binding, &mirrors).map_err(Failure::failed)?;
        let seed = unanchored.lasting().ledger_seed();
        let signer = Signer::of_origin(config.id, config.environment, seed, &super::origin(root));
        let metrics = Arc::new(Metrics::new());
        let observer = Arc::<Metrics>::clone(&metrics);
        let signer = signer.map_err(Failure::failed)?;
        let store = Sqlite::open_observed(&root.join(STORE), signer, Arc::clone(entropy), observer);
        let store: Arc<dyn Store> = Arc::new(store.map_err(Failure::failed)?);
        // Before anything is added to it: a ledger that was rolled back must never grow into a second tree.
        super::anchors(root, config, &*store)?.check(&*store).map_err(rolled_back)?;
        let anchor = store.anchor().map_err(Failure::failed)?;
        // One that is older gives its lasting half: enough to decide about it, and for nothing else.
        let (keyring, repairs) = unanchored.open_also_behind(anchor).map_err(Failure::failed)?;
        Ok(Self { store, keyring, repairs, metrics })
    }

    /// The clock; remembers a new time of a test home. A system clock that is behind the home's is an event.
    pub(super) fn set_time(
        &self,
        config: &Config,
        entropy: &dyn Entropy,
        asked: Option<Timestamp>,
    ) -> Result<Times> {
        let remembered = self.store.meta(META_NOW).map_err(Failure::failed)?;
        let remembered = remembered.map(|text| text.parse::<Timestamp>()).transpose();
        let remembered =
            remembered.map_err(|_| Failure::failed("the home's time is damaged in its store"))?;
        let believed = believed_last(&*self.store).map_err(Failure::failed)?;
        let reached = Reached { given: remembered, last_event: last_event(&*self.store)?, believed };
        let clock = HomeClock::new(config.environment, &reached, asked)?;
        let (now, behind) = (clock.now(), clock.system_is_behind());
        let before = match asked {
            Some(_) => HomeClock::new(config.environment, &reached, None)?.now(),
            None => now,
        };
        let (changes, what) = if asked.is_some() && asked != remembered {
            (vec![Change::SetMeta { name: META_NOW.to_owned(), value: now.to_string() }], What::TimeSet {})
        } else if behind {
            (vec![], What::SystemError { component: "clock".to_owned(), code: "behind".to_owned() })
        } else {
            return Ok(Times { before, clock });
        };
        let act = Act { name: "time", changes, events: vec![by_system(entropy, now, what)] };
        self.store.commit(act).map_err(Failure::failed)?;
        Ok(Times { before, clock })
    }
}

/// When the last event happened.
pub(super) fn last_event(store: &dyn Store) -> Result<Option<Timestamp>> {
    let note = Source::checkpoint(store).map_err(|_| unreadable())?;
    let size = open_checkpoint(&note, &store.verifier_key()).map_err(|_| unreadable())?.size;
    let Some(last) = size.checked_sub(1) else { return Ok(None) };
    let entry = Source::entry(store, last).map_err(|_| unreadable())?.ok_or_else(unreadable)?;
    Event::parse(&entry).map(|event| Some(event.at)).map_err(|_| unreadable())
}
