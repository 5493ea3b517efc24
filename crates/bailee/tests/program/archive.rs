//! What a law obliges to keep: made by two, opened by a stock tool alone, and in the home by nobody.

use std::path::Path;
use std::process::{Command, Output};

use crate::grants::{self, CEM, log_in};
use crate::support::*;

const NAME: &str = "Juniper Fernsby";
const ORDER: &str = "ALPHA/250-1234567-1234567";
const CREATE: [&str; 8] =
    ["archive", "create", "--purpose", "invoice", "--statute", "DE-USTG-14b", "--until", "2036-12-31"];

pub(crate) fn tool(trial: &Trial, line: &str) -> Output {
    Command::new("sh").args(["-c", line]).current_dir(trial.path(".")).output().unwrap()
}

/// Makes an offline key in a place where no home is, and gives the home its public half.
pub(crate) fn with_key(trial: &Trial) -> String {
    with_key_of(trial, "2036")
}

fn with_key_of(trial: &Trial, year: &str) -> String {
    let mut keygen =
        trial.command(&["--output", "json", "archive", "keygen", "--year", year, "--out", "2036"]);
    let made = keygen.env("BAILEE_HOME", "nowhere").output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let fingerprint = made["fingerprint"].as_str().unwrap().to_owned();
    let told = trial.run(&["archive", "key", "add", "2036.pub.pem", "--year", year]).ends(0).text();
    assert!(told.contains(&fingerprint), "{told}");
    fingerprint
}

fn create(more: &[&str]) -> Vec<String> {
    CREATE.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn run(trial: &Trial, words: &[String]) -> Ran {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    trial.run(&words)
}

/// What the stock tools make of an archive, as the sheet of the key says it.
pub(crate) fn unpack(trial: &Trial, key: &str) -> Output {
    let line = format!(
        "rm -rf archive.tar opened && mkdir opened && \
         openssl cms -decrypt -text -inform DER -in archive.cms -inkey {key} -out archive.tar && tar -C opened -xf archive.tar"
    );
    tool(trial, &line)
}

#[test]
fn it_is_proposed_by_one_approved_by_another_and_opened_by_a_stock_tool_with_the_key_alone() {
    let trial = grants::home();
    let fingerprint = with_key(&trial);
    log_in(&trial, CEM);
    let words = create(&[ORDER, "--field", "buyer.buyerName"]);
    let filed = run(&trial, &words).ends(0);
    assert!(filed.err.contains("archive fetch"), "{}", filed.err);
    let proposals = trial.json(&["proposal", "list"]);
    let filed = &proposals["proposals"].as_array().unwrap().last().unwrap().clone();
    let id = filed["id"].as_str().unwrap();
    assert_eq!((&filed["act"], &filed["records"][0]["seller"]), (&"archive".into(), &"ALPHA".into()));
    assert_eq!(
        (&filed["statute"], &filed["archive_key"]),
        (&"DE-USTG-14b".into(), &fingerprint.as_str().into())
    );
    assert!(trial.run(&["proposal", "list"]).ends(0).text().contains("1 record of ALPHA under DE-USTG-14b"));
    assert!(trial.run(&["proposal", "approve", id]).ends(4).err.contains("1.3.b"));
    trial.run(&["archive", "fetch", id, "--out", "archive.cms"]).ends(4);

    log_in(&trial, MAIL);
    trial.run(&["archive", "fetch", id, "--out", "archive.cms"]).ends(5);
    trial.run(&["proposal", "approve", id]).ends(0);
    trial.run(&["archive", "fetch", id, "--out", "archive.cms"]).ends(0);
    trial.run(&["archive", "fetch", id, "--out", "archive.cms"]).ends(1);
    let opened = unpack(&trial, "2036.key");
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    let read = |name: &str| std::fs::read_to_string(trial.path("opened").join(name)).unwrap();
    assert!(read("records.ndjson").contains(NAME) && read("records.csv").contains(NAME));
    let line: serde_json::Value = serde_json::from_str(&read("records.ndjson")).unwrap();
    assert_eq!(line["reference"], "250-1234567-1234567");
    assert_eq!(line["fields"], serde_json::json!({ "buyer.buyerName": NAME }));
    let about: serde_json::Value = serde_json::from_str(&read("archive.json")).unwrap();
    assert_eq!((&about["until"], &about["key"]), (&"2036-12-31".into(), &fingerprint.into()));

    let signed = tool(
        &trial,
        "sha256sum -c archive.cms.txt < archive.cms && \
         openssl pkeyutl -verify -rawin -pubin -inkey archive.cms.pem -in archive.cms.txt -sigfile archive.cms.sig",
    );
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    let changed = tool(
        &trial,
        "sed -i s/DE-USTG-14b/DE-USTG-14c/ archive.cms.txt; \
         openssl pkeyutl -verify -rawin -pubin -inkey archive.cms.pem -in archive.cms.txt -sigfile archive.cms.sig",
    );
    assert!(!changed.status.success());
}

#[test]
fn a_changed_archive_and_another_key_give_nothing_out() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    with_key(&trial);
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], grants::ORDER).ends(0);
    run(&trial, &create(&[ORDER, "--field", "buyer.buyerName", "--out", "archive.cms"])).ends(0);
    assert!(unpack(&trial, "2036.key").status.success());
    assert!(tool(&trial, "openssl genrsa -out other.key 3072").status.success());
    let whole = std::fs::read(trial.path("archive.cms")).unwrap();
    let check = |key: &str| {
        assert!(!unpack(&trial, key).status.success());
        let out = std::fs::read(trial.path("archive.tar")).unwrap_or_default();
        assert!(out.is_empty(), "{} bytes came out", out.len());
    };
    check("other.key");
    for at in [whole.len() - 1, whole.len() - 20, whole.len() / 2, whole.len() - 5000] {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        std::fs::write(trial.path("archive.cms"), changed).unwrap();
        check("2036.key");
    }
}

#[test]
fn the_live_data_ends_on_its_day_and_nothing_in_the_home_opens_the_archive() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    with_key(&trial);
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], grants::ORDER).ends(0);
    let explained = trial.json(&["retention", "explain", ORDER]);
    let day = &explained["expires_at"].as_str().unwrap()[..10];
    let made =
        run(&trial, &create(&["--seller", "ALPHA", "--day", day, "--field", "buyer.buyerName"])).ends(0);
    assert!(made.text().contains("1 value of 1 record"), "{}", made.text());
    let list = trial.json(&["archive", "list"]);
    let id = list["archives"][0]["id"].as_str().unwrap();
    trial.run(&["archive", "fetch", id, "--out", "archive.cms"]).ends(0);
    assert_eq!(trial.json(&["retention", "explain", ORDER]), explained, "an archive extends nothing");

    trial.later("2026-05-15T09:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    trial.run(&["reveal", ORDER, "--purpose", "invoice"]).ends(5);
    // The file is in the home still, and so is every key that the home has ever had.
    assert_nowhere(&trial.kept(), &[NAME.to_owned()]);
    let halves = tool(&trial, "grep -rl -e 'PRIVATE KEY' home home.checkpoints tmp; true");
    for file in String::from_utf8(halves.stdout).unwrap().lines() {
        let line =
            format!("openssl cms -decrypt -text -inform DER -in archive.cms -inkey {file} -out archive.tar");
        assert!(!tool(&trial, &line).status.success(), "{file}");
        let out = std::fs::read(trial.path("archive.tar")).unwrap_or_default();
        assert!(out.is_empty(), "{file}");
    }
    let again = run(&trial, &create(&[ORDER, "--field", "buyer.buyerName"])).ends(5);
    assert!(again.err.contains("2.1.c"), "{}", again.err);
    assert!(unpack(&trial, "2036.key").status.success());
}

#[test]
fn where_it_lies_and_that_it_was_destroyed_is_kept_and_what_is_overdue_is_said() {
    let trial = Trial::at("2026-12-01T09:00:00Z");
    with_key_of(&trial, "2026");
    let order = grants::ORDER.replace("2026-03-01", "2026-11-30");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &order).ends(0);
    let until = |word: String| if word == "2036-12-31" { "2026-12-31".to_owned() } else { word };
    let words: Vec<String> = create(&[ORDER, "--field", "buyer.buyerName"]).into_iter().map(until).collect();
    for _ in 0..2 {
        run(&trial, &words).ends(0);
    }
    let list = trial.json(&["archive", "list"]);
    let [first, second] = [0, 1].map(|at| list["archives"][at]["id"].as_str().unwrap().to_owned());
    let place = ["archive", "place", &first, "--place", "safe 3, shelf B"];
    let early = trial.run(&place).ends(1);
    assert!(early.err.contains("archive fetch"), "{}", early.err);
    trial.run(&["archive", "fetch", &first, "--out", "first.cms"]).ends(0);
    trial.run(&place).ends(0);
    let away = trial.run(&["archive", "fetch", &first, "--out", "archive.cms"]).ends(1);
    assert!(away.err.contains("let go"), "{}", away.err);
    assert!(!Path::new(&trial.path("archive.cms")).exists());
    assert!(trial.run(&["archive", "list"]).ends(0).text().contains("safe 3, shelf B"));
    assert_nowhere(&trial.kept(), &["safe 3, shelf B".to_owned()]);

    trial.later("2027-01-02T09:00:00Z");
    let overdue = trial.run(&["archive", "list"]).ends(0).text();
    assert_eq!(overdue.matches("was to be destroyed after 2026-12-31 (2.1.c)").count(), 2, "{overdue}");
    assert!(trial.run(&["archive", "key", "list"]).ends(0).text().contains("to be destroyed"));
    trial.run(&["archive", "destroyed", &first, "--how", "shredded", "--by", "Ben Beispiel"]).ends(0);
    trial.run(&["archive", "destroyed", &first, "--how", "shredded"]).ends(1);
    let keys = trial.json(&["archive", "key", "list"]);
    let key = keys["keys"][0]["id"].as_str().unwrap();
    trial.run(&["archive", "key", "destroyed", key, "--how", "burned"]).ends(0);
    let list = trial.json(&["archive", "list"]);
    for (at, how) in [(0, "shredded"), (1, "burned")] {
        let one = &list["archives"][at];
        assert_eq!((&one["state"], &one["overdue"]), (&"destroyed".into(), &false.into()), "{one}");
        assert_eq!(one["destroyed"]["how"], how);
    }
    trial.run(&["archive", "fetch", &second, "--out", "archive.cms"]).ends(1);
    let verified = trial.json(&["ledger", "verify"]);
    assert_eq!(verified["checkpoint_ok"], true);
}

#[test]
fn what_no_law_has_kept_is_refused_and_says_why() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], grants::ORDER).ends(0);
    let check = |words: &[&str], status: i32, said: &str| {
        let ran = trial.run(words).ends(status);
        assert!(ran.err.contains(said), "{words:?}: {}", ran.err);
    };
    let of = |purpose: &'static str, statute: &'static str, until: &'static str, field: &'static str| {
        let names = ["--purpose", purpose, "--statute", statute, "--until", until, "--field", field];
        [&["archive", "create", ORDER][..], &names].concat()
    };
    const GOOD: [&str; 4] = ["invoice", "DE-USTG-14b", "2036-12-31", "buyer.buyerName"];
    check(&of(GOOD[0], GOOD[1], GOOD[2], GOOD[3]), 1, "bailee archive keygen --year 2036");
    with_key(&trial);
    check(&of("tax", GOOD[1], GOOD[2], GOOD[3]), 4, "2.1.b");
    check(&of("fulfilment", GOOD[1], GOOD[2], GOOD[3]), 1, "2.1.c");
    check(&of(GOOD[0], "Wilma Larkspur", GOOD[2], GOOD[3]), 2, "a statute is");
    check(&of(GOOD[0], GOOD[1], "2026-03-02", GOOD[3]), 1, "2.1.c");
    check(&of(GOOD[0], GOOD[1], "2057-01-01", GOOD[3]), 1, "2.1.c");
    check(&of(GOOD[0], GOOD[1], GOOD[2], "buyer.nothing"), 5, "nothing of this");
    check(&["archive", "key", "add", "2036.pub.pem", "--year", "2036"], 1, "already");
    check(&["archive", "key", "add", "2036.pub.pem", "--year", "2037"], 1, "another year");
    check(&["archive", "key", "add", "2036.key", "--year", "2037"], 1, "was not sent");
    check(&["archive", "keygen", "--year", "2036", "--out", "2036"], 1, "2036.key");
    check(&["archive", "place", "00000000000000000000000000000000", "--place", "safe"], 5, "no such archive");
    let sheet = std::fs::read_to_string(trial.path("2036.html")).unwrap();
    assert!(
        sheet.contains("Archive key 2036") && !sheet.contains("{year}") && !sheet.contains("{fingerprint}")
    );
    assert!(!sheet.contains("PRIVATE"));
}

#[test]
fn neither_a_private_key_nor_what_was_refused_gets_into_a_home() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], grants::ORDER).ends(0);
    with_key(&trial);
    let unsent = trial.run(&["archive", "key", "add", "2036.key", "--year", "2037"]).ends(1);
    assert!(unsent.err.contains("was not sent"), "{}", unsent.err);
    let long = trial.write("long.pem", vec![b'x'; 1024 * 1024 + 1]);
    trial.run(&["archive", "key", "add", &long, "--year", "2037"]).ends(1);

    let served = trial.serve();
    let bearer = served.bearer();
    let refused = |path: &str, body: serde_json::Value| {
        let body = body.to_string();
        let words = ["--data", &body, "--header", "Content-Type: application/json", "--header", &bearer];
        let ran = served.curl(path, &words).output().unwrap();
        assert!(!ran.status.success(), "{path}");
        String::from_utf8(ran.stdout).unwrap()
    };
    let private = std::fs::read_to_string(trial.path("2036.key")).unwrap();
    let said = refused("/v1/archive-keys", serde_json::json!({ "key": private, "year": 2037 }));
    assert!(said.contains("never the private key"), "{said}");
    let asked = |statute: &str, field: &str| {
        serde_json::json!({
            "seller": "ALPHA", "kind": "order", "references": ["250-1234567-1234567"], "fields": [field],
            "purpose": "invoice", "statute": statute, "until": "2036-12-31",
        })
    };
    refused("/v1/archives", asked("Wilma Larkspur", "buyer.buyerName"));
    refused("/v1/archives", asked("DE-USTG-14b", "buyer.Wilma Larkspur"));
    assert_eq!(served.end().status, 0);
    // In whole, as a program reads it: the text shows a few columns alone.
    let events = trial.json(&["ledger", "tail", "-n", "1000"]).to_string();
    assert!(events.contains("key-added"), "{events}");
    assert!(!events.contains("Wilma") && !events.contains("Larkspur"), "{events}");
    let line = private.lines().nth(1).unwrap().to_owned();
    assert_nowhere(&trial.kept(), &["Wilma Larkspur".to_owned(), line]);
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is_made_and_told_of_where_it_was_made() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], grants::ORDER).ends(0);
    trial.run(&["archive", "keygen", "--year", "2036", "--out", "nowhere/2036"]).ends(1);
    with_key(&trial);
    let made = || trial.json(&["archive", "list"])["archives"].as_array().unwrap().len();
    trial.write("there.cms.sig", "theirs");
    for out in ["nowhere/archive.cms", "there.cms"] {
        run(&trial, &create(&[ORDER, "--field", "buyer.buyerName", "--out", out])).ends(1);
    }
    assert_eq!(made(), 0);
    assert!(!trial.path("there.cms.txt").exists());
    // A name that nothing has while the command begins, and somebody else takes while the server is at work.
    let served = trial.serve();
    let late = trial.path("late.cms");
    let words = create(&[ORDER, "--field", "buyer.buyerName", "--out", "late.cms"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    served.signal("STOP");
    let child = trial.command(&words).spawn().unwrap();
    crate::served::until(|| {
        let names = std::fs::read_dir(trial.path(".")).unwrap().map(|one| one.unwrap().file_name());
        let drafts = names.filter(|name| name.to_string_lossy().starts_with(".late.cms"));
        (drafts.count() == 4).then_some(())
    });
    std::fs::write(&late, "theirs").unwrap();
    served.signal("CONT");
    let ended = child.wait_with_output().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    let list = trial.json(&["archive", "list"]);
    let id = list["archives"][0]["id"].as_str().unwrap();
    assert!(err.contains(&format!("bailee archive fetch {id} --out FILE")), "{err}");
    assert_eq!(std::fs::read_to_string(&late).unwrap(), "theirs");
    let left = std::fs::read_dir(trial.path(".")).unwrap().map(|one| one.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".new")));
    trial.run(&["archive", "fetch", id, "--out", "archive.cms"]).ends(0);
    assert_eq!(served.end().status, 0);
}
