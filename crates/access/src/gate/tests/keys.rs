//! Keys of services: two at a time, renewed by whoever holds one, ended (1.4.b).

use bailee_core::time::DAY_SECONDS;
use bailee_core::{Class, Purpose, RecordId, Sensitive, ServiceId, Timestamp};
use bailee_ledger::event::What;

use super::fixture::{Home, at, new_service};
use super::grants::THIRD;
use super::people::{OTHER, join};
use crate::decision::AUTHENTICATE;
use crate::person::Role;
use crate::service::Opens;
use crate::{AccessError, Caller};

fn service(home: &Home) -> (ServiceId, String) {
    let (id, key) = home.gate().add_service(&home.owner(), new_service("erp", "S1", &[], &[])).ok().unwrap();
    (id, key.expose().clone())
}

fn by_key(home: &Home, key: &str, day: i64) -> Caller {
    home.renewing(key, at(day * DAY_SECONDS)).ok().unwrap()
}

#[test]
fn a_service_renews_its_key_while_the_old_one_still_opens() {
    let mut home = Home::new();
    let (id, first) = service(&home);
    let warned = |key: &str, day: i64| {
        let key = bailee_core::Sensitive::new(key.to_owned());
        home.gate().ending_key(&home.presented(Some(key), at(day * DAY_SECONDS)))
    };
    assert_eq!((warned(&first, 74), warned(&first, 75)), (None, Some(at(90 * DAY_SECONDS))));
    let (renewed, events) = home.events_of(|| home.gate().renew_key(&by_key(&home, &first, 80), id));
    let second = renewed.ok().unwrap();
    assert_eq!(second.ends_at, at(170 * DAY_SECONDS));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].what, What::ServiceKeyAdded { service: id, key: second.id });
    let third = home.gate().renew_key(&by_key(&home, second.key.expose(), 80), id);
    assert!(matches!(third, Err(AccessError::Unacceptable(words)) if words.contains("end-key")), "N + 1");
    home.reopen();
    for key in [first.as_str(), second.key.expose()] {
        assert!(home.try_caller(Some(key), at(90 * DAY_SECONDS)).is_ok(), "there is no gap");
    }
    assert!(home.try_caller(Some(&first), at(90 * DAY_SECONDS + 1)).is_err());
    assert!(home.try_caller(Some(second.key.expose()), at(170 * DAY_SECONDS)).is_ok());
}

#[test]
fn a_key_past_its_end_opens_its_renewal_alone_and_that_for_30_days() {
    let home = Home::new();
    let (id, first) = service(&home);
    let (denial, _) = home.denied(AUTHENTICATE, || home.try_caller(Some(&first), at(91 * DAY_SECONDS)));
    assert_eq!(denial.code, "key-too-old");
    assert!(home.renewing(&first, at(121 * DAY_SECONDS)).is_err());
    let (renewed, events) = home.events_of(|| home.gate().renew_key(&by_key(&home, &first, 120), id));
    assert!(home.try_caller(Some(renewed.ok().unwrap().key.expose()), at(120 * DAY_SECONDS)).is_ok());
    assert!(matches!(events[1].what, What::ServiceKeyEnded { service, .. } if service == id));
    assert!(home.renewing(&first, at(120 * DAY_SECONDS)).is_err(), "it renews once");
}

#[test]
fn a_key_that_was_ended_meanwhile_makes_no_other() {
    let home = Home::new();
    let (id, first) = service(&home);
    let caller = by_key(&home, &first, 0);
    let owner = home.owner();
    let key = home.gate().services(&owner).ok().unwrap()[0].keys[0].id;
    home.gate().end_key(&owner, id, key).unwrap();
    assert!(matches!(home.gate().renew_key(&caller, id), Err(AccessError::Moved)));
}

#[test]
fn a_service_renews_itself_and_no_other() {
    let home = Home::new();
    let (_, first) = service(&home);
    let other = home.gate().add_service(&home.owner(), new_service("shop", "S1", &[], &[])).ok().unwrap().0;
    let caller = home.caller(&first, at(0));
    assert_eq!(
        home.gate().renew_key(&caller, other).err().map(|error| error.code()),
        Some("service-not-allowed")
    );
    assert_eq!(
        home.gate().end_key(&caller, other, RecordId([1; 16])).err().map(|error| error.code()),
        Some("service-not-allowed")
    );
    assert_eq!(
        home.gate().service_named(&caller, "shop").err().map(|error| error.code()),
        Some("service-not-allowed")
    );
    assert!(home.gate().service_named(&caller, "erp").is_ok());
}

#[test]
fn a_key_that_is_ended_and_a_service_that_is_taken_away_open_nothing() {
    let mut home = Home::new();
    let (id, first) = service(&home);
    let owner = home.owner();
    let second = home.gate().renew_key(&owner, id).ok().unwrap();
    let listed = home.gate().services(&owner).ok().unwrap();
    let old = listed[0].keys.iter().find(|key| key.id != second.id).unwrap().id;
    assert!(home.gate().end_key(&owner, id, old).is_ok());
    assert!(matches!(home.gate().end_key(&owner, id, old), Err(AccessError::Missing("key"))));
    assert!(home.try_caller(Some(&first), at(0)).is_err());
    assert!(home.try_caller(Some(second.key.expose()), at(0)).is_ok());
    let (removed, events) = home.events_of(|| home.gate().remove_service(&owner, id));
    assert!(removed.is_ok());
    assert_eq!(events[0].what, What::ServiceRemoved { service: id });
    home.reopen();
    assert!(home.try_caller(Some(second.key.expose()), at(0)).is_err());
    assert!(home.gate().services(&home.owner()).ok().unwrap().is_empty());
}

/// What each credential opens: all, intake alone, or nothing.
fn opens(home: &Home, key: &str, now: Timestamp) -> &'static str {
    let presented = || home.presented(Some(Sensitive::new(key.to_owned())), now);
    match (home.gate().authenticate(&presented()), home.gate().authenticate_to_take_in(&presented())) {
        (Ok(_), Ok(_)) => "all",
        (Err(AccessError::Denied(denial)), Ok(_)) if denial.code == "key-not-trusted" => "intake",
        (Err(_), Err(_)) => "nothing",
        _ => panic!("more is opened to intake than to everything"),
    }
}

#[test]
fn a_key_that_a_leaver_knows_takes_documents_in_for_a_day_and_renews_nothing() {
    let mut home = Home::new();
    let (leaver, session) = join(&home, OTHER, Role::Owner);
    let caller = home.caller(session.expose(), at(0));
    let new = new_service("erp", "S1", &[Purpose::Fulfilment], &[Class::Identity]);
    let (id, first) = home.gate().add_service(&caller, new).ok().unwrap();
    // What is made by a key that they know, they may know as well.
    let second = home.gate().renew_key(&by_key(&home, first.expose(), 0), id).ok().unwrap().key;
    assert_eq!(opens(&home, second.expose(), at(0)), "all");
    let owner = home.owner();
    home.gate().suspend(&owner, leaver).ok().unwrap();
    assert_eq!(opens(&home, first.expose(), at(0)), "intake");
    home.gate().resume(&owner, leaver).ok().unwrap();
    assert_eq!(opens(&home, first.expose(), at(0)), "all");

    assert_eq!(home.gate().leave(&owner, leaver).ok().unwrap().keys, 2);
    home.reopen();
    for key in [&first, &second] {
        assert_eq!(opens(&home, key.expose(), at(DAY_SECONDS)), "intake", "N");
        assert_eq!(opens(&home, key.expose(), at(DAY_SECONDS + 1)), "nothing", "N + 1");
    }
    let (denial, _) =
        home.denied("administer", || home.gate().renew_key(&by_key(&home, first.expose(), 0), id));
    assert_eq!((denial.code, denial.requirement.as_str()), ("key-not-trusted", "1.2.d"));
    let owner = home.owner();
    let listed = home.gate().services(&owner).ok().unwrap();
    let old = listed[0].keys[0].id;
    assert_eq!(home.gate().opens(&listed[0].keys[0], &owner), Opens::Intake);
    home.gate().end_key(&owner, id, old).unwrap();
    let next = home.gate().renew_key(&owner, id).ok().unwrap().key;
    assert_eq!(opens(&home, next.expose(), at(DAY_SECONDS + 1)), "all");
}

#[test]
fn a_key_that_somebody_is_shown_anew_takes_a_second_person_who_does_not_know_it() {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let (_, other) = join(&home, OTHER, Role::Owner);
    let [owner, officer, other] =
        [home.log_in(at(0)), officer, other].map(|one| home.caller(one.expose(), at(0)));
    let approve = |caller: &Caller, proposal| home.gate().approve_proposal(caller, proposal).map(|_| ());
    let new = new_service("erp", "S1", &[Purpose::Fulfilment], &[Class::Identity]);
    let (id, first) = home.gate().add_service(&owner, new).ok().unwrap();
    let release = home.gate().release_of(id, at(0)).unwrap().id;
    // The other owner makes a key of their own while that is open, and does not release it by approving that.
    let second = home.gate().renew_key(&other, id).ok().unwrap();
    assert!(second.proposal.is_some() && approve(&other, release).is_ok());
    home.gate().proposal_done(&other, release).ok().unwrap();
    assert_eq!(opens(&home, first.expose(), at(0)), "all");
    assert_eq!(opens(&home, second.key.expose(), at(0)), "intake");
    // Nor does what somebody else approves of another key, once this one's was refused.
    home.gate().refuse_proposal(&officer, second.proposal.unwrap()).ok().unwrap();
    home.gate().end_key(&owner, id, second.id).unwrap();

    // Who knows one already learns nothing by the next, and neither does the service.
    let again = home.gate().renew_key(&owner, id).ok().unwrap();
    assert_eq!((again.proposal, opens(&home, again.key.expose(), at(0))), (None, "all"));
    home.gate().end_key(&owner, id, again.id).unwrap();

    let (renewed, events) = home.events_of(|| home.gate().renew_key(&other, id));
    let third = renewed.ok().unwrap();
    assert_eq!((events.len(), opens(&home, third.key.expose(), at(0))), (2, "intake"));
    let (denial, _) = home.denied("release-proposal", || approve(&other, third.proposal.unwrap()));
    assert_eq!(denial.code, "second-person");
    let (denial, _) =
        home.denied("administer", || home.gate().renew_key(&by_key(&home, third.key.expose(), 0), id));
    assert_eq!((denial.code, denial.requirement.as_str()), ("key-not-trusted", "1.3.b"));
    assert!(approve(&officer, third.proposal.unwrap()).is_ok());
    assert_eq!(opens(&home, third.key.expose(), at(0)), "all");
    let (again, events) = home.events_of(|| approve(&officer, third.proposal.unwrap()));
    assert!(again.is_ok() && events.is_empty(), "it was cut off, and goes on");
}

#[test]
fn each_key_that_is_held_back_is_released_by_an_approval_of_its_own() {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, other) = join(&home, OTHER, Role::Owner);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let [owner, other, officer] =
        [home.log_in(at(0)), other, officer].map(|one| home.caller(one.expose(), at(0)));
    let (id, first) = home
        .gate()
        .add_service(&owner, new_service("erp", "S1", &[Purpose::Fulfilment], &[Class::Identity]))
        .ok()
        .unwrap();
    home.gate().approve_proposal(&officer, home.gate().release_of(id, at(0)).unwrap().id).ok().unwrap();
    let first_id = home.gate().services(&owner).ok().unwrap()[0].keys[0].id;
    home.gate().end_key(&owner, id, first_id).unwrap();
    assert_eq!(opens(&home, first.expose(), at(0)), "nothing");
    let by_owner = home.gate().renew_key(&owner, id).ok().unwrap();
    let by_other = home.gate().renew_key(&other, id).ok().unwrap();
    home.gate().approve_proposal(&officer, by_owner.proposal.unwrap()).ok().unwrap();
    assert_eq!(opens(&home, by_owner.key.expose(), at(0)), "all");
    assert_eq!(opens(&home, by_other.key.expose(), at(0)), "intake", "one approval is of one key");
    home.gate().approve_proposal(&owner, by_other.proposal.unwrap()).ok().unwrap();
    assert_eq!(opens(&home, by_other.key.expose(), at(0)), "all");
}
