//! Who could approve things is invited by two, once there are two.

use bailee_core::time::{DAY_SECONDS, Day};
use bailee_core::{Sensitive, Timestamp};
use bailee_ledger::event::What;

use super::fixture::{Home, MAIL, PASSWORD, at, sensitive, unacceptable};
use super::grants::later;
use super::people::{OTHER, join};
use super::two::{solitary, stop, tell};
use crate::gate::invitations::LEFT_DAYS;
use crate::gate::{CarryOut, Invited, NewPerson};
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
    let approve = || match home.gate().approve_proposal(&officer, proposal) {
        Ok((_, CarryOut::Invite(code))) => code,
        _ => panic!("a code for whoever approves"),
    };
    let (lost, events) = home.events_of(approve);
    let of = |event: &What| matches!(event, What::InvitationReleased(of) if of.person == id);
    assert!(events.iter().any(|event| of(&event.what)));
    // Cut off there, it is approved again, by another code.
    let approval = approve();
    home.gate().proposal_done(&officer, proposal).ok().unwrap();

    // Neither who invited nor who approved knows both, and so neither is the one who comes.
    let invited = home.renewing(code.expose(), at(0)).ok().unwrap();
    assert!(home.renewing(approval.expose(), at(0)).is_err());
    for wrong in [None, Some(&code), Some(&lost)] {
        let (denial, _) =
            home.denied("account", || home.gate().accept(&invited, &sensitive(PASSWORD), wrong));
        assert_eq!((denial.code, denial.requirement.as_str()), ("approval-missing", "1.3.b"));
    }
    assert!(home.gate().accept(&invited, &sensitive(PASSWORD), Some(&approval)).is_ok());
}

/// Why an invitation opens nothing, if it does not.
fn closed(home: &Home, code: &Sensitive<String>, now: Timestamp) -> Option<&'static str> {
    match home.renewing(code.expose(), now) {
        Ok(_) => None,
        Err(AccessError::Denied(denial)) => Some(denial.requirement.as_str()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn an_invitation_ends_with_whoever_made_it() {
    let home = with_second_person();
    let (id, second) = join(&home, OTHER, Role::Owner);
    let other = home.caller(second.expose(), at(0));
    let Invited { code, .. } = invite(&home, &other, "Lea Holm <lea@warehouse.example>", Role::Operator);
    assert_eq!(closed(&home, &code, at(0)), None);
    home.gate().suspend(&home.owner(), id).unwrap();
    assert_eq!(closed(&home, &code, at(0)), Some("1.2.d"));
    home.gate().resume(&home.owner(), id).unwrap();
    assert_eq!(closed(&home, &code, at(0)), None);
    home.gate().leave(&home.owner(), id).ok().unwrap();
    assert_eq!(closed(&home, &code, at(0)), Some("1.2.d"));
    // Its address is free for another.
    let next = invite(&home, &home.owner(), "Lea Holm <lea@warehouse.example>", Role::Operator);
    assert_eq!((closed(&home, &next.code, at(0)), closed(&home, &code, at(0))), (None, Some("1.1.d")));
}

#[test]
fn what_was_made_alone_opens_nothing_once_there_are_two() {
    let home = with_second_person();
    let stocked = invite(&home, &home.owner(), THIRD, Role::Owner).code;
    let operator = invite(&home, &home.owner(), FOURTH, Role::Operator).code;
    assert_eq!(closed(&home, &stocked, at(0)), None);
    join(&home, OTHER, Role::Officer);
    assert_eq!((closed(&home, &stocked, at(0)), closed(&home, &operator, at(0))), (Some("1.3.b"), None));
}

#[test]
fn nobody_invites_the_next_alone_at_once_after_the_other_has_left() {
    let home = with_second_person();
    let owner = home.owner();
    let (other, _) = join(&home, OTHER, Role::Officer);
    // An invitation that nobody came by is nobody who left.
    let waits = invite(&home, &owner, FOURTH, Role::Officer);
    home.gate().leave(&owner, waits.id).ok().unwrap();
    home.gate().leave(&owner, other).ok().unwrap();
    let try_at = |second| {
        let new = NewPerson { named: THIRD, roles: vec![Role::Officer], relation: Relation::Employee };
        home.gate().invite(&later(&owner, at(second)), new)
    };
    assert!(unacceptable(try_at(LEFT_DAYS * DAY_SECONDS - 1)).contains("has left"));
    assert!(try_at(LEFT_DAYS * DAY_SECONDS).ok().unwrap().proposal.is_none());
}

#[test]
fn an_owner_whose_contract_ends_is_not_the_owner_who_is_left() {
    let home = Home::new();
    let last_day = Day::of(at(0)).plus(3);
    let new =
        NewPerson { named: OTHER, roles: vec![Role::Owner], relation: Relation::Contractor { last_day } };
    let Invited { id, code, .. } = home.gate().invite(&home.owner(), new).ok().unwrap();
    let invited = home.renewing(code.expose(), at(0)).ok().unwrap();
    let session = home.gate().accept(&invited, &sensitive(PASSWORD), None).ok().unwrap();
    let contractor = home.caller(session.token.expose(), at(0));
    let owner = home.gate().person_named(&contractor, MAIL).ok().unwrap();
    assert!(unacceptable(home.gate().suspend(&contractor, owner)).contains("last owner"));
    assert!(unacceptable(home.gate().leave(&contractor, owner)).contains("last owner"));
    let (denial, _) = home.denied("administer", || home.gate().leave(&contractor, id));
    assert_eq!(denial.code, "another-person", "nobody leaves by themselves");
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
