//! The gate: authenticate, decide, mint.
//!
//! A refusal is written to the ledger before it is returned, and when it cannot be written, that is the answer: there
//! is no path out of here that leaves no trace. What the caller typed never reaches an event.

mod acts;
mod carry;
mod certificates;
mod devices;
mod ended_sellers;
mod enter;
mod explain;
mod follow;
mod glass;
mod grants;
mod holds;
mod invitations;
mod log_in;
mod notices;
mod origins;
mod own_secrets;
mod passkeys;
mod people;
mod proposals;
mod renew;
mod reveal;
mod rights;
mod rules;
mod service_keys;
mod services;
mod sign_on;
mod spending;
mod subject;
#[cfg(test)]
mod tests;
mod waits;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bailee_core::catalogue::Current;
use bailee_core::time::saturating_add;
use bailee_core::{
    Class, Commitment, Entropy, Environment, FieldId, FieldInstance, Kind, PrincipalId, Purpose, RecordId,
    RequestId, SellerId, Sensitive, SessionId, Timestamp,
};
use bailee_crypto::keyring::Keyring;
use bailee_ledger::authorized::{self, Authorized, Mint};
use bailee_ledger::event::What;
use bailee_store::records::Store;

use crate::certificate::Shown;
use crate::credential::CredentialHash;
use crate::decision::{Action, Circumstances, Rules, Subject};
use crate::device::Place;
use crate::error::{AccessError, Denial};
use crate::lockout::Door;
use crate::passkey::Challenges;
use crate::password::{Argon2id, Hasher};
use crate::person::Person;
use crate::register::{Known, Sealer};
use crate::repetition::Repetitions;
use crate::service::{Service, Times};
use crate::session::FRESH_SECONDS_MAX;
use crate::standards::Standards;
pub use certificates::NewCertificate;
pub use devices::NewDevice;
pub use explain::{Seen, ToExplain};
pub use glass::Broken;
pub use grants::AskedGrant;
pub use invitations::{Invited, NewPerson};
pub use log_in::LogIn;
pub use origins::Opened as OpenedOrigin;
use origins::Origins;
pub use passkeys::{BegunPasskey, EnrolledPasskey, PasskeyAnswer, ShownPasskey};
pub use people::Left;
pub use proposals::CarryOut;
pub use renew::{BegunFactor, EnrolledFactor};
pub use service_keys::NewKey;
pub use sign_on::{BegunSignOn, SignOn};
use spending::Spending;
pub use waits::{Arms, Exception};

/// The gate of a home. Shared between threads; what it writes it waits for, so it is not called on a thread of the
/// asynchronous runtime.
pub struct Gate {
    mint: Arc<Mint>,
    store: Arc<dyn Store>,
    /// Of the rules of access: what is known, and what decides, is at least as new.
    version: AtomicU64,
    /// The vault goes by the same.
    catalogue: Arc<Current>,
    environment: Environment,
    sealer: Sealer,
    hasher: Box<dyn Hasher>,
    standards: Standards,
    origins: Origins,
    /// What decides. Replaced whole, so that a decision is made by one set of rules from its beginning to its end.
    rules: RwLock<Arc<Rules>>,
    spending: Spending,
    /// What waits for a passkey.
    challenges: Challenges,
    known: RwLock<Known>,
    /// Requests that their callers gave a name to.
    repetitions: Mutex<Repetitions>,
    /// Held while an account is tried: which of them, its address says.
    attempts: [Mutex<()>; ATTEMPTS_MAX],
    /// Held from reading what is known to changing it after the commit, so that readers never wait for the disk.
    writing: Mutex<()>,
}

/// Most log-ins that are looked at at one time. Each takes the memory of an Argon2id.
const ATTEMPTS_MAX: usize = 16;

/// What a caller shows: the text after `Bearer`, a session token or a service's key; a certificate; both, or nothing.
pub struct Presented {
    /// The credential.
    pub bearer: Option<Sensitive<String>>,
    /// The certificate of the connection, whose holder has shown that he has its key.
    pub certificate: Option<Arc<Shown>>,
    /// The request.
    pub request: RequestId,
    /// The home's time.
    pub now: Timestamp,
    /// The machine's, by which certificates go.
    pub machine_now: Timestamp,
    /// Where it came from, as [`Gate::origin`] has written it down.
    pub detail: Option<Commitment>,
    /// The door at which it is shown.
    pub door: Door,
}

/// An authenticated caller. Only [`Gate::authenticate`] makes one.
#[non_exhaustive]
pub struct Caller {
    /// For events.
    pub context: authorized::Context,
    /// Who it is.
    pub who: Who,
    /// The machine's time.
    pub(crate) machine_now: Timestamp,
    /// Where they stand.
    pub(crate) door: Door,
    /// The same, with the device on which they are.
    pub(crate) place: Place,
    /// The version of the rules of access by which they were recognised.
    pub(crate) version: u64,
}

impl Caller {
    fn times(&self) -> Times {
        Times { home: self.context.now, machine: self.machine_now }
    }

    /// Whether a second factor was shown in this session a short while ago.
    pub fn has_fresh_factor(&self) -> bool {
        match self.who {
            Who::Person { factor_at: Some(at), .. } => {
                self.context.now <= saturating_add(at, FRESH_SECONDS_MAX)
            }
            _ => false,
        }
    }
}

/// Who a caller is.
pub enum Who {
    /// A person in a session.
    Person {
        /// The person.
        person: Person,
        /// The session.
        session: SessionId,
        /// When a second factor was shown in it last.
        factor_at: Option<Timestamp>,
    },
    /// A person with an invitation that is not accepted yet.
    Invited(Person),
    /// A person with a code that enrols a device.
    Enrolling {
        /// The person.
        person: Person,
        /// Of the code.
        code: EnrolmentCode,
    },
    /// A service, without what is kept of its keys.
    Service(Service),
}

impl Who {
    /// The same as events name it.
    pub fn principal(&self) -> PrincipalId {
        match self {
            Self::Person { person, .. } | Self::Invited(person) | Self::Enrolling { person, .. } => {
                PrincipalId::Person(person.id)
            }
            Self::Service(service) => PrincipalId::Service(service.id),
        }
    }
}

/// What is kept of a code that enrols a device.
pub struct EnrolmentCode(pub(crate) CredentialHash);

/// A record of which fields are asked.
pub struct Asked<'a> {
    /// Whose.
    pub seller: &'a SellerId,
    /// Of what kind.
    pub kind: Kind,
    /// Its id.
    pub record: RecordId,
    /// The fields.
    pub fields: Vec<AskedField>,
    /// Whether the record is kept and not used, since whoever it is about asked for that.
    pub restricted: bool,
    /// For which purposes a consent covers it.
    pub consented: &'a [Purpose],
    /// Whether they were asked for by name (or token): then one refused is a denial. Of a record asked for whole,
    /// what is refused is only counted, unless nothing of it is allowed.
    pub named: bool,
}

/// A field asked for.
#[derive(Clone, Copy, Debug)]
pub struct AskedField {
    /// In the record.
    pub instance: FieldInstance,
    /// In the catalogue.
    pub field: FieldId,
    /// Its class.
    pub class: Class,
}

/// What was decided of a reveal.
pub struct Decided {
    /// The proof; none when nothing is allowed.
    pub authorized: Option<Authorized<authorized::Reveal>>,
    /// What was refused.
    pub denied: Vec<DeniedField>,
}

/// A refused field.
#[derive(Clone, Debug)]
pub struct DeniedField {
    /// The record.
    pub record: RecordId,
    /// The field of it.
    pub instance: FieldInstance,
    /// Why, and what to do.
    pub denial: Denial,
}

impl Gate {
    /// Opens the gate with the home's one right to mint, and reads who is known.
    ///
    /// # Errors
    /// When a register cannot be read from the store, does not open or was written by a newer version.
    pub fn open(
        mint: Mint,
        store: Arc<dyn Store>,
        keyring: Arc<Keyring>,
        catalogue: Arc<Current>,
        entropy: Arc<dyn Entropy>,
        standards: Standards,
    ) -> Result<Self, AccessError> {
        let hasher = Box::new(Argon2id::new()?);
        Self::open_with(Arc::new(mint), store, keyring, catalogue, entropy, standards, hasher)
    }

    fn open_with(
        mint: Arc<Mint>,
        store: Arc<dyn Store>,
        keyring: Arc<Keyring>,
        catalogue: Arc<Current>,
        entropy: Arc<dyn Entropy>,
        standards: Standards,
        hasher: Box<dyn Hasher>,
    ) -> Result<Self, AccessError> {
        let environment = keyring.binding().environment;
        let sealer = Sealer { keyring, entropy };
        // Before anything is read: what changes meanwhile is read again.
        let version = AtomicU64::new(store.access_version()?);
        let known = RwLock::new(Known::load(&sealer, &*store)?);
        let repetitions = Mutex::new(Repetitions::load(&sealer, &*store)?);
        let gate = Self {
            mint,
            store,
            version,
            catalogue,
            environment,
            sealer,
            hasher,
            standards,
            origins: Origins::default(),
            rules: RwLock::new(Arc::new(Rules::new("")?)),
            spending: Spending::default(),
            challenges: Challenges::default(),
            known,
            repetitions,
            attempts: Default::default(),
            writing: Mutex::new(()),
        };
        gate.restore_spent();
        gate.go_by_grants();
        Ok(gate)
    }

    /// Parses a purpose.
    pub fn purpose(text: &str) -> Option<Purpose> {
        text.parse().ok()
    }

    /// The principal to name in an event about a caller, or about somebody who did not get in.
    pub fn principal(caller: Option<&Caller>) -> PrincipalId {
        caller.map_or(PrincipalId::Anonymous, |caller| caller.context.principal)
    }

    /// What this home asks of those who come in.
    pub fn standards(&self) -> &Standards {
        &self.standards
    }

    fn subject<'a>(&self, caller: &'a Caller) -> Subject<'a> {
        match &caller.who {
            Who::Person { person, .. } => Subject::Person { id: person.id, roles: &person.roles },
            // Nobody comes here with an invitation or a code: it authenticates for what it opens alone.
            Who::Invited(person) | Who::Enrolling { person, .. } => {
                Subject::Person { id: person.id, roles: &[] }
            }
            Who::Service(service) => Subject::Service(service),
        }
    }

    /// How a caller asks, as far as it is known. What it was shown today is told to a reveal alone, and to what asks
    /// beforehand whether there could be one.
    fn circumstances(&self, caller: &Caller) -> Circumstances {
        let now = caller.context.now;
        let factor_at = match caller.who {
            Who::Person { factor_at, .. } => factor_at,
            Who::Invited(_) | Who::Enrolling { .. } | Who::Service(_) => None,
        };
        Circumstances {
            address: caller.door.address(),
            alone: self.standards.second_person,
            factor_age_seconds: factor_at.map(|at| now.as_second().saturating_sub(at.as_second())),
            ..Circumstances::at(self.environment, now)
        }
    }

    /// Decides; a refusal is an event when this returns.
    fn allow(&self, caller: &Caller, action: &Action<'_>) -> Result<(), AccessError> {
        self.allow_in(caller, action, &self.circumstances(caller))
    }

    /// The same under other circumstances.
    fn allow_in(
        &self,
        caller: &Caller,
        action: &Action<'_>,
        circumstances: &Circumstances,
    ) -> Result<(), AccessError> {
        match self.rules().decide(self.subject(caller), action, circumstances) {
            Ok(_) => Ok(()),
            Err(denial) => {
                let seller = self.existing(action.seller())?;
                self.refuse(&caller.context, action.code(), seller, action.purpose(), denial)
            }
        }
    }

    /// Writes a refusal down, then returns it. That it cannot be written weighs more than the refusal.
    fn refuse<T>(
        &self,
        context: &authorized::Context,
        action: &'static str,
        seller: Option<SellerId>,
        purpose: Option<Purpose>,
        denial: Denial,
    ) -> Result<T, AccessError> {
        let event = What::Denied {
            action: action.into(),
            seller,
            purpose,
            reason: denial.code.into(),
            requirement: denial.requirement,
            items: Vec::new(),
        };
        self.store.append(&[context.event(event)])?;
        Err(denial.into())
    }

    /// The seller, if this home has it. Any other text is a caller's own, and has no place in the ledger (2.6.d).
    fn existing(&self, seller: Option<&SellerId>) -> Result<Option<SellerId>, AccessError> {
        let Some(seller) = seller else { return Ok(None) };
        Ok(self.sellers()?.take(seller))
    }

    /// The sellers of this home.
    fn sellers(&self) -> Result<BTreeSet<SellerId>, AccessError> {
        Ok(self.store.sellers()?.into_iter().map(|(_, id)| id).collect())
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    // A thread that panicked left these whole: every change under a lock is one insertion or removal.

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn repetitions(&self) -> MutexGuard<'_, Repetitions> {
        self.repetitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
