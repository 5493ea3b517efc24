//! What leaves in bulk (2.6.g): sealed to a registered recipient, approved over a volume, and told about until it is gone.
//!
//! What is opened for an export is revealed first, by the gate, record by record; it is written out in a plain form in memory that
//! is wiped, sealed to the public half of the recipient's key, and waits for some days to be fetched. The home cannot open it. Which
//! records each had is remembered, so that its recipient can be told what became of them ([`notices`]).
//!
//! Start reading at [`Draft`], which gathers what was opened, then at [`Vault::file_export`].

mod draft;
pub(crate) mod kept;
pub mod notices;
mod standing;

use std::collections::BTreeSet;

use bailee_core::export::{FILE_DAYS, Plan, RECORDS_MAX};
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{Day, PrincipalId, Purpose, RecordId, SellerId, Sensitive, Timestamp};
use bailee_crypto::archive as sealing;
use bailee_crypto::bucket::BucketUse;
use bailee_ledger::authorized::{self, Authorized, Context, ReadExports};
use bailee_ledger::event::{self, Digest, What};
use bailee_ledger::note::Signer;
use bailee_store::act::{BucketState, Change};

pub use draft::Draft;
pub use kept::Export;
use kept::{EXPORTED, EXPORTS, File};

use crate::archive::{Fetched, LABEL_CHARACTERS_MAX, sha256};
use crate::recipients::{RECIPIENTS_MAX, SELLERS_MAX};
use crate::{Vault, VaultError};

/// Most exports that a home remembers: all of them are read to list them. Those that are over longest are forgotten first; the
/// ledger has them all.
pub const EXPORTS_MAX: usize = 10_000;
/// How many of those are forgotten at a time.
const FORGOTTEN_AT_A_TIME: usize = 100;
/// Parts that are read from the store at a time.
const PARTS_AT_A_TIME: usize = 1000;

/// Why nothing leaves, or nothing can be done with an export or a recipient.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The key, or sealing to it.
    #[error("{}", key_words(*.0))]
    Key(#[from] sealing::ArchiveError),
    /// The same key is there already.
    #[error("this key is there already; one key is of one recipient, and one that was removed needs another")]
    KeyTwice,
    /// Purposes for which nothing leaves, or none.
    #[error(
        "somebody outside gets personal data for some of `fulfilment`, `tax` and `invoice` alone; name them"
    )]
    Purposes,
    /// No seller, or too many.
    #[error("a recipient gets the data of 1 to {SELLERS_MAX} sellers; name them")]
    Sellers,
    /// A name or an address that cannot be kept.
    #[error("a name or an address has 1 to {LABEL_CHARACTERS_MAX} characters")]
    Label,
    /// More recipients or exports than a home remembers.
    #[error("a home remembers {RECIPIENTS_MAX} recipients, and {EXPORTS_MAX} exports that are not over")]
    TooMany,
    /// No such thing.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// It was removed.
    #[error("this recipient was removed; nothing is sealed to them any more")]
    Removed,
    /// It was not registered for that.
    #[error(
        "this recipient is not registered for {0}; what it was registered for stands in `bailee recipient list`"
    )]
    OtherPurpose(Purpose),
    /// It was not registered for that seller.
    #[error("this recipient is not registered for data of {0}; `bailee recipient list` says of whose")]
    OtherSeller(SellerId),
    /// More records than one export takes.
    #[error("an export takes {RECORDS_MAX} records at most; name fewer of them")]
    TooManyRecords,
    /// Too many bytes.
    #[error("this is too much for one export; name fewer records or fields")]
    TooLong,
    /// Nothing of what was named is held any more, or has the purpose.
    #[error(
        "nothing of this can be exported: it is not held here, has ended, or has no field for that purpose"
    )]
    Nothing,
    /// There is more of it than was asked for, since a restriction was lifted or a field came.
    #[error("{asked} records were asked for, and by now there are {found} of them; export them anew")]
    Grown {
        /// How many there were.
        asked: u32,
        /// How many there are.
        found: u32,
    },
    /// The home has let go of the file.
    #[error(
        "this home has let go of the file, which waits for {FILE_DAYS} days; export anew what is still needed"
    )]
    Away,
    /// What is in the file is not to be handed out any more.
    #[error(
        "something of this export was erased, restricted or corrected, or has ended, since it was made, so the file is not given out; \
         export the rest anew"
    )]
    Stale,
    /// Everybody knows.
    #[error("there is nothing to tell this recipient")]
    NothingToTell,
    /// That was confirmed.
    #[error("this notice was confirmed already")]
    Confirmed,
    /// A newer one holds it all.
    #[error("a newer notice holds all that this one told; let them confirm that: {0}")]
    Replaced(RecordId),
    /// The statement could not be signed.
    #[error("the export could not be signed")]
    Unsigned,
}

/// The archive's words speak of an archive.
const fn key_words(error: sealing::ArchiveError) -> &'static str {
    match error {
        sealing::ArchiveError::NotAKey => {
            "this is no RSA public key in PEM; the recipient makes one with `openssl pkey -in KEY.pem -pubout`, and never gives the private key; of a certificate `openssl x509 -pubkey -noout` gives it"
        }
        sealing::ArchiveError::Size => {
            "the key of a recipient has 3072 to 4096 bits; they make one with `openssl genrsa -out KEY.pem 4096`"
        }
        sealing::ArchiveError::TooLong => "this is too much for one export; name fewer records or fields",
        sealing::ArchiveError::Failed => "it could not be sealed to this key; try again",
    }
}

impl ExportError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(sealing::ArchiveError::TooLong) | Self::TooManyRecords | Self::TooLong => {
                "export-too-large"
            }
            Self::Key(sealing::ArchiveError::Failed) | Self::Unsigned => "export-not-made",
            Self::Key(_) => "recipient-key",
            Self::KeyTwice => "recipient-exists",
            Self::Purposes | Self::Sellers | Self::Label => "unacceptable",
            Self::TooMany => "too-many-exports",
            Self::Missing(_) | Self::Nothing => "not-found",
            Self::Removed => "recipient-removed",
            Self::OtherPurpose(_) | Self::OtherSeller(_) => "recipient-not-registered",
            Self::Away => "export-away",
            Self::Stale | Self::Grown { .. } => "export-stale",
            Self::NothingToTell => "nothing-to-tell",
            Self::Confirmed | Self::Replaced(_) => "notice-confirmed",
        }
    }
}

impl Vault {
    /// The records of a seller whose personal data, or a part of it, is held.
    ///
    /// # Errors
    /// [`ExportError::TooManyRecords`] past [`RECORDS_MAX`].
    pub fn records_held(&self, seller: &SellerId) -> Result<Vec<RecordId>, VaultError> {
        let no = self.seller_no(seller)?;
        let (mut records, mut seen) = (Vec::new(), BTreeSet::new());
        for summary in self.base.store.buckets()? {
            let bucket = summary.bucket;
            if bucket.seller != no || bucket.held != BucketUse::Order || summary.state != BucketState::Open {
                continue;
            }
            let mut after = None;
            loop {
                let parts = self.base.store.parts(bucket, after, PARTS_AT_A_TIME)?;
                for part in parts.iter().filter(|part| seen.insert(part.record)) {
                    records.extend(self.base.store.record_by_no(part.record)?.map(|row| row.id));
                }
                if records.len() > RECORDS_MAX {
                    return Err(ExportError::TooManyRecords.into());
                }
                match parts.last() {
                    Some(part) if parts.len() == PARTS_AT_A_TIME => after = Some((part.record, part.part)),
                    _ => break,
                }
            }
        }
        Ok(records)
    }

    /// How many records somebody has exported alone within a day: splitting an export makes it no smaller.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn exported_alone(&self, by: PrincipalId, now: Timestamp) -> Result<u32, VaultError> {
        let since = saturating_add(now, -DAY_SECONDS);
        let own = |export: &Export| export.made_by == by && export.asked_by.is_none() && export.at > since;
        let exports = self.kept_exports()?.into_iter().map(|(_, export)| export).filter(own);
        Ok(exports.fold(0, |sum, export| sum.saturating_add(export.records)))
    }

    /// The export of that name, where it was made already: what was approved is carried out once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn export_of(&self, id: RecordId) -> Result<Option<Export>, VaultError> {
        Ok(self.kept_export(id)?.map(|(_, export)| export))
    }

    /// Every export, in the order in which they were made.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn exports(&self, authorized: &Authorized<ReadExports>) -> Result<Vec<Export>, VaultError> {
        self.check_home_only(authorized)?;
        let mut exports: Vec<Export> = self.kept_exports()?.into_iter().map(|(_, one)| one).collect();
        exports.sort_by_key(|one| (one.at, one.id));
        Ok(exports)
    }

    /// Seals what was gathered to the recipient of the plan. One commit: file, registers and event are there together, or nothing
    /// is. `alone_max` is how many records whoever does that may export in a day, where that is bounded.
    ///
    /// # Errors
    /// When nothing was gathered, the recipient was removed or not registered for it, or it cannot be written;
    /// [`VaultError::Changed`] where the same person exported more meanwhile.
    pub fn file_export(
        &self,
        authorized: Authorized<authorized::Export>,
        id: RecordId,
        plan: &Plan,
        draft: Draft,
        asked_by: Option<PrincipalId>,
        alone_max: Option<u32>,
    ) -> Result<Export, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        if authorized.action().seller != plan.seller {
            return Err(VaultError::Changed);
        }
        let (_, recipient) = self.kept_recipient(plan.recipient)?;
        recipient.check(&plan.seller, plan.purpose)?;
        let ((records, values, left_out), delete_by) = (draft.counts(), draft.delete_by());
        let delete_by = delete_by.filter(|_| records > 0).ok_or(ExportError::Nothing)?;
        if usize::try_from(records).unwrap_or(usize::MAX) > RECORDS_MAX {
            return Err(ExportError::TooManyRecords.into());
        }
        let alone = self.exported_alone(context.principal, context.now)?.saturating_add(records);
        if alone_max.is_some_and(|max| alone > max) {
            return Err(VaultError::Changed);
        }
        let mut changes = self.room_for_export()?;
        let binding = self.base.keyring.binding();
        let (content, exported) = draft.finish(binding, id, plan, context.now)?;
        let file = recipient.key()?.seal(&Sensitive::new(content), &*self.base.entropy);
        let file = file.map_err(ExportError::from)?;
        let digest = sha256(&file);
        let export = Export {
            id,
            recipient: recipient.id,
            seller: plan.seller.clone(),
            purpose: plan.purpose,
            fields: plan.fields.clone(),
            records,
            values,
            left_out,
            delete_by,
            bytes: file.len() as u64,
            digest: data_encoding::HEXLOWER.encode(&digest),
            at: context.now,
            asked_by,
            made_by: context.principal,
            fetched_at: None,
            let_go_at: None,
            closed_at: None,
        };
        let made = export.made(Digest(digest));
        let statement = export.statement(binding, &recipient.fingerprint);
        changes.push(self.entry_change(EXPORTS, id, 1, &export)?);
        changes.push(self.entry_change(EXPORTED, id, 1, &exported)?);
        changes.push(self.export_file_change(id, &File { statement, file })?);
        self.keep_export(&context, "export", changes, vec![made])?;
        Ok(export)
    }

    /// What forgets exports that are over, where there are as many as a home remembers.
    fn room_for_export(&self) -> Result<Vec<Change>, VaultError> {
        let exports = self.kept_exports()?;
        if exports.len() < EXPORTS_MAX {
            return Ok(Vec::new());
        }
        let over = exports.into_iter().filter_map(|(version, one)| {
            let never = one.fetched_at.is_none().then_some(one.let_go_at).flatten();
            Some((one.closed_at.or(never)?, one.id, version))
        });
        let mut over: Vec<(Timestamp, RecordId, u32)> = over.collect();
        over.sort_unstable();
        over.truncate(FORGOTTEN_AT_A_TIME);
        if over.is_empty() {
            return Err(ExportError::TooMany.into());
        }
        let mut changes = Vec::new();
        for (_, id, version) in over {
            let (records, _) = self.kept_exported(id)?;
            for (register, version) in [(EXPORTS, version), (EXPORTED, records)] {
                changes.push(Change::DeleteRegister { register: register.to_owned(), id, version });
            }
        }
        Ok(changes)
    }

    /// Writes down that an export could not be made. That this cannot be written either keeps nothing from going on.
    pub fn export_failed(&self, context: &Context, id: RecordId, reason: &'static str) {
        let failed = event::Export::Failed { export: id, reason: reason.to_owned() };
        self.write_failures(std::iter::once(context.event(What::Export(failed))));
    }

    /// Gives out an export's file, while it waits and nothing of it was erased, restricted or corrected since.
    ///
    /// # Errors
    /// [`ExportError::Away`]; [`ExportError::Stale`], with which the home lets go of the file.
    pub fn fetch_export(
        &self,
        authorized: Authorized<authorized::Export>,
        id: RecordId,
    ) -> Result<Fetched, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let (version, mut export) = self.kept_export(id)?.ok_or(ExportError::Missing("export"))?;
        if authorized.action().seller != export.seller {
            return Err(ExportError::Missing("export").into());
        }
        let (_, recipient) = self.kept_recipient(export.recipient)?;
        if recipient.removed.is_some() {
            return Err(ExportError::Removed.into());
        }
        if context.now >= export.waits_until() {
            return Err(ExportError::Away.into());
        }
        let File { statement, file } = self.kept_export_file(id)?.ok_or(ExportError::Away)?;
        if self.is_stale(&export, context.now)? {
            let changes = self.let_go(version, export, context.now)?;
            self.keep_export(&context, "let-go", changes, vec![event::Export::LetGo { export: id }])?;
            return Err(ExportError::Stale.into());
        }
        let binding = self.base.keyring.binding();
        let signer =
            Signer::new(binding.home, binding.environment, self.base.keyring.lasting().ledger_seed());
        let signer = signer.map_err(|_| ExportError::Unsigned)?;
        let (statement, signature) = signer.statement("export 1", &statement);
        export.fetched_at = export.fetched_at.or(Some(context.now));
        let changes = vec![self.entry_change(EXPORTS, id, version.saturating_add(1), &export)?];
        self.keep_export(&context, "fetch-export", changes, vec![event::Export::Fetched { export: id }])?;
        Ok(Fetched { file, statement, signature, ledger_key: signer.public_pem() })
    }

    /// What lets go of every file whose days are over, and the events of that. The caller commits it.
    pub(crate) fn exports_to_let_go(&self, now: Timestamp) -> Result<(Vec<Change>, Vec<What>), VaultError> {
        let (mut changes, mut events) = (Vec::new(), Vec::new());
        for (version, export) in self.kept_exports()? {
            let id = export.id;
            if now < export.waits_until() {
                continue;
            }
            let gone = self.let_go(version, export, now)?;
            if !gone.is_empty() {
                changes.extend(gone);
                events.push(What::Export(event::Export::LetGo { export: id }));
            }
        }
        Ok((changes, events))
    }
}

/// Whether the last day on which something may be kept is here, or over.
pub(crate) fn has_come(day: Day, now: Timestamp) -> bool {
    Day::of(now) >= day
}
