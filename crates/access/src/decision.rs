//! Who may do what: one table, as pure functions of the caller and the act.
//!
//! Nothing here reads a store, a clock or a request. What is not allowed here is refused; a refusal names the
//! requirement it serves and what to do. The whole matrix is checked in as a snapshot beside the tests, so that a
//! change of it is seen in review.

mod reason;
#[cfg(test)]
mod tests;

use bailee_core::catalogue::TermKind;
use bailee_core::{Class, Environment, Purpose, SellerId};

use crate::Denial;
use crate::person::Role;
use crate::service::Service;
pub use reason::Reason;

/// Who asks, as far as a decision depends on it.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A person.
    Person {
        /// Who may do what any of them may do.
        roles: &'a [Role],
        /// Of the home. In a test home an officer reveals without a grant, since its data is nobody's.
        environment: Environment,
    },
    /// A service.
    Service(&'a Service),
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
    /// Read the catalogue of fields.
    ReadCatalogue,
    /// See what the catalogue does not name, never a value: of one seller, or of all.
    ReadUnclassified(Option<&'a SellerId>),
    /// Decide what a field is, but not that it is a fact.
    Classify,
    /// Decide that a field is a fact: what was sealed as personal can then be read by all who may see facts.
    Declassify,
    /// Read the ledger.
    ReadLedger,
    /// Take in documents of a seller.
    Collect(&'a SellerId),
    /// See facts and masks of a seller's records.
    Show(&'a SellerId),
    /// Search a seller's records by these kinds of term.
    Find(&'a SellerId, &'a [TermKind]),
    /// Reveal anything at all of a seller for a purpose; [`decide_field`] goes on from there.
    Reveal(&'a SellerId, Purpose),
}

/// The code of proving who one is, which is no [`Action`]: it precedes them.
pub const AUTHENTICATE: &str = "authenticate";

/// The code of what somebody does with the own account, which takes no decision.
pub const ACCOUNT: &str = "account";

/// The code of a reveal, also where its purpose is none, and so it never became an [`Action`].
pub const REVEAL: &str = "reveal";

impl<'a> Action<'a> {
    /// The code by which a [`Denied`](bailee_ledger::event::What::Denied) event names it. Never renamed.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Administer => "administer",
            Self::ReadKeys => "read-keys",
            Self::RunRetention => "run-retention",
            Self::ReadRetention(_) => "read-retention",
            Self::ReadQuarantine(_) => "read-quarantine",
            Self::DiscardQuarantine(_) => "discard-quarantine",
            Self::ReadCatalogue => "read-catalogue",
            Self::ReadUnclassified(_) => "read-unclassified",
            Self::Classify => "classify",
            Self::Declassify => "declassify",
            Self::ReadLedger => "read-ledger",
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
            | Self::ReadCatalogue
            | Self::Classify
            | Self::Declassify
            | Self::ReadLedger => None,
            Self::ReadRetention(seller) | Self::ReadQuarantine(seller) | Self::ReadUnclassified(seller) => {
                seller
            }
            Self::Collect(seller)
            | Self::DiscardQuarantine(seller)
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

    /// The roles that allow it. Who has one of them may do it for every seller of the home.
    const fn roles(&self, environment: Environment) -> &'static [Role] {
        match self {
            Self::Administer | Self::Collect(_) => &[Role::Owner],
            Self::ReadKeys | Self::RunRetention => &[Role::Owner, Role::Operator],
            Self::ReadRetention(_) => &[Role::Owner, Role::Officer, Role::Auditor],
            Self::ReadQuarantine(_) | Self::DiscardQuarantine(_) | Self::Show(_) | Self::Find(..) => {
                &[Role::Owner, Role::Officer]
            }
            Self::ReadCatalogue => &[Role::Owner, Role::Officer, Role::Auditor],
            Self::ReadUnclassified(_) | Self::Classify => &[Role::Officer],
            // What lets out more takes a second person (0.e), and there is no way yet to ask for one.
            Self::Declassify => match environment {
                Environment::Production => &[],
                Environment::Test => &[Role::Officer],
            },
            Self::ReadLedger => &[Role::Auditor],
            // Need to know is no matter of rank (1.3.b).
            Self::Reveal(..) => match environment {
                Environment::Production => &[],
                Environment::Test => &[Role::Officer],
            },
        }
    }
}

/// Whether the subject may do it.
///
/// # Errors
/// The refusal, not yet an event: who asks here writes it down.
pub fn decide(subject: Subject<'_>, action: &Action<'_>) -> Result<(), Denial> {
    match subject {
        Subject::Person { roles, environment } => decide_for_person(roles, environment, action),
        Subject::Service(service) => decide_for_service(service, action),
    }
}

/// Whether the subject, being allowed to reveal for that purpose at all, may see a field of that class, which the
/// catalogue gives these purposes.
///
/// # Errors
/// As for [`decide`].
pub fn decide_field(
    subject: Subject<'_>,
    purpose: Purpose,
    class: Class,
    purposes: &[Purpose],
) -> Result<(), Denial> {
    if class == Class::Unclassified {
        return Err(Reason::Unclassified.denial(
            "the catalogue does not name this field, so it is revealed to nobody",
            "ask the officer to classify it",
        ));
    }
    if !purposes.contains(&purpose) {
        return Err(Reason::PurposeNotOfField.denial(
            format!("this field may not be used for {purpose}"),
            if purposes.is_empty() {
                "no purpose allows this field; use its token".to_owned()
            } else {
                format!("name a purpose that it may be used for: {}", listed(purposes, ", "))
            },
        ));
    }
    match subject {
        Subject::Service(service) if !service.classes.contains(&class) => Err(class_not_granted(class)),
        Subject::Service(_) | Subject::Person { .. } => Ok(()),
    }
}

/// The refusal of a purpose that is none of the closed set.
pub fn unknown_purpose() -> Denial {
    Reason::PurposeUnknown.denial(
        "there is no such purpose",
        format!("name one of: {}; nothing else is a purpose", listed(Purpose::ALL, ", ")),
    )
}

fn decide_for_person(roles: &[Role], environment: Environment, action: &Action<'_>) -> Result<(), Denial> {
    let allowing = action.roles(environment);
    if roles.iter().any(|role| allowing.contains(role)) {
        return Ok(());
    }
    if let Action::Reveal(..) = action {
        return Err(Reason::NoGrant.denial(
            "a person's role alone reveals no personal data",
            "reveal with the key of a service that was added for this seller, purpose and class (`BAILEE_KEY`)",
        ));
    }
    if let Action::Declassify = action
        && allowing.is_empty()
    {
        return Err(Reason::SecondPerson.denial(
            "a second person must approve that a field is a fact, and this version knows no way to ask one",
            "give it a class and purposes instead; a field that is personal can be revealed for them",
        ));
    }
    Err(Reason::RoleNotAllowed.denial(
        format!("this takes the role {}", listed(allowing, " or ")),
        "ask somebody who has it, or the owner of this home",
    ))
}

fn decide_for_service(service: &Service, action: &Action<'_>) -> Result<(), Denial> {
    let seller = match action {
        Action::Collect(seller)
        | Action::Show(seller)
        | Action::Find(seller, _)
        | Action::Reveal(seller, _) => Some(*seller),
        Action::ReadRetention(seller) => *seller,
        Action::Administer
        | Action::ReadKeys
        | Action::RunRetention
        | Action::ReadQuarantine(_)
        | Action::DiscardQuarantine(_)
        | Action::ReadCatalogue
        | Action::ReadUnclassified(_)
        | Action::Classify
        | Action::Declassify
        | Action::ReadLedger => {
            return Err(Reason::ServiceNotAllowed.denial(
                "no service may do this",
                "log in as a person with `bailee login --as MAIL`, and unset `BAILEE_KEY`",
            ));
        }
    };
    // One answer, whether that seller exists or not: existence is itself information.
    if !seller.is_some_and(|seller| service.sellers.contains(seller)) {
        return Err(Reason::SellerNotGranted.denial(
            "this service may act for its own sellers only",
            "name one of its sellers, or ask the owner of this home for a service that is bound to the other",
        ));
    }
    match action {
        Action::Find(_, terms) => decide_terms(service, terms),
        Action::Reveal(_, purpose) if !service.purposes.contains(purpose) => Err(Reason::PurposeNotGranted
            .denial(
                format!("this service was not given the purpose {purpose}"),
                "ask the owner of this home for a service with that purpose",
            )),
        _ => Ok(()),
    }
}

/// To find by a term is to test a guess of its value, so it takes the right on the value's class.
fn decide_terms(service: &Service, terms: &[TermKind]) -> Result<(), Denial> {
    terms
        .iter()
        .flat_map(|term| term_classes(*term))
        .find(|class| !service.classes.contains(class))
        .map_or(Ok(()), |class| Err(class_not_granted(*class)))
}

/// The classes of what a kind of term is made of.
const fn term_classes(term: TermKind) -> &'static [Class] {
    match term {
        TermKind::Email | TermKind::Phone => &[Class::Contact],
        TermKind::Name => &[Class::Identity],
        TermKind::NamePostalCode => &[Class::Identity, Class::Address],
    }
}

fn class_not_granted(class: Class) -> Denial {
    Reason::ClassNotGranted.denial(
        format!("this service was not given the class {class}"),
        "ask the owner of this home for a service with that class",
    )
}

fn listed(names: &[impl std::fmt::Display], between: &str) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
