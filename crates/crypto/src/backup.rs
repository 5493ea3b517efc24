//! Backups as files: sealed for those who keep a private key elsewhere, so that the home that writes one cannot read it.
//!
//! A file key seals the content in chunks, and is sealed itself for each [`Recipient`] by an agreement of X25519 keys.
//! Every chunk is authenticated, with its place and whether it is the last: what was cut, lengthened, reordered or changed does not
//! open, and nothing of a chunk is given out before it is known to be whole. Home, environment, and all that the head says are bound
//! into every key. `docs/formats/backup.md` fixes the bytes.
//!
//! What is in a backup, and who signs that, is the caller's. No key of the keyring ever is.

use std::io;

use bailee_core::{Environment, HomeId, RecordId, Timestamp};
use zeroize::Zeroizing;

use crate::kdf::{NotOpened, context, derive, open_box, seal_box, sha256};
use crate::lasting::Binding;
use crate::secret::Key;
use crate::wire::{Malformed, Reader};

mod key;
mod open;
mod seal;
#[cfg(test)]
mod tests;

pub use key::{BackupKey, Recipient, RecipientId};
pub use open::Opener;
pub use seal::{Sealer, Written};

/// Bytes of content in a chunk; the last may have fewer.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Most recipients of a backup: each may open it alone.
pub const RECIPIENTS_MAX: usize = 8;

const MAGIC: &[u8; 16] = b"bailee backup 1\n";
/// Bytes of a head before its recipients: magic, home, environment, backup, time, how many.
const START_BYTES: usize = 16 + 16 + 1 + 16 + 8 + 1;
/// Bytes of a recipient in a head: its id, a public key of the agreement, the sealed file key.
const RECIPIENT_BYTES: usize = 16 + 32 + 64;

/// What a backup says of itself to whoever has the file. It is authenticated with the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The home and environment that it is of.
    pub binding: Binding,
    /// Names it.
    pub backup: RecordId,
    /// When it was made, to the millisecond.
    pub made_at: Timestamp,
}

impl About {
    fn write(&self, recipients: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(self.binding.home.as_bytes());
        out.push(environment_byte(self.binding.environment));
        out.extend_from_slice(self.backup.as_bytes());
        out.extend_from_slice(&self.made_at.as_millisecond().to_be_bytes());
        out.push(u8::try_from(recipients).unwrap_or(u8::MAX));
    }

    /// What the start of a head says, and how many recipients follow.
    fn read(start: &[u8]) -> Result<(Self, usize), BackupError> {
        let mut reader = Reader::new(start);
        if reader.array()? != *MAGIC {
            return Err(BackupError::NotABackup);
        }
        let home = HomeId(reader.array()?);
        let environment = match reader.u8()? {
            1 => Environment::Production,
            2 => Environment::Test,
            _ => return Err(BackupError::NotABackup),
        };
        let backup = RecordId(reader.array()?);
        let made_at = Timestamp::from_millisecond(i64::from_be_bytes(reader.array()?));
        let count = usize::from(reader.u8()?);
        if count == 0 || count > RECIPIENTS_MAX {
            return Err(BackupError::NotABackup);
        }
        let binding = Binding { home, environment };
        let made_at = made_at.map_err(|_| BackupError::NotABackup)?;
        Ok((Self { binding, backup, made_at }, count))
    }
}

const fn environment_byte(environment: Environment) -> u8 {
    match environment {
        Environment::Production => 1,
        Environment::Test => 2,
    }
}

/// The file key for one recipient, as a head holds it.
fn seal_for(
    start: &[u8],
    recipient: &Recipient,
    file_key: &Key,
    entropy: &dyn bailee_core::Entropy,
) -> Result<Vec<u8>, BackupError> {
    let ephemeral = BackupKey::random(entropy);
    let public = ephemeral.recipient()?;
    let between = agreed(&ephemeral, recipient, &public, recipient, start)?;
    let mut out = Vec::with_capacity(RECIPIENT_BYTES);
    out.extend_from_slice(&recipient.id().0);
    out.extend_from_slice(&public.0);
    out.extend(seal_box(&between, &box_context(start), file_key.bytes(), entropy));
    Ok(out)
}

/// The file key, of what a head holds for this recipient; nothing where it holds nothing for them.
fn open_for(start: &[u8], entry: &[u8], key: &BackupKey) -> Result<Option<Key>, BackupError> {
    let mut reader = Reader::new(entry);
    let recipient = key.recipient()?;
    if reader.array()? != recipient.id().0 {
        return Ok(None);
    }
    unbox(start, &mut reader, key, &recipient).map(Some)
}

/// Whether what a head holds for somebody opens for this recipient, though it is said to be for another: then it was changed.
fn is_for(start: &[u8], entry: &[u8], key: &BackupKey) -> Result<bool, BackupError> {
    let mut reader = Reader::new(entry);
    reader.array::<16>()?;
    Ok(unbox(start, &mut reader, key, &key.recipient()?).is_ok())
}

fn unbox(
    start: &[u8],
    reader: &mut Reader<'_>,
    key: &BackupKey,
    recipient: &Recipient,
) -> Result<Key, BackupError> {
    let ephemeral = Recipient(reader.array()?);
    let between = agreed(key, &ephemeral, &ephemeral, recipient, start)?;
    let opened: Zeroizing<Vec<u8>> = open_box(&between, &box_context(start), reader.left())?;
    let bytes: &[u8; 32] = opened.as_slice().try_into().map_err(|_| BackupError::Changed)?;
    Ok(Key::stored(bytes))
}

/// The key between an ephemeral key and a recipient, by the private half of either.
fn agreed(
    own: &BackupKey,
    other: &Recipient,
    ephemeral: &Recipient,
    recipient: &Recipient,
    start: &[u8],
) -> Result<Key, BackupError> {
    let shared = own.agree(other)?;
    let salt = [ephemeral.0, recipient.0].concat();
    Ok(derive(shared.bytes(), &salt, &context("bailee/v1/backup-recipient", &[start])))
}

fn box_context(start: &[u8]) -> Vec<u8> {
    context("bailee/v1/backup-file-key", &[start])
}

/// The key of the chunks. The whole head is bound into it.
fn content_key(file_key: &Key, head: &[u8]) -> Key {
    derive(file_key.bytes(), &sha256(head), &context("bailee/v1/backup-content", &[]))
}

/// Why a backup or a key of one cannot be used. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// Not the beginning of one.
    #[error("this is no backup of bailee; check the file's name")]
    NotABackup,
    /// Sealed for others.
    #[error("this backup is sealed for other keys than this one; use the key of one of its recipients")]
    OtherKey,
    /// Changed, or cut off.
    #[error("this backup was changed or is cut off, and opens no further; take another copy of it")]
    Changed,
    /// None, or more than a head holds.
    #[error("a backup has between one and {RECIPIENTS_MAX} recipients")]
    Recipients,
    /// No key of a recipient.
    #[error(
        "this is no key for backups; it is `bkp_` and 56 letters and digits, as `bailee backup keygen` prints it"
    )]
    NotARecipient,
    /// No private key.
    #[error(
        "this is no private key for backups; look for a typing error, or name the file that `bailee backup keygen` wrote"
    )]
    NotAKey,
    /// Larger than can be numbered.
    #[error("this home is too large for one backup")]
    TooLarge,
    /// The file cannot be read or written.
    #[error("the backup cannot be read or written ({0})")]
    File(io::ErrorKind),
}

impl BackupError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotABackup => "not-a-backup",
            Self::OtherKey => "backup-other-key",
            Self::Changed => "backup-changed",
            Self::Recipients => "backup-recipients",
            Self::NotARecipient => "not-a-recipient",
            Self::NotAKey => "not-a-backup-key",
            Self::TooLarge => "backup-too-large",
            Self::File(_) => "backup-file",
        }
    }
}

impl From<Malformed> for BackupError {
    fn from(Malformed: Malformed) -> Self {
        Self::Changed
    }
}

impl From<NotOpened> for BackupError {
    fn from(NotOpened: NotOpened) -> Self {
        Self::Changed
    }
}

impl From<io::Error> for BackupError {
    /// What was wrong with the file, or with what is in it.
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(_) if kind == io::ErrorKind::UnexpectedEof => Self::Changed,
            Err(_) => Self::File(kind),
        }
    }
}

impl From<BackupError> for io::Error {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::File(kind) => kind.into(),
            other => Self::new(io::ErrorKind::InvalidData, other),
        }
    }
}
