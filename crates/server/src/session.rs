//! Sessions of people.

use axum::Json;
use axum::http::StatusCode;
use axum::routing::{delete, post};
use bailee_core::{Sensitive, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{object, text};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::Edge;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let log_in = object(&[("mail", text("The person's address.")), ("password", text("The password."))]);
    let session = object(&[
        ("session", words::id("Names the session; opens nothing.")),
        ("token", text("Opens the session. It is in no other answer.")),
        ("ends_at", words::time("When it ends at the latest.")),
    ]);
    vec![
        Operation::post("/v1/sessions", "logIn", post(self::log_in))
            .anonymous()
            .says(
                Tag::Sessions,
                "Log in",
                "The same work and the same answer whether or not there is such a person.",
            )
            .takes(
                "Who.",
                log_in,
                json!({ "mail": "ada@example.com", "password": "Correct-Horse-7-Battery" }),
            )
            .answers(
                201,
                "The session.",
                session,
                json!({ "session": words::ID, "token": "bss_…", "ends_at": "2026-03-02T17:00:00Z" }),
            )
            .refuses(&["log-in-failed", "too-many-requests", "hashing"])
            .works(),
        Operation::delete("/v1/sessions/current", "logOut", delete(self::log_out))
            .says(Tag::Sessions, "Log out", "Ends the session whose token is shown. A service has none.")
            .answers_nothing("The session has ended.")
            .refuses(&["unacceptable"]),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogIn {
    mail: String,
    password: String,
}

/// A new session. The token is in no other answer.
#[derive(Serialize)]
struct NewSession {
    session: String,
    token: String,
    ends_at: Timestamp,
}

async fn log_in(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<NewSession>), Problem> {
    edge.run_unauthenticated(move |house, stamp, detail| {
        let LogIn { mail, password } = body.parse()?;
        let password = Sensitive::new(password);
        let new = house.gate().log_in(&mail, &password, stamp.request, stamp.now, Some(detail))?;
        let token = new.token.expose().clone();
        let answer = NewSession { session: new.id.to_string(), token, ends_at: new.ends_at };
        Ok((StatusCode::CREATED, Json(answer)))
    })
    .await
}

async fn log_out(edge: Edge) -> Result<StatusCode, Problem> {
    edge.run(|call| {
        call.gate().log_out(call.caller())?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
