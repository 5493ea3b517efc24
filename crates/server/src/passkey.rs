//! Passkeys: setting them up and removing them in one's own account, and the challenges that they answer.
//!
//! What an authenticator is asked and what it answers goes through in JSON as WebAuthn writes it, with binary values in
//! base64url; a browser's `parseCreationOptionsFromJSON`, `parseRequestOptionsFromJSON` and `toJSON` read and write it.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::routing::{delete, get, post};
use bailee_access::gate::{BegunPasskey, LogIn as Shown, PasskeyAnswer, ShownPasskey};
use bailee_access::passkey::NAME_CHARACTERS_MAX;
use bailee_core::{PasskeyId, Sensitive, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, growing, list as listed, named, nullable, object, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::paging::Page;
use crate::problem::Problem;

/// What a home without a public address answers, and all else that can be wrong with a passkey.
const UNACCEPTABLE: &str = "unacceptable";

pub(crate) fn operations() -> Vec<Operation> {
    let enrol = object(&[
        ("name", text(&format!("As its owner calls it: one line of 1 to {NAME_CHARACTERS_MAX} characters."))),
        ("challenge", words::id("The challenge that it was made for.")),
        ("credential", credential("attestationObject")),
    ]);
    let enrolled = object(&[
        ("passkey", words::id("Names it; opens nothing.")),
        (
            "recovery_codes",
            listed(&text(
                "Opens once in the place of a second factor. They come with the first factor of all and are in no other answer.",
            )),
        ),
    ]);
    let made = json!({
        "name": "Laptop", "challenge": words::ID,
        "credential": example("attestationObject"),
    });
    let line = json!({ "passkey": words::ID, "name": "Laptop", "since": words::TIME, "used_at": null });
    let creation = json!({ "challenge": words::ID, "options": { "publicKey": {
        "rp": { "id": "bailee.example.com", "name": "Bailee" }, "challenge": "3q2-7w…",
    } } });
    vec![
        Operation::post("/v1/account/passkeys:begin", "beginPasskey", post(begin))
            .says(
                Tag::Account,
                "Begin to set up a passkey",
                "Whoever has a second factor shows it first (`confirmSession`). The challenge is good for five minutes, once, and \
                 in this session.",
            )
            .answers(201, "What the browser hands to an authenticator.", begun_schema(), creation)
            .refuses(&["service-not-allowed", UNACCEPTABLE, "not-found"]),
        Operation::post("/v1/account/passkeys", "enrolPasskey", post(enrol_one))
            .says(
                Tag::Account,
                "Set up a passkey",
                "The authenticator has to have asked for a PIN, a face or a fingerprint.",
            )
            .takes("What the authenticator made.", enrol, made)
            .answers(201, "It is set up.", enrolled, json!({ "passkey": words::ID, "recovery_codes": [] }))
            .refuses(&["bad-id", "service-not-allowed", UNACCEPTABLE, "not-found"]),
        Operation::get("/v1/account/passkeys", "listPasskeys", get(list))
            .says(Tag::Account, "List one's own passkeys", "The oldest first.")
            .in_pages()
            .answers(200, "They.", pages("passkeys", &line_schema()), json!({ "passkeys": [line], "next": null }))
            .refuses(&["service-not-allowed", UNACCEPTABLE, "not-found"]),
        Operation::delete("/v1/account/passkeys/{id}", "removePasskey", delete(remove))
            .says(
                Tag::Account,
                "Remove one of one's own passkeys",
                "Takes a second factor that was shown within ten minutes. The last one stays where everybody comes in with one.",
            )
            .answers_nothing("It opens nothing any more.")
            .refuses(&["service-not-allowed", "second-factor-stale", UNACCEPTABLE, "not-found"]),
    ]
}

/// The first step of a log-in by passkey.
pub(crate) fn challenge_log_in() -> Operation {
    let who = object(&[("mail", text("The person's address.")), ("password", text("The password."))]);
    Operation::post("/v1/sessions:challenge", "challengeLogIn", post(self::ask_log_in))
        .anonymous()
        .says(
            Tag::Sessions,
            "Ask for a passkey's challenge at a log-in",
            "The same work, the same refusals and the same counting as the log-in itself: whether an account has passkeys is \
             told to who knows its password. Answer it with `logIn`, by `passkey` in the place of `code`, within five minutes.",
        )
        .takes("Who.", who, json!({ "mail": "ada@example.com", "password": "Correct-Horse-7-Battery" }))
        .answers(201, "What the browser hands to an authenticator.", begun_schema(), asked())
        .refuses(&[
            "log-in-failed",
            "account-locked",
            "second-factor-needed",
            "device-missing",
            UNACCEPTABLE,
            "too-many-requests",
            "hashing",
        ])
        .works()
}

/// The first step of showing a passkey again.
pub(crate) fn challenge_session() -> Operation {
    Operation::post("/v1/sessions/current:challenge", "challengeSession", post(self::ask_session))
        .says(
            Tag::Sessions,
            "Ask for a passkey's challenge in a session",
            "Answer it with `confirmSession`, within five minutes and in this session.",
        )
        .answers(201, "What the browser hands to an authenticator.", begun_schema(), asked())
        .refuses(&["service-not-allowed", "second-factor-needed", UNACCEPTABLE, "not-found"])
}

/// What an authenticator answered to a challenge of a log-in or a session.
pub(crate) fn answer_schema() -> Schema {
    named(
        "PasskeyAnswer",
        object(&[
            ("challenge", words::id("The challenge that is answered.")),
            ("credential", credential("authenticatorData, signature")),
        ]),
    )
}

fn begun_schema() -> Schema {
    let options =
        "For `navigator.credentials`, in JSON as WebAuthn (https://www.w3.org/TR/webauthn-3/) writes it.";
    object(&[
        ("challenge", words::id("Names the challenge when it is answered.")),
        ("options", growing(with_says(object(&[("publicKey", growing(object(&[])))]), options))),
    ])
}

fn credential(of_response: &str) -> Schema {
    let says = format!(
        "What `navigator.credentials` gave, in JSON as WebAuthn writes it; `response` holds clientDataJSON, {of_response}."
    );
    growing(with_says(
        object(&[
            ("id", text("The credential's id, in base64url.")),
            ("rawId", text("The same.")),
            ("type", text("`public-key`.")),
            ("response", growing(object(&[("clientDataJSON", text("In base64url."))]))),
        ]),
        &says,
    ))
}

fn with_says(schema: Schema, says: &str) -> Schema {
    crate::api::schema::with(schema, "description", says.into())
}

fn line_schema() -> Schema {
    named(
        "Passkey",
        object(&[
            ("passkey", words::id("Names it; opens nothing.")),
            ("name", text("As its owner calls it.")),
            ("since", words::time("When it was set up.")),
            ("used_at", nullable(words::time("When it was used last."))),
        ]),
    )
}

fn asked() -> Value {
    json!({ "challenge": words::ID, "options": { "publicKey": {
        "challenge": "3q2-7w…", "rpId": "bailee.example.com", "userVerification": "required",
    } } })
}

fn example(of_response: &str) -> Value {
    json!({
        "id": "AAECAw", "rawId": "AAECAw", "type": "public-key",
        "response": { "clientDataJSON": "e30", of_response: "oA" },
    })
}

/// What an authenticator answered, as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    challenge: String,
    credential: Value,
}

/// What stands in every credential, whatever else does. That it is one is found out when it is looked at: also for an account
/// that has none, what is no credential at all is told to be none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only whether it is there counts")]
struct Credential {
    id: String,
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: Response,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it is there counts")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
}

impl Answer {
    pub(crate) fn given(self) -> Result<PasskeyAnswer, Problem> {
        let is_one = Credential::deserialize(&self.credential).is_ok();
        if !is_one {
            return Err(Problem::unacceptable("bad-body", "this is no credential as WebAuthn writes one"));
        }
        Ok(PasskeyAnswer { challenge: self.challenge.parse()?, credential: self.credential })
    }
}

pub(crate) fn one_or_the_other() -> Problem {
    Problem::unacceptable(UNACCEPTABLE, "show a second factor by either `code` or `passkey`")
}

/// A challenge, and what is asked.
#[derive(Serialize)]
struct Begun {
    challenge: String,
    options: Value,
}

type Created<T> = (StatusCode, Json<T>);

fn created(begun: BegunPasskey) -> Created<Begun> {
    let BegunPasskey { challenge, options } = begun;
    (StatusCode::CREATED, Json(Begun { challenge: challenge.to_string(), options }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    mail: String,
    password: String,
}

async fn ask_log_in(edge: Edge, body: JsonBody) -> Result<Created<Begun>, Problem> {
    let Who { mail, password } = body.parse()?;
    let password = Sensitive::new(password);
    edge.begin_log_in(Some(mail), move |house, attempt| {
        let (mail, door, machine_now) = (&attempt.mail, attempt.door, attempt.machine_now);
        let (code, passkey, certificate) = (None, None, attempt.certificate.as_deref());
        let log_in = Shown { mail, password: &password, code, passkey, door, certificate, machine_now };
        let stamp = attempt.stamp;
        let gate = house.gate();
        Ok(created(gate.challenge_log_in(&log_in, stamp.request, stamp.now, attempt.detail)?))
    })
    .await
}

async fn ask_session(edge: Edge) -> Result<Created<Begun>, Problem> {
    edge.renew(|call| Ok(created(call.gate().challenge_session(call.caller(), call.machine_now())?))).await
}

async fn begin(edge: Edge) -> Result<Created<Begun>, Problem> {
    edge.renew(|call| Ok(created(call.gate().begin_passkey(call.caller(), call.machine_now())?))).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    name: String,
    challenge: String,
    credential: Value,
}

/// A passkey that is set up. The codes are in no other answer.
#[derive(Serialize)]
struct Enrolled {
    passkey: String,
    recovery_codes: Vec<String>,
}

async fn enrol_one(edge: Edge, body: JsonBody) -> Result<Created<Enrolled>, Problem> {
    edge.renew(move |call| {
        let Made { name, challenge, credential } = body.parse()?;
        let answer = Answer { challenge, credential }.given()?;
        let enrolled = call.gate().enrol_passkey(call.caller(), &name, &answer, call.machine_now())?;
        let recovery_codes = enrolled.recovery_codes.iter().map(|code| code.expose().clone()).collect();
        Ok((StatusCode::CREATED, Json(Enrolled { passkey: enrolled.id.to_string(), recovery_codes })))
    })
    .await
}

/// A passkey, as its owner sees it.
#[derive(Serialize)]
struct Line {
    passkey: String,
    name: String,
    since: Timestamp,
    used_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Lines {
    passkeys: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Lines>, Problem> {
    edge.run(move |call| {
        let passkeys = call.gate().passkeys(call.caller())?;
        let page = Page::asked("passkeys", &uri)?;
        let key = |one: &ShownPasskey| format!("{:020} {}", one.since.as_nanosecond(), one.id);
        let (passkeys, next) = page.cut(passkeys, key);
        let line = |one: ShownPasskey| {
            let ShownPasskey { id, name, since, used_at } = one;
            Line { passkey: id.to_string(), name, since, used_at }
        };
        Ok(Json(Lines { passkeys: passkeys.into_iter().map(line).collect(), next }))
    })
    .await
}

async fn remove(edge: Edge, Segments(id): Segments<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let id: PasskeyId = id.parse()?;
        call.gate().remove_passkey(call.caller(), id)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
