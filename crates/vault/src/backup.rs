//! Backups: all that a home keeps, as of one moment, sealed for those who keep a key elsewhere. Never a key.
//!
//! What is in one lies under keys of the keyring, which no backup holds: of what is disposed of or erased later, a backup keeps
//! bytes that nothing opens any more. The store is copied into a file inside the home while others go on with it, sealed from there
//! into a file beside its final name, read back to the byte, written into the ledger, and only then given its name. Killed in
//! between, a backup is not there; what is left is removed by the next one, and when the home is opened.
//!
//! [`bundle`] is what a backup holds, [`place`] where one may lie, [`replay`] what a home that goes on from one has to make up for.

pub mod bundle;
mod draft;
pub mod drill;
pub mod place;
pub mod replay;
pub mod since;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use bailee_core::{RecordId, Timestamp};
use bailee_crypto::backup::{About, BackupError, RECIPIENTS_MAX, Recipient, Sealer, Written};
use bailee_ledger::authorized::{Administer, Authorized, Context};
use bailee_ledger::event::{self, What};
use bailee_ledger::log::Source;
use bailee_ledger::note::Signer;
use bailee_store::act::Act;

use crate::{Vault, VaultError};
use bundle::Bundle;
use draft::{Draft, Scratch};
use drill::LastBackup;

/// Reads what belongs to a home beside its store: names, and what is in each.
pub type HomeFiles = dyn Fn() -> io::Result<Vec<(String, Vec<u8>)>> + std::marker::Send + Sync;

/// Sends a file elsewhere; whether that went well.
pub type Send = dyn Fn(&Path) -> bool + std::marker::Send + Sync;

/// How a home is backed up.
pub struct Backups {
    /// For whom.
    pub recipients: Vec<Recipient>,
    /// Where backups may lie: in these directories and below.
    pub places: Vec<PathBuf>,
    /// The file that holds a copy of the store meanwhile: in the home, where no other may read it.
    pub scratch: PathBuf,
    /// What else belongs to the home. Never a secret.
    pub files: Box<HomeFiles>,
    /// Sends a backup elsewhere; whether it went well.
    pub send: Option<Box<Send>>,
}

/// A backup that was made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Made {
    /// Names it.
    pub backup: RecordId,
    /// Where it is.
    pub file: PathBuf,
    /// Whether the command that sends it elsewhere did; none where the home has no such command.
    pub sent: Option<bool>,
    /// When.
    pub made_at: Timestamp,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal digits.
    pub digest: String,
    /// Entries of the ledger in it.
    pub ledger_size: u64,
    /// The ids of those who can open it.
    pub recipients: Vec<String>,
}

impl Backups {
    /// None: a home without recipients and places.
    pub fn none() -> Self {
        Self {
            recipients: Vec::new(),
            places: Vec::new(),
            scratch: PathBuf::new(),
            files: Box::new(|| Ok(Vec::new())),
            send: None,
        }
    }
}

impl Vault {
    /// Backs the home up into a directory. `progress` hears how many of how many bytes of the store are sealed and read back.
    ///
    /// # Errors
    /// [`VaultError::Backup`] says what is wrong with the place or the file; else when the store cannot be read or the ledger not
    /// be written. There is no backup then.
    pub fn back_up(
        &self,
        authorized: Authorized<Administer>,
        backups: &Backups,
        directory: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Made, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        match backups.recipients.len() {
            0 => return Err(BackupFault::NoRecipients.into()),
            1..=RECIPIENTS_MAX => {}
            _ => return Err(BackupFault::Unwritten(BackupError::Recipients).into()),
        }
        let directory = place::check(directory, &backups.places)?;
        let _one_at_a_time = self.backing_up.lock().unwrap_or_else(PoisonError::into_inner);
        let scratch = Scratch::new(&backups.scratch)?;
        self.base.store.snapshot(scratch.path())?;
        let backup = RecordId::random(&*self.base.entropy);
        let about = About { binding: self.base.keyring.binding(), backup, made_at: context.now };
        let draft = Draft::begin(&directory, &about)?;
        let (written, ledger_size) = self.write_backup(&draft, &about, backups, &scratch, progress)?;
        drop(scratch);
        let recipients: Vec<RecordId> =
            backups.recipients.iter().map(|recipient| RecordId(recipient.id().0)).collect();
        let event = What::BackupMade(event::BackupMade {
            backup,
            bytes: written.bytes,
            digest: event::Digest(written.digest),
            recipients: recipients.clone(),
        });
        // Before it has its name: a backup that is there is in the ledger.
        let last = LastBackup { backup, made_at: context.now, bytes: written.bytes };
        let (changes, events) = (self.remember_backup(&last)?, vec![context.event(event)]);
        self.base.store.commit(Act { name: "back-up", changes, events })?;
        let file = draft.keep()?;
        let sent = backups.send.as_ref().map(|send| self.send(&context, backup, &file, send));
        Ok(Made {
            backup,
            file,
            sent: sent.transpose()?,
            made_at: context.now,
            bytes: written.bytes,
            digest: data_encoding::HEXLOWER.encode(&written.digest),
            ledger_size,
            recipients: recipients.iter().map(ToString::to_string).collect(),
        })
    }

    /// Sends a backup elsewhere. It is there all the same where that fails, and the ledger says so.
    fn send(
        &self,
        context: &Context,
        backup: RecordId,
        file: &Path,
        send: &Send,
    ) -> Result<bool, VaultError> {
        let went_well = send(file);
        let events = vec![context.event(What::BackupSent(event::BackupSent { backup, sent: went_well }))];
        self.base.store.commit(Act { name: "send-backup", changes: Vec::new(), events })?;
        Ok(went_well)
    }

    /// Seals the home into a draft, makes that durable and reads it back.
    fn write_backup(
        &self,
        draft: &Draft,
        about: &About,
        backups: &Backups,
        scratch: &Scratch,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Written, u64), VaultError> {
        let files = (backups.files)().map_err(unwritten)?;
        let store = File::open(scratch.path()).map_err(unwritten)?;
        let bytes = store.metadata().map_err(unwritten)?.len();
        let ledger_size = scratch.ledger_size()?;
        let signer = self.signer()?;
        let sealer = Sealer::begin(draft.writer(), about, &backups.recipients, &*self.base.entropy);
        let mut bundle = Bundle::new(sealer.map_err(BackupFault::Unwritten)?);
        for (name, content) in &files {
            bundle.put(name, content.len() as u64, &mut content.as_slice()).map_err(unwritten)?;
        }
        // Sealing is the first half of the way, reading it back the second.
        let total = bytes.saturating_mul(2);
        let mut store =
            Heard { input: BufReader::new(store), done: 0, hear: &mut |done| progress(done, total) };
        bundle.put(bundle::STORE, bytes, &mut store).map_err(unwritten)?;
        let sealer = bundle.finish(about, &signer).map_err(unwritten)?;
        let (_, written) = sealer.finish().map_err(BackupFault::Unwritten)?;
        draft.sync()?;
        let file = BufReader::new(draft.reopen()?);
        let mut file =
            Heard { input: file, done: 0, hear: &mut |done| progress(bytes + done.min(bytes), total) };
        written.read_back(&mut file).map_err(BackupFault::Unwritten)?;
        Ok((written, ledger_size))
    }

    /// What signs by the home's key, under the origin by which its ledger goes.
    fn signer(&self) -> Result<Signer, VaultError> {
        let binding = self.base.keyring.binding();
        let checkpoint = Source::checkpoint(&*self.base.store)
            .map_err(|_| VaultError::Damaged("the ledger's checkpoint"))?;
        let origin = checkpoint.lines().next().unwrap_or_default();
        let seed = self.base.keyring.lasting().ledger_seed();
        Signer::of_origin(binding.home, binding.environment, seed, origin)
            .map_err(|_| VaultError::Damaged("the ledger's key"))
    }
}

fn unwritten(error: io::Error) -> VaultError {
    BackupFault::Unwritten(error.into()).into()
}

/// Tells how much was read through it.
struct Heard<'h, R> {
    input: R,
    done: u64,
    hear: &'h mut dyn FnMut(u64),
}

impl<R: io::Read> io::Read for Heard<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.done += count as u64;
        (self.hear)(self.done);
        Ok(count)
    }
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// Nobody could open it.
    #[error(
        "nobody could open a backup of this home; make a key with `bailee backup keygen` on another machine, and name its public \
         half in [backup] recipients"
    )]
    NoRecipients,
    /// The place is not among those that are allowed.
    #[error("{} is no place for backups of this home; name it in [backup] places, or use one that is listed there (2.3.c)", .0.display())]
    NotListed(PathBuf),
    /// The place is on a medium that can be carried away.
    #[error("{} is on a removable medium, where no backup may lie; use a disk that stays (2.3.c)", .0.display())]
    Removable(PathBuf),
    /// The place cannot be used.
    #[error("{} cannot be used for a backup ({kind}); it has to be a directory that this user may write to", .path.display())]
    Place {
        /// Which.
        path: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// A file cannot be read.
    #[error("{} cannot be read ({kind})", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// Others may read the private key.
    #[error("{} may be read by others; run `chmod 600` on it (2.4.b)", .0.display())]
    KeyReadable(PathBuf),
    /// There is no private key in the file.
    #[error("{}: {error}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: BackupError,
    },
    /// It is of another home, or of another environment.
    #[error("this backup is of another home or environment, and opens nothing here (2.5.b)")]
    AnotherHome,
    /// It is not whole, or not for this key.
    #[error("the backup is refused: {0}")]
    Unread(BackupError),
    /// The ledger in it does not hold.
    #[error(
        "the ledger in this backup does not hold; make another backup, and look for what changed this one"
    )]
    Ledger,
    /// It could not be written, or did not read back.
    #[error("there is no backup: {0}")]
    Unwritten(BackupError),
}

impl BackupFault {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoRecipients => "backup-without-recipients",
            Self::NotListed(_) => "backup-place-not-listed",
            Self::Removable(_) => "backup-place-removable",
            Self::Place { .. } => "backup-place-unusable",
            Self::File { .. } => "backup-file-unreadable",
            Self::KeyReadable(_) => "backup-key-readable-by-others",
            Self::Key { .. } => "not-a-backup-key",
            Self::AnotherHome => "backup-of-another-home",
            Self::Unread(BackupError::Changed | BackupError::NotABackup) => "backup-changed",
            Self::Unread(_) => "backup-refused",
            Self::Ledger => "backup-ledger-refused",
            Self::Unwritten(_) => "backup-unwritten",
        }
    }
}

#[cfg(test)]
mod tests;
