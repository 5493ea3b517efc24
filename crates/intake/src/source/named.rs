//! Documents in a character set that somebody named. Each is asked for itself whether it can be in that set: an input
//! may be put together of files in several, and letters that were read as another set's come out wrong without an error.

use zeroize::Zeroizing;

use super::decode::Decoder;
use super::escape::{self, Why};
use super::judge::{self, Evidence};
use super::text::beginning_of_letters;
use super::{Charset, ESCAPE};
use crate::verify::Flaw;

/// A document from quarantine in the character set that is named now: what was carried is decoded, letters that were
/// certain stay. `None` where its bytes speak against that set.
pub fn redecoded(document: &[u8], charset: Charset) -> Option<Zeroizing<Vec<u8>>> {
    let flaw = escape::flaw(document);
    // A buffer that never moves leaves nothing behind: a byte becomes a letter of four at most.
    let mut text = Zeroizing::new(Vec::with_capacity(document.len().saturating_mul(4)));
    let decode = |bytes: &[u8], text: &mut Vec<u8>| Decoder::new(charset).decode(bytes, true, text);
    if flaw.is_none() {
        text.extend_from_slice(document);
    } else if escape::holds_letters(document) {
        // Single signs are left undecided among certain letters only where those are Western.
        if flaw == Some(Flaw::Charset) && !charset.is_western() {
            return None;
        }
        escape::runs(document, |run, is_carried| match is_carried {
            true => decode(run, &mut text),
            false => text.extend_from_slice(run),
        });
    } else {
        // All of it was undecided: what looks like ASCII may be the second half of a letter.
        let bytes = escape::original(document);
        if !fits(&bytes, charset) {
            return None;
        }
        decode(&bytes, &mut text);
    }
    Some(text)
}

fn fits(bytes: &[u8], charset: Charset) -> bool {
    // In UTF-16 there are zeros: line ends and whatever else is ASCII.
    if charset.is_utf16() {
        return bytes.contains(&0);
    }
    let at = beginning_of_letters(bytes).unwrap_or(bytes.len());
    let (before, window) = bytes.split_at(at);
    judge::fits(&Evidence { before, window, is_all: true }, charset)
}

/// A document that was decoded as the set that was named, though all its letters are sound in UTF-8: with those carried
/// as undecided, so that it waits for the right name. `None` where nothing speaks against the one it had.
pub(crate) fn doubted(document: &[u8], charset: Charset) -> Option<Zeroizing<Vec<u8>>> {
    if document.is_ascii() || charset == Charset::Utf8 || charset.is_utf16() {
        return None;
    }
    let bytes = encoded(document, charset)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    if charset.is_western() && is_by_chance(&[], text) {
        return None;
    }
    let mut carried = Zeroizing::new(Vec::with_capacity(bytes.len().saturating_mul(4)));
    for byte in bytes.iter() {
        match byte.is_ascii() && *byte != ESCAPE {
            true => carried.push(*byte),
            false => escape::push(&mut carried, *byte, Why::Undecided),
        }
    }
    Some(carried)
}

/// A document as it stood in the input, in the set that it was decoded from.
fn encoded(document: &[u8], charset: Charset) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(document.len().saturating_mul(2)));
    let mut is_whole = true;
    escape::runs(document, |run, is_carried| {
        if is_carried {
            bytes.extend_from_slice(run);
        } else if let Ok(text) = std::str::from_utf8(run) {
            let (encoded, _, has_errors) = charset.encoding().encode(text);
            bytes.extend_from_slice(&encoded);
            is_whole &= !has_errors;
        } else {
            is_whole = false;
        }
    });
    is_whole.then_some(bytes)
}

/// Whether every letter of a text in UTF-8 can as well be a capital and a sign behind it in a Western set, as in
/// `CAFÉ’S`: then the name decides. It stands behind some ASCII.
pub(super) fn is_by_chance(before: &[u8], text: &str) -> bool {
    let mut before = before.last().map_or(' ', |byte| char::from(*byte));
    text.chars().all(|letter| {
        let behind_capital = std::mem::replace(&mut before, letter).is_ascii_uppercase();
        let mut bytes = [0; 4];
        match letter.encode_utf8(&mut bytes).as_bytes() {
            [_] => true,
            [0xC2..=0xDE, sign] => behind_capital && is_sign(*sign),
            _ => false,
        }
    })
}

/// Quotation marks, dashes and blanks of windows-1252, which stand behind words.
fn is_sign(byte: u8) -> bool {
    matches!(byte, 0x82 | 0x84 | 0x85 | 0x8B | 0x91..=0x97 | 0x9B | 0xA0 | 0xAB | 0xBB)
}
