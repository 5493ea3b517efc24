//! What recipients have to be told (2.2.d): derived from how each exported record stands now, told in a notice that is sealed to them
//! as well, and open until they confirm it.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::export::CONFIRM_DAYS;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{Kind, PrincipalId, RecordId, Reference, SellerId, Sensitive, Timestamp};
use bailee_ledger::authorized::{Authorized, ReadExports, TellRecipients};
use bailee_ledger::event::{self, What};
use bailee_store::act::Change;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ExportError;
use super::kept::{EXPORTED, EXPORTS, ExportedRecord, Told};
use super::standing::Standing;
use crate::archive::label;
use crate::archive::plain::tar;
use crate::{Vault, VaultError};

pub(crate) const NOTICES: &str = "recipient-notice";

/// Most notices that a home remembers. Those that were confirmed longest ago are forgotten first; the ledger has them all.
pub const NOTICES_MAX: usize = 10_000;
/// How many of those are forgotten at a time.
const FORGOTTEN_AT_A_TIME: usize = 100;

/// Most records of one notice, so that it can be sealed whole; what is more is told in the next.
pub const LINES_MAX: usize = 50_000;

/// What a recipient has to do with what they have of a record. A closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Delete it: it was erased, its seller has ended, or its day has come.
    Delete,
    /// Keep it and do nothing with it: it was restricted, or its consent was taken back.
    Stop,
    /// Delete it: a value of it was wrong. What is right is exported anew.
    Replace,
    /// Use it again: what stopped it is over.
    Resume,
}

impl Act {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Delete, Self::Stop, Self::Replace, Self::Resume];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Stop => "stop",
            Self::Replace => "replace",
            Self::Resume => "resume",
        }
    }

    /// Whether nothing of the record is left with a recipient who did it.
    pub(super) const fn ends(self) -> bool {
        matches!(self, Self::Delete | Self::Replace)
    }
}

/// How many records of each act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// To be deleted.
    pub delete: u32,
    /// Not to be used any more.
    pub stop: u32,
    /// To be deleted, since they are wrong.
    pub replace: u32,
    /// To be used again.
    pub resume: u32,
}

impl Counts {
    fn add(&mut self, act: Act) {
        let count = match act {
            Act::Delete => &mut self.delete,
            Act::Stop => &mut self.stop,
            Act::Replace => &mut self.replace,
            Act::Resume => &mut self.resume,
        };
        *count = count.saturating_add(1);
    }

    /// All of them.
    pub const fn sum(&self) -> u32 {
        self.delete.saturating_add(self.stop).saturating_add(self.replace).saturating_add(self.resume)
    }
}

/// A record that somebody has, and of which they have to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Who.
    pub recipient: RecordId,
    /// In which export they got it.
    pub export: RecordId,
    /// In which line of that.
    pub line: u32,
    /// Whose.
    pub seller: SellerId,
    /// Which record.
    pub record: RecordId,
    /// What they have to do.
    pub act: Act,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// When they were told first; nobody has told them yet, when `None`.
    pub told_at: Option<Timestamp>,
}

impl Due {
    /// Whether they should have confirmed it by now: they were told so long ago, or should have been.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.told_at.or(self.since).is_some_and(|since| is_late(since, now))
    }
}

fn is_late(since: Timestamp, now: Timestamp) -> bool {
    now > saturating_add(since, CONFIRM_DAYS * DAY_SECONDS)
}

/// That a notice was confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// When that was written down.
    pub at: Timestamp,
    /// By whom.
    pub said_by: PrincipalId,
    /// Who confirmed it.
    pub name: Option<String>,
}

/// A notice to a recipient. Of what it says, counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Names it.
    pub id: RecordId,
    /// To whom.
    pub recipient: RecordId,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
    /// What it says.
    pub counts: Counts,
    /// When any of it was told first.
    pub since: Timestamp,
    /// Of which exports it speaks.
    exports: Vec<RecordId>,
    /// The one that says all of it again, and more.
    pub replaced_by: Option<RecordId>,
    /// That they did it.
    pub confirmed: Option<Confirmed>,
}

impl Notice {
    /// Whether nobody has confirmed it for too long.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.is_open() && is_late(self.since, now)
    }

    fn is_open(&self) -> bool {
        self.confirmed.is_none() && self.replaced_by.is_none()
    }
}

/// A notice, and its file: ciphertext.
pub struct Made {
    /// What is known of it.
    pub notice: Notice,
    /// CMS.
    pub file: Vec<u8>,
}

/// A line of a notice.
#[derive(Serialize)]
struct Line {
    export: RecordId,
    line: u32,
    seller: SellerId,
    kind: Option<Kind>,
    reference: Option<Reference>,
    act: Act,
    since: Option<Timestamp>,
}

impl Vault {
    /// What of one recipient's, or of everybody's, exports is to be told, or was told and is not confirmed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn due_to_recipients(
        &self,
        authorized: &Authorized<ReadExports>,
        recipient: Option<RecordId>,
    ) -> Result<Vec<Due>, VaultError> {
        self.check_home_only(authorized)?;
        if let Some(recipient) = recipient {
            self.kept_recipient(recipient)?;
        }
        let standing = self.standing_exports(recipient, authorized.context().now)?;
        Ok(standing.into_iter().flat_map(|one| one.due).map(|(_, due)| due).collect())
    }

    /// How many recipients are to be told of some of these records, and nobody has told them yet.
    ///
    /// # Errors
    /// When the registers cannot be read.
    pub fn recipients_to_tell(&self, records: &[RecordId], now: Timestamp) -> Result<usize, VaultError> {
        let records: BTreeSet<&RecordId> = records.iter().collect();
        let mut recipients = BTreeSet::new();
        for (_, export) in self.kept_exports()?.into_iter().filter(|(_, export)| export.is_out()) {
            let (_, exported) = self.kept_exported(export.id)?;
            for one in exported.records.iter().filter(|one| records.contains(&one.record)) {
                if self.due_of(&export, one, now)?.is_some_and(|to_do| to_do.told_at.is_none()) {
                    recipients.insert(export.recipient);
                }
            }
        }
        Ok(recipients.len())
    }

    /// Makes a notice of all that a recipient has to do and has not confirmed, sealed to their key: also where they were told before, so that one that was
    /// lost is made again. It takes the place of those that they did not confirm.
    ///
    /// # Errors
    /// [`ExportError::NothingToTell`]; when it cannot be sealed or written.
    pub fn tell_recipient(
        &self,
        authorized: Authorized<TellRecipients>,
        id: RecordId,
    ) -> Result<Made, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let (_, recipient) = self.kept_recipient(id)?;
        let mut standing = self.standing_exports(Some(id), context.now)?;
        let mut room = LINES_MAX;
        for one in &mut standing {
            one.due.truncate(room);
            room -= one.due.len();
        }
        standing.retain(|one| !one.due.is_empty());
        if standing.is_empty() {
            return Err(ExportError::NothingToTell.into());
        }
        let mut changes = self.room_for_notice()?;
        // Nobody else has this name: the request makes one.
        let notice_id = RecordId(context.request.0);
        let mut notice = Notice {
            id: notice_id,
            recipient: id,
            at: context.now,
            by: context.principal,
            counts: Counts::default(),
            since: context.now,
            exports: standing.iter().map(|one| one.export.id).collect(),
            replaced_by: None,
            confirmed: None,
        };
        let mut lines = Vec::new();
        for Standing { export, version, mut exported, due } in standing {
            for (index, due) in due {
                notice.counts.add(due.act);
                let at = due.told_at.unwrap_or(context.now);
                notice.since = notice.since.min(at);
                lines.push(self.notice_line(&due)?);
                if let Some(one) = exported.records.get_mut(index) {
                    one.told = Some(Told { act: due.act, notice: notice_id, at, confirmed: false });
                }
            }
            changes.push(self.entry_change(EXPORTED, export.id, version.saturating_add(1), &exported)?);
        }
        for (version, mut open) in self.kept_notices(id)?.into_iter().filter(|(_, one)| one.is_open()) {
            open.replaced_by = Some(notice_id);
            changes.push(self.entry_change(NOTICES, open.id, version.saturating_add(1), &open)?);
        }
        changes.push(self.entry_change(NOTICES, notice_id, 1, &notice)?);
        let content = written(&notice, &lines)?;
        let file = recipient.key()?.seal(&Sensitive::new(content), &*self.base.entropy);
        let file = file.map_err(ExportError::from)?;
        let Counts { delete, stop, replace, resume } = notice.counts;
        let told = event::Export::Told { notice: notice_id, recipient: id, delete, stop, replace, resume };
        self.keep_export(&context, "tell-recipient", changes, vec![told])?;
        Ok(Made { notice, file })
    }

    /// Writes down that a recipient did what a notice says.
    ///
    /// # Errors
    /// [`ExportError::Missing`]; [`ExportError::Confirmed`]; [`ExportError::Replaced`] where a newer one says it all.
    pub fn confirm_notice(
        &self,
        authorized: Authorized<TellRecipients>,
        (recipient, id): (RecordId, RecordId),
        name: Option<&str>,
    ) -> Result<Notice, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let found = self.entry_of::<Notice>(NOTICES, id, "a notice")?;
        let found = found.filter(|(_, notice)| notice.recipient == recipient);
        let (version, mut notice) = found.ok_or(ExportError::Missing("notice of this recipient"))?;
        if let Some(newer) = notice.replaced_by {
            return Err(ExportError::Replaced(newer).into());
        }
        if notice.confirmed.is_some() {
            return Err(ExportError::Confirmed.into());
        }
        let name = name.map(label).transpose().map_err(|_| ExportError::Label)?;
        notice.confirmed = Some(Confirmed { at: context.now, said_by: context.principal, name });
        let mut changes = vec![self.entry_change(NOTICES, id, version.saturating_add(1), &notice)?];
        for export in &notice.exports {
            changes.extend(self.confirm_export(*export, id, context.now)?);
        }
        let confirmed = event::Export::Confirmed { notice: id, recipient };
        self.keep_export(&context, "confirm-notice", changes, vec![confirmed])?;
        Ok(notice)
    }

    fn confirm_export(
        &self,
        id: RecordId,
        notice: RecordId,
        now: Timestamp,
    ) -> Result<Vec<Change>, VaultError> {
        let Some((export_version, mut export)) = self.kept_export(id)? else { return Ok(Vec::new()) };
        let (version, mut exported) = self.kept_exported(id)?;
        for told in exported.records.iter_mut().filter_map(|one| one.told.as_mut()) {
            told.confirmed |= told.notice == notice;
        }
        let mut changes = vec![self.entry_change(EXPORTED, id, version.saturating_add(1), &exported)?];
        let is_gone =
            |one: &ExportedRecord| one.told.as_ref().is_some_and(|told| told.confirmed && told.act.ends());
        if exported.records.iter().all(is_gone) {
            export.closed_at = Some(now);
            changes.push(self.entry_change(EXPORTS, id, export_version.saturating_add(1), &export)?);
        }
        Ok(changes)
    }

    /// The notices to a recipient, in the order in which they were made.
    ///
    /// # Errors
    /// [`ExportError::Missing`]; when they cannot be read.
    pub fn notices(
        &self,
        authorized: &Authorized<ReadExports>,
        recipient: RecordId,
    ) -> Result<Vec<Notice>, VaultError> {
        self.check_home_only(authorized)?;
        self.kept_recipient(recipient)?;
        let mut notices: Vec<Notice> =
            self.kept_notices(recipient)?.into_iter().map(|(_, notice)| notice).collect();
        notices.sort_by_key(|notice| (notice.at, notice.id));
        Ok(notices)
    }

    /// The alarm that a recipient has not confirmed what they have to do, whether they were told or not. It reads the facts of every record
    /// that is out.
    pub(crate) fn recipient_alarm(&self, now: Timestamp) -> Result<Option<What>, VaultError> {
        let (component, code) = ("recipient".to_owned(), "confirmation-overdue".to_owned());
        let standing = self.standing_exports(None, now)?;
        let is_late = standing.iter().flat_map(|one| &one.due).any(|(_, due)| due.is_late(now));
        Ok(is_late.then_some(What::SystemError { component, code }))
    }

    fn kept_notices(&self, recipient: RecordId) -> Result<Vec<(u32, Notice)>, VaultError> {
        let mut notices = self.entries_of::<Notice>(NOTICES, "a notice")?;
        notices.retain(|(_, notice)| notice.recipient == recipient);
        Ok(notices)
    }

    /// What forgets notices that are over, where there are as many as a home remembers.
    fn room_for_notice(&self) -> Result<Vec<Change>, VaultError> {
        let notices = self.entries_of::<Notice>(NOTICES, "a notice")?;
        if notices.len() < NOTICES_MAX {
            return Ok(Vec::new());
        }
        let over = notices.into_iter().filter(|(_, notice)| !notice.is_open());
        let mut over: Vec<(Timestamp, RecordId, u32)> =
            over.map(|(version, notice)| (notice.at, notice.id, version)).collect();
        over.sort_unstable();
        over.truncate(FORGOTTEN_AT_A_TIME);
        let forget = |(_, id, version): (Timestamp, RecordId, u32)| Change::DeleteRegister {
            register: NOTICES.to_owned(),
            id,
            version,
        };
        Ok(over.into_iter().map(forget).collect())
    }

    fn notice_line(&self, due: &Due) -> Result<Line, VaultError> {
        let named = match self.name_of(due.record) {
            Err(error) if error.is_of_one_record() => None,
            named => named?,
        };
        let (kind, reference) = named.map(|named| (named.kind, named.reference)).unzip();
        let Due { export, line, act, since, .. } = *due;
        Ok(Line { export, line, seller: due.seller.clone(), kind, reference, act, since })
    }
}

/// A notice as its recipient reads it.
fn written(notice: &Notice, lines: &[Line]) -> Result<Vec<u8>, VaultError> {
    let unwritten = |_| VaultError::Damaged("a notice");
    let about = json!({
        "format": "bailee-notice-1",
        "notice": notice.id.to_string(),
        "recipient": notice.recipient.to_string(),
        "made": notice.at,
        "delete": notice.counts.delete,
        "stop": notice.counts.stop,
        "replace": notice.counts.replace,
        "resume": notice.counts.resume,
    });
    let about = serde_json::to_string_pretty(&about).map_err(unwritten)?;
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line).map_err(unwritten)?;
        text.push(b'\n');
    }
    tar(&[("README.txt", README.as_bytes()), ("notice.json", about.as_bytes()), ("notice.ndjson", &text)])
}

/// What is told first to whoever opens it.
const README: &str = "\
You were given personal data of buyers. Something has changed for some of it: people have asked for that, or its day has come.

notice.ndjson has one record a line: the export and the line of it in which you got the record, its reference, and what you have to do
(act), since when:

delete    delete all that you have of this record from that export, in every copy
stop      keep it, and do nothing with it until you are told otherwise
replace   delete it: a value of it was wrong; what is right comes in another export
resume    you may use it again

Confirm to whoever sent you this that you have done so, and name the notice: its id stands in notice.json. A later notice says all
that you have not confirmed again.
";

/// Counts by recipient.
pub fn counts_by_recipient(due: &[Due], is_told: bool) -> BTreeMap<RecordId, Counts> {
    let mut counts: BTreeMap<RecordId, Counts> = BTreeMap::new();
    for one in due.iter().filter(|one| one.told_at.is_some() == is_told) {
        counts.entry(one.recipient).or_default().add(one.act);
    }
    counts
}
