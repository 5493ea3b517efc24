//! Finds tags in XML: past comments, character data and processing instructions, across any cut of the input.

use zeroize::Zeroizing;

/// Longest tag. What is longer is text to the framer, and for the parser to refuse.
const TAG_BYTES_MAX: usize = 64 * 1024;

/// What begins something in which tags are none, and how that ends.
const QUIET: [(&[u8], &[u8]); 3] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];

/// What declares an entity.
const ENTITY: &[u8] = b"<!ENTITY";

/// What a scan came upon. The bytes that it gives are the caller's to keep; those of a tag come when it has ended.
pub(super) enum Token {
    /// Nothing yet: the bytes are held here.
    Held,
    /// These bytes are no tag.
    Text(Zeroizing<Vec<u8>>),
    /// As many of the bytes that were taken are no tag.
    Passed,
    /// The declaration of an entity begins with these bytes.
    Entities(Zeroizing<Vec<u8>>),
    /// A tag.
    Tag(Tag),
}

/// A tag.
pub(in crate::reader) struct Tag {
    /// All of it, from `<` to `>`.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// It is an end tag.
    pub(in crate::reader) closes: bool,
    /// It is both start and end.
    pub(in crate::reader) is_empty: bool,
}

impl Tag {
    fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { closes: bytes.starts_with(b"</"), is_empty: bytes.ends_with(b"/>"), bytes }
    }

    /// Whether this is its name, whatever its namespace's prefix.
    pub(in crate::reader) fn is(&self, name: &str) -> bool {
        let rest = self.bytes.get(if self.closes { 2 } else { 1 }..).unwrap_or_default();
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let whole = rest.get(..rest.iter().position(ends).unwrap_or(rest.len())).unwrap_or_default();
        whole.rsplit(|byte| *byte == b':').next() == Some(name.as_bytes())
    }
}

/// Where it stands between two bytes.
enum State {
    Text,
    /// In something that began with `<`.
    Tag {
        quote: Option<u8>,
    },
    /// In something quiet, to this end; the last bytes that were seen.
    Quiet(&'static [u8], [u8; 3]),
}

/// Finds tags.
pub(super) struct Markup {
    state: State,
    held: Zeroizing<Vec<u8>>,
}

impl Default for Markup {
    fn default() -> Self {
        Self { state: State::Text, held: Zeroizing::default() }
    }
}

impl Markup {
    /// Goes on until something happens; says how many bytes that took, one at least.
    pub(super) fn scan(&mut self, input: &[u8]) -> (usize, Token) {
        match &mut self.state {
            State::Text => match memchr::memchr(b'<', input) {
                Some(0) => {
                    self.begin();
                    (1, Token::Held)
                }
                length => (length.unwrap_or(input.len()), Token::Passed),
            },
            State::Tag { .. } => self.tag(input),
            State::Quiet(end, last) => {
                for (at, byte) in input.iter().enumerate() {
                    let [_, second, third] = *last;
                    *last = [second, third, *byte];
                    if last.ends_with(end) {
                        self.state = State::Text;
                        return (at + 1, Token::Passed);
                    }
                }
                (input.len(), Token::Passed)
            }
        }
    }

    /// What is open counts no more: the next `<` begins a tag.
    pub(super) fn forget(&mut self) {
        if matches!(self.state, State::Quiet(..)) {
            self.state = State::Text;
        }
    }

    /// What is still held at the end of the input.
    pub(super) fn rest(&mut self) -> Zeroizing<Vec<u8>> {
        self.state = State::Text;
        std::mem::take(&mut self.held)
    }

    fn begin(&mut self) {
        self.held.push(b'<');
        self.state = State::Tag { quote: None };
    }

    /// Takes bytes of a tag, one by one, until it ends or turns out to be none.
    fn tag(&mut self, input: &[u8]) -> (usize, Token) {
        for (at, byte) in input.iter().enumerate() {
            if *byte == b'<' || self.held.len() >= TAG_BYTES_MAX {
                // No tag holds this sign: the one before was none, and another begins.
                let text = self.rest();
                return (at, Token::Text(text));
            }
            self.hold(*byte);
            if let Some(token) = self.recognised(*byte) {
                return (at + 1, token);
            }
        }
        (input.len(), Token::Held)
    }

    /// As a push, but wipes the old place when it has to move.
    fn hold(&mut self, byte: u8) {
        if self.held.len() == self.held.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity((self.held.len() * 2).max(128)));
            larger.extend_from_slice(&self.held);
            self.held = larger;
        }
        self.held.push(byte);
    }

    /// What is held is complete, with this byte, or is no tag.
    fn recognised(&mut self, byte: u8) -> Option<Token> {
        let State::Tag { quote } = &mut self.state else { return None };
        if matches!(self.held.get(1), Some(b'!' | b'?')) {
            return self.quiet();
        }
        match (*quote, byte) {
            (Some(open), byte) if open == byte => *quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if self.held.get(1) != Some(&b'/') => *quote = Some(byte),
            (None, b'>') => return Some(Token::Tag(Tag::new(self.rest()))),
            (None, byte) if self.held.len() == 2 && !begins_name(byte) => {
                return Some(Token::Text(self.rest()));
            }
            (None, _) => {}
        }
        None
    }

    /// Something that begins with `<!` or `<?`.
    fn quiet(&mut self) -> Option<Token> {
        if let Some((_, end)) = QUIET.iter().find(|(begin, _)| self.held.as_slice() == *begin) {
            let text = self.rest();
            self.state = State::Quiet(end, [0; 3]);
            return Some(Token::Text(text));
        }
        if self.held.as_slice() == ENTITY {
            return Some(Token::Entities(self.rest()));
        }
        let begins = |whole: &[u8]| whole.starts_with(&self.held);
        let may_be = begins(ENTITY) || QUIET.iter().any(|(begin, _)| begins(begin));
        // A document type, or what is in it: nothing of it matters but entities.
        if may_be { None } else { Some(Token::Text(self.rest())) }
    }
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | b'/') || !byte.is_ascii()
}
