//! People: invited, active, suspended, gone.

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, Day};
use bailee_core::{Environment, PersonId, PrincipalId, RequestId, Sensitive};
use bailee_ledger::event::{PersonLeft, What};

use super::fixture::{Home, MAIL, PASSWORD, at, new_service, sensitive, unacceptable};
use crate::Caller;
use crate::decision::AUTHENTICATE;
use crate::gate::{Invited, NewPerson};
use crate::person::{Relation, Role, Standing};

pub(super) const OTHER: &str = "Noor Okafor <noor.okafor@warehouse.example>";
pub(super) const OTHER_MAIL: &str = "noor.okafor@warehouse.example";

pub(super) fn invite(home: &Home, named: &str, role: Role) -> (PersonId, Sensitive<String>) {
    let new = NewPerson { named, roles: vec![role], relation: Relation::Employee };
    let Invited { id, code, .. } = home.gate().invite(&home.owner(), new).ok().unwrap();
    (id, code)
}

/// Invites a person, who accepts; the session in which they are then.
pub(super) fn join(home: &Home, named: &str, role: Role) -> (PersonId, Sensitive<String>) {
    let (id, code) = invite(home, named, role);
    // As if somebody else had approved it, where it takes that: how it goes is told in `invitations`.
    let approval = home.gate().release_invitation(&home.owner(), id).ok();
    let invited = home.renewing(code.expose(), at(0)).ok().unwrap();
    let session = home.gate().accept(&invited, &sensitive(PASSWORD), approval.as_ref()).ok().unwrap();
    (id, session.token)
}

/// A home with two owners. What was verified so far does not count.
pub(super) fn with_second_owner() -> Home {
    let home = Home::new();
    join(&home, OTHER, Role::Owner);
    home.verifications.store(0, std::sync::atomic::Ordering::Relaxed);
    home
}

#[test]
fn an_invited_person_comes_in_once_with_the_code_and_then_with_the_password() {
    let mut home = Home::new();
    let ((id, code), events) = home.events_of(|| invite(&home, OTHER, Role::Officer));
    let invited = events.iter().find_map(|event| match &event.what {
        What::PersonInvited { person, roles, .. } => Some((*person, roles.clone())),
        _ => None,
    });
    assert_eq!(invited, Some((id, vec!["officer".to_owned()])));
    home.reopen();

    let (denial, event) = home.denied(AUTHENTICATE, || home.try_caller(Some(code.expose()), at(0)));
    assert_eq!((denial.code, denial.requirement), ("invitation-open", Requirement::UniqueIdentity));
    assert_eq!(event.principal, PrincipalId::Person(id));
    assert!(home.try_log_in(OTHER_MAIL, PASSWORD, None, at(0)).is_err(), "there is no password yet");

    let caller = home.renewing(code.expose(), at(1)).ok().unwrap();
    let weak = unacceptable(home.gate().accept(&caller, &sensitive("Okafor-Kettle-77"), None));
    assert!(weak.contains("no part of the name"), "{weak}");
    let (accepted, events) = home.events_of(|| home.gate().accept(&caller, &sensitive(PASSWORD), None));
    let session = accepted.ok().unwrap();
    assert_eq!(events[0].what, What::InvitationAccepted { person: id });
    assert!(home.try_caller(Some(session.token.expose()), at(2)).is_ok());
    assert!(home.try_log_in(OTHER_MAIL, PASSWORD, None, at(2)).is_ok());
    assert!(home.renewing(code.expose(), at(2)).is_err(), "an invitation opens once");
    assert!(home.gate().accept(&caller, &sensitive(PASSWORD), None).is_err(), "nor who held it before");
}

#[test]
fn an_invitation_ends_after_seven_days() {
    let home = Home::new();
    let (_, code) = invite(&home, OTHER, Role::Officer);
    assert!(home.renewing(code.expose(), at(7 * DAY_SECONDS)).is_ok(), "N");
    let (denial, _) = home.denied(AUTHENTICATE, || home.renewing(code.expose(), at(7 * DAY_SECONDS + 1)));
    assert_eq!(denial.code, "unknown-credential");
}

#[test]
fn names_that_are_nobodys_and_roles_that_do_not_go_together_are_refused() {
    let home = Home::new();
    let owner = home.owner();
    let invite = |named: &str, roles: &[Role], relation: Relation| {
        unacceptable(home.gate().invite(&owner, NewPerson { named, roles: roles.to_vec(), relation }))
    };
    for named in [
        "Admin <ada@example.com>",
        "Warehouse Team <lager7@example.com>",
        "Ada Muster <info@example.com>",
        "Ada Muster <kundenservice@example.com>",
    ] {
        let words = invite(named, &[Role::Officer], Relation::Employee);
        assert!(words.contains("1.2.b") && !words.contains("example.com"), "{words}");
    }
    let both = invite(OTHER, &[Role::Owner, Role::Operator], Relation::Employee);
    assert!(both.contains("owner and operator") && both.contains("1.3.a"), "{both}");
    assert!(invite(OTHER, &[], Relation::Employee).contains("one role at least"));
    assert!(
        invite("Mara Lindqvist <MARA.L@warehouse.example>", &[Role::Officer], Relation::Employee)
            .contains("already")
    );
    let yesterday = Relation::Contractor { last_day: Day::of(at(0)).plus(-1) };
    assert!(invite(OTHER, &[Role::Officer], yesterday).contains("ended"));
    assert!(home.gate().people(&owner).ok().unwrap().len() == 1, "nobody was invited");
}

#[test]
fn in_production_duties_are_separated_and_changes_of_people_take_a_fresh_second_factor() {
    let home = Home::empty(Environment::Production).with(|standards| standards.second_factor = false);
    home.gate().make_owner(super::fixture::OWNER, &sensitive(PASSWORD), home.request(), at(0)).ok().unwrap();
    let owner = home.owner();
    for roles in
        [[Role::Owner, Role::Auditor], [Role::Officer, Role::Auditor], [Role::Officer, Role::Operator]]
    {
        let new = NewPerson { named: OTHER, roles: roles.to_vec(), relation: Relation::Employee };
        assert!(unacceptable(home.gate().invite(&owner, new)).contains("1.3.a"));
    }
    let new =
        NewPerson { named: OTHER, roles: vec![Role::Owner, Role::Officer], relation: Relation::Employee };
    assert!(home.gate().invite(&owner, new).is_ok());

    let home = home.with(|standards| standards.second_factor = true);
    let new = NewPerson {
        named: "Kim Ito <kim.ito@x.example>",
        roles: vec![Role::Auditor],
        relation: Relation::Employee,
    };
    let (denial, _) = home.denied("administer", || home.gate().invite(&owner, new));
    assert_eq!((denial.code, denial.requirement), ("second-factor-stale", Requirement::PublicAccess));
    let new = new_service("labels", "S1", &[], &[]);
    let (denial, _) = home.denied("administer", || home.gate().add_service(&owner, new));
    assert_eq!(denial.code, "second-factor-stale");
}

#[test]
fn who_is_suspended_is_out_at_once_until_somebody_else_decides() {
    let home = Home::new();
    let owner = home.owner();
    let (id, token) = join(&home, OTHER, Role::Officer);
    assert!(home.try_caller(Some(token.expose()), at(0)).is_ok());
    assert!(unacceptable(home.gate().resume(&owner, id)).contains("not suspended"));
    let (suspended, events) = home.events_of(|| home.gate().suspend(&owner, id));
    assert!(suspended.is_ok());
    assert_eq!(events[0].what, What::PersonSuspended { person: id, reason: "by-hand".into() });
    assert!(home.try_caller(Some(token.expose()), at(0)).is_err());
    let wrong = home.try_log_in(OTHER_MAIL, PASSWORD, None, at(0)).err().unwrap();
    assert_eq!(wrong.code(), "log-in-failed", "whoever tries learns nothing");
    assert!(unacceptable(home.gate().suspend(&owner, id)).contains("not active"));
    assert!(home.gate().resume(&owner, id).is_ok());
    assert!(home.try_log_in(OTHER_MAIL, PASSWORD, None, at(0)).is_ok());
}

#[test]
fn who_leaves_loses_all_at_once_and_what_they_answer_for_goes_to_another() {
    let mut home = Home::new();
    let owner = home.owner();
    let (id, token) = join(&home, OTHER, Role::Officer);
    let mut new = new_service("erp", "S1", &[], &[]);
    new.owner = Some(OTHER_MAIL.into());
    let (service, _) = home.gate().add_service(&owner, new).ok().unwrap();
    let (left, events) = home.events_of(|| home.gate().leave(&owner, id));
    let left = left.ok().unwrap();
    assert_eq!((left.sessions, left.services), (1, 1));
    assert_eq!(
        events[0].what,
        What::PersonLeft(PersonLeft { person: id, told_at: at(0), sessions: 1, services: 1 })
    );
    assert!(matches!(events[1].what, What::ServiceOwnerChanged { service: of, .. } if of == service));
    home.reopen();
    let owner = home.owner();
    assert!(home.try_caller(Some(token.expose()), at(0)).is_err());
    assert!(home.try_log_in(OTHER_MAIL, PASSWORD, None, at(0)).is_err());
    assert!(unacceptable(home.gate().leave(&owner, id)).contains("already"));
    let people = home.gate().people(&owner).ok().unwrap();
    let (left, _) = people.iter().find(|(person, _)| person.id == id).unwrap();
    assert!(matches!(left.standing, Standing::Left { .. }), "the name stays, since events name the id");

    // Whoever comes back is somebody new.
    let (again, _) = join(&home, OTHER, Role::Officer);
    assert_ne!(again, id);
    assert!(home.try_log_in(OTHER_MAIL, PASSWORD, None, at(0)).is_ok());
}

#[test]
fn a_contract_ends_by_itself() {
    let home = Home::new();
    let last_day = Day::of(at(0)).plus(3);
    let relation = Relation::Contractor { last_day };
    let new = NewPerson { named: OTHER, roles: vec![Role::Officer], relation };
    let Invited { id, code, .. } = home.gate().invite(&home.owner(), new).ok().unwrap();
    let invited = home.renewing(code.expose(), at(0)).ok().unwrap();
    home.gate().accept(&invited, &sensitive(PASSWORD), None).ok().unwrap();
    let after = last_day.plus(1).start();
    let before = bailee_core::time::saturating_add(after, -1);
    assert!(home.try_log_in(OTHER_MAIL, PASSWORD, None, before).is_ok(), "N");
    assert!(home.try_log_in(OTHER_MAIL, PASSWORD, None, after).is_err(), "whether or not anybody has looked");
    let (_, events) = home.events_of(|| home.gate().end_contracts(RequestId([9; 16]), after).ok().unwrap());
    assert_eq!(
        events[0].what,
        What::PersonLeft(PersonLeft { person: id, told_at: after, sessions: 1, services: 0 })
    );
    assert_eq!(events[0].principal, PrincipalId::System);
    let (_, events) = home.events_of(|| home.gate().end_contracts(RequestId([9; 16]), after).ok().unwrap());
    assert!(events.is_empty());
}

#[test]
fn the_last_owner_can_neither_leave_nor_be_suspended() {
    let home = Home::new();
    let owner = home.owner();
    let id = home.person(MAIL);
    assert!(unacceptable(home.gate().suspend(&owner, id)).contains("last owner"));
    let (denial, _) = home.denied("administer", || home.gate().leave(&owner, id));
    assert_eq!(denial.code, "another-person");
    let (other, token) = join(&home, OTHER, Role::Owner);
    let second = home.caller(token.expose(), at(0));
    assert!(home.gate().leave(&second, id).is_ok());
    assert!(unacceptable(home.gate().suspend(&second, other)).contains("last owner"));
}

#[test]
fn who_does_not_administer_changes_nobody() {
    let home = Home::new();
    let (id, token) = join(&home, OTHER, Role::Operator);
    let operator: Caller = home.caller(token.expose(), at(0));
    let gate = home.gate();
    let new = || NewPerson {
        named: "Kim Ito <kim@x.example>",
        roles: vec![Role::Officer],
        relation: Relation::Employee,
    };
    for attempt in [
        gate.invite(&operator, new()).map(drop),
        gate.suspend(&operator, id),
        gate.resume(&operator, id),
        gate.unlock(&operator, id),
        gate.leave(&operator, id).map(drop),
        gate.people(&operator).map(drop),
    ] {
        assert_eq!(attempt.err().map(|error| error.code()), Some("role-not-allowed"));
    }
}

#[test]
fn who_was_sent_away_between_the_decision_and_the_lock_does_nothing_any_more() {
    let home = with_second_owner();
    let (first, second) = (
        home.owner(),
        home.caller(home.try_log_in(OTHER_MAIL, PASSWORD, None, at(0)).ok().unwrap().token.expose(), at(0)),
    );
    let person = home.person(OTHER_MAIL);
    home.gate().suspend(&first, person).ok().unwrap();
    // Recognised before that, and allowed by the roles of then.
    let (added, events) =
        home.events_of(|| home.gate().add_service(&second, new_service("late", "S1", &[], &[])));
    assert!(matches!(added, Err(crate::AccessError::Moved)) && events.is_empty());
}
