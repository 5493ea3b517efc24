//! What takes two people; and a company of one, whom somebody outside can stop.

use bailee_core::time::DAY_SECONDS;
use bailee_core::{Class, Kind, NoticeId, ProposalId, Purpose, Recipient, RequestId, Sensitive, Timestamp};
use bailee_ledger::event::{Event, What};

use super::fixture::{Home, at, new_service, seller, unacceptable};
use super::grants::{THIRD, asked, later};
use super::people::{OTHER, OTHER_MAIL, join};
use crate::gate::Arms;
use crate::person::Role;
use crate::proposal::{PROPOSAL_SECONDS, Proposed};
use crate::wait::{Alone, WAIT_SECONDS};
use crate::{AccessError, Caller};

const OUTSIDE: &str = "tess@adviser.example";

fn fact() -> Proposed {
    Proposed::Declassify {
        kind: Kind::Order,
        path: Some("extra.colour".into()),
        number: None,
        fact: "the colour of the thing".into(),
        cleaner: None,
    }
}

fn steps(events: &[Event]) -> Vec<&str> {
    fn step(event: &Event) -> Option<&str> {
        match &event.what {
            What::Proposal(proposal) => Some(&proposal.step),
            What::Wait(wait) => Some(&wait.step),
            _ => None,
        }
    }
    events.iter().filter_map(step).collect()
}

#[test]
fn what_takes_two_is_proposed_by_one_and_approved_by_another() {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, operator) = join(&home, OTHER, Role::Operator);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let (operator, officer) = (home.caller(operator.expose(), at(0)), home.caller(officer.expose(), at(0)));
    let owner = home.owner();
    let (denial, _) = home.denied("declassify", || home.gate().classify(&officer, true));
    assert_eq!((denial.code, denial.requirement.as_str()), ("second-person", "0.e"));
    home.denied("declassify", || home.gate().propose(&operator, fact()));

    let (proposed, events) = home.events_of(|| home.gate().propose(&officer, fact()));
    let id = proposed.ok().unwrap().id;
    assert_eq!(steps(&events), ["proposed"]);
    home.denied("release-proposal", || home.gate().approve_proposal(&operator, id));
    let (denial, _) = home.denied("release-proposal", || home.gate().approve_proposal(&officer, id));
    assert_eq!(denial.code, "second-person");
    assert!(home.gate().proposals(&operator).is_empty() && home.gate().proposals(&owner).len() == 1);
    let (approved, events) = home.events_of(|| home.gate().approve_proposal(&owner, id));
    assert_eq!((approved.ok().unwrap().0.proposed, steps(&events)), (fact(), vec!["approved"]));
    let (again, events) = home.events_of(|| home.gate().approve_proposal(&owner, id));
    assert!(again.is_ok() && events.is_empty(), "it was cut off, and goes on");
    let (_, events) = home.events_of(|| home.gate().proposal_done(&owner, id).ok().unwrap());
    assert_eq!(steps(&events), ["done"]);
    assert!(unacceptable(home.gate().approve_proposal(&owner, id)).contains("done already"));
    assert!(unacceptable(home.gate().withdraw_proposal(&officer, id)).contains("done already"));
    assert!(matches!(
        home.gate().approve_proposal(&owner, ProposalId([9; 16])),
        Err(AccessError::Missing("proposal"))
    ));

    // Whoever proposed it is gone.
    let left = home.gate().propose(&officer, fact()).ok().unwrap().id;
    let person = home.gate().person_named(&owner, "kim.ito@warehouse.example").ok().unwrap();
    home.gate().leave(&owner, person).ok().unwrap();
    assert!(unacceptable(home.gate().approve_proposal(&owner, left)).contains("may not do it any more"));
}

#[test]
fn a_proposal_that_nobody_decides_about_ends_after_seven_days() {
    let mut home = Home::new().with(|standards| standards.second_person = true);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let officer = home.caller(officer.expose(), at(0));
    let owner = home.owner();
    let id = home.gate().propose(&officer, fact()).ok().unwrap().id;
    let end = |home: &Home, second| {
        home.events_of(|| home.gate().end_proposals(RequestId([9; 16]), at(second)).ok().unwrap()).1
    };
    assert!(end(&home, PROPOSAL_SECONDS - 1).is_empty(), "N");
    let over = later(&owner, at(PROPOSAL_SECONDS));
    assert!(unacceptable(home.gate().approve_proposal(&over, id)).contains("expired"));
    assert_eq!(steps(&end(&home, PROPOSAL_SECONDS)), ["expired"], "N + 1");
    assert!(end(&home, PROPOSAL_SECONDS).is_empty());
    home.reopen();
    assert_eq!(home.gate().proposals(&owner)[0].state(at(0)), "expired", "the next process knows it");
}

/// A company of one with a service.
pub(super) fn solitary() -> (Home, Caller) {
    let home = Home::new().with(|standards| {
        standards.second_person = true;
        standards.mail = true;
        standards.outside = Some(OUTSIDE.into());
    });
    home.service("printer", &[], &[]);
    let owner = home.owner();
    (home, owner)
}

/// The mail server takes what the outside is to be told; the code in it.
pub(super) fn tell(home: &Home, now: Timestamp) -> (NoticeId, Sensitive<String>) {
    let due = home.gate().due_notices(now);
    let due = due.iter().find(|due| due.waiting.to == Recipient::Outside).unwrap();
    assert_eq!(due.address.as_deref(), Some(OUTSIDE));
    let Ok(Arms::Code(code)) = home.gate().arm(due) else { panic!("a code") };
    home.gate().notice_sent(due.waiting.id, RequestId([9; 16]), now).ok().unwrap();
    (due.waiting.id, code)
}

pub(super) fn stop(home: &Home, code: &Sensitive<String>, now: Timestamp) -> Result<Alone, AccessError> {
    home.gate().stop(&home.presented(Some(Sensitive::new(code.expose().clone())), now))
}

#[test]
fn a_company_of_one_waits_a_day_from_the_telling_and_can_be_stopped() {
    let (mut home, owner) = solitary();
    let s1 = seller("S1");
    let ask = |home: &Home, second| {
        let owner = later(&owner, at(second));
        home.gate().ask_grant(&owner, asked(Some("printer"), &s1, "60d")).ok().unwrap().id
    };
    let id = ask(&home, 0);
    let (denial, _) = home.denied("release-grant", || home.gate().approve_grant(&owner, id));
    assert_eq!((denial.code, denial.requirement.as_str()), ("outside-first", "1.3.b"));
    assert!(denial.words.contains("not taken"), "{}", denial.words);
    let (_, code) = tell(&home, at(60));
    let early = later(&owner, at(59 + WAIT_SECONDS));
    let (denial, _) = home.denied("release-grant", || home.gate().approve_grant(&early, id));
    assert!(denial.words.contains("until"), "N: {}", denial.words);

    home.reopen();
    let (wrong, events) = home.events_of(|| stop(&home, &Sensitive::new("bst_wrong".into()), at(70)));
    assert!(matches!(wrong, Err(AccessError::Denied(denial)) if denial.code == "unknown-credential"));
    assert!(matches!(&events[0].what, What::Denied { action, .. } if action == "stop"));
    let (stopped, events) = home.events_of(|| stop(&home, &code, at(70)));
    assert_eq!((stopped.ok().unwrap(), steps(&events)), (Alone::ApproveGrant(id), vec!["stopped"]));
    let (again, events) = home.events_of(|| stop(&home, &code, at(80)));
    assert!(again.is_ok() && events.is_empty());
    let late = later(&owner, at(60 + WAIT_SECONDS));
    assert!(unacceptable(home.gate().approve_grant(&late, id)).contains("ended already"), "for good");

    let id = ask(&home, 100);
    let (_, code) = tell(&home, at(160));
    let ripe = later(&owner, at(160 + WAIT_SECONDS));
    let (approved, events) = home.events_of(|| home.gate().approve_grant(&ripe, id));
    assert_eq!((approved.ok().unwrap().state(at(0)), steps(&events)), ("live", vec!["done"]), "N + 1");
    assert!(unacceptable(stop(&home, &code, at(160 + WAIT_SECONDS))).contains("done already"));
}

#[test]
fn what_is_sent_twice_is_stopped_by_either_code_and_begins_one_day() {
    let (home, owner) = solitary();
    home.gate().ask_grant(&owner, asked(Some("printer"), &seller("S1"), "60d")).ok().unwrap();
    let due = home.gate().due_notices(at(0)).remove(0);
    // The connection broke: nobody knows whether it was taken.
    let Ok(Arms::Code(first)) = home.gate().arm(&due) else { panic!("a code") };
    assert!(
        !home.gate().notice_failed(due.waiting.id, "unreachable", RequestId([9; 16]), at(1)).ok().unwrap()
    );
    assert!(home.gate().due_notices(at(1)).is_empty(), "it rests");
    let (_, second) = tell(&home, at(60));
    assert_ne!(first.expose(), second.expose());
    assert!(stop(&home, &first, at(61)).is_ok());
    assert!(stop(&home, &second, at(62)).is_ok());
}

#[test]
fn two_who_could_approve_end_the_exception_and_a_change_of_the_address_voids_what_waits() {
    let (mut home, owner) = solitary();
    let see = |home: &Home| home.gate().see_outside(RequestId([9; 16]), at(0));
    let declared = |home: &Home| {
        let events = home.events_of(|| see(home).ok().unwrap()).1;
        events
            .iter()
            .filter_map(|one| match one.what {
                What::Solo(bailee_ledger::event::Solo { declared }) => Some(declared),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(declared(&home), [true]);
    assert_eq!(declared(&home), Vec::<bool>::new(), "once");
    let id = home.gate().ask_grant(&owner, asked(Some("printer"), &seller("S1"), "60d")).ok().unwrap().id;
    tell(&home, at(0));
    home = home.with(|standards| standards.outside = Some("uma@adviser.example".into()));
    assert_eq!(declared(&home), [true], "another address is declared anew");
    let ripe = later(&owner, at(WAIT_SECONDS));
    assert!(home.gate().approve_grant(&ripe, id).is_err(), "the wait that was told to the other is void");

    let (_, officer) = join(&home, THIRD, Role::Officer);
    let officer = home.caller(officer.expose(), at(0));
    let late = later(&owner, at(3 * DAY_SECONDS));
    let (denial, _) = home.denied("release-grant", || home.gate().approve_grant(&late, id));
    assert_eq!(denial.code, "second-person");
    assert!(home.gate().exceptions(at(0))[0].words.contains("changes nothing"));
    assert!(home.gate().approve_grant(&officer, id).is_ok());
    home = home.with(|standards| standards.outside = None);
    assert_eq!(declared(&home), [false]);
    assert!(home.gate().exceptions(at(0)).is_empty());
    home = home.with(|standards| standards.outside = Some(super::fixture::MAIL.into()));
    assert!(unacceptable(see(&home)).contains("somebody here"));
}

#[test]
fn nobody_lifts_their_own_lock_in_a_company_of_one_either_and_it_ends_after_a_day() {
    let (home, owner) = solitary();
    let person = home.gate().person_named(&owner, super::fixture::MAIL).ok().unwrap();
    for _ in 0..10 {
        assert!(home.try_log_in(super::fixture::MAIL, "Wrong-Kettle-99", None, at(0)).is_err());
    }
    let comes_in =
        |second| home.try_log_in(super::fixture::MAIL, super::fixture::PASSWORD, None, at(second)).is_ok();
    assert!(!comes_in(0));
    let (denial, _) = home.denied("administer", || home.gate().unlock(&owner, person));
    assert_eq!(denial.code, "another-person");
    assert!(!comes_in(DAY_SECONDS - 1) && comes_in(DAY_SECONDS + 1));
}

#[test]
fn broken_glass_is_filed_for_everybody_who_governs_its_user_and_the_outside() {
    let (mut home, owner) = solitary();
    let (_, operator) = join(&home, OTHER, Role::Operator);
    let operator = home.caller(operator.expose(), at(0));
    let broken =
        home.gate().break_glass(&operator, &seller("S1"), Purpose::Incident, "OPS-1".parse().unwrap());
    assert_eq!(broken.ok().unwrap().told, 3);
    home.reopen();
    let mut told: Vec<Option<String>> =
        home.gate().due_notices(at(0)).into_iter().map(|due| due.address).collect();
    told.sort();
    let mut expected = [super::fixture::MAIL, OTHER_MAIL, OUTSIDE].map(|mail| Some(mail.to_owned()));
    expected.sort();
    assert_eq!(told, expected, "the next process sends them");
    drop(owner);
}

#[test]
fn what_a_service_may_see_waits_for_a_second_person() {
    let mut home = Home::new().with(|standards| standards.second_person = true);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let (owner, officer) = (home.owner(), home.caller(officer.expose(), at(0)));
    let new = new_service("labels", "S1", &[Purpose::Fulfilment], &[Class::Identity]);
    let (added, events) = home.events_of(|| home.gate().add_service(&owner, new));
    let (id, key) = added.ok().unwrap();
    let added = |event: &What| match event {
        What::ServiceAdded { purposes, classes, .. } => Some(purposes.len() + classes.len()),
        _ => None,
    };
    assert_eq!(events.iter().find_map(|event| added(&event.what)), Some(0));
    assert_eq!(steps(&events), ["proposed"]);
    let proposal = home.gate().release_of(id, at(0)).unwrap().id;
    let sellers = || [seller("S1")].into();
    let may = |home: &Home| {
        let service = home.caller(key.expose(), at(0));
        home.gate().may_reveal(&service, Purpose::Fulfilment, &sellers()).unwrap().is_empty()
    };
    let waits = home.try_caller(Some(key.expose()), at(0));
    assert!(
        matches!(waits, Err(AccessError::Denied(denial)) if denial.code == "key-not-trusted"),
        "nobody has approved it"
    );
    let (denial, _) = home.denied("release-proposal", || home.gate().approve_proposal(&owner, proposal));
    assert_eq!(denial.code, "second-person");
    let (approved, events) = home.events_of(|| home.gate().approve_proposal(&officer, proposal));
    assert!(approved.is_ok() && may(&home));
    let released = |event: &What| matches!(event, What::ServiceReleased(of) if of.service == id);
    assert_eq!(events.iter().filter(|event| released(&event.what)).count(), 1);
    let (again, events) = home.events_of(|| home.gate().approve_proposal(&officer, proposal));
    assert!(again.is_ok() && events.is_empty(), "it was cut off, and goes on");
    home.gate().proposal_done(&officer, proposal).ok().unwrap();
    assert!(home.gate().release_of(id, at(0)).is_none());
    home.reopen();
    assert!(may(&home));

    // One that sees nothing needs nobody else.
    let (id, _) = home.gate().add_service(&owner, new_service("intake", "S1", &[], &[])).ok().unwrap();
    assert!(home.gate().release_of(id, at(0)).is_none());
}

#[test]
fn what_others_decided_in_the_ordinary_way_is_not_the_outside_s_to_stop() {
    let (home, owner) = solitary();
    let id = home.gate().ask_grant(&owner, asked(Some("printer"), &seller("S1"), "60d")).ok().unwrap().id;
    let (_, code) = tell(&home, at(0));
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let officer = home.caller(officer.expose(), at(0));
    home.gate().approve_grant(&officer, id).ok().unwrap();
    assert!(home.gate().stop(&home.presented(Some(code), at(0))).is_ok());
    let grants = home.gate().grants(&owner).ok().unwrap();
    assert_eq!(grants.iter().find(|filed| filed.id == id).unwrap().state(at(0)), "live");
}

#[test]
fn tests_of_the_mail_leave_room_for_what_has_to_be_told() {
    let (home, owner) = solitary();
    for _ in 0..8 {
        assert!(home.gate().file_test_notice(&owner).is_ok());
    }
    assert!(unacceptable(home.gate().file_test_notice(&owner)).contains("enough waits"), "N + 1");
}
