//! A backup read, and a home that goes on from one.
//!
//! Reading needs a recipient's private key and no home: a backup is whole and signed, its database sound, and its ledger the one that
//! the same key signed, or it is refused. Going on takes the present keyring as well: what had ended since does not come back, and
//! the ledger goes on under an origin of its own, since a backup is never as new as the last checkpoint that left the home.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailee_core::{Clock, Entropy, RecordId, RequestId, Sensitive, Timestamp};
use bailee_crypto::backup::{About, BackupError, BackupKey, Opener};
use bailee_crypto::keyring::{Keyring, REVISION_IMPORTED, Unanchored};
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::anchor::Anchors;
use bailee_ledger::authorized::Context;
use bailee_ledger::directory::DirectorySource;
use bailee_ledger::event::{Replayed, What};
use bailee_ledger::log::Source;
use bailee_ledger::note::{Checkpoint, Signer, open_checkpoint, restore_of};
use bailee_ledger::verify::{verify, verify_directory};
use bailee_store::act::{Act, Change};
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_store::sqlite::copy::{Copy, move_origin, take_up};
use bailee_vault::backup::bundle;
use bailee_vault::backup::replay::Restore;
use bailee_vault::backup::since::Since;
use bailee_vault::believed::believed_last;
use bailee_vault::{Foundations, Vault};

use super::catalogue::{self, OwnFile};
use super::clock::{HomeClock, Reached};
use super::config::{self, Config, FILE};
use super::lock::Lock;
use super::make::{Begun, write_private};
use super::opened::last_event;
use super::root_key;
use super::{Home, LOCK, META_NOW, STORE};
use crate::failure::{Exit, Failure, Result};
use crate::serve::make_certificate;

/// Most bytes of a file of a backup that is not its store: a mapping or a catalogue has some thousand.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What lies in a home while it is restored: without a configuration beside it, it was cut short, and is begun anew.
pub(super) const MARK: &str = "restoring";

/// A backup that was read, and holds.
pub(crate) struct Contents {
    pub(crate) about: About,
    /// The key that signed it, and its ledger.
    pub(crate) signed_by: String,
    /// The origin of its ledger.
    pub(crate) origin: String,
    /// Entries of its ledger.
    pub(crate) ledger_size: u64,
    /// Files beside its store.
    files: Vec<(String, Vec<u8>)>,
}

impl Contents {
    /// Reads a backup; its store goes into that directory.
    pub(crate) fn read(input: impl Read, key: &BackupKey, directory: &Path) -> Result<Self> {
        let (about, mut opener) = Opener::open(input, key).map_err(refused)?;
        let (store, mut files) = (directory.join(STORE), Vec::new());
        let signed_by = bundle::unpack(&mut opener, &about, &mut |name, input| {
            if name == bundle::STORE {
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&store)?;
                io::copy(input, &mut file)?;
                return file.sync_all();
            }
            let mut content = Vec::new();
            if input.take(FILE_BYTES_MAX + 1).read_to_end(&mut content)? as u64 > FILE_BYTES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            files.push((name.to_owned(), content));
            Ok(())
        });
        let signed_by = signed_by.map_err(refused)?;
        let (origin, ledger_size) = check_store(&store, &signed_by, &[])?;
        Ok(Self { about, signed_by, origin, ledger_size, files })
    }

    /// The configuration of the home, with other keys where others are named.
    fn config(&self, mirrors: &[PathBuf], root_key: Option<&str>) -> Result<(String, Config)> {
        let text = self.files.iter().find(|(name, _)| name == FILE);
        let text = text.and_then(|(_, content)| str::from_utf8(content).ok());
        let text =
            text.ok_or_else(|| Failure::new(Exit::VerificationFailed, "this backup holds no bailee.toml"))?;
        let (text, config) = config::with_keys(text, mirrors, root_key)?;
        let binding = self.about.binding;
        match config.id == binding.home && config.environment == binding.environment {
            true => Ok((text, config)),
            false => Err(Failure::new(
                Exit::VerificationFailed,
                "the bailee.toml in this backup is of another home or environment than the backup (2.5.b)",
            )),
        }
    }
}

/// Looks at all of a store of a backup: its database, and its ledger under that key. The ledger's origin, and its entries.
fn check_store(store: &Path, signed_by: &str, known: &[String]) -> Result<(String, u64)> {
    let unsound = |error: &dyn std::fmt::Display| {
        Failure::new(
            Exit::VerificationFailed,
            format_args!("the store in this backup does not hold: {error}"),
        )
    };
    let copy = Copy::open(store).map_err(|error| unsound(&error))?;
    copy.check().map_err(|error| unsound(&error))?;
    let origin = copy.origin().map_err(|error| unsound(&error))?;
    let ledger = copy.ledger().map_err(|error| unsound(&error))?;
    let verified = verify(&ledger, signed_by, known).map_err(|error| unsound(&error))?;
    Ok((origin, verified.size))
}

/// What is wrong with a backup, by who can mend it.
pub(crate) fn refused(error: BackupError) -> Failure {
    let exit = match error {
        BackupError::Changed | BackupError::NotABackup => Exit::VerificationFailed,
        _ => Exit::Failed,
    };
    Failure::new(exit, error)
}

/// A home that is to go on from a backup.
pub(crate) struct Restoring {
    /// Where it shall be: missing or empty.
    pub(crate) root: PathBuf,
    /// The mirrors of the present keyring; those that the backup names, where none are given.
    pub(crate) mirrors: Vec<PathBuf>,
    /// The file of the root key; that which the backup names, where none is given.
    pub(crate) root_key: Option<PathBuf>,
    /// A copy of the ledger of the home that was lost, as `ledger export` makes it.
    pub(crate) ledger: Option<PathBuf>,
    /// Where the checkpoints are that left the home; where the configuration says, when it is not given.
    pub(crate) checkpoints: Option<PathBuf>,
    pub(crate) passphrase: Option<Sensitive<String>>,
    pub(crate) now: Option<Timestamp>,
}

/// A home that goes on from a backup.
pub(crate) struct Restored {
    pub(crate) contents: Contents,
    pub(crate) restore: Restore,
    pub(crate) replayed: Replayed,
    /// Parts that live.
    pub(crate) parts: u64,
    /// The origin of its ledger from now on.
    pub(crate) origin: String,
}

impl Restoring {
    /// Makes the home. What was made before a failure is taken away again; the keyring is not touched but by what it has done already.
    pub(crate) fn go_on(self, input: impl Read, key: &BackupKey) -> Result<Restored> {
        let mut begun = Begun::default();
        self.mirrors.iter().try_for_each(|mirror| refuse_missing(mirror))?;
        clear_cut_short(&self.root)?;
        begun.directory(&self.root)?;
        let lock = Lock::take(&self.root.join(LOCK), || false)?;
        let mark = self.root.join(MARK);
        write_private(&mark, b"")?;
        let contents = Contents::read(input, key, &self.root)?;
        let (text, config) = contents.config(&self.mirrors, self.root_key()?.as_deref())?;
        config.check_places(&self.root).map_err(Failure::failed)?;
        for (name, content) in contents.files.iter().filter(|(name, _)| name != FILE) {
            write_below(&self.root, name, content)?;
        }
        let (restore, replayed, parts, origin) = self.take_up(&contents, &config)?;
        make_certificate(&self.root)?;
        // Last: a home is one once it has its configuration.
        write_private(&self.root.join(FILE), text.as_bytes())?;
        fs::remove_file(&mark).map_err(|error| Failure::file(&mark, &error))?;
        drop(lock);
        // The first checkpoint leaves it at once; this also proves that the home opens.
        let opened = Home::open_unless(&self.root, None, self.passphrase.as_ref(), || false);
        opened.and_then(|home| home.anchor())?;
        begun.keep();
        Ok(Restored { contents, restore, replayed, parts, origin })
    }

    /// Has the store go on by the present keyring.
    fn take_up(&self, contents: &Contents, config: &Config) -> Result<(Restore, Replayed, u64, String)> {
        let (store_path, binding) = (self.root.join(STORE), contents.about.binding);
        let provider = config.root_key.open(&self.root, self.passphrase.as_ref())?;
        let mirrors: Vec<PathBuf> = config.mirrors.iter().map(|mirror| self.root.join(mirror)).collect();
        let unanchored = Unanchored::look(Box::new(provider), binding, &mirrors).map_err(Failure::failed)?;
        let seed = unanchored.lasting().ledger_seed();
        let signer = |origin: &str| {
            Signer::of_origin(binding.home, binding.environment, seed, origin).map_err(Failure::failed)
        };
        let from = signer(&contents.origin)?;
        if from.verifier_key() != contents.signed_by {
            return Err(Failure::new(
                Exit::VerificationFailed,
                "this backup was signed by another key than this keyring's; bring the keyring of its home",
            ));
        }
        let newest = self.hold_against_known(contents, config)?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let id = RecordId::random(&*entropy);
        let (taken_up, since) = self.take_up_ledger(contents, &from)?;
        // A copy that goes as far as what is known of the ledger is that ledger; else there would be two of one origin.
        let is_whole =
            newest.as_ref().is_some_and(|newest| taken_up.is_some_and(|taken_up| taken_up >= newest.size));
        let to = match is_whole {
            true => signer(&contents.origin)?,
            false => signer(&contents.origin)?.restored(id),
        };
        let origin = to.origin().to_owned();
        move_origin(&store_path, &from, &to).map_err(Failure::failed)?;
        let store = Sqlite::open(&store_path, to, Arc::clone(&entropy)).map_err(Failure::failed)?;
        let store: Arc<dyn Store> = Arc::new(store);
        let anchor = store.anchor().map_err(Failure::failed)?;
        let keys_lost = unanchored.revision() == REVISION_IMPORTED;
        // One that is older than the backup knows is refused, and left as it is; but one that was made of an imported lasting half has
        // no key that was destroyed since.
        let opened = if keys_lost { unanchored.open_also_behind(anchor) } else { unanchored.open(anchor) };
        let (keyring, _) = opened.map_err(Failure::failed)?;
        if !keys_lost {
            refuse_older(&keyring, newest.as_ref())?;
        }
        let known = newest.map(|checkpoint| checkpoint.size);
        let (backup, size) = (contents.about.backup, contents.ledger_size);
        let restore = Restore { restore: id, backup, size, taken_up, known, keys_lost };
        let now = self.set_time(&*store, config)?;
        let context = Context::system(RequestId::new(now, &*entropy), now);
        let at = keyring.behind().map_or_else(|| keyring.anchor(), |behind| behind.anchor);
        restore.begin(&*store, at, &context).map_err(Failure::failed)?;
        self.write_time(&*store, &context)?;
        let vault = self.open_vault(Arc::clone(&store), keyring, config, entropy, now)?;
        vault.adopt_imported(&context).map_err(Failure::failed)?;
        let replayed = vault.replay(&restore, &since, &context).map_err(Failure::failed)?;
        let parts = vault.living_parts(now).map_err(Failure::failed)?;
        Ok((restore, replayed, parts, origin))
    }

    /// Takes up the copy of the ledger that was handed in; its entries, and what they tell of the time since the backup.
    fn take_up_ledger(&self, contents: &Contents, signer: &Signer) -> Result<(Option<u64>, Since)> {
        let Some(directory) = &self.ledger else { return Ok((None, Since::default())) };
        let refused = |error: &dyn std::fmt::Display| {
            Failure::new(
                Exit::VerificationFailed,
                format_args!("the ledger in {} is refused: {error}", directory.display()),
            )
        };
        let store = self.root.join(STORE);
        let copy = Copy::open(&store).map_err(Failure::failed)?;
        let own = copy.ledger().map_err(Failure::failed)?.checkpoint().map_err(Failure::failed)?;
        let verified = verify_directory(directory, Some(&contents.signed_by), &[own]);
        let size = verified.map_err(|error| refused(&error))?.size;
        let ledger =
            DirectorySource::open(directory, &contents.signed_by).map_err(|error| refused(&error))?;
        let since = Since::read(&ledger, contents.ledger_size, size).map_err(|error| refused(&error))?;
        take_up(&store, signer, &ledger, size).map_err(Failure::failed)?;
        Ok((Some(size), since))
    }

    fn open_vault(
        &self,
        store: Arc<dyn Store>,
        keyring: Keyring,
        config: &Config,
        entropy: Arc<dyn Entropy>,
        now: Timestamp,
    ) -> Result<Vault> {
        let foundations = Foundations {
            store,
            keyring: Arc::new(keyring),
            catalogue: Arc::new(catalogue::current(&self.root, config)?),
            own: Arc::new(OwnFile::of(&self.root)),
            policy: config.policy,
            ledger_days: config.ledger_days,
            request_months: config.request_months,
            on_consent: config.standards.on_consent.clone(),
            entropy,
        };
        Vault::open(foundations, now).map_err(Failure::failed)
    }

    /// How a configuration names the root key that was given.
    fn root_key(&self) -> Result<Option<String>> {
        self.root_key.as_deref().map(root_key::of_file).transpose()
    }

    /// Holds the ledger of the backup against the checkpoints that left its home: it must be one of their past. The newest of them.
    fn hold_against_known(&self, contents: &Contents, config: &Config) -> Result<Option<Checkpoint>> {
        let directory = match &self.checkpoints {
            // Those since a restore lie in a directory of that.
            Some(directory) => {
                let own = restore_of(&contents.origin).map(|restore| directory.join(restore));
                own.filter(|own| own.is_dir()).unwrap_or_else(|| directory.clone())
            }
            None => super::checkpoints(&self.root, config, &contents.origin)?,
        };
        if !directory.is_dir() {
            return Ok(None);
        }
        let anchors = Anchors::open(&directory, &self.root, &contents.signed_by).map_err(Failure::failed)?;
        let notes = anchors.known().map_err(Failure::failed)?;
        let mut known: Vec<(Checkpoint, String)> = Vec::new();
        for note in notes {
            let checkpoint = open_checkpoint(&note, &contents.signed_by).map_err(|error| {
                Failure::new(
                    Exit::VerificationFailed,
                    format_args!("a checkpoint in {} is refused: {error}", directory.display()),
                )
            })?;
            known.push((checkpoint, note));
        }
        let is_past = |(checkpoint, _): &&(Checkpoint, String)| checkpoint.size <= contents.ledger_size;
        let past: Vec<String> = known.iter().filter(is_past).map(|(_, note)| note.clone()).collect();
        check_store(&self.root.join(STORE), &contents.signed_by, &past)?;
        Ok(known.into_iter().map(|(checkpoint, _)| checkpoint).max_by_key(|checkpoint| checkpoint.size))
    }

    fn set_time(&self, store: &dyn Store, config: &Config) -> Result<Timestamp> {
        let remembered = store.meta(META_NOW).map_err(Failure::failed)?;
        let remembered = remembered.and_then(|text| text.parse().ok());
        let believed = believed_last(store).map_err(Failure::failed)?;
        let reached = Reached { given: remembered, last_event: last_event(store)?, believed };
        let clock = HomeClock::new(config.environment, &reached, self.now)?;
        Ok(clock.now())
    }

    /// Remembers the time that a test home was given.
    fn write_time(&self, store: &dyn Store, context: &Context) -> Result<()> {
        if self.now.is_none() {
            return Ok(());
        }
        let changes = vec![Change::SetMeta { name: META_NOW.to_owned(), value: context.now.to_string() }];
        let events = vec![context.event(What::TimeSet {})];
        store.commit(Act { name: "time", changes, events }).map(drop).map_err(Failure::failed)
    }
}

/// Refuses a mirror that is named and not there: an empty one is filled from another, but a name that is mistyped would be too.
fn refuse_missing(mirror: &Path) -> Result<()> {
    match fs::metadata(mirror) {
        Ok(about) if about.is_dir() => Ok(()),
        Ok(_) => Err(Failure::failed(format_args!("the mirror {} is no directory", mirror.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::failed(format_args!(
            "the mirror {} is not there; name the present keyring's mirrors, of which one of two may be an empty directory",
            mirror.display()
        ))),
        Err(error) => Err(Failure::file(mirror, &error)),
    }
}

/// Refuses a keyring that is older than the newest checkpoint knows: it has keys that were destroyed since.
fn refuse_older(keyring: &Keyring, newest: Option<&Checkpoint>) -> Result<()> {
    let line = newest.and_then(|checkpoint| {
        checkpoint.extensions.iter().find_map(|line| line.strip_prefix("keyring ")?.split(' ').next())
    });
    let known: u64 = line.and_then(|revision| revision.parse().ok()).unwrap_or(0);
    let present = keyring.anchor().revision;
    match present < known {
        false => Ok(()),
        true => Err(Failure::failed(format_args!(
            "the keyring is at revision {present}, older than revision {known} that the newest checkpoint of this home knows; bring \
             back a newer mirror"
        ))),
    }
}

/// Takes away what a restore that was killed left. Neither keyring nor root key lies in it.
fn clear_cut_short(root: &Path) -> Result<()> {
    match root.join(MARK).exists() && !root.join(FILE).exists() {
        true => fs::remove_dir_all(root).map_err(|error| Failure::file(root, &error)),
        false => Ok(()),
    }
}

/// Writes a file of a backup below the home.
fn write_below(root: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = root.join(name);
    if let Some(directory) = path.parent() {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(|error| Failure::file(directory, &error))?;
    }
    write_private(&path, content)
}
