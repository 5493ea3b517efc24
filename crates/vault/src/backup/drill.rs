//! A restore drill: a backup is taken apart, and everything of it that lives is opened, to know that it could be gone on from, how long that
//! takes, and how old the data would be (2.5.b).
//!
//! It goes by the keyring of the home, which stays as it is: nothing is replayed, nothing destroyed, and what is opened is dropped at once. What it takes the
//! private key for lies offline otherwise, so nobody but a person can begin one: the home says when it is due.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{RecordId, Timestamp};
use bailee_crypto::backup::{BackupKey, Opener};
use bailee_crypto::bucket::{BucketId, BucketKeys, BucketUse};
use bailee_crypto::envelope;
use bailee_ledger::authorized::{Administer, Authorized, Context};
use bailee_ledger::event::{self, What};
use bailee_ledger::verify::verify;
use bailee_store::act::{Act, BucketNo, BucketState, Change, PartRow};
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_store::sqlite::copy::Copy;
use serde::{Deserialize, Serialize};

use super::draft::Scratch;
use super::{BackupFault, Backups, Heard, bundle};
use crate::{Vault, VaultError};

/// Days after which a home that is backed up is drilled again.
pub const DRILL_DAYS: i64 = 90;

/// Most bytes of a file with a private key: longer than a sheet that was typed in whole.
const KEY_BYTES_MAX: u64 = 4096;
/// Parts that are read at a time.
const ROWS: usize = 500;

/// The name under which a home remembers by when it is to be drilled.
const DUE: &str = "drill-due";
/// Its last backup.
const LAST_BACKUP: &str = "last-backup";
/// Its last drill.
const LAST_DRILL: &str = "last-drill";
/// Its last drill that could not be done.
const FAILED_DRILL: &str = "failed-drill";

/// What a drill found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drilled {
    /// The backup.
    pub backup: RecordId,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was drilled.
    pub drilled_at: Timestamp,
    /// Milliseconds from its first byte to the last part that was opened: what it takes until everything is there (RTO).
    pub took_ms: u64,
    /// Seconds since it was made: what would be lost (RPO).
    pub age_seconds: u64,
    /// Bytes of its store.
    pub bytes: u64,
    /// Entries of its ledger, every one of them verified.
    pub ledger_size: u64,
    /// Parts that live, each opened whole.
    pub opened: u64,
    /// Parts that have no key any more, as it should be.
    pub gone: u64,
    /// Parts with a key that did not open.
    pub failed: u64,
}

/// How a home stands with its backups.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BackupStatus {
    /// The last backup.
    pub last: Option<LastBackup>,
    /// The last drill.
    pub drill: Option<Drilled>,
    /// A drill since then that could not be done.
    pub drill_failed: Option<DrillFailed>,
    /// By when the next is due; none before the first backup.
    pub drill_due: Option<Timestamp>,
}

/// A drill that could not be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DrillFailed {
    /// When.
    pub at: Timestamp,
    /// Why: a stable code.
    pub code: String,
}

/// The last backup, without where it is: that is said once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastBackup {
    /// Names it.
    pub backup: RecordId,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its bytes.
    pub bytes: u64,
}

impl Vault {
    /// Drills with a backup of this home. `progress` hears how many of how many bytes of it are read.
    ///
    /// # Errors
    /// [`VaultError::Backup`] says what is wrong with the backup or the key; else when the ledger cannot be written.
    pub fn drill(
        &self,
        authorized: Authorized<Administer>,
        backups: &Backups,
        (file, key): (&Path, &Path),
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Drilled, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let drilled = self.drill_with(&context, backups, (file, key), progress);
        if let Err(VaultError::Backup(fault)) = &drilled {
            let failed = DrillFailed { at: context.now, code: fault.code().to_owned() };
            let changes = vec![Change::SetMeta { name: FAILED_DRILL.to_owned(), value: written(&failed)? }];
            self.base.store.commit(Act { name: "drill-failed", changes, events: Vec::new() })?;
        }
        drilled
    }

    fn drill_with(
        &self,
        context: &Context,
        backups: &Backups,
        (file, key): (&Path, &Path),
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Drilled, VaultError> {
        let key = read_key(key)?;
        let _one_at_a_time = self.backing_up.lock().unwrap_or_else(PoisonError::into_inner);
        let scratch = Scratch::new(&backups.scratch)?;
        let begun = Instant::now();
        let input = File::open(file).map_err(|error| unusable(file, &error))?;
        let total = input.metadata().map_err(|error| unusable(file, &error))?.len();
        let mut hear = |done| progress(done, total);
        let input = Heard { input: BufReader::new(input), done: 0, hear: &mut hear };
        let (about, mut opener) = Opener::open(input, &key).map_err(BackupFault::Unread)?;
        if about.binding != self.base.keyring.binding() {
            return Err(BackupFault::AnotherHome.into());
        }
        let mut bytes = 0;
        let signed_by = bundle::unpack(&mut opener, &about, &mut |name, input| {
            if name == bundle::STORE {
                let mut options = OpenOptions::new();
                let mut file = options.write(true).create_new(true).mode(0o600).open(scratch.path())?;
                bytes = io::copy(input, &mut file)?;
                file.sync_all()?;
            }
            Ok(())
        });
        let signed_by = signed_by.map_err(BackupFault::Unread)?;
        let copy = Copy::open(scratch.path())?;
        copy.check()?;
        let ledger = verify(&copy.ledger()?, &signed_by, &[]).map_err(|_| BackupFault::Ledger)?;
        let (opened, gone, failed) = self.open_all(scratch.path(), context.now)?;
        drop(scratch);
        let drilled = Drilled {
            backup: about.backup,
            made_at: about.made_at,
            drilled_at: context.now,
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            age_seconds: u64::try_from(context.now.duration_since(about.made_at).as_secs()).unwrap_or(0),
            bytes,
            ledger_size: ledger.size,
            opened,
            gone,
            failed,
        };
        let event = What::BackupDrilled(event::BackupDrilled {
            backup: drilled.backup,
            took_ms: drilled.took_ms,
            age_seconds: drilled.age_seconds,
            opened,
            gone,
            failed,
        });
        let due = saturating_add(context.now, DRILL_DAYS * DAY_SECONDS);
        let changes = vec![
            Change::SetMeta { name: DUE.to_owned(), value: due.to_string() },
            Change::SetMeta { name: LAST_DRILL.to_owned(), value: written(&drilled)? },
            // The one that could not be done is over with it.
            Change::SetMeta { name: FAILED_DRILL.to_owned(), value: String::new() },
        ];
        self.base.store.commit(Act { name: "drill", changes, events: vec![context.event(event)] })?;
        Ok(drilled)
    }

    /// How the home stands with its backups.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn backup_status(&self, authorized: &Authorized<Administer>) -> Result<BackupStatus, VaultError> {
        self.check_home(authorized)?;
        let store = &self.base.store;
        let read = |name: &str| store.meta(name);
        let drill: Option<Drilled> = read(LAST_DRILL)?.and_then(|text| serde_json::from_str(&text).ok());
        let failed: Option<DrillFailed> =
            read(FAILED_DRILL)?.and_then(|text| serde_json::from_str(&text).ok());
        Ok(BackupStatus {
            drill_failed: failed,
            last: read(LAST_BACKUP)?.and_then(|text| serde_json::from_str(&text).ok()),
            drill,
            drill_due: self.drill_due()?,
        })
    }

    fn drill_due(&self) -> Result<Option<Timestamp>, VaultError> {
        Ok(self.base.store.meta(DUE)?.and_then(|text| text.parse().ok()))
    }

    /// What a backup leaves to be remembered. The first one begins the time until a drill.
    pub(super) fn remember_backup(&self, last: &LastBackup) -> Result<Vec<Change>, VaultError> {
        let mut changes = vec![Change::SetMeta { name: LAST_BACKUP.to_owned(), value: written(last)? }];
        if self.drill_due()?.is_none() {
            let due = saturating_add(last.made_at, DRILL_DAYS * DAY_SECONDS);
            changes.push(Change::SetMeta { name: DUE.to_owned(), value: due.to_string() });
        }
        Ok(changes)
    }

    /// The alarm that nobody knows whether backups can be gone on from.
    pub(crate) fn drill_alarm(&self, now: Timestamp) -> Result<Option<What>, VaultError> {
        let (component, code) = ("backup".to_owned(), "drill-overdue".to_owned());
        let is_overdue = self.drill_due()?.is_some_and(|due| now > due);
        Ok(is_overdue.then_some(What::SystemError { component, code }))
    }

    /// Opens every part of a copy of the store: how many opened, have no key any more, and have one and do not open.
    fn open_all(&self, path: &Path, now: Timestamp) -> Result<(u64, u64, u64), VaultError> {
        let copy: Arc<dyn Store> =
            Arc::new(Sqlite::open(path, self.signer()?, Arc::clone(&self.base.entropy))?);
        let (mut opened, mut gone, mut failed) = (0, 0, 0);
        for summary in copy.buckets()? {
            let BucketNo { seller, held, day } = summary.bucket;
            if summary.state != BucketState::Open || held != BucketUse::Order {
                continue;
            }
            // A seller that was never here would be one of another home.
            let seller = self.seller_id(seller).ok_or(VaultError::Damaged("a seller's number"))?;
            let id = BucketId { seller, held, day };
            let Some(keys) = self.live_keys(&id, now) else {
                gone += summary.parts;
                continue;
            };
            let mut after = None;
            loop {
                let parts = copy.parts(summary.bucket, after, ROWS)?;
                let Some(last) = parts.last() else { break };
                after = Some((last.record, last.part));
                for part in &parts {
                    match self.opens(&*copy, &id, &keys, part)? {
                        Some(true) => opened += 1,
                        Some(false) => failed += 1,
                        None => gone += 1,
                    }
                }
            }
        }
        Ok((opened, gone, failed))
    }

    /// Whether a part opens; nothing where its key is no more.
    fn opens(
        &self,
        copy: &dyn Store,
        id: &BucketId,
        keys: &BucketKeys,
        part: &PartRow,
    ) -> Result<Option<bool>, VaultError> {
        let Ok(leaf) = keys.leaf(part.slot) else { return Ok(None) };
        let Some(row) = copy.record_by_no(part.record)? else { return Ok(Some(false)) };
        let place = self.place("part", &id.seller, row.id, part.part, part.version);
        Ok(Some(envelope::open(&leaf, &place, &part.envelope, None).is_ok()))
    }
}

/// The private key in a file, which nobody else may read.
///
/// # Errors
/// [`BackupFault::File`] and [`BackupFault::Key`].
pub fn read_key(path: &Path) -> Result<BackupKey, BackupFault> {
    let file = File::open(path).map_err(|error| unusable(path, &error))?;
    let about = file.metadata().map_err(|error| unusable(path, &error))?;
    if about.mode() & 0o077 != 0 {
        return Err(BackupFault::KeyReadable(path.to_owned()));
    }
    let mut text = zeroize::Zeroizing::new(String::with_capacity(KEY_BYTES_MAX as usize + 1));
    let read = file.take(KEY_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| unusable(path, &error))?;
    BackupKey::parse(&text).map_err(|error| BackupFault::Key { path: path.to_owned(), error })
}

fn unusable(path: &Path, error: &io::Error) -> BackupFault {
    BackupFault::File { path: PathBuf::from(path), kind: error.kind() }
}

fn written(what: &impl Serialize) -> Result<String, VaultError> {
    serde_json::to_string(what).map_err(|_| VaultError::Damaged("what is remembered of backups"))
}
