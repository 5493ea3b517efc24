//! Decides how bytes are text, as they pass: at the mark, at the first letter that is not ASCII, or by name.

use zeroize::Zeroizing;

use super::decode::{Decoder, Undecided};
use super::judge::{self, Evidence, Verdict};
use super::{Charset, Compression, Detected, ESCAPE, SourceError};

/// Most bytes that are looked at from the first letter that is not ASCII: some two hundred orders.
pub const WINDOW_BYTES: usize = 256 * 1024;

/// As many first bytes as tell UTF-16 without a mark.
const HEAD_BYTES: usize = 256;

/// How much of the ASCII before the window is kept as hints: a header and some rows.
const HINT_BYTES: usize = 32 * 1024;

/// Where it stands.
enum State {
    /// Too few bytes were seen to know of marks and of UTF-16.
    Head(Zeroizing<Vec<u8>>),
    /// All was ASCII.
    Ascii {
        /// The piece before ended in a control character that may be the first half of a shift.
        escape: bool,
    },
    /// Letters are collected until there are enough to judge.
    Window(Zeroizing<Vec<u8>>),
    /// It is known how to go on.
    Decided(Decoder),
}

/// Bytes to text.
pub(super) struct Text {
    named: Option<Charset>,
    state: State,
    /// The beginning, as long as it is ASCII.
    hints: Zeroizing<Vec<u8>>,
    marked: bool,
    unsure: bool,
    refused: bool,
}

impl Text {
    pub(super) fn new(named: Option<Charset>) -> Self {
        let head = Zeroizing::new(Vec::with_capacity(super::CHUNK_BYTES + HEAD_BYTES));
        let hints = Zeroizing::new(Vec::with_capacity(HINT_BYTES + HINT_BYTES / 2));
        Self { named, state: State::Head(head), hints, marked: false, unsure: false, refused: false }
    }

    pub(super) fn detected(&self) -> Detected {
        let charset = match &self.state {
            State::Decided(decoder) => decoder.charset(),
            _ => None,
        };
        let (unsure, refused, marked) = (self.unsure, self.refused, self.marked);
        Detected { charset, unsure, refused, marked, ..Detected::default() }
    }

    /// Takes in a piece and appends what is text of it by now.
    pub(super) fn take(
        &mut self,
        piece: &[u8],
        compression: Compression,
        out: &mut Vec<u8>,
    ) -> Result<(), SourceError> {
        let State::Head(head) = &mut self.state else {
            self.go_on(piece, false, out);
            return Ok(());
        };
        head.extend_from_slice(piece);
        if head.len() >= HEAD_BYTES {
            let head = std::mem::take(head);
            self.begin(&head, Some(compression), out)?;
        }
        Ok(())
    }

    /// The input has ended, or failed.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), SourceError> {
        if let State::Head(head) = &mut self.state {
            let head = std::mem::take(head);
            self.begin(&head, None, out)?;
        }
        self.go_on(&[], true, out);
        Ok(())
    }

    /// The first bytes are there: marks, UTF-16, and whether something is compressed once more.
    fn begin(
        &mut self,
        head: &[u8],
        compression: Option<Compression>,
        out: &mut Vec<u8>,
    ) -> Result<(), SourceError> {
        if compression.is_some_and(|compression| compression != Compression::None)
            && Compression::of(head) != Ok(Compression::None)
        {
            return Err(SourceError::Nested);
        }
        // The same first bytes decide, however many have come at once.
        let first = head.get(..HEAD_BYTES).unwrap_or(head);
        let (text, charset) = match head {
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return Err(SourceError::Utf32),
            [0xEF, 0xBB, 0xBF, text @ ..] => (text, Some(Charset::Utf8)),
            [0xFF, 0xFE, text @ ..] => (text, Some(Charset::Utf16Le)),
            [0xFE, 0xFF, text @ ..] => (text, Some(Charset::Utf16Be)),
            _ => (head, judge::utf16(first)),
        };
        self.marked = text.len() < head.len();
        self.state = match (self.named, charset) {
            (Some(named), Some(found)) if named.is_utf16() && found.is_utf16() => {
                State::Decided(Decoder::new(found))
            }
            // In UTF-16 there are zeros: line ends and whatever else is ASCII.
            (Some(named), _)
                if named.is_utf16() && (self.marked || !first.is_empty() && !first.contains(&0)) =>
            {
                return Err(SourceError::NotAsNamed);
            }
            (Some(named), Some(found)) if found.is_utf16() && !named.is_utf16() => {
                return Err(SourceError::NotAsNamed);
            }
            (Some(named), _) if named.is_utf16() || named == Charset::Utf8 => {
                State::Decided(Decoder::new(named))
            }
            (None, Some(found)) => State::Decided(Decoder::new(found)),
            _ => State::Ascii { escape: false },
        };
        self.go_on(text, false, out);
        Ok(())
    }

    fn go_on(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        let joined;
        let mut rest = piece;
        if let State::Ascii { escape } = &mut self.state {
            if std::mem::take(escape) {
                joined = Zeroizing::new([&[ESCAPE], piece].concat());
                rest = &joined;
            }
            let at = beginning_of_letters(rest).unwrap_or(rest.len());
            let (ascii, letters) = rest.split_at(at);
            *escape = letters.is_empty() && !last && ascii.ends_with(&[ESCAPE]);
            let ascii = ascii.get(..ascii.len() - usize::from(*escape)).unwrap_or_default();
            out.extend_from_slice(ascii);
            self.keep_hints(ascii);
            if letters.is_empty() {
                return;
            }
            self.state = State::Window(Zeroizing::new(Vec::with_capacity(WINDOW_BYTES + super::CHUNK_BYTES)));
            rest = letters;
        }
        if let State::Window(window) = &mut self.state {
            window.extend_from_slice(rest);
            if window.len() < WINDOW_BYTES && !last {
                return;
            }
            let window = std::mem::take(window);
            let mut decoder = self.decide(&window, last);
            decoder.decode(&window, last, out);
            self.state = State::Decided(decoder);
        } else if let State::Decided(decoder) = &mut self.state {
            decoder.decode(rest, last, out);
        }
    }

    /// Keeps the first ASCII, and the last: what stands before the first letter.
    fn keep_hints(&mut self, ascii: &[u8]) {
        let half = HINT_BYTES / 2;
        let first = half.saturating_sub(self.hints.len()).min(ascii.len());
        let (first, later) = ascii.split_at(first);
        self.hints.extend_from_slice(first);
        self.hints.extend_from_slice(later.get(later.len().saturating_sub(half)..).unwrap_or_default());
        let excess = self.hints.len().saturating_sub(HINT_BYTES);
        if excess > 0 {
            self.hints.drain(half..half + excess);
        }
    }

    fn decide(&mut self, window: &[u8], is_all: bool) -> Decoder {
        let evidence = Evidence { before: &self.hints, window, is_all };
        if let Some(named) = self.named {
            self.refused = !judge::fits(&evidence, named);
            return if self.refused { Decoder::Refused } else { Decoder::new(named) };
        }
        match judge::judge(&evidence) {
            Verdict::Certain(charset) => Decoder::new(charset),
            Verdict::Western => Decoder::Western(super::decode::Western::Common),
            Verdict::Unsure { wide } => {
                self.unsure = true;
                Decoder::Undecided(Undecided::new(wide))
            }
        }
    }
}

/// Where something begins that is not plain ASCII: a byte of 0x80 and above, or a shift of ISO-2022.
pub(super) fn beginning_of_letters(text: &[u8]) -> Option<usize> {
    let ascii = encoding_rs::Encoding::ascii_valid_up_to(text);
    let shift = memchr::memchr_iter(ESCAPE, text.get(..ascii).unwrap_or_default())
        .find(|at| matches!(text.get(at + 1), Some(b'$' | b'(')));
    shift.or((ascii < text.len()).then_some(ascii))
}
