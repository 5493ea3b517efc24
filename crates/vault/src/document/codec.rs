//! The bytes of a skeleton and of a leaf's value, as they are sealed. `docs/formats/record.md` fixes them.

use bailee_core::{FieldInstance, Json};

use super::Marker;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INTEGER: u8 = 3;
const FLOAT: u8 = 4;
const STRING: u8 = 5;
const ARRAY: u8 = 6;
const OBJECT: u8 = 7;
const FIELD: u8 = 8;

/// Deeper than any document that the readers let in (64), so that a damaged skeleton cannot exhaust the stack.
const DEPTH_MAX: u32 = 80;

/// Appends a skeleton. `instance` gives the stored number of each marker.
pub(crate) fn encode_skeleton(json: &Json, instance: &dyn Fn(Marker) -> FieldInstance, out: &mut Vec<u8>) {
    if let Some(marker) = Marker::of(json) {
        out.push(FIELD);
        push_number(out, instance(marker).0);
        return;
    }
    match json {
        Json::Null => out.push(NULL),
        Json::Bool(false) => out.push(FALSE),
        Json::Bool(true) => out.push(TRUE),
        Json::Integer(number) => {
            out.push(INTEGER);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Json::Float(number) => {
            out.push(FLOAT);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Json::String(text) => {
            out.push(STRING);
            push_text(out, text);
        }
        Json::Array(elements) => {
            out.push(ARRAY);
            push_number(out, elements.len() as u64);
            elements.iter().for_each(|element| encode_skeleton(element, instance, out));
        }
        Json::Object(members) => {
            out.push(OBJECT);
            push_number(out, members.len() as u64);
            for (key, value) in members {
                push_text(out, key);
                encode_skeleton(value, instance, out);
            }
        }
    }
}

/// Reads a skeleton back; its markers hold field instances. `None` when the bytes are no skeleton.
pub(crate) fn decode_skeleton(bytes: &[u8]) -> Option<Json> {
    let mut rest = bytes;
    let json = decode(&mut rest, 0)?;
    rest.is_empty().then_some(json)
}

fn decode(rest: &mut &[u8], depth: u32) -> Option<Json> {
    if depth > DEPTH_MAX {
        return None;
    }
    Some(match *take(rest, 1)?.first()? {
        NULL => Json::Null,
        FALSE => Json::Bool(false),
        TRUE => Json::Bool(true),
        INTEGER => Json::Integer(i128::from_be_bytes(take(rest, 16)?.try_into().ok()?)),
        FLOAT => Json::Float(f64::from_be_bytes(take(rest, 8)?.try_into().ok()?)),
        STRING => Json::String(take_text(rest)?),
        FIELD => Marker(take_number(rest)?).into_json(),
        ARRAY => {
            let count = take_number(rest)?;
            Json::Array((0..count).map(|_| decode(rest, depth + 1)).collect::<Option<_>>()?)
        }
        OBJECT => {
            let count = take_number(rest)?;
            let member = |rest: &mut &[u8]| Some((take_text(rest)?, decode(rest, depth + 1)?));
            Json::Object((0..count).map(|_| member(rest)).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// A leaf's value as it is sealed: one byte for its type, then its text.
pub(crate) fn encode_value(value: &Json) -> Vec<u8> {
    let (tag, text) = match value {
        Json::String(text) => (b's', text.clone()),
        Json::Bool(value) => (b'b', value.to_string()),
        Json::Integer(number) => (b'i', number.to_string()),
        Json::Float(number) => (b'f', number.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => (b'n', String::new()),
    };
    let mut bytes = Vec::with_capacity(1 + text.len());
    bytes.push(tag);
    bytes.extend_from_slice(text.as_bytes());
    zeroize::Zeroizing::new(text);
    bytes
}

/// Reads a leaf's value back.
pub(crate) fn decode_value(bytes: &[u8]) -> Option<Json> {
    let (tag, text) = bytes.split_first()?;
    let text = std::str::from_utf8(text).ok()?;
    Some(match tag {
        b's' => Json::String(text.to_owned()),
        b'b' => Json::Bool(text.parse().ok()?),
        b'i' => Json::Integer(text.parse().ok()?),
        b'f' => Json::Float(text.parse().ok()?),
        b'n' => Json::Null,
        _ => return None,
    })
}

/// LEB128.
fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    push_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *take(rest, 1)?.first()?;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    String::from_utf8(take(rest, length)?.to_vec()).ok()
}
