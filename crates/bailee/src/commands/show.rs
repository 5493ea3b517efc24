//! `bailee show`: an order without a reveal.

use std::collections::BTreeSet;

use bailee_core::Json;
use clap::Args;

use super::order::OrderName;
use crate::failure::{Exit, Result};
use crate::screen::{DIM, Screen, leaf, text};
use crate::visit::Visit;

/// Show an order's facts, its masked fields and its retention clock.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailee show ALPHA/250-1234567-1234567")]
pub(crate) struct Show {
    /// The order.
    #[arg(value_name = "S/REF")]
    order: OrderName,
}

impl Show {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let shown = visit.client.get(&self.order.path())?;
        match visit.screen.is_json() {
            true => visit.screen.json(&shown)?,
            false => self.show(visit.screen, &shown)?,
        }
        Ok(Exit::Done)
    }

    fn show(&self, screen: Screen, shown: &Json) -> Result<()> {
        screen.heading(format_args!("order {} ({})", self.order, text(shown, "state")))?;
        let fields = shown.member("fields").map(Json::elements).unwrap_or_default();
        let personal: BTreeSet<String> = fields.iter().map(|field| text(field, "path")).collect();
        let mut facts = Vec::new();
        if let Some(document) = shown.member("document") {
            leaves(document, &mut String::new(), &mut |path, value| {
                if !personal.contains(path) && !value.is_blank() {
                    facts.push(vec![format!("  {path}"), leaf(value)]);
                }
            });
        }
        screen.heading("facts")?;
        screen.table(&[], facts)?;
        screen.heading("personal data, masked")?;
        let masked = fields.iter().map(|field| {
            vec![format!("  {}", text(field, "path")), text(field, "class"), text(field, "mask")]
        });
        screen.table(&[], masked.collect())?;
        screen.heading("retention")?;
        let words = shown.at("retention.words").map(leaf).unwrap_or_default();
        screen.line(format_args!("  {words}"))?;
        screen.line(format_args!("{DIM}  `bailee reveal {} --purpose P` gives plaintext{DIM:#}", self.order))
    }
}

/// Visits every leaf with its path; elements of a list by their item id where they have one, as reveals name them.
fn leaves(value: &Json, path: &mut String, visit: &mut dyn FnMut(&str, &Json)) {
    let length = path.len();
    for (name, member) in value.members() {
        path.push_str(if path.is_empty() { "" } else { "." });
        path.push_str(name);
        leaves(member, path, visit);
        path.truncate(length);
    }
    for (index, element) in value.elements().iter().enumerate() {
        let id = element.member("orderItemId").and_then(Json::as_str);
        path.push_str(&format!("[{}]", id.map_or_else(|| index.to_string(), str::to_owned)));
        leaves(element, path, visit);
        path.truncate(length);
    }
    if value.is_leaf() {
        visit(path, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_named_by_their_id() {
        let order = r#"{"a":{"b":1},"orderItems":[{"orderItemId":"7","x":"y"}],"list":[true]}"#;
        let mut found = Vec::new();
        let order: Json = serde_json::from_str(order).unwrap();
        leaves(&order, &mut String::new(), &mut |path, _| found.push(path.to_owned()));
        assert_eq!(found, ["a.b", "orderItems[7].orderItemId", "orderItems[7].x", "list[0]"]);
    }
}
