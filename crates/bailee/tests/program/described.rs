//! What the server says of itself, tried from outside: schemathesis reads `/openapi.json`, makes requests of it, sound ones
//! and others, and compares every answer with it.
//!
//! `./test` installs it. More cases than a test has time for: set `BAILEE_SCHEMATHESIS_CASES`.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::served::Served;
use crate::support::Trial;

/// Cases of each operation that are made by chance, unless told otherwise; those that the description itself gives rise
/// to come on top.
const CASES: &str = "3";

/// What is checked of every answer. The rest of what schemathesis can check rests on guesses about what an API means.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,negative_data_rejection,\
                      missing_required_header,unsupported_method,allow_header_conformance,use_after_free,\
                      ignored_auth";

fn program() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/schemathesis/bin/schemathesis");
    std::env::var_os("BAILEE_SCHEMATHESIS").map_or(own, PathBuf::from)
}

fn try_out(served: &Served<'_>, words: &[&str]) -> Output {
    let trial = served.trial;
    trial.write("hooks.py", include_str!("described_hooks.py"));
    let cases = std::env::var("BAILEE_SCHEMATHESIS_CASES").unwrap_or_else(|_| CASES.to_owned());
    let mut command = Command::new(program());
    command
        .current_dir(trial.path("."))
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", trial.path("."))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("BAILEE_MIRRORS", trial.path("mirrors"))
        .args(["run", &format!("{}/openapi.json", served.url()), "--tls-verify"])
        .arg(trial.path("ca.pem"))
        .args(["--checks", CHECKS, "--max-examples", &cases, "--seed", "1", "--workers", "2"])
        .args(["--no-shrink", "--continue-on-failure", "--generation-database", "none", "--warnings", "off"]);
    command.args(words);
    // A defect of some versions of Python breaks it now and then, whatever it tries out: then it tries once more.
    for _ in 0..3 {
        let ran = command.output().unwrap_or_else(|error| {
            panic!(
                "{} does not start ({error}); `./test` installs it, or name it in BAILEE_SCHEMATHESIS",
                program().display()
            )
        });
        if !String::from_utf8_lossy(&ran.stdout)
            .contains("SystemError: AST constructor recursion depth mismatch")
        {
            return ran;
        }
    }
    panic!("Python broke three times")
}

#[track_caller]
fn is_as_described(ran: &Output) {
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{out}{err}");
    println!("{out}");
}

#[test]
fn every_answer_is_as_the_description_says_whoever_asks_and_whatever_is_asked() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    // What is tried here is not how often.
    let path = trial.path("home/bailee.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    let rates = "[server]\nfinds_per_minute = 0\nlog_ins_per_minute = 0\nrefusals_per_minute = 0";
    std::fs::write(&path, written.replace("[server]", rates)).unwrap();
    std::fs::create_dir(trial.path("mirrors")).unwrap();
    let served = trial.serve();
    let bearer = served.bearer();
    // What the examples are about.
    let order =
        r#"{"orderId":"250-1234567-1234567","recipient":{"deliveryAddress":{"name":"Juniper Fernsby"}}}"#;
    let bad = r#"{"orderId":"250-1234567-1234567","buyer":{},"buyer":{}}"#;
    let collect = ["--header", &bearer, "--data-binary", &format!("{order}\n{bad}")];
    served.ask("/v1/sellers/ALPHA/orders:collect", &collect);

    // To log out would end the session that everything else is asked with: that is tried without one, below.
    let known = ["--header", &bearer, "--exclude-operation-id", "logOut"];
    is_as_described(&try_out(&served, &known));
    // Whoever is not known is refused before anything is looked at: less is enough.
    is_as_described(&try_out(&served, &["--phases", "examples,coverage"]));
    assert_eq!(served.ask("/v1/health", &[])["status"], "ok");
    assert_eq!(served.end().status, 0);
    // So many log-ins of hers were tried that her first session has given way.
    trial.log_in();
    trial.run(&["ledger", "verify"]).ends(0);
}
