//! Why something was refused, in words, once it was.
//!
//! Cedar says no and no more than that: it knows no policy that almost permitted. What is missing is found by asking on
//! (which role would be allowed it?) and from the same facts that the policies read (which grant comes nearest?). A
//! property holds that there is always something missing where Cedar refuses, and never where it does not.

use bailee_core::requirement::Requirement;
use bailee_core::{Class, Purpose};

use super::own::Annotated;
use super::question::Question;
use super::rules::Rules;
use super::schema::ROLES;
use super::steady::is_open;
use super::{Action, Circumstances, Field, Reason, Subject};
use crate::Denial;
use crate::person::Role;
use crate::service::Service;

/// The refusal of a purpose that is none of the closed set.
pub fn unknown_purpose() -> Denial {
    Reason::PurposeUnknown.denial(
        "there is no such purpose",
        format!("name one of: {}; nothing else is a purpose", listed(Purpose::ALL, ", ")),
    )
}

/// The refusal of a record that is restricted, whatever it is for.
pub fn restricted() -> Denial {
    Reason::Restricted.denial(
        "this record is kept and not used, since whoever it is about asked for that (GDPR article 18)",
        "leave it alone until an officer lifts that with `bailee restrict --lift`",
    )
}

/// The refusal of a purpose that rests on consent, of a record that none covers.
pub fn no_consent(purpose: Purpose) -> Denial {
    Reason::NoConsent.denial(
        format!("this home uses personal data for {purpose} with consent alone, and no consent that lives covers this record"),
        "ask whoever it is about; once they agree, an owner or officer records it with `bailee consent give`",
    )
}

/// The refusal of something that the program's policies refused.
pub(super) fn of(rules: &Rules, question: &Question<'_>, circumstances: &Circumstances) -> Denial {
    missing(rules, question, circumstances).unwrap_or_else(|| {
        Reason::RoleNotAllowed.denial(
            "the access rules do not allow this, and cannot say more",
            "ask the owner of this home, and report it: they should",
        )
    })
}

/// The refusal by a home's own policy.
pub(super) fn by_own(name: &str, annotated: Option<&Annotated>) -> Denial {
    let reason = annotated.and_then(|annotated| annotated.reason.as_deref());
    let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let denial = Reason::HomePolicy.denial(
        format!("this home's own policy {name} forbids it{because}"),
        "ask the owner of this home whether that policy is meant for you; nothing else overrules it",
    );
    Denial { requirement: annotated.map_or(denial.requirement, |annotated| annotated.requirement), ..denial }
}

/// What is missing for the program's policies to allow it; none when they do.
pub(super) fn missing(
    rules: &Rules,
    question: &Question<'_>,
    circumstances: &Circumstances,
) -> Option<Denial> {
    if let (Some(field), Some(purpose)) = (&question.field, question.action.purpose())
        && let Some(denial) = closed_to_all(field, purpose)
    {
        return Some(denial);
    }
    match question.subject {
        Subject::Person { roles, .. } => missing_of_person(rules, question, roles, circumstances),
        Subject::Service(service) => missing_of_service(rules, question, service, circumstances),
    }
}

/// What no right opens.
pub(crate) fn closed_to_all(field: &Field<'_>, purpose: Purpose) -> Option<Denial> {
    if field.class == Class::Unclassified {
        return Some(Reason::Unclassified.denial(
            "the catalogue does not name this field, so it is revealed to nobody",
            "ask the officer to classify it",
        ));
    }
    if field.purposes.contains(&purpose) {
        return None;
    }
    Some(Reason::PurposeNotOfField.denial(
        format!("this field may not be used for {purpose}"),
        if field.purposes.is_empty() {
            "no purpose allows this field; use its token".to_owned()
        } else {
            format!("name a purpose that it may be used for: {}", listed(field.purposes, ", "))
        },
    ))
}

fn missing_of_person(
    rules: &Rules,
    question: &Question<'_>,
    roles: &[Role],
    circumstances: &Circumstances,
) -> Option<Denial> {
    let allowing = roles_that_may(rules, question, circumstances);
    if roles.iter().any(|role| allowing.contains(role)) {
        return None;
    }
    let rights = Rights::of(rules, question, None, circumstances);
    if question.is_by_grant() && !rights.0.is_empty() {
        if roles.contains(&Role::Operator) {
            return rights.missing(question);
        }
        return Some(Reason::RoleNotAllowed.denial(
            "a grant takes the role operator",
            "ask the owner of this home for that role, which goes with the grant",
        ));
    }
    if let Action::Reveal(..) = question.action {
        return Some(Reason::NoGrant.denial(
            "a person's role alone reveals no personal data",
            "ask for a grant with `bailee grant ask`, or reveal with the key of a service that was added for this seller, \
             purpose and class (`BAILEE_KEY`)",
        ));
    }
    if allowing.is_empty() {
        return Some(second_person(question.action));
    }
    Some(Reason::RoleNotAllowed.denial(
        format!("this takes the role {}", listed(&allowing, " or ")),
        "ask somebody who has it, or the owner of this home",
    ))
}

/// The refusal of what no role may do alone.
fn second_person(action: Action<'_>) -> Denial {
    let (requirement, words, command) = match action {
        Action::Erase(_) => {
            (Requirement::DataRights, "a second person must approve what is erased", "bailee erase")
        }
        Action::AnswerPerson(_) => {
            return Denial {
                requirement: Requirement::DataRights,
                ..Reason::SecondPerson.denial(
                    "whoever found out who asks does not also give the data out, or erase it",
                    "have another officer do it with `bailee subject request carry-out`, or another owner or officer record the \
                     identity of the next request",
                )
            };
        }
        Action::Archive => (
            Requirement::ColdArchive,
            "a second person must approve that personal data goes to an archive",
            "bailee archive create",
        ),
        Action::ExportInBulk(_) => (
            Requirement::Extraction,
            "a second person must approve that so many records leave",
            "bailee export",
        ),
        _ => (
            Reason::SecondPerson.requirement(),
            "a second person must approve that a field is a fact",
            "bailee catalogue classify --fact",
        ),
    };
    let remedy = format!("propose it with `{command}`, and have another owner or officer approve it");
    Denial { requirement, ..Reason::SecondPerson.denial(words, remedy) }
}

/// The roles with which alone it would be allowed.
fn roles_that_may(rules: &Rules, question: &Question<'_>, circumstances: &Circumstances) -> Vec<Role> {
    let Subject::Person { id, .. } = question.subject else { return Vec::new() };
    let may = |role: &Role| {
        let alone = Subject::Person { id, roles: &[*role] };
        rules.program(&question.asked_by(alone), None, circumstances).is_allowed
    };
    ROLES.into_iter().filter(may).collect()
}

fn missing_of_service(
    rules: &Rules,
    question: &Question<'_>,
    service: &Service,
    circumstances: &Circumstances,
) -> Option<Denial> {
    let seller = match question.action {
        Action::Collect(seller)
        | Action::Show(seller)
        | Action::Find(seller, _)
        | Action::Reveal(seller, _) => Some(seller),
        Action::ReadRetention(seller) => seller,
        Action::Administer
        | Action::ReadKeys
        | Action::RunRetention
        | Action::ReadQuarantine(_)
        | Action::DiscardQuarantine(_)
        | Action::Erase(_)
        | Action::Restrict(_)
        | Action::Rectify(_)
        | Action::HandleRequests
        | Action::AnswerPerson(_)
        | Action::ReadCatalogue
        | Action::ReadUnclassified(_)
        | Action::Classify
        | Action::Declassify
        | Action::Archive
        | Action::Export(_)
        | Action::ExportInBulk(_)
        | Action::ReadExports
        | Action::TellRecipients
        | Action::KeepPrints
        | Action::ReadLedger
        | Action::ReadAccess
        | Action::AskGrant
        | Action::ReleaseGrant
        | Action::ReleaseProposal
        | Action::BreakGlass => {
            return Some(Reason::ServiceNotAllowed.denial(
                "no service may do this",
                "log in as a person with `bailee login --as MAIL`, and unset `BAILEE_KEY`",
            ));
        }
    };
    let is_bound = seller.is_some_and(|seller| service.sellers.contains(seller));
    let rights = Rights::of(rules, question, Some(service).filter(|_| is_bound), circumstances);
    // One answer, whether that seller exists or not: existence is itself information.
    if rights.0.is_empty() {
        return Some(Reason::SellerNotGranted.denial(
            "this service may act for its own sellers only",
            "name one of its sellers, or ask the owner of this home for a service that is bound to the other",
        ));
    }
    if question.is_by_grant() { rights.missing(question) } else { None }
}

/// What somebody was given of the seller that is asked about: each grant, and what a service is bound to.
struct Rights<'a>(Vec<Right<'a>>);

#[derive(Clone, Copy)]
struct Right<'a> {
    purposes: &'a [Purpose],
    classes: &'a [Class],
    is_live: bool,
    is_open: bool,
}

impl<'a> Rights<'a> {
    fn of(
        rules: &'a Rules,
        question: &'a Question<'_>,
        bound: Option<&'a Service>,
        circumstances: &Circumstances,
    ) -> Self {
        let bound = bound.map(|service| Right {
            purposes: &service.purposes,
            classes: &service.classes,
            is_live: true,
            is_open: true,
        });
        let granted = rules.grants_for(question).map(|grant| Right {
            purposes: std::slice::from_ref(&grant.purpose),
            classes: &grant.classes,
            is_live: grant.is_live(circumstances.now),
            is_open: is_open(grant, circumstances),
        });
        Self(bound.into_iter().chain(granted).collect())
    }

    /// What the nearest of them lacks; none, if one of them lacks nothing.
    fn missing(&self, question: &Question<'_>) -> Option<Denial> {
        let wanted = question.classes();
        let Subject::Person { .. } = question.subject else {
            return self.narrowed(question, &wanted, "this service was not given", "a service with");
        };
        self.narrowed(question, &wanted, "no grant of yours for this seller covers", "a grant for")
    }

    fn narrowed(
        &self,
        question: &Question<'_>,
        wanted: &[Class],
        lacking: &str,
        ask_for: &str,
    ) -> Option<Denial> {
        let purpose = question.action.purpose();
        let for_purpose: Vec<Right<'_>> = self
            .0
            .iter()
            .filter(|right| purpose.is_none_or(|one| right.purposes.contains(&one)))
            .copied()
            .collect();
        let lacks_purpose = for_purpose.is_empty();
        // Of a field the purpose was decided before; whatever is missing besides, its class is told first.
        let covering: Vec<Right<'_>> = if lacks_purpose { self.0.clone() } else { for_purpose };
        let covering: Vec<Right<'_>> = covering
            .into_iter()
            .filter(|right| wanted.iter().all(|class| right.classes.contains(class)))
            .collect();
        if covering.is_empty() {
            let alone = wanted.iter().find(|class| !self.0.iter().any(|right| right.classes.contains(class)));
            let classes = alone.map_or_else(|| listed(wanted, " with "), ToString::to_string);
            return Some(Reason::ClassNotGranted.denial(
                format!("{lacking} the class {classes}"),
                format!("ask the owner of this home for {ask_for} that class"),
            ));
        }
        if let (true, Some(purpose)) = (lacks_purpose, purpose) {
            return Some(Reason::PurposeNotGranted.denial(
                format!("{lacking} the purpose {purpose}"),
                format!("ask the owner of this home for {ask_for} that purpose"),
            ));
        }
        ended_or_spent(&covering)
    }
}

/// Of rights that cover what is asked: whether one still opens it.
fn ended_or_spent(covering: &[Right<'_>]) -> Option<Denial> {
    if covering.iter().any(|right| right.is_open) {
        None
    } else if covering.iter().any(|right| right.is_live) {
        Some(Reason::VolumeSpent.denial(
            "the grant's volume of this day is spent",
            "go on tomorrow (UTC), or ask for a grant with a larger volume",
        ))
    } else {
        Some(Reason::GrantEnded.denial("the grant has ended", "ask for another, if it is still needed"))
    }
}

fn listed(names: &[impl std::fmt::Display], between: &str) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
