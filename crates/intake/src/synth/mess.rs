//! What can be wrong or odd with a document: the mess that real inputs hold, one at a time and known.

use std::borrow::Cow;

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;
use unicode_normalization::UnicodeNormalization;

use super::order::Order;
use super::random::Random;

/// What was done to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mess {
    /// An earlier document again, byte for byte.
    Duplicate,
    /// An older version of the order of an earlier document.
    OlderVersion,
    /// A newer version of the order of an earlier document.
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
    /// Letters of the address that became `?` before anybody here saw them.
    LostLetters,
    /// A postal code without its space or hyphen.
    PostalStyle,
    /// A lone quotation mark in the address.
    LoneQuote,
    /// `--` and blanks where there is nothing to say.
    Dashes,
    /// The rows of one order apart, with those of others between.
    RowsApart,
    /// Rows of one order that name two recipients.
    RowsDisagree,
    /// A row with fewer cells than the header.
    ShortRow,
    /// A row with more cells than the header.
    LongRow,
    /// The header once more, before the document.
    RepeatedHeader,
    /// Amounts with a decimal comma.
    DecimalComma,
    /// Times in another style.
    DateStyle,
    /// Texts as character data, in which no letter is markup.
    CharacterData,
    /// Letters by their numbers.
    References,
    /// Every name with a prefix of a namespace.
    Prefixed,
    /// A comment and an instruction that look like a record.
    Asides,
    /// An entity that nothing declares.
    UnknownEntity,
}

/// Each kind with its name and what it is.
const KINDS: &[(Mess, &str, &str)] = &[
    (Mess::Duplicate, "duplicate", "an earlier document again, byte for byte"),
    (Mess::OlderVersion, "older-version", "an older version of an earlier order"),
    (Mess::NewerVersion, "newer-version", "a newer version of an earlier order"),
    (Mess::Partial, "partial", "only some of the order's members"),
    (Mess::UnknownField, "unknown-field", "a member that no model has"),
    (Mess::HtmlEntities, "html-entities", "HTML entities in the address"),
    (Mess::WhiteSpace, "white-space", "white space in runs and at the ends"),
    (Mess::Invisible, "invisible", "zero-width characters and marks of direction"),
    (Mess::Decomposed, "decomposed", "letters and accents apart"),
    (Mess::PhoneStyle, "phone-style", "a phone number as people write it, some with an extension"),
    (Mess::CountryStyle, "country-style", "a country by another code"),
    (Mess::EmailStyle, "email-style", "a mail address with blanks and capitals"),
    (Mess::MissingDates, "missing-dates", "no times"),
    (Mess::OddDates, "odd-dates", "times that are none, or from 1970"),
    (Mess::Truncated, "truncated", "the document breaks off"),
    (Mess::DuplicateKey, "duplicate-key", "a key twice"),
    (Mess::NoOrderId, "no-order-id", "no order id"),
    (Mess::UnusableOrderId, "unusable-order-id", "an order id that is none"),
    (Mess::WrongStructure, "wrong-structure", "a text where an object belongs"),
    (Mess::LostLetters, "lost-letters", "? for letters of the address"),
    (Mess::PostalStyle, "postal-style", "a postal code without its space or hyphen"),
    (Mess::LoneQuote, "lone-quote", "a lone quotation mark in the address"),
    (Mess::Dashes, "dashes", "-- and blanks for nothing"),
    (Mess::RowsApart, "rows-apart", "rows of one order with another's between"),
    (Mess::RowsDisagree, "rows-disagree", "rows of one order that name two recipients"),
    (Mess::ShortRow, "short-row", "a row with too few cells"),
    (Mess::LongRow, "long-row", "a row with too many cells"),
    (Mess::RepeatedHeader, "repeated-header", "the header again before the document"),
    (Mess::DecimalComma, "decimal-comma", "amounts with a decimal comma"),
    (Mess::DateStyle, "date-style", "times in another style"),
    (Mess::CharacterData, "character-data", "texts as character data (CDATA)"),
    (Mess::References, "references", "letters by their numbers (&#228;)"),
    (Mess::Prefixed, "prefixed", "every name with a prefix of a namespace"),
    (Mess::Asides, "asides", "a comment and an instruction that look like a record"),
    (Mess::UnknownEntity, "unknown-entity", "an entity that nothing declares (&nbsp;)"),
];

impl Mess {
    /// What is done to the rows of a table.
    pub(super) const OF_TABLES: &'static [Self] = &[
        Self::Duplicate,
        Self::OlderVersion,
        Self::NewerVersion,
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
        Self::NoOrderId,
        Self::UnusableOrderId,
        Self::LostLetters,
        Self::PostalStyle,
        Self::LoneQuote,
        Self::Dashes,
        Self::RowsApart,
        Self::RowsDisagree,
        Self::ShortRow,
        Self::LongRow,
        Self::RepeatedHeader,
        Self::DecimalComma,
        Self::DateStyle,
    ];

    /// What is done to records in XML.
    pub(super) const OF_XML: &'static [Self] = &[
        Self::Duplicate,
        Self::OlderVersion,
        Self::NewerVersion,
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
        Self::LostLetters,
        Self::PostalStyle,
        Self::LoneQuote,
        Self::Dashes,
        Self::DecimalComma,
        Self::DateStyle,
        Self::CharacterData,
        Self::References,
        Self::Prefixed,
        Self::Asides,
        Self::UnknownEntity,
    ];

    /// What is done to documents of Orders 2026-01-01, one per line.
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
        Self::LostLetters,
        Self::PostalStyle,
        Self::LoneQuote,
    ];

    /// Every kind of every format, with its name and what it is.
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        KINDS.iter().map(|(_, name, words)| (*name, *words))
    }

    /// Its name in the truth.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(mess, _, _)| *mess == self).map_or("", |(_, name, _)| name)
    }

    /// The flaw for which such a document must go into quarantine. Any other must be taken in.
    pub fn flaw(self) -> Option<&'static str> {
        match self {
            Self::Truncated => Some("truncated"),
            Self::DuplicateKey => Some("duplicate-key"),
            Self::NoOrderId => Some("not-an-order"),
            Self::UnusableOrderId => Some("order-id"),
            Self::WrongStructure => Some("structure"),
            Self::RowsDisagree => Some("rows-disagree"),
            Self::LongRow | Self::ShortRow => Some("structure"),
            Self::UnknownEntity => Some("entities"),
            _ => None,
        }
    }

    /// Whether such a document must go into quarantine.
    pub fn must_be_quarantined(self) -> bool {
        self.flaw().is_some()
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
                | Self::LostLetters
                | Self::PostalStyle
                | Self::LoneQuote
                | Self::RowsDisagree
        )
    }

    /// Whether it takes several rows.
    pub(super) fn needs_rows(self) -> bool {
        matches!(self, Self::RowsApart | Self::RowsDisagree)
    }

    /// Whether the charset must be able to write more than its own letters.
    pub(super) fn needs_unicode(self) -> bool {
        matches!(self, Self::WhiteSpace | Self::Invisible | Self::Decomposed)
    }
}

impl Order {
    /// A text of the address as the mess would have it.
    pub(super) fn dressed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.mess {
            Some(Mess::WhiteSpace) => {
                Cow::Owned(format!(" {}\u{A0}\u{3000} ", text.replace(' ', "  \u{2009} ")))
            }
            Some(Mess::Invisible) => {
                let mut dressed: String = text.chars().flat_map(|char| [char, '\u{200B}']).collect();
                dressed.insert(0, '\u{FEFF}');
                dressed.push('\u{202C}');
                Cow::Owned(dressed)
            }
            Some(Mess::Decomposed) => Cow::Owned(text.nfd().collect()),
            Some(Mess::HtmlEntities) => Cow::Owned(format!("{text} &amp; Co&#46;")),
            Some(Mess::LoneQuote) => Cow::Owned(format!("{text} 5\" gate")),
            _ => self.kept(text),
        }
    }

    /// What a text of the address means. Where the source escapes its texts (`is_escaped`: tables, XML) the entities
    /// stand for something; in JSON they are what somebody typed.
    pub(super) fn meant<'a>(&self, text: &'a str, is_escaped: bool) -> Cow<'a, str> {
        match self.mess {
            Some(Mess::HtmlEntities) if is_escaped => Cow::Owned(format!("{text} & Co.")),
            Some(Mess::HtmlEntities | Mess::LoneQuote) => self.dressed(text),
            _ => self.kept(text),
        }
    }

    /// A text with the letters that are left of it.
    pub(super) fn kept<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.mess != Some(Mess::LostLetters) || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let is_kept =
            |char: char| char.is_ascii() || (!self.charset.is_unicode() && self.charset.carries_char(char));
        Cow::Owned(text.chars().map(|char| if is_kept(char) { char } else { '?' }).collect())
    }

    /// The recipient's name in a row, counted from 1: one of them names somebody else where rows disagree.
    pub(super) fn named(&self, row: usize) -> Cow<'_, str> {
        if self.mess == Some(Mess::RowsDisagree) && row > 1 {
            return Cow::Borrowed("Somebody Else-Sample");
        }
        Cow::Borrowed(&self.person.name)
    }

    /// A decimal as the mess would have it.
    pub(super) fn shown_amount(&self, amount: &str) -> String {
        if self.mess == Some(Mess::DecimalComma) { amount.replace('.', ",") } else { amount.to_owned() }
    }

    /// An instant as reports write it, with their marketplace's distance from UTC, and what it means; nothing where the
    /// mess leaves it out.
    pub(super) fn reported_time(&self, instant: Timestamp) -> Option<(String, String)> {
        let local = saturating_add(instant, self.market.offset_minutes * 60).to_string();
        let date = local.get(..10).unwrap_or_default();
        match self.mess {
            Some(Mess::DateStyle) if self.id.ends_with(['0', '2', '4', '6', '8']) => {
                Some((day_month_year(date), date.to_owned()))
            }
            Some(Mess::DateStyle) => {
                let parts: Vec<&str> = date.rsplit('-').collect();
                Some((parts.join("."), date.to_owned()))
            }
            Some(Mess::MissingDates | Mess::OddDates) => {
                self.shown_time(instant).map(|time| (time.clone(), time))
            }
            _ => {
                let (sign, minutes) = if self.market.offset_minutes < 0 {
                    ('-', -self.market.offset_minutes)
                } else {
                    ('+', self.market.offset_minutes)
                };
                let seconds = local.get(..19).unwrap_or_default();
                let time = format!("{seconds}{sign}{:02}:{:02}", minutes / 60, minutes % 60);
                Some((time.clone(), time))
            }
        }
    }

    /// A date as some reports write it, `27-Nov-2026`, and what it means.
    pub(super) fn reported_date(&self, instant: Timestamp) -> Option<(String, String)> {
        if matches!(self.mess, Some(Mess::MissingDates | Mess::OddDates)) {
            return self.shown_time(instant).map(|time| (time.clone(), time));
        }
        let local = saturating_add(instant, self.market.offset_minutes * 60).to_string();
        let date = local.get(..10).unwrap_or_default();
        let is_odd = self.mess == Some(Mess::DateStyle);
        let written = if is_odd { date.replace('-', "/") } else { day_month_year(date) };
        Some((written, date.to_owned()))
    }

    /// The country as the mess would have it.
    pub(super) fn shown_country(&self) -> &'static str {
        if self.mess == Some(Mess::CountryStyle) { self.market.alpha3 } else { self.market.country }
    }

    /// The postal code as the mess would have it, and what it means.
    pub(super) fn postal_code(&self) -> (String, String) {
        let meant = self.address.postal_code.clone();
        let written =
            if self.mess == Some(Mess::PostalStyle) { meant.replace([' ', '-'], "") } else { meant.clone() };
        (written, meant)
    }
}

/// Which documents are messy, and how: an exact share of every hundred, the kinds in turn.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    percent: u64,
    random: Random,
}

/// Documents over which a share is exact.
const BLOCK: u64 = 100;

impl Shares {
    pub(super) fn new(percent: u8, seed: Random) -> Self {
        Self { percent: u64::from(percent).min(BLOCK), random: seed.branch("shares") }
    }

    /// What is done to a document. The first is always plain, so that there is one to repeat.
    pub(super) fn of(self, number: u64, kinds: &[Mess]) -> Option<Mess> {
        let (block, place) = (number / BLOCK, number % BLOCK);
        // A different order of the hundred in each block: multiplying by what shares no factor with 100 permutes them.
        let mut random = self.random.at(block);
        let factor =
            random.pick(&[3, 7, 9, 11, 13, 17, 19, 21, 23, 27, 29, 31, 33, 37, 39, 41, 43, 47, 49], 1);
        let begin = if block == 0 { BLOCK - 1 } else { random.below(BLOCK) };
        let rank = (place * factor + begin) % BLOCK;
        if number == 0 || rank >= self.percent {
            return None;
        }
        let turn = block * self.percent + rank;
        let count = u64::try_from(kinds.len()).unwrap_or(0);
        kinds.get(usize::try_from(turn.checked_rem(count)?).ok()?).copied()
    }

    /// The nearest document before that is plain.
    pub(super) fn plain_before(self, number: u64, kinds: &[Mess]) -> u64 {
        if self.percent == BLOCK {
            return 0;
        }
        (0..number).rev().find(|earlier| self.of(*earlier, kinds).is_none()).unwrap_or(0)
    }
}

/// `2026-11-27` as `27-Nov-2026`.
pub(super) fn day_month_year(date: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month - 1));
    format!("{}-{}-{}", day.unwrap_or_default(), month.unwrap_or(&""), year.unwrap_or_default())
}

/// Cuts a document somewhere behind its id.
pub(super) fn truncate(text: &mut String, random: &mut Random) {
    let length = text.len() * usize::try_from(random.between(40, 95)).unwrap_or(40) / 100;
    text.truncate(text.floor_char_boundary(length));
}
