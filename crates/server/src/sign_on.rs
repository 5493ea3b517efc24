//! Sign-on by a provider of OpenID Connect: begun here, done in a browser, ended here.
//!
//! Nobody is known at either step, so both count as log-ins do.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::routing::post;
use bailee_access::gate::SignOn;
use bailee_core::{Sensitive, SignOnId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{nullable, object, text};
use crate::api::{Operation, Tag, words};
use crate::body::{self, JsonBody};
use crate::edge::Edge;
use crate::problem::Problem;
use crate::session::{self, NewSession};

pub(crate) fn operations() -> Vec<Operation> {
    let begin = object(&[(
        "redirect",
        text(
            "Where the browser comes back to: an address of the caller's own machine, `http://127.0.0.1:PORT/…`.",
        ),
    )]);
    let begun = object(&[
        ("sign_on", words::id("Ends the sign-on; not to be shown to anybody.")),
        ("address", text("Where the browser goes.")),
        ("provider", text("As people call the provider.")),
    ]);
    let finish = object(&[
        ("sign_on", words::id("What was begun.")),
        (
            "redirected?",
            nullable(text(
                "What stood behind `?` when the browser came back; left out when a code was missing.",
            )),
        ),
        ("code?", nullable(text("A code of the authenticator, or a recovery code, where it is asked for."))),
        ("invitation?", nullable(text("Of somebody who comes for the first time."))),
    ]);
    let address = "https://id.example.com/auth?client_id=bailee&state=…";
    let redirect = json!({ "redirect": "http://127.0.0.1:49152/" });
    let begun_example = json!({ "sign_on": words::ID, "address": address, "provider": "Example" });
    let back = json!({ "sign_on": words::ID, "redirected": "code=…&state=…" });
    vec![
        Operation::post("/v1/sign-on:begin", "beginSignOn", post(self::begin))
            .anonymous()
            .says(
                Tag::Sessions,
                "Begin to sign on by the home's provider",
                "For homes with a provider of OpenID Connect. Good for ten minutes.",
            )
            .takes("Where the browser comes back to.", begin, redirect)
            .answers(201, "Where the browser goes.", begun, begun_example)
            .refuses(&["unacceptable", "provider-away", "too-many-requests"])
            .works(),
        Operation::post("/v1/sign-on:finish", "finishSignOn", post(self::finish))
            .anonymous()
            .says(
                Tag::Sessions,
                "End it with what the browser brought back",
                "Each is ended once. Where the provider's second factor does not count, `second-factor-needed` asks for the \
                 home's own: send it by the same `sign_on`, without `redirected`.",
            )
            .takes("What the browser brought back.", finish, back)
            .answers(201, "The session.", session::new_session(), session::example())
            .refuses(&[
                "bad-id",
                "unacceptable",
                "sign-on-failed",
                "log-in-failed",
                "account-locked",
                "second-factor-needed",
                "second-factor-missing",
                "device-missing",
                "not-found",
                "provider-away",
                "too-many-requests",
            ])
            .works(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    redirect: String,
}

#[derive(Serialize)]
struct Begun {
    sign_on: String,
    address: String,
    provider: String,
}

async fn begin(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<Begun>), Problem> {
    let Begin { redirect } = body.parse()?;
    edge.begin_log_in(None, move |house, attempt| {
        let begun = house.gate().begin_sign_on(&redirect, attempt.machine_now)?;
        let (sign_on, address, provider) = (begun.id.to_string(), begun.address, begun.provider);
        Ok((StatusCode::CREATED, Json(Begun { sign_on, address, provider })))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    sign_on: String,
    #[serde(default)]
    redirected: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    invitation: Option<String>,
}

/// What a provider puts behind `?` (RFC 6749, 4.1.2); of what else stands there nothing is asked.
#[derive(Deserialize)]
struct Redirected {
    code: String,
    state: String,
}

async fn finish(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<NewSession>), Problem> {
    let Finish { sign_on, redirected, code, invitation } = body.parse()?;
    let id: SignOnId = sign_on.parse()?;
    let redirected = redirected.map(|query| read(&query)).transpose()?;
    let (code, invitation) = (code.map(Sensitive::new), invitation.map(Sensitive::new));
    edge.sign_on(move |house, attempt| {
        let sign_on = SignOn {
            id,
            redirected: redirected.map(|back| (back.code, back.state)),
            code: code.as_ref(),
            invitation: invitation.as_ref(),
            door: attempt.door,
            certificate: attempt.certificate.as_deref(),
            machine_now: attempt.machine_now,
        };
        let stamp = attempt.stamp;
        let new = house.gate().finish_sign_on(sign_on, stamp.request, stamp.now, attempt.detail)?;
        Ok((StatusCode::CREATED, Json(new.into())))
    })
    .await
}

fn read(query: &str) -> Result<Redirected, Problem> {
    let back = format!("/?{query}").parse::<Uri>().ok().and_then(|uri| body::query(&uri).ok());
    back.ok_or_else(|| {
        Problem::unacceptable(
            "unacceptable",
            "the provider sent the browser back without a code: it was not allowed there; begin again",
        )
    })
}
