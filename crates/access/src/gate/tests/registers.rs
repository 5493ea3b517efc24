use bailee_core::profile::{Profile, Values};
use bailee_core::{PersonId, RecordId, ServiceId, SessionId};
use bailee_store::act::{Act, Change, RegisterRow};
use bailee_store::records::{Registers, Store};

use super::fixture::{Home, at};
use crate::credential::CredentialHash;
use crate::device::Place;
use crate::gate::Gate;
use crate::register::{Entry, Known};
use crate::service::{Service, ServiceKey};
use crate::session::{SESSIONS_PER_PERSON_MAX, Session};

/// Of profile `strict`.
const IDLE_SECONDS_MAX: i64 = 15 * 60;

#[test]
fn an_entry_that_was_moved_to_another_id_register_or_version_does_not_open() {
    let moves: [fn(RegisterRow) -> RegisterRow; 4] = [
        |row| RegisterRow { id: RecordId([7; 16]), version: 1, ..row },
        |row| RegisterRow { register: "person".into(), version: 1, ..row },
        |row| RegisterRow { version: row.version + 1, ..row },
        |mut row| {
            *row.sealed.last_mut().unwrap() ^= 1;
            RegisterRow { version: row.version + 1, ..row }
        },
    ];
    for moved in moves {
        let mut home = Home::new();
        home.service("erp", &[], &[]);
        let row = home.store.entries("service").unwrap().remove(0);
        let changes = vec![Change::PutRegister(moved(row))];
        home.store.commit(Act { name: "tamper", changes, events: Vec::new() }).unwrap();
        let error = home.try_reopen().err().unwrap();
        assert_eq!(error.code(), "register-does-not-open");
    }
}

#[test]
fn another_home_does_not_open_this_one_s_entries() {
    let (mut home, other) = (Home::new(), Home::new());
    other.service("erp", &[], &[]);
    let changes = vec![Change::PutRegister(other.store.entries("service").unwrap().remove(0))];
    home.store.commit(Act { name: "tamper", changes, events: Vec::new() }).unwrap();
    assert_eq!(home.try_reopen().err().unwrap().code(), "register-does-not-open");
}

#[test]
fn a_gate_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Gate>();
    let home = Home::new();
    let key = home.service("erp", &[], &[]);
    let tokens: Vec<_> = (0..4).map(|_| home.log_in(at(0))).collect();
    std::thread::scope(|scope| {
        for token in &tokens {
            // All of them are due to be seen again, and some are when another thread has seen to it.
            scope.spawn(|| (0..50).for_each(|_| drop(home.caller(token.expose(), at(60)))));
            scope.spawn(|| (0..50).for_each(|_| drop(home.caller(key.expose(), at(60)))));
            scope.spawn(|| drop(home.caller(token.expose(), at(60))));
        }
    });
    let seen: Vec<u32> = home.store.entries("session").unwrap().iter().map(|row| row.version).collect();
    assert_eq!(seen.iter().filter(|version| **version == 2).count(), tokens.len(), "{seen:?}");
    assert!(seen.iter().all(|version| *version <= 2), "{seen:?}");
}

#[test]
fn one_person_s_sessions_do_not_crowd_out_another_s() {
    let mut known = Known::default();
    let mut begin = |person: u8, number: usize, since: i64| {
        let token_hash = CredentialHash::of(&format!("{person}/{number}"));
        let id = SessionId([u8::try_from(number).unwrap(); 16]);
        let (person, since) = (PersonId([person; 16]), at(since));
        let session = Session {
            id,
            person,
            token_hash,
            since,
            seen_at: since,
            factor_at: None,
            signed_on: false,
            place: Place::Here,
        };
        known.keep_session(Entry::first(token_hash.id(), session));
    };
    for number in 0..SESSIONS_PER_PERSON_MAX {
        begin(1, number, 100);
        begin(2, number, 100 + i64::try_from(number).unwrap());
    }
    begin(3, 0, 0);
    let cleared = |person: u8, now: i64| {
        let mut cleared: Vec<(u8, u8)> = known
            .sessions_to_clear(PersonId([person; 16]), at(now), &Values::of(Profile::Strict))
            .iter()
            .map(|entry| (entry.value.person.0[0], entry.value.id.0[0]))
            .collect();
        cleared.sort_unstable();
        cleared
    };
    assert_eq!(cleared(2, 200), [(2, 0)], "the oldest of the person who begins another");
    assert_eq!(cleared(3, 200), [], "there is room");
    assert_eq!(cleared(3, IDLE_SECONDS_MAX + 1), [(3, 0)], "and what has ended, whoever it was");
    assert_eq!(cleared(2, IDLE_SECONDS_MAX + 1), [(2, 0), (3, 0)]);
}

#[test]
fn a_credential_is_known_by_its_whole_hash_and_not_by_the_half_that_finds_it() {
    let genuine = CredentialHash::of("synthetic");
    let halved = format!("{}{}", &genuine.to_string()[..32], "0".repeat(32));
    let alike: CredentialHash = halved.parse().ok().unwrap();
    assert_eq!(genuine.id(), alike.id());

    let mut known = Known::default();
    let (since, person) = (at(0), PersonId([1; 16]));
    let session = Session {
        place: Place::Here,
        id: SessionId([2; 16]),
        person,
        token_hash: genuine,
        since,
        seen_at: since,
        factor_at: None,
        signed_on: false,
    };
    known.keep_session(Entry::first(genuine.id(), session));
    let service = Service {
        id: ServiceId([3; 16]),
        name: "erp".into(),
        owner: person,
        sellers: Vec::new(),
        purposes: Vec::new(),
        classes: Vec::new(),
        keys: vec![ServiceKey::new(genuine, since, person)],
        since,
    };
    known.keep_service(Entry::first(RecordId([3; 16]), service));
    assert!(known.session(&genuine).is_some() && known.service_by_key(&genuine).is_some());
    assert!(known.session(&alike).is_none() && known.service_by_key(&alike).is_none());
}
