//! The root key in each of its places: in a file, under a passphrase, with the service manager.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{MAIL, PASSWORD, Ran, Trial, assert_nowhere};
use crate::terminal::Session;

const NOW: &str = "2026-03-02T09:00:00Z";
const OLD: &str = "Blue-Kettle-on-7-Stoves";
const NEW: &str = "thirteen green barges in the reeds";
const ASKED: &str = "passphrase of the root key";
const CHANGE: [&str; 3] = ["keys", "passphrase", "--passphrase-stdin"];

/// `init` of a test home, but for what is told of its root key.
fn init(more: &[&str], typed: &str) -> (Trial, Ran) {
    let trial = Trial::empty();
    let owner = format!("Ada Muster <{MAIL}>");
    let words = ["init", "--environment", "test", "--owner", &owner, "--now", NOW, "--password-stdin"];
    let ran = trial.run_with(&[&words[..], more].concat(), typed);
    (trial, ran)
}

/// A home whose root key lies under [`OLD`], which a file beside the home holds, with its owner logged in.
fn sealed() -> Trial {
    let (trial, ran) = init(&["--passphrase-stdin"], &format!("{PASSWORD}\n{OLD}\n"));
    ran.ends(0);
    keep(&trial.path("phrase"), OLD);
    let place = format!("passphrase = \"file:{}\"", trial.path("phrase").display());
    trial.configure("[keys]", &place);
    trial.log_in();
    trial
}

/// Puts a secret into a file of its owner.
fn keep(path: &Path, secret: &str) {
    fs::write(path, format!("{secret}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// Fails the test unless the home is not opened, for this reason, on one line without a passphrase in it.
#[track_caller]
fn refused(ran: Ran, says: &str) {
    let ran = ran.ends(1);
    assert!(ran.err.contains(says) && ran.err.lines().count() == 1, "{}", ran.err);
    assert!(![OLD, NEW].iter().any(|secret| ran.err.contains(secret)), "{}", ran.err);
    assert_eq!(ran.text(), "");
}

fn changes(trial: &Trial) -> usize {
    trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text().matches("passphrase-changed").count()
}

#[test]
fn a_home_lives_under_a_passphrase_and_goes_on_under_another() {
    let trial = sealed();
    let root_key = fs::read_to_string(trial.path("home/root.key")).unwrap();
    assert!(root_key.starts_with("bailee root key under a passphrase 1\nargon2id v=19 m=65536 t=3 p=4\n"));
    let mode = fs::metadata(trial.path("home/root.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    trial.run(&["seller", "add", "ALPHA"]).ends(0);
    let order = format!(
        "{{\"orderId\":\"250-0000000-0000001\",\"lastUpdatedTime\":\"{NOW}\",\"buyer\":{{\"buyerName\":\"Juniper Fernsby\"}}}}"
    );
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &order).ends(0);
    let reveal = || {
        let revealed = trial.json(&["reveal", "ALPHA/250-0000000-0000001", "--purpose", "fulfilment"]);
        assert_eq!(revealed["records"][0]["fields"]["buyer.buyerName"], "Juniper Fernsby");
    };
    reveal();
    let state = || {
        let status = trial.json(&["keys", "status"]);
        (status["epoch"].clone(), status["revision"].clone())
    };
    let before = state();

    let changed = trial.run_with(&CHANGE, &format!("{OLD}\n{NEW}\n")).ends(0);
    assert!(
        changed.err.contains("put the new passphrase") && changed.err.contains("/phrase"),
        "{}",
        changed.err
    );
    refused(trial.run(&["seller", "list"]), "the passphrase does not open the root key");
    keep(&trial.path("phrase"), NEW);
    reveal();
    assert_eq!(state(), before, "no epoch has changed");
    assert_eq!(changes(&trial), 1);
    refused(
        trial.run_with(&CHANGE, &format!("{OLD}\n{NEW}x\n")),
        "the passphrase does not open the root key",
    );
    trial.run(&["ledger", "verify"]).ends(0);
    assert_nowhere(&trial.kept(), &[OLD.to_owned(), NEW.to_owned()]);
}

#[test]
fn a_passphrase_that_cannot_be_changed_stays_and_is_no_event() {
    let trial = sealed();
    let files = || {
        let mut names: Vec<_> =
            fs::read_dir(trial.path("home")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        (names, fs::read(trial.path("home/root.key")).unwrap())
    };
    let before = files();
    for (typed, says) in [
        (format!("{NEW}\n{NEW}\n"), "does not open the root key"),
        (String::new(), "does not open the root key"),
        (format!("{OLD}\nshort\n"), "at least 16 characters"),
        (format!("{OLD}\n"), "at least 16 characters"),
        (format!("{OLD}\n{OLD}\n"), "to be another than before (1.4.a)"),
    ] {
        refused(trial.run_with(&CHANGE, &typed), says);
    }
    let elsewhere = ["--server", "https://localhost:9", "keys", "passphrase", "--passphrase-stdin"];
    refused(trial.run_with(&elsewhere, &format!("{OLD}\n{NEW}\n")), "without --server");
    assert_eq!(changes(&trial), 0);
    trial.run(&["logout"]).ends(0);
    trial.run_with(&CHANGE, &format!("{OLD}\n{NEW}\n")).ends(4);
    assert!(files() == before);

    let plain = Trial::at(NOW);
    refused(plain.run_with(&CHANGE, &format!("{OLD}\n{NEW}\n")), "under no passphrase");
}

#[test]
fn a_passphrase_changes_while_the_home_is_served() {
    let trial = sealed();
    let served = trial.serve();
    let changed = trial.run_with(&[&["--output", "json"], &CHANGE[..]].concat(), &format!("{OLD}\n{NEW}\n"));
    assert_eq!(changed.ends(0).json(), serde_json::json!({ "changed": true }));
    assert_eq!(served.ask("/v1/health", &[])["status"], "ok");
    assert_eq!(served.end().status, 0);
    refused(trial.run(&["seller", "list"]), "the passphrase does not open the root key");
    keep(&trial.path("phrase"), NEW);
    assert_eq!(changes(&trial), 1);
}

#[test]
fn a_weak_passphrase_makes_no_home() {
    for (typed, says) in [
        ("short", "at least 16 characters"),
        ("", "at least 16 characters"),
        ("blue-kettle-on-7-st", "an upper-case letter"),
    ] {
        let (trial, ran) = init(&["--passphrase-stdin"], &format!("{PASSWORD}\n{typed}\n"));
        assert!(ran.err.contains("1.4.a"), "{}", ran.err);
        refused(ran, says);
        assert!(!trial.path("home").exists());
    }
    let (_, ran) = init(&["--passphrase", "--passphrase-stdin"], PASSWORD);
    assert!(ran.ends(2).err.contains("cannot be given together"));
}

#[test]
fn a_root_key_that_was_cut_changed_or_opened_to_others_is_refused() {
    let trial = sealed();
    let path = trial.path("home/root.key");
    let sound = fs::read_to_string(&path).unwrap();
    let changed = sound.replace("m=65536", "m=65537");
    for (content, says) in [
        (&sound[..sound.len() - 1], "is not a root key under a passphrase"),
        (&sound[..40], "is not a root key under a passphrase"),
        ("", "is not a root key under a passphrase"),
        (&sound.replace("m=65536", "m=4294967295"), "more or less work"),
        (&sound.replace("t=3", "t=4294967295"), "more or less work"),
        (&sound.replace("m=65536 t=3 p=4", "m=8 t=1 p=1"), "more or less work"),
        (&changed, "the passphrase does not open the root key"),
    ] {
        fs::write(&path, content).unwrap();
        refused(trial.run(&["seller", "list"]), says);
    }
    fs::write(&path, &sound).unwrap();
    for file in ["home/root.key", "phrase"] {
        fs::set_permissions(trial.path(file), Permissions::from_mode(0o640)).unwrap();
        refused(trial.run(&["seller", "list"]), "chmod 600");
        fs::set_permissions(trial.path(file), Permissions::from_mode(0o600)).unwrap();
    }
    trial.run(&["seller", "list"]).ends(0);
}

#[test]
fn a_root_key_is_a_credential_of_the_service_manager() {
    let trial = Trial::at(NOW);
    let credentials = trial.path("credentials");
    fs::create_dir(&credentials).unwrap();
    let credential = credentials.join("bailee-root-key");
    fs::rename(trial.path("home/root.key"), &credential).unwrap();
    let config = trial.path("home/bailee.toml");
    let written = fs::read_to_string(&config).unwrap();
    fs::write(&config, written.replace("\"file:root.key\"", "\"credential:bailee-root-key\"")).unwrap();
    refused(trial.run(&["seller", "list"]), "LoadCredential=");
    let list = |mode| {
        fs::set_permissions(&credential, Permissions::from_mode(mode)).unwrap();
        let mut command = trial.command(&["seller", "list"]);
        ran(command.env("CREDENTIALS_DIRECTORY", &credentials))
    };
    // As systemd hands it over, with and without an access list.
    list(0o400).ends(0);
    list(0o440).ends(0);
    refused(list(0o444), "may be read by others");
    fs::remove_file(&credential).unwrap();
    let mut command = trial.command(&["seller", "list"]);
    refused(ran(command.env("CREDENTIALS_DIRECTORY", &credentials)), "cannot be used");
}

#[test]
fn a_passphrase_is_a_credential_of_the_service_manager() {
    let trial = sealed();
    let credentials = trial.path("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::rename(trial.path("phrase"), credentials.join("phrase")).unwrap();
    let config = trial.path("home/bailee.toml");
    let kept = format!("file:{}", trial.path("phrase").display());
    let written = fs::read_to_string(&config).unwrap().replace(&kept, "credential:phrase");
    fs::write(&config, written).unwrap();
    refused(trial.run(&["seller", "list"]), "LoadCredential=");
    let mut command = trial.command(&["seller", "list"]);
    ran(command.env("CREDENTIALS_DIRECTORY", &credentials)).ends(0);
}

#[test]
fn a_secret_itself_in_the_configuration_is_refused_and_not_repeated() {
    let trial = Trial::at(NOW);
    let config = trial.path("home/bailee.toml");
    let written = fs::read_to_string(&config).unwrap();
    let key = fs::read_to_string(trial.path("home/root.key")).unwrap().lines().last().unwrap().to_owned();
    let phrase = format!("\"passphrase:root.key\"\npassphrase = \"{NEW}\"");
    for secret in [format!("\"{key}\""), format!("\"file:{key}\""), phrase] {
        fs::write(&config, written.replace("\"file:root.key\"", &secret)).unwrap();
        let ran = trial.run(&["seller", "list"]);
        assert!(!ran.err.contains(&key));
        refused(ran, "2.5.a");
    }
}

/// Runs a command to its end, with nothing on its standard input.
fn ran(command: &mut Command) -> Ran {
    let ended = command.output().unwrap();
    Ran {
        status: ended.status.code().unwrap(),
        out: ended.stdout,
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

#[test]
fn without_a_terminal_nobody_is_asked_for_a_passphrase() {
    let (trial, made) = init(&["--passphrase-stdin"], &format!("{PASSWORD}\n{OLD}\n"));
    made.ends(0);
    let alone = |words: &[&str]| {
        let command = trial.command(words);
        // In a session of its own, which has no terminal.
        let mut alone = Command::new("setsid");
        alone.arg("--wait").arg(command.get_program()).args(command.get_args());
        alone.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        alone.env_remove("BAILEE_KEY").env_remove("BAILEE_LOG").current_dir(trial.directory.path());
        ran(&mut alone)
    };
    for words in [&["seller", "list"][..], &["keys", "passphrase"], &["serve"]] {
        refused(alone(words), "[keys] passphrase");
    }
}

#[test]
fn whoever_sits_at_the_terminal_is_asked_and_nothing_is_shown() {
    let trial = Trial::empty();
    let owner = format!("Ada Muster <{MAIL}>");
    let words = ["init", "--environment", "test", "--owner", &owner, "--now", NOW, "--passphrase"];
    let mut init = Session::begin(&trial, &words);
    init.answer("password", PASSWORD);
    init.answer("the same again", PASSWORD);
    init.answer(ASKED, OLD);
    init.answer("the same again", "another");
    init.answer("not the same", OLD);
    init.answer("the same again", OLD);
    ended(init, 0);

    // Standard input is the password's; the passphrase is asked for beside it.
    trial.write("password", PASSWORD);
    let log_in = ["login", "--as", MAIL, "--password-stdin"];
    let mut session = Session::begin_with(&trial, &log_in, File::open(trial.path("password")).unwrap());
    session.answer(ASKED, OLD);
    ended(session, 0);

    let mut change = Session::begin(&trial, &["keys", "passphrase"]);
    change.answer(ASKED, OLD);
    change.answer(ASKED, NEW);
    change.answer("the same again", NEW);
    assert!(ended(change, 0).contains("the passphrase was changed"));
    for (passphrase, status) in [(OLD, 1), (NEW, 0)] {
        let mut session = Session::begin(&trial, &["seller", "list"]);
        session.answer(ASKED, passphrase);
        assert_eq!(ended(session, status).contains("does not open"), status == 1);
    }
}

/// What was on the terminal of a session that ended like that; no secret.
#[track_caller]
fn ended(session: Session, status: i32) -> String {
    let (found, seen) = session.end();
    assert_eq!(found, status, "{seen}");
    assert!(![PASSWORD, OLD, NEW].iter().any(|secret| seen.contains(secret)), "{seen}");
    seen
}
