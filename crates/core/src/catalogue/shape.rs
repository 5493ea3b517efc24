//! What a fact can look like.
//!
//! A fact is kept where many may see it because of what it is: a time, a count, a word of a short list. A source that
//! writes something else in its place has broken that promise, and what it wrote may be a person's name. So the value,
//! not only its place, decides: what has not the form of its fact is as unknown as what the catalogue does not name.

use super::{Cleaner, Field};
use crate::Json;

/// Most characters of a word of a short list, or of a number of the trade.
const CODE_CHARS_MAX: usize = 64;

/// No amount that anybody pays is longer.
const DECIMAL_CHARS_MAX: usize = 24;

/// `2026-11-27T21:49:00.123456789+01:00`
const TIME_CHARS_MAX: usize = 35;

impl Field {
    /// Whether a clean value has the form of the fact that this field is. What is personal is sealed whatever it looks
    /// like, and a text can be anything.
    pub fn has_form(&self, value: &Json) -> bool {
        self.is_personal() || self.cleaner.has_form(value)
    }
}

impl Cleaner {
    fn has_form(self, value: &Json) -> bool {
        match (self, value) {
            (Self::Time, Json::String(text)) => is_time(text.as_bytes()),
            (Self::Country, Json::String(text)) => {
                text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase())
            }
            (Self::Code, Json::String(text)) => is_code(text.as_bytes()),
            (Self::Code | Self::Decimal | Self::Integer, Json::Integer(_) | Json::Float(_)) => true,
            (Self::Code | Self::Flag, Json::Bool(_)) => true,
            (Self::Decimal, Json::String(text)) => is_decimal(text.as_bytes()),
            (Self::Time | Self::Country | Self::Code | Self::Decimal | Self::Integer | Self::Flag, _) => {
                false
            }
            _ => true,
        }
    }
}

/// Whether a text has the signs of a date, or of one with a clock behind it. One that can be read in two ways
/// (`05/06/2026`) is a date all the same.
fn is_time(text: &[u8]) -> bool {
    let date =
        text.split(|sign| !(sign.is_ascii_digit() || b"-/.".contains(sign))).next().unwrap_or_default();
    let numbers: Vec<&[u8]> = date.split(|sign| !sign.is_ascii_digit()).take(4).collect();
    // Three: with more it is a phone number that is written with points or hyphens.
    let is_date = matches!(numbers.as_slice(), [first, middle, last]
        if (1..=4).contains(&first.len()) && (1..=2).contains(&middle.len()) && (1..=4).contains(&last.len()));
    let is_clock = |sign: &u8| sign.is_ascii_digit() || b"TtZzAaPpMm:.,+- ".contains(sign);
    is_date && text.len() <= TIME_CHARS_MAX && text.iter().skip(date.len()).all(is_clock)
}

fn is_code(text: &[u8]) -> bool {
    text.len() <= CODE_CHARS_MAX && text.iter().all(|sign| sign.is_ascii_graphic() && *sign != b'@')
}

/// Whether a text is nothing but digits and what stands between them: `1,234` may be read in two ways, and is an amount.
fn is_decimal(text: &[u8]) -> bool {
    let is_sign = |sign: &u8| sign.is_ascii_digit() || b"-+., %".contains(sign);
    text.len() <= DECIMAL_CHARS_MAX && text.iter().all(is_sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Json {
        Json::String(text.to_owned())
    }

    #[test]
    fn a_fact_has_the_form_of_its_cleaner() {
        let has = [
            (Cleaner::Time, "2026-11-27T21:49:00.123456789+01:00"),
            (Cleaner::Time, "2026-11-27"),
            (Cleaner::Time, "05/06/2026 3:04 PM"),
            (Cleaner::Time, "5.6.26"),
            (Cleaner::Country, "DE"),
            (Cleaner::Code, "PARTIALLY_SHIPPED"),
            (Cleaner::Code, "Amazon.co.jp"),
            (Cleaner::Decimal, "-12.50"),
            (Cleaner::Decimal, "1,234"),
            (Cleaner::Text, "Jane Sample"),
            (Cleaner::Verbatim, "Jane Sample"),
        ];
        for (cleaner, value) in has {
            assert!(cleaner.has_form(&text(value)), "{cleaner:?} {value}");
        }
        for cleaner in Cleaner::ALL {
            let has = cleaner.has_form(&Json::Integer(3));
            assert_eq!(
                has,
                !matches!(cleaner, Cleaner::Time | Cleaner::Country | Cleaner::Flag),
                "{cleaner:?}"
            );
        }
    }

    #[test]
    fn a_name_a_phone_number_and_a_mail_have_the_form_of_no_fact() {
        let typed = [
            Cleaner::Time,
            Cleaner::Country,
            Cleaner::Code,
            Cleaner::Decimal,
            Cleaner::Integer,
            Cleaner::Flag,
        ];
        for value in ["Jane Sample", "jane@sample.example", "山田花子", "1 Sample Street", "Größe"] {
            for cleaner in typed {
                assert!(!cleaner.has_form(&text(value)), "{cleaner:?} {value}");
            }
        }
        for value in
            ["030-123-4567", "+49 30 1234567", "(555) 010-1234", "49-30-1234-567", "2026-11-27 by Jane"]
        {
            assert!(!Cleaner::Time.has_form(&text(value)), "{value}");
        }
    }
}
