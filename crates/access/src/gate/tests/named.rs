//! Requests that their callers gave a name to: how long they are remembered, and how many.

use bailee_store::records::Registers;

use super::fixture::{Home, at};
use crate::repetition::{Answer, First, KEPT_SECONDS};

fn answer(json: &str) -> Answer {
    Answer { status: 201, json: Some(json.to_owned()), made: None }
}

/// What a request is met with: nothing known of it, or what is.
fn met(home: &Home, name: &str, second: i64) -> String {
    let caller = home.caller(home.log_in(at(second)).expose(), at(second));
    match home.gate().begin_named(&caller, name, [7; 32]).ok().unwrap() {
        First::Begun(claim) => {
            claim.answered(answer(name)).ok().unwrap();
            "first".to_owned()
        }
        First::Answered(answer) => answer.json.unwrap(),
        First::Other => "other".to_owned(),
        First::Running => "running".to_owned(),
        First::Unknown => "unknown".to_owned(),
    }
}

#[test]
fn a_name_is_remembered_for_a_day_and_then_free_and_its_entry_goes() {
    let home = Home::new();
    assert_eq!(met(&home, "one", 0), "first");
    assert_eq!(met(&home, "one", KEPT_SECONDS - 1), "one");
    assert_eq!(met(&home, "two", KEPT_SECONDS), "first");
    let kept = || Registers::entries(&*home.store, "repetition").unwrap().len();
    assert_eq!(kept(), 1, "what is over goes with the next that comes");
    assert_eq!(met(&home, "one", KEPT_SECONDS), "first");
    assert_eq!(kept(), 2);
}

#[test]
fn of_a_request_that_was_cut_off_nobody_knows_and_that_is_said_also_after_a_restart() {
    let mut home = Home::new();
    let caller = home.owner();
    let begin = |name| home.gate().begin_named(&caller, name, [7; 32]).ok().unwrap();
    let First::Begun(claim) = begin("one") else { panic!("it is the first") };
    assert!(matches!(begin("one"), First::Running));
    assert!(matches!(home.gate().begin_named(&caller, "one", [8; 32]), Ok(First::Other)));
    drop(claim);
    assert!(matches!(begin("one"), First::Unknown));
    let First::Begun(claim) = begin("two") else { panic!("it is the first") };
    claim.release().ok().unwrap();
    assert!(matches!(begin("two"), First::Begun(_)));
    home.reopen();
    assert_eq!(met(&home, "one", 0), "unknown");
}
