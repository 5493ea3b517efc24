//! The gate: authenticate, decide, mint.
use std::sync::Arc;
use bailee_core::catalogue::{Catalogue, TermKind};
use bailee_core::{Class, Entropy, FieldId, FieldInstance, Kind, PrincipalId, Purpose, RecordId, RequestId, SellerId, Sensitive, ServiceId, Ticket, Timestamp};
use bailee_crypto::keyring::Keyring;
use bailee_ledger::authorized::{self, Authorized, Mint};
use bailee_store::records::Store;
use crate::error::{AccessError, Denial};
use crate::service::{NewService, Service};
use crate::session::NewSession;
use crate::person::Person;

/// The gate of a home.
pub struct Gate { #[expect(dead_code, reason = "skeleton")] mint: Mint }

/// What a caller shows: the text after `Bearer`, a session token or a service's key; or nothing.
pub struct Presented { /// The credential.
    pub bearer: Option<Sensitive<String>>, /// The request.
    pub request: RequestId, /// The home's time.
    pub now: Timestamp }

/// An authenticated caller.
pub struct Caller { /// For events.
    pub context: authorized::Context, /// Who it is.
    pub who: Who }

/// Who a caller is.
pub enum Who { /// A person in a session.
    Person { /// The person.
        person: Person, /// The session.
        session: bailee_core::SessionId }, /// A service.
    Service(Service) }

/// A record of which fields are asked.
pub struct Asked<'a> { /// Whose.
    pub seller: &'a SellerId, /// Of what kind.
    pub kind: Kind, /// Its id.
    pub record: RecordId, /// The fields.
    pub fields: Vec<AskedField>, /// Whether they were asked for by name (or token): then one refused is a denial.
    pub named: bool }

/// A field asked for.
#[derive(Clone, Copy, Debug)]
pub struct AskedField { /// In the record.
    pub instance: FieldInstance, /// In the catalogue.
    pub field: FieldId, /// Its class.
    pub class: Class }

/// What was decided of a reveal.
pub struct Decided { /// The proof; none when nothing is allowed.
    pub authorized: Option<Authorized<authorized::Reveal>>, /// What was refused.
    pub denied: Vec<DeniedField> }

/// A refused field.
#[derive(Clone, Debug)]
pub struct DeniedField { /// The record.
    pub record: RecordId, /// The field of it.
    pub instance: FieldInstance, /// Why, and what to do.
    pub denial: Denial }

impl Gate {
    /// Opens the gate with the home's one right to mint.
    pub fn open(_mint: Mint, _store: Arc<dyn Store>, _keyring: Arc<Keyring>, _catalogue: Arc<Catalogue>, _entropy: Arc<dyn Entropy>) -> Result<Self, AccessError> { todo!() }
    /// Makes the first person of a new home: `"Name <mail>"`, roles owner, officer and auditor in a test home. Writes `HomeMade`.
    pub fn make_owner(&self, _owner: &str, _password: &Sensitive<String>, _request: RequestId, _now: Timestamp) -> Result<Person, AccessError> { todo!() }
    /// Logs a person in. Equal answers and equal work for unknown and known accounts.
    pub fn log_in(&self, _mail: &str, _password: &Sensitive<String>, _request: RequestId, _now: Timestamp) -> Result<NewSession, AccessError> { todo!() }
    /// Ends the caller's session.
    pub fn log_out(&self, _caller: &Caller) -> Result<(), AccessError> { todo!() }
    /// Who is calling.
    pub fn authenticate(&self, _presented: &Presented) -> Result<Caller, AccessError> { todo!() }
    /// Adds a service; returns its id and its key, shown once.
    pub fn add_service(&self, _caller: &Caller, _new: NewService) -> Result<(ServiceId, Sensitive<String>), AccessError> { todo!() }
    /// Every service, without keys.
    pub fn services(&self, _caller: &Caller) -> Result<Vec<Service>, AccessError> { todo!() }
    /// May the caller take in documents for a seller?
    pub fn collect(&self, _caller: &Caller, _seller: &SellerId, _kind: Kind) -> Result<Authorized<authorized::Collect>, AccessError> { todo!() }
    /// May the caller search by these kinds of term?
    pub fn find(&self, _caller: &Caller, _seller: &SellerId, _kind: Kind, _terms: &[TermKind]) -> Result<Authorized<authorized::Find>, AccessError> { todo!() }
    /// May the caller see facts and masks?
    pub fn show(&self, _caller: &Caller, _seller: &SellerId, _kind: Kind) -> Result<Authorized<authorized::Show>, AccessError> { todo!() }
    /// May the caller see quarantine?
    pub fn read_quarantine(&self, _caller: &Caller, _seller: Option<&SellerId>) -> Result<Authorized<authorized::ReadQuarantine>, AccessError> { todo!() }
    /// May the caller see the retention clock?
    pub fn read_retention(&self, _caller: &Caller, _seller: Option<&SellerId>) -> Result<Authorized<authorized::ReadRetention>, AccessError> { todo!() }
    /// May the caller run disposal?
    pub fn run_retention(&self, _caller: &Caller) -> Result<Authorized<authorized::RunRetention>, AccessError> { todo!() }
    /// May the caller change the home?
    pub fn administer(&self, _caller: &Caller) -> Result<Authorized<authorized::Administer>, AccessError> { todo!() }
    /// May the caller read the ledger? Writes `LedgerRead`.
    pub fn read_ledger(&self, _caller: &Caller, _how: &'static str) -> Result<Authorized<authorized::ReadLedger>, AccessError> { todo!() }
    /// Decides field by field; the event (what is allowed, an upper bound; and denials) is durable when it returns.
    /// `purpose` is the text that was asked: one outside the closed set is a denial that names 2.1.b.
    pub fn reveal(&self, _caller: &Caller, _purpose: &str, _ticket: Option<Ticket>, _asked: &[Asked<'_>]) -> Result<Decided, AccessError> { todo!() }
    /// Authorises background work of the system itself.
    pub fn system(&self, _request: RequestId, _now: Timestamp) -> Authorized<authorized::RunRetention> { todo!() }
    /// Parses a purpose.
    pub fn purpose(_text: &str) -> Option<Purpose> { _text.parse().ok() }
    /// Writes that something was refused at the edge (an unknown route's body, a bad ticket …).
    pub fn principal(caller: Option<&Caller>) -> PrincipalId { caller.map_or(PrincipalId::Anonymous, |caller| caller.context.principal) }
}
