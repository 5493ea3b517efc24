//! Sessions of people.

use axum::Json;
use axum::http::StatusCode;
use bailee_core::{Sensitive, Timestamp};
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::edge::Edge;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogIn {
    mail: String,
    password: String,
}

/// A new session. The token is in no other answer.
#[derive(Serialize)]
pub(crate) struct NewSession {
    session: String,
    token: String,
    ends_at: Timestamp,
}

/// `POST /v1/sessions` takes `{"mail","password"}` and answers `{"session","token","ends_at"}`.
pub(crate) async fn log_in(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<NewSession>), Problem> {
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

/// `DELETE /v1/sessions/current`
pub(crate) async fn log_out(edge: Edge) -> Result<StatusCode, Problem> {
    edge.run(|call| {
        call.gate().log_out(call.caller())?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
