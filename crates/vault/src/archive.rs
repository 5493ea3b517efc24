//! The cold archive (2.1.c): what a law obliges to keep is sealed to somebody outside, before its day.
//!
//! Nothing changes live: the record goes on its ordinary clock (R15). What is opened for an archive is revealed first, by the
//! gate, record by record; it is written out in a plain form ([`plain`]) in memory that is wiped, sealed to the public half of an
//! offline key, and kept until somebody takes the file away. The home cannot open it: it never had the other half.
//!
//! Start reading at [`Draft`], which gathers what was opened, then at [`Vault::file_archive`].

pub(crate) mod kept;
pub mod plain;

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use bailee_core::archive::{Plan, RECORDS_MAX};
use bailee_core::hold::HOLDS_MAX;
use bailee_core::{Day, PrincipalId, RecordId, SellerId, Sensitive};
use bailee_crypto::archive as sealing;
use bailee_crypto::bucket::BucketUse;
use bailee_ledger::authorized::{self, Administer, Authorized, Context, ReadRetention};
use bailee_ledger::event::{self, Digest, What};
use bailee_ledger::note::Signer;
use bailee_store::act::{Act, BucketNo, Change};

use kept::{ARCHIVES, File, KEYS};
pub use kept::{Archive, Ended, How, OfflineKey};
pub use plain::Draft;

use crate::{Vault, VaultError};

/// Most offline keys that a home knows: one a year, and some that were lost.
pub const KEYS_MAX: usize = 200;
/// Most archives that a home remembers: all of them are read to list them.
pub const ARCHIVES_MAX: usize = 10_000;
/// Most characters of a place, and of who destroyed something.
pub const LABEL_CHARACTERS_MAX: usize = 200;
/// Parts that are read from the store at a time.
const PARTS_AT_A_TIME: usize = 1000;

/// Why nothing is archived, or nothing can be done with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is no key for that year.
    #[error(
        "there is no archive key for {0}; make one on another machine with `bailee archive keygen --year {0} --out FILE`, and add its public half with `bailee archive key add FILE.pub.pem --year {0}`"
    )]
    NoKey(i16),
    /// There is one already.
    #[error("there is an archive key for {0} already; one key a year, so that to destroy it ends every copy")]
    KeyExists(i16),
    /// The same key is there for another year.
    #[error("this key is there already, for another year; make one for each year")]
    KeyTwice,
    /// More keys or archives than a home remembers.
    #[error("a home remembers {KEYS_MAX} archive keys and {ARCHIVES_MAX} archives at most")]
    TooMany,
    /// More holds than a home remembers.
    #[error("a home remembers {HOLDS_MAX} holds at most; name more records or fields in one")]
    TooManyHolds,
    /// The hold is over, or was lifted.
    #[error("this hold is over, or was lifted already; nothing is archived under it any more")]
    HoldEnded,
    /// More records than one archive takes.
    #[error("an archive takes {RECORDS_MAX} records at most; name fewer of them")]
    TooManyRecords,
    /// Nothing of what was named is held any more.
    #[error("nothing of this can be archived: it is not held here, or has ended")]
    Nothing,
    /// No such archive or key.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The file was taken away.
    #[error("this home has let go of the file; it lies where `bailee archive list` says")]
    Away,
    /// Nobody has taken it out yet.
    #[error(
        "nobody has fetched this archive yet, and this home would let go of the only copy; fetch it first with `bailee archive fetch`"
    )]
    NotFetched,
    /// It was destroyed.
    #[error("this was destroyed already")]
    Destroyed,
    /// A place or a name that cannot be kept.
    #[error("a place or a name has 1 to {LABEL_CHARACTERS_MAX} characters")]
    Label,
    /// The key, or sealing to it.
    #[error(transparent)]
    Key(#[from] sealing::ArchiveError),
    /// The statement about an archive could not be signed.
    #[error("the archive could not be signed")]
    Unsigned,
}

impl ArchiveError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKey(_) => "no-archive-key",
            Self::KeyExists(_) | Self::KeyTwice => "archive-key-exists",
            Self::TooMany | Self::TooManyRecords | Self::Key(sealing::ArchiveError::TooLong) => {
                "archive-too-large"
            }
            Self::TooManyHolds => "too-many-holds",
            Self::HoldEnded => "hold-ended",
            Self::Nothing | Self::Missing(_) => "not-found",
            Self::Away => "archive-away",
            Self::NotFetched => "archive-not-fetched",
            Self::Destroyed => "archive-destroyed",
            Self::Label => "unacceptable",
            Self::Key(sealing::ArchiveError::Failed) | Self::Unsigned => "archive-not-made",
            Self::Key(_) => "archive-key",
        }
    }
}

/// An archive's file, with what is said of it. All of it is ciphertext, or about ciphertext.
pub struct Fetched {
    /// CMS.
    pub file: Vec<u8>,
    /// What the home says of it, its SHA-256 among it.
    pub statement: String,
    /// Ed25519 over the statement, by the ledger's key.
    pub signature: Vec<u8>,
    /// The public half of that, in PEM.
    pub ledger_key: String,
}

impl Vault {
    /// Takes in the public half of an offline key, for the statutes that end in a year.
    ///
    /// # Errors
    /// When it is no such key, or that year has one that was not destroyed.
    pub fn add_archive_key(
        &self,
        authorized: Authorized<Administer>,
        pem: &str,
        year: i16,
    ) -> Result<OfflineKey, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let recipient = sealing::Recipient::from_pem(pem).map_err(ArchiveError::from)?;
        let key = OfflineKey::new(&recipient, year, context.now, context.principal);
        let known = self.kept_keys()?;
        if known.len() >= KEYS_MAX {
            return Err(ArchiveError::TooMany.into());
        }
        for (_, one) in &known {
            if one.year == year && one.destroyed.is_none() {
                return Err(ArchiveError::KeyExists(year).into());
            }
            if one.id == key.id {
                return Err(ArchiveError::KeyTwice.into());
            }
        }
        let fingerprint = key.fingerprint_digest().ok_or(VaultError::Damaged("an archive key"))?;
        let added = event::Archive::KeyAdded { key: key.id, fingerprint, year };
        self.keep(&context, "add-archive-key", vec![self.entry_change(KEYS, key.id, 1, &key)?], added)?;
        Ok(key)
    }

    /// The offline keys, by year. The caller has been allowed to read retention.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn archive_keys(
        &self,
        authorized: &Authorized<ReadRetention>,
    ) -> Result<Vec<OfflineKey>, VaultError> {
        self.check_home_only(authorized)?;
        let mut keys: Vec<OfflineKey> = self.kept_keys()?.into_iter().map(|(_, key)| key).collect();
        keys.sort_by_key(|key| (key.year, key.since, key.id));
        Ok(keys)
    }

    /// Every archive, in the order in which they were made.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn archives(&self, authorized: &Authorized<ReadRetention>) -> Result<Vec<Archive>, VaultError> {
        self.check_home_only(authorized)?;
        let mut archives: Vec<Archive> = self.kept_archives()?.into_iter().map(|(_, one)| one).collect();
        archives.sort_by_key(|one| (one.at, one.id));
        Ok(archives)
    }

    /// The key for statutes that end in that year.
    ///
    /// # Errors
    /// [`ArchiveError::NoKey`] where there is none that lives.
    pub fn archive_key_of(&self, year: i16) -> Result<OfflineKey, VaultError> {
        let mut keys = self.kept_keys()?.into_iter().map(|(_, key)| key);
        let key = keys.find(|key| key.year == year && key.destroyed.is_none());
        key.ok_or(ArchiveError::NoKey(year).into())
    }

    /// The records of a seller whose personal data, or a part of it, ends on a day.
    ///
    /// # Errors
    /// [`ArchiveError::TooManyRecords`] past [`RECORDS_MAX`].
    pub fn records_ending(&self, seller: &SellerId, day: Day) -> Result<Vec<RecordId>, VaultError> {
        let bucket = BucketNo { seller: self.seller_no(seller)?, held: BucketUse::Order, day };
        let (mut records, mut after, mut last) = (Vec::new(), None, None);
        loop {
            let parts = self.base.store.parts(bucket, after, PARTS_AT_A_TIME)?;
            for part in &parts {
                // In the order of their records.
                if last.replace(part.record) != Some(part.record) {
                    let row = self.base.store.record_by_no(part.record)?;
                    records.extend(row.map(|row| row.id));
                }
            }
            if records.len() > RECORDS_MAX {
                return Err(ArchiveError::TooManyRecords.into());
            }
            match parts.last() {
                Some(part) if parts.len() == PARTS_AT_A_TIME => after = Some((part.record, part.part)),
                _ => return Ok(records),
            }
        }
    }

    /// The archive of that name, where it was made already: what was approved is carried out once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn archive_of(&self, id: RecordId) -> Result<Option<Archive>, VaultError> {
        Ok(self.kept_archive(id)?.map(|(_, archive)| archive))
    }

    /// Seals what was gathered to the key of the plan, and keeps the file until somebody has taken it away. One commit: it is
    /// there with its event, or nothing is.
    ///
    /// # Errors
    /// When nothing was gathered, the key is not the plan's any more, or it cannot be written. Nothing waits for it.
    pub fn file_archive(
        &self,
        authorized: Authorized<authorized::Archive>,
        id: RecordId,
        plan: &Plan,
        draft: Draft,
        asked_by: Option<PrincipalId>,
    ) -> Result<Archive, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        self.seal_archive(&context, (id, None), plan, draft, asked_by)
    }

    /// The same of one that is made under a hold: that must still be live, and what was seen is remembered with it.
    pub(crate) fn seal_archive(
        &self,
        context: &Context,
        (id, hold): (RecordId, Option<RecordId>),
        plan: &Plan,
        mut draft: Draft,
        asked_by: Option<PrincipalId>,
    ) -> Result<Archive, VaultError> {
        let _alone = self.archiving();
        let mut changes = match hold {
            Some(hold) => vec![self.seen_change(context, id, hold, std::mem::take(&mut draft.places))?],
            None => Vec::new(),
        };
        if draft.records == 0 {
            return Err(ArchiveError::Nothing.into());
        }
        if self.base.store.entries(ARCHIVES)?.len() >= ARCHIVES_MAX {
            return Err(ArchiveError::TooMany.into());
        }
        let key = self.archive_key_of(plan.until.year())?;
        if key.id != plan.key {
            return Err(VaultError::Changed);
        }
        let binding = self.base.keyring.binding();
        let about = draft.about(binding, id, plan, context.now);
        let (records, values, left_out) = (draft.records, draft.values, draft.left_out);
        let content = draft.finish(&about)?;
        let file = key
            .recipient()?
            .seal(&Sensitive::new(content), &*self.base.entropy)
            .map_err(ArchiveError::from)?;
        let digest = sha256(&file);
        let archive = Archive {
            id,
            seller: plan.seller.clone(),
            purpose: plan.purpose,
            statute: plan.statute.clone(),
            until: plan.until,
            fields: plan.fields.clone(),
            records,
            values,
            left_out,
            bytes: file.len() as u64,
            digest: data_encoding::HEXLOWER.encode(&digest),
            key: key.id,
            year: key.year,
            at: context.now,
            asked_by,
            made_by: context.principal,
            hold,
            lifted: None,
            fetched_at: None,
            place: None,
            placed_at: None,
            destroyed: None,
        };
        let made = archive.made(Digest(digest));
        let file =
            self.file_change(id, &File { statement: archive.statement(binding, &key.fingerprint), file })?;
        changes.extend([self.entry_change(ARCHIVES, id, 1, &archive)?, file]);
        self.keep(context, "make-archive", changes, made)?;
        Ok(archive)
    }

    /// Writes down that an archive could not be made. That this cannot be written either keeps nothing from going on.
    pub fn archive_failed(&self, context: &Context, id: RecordId, reason: &'static str) {
        let failed = event::Archive::Failed { archive: id, reason: reason.to_owned(), hold: None };
        self.write_failures(std::iter::once(context.event(What::Archive(failed))));
    }

    /// Gives out an archive's file, while it is here.
    ///
    /// # Errors
    /// [`ArchiveError::Away`] once it was taken away.
    pub fn fetch_archive(
        &self,
        authorized: Authorized<Administer>,
        id: RecordId,
    ) -> Result<Fetched, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let (version, mut archive) = self.kept_archive(id)?.ok_or(ArchiveError::Missing("archive"))?;
        let File { statement, file } = self.kept_file(id)?.ok_or(ArchiveError::Away)?;
        let binding = self.base.keyring.binding();
        let signer =
            Signer::new(binding.home, binding.environment, self.base.keyring.lasting().ledger_seed());
        let signer = signer.map_err(|_| ArchiveError::Unsigned)?;
        let (statement, signature) = signer.statement("archive 1", &statement);
        archive.fetched_at = Some(context.now);
        let changes = vec![self.entry_change(ARCHIVES, id, version.saturating_add(1), &archive)?];
        self.keep(&context, "fetch-archive", changes, event::Archive::Fetched { archive: id })?;
        Ok(Fetched { file, statement, signature, ledger_key: signer.public_pem() })
    }

    /// Writes down where an archive's file lies, and lets go of the home's own copy. Where it moves again, again.
    ///
    /// # Errors
    /// [`ArchiveError::Label`]; [`ArchiveError::Destroyed`]; [`ArchiveError::NotFetched`] where nobody can have put it there.
    pub fn place_archive(
        &self,
        authorized: Authorized<Administer>,
        id: RecordId,
        place: &str,
    ) -> Result<Archive, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let (version, mut archive) = self.kept_archive(id)?.ok_or(ArchiveError::Missing("archive"))?;
        if archive.destroyed.is_some() {
            return Err(ArchiveError::Destroyed.into());
        }
        archive.place = Some(label(place)?);
        if archive.fetched_at.is_none() {
            return Err(ArchiveError::NotFetched.into());
        }
        archive.placed_at = Some(context.now);
        let mut changes = vec![self.entry_change(ARCHIVES, id, version.saturating_add(1), &archive)?];
        changes.extend(self.file_end(id)?);
        self.keep(&context, "place-archive", changes, event::Archive::Placed { archive: id })?;
        Ok(archive)
    }

    /// Writes down that an archive's file was destroyed.
    ///
    /// # Errors
    /// [`ArchiveError::Destroyed`] where that was said before.
    pub fn archive_destroyed(
        &self,
        authorized: Authorized<Administer>,
        id: RecordId,
        how: How,
        who: Option<&str>,
    ) -> Result<Archive, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let (version, mut archive) = self.kept_archive(id)?.ok_or(ArchiveError::Missing("archive"))?;
        if archive.destroyed.is_some() {
            return Err(ArchiveError::Destroyed.into());
        }
        // Before its time nobody says so of what lies here alone, since with that word the home lets go of it.
        if archive.fetched_at.is_none() && !archive.is_overdue(context.now) {
            return Err(ArchiveError::NotFetched.into());
        }
        archive.destroyed = Some(Ended::new(&context, how, who.map(label).transpose()?));
        let mut changes = vec![self.entry_change(ARCHIVES, id, version.saturating_add(1), &archive)?];
        changes.extend(self.file_end(id)?);
        // What a hold has it for is archived anew, while it lives.
        changes.extend(self.seen_ends(|of, _| of == id)?);
        let destroyed =
            event::Archive::Destroyed { archive: Some(id), key: None, how: how.as_str().to_owned() };
        self.keep(&context, "archive-destroyed", changes, destroyed)?;
        Ok(archive)
    }

    /// Writes down that an offline key was destroyed: every archive under it has ended, wherever its copies lie. Those that are
    /// here go.
    ///
    /// # Errors
    /// [`ArchiveError::Destroyed`] where that was said before.
    pub fn archive_key_destroyed(
        &self,
        authorized: Authorized<Administer>,
        id: RecordId,
        how: How,
        who: Option<&str>,
    ) -> Result<OfflineKey, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let found = self.kept_keys()?.into_iter().find(|(_, key)| key.id == id);
        let (version, mut key) = found.ok_or(ArchiveError::Missing("archive key"))?;
        if key.destroyed.is_some() {
            return Err(ArchiveError::Destroyed.into());
        }
        let ended = Ended::new(&context, how, who.map(label).transpose()?);
        key.destroyed = Some(ended.clone());
        let mut changes = vec![self.entry_change(KEYS, id, version.saturating_add(1), &key)?];
        let mut under_it = BTreeSet::new();
        for (version, mut archive) in self.kept_archives()? {
            if archive.key == id && archive.destroyed.is_none() {
                archive.destroyed = Some(ended.clone());
                changes.push(self.entry_change(ARCHIVES, archive.id, version.saturating_add(1), &archive)?);
                changes.extend(self.file_end(archive.id)?);
                under_it.insert(archive.id);
            }
        }
        changes.extend(self.seen_ends(|of, _| under_it.contains(&of))?);
        let destroyed =
            event::Archive::Destroyed { archive: None, key: Some(id), how: how.as_str().to_owned() };
        self.keep(&context, "archive-key-destroyed", changes, destroyed)?;
        Ok(key)
    }

    /// Held by whoever changes what is kept of keys, archives, prints or exports, from reading it on: a year has one key, no archive
    /// is made under one that is being destroyed, and no number is given twice.
    pub(crate) fn archiving(&self) -> MutexGuard<'_, ()> {
        self.archiving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keep(
        &self,
        context: &Context,
        name: &'static str,
        changes: Vec<Change>,
        what: event::Archive,
    ) -> Result<(), VaultError> {
        self.base.store.commit(Act { name, changes, events: vec![context.event(What::Archive(what))] })?;
        Ok(())
    }
}

/// What a person calls a place, or who it was: in the sealed register alone.
pub(crate) fn label(text: &str) -> Result<String, ArchiveError> {
    let text = text.trim();
    let fits =
        (1..=LABEL_CHARACTERS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(ArchiveError::Label) }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    out
}
