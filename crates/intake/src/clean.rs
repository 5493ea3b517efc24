//! Cleaning (0.c): one clean form per value. Idempotent, and nothing a carrier needs is lost, in any script.
//!
//! Every cleaner first puts the text into Unicode NFC without control and invisible characters; then the one that the
//! catalogue names does its own. A value that a cleaner does not understand (a phone number with words in it, a
//! country nobody knows) is left as the clean text that it is: refusing is no cleaner's business.

mod country;
mod entities;
mod lost;
mod number;
mod phone;
mod postal;
#[cfg(test)]
mod tests;
mod text;
mod time;

use std::borrow::Cow;

use bailee_core::Json;
use bailee_core::catalogue::Cleaner;

pub(crate) use country::country_code;
pub(crate) use entities::ABSENT;
pub use entities::entities;
pub use lost::{Lost, lost};
pub(crate) use number::currency_code;
pub(crate) use phone::{ascii_form, phone_number};
use text::{White, text};

/// What stands around a value and says how it is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around<'a> {
    /// The alpha-2 code of the address it belongs to: phone numbers and postal codes need it.
    pub country: Option<&'a str>,
    /// The alpha code of the money it counts.
    pub currency: Option<&'a str>,
}

/// Cleans a text. `country` is the alpha-2 code of the address it belongs to, when known.
pub fn clean(cleaner: Cleaner, value: &str, country: Option<&str>) -> String {
    cleaned(cleaner, value, Around { country, currency: None }).into_owned()
}

/// As [`clean`], borrowing where nothing changes, which is nearly always.
pub fn cleaned<'a>(cleaner: Cleaner, value: &'a str, around: Around<'_>) -> Cow<'a, str> {
    let collapsed = || text(value, White::Collapsed);
    match cleaner {
        Cleaner::Verbatim => Cow::Borrowed(value),
        // What integers and flags become is no text: [`leaf`].
        Cleaner::Text | Cleaner::Code | Cleaner::Integer | Cleaner::Flag => collapsed(),
        Cleaner::Lines => text(value, White::Lines),
        Cleaner::Phone => then(collapsed(), |text| Some(phone_number(text, around.country)?.to_string())),
        Cleaner::Email => then(collapsed(), email),
        Cleaner::Country => then(collapsed(), |text| country_code(text).map(str::to_owned)),
        Cleaner::PostalCode => then(collapsed(), |text| postal::postal_code(text, around.country?)),
        Cleaner::Time => then(collapsed(), time::time),
        Cleaner::Decimal => then(collapsed(), |text| number::decimal(text, around.currency)),
    }
}

/// The clean form of a leaf of a document; `None` when it is clean. Counts and flags that came as text become numbers
/// and flags, and flags that came as numbers too; a number where a decimal belongs stays one.
pub fn leaf(cleaner: Cleaner, leaf: &Json, around: Around<'_>) -> Option<Json> {
    match (cleaner, leaf) {
        (_, Json::String(value)) => {
            let cleaned = cleaned(cleaner, value, around);
            let typed = match cleaner {
                Cleaner::Integer => number::integer(&cleaned).map(|number| Json::Integer(number.into())),
                Cleaner::Flag => number::flag(&cleaned).map(Json::Bool),
                _ => None,
            };
            typed.or(match cleaned {
                Cow::Owned(cleaned) => Some(Json::String(cleaned)),
                Cow::Borrowed(_) => None,
            })
        }
        (Cleaner::Integer, Json::Float(float)) => whole(*float),
        (Cleaner::Flag, Json::Integer(number @ 0..=1)) => Some(Json::Bool(*number == 1)),
        _ => None,
    }
}

/// `3.0` as an integer, where a float holds every integer.
fn whole(float: f64) -> Option<Json> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let is_whole = float.fract() == 0.0 && float.abs() < EXACT_MAX;
    is_whole.then(|| format!("{float:.0}").parse().ok()).flatten().map(Json::Integer)
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
