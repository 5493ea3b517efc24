//! Bytes that are no text, carried through text: nothing that came in is lost, and nothing is guessed.
//!
//! Such a byte becomes one character of a private plane: `U+10F600` + byte where it is malformed in the character set
//! of the input, `U+10F700` + byte where that character set is not certain. A document that holds one is flawed, so
//! none ever goes in; from quarantine the byte can be had back with [`original`]. Where the input itself has a
//! character of these ranges, its own bytes are carried in this way, so the two cannot be confused.

use memchr::memmem;
use zeroize::Zeroizing;

use crate::verify::Flaw;

/// Why a byte is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is malformed.
    Malformed,
    /// The character set is not certain.
    Undecided,
}

/// How each of these characters begins in UTF-8. The third byte is [`MALFORMED`] or [`UNDECIDED`] and up to 3 more.
const LEAD: [u8; 2] = [0xF4, 0x8F];
const MALFORMED: u8 = 0x98;
const UNDECIDED: u8 = 0x9C;
const END: u8 = 0xA0;
/// How many bytes each of these characters has in UTF-8.
const LENGTH: usize = 4;

/// Appends a byte in its carried form.
pub(super) fn push(out: &mut Vec<u8>, byte: u8, why: Why) {
    let third = match why {
        Why::Malformed => MALFORMED,
        Why::Undecided => UNDECIDED,
    };
    out.extend_from_slice(&[LEAD[0], LEAD[1], third + (byte >> 6), 0x80 | (byte & 0x3F)]);
}

/// Appends text, in which a character of our ranges becomes carried bytes.
pub(super) fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = next(rest) {
        let (before, carried) = rest.split_at(at);
        let (carried, behind) = carried.split_at(LENGTH.min(carried.len()));
        out.extend_from_slice(before);
        carried.iter().for_each(|byte| push(out, *byte, Why::Malformed));
        rest = behind;
    }
    out.extend_from_slice(rest);
}

/// Where the first of our characters stands.
fn next(text: &[u8]) -> Option<usize> {
    memmem::find_iter(text, &LEAD).find(|at| text.get(*at..*at + LENGTH).is_some_and(is_carried))
}

/// Whether this is the UTF-8 of one of our characters.
fn is_carried(letter: &[u8]) -> bool {
    matches!(letter, [first, second, third, _] if [*first, *second] == LEAD && (MALFORMED..END).contains(third))
}

/// The flaw of a document that holds carried bytes: which is not UTF-8 text, or of a character set that is not certain.
pub fn flaw(document: &[u8]) -> Option<Flaw> {
    let mut flaw = None;
    for at in memmem::find_iter(document, &LEAD) {
        match document.get(at + 2) {
            Some(third) if (UNDECIDED..END).contains(third) => return Some(Flaw::Charset),
            Some(third) if (MALFORMED..UNDECIDED).contains(third) => flaw = Some(Flaw::Encoding),
            _ => {}
        }
    }
    flaw
}

/// A document with every carried byte as it stood in the input. Where the character set was not certain these are the
/// input's own bytes; elsewhere what could be decoded stays UTF-8.
pub fn original(document: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(document.len()));
    runs(document, |run, _| bytes.extend_from_slice(run));
    bytes
}

/// Gives the text and the carried bytes of a document in turn, the latter as they stood in the input.
pub(super) fn runs(document: &[u8], mut each: impl FnMut(&[u8], bool)) {
    let mut rest = document;
    while let Some(at) = next(rest) {
        let (before, behind) = rest.split_at(at);
        let carried = behind.chunks_exact(LENGTH).take_while(|letter| is_carried(letter));
        let mut run = Zeroizing::new(Vec::with_capacity(carried.clone().count()));
        run.extend(carried.filter_map(|letter| match letter {
            [_, _, third, fourth] => Some((third & 3) << 6 | (fourth & 0x3F)),
            _ => None,
        }));
        each(before, false);
        each(&run, true);
        rest = behind.get(run.len() * LENGTH..).unwrap_or_default();
    }
    each(rest, false);
}

/// Whether a document has letters beyond ASCII that are not carried.
pub(super) fn holds_letters(document: &[u8]) -> bool {
    let mut holds = false;
    runs(document, |run, is_carried| holds |= !is_carried && !run.is_ascii());
    holds
}
