//! The member names in the first bytes of a JSON input, and where they stand. It is no parser: what is broken ends a
//! value, and the next line that begins with a bracket begins another.

/// How deep names are looked for: two objects to go into, a list, its element, and the members of that.
const DEPTH_MAX: usize = 6;

/// Most names that are kept of a value, so that a head of nothing but names costs little.
const NAMES_MAX: usize = 2000;

/// What a value of the top level has inside it.
#[derive(Default)]
pub(super) struct Names<'a> {
    /// The path of each member: names, and `[]` for the elements of a list.
    pub(super) paths: Vec<Vec<&'a [u8]>>,
}

impl Names<'_> {
    /// Whether it is how the API says that a request failed.
    pub(super) fn is_error(&self) -> bool {
        self.paths.iter().any(|path| matches!(path.as_slice(), [b"errors"]))
    }
}

/// The values of the top level that have ended, and if that is all, the one that has not.
pub(super) fn values(head: &[u8], is_all: bool) -> Vec<Names<'_>> {
    let mut scan = Scan {
        head,
        at: 0,
        levels: Vec::new(),
        last: b' ',
        string: b"",
        ended: Vec::new(),
        names: Names::default(),
    };
    while let Some(byte) = head.get(scan.at) {
        scan.byte(*byte);
    }
    if is_all {
        scan.end_value();
    }
    scan.ended
}

/// An open object with the key at hand, or an open list.
#[derive(Clone, Copy)]
enum Level<'a> {
    Object(&'a [u8]),
    List,
}

struct Scan<'a> {
    head: &'a [u8],
    at: usize,
    levels: Vec<Level<'a>>,
    /// The last byte that is neither white space nor inside a string; `"` for a string.
    last: u8,
    string: &'a [u8],
    ended: Vec<Names<'a>>,
    names: Names<'a>,
}

impl<'a> Scan<'a> {
    fn byte(&mut self, byte: u8) {
        self.at += 1;
        match byte {
            b'"' if !self.levels.is_empty() => self.string(),
            b'{' | b'[' => {
                if self.forbids_value() {
                    self.end_value();
                }
                self.levels.push(if byte == b'{' { Level::Object(b"") } else { Level::List });
            }
            b'}' | b']' => {
                self.levels.pop();
                if self.levels.is_empty() {
                    self.end_value();
                }
            }
            b':' if self.last == b'"' => self.key(),
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
    }

    /// Whether a value cannot begin here, so that what came before was cut off.
    fn forbids_value(&self) -> bool {
        match self.levels.last() {
            Some(Level::Object(_)) => self.last != b':',
            Some(Level::List) => !matches!(self.last, b'[' | b','),
            None => false,
        }
    }

    /// To the end of a string. One that runs over its line is cut off.
    fn string(&mut self) {
        let from = self.at;
        while let Some(byte) = self.head.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => break,
                b'\n' => return self.end_value(),
                _ => {}
            }
        }
        self.string = self.head.get(from..self.at.saturating_sub(1)).unwrap_or_default();
    }

    fn key(&mut self) {
        let key = self.string;
        if let Some(Level::Object(current)) = self.levels.last_mut() {
            *current = key;
            if self.levels.len() <= DEPTH_MAX && self.names.paths.len() < NAMES_MAX {
                let names = self.levels.iter().map(|level| match level {
                    Level::Object(key) => *key,
                    Level::List => b"[]",
                });
                self.names.paths.push(names.collect());
            }
        }
    }

    fn end_value(&mut self) {
        self.levels.clear();
        let names = std::mem::take(&mut self.names);
        if !names.paths.is_empty() {
            self.ended.push(names);
        }
    }
}
