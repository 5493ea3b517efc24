//! A first proposal of a mapping for an input of any shape: a table, or JSON of any kind.
//!
//! Names are compared with what columns are called in several languages, values by their shape alone; a guess that the
//! values contradict is dropped. What comes out is TOML with a remark at each guess, for a person to look through. It
//! holds names from the input, never a value.

mod guess;
mod sample;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;

use crate::format::Syntax;
use crate::mapping::check_name;
use crate::reader::IntakeError;
use crate::source::{Charset, Source};
use guess::{Guess, guesses};
use sample::{Names, Sample};

/// How much of an input is looked at.
pub const SAMPLE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most names that a format is recognised by: enough to tell it from others, few enough to outlast a new column.
const RECOGNISED_MAX: usize = 8;

/// Proposes a mapping file under a format's name (small letters, digits and hyphens).
///
/// # Errors
/// [`IntakeError::Mapping`] for what is no name; [`IntakeError::Read`] and those of the source;
/// [`IntakeError::UnknownFormat`] when it is neither a table with a header line nor JSON; [`IntakeError::NoNames`] when
/// nothing in it is called as columns are.
pub fn draft(
    input: Box<dyn Read + Send>,
    name: &str,
    charset: Option<Charset>,
) -> Result<String, IntakeError> {
    check_name(name)?;
    let head = head(Source::open(input, charset))?;
    let sample = sample::read(&head).ok_or(IntakeError::UnknownFormat)?;
    let guesses = guesses(&sample);
    // A table without a header line would have the values of its first row for names, and show them.
    if !guesses.iter().flat_map(|(_, guess)| guess).any(|guess| guess.named) {
        return Err(IntakeError::NoNames);
    }
    Ok(written(name, &sample, &guesses))
}

fn head(mut source: Source) -> Result<zeroize::Zeroizing<Vec<u8>>, IntakeError> {
    let mut head = zeroize::Zeroizing::new(Vec::with_capacity(SAMPLE_BYTES_MAX));
    let mut chunk = zeroize::Zeroizing::new(vec![0; 64 * 1024]);
    while head.len() < SAMPLE_BYTES_MAX {
        let read = source.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        let room = read.min(SAMPLE_BYTES_MAX - head.len());
        head.extend_from_slice(chunk.get(..room).unwrap_or_default());
    }
    Ok(head)
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Whether a name has more digits or words than names have.
fn may_be_a_value(name: &str) -> bool {
    const DIGITS_MAX: usize = 3;
    const WORDS_MAX: usize = 7;
    name.split('.').any(|part| {
        let digits = part.chars().filter(|c| c.is_numeric()).count();
        digits > DIGITS_MAX || part.contains('@') || part.split([' ', '-', '_']).count() > WORDS_MAX
    })
}

fn written(name: &str, sample: &Sample, guesses: &[(String, Option<Guess>)]) -> String {
    let syntax = sample.syntax;
    let is_hidden = |source: &str, guess: Option<&Guess>| {
        let named = guess.is_some_and(|guess| guess.named);
        guess.is_none() && may_be_a_value(source) || sample.may_name_somebody(source, named)
    };
    let what = if syntax == Syntax::Table { "columns" } else { "members" };
    let mut text = format!(
        "# A draft, made from the names of {what} and the shape of values: look through every line.\n\
         # What is not mapped is kept all the same, sealed under `extra` and revealed to nobody.\n\
         # Then: bailee mapping add FILE\n\
         format = {}\ntitle = {}\nkind = \"order\"\nsyntax = \"{}\"\n",
        quoted(name),
        quoted(&format!("{name}, drafted")),
        syntax.as_str()
    );
    let known =
        guesses.iter().filter(|(source, guess)| guess.is_some() && !is_hidden(source, guess.as_ref()));
    let tops: BTreeSet<&str> = known.map(|(source, _)| sample.top(source)).collect();
    let tops: Vec<String> = tops.into_iter().take(RECOGNISED_MAX).map(quoted).collect();
    let _ = write!(text, "\n[recognise]\nall = [{}]\n", tops.join(", "));
    if let Names::Page(list) = &sample.names {
        let _ = write!(text, "\n[frame]\nlists = [{}]\n", quoted(list));
    }
    text.push_str("\n[fields]\n");
    if !guesses.iter().flat_map(|(_, guess)| guess).any(|guess| guess.target == "orderId") {
        text.push_str(
            "# Nothing here looks like an order's number, by which a record is known. Name it:\n# \"…\" = \"orderId\"\n",
        );
    }
    for (source, guess) in guesses {
        let _ = match guess {
            guess if is_hidden(source, guess.as_ref()) => {
                writeln!(text, "# one name looks like a value and is not shown")
            }
            Some(Guess { target, sure: true, .. }) => writeln!(text, "{} = \"{target}\"", quoted(source)),
            Some(Guess { target, .. }) => writeln!(text, "{} = \"{target}\"  # a guess", quoted(source)),
            None => writeln!(text, "# {} = \"…\"", quoted(source)),
        };
    }
    text
}
