//! Mail: whether it arrives.

use std::time::Duration;

use axum::Json;
use axum::routing::post;
use serde::Serialize;
use serde_json::json;

use crate::api::schema::{flag, nullable, object, text};
use crate::api::{Operation, Tag};
use crate::edge::Edge;
use crate::problem::Problem;

/// How long whoever asks waits for the mail server.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn operations() -> Vec<Operation> {
    let sent = object(&[
        ("sent", flag("Whether the mail server took it.")),
        ("reason", nullable(text("Why it did not, as a code; it is tried again."))),
    ]);
    vec![
        Operation::post("/v1/mail:test", "testMail", post(test))
            .says(
                Tag::Home,
                "Send a mail to one's own address",
                "Whether notices leave this home. Says whether the mail server took it; whether it arrives, its reader sees.",
            )
            .answers(200, "What became of it.", sent, json!({ "sent": false, "reason": "smtp-535" }))
            .refuses(&["service-not-allowed", "unacceptable"]),
    ]
}

#[derive(Serialize)]
struct Sent {
    sent: bool,
    reason: Option<String>,
}

async fn test(edge: Edge) -> Result<Json<Sent>, Problem> {
    edge.run(|call| {
        let notice = call.gate().file_test_notice(call.caller())?;
        let outcomes = call.deliver(PATIENCE)?;
        let own = outcomes.into_iter().find(|outcome| outcome.notice == notice);
        let reason = own.and_then(|outcome| outcome.failed).map(|error| error.code);
        // Neither taken nor refused: others before it took all the time.
        let waits = call.gate().waits(notice);
        let reason = reason.or_else(|| waits.then(|| "waiting".to_owned()));
        Ok(Json(Sent { sent: !waits && reason.is_none(), reason }))
    })
    .await
}
