//! What leaves in bulk: sealed to a registered recipient, by two over a volume, and opened by a stock tool with their key alone.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::grants::{self, BEN, CEM, log_in};
use crate::support::*;

pub(crate) const NAME: &str = "Juniper Fernsby";
pub(crate) const ORDER: &str = "ALPHA/250-1234567-1234567";
pub(crate) const CARRIER: &str = "Carrier X";

pub(crate) fn tool(trial: &Trial, line: &str) -> Output {
    Command::new("sh").args(["-c", line]).current_dir(trial.path(".")).output().unwrap()
}

#[track_caller]
fn works(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A key that the recipient makes with a stock tool, and their registration.
pub(crate) fn register(trial: &Trial, name: &str, purposes: &[&str]) -> Value {
    works(&tool(
        trial,
        &format!(
            "openssl genrsa -out '{name}.key' 3072 && openssl pkey -in '{name}.key' -pubout -out '{name}.pem'"
        ),
    ));
    let key = format!("{name}.pem");
    let mut words = vec!["recipient", "add", name, "--key", &key, "--seller", "ALPHA", "--purpose"];
    words.extend(purposes);
    words.extend(["--mail", "privacy@carrier.example"]);
    trial.json(&words)
}

/// What the stock tools make of a sealed file, as the help says it.
pub(crate) fn unpack(trial: &Trial, file: &str, key: &str) -> Output {
    let line = format!(
        "rm -rf out.tar opened && mkdir opened && \
         openssl cms -decrypt -text -inform DER -in {file} -inkey '{key}' -out out.tar && tar -C opened -xf out.tar"
    );
    tool(trial, &line)
}

pub(crate) fn opened(trial: &Trial, name: &str) -> String {
    std::fs::read_to_string(trial.path("opened").join(name)).unwrap()
}

pub(crate) fn export(more: &[&'static str]) -> Vec<&'static str> {
    [&["export", ORDER, "--purpose", "fulfilment", "--recipient", CARRIER][..], more].concat()
}

/// A home in which one person does everything, with a recipient and an order.
pub(crate) fn home() -> Trial {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], grants::ORDER).ends(0);
    register(&trial, CARRIER, &["fulfilment", "invoice"]);
    trial
}

fn orders(count: usize) -> String {
    let order = |number: usize| {
        grants::ORDER.replace("250-1234567-1234567", &format!("250-7654321-{number:07}")) + "\n"
    };
    (0..count).map(order).collect()
}

#[test]
fn a_stock_tool_with_the_recipient_s_key_finds_exactly_what_may_be_used_and_by_when_it_has_to_be_gone() {
    let trial = home();
    let told = trial.run(&export(&["--out", "carrier.cms"])).ends(0);
    assert!(told.text().contains("1 record are sealed to Carrier X"), "{}", told.text());
    let revealed = trial.json(&["reveal", ORDER, "--purpose", "fulfilment"]);
    works(&unpack(&trial, "carrier.cms", "Carrier X.key"));
    let line: Value = serde_json::from_str(&opened(&trial, "records.ndjson")).unwrap();
    assert_eq!(line["fields"], revealed["records"][0]["fields"]);
    assert_eq!(line["fields"]["buyer.buyerName"], NAME);
    let explained = trial.json(&["retention", "explain", ORDER]);
    let expires: bailee_core::Day = explained["expires_at"].as_str().unwrap()[..10].parse().unwrap();
    // The last day before the one on which it is gone here.
    assert_eq!(line["delete_by"], expires.plus(-1).to_string());
    assert_eq!((&line["purpose"], &line["reference"]), (&"fulfilment".into(), &"250-1234567-1234567".into()));
    let table = opened(&trial, "records.csv");
    assert!(table.starts_with("seller,kind,reference,path,value,purpose,delete_by\r\n"), "{table}");
    assert!(table.contains(&format!("buyer.buyerName,{NAME},fulfilment,{}", expires.plus(-1))), "{table}");
    let about: Value = serde_json::from_str(&opened(&trial, "export.json")).unwrap();
    let recipients = trial.json(&["recipient", "list"]);
    assert_eq!(about["key"], recipients["recipients"][0]["fingerprint"]);
    let listed = trial.json(&["export", "list"]);
    let one = &listed["exports"][0];
    assert_eq!((&one["id"], &one["state"]), (&about["export"], &"out".into()));
    works(&tool(
        &trial,
        "sha256sum -c carrier.cms.txt < carrier.cms && \
         openssl pkeyutl -verify -rawin -pubin -inkey carrier.cms.pem -in carrier.cms.txt -sigfile carrier.cms.sig && \
         test \"$(openssl pkey -in 'Carrier X.key' -pubout -outform DER | sha256sum | cut -d' ' -f1)\" = \
         \"$(sed -n 's/^# key //p' carrier.cms.txt)\"",
    ));

    // Neither another key, nor the right one once a bit was changed.
    works(&tool(&trial, "openssl genrsa -out other.key 3072"));
    let nothing = |key: &str| {
        assert!(!unpack(&trial, "carrier.cms", key).status.success());
        assert!(std::fs::read(trial.path("out.tar")).unwrap_or_default().is_empty());
    };
    nothing("other.key");
    let whole = std::fs::read(trial.path("carrier.cms")).unwrap();
    for at in [whole.len() - 1, whole.len() / 2] {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        std::fs::write(trial.path("carrier.cms"), changed).unwrap();
        nothing("Carrier X.key");
    }
    // Nothing of it is plain anywhere in the home, and neither are those who got it.
    assert_nowhere(
        &trial.kept(),
        &[NAME.to_owned(), CARRIER.to_owned(), "privacy@carrier.example".to_owned()],
    );
    let events = trial.json(&["ledger", "tail", "-n", "100"]);
    let steps: Vec<&Value> = events["events"].as_array().unwrap().iter().collect();
    let position = |name: &str, step: &str| {
        steps.iter().position(|one| one["event"] == name && (step.is_empty() || one["step"] == step)).unwrap()
    };
    assert!(
        position("revealed", "") < position("export", "made")
            && position("export", "made") < position("export", "fetched")
    );
    assert_eq!(trial.json(&["ledger", "verify"])["checkpoint_ok"], true);
}

#[test]
fn what_may_not_leave_refuses_the_whole_and_says_why() {
    let trial = home();
    let check = |words: &[&str], status: i32, said: &str| {
        let ran = trial.run(words).ends(status);
        assert!(ran.err.contains(said), "{words:?}: {}", ran.err);
    };
    let of = |purpose: &'static str, more: &[&'static str]| {
        [&["export", ORDER, "--recipient", CARRIER, "--purpose", purpose][..], more].concat()
    };
    check(&of("tax", &[]), 4, "not registered for tax");
    check(&of("incident", &[]), 4, "2.1.b");
    check(&of("invoice", &["--field", "buyer.buyerName", "buyer.buyerEmail"]), 4, "2.1.b");
    check(
        &["export", "ALPHA/999-0000000-0000000", "--recipient", CARRIER, "--purpose", "fulfilment"],
        5,
        "number 1",
    );
    check(&["export", ORDER, "--recipient", "Nobody", "--purpose", "fulfilment"], 5, "recipient list");
    check(
        &["export", ORDER, "BETA/1-1-1", "--recipient", CARRIER, "--purpose", "fulfilment"],
        2,
        "one seller",
    );
    trial.run(&["seller", "add", "BETA"]).ends(0);
    check(
        &["export", "--seller", "BETA", "--all", "--recipient", CARRIER, "--purpose", "fulfilment"],
        4,
        "not registered for data of BETA",
    );
    let add = |name: &'static str, key: &'static str, purpose: &'static str| {
        ["recipient", "add", name, "--key", key, "--seller", "ALPHA", "--purpose", purpose]
    };
    check(&add("Other", "Carrier X.pem", "tax"), 1, "there already");
    check(&add("Other", "Carrier X.key", "tax"), 1, "was not sent");
    works(&tool(
        &trial,
        "openssl genrsa -out weak.key 2048 && openssl pkey -in weak.key -pubout -out weak.pem",
    ));
    check(&add("Other", "weak.pem", "tax"), 1, "3072");
    works(&tool(
        &trial,
        "openssl genrsa -out good.key 3072 && openssl pkey -in good.key -pubout -out good.pem",
    ));
    check(&add("Other", "good.pem", "subject-request"), 1, "2.1.b");
    check(
        &["recipient", "add", "Other", "--key", "good.pem", "--seller", "GAMMA", "--purpose", "tax"],
        5,
        "GAMMA",
    );
    check(
        &[
            "recipient",
            "add",
            "Other",
            "--key",
            "good.pem",
            "--seller",
            "ALPHA",
            "--purpose",
            "tax",
            "--mail",
            "no",
        ],
        1,
        "mail",
    );
    assert!(trial.json(&["export", "list"])["exports"].as_array().unwrap().is_empty());

    // Kept without being used: refused where it was named, left out and counted of all.
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &orders(2)).ends(0);
    trial.run(&["restrict", ORDER]).ends(0);
    check(&export(&[]), 4, "2.2.d");
    let all = [
        "export",
        "--seller",
        "ALPHA",
        "--all",
        "--recipient",
        CARRIER,
        "--purpose",
        "fulfilment",
        "--out",
        "all.cms",
    ];
    trial.run(&all).ends(0);
    let listed = trial.json(&["export", "list"]);
    assert_eq!((&listed["exports"][0]["records"], &listed["exports"][0]["left_out"]), (&2.into(), &1.into()));
    works(&unpack(&trial, "all.cms", "Carrier X.key"));
    assert!(!opened(&trial, "records.ndjson").contains("250-1234567-1234567"));
    trial.run(&["erase", ORDER]).ends(0);
    check(&export(&[]), 5, "nothing was exported");

    trial.run(&["recipient", "remove", CARRIER]).ends(0);
    check(
        &["export", "ALPHA/250-7654321-0000001", "--recipient", CARRIER, "--purpose", "fulfilment"],
        1,
        "was removed",
    );
    check(&["recipient", "remove", CARRIER], 1, "was removed");
}

/// A home that asks for a second person: with its officer Cem, its operator Ben, and so many orders.
fn of_two(approve_over: u32, count: usize) -> Trial {
    let trial = grants::home();
    trial.configure("[export]", &format!("approve_over = {approve_over}"));
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &orders(count)).ends(0);
    register(&trial, CARRIER, &["fulfilment"]);
    trial
}

#[test]
fn of_all_records_those_leave_that_were_there_when_it_was_asked_for() {
    let trial = of_two(2, 3);
    log_in(&trial, CEM);
    let words = ["export", "--seller", "ALPHA", "--all", "--purpose", "fulfilment", "--recipient", CARRIER];
    trial.run(&words).ends(0);
    let filed = trial.json(&["proposal", "list"])["proposals"][0].clone();
    let later = "2026-03-03T09:00:00Z";
    trial.later_as(later, &["proposal", "list"]);
    log_in(&trial, MAIL);
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &orders(9)).ends(0);
    trial.run(&["proposal", "approve", filed["id"].as_str().unwrap()]).ends(0);
    let made = trial.json(&["export", "list"])["exports"][0].clone();
    assert_eq!(made["records"], filed["count"], "{made}");
    log_in(&trial, CEM);
    assert_eq!(trial.json(&words)["count"].as_u64().unwrap(), filed["count"].as_u64().unwrap() + 6);
}

#[test]
fn over_a_volume_of_a_day_it_takes_two_however_it_is_cut() {
    let trial = of_two(2, 3);
    log_in(&trial, CEM);
    let name = |number: usize| format!("ALPHA/250-7654321-{number:07}");
    let (one, two, three) = (name(0), name(1), name(2));
    let ask = |records: &[&str]| {
        let words = [&["export"][..], records, &["--purpose", "fulfilment", "--recipient", CARRIER]].concat();
        trial.run(&words).ends(0)
    };
    assert!(ask(&[&one, &two]).text().contains("2 records are sealed"));
    let filed = ask(&[&three]);
    assert!(
        filed.text().contains("takes a second person") && filed.err.contains("export fetch"),
        "{}",
        filed.text()
    );
    assert!(
        trial
            .run(&["proposal", "list"])
            .ends(0)
            .text()
            .contains("1 record of ALPHA to Carrier X for fulfilment")
    );
    // A day later it is a day's first again.
    trial.later_as("2026-03-03T09:00:00Z", &["proposal", "list"]);
    log_in(&trial, CEM);
    assert!(ask(&[&three]).text().contains("sealed"));
    assert!(ask(&[&one, &two]).text().contains("takes a second person"));

    let proposals = trial.json(&["proposal", "list"]);
    let filed = proposals["proposals"].as_array().unwrap().last().unwrap().clone();
    let id = filed["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&filed["act"], &filed["count"], &filed["recipient_name"]),
        (&"export".into(), &2.into(), &CARRIER.into())
    );
    let known = trial.json(&["recipient", "list"]);
    assert_eq!(filed["recipient_key"], known["recipients"][0]["fingerprint"]);
    assert!(trial.run(&["proposal", "approve", &id]).ends(4).err.contains("1.3.b"));
    trial.run(&["export", "fetch", &id, "--out", "two.cms"]).ends(5);
    log_in(&trial, MAIL);
    trial.run(&["proposal", "approve", &id]).ends(0);
    trial.run(&["proposal", "approve", &id]).ends(1);
    assert_eq!(trial.json(&["export", "list"])["exports"].as_array().unwrap().len(), 3);
    log_in(&trial, CEM);
    trial.run(&["export", "fetch", &id, "--out", "two.cms"]).ends(0);
    works(&unpack(&trial, "two.cms", "Carrier X.key"));
    assert_eq!(opened(&trial, "records.ndjson").lines().count(), 2);
    // Fetched again, where the first answer was lost.
    trial.run(&["export", "fetch", &id, "--out", "again.cms"]).ends(0);

    log_in(&trial, BEN);
    let words = ["export", &one, "--purpose", "fulfilment", "--recipient"];
    let refused =
        trial.run(&[&words[..], &[known["recipients"][0]["id"].as_str().unwrap()]].concat()).ends(4);
    assert!(refused.err.contains("role"), "{}", refused.err);
    for words in [&["recipient", "list"][..], &["export", "list"], &["recipient", "due"]] {
        trial.run(words).ends(4);
    }
}

#[test]
fn whoever_added_the_recipient_does_not_export_to_them_alone() {
    let trial = grants::home();
    log_in(&trial, CEM);
    // Who is both owner and officer is asked for at the gate: here an owner alone adds, and an officer alone exports.
    works(&tool(&trial, "openssl genrsa -out c.key 3072 && openssl pkey -in c.key -pubout -out c.pem"));
    let add = ["recipient", "add", CARRIER, "--key", "c.pem", "--seller", "ALPHA", "--purpose", "fulfilment"];
    trial.run(&add).ends(4);
    log_in(&trial, MAIL);
    trial.run(&add).ends(0);
    // The first person of a test home is officer, too.
    let told = trial.run(&export(&[])).ends(0).text();
    assert!(told.contains("takes a second person"), "{told}");
    log_in(&trial, CEM);
    assert!(trial.run(&export(&[])).ends(0).text().contains("sealed to Carrier X"));
}

#[test]
fn references_come_from_standard_input_and_a_file_waits_for_seven_days() {
    let trial = home();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &orders(3)).ends(0);
    let words = ["export", "-", "--seller", "ALPHA", "--purpose", "fulfilment", "--recipient", CARRIER];
    let lines = "250-7654321-0000000\nALPHA/250-7654321-0000001\n\n250-7654321-0000000\n";
    let made = trial.run_with(&words, lines).ends(0);
    assert!(made.text().contains("2 records"), "{}", made.text());
    let id = trial.json(&["export", "list"])["exports"][0]["id"].as_str().unwrap().to_owned();
    let many: String = (0..10_001).map(|number| format!("250-7654321-{number:07}\n")).collect();
    let refused = trial.run_with(&words, &many).ends(1);
    assert!(refused.err.contains("10000 records"), "{}", refused.err);
    let missing = trial.run_with(&words, &many[..many.len() - 20]).ends(5);
    assert!(missing.err.contains("number 4 of those named"), "{}", missing.err);
    trial.later("2026-03-09T08:59:59Z");
    trial.run(&["export", "fetch", &id, "--out", "first.cms"]).ends(0);
    trial.later("2026-03-09T09:00:00Z");
    let away = trial.run(&["export", "fetch", &id, "--out", "second.cms"]).ends(1);
    assert!(away.err.contains("export anew"), "{}", away.err);
    assert!(!Path::new(&trial.path("second.cms")).exists());
    trial.later("2026-03-10T09:00:00Z");
    let one = &trial.json(&["export", "list"])["exports"][0];
    assert!(one["let_go_at"].is_string() && one["state"] == "out", "{one}");
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is_made() {
    let trial = home();
    trial.write("there.cms.sig", "theirs");
    for out in ["nowhere/carrier.cms", "there.cms"] {
        trial.run(&export(&["--out", out])).ends(1);
    }
    assert_eq!(trial.json(&["export", "list"])["exports"], json!([]));
}
