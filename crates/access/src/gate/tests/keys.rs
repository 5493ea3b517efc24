//! Keys of services: two at a time, renewed by whoever holds one, ended (1.4.b).

use bailee_core::time::DAY_SECONDS;
use bailee_core::{RecordId, ServiceId};
use bailee_ledger::event::What;

use super::fixture::{Home, at, new_service};
use crate::decision::AUTHENTICATE;
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
