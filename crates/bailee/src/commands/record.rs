//! How a record is named on the command line: `SELLER/REFERENCE`, and where it matters `--kind`.

use std::str::FromStr;

use bailee_core::{Json, Kind, ParseIdError, Reference, SellerId};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::{Value, json};

use super::recipient::tell_next;
use crate::failure::{Exit, Failure, Result};
use crate::screen::text;
use crate::visit::Visit;

/// A record's name.
#[derive(Clone, Debug)]
pub(crate) struct RecordName {
    pub(crate) seller: SellerId,
    pub(crate) reference: Reference,
}

/// What is no record's name, and why. Nothing of the text is in it.
#[derive(Debug)]
pub(crate) enum NotARecord {
    /// There is no `/` in it.
    Form,
    /// Its seller or its reference is none.
    Id(ParseIdError),
}

impl std::fmt::Display for NotARecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Form => {
                f.write_str("an order is named SELLER/REFERENCE, such as ALPHA/250-1234567-1234567")
            }
            Self::Id(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotARecord {}

impl From<ParseIdError> for NotARecord {
    fn from(error: ParseIdError) -> Self {
        Self::Id(error)
    }
}

impl FromStr for RecordName {
    type Err = NotARecord;

    fn from_str(text: &str) -> std::result::Result<Self, NotARecord> {
        let (seller, reference) = text.split_once('/').ok_or(NotARecord::Form)?;
        Ok(Self { seller: seller.parse()?, reference: reference.parse()? })
    }
}

impl RecordName {
    /// Its address in the API.
    fn path(&self, kind: Kind) -> String {
        format!("/v1/sellers/{}/{}/{}", self.seller, kind.plural(), self.reference)
    }
}

impl std::fmt::Display for RecordName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.seller, self.reference)
    }
}

/// Of what kind a record is: an order and its returns, say, have the same reference.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OfKind {
    /// Of what kind it is. Without it: the first of these that has the reference.
    #[arg(long, value_name = "K", value_parser = a_kind())]
    pub(crate) kind: Option<Kind>,
}

impl OfKind {
    /// What the API answers about a record at its address and so much more: of the kind that was named, or of the first
    /// kind that has it.
    pub(crate) fn get(self, visit: &Visit, name: &RecordName, more: &str) -> Result<Json> {
        let ask = |kind| visit.client.get(&format!("{}{more}", name.path(kind)));
        if let Some(kind) = self.kind {
            return Ok(ask(kind)?);
        }
        for kind in Kind::ALL {
            match ask(*kind) {
                Err(refusal) if refusal.exit() == Exit::NotFound => {}
                answer => return Ok(answer?),
            }
        }
        Err(Failure::new(Exit::NotFound, format_args!("there is no order, shipment or return {name}")))
    }
}

/// Records that an act is about.
#[derive(Clone, Debug, Args)]
pub(crate) struct OfRecords {
    /// The records. Without a kind: everything that has the reference, so an order with its shipment and its returns.
    #[arg(value_name = "S/REF", required = true)]
    records: Vec<RecordName>,

    /// Those of this kind alone.
    #[arg(long, value_name = "K", value_parser = a_kind())]
    kind: Option<Kind>,
}

impl OfRecords {
    /// The same as the API takes them.
    pub(crate) fn question(&self) -> serde_json::Map<String, Value> {
        let item = |name: &RecordName| {
            let mut item = json!({ "seller": name.seller, "reference": name.reference });
            if let (Some(kind), Some(members)) = (self.kind, item.as_object_mut()) {
                members.insert("kind".to_owned(), kind.as_str().into());
            }
            item
        };
        let items = self.records.iter().map(item).collect();
        [("items".to_owned(), items)].into_iter().collect()
    }
}

/// What became of each record of an act, in the words for its outcome.
pub(crate) fn tell_outcomes(
    visit: &Visit,
    answer: &Json,
    words: impl Fn(&str) -> &'static str,
) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(answer)?;
        return Ok(Exit::Done);
    }
    for record in answer.member("records").map(Json::elements).unwrap_or_default() {
        let [seller, kind, reference, outcome] =
            ["seller", "kind", "reference", "outcome"].map(|name| text(record, name));
        visit.screen.line(format_args!("{kind} {seller}/{reference} {}", words(&outcome)))?;
    }
    tell_archives(visit, answer);
    tell_next(visit, answer);
    Ok(Exit::Done)
}

/// Says what of an erasure a law keeps.
pub(crate) fn tell_archives(visit: &Visit, answer: &Json) {
    let in_archives = text(answer, "in_archives");
    if !matches!(in_archives.as_str(), "" | "0") {
        visit.screen.note(format_args!(
            "of these {}, as far as a hold names the fields, in an archive that nobody opens here: whoever asked has to be told so (2.1.c)",
            if in_archives == "1" { "1 is".to_owned() } else { format!("{in_archives} are") }
        ));
    }
}

fn a_kind() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.iter().map(|kind| kind.as_str())).try_map(|name| name.parse::<Kind>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_by_seller_and_reference() {
        let name: RecordName = "ALPHA/250-1234567-1234567".parse().unwrap();
        assert_eq!(name.path(Kind::Order), "/v1/sellers/ALPHA/orders/250-1234567-1234567");
        assert_eq!(name.path(Kind::Return), "/v1/sellers/ALPHA/returns/250-1234567-1234567");
        for bad in ["ALPHA", "/x", "ALPHA/", "ALPHA/a b", "A/B/C"] {
            assert!(bad.parse::<RecordName>().is_err(), "{bad}");
        }
    }
}
