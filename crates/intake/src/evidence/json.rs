//! One document of JSON: which of the three shapes it has, whatever was put around it.

use bailee_core::Json;

use super::feed::Line;
use super::{Heard, Reason, Request, notification, tracking};
use crate::verify;

/// Envelopes that are gone into: a queue's around a bus's around Amazon's own.
const ENVELOPES_MAX: usize = 3;

/// Reads one document.
pub(super) fn read(bytes: &[u8], request: &Request) -> Result<Heard, Reason> {
    let json = verify::parse_json(bytes).map_err(Reason::of)?;
    read_within(&json, request, ENVELOPES_MAX)
}

fn read_within(json: &Json, request: &Request, envelopes: usize) -> Result<Heard, Reason> {
    if let Some(kind) = text(json, "notificationtype") {
        return notification::read(json, kind, request);
    }
    if let Some(events) = tracking::events(json) {
        return tracking::read(json, &events, request);
    }
    // A bus puts it into `detail`, a topic writes it as text into `Message`; answers stand in `payload`.
    if envelopes > 0 {
        let inner = ["detail", "payload", "message"].iter().find_map(|name| member(json, name));
        match inner {
            Some(inner @ Json::Object(_)) => return read_within(inner, request, envelopes - 1),
            Some(Json::String(inner)) if inner.starts_with('{') => {
                let inner = verify::parse_json(inner.as_bytes()).map_err(Reason::of)?;
                return read_within(&inner, request, envelopes - 1);
            }
            _ => {}
        }
    }
    let line = Line::of_json(json).map_err(|_| Reason::UnknownShape)?;
    if line.is_one() { line.heard(request) } else { Err(Reason::UnknownShape) }
}

/// A member by its name, however its letters and signs are written: Amazon's own differ from API to API.
pub(super) fn member<'j>(json: &'j Json, name: &str) -> Option<&'j Json> {
    let is_named = |other: &str| {
        let letters = other.bytes().filter(u8::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).eq(name.bytes())
    };
    json.members().iter().find(|(other, _)| is_named(other)).map(|(_, value)| value)
}

/// A member that is text and not blank.
pub(super) fn text<'j>(json: &'j Json, name: &str) -> Option<&'j str> {
    member(json, name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}
