//! Grants: asked for, approved by the other, used, ended; the glass that is broken.

use bailee_core::time::DAY_SECONDS;
use bailee_core::{Class, GrantId, PrincipalId, Purpose, RequestId, Timestamp};
use bailee_ledger::event::{GrantAsked, What};

use super::fixture::{Home, at, new_service, seller, unacceptable};
use super::people::{OTHER, OTHER_MAIL, join};
use crate::gate::{AskedGrant, Broken};
use crate::grant::Filed;
use crate::person::Role;
use crate::{AccessError, Caller};

pub(super) const THIRD: &str = "Kim Ito <kim.ito@warehouse.example>";

/// A test home that asks for a second person, with an operator and an officer beside its first person.
fn home() -> (Home, Caller, Caller, Caller) {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, operator) = join(&home, OTHER, Role::Operator);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let (operator, officer) = (home.caller(operator.expose(), at(0)), home.caller(officer.expose(), at(0)));
    let owner = home.owner();
    (home, owner, operator, officer)
}

pub(super) fn later(caller: &Caller, now: Timestamp) -> Caller {
    let context = bailee_ledger::authorized::Context { now, ..caller.context };
    let who = match &caller.who {
        crate::Who::Person { person, session, factor_at } => {
            crate::Who::Person { person: person.clone(), session: *session, factor_at: *factor_at }
        }
        _ => panic!("a person"),
    };
    Caller { context, who, machine_now: now, door: caller.door, place: caller.place, version: caller.version }
}

pub(super) fn asked<'a>(
    who: Option<&'a str>,
    of: &'a bailee_core::SellerId,
    until: &'a str,
) -> AskedGrant<'a> {
    AskedGrant {
        who,
        seller: of,
        classes: vec![Class::Identity],
        purpose: Purpose::Fulfilment,
        until,
        fields_a_day: Some(10),
        ticket: None,
    }
}

fn may(home: &Home, caller: &Caller) -> Option<&'static str> {
    let sellers = [seller("S1")].into();
    let denied = home.gate().may_reveal(caller, Purpose::Fulfilment, &sellers).unwrap();
    denied.into_values().next().map(|denial| denial.code)
}

#[test]
fn a_grant_is_asked_for_approved_by_the_other_used_and_ends() {
    let (mut home, owner, operator, officer) = home();
    let s1 = seller("S1");
    assert_eq!(may(&home, &operator), Some("no-grant"));
    let (filed, events) = home.events_of(|| home.gate().ask_grant(&operator, asked(None, &s1, "2d")));
    let Filed { id, .. } = filed.ok().unwrap();
    assert!(matches!(events[0].what, What::GrantAsked(GrantAsked { grant, .. }) if grant == id));
    assert_eq!(may(&home, &operator), Some("no-grant"), "nobody has approved it");
    let (denial, _) = home.denied("release-grant", || home.gate().approve_grant(&operator, id));
    assert_eq!(denial.code, "role-not-allowed");
    let (approved, events) = home.events_of(|| home.gate().approve_grant(&officer, id));
    assert_eq!(approved.ok().unwrap().state(at(0)), "live");
    assert_eq!(events[0].what, What::GrantApproved { grant: id });
    assert_eq!(may(&home, &operator), None);
    home.reopen();
    assert_eq!(may(&home, &operator), None, "the next process knows it");
    assert_eq!(may(&home, &later(&operator, at(2 * DAY_SECONDS - 1))), None);
    assert_eq!(may(&home, &later(&operator, at(2 * DAY_SECONDS))), Some("grant-ended"));
    assert_eq!(may(&home, &owner), None, "an officer of a test home needs none");
    let seen = home.gate().grants(&operator).ok().unwrap();
    assert_eq!(seen.len(), 1);
    assert!(home.gate().grants(&officer).ok().unwrap().len() == 1);
}

#[test]
fn a_grant_of_a_clock_that_had_jumped_ahead_ends_once_that_is_right() {
    let (home, _, operator, officer) = home();
    let s1 = seller("S1");
    let approve = |second| {
        let (operator, officer) = (later(&operator, at(second)), later(&officer, at(second)));
        let id = home.gate().ask_grant(&operator, asked(None, &s1, "30d")).ok().unwrap().id;
        home.gate().approve_grant(&officer, id).ok().unwrap();
    };
    let end = |now| home.gate().end_grants_ahead(RequestId([9; 16]), at(now)).unwrap();
    approve(5 * 60);
    end(0);
    assert_eq!(may(&home, &operator), None, "clocks differ");
    approve(20 * DAY_SECONDS);
    let (_, events) = home.events_of(|| end(0));
    assert!(matches!(events[..], [ref event] if matches!(event.what, What::GrantRevoked { .. })));
    let ticket = "OPS-1".parse().unwrap();
    let broken = {
        let ahead = later(&operator, at(20 * DAY_SECONDS));
        home.gate().break_glass(&ahead, &seller("S2"), Purpose::Incident, ticket).ok().unwrap().filed.id
    };
    end(0);
    // It opens nothing more, and is reviewed all the same.
    let all = home.gate().grants(&officer).ok().unwrap();
    let filed = all.iter().find(|one| one.id == broken).unwrap();
    assert_eq!((filed.state(at(0)), filed.life.review_due()), ("expired", Some(at(DAY_SECONDS))));
    let comes_in = |second| home.try_log_in(OTHER_MAIL, super::fixture::PASSWORD, None, at(second)).is_ok();
    assert!(comes_in(DAY_SECONDS));
    home.gate().end_unreviewed(RequestId([9; 16]), at(DAY_SECONDS + 1)).unwrap();
    assert!(!comes_in(DAY_SECONDS + 2), "whoever broke it is suspended");
    let states =
        home.gate().grants(&officer).ok().unwrap().iter().map(|one| one.state(at(0))).collect::<Vec<_>>();
    assert_eq!(states[..2], ["live", "ended"]);
}

#[test]
fn nobody_approves_what_they_asked_for_or_what_is_for_them() {
    let (home, owner, _, officer) = home();
    let s1 = seller("S1");
    let Filed { id, .. } = home.gate().ask_grant(&owner, asked(Some(OTHER_MAIL), &s1, "8h")).ok().unwrap();
    let (denial, _) = home.denied("release-grant", || home.gate().approve_grant(&owner, id));
    assert_eq!((denial.code, denial.requirement.as_str()), ("second-person", "1.3.b"));
    assert!(home.gate().approve_grant(&officer, id).is_ok());
    assert!(home.gate().approve_grant(&owner, id).is_ok(), "what is live is live");

    // Where no second person is asked for, asking is approving for who may.
    let home = home.with(|standards| standards.second_person = false);
    let filed = home.gate().ask_grant(&owner, asked(Some(OTHER_MAIL), &s1, "8h")).ok().unwrap();
    assert_eq!(filed.state(at(0)), "live");
}

#[test]
fn a_grant_that_is_refused_revoked_or_of_somebody_who_left_opens_nothing() {
    let (home, owner, operator, officer) = home();
    let s1 = seller("S1");
    let ask = || home.gate().ask_grant(&operator, asked(None, &s1, "8h")).ok().unwrap().id;
    let refused = ask();
    assert!(home.gate().refuse_grant(&officer, refused).is_ok());
    assert!(unacceptable(home.gate().approve_grant(&officer, refused)).contains("refused already"));
    let revoked = ask();
    home.gate().approve_grant(&officer, revoked).ok().unwrap();
    assert_eq!(may(&home, &operator), None);
    assert!(home.gate().revoke_grant(&operator, revoked).is_ok(), "one's own");
    assert_eq!(may(&home, &operator), Some("no-grant"));
    let lasting = ask();
    home.gate().approve_grant(&officer, lasting).ok().unwrap();
    let id = home.person(OTHER_MAIL);
    home.gate().leave(&owner, id).ok().unwrap();
    let all = home.gate().grants(&owner).ok().unwrap();
    assert_eq!(all.iter().filter(|filed| filed.grant().is_some()).count(), 0);
    assert!(matches!(
        home.gate().approve_grant(&officer, GrantId([9; 16])),
        Err(AccessError::Missing("grant"))
    ));
}

#[test]
fn what_no_grant_may_be_is_refused_with_its_requirement() {
    let (home, owner, _, _) = home();
    let (s1, s9) = (seller("S1"), seller("S9"));
    let ask = |asked| unacceptable(home.gate().ask_grant(&owner, asked));
    assert!(ask(asked(Some(OTHER_MAIL), &s1, "91d")).contains("1.3.b"));
    assert!(ask(asked(Some(OTHER_MAIL), &s9, "8h")).contains("no such seller"));
    assert!(ask(asked(Some("nobody@warehouse.example"), &s1, "8h")).contains("nobody here"));
    assert!(ask(asked(None, &s1, "8h")).contains("role operator"), "an owner sees no personal data");
    let nothing = AskedGrant { classes: Vec::new(), ..asked(Some(OTHER_MAIL), &s1, "8h") };
    assert!(ask(nothing).contains("one class"));
    let all = AskedGrant { classes: vec![Class::Unclassified], ..asked(Some(OTHER_MAIL), &s1, "8h") };
    assert!(ask(all).contains("0.a"));
    let too_many = AskedGrant { fields_a_day: Some(u64::MAX), ..asked(Some(OTHER_MAIL), &s1, "8h") };
    assert!(ask(too_many).contains("fields a day"));
}

#[test]
fn a_grant_that_nobody_uses_for_30_days_is_idle() {
    let (home, _, operator, officer) = home();
    let id = home.gate().ask_grant(&operator, asked(None, &seller("S1"), "60d")).ok().unwrap().id;
    let filed = home.gate().approve_grant(&officer, id).ok().unwrap();
    assert!(!filed.is_idle(at(29 * DAY_SECONDS)));
    assert!(filed.is_idle(at(30 * DAY_SECONDS)));
    assert!(!filed.is_idle(at(60 * DAY_SECONDS)), "it has ended by itself");
}

#[test]
fn broken_glass_opens_for_an_hour_and_suspends_who_is_not_reviewed_within_a_day() {
    let (home, owner, operator, officer) = home();
    let s1 = seller("S1");
    let ticket = || "OPS-1234".parse().unwrap();
    let (refused, _) =
        home.denied("break-glass", || home.gate().break_glass(&owner, &s1, Purpose::Fulfilment, ticket()));
    assert_eq!(refused.code, "role-not-allowed");
    let (broken, events) =
        home.events_of(|| home.gate().break_glass(&operator, &s1, Purpose::Fulfilment, ticket()));
    let Broken { filed: Filed { id, .. }, told } = broken.ok().unwrap();
    assert_eq!(told, 0, "this home sends no mail");
    assert!(matches!(events[0].what, What::GlassBroken { grant, .. } if grant == id));
    assert_eq!(may(&home, &operator), None);
    assert_eq!(may(&home, &later(&operator, at(60 * 60))), Some("grant-ended"));
    let again = home.gate().break_glass(&operator, &s1, Purpose::Fulfilment, ticket());
    assert!(unacceptable(again).contains("not reviewed"));
    let due = |caller| home.gate().grants(caller).ok().unwrap()[0].life.due_at();
    assert_eq!(due(&officer), Some(at(DAY_SECONDS)), "who can review it sees that it is due");

    home.gate().end_unreviewed(RequestId([9; 16]), at(DAY_SECONDS)).ok().unwrap();
    assert!(home.try_log_in(OTHER_MAIL, super::fixture::PASSWORD, None, at(DAY_SECONDS)).is_ok(), "N");
    let (_, events) =
        home.events_of(|| home.gate().end_unreviewed(RequestId([9; 16]), at(DAY_SECONDS + 1)).ok().unwrap());
    let PrincipalId::Person(person) = operator.context.principal else { panic!("a person") };
    assert_eq!(events[0].what, What::PersonSuspended { person, reason: "break-glass-unreviewed".into() });
    assert_eq!(events[1].what, What::GrantRevoked { grant: id });
    assert!(home.try_log_in(OTHER_MAIL, super::fixture::PASSWORD, None, at(DAY_SECONDS + 1)).is_err());
    let (_, events) = home.events_of(|| home.gate().end_unreviewed(RequestId([9; 16]), at(DAY_SECONDS + 2)));
    assert!(events.is_empty());
    // Late, and reviewed all the same: who comes back breaks no other before.
    let late = at(DAY_SECONDS + 2);
    let owner = home.caller(home.log_in(late).expose(), late);
    home.gate().resume(&owner, person).ok().unwrap();
    let session = home.try_log_in(OTHER_MAIL, super::fixture::PASSWORD, None, late).ok().unwrap();
    let operator = home.caller(session.token.expose(), late);
    let again = home.gate().break_glass(&operator, &s1, Purpose::Fulfilment, ticket());
    assert!(unacceptable(again).contains("not reviewed"));
    home.gate().review_grant(&owner, id, true).ok().unwrap();
    assert!(unacceptable(home.gate().review_grant(&owner, id, true)).contains("nothing to review"));
    assert!(home.gate().break_glass(&operator, &s1, Purpose::Fulfilment, ticket()).is_ok());
}

#[test]
fn nobody_approves_what_a_service_sees_whose_key_they_know_nor_what_a_leaver_asked_for() {
    let (home, owner, operator, officer) = home();
    let (id, _) = home.gate().add_service(&owner, new_service("labels", "S1", &[], &[])).ok().unwrap();
    let service = id.to_string();
    let ask = || {
        let s1 = seller("S1");
        home.gate().ask_grant(&operator, asked(Some(service.as_str()), &s1, "1d")).ok().unwrap().id
    };
    let first = ask();
    let (denial, _) = home.denied("release-grant", || home.gate().approve_grant(&owner, first));
    assert_eq!((denial.code, denial.requirement.as_str()), ("second-person", "1.3.b"));
    assert!(home.gate().approve_grant(&officer, first).is_ok());
    let second = ask();
    let PrincipalId::Person(asker) = operator.context.principal else { panic!("a person") };
    home.gate().leave(&owner, asker).ok().unwrap();
    assert!(unacceptable(home.gate().approve_grant(&officer, second)).contains("asked for anew"));
}

#[test]
fn a_grant_that_cannot_be_ended_after_its_user_was_suspended_is_ended_the_next_time() {
    let (home, _, operator, _) = home();
    let ticket = "OPS-1".parse().unwrap();
    let id =
        home.gate().break_glass(&operator, &seller("S1"), Purpose::Incident, ticket).ok().unwrap().filed.id;
    let end = || home.gate().end_unreviewed(RequestId([9; 16]), at(DAY_SECONDS + 1));
    home.store.writes_left(1);
    assert!(end().is_err());
    home.store.heal();
    assert!(home.try_log_in(OTHER_MAIL, super::fixture::PASSWORD, None, at(DAY_SECONDS + 1)).is_err());
    let (ended, events) = home.events_of(end);
    assert!(ended.is_ok());
    assert_eq!(events[0].what, What::GrantRevoked { grant: id });
}

#[test]
fn broken_glass_is_reviewed_by_somebody_else() {
    let (home, _, operator, officer) = home();
    let s1 = seller("S1");
    let take = || {
        home.gate()
            .break_glass(&operator, &s1, Purpose::Incident, "OPS-1".parse().unwrap())
            .ok()
            .unwrap()
            .filed
            .id
    };
    let first = take();
    assert!(home.gate().review_grant(&operator, first, true).is_err());
    let (reviewed, events) = home.events_of(|| home.gate().review_grant(&officer, first, true));
    assert!(reviewed.is_ok());
    assert_eq!(events[0].what, What::GlassReviewed { grant: first, justified: true });
    assert!(unacceptable(home.gate().review_grant(&officer, first, true)).contains("nothing to review"));
    let second = take();
    home.gate().review_grant(&officer, second, false).ok().unwrap();
    assert!(home.try_log_in(OTHER_MAIL, super::fixture::PASSWORD, None, at(1)).is_err(), "suspended");
}

#[test]
fn who_gives_broken_glass_back_is_reviewed_all_the_same() {
    let (home, _, operator, officer) = home();
    let s1 = seller("S1");
    let take = || home.gate().break_glass(&operator, &s1, Purpose::Incident, "OPS-1".parse().unwrap());
    let id = take().ok().unwrap().filed.id;
    let opens = || {
        let sellers = [seller("S1")].into();
        home.gate().may_reveal(&operator, Purpose::Incident, &sellers).unwrap().is_empty()
    };
    assert!(opens());
    assert!(home.gate().revoke_grant(&operator, id).is_ok());
    assert!(!opens());
    assert!(unacceptable(home.gate().revoke_grant(&officer, id)).contains("already"));
    assert!(unacceptable(take()).contains("not reviewed yet"));
    home.gate().end_unreviewed(RequestId([9; 16]), at(DAY_SECONDS + 1)).ok().unwrap();
    assert!(home.try_log_in(OTHER_MAIL, super::fixture::PASSWORD, None, at(DAY_SECONDS + 1)).is_err());
}
