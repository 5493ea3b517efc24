//! What was archived under a hold, at which version: so that what did not change since is not archived once more.
//!
//! A part's version counts its sealings, and every change of a value is one. So is a move to another day, which archives a record
//! once more than it had to: better than to open every part to see whether it changed. An entry goes when all of what it tells of
//! has ended, so that there are never more than a few weeks of them.

use std::collections::HashMap;

use bailee_core::retention::{Phase, phase};
use bailee_core::{Day, PartNo, RecordId, SellerId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_store::act::{Act, Change};
use bailee_store::records::Registers;
use serde::{Deserialize, Serialize};

use super::SEEN;
use crate::archive::ArchiveError;
use crate::reveal::Held;
use crate::{Vault, VaultError};

/// The parts that an archive was opened from.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The last day on which any of them ends.
    last: Option<Day>,
    /// Record, part and version.
    parts: Vec<(RecordId, PartNo, u32)>,
}

impl Places {
    /// Takes in those that a record was opened from.
    pub(crate) fn add(&mut self, held: &Held) {
        for part in &held.parts {
            self.last = self.last.max(Some(part.day));
            self.parts.push((held.record, part.no, part.version));
        }
    }
}

/// The same as it is kept, with the archive's id.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// The hold that it was made under.
    pub(crate) hold: RecordId,
    /// The last day on which any of them ends.
    last: Day,
    /// Record, part and version.
    parts: Vec<(RecordId, PartNo, u32)>,
}

/// What was archived under one hold: of each record the newest version of each part.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<RecordId, HashMap<PartNo, u32>>);

impl Known {
    /// Whether anything of a record is in an archive.
    pub(crate) fn holds(&self, record: RecordId) -> bool {
        self.0.contains_key(&record)
    }

    /// Whether a part is in an archive as it is now.
    pub(crate) fn is_current(&self, record: RecordId, part: PartNo, version: u32) -> bool {
        self.0.get(&record).and_then(|parts| parts.get(&part)).is_some_and(|seen| *seen >= version)
    }
}

/// The same of every hold.
pub(crate) type KnownOf = HashMap<RecordId, Known>;

impl Vault {
    /// What was archived under which hold.
    pub(crate) fn known_of_holds(&self) -> Result<KnownOf, VaultError> {
        let mut known = KnownOf::new();
        for (_, seen) in self.entries_of::<Seen>(SEEN, "what a hold has archived")? {
            let of = &mut known.entry(seen.hold).or_default().0;
            for (record, part, version) in seen.parts {
                let newest = of.entry(record).or_default().entry(part).or_default();
                *newest = version.max(*newest);
            }
        }
        Ok(known)
    }

    /// How many of some records have fields in an archive of a hold.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn in_archives(&self, records: &[(SellerId, RecordId)]) -> Result<u64, VaultError> {
        let known = self.known_of_holds()?;
        let is_kept = |(_, record): &&(SellerId, RecordId)| known.values().any(|known| known.holds(*record));
        Ok(records.iter().filter(is_kept).count() as u64)
    }

    /// What remembers an archive's parts, in the act that makes it. The hold is looked at once more: to lift one takes the same lock.
    pub(crate) fn seen_change(
        &self,
        context: &Context,
        archive: RecordId,
        hold: RecordId,
        places: Places,
    ) -> Result<Change, VaultError> {
        if !self.kept_hold(hold)?.is_some_and(|(_, hold)| hold.is_live(context.now)) {
            return Err(ArchiveError::HoldEnded.into());
        }
        let Places { last, parts } = places;
        let last = last.unwrap_or(Day::of(context.now));
        self.entry_change(SEEN, archive, 1, &Seen { hold, last, parts })
    }

    /// What forgets some of it, by the archive and what it was made of.
    pub(crate) fn seen_ends(
        &self,
        ends: impl Fn(RecordId, &Seen) -> bool,
    ) -> Result<Vec<Change>, VaultError> {
        let mut changes = Vec::new();
        for row in Registers::entries(&*self.base.store, SEEN)? {
            let seen: Seen = self.open_entry(&row, "what a hold has archived")?;
            if ends(row.id, &seen) {
                let (register, id, version) = (SEEN.to_owned(), row.id, row.version);
                changes.push(Change::DeleteRegister { register, id, version });
            }
        }
        Ok(changes)
    }

    /// Forgets what has ended.
    pub(crate) fn forget_seen(&self, now: Timestamp) -> Result<(), VaultError> {
        let _alone = self.archiving();
        let changes = self.seen_ends(|_, seen| phase(seen.last, now) != Phase::Open)?;
        if !changes.is_empty() {
            self.base.store.commit(Act { name: "forget-seen", changes, events: Vec::new() })?;
        }
        Ok(())
    }
}
