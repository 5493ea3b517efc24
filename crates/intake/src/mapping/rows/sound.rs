//! Whether the cells of a row stand where they belong, as far as that shows.

use bailee_core::Json;
use bailee_core::catalogue::{Cleaner, Node};

use crate::clean::{self, Around};

/// Whether every value that must be a number, a flag, a date or a country is one.
pub(super) fn is_sound(json: &Json, node: Node<'_>) -> bool {
    match json {
        Json::Object(members) => {
            members.iter().all(|(name, value)| node.member(name).is_none_or(|node| is_sound(value, node)))
        }
        Json::Array(elements) => {
            elements.iter().all(|element| node.element().is_none_or(|node| is_sound(element, node)))
        }
        leaf => node.field().is_none_or(|field| fits(leaf, field.cleaner)),
    }
}

fn fits(leaf: &Json, cleaner: Cleaner) -> bool {
    let cleaned = clean::leaf(cleaner, leaf, Around::default());
    let cleaned = cleaned.as_ref().unwrap_or(leaf);
    match (cleaner, cleaned) {
        (Cleaner::Integer, cleaned) => matches!(cleaned, Json::Integer(_)),
        (Cleaner::Flag, cleaned) => matches!(cleaned, Json::Bool(_)),
        // An amount that could mean two numbers, and a date two days, are left as they came.
        (Cleaner::Decimal, Json::String(text)) => {
            text.contains(is_digit) && !text.contains(char::is_alphabetic)
        }
        (Cleaner::Time, Json::String(text)) => text.starts_with(is_digit) && text.contains(['-', '/', '.']),
        (Cleaner::Country, Json::String(text)) => clean::country_code(text).is_some(),
        _ => true,
    }
}

fn is_digit(char: char) -> bool {
    char.is_ascii_digit()
}
