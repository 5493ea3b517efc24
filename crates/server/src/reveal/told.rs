//! What a reveal answers: records with their plaintext, and what was refused, is gone, or is not known.

use bailee_access::Denial;
use bailee_core::{Kind, Reference, SellerId};
use bailee_vault::reveal::{Gone, Revealed, Wanted};
use serde::Serialize;

use crate::api::schema::{Schema, anything, count, list, map, named, nullable, object, one_of, text};
use crate::api::words;

pub(super) fn answer() -> Schema {
    let record = object(&[
        ("seller", words::seller_id()),
        ("kind", words::kind()),
        ("reference", words::reference()),
        ("fields", map(&anything("The value at this path."))),
    ]);
    let denied = object(&[
        ("seller?", words::seller_id()),
        ("reference?", words::reference()),
        ("field?", text("The field's path; all that was asked, when there is none.")),
        ("code", text("The code of the problem that it is.")),
        ("detail", text("Why.")),
        ("requirement", text("The requirement that the refusal serves.")),
        ("remedy", text("What to do.")),
    ]);
    let gone = object(&[
        ("seller", words::seller_id()),
        ("reference", nullable(words::reference())),
        (
            "state",
            one_of(
                ["closing", "disposed", "erased", "lost"],
                "How it stands; what is lost is to be collected again.",
            ),
        ),
        ("when", words::time("Since when.")),
        ("rule", text("Under which rule.")),
    ]);
    let unknown = object(&[
        ("item", count("Which item of the question it is, from 0.")),
        ("seller?", words::seller_id()),
        ("reference?", words::reference()),
        ("field?", text("The field's path.")),
        ("code", text("Why: there is none, or it is malformed or does not open.")),
    ]);
    named(
        "Revealed",
        object(&[
            ("records", list(&record)),
            ("denied", list(&denied)),
            ("gone", list(&gone)),
            ("unknown?", list(&unknown)),
        ]),
    )
}

/// What was revealed, refused, gone and unknown. `unknown` is there only when something is.
#[derive(Default, Serialize)]
pub(super) struct Answer {
    pub(super) records: Vec<RevealedRecord>,
    pub(super) denied: Vec<Denied>,
    pub(super) gone: Vec<Gone>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unknown: Vec<Unknown>,
}

/// A record's plaintext.
#[derive(Serialize)]
pub(super) struct RevealedRecord {
    pub(super) seller: SellerId,
    pub(super) kind: Kind,
    pub(super) reference: Reference,
    #[serde(serialize_with = "as_map")]
    pub(super) fields: Vec<(String, bailee_core::Json)>,
}

/// Something refused: a field of a record, or all that was asked of a seller. Of a token whose seller is none of the
/// caller's, not even that is told.
#[derive(Serialize)]
pub(super) struct Denied {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seller: Option<SellerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) requirement: &'static str,
    pub(super) remedy: String,
}

/// Something asked for that is not there. `item` counts the items of the question, from 0.
#[derive(Serialize)]
pub(super) struct Unknown {
    pub(super) item: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seller: Option<SellerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    pub(super) code: &'static str,
}

impl Denied {
    pub(super) fn of(seller: Option<&SellerId>, reference: Option<&Reference>, denial: Denial) -> Self {
        Self {
            seller: seller.cloned(),
            reference: reference.cloned(),
            field: None,
            code: denial.code,
            detail: denial.words,
            requirement: denial.requirement.as_str(),
            remedy: denial.remedy,
        }
    }
}

impl Unknown {
    pub(super) fn of(item: usize, wanted: Option<Wanted>, code: &'static str) -> Self {
        let (seller, reference) = match wanted {
            Some(Wanted::Reference { seller, reference, .. }) => (Some(seller), Some(reference)),
            Some(Wanted::Token(_)) | None => (None, None),
        };
        Self { item, seller, reference, field: None, code }
    }
}

impl From<Revealed> for RevealedRecord {
    fn from(revealed: Revealed) -> Self {
        let Revealed { seller, kind, reference, fields, .. } = revealed;
        Self { seller, kind, reference, fields }
    }
}

fn as_map<S: serde::Serializer>(
    fields: &[(String, bailee_core::Json)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(path, value)| (path, value)))
}
