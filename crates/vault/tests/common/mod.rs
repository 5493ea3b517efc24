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

use bailee_core::catalogue::Catalogue;
use bailee_core::retention::{Policy, Profile};
use bailee_core::{Environment, HomeId, Json, Kind, PrincipalId, Reference, RequestId, SellerId, Timestamp};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized::{self, Act, Authorized, Context, Mint};
use bailee_ledger::event::{RevealedItem, What};
use bailee_ledger::note::Signer;
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use bailee_vault::collect::{Request, Step, Summary};
use bailee_vault::reveal::{Gone, Held, Resolved, Wanted};
use bailee_vault::{Foundations, Vault, VaultError};

pub const SELLER: &str = "A1SELLER";

pub struct Home {
    pub vault: Vault,
    pub store: Arc<dyn Store>,
    pub keyring: Arc<Keyring>,
    mint: Mint,
    now: Timestamp,
    directory: PathBuf,
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

impl Home {
    /// A new home with one seller.
    pub fn new(directory: &Path, now: &str) -> Self {
        let home = HomeId::random(&SystemEntropy);
        std::fs::write(directory.join("id"), home.to_string()).unwrap();
        let root = KeyFile::create(&directory.join("root.key"), &SystemEntropy).unwrap();
        Keyring::create(Box::new(root), binding(home), &mirrors(directory), &SystemEntropy).unwrap();
        let home = Self::open(directory, now).unwrap();
        home.vault.add_seller(home.act(authorized::Administer), &seller(), None).unwrap();
        home
    }

    /// Opens the home that lies in a folder.
    pub fn open(directory: &Path, now: &str) -> Result<Self, VaultError> {
        let home: HomeId = std::fs::read_to_string(directory.join("id")).unwrap().parse().unwrap();
        let root = KeyFile::open(&directory.join("root.key")).unwrap();
        let (keyring, _) = Keyring::open(Box::new(root), binding(home), &mirrors(directory), None)?;
        let signer = Signer::new(home, Environment::Test, keyring.lasting().ledger_seed()).unwrap();
        let store = Sqlite::open(&directory.join("store.db"), signer, Arc::new(SystemEntropy))?;
        let (keyring, store): (_, Arc<dyn Store>) = (Arc::new(keyring), Arc::new(store));
        let base = Foundations {
            store: Arc::clone(&store),
            keyring: Arc::clone(&keyring),
            catalogue: Arc::new(Catalogue::embedded().unwrap()),
            policy: Policy::new(30, Profile::Strict).unwrap(),
            entropy: Arc::new(SystemEntropy),
        };
        let vault = Vault::open(base, time(now))?;
        let mint = Mint::for_home(home).unwrap();
        Ok(Self { vault, store, keyring, mint, now: time(now), directory: directory.to_owned() })
    }

    /// The same home at another time.
    pub fn at(self, now: &str) -> Self {
        Self { now: time(now), ..self }
    }

    pub fn context(&self) -> Context {
        let request = RequestId::new(self.now, &SystemEntropy);
        Context { principal: PrincipalId::System, request, now: self.now }
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
        let input = Box::new(std::io::Cursor::new(documents.as_bytes().to_vec()));
        let summary = self.vault.collect(self.act(action), input, "orders.json", request, &mut |step| {
            if let Step::Document { json, .. } = step {
                returned.push(serde_json::to_value(json).unwrap());
            }
            ControlFlow::Continue(())
        })?;
        Ok((summary, returned))
    }

    pub fn resolve(&self, order: &str) -> Resolved {
        let wanted = Wanted::Reference { seller: seller(), reference: reference(order), fields: None };
        self.vault.resolve(&[wanted], self.now).unwrap().remove(0)
    }

    /// Reveals everything but unclassified leaves of an order.
    pub fn reveal(&self, order: &str) -> Vec<(String, Json)> {
        match self.resolve(order) {
            Resolved::Held(held) => self.reveal_held(&held),
            Resolved::Gone(gone) => panic!("gone: {gone:?}"),
            Resolved::Unknown { code } => panic!("unknown: {code}"),
        }
    }

    pub fn reveal_token(&self, token: &str) -> Result<Vec<(String, Json)>, Box<Resolved>> {
        match self.vault.resolve(&[Wanted::Token(token.to_owned())], self.now).unwrap().remove(0) {
            Resolved::Held(held) => Ok(self.reveal_held(&held)),
            other => Err(Box::new(other)),
        }
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
        let (mut revealed, gone) = self.vault.reveal(authorized, std::slice::from_ref(held)).unwrap();
        assert!(gone.is_empty());
        revealed.remove(0).fields
    }

    pub fn gone(&self, order: &str) -> Gone {
        match self.resolve(order) {
            Resolved::Gone(gone) => gone,
            Resolved::Held(_) => panic!("still held"),
            Resolved::Unknown { code } => panic!("unknown: {code}"),
        }
    }

    /// Whether any file of the home holds these bytes.
    pub fn files_hold(&self, needle: &[u8]) -> bool {
        files(&self.directory).iter().any(|file| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn binding(home: HomeId) -> Binding {
    Binding { home, environment: Environment::Test }
}

fn mirrors(directory: &Path) -> Vec<PathBuf> {
    vec![directory.join("keyring-a"), directory.join("keyring-b")]
}

pub fn value<'a>(fields: &'a [(String, Json)], path: &str) -> Option<&'a str> {
    fields.iter().find(|(one, _)| one == path).and_then(|(_, value)| value.as_str())
}
