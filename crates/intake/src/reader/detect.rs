//! Which format an input is in, from its first bytes.
//!
//! A format says by which names it is known ([`crate::format::Recognise`]). Of those that fit, the one with the most
//! names there wins; a home's own before one that comes with the program. The answer hangs on the bytes alone, however
//! they arrive in pieces.

mod names;

use std::sync::Arc;

use super::IntakeError;
use super::json::BYTE_ORDER_MARK;
use super::table::{self, Table};
use crate::format::{Form, Format, Formats, Recognise, Syntax};
use names::{Names, values};

/// How an input that begins so is read: in the named format, else in the one that fits. `None` while more of it may
/// tell. `is_all`: there is no more, or it has been enough.
///
/// # Errors
/// As [`detect`]; [`IntakeError::NotInFormat`] when a table that was named has no column with the name of the record.
pub(super) fn form(
    head: &[u8],
    is_all: bool,
    named: Option<&Arc<Format>>,
    formats: &Formats,
) -> Result<Option<Form>, IntakeError> {
    match named {
        Some(format) if format.syntax() == Syntax::Table => {
            let Some(tables) = Table::candidates(head, is_all) else { return Ok(None) };
            let table = table::named(tables, format).ok_or(IntakeError::NotInFormat)?;
            return Ok(Some(Form::of_table(Arc::clone(format), Arc::new(table))));
        }
        Some(format) => return Ok(Some(Form::new(Arc::clone(format)))),
        // A later line of a table may begin with a bracket.
        None if begins_xml(head)
            || begins_json(head.split(|byte| *byte == b'\n').next().unwrap_or_default()) => {}
        None => {
            let Some(tables) = Table::candidates(head, is_all) else { return Ok(None) };
            if let Some((format, table)) = table::recognised(&tables, formats)? {
                return Ok(Some(Form::of_table(format, Arc::new(table))));
            }
        }
    }
    Ok(detect(head, is_all, formats)?.map(Form::new))
}

/// The format of an input that begins so; `None` while more of it may tell. `is_all`: there is no more, or it has been
/// enough.
///
/// # Errors
/// [`IntakeError::UnknownFormat`] when none fits, [`IntakeError::AmbiguousFormat`] when several fit as well.
pub(super) fn detect(
    head: &[u8],
    is_all: bool,
    formats: &Formats,
) -> Result<Option<Arc<Format>>, IntakeError> {
    if begins_xml(head) {
        return xml(head, is_all, formats);
    }
    if begins_json(head) {
        return json(head, is_all, formats);
    }
    match is_all {
        false => Ok(None),
        true if head.iter().all(u8::is_ascii_whitespace) => canonical(formats),
        true => Err(IntakeError::UnknownFormat),
    }
}

/// An input without any document is in the canonical format, as in any other; where none is canonical, in the first.
fn canonical(formats: &Formats) -> Result<Option<Arc<Format>>, IntakeError> {
    let canonical = formats.canonical().or_else(|error| formats.iter().next().ok_or(error));
    Ok(Some(Arc::clone(canonical?)))
}

/// XML begins with `<`.
fn begins_xml(head: &[u8]) -> bool {
    head.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte == b'<')
}

/// The first record decides: its element's name, and those of the elements in it.
fn xml(head: &[u8], is_all: bool, formats: &Formats) -> Result<Option<Arc<Format>>, IntakeError> {
    let tags = super::xml::tags(head);
    let named = |format: &&Arc<Format>| {
        let record = format.frame().record.as_deref()?;
        let has_ended = is_all || tags.iter().any(|tag| tag.is(record) && (tag.closes || tag.is_empty));
        let is_there = |name: &str| tags.iter().any(|tag| tag.is(name));
        if has_ended && is_there(record) { score(format.recognise(), is_there) } else { None }
    };
    let fits = formats.iter().filter(|format| format.syntax() == Syntax::Xml);
    match best(fits.filter_map(|format| Some((format, named(&format)?))))? {
        Some(format) => Ok(Some(Arc::clone(format))),
        None if is_all => Err(IntakeError::UnknownFormat),
        None => Ok(None),
    }
}

/// JSON begins with `{` or `[`. A first line may be broken, then a later one tells.
fn begins_json(head: &[u8]) -> bool {
    let begins = |line: &[u8]| {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || BYTE_ORDER_MARK.contains(byte);
        line.iter().find(|byte| !blank(byte)).is_some_and(|byte| matches!(byte, b'{' | b'['))
    };
    head.split(|byte| *byte == b'\n').any(begins)
}

/// The first value decides in which a format finds its names. Without any the input may be an empty page, or an answer
/// that is an error; that it holds nothing is for the caller to say.
fn json(head: &[u8], is_all: bool, formats: &Formats) -> Result<Option<Arc<Format>>, IntakeError> {
    let values = values(head, is_all);
    for value in &values {
        let named = |format: &Arc<Format>| names_of(format, value);
        let fits = formats.iter().filter(|format| format.syntax() == Syntax::Json);
        if let Some(format) = best(fits.filter_map(|format| Some((format, named(format)?))))? {
            return Ok(Some(Arc::clone(format)));
        }
    }
    if !is_all {
        return Ok(None);
    }
    let is_empty_page = |format: &&Arc<Format>| {
        let lists = &format.frame().lists;
        values.iter().flat_map(|value| &value.paths).any(
            |path| matches!(inner(format, path), [last] if lists.iter().any(|name| name.as_bytes() == *last)),
        )
    };
    let has_documents = |value: &Names<'_>| !value.paths.is_empty() && !value.is_error();
    match formats.iter().find(is_empty_page) {
        Some(format) => Ok(Some(Arc::clone(format))),
        None if values.iter().any(has_documents) => Err(IntakeError::UnknownFormat),
        None => canonical(formats),
    }
}

/// How many of the names by which a format is known stand in its documents, if it fits.
fn names_of(format: &Format, value: &Names<'_>) -> Option<usize> {
    let members: Vec<&[u8]> = value
        .paths
        .iter()
        .filter_map(|path| match inner(format, path) {
            [name] => Some(*name),
            _ => None,
        })
        .collect();
    score(format.recognise(), |name| members.contains(&name.as_bytes()))
}

/// A path inside a document of a format, without the frame around the document.
fn inner<'p, 'a>(format: &Format, path: &'p [&'a [u8]]) -> &'p [&'a [u8]] {
    let is_one_of = |names: &[Box<str>], name: &[u8]| names.iter().any(|one| one.as_bytes() == name);
    let mut rest = path;
    loop {
        rest = match rest {
            [name, b"[]", inner @ ..] if is_one_of(&format.frame().lists, name) => return inner,
            [b"[]", inner @ ..] if !inner.is_empty() => inner,
            [name, inner @ ..] if !inner.is_empty() && is_one_of(&format.frame().unwrap, name) => inner,
            _ => return rest,
        };
    }
}

/// How many names of a format are there, if it fits: all of `all`, one of `any` where there are some, none of `none`.
pub(super) fn score(recognise: &Recognise, is_there: impl Fn(&str) -> bool) -> Option<usize> {
    let count = |names: &[Box<str>]| names.iter().filter(|name| is_there(name)).count();
    let (all, any, none) = (count(&recognise.all), count(&recognise.any), count(&recognise.none));
    let fits = all == recognise.all.len() && (any > 0 || recognise.any.is_empty()) && none == 0;
    fits.then_some(all + any)
}

/// The format that fits best.
///
/// # Errors
/// [`IntakeError::AmbiguousFormat`] when several fit as well.
pub(super) fn best<'a>(
    fits: impl Iterator<Item = (&'a Arc<Format>, usize)>,
) -> Result<Option<&'a Arc<Format>>, IntakeError> {
    let rank = |(format, names): &(&Arc<Format>, usize)| (*names, !format.is_embedded());
    let fits: Vec<_> = fits.collect();
    let Some(best) = fits.iter().map(rank).max() else { return Ok(None) };
    let best: Vec<_> = fits.iter().filter(|fit| rank(fit) == best).collect();
    match best.as_slice() {
        [(format, _)] => Ok(Some(format)),
        several => {
            let names = several.iter().map(|(format, _)| format.name().to_owned());
            Err(IntakeError::AmbiguousFormat(names.collect()))
        }
    }
}
