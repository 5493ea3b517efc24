//! Typed ids. Each parses what it accepts and refuses the rest, so that a raw string never crosses a crate's border.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::purpose::closed_set;

/// Why a text is not the id it should be. Never holds the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ParseIdError {
    reason: &'static str,
}

impl ParseIdError {
    /// For a reason in the program's own words.
    pub const fn new(reason: &'static str) -> Self {
        Self { reason }
    }
}

/// A random 128-bit id, written as 32 lower-case hexadecimal digits.
macro_rules! random_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A new id from the given randomness.
            pub fn random(entropy: &dyn crate::Entropy) -> Self {
                let mut bytes = [0; 16];
                entropy.fill(&mut bytes);
                Self(bytes)
            }

            /// The 16 bytes of it.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                HEXLOWER
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or(ParseIdError::new("an id is 32 lower-case hexadecimal digits"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    )+ };
}

random_id! {
    /// One installation's data directory.
    HomeId,
    /// One record. Random, so that the ledger can name a record without naming an order.
    RecordId,
    /// One request through the gate.
    RequestId,
    /// One person. Never reused (1.2.a).
    PersonId,
    /// One service.
    ServiceId,
    /// One session of a person. Names it; does not open it.
    SessionId,
    /// One grant. Never reused.
    GrantId,
    /// One proposal. Never reused.
    ProposalId,
    /// One notice to one recipient.
    NoticeId,
    /// One wait for the word of somebody outside, before a person alone does what takes two.
    WaitId,
    /// One passkey of a person. Names it in the ledger, where its credential's own id never stands.
    PasskeyId,
    /// One machine on which a person is enrolled. Names it; does not open anything.
    DeviceId,
    /// One challenge that waits for a passkey's answer.
    ChallengeId,
    /// One sign-on that was begun.
    SignOnId,
}

/// What an event holds in the place of something sealed elsewhere: a salted hash of it, which says nothing by itself, and
/// to which nothing else can be put afterwards. Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commitment(pub [u8; 32]);

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self})")
    }
}

impl TryFrom<String> for Commitment {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(ParseIdError::new("a commitment is 64 lower-case hexadecimal digits"))
    }
}

impl From<Commitment> for String {
    fn from(commitment: Commitment) -> Self {
        commitment.to_string()
    }
}

/// Ids whose first 48 bits are milliseconds since 1970, so that an index by them grows at its end.
macro_rules! time_ordered {
    ($($name:ident),+) => { $(
        impl $name {
            /// A new id: the time first, then 80 random bits.
            pub fn new(now: crate::Timestamp, entropy: &dyn crate::Entropy) -> Self {
                let mut id = Self::random(entropy);
                let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0) << 16;
                for (to, from) in id.0.iter_mut().zip(milliseconds.to_be_bytes()).take(6) {
                    *to = from;
                }
                id
            }

            /// The time that it begins with, in milliseconds since 1970.
            pub fn milliseconds(&self) -> i64 {
                self.0.iter().take(6).fold(0, |time, byte| time << 8 | i64::from(*byte))
            }
        }
    )+ };
}

time_ordered!(RecordId, RequestId);

/// A text id with a shape of its own.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $accepts:expr, $reason:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) { Ok(Self(text.into())) } else { Err(ParseIdError::new($reason)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }
    };
}

text_id!(
    /// The selling partner whose buyers' data is held, by the id that Amazon or the user gave it.
    SellerId,
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        ,
    "a seller id is 1 to 64 letters, digits, hyphens or underscores"
);

text_id!(
    /// The name by which the outside knows a record: for an order, its order id.
    Reference,
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')),
    "a reference is 1 to 64 letters, digits, hyphens, underscores or dots"
);

text_id!(
    /// A ticket that a reveal can name. Its shape leaves no room for a name or an address.
    Ticket,
    |text| {
        let (prefix, number) = text.split_once('-').unwrap_or(("", ""));
        (1..=10).contains(&prefix.len())
            && prefix.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=10).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    },
    "a ticket is 1 to 10 capital letters, a hyphen and 1 to 10 digits, such as OPS-1234"
);

text_id!(
    /// A statute that obliges to keep something: country, law, section. Its shape leaves no room for a name or an address.
    Statute,
    |text| {
        let mut pieces = text.split('-');
        let capitals = |piece: Option<&str>, lengths: std::ops::RangeInclusive<usize>| {
            piece.is_some_and(|piece| {
                lengths.contains(&piece.len()) && piece.bytes().all(|byte| byte.is_ascii_uppercase())
            })
        };
        let section = |piece: &str| {
            let number = piece.strip_suffix(|last: char| last.is_ascii_lowercase()).unwrap_or(piece);
            (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        let begins = capitals(pieces.next(), 2..=2) && capitals(pieces.next(), 1..=10);
        let sections: Vec<&str> = pieces.collect();
        begins && (1..=3).contains(&sections.len()) && sections.into_iter().all(section)
    },
    "a statute is a country, a law and a section in capitals and digits, such as DE-AO-147 or DE-USTG-14b"
);

closed_set! {
    /// Whether a home may hold data of real people (2.5.b). Bound into every ciphertext and token.
    Environment {
        /// Real data.
        Production => "production",
        /// Synthetic data only.
        Test => "test",
    }
}

closed_set! {
    /// What a record is held about.
    Kind {
        /// An order: what a buyer bought, and all that is said about it.
        Order => "order",
        /// A shipment, or the order of a fulfilment that tells of one.
        Shipment => "shipment",
        /// The returns of one order, under that order's number.
        Return => "return",
    }
}

impl Kind {
    /// The number by which stored bytes name the kind. Never renumbered.
    pub const fn code(self) -> u8 {
        match self {
            Self::Order => 1,
            Self::Shipment => 2,
            Self::Return => 3,
        }
    }

    /// Its name in addresses, where nouns stand in the plural.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Order => "orders",
            Self::Shipment => "shipments",
            Self::Return => "returns",
        }
    }

    /// The kind of a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// The number that the catalogue gives a field for ever; 0 is a leaf it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldId(pub u16);

impl FieldId {
    /// A leaf that the catalogue does not name.
    pub const UNCLASSIFIED: Self = Self(0);
}

/// The number that a full path of one record has been given at first sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldInstance(pub u64);

/// The number of a part inside its record: 0 for the main one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartNo(pub u16);

/// Who acts: a person, a service, or the system's own background work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PrincipalId {
    /// A person.
    Person(PersonId),
    /// A service.
    Service(ServiceId),
    /// Background work of this home.
    System,
    /// Somebody who has not shown who they are.
    Anonymous,
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Service(id) => write!(f, "service:{id}"),
            Self::System => f.write_str("system:"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

impl std::str::FromStr for PrincipalId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        match text.split_once(':') {
            Some(("person", id)) => id.parse().map(Self::Person),
            Some(("service", id)) => id.parse().map(Self::Service),
            Some(("system", "")) => Ok(Self::System),
            None if text == "anonymous" => Ok(Self::Anonymous),
            _ => Err(ParseIdError::new("a principal is person:ID, service:ID, system: or anonymous")),
        }
    }
}

impl TryFrom<String> for PrincipalId {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl From<PrincipalId> for String {
    fn from(id: PrincipalId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seller_id_has_a_limit_at_64() {
        assert!("A".repeat(64).parse::<SellerId>().is_ok());
        assert!("A".repeat(65).parse::<SellerId>().is_err());
        for bad in ["", "a/b", "../x", "a b", "é"] {
            assert!(bad.parse::<SellerId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn kinds_keep_the_numbers_under_which_they_are_stored() {
        let codes: Vec<_> = Kind::ALL.iter().map(|kind| (kind.as_str(), kind.code())).collect();
        assert_eq!(codes, [("order", 1), ("shipment", 2), ("return", 3)]);
        assert!(Kind::ALL.iter().all(|kind| Kind::from_code(kind.code()) == Some(*kind)));
        assert!([0, 4, u8::MAX].iter().all(|code| Kind::from_code(*code).is_none()));
    }

    #[test]
    fn a_statute_leaves_no_room_for_words() {
        for good in ["DE-AO-147", "DE-USTG-14b", "FR-CCOM-123-22", "US-IRC-6001-1-2", "IT-CC-2220"] {
            assert!(good.parse::<Statute>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "DE",
            "DE-AO",
            "DE-AO-",
            "de-AO-147",
            "DE-Ada-1",
            "DE-AO-Ada",
            "DE-AO-1-2-3-4",
            "DE-AO-12345",
            "DE-AO-1ab",
        ] {
            assert!(bad.parse::<Statute>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_ticket_leaves_no_room_for_words() {
        assert!("OPS-1234".parse::<Ticket>().is_ok());
        for bad in ["ops-1", "OPS", "OPS-", "-1", "OPS-12a", "JOHN-SMITH", "OPS-12345678901"] {
            assert!(bad.parse::<Ticket>().is_err(), "{bad}");
        }
    }

    #[test]
    fn principals_survive_a_round_trip() {
        for text in [
            "person:000102030405060708090a0b0c0d0e0f",
            "service:ffffffffffffffffffffffffffffffff",
            "system:",
            "anonymous",
        ] {
            assert_eq!(text.parse::<PrincipalId>().unwrap().to_string(), text);
        }
        assert!("system:x".parse::<PrincipalId>().is_err());
    }
}
