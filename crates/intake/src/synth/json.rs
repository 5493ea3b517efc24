//! Writes JSON straight into a string. The benches read their input from here, so it has to be faster than they are.

use std::fmt::{Display, Write};

/// A document being written.
pub(super) struct Writer {
    text: String,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { text: String::with_capacity(3 * 1024) }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An object as a member (with a key) or as an element (with an empty one).
    pub(super) fn object(&mut self, key: &str, members: impl FnOnce(&mut Self)) {
        self.key(key);
        self.text.push('{');
        members(self);
        self.text.push('}');
    }

    /// A list as a member.
    pub(super) fn list(&mut self, key: &str, elements: impl FnOnce(&mut Self)) {
        self.key(key);
        self.text.push('[');
        elements(self);
        self.text.push(']');
    }

    /// A string as a member (with a key) or as an element (with an empty one).
    pub(super) fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text.push('"');
        if value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.text.push_str(value);
        } else {
            value.chars().for_each(|char| self.escaped(char));
        }
        self.text.push('"');
    }

    /// A string made of parts that need no escape.
    pub(super) fn written(&mut self, key: &str, value: impl Display) {
        self.key(key);
        // Writing to a string cannot fail.
        let _ = write!(self.text, "\"{value}\"");
    }

    /// An integer.
    pub(super) fn integer(&mut self, key: &str, value: u64) {
        self.key(key);
        let _ = write!(self.text, "{value}");
    }

    fn key(&mut self, key: &str) {
        if !self.text.is_empty() && !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
        if !key.is_empty() {
            self.text.push('"');
            self.text.push_str(key);
            self.text.push_str("\":");
        }
    }

    fn escaped(&mut self, char: char) {
        match char {
            '"' | '\\' => self.text.extend(['\\', char]),
            '\n' => self.text.push_str("\\n"),
            '\0'..='\u{1F}' => {
                let _ = write!(self.text, "\\u{:04x}", u32::from(char));
            }
            char => self.text.push(char),
        }
    }
}
