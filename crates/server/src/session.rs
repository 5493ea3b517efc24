//! Sessions of people.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::routing::{delete, get, post};
use bailee_access::gate::LogIn as Shown;
use bailee_access::session;
use bailee_core::{Sensitive, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, either, flag, named, nullable, object, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::paging::Page;
use crate::passkey::{self, Answer};
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let log_in = object(&[
        ("mail", text("The person's address.")),
        ("password", text("The password.")),
        (
            "code?",
            nullable(text(
                "A code of the authenticator, or a recovery code, where there is a second factor.",
            )),
        ),
        ("passkey?", nullable(passkey::answer_schema())),
    ]);
    let factor = either(&[
        object(&[("code", text("Of the authenticator, or a recovery code."))]),
        object(&[("passkey", passkey::answer_schema())]),
    ]);
    let line = json!({
        "session": words::ID,
        "since": words::TIME,
        "seen_at": words::TIME,
        "ends_at": "2026-03-02T17:00:00Z",
        "current": true,
    });
    vec![
        Operation::post("/v1/sessions", "logIn", post(self::log_in))
            .anonymous()
            .says(
                Tag::Sessions,
                "Log in",
                "The same work and the same answer whether or not there is such a person. After failures an attempt waits \
                 longer each time; after too many in a row the account is locked until another person lifts it, and an \
                 address from which too many failed is not heard for a while.",
            )
            .takes(
                "Who.",
                log_in,
                json!({ "mail": "ada@example.com", "password": "Correct-Horse-7-Battery" }),
            )
            .answers(201, "The session.", new_session(), example())
            .refuses(&[
                "log-in-failed",
                "account-locked",
                "second-factor-needed",
                "second-factor-missing",
                "device-missing",
                "unacceptable",
                "bad-id",
                "too-many-requests",
                "hashing",
            ])
            .works(),
        passkey::challenge_log_in(),
        Operation::get("/v1/sessions", "listSessions", get(list))
            .says(Tag::Sessions, "List one's own sessions", "The oldest first.")
            .in_pages()
            .answers(200, "They.", pages("sessions", &session_line()), json!({ "sessions": [line], "next": null }))
            .refuses(&["service-not-allowed"]),
        Operation::delete("/v1/sessions/current", "logOut", delete(self::log_out))
            .says(Tag::Sessions, "Log out", "Ends the session whose token is shown. A service has none.")
            .answers_nothing("The session has ended.")
            .refuses(&["unacceptable"]),
        Operation::post("/v1/sessions/current:confirm", "confirmSession", post(confirm))
            .says(
                Tag::Sessions,
                "Show the second factor again",
                "For what takes one that was shown within ten minutes: changes of people.",
            )
            .takes("A code, or what a passkey answered to `challengeSession`.", factor, json!({ "code": "123456" }))
            .answers_nothing("It counts as fresh.")
            .refuses(&["service-not-allowed", "log-in-failed", "account-locked", "unacceptable", "bad-id", "not-found"]),
        passkey::challenge_session(),
        Operation::delete("/v1/sessions/{id}", "endSession", delete(end))
            .says(Tag::Sessions, "End one of one's own sessions", "")
            .answers_nothing("The session has ended.")
            .refuses(&["service-not-allowed", "not-found"]),
    ]
}

pub(crate) fn new_session() -> Schema {
    object(&[
        ("session", words::id("Names the session; opens nothing.")),
        ("token", text("Opens the session. It is in no other answer.")),
        ("ends_at", words::time("When it ends at the latest.")),
    ])
}

pub(crate) fn example() -> Value {
    json!({ "session": words::ID, "token": "bss_…", "ends_at": "2026-03-02T17:00:00Z" })
}

fn session_line() -> Schema {
    named(
        "Session",
        object(&[
            ("session", words::id("Names the session; opens nothing.")),
            ("since", words::time("When it began.")),
            ("seen_at", words::time("When it was used last, to the minute.")),
            ("ends_at", words::time("When it ends at the latest.")),
            ("current", flag("Whether it is the one that asks.")),
        ]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogIn {
    mail: String,
    password: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    passkey: Option<Answer>,
}

/// A new session. The token is in no other answer.
#[derive(Serialize)]
pub(crate) struct NewSession {
    session: String,
    token: String,
    ends_at: Timestamp,
}

impl From<session::NewSession> for NewSession {
    fn from(new: session::NewSession) -> Self {
        let token = new.token.expose().clone();
        Self { session: new.id.to_string(), token, ends_at: new.ends_at }
    }
}

async fn log_in(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<NewSession>), Problem> {
    let LogIn { mail, password, code, passkey } = body.parse()?;
    let (password, code) = (Sensitive::new(password), code.map(Sensitive::new));
    let passkey = passkey.map(Answer::given).transpose()?;
    if code.is_some() && passkey.is_some() {
        return Err(passkey::one_or_the_other());
    }
    edge.log_in(mail, move |house, attempt| {
        let (door, machine_now) = (attempt.door, attempt.machine_now);
        let (mail, passkey) = (&attempt.mail, passkey.as_ref());
        let (code, certificate) = (code.as_ref(), attempt.certificate.as_deref());
        let log_in = Shown { mail, password: &password, code, passkey, door, certificate, machine_now };
        let stamp = attempt.stamp;
        let new = house.gate().log_in(&log_in, stamp.request, stamp.now, attempt.detail)?;
        Ok((StatusCode::CREATED, Json(new.into())))
    })
    .await
}

/// A session, as its owner sees it.
#[derive(Serialize)]
struct Line {
    session: String,
    since: Timestamp,
    seen_at: Timestamp,
    ends_at: Timestamp,
    current: bool,
}

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Sessions>, Problem> {
    edge.run(move |call| {
        let sessions = call.gate().sessions(call.caller())?;
        let page = Page::asked("sessions", &uri)?;
        let key = |one: &session::Shown| format!("{:020} {}", one.since.as_nanosecond(), one.id);
        let (sessions, next) = page.cut(sessions, key);
        let line = |one: session::Shown| Line {
            session: one.id.to_string(),
            since: one.since,
            seen_at: one.seen_at,
            ends_at: one.ends_at,
            current: one.is_this,
        };
        Ok(Json(Sessions { sessions: sessions.into_iter().map(line).collect(), next }))
    })
    .await
}

async fn log_out(edge: Edge) -> Result<StatusCode, Problem> {
    edge.renew(|call| {
        call.gate().log_out(call.caller())?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

async fn end(edge: Edge, Segments(id): Segments<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let id: SessionId = id.parse()?;
        call.gate().end_session(call.caller(), id)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Factor {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    passkey: Option<Answer>,
}

async fn confirm(edge: Edge, body: JsonBody) -> Result<StatusCode, Problem> {
    edge.renew(move |call| {
        let (gate, caller) = (call.gate(), call.caller());
        match body.parse()? {
            Factor { code: Some(code), passkey: None } => {
                gate.confirm(caller, &Sensitive::new(code), call.door(), call.machine_now())?;
            }
            Factor { code: None, passkey: Some(answer) } => {
                gate.confirm_by_passkey(caller, &answer.given()?, call.door(), call.machine_now())?;
            }
            Factor { .. } => return Err(passkey::one_or_the_other()),
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
