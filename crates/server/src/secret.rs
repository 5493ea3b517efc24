//! The secrets that the program uses itself: their age and strength, and nothing of them.

use axum::Json;
use axum::http::Uri;
use axum::routing::get;
use bailee_access::own_secret::Listed;
use bailee_access::service::KeyAge;
use bailee_core::profile::Values;
use bailee_core::{OwnSecret, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::api::schema::{Schema, count, named, nullable, object, one_of, pages};
use crate::api::{Operation, Tag, words};
use crate::edge::{Call, Edge};
use crate::paging::Page;
use crate::problem::Problem;

/// How a secret can stand.
const STATES: [&str; 4] = ["unseen", "current", "due", "outlived"];

pub(crate) fn operations() -> Vec<Operation> {
    let line = json!({
        "secret": "mail-password",
        "state": "current",
        "since": words::TIME,
        "ends_at": "2026-05-31T09:00:00Z",
        "bits": 96,
        "strength": "strong",
    });
    vec![
        Operation::get("/v1/secrets", "listSecrets", get(self::list))
            .says(
                Tag::Keys,
                "List the secrets that the program uses itself",
                "Those that the configuration names, with their age and strength. Nothing of a secret itself is kept, or \
                 could be answered.",
            )
            .in_pages()
            .for_people()
            .answers(200, "The secrets.", pages("secrets", &secret_line()), json!({ "secrets": [line], "next": null })),
    ]
}

fn secret_line() -> Schema {
    let names = OwnSecret::ALL.iter().map(|secret| secret.as_str());
    named(
        "Secret",
        object(&[
            ("secret", one_of(names, "Which.")),
            (
                "state",
                one_of(
                    STATES,
                    "`unseen` where the process that looked could not get at it; `due` in the last sixth of its life; \
                     `outlived` past its age, and to be changed.",
                ),
            ),
            ("since", nullable(words::time("Since when it is the same, as far as this home has seen."))),
            ("ends_at", nullable(words::time("When it is past its age."))),
            ("bits", nullable(count("How many guesses it stands up to at least, as a power of two."))),
            ("strength", nullable(one_of(["strong", "weak"], "Whether that is enough."))),
        ]),
    )
}

/// A secret, without anything of it.
#[derive(Serialize)]
struct Line {
    secret: OwnSecret,
    state: &'static str,
    since: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    bits: Option<u16>,
    strength: Option<&'static str>,
}

/// A page of them.
#[derive(Serialize)]
struct Secrets {
    secrets: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Secrets>, Problem> {
    edge.run(move |call| {
        let secrets = call.gate().own_secrets(call.caller())?;
        let page = Page::asked("secrets", &uri)?;
        let (secrets, next) = page.cut(secrets, |listed| listed.secret.as_str().to_owned());
        let lines = secrets.into_iter().map(|listed| Line::of(listed, call)).collect();
        Ok(Json(Secrets { secrets: lines, next }))
    })
    .await
}

impl Line {
    fn of(Listed { secret, seen }: Listed, call: &Call) -> Self {
        let values: &Values = &call.gate().standards().values;
        let state = match seen.map(|seen| seen.age(call.now(), values)) {
            None => "unseen",
            Some(KeyAge::Fresh) => "current",
            Some(KeyAge::Aging) => "due",
            Some(KeyAge::Ended | KeyAge::Forgotten) => "outlived",
        };
        Self {
            secret,
            state,
            since: seen.map(|seen| seen.since),
            ends_at: seen.map(|seen| seen.ends_at(values)),
            bits: seen.map(|seen| seen.bits),
            strength: seen.map(|seen| if seen.is_strong() { "strong" } else { "weak" }),
        }
    }
}
