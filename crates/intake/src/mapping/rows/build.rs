//! One row, built along the plan.

use std::borrow::Cow;

use bailee_core::Json;
use zeroize::Zeroize;

use super::{EXTRA, Keyed, Leaf, Node, Plan, Which};
use crate::clean::{ABSENT, entities};
use crate::reader::table::Cell;

/// What stands between the values of several columns that make one.
const JOINT: &str = "/";

/// A row of a table.
pub(super) struct Row<'a> {
    pub(super) text: &'a str,
    pub(super) cells: &'a [Cell],
}

impl Row<'_> {
    /// What a cell says: its entities decoded once, without blanks around it; `None` when it says nothing.
    pub(super) fn value(&self, column: usize) -> Option<String> {
        let text = self.cells.get(column)?.text(self.text);
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed == ABSENT {
            return None;
        }
        let value = match entities(trimmed) {
            Cow::Borrowed(text) => text.to_owned(),
            Cow::Owned(mut decoded) => {
                let value = decoded.trim().to_owned();
                decoded.zeroize();
                value
            }
        };
        if let Cow::Owned(mut text) = text {
            text.zeroize();
        }
        Some(value).filter(|value| !value.is_empty())
    }

    /// Whether [`Row::value`] has nothing, without making it.
    pub(super) fn is_silent(&self, column: usize) -> bool {
        let Some(text) = self.cells.get(column).map(|cell| cell.text(self.text)) else { return true };
        match text.trim() {
            "" | ABSENT => true,
            // An entity may be a blank.
            text if text.starts_with('&') => self.value(column).is_none(),
            _ => false,
        }
    }

    fn is_absent(&self, leaf: &Leaf) -> bool {
        match leaf {
            Leaf::Column { column, .. } => self.is_silent(*column),
            Leaf::Joined(columns) => columns.iter().any(|column| self.is_silent(*column)),
        }
    }
}

impl Plan {
    /// The document of a row alone.
    pub(super) fn row(&self, row: &Row<'_>, keyed: &[Keyed<'_>]) -> Json {
        let mut built = Json::Object(self.root.members(row).unwrap_or_default());
        let extra =
            |(column, name): &(usize, Box<str>)| Some((name.to_string(), Json::String(row.value(*column)?)));
        let extras: Vec<_> = self.extras.iter().filter_map(extra).collect();
        if !extras.is_empty() {
            let list = keyed.iter().find(|keyed| !row.is_absent(keyed.leaf)).map(|keyed| keyed.list);
            add(&mut built, list, (EXTRA.to_owned(), Json::Object(extras)));
        }
        built
    }
}

/// Adds a member to a row's element of a list, else to the row itself.
fn add(built: &mut Json, list: Option<&str>, member: (String, Json)) {
    let Json::Object(members) = built else { return };
    let element = list.and_then(|list| members.iter_mut().find(|(name, _)| name == list));
    let element = element.and_then(|(_, value)| match value {
        Json::Array(elements) => elements.first_mut(),
        _ => None,
    });
    match element {
        Some(Json::Object(members)) => members.push(member),
        _ => members.push(member),
    }
}

impl Node {
    fn build(&self, row: &Row<'_>) -> Option<Json> {
        match self {
            Self::Leaf(leaf) => leaf.value(row).map(Json::String),
            Self::List { element, .. } => element.build(row).map(|element| Json::Array(vec![element])),
            Self::Which(elements) => {
                let elements: Vec<Json> = elements.iter().filter_map(|which| which.build(row)).collect();
                (!elements.is_empty()).then_some(Json::Array(elements))
            }
            Self::Values(leaves) => {
                let mut values: Vec<Json> = Vec::new();
                for value in leaves.iter().filter_map(|leaf| leaf.value(row)).map(Json::String) {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                (!values.is_empty()).then_some(Json::Array(values))
            }
            Self::Object(members) => {
                if self.is_absent_money(row) {
                    return None;
                }
                let build = |(name, node): &(Box<str>, Node)| Some((name.to_string(), node.build(row)?));
                let mut built = Vec::with_capacity(members.len());
                built.extend(members.iter().filter_map(build));
                (!built.is_empty()).then_some(Json::Object(built))
            }
        }
    }

    /// The members of the document of a row. A list is not begun for what is told elsewhere already: a row that speaks
    /// of no package makes none, though the items in it would have their ids.
    fn members(&self, row: &Row<'_>) -> Option<Vec<(String, Json)>> {
        let Self::Object(members) = self else { return None };
        let tells = |node: &Node| !matches!(node, Self::List { .. }) || node.speaks(row, Leaf::is_first);
        let build = |(name, node): &(Box<str>, Node)| {
            Some((name.to_string(), node.build(row).filter(|_| tells(node))?))
        };
        Some(members.iter().filter_map(build).collect())
    }

    /// Whether a row says anything here, by those leaves that count.
    fn speaks(&self, row: &Row<'_>, counts: fn(&Leaf) -> bool) -> bool {
        let leaf = |leaf: &Leaf| counts(leaf) && !row.is_absent(leaf);
        match self {
            Self::Leaf(one) => leaf(one),
            Self::List { element, .. } => element.speaks(row, counts),
            Self::Which(elements) => elements.iter().any(|which| which.element.speaks(row, counts)),
            Self::Values(leaves) => leaves.iter().any(leaf),
            Self::Object(members) => members.iter().any(|(_, node)| node.speaks(row, counts)),
        }
    }

    /// A report tells the currency once for all its amounts. Where there is no amount, there is nothing in it.
    fn is_absent_money(&self, row: &Row<'_>) -> bool {
        const CURRENCY: &str = "currencyCode";
        let Self::Object(members) = self else { return false };
        self.member(CURRENCY).is_some()
            && members.iter().all(|(name, node)| &**name == CURRENCY || !node.speaks(row, |_| true))
    }
}

impl Which {
    fn build(&self, row: &Row<'_>) -> Option<Json> {
        let mut element = self.element.build(row)?;
        if let Json::Object(members) = &mut element {
            members.insert(0, (self.name.to_string(), Json::String(self.word.to_string())));
        }
        Some(element)
    }
}

impl Leaf {
    /// Whether this is not a further place of a column that has one already.
    fn is_first(&self) -> bool {
        !matches!(self, Self::Column { again: true, .. })
    }

    fn value(&self, row: &Row<'_>) -> Option<String> {
        match self {
            Self::Column { column, words, .. } => {
                let value = row.value(*column)?;
                if words.is_empty() {
                    return Some(value);
                }
                match words.get(value.to_lowercase().as_str()) {
                    Some(word) => Some(word.to_string()).filter(|word| !word.is_empty()),
                    None => Some(value),
                }
            }
            Self::Joined(columns) => {
                let values: Option<Vec<String>> = columns.iter().map(|column| row.value(*column)).collect();
                values.map(|values| values.join(JOINT))
            }
        }
    }
}
