//! What can be wrong or odd with a document: the mess that real inputs hold, one at a time and known.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::random::Random;

/// What was done to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mess {
    /// An earlier line again, byte for byte.
    Duplicate,
    /// An older version of the order of an earlier line.
    OlderVersion,
    /// A newer version of the order of an earlier line.
    NewerVersion,
    /// Only some of the order's members.
    Partial,
    /// A member that no model has.
    UnknownField,
    /// HTML entities in the address.
    HtmlEntities,
    /// White space in runs, at the ends, and of unusual width.
    WhiteSpace,
    /// Zero-width characters and marks of direction.
    Invisible,
    /// Letters and their accents apart (Unicode NFD).
    Decomposed,
    /// A phone number as people write it, with an extension.
    PhoneStyle,
    /// A country by another code.
    CountryStyle,
    /// A mail address in capitals.
    EmailStyle,
    /// No times at all.
    MissingDates,
    /// Times that are none, or from 1970.
    OddDates,
    /// The line ends inside the document.
    Truncated,
    /// A key twice.
    DuplicateKey,
    /// No order id.
    NoOrderId,
    /// An order id that is none.
    UnusableOrderId,
    /// A text where an object belongs.
    WrongStructure,
}

impl Mess {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Duplicate,
        Self::OlderVersion,
        Self::NewerVersion,
        Self::Partial,
        Self::UnknownField,
        Self::HtmlEntities,
        Self::WhiteSpace,
        Self::Invisible,
        Self::Decomposed,
        Self::PhoneStyle,
        Self::CountryStyle,
        Self::EmailStyle,
        Self::MissingDates,
        Self::OddDates,
        Self::Truncated,
        Self::DuplicateKey,
        Self::NoOrderId,
        Self::UnusableOrderId,
        Self::WrongStructure,
    ];

    /// Whether such a document must go into quarantine. Any other must be taken in.
    pub fn must_be_quarantined(self) -> bool {
        matches!(
            self,
            Self::Truncated
                | Self::DuplicateKey
                | Self::NoOrderId
                | Self::UnusableOrderId
                | Self::WrongStructure
        )
    }

    /// Whether it is done to the delivery address.
    pub(super) fn is_of_the_address(self) -> bool {
        matches!(
            self,
            Self::HtmlEntities
                | Self::WhiteSpace
                | Self::Invisible
                | Self::Decomposed
                | Self::PhoneStyle
                | Self::CountryStyle
                | Self::WrongStructure
        )
    }

    /// A text of an address as this mess would have it.
    pub(super) fn dress(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::WhiteSpace => Cow::Owned(format!(" {}\u{A0}\u{3000} ", text.replace(' ', " \t "))),
            Self::Invisible => {
                let mut dressed: String = text.chars().flat_map(|char| [char, '\u{200B}']).collect();
                dressed.insert(0, '\u{FEFF}');
                dressed.push('\u{202C}');
                Cow::Owned(dressed)
            }
            Self::Decomposed => Cow::Owned(text.nfd().collect()),
            Self::HtmlEntities => Cow::Owned(format!("{text} &amp; Co&#46;")),
            _ => Cow::Borrowed(text),
        }
    }
}

/// Cuts a document somewhere behind its id.
pub(super) fn truncate(text: &mut String, random: &mut Random) {
    let length = text.len() * usize::try_from(random.between(40, 95)).unwrap_or(40) / 100;
    text.truncate(text.floor_char_boundary(length));
}
