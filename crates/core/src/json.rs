//! A JSON document as it came, in the order in which it came.
//!
//! Not `serde_json::Value`: members keep their order, integers keep their digits, and everything is wiped when it is
//! dropped, since most documents here hold personal data. Hence no `Debug` either.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use zeroize::Zeroize;

/// How deep a document may nest. The readers of `intake` refuse a deeper one, and so does [`Json`]'s own `Deserialize`;
/// hence dropping, comparing and writing a value, which recurse, need little stack.
pub const DEPTH_MAX: usize = 64;

/// A JSON value. Wiped on drop.
#[derive(PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number that is an integer.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; keys are unique (the readers refuse documents in which they are not).
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of an object, or nothing.
    pub fn member(&self, key: &str) -> Option<&Json> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value at a dotted path of object members, such as `fulfillment.shipByWindow.earliestDateTime`.
    pub fn at(&self, path: &str) -> Option<&Json> {
        path.split('.').try_fold(self, |value, key| value.member(key))
    }

    /// The members of an object; none for anything else.
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; none for anything else.
    pub fn elements(&self) -> &[Json] {
        match self {
            Self::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is a leaf that says nothing: null, an empty string, or an empty array or object.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.is_empty(),
            Self::Array(elements) => elements.is_empty(),
            Self::Object(members) => members.is_empty(),
            Self::Bool(_) | Self::Integer(_) | Self::Float(_) => false,
        }
    }

    /// Whether this is neither an array nor an object with anything in it.
    pub fn is_leaf(&self) -> bool {
        !matches!(self, Self::Array(elements) if !elements.is_empty())
            && !matches!(self, Self::Object(members) if !members.is_empty())
    }

    /// The same once more. It is not `Clone`, since most of it is personal: whoever makes a second one says so.
    #[must_use]
    pub fn copy(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(value) => Self::Bool(*value),
            Self::Integer(value) => Self::Integer(*value),
            Self::Float(value) => Self::Float(*value),
            Self::String(text) => Self::String(text.clone()),
            Self::Array(elements) => Self::Array(elements.iter().map(Self::copy).collect()),
            Self::Object(members) => {
                Self::Object(members.iter().map(|(key, value)| (key.clone(), value.copy())).collect())
            }
        }
    }
}

impl Drop for Json {
    fn drop(&mut self) {
        if let Self::String(text) = self {
            text.zeroize();
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => Err(serde::ser::Error::custom("an integer beyond 64 bits")),
            },
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(elements) => {
                let mut seq = serializer.serialize_seq(Some(elements.len()))?;
                elements.iter().try_for_each(|element| seq.serialize_element(element))?;
                seq.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl<'de> serde::Deserialize<'de> for Json {
    /// Reads a document that this program wrote, at most [`DEPTH_MAX`] deep. What comes from outside goes through the
    /// readers of `intake`, which also refuse duplicate keys and bound size.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reading::new(Trusting).deserialize(deserializer)
    }
}

/// What is watched while a document is read, beside its depth. Whatever it refuses ends the reading.
pub trait Watch: Copy {
    /// A value begins, of whatever kind.
    ///
    /// # Errors
    /// That there are too many.
    fn value<E: Error>(self) -> Result<(), E>;

    /// A number that is no 64-bit integer has been read.
    fn float(self);

    /// An object is complete.
    ///
    /// # Errors
    /// That its members cannot stand beside each other.
    fn object<E: Error>(self, members: &[(String, Json)]) -> Result<(), E>;

    /// How it is said that a document is deeper than [`DEPTH_MAX`].
    fn too_deep<E: Error>(self) -> E;
}

/// Nothing is watched: for what this program wrote itself.
#[derive(Clone, Copy)]
struct Trusting;

impl Watch for Trusting {
    fn value<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn float(self) {}

    fn object<E: Error>(self, _members: &[(String, Json)]) -> Result<(), E> {
        Ok(())
    }

    fn too_deep<E: Error>(self) -> E {
        E::custom("a document nests at most 64 levels deep")
    }
}

/// The reading of a value so many arrays and objects below the top, under watch.
#[derive(Clone, Copy)]
pub struct Reading<W> {
    watch: W,
    depth: usize,
}

impl<W: Watch> Reading<W> {
    /// The reading of a document.
    pub fn new(watch: W) -> Self {
        Self { watch, depth: 0 }
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth < DEPTH_MAX {
            Ok(Self { depth: self.depth + 1, ..self })
        } else {
            Err(self.watch.too_deep())
        }
    }
}

impl<'de, W: Watch> DeserializeSeed<'de> for Reading<W> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        self.watch.value()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de, W: Watch> Visitor<'de> for Reading<W> {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
        self.watch.float();
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let below = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(below)? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let below = self.deeper()?;
        let mut members = Vec::new();
        while let Some(key) = map.next_key()? {
            members.push((key, map.next_value_seed(below)?));
        }
        self.watch.object(&members)?;
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Json, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_document_survives_a_round_trip_member_by_member() {
        for text in [
            "null",
            "[]",
            "{}",
            r#"{"z":1,"a":[true,false,null,"é\n",-9223372036854775808,18446744073709551615,1.5],"":{}}"#,
        ] {
            assert_eq!(serde_json::to_string(&parse(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn an_integer_beyond_64_bits_is_refused_rather_than_changed() {
        assert!(serde_json::to_string(&Json::Integer(i128::from(u64::MAX) + 1)).is_err());
    }

    #[test]
    fn sixty_four_levels_are_read_and_one_more_is_not() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(DEPTH_MAX)).is_ok());
        assert!(parse(&nested(DEPTH_MAX + 1)).is_err());
        let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert!(parse(&nested(DEPTH_MAX)).is_ok());
        assert!(parse(&nested(DEPTH_MAX + 1)).is_err());
    }

    #[test]
    fn a_path_leads_through_members_only() {
        let order = parse(r#"{"fulfillment":{"fulfillmentStatus":"SHIPPED"},"orderItems":[{}]}"#).unwrap();
        assert_eq!(order.at("fulfillment.fulfillmentStatus").and_then(Json::as_str), Some("SHIPPED"));
        assert!(order.at("fulfillment.absent.deeper").is_none() && order.at("orderItems.0").is_none());
        assert_eq!(order.member("orderItems").map(|items| items.elements().len()), Some(1));
        assert!(order.elements().is_empty() && Json::Null.members().is_empty() && order.as_str().is_none());
    }

    #[test]
    fn blanks_say_nothing_but_zero_and_false_do() {
        for (text, blank, leaf) in [
            ("null", true, true),
            ("\"\"", true, true),
            ("[]", true, true),
            ("{}", true, true),
            ("0", false, true),
            ("false", false, true),
            ("\"x\"", false, true),
            ("[1]", false, false),
            ("{\"a\":1}", false, false),
        ] {
            let value = parse(text).unwrap();
            assert_eq!((value.is_blank(), value.is_leaf()), (blank, leaf), "{text}");
        }
    }
}
