//! A template with the values of a record in it.

use bailee_core::Json;

use crate::paper::Paper;
use crate::template::{Block, Line, Page, Piece, Shows, Step, Template};
use crate::text::{Text, append, append_plain, tidy};

/// What stands on a document, in order. Holds plaintext, which is wiped when it is dropped.
pub struct Sheet {
    pub(crate) paper: Paper,
    pub(crate) title: String,
    pub(crate) page: Page,
    pub(crate) blocks: Vec<Filled>,
    /// Under which number it is to be destroyed.
    pub(crate) footer: String,
}

pub(crate) struct Filled {
    pub(crate) heading: Option<String>,
    pub(crate) size: u8,
    pub(crate) shows: FilledShows,
}

pub(crate) enum FilledShows {
    Lines(Vec<Text>),
    Table { columns: Vec<String>, rows: Vec<Vec<Text>> },
}

impl Template {
    /// Puts the values of a record's document into their places. Nothing but the fields that it names is looked at.
    pub fn fill(&self, document: &Json, print: u64) -> Sheet {
        Sheet {
            paper: self.paper,
            title: self.title.clone(),
            page: self.page.clone(),
            blocks: self.blocks.iter().filter_map(|block| fill_block(block, document)).collect(),
            footer: format!("Print {print} - personal data: to be destroyed, and that said"),
        }
    }
}

/// A block in which nothing stands is left out, with its heading.
fn fill_block(block: &Block, document: &Json) -> Option<Filled> {
    let elements: Vec<Option<&Json>> = match &block.each {
        Some(steps) => values(document, steps).into_iter().map(Some).collect(),
        None => vec![None],
    };
    let shows = match &block.shows {
        Shows::Lines(lines) => {
            let every = elements
                .iter()
                .flat_map(|element| lines.iter().filter_map(move |line| fill_line(line, document, *element)));
            FilledShows::Lines(every.collect())
        }
        Shows::Table { columns, cells } => {
            let row = |element: &Option<&Json>| {
                let cell = |cell: &Line| fill_line(cell, document, *element);
                let row: Vec<Option<Text>> = cells.iter().map(cell).collect();
                let says_something = row.iter().any(Option::is_some);
                says_something.then(|| row.into_iter().map(Option::unwrap_or_default).collect())
            };
            FilledShows::Table { columns: columns.clone(), rows: elements.iter().filter_map(row).collect() }
        }
    };
    let is_empty = match &shows {
        FilledShows::Lines(lines) => lines.is_empty(),
        FilledShows::Table { rows, .. } => rows.is_empty(),
    };
    (!is_empty).then(|| Filled { heading: block.heading.clone(), size: block.size, shows })
}

/// A line, unless it names fields and the record has none of them.
fn fill_line(line: &Line, document: &Json, element: Option<&Json>) -> Option<Text> {
    let (mut text, mut named, mut found) = (Text::default(), false, false);
    for piece in line {
        match piece {
            Piece::Words(words) => append_plain(&mut text, words),
            Piece::Field { steps, within, .. } => {
                named = true;
                let from = element.filter(|_| *within).unwrap_or(document);
                let mut value = Text::default();
                for leaf in values(from, steps).into_iter().filter(|leaf| !leaf.is_blank()) {
                    if !value.is_empty() {
                        append_plain(&mut value, ", ");
                    }
                    append(&mut value, leaf);
                }
                found |= !value.trim().is_empty();
                append_plain(&mut text, &value);
            }
        }
    }
    (found || !named).then(|| tidy(&text))
}

/// Everything at these steps.
fn values<'j>(from: &'j Json, steps: &[Step]) -> Vec<&'j Json> {
    let mut found = vec![from];
    for step in steps {
        found = match step {
            Step::Member(name) => found.into_iter().filter_map(|one| one.member(name)).collect(),
            Step::Element => found.into_iter().flat_map(Json::elements).collect(),
        };
    }
    found
}
