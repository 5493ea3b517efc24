//! The reading of one document from outside, under watch: what the reading of this program's own documents lets pass
//! (a key twice, any size, a number that loses digits) is refused here.

use std::cell::Cell;

use bailee_core::Json;
use bailee_core::json::{Reading, Watch};
use serde::de::{DeserializeSeed, Error};

use super::{Flaw, VALUES_MAX, number};

/// Objects with up to so many members are searched for a key twice by comparing each with each.
const MEMBERS_COMPARED_MAX: usize = 24;

/// The bytes as one JSON document.
pub(super) fn parse(bytes: &[u8]) -> Result<Json, Flaw> {
    let text = std::str::from_utf8(bytes).map_err(|_| Flaw::Encoding)?;
    let limits = Limits::default();
    let mut parser = serde_json::Deserializer::from_str(text);
    let result = Reading::new(&limits).deserialize(&mut parser);
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

impl Watch for &Limits {
    fn value<E: Error>(self) -> Result<(), E> {
        let values = self.values.get() + 1;
        self.values.set(values);
        if values > VALUES_MAX { Err(self.refuse(Flaw::TooLong)) } else { Ok(()) }
    }

    fn float(self) {
        self.has_float.set(true);
    }

    fn object<E: Error>(self, members: &[(String, Json)]) -> Result<(), E> {
        if has_key_twice(members) { Err(self.refuse(Flaw::DuplicateKey)) } else { Ok(()) }
    }

    fn too_deep<E: Error>(self) -> E {
        self.refuse(Flaw::TooDeep)
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
