//! The charsets in which synthetic input is written.
//!
//! What a charset can write is asked of `encoding_rs`, which the readers decode with too; ISO-8859-1, which it takes
//! for windows-1252, is written from here.

use std::borrow::Cow;

use super::random::Random;
use encoding_rs::{BIG5, Encoding, GB18030, ISO_8859_15, SHIFT_JIS, WINDOWS_1252};

/// A charset to write in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 without a mark.
    #[default]
    Utf8,
    /// UTF-8 behind a byte-order mark.
    Utf8Marked,
    /// UTF-16, the lower byte first, behind a byte-order mark.
    Utf16Le,
    /// UTF-16, the higher byte first, behind a byte-order mark.
    Utf16Be,
    /// What Amazon calls `Cp1252`.
    Windows1252,
    /// Latin 1.
    Iso8859_1,
    /// Latin 9, with the euro sign.
    Iso8859_15,
    /// Japanese.
    ShiftJis,
    /// Chinese; can write all that Unicode can.
    Gb18030,
    /// Traditional Chinese.
    Big5,
}

impl Charset {
    /// Every charset with its name.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("utf-8", Self::Utf8),
        ("utf-8-bom", Self::Utf8Marked),
        ("utf-16le", Self::Utf16Le),
        ("utf-16be", Self::Utf16Be),
        ("windows-1252", Self::Windows1252),
        ("iso-8859-1", Self::Iso8859_1),
        ("iso-8859-15", Self::Iso8859_15),
        ("shift_jis", Self::ShiftJis),
        ("gb18030", Self::Gb18030),
        ("big5", Self::Big5),
    ];

    /// The charset of that name; case does not count.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, charset)| *charset)
    }

    /// The name for `--charset`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, charset)| *charset == self).map_or("utf-8", |(name, _)| name)
    }

    /// Whether it can write every text there is.
    pub fn is_unicode(self) -> bool {
        matches!(self, Self::Utf8 | Self::Utf8Marked | Self::Utf16Le | Self::Utf16Be | Self::Gb18030)
    }

    /// Whether it can write a text.
    pub(super) fn carries(self, text: &str) -> bool {
        text.is_ascii() || self.is_unicode() || text.chars().all(|char| self.carries_char(char))
    }

    /// Whether it can write a letter, and what is read from there is that letter again: Shift_JIS has signs that come
    /// back as others.
    pub(super) fn carries_char(self, char: char) -> bool {
        if char.is_ascii() || self.is_unicode() {
            return true;
        }
        if self == Self::Iso8859_1 {
            return matches!(char, '\u{A0}'..='\u{FF}');
        }
        let mut utf8 = [0; 4];
        let text = &*char.encode_utf8(&mut utf8);
        let (bytes, _, has_lost) = self.encoding().encode(text);
        !has_lost && self.encoding().decode_without_bom_handling(&bytes).0 == text
    }

    /// What a declaration calls it.
    pub(super) fn declared(self) -> &'static str {
        match self {
            Self::Utf8Marked => Self::Utf8.name(),
            Self::Utf16Le | Self::Utf16Be => "utf-16",
            _ => self.name(),
        }
    }

    /// What stands before everything else.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8Marked => &[0xEF, 0xBB, 0xBF],
            Self::Utf16Le => &[0xFF, 0xFE],
            Self::Utf16Be => &[0xFE, 0xFF],
            _ => &[],
        }
    }

    /// The bytes of a text; a letter that it cannot write becomes `?`.
    pub(super) fn encode(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Self::Utf8 | Self::Utf8Marked => Cow::Borrowed(text.as_bytes()),
            Self::Utf16Le => Cow::Owned(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Utf16Be => Cow::Owned(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            _ if text.is_ascii() => Cow::Borrowed(text.as_bytes()),
            Self::Iso8859_1 => {
                Cow::Owned(text.chars().map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?')).collect())
            }
            _ if self.carries(text) => self.encoding().encode(text).0,
            _ => {
                let carried = |char| if self.carries_char(char) { char } else { '?' };
                let text: String = text.chars().map(carried).collect();
                Cow::Owned(self.encoding().encode(&text).0.into_owned())
            }
        }
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Windows1252 | Self::Iso8859_1 => WINDOWS_1252,
            Self::Iso8859_15 => ISO_8859_15,
            Self::ShiftJis => SHIFT_JIS,
            Self::Gb18030 => GB18030,
            Self::Big5 => BIG5,
            Self::Utf8 | Self::Utf8Marked | Self::Utf16Le | Self::Utf16Be => encoding_rs::UTF_8,
        }
    }
}

impl Charset {
    /// One of several texts, of those that it can write.
    pub(super) fn text<'a>(self, random: &mut Random, from: &[&'a str]) -> &'a str {
        let drawn = random.text(from);
        if self.carries(drawn) {
            return drawn;
        }
        from.iter().find(|text| self.carries(text)).copied().unwrap_or("Sample")
    }
}
