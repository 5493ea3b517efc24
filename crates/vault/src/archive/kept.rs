//! The registers of the archive: keys, archives, and files until they are taken away. Sealed, as every register is.

use bailee_core::{
    Day, FieldInstance, ParseIdError, PartNo, PrincipalId, Purpose, RecordId, SellerId, Statute, Timestamp,
};
use bailee_crypto::archive::Recipient;
use bailee_crypto::envelope::{self, Place};
use bailee_crypto::lasting::Binding;
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, Digest};
use bailee_store::act::{Change, RegisterRow};
use bailee_store::records::Registers;
use data_encoding::{BASE64, HEXLOWER};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ArchiveError;
use crate::{Vault, VaultError};

pub(super) const KEYS: &str = "archive-key";
pub(super) const ARCHIVES: &str = "archive";
/// Apart from what is told of them, since a list reads all of a register.
pub(super) const FILES: &str = "archive-file";

/// The only field of an entry; of a file's, what is said of it, and then the file.
const ENTRY: FieldInstance = FieldInstance(0);
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
    /// Records that were to be in it, and had ended.
    pub gone: u32,
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
        self.destroyed.is_none() && Day::of(now) > self.until
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
            gone: self.gone,
            bytes: self.bytes,
            digest,
            key: self.key,
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
        self.all_of(KEYS, "an archive key")
    }

    pub(super) fn kept_archives(&self) -> Result<Vec<(u32, Archive)>, VaultError> {
        self.all_of(ARCHIVES, "an archive")
    }

    pub(super) fn kept_archive(&self, id: RecordId) -> Result<Option<(u32, Archive)>, VaultError> {
        let row = Registers::entry(&*self.base.store, ARCHIVES, id)?;
        row.map(|row| Ok((row.version, self.open_entry(&row, "an archive")?))).transpose()
    }

    fn all_of<T: DeserializeOwned>(
        &self,
        register: &str,
        what: &'static str,
    ) -> Result<Vec<(u32, T)>, VaultError> {
        let rows = self.base.store.entries(register)?;
        rows.iter().map(|row| Ok((row.version, self.open_entry(row, what)?))).collect()
    }

    fn open_entry<T: DeserializeOwned>(
        &self,
        row: &RegisterRow,
        what: &'static str,
    ) -> Result<T, VaultError> {
        let key = self.base.keyring.lasting().register_key(&row.register);
        let place = self.archive_place(&row.register, row.id, row.version);
        let opened = envelope::open(&key, &place, &row.sealed, None)?;
        let (_, plain) = opened.first().ok_or(VaultError::Damaged(what))?;
        serde_json::from_slice(plain.expose()).map_err(|_| VaultError::Damaged(what))
    }

    pub(super) fn entry_change<T: Serialize>(
        &self,
        register: &str,
        id: RecordId,
        version: u32,
        entry: &T,
    ) -> Result<Change, VaultError> {
        let plain = serde_json::to_vec(entry).map_err(|_| VaultError::Damaged("an archive"))?;
        self.sealed_change(register, id, version, &[(ENTRY, &plain)])
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
        let opened = envelope::open(&key, &self.archive_place(FILES, id, row.version), &row.sealed, None)?;
        let [(ENTRY, statement), (FILE, file)] = opened.as_slice() else {
            return Err(VaultError::Damaged("an archive's file"));
        };
        let statement = String::from_utf8_lossy(statement.expose()).into_owned();
        Ok(Some(File { statement, file: file.expose().clone() }))
    }

    fn sealed_change(
        &self,
        register: &str,
        id: RecordId,
        version: u32,
        fields: &[(FieldInstance, &[u8])],
    ) -> Result<Change, VaultError> {
        let key = self.base.keyring.lasting().register_key(register);
        let place = self.archive_place(register, id, version);
        let sealed = envelope::seal(&key, &place, fields, &*self.base.entropy)?;
        Ok(Change::PutRegister(RegisterRow { register: register.to_owned(), id, version, sealed }))
    }

    fn archive_place(&self, register: &str, id: RecordId, version: u32) -> Place<'static> {
        let binding = self.base.keyring.binding();
        let what = match register {
            KEYS => "register/archive-key",
            ARCHIVES => "register/archive",
            _ => "register/archive-file",
        };
        Place {
            home: binding.home,
            environment: binding.environment,
            what,
            seller: None,
            record: id,
            part: PartNo(0),
            version,
        }
    }
}
