//! A person's own account: accepting an invitation, the password, the second factor.
//!
//! These routes are open to a credential that opens nothing else: an invitation, a session whose password has ended or
//! that has no second factor yet.

use axum::Json;
use axum::http::StatusCode;
use axum::routing::post;
use bailee_core::Sensitive;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{list as listed, object, text};
use crate::api::{Operation, Tag};
use crate::body::JsonBody;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::session::{self, NewSession};

pub(crate) fn operations() -> Vec<Operation> {
    let begun = object(&[
        ("secret", text("To be typed into an authenticator. It is in no other answer.")),
        ("address", text("The same as an `otpauth:` address, to be scanned.")),
    ]);
    let address = "otpauth://totp/Bailee:ada%40example.com?secret=…&issuer=Bailee";
    let code = object(&[("code", text("Six digits of the authenticator, or a recovery code."))]);
    let codes = object(&[(
        "recovery_codes",
        listed(&text("Opens once in the place of the authenticator. It is in no other answer.")),
    )]);
    vec![
        Operation::post("/v1/invitation:accept", "acceptInvitation", post(accept))
            .says(
                Tag::Account,
                "Accept an invitation",
                "With the invitation as `Bearer`. It opens once, and this alone. Where the home asks for a second factor, \
                 the session opens nothing but its enrolment.",
            )
            .takes(
                "The password; and the code of whoever approved the invitation, where it took a second person.",
                object(&[
                    ("password", text("The password.")),
                    ("approval?", text("The code that was shown to whoever approved it.")),
                ]),
                json!({ "password": "Correct-Horse-7-Battery" }),
            )
            .answers(201, "The person is in.", session::new_session(), session::example())
            .refuses(&["service-not-allowed", "approval-missing", "unacceptable", "not-found", "breached-file", "hashing"]),
        Operation::post("/v1/account/password", "changePassword", post(change_password))
            .says(
                Tag::Account,
                "Change one's password",
                "The other sessions end. A wrong present password counts as a failed log-in.",
            )
            .takes(
                "The present one and the new one.",
                object(&[("present", text("The present password.")), ("new", text("The new one."))]),
                json!({ "present": "Correct-Horse-7-Battery", "new": "Grey-Anvil-203-Kettle" }),
            )
            .answers_nothing("It was changed.")
            .refuses(&["service-not-allowed", "log-in-failed", "unacceptable", "not-found", "breached-file", "hashing"]),
        Operation::post("/v1/account/factor", "beginFactor", post(begin_factor))
            .says(
                Tag::Account,
                "Begin to set up an authenticator",
                "It counts once it was confirmed with a code. To replace one, show a code of the present one first \
                 (`confirmSession`).",
            )
            .answers(201, "Its secret.", begun, json!({ "secret": "JBSWY3DP…", "address": address }))
            .refuses(&["service-not-allowed", "unacceptable", "not-found"]),
        Operation::post("/v1/account/factor:confirm", "confirmFactor", post(confirm_factor))
            .says(Tag::Account, "Confirm the authenticator with a code of it", "")
            .takes("A code.", code, json!({ "code": "123456" }))
            .answers(200, "It is set up.", codes, json!({ "recovery_codes": ["a4dq-obyh-a4dq-obyh"] }))
            .refuses(&["service-not-allowed", "unacceptable", "not-found"]),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    password: String,
    #[serde(default)]
    approval: Option<String>,
}

async fn accept(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<NewSession>), Problem> {
    edge.renew(move |call| {
        let Chosen { password, approval } = body.parse()?;
        let approval = approval.map(Sensitive::new);
        let new = call.gate().accept(call.caller(), &Sensitive::new(password), approval.as_ref())?;
        Ok((StatusCode::CREATED, Json(new.into())))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    present: String,
    new: String,
}

async fn change_password(edge: Edge, body: JsonBody) -> Result<StatusCode, Problem> {
    edge.renew(move |call| {
        let Change { present, new } = body.parse()?;
        let (present, new) = (Sensitive::new(present), Sensitive::new(new));
        call.gate().change_password(call.caller(), &present, &new, call.door())?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// An authenticator to be set up. Its secret is in no other answer.
#[derive(Serialize)]
struct Begun {
    secret: String,
    address: String,
}

async fn begin_factor(edge: Edge) -> Result<(StatusCode, Json<Begun>), Problem> {
    edge.renew(move |call| {
        let begun = call.gate().begin_factor(call.caller())?;
        let (secret, address) = (begun.secret.expose().clone(), begun.address.expose().clone());
        Ok((StatusCode::CREATED, Json(Begun { secret, address })))
    })
    .await
}

/// A code, of an authenticator or to recover.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

#[derive(Serialize)]
struct Enrolled {
    recovery_codes: Vec<String>,
}

async fn confirm_factor(edge: Edge, body: JsonBody) -> Result<Json<Enrolled>, Problem> {
    edge.renew(move |call| {
        let Code { code } = body.parse()?;
        let enrolled = call.gate().enrol_factor(call.caller(), &Sensitive::new(code), call.machine_now())?;
        let recovery_codes = enrolled.recovery_codes.iter().map(|code| code.expose().clone()).collect();
        Ok(Json(Enrolled { recovery_codes }))
    })
    .await
}
