//! The words that several nouns share: ids, times, classes, purposes, as schemas.

use bailee_core::{Class, Kind, Purpose};

use super::schema::{Schema, list, named, one_of, pattern, text, with};

/// The order that the examples are about.
pub(crate) const REFERENCE: &str = "250-1234567-1234567";
/// Its seller.
pub(crate) const SELLER: &str = "ALPHA";
/// An id of 32 digits.
pub(crate) const ID: &str = "019ca5b0f3c07d3c8a4d2f1e6b9a0c57";
/// A time.
pub(crate) const TIME: &str = "2026-03-02T09:00:00Z";

pub(crate) fn seller_id() -> Schema {
    named("SellerId", pattern("^[A-Za-z0-9_-]{1,64}$", "The seller, by the id that Amazon or you gave it."))
}

pub(crate) fn reference() -> Schema {
    named(
        "Reference",
        pattern(
            "^[A-Za-z0-9_.-]{1,64}$",
            "The name by which the outside knows a record, such as the order id.",
        ),
    )
}

pub(crate) fn id(says: &str) -> Schema {
    pattern("^[0-9a-f]{32}$", says)
}

pub(crate) fn time(says: &str) -> Schema {
    with(text(says), "format", "date-time".into())
}

pub(crate) fn day(says: &str) -> Schema {
    with(text(says), "format", "date".into())
}

pub(crate) fn kind() -> Schema {
    named("Kind", one_of(Kind::ALL.iter().map(|kind| kind.as_str()), "What a record is held about."))
}

pub(crate) fn purpose() -> Schema {
    named("Purpose", one_of(Purpose::ALL.iter().map(|one| one.as_str()), "Why personal data is used."))
}

pub(crate) fn class() -> Schema {
    named("Class", one_of(Class::ALL.iter().map(|one| one.as_str()), "How a field identifies somebody."))
}

pub(crate) fn purposes() -> Schema {
    list(&purpose())
}

pub(crate) fn classes() -> Schema {
    list(&class())
}

pub(crate) fn mask() -> Schema {
    const MASKS: [&str; 6] = ["name", "email", "phone", "postal-code", "hidden", "initial"];
    named("Mask", one_of(MASKS, "What may be shown of a field without a reveal."))
}

pub(crate) fn cleaner() -> Schema {
    const CLEANERS: [&str; 12] = [
        "text",
        "lines",
        "code",
        "phone",
        "email",
        "country",
        "postal-code",
        "time",
        "decimal",
        "integer",
        "flag",
        "verbatim",
    ];
    named("Cleaner", one_of(CLEANERS, "How a field's values are cleaned."))
}

pub(crate) fn searched() -> Schema {
    const TERMS: [&str; 4] = ["email", "phone", "name", "name-postal-code"];
    named("TermKind", one_of(TERMS, "The term by which a field is searched."))
}
