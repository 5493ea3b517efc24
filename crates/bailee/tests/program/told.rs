//! Who got something is told what became of it, until they confirm that it is gone.

use serde_json::Value;

use crate::exports::{CARRIER, NAME, ORDER, export, home, opened, unpack};
use crate::grants::{self, CEM, log_in};
use crate::support::*;

/// The one record of the one recipient that has something to do: what, and when they were told.
fn due(trial: &Trial) -> (String, bool) {
    let due = trial.json(&["recipient", "due", CARRIER]);
    match due["due"].as_array().unwrap().as_slice() {
        [] => ("nothing".to_owned(), false),
        [one] => {
            // Of a seller that has ended the facts are gone as well, and the line of the export names it alone.
            assert!(one["reference"] == "250-1234567-1234567" || one["reference"].is_null(), "{one}");
            (one["act"].as_str().unwrap().to_owned(), one["told_at"].is_string())
        }
        more => panic!("{more:?}"),
    }
}

/// Tells them, and reads what they read; the notice's id and its one line.
fn tell(trial: &Trial, file: &str) -> (String, Value) {
    let told = trial.json(&["recipient", "tell", CARRIER, "--out", file]);
    let read = unpack(trial, file, "Carrier X.key");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let about: Value = serde_json::from_str(&opened(trial, "notice.json")).unwrap();
    assert_eq!(about["notice"], told["id"]);
    let line = serde_json::from_str(&opened(trial, "notice.ndjson")).unwrap();
    (told["id"].as_str().unwrap().to_owned(), line)
}

fn confirm(trial: &Trial, notice: &str) {
    trial.run(&["recipient", "confirm", CARRIER, notice, "--by", "Tess Tester"]).ends(0);
}

#[test]
fn an_erasure_is_told_until_it_is_confirmed() {
    let trial = home();
    trial.run(&export(&["--out", "carrier.cms"])).ends(0);
    let id = trial.json(&["export", "list"])["exports"][0]["id"].clone();
    assert_eq!(due(&trial).0, "nothing");
    assert!(
        trial
            .run(&["recipient", "tell", CARRIER, "--out", "none.cms"])
            .ends(1)
            .err
            .contains("nothing to tell")
    );
    assert!(!trial.path("none.cms").exists());
    let erased = trial.run(&["erase", ORDER]).ends(0);
    assert!(
        erased.err.contains("1 recipient of exports to tell") && erased.err.contains("recipient tell"),
        "{}",
        erased.err
    );
    assert_eq!(due(&trial), ("delete".to_owned(), false));
    assert!(trial.run(&["recipient", "due"]).ends(0).text().contains("1 delete"));

    let (first, line) = tell(&trial, "first.cms");
    assert_eq!((&line["act"], &line["export"], &line["line"]), (&"delete".into(), &id, &1.into()));
    assert_eq!(line["reference"], "250-1234567-1234567");
    assert!(line["since"].as_str().unwrap().starts_with("2026-03-02"));
    assert!(!opened(&trial, "notice.ndjson").contains(NAME));
    assert_eq!(due(&trial), ("delete".to_owned(), true));
    // Lost on its way: made again, and the newest holds all of it.
    let (second, again) = tell(&trial, "second.cms");
    assert_eq!(again, line);
    let newer = trial.run(&["recipient", "confirm", CARRIER, &first]).ends(1);
    assert!(newer.err.contains(&second), "{}", newer.err);
    trial.run(&["recipient", "confirm", CARRIER, "00000000000000000000000000000000"]).ends(5);
    confirm(&trial, &second);
    trial.run(&["recipient", "confirm", CARRIER, &second]).ends(1);
    assert_eq!(due(&trial).0, "nothing");
    assert!(trial.run(&["recipient", "due"]).ends(0).text().contains("no recipient"));
    assert_eq!(trial.json(&["export", "list"])["exports"][0]["state"], "gone");
    let notices = trial.run(&["recipient", "notices", CARRIER]).ends(0).text();
    assert!(notices.contains("confirmed 2026-03-02") && notices.contains("said again"), "{notices}");
    // Who said so, and whom it is about, stands in no event.
    let events = trial.json(&["ledger", "tail", "-n", "100"]).to_string();
    assert!(events.contains("\"told\"") && events.contains("\"confirmed\""), "{events}");
    assert_nowhere(&trial.kept(), &["Tess Tester".to_owned(), CARRIER.to_owned()]);
}

#[test]
fn a_restriction_stops_and_its_end_resumes_and_a_correction_replaces() {
    let trial = home();
    trial.run(&export(&["--field", "buyer.buyerName", "--out", "carrier.cms"])).ends(0);
    trial.run(&["restrict", ORDER]).ends(0);
    assert_eq!(due(&trial), ("stop".to_owned(), false));
    // Nobody was told, and it is over: there is nothing to tell.
    trial.run(&["restrict", "--lift", ORDER]).ends(0);
    assert_eq!(due(&trial).0, "nothing");
    let told = trial.run(&["restrict", ORDER]).ends(0);
    assert!(told.err.contains("recipient due"), "{}", told.err);
    let (notice, line) = tell(&trial, "stop.cms");
    assert_eq!(line["act"], "stop");
    confirm(&trial, &notice);
    assert_eq!(due(&trial).0, "nothing");
    trial.run(&["restrict", "--lift", ORDER]).ends(0);
    assert_eq!(due(&trial), ("resume".to_owned(), false));
    let (notice, _) = tell(&trial, "resume.cms");
    confirm(&trial, &notice);
    assert_eq!(due(&trial).0, "nothing");

    // What they do not have is corrected without them.
    let rectify = |field: &str, value: &str| {
        trial.run_with(&["rectify", ORDER, "--field", field, "--value-stdin"], value).ends(0)
    };
    assert!(!rectify("buyer.buyerEmail", "other@example.com").err.contains("recipient due"));
    assert_eq!(due(&trial).0, "nothing");
    assert!(rectify("buyer.buyerName", "June Fernsby").err.contains("recipient due"));
    assert_eq!(due(&trial), ("replace".to_owned(), false));
    let (notice, line) = tell(&trial, "replace.cms");
    assert_eq!(line["act"], "replace");
    // The new value is in a new export, which nobody has to be told of.
    trial.run(&export(&["--field", "buyer.buyerName", "--out", "new.cms"])).ends(0);
    confirm(&trial, &notice);
    assert_eq!(due(&trial).0, "nothing");
    assert!(unpack(&trial, "new.cms", "Carrier X.key").status.success());
    assert!(opened(&trial, "records.ndjson").contains("June Fernsby"));
    // Corrected twice in the same place: the newer export is wrong as well.
    rectify("buyer.buyerName", "Juna Fernsby");
    assert_eq!(due(&trial), ("replace".to_owned(), false));
}

#[test]
fn a_file_of_which_something_was_erased_is_not_given_out_and_then_nobody_is_told() {
    let trial = home();
    for _ in 0..2 {
        trial.run(&export(&[])).ends(0);
    }
    let id = trial.json(&["export", "list"])["exports"][0]["id"].as_str().unwrap().to_owned();
    let restricted = trial.run(&["restrict", ORDER]).ends(0);
    assert!(!restricted.err.contains("recipient due"), "{}", restricted.err);
    let stale = trial.run(&["export", "fetch", &id, "--out", "stale.cms"]).ends(1);
    assert!(stale.err.contains("2.2.d") && stale.err.contains("export the rest anew"), "{}", stale.err);
    trial.run(&["restrict", "--lift", ORDER]).ends(0);
    let away = trial.run(&["export", "fetch", &id, "--out", "stale.cms"]).ends(1);
    assert!(away.err.contains("let go"), "{}", away.err);
    assert_eq!(due(&trial).0, "nothing");
    assert_eq!(trial.json(&["export", "list"])["exports"][0]["state"], "let-go");
}

#[test]
fn what_ends_by_the_clock_is_told_on_its_last_day_and_who_is_late_is_an_alarm() {
    let trial = home();
    trial.run(&export(&["--out", "carrier.cms"])).ends(0);
    let delete_by = trial.json(&["export", "list"])["exports"][0]["delete_by"].as_str().unwrap().to_owned();
    let day: bailee_core::Day = delete_by.parse().unwrap();
    trial.later(&format!("{}T09:00:00Z", day.plus(-1)));
    assert_eq!(due(&trial).0, "nothing");
    trial.later(&format!("{day}T00:00:00Z"));
    assert_eq!(due(&trial), ("delete".to_owned(), false));
    let (notice, line) = tell(&trial, "notice.cms");
    assert_eq!(line["act"], "delete");
    // Removed, and still to be told.
    trial.run(&["recipient", "remove", CARRIER]).ends(0);
    let late = |on: &str| late(&trial, on);
    assert_eq!(late(&format!("{}T00:00:00Z", day.plus(14))), (false, 0));
    assert_eq!(late(&format!("{}T00:00:01Z", day.plus(15))), (true, 1));
    assert_eq!(late(&format!("{}T12:00:00Z", day.plus(15))), (true, 1), "once a day");
    assert!(trial.run(&["recipient", "due"]).ends(0).text().contains("2.2.d"));
    confirm(&trial, &notice);
    assert_eq!(late(&format!("{}T12:00:00Z", day.plus(16))), (false, 1));
}

/// Whether the recipient is late at a time, and how many alarms there have been.
fn late(trial: &Trial, at: &str) -> (bool, usize) {
    trial.later(at);
    let due = trial.json(&["recipient", "due"]);
    let tail = trial.json(&["ledger", "tail", "-n", "1000"]);
    let alarm = |one: &&Value| one["event"] == "system-error" && one["code"] == "confirmation-overdue";
    (due["recipients"][0]["late"] == true, tail["events"].as_array().unwrap().iter().filter(alarm).count())
}

#[test]
fn that_nobody_told_them_is_an_alarm_as_well() {
    let trial = home();
    trial.run(&export(&["--out", "carrier.cms"])).ends(0);
    trial.run(&["erase", ORDER]).ends(0);
    // That was on 2026-03-02.
    assert_eq!(late(&trial, "2026-03-16T00:00:00Z"), (false, 0));
    assert_eq!(late(&trial, "2026-03-17T00:00:00Z"), (true, 1));
}

#[test]
fn an_approved_erasure_says_who_is_to_be_told() {
    let trial = grants::home();
    crate::exports::register(&trial, CARRIER, &["fulfilment"]);
    log_in(&trial, CEM);
    trial.run(&export(&["--out", "carrier.cms"])).ends(0);
    trial.run(&["erase", ORDER]).ends(0);
    let proposals = trial.json(&["proposal", "list"]);
    let id = proposals["proposals"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(due(&trial).0, "nothing");
    log_in(&trial, MAIL);
    let approved = trial.run(&["proposal", "approve", &id]).ends(0);
    assert!(approved.err.contains("1 recipient of exports to tell"), "{}", approved.err);
    // An owner may tell them as well.
    let (notice, line) = tell(&trial, "notice.cms");
    assert_eq!(line["act"], "delete");
    confirm(&trial, &notice);
}

#[test]
fn a_consent_that_is_taken_back_stops_and_the_end_of_a_seller_deletes() {
    let trial = home();
    trial.configure("[subjects]", "on_consent = [\"fulfilment\"]");
    let refused = trial.run(&export(&[])).ends(4);
    assert!(refused.err.contains("consent"), "{}", refused.err);
    let all = ["export", "--seller", "ALPHA", "--all", "--purpose", "fulfilment", "--recipient", CARRIER];
    trial.run(&all).ends(5);
    let said = ["--purpose", "fulfilment", "--on", "2026-03-01", "--how", "web-form", "--notice", "2026-01"];
    let consent = trial.json(&[&["consent", "give", ORDER], &said[..]].concat());
    trial.run(&export(&["--out", "carrier.cms"])).ends(0);
    assert_eq!(due(&trial).0, "nothing");
    let id = consent["id"].as_str().unwrap();
    trial.run(&["consent", "withdraw", id, "--on", "2026-03-02", "--how", "mail"]).ends(0);
    assert_eq!(due(&trial).0, "stop");
    trial.run(&["seller", "end", "ALPHA", "--reason", "amazon-notice"]).ends(0);
    let proposals = trial.json(&["proposal", "list"]);
    for one in proposals["proposals"].as_array().unwrap() {
        trial.run(&["proposal", "approve", one["id"].as_str().unwrap()]).ends(0);
    }
    assert_eq!(due(&trial).0, "delete");
    let (notice, _) = tell(&trial, "notice.cms");
    confirm(&trial, &notice);
    assert_eq!(due(&trial).0, "nothing");
}
