//! Writes JSON straight into a string, and notes beside it what a reader must find there. The benches read their input
//! from here, so it has to be faster than they are.

use std::fmt::{Display, Write};

use super::notes::{Notes, Scalar};

/// A document being written.
pub(super) struct Writer {
    text: String,
    notes: Notes,
    /// Whether the names that are written are the canonical ones, so that the notes follow them.
    follows: bool,
}

impl Writer {
    /// A document in canonical names: what is written is noted where it stands.
    pub(super) fn canonical(notes: Notes) -> Self {
        Self { text: String::with_capacity(3 * 1024), notes, follows: true }
    }

    /// A document in names of its own: each value says where a reader finds it.
    pub(super) fn foreign(notes: Notes) -> Self {
        Self { follows: false, ..Self::canonical(notes) }
    }

    pub(super) fn finish(self) -> (String, Notes) {
        (self.text, self.notes)
    }

    /// An object as a member (with a key) or as an element (with an empty one).
    pub(super) fn object(&mut self, key: &str, members: impl FnOnce(&mut Self)) {
        self.key(key);
        self.text.push('{');
        let base = self.follows.then(|| self.notes.enter(key));
        members(self);
        if let Some(base) = base {
            self.notes.leave(base);
        }
        self.text.push('}');
    }

    /// An element of a list, with its id or number; its values are noted there, whatever the names.
    pub(super) fn element(&mut self, id: impl Display, members: impl FnOnce(&mut Self)) {
        let base = self.notes.enter_element(id);
        self.object("", members);
        self.notes.leave(base);
    }

    /// A list as a member.
    pub(super) fn list(&mut self, key: &str, elements: impl FnOnce(&mut Self)) {
        self.key(key);
        self.text.push('[');
        let base = self.follows.then(|| self.notes.enter(key));
        elements(self);
        if let Some(base) = base {
            self.notes.leave(base);
        }
        self.text.push(']');
    }

    /// All that follows is found below a canonical place.
    pub(super) fn at(&mut self, place: &str, members: impl FnOnce(&mut Self)) {
        let base = self.notes.enter(place);
        members(self);
        self.notes.leave(base);
    }

    /// A list of texts.
    pub(super) fn strings<'a>(&mut self, key: &str, to: &str, values: impl IntoIterator<Item = &'a str>) {
        self.key(key);
        self.text.push('[');
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.quoted(value);
            if !to.is_empty() {
                self.notes.note(&format!("{to}[{index}]"), || Scalar::Text(value.to_owned()));
            }
        }
        self.text.push(']');
    }

    /// A text of the same name.
    pub(super) fn string(&mut self, key: &str, value: &str) {
        self.put(key, if self.follows { key } else { "" }, value);
    }

    /// A text that is found at a canonical place; at none when it is empty.
    pub(super) fn put(&mut self, key: &str, to: &str, value: &str) {
        self.dressed(key, to, value, value);
    }

    /// A text that is written in one way and means another.
    pub(super) fn dressed(&mut self, key: &str, to: &str, written: &str, meant: &str) {
        self.key(key);
        self.quoted(written);
        if !to.is_empty() {
            self.notes.note(to, || Scalar::Text(meant.to_owned()));
            if written != meant {
                self.notes.note_written(to, written);
            }
        }
    }

    /// A text made of parts that need no escape.
    pub(super) fn written(&mut self, key: &str, value: impl Display) {
        self.put_written(key, if self.follows { key } else { "" }, value);
    }

    /// A text made of parts that need no escape, that is found at a canonical place.
    pub(super) fn put_written(&mut self, key: &str, to: &str, value: impl Display) {
        self.key(key);
        let from = self.text.len() + 1;
        // Writing to a string cannot fail.
        let _ = write!(self.text, "\"{value}\"");
        if !to.is_empty() {
            let text = self.text.get(from..self.text.len() - 1).unwrap_or_default();
            self.notes.note(to, || Scalar::Text(text.to_owned()));
        }
    }

    /// An integer of the same name.
    pub(super) fn integer(&mut self, key: &str, value: u64) {
        self.put_integer(key, if self.follows { key } else { "" }, value);
    }

    /// An integer that is found at a canonical place.
    pub(super) fn put_integer(&mut self, key: &str, to: &str, value: u64) {
        self.bare(key, value);
        if !to.is_empty() {
            self.notes.note(to, || Scalar::Integer(value.try_into().unwrap_or(i64::MAX)));
        }
    }

    /// A flag that is found at a canonical place.
    pub(super) fn put_flag(&mut self, key: &str, to: &str, value: bool) {
        self.bare(key, value);
        if !to.is_empty() {
            self.notes.note(to, || Scalar::Flag(value));
        }
    }

    /// A value without quotes, which is noted by nobody else.
    pub(super) fn bare(&mut self, key: &str, value: impl Display) {
        self.key(key);
        let _ = write!(self.text, "{value}");
    }

    /// What is found at a place without being written there.
    pub(super) fn note(&mut self, to: &str, value: Scalar) {
        self.notes.note(to, || value);
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

    fn quoted(&mut self, value: &str) {
        self.text.push('"');
        if value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.text.push_str(value);
        } else {
            value.chars().for_each(|char| self.escaped(char));
        }
        self.text.push('"');
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
