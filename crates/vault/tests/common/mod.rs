//! A home in a temporary folder: a real keyring in two mirrors, a real SQLite store, the vault over them.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    reason = "tests may fail loudly, and not every suite uses every helper"
)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailee_core::catalogue::{Catalogue, Current};
use bailee_core::retention::Policy;
use bailee_core::{
    Environment, HomeId, Json, Kind, Purpose, RecordId, Reference, RequestId, SellerId, Timestamp,
};
use bailee_crypto::keyring::{Keyring, Unanchored};
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_intake::format::Formats;
use bailee_intake::reader::Reader;
use bailee_ledger::authorized::{self, Act, Authorized, Context, Mint};
use bailee_ledger::event::{RevealedItem, What};
use bailee_ledger::note::Signer;
use bailee_store::faulty::Faulty;
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_store::sqlite::copy::Copy;
use bailee_vault::catalogue::OwnCatalogue;
use bailee_vault::collect::{Request, Step, Summary};
use bailee_vault::hold::keeping::Decide;
use bailee_vault::reveal::{Gone, Held, Resolved, Wanted};
use bailee_vault::{Foundations, Vault, VaultError};

pub const SELLER: &str = "A1SELLER";

/// The file that makes a folder that of a home of real data.
const PRODUCTION: &str = "production";

/// The file that names purposes which rest on consent.
const ON_CONSENT: &str = "on-consent";

/// From its next opening on, a home in this folder has these purposes rest on consent.
pub fn rest_on_consent(directory: &Path, purposes: &[Purpose]) {
    let names: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    std::fs::write(directory.join(ON_CONSENT), names.join(" ")).unwrap();
}

fn on_consent(directory: &Path) -> Vec<Purpose> {
    let names = std::fs::read_to_string(directory.join(ON_CONSENT)).unwrap_or_default();
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

pub struct Home {
    pub vault: Vault,
    pub store: Arc<dyn Store>,
    pub keyring: Arc<Keyring>,
    mint: Mint,
    now: Timestamp,
    directory: PathBuf,
    faulty: Arc<Faulty>,
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn seller() -> SellerId {
    SELLER.parse().unwrap()
}

pub fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

/// A reader of an input in whatever format it is.
pub fn reader(input: impl std::io::Read + Send + 'static) -> Result<Reader, VaultError> {
    reader_of(input, &Formats::embedded().unwrap())
}

/// The same for these formats.
pub fn reader_of(
    input: impl std::io::Read + Send + 'static,
    formats: &Formats,
) -> Result<Reader, VaultError> {
    Ok(Reader::open(Box::new(input), formats, bailee_intake::reader::Request::default())?)
}

/// As the gate does: first the event, and what has no field to be opened is not there at all.
impl Decide for Home {
    fn archive(
        &self,
        context: &Context,
        _hold: RecordId,
    ) -> Result<Authorized<authorized::Archive>, &'static str> {
        Ok(self.mint.act(*context, authorized::Archive))
    }

    fn reveal(
        &self,
        allowed: &Authorized<authorized::Archive>,
        purpose: Purpose,
        held: &[Held],
    ) -> Result<Option<Authorized<authorized::Reveal>>, &'static str> {
        let fields = |held: &Held| held.fields.iter().map(|field| field.field).collect();
        let items =
            held.iter().map(|held| RevealedItem { record: held.record, fields: fields(held) }).collect();
        let pair = |held: &Held| (held.record, held.fields.iter().map(|field| field.instance).collect());
        let action = authorized::Reveal { purpose, pairs: held.iter().map(pair).collect() };
        let events = [What::Revealed { seller: seller(), purpose, ticket: None, items, denied: 0 }];
        self.mint.reveal(&*self.store, *allowed.context(), &events, action).map(Some).map_err(|_| "ledger")
    }
}

impl Home {
    /// A new home with one seller.
    pub fn new(directory: &Path, now: &str) -> Self {
        let home = HomeId::random(&SystemEntropy);
        std::fs::write(directory.join("id"), home.to_string()).unwrap();
        let root = KeyFile::create(&directory.join("root.key"), &SystemEntropy).unwrap();
        Keyring::create(Box::new(root), binding(directory, home), &mirrors(directory), &SystemEntropy)
            .unwrap();
        let home = Self::open(directory, now).unwrap();
        home.vault.add_seller(home.act(authorized::Administer), &seller(), None).unwrap();
        home
    }

    /// The same, of real data.
    pub fn in_production(directory: &Path, now: &str) -> Self {
        std::fs::write(directory.join(PRODUCTION), "").unwrap();
        Self::new(directory, now)
    }

    /// Opens the home that lies in a folder.
    pub fn open(directory: &Path, now: &str) -> Result<Self, VaultError> {
        Self::open_store(directory, now, &directory.join("store.db"))
    }

    /// Opens it with another store: an old copy, say.
    pub fn open_store(directory: &Path, now: &str, store: &Path) -> Result<Self, VaultError> {
        Self::open_as(directory, now, store, Policy::default())
    }

    /// Opens it with another clock.
    pub fn open_as(directory: &Path, now: &str, store: &Path, policy: Policy) -> Result<Self, VaultError> {
        Self::open_with(directory, now, store, policy, Catalogue::embedded().unwrap())
    }

    /// Opens it with a catalogue of its own.
    pub fn open_with(
        directory: &Path,
        now: &str,
        store: &Path,
        policy: Policy,
        catalogue: Catalogue,
    ) -> Result<Self, VaultError> {
        let home: HomeId = std::fs::read_to_string(directory.join("id")).unwrap().parse().unwrap();
        let root = KeyFile::open(&directory.join("root.key")).unwrap();
        let unanchored = Unanchored::look(Box::new(root), binding(directory, home), &mirrors(directory))?;
        let origin = Copy::open(store).and_then(|copy| copy.origin()).unwrap_or_default();
        let seed = unanchored.lasting().ledger_seed();
        let signer = Signer::of_origin(home, environment(directory), seed, &origin).unwrap();
        let store = Sqlite::open(store, signer, Arc::new(SystemEntropy))?;
        let (keyring, _) = unanchored.open_also_behind(store.anchor()?)?;
        let faulty = Arc::new(Faulty::new(Arc::new(store)));
        let (keyring, store): (_, Arc<dyn Store>) = (Arc::new(keyring), Arc::<Faulty>::clone(&faulty));
        let base = Foundations {
            store: Arc::clone(&store),
            keyring: Arc::clone(&keyring),
            catalogue: Arc::new(current(directory, catalogue)),
            own: Arc::new(Own(directory.join("classified.toml"))),
            policy,
            ledger_days: 400,
            request_months: 36,
            on_consent: on_consent(directory),
            entropy: Arc::new(SystemEntropy),
        };
        let vault = Vault::open(base, time(now))?;
        if vault.keyring_behind().is_none() {
            vault.keep_following(time(now))?;
        }
        let mint = Mint::for_home(home).unwrap();
        Ok(Self { vault, store, keyring, mint, now: time(now), directory: directory.to_owned(), faulty })
    }

    /// From here on so many writes succeed; the next ones find the disk full.
    pub fn writes_left(&self, count: u32) {
        self.faulty.writes_left(count);
    }

    /// From here on every write succeeds again.
    pub fn heal(&self) {
        self.faulty.heal();
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn run_retention(&self) -> Result<bailee_vault::retention::Ran, VaultError> {
        self.vault.retention_run(self.act(authorized::RunRetention), self, &mut |_, _| {})
    }

    /// Copies the store as a backup would, with what its log still holds.
    pub fn back_up_store(&self, to: &Path) -> PathBuf {
        std::fs::create_dir_all(to).unwrap();
        for file in std::fs::read_dir(&self.directory).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("store.db") && !name.ends_with("-shm") {
                std::fs::copy(&file, to.join(name)).unwrap();
            }
        }
        to.join("store.db")
    }

    /// Every event of the ledger, as text.
    pub fn ledger_text(&self) -> String {
        let mut text = String::new();
        for index in 0.. {
            match bailee_ledger::log::Source::entry(&*self.store, index).unwrap() {
                Some(entry) => text.push_str(&String::from_utf8_lossy(&entry)),
                None => return text,
            }
        }
        text
    }

    /// The names of the events of the ledger, in their order.
    pub fn events(&self) -> Vec<String> {
        let text = self.ledger_text();
        text.split("\"event\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }

    pub fn verify_ledger(&self) {
        bailee_ledger::verify::verify(&*self.store, &self.store.verifier_key(), &[]).unwrap();
    }

    /// The same home at another time.
    pub fn at(self, now: &str) -> Self {
        Self { now: time(now), ..self }
    }

    pub fn context(&self) -> Context {
        let request = RequestId::new(self.now, &SystemEntropy);
        Context::system(request, self.now)
    }

    pub fn act<A: Act>(&self, action: A) -> Authorized<A> {
        self.mint.act(self.context(), action)
    }

    pub fn collect(&self, documents: &str) -> Summary {
        self.collect_with(documents, Request::default()).unwrap().0
    }

    /// Collects, and gives the tokenised documents as JSON.
    pub fn collect_with(
        &self,
        documents: &str,
        request: Request,
    ) -> Result<(Summary, Vec<serde_json::Value>), VaultError> {
        let action = authorized::Collect { seller: seller(), kind: Kind::Order };
        let mut returned = Vec::new();
        let input = reader(std::io::Cursor::new(documents.as_bytes().to_vec()))?;
        let summary = self.vault.collect(self.act(action), input, "orders.json", request, &mut |step| {
            if let Step::Document { json, .. } = step {
                returned.push(serde_json::to_value(json).unwrap());
            }
            ControlFlow::Continue(())
        })?;
        Ok((summary, returned))
    }

    pub fn resolve(&self, order: &str) -> Resolved {
        let wanted =
            Wanted::Reference { seller: seller(), kind: None, reference: reference(order), fields: None };
        self.vault.resolve(&[wanted], self.now).unwrap().remove(0)
    }

    /// Reveals everything but unclassified leaves of an order.
    pub fn reveal(&self, order: &str) -> Vec<(String, Json)> {
        match self.resolve(order) {
            Resolved::Held(held) => self.reveal_held(&held),
            Resolved::Gone(gone) => panic!("gone: {gone:?}"),
            Resolved::Unknown { code } => panic!("unknown: {code}"),
            Resolved::Failed { error, .. } => panic!("failed: {error}"),
        }
    }

    pub fn reveal_token(&self, token: &str) -> Result<Vec<(String, Json)>, Box<Resolved>> {
        match self.vault.resolve(&[Wanted::Token(token.to_owned())], self.now).unwrap().remove(0) {
            Resolved::Held(held) => Ok(self.reveal_held(&held)),
            other => Err(Box::new(other)),
        }
    }

    /// Reveals as the gate does: first the event, then the vault.
    pub fn try_reveal(
        &self,
        action: authorized::Reveal,
        held: &Held,
    ) -> Result<bailee_vault::reveal::Opened, VaultError> {
        let authorized = self.allow_reveal(action, held)?;
        self.vault.reveal(authorized, std::slice::from_ref(held))
    }

    /// What the gate hands over, once its event is written: for every field of a record.
    pub fn allow(&self, held: &Held, purpose: bailee_core::Purpose) -> Authorized<authorized::Reveal> {
        let pairs = vec![(held.record, held.fields.iter().map(|field| field.instance).collect())];
        self.allow_reveal(authorized::Reveal { purpose, pairs }, held).unwrap()
    }

    fn allow_reveal(
        &self,
        action: authorized::Reveal,
        held: &Held,
    ) -> Result<Authorized<authorized::Reveal>, VaultError> {
        let fields = held.fields.iter().map(|field| field.field).collect();
        let items = vec![RevealedItem { record: held.record, fields }];
        let purpose = action.purpose;
        let events = [What::Revealed { seller: seller(), purpose, ticket: None, items, denied: 0 }];
        Ok(self.mint.reveal(&*self.store, self.context(), &events, action)?)
    }

    /// What the server does by itself.
    pub fn dispose_due(&self) -> Result<bailee_vault::retention::Ran, VaultError> {
        self.vault.dispose_due(self.now(), self)
    }

    pub fn reveal_held(&self, held: &Held) -> Vec<(String, Json)> {
        let purpose = bailee_core::Purpose::Fulfilment;
        let fields: Vec<_> =
            held.fields.iter().filter(|field| field.class != bailee_core::Class::Unclassified).collect();
        let action = authorized::Reveal {
            purpose,
            pairs: vec![(held.record, fields.iter().map(|field| field.instance).collect())],
        };
        let items = vec![RevealedItem {
            record: held.record,
            fields: fields.iter().map(|field| field.field).collect(),
        }];
        let events = [What::Revealed { seller: seller(), purpose, ticket: None, items, denied: 0 }];
        let authorized = self.mint.reveal(&*self.store, self.context(), &events, action).unwrap();
        let mut opened = self.vault.reveal(authorized, std::slice::from_ref(held)).unwrap();
        assert!(opened.gone.is_empty() && opened.failed.is_empty());
        opened.revealed.remove(0).fields
    }

    pub fn gone(&self, order: &str) -> Gone {
        match self.resolve(order) {
            Resolved::Gone(gone) => gone,
            Resolved::Held(_) => panic!("still held"),
            Resolved::Unknown { code } => panic!("unknown: {code}"),
            Resolved::Failed { error, .. } => panic!("failed: {error}"),
        }
    }

    /// One of these byte strings that a file of the home holds, with the file, if any does.
    pub fn find_any(&self, needles: &[Vec<u8>]) -> Option<(PathBuf, String)> {
        let needles = Needles::new(needles);
        files(&self.directory).into_iter().find_map(|file| {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let found = String::from_utf8_lossy(needles.in_bytes(&bytes)?).into_owned();
            Some((file, found))
        })
    }

    /// Whether any file of the home holds these bytes.
    pub fn files_hold(&self, needle: &[u8]) -> bool {
        files(&self.directory).iter().any(|file| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    }
}

/// What many needles have in common, so that a file is searched for all of them at once.
struct Needles<'n> {
    /// Whether a needle begins with these three bytes.
    beginnings: Vec<bool>,
    by_beginning: std::collections::HashMap<[u8; 5], Vec<&'n [u8]>>,
}

impl<'n> Needles<'n> {
    fn new(needles: &'n [Vec<u8>]) -> Self {
        let mut all =
            Self { beginnings: vec![false; 1 << 24], by_beginning: std::collections::HashMap::new() };
        for needle in needles {
            let beginning = *needle.first_chunk::<5>().unwrap();
            all.beginnings[place(&beginning)] = true;
            all.by_beginning.entry(beginning).or_default().push(needle);
        }
        all
    }

    fn in_bytes(&self, bytes: &[u8]) -> Option<&'n [u8]> {
        bytes.windows(5).enumerate().filter(|(_, window)| self.beginnings[place(window)]).find_map(
            |(at, window)| {
                let candidates = self.by_beginning.get(window)?;
                candidates.iter().copied().find(|needle| bytes[at..].starts_with(needle))
            },
        )
    }
}

fn place(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The file of what an officer decided.
struct Own(PathBuf);

impl OwnCatalogue for Own {
    fn replace(&self, text: &str) -> std::io::Result<()> {
        std::fs::write(&self.0, text)
    }
}

fn current(directory: &Path, base: Catalogue) -> Current {
    let own = std::fs::read_to_string(directory.join("classified.toml")).ok();
    Current::new(base, own.as_deref()).unwrap()
}

fn binding(directory: &Path, home: HomeId) -> Binding {
    Binding { home, environment: environment(directory) }
}

/// A file that says so.
fn environment(directory: &Path) -> Environment {
    if directory.join(PRODUCTION).exists() { Environment::Production } else { Environment::Test }
}

/// Copies a directory.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn mirrors(directory: &Path) -> Vec<PathBuf> {
    vec![directory.join("keyring-a"), directory.join("keyring-b")]
}

pub fn value<'a>(fields: &'a [(String, Json)], path: &str) -> Option<&'a str> {
    fields.iter().find(|(one, _)| one == path).and_then(|(_, value)| value.as_str())
}
