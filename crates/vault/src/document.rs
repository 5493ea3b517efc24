//! A document in two halves: a skeleton of facts, and the personal leaves taken out of it.
//!
//! Where a personal leaf stood, the skeleton holds a [marker](Marker). So facts and personal values can be sealed
//! apart, and one function puts tokens, masks or nothing back in their places.

mod align;
mod codec;
mod mark;
mod merge;
mod path;
mod shown;

use bailee_core::{FieldInstance, Json};

pub(crate) use align::{align, country_around, is_in_line, shows_instead};
pub(crate) use codec::{decode_skeleton, decode_value, encode_skeleton, encode_value};
pub(crate) use mark::{Marked, copy, drop_unknown, fill, mark, walk};
pub(crate) use merge::{leave_out, merge};
pub(crate) use path::places;
pub(crate) use shown::Shown;

/// Stands in a skeleton for a personal leaf: an integer that no JSON document can hold.
///
/// In memory its number is an index into the [`Leaf`]s beside it; in a stored skeleton it is a field instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker(pub(crate) u64);

/// Beyond 64 bits, so that the readers refuse any integer that looks like a marker.
const MARKER_BASE: i128 = 1 << 100;

impl Marker {
    pub(crate) fn into_json(self) -> Json {
        Json::Integer(MARKER_BASE + i128::from(self.0))
    }

    /// The field instance that a stored marker is.
    pub(crate) fn instance(self) -> FieldInstance {
        FieldInstance(self.0)
    }

    pub(crate) fn of(json: &Json) -> Option<Self> {
        match json {
            Json::Integer(number) => u64::try_from(number.checked_sub(MARKER_BASE)?).ok().map(Self),
            _ => None,
        }
    }
}

/// A personal leaf of a document.
pub(crate) struct Leaf {
    /// The path of a leaf that the catalogue does not name. Its keys came from outside, so it is as personal as its
    /// value and is sealed with it.
    pub(crate) unclassified_path: Option<String>,
    /// The number it has in its record; none before it is first stored.
    pub(crate) instance: Option<FieldInstance>,
    /// The plaintext; none once it is gone.
    pub(crate) value: Option<Json>,
}

#[cfg(test)]
mod tests;
