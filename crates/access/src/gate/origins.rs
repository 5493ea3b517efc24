//! Where requests come from, written down once and named by every event that follows.
//!
//! A caller asks thousands of times from one place. So the place is sealed and kept once a month, before the first event
//! that names it, and every later one costs a look into a map.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bailee_core::{Commitment, Month, Timestamp};
use bailee_crypto::detail;
use bailee_ledger::authorized::{Authorized, ReadLedger};
use bailee_ledger::event::Event;
use bailee_store::act::{Act, Change, DetailRow};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::Value;

use super::Gate;
use crate::error::AccessError;
use crate::origin::Origin;

/// Most origins that are remembered: more than callers have at one time. Beyond it all are forgotten, and found again.
const KNOWN_MAX: usize = 4096;

/// Origins that are kept already, with the month in which they are.
#[derive(Default)]
pub(super) struct Origins(RwLock<HashMap<Origin, (Month, Commitment)>>);

impl Origins {
    fn find(&self, origin: &Origin, month: Month) -> Option<Commitment> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(origin).filter(|(of, _)| *of == month).map(|(_, commitment)| *commitment)
    }

    fn keep(&self, origin: Origin, month: Month, commitment: Commitment) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(origin, (month, commitment));
    }
}

/// Where the request of an event came from.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Opened {
    /// It is known, and is what the event committed to.
    Sound {
        /// The detail, as it was written.
        detail: Value,
        /// The salt of its commitment, in hexadecimal digits.
        salt: String,
    },
    /// Its month's key has ended with the ledger's time.
    Ended,
    /// It is missing, or not what the event committed to.
    Damaged,
}

impl Gate {
    /// Writes down where a request comes from, unless it is known; what the request's events name it by. When it returns
    /// the detail is durable. None while the keyring is older than the home: nothing is sealed by that, and its events say
    /// nothing of where they came from.
    ///
    /// # Errors
    /// When it cannot be written: the request goes no further, since its events would not say where it came from.
    pub fn origin(&self, origin: &Origin, now: Timestamp) -> Result<Option<Commitment>, AccessError> {
        let month = Month::of(now);
        if self.sealer.keyring.behind().is_some() {
            return Ok(None);
        }
        if let Some(known) = self.origins.find(origin, month) {
            return Ok(Some(known));
        }
        let (keyring, entropy, text) = (&self.sealer.keyring, &*self.sealer.entropy, origin.text());
        let key = keyring.ensure_detail(month, entropy)?;
        let commitment = detail::commit(&key, keyring.binding(), &text);
        if self.store.detail(month, commitment)?.is_none() {
            let sealed = detail::seal(&key, keyring.binding(), commitment, &text, entropy)?;
            let row = DetailRow { month, commitment, sealed };
            let changes = vec![Change::SetAnchor(keyring.anchor()), Change::PutDetail(row)];
            self.store.commit(Act { name: "keep-detail", changes, events: Vec::new() })?;
        }
        self.origins.keep(*origin, month, commitment);
        Ok(Some(commitment))
    }

    /// Where the request of an event came from; none of what the system did by itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn origin_of(
        &self,
        _read: &Authorized<ReadLedger>,
        event: &Event,
    ) -> Result<Option<Opened>, AccessError> {
        let Some(commitment) = event.detail else { return Ok(None) };
        let month = Month::of(event.at);
        let Some(key) = self.sealer.keyring.detail(month) else { return Ok(Some(Opened::Ended)) };
        let Some(sealed) = self.store.detail(month, commitment)? else { return Ok(Some(Opened::Damaged)) };
        let opened = detail::open(&key, self.sealer.keyring.binding(), commitment, &sealed);
        let sound = opened.ok().and_then(|opened| {
            let detail = serde_json::from_slice(opened.text.expose()).ok()?;
            Some(Opened::Sound { detail, salt: HEXLOWER.encode(&opened.salt) })
        });
        Ok(Some(sound.unwrap_or(Opened::Damaged)))
    }
}
