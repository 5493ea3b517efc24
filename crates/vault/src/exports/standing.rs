//! How the records that somebody has stand now against how they were when they left (2.2.d): what they have to do is derived from that, so
//! that nothing that ends, stops or corrects a record has to remember who has it.

use bailee_core::{RecordId, Timestamp};
use bailee_store::act::RecordState;

use super::has_come;
use super::kept::{Export, Exported, ExportedRecord};
use super::notices::{Act, Due};
use crate::{Vault, VaultError};

/// How the records of one export stand.
pub(super) struct Standing {
    pub(super) export: Export,
    pub(super) version: u32,
    pub(super) exported: Exported,
    /// The index of each record of which something is to be done.
    pub(super) due: Vec<(usize, Due)>,
}

/// What is to be done of a record that somebody has.
pub(super) struct ToDo {
    act: Act,
    /// Since when, where that is known.
    since: Option<Timestamp>,
    /// When they were told first.
    pub(super) told_at: Option<Timestamp>,
}

impl Vault {
    /// Whether something of an export that waits is not to be handed out any more.
    pub(super) fn is_stale(&self, export: &Export, now: Timestamp) -> Result<bool, VaultError> {
        let (_, exported) = self.kept_exported(export.id)?;
        for one in &exported.records {
            if self.stands(export, one, now)?.is_some_and(|(act, _)| act != Act::Resume) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn standing_exports(
        &self,
        recipient: Option<RecordId>,
        now: Timestamp,
    ) -> Result<Vec<Standing>, VaultError> {
        let mut exports: Vec<Export> = self.kept_exports()?.into_iter().map(|(_, one)| one).collect();
        exports.retain(|one| one.is_out() && recipient.is_none_or(|only| one.recipient == only));
        exports.sort_by_key(|one| (one.at, one.id));
        exports.into_iter().map(|export| self.standing_export(export, now)).collect()
    }

    fn standing_export(&self, export: Export, now: Timestamp) -> Result<Standing, VaultError> {
        let (version, exported) = self.kept_exported(export.id)?;
        let mut due = Vec::new();
        for (index, one) in exported.records.iter().enumerate() {
            if let Some(ToDo { act, since, told_at }) = self.due_of(&export, one, now)? {
                let line = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
                let (recipient, seller) = (export.recipient, export.seller.clone());
                let (export, record) = (export.id, one.record);
                due.push((index, Due { recipient, export, line, seller, record, act, since, told_at }));
            }
        }
        Ok(Standing { export, version, exported, due })
    }

    /// What is to be done of a record that somebody has, since when, and when they were told; nothing, once they confirmed it.
    pub(super) fn due_of(
        &self,
        export: &Export,
        one: &ExportedRecord,
        now: Timestamp,
    ) -> Result<Option<ToDo>, VaultError> {
        if one.told.as_ref().is_some_and(|told| told.confirmed && told.act.ends()) {
            return Ok(None);
        }
        let Some((act, since)) = self.stands(export, one, now)? else { return Ok(None) };
        Ok(match one.told.as_ref().filter(|told| told.act == act) {
            Some(told) if told.confirmed => None,
            Some(told) => Some(ToDo { act, since, told_at: Some(told.at) }),
            None => Some(ToDo { act, since, told_at: None }),
        })
    }

    /// How a record that somebody has stands now against how it was then.
    fn stands(
        &self,
        export: &Export,
        one: &ExportedRecord,
        now: Timestamp,
    ) -> Result<Option<(Act, Option<Timestamp>)>, VaultError> {
        if let Some(end) = self.end_of(&export.seller) {
            return Ok(Some((Act::Delete, Some(end.at))));
        }
        let Some(row) = self.base.store.record_by_id(one.record)? else {
            return Ok(Some((Act::Delete, None)));
        };
        let facts = match self.open_facts(&export.seller, &row) {
            // What is damaged says nothing of itself; its day comes all the same.
            Err(error) if error.is_of_one_record() => None,
            facts => facts?,
        };
        let Some(about) = facts.map(|facts| facts.about) else {
            let is_over = row.state != RecordState::Live || has_come(one.delete_by, now);
            return Ok(is_over.then_some((Act::Delete, None)));
        };
        if let Some(end) = about.end.as_ref().filter(|_| row.state != RecordState::Live) {
            return Ok(Some((Act::Delete, Some(end.when))));
        }
        // Its day may have come nearer since.
        let parts = one.instances.iter().filter_map(|instance| about.part_of(*instance));
        let day = parts.map(|part| part.day.plus(-1)).min();
        let day = day.map_or(one.delete_by, |day| day.min(one.delete_by));
        if has_come(day, now) {
            return Ok(Some((Act::Delete, Some(day.start()))));
        }
        if let Some(since) = about.restricted {
            return Ok(Some((Act::Stop, Some(since))));
        }
        if self.refuse_unconsented(export.purpose, one.record).is_err() {
            return Ok(Some((Act::Stop, None)));
        }
        let before = usize::try_from(one.corrections).unwrap_or(usize::MAX);
        let since = about.corrections.iter().skip(before);
        let wrong = since.filter(|(instance, _)| one.instances.contains(instance)).map(|(_, at)| *at).max();
        if let Some(at) = wrong {
            return Ok(Some((Act::Replace, Some(at))));
        }
        let stopped = one.told.as_ref().is_some_and(|told| matches!(told.act, Act::Stop | Act::Resume));
        Ok(stopped.then_some((Act::Resume, None)))
    }
}
