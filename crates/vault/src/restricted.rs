//! Restrictions that wait for their records: a restriction is a fact of a record, and where the facts are lost with a keyring, or the
//! record with a store, what was asked for holds all the same once it is collected again (2.2.d; GDPR article 18).
//!
//! They lie in a register under the lasting keyring, by the keyed hash of the reference: no reference is kept. Each goes with the
//! month of its record's facts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use bailee_core::retention::facts_end;
use bailee_core::{Kind, Month, SellerId, Timestamp};
use bailee_ledger::event::{Event, NamedRecord, What};
use bailee_ledger::log::Source;
use bailee_store::act::{Change, RecordRow, RecordState};
use bailee_store::records::{Registers, Store};
use serde::{Deserialize, Serialize};

use crate::{Vault, VaultError};

pub(crate) const REGISTER: &str = "restriction";

/// What names a record where nothing is held of it: whose it is, of what kind, and the keyed hash of its reference.
pub(crate) type Name = (SellerId, u8, [u8; 16]);

/// Since when each is restricted.
pub(crate) type Waiting = BTreeMap<Name, Timestamp>;

/// A restriction, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restriction {
    pub(crate) seller: SellerId,
    pub(crate) record: NamedRecord,
    pub(crate) since: Timestamp,
}

impl Restriction {
    fn name(&self) -> Name {
        name_of(&self.seller, self.record.kind, self.record.reference.0)
    }
}

pub(crate) fn name_of(seller: &SellerId, kind: Kind, reference: [u8; 16]) -> Name {
    (seller.clone(), kind as u8, reference)
}

impl Vault {
    /// Whether a record's facts are lost, so that nothing of it is known but that it was there. They may have ended as well: with
    /// their month (R18), or with their seller (R17).
    pub(crate) fn has_lost_facts(&self, seller: &SellerId, row: &RecordRow, now: Timestamp) -> bool {
        let is_over = now >= facts_end(row.facts_month) || self.has_ended(seller);
        row.state == RecordState::Live && row.facts.is_empty() && !is_over
    }

    /// Reads which restrictions wait.
    pub(crate) fn know_waiting(&self) -> Result<(), VaultError> {
        let kept = self.entries_of::<Restriction>(REGISTER, "a restriction")?;
        let waiting = kept.into_iter().map(|(_, one)| (one.name(), one.since)).collect();
        *self.waiting.write().unwrap_or_else(PoisonError::into_inner) = waiting;
        Ok(())
    }

    /// Since when a record of which no facts are held is restricted, if it is.
    pub(crate) fn waiting_since(
        &self,
        seller: &SellerId,
        kind: Kind,
        reference: [u8; 16],
    ) -> Option<Timestamp> {
        let waiting = self.waiting.read().unwrap_or_else(PoisonError::into_inner);
        waiting.get(&name_of(seller, kind, reference)).copied()
    }

    /// What has a restriction wait; nothing, where it does.
    pub(crate) fn have_wait(&self, restriction: &Restriction) -> Result<Option<Change>, VaultError> {
        let id = restriction.record.record;
        match Registers::entry(&*self.base.store, REGISTER, id)? {
            Some(_) => Ok(None),
            None => self.entry_change(REGISTER, id, 1, restriction).map(Some),
        }
    }

    /// What ends a restriction that waits; nothing, where none does.
    pub(crate) fn end_waiting(&self, record: &NamedRecord) -> Result<Option<Change>, VaultError> {
        let row = Registers::entry(&*self.base.store, REGISTER, record.record)?;
        Ok(row.map(|row| Change::DeleteRegister { register: row.register, id: row.id, version: row.version }))
    }

    /// What takes the restrictions of months of facts away that end.
    pub(crate) fn sweep_waiting(&self, months: &[(SellerId, Month)]) -> Result<Vec<Change>, VaultError> {
        let mut changes = Vec::new();
        if months.is_empty() {
            return Ok(changes);
        }
        for (_, one) in self.entries_of::<Restriction>(REGISTER, "a restriction")? {
            if months.contains(&(one.seller.clone(), one.record.month)) {
                changes.extend(self.end_waiting(&one.record)?);
            }
        }
        Ok(changes)
    }

    /// What has the restrictions of records wait whose facts are lost with these months, as the home's own ledger tells of them;
    /// and how many those are.
    pub(crate) fn wait_for_lost(
        &self,
        told: &Told,
        months: &[(SellerId, Month)],
    ) -> Result<(Vec<Change>, u64), VaultError> {
        let (mut changes, mut count) = (Vec::new(), 0);
        for restriction in told.restricted.values() {
            let Restriction { seller, record, .. } = restriction;
            if !months.contains(&(seller.clone(), record.month)) {
                continue;
            }
            let row = self.base.store.record(self.seller_no(seller)?, record.kind, &record.reference.0)?;
            // What is gone stays gone, whatever comes.
            if row.is_some_and(|row| row.state == RecordState::Live) {
                changes.extend(self.have_wait(restriction)?);
                count += 1;
            }
        }
        Ok((changes, count))
    }
}

/// What a home's own ledger tells of what people asked for.
#[derive(Default)]
pub(crate) struct Told {
    /// What is restricted, by the last that was said of it.
    restricted: BTreeMap<Name, Restriction>,
    /// Requests that are open.
    pub(crate) open: BTreeSet<bailee_core::RecordId>,
}

impl Told {
    /// Reads it. What is older than the ledger is kept tells of nothing that is held.
    pub(crate) fn read(store: &dyn Store) -> Result<Self, VaultError> {
        let damaged = || VaultError::Damaged("the ledger");
        let checkpoint = Source::checkpoint(store).map_err(|_| damaged())?;
        let size = checkpoint.lines().nth(1).and_then(|size| size.parse().ok()).ok_or_else(damaged)?;
        let mut told = Self::default();
        for index in 0..size {
            let Some(bytes) = Source::entry(store, index).map_err(|_| damaged())? else { continue };
            told.hear(Event::parse(&bytes).map_err(|_| damaged())?);
        }
        Ok(told)
    }

    fn hear(&mut self, Event { at, what, .. }: Event) {
        match what {
            What::Restricted(event) => {
                for record in event.records {
                    let restriction = Restriction { seller: event.seller.clone(), record, since: at };
                    match event.lifted {
                        true => drop(self.restricted.remove(&restriction.name())),
                        false => drop(self.restricted.insert(restriction.name(), restriction)),
                    }
                }
            }
            What::SubjectRequest(request) => match request.step.as_str() {
                "carried-out" | "refused" | "withdrawn" => drop(self.open.remove(&request.asked)),
                "received" => drop(self.open.insert(request.asked)),
                _ => {}
            },
            _ => {}
        }
    }
}
