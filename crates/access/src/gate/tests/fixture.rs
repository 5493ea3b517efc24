//! A home in a temporary directory, with a hasher that counts and a store whose disk can be made full.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bailee_core::catalogue::Catalogue;
use bailee_core::time::saturating_add;
use bailee_core::{
    Class, Entropy, Environment, HomeId, PersonId, Purpose, RequestId, SellerId, Sensitive, Timestamp,
};
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::authorized::Mint;
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Source;
use bailee_ledger::note::Signer;
use bailee_store::act::{Act, Change, SellerNo};
use bailee_store::faulty::Faulty;
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use tempfile::TempDir;

use crate::gate::{Caller, Gate, LogIn, Presented};
use crate::password::Hasher;
use crate::service::NewService;
use crate::session::NewSession;
use crate::{AccessError, Denial, Door, Standards};

pub(super) const OWNER: &str = "Mara Lindqvist <Mara.L@warehouse.example>";
pub(super) const MAIL: &str = "mara.l@warehouse.example";
pub(super) const PASSWORD: &str = "Blue-Kettle-77";
pub(super) const FIRST_DAY: &str = "2026-11-23T08:00:00Z";

/// A home, open.
pub(super) struct Home {
    pub(super) directory: TempDir,
    pub(super) binding: Binding,
    pub(super) keyring: Arc<Keyring>,
    pub(super) store: Arc<Faulty>,
    pub(super) verifications: Arc<AtomicUsize>,
    standards: Standards,
    mint: Option<Arc<Mint>>,
    gate: Option<Gate>,
    request: AtomicUsize,
}

impl Home {
    /// A test home with its first person and the sellers S1 and S2.
    pub(super) fn new() -> Self {
        let home = Self::empty(Environment::Test);
        home.gate().make_owner(OWNER, &sensitive(PASSWORD), home.request(), at(0)).ok().unwrap();
        for (no, id) in [(1, "S1"), (2, "S2")] {
            let changes = vec![Change::AddSeller { no: SellerNo(no), id: seller(id) }];
            home.store.commit(Act { name: "add-seller", changes, events: Vec::new() }).unwrap();
        }
        home
    }

    /// A home in which nobody is known.
    pub(super) fn empty(environment: Environment) -> Self {
        let directory = TempDir::new().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let binding = Binding { home: HomeId::random(&*entropy), environment };
        let provider = KeyFile::create(&directory.path().join("root.key"), &*entropy).unwrap();
        let mirrors = ["mirror-a", "mirror-b"].map(|name| directory.path().join(name));
        let keyring = Arc::new(Keyring::create(Box::new(provider), binding, &mirrors, &*entropy).unwrap());
        let signer = Signer::new(binding.home, environment, keyring.lasting().ledger_seed()).unwrap();
        let store = Sqlite::open(&directory.path().join("home.db"), signer, entropy).unwrap();
        let store = Arc::new(Faulty::new(Arc::new(store)));
        let mut home = Self {
            directory,
            binding,
            keyring,
            store,
            verifications: Arc::default(),
            standards: Standards::of(environment),
            mint: None,
            gate: None,
            request: AtomicUsize::new(0),
        };
        home.reopen();
        home
    }

    /// The same home as the next process finds it.
    pub(super) fn reopen(&mut self) {
        self.try_reopen().ok().unwrap();
    }

    pub(super) fn try_reopen(&mut self) -> Result<(), AccessError> {
        let hasher = Counting(Arc::clone(&self.verifications));
        self.reopen_with(Box::new(hasher))
    }

    /// The same home with other standards.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Standards)) -> Self {
        change(&mut self.standards);
        self.reopen();
        self
    }

    pub(super) fn reopen_with(&mut self, hasher: Box<dyn Hasher>) -> Result<(), AccessError> {
        // A home has one right to mint: the old gate gives it back first.
        self.gate = None;
        self.mint = None;
        self.mint = Some(Arc::new(Mint::for_home(self.binding.home).unwrap()));
        self.gate = Some(self.node(hasher)?);
        Ok(())
    }

    /// Another gate over the same store, as another node of the home has one.
    pub(super) fn node(&self, hasher: Box<dyn Hasher>) -> Result<Gate, AccessError> {
        let mint = Arc::clone(self.mint.as_ref().unwrap());
        let catalogue = Arc::new(Catalogue::embedded().unwrap().into());
        let store: Arc<dyn Store> = Arc::<Faulty>::clone(&self.store);
        let keyring = Arc::clone(&self.keyring);
        let entropy = Arc::new(SystemEntropy);
        let standards = self.standards.clone();
        Gate::open_with(mint, store, keyring, catalogue, entropy, standards, hasher)
    }

    /// The same, with a hasher that counts.
    pub(super) fn another_node(&self) -> Gate {
        self.node(Box::new(Counting(Arc::clone(&self.verifications)))).ok().unwrap()
    }

    /// The person of that address.
    pub(super) fn person(&self, mail: &str) -> PersonId {
        let known = self.gate().known();
        known.accounts().iter().find(|entry| entry.value.person.mail == mail).unwrap().value.person.id
    }

    pub(super) fn gate(&self) -> &Gate {
        self.gate.as_ref().unwrap()
    }

    pub(super) fn request(&self) -> RequestId {
        let number = self.request.fetch_add(1, Ordering::Relaxed);
        RequestId(u128::try_from(number).unwrap().to_be_bytes())
    }

    pub(super) fn log_in(&self, now: Timestamp) -> Sensitive<String> {
        self.try_log_in(MAIL, PASSWORD, None, now).ok().unwrap().token
    }

    pub(super) fn log_in_with(&self, password: &str, now: Timestamp) -> Sensitive<String> {
        self.try_log_in(MAIL, password, None, now).ok().unwrap().token
    }

    /// An attempt at the machine itself, with a code of the authenticator where there is one.
    pub(super) fn try_log_in(
        &self,
        mail: &str,
        password: &str,
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<NewSession, AccessError> {
        self.try_log_in_at(Door::Local, mail, password, code, now)
    }

    pub(super) fn try_log_in_at(
        &self,
        door: Door,
        mail: &str,
        password: &str,
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<NewSession, AccessError> {
        let (password, code) = (sensitive(password), code.map(sensitive));
        let log_in = LogIn {
            mail,
            password: &password,
            code: code.as_ref(),
            passkey: None,
            door,
            certificate: None,
            machine_now: now,
        };
        self.gate().log_in(&log_in, self.request(), now, None)
    }

    /// Who shows this credential, or why not.
    pub(super) fn try_caller(&self, bearer: Option<&str>, now: Timestamp) -> Result<Caller, AccessError> {
        let bearer = bearer.map(sensitive);
        self.gate().authenticate(&self.presented(bearer, now))
    }

    pub(super) fn presented(&self, bearer: Option<Sensitive<String>>, now: Timestamp) -> Presented {
        Presented {
            bearer,
            certificate: None,
            request: self.request(),
            now,
            machine_now: now,
            detail: None,
            door: Door::Local,
        }
    }

    /// Who shows this credential, for what completes or renews it.
    pub(super) fn renewing(&self, bearer: &str, now: Timestamp) -> Result<Caller, AccessError> {
        self.gate().authenticate_to_renew(&self.presented(Some(sensitive(bearer)), now))
    }

    pub(super) fn caller(&self, bearer: &str, now: Timestamp) -> Caller {
        self.try_caller(Some(bearer), now).ok().unwrap()
    }

    /// The first person, freshly logged in.
    pub(super) fn owner(&self) -> Caller {
        self.caller(self.log_in(at(0)).expose(), at(0))
    }

    /// A service of S1 and its key.
    pub(super) fn service(&self, name: &str, purposes: &[Purpose], classes: &[Class]) -> Sensitive<String> {
        self.gate().add_service(&self.owner(), new_service(name, "S1", purposes, classes)).ok().unwrap().1
    }

    /// Every event so far.
    pub(super) fn events(&self) -> Vec<Event> {
        (0..)
            .map_while(|index| Source::entry(&*self.store, index).unwrap())
            .map(|entry| Event::parse(&entry).unwrap())
            .collect()
    }

    /// What was written while something ran.
    pub(super) fn events_of<T>(&self, act: impl FnOnce() -> T) -> (T, Vec<Event>) {
        let before = self.events().len();
        let result = act();
        (result, self.events().split_off(before))
    }

    /// The denial of an act, which must have written exactly one event, about exactly this denial.
    pub(super) fn denied<T>(
        &self,
        action: &str,
        act: impl FnOnce() -> Result<T, AccessError>,
    ) -> (Denial, Event) {
        let (result, mut events) = self.events_of(act);
        let Err(AccessError::Denied(denial)) = result else { panic!("{action} was not denied") };
        assert_eq!(events.len(), 1, "{action}: {events:?}");
        let event = events.remove(0);
        let What::Denied { action: named, reason, requirement, .. } = &event.what else {
            panic!("{event:?}")
        };
        assert_eq!(
            (named.as_str(), reason.as_str(), *requirement),
            (action, denial.code, denial.requirement)
        );
        (denial, event)
    }
}

/// The words with which something was refused as not acceptable.
pub(super) fn unacceptable<T>(done: Result<T, AccessError>) -> String {
    match done {
        Err(error @ (AccessError::Unacceptable(_) | AccessError::Against(..))) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("was done"),
    }
}

pub(super) fn sensitive(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

pub(super) fn seller(id: &str) -> SellerId {
    id.parse().unwrap()
}

/// So many seconds into the first day.
pub(super) fn at(seconds: i64) -> Timestamp {
    saturating_add(FIRST_DAY.parse().unwrap(), seconds)
}

pub(super) fn new_service(name: &str, of: &str, purposes: &[Purpose], classes: &[Class]) -> NewService {
    NewService {
        name: name.into(),
        sellers: vec![seller(of)],
        purposes: purposes.to_vec(),
        classes: classes.to_vec(),
        owner: None,
    }
}

/// Counts its verifications, since a test may not look at the clock; keeps nothing that a password could be read from.
struct Counting(Arc<AtomicUsize>);

impl Counting {
    fn kept(password: &Sensitive<String>) -> String {
        crate::credential::CredentialHash::of(password.expose()).to_string()
    }
}

impl Hasher for Counting {
    fn hash(&self, password: &Sensitive<String>, _entropy: &dyn Entropy) -> Result<String, AccessError> {
        Ok(Self::kept(password))
    }

    fn verify(&self, password: &Sensitive<String>, kept: Option<&str>) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        kept == Some(Self::kept(password).as_str())
    }

    fn is_outdated(&self, _kept: &str) -> bool {
        false
    }
}
