//! What happens to personal data between its intake and its end: collect, reveal, find, show, retention, disposal.
//!
//! Every public act consumes an [`Authorized`] value, so a caller that has not passed the gate cannot reach plaintext,
//! and cannot forget to be logged. Plaintext lives in memory only while an act lasts, in boxes that are wiped.
//!
//! Start reading at [`collect`]: how a document becomes a skeleton of facts and sealed parts. `document` takes it
//! apart, `plan` decides what becomes of a record, `batch` gives slots, seals and commits. [`retention`] and
//! `destruction` end it; [`erase`] does for a person who asks.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::allow_attributes,
        reason = "tests may fail loudly"
    )
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "an act consumes its authorisation, so that it is used once"
)]

mod adoption;
pub mod archive;
pub mod backup;
mod batch;
pub mod believed;
pub mod catalogue;
pub mod census;
pub mod collect;
pub mod consent;
mod destruction;
pub mod disposals;
mod document;
mod due;
pub mod ending;
pub mod erase;
pub mod error;
pub mod escrow;
pub mod exports;
mod facts;
pub mod find;
mod follow;
mod gone;
pub mod hear;
pub mod hold;
mod incoming;
pub mod keys;
mod left;
mod parallel;
mod part;
mod plan;
pub mod prints;
pub mod quarantine;
pub mod recipients;
pub mod record;
pub mod rectify;
mod registers;
mod relocate;
pub mod restrict;
mod restricted;
pub mod retention;
pub mod reveal;
mod seal;
pub mod seller;
pub mod shape;
pub mod show;
mod slots;
pub mod subject;
mod terms;
pub mod unclassified;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

use bailee_core::catalogue::{Catalogue, Current};
use bailee_core::retention::Policy;
use bailee_core::{Entropy, PartNo, Purpose, RecordId, SellerId, Timestamp};
use bailee_crypto::bucket::BucketId;
use bailee_crypto::envelope::Place;
use bailee_crypto::keyring::Keyring;
use bailee_ledger::authorized::Authorized;
use bailee_ledger::event::Event;
use bailee_store::act::SellerNo;
use bailee_store::records::Store;

pub use adoption::Adopted;
pub use error::VaultError;

/// What a vault stands on.
pub struct Foundations {
    /// The home's store.
    pub store: Arc<dyn Store>,
    /// Its keyring.
    pub keyring: Arc<Keyring>,
    /// Its catalogue: the gate goes by the same.
    pub catalogue: Arc<Current>,
    /// The file of what its officer decided.
    pub own: Arc<dyn catalogue::OwnCatalogue>,
    /// How long personal data is kept.
    pub policy: Policy,
    /// How many days the ledger is kept, and with it the details of its events (2.6.e).
    pub ledger_days: u16,
    /// How many whole months what people leave with a request or a consent is kept (R22).
    pub request_months: u16,
    /// Purposes for which nothing is opened but with a consent that covers it (2.1.b).
    pub on_consent: Vec<Purpose>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The personal data of one home.
pub struct Vault {
    base: Foundations,
    slots: slots::Slots,
    arrivals: quarantine::Arrivals,
    sellers: RwLock<BTreeMap<SellerId, SellerNo>>,
    /// Sellers that have ended: nothing of them is sealed or opened any more.
    ended: RwLock<BTreeMap<SellerId, ending::End>>,
    /// Buckets whose destruction is intended: nothing is sealed into them or opened from them any more.
    doomed: RwLock<HashSet<BucketId>>,
    /// Held by who completes destructions, so that two who intended one do not both complete it.
    destroying: Mutex<()>,
    /// Keys and archives are changed by one at a time.
    archiving: Mutex<()>,
    /// Reveals that failed while the ledger could not be written.
    failures: Mutex<Vec<Event>>,
    /// Consents that live. Replaced after the commit that changes them, and before that is answered.
    consents: RwLock<consent::Living>,
    /// Held by who changes a request or a consent.
    leaving: Mutex<()>,
    /// Restrictions of records that nothing is held of.
    waiting: RwLock<restricted::Waiting>,
    /// Counts restrictions: what was resolved before one is looked at once more when it is opened.
    restrictions: AtomicU64,
    /// Held, shared, from planning a batch by a catalogue until its act is on its way, and alone to change the
    /// catalogue or to end a seller: so no act that was planned before comes after the change.
    planning: RwLock<()>,
    /// What a server has done today. Held while it does it.
    daily: Mutex<retention::Daily>,
    /// Held by who changes the catalogue, until what is sealed has followed.
    classifying: Mutex<()>,
    /// Held by who backs the home up.
    backing_up: Mutex<()>,
    /// New leaves of records are numbered from here on.
    numbers_from: u64,
}

impl Vault {
    /// Opens the vault, and finishes what was begun and not completed: an adoption of the keyring, destructions, the
    /// end of a seller.
    ///
    /// # Errors
    /// When the store or a mirror of the keyring cannot be used.
    pub fn open(base: Foundations, now: Timestamp) -> Result<Self, VaultError> {
        let sellers = base.store.sellers()?.into_iter().map(|(no, id)| (id, no)).collect();
        let newest = base.store.quarantine(None, None, 1)?.first().map(|row| row.id);
        let numbers_from = backup::replay::numbers_from(&*base.store)?;
        let vault = Self {
            base,
            slots: slots::Slots::default(),
            arrivals: quarantine::Arrivals::behind(newest),
            sellers: RwLock::new(sellers),
            ended: RwLock::default(),
            doomed: RwLock::new(HashSet::new()),
            destroying: Mutex::new(()),
            archiving: Mutex::default(),
            failures: Mutex::default(),
            consents: RwLock::default(),
            leaving: Mutex::default(),
            waiting: RwLock::default(),
            restrictions: AtomicU64::new(0),
            planning: RwLock::default(),
            daily: Mutex::default(),
            classifying: Mutex::default(),
            backing_up: Mutex::default(),
            numbers_from,
        };
        vault.know_ended()?;
        vault.know_waiting()?;
        vault.resume_adoption(now)?;
        if vault.keyring_behind().is_none() {
            vault.resume_destructions(now)?;
            vault.resume_ends(now)?;
            vault.know_consents()?;
        }
        Ok(vault)
    }

    /// The catalogue as it is now.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.base.catalogue.now()
    }

    /// The authorisation must be of this home, and its keyring no older than it: by an old one nothing is opened or sealed.
    fn check_home<A>(&self, authorized: &Authorized<A>) -> Result<(), VaultError> {
        self.check_home_only(authorized)?;
        self.refuse_behind()
    }

    /// A proof from another home opens nothing here.
    fn check_home_only<A>(&self, authorized: &Authorized<A>) -> Result<(), VaultError> {
        if authorized.home() == self.base.keyring.binding().home {
            Ok(())
        } else {
            Err(VaultError::OtherHome)
        }
    }

    fn place<'a>(
        &self,
        what: &'a str,
        seller: &'a SellerId,
        record: RecordId,
        part: PartNo,
        version: u32,
    ) -> Place<'a> {
        let binding = self.base.keyring.binding();
        Place {
            home: binding.home,
            environment: binding.environment,
            what,
            seller: Some(seller),
            record,
            part,
            version,
        }
    }

    fn seller_no(&self, id: &SellerId) -> Result<SellerNo, VaultError> {
        let sellers = self.sellers.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        sellers.get(id).copied().ok_or_else(|| VaultError::UnknownSeller(id.clone()))
    }

    fn seller_id(&self, no: SellerNo) -> Option<SellerId> {
        let sellers = self.sellers.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        sellers.iter().find(|(_, other)| **other == no).map(|(id, _)| id.clone())
    }
}
