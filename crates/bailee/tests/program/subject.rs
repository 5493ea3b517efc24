//! What people ask for of their own data, from its receipt to its answer: found, given, erased, corrected, kept; and what they agreed to.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::grants::{self, CEM};
use crate::support::*;

const NOW: &str = "2026-03-02T09:00:00Z";
const NAME: &str = "Quirina Zettelmann";
const SURNAME: &str = "Zettelmann";
const ADDRESS: &str = "<script>alert(1)</script> 3";

fn reference(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn name(number: u32) -> String {
    format!("ALPHA/{}", reference(number))
}

fn mail(number: u32) -> String {
    format!("q{number}@mail.example")
}

/// The first two are of one person, the third is of another.
fn order(number: u32) -> String {
    let mail = mail(number.max(2));
    json!({
        "orderId": reference(number), "createdTime": "2026-03-01T08:00:00Z", "lastUpdatedTime": "2026-03-01T10:00:00Z",
        "buyer": { "buyerName": NAME, "buyerEmail": mail },
        "recipient": { "deliveryAddress": {
            "name": NAME, "addressLine1": ADDRESS, "city": "Leeds", "postalCode": "LS1 1AA", "countryCode": "GB"
        }},
        "fulfillment": { "fulfillmentStatus": "UNSHIPPED" }
    })
    .to_string()
}

fn home() -> Trial {
    let trial = Trial::at(NOW);
    let lines: String = (1..=3).map(|number| order(number) + "\n").collect();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &lines).ends(0);
    trial
}

/// A request of the person of the first two orders, and its id.
fn opened(trial: &Trial, right: &str) -> String {
    let words =
        ["--output", "json", "subject", "request", "open", "--right", right, "--law", "gdpr", "--received"];
    let words = [&words[..], &["2026-03-01", "--email", "-"]].concat();
    trial.run_with(&words, &format!("{}\n", mail(2))).ends(0).json()["id"].as_str().unwrap().to_owned()
}

/// The same once it is known who asks, and what is held of them.
fn previewed(trial: &Trial, right: &str) -> String {
    let id = opened(trial, right);
    trial.run(&["subject", "request", "identify", &id, "--by", "order-and-address"]).ends(0);
    let told = trial.run(&["subject", "request", "preview", &id]).ends(0).text();
    assert!(told.contains(&reference(1)) && told.contains(&reference(2)), "{told}");
    assert!(!told.contains(&reference(3)) && !told.contains(SURNAME), "{told}");
    id
}

fn carry_out(trial: &Trial, id: &str, more: &[&str]) -> Ran {
    trial.run(&[&["--output", "json", "subject", "request", "carry-out", id], more].concat())
}

fn reveal(trial: &Trial, number: u32) -> Ran {
    trial.run(&["--output", "json", "reveal", &name(number), "--purpose", "fulfilment"])
}

fn tail(trial: &Trial) -> String {
    trial.run(&["--output", "json", "ledger", "tail", "--events", "200"]).ends(0).text()
}

fn openssl(trial: &Trial, words: &str) -> Output {
    let words: Vec<&str> = words.split(' ').collect();
    Command::new("openssl").args(words).current_dir(trial.path("")).output().unwrap()
}

/// Unpacks what was opened: the page, and the same for programs.
fn unpacked(trial: &Trial) -> (String, Value) {
    let tar = Command::new("tar").args(["-xf", "answer.tar"]).current_dir(trial.path("")).status().unwrap();
    assert!(tar.success());
    let read = |name: &str| std::fs::read_to_string(trial.path(name)).unwrap();
    (read("your-data.html"), serde_json::from_str(&read("your-data.json")).unwrap())
}

#[test]
fn a_person_is_given_what_is_held_of_them_in_a_file_that_opens_for_them_alone() {
    let trial = home();
    let id = previewed(&trial, "access");
    carry_out(&trial, &id, &[]).ends(2);
    let given = carry_out(&trial, &id, &["--out", trial.path("answer.cms").to_str().unwrap()]).ends(0).json();
    let passphrase = given["passphrase"].as_str().unwrap().to_owned();
    assert_eq!((given["records"].as_array().unwrap().len(), &given["left_out"]), (2, &json!(0)));
    let open = |file: &str, passphrase: &str| {
        let _ = std::fs::remove_file(trial.path("answer.tar"));
        let words =
            format!("cms -decrypt -text -inform DER -in {file} -pwri_password {passphrase} -out answer.tar");
        let ran = openssl(&trial, &words);
        let opened = std::fs::read(trial.path("answer.tar")).unwrap_or_default();
        assert_eq!(ran.status.success(), !opened.is_empty());
        ran.status.success()
    };
    assert!(!open("answer.cms", "00000-00000-00000-00000-00000"));
    let mut changed = std::fs::read(trial.path("answer.cms")).unwrap();
    let last = changed.len() - 100;
    changed[last] ^= 1;
    trial.write("changed.cms", changed);
    assert!(!open("changed.cms", &passphrase));
    assert!(open("answer.cms", &passphrase));
    let (page, json) = unpacked(&trial);
    assert!(page.contains(NAME) && page.contains(&reference(2)) && !page.contains(&reference(3)));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; 3") && !page.contains("<script"));
    let record = &json["records"][0];
    let value = |path: &str| {
        let all = record["personal_data"].as_array().unwrap();
        all.iter().find(|one| one["path"] == path).unwrap_or_else(|| panic!("{path}: {record}")).clone()
    };
    assert_eq!(value("buyer.buyerName")["value"], NAME);
    assert!(value("buyer.buyerName")["purposes"].as_array().unwrap().contains(&json!("subject-request")));
    assert!(record["facts"].to_string().contains("UNSHIPPED") && json["left_out"] == 0);
    // The file is not overwritten; a key of theirs takes no passphrase.
    carry_out(&trial, &id, &["--out", trial.path("answer.cms").to_str().unwrap()]).ends(1);
    assert!(openssl(&trial, "genrsa -out theirs.key 3072").status.success());
    assert!(openssl(&trial, "rsa -in theirs.key -pubout -out theirs.pem").status.success());
    let (key, out) = (trial.path("theirs.pem"), trial.path("keyed.cms"));
    let words = ["--out", out.to_str().unwrap(), "--key", key.to_str().unwrap()];
    assert_eq!(carry_out(&trial, &id, &words).ends(0).json()["passphrase"], json!(null));
    let _ = std::fs::remove_file(trial.path("answer.tar"));
    let words = "cms -decrypt -text -inform DER -in keyed.cms -inkey theirs.key -out answer.tar";
    assert!(openssl(&trial, words).status.success());
    assert!(unpacked(&trial).0.contains(NAME));
    let events = tail(&trial);
    assert!(events.contains(r#""purpose":"subject-request""#) && events.contains(r#""step":"carried-out""#));
    assert!(!events.contains(SURNAME) && !events.contains("302-1111111") && !events.contains("mail.example"));
    let theirs = [passphrase, NAME.to_owned(), mail(2)];
    let kept: Vec<_> =
        trial.kept().into_iter().filter(|(file, _)| file.starts_with(trial.path("home"))).collect();
    assert!(!kept.is_empty());
    assert_nowhere(&kept, &theirs);
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn what_somebody_asks_to_have_erased_is_gone_and_proved_by_the_request() {
    let trial = home();
    let id = previewed(&trial, "erase");
    // Somebody takes it for one that gives something out.
    let out = trial.path("answer.cms");
    assert!(
        carry_out(&trial, &id, &["--out", out.to_str().unwrap()]).ends(2).err.contains("nothing was done")
    );
    assert!(!out.exists());
    reveal(&trial, 1).ends(0);
    let done = carry_out(&trial, &id, &[]).ends(0).json();
    assert_eq!(done["records"][0]["outcome"], "erased");
    reveal(&trial, 1).ends(5);
    reveal(&trial, 2).ends(5);
    reveal(&trial, 3).ends(0);
    let shown = trial.json(&["subject", "request", "show", &id]);
    assert_eq!((&shown["state"], &shown["due"]), (&json!("carried-out"), &json!(null)));
    assert_eq!(shown["who"]["email"], mail(2));
    let by = shown["done"][0]["request"].as_str().unwrap();
    let certificate = trial.path("certificate.json");
    let words = ["retention", "certificate", "--request", by, "--out", certificate.to_str().unwrap()];
    trial.run(&words).ends(0);
    assert!(std::fs::read_to_string(certificate).unwrap().contains("\"disposed\": 2"));
    let list = trial.run(&["subject", "request", "list"]).ends(0).text();
    assert!(list.contains("carried-out") && !list.contains("mail.example"), "{list}");
    trial.run(&["subject", "request", "refuse", &id, "--reason", "unfounded"]).ends(1);
    trial.run(&["subject", "request", "show", "00000000000000000000000000000000"]).ends(5);
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn who_objects_is_kept_from_use_and_who_corrects_is_corrected() {
    let trial = home();
    let id = previewed(&trial, "rectify");
    let correct = |record: &str| {
        let words =
            ["subject", "request", "carry-out", &id, "--record", record, "--field", "buyer.buyerName"];
        trial.run_with(&[&words[..], &["--value-stdin"]].concat(), "Wilhelmine Berichtigt\n")
    };
    assert!(correct(&name(3)).ends(5).err.contains("not among those"));
    correct(&name(1)).ends(0);
    let revealed = reveal(&trial, 1).ends(0).json();
    assert_eq!(revealed["records"][0]["fields"]["buyer.buyerName"], "Wilhelmine Berichtigt");
    carry_out(&trial, &id, &[]).ends(2);
    let id = previewed(&trial, "object");
    assert_eq!(carry_out(&trial, &id, &[]).ends(0).json()["records"][1]["outcome"], "restricted");
    reveal(&trial, 2).ends(4);
    reveal(&trial, 3).ends(0);
    // What is kept without being used is not given out either, and that is said.
    let id = previewed(&trial, "access");
    let out = trial.path("answer.cms");
    let given = carry_out(&trial, &id, &["--out", out.to_str().unwrap()]).ends(0).json();
    assert_eq!((&given["records"], &given["left_out"]), (&json!([]), &json!(2)));
}

#[test]
fn who_is_not_found_is_not_answered_as_if_they_were() {
    let trial = home();
    let open =
        ["subject", "request", "open", "--right", "erase", "--law", "ccpa", "--received", "2026-03-01"];
    let open =
        |who: &[&str], lines: &str| trial.run_with(&[&["--output", "json"], &open[..], who].concat(), lines);
    assert!(open(&["--name", NAME], "").ends(1).err.contains("a name alone is that of many"));
    let request =
        open(&["--email", "-", "--name", "-"], &format!("nobody@mail.example\n{NAME}\n")).ends(0).json();
    let id = request["id"].as_str().unwrap();
    let who = &trial.json(&["subject", "request", "show", id])["who"];
    assert_eq!((&who["email"], &who["name"]), (&json!("nobody@mail.example"), &json!(NAME)));
    trial.run(&["subject", "request", "identify", id, "--by", "account"]).ends(0);
    trial.run(&["subject", "request", "preview", id]).ends(0);
    assert!(carry_out(&trial, id, &[]).ends(5).err.contains("nothing-held"));
    assert_eq!(trial.json(&["subject", "request", "show", id])["state"], "previewed");
    trial.run(&["subject", "request", "refuse", id, "--reason", "nothing-held"]).ends(0);
}

#[test]
fn what_is_due_is_told_and_what_is_overdue_loudly() {
    let trial = home();
    let id = opened(&trial, "access");
    let line = trial.json(&["subject", "request", "list"])["requests"][0].clone();
    assert_eq!((&line["due"], &line["overdue"]), (&json!("2026-04-01"), &json!(false)));
    let told = trial.run(&["subject", "request", "extend", &id, "--reason", "complex"]).ends(0).text();
    assert!(told.contains("due by 2026-06-01"), "{told}");
    let ccpa =
        ["subject", "request", "open", "--right", "erase", "--law", "ccpa", "--received", "2026-03-01"];
    let ccpa = trial.json(&[&ccpa[..], &["--name", NAME, "--postal-code", "LS1 1AA"]].concat());
    assert_eq!((&ccpa["due"], &ccpa["answer_by"]), (&json!("2026-03-13"), &json!("2026-04-15")));
    trial
        .run(&["subject", "request", "open", "--right", "erase", "--law", "ccpa", "--received", "2026-03-01"])
        .ends(2);
    trial
        .run(&[
            "subject",
            "request",
            "open",
            "--right",
            "forget",
            "--law",
            "gdpr",
            "--received",
            "2026-03-01",
        ])
        .ends(2);
    trial.later("2026-03-16T09:00:00Z");
    let list = trial.run(&["subject", "request", "list"]).ends(0).text();
    assert!(
        list.contains("was due on 2026-03-13 (2.2.d)") && !list.contains("was due on 2026-06-01"),
        "{list}"
    );
    let id = ccpa["id"].as_str().unwrap();
    let told = trial.run(&["subject", "request", "acknowledge", id]).ends(0).text();
    assert!(told.contains("due by 2026-04-15"), "{told}");
    trial.run(&["subject", "request", "withdraw", id]).ends(0);
    let list = trial.json(&["subject", "request", "list"]);
    let withdrawn = list["requests"].as_array().unwrap().iter().find(|one| one["id"] == *id).unwrap();
    assert_eq!(withdrawn["due"], json!(null), "{list}");
}

#[test]
fn where_two_are_asked_for_another_answers_than_who_found_out_who_asks() {
    let trial = grants::home();
    let words =
        ["subject", "request", "open", "--right", "erase", "--law", "gdpr", "--received", "2026-03-01"];
    let id =
        trial.json(&[&words[..], &["--email", "j@example.com"]].concat())["id"].as_str().unwrap().to_owned();
    grants::log_in(&trial, CEM);
    trial.run(&["subject", "request", "identify", &id, "--by", "account"]).ends(0);
    trial.run(&["subject", "request", "preview", &id]).ends(0);
    let denied = trial.run(&["subject", "request", "carry-out", &id]).ends(4);
    assert!(denied.err.contains("found out who asks") && denied.err.contains("2.2.d"), "{}", denied.err);
    let order = "ALPHA/250-1234567-1234567";
    assert!(trial.run(&["show", order]).ends(0).text().contains("(live)"));
    // The first person of a test home is an officer as well.
    trial.log_in();
    trial.run(&["subject", "request", "carry-out", &id]).ends(0);
    assert!(trial.run(&["show", order]).ends(0).text().contains("(erased)"));
}

#[test]
fn a_purpose_that_rests_on_consent_is_denied_without_one_and_a_withdrawal_takes_effect_at_once() {
    let trial = home();
    reveal(&trial, 1).ends(0);
    trial.configure("[subjects]", "on_consent = [\"fulfilment\"]");
    let denied = reveal(&trial, 1).ends(4).json();
    assert_eq!(
        (&denied["denied"][0]["code"], &denied["denied"][0]["requirement"]),
        (&json!("no-consent"), &json!("2.1.b"))
    );
    let said = ["--purpose", "fulfilment", "--on", "2026-03-01", "--how", "web-form", "--notice", "2026-01"];
    let first = trial.json(&[&["consent", "give", &name(1)], &said[..]].concat());
    reveal(&trial, 1).ends(0);
    reveal(&trial, 2).ends(4);
    let words = ["consent", "give", "--seller", "ALPHA", "--email", "-"];
    let told = trial.run_with(&[&words[..], &said[..]].concat(), &format!("{}\n", mail(2))).ends(0).text();
    assert!(told.contains("given, for 2 records") && !told.contains("mail.example"), "{told}");
    reveal(&trial, 2).ends(0);
    reveal(&trial, 3).ends(4);
    // Taxes rest on a law here.
    let tax = ["reveal", &name(3), "--purpose", "tax"];
    assert!(!trial.run(&tax).err.contains("consent"));
    let all = trial.json(&["consent", "list"]);
    for consent in all["consents"].as_array().unwrap() {
        let id = consent["id"].as_str().unwrap();
        trial.run(&["consent", "withdraw", id, "--on", "2026-03-02", "--how", "mail"]).ends(0);
    }
    reveal(&trial, 1).ends(4);
    reveal(&trial, 2).ends(4);
    let id = first["id"].as_str().unwrap();
    trial.run(&["consent", "withdraw", id, "--on", "2026-03-02", "--how", "mail"]).ends(1);
    trial.run(&[&["consent", "give", "ALPHA/302-9999999-0000009"], &said[..]].concat()).ends(5);
    trial.run(&[&["consent", "give", &name(1)][..], &["--purpose", "incident"], &said[2..]].concat()).ends(2);
    let events = tail(&trial);
    assert!(events.contains(r#""step":"withdrawn""#) && !events.contains("302-1111111"), "{events}");
    assert_nowhere(&trial.kept(), &[mail(2)]);
    trial.run(&["ledger", "verify"]).ends(0);
}
