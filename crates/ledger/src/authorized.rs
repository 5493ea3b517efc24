//! The proof that an act was decided, and logged. To forget either does not compile.
//!
//! [`Mint`] alone makes [`Authorized`] values, opening a home's ledger returns the only one, and the wiring gives it to
//! the gate.

use bailee_core::purpose::Purpose;
use bailee_core::{FieldInstance, HomeId, Kind, PrincipalId, RecordId, RequestId, SellerId, Timestamp};
use bailee_core::catalogue::TermKind;
use crate::event::{Event, What};
use crate::log::{Append, AppendError};

/// The right to mint for one home. Neither `Clone` nor constructible outside this crate's [`Mint::for_home`], which
/// takes the home once per process.
pub struct Mint { home: HomeId }

/// Who asks, in which request, at what time. Made once at the edge.
#[derive(Clone, Copy, Debug)]
pub struct Context { /// Who.
    pub principal: PrincipalId, /// Which request.
    pub request: RequestId, /// The home's time.
    pub now: Timestamp }

/// A decision to let something happen. Not `Clone`: it is used once.
pub struct Authorized<A> { home: HomeId, context: Context, action: A }

/// Hand out plaintext of exactly these.
pub struct Reveal { /// Why.
    pub purpose: Purpose, /// The records and field instances.
    pub pairs: Vec<(RecordId, Vec<FieldInstance>)> }
/// Take in documents.
pub struct Collect { /// For whom.
    pub seller: SellerId, /// Of what kind.
    pub kind: Kind }
/// Search by terms; returns references only.
pub struct Find { /// Whose.
    pub seller: SellerId, /// Of what kind.
    pub kind: Kind, /// By which kinds of term.
    pub terms: Vec<TermKind> }
/// Show facts and masks.
pub struct Show { /// Whose.
    pub seller: SellerId, /// Of what kind.
    pub kind: Kind }
/// List or show quarantine (reasons and positions; never a value).
pub struct ReadQuarantine;
/// Read the retention clock.
pub struct ReadRetention;
/// Run what retention makes due: moves, disposal.
pub struct RunRetention;
/// Change people, services, sellers, sessions, mirrors.
pub struct Administer;
/// Read the ledger.
pub struct ReadLedger;

impl Mint {
    /// The one right to mint for a home.
    pub fn for_home(home: HomeId) -> Self { Self { home } }

    /// Minting for a reveal appends first: when this returns, the event is durable.
    pub fn reveal(&self, ledger: &dyn Append, context: Context, events: &[What], action: Reveal) -> Result<Authorized<Reveal>, AppendError> {
        let events: Vec<Event> = events.iter().map(|what| context.event(what.clone())).collect();
        ledger.append(&events)?;
        Ok(Authorized { home: self.home, context, action })
    }

    /// Minting for anything else: the act's own commit writes its event.
    pub fn act<A: Act>(&self, context: Context, action: A) -> Authorized<A> {
        Authorized { home: self.home, context, action }
    }
}

impl Context {
    /// An event of this request.
    pub fn event(&self, what: What) -> Event {
        Event { at: self.now, principal: self.principal, request: self.request, what }
    }
}

impl<A> Authorized<A> {
    /// The home it was minted for.
    pub fn home(&self) -> HomeId { self.home }
    /// Who asks.
    pub fn context(&self) -> &Context { &self.context }
    /// What was allowed.
    pub fn action(&self) -> &A { &self.action }
}

/// An action that is logged by its own commit. `Reveal` is not one.
pub trait Act {}
impl Act for Collect {}
impl Act for Find {}
impl Act for Show {}
impl Act for ReadQuarantine {}
impl Act for ReadRetention {}
impl Act for RunRetention {}
impl Act for Administer {}
impl Act for ReadLedger {}
