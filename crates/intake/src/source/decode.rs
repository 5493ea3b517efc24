//! From a character set to UTF-8, a piece at a time. What is malformed is carried as it stands (see [`super::escape`]).

use encoding_rs::DecoderResult;
use zeroize::Zeroizing;

use super::Charset;
use super::escape::{Why, push, push_text};

/// The longest malformed sequence that begins in one piece and ends in the next, and more.
const REMEMBERED_BYTES: usize = 16;

/// What turns bytes into UTF-8.
pub(super) enum Decoder {
    /// UTF-8, checked.
    Utf8(Zeroizing<Vec<u8>>),
    /// Single bytes of the Western sets.
    Western(Western),
    /// UTF-16 and the sets of two and more bytes.
    Wide(Box<Wide>),
    /// The set is not certain: all but ASCII is carried.
    Undecided(Undecided),
    /// The set that was named does not fit: all but ASCII is carried as undecided.
    Refused,
}

impl Decoder {
    pub(super) fn new(charset: Charset) -> Self {
        match charset {
            Charset::Utf8 => Self::Utf8(Zeroizing::default()),
            Charset::Windows1252 => Self::Western(Western::Windows1252),
            Charset::Iso8859_1 => Self::Western(Western::Latin1),
            Charset::Iso8859_15 => Self::Western(Western::Latin9),
            _ => Self::Wide(Box::new(Wide {
                decoder: charset.encoding().new_decoder_without_bom_handling(),
                charset,
                before: Zeroizing::default(),
            })),
        }
    }

    /// The set, once there is no doubt of it.
    pub(super) fn charset(&self) -> Option<Charset> {
        match self {
            Self::Utf8(_) => Some(Charset::Utf8),
            Self::Western(western) => Some(western.charset()),
            Self::Wide(wide) => Some(wide.charset),
            Self::Undecided(_) | Self::Refused => None,
        }
    }

    /// Appends a piece as UTF-8. Behind the last there is no more.
    pub(super) fn decode(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>) {
        match self {
            Self::Utf8(pending) => utf8(pending, input, last, out),
            Self::Western(western) => western.decode(input, out),
            Self::Wide(wide) => wide.decode(input, last, out),
            Self::Undecided(undecided) => undecided.decode(input, out),
            Self::Refused => by_runs(input, out, |byte, out| push(out, byte, Why::Undecided)),
        }
    }
}

/// ASCII is copied, every other byte given to `other`.
fn by_runs(input: &[u8], out: &mut Vec<u8>, mut other: impl FnMut(u8, &mut Vec<u8>)) {
    let mut rest = input;
    loop {
        let ascii = encoding_rs::Encoding::ascii_valid_up_to(rest);
        let (plain, behind) = rest.split_at(ascii);
        out.extend_from_slice(plain);
        let Some((byte, behind)) = behind.split_first() else { return };
        other(*byte, out);
        rest = behind;
    }
}

fn utf8(pending: &mut Zeroizing<Vec<u8>>, input: &[u8], last: bool, out: &mut Vec<u8>) {
    let joined;
    let mut rest = if pending.is_empty() {
        input
    } else {
        let mut both = Zeroizing::new(Vec::with_capacity(pending.len() + input.len()));
        both.extend_from_slice(pending);
        both.extend_from_slice(input);
        pending.clear();
        joined = both;
        &joined
    };
    while let Err(error) = std::str::from_utf8(rest) {
        let (text, behind) = rest.split_at(error.valid_up_to());
        push_text(out, text);
        let Some(length) = error.error_len().or(last.then_some(behind.len())) else {
            pending.extend_from_slice(behind);
            return;
        };
        let (malformed, behind) = behind.split_at(length);
        malformed.iter().for_each(|byte| push(out, *byte, Why::Malformed));
        rest = behind;
    }
    push_text(out, rest);
}

/// The Western single-byte sets. They agree in all letters but those of 0x80 to 0x9F, which only windows-1252 has, and
/// eight that ISO-8859-15 put in the place of signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Western {
    /// One of the three, and all so far is the same in each.
    Common,
    Windows1252,
    Latin1,
    Latin9,
}

/// windows-1252's 0x80 to 0x9F; `\0` where it has nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“',
    '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// The letter of a byte from 0x80 to 0x9F in windows-1252.
pub(super) fn windows_1252(byte: u8) -> Option<char> {
    let letter = WINDOWS_1252.get(usize::from(byte).checked_sub(0x80)?).copied();
    letter.filter(|letter| *letter != '\0')
}

/// The letter in which ISO-8859-15 differs from ISO-8859-1, if it does.
pub(super) fn latin9(byte: u8) -> Option<char> {
    Some(match byte {
        0xA4 => '€',
        0xA6 => 'Š',
        0xA8 => 'š',
        0xB4 => 'Ž',
        0xB8 => 'ž',
        0xBC => 'Œ',
        0xBD => 'œ',
        0xBE => 'Ÿ',
        _ => return None,
    })
}

impl Western {
    fn charset(self) -> Charset {
        match self {
            Self::Common | Self::Latin1 => Charset::Iso8859_1,
            Self::Windows1252 => Charset::Windows1252,
            Self::Latin9 => Charset::Iso8859_15,
        }
    }

    fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        by_runs(input, out, |byte, out| {
            if byte < 0xA0 && *self == Self::Common && windows_1252(byte).is_some() {
                *self = Self::Windows1252;
            }
            match self.letter(byte) {
                Ok(letter) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(why) => push(out, byte, why),
            }
        });
    }

    fn letter(self, byte: u8) -> Result<char, Why> {
        match (self, byte) {
            (Self::Windows1252, 0x80..=0x9F) => windows_1252(byte).ok_or(Why::Malformed),
            (_, 0x80..=0x9F) => Err(Why::Malformed),
            (Self::Latin9, _) => Ok(latin9(byte).unwrap_or(char::from(byte))),
            (Self::Common, _) if latin9(byte).is_some() => Err(Why::Undecided),
            _ => Ok(char::from(byte)),
        }
    }
}

/// The sets that a decoder from outside reads.
pub(super) struct Wide {
    decoder: encoding_rs::Decoder,
    charset: Charset,
    /// The last bytes of the pieces before.
    before: Zeroizing<Vec<u8>>,
}

impl Wide {
    fn decode(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut text = Zeroizing::new(Vec::new());
        let mut taken = 0;
        loop {
            let rest = input.get(taken..).unwrap_or_default();
            let room = self.decoder.max_utf8_buffer_length_without_replacement(rest.len());
            text.resize(room.unwrap_or(rest.len()).max(16), 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(rest, &mut text, last);
            taken += read;
            push_text(out, text.get(..written).unwrap_or_default());
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, behind) => {
                    self.carry(input, taken, length.into(), behind.into(), out);
                }
            }
        }
        self.remember(input);
    }

    /// Carries a malformed sequence of so many bytes, which ended so many bytes before `taken`.
    fn carry(&self, input: &[u8], taken: usize, length: usize, behind: usize, out: &mut Vec<u8>) {
        let end = (self.before.len() + taken).saturating_sub(behind);
        let bytes = self.before.iter().chain(input);
        bytes.take(end).skip(end.saturating_sub(length)).for_each(|byte| push(out, *byte, Why::Malformed));
    }

    fn remember(&mut self, input: &[u8]) {
        self.before
            .extend_from_slice(input.get(input.len().saturating_sub(REMEMBERED_BYTES)..).unwrap_or_default());
        let more = self.before.len().saturating_sub(REMEMBERED_BYTES);
        self.before.drain(..more);
    }
}

/// Text in a set that is not certain.
#[derive(Default)]
pub(super) struct Undecided {
    /// It may be a set in which a letter's second byte looks like ASCII.
    pub(super) wide: bool,
    /// An odd number of bytes that are not ASCII has just passed.
    odd: bool,
}

impl Undecided {
    pub(super) fn new(wide: bool) -> Self {
        Self { wide, odd: false }
    }

    fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for byte in input {
            let ascii = byte.is_ascii();
            // The second byte of a letter can look like the sign that ends or bends a string or a cell.
            let second = self.wide && self.odd && matches!(byte, b'\\' | b'|');
            self.odd = !ascii && !self.odd;
            if ascii && !second && *byte != super::ESCAPE {
                out.push(*byte);
            } else {
                push(out, *byte, Why::Undecided);
            }
        }
    }
}
