//! Who may do what: policies in Cedar, asked as pure functions of the caller, the act and the circumstances.
//!
//! `policies.cedar` is the document to read; [`Rules`] holds it compiled and validated, with the home's own policies,
//! which may only forbid more, and with the grants. Nothing here reads a store, a clock or a request. Cedar's answer
//! decides; what is refused is refused in words that name the requirement it serves and what to do. The whole matrix is
//! checked in as a snapshot beside the tests, so that a change of it is seen in review.

mod circumstances;
mod explain;
mod own;
mod question;
mod reason;
mod refusal;
mod rules;
mod scene;
mod schema;
mod sitting;
mod steady;
#[cfg(test)]
mod tests;

use bailee_core::catalogue::TermKind;
use bailee_core::{Class, GrantId, Kind, PersonId, PrincipalId, Purpose, SellerId};

use crate::person::Role;
use crate::service::Service;
pub use circumstances::Circumstances;
pub use explain::{Explanation, Sight};
pub use own::{OWN_BYTES_MAX, OWN_POLICIES_MAX, OwnPolicyError};
pub use reason::Reason;
pub(crate) use refusal::closed_to_all;
pub use refusal::{no_consent, restricted, unknown_purpose};
pub use rules::{Rules, RulesError};
pub use sitting::Sitting;
pub use steady::ANSWERS_MAX;

/// Who asks, as far as a decision depends on it.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A person.
    Person {
        /// Which.
        id: PersonId,
        /// Who may do what any of them may do.
        roles: &'a [Role],
    },
    /// A service.
    Service(&'a Service),
}

impl Subject<'_> {
    /// The same as events and grants name it.
    pub const fn principal(&self) -> PrincipalId {
        match self {
            Self::Person { id, .. } => PrincipalId::Person(*id),
            Self::Service(service) => PrincipalId::Service(service.id),
        }
    }
}

/// A field, as far as a decision depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Whose.
    pub seller: &'a SellerId,
    /// Of what kind of record.
    pub kind: Kind,
    /// Its class.
    pub class: Class,
    /// What the catalogue lets it be used for.
    pub purposes: &'a [Purpose],
}

/// What allows something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permit {
    /// The grant, where it takes one; what is revealed counts as spent under it.
    pub grant: Option<GrantId>,
}

/// What is asked, as far as a decision depends on it.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Change people, services, sellers, sessions, mirrors.
    Administer,
    /// See how the keyring stands; never a key.
    ReadKeys,
    /// Run what retention makes due.
    RunRetention,
    /// See the retention clock: of one seller, or of all.
    ReadRetention(Option<&'a SellerId>),
    /// See quarantine, never a value: of one seller, or of all.
    ReadQuarantine(Option<&'a SellerId>),
    /// Throw away what is in quarantine of a seller: it is gone for good, and was never taken in.
    DiscardQuarantine(&'a SellerId),
    /// End the personal data of a seller's records, since somebody asked.
    Erase(&'a SellerId),
    /// Do nothing with a seller's records any more but keep them, since somebody asked; or use them again.
    Restrict(&'a SellerId),
    /// Correct a value of a seller's record, since somebody asked.
    Rectify(&'a SellerId),
    /// Keep what people ask for of their own data, and what they agree to.
    HandleRequests,
    /// Give a person what is held of them of a seller, or erase it, since they asked and somebody knows who they are.
    AnswerPerson(&'a SellerId),
    /// Read the catalogue of fields.
    ReadCatalogue,
    /// See what the catalogue does not name, never a value: of one seller, or of all.
    ReadUnclassified(Option<&'a SellerId>),
    /// Decide what a field is, but not that it is a fact.
    Classify,
    /// Decide that a field is a fact: what was sealed as personal can then be read by all who may see facts.
    Declassify,
    /// Seal to an offline key what a law obliges to keep.
    Archive,
    /// Seal some records of a seller to a registered recipient.
    Export(&'a SellerId),
    /// The same of more than one person may let out alone.
    ExportInBulk(&'a SellerId),
    /// See who is a registered recipient, what went to them, and what they have to be told.
    ReadExports,
    /// Tell recipients what became of what they have, and write down that they confirm it.
    TellRecipients,
    /// See which prints there are, add some, and say how they ended.
    KeepPrints,
    /// Read the ledger.
    ReadLedger,
    /// Ask why somebody may do something, and who could see a field.
    ReadAccess,
    /// Ask for a grant, for oneself or another.
    AskGrant,
    /// Approve, refuse, end and review grants.
    ReleaseGrant,
    /// Approve or refuse what somebody else proposes.
    ReleaseProposal,
    /// Take a grant of an hour without approval, in an emergency.
    BreakGlass,
    /// Take in documents of a seller.
    Collect(&'a SellerId),
    /// See facts and masks of a seller's records.
    Show(&'a SellerId),
    /// Search a seller's records by these kinds of term.
    Find(&'a SellerId, &'a [TermKind]),
    /// Reveal anything at all of a seller for a purpose; [`Rules::decide_field`] goes on from there.
    Reveal(&'a SellerId, Purpose),
}

/// The code of proving who one is, which is no [`Action`]: it precedes them.
pub const AUTHENTICATE: &str = "authenticate";

/// The code of what somebody does with the own account, which takes no decision.
pub const ACCOUNT: &str = "account";

/// The code of stopping what one person wants to do alone, which takes a code and no decision.
pub const STOP: &str = "stop";

/// The code of a reveal, also where its purpose is none, and so it never became an [`Action`].
pub const REVEAL: &str = "reveal";

impl<'a> Action<'a> {
    /// Every action that takes no more than a seller, for that one.
    pub(crate) const fn plain(seller: &'a SellerId) -> [Self; 29] {
        [
            Self::Administer,
            Self::ReadKeys,
            Self::RunRetention,
            Self::ReadRetention(Some(seller)),
            Self::ReadQuarantine(Some(seller)),
            Self::DiscardQuarantine(seller),
            Self::Erase(seller),
            Self::Restrict(seller),
            Self::Rectify(seller),
            Self::HandleRequests,
            Self::AnswerPerson(seller),
            Self::ReadCatalogue,
            Self::ReadUnclassified(Some(seller)),
            Self::Classify,
            Self::Declassify,
            Self::Archive,
            Self::Export(seller),
            Self::ExportInBulk(seller),
            Self::ReadExports,
            Self::TellRecipients,
            Self::KeepPrints,
            Self::ReadLedger,
            Self::ReadAccess,
            Self::AskGrant,
            Self::ReleaseGrant,
            Self::ReleaseProposal,
            Self::BreakGlass,
            Self::Collect(seller),
            Self::Show(seller),
        ]
    }

    /// The code by which a [`Denied`](bailee_ledger::event::What::Denied) event names it. Never renamed.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Administer => "administer",
            Self::ReadKeys => "read-keys",
            Self::RunRetention => "run-retention",
            Self::ReadRetention(_) => "read-retention",
            Self::ReadQuarantine(_) => "read-quarantine",
            Self::DiscardQuarantine(_) => "discard-quarantine",
            Self::Erase(_) => "erase",
            Self::Restrict(_) => "restrict",
            Self::Rectify(_) => "rectify",
            Self::HandleRequests => "handle-requests",
            Self::AnswerPerson(_) => "answer-person",
            Self::ReadCatalogue => "read-catalogue",
            Self::ReadUnclassified(_) => "read-unclassified",
            Self::Classify => "classify",
            Self::Declassify => "declassify",
            Self::Archive => "archive",
            Self::Export(_) => "export",
            Self::ExportInBulk(_) => "export-in-bulk",
            Self::ReadExports => "read-exports",
            Self::TellRecipients => "tell-recipients",
            Self::KeepPrints => "keep-prints",
            Self::ReadLedger => "read-ledger",
            Self::ReadAccess => "read-access",
            Self::AskGrant => "ask-grant",
            Self::ReleaseGrant => "release-grant",
            Self::ReleaseProposal => "release-proposal",
            Self::BreakGlass => "break-glass",
            Self::Collect(_) => "collect",
            Self::Show(_) => "show",
            Self::Find(..) => "find",
            Self::Reveal(..) => REVEAL,
        }
    }

    /// The seller it is about, when it is about one.
    pub const fn seller(&self) -> Option<&'a SellerId> {
        match *self {
            Self::Administer
            | Self::ReadKeys
            | Self::RunRetention
            | Self::HandleRequests
            | Self::ReadCatalogue
            | Self::Classify
            | Self::Declassify
            | Self::Archive
            | Self::ReadExports
            | Self::TellRecipients
            | Self::KeepPrints
            | Self::ReadLedger
            | Self::ReadAccess
            | Self::AskGrant
            | Self::ReleaseGrant
            | Self::ReleaseProposal
            | Self::BreakGlass => None,
            Self::ReadRetention(seller) | Self::ReadQuarantine(seller) | Self::ReadUnclassified(seller) => {
                seller
            }
            Self::Collect(seller)
            | Self::DiscardQuarantine(seller)
            | Self::Erase(seller)
            | Self::Restrict(seller)
            | Self::Rectify(seller)
            | Self::AnswerPerson(seller)
            | Self::Export(seller)
            | Self::ExportInBulk(seller)
            | Self::Show(seller)
            | Self::Find(seller, _)
            | Self::Reveal(seller, _) => Some(seller),
        }
    }

    /// The purpose it is for, when it is for one.
    pub const fn purpose(&self) -> Option<Purpose> {
        match *self {
            Self::Reveal(_, purpose) => Some(purpose),
            _ => None,
        }
    }
}

/// The classes of what a kind of term is made of. To find by a term is to test a guess of its value, so it takes the
/// right on the value's class.
const fn term_classes(term: TermKind) -> &'static [Class] {
    match term {
        TermKind::Email | TermKind::Phone => &[Class::Contact],
        TermKind::Name => &[Class::Identity],
        TermKind::NamePostalCode => &[Class::Identity, Class::Address],
    }
}
