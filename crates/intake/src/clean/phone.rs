//! Phone numbers: what people write, as E.164 with its extension.
//!
//! The rules of each country (calling code, trunk prefix, lengths) come from the `phonenumber` crate's metadata; its
//! own parser is not used, since it drops what it does not understand and takes a lock for every number.

use std::borrow::Cow;
use std::fmt;

use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, Type};
use unicode_normalization::UnicodeNormalization;

/// Fewest and most digits of an international number (E.164: 15 at most).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Most digits of an extension (RFC 3966 sets none; exchanges have no longer ones).
const EXTENSION_DIGITS_MAX: usize = 15;

/// What stands before an extension, in the languages of the marketplaces. Longer ones first, where one begins another.
#[rustfmt::skip]
const EXTENSION_MARKS: &[&str] = &[
    ";ext=", "extension", "extensión", "extensie", "extn", "ext", "ramal", "anexo", "poste", "interno", "interne",
    "int", "durchwahl", "nebenstelle", "klappe", "dw", "toestel", "tst", "anknytning", "ankn", "wewnętrzny", "wewn",
    "wew", "dahili", "内線", "分机", "доб", "تحويلة", "داخلي", "x", "#",
];

/// An international number. Writes itself as `+14803860930;ext=73824`, after RFC 3966.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct E164 {
    /// Calling code and national number, digits only.
    pub(crate) digits: String,
    /// Digits only; empty when there is none.
    pub(crate) extension: String,
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.digits)?;
        if self.extension.is_empty() { Ok(()) } else { write!(f, ";ext={}", self.extension) }
    }
}

/// The number that a text stands for, when it can be told; `country` (alpha-2) is where it was written.
pub(crate) fn phone_number(text: &str, country: Option<&str>) -> Option<E164> {
    let folded = fold(text);
    let written = folded.strip_prefix("tel:").unwrap_or(&folded);
    let is_body = |char: char| matches!(char, '0'..='9' | '+' | '-' | '.' | ' ' | '(' | ')' | '/');
    let (body, rest) = written.split_at(written.find(|char| !is_body(char)).unwrap_or(written.len()));
    let extension = if rest.is_empty() { String::new() } else { extension(rest)? };
    let body = body.trim_matches([' ', '-', '(']);
    let digits = match body.strip_prefix('+') {
        Some(body) => international(&digits(&body.replacen("(0)", "", 1))?)?,
        None => national(&digits(body)?, country?)?,
    };
    DIGITS.contains(&digits.len()).then_some(E164 { digits, extension })
}

/// Lower case, with every script's digits as ASCII ones and every dash as a hyphen.
fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().map(ascii_form).flat_map(char::to_lowercase).collect())
}

pub(crate) fn ascii_form(char: char) -> char {
    /// The zeros of the scripts in which phone numbers are written.
    const ZEROS: [u32; 12] =
        [0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50];
    if let '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' = char {
        return '-';
    }
    let value = ZEROS.iter().find_map(|zero| u32::from(char).checked_sub(*zero).filter(|value| *value < 10));
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(char.to_ascii_lowercase())
}

/// The extension that the rest of a number names; `None` when it is something else.
fn extension(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches([',', ' ']).trim_end_matches([')', ' ', '#']);
    let rest = EXTENSION_MARKS.iter().find_map(|mark| rest.strip_prefix(mark))?;
    let number = rest.trim_start_matches(['.', ':', '=', ' ', '-', '#']);
    let sound = (1..=EXTENSION_DIGITS_MAX).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| number.to_owned())
}

/// The digits of a number's body; `None` when it has a plus where none can stand.
fn digits(body: &str) -> Option<String> {
    (!body.contains('+')).then(|| body.chars().filter(char::is_ascii_digit).collect())
}

/// A number with its calling code. Where a trunk zero crept in (`+44 020 …`) it is left out.
fn international(digits: &str) -> Option<String> {
    let (code, national, countries) = (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let countries = DATABASE.by_code(&code.parse().ok()?)?;
        Some((code, national, countries))
    })?;
    let without_zero = national.trim_start_matches('0');
    let has_trunk_zero = without_zero.len() < national.len()
        && countries
            .iter()
            .any(|country| country.national_prefix() == Some("0") && fits(country, without_zero));
    Some(format!("{code}{}", if has_trunk_zero { without_zero } else { national }))
}

/// A number as it is dialled inside a country.
fn national(digits: &str, country: &str) -> Option<String> {
    let rules = DATABASE.by_id(country)?;
    let abroad = match country {
        "US" | "CA" => "011",
        "JP" => "010",
        "AU" => "0011",
        _ => "00",
    };
    if let Some(rest) = digits.strip_prefix(abroad).filter(|rest| !rest.starts_with('0') && rest.len() > 7) {
        return international(rest);
    }
    let code = rules.country_code().to_string();
    let without_trunk = rules.national_prefix().and_then(|prefix| digits.strip_prefix(prefix));
    // A number is often written with its calling code and no plus. Where a trunk zero is usual, its lack is a sign.
    let without_code = digits.strip_prefix(code.as_str());
    let candidates = match rules.national_prefix() {
        Some("0") => [without_trunk, without_code, Some(digits)],
        _ => [without_trunk, Some(digits), without_code],
    };
    let national = candidates.into_iter().flatten().find(|candidate| fits(rules, candidate))?;
    international(&format!("{code}{national}"))
}

/// Whether numbers of that length exist in a country. Fixed lines, mobiles and voice over IP: people give no others,
/// and those of services are of any length.
fn fits(country: &Metadata, national: &str) -> bool {
    let Ok(length) = u16::try_from(national.len()) else { return false };
    [Type::FixedLine, Type::Mobile, Type::Voip]
        .iter()
        .filter_map(|kind| country.descriptors().get(*kind))
        .any(|numbers| numbers.possible_length().contains(&length))
}
