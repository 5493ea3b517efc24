//! Which character set an input is in, where that is certain.
//!
//! The rules, in this order:
//! 1. Every letter is well-formed UTF-8: UTF-8. Also where many are and a few are not: those are damaged.
//! 2. Shifts of ISO-2022: unsure, since that is not read.
//! 3. An XML declaration names a set, and all letters fit it and are plausible in it: that set.
//! 4. The letters are plausible Western ones ([`western`]), no set of wide letters reads them plausibly, and the
//!    other witness (`chardetng`) says Western too: Western. With letters of 0x80 to 0x9F it is windows-1252, with
//!    letters that only ISO-8859-15 can mean it is that; with neither, all that differs is left undecided, letter by
//!    letter.
//! 5. One set of wide letters reads all of them plausibly ([`wide`]), no other does, Western does not, the other
//!    witness agrees, and there are many letters or the countries named around them agree: that set.
//! 6. Everything else: unsure.

mod hints;
mod western;
mod wide;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use zeroize::Zeroizing;

use super::named::is_by_chance;
use super::{Charset, ESCAPE};
use hints::Hints;
use western::Western;
use wide::{Reading, Set};

/// Well-formed letters of UTF-8 for each malformed one, from which on the text is UTF-8 with damage.
const UTF8_SOUND_FOR_EACH_DAMAGED: usize = 10;
/// So many well-formed letters at least.
const UTF8_SOUND_MIN: usize = 8;

/// Wide letters from which on they are many.
const WIDE_MANY: usize = 24;
/// Fewest wide letters of which anything is certain.
const WIDE_MIN: usize = 2;
/// Fewest for which a declaration is believed.
const WIDE_DECLARED_MIN: usize = 4;

/// What is judged.
pub(super) struct Evidence<'a> {
    /// Some ASCII that stood before.
    pub(super) before: &'a [u8],
    /// From the first letter that is not ASCII.
    pub(super) window: &'a [u8],
    /// The input ends with the window.
    pub(super) is_all: bool,
}

/// What is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This set.
    Certain(Charset),
    /// One of the Western ones, which agree in all letters so far but a few signs.
    Western,
    /// Nothing; it may be a set of wide letters.
    Unsure { wide: bool },
}

/// Decides by the rules above.
pub(super) fn judge(evidence: &Evidence<'_>) -> Verdict {
    let window = evidence.window;
    let utf8 = Utf8::count(window, evidence.is_all);
    if utf8.is_meant() {
        return Verdict::Certain(Charset::Utf8);
    }
    let readings: Vec<Reading> =
        Set::ALL.iter().map(|set| Reading::of(*set, window, evidence.is_all)).collect();
    let unsure = Verdict::Unsure {
        wide: readings.iter().any(|reading| reading.set.charset().is_some() && reading.is_sound()),
    };
    if has_shift(window) {
        return unsure;
    }
    let western = Western::of(window);
    if let Some(declared) =
        declared(evidence.before).filter(|declared| agrees(*declared, &western, &readings))
    {
        return Verdict::Certain(declared);
    }
    let hints = Hints::of(evidence.before, window);
    if western.is_plausible() {
        let witness = witness(&western::without_oe(window), &hints);
        let alone = !readings.iter().any(Reading::is_plausible);
        let certain = alone
            && witness == encoding_rs::WINDOWS_1252
            && !(hints.are_foreign() && western.differs_abroad());
        return if certain { western.verdict() } else { unsure };
    }
    match certain_wide(&readings, &western, &hints, witness(window, &hints)) {
        Some(charset) => Verdict::Certain(charset),
        None => unsure,
    }
}

/// Whether a set that was named can be meant. Where it is certain that another one is, its letters would come out wrong
/// and without an error: UTF-8 read as windows-1252 gives two wrong letters for each right one.
pub(super) fn fits(evidence: &Evidence<'_>, named: Charset) -> bool {
    match judge(evidence) {
        Verdict::Certain(Charset::Utf8) if named.is_western() => {
            let text = Zeroizing::new(String::from_utf8_lossy(evidence.window).into_owned());
            is_by_chance(evidence.before, &text)
        }
        Verdict::Certain(found) => found == named || found.is_western() && named.is_western(),
        Verdict::Western => named.is_western(),
        Verdict::Unsure { .. } => true,
    }
}

/// UTF-16 without a mark: where text begins, most letters are ASCII, and every other byte is zero. Few of the others
/// are: letters such as U+3000.
pub(super) fn utf16(head: &[u8]) -> Option<Charset> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = |zeros: usize, others: usize| zeros >= 2 && zeros * 8 >= head.len() && others * 8 <= zeros;
    if many(odd, even) {
        Some(Charset::Utf16Le)
    } else if many(even, odd) {
        Some(Charset::Utf16Be)
    } else {
        None
    }
}

/// How far a window is UTF-8.
#[derive(Default)]
struct Utf8 {
    sound: usize,
    damaged: usize,
}

impl Utf8 {
    fn count(window: &[u8], is_all: bool) -> Self {
        let mut counts = Self::default();
        let mut rest = window;
        loop {
            let error = std::str::from_utf8(rest).err();
            let valid = error.map_or(rest.len(), |error| error.valid_up_to());
            let (text, behind) = rest.split_at(valid);
            // A letter is one byte that begins it and some that go on.
            counts.sound += text.iter().filter(|byte| **byte >= 0xC0).count();
            let Some(error) = error else { return counts };
            match error.error_len() {
                Some(length) => rest = behind.get(length..).unwrap_or_default(),
                None => {
                    counts.damaged += usize::from(is_all);
                    return counts;
                }
            }
            counts.damaged += 1;
        }
    }

    fn is_meant(&self) -> bool {
        let mostly = self.sound >= UTF8_SOUND_MIN && self.sound >= self.damaged * UTF8_SOUND_FOR_EACH_DAMAGED;
        self.sound > 0 && (self.damaged == 0 || mostly)
    }
}

fn has_shift(window: &[u8]) -> bool {
    memchr::memchr_iter(ESCAPE, window).any(|at| matches!(window.get(at + 1), Some(b'$' | b'(')))
}

/// The set that an XML declaration names. None if it names UTF-8, which it is not when this is asked.
fn declared(before: &[u8]) -> Option<Charset> {
    let start = before.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let rest = before.get(start..)?.strip_prefix(b"<?xml")?;
    let declaration = rest.get(..memchr::memmem::find(rest, b"?>")?)?;
    let value = declaration.get(memchr::memmem::find(declaration, b"encoding")? + 8..)?;
    let text = std::str::from_utf8(value).ok()?.trim_start().strip_prefix('=')?.trim_start();
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = text.get(1..)?.split(quote).next()?;
    name.parse().ok().filter(|charset| *charset != Charset::Utf8)
}

/// Whether the letters are plausible in the set that was declared, and in none that is far from it.
fn agrees(declared: Charset, western: &Western, readings: &[Reading]) -> bool {
    let mut plausible = readings.iter().filter(|reading| reading.is_plausible());
    if declared.is_western() {
        let no_letters_there = declared != Charset::Windows1252 && western.has_c1();
        // `C½ur`, declared as ISO-8859-1, is a heart in ISO-8859-15.
        let is_another = matches!(western.verdict(), Verdict::Certain(found) if found != declared);
        return western.is_plausible() && !no_letters_there && !is_another && plausible.next().is_none();
    }
    let (one, none) = (plausible.next(), plausible.next());
    let is_it =
        |reading: &&Reading| reading.set.charset() == Some(declared) && reading.words() >= WIDE_DECLARED_MIN;
    one.is_some_and(|one| is_it(&one)) && none.is_none() && !western.is_possible()
}

/// What the other witness says, who knows how frequent letters are beside each other.
fn witness(window: &[u8], hints: &Hints) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, true);
    detector.guess(hints.top_level_domain(), Utf8Detection::Deny)
}

fn certain_wide(
    readings: &[Reading],
    western: &Western,
    hints: &Hints,
    witness: &'static Encoding,
) -> Option<Charset> {
    let mut plausible = readings.iter().filter(|reading| reading.is_plausible());
    let (best, none) = (plausible.next()?, plausible.next());
    let charset = best.set.charset()?;
    let others_are_worse = readings.iter().all(|other| other.set == best.set || other.is_worse_than(best));
    let agree = none.is_none() && others_are_worse && best.is_encoding(witness) && !western.is_possible();
    let enough = best.words() >= WIDE_MANY
        || best.words() >= WIDE_MIN && (hints.speak_for(charset) || best.has_kana());
    (agree && enough && !hints.speak_against(charset)).then_some(charset)
}
