//! The proof that an act was decided, and logged. To forget either does not compile.
//!
//! [`Mint`] alone makes [`Authorized`] values; a process can hold one mint per home, and the wiring gives it to the gate.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use bailee_core::catalogue::TermKind;
use bailee_core::purpose::Purpose;
use bailee_core::{
    Commitment, FieldInstance, HomeId, Kind, PrincipalId, RecordId, RequestId, SellerId, Timestamp,
};

use crate::event::{Event, What};
use crate::log::{Append, AppendError};

/// The homes whose mint is held in this process.
static CLAIMED: Mutex<BTreeSet<HomeId>> = Mutex::new(BTreeSet::new());

/// The right to mint for one home. Neither `Clone` nor constructible but by [`Mint::for_home`], which gives it out once
/// at a time; dropping it gives the right back.
#[derive(Debug)]
pub struct Mint {
    home: HomeId,
}

/// Who asks, in which request, at what time. Made once at the edge.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Who.
    pub principal: PrincipalId,
    /// Which request.
    pub request: RequestId,
    /// The home's time.
    pub now: Timestamp,
    /// Where the request came from; none of what the system does by itself.
    pub detail: Option<Commitment>,
}

/// A decision to let something happen. Not `Clone`: it is used once.
#[must_use = "an act that was allowed and logged should happen"]
pub struct Authorized<A> {
    home: HomeId,
    context: Context,
    action: A,
}

/// Hand out plaintext of exactly these.
pub struct Reveal {
    /// Why.
    pub purpose: Purpose,
    /// The records and field instances.
    pub pairs: Vec<(RecordId, Vec<FieldInstance>)>,
}

/// Take in documents.
pub struct Collect {
    /// For whom.
    pub seller: SellerId,
    /// Of what kind.
    pub kind: Kind,
}

/// Search records of every kind by terms; returns references only.
pub struct Find {
    /// Whose.
    pub seller: SellerId,
    /// By which kinds of term.
    pub terms: Vec<TermKind>,
    /// Whether also records are found that are restricted: by who handles what people ask for.
    pub restricted: bool,
}

/// Show facts and masks.
pub struct Show {
    /// Whose.
    pub seller: SellerId,
    /// Of what kind.
    pub kind: Kind,
}

/// List or show quarantine (reasons and positions; never a value).
pub struct ReadQuarantine;

/// Read quarantined documents again and take in what verifies now: a collect of documents that came before, of
/// whatever kind each turns out to be.
pub struct RetryQuarantine {
    /// For whom.
    pub seller: SellerId,
}

/// Throw quarantined documents away.
pub struct DiscardQuarantine {
    /// Whose.
    pub seller: SellerId,
}

/// End the personal data of exactly these records, because somebody asked.
pub struct Erase {
    /// Whose each is, and its id.
    pub records: Vec<(SellerId, RecordId)>,
}

/// Do nothing with exactly these records any more but keep them, because somebody asked; or use them again.
pub struct Restrict {
    /// Whose each is, and its id.
    pub records: Vec<(SellerId, RecordId)>,
    /// Whether the restriction is over.
    pub lift: bool,
}

/// Give a field of exactly this record another value, because somebody asked.
pub struct Rectify {
    /// Whose.
    pub seller: SellerId,
    /// Its id.
    pub record: RecordId,
}

/// Keep what people ask for of their own data, and what they agree to: who they are, and where it stands.
pub struct HandleRequests;

/// Read the catalogue of fields.
pub struct ReadCatalogue;

/// List what the catalogue does not name: paths and counts, never a value.
pub struct ReadUnclassified {
    /// Whose; of all sellers, when `None`.
    pub seller: Option<SellerId>,
}

/// Measure what the orders that are held are like: counts and shares, never a value.
pub struct ReadShape {
    /// Whose; of all sellers, when `None`.
    pub seller: Option<SellerId>,
}

/// Decide what a field is.
pub struct Classify {
    /// Whether it may become a fact: readable by all who may see facts.
    pub fact: bool,
}

/// Seal to an offline key what a law obliges to keep.
pub struct Archive;

/// Seal fields of a seller's records to a registered recipient.
pub struct Export {
    /// Whose records.
    pub seller: SellerId,
}

/// See who is a registered recipient, what went to them, and what they have to be told.
pub struct ReadExports;

/// Tell recipients what became of what they have, and write down that they confirm it.
pub struct TellRecipients;

/// See which prints there are, and say how they ended.
pub struct KeepPrints;

/// Read the retention clock.
pub struct ReadRetention;

/// Run what retention makes due: moves, disposal.
pub struct RunRetention;

/// Change people, services, sellers, sessions, mirrors.
pub struct Administer;

/// Read the ledger.
pub struct ReadLedger;

impl Mint {
    /// The one right to mint for a home. Refused while another holds it in this process.
    ///
    /// # Errors
    /// [`MintError::Held`], until the other is dropped.
    pub fn for_home(home: HomeId) -> Result<Self, MintError> {
        // A set of ids is whole after every step, so that a panic elsewhere does not spoil it.
        let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
        if claimed.insert(home) { Ok(Self { home }) } else { Err(MintError::Held) }
    }

    /// Minting for a reveal appends first: when this returns, the events are durable.
    ///
    /// The events must name, as revealed for this purpose, every record of the action; else nothing is appended and
    /// nothing minted.
    ///
    /// # Errors
    /// When the events leave out something of the action or cannot be appended: reveal nothing.
    pub fn reveal(
        &self,
        ledger: &dyn Append,
        context: Context,
        events: &[What],
        action: Reveal,
    ) -> Result<Authorized<Reveal>, AppendError> {
        if !covers(events, &action) {
            return Err(AppendError("the events do not name everything that would be revealed"));
        }
        let events: Vec<Event> = events.iter().map(|what| context.event(what.clone())).collect();
        ledger.append(&events)?;
        Ok(Authorized { home: self.home, context, action })
    }

    /// Minting for anything else: the act's own commit writes its event.
    pub fn act<A: Act>(&self, context: Context, action: A) -> Authorized<A> {
        Authorized { home: self.home, context, action }
    }
}

impl Drop for Mint {
    fn drop(&mut self) {
        CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.home);
    }
}

impl Context {
    /// Work that the system does by itself.
    pub const fn system(request: RequestId, now: Timestamp) -> Self {
        Self { principal: PrincipalId::System, request, now, detail: None }
    }

    /// An event of this request.
    pub fn event(&self, what: What) -> Event {
        Event { at: self.now, principal: self.principal, request: self.request, detail: self.detail, what }
    }
}

impl<A> Authorized<A> {
    /// The home it was minted for.
    pub fn home(&self) -> HomeId {
        self.home
    }

    /// Who asks.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What was allowed.
    pub fn action(&self) -> &A {
        &self.action
    }
}

/// Whether the events name every record that an action would reveal, for its purpose, with at least one field when
/// any field instance is asked. (Which catalogue field an instance belongs to is known to the gate, not here.)
fn covers(events: &[What], action: &Reveal) -> bool {
    let named: BTreeSet<RecordId> = events
        .iter()
        .filter_map(|what| match what {
            What::Revealed { purpose, items, .. } if *purpose == action.purpose => Some(items),
            _ => None,
        })
        .flatten()
        .filter(|item| !item.fields.is_empty())
        .map(|item| item.record)
        .collect();
    action.pairs.iter().all(|(record, fields)| fields.is_empty() || named.contains(record))
}

/// An action that is logged by its own commit. `Reveal` is not one.
pub trait Act {}
impl Act for Collect {}
impl Act for Find {}
impl Act for Show {}
impl Act for ReadQuarantine {}
impl Act for RetryQuarantine {}
impl Act for DiscardQuarantine {}
impl Act for Erase {}
impl Act for Restrict {}
impl Act for Rectify {}
impl Act for HandleRequests {}
impl Act for ReadCatalogue {}
impl Act for ReadUnclassified {}
impl Act for ReadShape {}
impl Act for Classify {}
impl Act for Archive {}
impl Act for Export {}
impl Act for ReadExports {}
impl Act for TellRecipients {}
impl Act for KeepPrints {}
impl Act for ReadRetention {}
impl Act for RunRetention {}
impl Act for Administer {}
impl Act for ReadLedger {}

/// Why no mint is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// Another part of this process holds it.
    #[error("this home is open already in this process")]
    Held,
}

impl MintError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Held => "home-open-already",
        }
    }
}

#[cfg(test)]
#[path = "authorized_tests.rs"]
mod tests;
