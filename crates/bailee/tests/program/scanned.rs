//! The server as a scanner of somebody else's sees it: `sslyze`, against Mozilla's intermediate profile (1.5.a).

use std::process::Command;

use crate::support::Trial;

#[test]
fn a_scanner_finds_the_server_compliant_with_mozillas_intermediate_profile() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let served = trial.serve();
    let address = served.url().replace("https://", "");
    // The certificate that `init` makes is signed by itself: who knows it trusts it.
    let ca = trial.path("home/server.pem");
    let ca = ca.to_str().unwrap();
    let python = std::env::var("BAILEE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let scanned = Command::new(python)
        .args(["-m", "sslyze", "--mozilla_config", "intermediate", "--certinfo_ca_file", ca, &address])
        .current_dir(trial.directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&scanned.stdout);
    let (_, verdict) =
        said.split_once("COMPLIANCE AGAINST").unwrap_or_else(|| panic!("it did not scan: {said}"));
    let complaints: Vec<&str> =
        verdict.lines().filter_map(|line| line.trim().strip_prefix("* ")?.split(':').next()).collect();
    assert!(complaints.is_empty() && verdict.contains("OK - Compliant"), "{said}");
}
