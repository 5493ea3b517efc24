//! Finds where a JSON value ends, and the keys of its top level, without parsing it.
//!
//! It knows strings, brackets and line ends, and nothing else of JSON: whether the value is sound is for
//! [`crate::verify`]. It can stop and go on at any byte.

use crate::format::{FRAME_NAME_BYTES_MAX, Format};

/// Brackets nested deeper than this are counted, but no longer told apart. Twice what verification accepts.
const NESTING_MAX: u32 = 128;

/// What a scan came upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The end of the input.
    More,
    /// A line end, not yet consumed. Inside a string it is an error of the input.
    Newline,
    /// The value's last bracket, consumed.
    Closed,
    /// A bracket that closes what was not open, not consumed.
    Mismatch,
    /// The `[` after a top-level key whose list holds documents, not consumed.
    List,
    /// The `{` after a top-level key that is gone into, not consumed.
    Object,
}

/// What a top-level key leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Key {
    Unwrap,
    List,
    #[default]
    Other,
}

/// The state between two bytes of a value. The default is before its first.
#[derive(Default)]
pub(super) struct Lexer {
    depth: u32,
    /// One bit for each open bracket, the innermost lowest: 1 is an array.
    kinds: u128,
    in_string: bool,
    escaped: bool,
    /// The last byte outside strings that is not white space; `"` after a string.
    previous: u8,
    /// The last top-level string, as far as a key that matters can reach.
    string: ShortString,
    key: Key,
    /// A frame has been found already, so that its keys are here keys like any other.
    framed: bool,
    identified: bool,
    too_deep: bool,
}

impl Lexer {
    /// Before the first byte of an element of a list of documents.
    pub(super) fn of_element() -> Self {
        Self { framed: true, ..Self::default() }
    }

    /// In the innermost of so many objects of a frame, behind its document or its list.
    pub(super) fn after_member(depth: u32) -> Self {
        Self { depth, previous: b']', framed: true, ..Self::default() }
    }

    /// Whether a member was seen by which a document is known.
    pub(super) fn is_identified(&self) -> bool {
        self.identified
    }

    pub(super) fn is_too_deep(&self) -> bool {
        self.too_deep
    }

    pub(super) fn is_in_string(&self) -> bool {
        self.in_string
    }

    /// Whether JSON forbids an object here: where a key, a comma or a closing bracket must stand.
    pub(super) fn forbids_object(&self) -> bool {
        let in_array = self.kinds & 1 == 1;
        match self.previous {
            b':' | b'[' => false,
            b',' => !in_array && !self.too_deep,
            _ => self.depth > 0,
        }
    }

    /// Goes on until something happens; says how many bytes that took.
    pub(super) fn scan(&mut self, input: &[u8], format: &Format) -> (usize, Event) {
        let mut at = 0;
        loop {
            if self.in_string {
                let (taken, newline) = self.string(input.get(at..).unwrap_or_default());
                at += taken;
                if newline {
                    return (at, Event::Newline);
                }
            }
            let Some(byte) = input.get(at) else { return (at, Event::More) };
            match self.byte(*byte, format) {
                None => at += 1,
                Some(Event::Closed) => return (at + 1, Event::Closed),
                Some(event) => return (at, event),
            }
        }
    }

    /// One byte outside strings. What it returns has not been consumed, but for the last bracket.
    fn byte(&mut self, byte: u8, format: &Format) -> Option<Event> {
        match byte {
            b' ' | b'\t' | b'\r' => return None,
            b'\n' => return Some(Event::Newline),
            b'"' => {
                self.in_string = true;
                self.string.length = 0;
            }
            b'{' if self.key == Key::Unwrap => return Some(Event::Object),
            b'[' if self.key == Key::List => return Some(Event::List),
            b'{' | b'[' => self.open(byte == b'['),
            b'}' | b']' => match self.close(byte == b']') {
                None => {}
                event => return event,
            },
            _ => {}
        }
        let is_key = byte == b':' && self.depth == 1 && self.previous == b'"';
        self.key = if is_key { self.key(format) } else { Key::Other };
        self.previous = byte;
        None
    }

    fn open(&mut self, array: bool) {
        self.depth = self.depth.saturating_add(1);
        self.too_deep |= self.depth > NESTING_MAX;
        self.kinds = self.kinds << 1 | u128::from(array);
    }

    fn close(&mut self, array: bool) -> Option<Event> {
        if !self.too_deep && (self.kinds & 1 == 1) != array {
            return Some(Event::Mismatch);
        }
        self.kinds >>= 1;
        self.depth = self.depth.saturating_sub(1);
        (self.depth == 0).then_some(Event::Closed)
    }

    /// Goes to the end of a string, or of the input, or to a line end (then `true`); says how many bytes that took.
    fn string(&mut self, input: &[u8]) -> (usize, bool) {
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or_default();
            let Some(first) = rest.first() else { return (at, false) };
            if self.escaped {
                if *first == b'\n' {
                    return (at, true);
                }
                self.escaped = false;
                at += 1;
                continue;
            }
            let plain = memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
            if self.depth == 1 {
                self.string.push(rest.get(..plain).unwrap_or_default());
            }
            at += plain;
            match rest.get(plain) {
                Some(b'"') => {
                    self.in_string = false;
                    return (at + 1, false);
                }
                Some(b'\\') => {
                    self.string.push(b"\\");
                    self.escaped = true;
                    at += 1;
                }
                Some(_) => return (at, true),
                None => return (at, false),
            }
        }
    }

    /// The key just read. Once a document is known to be one, it is no frame around one.
    fn key(&mut self, format: &Format) -> Key {
        let key = self.string.as_bytes();
        let is_one_of = |names: &[Box<str>]| names.iter().any(|name| name.as_bytes() == key);
        if self.framed && self.identified {
            return Key::Other;
        }
        let is_answer = || format.mapping().is_some() && is_one_of(&format.frame().unwrap);
        if is_one_of(format.identifying()) || (self.framed && is_answer()) {
            // A whole answer may be an element of a list; verification goes into it.
            self.identified = true;
        } else if !self.framed && !self.identified {
            if is_one_of(&format.frame().unwrap) {
                return Key::Unwrap;
            }
            if is_one_of(&format.frame().lists) {
                return Key::List;
            }
        }
        Key::Other
    }
}

/// The first bytes of a string, one more than the longest key that matters has.
struct ShortString {
    bytes: [u8; FRAME_NAME_BYTES_MAX + 1],
    length: usize,
}

impl Default for ShortString {
    fn default() -> Self {
        Self { bytes: [0; FRAME_NAME_BYTES_MAX + 1], length: 0 }
    }
}

impl ShortString {
    fn push(&mut self, more: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(self.length).zip(more) {
            *to = *from;
            self.length += 1;
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
