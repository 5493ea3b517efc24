//! How bytes look when they are read as one of the sets with wide letters: where letters stand that such a language
//! uses every day, the reading is good; where only rare ones do, or single ones between ASCII letters, it is not.

use encoding_rs::{DecoderResult, Encoding};
use zeroize::Zeroizing;

use crate::source::Charset;

/// A set with wide letters. Two are not read here, but are near enough to others to be mistaken for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    ShiftJis,
    Gb18030,
    Big5,
    EucJp,
    EucKr,
}

impl Set {
    pub(super) const ALL: [Self; 5] = [Self::ShiftJis, Self::Gb18030, Self::Big5, Self::EucJp, Self::EucKr];

    /// The character set, if it is read here.
    pub(super) fn charset(self) -> Option<Charset> {
        match self {
            Self::ShiftJis => Some(Charset::ShiftJis),
            Self::Gb18030 => Some(Charset::Gb18030),
            Self::Big5 => Some(Charset::Big5),
            Self::EucJp | Self::EucKr => None,
        }
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Self::ShiftJis => encoding_rs::SHIFT_JIS,
            Self::Gb18030 => encoding_rs::GB18030,
            Self::Big5 => encoding_rs::BIG5,
            Self::EucJp => encoding_rs::EUC_JP,
            Self::EucKr => encoding_rs::EUC_KR,
        }
    }

    /// How many bytes the letter has that begins with these.
    fn length(self, first: u8, second: u8) -> usize {
        match (self, first, second) {
            (Self::ShiftJis, 0xA0..=0xDF, _) => 1,
            (Self::Gb18030, _, b'0'..=b'9') => 4,
            (Self::EucJp, 0x8F, _) => 3,
            (_, _, _) => 2,
        }
    }

    /// Whether a letter that begins with this byte is a sign, such as a comma or a multiplication cross.
    fn is_sign(self, first: u8) -> bool {
        match self {
            Self::ShiftJis => first == 0x81,
            _ => matches!(first, 0xA1..=0xA3),
        }
    }

    /// How usual a letter is.
    fn grade(self, first: u8, second: u8) -> Grade {
        match self {
            Self::ShiftJis => shift_jis(first, second),
            Self::Gb18030 => gb18030(first, second),
            Self::Big5 => big5(first, second),
            Self::EucJp => match first {
                0xA1 | 0xA3..=0xA5 | 0xB0..=0xCF => Grade::Usual,
                0x8E | 0x8F | 0xA2 | 0xD0..=0xF4 => Grade::Rare,
                _ => Grade::Odd,
            },
            Self::EucKr => match (first, second) {
                (0xA1 | 0xA3 | 0xB0..=0xC8, 0xA1..) => Grade::Usual,
                (0xA2 | 0xCA..=0xFD, 0xA1..) | (0x81..=0xC6, _) => Grade::Rare,
                _ => Grade::Odd,
            },
        }
    }
}

/// How usual a letter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    Usual,
    Rare,
    Odd,
}

/// Kana, full-width signs and the first level of kanji are usual; single bytes are the narrow kana.
fn shift_jis(first: u8, second: u8) -> Grade {
    match (first, second) {
        (0x81, _) | (0x82, 0x4F..=0xF1) | (0x83, 0x40..=0x96) | (0x88..=0x97, _) | (0x98, ..=0x72) => {
            Grade::Usual
        }
        (0xA1..=0xDF, _) | (0x87 | 0x98..=0x9F | 0xE0..=0xEA | 0xED | 0xEE | 0xFA..=0xFC, _) => Grade::Rare,
        _ => Grade::Odd,
    }
}

/// Full-width signs and the first level of GB2312 are usual; kana, Greek and Cyrillic are not Chinese.
fn gb18030(first: u8, second: u8) -> Grade {
    match (first, second) {
        (_, b'0'..=b'9') => Grade::Rare,
        (0xA1 | 0xA3 | 0xB0..=0xD7, 0xA1..) => Grade::Usual,
        (0xA2 | 0xD8..=0xF7, 0xA1..) | (0x81..=0xA0, _) | (0xAA..=0xFE, ..=0xA0) => Grade::Rare,
        _ => Grade::Odd,
    }
}

/// Signs and the first level are usual.
fn big5(first: u8, second: u8) -> Grade {
    match (first, second) {
        (0xA1 | 0xA4..=0xC5, _) | (0xC6, ..=0x7E) => Grade::Usual,
        (0xA2 | 0xC9..=0xF9, _) => Grade::Rare,
        _ => Grade::Odd,
    }
}

/// How a window looks as a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) set: Set,
    malformed: usize,
    usual: usize,
    rare: usize,
    odd: usize,
    kana: usize,
    signs: usize,
}

/// Letters for each malformed sequence: with fewer, the set is not meant.
const LETTERS_FOR_EACH_MALFORMED: usize = 500;

impl Reading {
    pub(super) fn of(set: Set, window: &[u8], is_all: bool) -> Self {
        let malformed = malformed(set.encoding(), window, is_all);
        let mut reading = Self { set, malformed, usual: 0, rare: 0, odd: 0, kana: 0, signs: 0 };
        let mut at = 0;
        while let Some(first) = window.get(at) {
            at = if first.is_ascii() { at + 1 } else { reading.run(window, at) };
        }
        reading
    }

    /// Letters that follow each other, from `start`; says where they end.
    fn run(&mut self, window: &[u8], start: usize) -> usize {
        let byte = |at: usize| window.get(at).copied().unwrap_or(0);
        let mut end = start;
        let mut letters = 0;
        while !byte(end).is_ascii() {
            end += self.set.length(byte(end), byte(end + 1));
            letters += 1;
        }
        let before = start.checked_sub(1).is_some_and(|at| byte(at).is_ascii_alphabetic());
        let behind = byte(end).is_ascii_alphabetic();
        // A single letter in an ASCII word, or one that swallowed a letter of that word, is none.
        let swallowed = byte(end.saturating_sub(1)).is_ascii_alphabetic();
        let lost = letters == 1 && (before && behind || swallowed && (before || behind));
        let mut at = start;
        while at < end {
            let (first, second) = (byte(at), byte(at + 1));
            let length = self.set.length(first, second);
            // The narrow kana do not mix with others.
            let narrow = self.set == Set::ShiftJis && length == 1 && (end - start) > letters;
            match self.set.grade(first, second) {
                _ if lost || narrow => self.odd += 1,
                Grade::Usual => self.usual += 1,
                Grade::Rare => self.rare += 1,
                Grade::Odd => self.odd += 1,
            }
            self.kana += usize::from(matches!((first, second), (0x82, 0x9F..=0xF1) | (0x83, 0x40..=0x96)));
            self.signs += usize::from(self.set.is_sign(first));
            at += length;
        }
        end
    }

    /// How many letters there are.
    pub(super) fn letters(&self) -> usize {
        self.usual + self.rare + self.odd
    }

    /// How many of them are letters of words, and no signs, which several sets have in the same places.
    pub(super) fn words(&self) -> usize {
        self.letters() - self.signs.min(self.letters())
    }

    /// Next to nothing is malformed.
    pub(super) fn is_sound(&self) -> bool {
        self.malformed * LETTERS_FOR_EACH_MALFORMED <= self.letters() && self.letters() > 0
    }

    /// Sound, and most letters are usual.
    pub(super) fn is_plausible(&self) -> bool {
        self.is_sound() && self.odd * 20 <= self.letters() && self.usual * 10 >= self.letters() * 7
    }

    /// Clearly worse than another reading of the same bytes.
    pub(super) fn is_worse_than(&self, other: &Self) -> bool {
        let share = |reading: &Self| reading.usual * 100 / reading.letters().max(1);
        !self.is_sound() || self.odd * 10 >= self.letters() || share(self) + 20 <= share(other)
    }

    /// Whether it has kana, which only Japanese uses.
    pub(super) fn has_kana(&self) -> bool {
        self.set == Set::ShiftJis && self.kana > 0
    }

    /// Whether another witness means the same set. It calls the Chinese one by the name of its older part.
    pub(super) fn is_encoding(&self, encoding: &'static Encoding) -> bool {
        encoding == self.set.encoding() || self.set == Set::Gb18030 && encoding == encoding_rs::GBK
    }
}

/// How many sequences of a window are malformed.
fn malformed(encoding: &'static Encoding, window: &[u8], is_all: bool) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut scratch = Zeroizing::new([0; 4096]);
    let (mut rest, mut malformed) = (window, 0);
    loop {
        let (result, read, _) =
            decoder.decode_to_utf8_without_replacement(rest, scratch.as_mut_slice(), is_all);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return malformed,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => malformed += 1,
        }
    }
}
