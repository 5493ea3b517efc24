//! What a correct reader must find in a document, noted while the document is written: from the model, never through
//! the readers and cleaners that are measured by it.

use std::fmt::{Display, Write};

/// A value as a reader must find it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Flag(bool),
    /// A number with a fraction, as it is written.
    Number(serde_json::Number),
}

/// What a value is to those who keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// It says something about a person.
    Personal,
    /// It does not.
    Fact,
    /// No model knows it, so that nobody can tell.
    Unclassified,
}

/// The leaves of one document; none are kept when nobody asks for them.
#[derive(Default)]
pub(super) struct Notes {
    is_wanted: bool,
    base: String,
    leaves: Vec<(String, Scalar)>,
    written: Vec<String>,
}

/// Where a note was before it went deeper.
#[derive(Clone, Copy)]
pub(super) struct Base(usize);

impl Notes {
    pub(super) fn new(is_wanted: bool) -> Self {
        Self { is_wanted, ..Self::default() }
    }

    /// Goes into a member; an empty name goes nowhere.
    pub(super) fn enter(&mut self, place: &str) -> Base {
        let base = Base(self.base.len());
        if self.is_wanted && !place.is_empty() {
            if !self.base.is_empty() {
                self.base.push('.');
            }
            self.base.push_str(place);
        }
        base
    }

    /// Goes into an element by its id or number.
    pub(super) fn enter_element(&mut self, id: impl Display) -> Base {
        let base = Base(self.base.len());
        if self.is_wanted {
            // Writing to a string cannot fail.
            let _ = write!(self.base, "[{id}]");
        }
        base
    }

    pub(super) fn leave(&mut self, base: Base) {
        self.base.truncate(base.0);
    }

    /// Notes a value below where this is.
    pub(super) fn note(&mut self, place: &str, value: impl FnOnce() -> Scalar) {
        if self.is_wanted {
            let dot = if self.base.is_empty() { "" } else { "." };
            self.leaves.push((format!("{}{dot}{place}", self.base), value()));
        }
    }

    /// Notes a value unless it has been noted before.
    pub(super) fn note_once(&mut self, place: &str, value: impl FnOnce() -> Scalar) {
        if self.is_wanted && !self.leaves.iter().any(|(noted, _)| noted == place) {
            self.leaves.push((place.to_owned(), value()));
        }
    }

    /// Notes a text that stands in the input otherwise than it is found, unless it is a fact.
    pub(super) fn note_written(&mut self, place: &str, written: &str) {
        let full = || if self.base.is_empty() { place.to_owned() } else { format!("{}.{place}", self.base) };
        if self.is_wanted && Nature::of(&full()) != Nature::Fact {
            self.written.push(written.to_owned());
        }
    }

    /// The values under their places, and the texts that stand otherwise in the input.
    pub(super) fn into_parts(self) -> (Vec<(String, Scalar)>, Vec<String>) {
        (self.leaves, self.written)
    }
}

/// Members of an object of which nothing is personal but what is named, and the reverse.
const PERSONAL: &[(&str, &[&str])] = &[
    ("payment.paymentExecutions[].", &["acquirerId", "cardBrand", "authorizationCode"]),
    ("orderItems[].product.", &["serialNumbers[]", "customization.customizedUrl"]),
    (
        "orderItems[].cancellation.",
        &["cancellationRequest.cancelReason", "cancellationExecution.cancelReason"],
    ),
    ("orderItems[].fulfillment.", &["packing.giftOption.giftMessage"]),
    ("packages[].", &["trackingNumber"]),
    ("regulatedInformation.", &["fields[].fieldValue"]),
    ("", &["comment", "notificationEmails[]"]),
    ("items[].", &["serialNumbers[]", "giftMessage"]),
    ("orderLines[].", &["serialNumbers[]"]),
    ("taxTransactions[].shipTo.", &["city", "stateOrRegion", "postalCode"]),
    ("returns[].", &["customerComments", "licensePlateNumbers[]", "trackingNumber"]),
    ("packages[].", &["parcels[].trackingNumber", "label.fileContents"]),
];

/// Objects of which everything is personal but what is named.
const OF_PERSONS: &[(&str, &[&str])] = &[
    ("buyer.", &["billToPartyId", "billingAddress.countryCode"]),
    ("recipient.deliveryAddress.", &["countryCode", "addressType"]),
    ("recipient.deliveryPreference.", &[]),
    (
        "tax.taxRegistrations[].",
        &[
            "entityType",
            "taxRegistrationType",
            "taxRegistrationAddress.countryCode",
            "taxRegistrationAddress.addressType",
        ],
    ),
];

impl Nature {
    /// What a value at a place of a document is.
    pub fn of(place: &str) -> Self {
        let schema = schema(place);
        if schema.split('.').any(|member| member == "extra") || schema.starts_with("loyaltyDetails.") {
            return Self::Unclassified;
        }
        let below = |list: &'static [(&'static str, &'static [&'static str])]| {
            list.iter().filter_map(|(under, named)| Some((schema.strip_prefix(under)?, *named)))
        };
        let is_personal = below(PERSONAL).any(|(member, named)| named.contains(&member))
            || below(OF_PERSONS).any(|(member, named)| !named.contains(&member));
        if is_personal { Self::Personal } else { Self::Fact }
    }
}

/// The path of a field: without the names of elements.
fn schema(place: &str) -> String {
    let mut schema = String::with_capacity(place.len());
    let mut is_outside = true;
    for char in place.chars() {
        is_outside |= char == ']';
        if is_outside {
            schema.push(char);
        }
        is_outside &= char != '[';
    }
    schema
}
