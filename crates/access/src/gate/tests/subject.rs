//! What people ask for is kept by who answers for the home, and answered by another than who found out who they are; what rests on
//! consent is revealed with one, and for nothing else does a consent open anything.

use std::collections::BTreeSet;

use bailee_core::catalogue::Catalogue;
use bailee_core::requirement::Requirement;
use bailee_core::{Class, FieldInstance, Kind, PrincipalId, Purpose, RecordId, SellerId};
use bailee_ledger::event::What;
use proptest::prelude::*;

use super::fixture::{Home, at, seller};
use super::grants::THIRD;
use super::people::{OTHER, join};
use crate::gate::{Asked, AskedField};
use crate::person::Role;
use crate::{AccessError, Caller};

/// Those that a service may have.
const CLASSES: [Class; 5] = [Class::Identity, Class::Contact, Class::Address, Class::Tax, Class::FreeText];

/// A field that may be used for every purpose that can rest on consent.
const NAME: &str = "buyer.buyerName";

fn field() -> AskedField {
    let catalogue = Catalogue::embedded().unwrap();
    let field = catalogue.field_at(Kind::Order, NAME).unwrap();
    AskedField { instance: FieldInstance(1), field: field.id, class: field.class.unwrap() }
}

fn purposes_of_field() -> Vec<Purpose> {
    Catalogue::embedded().unwrap().field_at(Kind::Order, NAME).unwrap().purposes.clone()
}

fn asked<'a>(of: &'a SellerId, consented: &'a [Purpose], restricted: bool) -> Asked<'a> {
    let (kind, record, fields) = (Kind::Order, RecordId([7; 16]), vec![field()]);
    Asked { seller: of, kind, record, fields, restricted, consented, named: true }
}

/// A home whose purposes rest on consent as said, and a service of S1 that may have its names for all purposes.
fn resting_on(purposes: &[Purpose]) -> (Home, Caller) {
    let home = Home::new().with(|standards| standards.on_consent = purposes.to_vec());
    let key = home.service("erp", Purpose::ALL, &[Class::Identity]);
    let caller = home.caller(key.expose(), at(0));
    (home, caller)
}

/// The whole matrix: which purposes rest on consent, to which somebody agreed, and for which it is revealed.
#[test]
fn a_purpose_that_rests_on_consent_is_denied_without_it_and_no_other_is() {
    let can: Vec<Purpose> = purposes_of_field();
    assert!(can.contains(&Purpose::Fulfilment) && can.contains(&Purpose::Invoice));
    let sets: [&[Purpose]; 4] =
        [&[], &[Purpose::Fulfilment], &[Purpose::Invoice], &[Purpose::Fulfilment, Purpose::Invoice]];
    for resting in sets {
        let (home, caller) = resting_on(resting);
        for consented in sets {
            for purpose in &can {
                let s1 = seller("S1");
                let asked = [asked(&s1, consented, false)];
                let decided = home.gate().reveal(&caller, purpose.as_str(), None, &asked).ok().unwrap();
                let is_open = !resting.contains(purpose) || consented.contains(purpose);
                assert_eq!(decided.authorized.is_some(), is_open, "{purpose}: {resting:?} {consented:?}");
                if !is_open {
                    let denial = &decided.denied[0].denial;
                    assert_eq!((denial.code, denial.requirement), ("no-consent", Requirement::PurposeLimits));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A consent takes no other refusal away: what is refused without any is refused with all.
    #[test]
    fn a_consent_opens_nothing_that_is_closed_otherwise(purpose in 0..Purpose::ALL.len(), class in 0..CLASSES.len(), restricted: bool) {
        let (purpose, class) = (Purpose::ALL[purpose], CLASSES[class]);
        let home = Home::new().with(|standards| standards.on_consent = vec![Purpose::Fulfilment]);
        let key = home.service("erp", &[purpose], &[class]);
        let caller = home.caller(key.expose(), at(0));
        let s1 = seller("S1");
        let decide = |asked_for: Purpose, consented: &[Purpose]| {
            let decided = home.gate().reveal(&caller, asked_for.as_str(), None, &[asked(&s1, consented, restricted)]);
            decided.ok().unwrap().denied.first().map(|one| one.denial.code)
        };
        for asked_for in Purpose::ALL {
            let (without, with) = (decide(*asked_for, &[]), decide(*asked_for, Purpose::ALL));
            match without {
                Some("no-consent") => prop_assert!(with.is_none() && *asked_for == Purpose::Fulfilment),
                without => prop_assert_eq!(without, with),
            }
            prop_assert!(!restricted || with.is_some());
        }
    }
}

/// A home that asks for a second person, its owner, and two officers.
fn home() -> (Home, Caller, Caller, Caller) {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, one) = join(&home, OTHER, Role::Officer);
    let (_, other) = join(&home, THIRD, Role::Officer);
    // The rules move when somebody logs in: who decides something is recognised after that.
    let owner = home.owner();
    let (one, other) = (home.caller(one.expose(), at(0)), home.caller(other.expose(), at(0)));
    (home, owner, one, other)
}

#[test]
fn requests_are_kept_by_owners_and_officers_and_by_no_service() {
    let home = Home::new();
    let key = home.service("erp", Purpose::ALL, &CLASSES);
    let service = home.caller(key.expose(), at(0));
    let (denial, _) = home.denied("handle-requests", || home.gate().handle_requests(&service));
    assert_eq!(denial.code, "service-not-allowed");
    let (_, operator) = join(&home, OTHER, Role::Operator);
    let operator = home.caller(operator.expose(), at(0));
    let (denial, _) = home.denied("handle-requests", || home.gate().handle_requests(&operator));
    assert_eq!(denial.code, "role-not-allowed");
    assert!(home.gate().handle_requests(&home.owner()).is_ok());
}

#[test]
fn whoever_found_out_who_asks_is_not_who_gives_out_or_erases() {
    let (home, owner, one, other) = home();
    let s1 = seller("S1");
    let sellers: BTreeSet<SellerId> = [s1.clone()].into();
    let identified_by = one.context.principal;
    let records = || vec![(seller("S1"), RecordId([7; 16]))];
    let (denial, _) = home.denied("answer-person", || home.gate().may_answer(&one, identified_by, &sellers));
    assert_eq!((denial.code, denial.requirement), ("second-person", Requirement::DataRights));
    home.denied("answer-person", || home.gate().erase_for_person(&one, identified_by, records()));
    let whole = [asked(&s1, &[], false)];
    home.denied("answer-person", || home.gate().reveal_to_person(&one, identified_by, &whole));
    assert!(home.gate().may_answer(&other, identified_by, &sellers).is_ok());
    assert!(home.gate().may_answer(&one, owner.context.principal, &sellers).is_ok());
    assert!(home.gate().erase_for_person(&other, identified_by, records()).is_ok());
    // In a home that asks for none, one person does both.
    let alone = Home::new();
    let owner = alone.owner();
    assert!(alone.gate().may_answer(&owner, owner.context.principal, &sellers).is_ok());
}

#[test]
fn what_is_given_to_a_person_is_told_first_and_only_what_may_be_given_to_them() {
    let (home, _, one, other) = home();
    let (s1, by) = (seller("S1"), one.context.principal);
    let reveal = |asked: &[Asked<'_>]| home.events_of(|| home.gate().reveal_to_person(&other, by, asked));
    let (given, events) = reveal(&[asked(&s1, &[], false)]);
    let given = given.ok().unwrap().unwrap();
    assert_eq!(given.action().purpose, Purpose::SubjectRequest);
    assert_eq!(given.action().pairs, [(RecordId([7; 16]), vec![FieldInstance(1)])]);
    assert!(
        matches!(&events[..], [event] if matches!(event.what, What::Revealed { purpose: Purpose::SubjectRequest, .. }))
    );
    let (given, events) = reveal(&[asked(&s1, &[], true)]);
    assert!(given.ok().unwrap().is_none());
    assert!(
        matches!(&events[..], [event] if matches!(&event.what, What::Denied { reason, .. } if reason == "restricted"))
    );
    home.store.writes_left(0);
    let unwritten = home.gate().reveal_to_person(&other, by, &[asked(&s1, &[], false)]);
    assert!(matches!(unwritten, Err(AccessError::Ledger(_))));
    assert!(matches!(by, PrincipalId::Person(_)));
}
