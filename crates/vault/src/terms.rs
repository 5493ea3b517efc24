//! Index terms: what a part can be found by.

use bailee_core::Json;
use bailee_core::catalogue::{Field, TermKind};
use bailee_intake::terms;

/// A term before it is keyed: its kind and the normal form of its value. As personal as the value.
pub(crate) struct Normal {
    pub(crate) kind: TermKind,
    pub(crate) form: zeroize::Zeroizing<String>,
}

/// The terms of a record's personal leaves. `facts` is its skeleton, for the country that a phone is dialled from.
pub(crate) fn of_leaves(leaves: &[(&Field, &Json)], facts: &Json) -> Vec<Normal> {
    let country = country(facts);
    let mut found: Vec<Normal> = Vec::new();
    let mut add = |kind, form: Option<String>| {
        if let Some(form) = form.map(zeroize::Zeroizing::new)
            && !found.iter().any(|other| other.kind == kind && other.form == form)
        {
            found.push(Normal { kind, form });
        }
    };
    for (field, value) in leaves {
        let Some(text) = value.as_str() else { continue };
        match field.searched {
            Some(TermKind::Email) => add(TermKind::Email, terms::email(text)),
            Some(TermKind::Phone) => add(TermKind::Phone, terms::phone(text, country)),
            Some(TermKind::Name) => {
                let Some(name) = terms::name(text) else { continue };
                for code in postal_codes(leaves) {
                    add(TermKind::NamePostalCode, terms::name_postal_code(&name, code));
                }
                add(TermKind::Name, Some(name));
            }
            Some(TermKind::NamePostalCode) | None => {}
        }
    }
    found
}

/// The country that a phone number of an order is dialled from: a fact.
pub(crate) fn country(facts: &Json) -> Option<&str> {
    facts.at("recipient.deliveryAddress.countryCode").and_then(Json::as_str)
}

/// The postal codes that make a term with a name (never one by themselves).
fn postal_codes<'a>(leaves: &'a [(&Field, &Json)]) -> impl Iterator<Item = &'a str> {
    leaves
        .iter()
        .filter(|(field, _)| field.searched == Some(TermKind::NamePostalCode))
        .filter_map(|(_, value)| value.as_str())
}
