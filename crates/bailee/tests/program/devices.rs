//! Devices on which people come in over the network: enrolled, bound to sessions, ended.

use std::os::unix::fs::PermissionsExt;

use crate::support::{MAIL, PASSWORD, Trial};

const NOW: &str = "2026-03-02T09:00:00Z";

/// A home that people reach over the network on enrolled devices alone.
fn trial() -> Trial {
    let trial = Trial::at(NOW);
    let config = trial.path("home/bailee.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replacen("[access]\n", "[access]\nenrolled_device = true\n", 1)).unwrap();
    trial
}

#[test]
fn somebody_comes_in_over_the_network_on_the_machine_that_was_enrolled_and_no_session_moves() {
    let trial = trial();
    let served = trial.serve();
    let url = served.url();
    let there = |words: &[&str], stdin: &str| trial.run_with(&[&["--server", &url], words].concat(), stdin);
    let log_in = ["login", "--as", MAIL, "--password-stdin"];
    let refused = there(&log_in, PASSWORD).ends(4);
    assert!(refused.err.contains("1.2.e") && refused.err.contains("device enroll"), "{}", refused.err);

    // By a session on the home's own machine.
    trial.run(&["device", "enroll"]).ends(2);
    trial.run(&["device", "enroll", "--at", &url, "--name", "Bench"]).ends(0);
    there(&log_in, PASSWORD).ends(0);
    there(&["seller", "list"], "").ends(0);
    there(&["device", "renew"], "").ends(0);
    there(&["seller", "list"], "").ends(0);
    let listed = there(&["device", "list", "--output", "json"], "").ends(0).json();
    assert_eq!(
        (&listed["devices"][0]["name"], &listed["devices"][0]["current"]),
        (&"Bench".into(), &true.into())
    );
    let state = |ending: &str| {
        let mut files =
            std::fs::read_dir(trial.path("state/bailee")).unwrap().map(|file| file.unwrap().path());
        files.find(|path| path.display().to_string().ends_with(ending)).unwrap()
    };
    let mode = std::fs::metadata(state(".device.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // The session of a device, shown without it, is nobody's from then on.
    let token =
        std::fs::read_to_string(state(&format!("{}.session", url.replace("https://", "").replace(':', "_"))))
            .unwrap();
    let bearer = format!("Authorization: Bearer {}", token.trim());
    let ran = served.curl("/v1/sellers", &["--header", &bearer]).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.contains("session-elsewhere"), "{said}");
    there(&["seller", "list"], "").ends(4);
    there(&log_in, PASSWORD).ends(0);

    // Ended at once; then by a code of an owner.
    trial.run(&["device", "end", listed["devices"][0]["device"].as_str().unwrap()]).ends(0);
    there(&["seller", "list"], "").ends(4);
    there(&log_in, PASSWORD).ends(4);
    let code = trial.json(&["device", "invite", MAIL])["code"].as_str().unwrap().to_owned();
    let enrolled = there(&["device", "enroll", "--code-stdin"], &code).ends(1);
    assert!(enrolled.err.contains("--anew"), "{}", enrolled.err);
    there(&["device", "enroll", "--code-stdin", "--anew"], &code).ends(0);
    there(&["device", "enroll", "--code-stdin", "--anew"], &code).ends(4);
    there(&log_in, PASSWORD).ends(0);
    there(&["seller", "list"], "").ends(0);
    assert_eq!(trial.json(&["device", "list", "--of", MAIL])["devices"].as_array().unwrap().len(), 1);
    assert_eq!(served.end().status, 0);
}

#[test]
fn an_invited_person_enrols_a_machine_by_the_invitation_and_accepts_it_there() {
    let trial = trial();
    let served = trial.serve();
    let url = served.url();
    let invited =
        trial.json(&["person", "invite", "Noor Okafor <noor.okafor@warehouse.example>", "--role", "officer"]);
    let code = invited["invitation"].as_str().unwrap();
    let there = |words: &[&str], stdin: &str| trial.run_with(&[&["--server", &url], words].concat(), stdin);
    let accept = ["person", "accept", "--invitation-stdin", "--password-stdin"];
    let lines = format!("{code}\nGrey-Anvil-203-Kettle\n");
    let refused = there(&accept, &lines).ends(4);
    assert!(refused.err.contains("1.2.e"), "{}", refused.err);
    there(&["device", "enroll", "--code-stdin"], code).ends(0);
    there(&accept, &lines).ends(0);
    there(&["session", "list"], "").ends(0);
    assert_eq!(served.end().status, 0);
}

#[test]
fn commands_at_once_renew_a_device_once_and_who_logs_out_does_not() {
    let trial = trial();
    let served = trial.serve();
    let port = served.url().rsplit_once(':').unwrap().1.to_owned();
    let url = served.url();
    let there = |words: &[&str]| trial.run_with(&[&["--server", &url], words].concat(), PASSWORD);
    trial.run(&["device", "enroll", "--at", &url]).ends(0);
    let log_in = ["login", "--as", MAIL, "--password-stdin"];
    there(&log_in).ends(0);
    assert_eq!(served.end().status, 0);
    let certificate =
        || std::fs::read(trial.path(&format!("state/bailee/localhost_{port}.device.pem"))).unwrap();
    let renewals = || {
        let tail = trial.run(&["--output", "json", "ledger", "tail", "-n", "1000"]).ends(0).text();
        tail.matches("\"renewed\"").count()
    };

    // By the server's clock the certificate is 80 days old.
    let first = certificate();
    let served = trial.serve_ahead("+80d", &format!("127.0.0.1:{port}"));
    let list = ["--server", &url, "seller", "list"];
    let all: Vec<_> = (0..4).map(|_| trial.command(&list).spawn().unwrap()).collect();
    for one in all {
        let ended = one.wait_with_output().unwrap();
        assert!(
            ended.status.success() && ended.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
    let second = certificate();
    assert_ne!(first, second);
    assert_eq!(renewals(), 1, "four commands at once");
    let quiet = there(&["seller", "list"]).ends(0);
    assert!(quiet.err.is_empty(), "{}", quiet.err);
    assert_eq!(renewals(), 1);

    // Whoever asks is renewed once, also where the command is told that it is time.
    std::fs::write(trial.path(&format!("state/bailee/localhost_{port}.device.pem")), &first).unwrap();
    let early = there(&["device", "renew"]).ends(1);
    assert!(early.err.contains("was renewed at"), "{}", early.err);
    let told = there(&["seller", "list"]).ends(0);
    assert!(told.err.contains("was not renewed: this device was renewed at"), "{}", told.err);
    assert!(there(&["logout"]).ends(0).err.is_empty());
    assert!(
        there(&["seller", "list"]).ends(4).err.lines().count() == 1,
        "nothing is renewed without a session"
    );
    assert_eq!((renewals(), certificate()), (1, first));
    assert_eq!(served.end().status, 0);
}

#[test]
fn a_device_that_is_asked_for_it_is_renewed_once_and_not_while_another_command_holds_it() {
    let trial = trial();
    let served = trial.serve();
    let (url, port) = (served.url(), served.url().rsplit_once(':').unwrap().1.to_owned());
    let there = |words: &[&str]| trial.run_with(&[&["--server", &url], words].concat(), PASSWORD);
    trial.run(&["device", "enroll", "--at", &url]).ends(0);
    there(&["login", "--as", MAIL, "--password-stdin"]).ends(0);
    assert_eq!(served.end().status, 0);
    let served = trial.serve_ahead("+80d", &format!("127.0.0.1:{port}"));
    let state = |ending: &str| trial.path(&format!("state/bailee/localhost_{port}.device.{ending}"));
    let first = std::fs::read(state("pem")).unwrap();
    {
        let held = std::fs::File::create(state("lock")).unwrap();
        rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
        assert!(there(&["seller", "list"]).ends(0).err.is_empty(), "whoever holds it renews it");
        assert_eq!(std::fs::read(state("pem")).unwrap(), first);
    }
    there(&["device", "renew"]).ends(0);
    let tail = trial.run(&["--output", "json", "ledger", "tail", "-n", "1000"]).ends(0).text();
    assert_eq!(tail.matches("\"renewed\"").count(), 1);
    assert_ne!(std::fs::read(state("pem")).unwrap(), first);
    assert_eq!(served.end().status, 0);
}
