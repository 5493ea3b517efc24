//! Cleaning (0.c): one clean form per value. Idempotent, and nothing a carrier needs is lost, in any script.
//!
//! Every cleaner first puts the text into Unicode NFC without control and invisible characters; then the one that the
//! catalogue names does its own. A value that a cleaner does not understand (a phone number with words in it, a
//! country nobody knows) is left as the clean text that it is: refusing is no cleaner's business.

mod country;
mod entities;
mod phone;
#[cfg(test)]
mod tests;
mod text;
mod time;

use std::borrow::Cow;

use bailee_core::catalogue::Cleaner;

pub(crate) use country::country_code;
pub use entities::entities;
pub(crate) use phone::{ascii_form, phone_number};
use text::{White, text};

/// Cleans a value. `country` is the alpha-2 code of the address it belongs to, when known (phones need it).
pub fn clean(cleaner: Cleaner, value: &str, country: Option<&str>) -> String {
    cleaned(cleaner, value, country).into_owned()
}

/// As [`clean`], borrowing where nothing changes, which is nearly always.
pub fn cleaned<'a>(cleaner: Cleaner, value: &'a str, country: Option<&str>) -> Cow<'a, str> {
    match cleaner {
        Cleaner::Verbatim => Cow::Borrowed(value),
        Cleaner::Time => then(text(value, White::Collapsed), time::time),
        Cleaner::Text | Cleaner::PostalCode | Cleaner::Decimal | Cleaner::Integer | Cleaner::Flag => {
            text(value, White::Collapsed)
        }
        Cleaner::Lines => text(value, White::Lines),
        Cleaner::Phone => {
            then(text(value, White::Collapsed), |text| Some(phone_number(text, country)?.to_string()))
        }
        Cleaner::Email => then(text(value, White::Collapsed), email),
        Cleaner::Country => then(text(value, White::Collapsed), |text| country_code(text).map(str::to_owned)),
    }
}

/// Without control and invisible characters, in NFC; white space as it is. For leaves of which nothing is known.
pub fn visible(value: &str) -> Cow<'_, str> {
    text(value, White::Kept)
}

/// A further step that may have nothing to say.
fn then<'a>(text: Cow<'a, str>, step: impl FnOnce(&str) -> Option<String>) -> Cow<'a, str> {
    match step(&text) {
        Some(changed) if changed != text => Cow::Owned(changed),
        _ => text,
    }
}

/// The domain in lower case. The part before it can depend on case (RFC 5321, section 2.4) and stays.
fn email(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    Some(format!("{}@{}", local.trim_end(), domain.trim_start().to_ascii_lowercase()))
}
