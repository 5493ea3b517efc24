//! What was done to records because the people whom they are about asked for it.

use bailee_core::{Kind, Month, RecordId, SellerId};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

/// Personal data of records ended because somebody asked (2.2.d).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Whose.
    pub seller: SellerId,
    /// What is left of each.
    pub records: Vec<Tombstone>,
}

/// What keeps a record from coming back: enough to bury it again in a store that was restored from before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
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
