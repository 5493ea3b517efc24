//! Devices on which people come in over the network, and sessions that are bound to where they were begun (1.2.e).

use std::net::Ipv4Addr;
use std::sync::Arc;

use bailee_core::requirement::Requirement;
use bailee_core::time::DAY_SECONDS;
use bailee_core::{Environment, Sensitive, Timestamp};
use bailee_ledger::event::What;

use super::certificates::{der, request};
use super::fixture::{Home, MAIL, PASSWORD, at, sensitive, unacceptable};
use super::people::{OTHER, OTHER_MAIL, invite, join};
use crate::certificate::{IssuedBy, Shown};
use crate::decision::AUTHENTICATE;
use crate::device::DEVICES_MAX;
use crate::gate::{LogIn, NewDevice};
use crate::person::Role;
use crate::session::NewSession;
use crate::{AccessError, Caller, Door, Presented, Standards};

const NETWORK: Door = Door::Network(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST));

/// A home that people reach over the network on enrolled devices alone.
fn home() -> Home {
    Home::new().with(|standards| standards.enrolled_device = true)
}

fn shown(device: &NewDevice) -> Arc<Shown> {
    Arc::new(Shown::new(&der(&device.pem), IssuedBy::Home).unwrap())
}

fn log_in(home: &Home, mail: &str, certificate: Option<&Shown>) -> Result<NewSession, AccessError> {
    let (password, door, machine_now) = (sensitive(PASSWORD), NETWORK, at(0));
    let log_in =
        LogIn { mail, password: &password, code: None, passkey: None, door, certificate, machine_now };
    home.gate().log_in(&log_in, home.request(), at(0), None)
}

/// What a connection over the network presents.
fn presents(
    home: &Home,
    bearer: &Sensitive<String>,
    certificate: Option<&Arc<Shown>>,
    machine_now: Timestamp,
) -> Presented {
    let certificate = certificate.map(Arc::clone);
    let bearer = Some(sensitive(bearer.expose()));
    Presented { certificate, door: NETWORK, machine_now, ..home.presented(bearer, at(0)) }
}

fn comes_in(home: &Home, bearer: &Sensitive<String>, on: Option<&Arc<Shown>>) -> Result<Caller, AccessError> {
    home.gate().authenticate(&presents(home, bearer, on, at(0)))
}

fn enrol(home: &Home, caller: &Caller) -> NewDevice {
    home.gate().enrol_device(caller, "Laptop", &request()).ok().unwrap()
}

fn code_of<T>(done: Result<T, AccessError>) -> &'static str {
    match done {
        Err(AccessError::Denied(denial)) => denial.code,
        Err(other) => panic!("{other}"),
        Ok(_) => "in",
    }
}

#[test]
fn over_the_network_nobody_comes_in_but_on_a_device_of_their_own() {
    let mut home = home();
    join(&home, OTHER, Role::Officer);
    let Err(AccessError::Denied(denial)) = log_in(&home, MAIL, None) else { panic!("was let in") };
    assert_eq!((denial.code, denial.requirement), ("device-missing", Requirement::NoPersonalDevices));
    assert!(denial.remedy.contains("device enroll"), "{}", denial.remedy);
    let own = shown(&enrol(&home, &home.owner()));
    home.reopen();
    let session = log_in(&home, MAIL, Some(&own)).ok().unwrap();
    assert!(comes_in(&home, &session.token, Some(&own)).is_ok());
    assert_eq!(code_of(log_in(&home, OTHER_MAIL, Some(&own))), "device-missing", "it is somebody else's");
    // A test home asks for none, and production does.
    for environment in [Environment::Test, Environment::Production] {
        assert_eq!(Standards::of(environment).enrolled_device, environment == Environment::Production);
    }
    let open = Home::new();
    let session = log_in(&open, MAIL, None).ok().unwrap();
    assert!(comes_in(&open, &session.token, None).is_ok());
}

#[test]
fn a_session_that_is_shown_in_another_place_than_its_own_is_ended() {
    for (begun, used) in
        [("here", "device"), ("device", "here"), ("device", "none"), ("device", "another"), ("none", "here")]
    {
        let home = Home::new();
        let [own, another] = [0, 1].map(|_| shown(&enrol(&home, &home.owner())));
        let token = match begun {
            "here" => home.log_in(at(0)),
            "device" => log_in(&home, MAIL, Some(&own)).ok().unwrap().token,
            _ => log_in(&home, MAIL, None).ok().unwrap().token,
        };
        let at_place = |place: &str| match place {
            "here" => home.gate().authenticate(&home.presented(Some(sensitive(token.expose())), at(0))),
            "device" => comes_in(&home, &token, Some(&own)),
            "another" => comes_in(&home, &token, Some(&another)),
            _ => comes_in(&home, &token, None),
        };
        assert_eq!(code_of(at_place(begun)), "in", "{begun}");
        let (refused, events) = home.events_of(|| at_place(used));
        assert_eq!(code_of(refused), "session-elsewhere", "{begun}, {used}");
        assert!(matches!(events[0].what, What::LoggedOut { .. }), "{events:?}");
        assert!(matches!(events[1].what, What::Denied { .. }), "{events:?}");
        assert_eq!(code_of(at_place(begun)), "unknown-credential", "{begun}, {used}");
    }
}

#[test]
fn an_invitation_enrols_one_device_and_is_accepted_on_it() {
    let home = home();
    let (person, code) = invite(&home, OTHER, Role::Officer);
    let invited =
        |on: Option<&Arc<Shown>>| home.gate().authenticate_to_renew(&presents(&home, &code, on, at(0)));
    let without = invited(None).ok().unwrap();
    assert_eq!(code_of(home.gate().accept(&without, &sensitive(PASSWORD), None)), "device-missing");
    let first = shown(&enrol(&home, &without));
    let second = shown(&enrol(&home, &without));
    assert_eq!(code_of(invited(Some(&first))), "unknown-credential", "the second took its place");
    let on_it = invited(Some(&second)).ok().unwrap();
    let session = home.gate().accept(&on_it, &sensitive(PASSWORD), None).ok().unwrap();
    let caller = comes_in(&home, &session.token, Some(&second)).ok().unwrap();
    assert_eq!(home.gate().devices(&caller).ok().unwrap().len(), 1);
    assert_eq!(home.gate().devices_of(&home.owner(), person).ok().unwrap().len(), 1);
    assert_eq!(code_of(home.gate().devices_of(&caller, person)), "role-not-allowed");
}

#[test]
fn a_code_enrols_one_device_within_a_day_and_nothing_else() {
    let home = home();
    let (person, _) = join(&home, OTHER, Role::Officer);
    let code = home.gate().invite_device(&home.owner(), person).ok().unwrap();
    let shows =
        |now| home.gate().authenticate_to_renew(&Presented { now, ..presents(&home, &code, None, at(0)) });
    assert_eq!(code_of(comes_in(&home, &code, None)), "invitation-open");
    assert_eq!(code_of(shows(at(DAY_SECONDS + 1))), "unknown-credential");
    let (one, other) = (shows(at(DAY_SECONDS)).ok().unwrap(), shows(at(0)).ok().unwrap());
    assert_eq!(code_of(home.gate().begin_factor(&one).map(drop)), "invitation-open");
    let device = enrol(&home, &one);
    assert!(home.gate().enrol_device(&other, "Laptop", &request()).is_err(), "it was used");
    assert_eq!(code_of(shows(at(0))), "unknown-credential");
    assert_eq!(code_of(log_in(&home, OTHER_MAIL, Some(&shown(&device)))), "in");
}

#[test]
fn a_device_that_is_ended_and_one_of_who_leaves_open_nothing_from_then_on() {
    let home = home();
    let (person, _) = join(&home, OTHER, Role::Officer);
    for by_leaving in [false, true] {
        let code = home.gate().invite_device(&home.owner(), person).ok().unwrap();
        let enrolling = home.gate().authenticate_to_renew(&presents(&home, &code, None, at(0))).ok().unwrap();
        let device = enrol(&home, &enrolling);
        let on = shown(&device);
        let session = log_in(&home, OTHER_MAIL, Some(&on)).ok().unwrap();
        let caller = comes_in(&home, &session.token, Some(&on)).ok().unwrap();
        let owners = enrol(&home, &home.owner());
        assert_eq!(code_of(home.gate().end_device(&caller, owners.id)), "role-not-allowed");
        let (_, events) = home.events_of(|| match by_leaving {
            true => drop(home.gate().leave(&home.owner(), person).ok().unwrap()),
            false => home.gate().end_device(&home.owner(), device.id).ok().unwrap(),
        });
        let is_end = |what: &What| matches!(what, What::Device(one) if one.step == "ended" && one.device == Some(device.id));
        assert!(events.iter().any(|event| is_end(&event.what)), "{events:?}");
        assert_eq!(code_of(comes_in(&home, &session.token, Some(&on))), "unknown-credential");
        assert!(home.gate().devices_of(&home.owner(), person).ok().unwrap().is_empty());
    }
}

#[test]
fn a_device_ends_after_90_days_by_the_machine_s_time_and_is_renewed_by_a_session_on_it() {
    let home = home();
    let old = shown(&enrol(&home, &home.owner()));
    let session = log_in(&home, MAIL, Some(&old)).ok().unwrap();
    for (day, expected, warned) in
        [(74, "in", false), (75, "in", true), (90, "in", true), (91, "device-missing", true)]
    {
        let presented = presents(&home, &session.token, Some(&old), at(day * DAY_SECONDS));
        assert_eq!(code_of(home.gate().authenticate(&presented)), expected, "{day}");
        assert_eq!(home.gate().ending_key(&presented).is_some(), warned, "{day}");
    }
    let on_75 = presents(&home, &session.token, Some(&old), at(75 * DAY_SECONDS));
    let caller = home.gate().authenticate(&on_75).ok().unwrap();
    let new = shown(&home.gate().renew_device(&caller, Some(&old), &request()).ok().unwrap());
    for (on, day, expected) in
        [(&old, 90, "in"), (&old, 91, "device-missing"), (&new, 165, "in"), (&new, 166, "device-missing")]
    {
        let presented = presents(&home, &session.token, Some(on), at(day * DAY_SECONDS));
        assert_eq!(code_of(home.gate().authenticate(&presented)), expected, "{day}");
    }
    let words = unacceptable(home.gate().renew_device(&home.owner(), None, &request()));
    assert!(words.contains("session on it"), "{words}");
}

#[test]
fn of_those_who_renew_a_device_at_once_one_does_and_an_answer_that_was_lost_takes_nothing_away() {
    let home = home();
    let first = shown(&enrol(&home, &home.owner()));
    let session = log_in(&home, MAIL, Some(&first)).ok().unwrap();
    let renew = |on: &Arc<Shown>, when| {
        let presented = presents(&home, &session.token, Some(on), when);
        let caller = home.gate().authenticate(&presented).ok().unwrap();
        home.gate().renew_device(&caller, Some(on), &request())
    };
    let begin = 75 * DAY_SECONDS;
    let second = shown(&renew(&first, at(begin)).ok().unwrap());
    for later in [0, 1, DAY_SECONDS - 1] {
        let words = unacceptable(renew(&first, at(begin + later)));
        assert!(words.contains("was renewed at"), "{words}");
    }
    // Had nobody got it, the device would have been shown it within a day. It goes on as often as that.
    for day in 1..=14 {
        assert!(renew(&first, at(begin + day * DAY_SECONDS)).is_ok(), "{day}");
    }
    let lost = presents(&home, &session.token, Some(&second), at(begin));
    assert_eq!(code_of(home.gate().authenticate(&lost)), "unknown-credential");
    // From the newest it is renewed whenever somebody asks; and the one in use is never among those that go.
    let mut newest = shown(&renew(&first, at(begin + 15 * DAY_SECONDS)).ok().unwrap());
    for _ in 1..=4 {
        let next = shown(&renew(&newest, at(begin + 15 * DAY_SECONDS)).ok().unwrap());
        let before = presents(&home, &session.token, Some(&newest), at(begin + 15 * DAY_SECONDS));
        assert_eq!(code_of(home.gate().authenticate(&before)), "in");
        newest = next;
    }
}

#[test]
fn whoever_else_enrolled_a_machine_by_the_invitation_loses_it_when_that_is_accepted() {
    let home = home();
    let (id, code) = invite(&home, OTHER, Role::Officer);
    let by_code = || home.gate().authenticate_to_enrol(&presents(&home, &code, None, at(0))).ok().unwrap();
    let stolen = shown(&enrol(&home, &by_code()));
    assert_eq!(home.gate().devices_of(&home.owner(), id).ok().unwrap().len(), 1);
    // Accepted at the home's own machine.
    let invited = home.renewing(code.expose(), at(0)).ok().unwrap();
    home.gate().accept(&invited, &sensitive(PASSWORD), None).ok().unwrap();
    assert!(home.gate().devices_of(&home.owner(), id).ok().unwrap().is_empty());
    assert_eq!(code_of(log_in(&home, OTHER_MAIL, Some(&stolen))), "device-missing");
}

#[test]
fn a_session_that_lacks_something_enrols_nothing() {
    let home = home();
    let past = at(366 * DAY_SECONDS);
    let token = home.log_in(past);
    let presented = || home.presented(Some(sensitive(token.expose())), past);
    assert!(home.gate().authenticate_to_renew(&presented()).is_ok());
    let (denial, _) = home.denied(AUTHENTICATE, || home.gate().authenticate_to_enrol(&presented()));
    assert_eq!(denial.code, "password-expired");
}

#[test]
fn a_person_has_so_many_devices_and_not_one_more() {
    let home = home();
    let owner = home.owner();
    for _ in 0..DEVICES_MAX {
        enrol(&home, &owner);
    }
    let words = unacceptable(home.gate().enrol_device(&owner, "Laptop", &request()));
    assert!(words.contains("can have no more"), "{words}");
    let words = unacceptable(home.gate().enrol_device(&owner, "two\nlines", &request()));
    assert!(words.contains("one line"), "{words}");
}

#[test]
fn a_device_takes_a_fresh_second_factor_where_one_is_asked_and_no_session_from_anywhere() {
    let home = Home::new().with(|standards| standards.second_factor = true);
    let local =
        home.gate().authenticate_to_renew(&home.presented(Some(home.log_in(at(0))), at(0))).ok().unwrap();
    assert_eq!(code_of(home.gate().enrol_device(&local, "Laptop", &request())), "second-factor-stale");
    let open = Home::new();
    let session = log_in(&open, MAIL, None).ok().unwrap();
    let caller = comes_in(&open, &session.token, None).ok().unwrap();
    assert_eq!(code_of(open.gate().enrol_device(&caller, "Laptop", &request())), "device-missing");
}
