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
