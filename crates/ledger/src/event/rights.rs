//! What was done to records because the people whom they are about asked for it.

use bailee_core::{FieldId, Kind, Month, RecordId, SellerId};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::PartRows;

/// Personal data of records ended because somebody asked (2.2.d).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Whose.
    pub seller: SellerId,
    /// Each.
    pub records: Vec<NamedRecord>,
}

/// Of records nothing is done any more but keeping them, because somebody asked; or they are used again (2.2.d).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restricted {
    /// Whose.
    pub seller: SellerId,
    /// Whether that is over.
    pub lifted: bool,
    /// Each.
    pub records: Vec<NamedRecord>,
}

/// A field of a record has another value, because somebody asked (2.2.d). No value, and nothing of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rectified {
    /// Whose.
    pub seller: SellerId,
    /// Which.
    pub record: NamedRecord,
    /// The catalogue's field.
    pub field: FieldId,
    /// The part that was sealed anew.
    pub parts: PartRows,
}

/// A record with what names it in a store that was restored from before, so that what was done is done to it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRecord {
    /// Its id.
    pub record: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// Of its reference.
    pub reference: KeyedReference,
    /// The month of its first intake.
    pub month: Month,
}

/// HMAC of a record's reference under the tombstone key: says nothing without that. Written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyedReference(pub [u8; 16]);

impl From<KeyedReference> for String {
    fn from(reference: KeyedReference) -> Self {
        HEXLOWER.encode(&reference.0)
    }
}

impl TryFrom<String> for KeyedReference {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("a keyed reference is 32 lower-case hexadecimal digits")
    }
}
