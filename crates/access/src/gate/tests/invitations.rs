//! Who could approve things is invited by two, once there are two.

use bailee_ledger::event::What;

use super::fixture::{Home, PASSWORD, at, sensitive, unacceptable};
use super::people::{OTHER, join};
use super::two::{solitary, stop, tell};
use crate::gate::{Invited, NewPerson};
use crate::person::{Relation, Role};
use crate::{AccessError, Caller};

const THIRD: &str = "Ivo Brandt <ivo.brandt@warehouse.example>";
const FOURTH: &str = "Ana Reis <ana.reis@warehouse.example>";

fn invite(home: &Home, by: &Caller, named: &str, role: Role) -> Invited {
    let new = NewPerson { named, roles: vec![role], relation: Relation::Employee };
    home.gate().invite(by, new).ok().unwrap()
}

fn with_second_person() -> Home {
    Home::new().with(|standards| standards.second_person = true)
}

#[test]
fn who_could_approve_things_is_invited_by_two_once_there_are_two() {
    let mut home = with_second_person();
    let owner = home.owner();
    let (_, second) = join(&home, OTHER, Role::Officer);
    let Invited { id, code, proposal } = invite(&home, &owner, THIRD, Role::Officer);
    let proposal = proposal.unwrap();
    home.reopen();

    let Err(AccessError::Denied(denial)) = home.renewing(code.expose(), at(0)) else { panic!("it is open") };
    assert_eq!((denial.code, denial.requirement.as_str()), ("invitation-open", "1.3.b"));
    let owner = home.owner();
    assert!(matches!(home.gate().approve_proposal(&owner, proposal), Err(AccessError::Denied(_))), "her own");

    let officer = home.caller(second.expose(), at(0));
    let (_, events) = home.events_of(|| home.gate().approve_proposal(&officer, proposal).ok().unwrap());
    let of = |event: &What| matches!(event, What::InvitationReleased(of) if of.person == id);
    assert!(events.iter().any(|event| of(&event.what)));
    // Cut off there, it is approved again, which changes nothing.
    let (_, events) = home.events_of(|| home.gate().approve_proposal(&officer, proposal).ok().unwrap());
    assert!(!events.iter().any(|event| of(&event.what)));
    home.gate().proposal_done(&officer, proposal).ok().unwrap();
    let invited = home.renewing(code.expose(), at(0)).ok().unwrap();
    assert!(home.gate().accept(&invited, &sensitive(PASSWORD)).is_ok());
}

#[test]
fn an_invitation_that_is_refused_opens_nothing() {
    let home = with_second_person();
    let (_, second) = join(&home, OTHER, Role::Officer);
    let Invited { code, proposal, .. } = invite(&home, &home.owner(), THIRD, Role::Owner);
    let officer = home.caller(second.expose(), at(0));
    home.gate().refuse_proposal(&officer, proposal.unwrap()).ok().unwrap();
    assert!(home.renewing(code.expose(), at(0)).is_err());
    assert!(unacceptable(home.gate().approve_proposal(&officer, proposal.unwrap())).contains("refused"));
}

#[test]
fn the_first_second_person_and_who_approves_nothing_are_invited_by_one() {
    let home = with_second_person();
    let owner = home.owner();
    let check = |named, role, held_back| {
        assert_eq!(invite(&home, &owner, named, role).proposal.is_some(), held_back, "{named}");
    };
    check("Kim Lund <kim@warehouse.example>", Role::Officer, false);
    check("Lea Holm <lea@warehouse.example>", Role::Operator, false);
    let (other, _) = join(&home, OTHER, Role::Owner);
    check(THIRD, Role::Officer, true);
    check("Uma Krog <uma@warehouse.example>", Role::Auditor, false);
    // Whoever suspends the others is not alone by that.
    home.gate().suspend(&owner, other).unwrap();
    check(FOURTH, Role::Owner, true);
}

#[test]
fn a_company_of_one_that_named_somebody_outside_lets_them_stop_its_second_person() {
    let (home, owner) = solitary();
    let Invited { code, proposal, .. } = invite(&home, &owner, OTHER, Role::Officer);
    assert!(proposal.is_some() && home.renewing(code.expose(), at(0)).is_err());
    let denied = home.gate().approve_proposal(&owner, proposal.unwrap());
    assert!(matches!(denied, Err(AccessError::Denied(denial)) if denial.code == "outside-first"));
    let (_, stops) = tell(&home, at(0));
    stop(&home, &stops, at(60)).ok().unwrap();
    assert!(home.renewing(code.expose(), at(61)).is_err());
    assert!(unacceptable(home.gate().approve_proposal(&owner, proposal.unwrap())).contains("refused"));
}

#[test]
fn a_home_that_asks_for_one_person_invites_by_one() {
    let home = Home::new();
    join(&home, OTHER, Role::Officer);
    assert!(invite(&home, &home.owner(), THIRD, Role::Owner).proposal.is_none());
}
