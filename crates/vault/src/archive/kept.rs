//! The registers of the archive: keys, archives, and files until they are taken away. Sealed, as every register is.

use bailee_core::{
    Day, FieldInstance, ParseIdError, PrincipalId, Purpose, RecordId, SellerId, Statute, Timestamp,
};
use bailee_crypto::archive::Recipient;
use bailee_crypto::envelope;
use bailee_crypto::lasting::Binding;
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, Digest};
use bailee_store::act::{Change, RegisterRow};
use bailee_store::records::Registers;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::ArchiveError;
use crate::registers::ENTRY;
use crate::{Vault, VaultError};

pub(crate) const KEYS: &str = "archive-key";
pub(crate) const ARCHIVES: &str = "archive";
/// Apart from what is told of them, since a list reads all of a register.
pub(super) const FILES: &str = "archive-file";

/// Of a file's entry the second field; the first is what is said of it.
const FILE: FieldInstance = FieldInstance(1);

/// How something was destroyed. A closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Overwritten, or the medium's own erasure was done.
    Erased,
    /// What it lay on was cut to pieces.
    Shredded,
    /// What it lay on was burned.
    Burned,
    /// Nobody has it any more, and nobody can say how.
    Lost,
}

impl How {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Erased, Self::Shredded, Self::Burned, Self::Lost];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Erased => "erased",
            Self::Shredded => "shredded",
            Self::Burned => "burned",
            Self::Lost => "lost",
        }
    }
}

impl std::str::FromStr for How {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let found = Self::ALL.into_iter().find(|how| how.as_str() == text);
        found.ok_or(ParseIdError::new("something is destroyed by being erased, shredded, burned or lost"))
    }
}

/// That something was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When that was said.
    pub at: Timestamp,
    /// Who said it.
    pub said_by: PrincipalId,
    /// How.
    pub how: How,
    /// Who did it, where somebody else.
    pub done_by: Option<String>,
}

impl Ended {
    pub(super) fn new(context: &Context, how: How, done_by: Option<String>) -> Self {
        Self { at: context.now, said_by: context.principal, how, done_by }
    }
}

/// The public half of an offline key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineKey {
    /// The first half of its fingerprint.
    pub id: RecordId,
    /// SHA-256 of it, in hexadecimal digits.
    pub fingerprint: String,
    /// The year in which the statutes end for which it is.
    pub year: i16,
    /// `SubjectPublicKeyInfo`, in base64.
    public: String,
    /// When it was added.
    pub since: Timestamp,
    /// By whom.
    pub added_by: PrincipalId,
    /// That it was destroyed.
    pub destroyed: Option<Ended>,
}

impl OfflineKey {
    pub(super) fn new(recipient: &Recipient, year: i16, since: Timestamp, added_by: PrincipalId) -> Self {
        let fingerprint = recipient.fingerprint();
        let mut id = [0; 16];
        let digest = HEXLOWER.decode(fingerprint.as_bytes()).unwrap_or_default();
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        let public = BASE64.encode(recipient.der());
        Self { id: RecordId(id), fingerprint, year, public, since, added_by, destroyed: None }
    }

    pub(super) fn recipient(&self) -> Result<Recipient, VaultError> {
        let der = BASE64.decode(self.public.as_bytes()).map_err(|_| VaultError::Damaged("an archive key"))?;
        Ok(Recipient::from_der(&der).map_err(ArchiveError::from)?)
    }

    pub(super) fn fingerprint_digest(&self) -> Option<Digest> {
        let bytes = HEXLOWER.decode(self.fingerprint.as_bytes()).ok()?;
        bytes.try_into().ok().map(Digest)
    }
}

/// What is known of an archive. Of what is in it, counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// Names it.
    pub id: RecordId,
    /// Whose data.
    pub seller: SellerId,
    /// For what.
    pub purpose: Purpose,
    /// Under which statute.
    pub statute: Statute,
    /// The last day on which that obliges. It is to be destroyed after it.
    pub until: Day,
    /// Which fields.
    pub fields: Vec<String>,
    /// How many records.
    pub records: u32,
    /// How many values.
    pub values: u64,
    /// Records that were to be in it and are not: they had ended, are restricted, or did not open.
    pub left_out: u32,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub digest: String,
    /// The offline key.
    pub key: RecordId,
    /// Its year.
    pub year: i16,
    /// When it was made.
    pub at: Timestamp,
    /// Who asked for it, where it took two.
    pub asked_by: Option<PrincipalId>,
    /// Who approved it, or made it alone where that is enough.
    pub made_by: PrincipalId,
    /// The hold that it was made under, where it was not asked for by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<RecordId>,
    /// That the hold was lifted: it is to be destroyed from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Timestamp>,
    /// When its file was given out last.
    #[serde(default)]
    pub fetched_at: Option<Timestamp>,
    /// Where it lies; in this home, when nowhere.
    pub place: Option<String>,
    /// Since when.
    pub placed_at: Option<Timestamp>,
    /// That it was destroyed.
    pub destroyed: Option<Ended>,
}

impl Archive {
    /// Whether it is to be destroyed and was not.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.destroyed.is_none() && (self.lifted.is_some() || Day::of(now) > self.until)
    }

    /// How it stands, in a word.
    pub fn state(&self) -> &'static str {
        match (&self.destroyed, &self.place) {
            (Some(_), _) => "destroyed",
            (None, Some(_)) => "placed",
            (None, None) => "here",
        }
    }

    pub(super) fn made(&self, digest: Digest) -> event::Archive {
        event::Archive::Made {
            archive: self.id,
            seller: self.seller.clone(),
            purpose: self.purpose,
            statute: self.statute.clone(),
            until: self.until,
            records: self.records,
            values: self.values,
            left_out: self.left_out,
            bytes: self.bytes,
            digest,
            key: self.key,
            hold: self.hold,
        }
    }

    /// What the home says of the file. Its last line is one that `sha256sum -c FILE.txt < FILE` checks.
    pub(super) fn statement(&self, binding: Binding, fingerprint: &str) -> String {
        let Self { id, seller, purpose, statute, until, records, at, bytes, digest, .. } = self;
        let Binding { home, environment } = binding;
        format!(
            "# home {home} {environment}\n# archive {id}\n# seller {seller}\n# purpose {purpose}\n# statute {statute}\n\
             # until {until}\n# records {records}\n# made {at}\n# key {fingerprint}\n# bytes {bytes}\n{digest}  -\n"
        )
    }
}

/// A file that was not taken away yet, and what is said of it.
pub(super) struct File {
    pub(super) statement: String,
    pub(super) file: Vec<u8>,
}

impl Vault {
    pub(super) fn kept_keys(&self) -> Result<Vec<(u32, OfflineKey)>, VaultError> {
        self.entries_of(KEYS, "an archive key")
    }

    pub(crate) fn kept_archives(&self) -> Result<Vec<(u32, Archive)>, VaultError> {
        self.entries_of(ARCHIVES, "an archive")
    }

    pub(super) fn kept_archive(&self, id: RecordId) -> Result<Option<(u32, Archive)>, VaultError> {
        self.entry_of(ARCHIVES, id, "an archive")
    }

    pub(super) fn file_change(&self, id: RecordId, file: &File) -> Result<Change, VaultError> {
        self.sealed_change(FILES, id, 1, &[(ENTRY, file.statement.as_bytes()), (FILE, &file.file)])
    }

    /// What lets go of a file, where it is here.
    pub(super) fn file_end(&self, id: RecordId) -> Result<Option<Change>, VaultError> {
        let row = Registers::entry(&*self.base.store, FILES, id)?;
        let end = |row: RegisterRow| Change::DeleteRegister {
            register: FILES.to_owned(),
            id,
            version: row.version,
        };
        Ok(row.map(end))
    }

    pub(super) fn kept_file(&self, id: RecordId) -> Result<Option<File>, VaultError> {
        let Some(row) = Registers::entry(&*self.base.store, FILES, id)? else { return Ok(None) };
        let key = self.base.keyring.lasting().register_key(FILES);
        let opened = envelope::open(&key, &self.register_place(FILES, id, row.version), &row.sealed, None)?;
        let [(ENTRY, statement), (FILE, file)] = opened.as_slice() else {
            return Err(VaultError::Damaged("an archive's file"));
        };
        let statement = String::from_utf8_lossy(statement.expose()).into_owned();
        Ok(Some(File { statement, file: file.expose().clone() }))
    }
}
