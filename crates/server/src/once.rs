//! Writes that can be sent again: the `Idempotency-Key` of the HTTP API.
//!
//! Under one key a caller is given the first answer again, also after a restart; another request under it is refused,
//! and so is one while the first is still at work. What is kept, and for how long, is the gate's
//! ([`bailee_access::repetition`]). An answer that holds a secret is never kept: it is only known that it was given.

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bailee_access::repetition::{Answer, First};
use serde::Serialize;

use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::fault::Fault;
use crate::problem::Problem;

/// The header that names a request.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Most characters of a key.
const KEY_CHARACTERS_MAX: usize = 128;

/// A request under a name: the name, and what it was sent to.
pub(crate) struct Named {
    key: String,
    route: String,
}

impl Named {
    /// What a request says of its name; nothing, when it has none.
    pub(crate) fn of(parts: &Parts) -> Option<Result<Self, Problem>> {
        let mut keys = parts.headers.get_all(KEY).iter();
        let key = keys.next()?;
        let key = match keys.next() {
            None => key.to_str().ok().and_then(unquoted),
            Some(_another) => None,
        };
        Some(match key {
            Some(key) => Ok(Self { key, route: format!("{} {}", parts.method, parts.uri) }),
            None => {
                let words =
                    format!("an idempotency key is 1 to {KEY_CHARACTERS_MAX} visible ASCII characters");
                Err(Problem::unacceptable("bad-idempotency-key", words))
            }
        })
    }

    /// What tells this request from others under the same name. The name is its key, and is kept nowhere: a body can be
    /// as short as a town, which a plain digest would let anyone guess who has the registers' key.
    fn fingerprint(&self, body: &[u8]) -> [u8; 32] {
        let mut code = Context::with_key(&Key::new(HMAC_SHA256, self.key.as_bytes()));
        code.update(self.route.as_bytes());
        code.update(&[0]);
        code.update(body);
        let mut fingerprint = [0; 32];
        fingerprint.iter_mut().zip(code.sign().as_ref()).for_each(|(to, from)| *to = *from);
        fingerprint
    }
}

/// The key, with or without the quotes of a structured field (RFC 8941).
fn unquoted(text: &str) -> Option<String> {
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_key = (1..=KEY_CHARACTERS_MAX).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
    is_key.then(|| key.to_owned())
}

/// The answer of a write that was done.
pub(crate) struct Written {
    status: StatusCode,
    json: Option<String>,
    /// Set when the answer holds a secret: the id of what was made.
    secret_of: Option<String>,
}

impl Written {
    /// Done, and this came of it.
    pub(crate) fn done(what: &impl Serialize) -> Self {
        Self { status: StatusCode::OK, json: Some(json(what)), secret_of: None }
    }

    /// This was made.
    pub(crate) fn made(what: &impl Serialize) -> Self {
        Self { status: StatusCode::CREATED, ..Self::done(what) }
    }

    /// Not done yet: somebody else has to agree to this first.
    pub(crate) fn accepted(what: &impl Serialize) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::done(what) }
    }

    /// Done, and there is nothing to say of it.
    pub(crate) fn silent() -> Self {
        Self { status: StatusCode::NO_CONTENT, json: None, secret_of: None }
    }

    /// The answer holds the secret of what was made, and is kept nowhere.
    pub(crate) fn with_secret_of(self, id: String) -> Self {
        Self { secret_of: Some(id), ..self }
    }

    fn kept(&self) -> Answer {
        let status = self.status.as_u16();
        match &self.secret_of {
            Some(made) => Answer { status, json: None, made: Some(made.clone()) },
            None => Answer { status, json: self.json.clone(), made: None },
        }
    }
}

fn json(what: &impl Serialize) -> String {
    // Our own answers are strings, numbers, lists and maps: they always serialise.
    serde_json::to_string(what).unwrap_or_default()
}

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        match self.json {
            Some(json) => {
                let content = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
                (self.status, content, json).into_response()
            }
            None => self.status.into_response(),
        }
    }
}

impl Edge {
    /// Authenticates the caller, then writes, once under each name that a caller gives.
    pub(crate) async fn write<A>(self, body: JsonBody, act: A) -> Result<Response, Problem>
    where
        A: FnOnce(&Call, JsonBody) -> Result<Written, Problem> + Send + 'static,
    {
        self.block(move |mut edge| {
            let named = edge.take_name();
            let call = edge.authenticate()?;
            match named.transpose()? {
                Some(named) => once(&call, &named, body, act),
                None => act(&call, body).map(Written::into_response),
            }
        })
        .await
    }
}

fn once(
    call: &Call,
    named: &Named,
    body: JsonBody,
    act: impl FnOnce(&Call, JsonBody) -> Result<Written, Problem>,
) -> Result<Response, Problem> {
    let fingerprint = named.fingerprint(body.bytes()?);
    let claim = match call.gate().begin_named(call.caller(), &named.key, fingerprint)? {
        First::Begun(claim) => claim,
        First::Answered(answer) => return again(answer),
        First::Other => return Err(reused()),
        First::Running => return Err(in_use()),
        First::Unknown => return Err(unknown()),
    };
    match act(call, body) {
        Ok(written) => {
            // It was done, whether or not that can be remembered.
            if claim.answered(written.kept()).is_err() {
                call.report(Fault::new("store", "idempotency-key"));
            }
            Ok(written.into_response())
        }
        Err(problem) => {
            // Nothing was done, so the name is free again; where that cannot be written, it stays taken.
            if claim.release().is_err() {
                call.report(Fault::new("store", "idempotency-key"));
            }
            Err(problem)
        }
    }
}

/// The first answer, again.
fn again(answer: Answer) -> Result<Response, Problem> {
    if let Some(made) = answer.made {
        return Err(shown_once(made));
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = Written { status, json: answer.json, secret_of: None }.into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn reused() -> Problem {
    let words = "another request was sent under this idempotency key; send this one under another";
    Problem::unacceptable("idempotency-key-reused", words)
}

fn in_use() -> Problem {
    let words = "the first request under this idempotency key is still at work; wait, then send it again";
    Problem::new(StatusCode::CONFLICT, "idempotency-key-in-use", words)
}

fn unknown() -> Problem {
    let words = "the first request under this idempotency key was cut off, and whether it was done is not known; look, \
                 and if it was not, send it under another key";
    Problem::new(StatusCode::CONFLICT, "idempotency-outcome-unknown", words)
}

fn shown_once(made: String) -> Problem {
    let words = "the first request under this idempotency key was done; its answer held a secret, which was shown then \
                 and is kept nowhere";
    Problem::new(StatusCode::CONFLICT, "shown-once", words).about(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_stand_in_quotes_and_is_nothing_but_visible_ascii() {
        let longest = "k".repeat(KEY_CHARACTERS_MAX);
        for key in ["8e03978e-40d5", "k", longest.as_str()] {
            assert_eq!(unquoted(key).as_deref(), Some(key));
            assert_eq!(unquoted(&format!("\"{key}\"")).as_deref(), Some(key));
        }
        for text in ["", "\"\"", "\"", "a b", "a\"b", "a\\b", "\"a", "a\"", &format!("{longest}k")] {
            assert_eq!(unquoted(text), None, "{text}");
        }
    }

    #[test]
    fn another_route_or_body_has_another_fingerprint() {
        let of = |route: &str, body: &[u8]| {
            Named { key: "k".to_owned(), route: route.to_owned() }.fingerprint(body)
        };
        let one = of("POST /v1/sellers", b"{}");
        assert_eq!(one, of("POST /v1/sellers", b"{}"));
        assert!(one != of("POST /v1/services", b"{}") && one != of("POST /v1/sellers", b"{ }"));
    }
}
