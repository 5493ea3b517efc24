//! The description itself, served: `/openapi.json` for programs, `/docs` for people.
//!
//! Anybody may read both: they are the same for every home and hold no secret. They are the only answers that are
//! compressed. Everywhere else text that a caller chose can stand beside a secret in one answer (a reveal, a tokenised
//! document, a session), or the answer tells of what is held; there the length of a compressed answer would give away,
//! guess by guess, what they have in common (BREACH). Answers under `/v1` therefore never are.

use std::io::Write;
use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::document::DOCUMENT;
use super::operation::{Answered, Operation};
use super::schema::{anything, text, with};
use super::{Tag, html, reference};

pub(super) fn operations() -> Vec<Operation> {
    let document = with(anything("An OpenAPI 3.1 document."), "type", json!("object"));
    let answered = |media, says, schema| Answered {
        status: 200,
        says,
        contents: vec![(media, schema, None)],
        headers: Vec::new(),
    };
    vec![
        Operation::get("/openapi.json", "describe", get(openapi))
            .anonymous()
            .says(Tag::Home, "This description, for programs", "")
            .answers_with(answered("application/json", "The document.", document)),
        Operation::get("/docs", "document", get(docs))
            .anonymous()
            .says(Tag::Home, "This description, for people", "")
            .answers_with(answered("text/html", "The page.", text("A page of HTML."))),
    ]
}

/// Something that is the same for everybody, packed once.
struct Still {
    plain: Bytes,
    packed: Bytes,
}

impl Still {
    fn new(text: String) -> Self {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        // A vector takes everything.
        let packed = packer.write_all(text.as_bytes()).and_then(|()| packer.finish()).unwrap_or_default();
        Self { plain: text.into(), packed: packed.into() }
    }

    fn answer(&self, asked: &HeaderMap, media: &'static str) -> Response {
        let packs = takes_gzip(asked);
        let body = if packs { self.packed.clone() } else { self.plain.clone() };
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if packs {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Whether gzip is named among what is taken, and not as what is not.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let values = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
    })
}

async fn openapi(asked: HeaderMap) -> Response {
    static STILL: LazyLock<Still> = LazyLock::new(|| Still::new(reference::openapi()));
    STILL.answer(&asked, "application/json")
}

async fn docs(asked: HeaderMap) -> Response {
    static STILL: LazyLock<Still> = LazyLock::new(|| Still::new(html::page(&DOCUMENT)));
    let mut response = STILL.answer(&asked, "text/html; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Nothing may be loaded, run, framed or sent anywhere; the one style sheet is known by its digest.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = BASE64.encode(digest::digest(&digest::SHA256, html::STYLE.as_bytes()).as_ref());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        for (asked, takes) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0.0, br", false),
            ("identity", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(asked))]);
            assert_eq!(takes_gzip(&headers), takes, "{asked}");
        }
    }
}
