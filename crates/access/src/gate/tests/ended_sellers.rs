//! A seller that has ended: who could see something of it loses that (R17).

use bailee_core::{Class, PrincipalId, Purpose, RequestId};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{Released, What};

use super::fixture::{Home, at, new_service, seller};
use super::grants::asked;
use super::people::{OTHER, OTHER_MAIL, join};
use crate::gate::{CarryOut, Gate};
use crate::person::Role;
use crate::proposal::Proposed;
use crate::service::NewService;
use bailee_core::retention::EndReason;

const EXPECTED: [&str; 3] = ["service-removed", "service-released", "grant-revoked"];

fn end(gate: &Gate) {
    let context = Context::system(RequestId([7; 16]), at(0));
    gate.end_access_to(&context, &seller("S1")).ok().unwrap();
}

#[test]
fn services_lose_a_seller_that_has_ended_and_its_grants_end() {
    let mut home = Home::new();
    join(&home, OTHER, Role::Operator);
    let owner = home.owner();
    let key = home.service("erp", &[Purpose::Fulfilment], &[Class::Identity]);
    let both = NewService {
        sellers: vec![seller("S1"), seller("S2")],
        ..new_service("labels", "S1", &[Purpose::Fulfilment], &[Class::Identity])
    };
    let (labels, other_key) = home.gate().add_service(&owner, both).ok().unwrap();
    let (s1, s2) = (seller("S1"), seller("S2"));
    let of_it = home.gate().ask_grant(&owner, asked(Some(OTHER_MAIL), &s1, "8h")).ok().unwrap();
    let of_other = home.gate().ask_grant(&owner, asked(Some(OTHER_MAIL), &s2, "8h")).ok().unwrap();

    let ((), events) = home.events_of(|| end(home.gate()));
    assert_eq!(events.iter().map(|event| event.what.name()).collect::<Vec<_>>(), EXPECTED);
    assert!(events.iter().all(|event| event.principal == PrincipalId::System));
    let released = Released {
        service: labels,
        sellers: vec![s2.clone()],
        purposes: vec![Purpose::Fulfilment],
        classes: vec![Class::Identity],
        key: None,
    };
    assert_eq!(events[1].what, What::ServiceReleased(released));
    for _ in 0..2 {
        assert!(home.try_caller(Some(key.expose()), at(0)).is_err(), "it has no seller left");
        let caller = home.caller(other_key.expose(), at(0));
        let denied = home.gate().may_reveal(&caller, Purpose::Fulfilment, &[s1.clone(), s2.clone()].into());
        assert_eq!(denied.ok().unwrap().into_keys().collect::<Vec<_>>(), std::slice::from_ref(&s1));
        let grants = home.gate().grants(&home.owner()).ok().unwrap();
        let state = |id| grants.iter().find(|one| one.id == id).unwrap().state(at(1));
        assert_eq!((state(of_it.id), state(of_other.id)), ("ended", "live"));
        home.reopen();
    }
    let ((), events) = home.events_of(|| end(home.gate()));
    assert!(events.is_empty(), "done again it changes nothing");
}

#[test]
fn glass_that_was_broken_for_it_opens_nothing_more_and_is_reviewed_all_the_same() {
    let home = Home::new();
    let (_, operator) = join(&home, OTHER, Role::Operator);
    let operator = home.caller(operator.expose(), at(0));
    let ticket = "OPS-1234".parse().unwrap();
    let broken = home.gate().break_glass(&operator, &seller("S1"), Purpose::Incident, ticket).ok().unwrap();
    let ((), events) = home.events_of(|| end(home.gate()));
    assert_eq!(events[0].what, What::GrantRevoked { grant: broken.filed.id });
    let denied = home.gate().may_reveal(&operator, Purpose::Incident, &[seller("S1")].into());
    assert_eq!(denied.ok().unwrap().len(), 1);
    assert!(home.gate().review_grant(&home.owner(), broken.filed.id, true).is_ok());
}

#[test]
fn a_seller_is_ended_by_two() {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, officer) = join(&home, OTHER, Role::Officer);
    let (owner, officer) = (home.owner(), home.caller(officer.expose(), at(0)));
    let proposed = Proposed::EndSeller { seller: seller("S1"), reason: EndReason::AmazonNotice, on: None };
    home.denied("administer", || home.gate().propose(&officer, proposed.clone()));
    let filed = home.gate().propose(&owner, proposed.clone()).ok().unwrap();
    home.denied("release-proposal", || home.gate().approve_proposal(&owner, filed.id));
    let (approved, carry_out) = home.gate().approve_proposal(&officer, filed.id).ok().unwrap();
    assert_eq!(approved.proposed, proposed);
    assert!(matches!(carry_out, CarryOut::EndSeller(_)));
}
