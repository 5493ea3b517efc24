//! `bailee show`: a record without a reveal.

use std::collections::BTreeSet;

use bailee_core::catalogue::{Catalogue, Node};
use bailee_core::path::{InstancePath, schema_of};
use bailee_core::{Json, Kind};
use clap::Args;

use super::record::{OfKind, RecordName};
use crate::failure::{Exit, Failure, Result};
use crate::screen::{DIM, Screen, leaf, safe, text};
use crate::visit::Visit;

/// Show the facts of an order, shipment or return, its masked fields and its retention clock.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailee show ALPHA/250-1234567-1234567")]
pub(crate) struct Show {
    /// The order, shipment or return.
    #[arg(value_name = "S/REF")]
    record: RecordName,

    #[command(flatten)]
    of: OfKind,
}

impl Show {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let shown = self.of.get(visit, &self.record, "")?;
        match visit.screen.is_json() {
            true => visit.screen.json(&shown)?,
            false => self.show(visit.screen, &shown)?,
        }
        Ok(Exit::Done)
    }

    fn show(&self, screen: Screen, shown: &Json) -> Result<()> {
        let (kind, state) = (text(shown, "kind"), text(shown, "state"));
        screen.heading(format_args!("{kind} {} ({state})", self.record))?;
        let fields = shown.member("fields").map(Json::elements).unwrap_or_default();
        screen.heading("personal data, masked")?;
        let masked = fields.iter().map(|field| {
            vec![format!("  {}", text(field, "path")), text(field, "class"), text(field, "mask")]
        });
        screen.table(&[], masked.collect())?;
        screen.heading("retention")?;
        let words = shown.at("retention.words").map(leaf).unwrap_or_default();
        screen.line(format_args!("  {words}"))?;
        screen.heading("facts")?;
        screen.table(&[], facts(shown, fields)?)?;
        if fields.is_empty() {
            return Ok(());
        }
        let of_kind = self.of.kind.map(|kind| format!(" --kind {kind}")).unwrap_or_default();
        let reveal = format!("bailee reveal {}{of_kind} --purpose P", self.record);
        screen.line(format_args!("{DIM}`{reveal}` gives plaintext{DIM:#}"))
    }
}

/// Every leaf of the document that is no personal field, with its path.
fn facts(shown: &Json, fields: &[Json]) -> Result<Vec<Vec<String>>> {
    let catalogue = Catalogue::embedded().map_err(Failure::failed)?;
    let personal: BTreeSet<String> = fields.iter().map(|field| schema_of(&text(field, "path"))).collect();
    let mut facts = Vec::new();
    if let Some(document) = shown.member("document") {
        let kind = text(shown, "kind").parse::<Kind>();
        let node = kind.ok().map(|kind| catalogue.root(kind));
        leaves(document, node, &mut InstancePath::new(), &mut |path, value| {
            if !value.is_blank() && !personal.contains(&path.schema()) {
                facts.push(vec![format!("  {}", safe(path.as_str())), leaf(value)]);
            }
        });
    }
    Ok(facts)
}

/// Visits every leaf with its path; elements of a list by their id where the catalogue knows one, as reveals name them.
fn leaves(
    value: &Json,
    node: Option<Node<'_>>,
    path: &mut InstancePath,
    visit: &mut dyn FnMut(&InstancePath, &Json),
) {
    for (name, member) in value.members() {
        let mark = path.push_member(name);
        leaves(member, node.and_then(|node| node.member(name)), path, visit);
        path.back_to(mark);
    }
    let key = node.and_then(Node::list_key);
    for (index, element) in value.elements().iter().enumerate() {
        let id = key.and_then(|key| element.member(key)).and_then(Json::as_str);
        let mark = match id {
            Some(id) => path.push_element(id),
            None => path.push_index(index),
        };
        leaves(element, node.and_then(Node::element), path, visit);
        path.back_to(mark);
    }
    if value.is_leaf() {
        visit(path, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_named_by_their_id_and_what_is_personal_is_no_fact() {
        let shown = r#"{
            "kind": "order",
            "document": {
                "orderId": "1-1-1",
                "orderItems": [{ "orderItemId": "7", "quantityOrdered": 2 }],
                "packages": [{ "packageReferenceId": "9", "carrier": "X", "trackingNumber": "****" }],
                "programs": ["PRIME"]
            },
            "fields": [{ "path": "packages[9].trackingNumber", "class": "address", "mask": "****" }]
        }"#;
        let shown: Json = serde_json::from_str(shown).unwrap();
        let facts = facts(&shown, shown.member("fields").unwrap().elements()).unwrap();
        let paths: Vec<&str> = facts.iter().map(|row| row[0].trim()).collect();
        let expected = [
            "orderId",
            "orderItems[7].orderItemId",
            "orderItems[7].quantityOrdered",
            "packages[9].packageReferenceId",
            "packages[9].carrier",
            "programs[0]",
        ];
        assert_eq!(paths, expected);
    }
}
