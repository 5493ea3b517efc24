//! Signing on by a provider that is not ours (oidc-provider), with `curl` as the browser.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::people::code;
use crate::served::Served;
use crate::support::*;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/provider.mjs");
/// Its own in the provider's script, too.
const SECRET: &str = "a-synthetic-secret-of-the-tests-1";

/// A provider that runs, beside a trial's home that knows it.
struct Provider<'a> {
    trial: &'a Trial,
    process: Child,
    issuer: String,
    browsers: Cell<usize>,
}

impl<'a> Provider<'a> {
    /// Starts one, and makes it the home's.
    fn of(trial: &'a Trial, second_factor: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = trial.write("home/provider.pem", made.cert.pem());
        let key = trial.write("provider.key", made.signing_key.serialize_pem());
        let directory = std::env::var("BAILEE_OIDC_PROVIDER")
            .expect("BAILEE_OIDC_PROVIDER names it; `./test` installs it");
        let mut command = Command::new("node");
        command.args([SCRIPT, &directory, &certificate, &key]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).expect("the provider says where it is");
        let issuer = said["issuer"].as_str().unwrap().to_owned();
        let secret = trial.write("home/client.secret", format!("{SECRET}\n"));
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let section = format!(
            "[sign_on]\nissuer = \"{issuer}\"\nclient_id = \"bailee\"\nclient_secret = \"file:client.secret\"\n\
             authorities = \"provider.pem\"\nsecond_factor = \"{second_factor}\"\nname = \"Example\"",
        );
        let path = trial.path("home/bailee.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("[sign_on]", &section)).unwrap();
        Self { trial, process, issuer, browsers: Cell::new(0) }
    }

    /// Claims of the next ID token.
    fn twist(&self, twist: &Value) {
        let (address, twist) = (format!("{}/twist", self.issuer), twist.to_string());
        self.browser("twist", &["--data", &twist, &address]);
    }

    /// Where somebody's browser, which keeps cookies, ends up, and what it shows there.
    fn browser(&self, who: &str, words: &[&str]) -> (String, String) {
        let jar = self.trial.path(&format!("{who}.cookies")).display().to_string();
        let ca = self.trial.path("home/provider.pem").display().to_string();
        let ran = Command::new("curl")
            .args(["--silent", "--location", "--max-time", "30", "--cacert", &ca])
            .args(["--cookie", &jar, "--cookie-jar", &jar, "--write-out", "\n%{url_effective}"])
            .args(words)
            .output()
            .unwrap();
        let out = String::from_utf8(ran.stdout).unwrap();
        let (page, address) = out.rsplit_once('\n').unwrap();
        (address.to_owned(), page.to_owned())
    }

    /// Logs in as somebody, and consents; the browser ends up where it was sent from.
    fn log_in(&self, who: &str, address: &str) -> String {
        self.browsers.set(self.browsers.get() + 1);
        let jar = format!("{who}-{}", self.browsers.get());
        let (_, mut page) = self.browser(&jar, &[address]);
        for form in [format!("prompt=login&login={who}&password=x"), "prompt=consent".to_owned()] {
            let action = page.split("action=\"").nth(1).and_then(|rest| rest.split('"').next());
            let action = action.unwrap_or_else(|| panic!("no form: {page}")).to_owned();
            let (ended, next) = self.browser(&jar, &["--data", &form, &action]);
            if ended.starts_with("http://127.0.0.1") {
                return ended;
            }
            page = next;
        }
        panic!("the browser did not come back: {page}")
    }
}

impl Drop for Provider<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Status and body of an answer to a post.
fn post(server: &Served<'_>, path: &str, question: &Value) -> (u64, Value) {
    let question = question.to_string();
    let words =
        ["--header", "Content-Type: application/json", "--data", &question, "--write-out", "\n%{http_code}"];
    let out = String::from_utf8(server.curl(path, &words).output().unwrap().stdout).unwrap();
    let (answer, status) = out.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), serde_json::from_str(answer).unwrap_or(Value::Null))
}

#[track_caller]
fn refused((status, answer): (u64, Value)) -> String {
    assert!(status >= 400, "{status} {answer}");
    answer["type"].as_str().unwrap().trim_start_matches("urn:bailee:problem:").to_owned()
}

/// A sign-on at the API, by a browser that nobody listens for: where it was sent back to is read off its address.
struct Attempt {
    id: Value,
    redirected: String,
}

fn attempt(server: &Served<'_>, provider: &Provider<'_>, who: &str) -> Attempt {
    let redirect = json!({ "redirect": "http://127.0.0.1:9/" });
    let (status, begun) = post(server, "/v1/sign-on:begin", &redirect);
    assert_eq!(status, 201, "{begun}");
    let ended = provider.log_in(who, begun["address"].as_str().unwrap());
    let redirected = ended.split_once('?').unwrap().1.to_owned();
    Attempt { id: begun["sign_on"].clone(), redirected }
}

fn finish(server: &Served<'_>, attempt: &Attempt) -> (u64, Value) {
    post(server, "/v1/sign-on:finish", &json!({ "sign_on": attempt.id, "redirected": attempt.redirected }))
}

fn outcomes(trial: &Trial) -> Vec<String> {
    let tail = trial.run(&["ledger", "tail", "-n", "1000", "--output", "json"]).ends(0).text();
    let events = tail.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let listed = |event: Value| match event.get("events") {
        Some(events) => events.as_array().unwrap().clone(),
        None => vec![event],
    };
    let all = events.flat_map(listed);
    all.filter_map(|event| event["outcome"].as_str().map(str::to_owned)).collect()
}

/// A command that signs on in a browser, by `who` at the provider.
fn sign_on(trial: &Trial, provider: &Provider<'_>, who: &str, words: &[&str], stdin: &str) -> Ran {
    let mut command = trial.command(&[&["login", "--sign-on"], words].concat());
    let mut process = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let mut err = BufReader::new(process.stderr.take().unwrap());
    let mut line = String::new();
    while err.read_line(&mut line).unwrap() > 0 && !line.contains("https://") {}
    let address = line.lines().last().unwrap().to_owned();
    provider.log_in(who, &address);
    err.read_to_string(&mut line).unwrap();
    let mut out = Vec::new();
    process.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    Ran { status: process.wait().unwrap().code().unwrap_or(-1), out, err: line }
}

#[test]
fn somebody_signs_on_by_a_provider_on_the_command_line_and_is_known_by_subject_from_then_on() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let provider = Provider::of(&trial, "own");
    let owner = MAIL.split('@').next().unwrap();
    assert!(MAIL.ends_with("@example.com"));
    let ran = sign_on(&trial, &provider, owner, &[], "").ends(0);
    assert!(ran.text().contains("logged in by Example"), "{}", ran.text());
    trial.json(&["person", "list"]);

    // An invited person comes with the invitation, and needs no password ever.
    let invited = trial.json(&["person", "invite", "Ben Beispiel <ben@example.com>", "--role", "operator"]);
    let invitation = invited["invitation"].as_str().unwrap();
    let server = trial.serve();
    let without = finish(&server, &attempt(&server, &provider, "ben"));
    assert_eq!(refused(without), "sign-on-failed");
    server.end().ends(0);
    sign_on(&trial, &provider, "ben", &["--invitation-stdin"], &format!("{invitation}\n")).ends(0);
    trial.json(&["session", "list"]);
    let outcomes = outcomes_as_owner(&trial);
    assert_eq!(outcomes, ["bound", "signed-on", "invitation", "bound", "signed-on"]);
}

fn outcomes_as_owner(trial: &Trial) -> Vec<String> {
    trial.log_in();
    outcomes(trial)
}

#[test]
fn what_a_provider_or_a_browser_brings_that_does_not_fit_opens_nothing() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let provider = Provider::of(&trial, "own");
    let owner = MAIL.split('@').next().unwrap();
    let server = trial.serve();
    let good = |expected: &str| {
        let (status, answer) = finish(&server, &attempt(&server, &provider, owner));
        assert_eq!(status, 201, "{expected}: {answer}");
    };
    good("it works at all, and clears the address");
    for (claims, why) in [
        (json!({ "nonce": "another" }), "nonce"),
        (json!({ "aud": "another" }), "audience"),
        (json!({ "exp": 1_700_000_000 }), "expired"),
        (json!({ "iss": "https://another.example" }), "issuer"),
        (json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }), "access-token"),
    ] {
        let attempt = attempt(&server, &provider, owner);
        provider.twist(&json!({ "claims": claims }));
        assert_eq!(refused(finish(&server, &attempt)), "sign-on-failed", "{why}");
        good(why);
    }
    let strangers = attempt(&server, &provider, owner);
    provider.twist(&json!({ "claims": {}, "stranger": true }));
    assert_eq!(refused(finish(&server, &strangers)), "sign-on-failed");

    let mut other_state = attempt(&server, &provider, owner);
    other_state.redirected = other_state.redirected.replace("state=", "state=x");
    assert_eq!(refused(finish(&server, &other_state)), "sign-on-failed");
    good("after another state");
    let used = attempt(&server, &provider, owner);
    assert_eq!(finish(&server, &used).0, 201);
    assert_eq!(refused(finish(&server, &used)), "sign-on-failed", "once");
    let code = Attempt { redirected: used.redirected, ..attempt(&server, &provider, owner) };
    assert_eq!(refused(finish(&server, &code)), "sign-on-failed", "another's state goes with it");
    good("after a used code");
    assert_eq!(refused(finish(&server, &attempt(&server, &provider, "unverified-x"))), "sign-on-failed");
    assert_eq!(refused(finish(&server, &attempt(&server, &provider, "nobody"))), "sign-on-failed");
    // Another subject with the same verified address is not who was bound.
    let other = attempt(&server, &provider, owner);
    provider.twist(&json!({ "claims": { "sub": "another", "email": MAIL, "email_verified": true } }));
    assert_eq!(refused(finish(&server, &other)), "sign-on-failed");
    good("before it goes away");

    for redirect in ["https://evil.example/", "http://localhost:9/", "http://127.0.0.1:9/?a=b"] {
        let refusal = refused(post(&server, "/v1/sign-on:begin", &json!({ "redirect": redirect })));
        assert_eq!(refusal, "unacceptable", "{redirect}");
    }
    let gone = attempt(&server, &provider, owner);
    drop(provider);
    assert_eq!(refused(finish(&server, &gone)), "provider-away");
    server.end().ends(0);

    let told = outcomes_as_owner(&trial);
    for why in [
        "nonce",
        "audience",
        "expired",
        "issuer",
        "access-token",
        "signature",
        "state",
        "not-begun",
        "mail-unverified",
        "unknown",
        "another-subject",
    ] {
        assert!(told.iter().any(|one| one == why), "{why} is not in {told:?}");
    }
    let mut files = trial.kept();
    files.retain(|(path, _)| !path.ends_with("client.secret"));
    assert_nowhere(&files, &[SECRET.to_owned()]);
}

#[test]
fn the_providers_second_factor_counts_where_that_is_set_and_it_says_so_and_else_the_homes_own_is_asked() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let provider = Provider::of(&trial, "provider");
    trial.configure("[access]", "second_factor = true");
    let owner = MAIL.split('@').next().unwrap();
    let server = trial.serve();
    let opens = |claims: &Value| {
        let attempt = attempt(&server, &provider, owner);
        provider.twist(&json!({ "claims": claims }));
        let (status, session) = finish(&server, &attempt);
        assert_eq!(status, 201, "{session}");
        let bearer = format!("Authorization: Bearer {}", session["token"].as_str().unwrap());
        let ran = server.curl("/v1/sellers", &["--header", &bearer]).output().unwrap();
        ran.status.success()
    };
    assert!(opens(&json!({ "amr": ["pwd", "mfa"] })));
    assert!(opens(&json!({ "acr": "phrh" })));
    assert!(!opens(&json!({ "amr": ["pwd"] })), "it opens the enrolment of one alone");
    assert!(!opens(&json!({ "amr": ["mfa"], "auth_time": 1_700_000_000 })), "that was long ago");
    server.end().ends(0);
}

#[test]
fn after_the_provider_the_homes_own_second_factor_is_asked_in_a_step_of_its_own() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let begun = trial.json(&["person", "factor"]);
    let code = code(begun["secret"].as_str().unwrap(), 0);
    let words = ["--output", "json", "person", "factor", "--code-stdin"];
    let enrolled = trial.run_with(&words, &format!("{code}\n")).ends(0).json();
    let provider = Provider::of(&trial, "provider");
    let owner = MAIL.split('@').next().unwrap();
    let server = trial.serve();
    let ask = |code: &Value| {
        let attempt = attempt(&server, &provider, owner);
        assert_eq!(refused(finish(&server, &attempt)), "second-factor-needed");
        let question = json!({ "sign_on": attempt.id, "code": code });
        (post(&server, "/v1/sign-on:finish", &question), question)
    };
    let (wrong, _) = ask(&json!("000000"));
    assert_eq!(refused(wrong), "log-in-failed");
    let (right, question) = ask(&enrolled["recovery_codes"][0]);
    assert_eq!(right.0, 201, "{}", right.1);
    assert_eq!(refused(post(&server, "/v1/sign-on:finish", &question)), "sign-on-failed", "once");
    server.end().ends(0);
}
