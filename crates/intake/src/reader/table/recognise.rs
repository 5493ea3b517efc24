//! Which format a table has, by the names of its columns.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Table, normalised};
use crate::IntakeError;
use crate::format::{Format, Formats, Syntax};
use crate::mapping::Mapping;
use crate::reader::detect::best;

/// The format that fits best: the one of which the table has most columns; a home's own before one that comes with the
/// program.
///
/// # Errors
/// [`IntakeError::AmbiguousFormat`] when several fit as well.
pub(in crate::reader) fn recognised(
    tables: &[Table],
    formats: &Formats,
) -> Result<Option<(Arc<Format>, Table)>, IntakeError> {
    let formats = formats.iter().filter(|format| format.syntax() == Syntax::Table);
    let pairs = formats.flat_map(|format| tables.iter().map(move |table| (format, table)));
    let fits: Vec<_> =
        pairs.filter_map(|(format, table)| Some((format, table, fit(format, table)?))).collect();
    let Some(format) = best(fits.iter().map(|(format, _, columns)| (*format, *columns)))? else {
        return Ok(None);
    };
    let table = fits.iter().filter(|fit| Arc::ptr_eq(fit.0, format)).rev().max_by_key(|fit| fit.2);
    Ok(table.map(|(format, table, _)| (Arc::clone(format), (*table).clone())))
}

/// The table that a named format fits best; it must at least have a column with the name of the record.
pub(in crate::reader) fn named(tables: Vec<Table>, format: &Format) -> Option<Table> {
    let mapping = format.mapping()?;
    let has_id = |table: &Table| {
        let names = names(mapping, table);
        format.identifying().iter().any(|name| names.contains(&normalised(name)))
    };
    let known = |table: &Table| known(mapping, &names(mapping, table));
    // Of equals the first, which has most columns.
    tables.into_iter().filter(has_id).rev().max_by_key(known)
}

/// How many columns of a table a format knows; `None` when the table is not in that format.
fn fit(format: &Format, table: &Table) -> Option<usize> {
    let mapping = format.mapping()?;
    let names = names(mapping, table);
    let has = |name: &str| names.contains(&normalised(name));
    let recognise = format.recognise();
    let fits = recognise.all.iter().all(|name| has(name))
        && (recognise.any.is_empty() || recognise.any.iter().any(|name| has(name)))
        && !recognise.none.iter().any(|name| has(name))
        && format.identifying().iter().any(|name| has(name));
    fits.then(|| known(mapping, &names))
}

fn known(mapping: &Mapping, names: &HashSet<String>) -> usize {
    mapping.headings().known().filter(|heading| names.contains(*heading)).count()
}

/// The names of the columns, as the mapping calls them.
fn names(mapping: &Mapping, table: &Table) -> HashSet<String> {
    let headings = mapping.headings();
    let name = |column: &str| headings.meant(column).unwrap_or(column).to_owned();
    table.columns.iter().map(|column| name(column)).collect()
}
