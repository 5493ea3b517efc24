//! The registers of exports: what is told of them, which records each had, and files until they are fetched. Sealed, as every
//! register is.

use bailee_core::export::FILE_DAYS;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{Day, FieldInstance, PrincipalId, Purpose, RecordId, SellerId, Timestamp};
use bailee_crypto::envelope;
use bailee_crypto::lasting::Binding;
use bailee_ledger::event::{self, Digest};
use bailee_store::act::{Change, RegisterRow};
use bailee_store::records::Registers;
use serde::{Deserialize, Serialize};

use super::notices::Act;
use crate::registers::ENTRY;
use crate::{Vault, VaultError};

pub(crate) const EXPORTS: &str = "export";
/// Which records each had: apart, since a list reads all of a register.
pub(crate) const EXPORTED: &str = "exported";
pub(crate) const FILES: &str = "export-file";

/// Of a file's entry the second field; the first is what is said of it.
const FILE: FieldInstance = FieldInstance(1);

/// What is known of an export. Of what is in it, counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Names it.
    pub id: RecordId,
    /// To whom.
    pub recipient: RecordId,
    /// Whose data.
    pub seller: SellerId,
    /// For what.
    pub purpose: Purpose,
    /// Which fields; all that have the purpose, where none was named.
    pub fields: Vec<String>,
    /// How many records.
    pub records: u32,
    /// How many values.
    pub values: u64,
    /// Records that were to be in it and are not: they had ended, are restricted, have no consent, or did not open.
    pub left_out: u32,
    /// The last day on which any of it may be kept.
    pub delete_by: Day,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub digest: String,
    /// When it was made.
    pub at: Timestamp,
    /// Who asked for it, where it took two.
    pub asked_by: Option<PrincipalId>,
    /// Who approved it, or made it alone where that is enough.
    pub made_by: PrincipalId,
    /// When its file was given out first: since then somebody may have it.
    pub fetched_at: Option<Timestamp>,
    /// Since when the home has no copy of the file.
    pub let_go_at: Option<Timestamp>,
    /// Since when all of it is confirmed to be gone.
    pub closed_at: Option<Timestamp>,
}

impl Export {
    /// From then on its file is not given out any more.
    pub fn waits_until(&self) -> Timestamp {
        saturating_add(self.at, FILE_DAYS * DAY_SECONDS)
    }

    /// How it stands, in a word.
    pub fn state(&self) -> &'static str {
        match (self.closed_at, self.fetched_at, self.let_go_at) {
            (Some(_), ..) => "gone",
            (None, Some(_), _) => "out",
            (None, None, Some(_)) => "let-go",
            (None, None, None) => "waits",
        }
    }

    /// Whether there is something to tell of it: it is out, and not confirmed to be gone.
    pub(super) fn is_out(&self) -> bool {
        self.fetched_at.is_some() && self.closed_at.is_none()
    }

    pub(super) fn made(&self, digest: Digest) -> event::Export {
        event::Export::Made {
            export: self.id,
            recipient: self.recipient,
            seller: self.seller.clone(),
            purpose: self.purpose,
            records: self.records,
            values: self.values,
            left_out: self.left_out,
            bytes: self.bytes,
            digest,
        }
    }

    /// What the home says of the file. Its last line is one that `sha256sum -c FILE.txt < FILE` checks.
    pub(super) fn statement(&self, binding: Binding, fingerprint: &str) -> String {
        let Self { id, recipient, seller, purpose, records, delete_by, at, bytes, digest, .. } = self;
        let Binding { home, environment } = binding;
        format!(
            "# home {home} {environment}\n# export {id}\n# recipient {recipient}\n# seller {seller}\n# purpose {purpose}\n\
             # records {records}\n# delete by {delete_by}\n# made {at}\n# key {fingerprint}\n# bytes {bytes}\n{digest}  -\n"
        )
    }
}

/// The records of an export, in the order of its lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Exported {
    pub(super) records: Vec<ExportedRecord>,
}

/// A record of an export, as it was then, and what was told of it since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ExportedRecord {
    pub(super) record: RecordId,
    /// What of it left.
    pub(super) instances: Vec<FieldInstance>,
    /// The last day on which it may be kept.
    pub(super) delete_by: Day,
    /// How many corrections there had been.
    pub(super) corrections: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) told: Option<Told>,
}

/// What was told of a record last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) act: Act,
    /// The newest notice that says so.
    pub(super) notice: RecordId,
    /// When it was told first.
    pub(super) at: Timestamp,
    /// Whether it is confirmed.
    pub(super) confirmed: bool,
}

/// A file that waits, and what is said of it.
pub(super) struct File {
    pub(super) statement: String,
    pub(super) file: Vec<u8>,
}

impl Vault {
    pub(crate) fn kept_exports(&self) -> Result<Vec<(u32, Export)>, VaultError> {
        self.entries_of(EXPORTS, "an export")
    }

    pub(super) fn kept_export(&self, id: RecordId) -> Result<Option<(u32, Export)>, VaultError> {
        self.entry_of(EXPORTS, id, "an export")
    }

    pub(super) fn kept_exported(&self, id: RecordId) -> Result<(u32, Exported), VaultError> {
        self.entry_of(EXPORTED, id, "an export")?.ok_or(VaultError::Damaged("an export"))
    }

    pub(super) fn export_file_change(&self, id: RecordId, file: &File) -> Result<Change, VaultError> {
        self.sealed_change(FILES, id, 1, &[(ENTRY, file.statement.as_bytes()), (FILE, &file.file)])
    }

    /// What lets go of an export's file; nothing, where it is not here.
    pub(crate) fn let_go(
        &self,
        version: u32,
        mut export: Export,
        now: Timestamp,
    ) -> Result<Vec<Change>, VaultError> {
        if export.let_go_at.is_some() {
            return Ok(Vec::new());
        }
        let id = export.id;
        export.let_go_at = Some(now);
        let row = Registers::entry(&*self.base.store, FILES, id)?;
        let end = |row: RegisterRow| Change::DeleteRegister {
            register: FILES.to_owned(),
            id,
            version: row.version,
        };
        let mut changes = vec![self.entry_change(EXPORTS, id, version.saturating_add(1), &export)?];
        changes.extend(row.map(end));
        Ok(changes)
    }

    pub(super) fn kept_export_file(&self, id: RecordId) -> Result<Option<File>, VaultError> {
        let Some(row) = Registers::entry(&*self.base.store, FILES, id)? else { return Ok(None) };
        let key = self.base.keyring.lasting().register_key(FILES);
        let opened = envelope::open(&key, &self.register_place(FILES, id, row.version), &row.sealed, None)?;
        let [(ENTRY, statement), (FILE, file)] = opened.as_slice() else {
            return Err(VaultError::Damaged("an export's file"));
        };
        let statement = String::from_utf8_lossy(statement.expose()).into_owned();
        Ok(Some(File { statement, file: file.expose().clone() }))
    }
}
