//! What a field that nobody named may be: by its name, and by the shape of its values.
//!
//! A suggestion is all that leaves of the values: [`Shapes`] counts, and forgets each value that it was shown. Where
//! only few records hold a field, what its values look like would tell something of these few, so the name alone
//! speaks. A suggestion decides nothing; what is in doubt is left to the officer without one.

mod names;
mod shapes;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::{Cleaner, Mask};
use crate::path::{self, Step};
use crate::{Class, Purpose};
pub use names::{ValueName, is_field_name, value_name};
use names::{Word, word_of};
pub use shapes::{Look, Shapes};

/// Fewest records that must hold a field before anything of its values, also how many there are, may be told.
pub const RECORDS_TOLD_MIN: u64 = 5;

/// What a field may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// Its class; none for a fact.
    pub class: Option<Class>,
    /// Why it may be used.
    pub purposes: Vec<Purpose>,
    /// What may be shown of it.
    pub mask: Mask,
    /// How it is cleaned.
    pub cleaner: Cleaner,
    /// What speaks for it.
    pub by: Ground,
}

/// What speaks for a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The field's name.
    Name,
    /// The shape of its values.
    Shape,
    /// Both.
    NameAndShape,
}

impl Suggestion {
    fn personal(class: Class, mask: Mask, cleaner: Cleaner, by: Ground) -> Self {
        Self { class: Some(class), purposes: purposes_of(class), mask, cleaner, by }
    }

    fn fact(cleaner: Cleaner, by: Ground) -> Self {
        Self { class: None, purposes: Vec::new(), mask: Mask::Hidden, cleaner, by }
    }
}

/// What the field at a schema path may be, if anything speaks for something. `look` is what its values look like, when
/// that may be told.
pub fn suggestion(path: &str, look: Option<Look>) -> Option<Suggestion> {
    let names: Vec<_> = path::steps(path)
        .filter_map(|step| match step {
            Step::Member(name) => Some(name),
            Step::Element(_) => None,
        })
        .collect();
    let name = names.last()?;
    match (word_of(name), look) {
        // Whether it is a gift is a fact, what is written on its card is not.
        (Some(Word::FreeText), Some(Look::Flag)) => Some(Suggestion::fact(Cleaner::Flag, Ground::Shape)),
        (Some(word), look) => Some(by_name(word, look)),
        (None, Some(look)) => by_shape(look),
        (None, None) => None,
    }
}

fn by_name(word: Word, look: Option<Look>) -> Suggestion {
    let agrees = matches!(
        (word, look),
        (Word::Email, Some(Look::Email))
            | (Word::Phone, Some(Look::Phone))
            | (Word::PostalCode, Some(Look::PostalCode))
            | (Word::FreeText, Some(Look::LongText))
            | (Word::Birthday, Some(Look::Date))
    );
    let by = if agrees { Ground::NameAndShape } else { Ground::Name };
    let (class, mask, cleaner) = match word {
        Word::Email => (Class::Contact, Mask::Email, Cleaner::Email),
        Word::Phone => (Class::Contact, Mask::Phone, Cleaner::Phone),
        Word::Name => (Class::Identity, Mask::Name, Cleaner::Text),
        Word::Birthday => (Class::Identity, Mask::Hidden, Cleaner::Time),
        Word::Identity => (Class::Identity, Mask::Hidden, Cleaner::Text),
        Word::Address => (Class::Address, Mask::Hidden, Cleaner::Text),
        Word::PostalCode => (Class::Address, Mask::PostalCode, Cleaner::PostalCode),
        Word::Tax => (Class::Tax, Mask::Hidden, Cleaner::Text),
        Word::FreeText => (Class::FreeText, Mask::Hidden, Cleaner::Lines),
    };
    Suggestion::personal(class, mask, cleaner, by)
}

fn by_shape(look: Look) -> Option<Suggestion> {
    let by = Ground::Shape;
    Some(match look {
        Look::Email => Suggestion::personal(Class::Contact, Mask::Email, Cleaner::Email, by),
        Look::Phone => Suggestion::personal(Class::Contact, Mask::Phone, Cleaner::Phone, by),
        Look::PostalCode => Suggestion::personal(Class::Address, Mask::PostalCode, Cleaner::PostalCode, by),
        Look::LongText => Suggestion::personal(Class::FreeText, Mask::Hidden, Cleaner::Lines, by),
        Look::Date => Suggestion::fact(Cleaner::Time, by),
        Look::Amount => Suggestion::fact(Cleaner::Decimal, by),
        Look::Flag => Suggestion::fact(Cleaner::Flag, by),
        Look::FewWords => Suggestion::fact(Cleaner::Text, by),
    })
}

/// What the embedded fields of that class are used for.
fn purposes_of(class: Class) -> Vec<Purpose> {
    let own: &[Purpose] = match class {
        Class::Identity | Class::Address => &[Purpose::Fulfilment, Purpose::Invoice],
        Class::Contact | Class::FreeText => &[Purpose::Fulfilment],
        Class::Tax => &[Purpose::Tax, Purpose::Invoice],
        Class::Unclassified => return Vec::new(),
    };
    own.iter().copied().chain([Purpose::SubjectRequest, Purpose::Incident]).collect()
}
