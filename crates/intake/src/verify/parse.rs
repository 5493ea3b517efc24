//! A strict parser of one document, on serde_json: what this program's own reader of [`Json`] would let pass
//! (a key twice, any depth, any size, a number that loses digits) is refused here.

use std::cell::Cell;
use std::fmt;

use bailee_core::Json;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{DEPTH_MAX, Flaw, VALUES_MAX, number};

/// Objects with up to so many members are searched for a key twice by comparing each with each.
const MEMBERS_COMPARED_MAX: usize = 24;

/// The bytes as one JSON document.
pub(super) fn parse(bytes: &[u8]) -> Result<Json, Flaw> {
    let text = std::str::from_utf8(bytes).map_err(|_| Flaw::Encoding)?;
    let limits = Limits::default();
    let mut parser = serde_json::Deserializer::from_str(text);
    let result = Value { limits: &limits, depth: 0 }.deserialize(&mut parser);
    let json = result.and_then(|json| parser.end().map(|()| json)).map_err(|error| {
        let syntax = if error.is_eof() { Flaw::Truncated } else { Flaw::Syntax };
        limits.flaw.get().unwrap_or(syntax)
    })?;
    if limits.has_float.get() && !number::all_are_kept(text) {
        return Err(Flaw::Number);
    }
    Ok(json)
}

/// What is counted over the whole document. serde carries errors as text, so the flaw is left here.
#[derive(Default)]
struct Limits {
    values: Cell<usize>,
    has_float: Cell<bool>,
    flaw: Cell<Option<Flaw>>,
}

impl Limits {
    fn refuse<E: Error>(&self, flaw: Flaw) -> E {
        self.flaw.set(Some(flaw));
        E::custom(flaw.code())
    }
}

/// One value at a depth.
#[derive(Clone, Copy)]
struct Value<'a> {
    limits: &'a Limits,
    depth: usize,
}

impl Value<'_> {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH_MAX {
            return Err(self.limits.refuse(Flaw::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        let values = self.limits.values.get() + 1;
        self.limits.values.set(values);
        if values > VALUES_MAX {
            return Err(self.limits.refuse(Flaw::TooLong));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        self.limits.has_float.set(true);
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let element = self.below()?;
        let mut elements = Vec::new();
        while let Some(value) = list.next_element_seed(element)? {
            elements.push(value);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let member = self.below()?;
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            members.push((key, map.next_value_seed(member)?));
        }
        if has_key_twice(&members) {
            return Err(self.limits.refuse(Flaw::DuplicateKey));
        }
        Ok(Json::Object(members))
    }
}

fn has_key_twice(members: &[(String, Json)]) -> bool {
    if members.len() <= MEMBERS_COMPARED_MAX {
        let mut rest = members.iter();
        return std::iter::from_fn(|| rest.next().map(|(key, _)| (key, rest.clone())))
            .any(|(key, mut rest)| rest.any(|(other, _)| key == other));
    }
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair.first() == pair.last())
}
