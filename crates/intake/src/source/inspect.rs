//! A look at the beginning of an input, to ask a person how its letters are to be read. Shows no letter.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::text::beginning_of_letters;
use super::{Charset, Detected, Source, escape};

/// How far an input is looked into for its first letter that is not ASCII.
pub const INSPECTED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a character set would make of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The character set.
    pub charset: Charset,
    /// How many letters beyond ASCII it reads.
    pub letters: usize,
    /// How many other signs beyond ASCII: many where letters should be speak against it.
    pub signs: usize,
}

/// What was found at the beginning of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// As it will be detected when the input is read.
    pub detected: Detected,
    /// When that is unsure: the character sets in which nothing is malformed, the one with most letters first.
    pub readings: Vec<Reading>,
}

/// Looks at the beginning of an input.
///
/// # Errors
/// Those of reading it.
pub fn inspect(input: Box<dyn Read + Send>) -> io::Result<Inspection> {
    let mut source = Source::open(input, None);
    let mut piece = Zeroizing::new(vec![0; super::CHUNK_BYTES]);
    let mut text = Zeroizing::new(Vec::new());
    let mut passed = 0;
    loop {
        let read = source.read(&mut piece)?;
        passed += u64::try_from(read).unwrap_or(0);
        let detected = source.detected();
        let known = detected.charset.is_some() && !detected.unsure;
        if detected.unsure {
            text.extend_from_slice(piece.get(..read).unwrap_or_default());
        }
        if read == 0 || known || passed > INSPECTED_BYTES_MAX || text.len() > 2 * super::WINDOW_BYTES {
            let readings = if detected.unsure { readings(&text) } else { Vec::new() };
            return Ok(Inspection { detected, readings });
        }
    }
}

/// How each character set reads carried bytes.
fn readings(text: &[u8]) -> Vec<Reading> {
    let original = escape::original(text);
    let from = beginning_of_letters(&original).unwrap_or(0);
    let letters = original.get(from..).unwrap_or_default();
    let candidates = Charset::ALL.iter().filter(|charset| !charset.is_utf16());
    let mut readings: Vec<Reading> = candidates.filter_map(|charset| reading(letters, *charset)).collect();
    readings.sort_by_key(|reading| (reading.signs, std::cmp::Reverse(reading.letters)));
    readings
}

fn reading(bytes: &[u8], charset: Charset) -> Option<Reading> {
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len().saturating_mul(4)));
    // The end of what was looked at may stand inside a letter.
    super::decode::Decoder::new(charset).decode(bytes, false, &mut text);
    if escape::flaw(&text).is_some() {
        return None;
    }
    let text = std::str::from_utf8(&text).ok()?;
    let mut reading = Reading { charset, letters: 0, signs: 0 };
    for letter in text.chars().filter(|letter| !letter.is_ascii()) {
        *(if letter.is_alphabetic() { &mut reading.letters } else { &mut reading.signs }) += 1;
    }
    Some(reading)
}
