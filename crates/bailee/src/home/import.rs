//! A keyring made of an exported lasting half, where every mirror is lost.
//!
//! It holds no key of what was sealed by the day: all of that is lost, and is to be collected again. A home takes such a keyring for one
//! that is older than its data, and two people decide whether to go on with it; a backup is restored by it at once.

use std::fs;
use std::path::{Path, PathBuf};

use bailee_core::Sensitive;
use bailee_crypto::backup::{BackupError, BackupKey};
use bailee_crypto::escrow::export::{self, About, ExportError, Opens, SealedFor};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Lasting;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::log::Source;
use bailee_ledger::note::{Signer, open_checkpoint};
use bailee_store::sqlite::copy::Copy;

use super::config::Config;
use super::lock::Lock;
use super::make::Begun;
use super::root_key::{self, RootKey};
use super::{LOCK, STORE};
use crate::failure::{Exit, Failure, Result};
use crate::screen::{self, Asked};

/// Where a keyring is made.
pub(crate) enum Place {
    /// In the mirrors of a home, which are lost.
    Home(PathBuf),
    /// In these, for a home that is then restored from a backup.
    Mirrors {
        /// The mirrors to be.
        mirrors: Vec<PathBuf>,
        /// The file of the root key.
        root_key: PathBuf,
    },
}

/// What it is made of.
pub(crate) struct Import<'a> {
    /// The file.
    pub(crate) file: &'a [u8],
    /// The private half of a recipient's key, where it is sealed for one.
    pub(crate) key: Option<&'a BackupKey>,
    /// Whether the root key is lost, too, and a new one is made.
    pub(crate) new_root_key: bool,
    /// Whether the passphrase of the root key comes from standard input.
    pub(crate) passphrase_stdin: bool,
}

/// A keyring that was made.
pub(crate) struct Imported {
    pub(crate) about: About,
    pub(crate) mirrors: Vec<PathBuf>,
    /// Of the root key that it lies under.
    pub(crate) root: String,
}

impl Import<'_> {
    /// Makes the keyring. What was made before a failure is taken away again.
    pub(crate) fn go_on(&self, place: &Place) -> Result<Imported> {
        let about = About::look(self.file).map_err(refused)?;
        let (root, mirrors, root_key, _lock) = match place {
            Place::Home(root) => {
                let lock = Lock::take(&root.join(LOCK), || false)?;
                let config = Config::read(root)?;
                if config.id != about.binding.home || config.environment != about.binding.environment {
                    return Err(Failure::failed(
                        "this exported keyring is of another home or environment than this one; bring that of this home (2.5.b)",
                    ));
                }
                let mirrors = config.mirrors.iter().map(|mirror| root.join(mirror)).collect();
                (root.clone(), mirrors, config.root_key, Some(lock))
            }
            Place::Mirrors { mirrors, root_key } => {
                let written = match self.new_root_key {
                    true => format!("file:{}", root_key.display()),
                    false => root_key::of_file(root_key)?,
                };
                let root_key = RootKey::parse(&written, None).map_err(Failure::usage)?;
                (PathBuf::from("/"), mirrors.clone(), root_key, None)
            }
        };
        mirrors.iter().try_for_each(|mirror| refuse_full(mirror))?;
        let mut begun = Begun::default();
        let provider = self.root_key(&root, &root_key, about.sealed_for, &mut begun)?;
        let lasting = self.open(&about, &provider)?;
        if let Place::Home(root) = place {
            check_ledger(root, &lasting)?;
        }
        let fingerprint = provider.fingerprint().to_string();
        mirrors.iter().try_for_each(|mirror| begun.directory(mirror))?;
        Keyring::import(Box::new(provider), lasting, &mirrors, &SystemEntropy).map_err(Failure::failed)?;
        begun.keep();
        Ok(Imported { about, mirrors, root: fingerprint })
    }

    /// The root key that the keyring shall lie under.
    fn root_key(
        &self,
        root: &Path,
        root_key: &RootKey,
        sealed_for: SealedFor,
        begun: &mut Begun,
    ) -> Result<KeyFile> {
        if !self.new_root_key {
            let passphrase = root_key.ask(self.passphrase_stdin)?;
            return root_key.open(root, passphrase.as_ref());
        }
        if sealed_for == SealedFor::RootKey {
            return Err(Failure::usage(
                "this exported keyring is sealed under the root key; bring that back with `bailee keys join`, and leave out \
                 --new-root-key",
            ));
        }
        let passphrase = || -> Result<Sensitive<String>> {
            match self.passphrase_stdin {
                true => screen::stdin_line(),
                false => screen::passphrase("new passphrase of the root key", Asked::Twice),
            }
        };
        let (path, made) = match root_key {
            RootKey::Sealed { file, .. } => {
                let path = root.join(file);
                let made = KeyFile::create_sealed(&path, &passphrase()?, &SystemEntropy);
                (path, made)
            }
            RootKey::Plain(place) => {
                let Some(file) = place.file() else {
                    return Err(Failure::failed(
                        "the root key of this home is a credential of the service manager; name a file by [keys] root_key first",
                    ));
                };
                let path = root.join(file);
                let made = KeyFile::create(&path, &SystemEntropy);
                (path, made)
            }
        };
        let made = made.map_err(Failure::failed)?;
        begun.file(path);
        Ok(made)
    }

    fn open(&self, about: &About, provider: &KeyFile) -> Result<Lasting> {
        let with = match (about.sealed_for, self.key) {
            (SealedFor::RootKey, _) => Opens::Root(provider),
            (SealedFor::Recipients, Some(key)) => Opens::Key(key),
            (SealedFor::Recipients, None) => {
                return Err(Failure::usage(
                    "this exported keyring is sealed for recipients of backups; name the private key of one by --key",
                ));
            }
        };
        export::open(self.file, with).map_err(refused)
    }
}

/// What is wrong with an exported keyring, by who can mend it.
fn refused(error: ExportError) -> Failure {
    match error {
        ExportError::Changed | ExportError::Sealed(BackupError::Changed) => {
            Failure::new(Exit::VerificationFailed, error)
        }
        _ => Failure::failed(error),
    }
}

/// A keyring is made where none is: one that is left somewhere is better than this.
fn refuse_full(mirror: &Path) -> Result<()> {
    match fs::read_dir(mirror).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Ok(false) if mirror.join("head").exists() => Err(Failure::failed(format_args!(
            "there is a keyring in {}; where any mirror is left, go on with that, also with an older one by `bailee keys adopt`: it has \
             keys that this file has not",
            mirror.display()
        ))),
        Ok(false) => Err(Failure::failed(format_args!(
            "{} is not empty and holds no keyring; if an import was cut short there, empty it and try again",
            mirror.display()
        ))),
        Err(error) => Err(Failure::file(mirror, &error)),
    }
}

/// The lasting half must be the one by which this home's ledger is signed.
fn check_ledger(root: &Path, lasting: &Lasting) -> Result<()> {
    let binding = lasting.binding();
    let copy = Copy::open(&root.join(STORE)).map_err(Failure::failed)?;
    let origin = copy.origin().map_err(Failure::failed)?;
    let signer = Signer::of_origin(binding.home, binding.environment, lasting.ledger_seed(), &origin);
    let key = signer.map_err(Failure::failed)?.verifier_key();
    let note = copy.ledger().map_err(Failure::failed)?.checkpoint().map_err(Failure::failed)?;
    match open_checkpoint(&note, &key) {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::new(
            Exit::VerificationFailed,
            "the ledger of this home was signed by another key than that of this exported keyring; bring that of this home",
        )),
    }
}
