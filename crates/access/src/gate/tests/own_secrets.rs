//! The secrets that the program uses itself: known again, told when they are new and when they are old (1.4.b, 2.5.a).

use bailee_core::time::DAY_SECONDS;
use bailee_core::{OwnSecret, Sensitive};
use bailee_ledger::event::What;

use super::fixture::{Home, at};
use crate::own_secret::Sight;

const MAIL: OwnSecret = OwnSecret::MailPassword;

fn sight(content: Option<&str>) -> Sight {
    Sight { secret: MAIL, content: content.map(|text| Sensitive::new(text.as_bytes().to_vec())) }
}

/// What is written when the home looks on that day.
fn look(home: &Home, sights: &[Sight], day: i64) -> Vec<What> {
    let (seen, events) =
        home.events_of(|| home.gate().see_own_secrets(sights, home.request(), at(day * DAY_SECONDS)));
    seen.ok().unwrap();
    events.into_iter().map(|event| event.what).collect()
}

fn listed(home: &Home) -> Vec<(OwnSecret, Option<i64>)> {
    let listed = home.gate().own_secrets(&home.owner()).ok().unwrap();
    let since = |one: crate::own_secret::Seen| (one.since.as_second() - at(0).as_second()) / DAY_SECONDS;
    listed.into_iter().map(|one| (one.secret, one.seen.map(since))).collect()
}

#[test]
fn a_secret_is_told_when_it_is_new_and_once_when_it_is_past_its_age() {
    let mut home = Home::new();
    let first = [sight(Some("kX3v-9qLw-Rz7T-bN4m-Ye2p"))];
    let told = look(&home, &first, 0);
    assert!(matches!(told[..], [What::SecretSeen { secret: MAIL, bits: 64.. }]), "{told:?}");
    home.reopen();
    for (day, outlived) in [(0, false), (90, false), (91, true), (91, false), (200, false)] {
        let told = look(&home, &first, day);
        let expected = if outlived { vec![What::SecretOutlived { secret: MAIL }] } else { vec![] };
        assert_eq!(told, expected, "{day}");
    }
    let second = [sight(Some("mail"))];
    let told = look(&home, &second, 201);
    assert!(matches!(told[..], [What::SecretSeen { secret: MAIL, bits: ..64 }]), "{told:?}");
    assert_eq!(listed(&home), [(MAIL, Some(201))]);
    assert_eq!(look(&home, &second, 292), [What::SecretOutlived { secret: MAIL }], "age counts anew");
}

#[test]
fn one_that_is_out_of_reach_keeps_its_age_and_one_that_is_no_longer_named_is_forgotten() {
    let mut home = Home::new();
    assert_eq!(look(&home, &[sight(None)], 0), []);
    assert_eq!(listed(&home), [(MAIL, None)]);
    assert_eq!(look(&home, &[sight(Some("teal-otter-41"))], 1).len(), 1);
    assert_eq!(look(&home, &[sight(None)], 2), []);
    assert_eq!(listed(&home), [(MAIL, Some(1))]);
    assert_eq!(look(&home, &[sight(None)], 92), [What::SecretOutlived { secret: MAIL }]);
    assert_eq!(look(&home, &[], 93), []);
    home.reopen();
    assert_eq!(listed(&home), []);
}

#[test]
fn nothing_of_a_secret_is_kept() {
    let home = Home::new();
    look(&home, &[sight(Some("teal-otter-41"))], 0);
    let events: String = home.events().iter().map(|event| format!("{event:?}")).collect();
    let store = std::fs::read(home.directory.path().join("home.db")).unwrap();
    let log = std::fs::read(home.directory.path().join("home.db-wal")).unwrap_or_default();
    for written in [events.as_bytes(), &store, &log] {
        assert!(!written.windows(10).any(|window| window == b"teal-otter"));
    }
}

#[test]
fn who_keeps_the_machine_sees_how_old_they_are_and_a_service_does_not() {
    let home = Home::new();
    let key = home.service("erp", &[], &[]);
    assert!(home.gate().own_secrets(&home.owner()).is_ok());
    home.denied("read-keys", || home.gate().own_secrets(&home.caller(key.expose(), at(0))));
}
