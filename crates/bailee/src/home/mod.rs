//! A home: one installation's data directory, opened for one command under an exclusive lock.
//!
//! ```text
//! <home>/bailee.toml      configuration
//! <home>/classified.toml  what the officer decided of fields that the catalogue did not name, if anything
//! <home>/store.db         everything that is kept, sealed
//! <home>/keyring/a, b     the keyring's mirrors of a test home
//! <home>/root.key         the root key of a test home, plain or under a passphrase
//! <home>/templates/       the home's own templates of documents, one PAPER.toml each, and
//! <home>/fonts/           fonts that those are drawn with before the system's; as a rule there are neither
//! <home>/mappings/        the home's own mappings, one NAME.toml each; as a rule there are none
//! <home>/server.pem, .key the server's certificate and its key, unless it has one of its owner's
//! <home>/run/socket       where a running server is reached on this machine
//! <home>/lock             names the process that works on it
//! <home>/backup.tmp       a copy of the store while it is backed up, sealed as that is
//! <home>/unwritten-events what went wrong and the ledger did not take yet; as a rule there is none
//! <home>.checkpoints/     signed checkpoints of the ledger, outside the home; since a restore in a directory of that there
//! ```

mod access;
pub(crate) mod backups;
mod catalogue;
pub(crate) mod clock;
pub(crate) mod config;
mod exports;
pub(crate) mod import;
mod lock;
pub(crate) mod mail;
pub(crate) mod make;
pub(crate) mod mappings;
mod opened;
mod own_secrets;
mod papers;
pub(crate) mod places;
mod policies;
pub(crate) mod restore;
mod rights;
pub(crate) mod root_key;
mod sign_on;
mod subjects;
mod time_source;
mod unsealed;
mod unwritten;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use bailee_access::Gate;
use bailee_access::authority::AuthorityCertificate;
use bailee_core::{Clock, Day, Entropy, PrincipalId, RequestId, Sensitive, Timestamp};
use bailee_crypto::keyring::Repair;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::anchor::{AnchorError, Anchors};
use bailee_ledger::authorized::Mint;
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Source;
use bailee_ledger::note::restore_of;
use bailee_render::Template;
use bailee_server::{ByGate, Faces, Faults, Mappings, Metrics, Probe, Server};
use bailee_store::act::Act;
use bailee_store::records::Store;
use bailee_store::sqlite::copy::Copy;
use bailee_vault::{Foundations, Vault, VaultError};
use bailee_watch::Post;

use crate::failure::{Exit, Failure, Result};
use catalogue::OwnFile;
use clock::HomeClock;
use config::Config;
use lock::Lock;
use opened::{Opened, Times};

/// The database in its home.
const STORE: &str = "store.db";
/// The lock in its home.
const LOCK: &str = "lock";
/// The name under which the store remembers a test home's time.
const META_NOW: &str = "now";

/// An open home.
pub(crate) struct Home {
    root: PathBuf,
    config: Config,
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    gate: Arc<Gate>,
    mappings: Arc<Mappings>,
    templates: Vec<Template>,
    post: Arc<Post>,
    clock: Arc<HomeClock>,
    entropy: Arc<dyn Entropy>,
    /// What was mended of the keyring's mirrors at opening.
    repairs: Vec<Repair>,
    faults: Arc<Faults>,
    metrics: Arc<Metrics>,
    /// Whether the newest checkpoint could not leave when it last was to.
    checkpoints_kept: Arc<AtomicBool>,
    /// The checkpoint that left the home last, as far as this process knows.
    anchored: Mutex<Option<(String, Day)>>,
    /// Last, so that it is given back after everything else is closed.
    _lock: Lock,
}

impl Home {
    /// Opens a home. `now` gives a test home its time.
    pub(crate) fn open(root: &Path, now: Option<Timestamp>) -> Result<Self> {
        Self::open_unless(root, now, None, || false)
    }

    /// Opens a home, unless somebody works on it and there is another way to it. The passphrase of its root key, if it
    /// has one, is come by as the configuration says, unless it is given.
    pub(crate) fn open_unless(
        root: &Path,
        now: Option<Timestamp>,
        passphrase: Option<&Sensitive<String>>,
        is_another_way: impl Fn() -> bool,
    ) -> Result<Self> {
        // Without a configuration there is no home, and no lock is left in what is none. Whoever is slow to type a
        // passphrase keeps nobody else waiting.
        let provider = Config::read(root)?.root_key.open(root, passphrase)?;
        let lock = Lock::take(&root.join(LOCK), is_another_way)?;
        let config = Config::read(root)?;
        refuse_shared(root)?;
        backups::clear(root)?;
        config.mirrors.iter().try_for_each(|mirror| refuse_shared(&root.join(mirror)))?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let opened = Opened::open(root, &config, provider, &entropy)?;
        let Times { before, clock } = opened.set_time(&config, &*entropy, now)?;
        let (store, keyring, catalogue) =
            (opened.store, Arc::new(opened.keyring), Arc::new(catalogue::current(root, &config)?));
        let now = clock.now();
        write_repairs(&*store, &*entropy, now, &opened.repairs)?;
        unwritten::replay(root, &*store, &*entropy, now)?;
        let foundations = Foundations {
            store: Arc::clone(&store),
            keyring: Arc::clone(&keyring),
            catalogue: Arc::clone(&catalogue),
            own: Arc::new(OwnFile::of(root)),
            policy: config.policy,
            ledger_days: config.ledger_days,
            request_months: config.request_months,
            on_consent: config.standards.on_consent.clone(),
            entropy: Arc::clone(&entropy),
        };
        let vault = Vault::open(foundations, now).map_err(Failure::failed)?;
        time_source::ask(&vault, root, &config, now)?;
        keep_up(&vault, &*store, &*entropy, now)?;
        let mint = Mint::for_home(config.id).map_err(Failure::failed)?;
        let mut standards = access::below(root, &config.standards);
        standards.provider = sign_on::provider(root, &config)?;
        let gate = Gate::open(mint, Arc::clone(&store), keyring, catalogue, Arc::clone(&entropy), standards)
            .map_err(Failure::failed)?;
        policies::keep(&gate, root, &config, now)?;
        gate.carry_sessions(before, now).map_err(Failure::failed)?;
        gate.see_outside(RequestId::new(now, &*entropy), now).map_err(Failure::failed)?;
        rights::end(&gate, &vault, &*entropy, now)?;
        own_secrets::look(&gate, root, &config, &*entropy, now)?;
        let mailer = config.mail.as_ref().map(|mail| mail.mailer(root));
        let post = Arc::new(Post::new(config.id, mailer));
        let templates = papers::templates(root, &vault.catalogue())?;
        Ok(Self {
            root: root.to_owned(),
            config,
            store,
            vault: Arc::new(vault),
            gate: Arc::new(gate),
            mappings: Arc::new(mappings::open(root)?),
            templates,
            post,
            clock: Arc::new(clock),
            entropy,
            repairs: opened.repairs,
            faults: Arc::default(),
            metrics: opened.metrics,
            checkpoints_kept: Arc::default(),
            anchored: Mutex::default(),
            _lock: lock,
        })
    }

    /// Where it is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What it is set to.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Refuses what cannot be done by a keyring that is older than the home.
    pub(crate) fn refuse_behind(&self) -> Result<()> {
        self.vault.refuse_behind().map_err(Failure::failed)
    }

    /// What was mended of the keyring's mirrors when it was opened.
    pub(crate) fn repairs(&self) -> &[Repair] {
        &self.repairs
    }

    /// Its store.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// What is counted of it.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Its face.
    pub(crate) fn router(&self) -> Router {
        self.faces().api
    }

    /// Its faces.
    pub(crate) fn faces(&self) -> Faces {
        let clock = Arc::clone(&self.clock);
        let clock: Probe = ("clock", Arc::new(move || !clock.system_is_behind()));
        let kept = Arc::clone(&self.checkpoints_kept);
        let checkpoints: Probe = ("checkpoints", Arc::new(move || !kept.load(Ordering::Relaxed)));
        let server = Server {
            vault: Arc::clone(&self.vault),
            gate: Arc::clone(&self.gate),
            store: Arc::clone(&self.store),
            mappings: Arc::clone(&self.mappings),
            backups: backups::of(&self.root, &self.config),
            papers: papers::of(&self.root, &self.templates),
            post: Arc::clone(&self.post),
            rates: self.config.server.rates,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&self.entropy),
            metrics: Arc::clone(&self.metrics),
            probes: vec![clock],
            lesser_probes: vec![checkpoints],
        };
        bailee_server::faces(server, Arc::clone(&self.faults))
    }

    /// The certificate of its authority, which is made where there is none yet.
    pub(crate) fn keep_authority(&self) -> Result<AuthorityCertificate> {
        let now = self.clock.now();
        let request = RequestId::new(now, &*self.entropy);
        self.gate.keep_authority(request, now, self.clock.machine_now()).map_err(Failure::failed)
    }

    /// Every checkpoint that left the home.
    pub(crate) fn known_checkpoints(&self) -> Result<Vec<String>> {
        self.anchors()?.known().map_err(Failure::failed)
    }

    /// Copies the newest checkpoint out of the home.
    pub(crate) fn anchor(&self) -> Result<()> {
        let day = Day::of(self.clock.now());
        let left = self.anchors().and_then(|anchors| anchors.write(&*self.store, day).map_err(rolled_back));
        self.checkpoints_kept.store(left.is_err(), Ordering::Relaxed);
        left
    }

    /// The same, unless it has left already.
    pub(crate) fn anchor_if_grown(&self) -> Result<()> {
        let now = (self.newest_checkpoint()?, Day::of(self.clock.now()));
        let mut anchored = self.anchored.lock().unwrap_or_else(PoisonError::into_inner);
        if anchored.as_ref() != Some(&now) {
            self.anchor()?;
            *anchored = Some(now);
        }
        Ok(())
    }

    /// The newest checkpoint of its ledger.
    pub(crate) fn newest_checkpoint(&self) -> Result<String> {
        Source::checkpoint(&*self.store).map_err(|_| unreadable())
    }

    /// Does what falls due today, unless it is done. Whether it could be done: that it could not is an event.
    pub(crate) fn keep_up(&self) -> Result<bool> {
        let now = self.clock.now();
        rights::end(&self.gate, &self.vault, &*self.entropy, now)?;
        own_secrets::look(&self.gate, &self.root, &self.config, &*self.entropy, now)?;
        keep_up(&self.vault, &*self.store, &*self.entropy, self.clock.now())
    }

    /// Asks the second source, where the time has jumped, and then does as [`Self::dispose`].
    pub(crate) fn ask_and_dispose(&self) -> bool {
        if time_source::ask(&self.vault, &self.root, &self.config, self.clock.now()).is_err() {
            self.report("clock", "not-believed");
        }
        self.dispose()
    }

    /// Destroys what is due today, unless it is done. Whether it could be done.
    pub(crate) fn dispose(&self) -> bool {
        match self.vault.dispose_due(self.clock.now(), &ByGate(&self.gate)) {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(
                    code = error.code(),
                    "what is due could not be destroyed; it is closed all the same"
                );
                // That the time has jumped is an event already, each day.
                if !matches!(error, VaultError::TimeJumped) {
                    self.report("job", error.code());
                }
                false
            }
        }
    }

    /// Hands the notices that wait to the mail server, as long as that time lasts; whether all that were tried are gone. One
    /// that is given up is told loudly.
    pub(crate) fn deliver(&self, limit: Duration) -> Result<bool> {
        let outcomes = self.post.deliver(&self.gate, &*self.clock, &*self.entropy, limit);
        let outcomes = outcomes.map_err(Failure::failed)?;
        if outcomes.iter().any(|outcome| outcome.given_up) {
            tracing::error!("a notice could not be sent for days and is given up; see to [mail]");
        }
        Ok(outcomes.iter().all(|outcome| outcome.failed.is_none()))
    }

    /// Whether every mirror of the keyring is at its present revision, as a small read of each tells.
    pub(crate) fn mirrors_are_current(&self) -> bool {
        self.vault.mirrors_are_current()
    }

    /// Mends mirrors that are not as they should be: how many, or the code of what keeps it from doing so.
    pub(crate) fn tend_mirrors(&self) -> std::result::Result<usize, &'static str> {
        self.vault.tend_mirrors(self.clock.now()).map_err(|error| match error {
            VaultError::Keyring(error) => error.code(),
            error => error.code(),
        })
    }

    /// Writes into the ledger what went wrong in the system itself; both are names of the program's.
    pub(crate) fn report(&self, component: &str, code: &str) {
        let what = What::SystemError { component: component.to_owned(), code: code.to_owned() };
        self.faults.report(&*self.store, by_system(&*self.entropy, self.clock.now(), what));
    }

    fn anchors(&self) -> Result<Anchors> {
        anchors(&self.root, &self.config, &*self.store)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        unwritten::keep(&self.root, &*self.store, &*self.entropy, &self.faults);
    }
}

/// Who can write into a home or a mirror can put anything in the place of what is there.
fn refuse_shared(directory: &Path) -> Result<()> {
    const OTHERS_WRITE: u32 = 0o002;
    match std::fs::metadata(directory) {
        Ok(found) if found.permissions().mode() & OTHERS_WRITE != 0 => Err(Failure::failed(format_args!(
            "everybody can write to {}; take that away with `chmod o-w`, and look at what is in it",
            directory.display()
        ))),
        // One that is missing is the keyring's to judge.
        _ => Ok(()),
    }
}

/// Every checkpoint that left a home on which a server runs.
pub(crate) fn known_checkpoints(root: &Path, config: &Config) -> Result<Vec<String>> {
    // Whoever verifies them looks at their signatures: no key is needed to read them.
    let directory = checkpoints(root, config, &origin(root))?;
    Anchors::open(&directory, root, "").and_then(|anchors| anchors.known()).map_err(Failure::failed)
}

/// The directory outside the home that keeps its checkpoints.
fn anchors(root: &Path, config: &Config, store: &dyn Store) -> Result<Anchors> {
    let key = store.verifier_key();
    let directory = checkpoints(root, config, key.split('+').next().unwrap_or_default())?;
    Anchors::open(&directory, root, &key).map_err(Failure::failed)
}

/// Where the checkpoints of a ledger of that origin are kept: those before a restore stay what they are.
fn checkpoints(root: &Path, config: &Config, origin: &str) -> Result<PathBuf> {
    let all = match &config.checkpoints {
        Some(directory) => root.join(directory),
        None => beside(root)?,
    };
    Ok(restore_of(origin).map_or(all.clone(), |restore| all.join(restore)))
}

/// The origin of a home's ledger as its store says it; whether that is so is seen when the store is opened by it.
fn origin(root: &Path) -> String {
    Copy::open(&root.join(STORE)).and_then(|store| store.origin()).unwrap_or_default()
}

/// A ledger that does not continue what left the home before failed a verification.
fn rolled_back(error: AnchorError) -> Failure {
    let exit = match error {
        AnchorError::Behind { .. } | AnchorError::Forked { .. } => Exit::VerificationFailed,
        _ => Exit::Failed,
    };
    Failure::new(exit, error)
}

/// `<home>.checkpoints`
pub(crate) fn beside(root: &Path) -> Result<PathBuf> {
    let mut name = std::path::absolute(root).map_err(|error| Failure::file(root, &error))?.into_os_string();
    name.push(".checkpoints");
    Ok(name.into())
}

/// What falls due each day, since a home without a server has nobody else to do it. That it could not be done is an
/// event, and keeps nobody from the home.
fn keep_up(vault: &Vault, store: &dyn Store, entropy: &dyn Entropy, now: Timestamp) -> Result<bool> {
    if vault.keyring_behind().is_some() {
        return Ok(true);
    }
    let Err(error) = vault.keep_up(now).and_then(|()| vault.keep_following(now)) else { return Ok(true) };
    let what = What::SystemError { component: "job".to_owned(), code: error.code().to_owned() };
    let act = Act { name: "job-failed", changes: vec![], events: vec![by_system(entropy, now, what)] };
    store.commit(act).map(|_| false).map_err(Failure::failed)
}

fn write_repairs(store: &dyn Store, entropy: &dyn Entropy, now: Timestamp, repairs: &[Repair]) -> Result<()> {
    if repairs.is_empty() {
        return Ok(());
    }
    let repaired = u32::try_from(repairs.len()).unwrap_or(u32::MAX);
    let event = by_system(entropy, now, What::MirrorsChanged { repaired, added: 0 });
    let act = Act { name: "mirrors-repaired", changes: vec![], events: vec![event] };
    store.commit(act).map(drop).map_err(Failure::failed)
}

/// An event of this home's own housekeeping.
fn by_system(entropy: &dyn Entropy, now: Timestamp, what: What) -> Event {
    Event {
        at: now,
        principal: PrincipalId::System,
        request: RequestId::new(now, entropy),
        detail: None,
        what,
    }
}

fn unreadable() -> Failure {
    Failure::failed("the ledger cannot be read; run `bailee ledger verify`")
}
