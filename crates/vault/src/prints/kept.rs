//! The register of prints. Sealed, as every register is: places and names of people stand nowhere else.

use bailee_core::{Day, ParseIdError, PrincipalId, RecordId, SellerId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_render::{Form, Paper};
use serde::{Deserialize, Serialize};

pub(crate) const PRINTS: &str = "print";
/// Its one entry says which number comes next.
pub(crate) const NUMBERS: &str = "print-number";

/// What became of a print. A closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was cut to pieces.
    Shredded,
    /// It was burned.
    Burned,
    /// It was a file, never printed or no more needed, and is deleted.
    Erased,
    /// It went out with its parcel.
    Sent,
    /// Nobody has it any more, and nobody can say how: that may be an incident.
    Lost,
}

impl How {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Shredded, Self::Burned, Self::Erased, Self::Sent, Self::Lost];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shredded => "shredded",
            Self::Burned => "burned",
            Self::Erased => "erased",
            Self::Sent => "sent",
            Self::Lost => "lost",
        }
    }
}

impl std::str::FromStr for How {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let found = Self::ALL.into_iter().find(|how| how.as_str() == text);
        found.ok_or(ParseIdError::new("a print ends by being shredded, burned, erased, sent or lost"))
    }
}

/// What a print is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", rename_all = "kebab-case")]
pub enum Of {
    /// It was drawn here.
    Drawn {
        /// What it is.
        paper: Paper,
        /// In which form it went out.
        form: Form,
    },
    /// It was made by something else.
    Elsewhere {
        /// What it is, in the words of who said so.
        what: String,
    },
}

/// That a print is no more here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When that was said.
    pub at: Timestamp,
    /// Who said it.
    pub said_by: PrincipalId,
    /// How.
    pub how: How,
    /// Who did it, where somebody else.
    pub done_by: Option<String>,
}

/// A print. Of what stands on it, nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// Names it, on its paper too.
    pub number: u64,
    /// What it is.
    pub of: Of,
    /// Of which record, where of one: whose that is, and its id.
    pub record: Option<(SellerId, RecordId)>,
    /// How many sheets.
    pub copies: u32,
    /// Where it lies.
    pub place: Option<String>,
    /// When it is to be destroyed, at the latest; with its record, where no day is said.
    pub until: Option<Day>,
    /// When it was made, or said that there is one.
    pub at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
    /// What became of it: it is open until that is said.
    pub ended: Option<Ended>,
}

impl Print {
    pub(super) fn new(number: u64, of: Of, record: Option<(SellerId, RecordId)>, context: &Context) -> Self {
        Self {
            number,
            of,
            record,
            copies: 1,
            place: None,
            until: None,
            at: context.now,
            by: context.principal,
            ended: None,
        }
    }
}

/// Which number comes next, and how many prints are remembered.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Numbers {
    pub(super) next: u64,
    pub(super) remembered: u32,
    /// Of the entry as it was read.
    #[serde(skip)]
    pub(super) version: u32,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { next: 1, remembered: 0, version: 0 }
    }
}

/// The id of a print's entry: its number.
pub(super) fn entry_id(number: u64) -> RecordId {
    RecordId(u128::from(number).to_be_bytes())
}
