//! Every act of a home, killed somewhere in its middle: the next one finishes it, and nothing is half done.
//!
//! `BAILEE_STORY_KILLS` says how often each is killed: `docs/performance.md` has the command for 200 times.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::*;

const FIRST: &str = "2026-03-01T09:00:00Z";
/// The day of the first orders is over, and that of the others is not.
const NOW: &str = "2026-03-30T09:00:00Z";
/// Orders of each of the two days.
const ORDERS: usize = 30;
/// What a home is beside its directory.
const KEPT: [&str; 4] = ["home", "home.checkpoints", "state", "backups"];

fn kills() -> u32 {
    std::env::var("BAILEE_STORY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

fn id(day: u32, number: usize) -> String {
    format!("250-{day:07}-{number:07}")
}

fn order(day: u32, number: usize, time: &str) -> String {
    let id = id(day, number);
    format!(
        r#"{{"orderId":"{id}","createdTime":"{time}","lastUpdatedTime":"{time}","buyer":{{"buyerName":"Marlow Quist"}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}}}"#
    ) + "\n"
}

fn orders(day: u32, time: &str) -> String {
    (0..ORDERS).map(|number| order(day, number, time)).collect()
}

/// A home as every act finds it, which is laid out anew for each kill.
struct Stage {
    trial: Trial,
    backup: String,
}

impl Stage {
    fn new() -> Self {
        let trial = Trial::at(FIRST);
        let made = trial.json(&["backup", "keygen", "--out", "backup.key"]);
        fs::create_dir(trial.path("backups")).unwrap();
        let (recipient, place) = (made["recipient"].as_str().unwrap(), trial.path("backups"));
        let lines = format!("recipients = [{recipient:?}]\nplaces = [{:?}]", place.to_str().unwrap());
        trial.configure("[backup]", &lines);
        trial.run(&["archive", "keygen", "--year", "2036", "--out", "2036"]).ends(0);
        trial.run(&["archive", "key", "add", "2036.pub.pem", "--year", "2036"]).ends(0);
        trial.run(&["archive", "keygen", "--year", "2037", "--out", "carrier"]).ends(0);
        let add = [
            "recipient",
            "add",
            "Carrier X",
            "--key",
            "carrier.pub.pem",
            "--seller",
            "ALPHA",
            "--purpose",
            "fulfilment",
        ];
        trial.run(&add).ends(0);
        let collect = ["collect", "--seller", "ALPHA", "-"];
        trial.run_with(&collect, &orders(1, "2026-03-01T08:00:00Z")).ends(0);
        trial.later("2026-03-20T09:00:00Z");
        trial.run_with(&collect, &orders(2, "2026-03-20T08:00:00Z")).ends(0);
        let made = trial.json(&["backup", "create", "--out", "backups"]);
        trial.later(NOW);
        trial.write("new.ndjson", orders(3, "2026-03-30T08:00:00Z"));
        let feed: String =
            (0..ORDERS).map(|number| format!("{},delivered,2026-03-29T08:00:00Z\n", id(2, number))).collect();
        trial.write("feed.csv", format!("order-id,status,time\n{feed}"));
        for name in KEPT {
            copy(&trial.path(name), &trial.path(&format!("stage/{name}")));
        }
        Self { trial, backup: made["file"].as_str().unwrap().to_owned() }
    }

    fn lay_out(&self) {
        for name in KEPT {
            let _ = fs::remove_dir_all(self.trial.path(name));
            copy(&self.trial.path(&format!("stage/{name}")), &self.trial.path(name));
        }
        let _ = fs::remove_dir_all(self.trial.path("lost"));
    }

    /// How many of a day's orders are read.
    fn read(&self, day: u32) -> usize {
        let names: Vec<String> = (0..ORDERS).map(|number| format!("ALPHA/{}", id(day, number))).collect();
        let mut words = vec!["--output", "json", "reveal", "--purpose", "fulfilment"];
        words.extend(names.iter().map(String::as_str));
        let ran = self.trial.run(&words);
        assert!(matches!(ran.status, 0 | 5), "{}", ran.err);
        ran.json()["records"].as_array().unwrap().len()
    }

    fn one() -> String {
        format!("ALPHA/{}", id(2, 7))
    }
}

/// An act: what has to be so before it, how it is done, and what is so once it was done to its end.
struct Deed<'a> {
    name: &'a str,
    words: Vec<&'a str>,
    before: &'a dyn Fn(&Stage),
    after: &'a dyn Fn(&Stage),
}

/// Kills an act again and again, later and later in it, and does it to its end each time.
fn kill(stage: &Stage, deed: &Deed<'_>) {
    let kills = kills();
    stage.lay_out();
    (deed.before)(stage);
    let begun = Instant::now();
    let unkilled = stage.trial.run(&deed.words);
    assert_eq!(unkilled.status, 0, "{}: {}", deed.name, unkilled.err);
    let took = begun.elapsed();
    (deed.after)(stage);
    let mut killed = 0;
    for kill in 0..kills {
        stage.lay_out();
        (deed.before)(stage);
        let mut child = stage.trial.command(&deed.words).spawn().unwrap();
        // Even steps, and a little beyond what it takes: so every part of it is met.
        std::thread::sleep(took * (2 * kill + 1) / (2 * kills));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let again = stage.trial.run(&deed.words);
        assert_eq!(again.status, 0, "{}, kill {kill}: {}", deed.name, again.err);
        (deed.after)(stage);
        stage.trial.run(&["ledger", "verify"]).ends(0);
        for left in ["home/backup.tmp", "home/unwritten"] {
            assert!(!stage.trial.path(left).exists(), "{}, kill {kill}: {left}", deed.name);
        }
    }
    assert!(killed > kills / 3, "{}: only {killed} were killed before they had ended", deed.name);
    println!("{}: killed {killed} of {kills} times, within {took:?}", deed.name);
}

const NOTHING: &dyn Fn(&Stage) = &|_| {};

#[test]
fn a_collect_is_finished_by_the_next() {
    let words = vec!["collect", "--seller", "ALPHA", "new.ndjson"];
    let after = &|stage: &Stage| assert_eq!(stage.read(3), ORDERS);
    kill(&Stage::new(), &Deed { name: "collect", words, before: NOTHING, after });
}

#[test]
fn evidence_is_finished_by_the_next() {
    let words = vec!["evidence-of-delivery", "add", "--seller", "ALPHA", "feed.csv"];
    let after = &|stage: &Stage| {
        let told = stage.trial.run(&["retention", "explain", &Stage::one()]).ends(0).text();
        assert!(told.contains("was delivered at 2026-03-29 08:00 UTC (R1)"), "{told}");
        assert_eq!(stage.read(2), ORDERS);
    };
    kill(&Stage::new(), &Deed { name: "evidence", words, before: NOTHING, after });
}

#[test]
fn a_disposal_is_finished_by_the_next() {
    let after = &|stage: &Stage| {
        assert_eq!((stage.read(1), stage.read(2)), (0, ORDERS));
        let status = stage.trial.json(&["keys", "status"]);
        let live = status["live"]["buckets"].as_u64().unwrap_or(1);
        assert_eq!(live, 1, "{status}");
    };
    kill(&Stage::new(), &Deed { name: "disposal", words: vec!["retention", "run"], before: NOTHING, after });
}

#[test]
fn an_export_is_finished_by_the_next() {
    let one = Stage::one();
    let words = vec!["export", &one, "--purpose", "fulfilment", "--recipient", "Carrier X"];
    let after = &|stage: &Stage| {
        let list = stage.trial.json(&["export", "list"]);
        let exports = list["exports"].as_array().unwrap();
        // One that was made in its last breath waits beside the other.
        assert!(matches!(exports.len(), 1 | 2), "{list}");
        for (number, one) in exports.iter().enumerate() {
            let out = stage.trial.path(&format!("carrier-{number}.cms"));
            for ending in ["", ".txt", ".sig", ".pem"] {
                let _ = fs::remove_file(format!("{}{ending}", out.display()));
            }
            let id = one["id"].as_str().unwrap();
            stage.trial.run(&["export", "fetch", id, "--out", out.to_str().unwrap()]).ends(0);
        }
    };
    kill(&Stage::new(), &Deed { name: "export", words, before: NOTHING, after });
}

#[test]
fn an_archive_is_finished_by_the_next() {
    let one = Stage::one();
    let law = ["--purpose", "invoice", "--statute", "DE-USTG-14b", "--until", "2036-12-31"];
    let words = [&["archive", "create", &one, "--field", "buyer.buyerName"][..], &law].concat();
    let after = &|stage: &Stage| {
        let list = stage.trial.json(&["archive", "list"]);
        let archives = list["archives"].as_array().unwrap();
        assert!(!archives.is_empty());
        let last = archives.last().unwrap()["id"].as_str().unwrap();
        for ending in ["", ".txt", ".sig", ".pem"] {
            let _ = fs::remove_file(stage.trial.path(&format!("archive.cms{ending}")));
        }
        stage.trial.run(&["archive", "fetch", last, "--out", "archive.cms"]).ends(0);
        assert_eq!(stage.read(2), ORDERS, "it lengthens and shortens nothing");
    };
    kill(&Stage::new(), &Deed { name: "archive", words, before: NOTHING, after });
}

#[test]
fn a_hold_is_finished_by_the_next() {
    let one = Stage::one();
    let law = ["--purpose", "invoice", "--statute", "DE-USTG-14b", "--until", "2036-12-31"];
    let words = [&["hold", "add", &one, "--field", "buyer.buyerName"][..], &law].concat();
    let after = &|stage: &Stage| {
        let list = stage.trial.json(&["hold", "list"]);
        let holds = list["holds"].as_array().unwrap();
        let told = (&holds[0]["archives"], &holds[0]["records"], &holds[0]["missed"]);
        assert_eq!((holds.len(), told), (1, (&1.into(), &1.into(), &0.into())), "{list}");
        let ran = stage.trial.json(&["retention", "run"]);
        assert_eq!(ran["archived"], 0, "it was archived once: {ran}");
        assert_eq!(stage.read(2), ORDERS, "it lengthens and shortens nothing");
    };
    kill(&Stage::new(), &Deed { name: "hold", words, before: NOTHING, after });
}

#[test]
fn a_run_that_archives_is_finished_by_the_next() {
    let before = &|stage: &Stage| {
        let law = ["--purpose", "invoice", "--statute", "DE-USTG-14b", "--until", "2036-12-31"];
        let of = ["hold", "add", "--seller", "ALPHA", "--all", "--field", "buyer.buyerName"];
        stage.trial.run(&[&of[..], &law].concat()).ends(0);
        stage.trial.later("2026-04-12T09:00:00Z");
    };
    let after = &|stage: &Stage| {
        let list = stage.trial.json(&["hold", "list"]);
        let told = (&list["holds"][0]["archives"], &list["holds"][0]["records"]);
        assert_eq!(told, (&1.into(), &ORDERS.into()), "{list}");
        assert_eq!((stage.read(1), stage.read(2)), (0, ORDERS));
    };
    kill(&Stage::new(), &Deed { name: "archiving", words: vec!["retention", "run"], before, after });
}

#[test]
fn an_erasure_is_finished_by_the_next() {
    let one = Stage::one();
    let after = &|stage: &Stage| {
        let gone = stage.trial.run(&["--output", "json", "reveal", &Stage::one(), "--purpose", "fulfilment"]);
        assert_eq!(gone.ends(5).json()["gone"][0]["state"], "erased");
        assert_eq!(stage.read(2), ORDERS - 1);
        assert!(!stage.trial.run(&["ledger", "tail", "-n", "50"]).ends(0).text().is_empty());
    };
    kill(&Stage::new(), &Deed { name: "erasure", words: vec!["erase", &one], before: NOTHING, after });
}

#[test]
fn a_backup_is_finished_by_the_next() {
    let words = vec!["backup", "create", "--out", "backups"];
    let after = &|stage: &Stage| {
        let files = fs::read_dir(stage.trial.path("backups")).unwrap().map(|one| one.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!(files.len() > 1, "the one before, and a new one");
        for file in files {
            assert!(file.extension().is_some_and(|ending| ending == "backup"), "{}", file.display());
            stage.trial.run(&["backup", "verify", file.to_str().unwrap(), "--key", "backup.key"]).ends(0);
        }
    };
    kill(&Stage::new(), &Deed { name: "backup", words, before: NOTHING, after });
}

#[test]
fn a_restore_is_finished_by_the_next() {
    let stage = Stage::new();
    let file = stage.backup.clone();
    let mut words =
        vec!["backup", "restore", &file, "--key", "backup.key", "--checkpoints", "home.checkpoints"];
    words.extend(["--mirror", "lost/keyring/a", "--mirror", "lost/keyring/b", "--root-key", "lost/root.key"]);
    let before = &|stage: &Stage| {
        stage.trial.run(&["retention", "run"]).ends(0);
        fs::rename(stage.trial.path("home"), stage.trial.path("lost")).unwrap();
    };
    let after = &|stage: &Stage| {
        stage.trial.log_in();
        assert_eq!((stage.read(1), stage.read(2)), (0, ORDERS));
    };
    // Killed in its last breath it is done, and then there is nothing to finish.
    let is_done = |stage: &Stage| Path::new(&stage.trial.path("home/bailee.toml")).exists();
    let kills = kills();
    stage.lay_out();
    before(&stage);
    let begun = Instant::now();
    stage.trial.run(&words).ends(0);
    let took: Duration = begun.elapsed();
    after(&stage);
    for kill in 0..kills {
        stage.lay_out();
        before(&stage);
        let mut child = stage.trial.command(&words).spawn().unwrap();
        std::thread::sleep(took * (2 * kill + 1) / (2 * kills));
        child.kill().unwrap();
        child.wait().unwrap();
        if !is_done(&stage) {
            let again = stage.trial.run(&words);
            assert_eq!(again.status, 0, "kill {kill}: {}", again.err);
        }
        after(&stage);
        stage.trial.run(&["ledger", "verify"]).ends(0);
    }
}
