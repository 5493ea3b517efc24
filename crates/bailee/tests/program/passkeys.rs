//! Passkeys, set up and shown by a WebAuthn client that is not ours (soft-webauthn), over HTTPS by `curl`.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::served::Served;
use crate::support::*;

const ORIGIN: &str = "https://bailee.example";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/passkeys.py");

/// A browser with as many authenticators as are named.
struct Browser {
    process: Child,
    asks: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Browser {
    fn open() -> Self {
        let python = std::env::var("BAILEE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut command = Command::new(python);
        let mut process = command.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let to = process.stdin.take().unwrap();
        let from = BufReader::new(process.stdout.take().unwrap());
        Self { process, asks: RefCell::new((to, from)) }
    }

    fn ask(&self, question: &Value) -> Value {
        let mut asks = self.asks.borrow_mut();
        writeln!(asks.0, "{question}").unwrap();
        let mut line = String::new();
        asks.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("soft-webauthn answers; see that BAILEE_PYTHON has it")
    }

    /// What an authenticator makes for a challenge.
    fn create(&self, device: &str, begun: &Value, origin: &str, verified: bool) -> Value {
        self.ask(&json!({
            "do": "create", "device": device, "options": begun["options"], "origin": origin, "verified": verified,
        }))
    }

    /// What an authenticator signs, with the challenge that it was for.
    fn get(&self, device: &str, begun: &Value, origin: &str) -> Value {
        let credential = self.ask(&json!({
            "do": "get", "device": device, "options": begun["options"], "origin": origin, "verified": true,
        }));
        json!({ "challenge": begun["challenge"], "credential": credential })
    }

    /// The same by a copy of the authenticator that was made when it had signed so often.
    fn get_again_from(&self, device: &str, begun: &Value, count: u32) -> Value {
        let credential = self.ask(&json!({
            "do": "get", "device": device, "options": begun["options"], "origin": ORIGIN, "verified": true,
            "count": count,
        }));
        json!({ "challenge": begun["challenge"], "credential": credential })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A person at the API.
struct Person<'a> {
    server: &'a Served<'a>,
    token: RefCell<String>,
}

impl Person<'_> {
    /// Status and body of an answer.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u64, Value) {
        let bearer = format!("Authorization: Bearer {}", self.token.borrow());
        let body = body.to_string();
        let mut words = vec!["--request", method, "--header", &bearer, "--write-out", "\n%{http_code}"];
        if method == "POST" {
            words.extend(["--header", "Content-Type: application/json", "--data", &body]);
        }
        let out = self.server.curl(path, &words).output().unwrap().stdout;
        let out = String::from_utf8(out).unwrap();
        let (answer, status) = out.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), serde_json::from_str(answer).unwrap_or(Value::Null))
    }

    #[track_caller]
    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// The code of the problem with which it was refused.
    #[track_caller]
    fn refused(&self, path: &str, body: &Value) -> String {
        let (status, answer) = self.ask("POST", path, body);
        assert!((400..500).contains(&status), "{path}: {status} {answer}");
        answer["type"].as_str().unwrap().trim_start_matches("urn:bailee:problem:").to_owned()
    }

    fn challenge(&self) -> Value {
        self.done("POST", "/v1/sessions:challenge", &json!({ "mail": MAIL, "password": PASSWORD }))
    }

    fn log_in_by(&self, passkey: &Value) -> Value {
        json!({ "mail": MAIL, "password": PASSWORD, "passkey": passkey })
    }

    /// Comes in with a passkey.
    fn log_in(&self, browser: &Browser, device: &str) {
        let answer = browser.get(device, &self.challenge(), ORIGIN);
        let session = self.done("POST", "/v1/sessions", &self.log_in_by(&answer));
        *self.token.borrow_mut() = session["token"].as_str().unwrap().to_owned();
    }

    fn enrol(&self, browser: &Browser, device: &str) -> Value {
        let begun = self.done("POST", "/v1/account/passkeys:begin", &json!({}));
        self.done(
            "POST",
            "/v1/account/passkeys",
            &made(device, &begun, &browser.create(device, &begun, ORIGIN, true)),
        )
    }
}

fn made(name: &str, begun: &Value, credential: &Value) -> Value {
    json!({ "name": name, "challenge": begun["challenge"], "credential": credential })
}

/// A test home that asks for a second factor, with an address to which passkeys are bound.
fn trial() -> Trial {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.configure("[access]", "second_factor = true");
    trial.configure("[server]", &format!("public_url = \"{ORIGIN}\""));
    trial
}

fn comes_with_password<'a>(server: &'a Served<'a>) -> Person<'a> {
    let person = Person { server, token: RefCell::default() };
    let session = person.done("POST", "/v1/sessions", &json!({ "mail": MAIL, "password": PASSWORD }));
    *person.token.borrow_mut() = session["token"].as_str().unwrap().to_owned();
    person
}

#[test]
fn a_passkey_is_set_up_by_who_is_verified_where_it_belongs_and_once() {
    let trial = trial();
    let (server, browser) = (trial.serve(), Browser::open());
    let ada = comes_with_password(&server);
    assert_eq!(
        ada.ask("GET", "/v1/sessions", &Value::Null).1["type"],
        "urn:bailee:problem:second-factor-missing"
    );
    let begin = || ada.done("POST", "/v1/account/passkeys:begin", &json!({}));
    let refused = |body: &Value| ada.refused("/v1/account/passkeys", body);

    let begun = begin();
    assert_eq!(begun["options"]["publicKey"]["authenticatorSelection"]["userVerification"], "required");
    let unverified = browser.create("Laptop", &begun, ORIGIN, false);
    assert_eq!(refused(&made("Laptop", &begun, &unverified)), "unacceptable");
    let verified = made("Laptop", &begun, &browser.create("Laptop", &begun, ORIGIN, true));
    assert_eq!(refused(&verified), "unacceptable", "a challenge is answered once");
    for origin in
        ["https://bailee.example.evil.example", "https://bailee.example:444", "http://bailee.example"]
    {
        let begun = begin();
        assert_eq!(
            refused(&made("x", &begun, &browser.create("Laptop", &begun, origin, true))),
            "unacceptable"
        );
    }
    let begun = begin();
    let credential = browser.create("Laptop", &begun, ORIGIN, true);
    assert_eq!(refused(&made(&"x".repeat(41), &begun, &credential)), "unacceptable");
    let enrolled = ada.done("POST", "/v1/account/passkeys", &made("Laptop", &begun, &credential));
    assert_eq!(enrolled["recovery_codes"].as_array().unwrap().len(), 10);
    ada.done("GET", "/v1/sessions", &Value::Null);

    let second = ada.enrol(&browser, "Phone");
    assert_eq!(second["recovery_codes"], json!([]), "they came with the first");
    let listed = ada.done("GET", "/v1/account/passkeys", &Value::Null);
    let listed = listed["passkeys"].as_array().unwrap();
    // Both were set up at one time of this home's.
    let mut names: Vec<_> = listed.iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Laptop", "Phone"]);
    let remove = |id: &Value| {
        let path = format!("/v1/account/passkeys/{}", id.as_str().unwrap());
        ada.ask("DELETE", &path, &Value::Null)
    };
    assert_eq!(remove(&enrolled["passkey"]).0, 204);
    assert_eq!(remove(&enrolled["passkey"]).0, 404);
    let (status, last) = remove(&second["passkey"]);
    assert!(status == 422 && last["requirement"] == "1.1.d", "{last}");
    assert_eq!(ada.challenge()["options"]["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);

    server.end().ends(0);
    on_the_command_line(&trial, &enrolled, &second, &credential);
}

/// A terminal shows no passkey: who has nothing else comes in by a recovery code.
fn on_the_command_line(trial: &Trial, enrolled: &Value, second: &Value, credential: &Value) {
    let without = trial.run_with(&["login", "--as", MAIL, "--password-stdin"], PASSWORD).ends(4);
    assert!(without.err.contains("in a browser with a passkey"), "{}", without.err);
    let code = enrolled["recovery_codes"][0].as_str().unwrap();
    let words = ["login", "--as", MAIL, "--password-stdin", "--code-stdin"];
    trial.run_with(&words, &format!("{PASSWORD}\n{code}\n")).ends(0);
    let listed = trial.json(&["person", "passkeys", "list"]);
    assert_eq!(listed["passkeys"][0]["passkey"], second["passkey"]);
    let last = trial.run(&["person", "passkeys", "remove", second["passkey"].as_str().unwrap()]).ends(1);
    assert!(last.err.contains("1.1.d"), "{}", last.err);
    let tail = trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text();
    for event in ["passkey-enrolled", "passkey-removed", "factor-asked"] {
        assert!(tail.contains(event), "{event}: {tail}");
    }
    let exported = trial.path("exported").display().to_string();
    trial.run(&["ledger", "export", "--out", &exported]).ends(0);
    let mut files = trial.kept();
    read_all(&trial.path("exported"), &mut files);
    let values = [credential["id"].as_str().unwrap().to_owned(), code.to_owned()];
    assert_nowhere(&files, &values);
}

#[test]
fn a_passkey_opens_a_log_in_once_at_its_address_and_counts_upwards() {
    let trial = trial();
    let (server, browser) = (trial.serve(), Browser::open());
    let ada = comes_with_password(&server);
    ada.enrol(&browser, "Laptop");
    let refused = |answer: &Value| ada.refused("/v1/sessions", &ada.log_in_by(answer));

    let needed = ada.refused("/v1/sessions", &json!({ "mail": MAIL, "password": PASSWORD }));
    assert_eq!(needed, "second-factor-needed");
    // Who does not know the password hears the same of everybody.
    let wrong = |mail: &str| {
        let who = json!({ "mail": mail, "password": "Wrong-Kettle-77" });
        let mut said = ada.ask("POST", "/v1/sessions:challenge", &who);
        said.1.as_object_mut().unwrap().remove("request_id");
        said
    };
    assert_eq!(wrong(MAIL), wrong("nobody@example.com"));
    assert_eq!(
        refused(&browser.get("Laptop", &ada.challenge(), "https://bailee.evil.example")),
        "log-in-failed"
    );
    ada.log_in(&browser, "Laptop");

    let answer = browser.get("Laptop", &ada.challenge(), ORIGIN);
    ada.done("POST", "/v1/sessions", &ada.log_in_by(&answer));
    assert_eq!(refused(&answer), "log-in-failed", "a challenge is answered once");
    let mut replayed = answer;
    replayed["challenge"] = ada.challenge()["challenge"].clone();
    assert_eq!(refused(&replayed), "log-in-failed", "what was signed for one is not for another");
    // Two challenges at one count: of two that sign as one, the second is found.
    let (first, copied) = (ada.challenge(), ada.challenge());
    let (first, copied) =
        (browser.get("Laptop", &first, ORIGIN), browser.get_again_from("Laptop", &copied, 3));
    ada.done("POST", "/v1/sessions", &ada.log_in_by(&first));
    assert_eq!(refused(&copied), "log-in-failed");
    assert_eq!(refused(&browser.get_again_from("Laptop", &ada.challenge(), 0)), "log-in-failed");
    browser.get_again_from("Laptop", &ada.challenge(), 50);
    ada.log_in(&browser, "Laptop");

    // In a session, for what takes a fresh factor: by the challenge of this session and no other.
    let elsewhere = ada.done("POST", "/v1/sessions/current:challenge", &json!({}));
    ada.log_in(&browser, "Laptop");
    let confirm = |answer: &Value| json!({ "passkey": answer });
    let strayed = confirm(&browser.get("Laptop", &elsewhere, ORIGIN));
    assert_eq!(ada.refused("/v1/sessions/current:confirm", &strayed), "log-in-failed");
    let begun = ada.done("POST", "/v1/sessions/current:challenge", &json!({}));
    ada.done("POST", "/v1/sessions/current:confirm", &confirm(&browser.get("Laptop", &begun, ORIGIN)));
    let both = json!({ "code": "123456", "passkey": { "challenge": begun["challenge"], "credential": {} } });
    assert_eq!(ada.refused("/v1/sessions/current:confirm", &both), "unacceptable");

    let events = ada.done("GET", "/v1/ledger/events?limit=100", &Value::Null).to_string();
    assert_eq!(events.matches("counter-went-back").count(), 2, "{events}");
    server.end().ends(0);
}
