//! Whom a notice goes to, as events name it: never by an address.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ParseIdError, PersonId};

/// Whom a notice goes to. Written `person:ID`, or `outside`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Recipient {
    /// Somebody of this home.
    Person(PersonId),
    /// The address that a company of one has named outside.
    Outside,
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Outside => f.write_str("outside"),
        }
    }
}

impl FromStr for Recipient {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        match text.split_once(':') {
            Some(("person", id)) => id.parse().map(Self::Person),
            None if text == "outside" => Ok(Self::Outside),
            _ => Err(ParseIdError::new("a recipient is person:ID or outside")),
        }
    }
}

impl TryFrom<String> for Recipient {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl From<Recipient> for String {
    fn from(recipient: Recipient) -> Self {
        recipient.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_read_as_it_is_written() {
        for recipient in [Recipient::Person(PersonId([7; 16])), Recipient::Outside] {
            assert_eq!(recipient.to_string().parse::<Recipient>().unwrap(), recipient);
        }
        for text in ["", "inside", "person:", "outside:", "ada@example.com"] {
            assert!(text.parse::<Recipient>().is_err(), "{text}");
        }
    }
}
