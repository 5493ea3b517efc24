//! How the columns of a table stand: in which order, and under which names.

mod languages;

use std::borrow::Cow;

use super::charset::Charset;
use super::input::shuffle;
use super::own;
use super::random::Random;
use super::report::Report;
use crate::format::{Format, Formats};
use languages::{Heading, LANGUAGES};

/// What the column with the order's id is called.
const IDS: [&str; 4] = ["order-id", "amazon-order-id", "Order ID", "Order No"];

/// How the columns of a table stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// As Amazon writes them.
    #[default]
    Plain,
    /// In another order.
    Shuffled,
    /// Under other names that mean the same, or the same ones spelt in another way.
    Renamed,
    /// In another language, where Amazon does so: the report of returns. Elsewhere plain.
    Localised,
}

impl Columns {
    /// Every way with its name.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("plain", Self::Plain),
        ("shuffled", Self::Shuffled),
        ("renamed", Self::Renamed),
        ("localised", Self::Localised),
    ];

    /// The way of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(one, _)| *one == name).map(|(_, columns)| *columns)
    }

    /// The columns in their order. The last one keeps its place, since short rows lack it; the id of the order stays in
    /// the first half, so that a row that breaks off has it; and sums of money keep their order among each
    /// other, since those without ids stand in a record as their columns do.
    pub(super) fn ordered(self, mut columns: Vec<&'static str>, random: Random) -> Vec<&'static str> {
        let written = columns.clone();
        if self == Self::Shuffled
            && let Some((_, others)) = columns.split_last_mut()
        {
            shuffle(others, random.branch("order of columns"));
            let half = others.len() / 2;
            if let Some(id) = others.iter().skip(half).position(|column| IDS.contains(column)) {
                others.swap(0, half + id);
            }
            let mut in_order = written.iter().filter(|column| is_sum(column));
            for column in others.iter_mut().filter(|column| is_sum(column)) {
                *column = in_order.next().copied().unwrap_or(*column);
            }
        }
        columns
    }

    /// What stands above the columns.
    pub(super) fn titles(
        self,
        columns: &[&'static str],
        report: &Report,
        charset: Charset,
        random: Random,
    ) -> Vec<Cow<'static, str>> {
        match self {
            Self::Plain | Self::Shuffled => columns.iter().map(|column| Cow::Borrowed(*column)).collect(),
            Self::Renamed => renamed(columns, report, charset, random.branch("names of columns")),
            Self::Localised => localised(columns, report, charset, random.branch("language of columns")),
        }
    }
}

/// Whether a sum of money stands in a column.
fn is_sum(column: &str) -> bool {
    ["-price", "-tax", "-discount"].iter().any(|end| column.ends_with(end))
}

/// Every column under one of the other names that its format knows; where there is none, spelt in another way.
fn renamed(
    columns: &[&'static str],
    report: &Report,
    charset: Charset,
    mut random: Random,
) -> Vec<Cow<'static, str>> {
    let others = aliases(report);
    let mut title = |column: &&'static str| {
        let known = others.iter().filter(|(_, of)| of == column).map(|(name, _)| name);
        let known: Vec<&String> = known.filter(|name| charset.carries(name)).collect();
        let at = usize::try_from(random.below(known.len().try_into().unwrap_or(0))).unwrap_or(0);
        let other = known.get(at).map(|name| (*name).clone());
        Cow::Owned(other.unwrap_or_else(|| respelt(column, random.below(3))))
    };
    columns.iter().map(&mut title).collect()
}

/// Other names of the columns of a report, and whose they are.
fn aliases(report: &Report) -> Vec<(String, String)> {
    let (formats, own) = (Formats::embedded().ok(), Format::parse(own::MAPPING).ok());
    let known = formats.as_ref().and_then(|formats| formats.named(report.reads_as));
    let mapping = known.map(|format| &**format).or(own.as_ref()).and_then(Format::mapping);
    let pairs = mapping.into_iter().flat_map(|mapping| mapping.aliases());
    pairs.map(|(name, of)| (name.to_string(), of.to_string())).collect()
}

/// A name with other signs between its words, and in other letters.
fn respelt(name: &str, way: u64) -> String {
    let with = |sign: &str| name.replace(['-', ' '], sign);
    match way {
        0 => with("_").to_uppercase(),
        1 => with(" "),
        _ => with("-").to_lowercase(),
    }
}

/// Every column in a language that the charset can write.
fn localised(
    columns: &[&'static str],
    report: &Report,
    charset: Charset,
    mut random: Random,
) -> Vec<Cow<'static, str>> {
    let carried = |language: &&&[Heading]| language.iter().all(|(_, heading)| charset.carries(heading));
    let languages: Vec<&[Heading]> = LANGUAGES.iter().filter(carried).copied().collect();
    let language = if report.is_localised() { random.pick(&languages, &[]) } else { &[] };
    let title = |column: &&'static str| {
        let heading = language.iter().find(|(of, _)| of == column);
        Cow::Borrowed(heading.map_or(*column, |(_, heading)| *heading))
    };
    columns.iter().map(title).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::columns::RETURNS;
    use super::*;

    #[test]
    fn every_heading_in_another_language_is_one_that_the_format_knows() {
        let formats = Formats::embedded().unwrap();
        let known = formats.named("returns-report").unwrap().mapping().unwrap().aliases().clone();
        for language in LANGUAGES {
            let mut seen = BTreeSet::new();
            for (column, heading) in *language {
                assert_eq!(known.get(*heading).map(|of| &**of), Some(*column), "{heading}");
                assert!(RETURNS.contains(column) && seen.insert(*heading), "{heading} of {column}");
            }
            assert!(seen.len() > 25);
        }
    }

    #[test]
    fn columns_change_their_places_and_the_last_one_keeps_its_own() {
        let random = Random::new(1);
        let shuffled = Columns::Shuffled.ordered(RETURNS.to_vec(), random);
        assert_ne!(shuffled, RETURNS);
        assert_eq!(shuffled.last(), RETURNS.last());
        assert_eq!(shuffled.iter().collect::<BTreeSet<_>>(), RETURNS.iter().collect());
        assert_eq!(Columns::Renamed.ordered(RETURNS.to_vec(), random), RETURNS);
    }
}
