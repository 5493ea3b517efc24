//! What a law obliges to keep of every record: archived by itself before its day, and never kept any longer for it.

use serde_json::Value;

use crate::archive::{tool, unpack, with_key};
use crate::grants::{self, CEM, log_in};
use crate::support::*;

const NAME: &str = "Juniper Fernsby";
const NEW_NAME: &str = "Juniper Larkspur";
const ORDER: &str = "ALPHA/250-1234567-1234567";
const LAW: [&str; 8] = [
    "--purpose",
    "invoice",
    "--statute",
    "DE-USTG-14b",
    "--until",
    "2036-12-31",
    "--field",
    "buyer.buyerName",
];
const ALL: [&str; 3] = ["--seller", "ALPHA", "--all"];

fn add<'a>(of: &[&'a str]) -> Vec<&'a str> {
    [&["hold", "add"], of, &LAW].concat()
}

fn order(number: u32, time: &str, name: &str) -> String {
    format!(
        r#"{{"orderId":"250-1234567-{number:07}","createdTime":"{time}","lastUpdatedTime":"{time}","buyer":{{"buyerName":"{name}"}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}}}"#
    )
}

fn collect(trial: &Trial, documents: &str) {
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], documents).ends(0);
}

fn archives(trial: &Trial) -> Vec<Value> {
    trial.json(&["archive", "list"])["archives"].as_array().unwrap().clone()
}

fn hold(trial: &Trial) -> Value {
    trial.json(&["hold", "list"])["holds"][0].clone()
}

/// The records of an archive, as a stock tool with the key alone gives them out.
fn opened(trial: &Trial, id: &str) -> String {
    tool(trial, "rm -f archive.cms*");
    trial.run(&["archive", "fetch", id, "--out", "archive.cms"]).ends(0);
    let unpacked = unpack(trial, "2036.key");
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    std::fs::read_to_string(trial.path("opened/records.ndjson")).unwrap()
}

#[test]
fn what_is_named_is_archived_at_once_and_what_changed_once_more_and_the_data_ends_on_its_day() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    with_key(&trial);
    collect(
        &trial,
        &[order(1_234_567, "2026-03-01T08:00:00Z", NAME), order(2, "2026-03-01T08:00:00Z", NAME)].join("\n"),
    );
    let explained = trial.json(&["retention", "explain", ORDER]);
    let other = ["ALPHA/250-1234567-0000002", ORDER];
    let added = trial.run(&add(&other)).ends(0).text();
    assert!(added.contains("2 records of ALPHA until 2036-12-31: 2 records archived so far"), "{added}");
    assert_eq!(trial.json(&["retention", "explain", ORDER]), explained, "a hold extends nothing");
    let id = archives(&trial)[0]["id"].as_str().unwrap().to_owned();
    assert!(opened(&trial, &id).contains(NAME));
    let added = trial.json(&add(&other));
    assert_eq!((archives(&trial).len(), &added["id"]), (1, &hold(&trial)["id"]), "the same is the same");
    assert_eq!(archives(&trial)[0]["hold"], added["id"]);

    trial.later("2026-03-10T09:00:00Z");
    collect(&trial, &order(1_234_567, "2026-03-01T09:00:00Z", NEW_NAME));
    assert_eq!(trial.json(&["retention", "run"])["archived"], 0, "its day is far");
    trial.later("2026-03-24T09:00:00Z");
    let ran = trial.json(&["retention", "run"]);
    assert_eq!((&ran["archived"], &ran["disposed"]), (&1.into(), &0.into()));
    let all = archives(&trial);
    let records = opened(&trial, all[1]["id"].as_str().unwrap());
    assert!(records.contains(NEW_NAME) && !records.contains("0000002"), "{records}");
    assert_eq!((all.len(), trial.json(&["retention", "run"])["archived"].clone()), (2, 0.into()));

    trial.later("2026-03-29T09:00:00Z");
    let told = trial.run(&["retention", "run"]).ends(0).text();
    assert!(told.contains("2 are in archives of holds"), "{told}");
    trial.run(&["reveal", ORDER, "--purpose", "invoice"]).ends(5);
    assert_nowhere(&trial.kept(), &[NAME.to_owned(), NEW_NAME.to_owned()]);
    assert_eq!(trial.json(&["ledger", "verify"])["checkpoint_ok"], true);
    let revealed = trial.json(&["ledger", "tail", "-n", "1000"]).to_string();
    assert!(revealed.contains("\"system:\"") || revealed.contains("system:"), "the system, and told so");
}

#[test]
fn what_is_lost_is_archived_anew_and_is_never_told_as_kept() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    with_key(&trial);
    collect(&trial, &order(1_234_567, "2026-03-01T08:00:00Z", NAME));
    trial.run(&add(&[ORDER])).ends(0);
    let lose = |id: &str| trial.run(&["archive", "destroyed", id, "--how", "lost"]);
    let kept = || {
        let all = archives(&trial);
        let kept = all.iter().find(|one| one["state"] != "destroyed").unwrap();
        kept["id"].as_str().unwrap().to_owned()
    };
    assert!(lose(&kept()).ends(1).err.contains("nobody has fetched"));
    assert!(opened(&trial, &kept()).contains(NAME));
    lose(&kept()).ends(0);
    assert_eq!(trial.json(&["retention", "run"])["archived"], 1);
    assert!(opened(&trial, &kept()).contains(NAME));
    // Lost once more, and nothing runs until its day is over.
    lose(&kept()).ends(0);
    trial.later("2026-03-29T09:00:00Z");
    let told = trial.run(&["retention", "run"]).ends(0);
    assert!(told.err.contains("1 record ended that a hold had not archived"), "{}", told.err);
    assert!(!told.text().contains("in archives of holds"), "{}", told.text());
    assert_eq!(hold(&trial)["missed"], 1);
}

#[test]
fn who_is_erased_and_kept_for_a_law_is_told_so() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    with_key(&trial);
    collect(&trial, &order(1_234_567, "2026-03-01T08:00:00Z", NAME));
    trial.run(&add(&ALL)).ends(0);
    let told = trial.run(&["erase", ORDER]).ends(0);
    assert!(told.err.contains("1 is, as far as a hold names the fields, in an archive"), "{}", told.err);
    assert_eq!(archives(&trial).len(), 1);
}

#[test]
fn of_a_whole_seller_each_day_is_archived_before_it_ends() {
    let trial = Trial::at("2026-03-04T09:00:00Z");
    with_key(&trial);
    let documents: Vec<String> =
        (1..=3).map(|day| order(day, &format!("2026-03-0{day}T08:00:00Z"), NAME)).collect();
    collect(&trial, &documents.join("\n"));
    trial.run(&add(&ALL)).ends(0);
    assert!(archives(&trial).is_empty());
    let mut ran = Vec::new();
    for day in 20..=31 {
        let told = trial.json(&["--now", &format!("2026-03-{day}T09:00:00Z"), "retention", "run"]);
        let count = |name: &str| told[name].as_u64().unwrap();
        ran.push((day, count("archived"), count("disposed"), count("held")));
    }
    ran.retain(|(_, archived, disposed, held)| archived + disposed + held > 0);
    // Each of them a week before it closes, and gone when it does.
    let expected = [(22, 1, 0, 0), (23, 1, 0, 0), (24, 1, 0, 0), (29, 0, 1, 1), (30, 0, 1, 1), (31, 0, 1, 1)];
    assert_eq!(ran, expected);
    let hold = hold(&trial);
    assert_eq!((&hold["archives"], &hold["records"], &hold["missed"]), (&3.into(), &3.into(), &0.into()));
    assert!(hold["named"].is_null() && hold["state"] == "live", "{hold}");
}

#[test]
fn a_lost_key_is_an_alarm_delays_nothing_and_what_was_missed_is_said_first() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    with_key(&trial);
    collect(&trial, grants::ORDER);
    trial.run(&add(&ALL)).ends(0);
    let key = trial.json(&["archive", "key", "list"])["keys"][0]["id"].as_str().unwrap().to_owned();
    trial.run(&["archive", "key", "destroyed", &key, "--how", "lost"]).ends(0);
    trial.later("2026-03-24T09:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    let list = trial.run(&["hold", "list"]).ends(0).text();
    assert!(list.lines().next().unwrap().contains("cannot archive (no-archive-key)"), "{list}");
    trial.later("2026-05-15T09:00:00Z");
    let ran = trial.json(&["retention", "run"]);
    assert_eq!((&ran["disposed"], &ran["held"]), (&1.into(), &0.into()));
    let list = trial.run(&["hold", "list"]).ends(0).text();
    assert!(list.lines().next().unwrap().contains("missed 1 record"), "{list}");
    let events = trial.json(&["ledger", "tail", "-n", "1000"]).to_string();
    assert!(events.contains("system-error") && events.contains("hold-missed"), "{events}");
}

#[test]
fn two_people_add_it_and_two_lift_it_and_then_its_archives_are_overdue() {
    let trial = grants::home();
    let fingerprint = with_key(&trial);
    log_in(&trial, CEM);
    trial.run(&add(&ALL)).ends(0);
    let all = trial.json(&["proposal", "list"]);
    let filed = all["proposals"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&filed["act"], &filed["archive_key"]), (&"hold".into(), &fingerprint.into()));
    let id = filed["id"].as_str().unwrap();
    let list = trial.run(&["proposal", "list"]).ends(0).text();
    assert!(list.contains("every record of ALPHA under DE-USTG-14b"), "{list}");
    assert!(trial.run(&["proposal", "approve", id]).ends(4).err.contains("1.3.b"));
    assert_eq!(trial.json(&["hold", "list"])["holds"], Value::Array(Vec::new()));

    log_in(&trial, MAIL);
    trial.run(&["proposal", "approve", id]).ends(0);
    assert_eq!((hold(&trial)["id"].as_str(), &hold(&trial)["state"]), (Some(id), &"live".into()));
    assert!(hold(&trial)["asked_by"] != hold(&trial)["added_by"]);
    trial.later("2026-03-24T09:00:00Z");
    assert_eq!(trial.json(&["retention", "run"])["archived"], 1);
    let lift = ["hold", "lift", id, "--reason", "court"];
    trial.run(&["hold", "lift", id, "--reason", "because"]).ends(2);

    log_in(&trial, CEM);
    trial.run(&lift).ends(0);
    assert_eq!((&hold(&trial)["state"], &hold(&trial)["overdue"]), (&"live".into(), &0.into()));
    let all = trial.json(&["proposal", "list"]);
    let filed = all["proposals"].as_array().unwrap().last().unwrap().clone();
    let lifting = filed["id"].as_str().unwrap();
    let list = trial.run(&["proposal", "list"]).ends(0).text();
    assert!(list.contains(&format!("hold {id} (court)")), "{list}");
    trial.run(&["proposal", "approve", lifting]).ends(4);
    log_in(&trial, MAIL);
    trial.run(&["proposal", "approve", lifting]).ends(0);
    assert_eq!((&hold(&trial)["state"], &hold(&trial)["overdue"]), (&"lifted".into(), &1.into()));
    let list = trial.run(&["archive", "list"]).ends(0).text();
    assert!(list.contains("is to be destroyed, since its hold was lifted (2.1.c)"), "{list}");
    let archive = archives(&trial)[0]["id"].as_str().unwrap().to_owned();
    trial.run(&["archive", "destroyed", &archive, "--how", "shredded"]).ends(0);
    assert_eq!(hold(&trial)["overdue"], 0);
    log_in(&trial, CEM);
    let again = trial.run(&lift).ends(1);
    assert!(again.err.contains("lifted already"), "{}", again.err);
    trial.run(&["hold", "lift", "00000000000000000000000000000000", "--reason", "court"]).ends(5);
}

#[test]
fn what_no_law_has_kept_and_who_may_not_is_refused() {
    let trial = grants::home();
    let check = |words: &[&str], status: i32, said: &str| {
        let ran = trial.run(words).ends(status);
        assert!(ran.err.contains(said), "{words:?}: {}", ran.err);
    };
    let of = |purpose: &'static str, until: &'static str, field: &'static str| {
        let law = ["--purpose", purpose, "--statute", "DE-USTG-14b", "--until", until, "--field", field];
        [&["hold", "add"][..], &ALL, &law].concat()
    };
    log_in(&trial, CEM);
    check(&add(&ALL), 1, "bailee archive keygen --year 2036");
    log_in(&trial, MAIL);
    with_key(&trial);
    log_in(&trial, CEM);
    check(&of("tax", "2036-12-31", "buyer.buyerName"), 4, "2.1.b");
    check(&of("fulfilment", "2036-12-31", "buyer.buyerName"), 1, "2.1.c");
    check(&of("invoice", "2026-03-02", "buyer.buyerName"), 1, "2.1.c");
    check(&of("invoice", "2036-12-31", "buyer.nothing"), 1, "catalogue list");
    check(&add(&["ALPHA/250-1234567-7654321"]), 5, "nothing of this");
    check(&add(&["--seller", "OMEGA", "--all"]), 5, "OMEGA");
    check(&add(&["--seller", "ALPHA"]), 2, "--all");
    let many: Vec<String> = (0..1001).map(|number| format!("ALPHA/250-1234567-{number:07}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check(&add(&many), 1, "1000");
    check(&add(&many[1..]), 5, "nothing of this");
    log_in(&trial, grants::BEN);
    check(&add(&ALL), 4, "");
    check(&["hold", "lift", "00000000000000000000000000000000", "--reason", "court"], 4, "");
}

#[test]
fn what_is_erased_is_in_the_archive_and_nowhere_else_and_a_seller_that_ends_is_archived_first() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    with_key(&trial);
    collect(
        &trial,
        &[order(1_234_567, "2026-03-01T08:00:00Z", NAME), order(2, "2026-03-01T08:00:00Z", NEW_NAME)]
            .join("\n"),
    );
    trial.run(&add(&ALL)).ends(0);
    trial.run(&["erase", ORDER]).ends(0);
    trial.run(&["reveal", ORDER, "--purpose", "invoice"]).ends(5);
    let first = archives(&trial)[0]["id"].as_str().unwrap().to_owned();
    assert!(opened(&trial, &first).contains(NAME));
    trial.run(&["seller", "end", "ALPHA", "--reason", "amazon-notice"]).ends(0);
    let all = archives(&trial);
    assert_eq!(all.len(), 2);
    let second = all.iter().find(|one| one["id"] != first.as_str()).unwrap();
    assert!(opened(&trial, second["id"].as_str().unwrap()).contains(NEW_NAME));
    assert_eq!(hold(&trial)["missed"], 0);
}

#[test]
fn a_server_archives_by_itself_and_a_restored_home_remembers_what_was_archived() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let made = trial.json(&["backup", "keygen", "--out", "backup.key"]);
    std::fs::create_dir(trial.path("backups")).unwrap();
    let (recipient, place) = (made["recipient"].as_str().unwrap(), trial.path("backups"));
    let lines = format!("recipients = [{recipient:?}]\nplaces = [{:?}]", place.to_str().unwrap());
    trial.configure("[backup]", &lines);
    with_key(&trial);
    collect(&trial, grants::ORDER);
    trial.run(&add(&ALL)).ends(0);
    trial.later("2026-03-24T09:00:00Z");
    let served = trial.serve();
    assert_eq!(archives(&trial).len(), 1, "before it answers anybody");
    assert_eq!(served.end().status, 0);
    assert_eq!(trial.json(&["retention", "run"])["archived"], 0);
    let (made, before) = (trial.json(&["backup", "create", "--out", "backups"]), hold(&trial));
    std::fs::rename(trial.path("home"), trial.path("lost")).unwrap();
    let file = made["file"].as_str().unwrap();
    let restore = ["backup", "restore", file, "--key", "backup.key", "--checkpoints", "home.checkpoints"];
    let keys = ["--mirror", "lost/keyring/a", "--mirror", "lost/keyring/b", "--root-key", "lost/root.key"];
    trial.run(&[&restore[..], &keys].concat()).ends(0);
    trial.log_in();
    assert_eq!(hold(&trial), before);
    assert_eq!(trial.json(&["retention", "run"])["archived"], 0);
    trial.later("2026-03-30T09:00:00Z");
    assert_eq!(trial.json(&["retention", "run"])["held"], 1);
}
