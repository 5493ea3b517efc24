//! The character sets that are read.

use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;

/// A character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// windows-1252, called `Cp1252` too.
    Windows1252,
    /// ISO-8859-1, whose bytes 0x80 to 0x9F are no letters.
    Iso8859_1,
    /// ISO-8859-15: the former but for eight letters, the euro sign among them.
    Iso8859_15,
    /// Shift_JIS with the vendors' additions (Microsoft code page 932).
    ShiftJis,
    /// GB18030, and with it GBK and GB2312.
    Gb18030,
    /// Big5 with the Hong Kong additions.
    Big5,
}

/// Other names by which a character set goes, in lower case and without `-`, `_` and blanks.
const ALIASES: [(&str, Charset); 22] = [
    ("utf8", Charset::Utf8),
    ("unicode11utf8", Charset::Utf8),
    ("utf16", Charset::Utf16Le),
    ("utf16le", Charset::Utf16Le),
    ("utf16be", Charset::Utf16Be),
    ("windows1252", Charset::Windows1252),
    ("cp1252", Charset::Windows1252),
    ("ansi", Charset::Windows1252),
    ("iso88591", Charset::Iso8859_1),
    ("latin1", Charset::Iso8859_1),
    ("iso885915", Charset::Iso8859_15),
    ("latin9", Charset::Iso8859_15),
    ("shiftjis", Charset::ShiftJis),
    ("sjis", Charset::ShiftJis),
    ("cp932", Charset::ShiftJis),
    ("windows31j", Charset::ShiftJis),
    ("ms932", Charset::ShiftJis),
    ("gb18030", Charset::Gb18030),
    ("gbk", Charset::Gb18030),
    ("gb2312", Charset::Gb18030),
    ("big5", Charset::Big5),
    ("big5hkscs", Charset::Big5),
];

impl Charset {
    /// Every character set.
    pub const ALL: &'static [Self] = &[
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Windows1252,
        Self::Iso8859_1,
        Self::Iso8859_15,
        Self::ShiftJis,
        Self::Gb18030,
        Self::Big5,
    ];

    /// The name for `--charset`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Iso8859_1 => "iso-8859-1",
            Self::Iso8859_15 => "iso-8859-15",
            Self::ShiftJis => "shift_jis",
            Self::Gb18030 => "gb18030",
            Self::Big5 => "big5",
        }
    }

    /// Whether it is UTF-16, in which ASCII is not ASCII.
    pub(super) fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }

    /// Whether its letters are single bytes that differ little from one such set to the other.
    pub(super) fn is_western(self) -> bool {
        matches!(self, Self::Windows1252 | Self::Iso8859_1 | Self::Iso8859_15)
    }

    /// The decoder's name of it. For ISO-8859-1 there is none but windows-1252's: it is decoded here.
    pub(super) fn encoding(self) -> &'static Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 | Self::Iso8859_1 => encoding_rs::WINDOWS_1252,
            Self::Iso8859_15 => encoding_rs::ISO_8859_15,
            Self::ShiftJis => encoding_rs::SHIFT_JIS,
            Self::Gb18030 => encoding_rs::GB18030,
            Self::Big5 => encoding_rs::BIG5,
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is none of a character set which is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this character set is not read here; name one of {}", names())]
pub struct UnknownCharset;

/// The names, for words.
fn names() -> String {
    Charset::ALL.iter().map(|charset| charset.as_str()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Charset {
    type Err = UnknownCharset;

    fn from_str(name: &str) -> Result<Self, UnknownCharset> {
        let plain: String = name
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .map(|c| c.to_ascii_lowercase())
            .take(24)
            .collect();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == plain);
        alias.map(|(_, charset)| *charset).ok_or(UnknownCharset)
    }
}
