//! The whole way in and what it opens, over the API, as somebody's own program meets it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::grants::{BEN, CEM, ORDER};
use crate::people::code;
use crate::served::Served;
use crate::support::*;

const OTHERS_PASSWORD: &str = "Grey-Anvil-203-Kettle";
const NAME: &str = "buyer.buyerName";

/// What the server answered: its status and its body.
struct Answer(u16, Value);

impl Answer {
    /// Fails the test unless it was done.
    #[track_caller]
    fn done(self) -> Value {
        assert!(self.0 < 300, "{} {}", self.0, self.1);
        self.1
    }

    /// Fails the test unless it was refused so: with this status, by this code, for this requirement.
    #[track_caller]
    fn refused(self, status: u16, code: &str, requirement: &str) -> Value {
        let kind = format!("urn:bailee:problem:{code}");
        assert_eq!(
            (self.0, &self.1["type"], &self.1["requirement"]),
            (status, &kind.into(), &requirement.into())
        );
        assert!(!self.1.to_string().contains("Fernsby"), "{}", self.1);
        self.1
    }
}

/// Somebody at the API, or nobody yet.
struct Somebody<'a> {
    served: &'a Served<'a>,
    bearer: String,
    socket: Option<&'a Path>,
}

impl<'a> Somebody<'a> {
    fn nobody(served: &'a Served<'a>) -> Self {
        Self::with(served, "")
    }

    fn with(served: &'a Served<'a>, credential: &str) -> Self {
        Self { served, bearer: credential.to_owned(), socket: None }
    }

    /// Somebody who has a password and a code.
    fn log_in(served: &'a Served<'a>, mail: &str, password: &str, code: &str) -> Self {
        let asked = json!({ "mail": mail, "password": password, "code": code });
        let session = Self::nobody(served).post("/v1/sessions", &asked).done();
        Self::with(served, session["token"].as_str().unwrap())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, Some(body))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let (bearer, body) = (format!("Authorization: Bearer {}", self.bearer), body.map(Value::to_string));
        let mut words = vec!["--request", method, "--write-out", "\n%{http_code}"];
        if !self.bearer.is_empty() {
            words.extend(["--header", &bearer]);
        }
        if let Some(body) = &body {
            words.extend(["--header", "Content-Type: application/json", "--data", body]);
        }
        let mut curl = match self.socket {
            None => self.served.curl(path, &words),
            Some(socket) => {
                let mut curl = Command::new("curl");
                curl.args(["--silent", "--max-time", "30", "--unix-socket"]).arg(socket).args(&words);
                curl.arg(format!("http://localhost{path}"));
                curl
            }
        };
        let out = String::from_utf8(curl.output().unwrap().stdout).unwrap();
        let (body, status) = out.rsplit_once('\n').unwrap();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        Answer(status.parse().unwrap(), body)
    }

    /// Sets up an authenticator; the codes with which to come in without it.
    fn enrol(&self) -> Vec<String> {
        let begun = self.post("/v1/account/factor", &json!({})).done();
        let code = code(begun["secret"].as_str().unwrap(), 0);
        let enrolled = self.post("/v1/account/factor:confirm", &json!({ "code": code })).done();
        let codes = enrolled["recovery_codes"].as_array().unwrap();
        codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
    }

    /// Invites somebody, who accepts and sets up an authenticator.
    fn bring(&self, person: &str, role: &str) -> (Somebody<'a>, Vec<String>) {
        let invited = self.post("/v1/people", &json!({ "person": person, "roles": [role] })).done();
        let invited = Somebody::with(self.served, invited["invitation"].as_str().unwrap());
        for weak in ["short-7A", "Password1234!", "Correct-Beispiel-7"] {
            let refused = invited.post("/v1/invitation:accept", &json!({ "password": weak }));
            refused.refused(422, "unacceptable", "1.4.a");
        }
        let accepted = invited.post("/v1/invitation:accept", &json!({ "password": OTHERS_PASSWORD })).done();
        let session = Somebody::with(self.served, accepted["token"].as_str().unwrap());
        session.get("/v1/sellers").refused(403, "second-factor-missing", "1.1.d");
        let codes = session.enrol();
        (session, codes)
    }

    fn reveal(&self) -> Answer {
        let item = json!({ "seller": "ALPHA", "reference": "250-1234567-1234567", "fields": [NAME] });
        self.post("/v1/reveal", &json!({ "purpose": "fulfilment", "items": [item] }))
    }

    #[track_caller]
    fn sees_the_name(&self) {
        let revealed = self.reveal().done().to_string();
        assert!(revealed.contains("Juniper Fernsby"), "{revealed}");
    }
}

impl Answer {
    /// Fails the test unless the one thing that was asked was denied, by this code and for this requirement.
    #[track_caller]
    fn denied(self, code: &str, requirement: &str) {
        let answer = self.done();
        let denied = &answer["denied"][0];
        assert_eq!(
            (&denied["code"], &denied["requirement"]),
            (&code.into(), &requirement.into()),
            "{answer}"
        );
        assert!(answer["records"] == json!([]) && !answer.to_string().contains("Fernsby"), "{answer}");
    }
}

/// A server of the home at another time.
fn serve_at<'a>(trial: &'a Trial, now: &str) -> Served<'a> {
    trial.serve_with(|command| {
        command.args(["--now", now]);
    })
}

#[test]
fn people_and_services_come_in_see_what_they_need_and_lose_it_by_themselves() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.configure("[access]", "second_factor = true\nsecond_person = true");

    // The first day: people, a grant, a service, a glass.
    let served = trial.serve();
    let nobody = Somebody::nobody(&served);
    nobody.get("/v1/sellers").refused(401, "no-credential", "1.1.d");
    let session = nobody.post("/v1/sessions", &json!({ "mail": MAIL, "password": PASSWORD })).done();
    let owner = Somebody::with(&served, session["token"].as_str().unwrap());
    owner.get("/v1/sellers").refused(403, "second-factor-missing", "1.1.d");
    let owners_codes = owner.enrol();
    for generic in ["Admin <x1@example.com>", "Lager <x2@example.com>", "Ada Other <warehouse@example.com>"] {
        let refused = owner.post("/v1/people", &json!({ "person": generic, "roles": ["operator"] }));
        refused.refused(422, "unacceptable", "1.2.b");
    }
    let (operator, bens_codes) = owner.bring(&format!("Ben Beispiel <{BEN}>"), "operator");
    let (officer, cems_codes) = owner.bring(&format!("Cem Beispiel <{CEM}>"), "officer");
    operator.get("/v1/people").refused(403, "role-not-allowed", "1.3.a");
    let order: Value = serde_json::from_str(ORDER).unwrap();
    owner.post("/v1/sellers/ALPHA/orders:collect", &order).done();

    operator.reveal().denied("no-grant", "1.3.b");
    let wanted =
        json!({ "seller": "ALPHA", "classes": ["identity"], "purpose": "fulfilment", "until": "1d" });
    let grant = operator.post("/v1/grants", &wanted).done()["id"].as_str().unwrap().to_owned();
    let approve = |somebody: &Somebody<'_>, what: &str, id: &str| {
        somebody.post(&format!("/v1/{what}/{id}/decision"), &json!({ "decision": "approved" }))
    };
    approve(&operator, "grants", &grant).refused(403, "role-not-allowed", "1.3.a");
    let asked =
        json!({ "who": BEN, "action": "reveal", "seller": "ALPHA", "field": NAME, "purpose": "fulfilment" });
    let explained = officer.post("/v1/access:explain", &asked).done();
    assert_eq!((&explained["decision"], &explained["requirement"]), (&"deny".into(), &"1.3.b".into()));
    approve(&officer, "grants", &grant).done();
    assert_eq!(officer.post("/v1/access:explain", &asked).done()["policies"][0], "grant-reveals");
    operator.sees_the_name();

    let wanted = json!({ "name": "labels", "sellers": ["ALPHA"], "purposes": ["fulfilment"], "classes": ["identity"] });
    let added = owner.post("/v1/services", &wanted).done();
    let key = added["key"].as_str().unwrap();
    let service = Somebody::with(&served, key);
    service.reveal().refused(403, "key-not-trusted", "1.3.b");
    let proposal = added["proposal"].as_str().unwrap();
    approve(&owner, "proposals", proposal).refused(403, "second-person", "1.3.b");
    approve(&officer, "proposals", proposal).done();
    service.sees_the_name();
    service.get("/v1/people").refused(403, "service-not-allowed", "1.3.a");

    let broken = json!({ "seller": "ALPHA", "purpose": "incident", "ticket": "OPS-1234" });
    owner.post("/v1/glass:break", &broken).refused(403, "role-not-allowed", "1.3.a");
    assert_eq!(operator.post("/v1/glass:break", &broken).done()["review_due"], "2026-03-03T09:00:00Z");
    served.end().ends(0);

    // The next day: what was given has ended by itself, and so has who was not reviewed.
    let served = serve_at(&trial, "2026-03-03T09:00:01Z");
    let officer = Somebody::log_in(&served, CEM, OTHERS_PASSWORD, &cems_codes[0]);
    until_suspended(&Somebody::log_in(&served, MAIL, PASSWORD, &owners_codes[0]));
    let again = json!({ "mail": BEN, "password": OTHERS_PASSWORD, "code": bens_codes[0] });
    Somebody::nobody(&served).post("/v1/sessions", &again).refused(401, "log-in-failed", "1.1.d");
    let grants = officer.get("/v1/grants").done();
    // Both were asked for at one time of this home, so neither stands first.
    let of_state = |state: &str| {
        let mut all = grants["grants"].as_array().unwrap().iter();
        all.find(|one| one["state"] == state).unwrap()["id"].as_str().unwrap()
    };
    assert_eq!(of_state("expired"), grant);
    let glass = of_state("ended");
    let reviewed = officer.post(&format!("/v1/grants/{glass}/review"), &json!({ "justified": true })).done();
    assert_eq!(reviewed["review_due"], Value::Null, "late, and reviewed all the same");
    served.end().ends(0);

    // Ninety days later: the key opens its renewal, and the password its change.
    let served = serve_at(&trial, "2026-05-31T09:00:01Z");
    let service = Somebody::with(&served, key);
    service.reveal().refused(401, "key-too-old", "1.4.b");
    let next = service.post("/v1/services/current/keys", &json!({})).done();
    let service = Somebody::with(&served, next["key"].as_str().unwrap());
    let past = service.reveal();
    assert!(past.0 < 300 && !past.1.to_string().contains("Fernsby"), "its day has come as well: {}", past.1);
    let owner = Somebody::log_in(&served, MAIL, PASSWORD, &owners_codes[1]);
    owner.get("/v1/sellers").refused(403, "password-expired", "1.4.b");
    let change = |new: &str| json!({ "present": PASSWORD, "new": new });
    owner.post("/v1/account/password", &change(PASSWORD)).refused(422, "unacceptable", "1.4.a");
    owner.post("/v1/account/password", &change("Teal-Barrow-55-Quilt")).done();
    owner.get("/v1/sellers").done();
    served.end().ends(0);
}

/// Waits for the upkeep, which works beside the requests.
fn until_suspended(owner: &Somebody<'_>) {
    crate::served::until(|| {
        let people = owner.get("/v1/people").done();
        let ben = people["people"].as_array().unwrap().iter().find(|one| one["mail"] == BEN).unwrap().clone();
        (ben["standing"] == "suspended").then_some(())
    });
}

#[test]
fn eleven_wrong_log_ins_lock_an_account_at_the_socket_and_six_an_address_of_the_network() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let served = trial.serve();
    let socket = served.said["socket"].as_str().unwrap().to_owned();
    let local = Somebody { socket: Some(Path::new(&socket)), ..Somebody::nobody(&served) };
    let wrong = json!({ "mail": MAIL, "password": "Wrong-Kettle-77" });
    let stranger = json!({ "mail": "nobody@example.com", "password": "Wrong-Kettle-77" });
    for _ in 0..10 {
        let refused = local.post("/v1/sessions", &wrong).refused(401, "log-in-failed", "1.1.d");
        let other = local.post("/v1/sessions", &stranger).refused(401, "log-in-failed", "1.1.d");
        assert_eq!(refused["detail"], other["detail"], "a stranger is told the same");
    }
    let right = json!({ "mail": MAIL, "password": PASSWORD });
    local.post("/v1/sessions", &right).refused(401, "account-locked", "1.2.f");

    // The network is another door: nobody is locked out there, and nobody who tries from there locks one.
    Somebody::nobody(&served).post("/v1/sessions", &right).done();
    for _ in 0..5 {
        Somebody::nobody(&served).post("/v1/sessions", &wrong).refused(401, "log-in-failed", "1.1.d");
    }
    let refused = Somebody::nobody(&served).post("/v1/sessions", &right);
    assert_eq!((refused.0, &refused.1["type"]), (429, &"urn:bailee:problem:too-many-requests".into()));
    served.end().ends(0);
}
