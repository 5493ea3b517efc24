//! How a home is made: whole, or not at all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailee_access::{Gate, Standards};
use bailee_core::catalogue::Catalogue;
use bailee_core::{Clock, Entropy, Environment, HomeId, RequestId, Sensitive, Timestamp};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized::Mint;
use bailee_ledger::note::Signer;
use bailee_store::act::{Act, Change};
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;

use super::clock::{HomeClock, Reached};
use super::config::{FILE, NewConfig};
use super::lock::Lock;
use super::places::Places;
use super::root_key::RootKey;
use super::{Home, LOCK, META_NOW, STORE};
use crate::failure::{Failure, Result};
use crate::reference::SecretPlace;
use crate::serve::make_certificate;

/// What a new home shall be.
pub(crate) struct NewHome {
    pub(crate) places: Places,
    pub(crate) environment: Environment,
    /// `Name <mail>` of the first person.
    pub(crate) owner: String,
    pub(crate) password: Sensitive<String>,
    /// The passphrase under which the root key shall lie, if under any.
    pub(crate) passphrase: Option<Sensitive<String>>,
    pub(crate) now: Option<Timestamp>,
}

/// A home that was made.
pub(crate) struct Made {
    pub(crate) id: HomeId,
    pub(crate) mirrors: Vec<PathBuf>,
    pub(crate) root_key: PathBuf,
}

/// Refuses what no home of that environment may be.
pub(crate) fn check(environment: Environment, places: &Places) -> Result<()> {
    places.check(environment).map_err(Failure::usage)
}

impl NewHome {
    /// Makes the home. What was made before a failure is taken away again.
    pub(crate) fn make(self) -> Result<Made> {
        check(self.environment, &self.places)?;
        let mut begun = Begun::default();
        let made = self.make_in(&mut begun)?;
        begun.keep();
        // The first checkpoint leaves the new home at once; this also proves that the home opens.
        Home::open_unless(&self.places.root, None, self.passphrase.as_ref(), || false)?.anchor()?;
        Ok(made)
    }

    fn mirrors(&self) -> Vec<PathBuf> {
        match self.places.mirrors.is_empty() {
            true => vec!["keyring/a".into(), "keyring/b".into()],
            false => self.places.mirrors.clone(),
        }
    }

    /// Makes the root key; its file, and how the configuration names it.
    fn make_root_key(&self, entropy: &dyn Entropy) -> Result<(KeyFile, PathBuf, RootKey)> {
        let file = self.places.root_key.clone().unwrap_or_else(|| "root.key".into());
        let path = self.places.root.join(&file);
        let (made, root_key) = match &self.passphrase {
            None => (KeyFile::create(&path, entropy), RootKey::Plain(SecretPlace::File(file))),
            Some(passphrase) => (
                KeyFile::create_sealed(&path, passphrase, entropy),
                RootKey::Sealed { file, passphrase: None },
            ),
        };
        Ok((made.map_err(Failure::failed)?, path, root_key))
    }

    fn make_in(&self, begun: &mut Begun) -> Result<Made> {
        let (root, mirrors) = (&self.places.root, self.mirrors());
        begun.directory(root)?;
        let lock = Lock::take(&root.join(LOCK), || false)?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let id = HomeId::random(&*entropy);
        let binding = Binding { home: id, environment: self.environment };
        let (provider, key_path, root_key) = self.make_root_key(&*entropy)?;
        begun.file(key_path.clone());
        let places: Vec<PathBuf> = mirrors.iter().map(|mirror| root.join(mirror)).collect();
        places.iter().try_for_each(|place| begun.directory(place))?;
        let keyring =
            Keyring::create(Box::new(provider), binding, &places, &*entropy).map_err(Failure::failed)?;
        let clock = HomeClock::new(self.environment, &Reached::default(), self.now)?;
        self.fill(keyring, &clock, &entropy)?;
        make_certificate(root)?;
        let config = NewConfig { id, environment: self.environment, mirrors: &mirrors, root_key: &root_key };
        // Last: a home is one once it has its configuration.
        write_private(&root.join(FILE), config.text().as_bytes())?;
        drop(lock);
        Ok(Made { id, mirrors: places, root_key: key_path })
    }

    /// Puts the first person and the first events into the store.
    fn fill(&self, keyring: Keyring, clock: &HomeClock, entropy: &Arc<dyn Entropy>) -> Result<()> {
        let Binding { home, environment } = keyring.binding();
        let signer =
            Signer::new(home, environment, keyring.lasting().ledger_seed()).map_err(Failure::failed)?;
        let store = Sqlite::open(&self.places.root.join(STORE), signer, Arc::clone(entropy))
            .map_err(Failure::failed)?;
        let store: Arc<dyn Store> = Arc::new(store);
        let mut changes = vec![Change::SetAnchor(keyring.anchor())];
        if let Some(now) = self.now {
            changes.push(Change::SetMeta { name: META_NOW.to_owned(), value: now.to_string() });
        }
        store.commit(Act { name: "init", changes, events: vec![] }).map_err(Failure::failed)?;
        let catalogue = Catalogue::embedded().map_err(Failure::failed)?;
        let catalogue = Arc::new(catalogue.into());
        let mint = Mint::for_home(home).map_err(Failure::failed)?;
        let standards = Standards::of(environment);
        let gate = Gate::open(mint, store, Arc::new(keyring), catalogue, Arc::clone(entropy), standards)
            .map_err(Failure::failed)?;
        let now = clock.now();
        let request = RequestId::new(now, &**entropy);
        gate.make_owner(&self.owner, &self.password, request, now).map(drop).map_err(Failure::failed)
    }
}

/// What has been made so far; taken away again on drop unless kept.
#[derive(Default)]
pub(super) struct Begun {
    directories: Vec<PathBuf>,
    emptied: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Begun {
    /// Makes a directory with mode 0700, or takes an empty one. One with anything in it is not ours to touch.
    pub(super) fn directory(&mut self, path: &Path) -> Result<()> {
        match fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => {
                let private = fs::Permissions::from_mode(0o700);
                fs::set_permissions(path, private).map_err(|error| Failure::file(path, &error))?;
                self.emptied.push(path.to_owned());
            }
            Ok(false) => {
                // What a killed `init` leaves has no configuration. It may hold a root key, so a person takes it away.
                let remedy = match path.join(FILE).exists() {
                    true => "it is a home",
                    false => "if an `init` was cut short there, remove it and try again",
                };
                return Err(Failure::failed(format_args!(
                    "{} is there already and not empty; it was left as it is ({remedy})",
                    path.display()
                )));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(path)
                    .map_err(|error| Failure::file(path, &error))?;
                self.directories.push(path.to_owned());
            }
            Err(error) => return Err(Failure::file(path, &error)),
        }
        Ok(())
    }

    pub(super) fn file(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    pub(super) fn keep(mut self) {
        self.directories.clear();
        self.emptied.clear();
        self.files.clear();
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // Best effort: the failure that led here is what is told.
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for directory in self.directories.iter().rev() {
            let _ = fs::remove_dir_all(directory);
        }
        for directory in &self.emptied {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let path = entry.path();
                let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            }
        }
    }
}

/// Writes a new file of mode 0600, durably; refuses to touch one that is there.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let written = || {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content)?;
        file.sync_all()?;
        sync_directory(path)
    };
    written().map_err(|error| Failure::file(path, &error))
}

/// Makes the name of a file as durable as its content.
fn sync_directory(file: &Path) -> std::io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// Replaces a file of mode 0600 whole: a reader, and a crash, see the old one or the new one.
pub(crate) fn replace_private(path: &Path, content: &[u8]) -> Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    // One that a crash left behind.
    let _ = fs::remove_file(&draft);
    write_private(&draft, content)?;
    let replaced = fs::rename(&draft, path).and_then(|()| sync_directory(path));
    replaced.map_err(|error| Failure::file(path, &error))
}
