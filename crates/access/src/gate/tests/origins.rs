//! Where requests come from: kept once, named by every event, opened for those who may read the ledger.

use bailee_core::Month;
use bailee_ledger::event::Event;

use super::fixture::*;
use crate::gate::{LogIn, OpenedOrigin};
use crate::origin::{Agent, Face, Origin};
use crate::{AccessError, Door, Presented};

const DAY: i64 = 24 * 60 * 60;

fn from(last: u8) -> Origin {
    Origin {
        face: Face::Https,
        address: Some([192, 0, 2, last].into()),
        tls: Some("1.3"),
        suite: Some("TLS13_AES_256_GCM_SHA384"),
        agent: Some(Agent::Curl),
        user: None,
    }
}

#[test]
fn an_origin_is_kept_once_a_month_whoever_asks_and_whichever_process() {
    let mut home = Home::new();
    let one = home.gate().origin(&from(7), at(0)).unwrap();
    assert_eq!(home.gate().origin(&from(7), at(60)).unwrap(), one);
    assert_ne!(home.gate().origin(&from(8), at(60)).unwrap(), one);
    assert_ne!(home.gate().origin(&from(7), at(40 * DAY)).unwrap(), one, "another month, another key");
    home.reopen();
    home.store.writes_left(0);
    assert_eq!(home.gate().origin(&from(7), at(60)).unwrap(), one, "it is kept, so nothing is written");
    assert!(matches!(home.gate().origin(&from(9), at(60)), Err(AccessError::Store(_))));
}

#[test]
fn every_event_of_a_request_names_where_it_came_from_and_a_reader_of_the_ledger_sees_it() {
    let home = Home::new();
    let detail = home.gate().origin(&from(7), at(0)).unwrap();
    let log_in = |password: &str| {
        let (password, door) = (sensitive(password), Door::Local);
        let log_in = LogIn {
            mail: MAIL,
            password: &password,
            code: None,
            passkey: None,
            door,
            certificate: None,
            machine_now: at(0),
        };
        home.gate().log_in(&log_in, home.request(), at(0), detail)
    };
    let (_, failed) = home.events_of(|| log_in("Wrong-1"));
    let (token, logged_in) = home.events_of(|| log_in(PASSWORD).ok().unwrap().token);
    let nobody = Presented { detail, ..home.presented(None, at(0)) };
    let (_, denied) = home.events_of(|| home.gate().authenticate(&nobody));
    for event in [failed, logged_in, denied].concat() {
        assert_eq!(event.detail, detail, "{event:?}");
    }
    let presented = Presented { detail, ..home.presented(Some(token), at(0)) };
    let caller = home.gate().authenticate(&presented).ok().unwrap();
    let (read, events) = home.events_of(|| home.gate().read_ledger(&caller, "details").ok().unwrap());
    let event = events.first().unwrap();
    let Some(OpenedOrigin::Sound { detail: opened, salt }) = home.gate().origin_of(&read, event).unwrap()
    else {
        panic!("it does not open");
    };
    assert_eq!(opened["address"], "192.0.2.7");
    let salt: [u8; 32] = data_encoding::HEXLOWER.decode(salt.as_bytes()).unwrap().try_into().unwrap();
    let again = bailee_crypto::detail::commitment(&salt, &serde_json::to_vec(&opened).unwrap());
    assert_eq!(Some(again), detail, "anybody can check what he was shown");
    // What names another detail is found out, and what names one of a month that has ended says so.
    let other = Event { detail: Some(bailee_core::Commitment([7; 32])), ..event.clone() };
    assert!(matches!(home.gate().origin_of(&read, &other), Ok(Some(OpenedOrigin::Damaged))));
    let ended = Event { at: Month::of(at(0)).plus(-30).start(), ..event.clone() };
    assert!(matches!(home.gate().origin_of(&read, &ended), Ok(Some(OpenedOrigin::Ended))));
    let by_system = Event { detail: None, ..event.clone() };
    assert!(matches!(home.gate().origin_of(&read, &by_system), Ok(None)));
}
