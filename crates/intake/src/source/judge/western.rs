//! Whether bytes are letters of Western European languages, in windows-1252, ISO-8859-1 or ISO-8859-15.
//!
//! A byte counts as a plausible letter when it stands in a word as such letters do: beside ASCII letters, at most two
//! in a row, large ones not behind small ones. A text in another set rarely looks like that, and never for long.

use zeroize::Zeroizing;

use crate::source::Charset;
use crate::source::decode::{latin9, windows_1252};
use crate::source::judge::Verdict;

/// The letter of ISO-8859-15 that is told from what the others have in its place.
const OE: u8 = 0xBD;

/// How the letters of a window look when they are read as Western.
#[derive(Debug, Default)]
pub(super) struct Western {
    /// Letters of 0xC0 to 0xFF that stand well.
    letters: usize,
    /// Those among them which Eastern European, Baltic and Turkish sets read otherwise.
    differing: usize,
    /// Letters of 0x80 to 0x9F that stand well: only windows-1252 has them.
    c1_letters: usize,
    /// Signs of 0x80 to 0x9F, such as quotation marks, where they belong.
    c1_signs: usize,
    /// Letters that only ISO-8859-15 can mean: "œ".
    latin9_letters: usize,
    /// Other bytes in which that differs.
    ambiguous: usize,
    /// Signs where they belong.
    signs: usize,
    /// Everything else.
    odd: usize,
}

/// What a byte is beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Large,
    Small,
    Other,
}

/// A byte of the window and what stands around it.
struct Place<'a> {
    window: &'a [u8],
    at: usize,
    byte: u8,
}

impl Western {
    pub(super) fn of(window: &[u8]) -> Self {
        let mut found = Self::default();
        let high = window.iter().enumerate().filter(|(_, byte)| !byte.is_ascii());
        for (at, byte) in high {
            found.count(&Place { window, at, byte: *byte });
        }
        found
    }

    fn count(&mut self, place: &Place<'_>) {
        let byte = place.byte;
        if latin9(byte).is_some() {
            // Between letters nobody writes "½": it is "œ". The others have more than one explanation.
            let between = place.before(1) != Beside::Other && place.behind(1) == Beside::Small;
            *(if byte == OE && between { &mut self.latin9_letters } else { &mut self.ambiguous }) += 1;
            return;
        }
        let counter = match (kind(byte), byte) {
            (Beside::Other, 0x80..=0x9F) if place.is_sign() => &mut self.c1_signs,
            (Beside::Other, _) if place.is_sign() => &mut self.signs,
            (Beside::Other, _) => &mut self.odd,
            (_, 0x80..=0x9F) if place.is_letter() => &mut self.c1_letters,
            _ if place.is_letter() => {
                self.differing += usize::from(differs_abroad(byte));
                &mut self.letters
            }
            _ => &mut self.odd,
        };
        *counter += 1;
    }

    fn all(&self) -> usize {
        self.letters
            + self.c1_letters
            + self.c1_signs
            + self.latin9_letters
            + self.ambiguous
            + self.signs
            + self.odd
    }

    /// Letters that stand well, next to nothing that does not. Where most letters are of 0x80 to 0x9F it may be a set
    /// of DOS or of old Macs, which have all theirs there.
    pub(super) fn is_plausible(&self) -> bool {
        self.letters > 0 && self.odd * 20 <= self.all() && self.c1_letters <= self.letters
    }

    /// It may be Western, though that is not certain.
    pub(super) fn is_possible(&self) -> bool {
        self.odd * 4 <= self.all()
    }

    /// Whether there is anything that only windows-1252 has.
    pub(super) fn has_c1(&self) -> bool {
        self.c1_letters + self.c1_signs > 0
    }

    /// Whether there are letters that are others elsewhere.
    pub(super) fn differs_abroad(&self) -> bool {
        self.differing + self.c1_letters > 0
    }

    /// Which of the three, when it is one.
    pub(super) fn verdict(&self) -> Verdict {
        match (self.has_c1(), self.latin9_letters > 0) {
            (true, false) => Verdict::Certain(Charset::Windows1252),
            (false, true) => Verdict::Certain(Charset::Iso8859_15),
            (true, true) | (false, false) => Verdict::Western,
        }
    }
}

/// Whether windows-1250, windows-1254, windows-1257 or their ISO-8859 likes have another letter in its place.
fn differs_abroad(byte: u8) -> bool {
    !matches!(byte, 0xC4 | 0xC9 | 0xD3 | 0xD6 | 0xDC | 0xDF | 0xE4 | 0xE9 | 0xF3 | 0xF6 | 0xFC)
}

/// A window for a witness who does not know ISO-8859-15: its "œ" is "o", which says as much.
pub(super) fn without_oe(window: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(window.iter().map(|byte| if *byte == OE { b'o' } else { *byte }).collect())
}

/// A byte as a letter. Those of Iceland are left out: in their places Turkish has some that are frequent.
fn kind(byte: u8) -> Beside {
    match byte {
        b'A'..=b'Z' | 0x8A | 0x8C | 0x8E | 0x9F => Beside::Large,
        b'a'..=b'z' | 0x9A | 0x9C | 0x9E => Beside::Small,
        0xD0 | 0xD7 | 0xDD | 0xDE | 0xF0 | 0xF7 | 0xFD | 0xFE => Beside::Other,
        0xC0..=0xDE => Beside::Large,
        0xDF..=0xFF => Beside::Small,
        _ => Beside::Other,
    }
}

impl Place<'_> {
    fn byte_before(&self, steps: usize) -> u8 {
        self.at.checked_sub(steps).and_then(|at| self.window.get(at)).copied().unwrap_or(0)
    }

    fn byte_behind(&self, steps: usize) -> u8 {
        self.window.get(self.at + steps).copied().unwrap_or(0)
    }

    fn before(&self, steps: usize) -> Beside {
        kind(self.byte_before(steps))
    }

    fn behind(&self, steps: usize) -> Beside {
        kind(self.byte_behind(steps))
    }

    /// Whether it stands as a letter does.
    fn is_letter(&self) -> bool {
        let (before, behind) = (self.byte_before(1), self.byte_behind(1));
        let alone = self.before(1) == Beside::Other && self.behind(1) == Beside::Other;
        if alone {
            // Words of one letter: "à", "é", "ó", "è", and their large forms; and at the very beginning of the window
            // nothing is known of what stood before.
            return before.is_ascii()
                && behind.is_ascii()
                && matches!(self.byte, 0xC0 | 0xC8 | 0xC9 | 0xD3 | 0xE0 | 0xE1 | 0xE8 | 0xE9 | 0xF3)
                && behind == b' ';
        }
        let run_before = [1, 2].map(|steps| !self.byte_before(steps).is_ascii());
        let run_behind = [1, 2].map(|steps| !self.byte_behind(steps).is_ascii());
        let run_of_three = matches!(
            (run_before, run_behind),
            ([true, true], _) | (_, [true, true]) | ([true, _], [true, _])
        );
        // Of two beside each other one at least has an ASCII letter on its other side.
        let has_ascii =
            [before, behind, self.byte_before(2), self.byte_behind(2)].iter().any(u8::is_ascii_alphabetic);
        let case = match kind(self.byte) {
            Beside::Large => self.before(1) != Beside::Small,
            Beside::Small => {
                !(self.before(1) == Beside::Large && self.before(2) == Beside::Large)
                    && self.behind(1) != Beside::Large
            }
            Beside::Other => false,
        };
        !run_of_three && has_ascii && case
    }

    /// Whether it is a sign that stands where such a sign does: an apostrophe in a word, others beside one.
    fn is_sign(&self) -> bool {
        let between_letters = self.before(1) != Beside::Other && self.behind(1) != Beside::Other;
        let known = match self.byte {
            0x92 | 0x96 | 0xB7 => return true,
            0x80..=0x9F => matches!(
                windows_1252(self.byte),
                Some('€' | '‚' | '„' | '…' | '‘' | '“' | '”' | '•' | '—' | '™')
            ),
            0xA0
            | 0xA1
            | 0xA3
            | 0xA7
            | 0xA9..=0xAB
            | 0xAE
            | 0xB0
            | 0xB2
            | 0xB3
            | 0xBA
            | 0xBB
            | 0xBF
            | 0xD7 => true,
            _ => false,
        };
        let alone = self.byte_before(1).is_ascii() && self.byte_behind(1).is_ascii();
        known && alone && !between_letters
    }
}
