//! Backups as somebody keeps them: made while a home is used, verified anywhere, gone on from, and nothing brought back by them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use crate::support::*;

const NOW: &str = "2026-03-02T09:00:00Z";
const ALONE: &str = "ALPHA/250-1234567-1234567";

fn order(number: u32, name: &str, on: &str) -> String {
    format!(
        r#"{{"orderId":"250-0000000-{number:07}","createdTime":"{on}","lastUpdatedTime":"{on}","buyer":{{"buyerName":"{name}"}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}}}"#
    )
}

/// A home with two orders of different days, a key for backups and a place for them.
fn kept() -> Trial {
    let trial = Trial::at(NOW);
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], crate::grants::ORDER).ends(0);
    trial.later("2026-03-20T09:00:00Z");
    trial
        .run_with(&["collect", "--seller", "ALPHA", "-"], &order(1, "Marlow Quist", "2026-03-20T08:00:00Z"))
        .ends(0);
    give_places(&trial);
    trial
}

pub(crate) fn give_places(trial: &Trial) {
    let made = trial.json(&["backup", "keygen", "--out", "backup.key", "--sheet", "sheet.txt"]);
    let recipient = made["recipient"].as_str().unwrap();
    fs::create_dir(trial.path("backups")).unwrap();
    let place = trial.path("backups");
    trial.configure(
        "[backup]",
        &format!("recipients = [{recipient:?}]\nplaces = [{:?}]", place.to_str().unwrap()),
    );
}

pub(crate) fn back_up(trial: &Trial) -> String {
    let made = trial.json(&["backup", "create", "--out", "backups"]);
    made["file"].as_str().unwrap().to_owned()
}

/// The words of a restore into `again`, by the keys of the home that lies there now.
fn restore<'a>(file: &'a str, lost: &'a str, mirrors: &'a [String; 2]) -> Vec<&'a str> {
    let mut words = vec![
        "--home",
        "again",
        "backup",
        "restore",
        file,
        "--key",
        "backup.key",
        "--checkpoints",
        "home.checkpoints",
    ];
    for mirror in mirrors {
        words.extend(["--mirror", mirror]);
    }
    words.extend(["--root-key", lost]);
    words
}

fn mirrors_in(home: &str) -> [String; 2] {
    [format!("{home}/keyring/a"), format!("{home}/keyring/b")]
}

fn log_in_again(trial: &Trial) {
    trial.run_with(&["--home", "again", "login", "--as", MAIL, "--password-stdin"], PASSWORD).ends(0);
}

#[test]
fn a_home_that_was_lost_goes_on_from_its_backup_and_nothing_that_ended_comes_back() {
    let trial = kept();
    let file = back_up(&trial);
    let verified = trial.json(&["backup", "verify", &file, "--key", "backup.key"]);
    assert_eq!(verified["environment"], "test");
    assert!(verified["ledger_size"].as_u64().unwrap() > 5, "{verified}");
    trial.run(&["backup", "verify", &file, "--key", "sheet.key"]).ends(1);
    // Since then: an order's day comes, and another is taken in.
    trial.later("2026-03-31T09:00:00Z");
    assert!(trial.json(&["retention", "run"])["buckets_destroyed"].as_u64().unwrap() > 0);
    trial
        .run_with(
            &["collect", "--seller", "ALPHA", "-"],
            &order(2, "Quirina Zettelmann", "2026-03-31T08:00:00Z"),
        )
        .ends(0);
    let entries = trial.json(&["ledger", "verify"])["size"].as_u64().unwrap();
    fs::rename(trial.path("home"), trial.path("lost")).unwrap();

    let mirrors = mirrors_in("lost");
    let words = restore(&file, "lost/root.key", &mirrors);
    let restored = trial.json(&words);
    assert_eq!((&restored["parts"], &restored["gone"]["disposed"]), (&1.into(), &1.into()), "{restored}");
    assert_eq!(restored["gone"]["sessions"], 1);
    // Without a copy of the ledger nothing tells of what was asked for.
    for what in ["erased", "restricted", "not_here", "ended", "lost", "rectified"] {
        assert!(restored["gone"][what].is_null(), "{what}: {restored}");
    }
    let lost = restored["ledger_lost"].as_u64().unwrap();
    assert_eq!(restored["ledger_size"].as_u64().unwrap() + lost, entries, "{restored}");
    // Whoever was logged in is not any more.
    trial.run(&["--home", "again", "show", ALONE]).ends(4);
    log_in_again(&trial);
    let said = |words: &[&str]| trial.run(&[&["--home", "again"], words].concat());
    let revealed = said(&["reveal", "ALPHA/250-0000000-0000001", "--purpose", "fulfilment"]).ends(0);
    assert!(revealed.text().contains("Marlow Quist"));
    let gone = said(&["reveal", ALONE, "--purpose", "fulfilment", "--output", "json"]).ends(5).json();
    assert_eq!(gone["gone"][0]["state"], "disposed", "{gone}");
    said(&["reveal", "ALPHA/250-0000000-0000002", "--purpose", "fulfilment"]).ends(5);
    said(&["ledger", "verify"]).ends(0);
    // It goes on as any home: taken in again, disposed of, backed up, restored.
    let again = order(2, "Quirina Zettelmann", "2026-03-31T08:00:00Z");
    trial
        .run_with(
            &["--home", "again", "--now", "2026-04-01T09:00:00Z", "collect", "--seller", "ALPHA", "-"],
            &again,
        )
        .ends(0);
    let tail = said(&["ledger", "tail", "-n", "100", "--output", "json"]).ends(0).json();
    let steps: Vec<&Value> =
        tail["events"].as_array().unwrap().iter().filter(|one| one["event"] == "restored").collect();
    let steps: Vec<&str> = steps.iter().map(|one| one["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["begun", "completed"]);
    let made = said(&["backup", "create", "--out", "backups", "--output", "json"]).ends(0).json();
    let second = made["file"].as_str().unwrap();
    fs::rename(trial.path("again"), trial.path("lost-too")).unwrap();
    fs::rename(trial.path("again.checkpoints"), trial.path("kept.checkpoints")).unwrap();
    let mut words = restore(second, "lost/root.key", &mirrors);
    words[8] = "kept.checkpoints";
    let restored = trial.json(&words);
    assert_eq!((&restored["parts"], &restored["gone"]["disposed"]), (&2.into(), &0.into()), "{restored}");
    assert!(restored["ledger_lost"].as_u64().unwrap() > 0, "{restored}");
    log_in_again(&trial);
    said(&["reveal", "ALPHA/250-0000000-0000002", "--purpose", "fulfilment"]).ends(0);
    said(&["ledger", "verify"]).ends(0);
    // Nothing of what was held, and no key, lies in what was written meanwhile.
    let mut files = Vec::new();
    for name in ["again", "again.checkpoints", "backups", "tmp"] {
        read_all(&trial.path(name), &mut files);
    }
    files.retain(|(path, _)| !path.ends_with("server.pem"));
    assert_nowhere(
        &files,
        &["Marlow Quist", "Juniper Fernsby", "Quirina Zettelmann", "j@example.com"].map(str::to_owned),
    );
}

#[test]
fn with_a_copy_of_the_ledger_what_was_asked_for_since_is_done_again_and_no_entry_is_lost() {
    let trial = kept();
    let file = back_up(&trial);
    let second = order(2, "Quirina Zettelmann", "2026-03-20T08:00:00Z");
    trial.run(&["seller", "add", "BETA"]).ends(0);
    for seller in ["ALPHA", "BETA"] {
        trial.run_with(&["collect", "--seller", seller, "-"], &second).ends(0);
    }
    for record in ["ALPHA/250-0000000-0000002", "BETA/250-0000000-0000002", ALONE] {
        trial.run(&["erase", record]).ends(0);
    }
    trial.run(&["restrict", "ALPHA/250-0000000-0000001"]).ends(0);
    let ended = trial.run(&["seller", "end", "BETA", "--reason", "authorisation-ended"]);
    assert!(ended.status == 0, "{}", ended.err);
    trial.run(&["ledger", "export", "--out", "copy"]).ends(0);
    fs::rename(trial.path("home"), trial.path("lost")).unwrap();

    let mirrors = mirrors_in("lost");
    let mut words = restore(&file, "lost/root.key", &mirrors);
    words.extend(["--ledger", "copy"]);
    // A copy that was changed tells nothing.
    let entries = trial.path("copy/tile/entries");
    let mut bundles = Vec::new();
    read_all(&entries, &mut bundles);
    let (path, mut content) = bundles.remove(0);
    let (at, whole) = (content.len() / 2, content.clone());
    content[at] ^= 1;
    fs::write(&path, &content).unwrap();
    trial.run(&words).ends(6);
    assert!(!trial.path("again").exists());
    fs::write(&path, &whole).unwrap();

    let restored = trial.json(&words);
    let gone = &restored["gone"];
    assert_eq!((&gone["restricted"], &gone["not_here"]), (&1.into(), &0.into()), "{restored}");
    assert_eq!((&gone["ended"], &gone["erased"]), (&1.into(), &3.into()), "{restored}");
    assert_eq!((&gone["parts"], &gone["lost"]), (&0.into(), &0.into()), "{restored}");
    assert_eq!(restored["ledger_lost"], 0, "{restored}");
    assert_eq!(restored["origin"].as_str().unwrap().split('/').count(), 2, "it is the ledger that it was");
    log_in_again(&trial);
    let said = |words: &[&str]| trial.run(&[&["--home", "again"], words].concat());
    let denied = said(&["reveal", "ALPHA/250-0000000-0000001", "--purpose", "fulfilment"]).ends(4);
    assert!(denied.err.contains("2.2.d") || denied.text().contains("2.2.d"), "{}", denied.err);
    // What was erased does not come back, though no row of the backup had it; nor does the seller.
    let collect = |seller: &str| {
        trial.run_with(&["--home", "again", "collect", "--seller", seller, "-", "--output", "json"], &second)
    };
    let counts = collect("ALPHA").ends(0).json();
    assert_eq!((&counts["past_retention"], &counts["collected"]), (&1.into(), &0.into()), "{counts}");
    assert!(collect("BETA").ends(1).err.contains("ended"));
    let verified = said(&["ledger", "verify", "--output", "json"]).ends(0).json();
    assert_eq!(verified["checkpoint_ok"], true);
    let told = said(&["ledger", "tail", "-n", "1000", "--output", "json"]).ends(0).json();
    let events = told["events"].as_array().unwrap();
    assert!(events.iter().any(|one| one["event"] == "erased"), "what the copy has is in the ledger");
}

#[test]
fn what_was_rectified_since_is_lost_and_collected_again_and_a_mirror_that_is_not_there_is_named() {
    let trial = kept();
    let file = back_up(&trial);
    let live = "ALPHA/250-0000000-0000001";
    let rectify = ["rectify", live, "--field", "buyer.buyerName", "--value-stdin"];
    let rectified = trial.run_with(&rectify, "Marla Quist");
    assert!(rectified.status == 0, "{}", rectified.err);
    trial.run(&["ledger", "export", "--out", "copy"]).ends(0);
    fs::rename(trial.path("home"), trial.path("lost")).unwrap();
    let missing = mirrors_in("nowhere");
    let refused = trial.run(&restore(&file, "lost/root.key", &missing)).ends(1);
    assert!(refused.err.contains("nowhere/keyring/a is not there"), "{}", refused.err);
    assert!(!trial.path("again").exists());
    let mirrors = mirrors_in("lost");
    let mut words = restore(&file, "lost/root.key", &mirrors);
    words.extend(["--ledger", "copy"]);
    let restored = trial.json(&words);
    let gone = &restored["gone"];
    assert_eq!((&gone["parts"], &gone["lost"], &gone["rectified"]), (&0.into(), &1.into(), &1.into()));
    assert_eq!(restored["parts"], 1, "{restored}");
    log_in_again(&trial);
    let said = |words: &[&str]| trial.run(&[&["--home", "again"], words].concat());
    let lost = said(&["reveal", live, "--purpose", "fulfilment"]).ends(5);
    assert!(lost.err.contains("is lost since") || lost.text().contains("is lost since"), "{}", lost.err);
    let shown = said(&["show", live]).ends(0).text();
    assert!(shown.contains("lost") && !shown.contains("somebody asked"), "{shown}");
    let again = order(1, "Marlow Quist", "2026-03-20T08:00:00Z");
    let counts =
        trial.run_with(&["--home", "again", "collect", "--seller", "ALPHA", "-", "--output", "json"], &again);
    assert_eq!(counts.ends(0).json()["updated"], 1);
    assert!(said(&["reveal", live, "--purpose", "fulfilment"]).ends(0).text().contains("Marlow Quist"));
}

#[test]
fn a_drill_opens_everything_that_lives_and_leaves_the_home_as_it_was() {
    let trial = kept();
    let none = trial.run(&["backup", "status"]).ends(0).text();
    assert!(none.contains("never backed up"), "{none}");
    let sent = trial.path("sent.backup");
    let words = format!("send = [\"cp\", \"{{file}}\", {:?}]", sent.to_str().unwrap());
    trial.configure("[backup]", &words);
    let made = trial.json(&["backup", "create", "--out", "backups"]);
    let file = made["file"].as_str().unwrap();
    assert_eq!(made["sent"], true);
    assert_eq!(fs::read(&sent).unwrap(), fs::read(file).unwrap(), "and sent elsewhere");
    let drill = |file: &str| trial.run(&["backup", "drill", file, "--key", "backup.key", "--output", "json"]);
    let first = drill(file).ends(0).json();
    assert_eq!((&first["opened"], &first["gone"], &first["failed"]), (&2.into(), &0.into(), &0.into()));
    // An order's day comes: the drill says that it stays gone, and destroys nothing itself.
    trial.later("2026-03-31T09:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    let keys = trial.json(&["keys", "status"]);
    let second = drill(file).ends(0).json();
    assert_eq!((&second["opened"], &second["gone"], &second["failed"]), (&1.into(), &1.into(), &0.into()));
    assert_eq!(second["age_seconds"], 11 * 24 * 60 * 60);
    assert_eq!(trial.json(&["keys", "status"])["revision"], keys["revision"]);
    assert!(!trial.path("home/backup.tmp").exists());
    let standing = trial.json(&["backup", "status"]);
    assert_eq!((&standing["last"]["backup"], &standing["drill"]["opened"]), (&made["backup"], &1.into()));
    assert!(trial.run(&["backup", "status"]).ends(0).text().contains("next drill due: 2026-06-29"));
    // One of another home, one with a byte changed, a key that others may read.
    let other = kept();
    let others = back_up(&other);
    let key = other.path("backup.key");
    let refused = trial.run(&["backup", "drill", &others, "--key", key.to_str().unwrap()]).ends(1);
    assert!(refused.err.contains("2.5.b"), "{}", refused.err);
    let mut content = fs::read(file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&sent, &content).unwrap();
    assert!(drill("sent.backup").ends(6).err.contains("refused"));
    let failed = trial.json(&["backup", "status"]);
    assert_eq!(failed["drill_failed"]["code"], "backup-changed", "{failed}");
    assert!(trial.run(&["backup", "status"]).ends(0).text().contains("could not be done"));
    fs::set_permissions(trial.path("backup.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(drill(file).ends(1).err.contains("chmod 600"));
    // Nobody drilled for ninety days: an alarm, once a day.
    trial.later("2026-04-10T09:00:00Z");
    let passwords = format!("{PASSWORD}\nViolet-Anvil-7781\n");
    trial.run_with(&["person", "password", "--password-stdin"], &passwords).ends(0);
    trial.later("2026-07-02T09:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    let tail = trial.json(&["ledger", "tail", "-n", "100"]);
    let overdue = |one: &&Value| one["event"] == "system-error" && one["code"] == "drill-overdue";
    assert_eq!(tail["events"].as_array().unwrap().iter().filter(overdue).count(), 1);
    // One that could not be sent is there all the same.
    let config = fs::read_to_string(trial.path("home/bailee.toml")).unwrap();
    fs::write(trial.path("home/bailee.toml"), config.replace("\"cp\"", "\"false\"")).unwrap();
    let unsent = trial.run(&["backup", "create", "--out", "backups", "--output", "json"]).ends(1);
    assert_eq!(unsent.json()["sent"], false);
    assert!(Path::new(unsent.json()["file"].as_str().unwrap()).exists());
}

#[test]
fn a_backup_that_is_not_whole_or_not_for_this_key_is_refused() {
    let trial = kept();
    let file = back_up(&trial);
    let whole = fs::read(&file).unwrap();
    let verify = |name: &str, key: &str| trial.run(&["backup", "verify", name, "--key", key]);
    let of = |bytes: Vec<u8>| trial.write("copy.backup", bytes);
    for at in [3, 16, 32, 40, 60, 100, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let refused = verify(&of(bytes), "backup.key");
        assert!(refused.status == 6 || at < 58 && refused.status == 1, "byte {at}: {}", refused.err);
        assert!(refused.out.is_empty());
    }
    for length in [0, 10, 100, whole.len() / 2, whole.len() - 1] {
        verify(&of(whole[..length].to_vec()), "backup.key").ends(6);
    }
    verify(&of([&whole[..], b"x"].concat()), "backup.key").ends(6);
    // 2.5.b: one that says it is of another environment does not open at all.
    let mut bytes = whole;
    assert_eq!(bytes[32], 2);
    bytes[32] = 1;
    let refused = verify(&of(bytes), "backup.key").ends(6);
    assert!(refused.err.contains("was changed"), "{}", refused.err);
    // Keys.
    trial.run(&["backup", "keygen", "--out", "other.key"]).ends(0);
    let refused = verify(&file, "other.key").ends(1);
    assert!(refused.err.contains("sealed for other keys"), "{}", refused.err);
    trial.run(&["backup", "keygen", "--out", "other.key"]).ends(1);
    assert!(verify(&file, &file).ends(1).err.contains("bailee: "));
    fs::set_permissions(trial.path("other.key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(verify(&file, "other.key").ends(1).err.contains("2.4.b"));
    // What the sheet shows, typed by somebody else, is the same key.
    let sheet = fs::read_to_string(trial.path("sheet.txt")).unwrap();
    let typed = sheet
        .lines()
        .find(|line| line.starts_with("    ") && line.trim().split(' ').count() == 14)
        .unwrap()
        .to_uppercase();
    let typed = trial.write("typed.key", typed.replace(' ', "\n"));
    fs::set_permissions(&typed, fs::Permissions::from_mode(0o600)).unwrap();
    verify(&file, &typed).ends(0);
    assert_eq!(fs::read_dir(trial.path("tmp")).unwrap().count(), 0, "what was opened is gone");
}

#[test]
fn a_place_that_is_not_listed_is_refused_and_so_is_one_beside_the_keys() {
    let trial = Trial::at(NOW);
    fs::create_dir(trial.path("elsewhere")).unwrap();
    let refused = trial.run(&["backup", "create", "--out", "elsewhere"]).ends(1);
    assert!(refused.err.contains("bailee backup keygen"), "{}", refused.err);
    give_places(&trial);
    let refused = trial.run(&["backup", "create", "--out", "elsewhere"]).ends(1);
    assert!(refused.err.contains("2.3.c"), "{}", refused.err);
    fs::create_dir(trial.path("backups/daily")).unwrap();
    trial.run(&["backup", "create", "--out", "backups/daily"]).ends(0);
    let configuration = fs::read_to_string(trial.path("home/bailee.toml")).unwrap();
    for (place, says) in [("home/keyring", "2.4.b"), ("home/below", "the home"), ("", "the home")] {
        let place = trial.path(place);
        let changed = configuration.replace(trial.path("backups").to_str().unwrap(), place.to_str().unwrap());
        trial.write("home/bailee.toml", changed);
        let refused = trial.run(&["seller", "list"]).ends(1);
        assert!(
            refused.err.contains("[backup]") && refused.err.contains(says) || says == "2.4.b",
            "{}",
            refused.err
        );
    }
    for (line, says) in [
        ("recipients = [\"bkp_aaaa\"]", "backup keygen"),
        ("places = [\"backups\"]", "from the root"),
        ("recipient = []", "recipients"),
    ] {
        let changed = configuration.replace("[backup]\nrecipients", &format!("[backup]\n{line}\n#"));
        trial.write("home/bailee.toml", changed.replace("\nplaces = [\"/", "\n# ["));
        let refused = trial.run(&["seller", "list"]).ends(1);
        assert!(refused.err.contains(says), "{line}: {}", refused.err);
    }
}

#[test]
fn a_backup_comes_from_a_home_that_is_served_and_no_other_way_in_makes_one() {
    let trial = kept();
    let served = trial.serve();
    let file = back_up(&trial);
    trial.run(&["backup", "verify", &file, "--key", "backup.key"]).ends(0);
    let bearer = served.bearer();
    let place = trial.path("backups").to_str().unwrap().to_owned();
    let asked = |directory: &str| {
        let body = serde_json::json!({ "directory": directory }).to_string();
        let words = ["-H", &bearer, "-H", "Content-Type: application/json", "-d", &body];
        let ran = served.curl("/v1/backups", &words).output().unwrap();
        serde_json::from_slice::<Value>(&ran.stdout).unwrap()
    };
    assert!(Path::new(asked(&place)["file"].as_str().unwrap()).is_file());
    assert!(asked("backups")["type"].as_str().unwrap().ends_with("relative-directory"));
    let refused = asked("/");
    assert_eq!(refused["requirement"], "2.3.c", "{refused}");
    served.end().ends(0);
    let service = ["service", "add", "x", "--seller", "ALPHA", "--purpose", "tax", "--class", "tax"];
    let key = trial.json(&service)["key"].as_str().unwrap().to_owned();
    let trial = trial.with_key(&key);
    trial.run(&["backup", "create", "--out", "backups"]).ends(4);
}

#[test]
fn a_restore_that_cannot_be_done_leaves_nothing_and_the_keyring_as_it_was() {
    let trial = kept();
    copy(&trial.path("home/keyring"), &trial.path("older"));
    trial.later("2026-03-31T09:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    let file = back_up(&trial);
    let other = Trial::at(NOW);
    copy(&other.path("home"), &trial.path("other"));
    let keyring = |name: &str| {
        let mut files = Vec::new();
        read_all(&trial.path(name), &mut files);
        files.sort();
        files
    };
    let (before, older) = (keyring("home/keyring"), keyring("older"));
    let refused = |mirrors: [&str; 2], root_key: &str, says: &str| {
        let mirrors = mirrors.map(str::to_owned);
        let ran = trial.run(&restore(&file, root_key, &mirrors)).ends(1);
        assert!(ran.err.contains(says), "{}", ran.err);
        assert!(!trial.path("again").exists());
    };
    refused(["older/a", "older/b"], "home/root.key", "older than revision");
    refused(["other/keyring/a", "other/keyring/b"], "other/root.key", "another home");
    refused(["home/keyring/a", "home/keyring/b"], "other/root.key", "root key");
    refused(["home/keyring/a", "home/keyring/a"], "home/root.key", "at least 2 mirrors");
    refused(["none/a", "none/b"], "home/root.key", "");
    assert!(before == keyring("home/keyring") && older == keyring("older"));
    fs::create_dir(trial.path("again")).unwrap();
    trial.write("again/letter.txt", "not ours");
    let mirrors = mirrors_in("home");
    trial.run(&restore(&file, "home/root.key", &mirrors)).ends(1);
    assert!(trial.path("again/letter.txt").exists());
    fs::remove_dir_all(trial.path("again")).unwrap();
    // An empty second mirror is filled.
    fs::rename(trial.path("home"), trial.path("lost")).unwrap();
    fs::remove_dir_all(trial.path("lost/keyring/b")).unwrap();
    fs::create_dir(trial.path("new-b")).unwrap();
    let mirrors = ["lost/keyring/a".to_owned(), "new-b".to_owned()];
    trial.run(&restore(&file, "lost/root.key", &mirrors)).ends(0);
    log_in_again(&trial);
    let status = trial.run(&["--home", "again", "keys", "status"]).ends(0).text();
    assert_eq!(status.matches("current").count(), 2, "{status}");
}

#[test]
fn a_backup_that_is_killed_leaves_none_and_the_next_one_is_whole() {
    let trial = Trial::at(NOW);
    give_places(&trial);
    let orders = trial.run(&["synth", "--orders", "400", "--now", NOW]).ends(0).out;
    trial.write("orders.ndjson", orders);
    trial.run(&["collect", "--seller", "ALPHA", "orders.ndjson"]).ends(0);
    let begun = Instant::now();
    let mut seen = vec![std::path::PathBuf::from(back_up(&trial))];
    let took = begun.elapsed();
    let mut killed = 0;
    for attempt in 0..7 {
        let mut child = trial.command(&["backup", "create", "--out", "backups"]).spawn().unwrap();
        // Even steps of what it takes, on whatever machine.
        std::thread::sleep(took * (2 * attempt + 1) / 14);
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        for entry in fs::read_dir(trial.path("backups")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "backup") && !seen.contains(&path) {
                trial.run(&["backup", "verify", path.to_str().unwrap(), "--key", "backup.key"]).ends(0);
                seen.push(path);
            }
        }
    }
    assert!(killed > 2, "{killed} were killed before they had ended");
    let file = back_up(&trial);
    trial.run(&["backup", "verify", &file, "--key", "backup.key"]).ends(0);
    let names: Vec<String> = fs::read_dir(trial.path("backups"))
        .unwrap()
        .map(|one| one.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().all(|name| !name.ends_with(".part")), "{names:?}");
    assert!(!trial.path("home/backup.tmp").exists());
    trial.run(&["ledger", "verify"]).ends(0);
}
