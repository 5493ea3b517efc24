//! Unicode NFC, no control or invisible characters, and white space in one form.
//!
//! Joiners are invisible too, but in some scripts a word is misspelt without them, and emoji fall apart: they stay
//! where the character before them can use one.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use zeroize::Zeroize;

/// What becomes of white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum White {
    /// Runs become one space; none at the ends.
    Collapsed,
    /// The same in each line; line breaks become `\n`, two in a row at most.
    Lines,
    /// Left as it is.
    Kept,
}

/// The clean form of a text.
pub(super) fn text(value: &str, white: White) -> Cow<'_, str> {
    if is_clean_ascii(value.as_bytes(), white) || is_surely_clean(value, white) {
        return Cow::Borrowed(value);
    }
    let mut clean = pass(value, white);
    // Taking out a joiner can bring two characters together that NFC then puts into one or in another order. Each
    // further round takes out at least one more, so this ends; and it makes the whole idempotent by construction.
    loop {
        let mut again = pass(&clean, white);
        std::mem::swap(&mut clean, &mut again);
        let stable = clean == again;
        again.zeroize();
        if stable {
            break;
        }
    }
    if clean == value { Cow::Borrowed(value) } else { Cow::Owned(clean) }
}

/// Whether an ASCII text is clean as it stands: the usual case, decided without allocating.
fn is_clean_ascii(bytes: &[u8], white: White) -> bool {
    let visible = |byte: &u8| matches!(byte, b' '..=b'~');
    if white == White::Kept {
        return bytes.iter().all(|byte| visible(byte) || matches!(byte, b'\t' | b'\n' | b'\r'));
    }
    let ends_in_space = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    bytes.iter().all(visible) && !ends_in_space && !bytes.windows(2).any(|pair| pair == b"  ")
}

/// Whether a text in any script is seen to be clean as it stands. Most are; one that is not seen to be may be all the
/// same.
fn is_surely_clean(value: &str, white: White) -> bool {
    let mut before = ' ';
    let in_place = value.chars().all(|char| {
        let gap = char.is_whitespace() && white != White::Kept;
        // A single space between two others.
        let sound =
            if gap { char == ' ' && before != ' ' } else { !is_invisible(char) && !is_contextual(char) };
        before = char;
        sound
    });
    in_place && (white == White::Kept || before != ' ') && is_nfc_quick(value.chars()) == IsNormalized::Yes
}

fn pass(value: &str, white: White) -> String {
    let mut out = String::with_capacity(value.len());
    let mut gap = Gap::default();
    let mut last = None;
    for char in value.chars().filter(|char| !is_invisible(*char)).nfc() {
        if is_contextual(char) {
            if gap.is_none() && last.is_some_and(|last| carries(last, char)) {
                out.push(char);
                last = Some(char);
            }
        } else if white != White::Kept && char.is_whitespace() {
            gap.widen(char);
        } else {
            if !out.is_empty() {
                gap.write(&mut out, white);
            }
            gap = Gap::default();
            out.push(char);
            last = Some(char);
        }
    }
    out
}

/// White space that has been met but not yet written.
#[derive(Default)]
struct Gap {
    spaces: bool,
    breaks: usize,
    after_return: bool,
}

impl Gap {
    fn is_none(&self) -> bool {
        !self.spaces && self.breaks == 0
    }

    fn widen(&mut self, char: char) {
        match char {
            // The second half of a line break that has been counted.
            '\n' if self.after_return => {}
            '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => self.breaks += 1,
            _ => self.spaces = true,
        }
        self.after_return = char == '\r';
    }

    fn write(&self, out: &mut String, white: White) {
        match self.breaks {
            0 if !self.spaces => {}
            breaks if breaks > 0 && white == White::Lines => (0..breaks.min(2)).for_each(|_| out.push('\n')),
            _ => out.push(' '),
        }
    }
}

/// Characters that show nothing and mean nothing in any script.
fn is_invisible(char: char) -> bool {
    (char.is_control() && !char.is_whitespace())
        || matches!(char,
            '\u{AD}' // soft hyphen
            | '\u{34F}' // combining grapheme joiner
            | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' // direction
            | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}' // zero width
            | '\u{206A}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0001}')
}

/// Characters that are invisible but mean something behind some others.
fn is_contextual(char: char) -> bool {
    matches!(char, '\u{200C}' | '\u{200D}' | '\u{180E}' | '\u{E0020}'..='\u{E007F}')
}

/// Whether `char`, a contextual one, means something behind `last`.
fn carries(last: char, char: char) -> bool {
    match char {
        // The letters of a flag such as Scotland's.
        '\u{E0020}'..='\u{E007F}' => matches!(last, '\u{1F3F4}' | '\u{E0020}'..='\u{E007E}'),
        '\u{180E}' => matches!(last, '\u{1800}'..='\u{18AF}') && last != '\u{180E}',
        _ => joins(last),
    }
}

/// Characters of scripts that use U+200C and U+200D to join and part letters, and emoji, which are joined by U+200D.
fn joins(char: char) -> bool {
    matches!(char,
        '\u{0600}'..='\u{08FF}' // Arabic, Syriac, Thaana, N'Ko, Mandaic
        | '\u{0900}'..='\u{0DFF}' // the scripts of India and Sri Lanka
        | '\u{0F00}'..='\u{109F}' // Tibetan, Myanmar
        | '\u{1780}'..='\u{18AF}' // Khmer, Mongolian
        | '\u{1A20}'..='\u{1C4F}' // Tai Tham, Balinese, Sundanese, Batak, Lepcha
        | '\u{1CD0}'..='\u{1CFF}' | '\u{A800}'..='\u{AAFF}' | '\u{ABC0}'..='\u{ABFF}'
        | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}' // Arabic presentation forms
        | '\u{10A00}'..='\u{10FFF}' | '\u{11000}'..='\u{11FFF}'
        | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{23FF}' // emoji, and what styles them
        | '\u{25A0}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_seen_to_be_clean_is(
            text in "(\\PC|[ \t\n\u{300}\u{302}\u{200D}aeがか\u{3099}]){0,12}",
            white in prop::sample::select(vec![White::Collapsed, White::Lines, White::Kept]),
        ) {
            if is_surely_clean(&text, white) {
                prop_assert_eq!(pass(&text, white), text);
            }
        }
    }

    #[test]
    fn texts_of_many_scripts_are_seen_to_be_clean() {
        for text in ["Käthe Müller", "樣擬雲", "東京都港区 1-2", "Łódź", "محمد علي", "अनामिका"]
        {
            assert!(is_surely_clean(text, White::Collapsed), "{text}");
        }
        for text in ["a  b", " ä", "ä ", "a\u{300}", "ä\u{200B}"] {
            assert!(!is_surely_clean(text, White::Collapsed), "{text}");
        }
    }
}
