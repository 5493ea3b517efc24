//! Framing of XML: where each record's element begins and ends in a stream, whatever stands around it.
//!
//! It knows markup, quotes and names, and nothing else of XML: whether the element is sound is for
//! [`crate::verify`]. A record ends with its own end tag; where another one's start tag comes first, its end is lost
//! and so is it alone. What stands between records is dropped, unless it holds what identifies a record: then it is
//! the rest of a broken one, and a document with a flaw.
//!
//! Nothing is ever fetched or expanded. A document type that declares entities costs every record of the input.

mod markup;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use super::json::Buffer;
use super::{DOCUMENT_BYTES_MAX, Item, Position, Raw, Shape};
use crate::format::Format;
use crate::verify::Flaw;
use markup::{Markup, Tag, Token};

/// Turns pieces of an input into items. The pieces may be cut anywhere.
pub(super) struct XmlFramer {
    format: Arc<Format>,
    markup: Markup,
    /// The bytes of the record that is being read, or of what stands between two.
    document: Buffer,
    in_record: bool,
    /// Between records: something that identifies one has come by.
    meant: bool,
    /// The input declares entities.
    entities: bool,
    byte: u64,
    lines_before: u64,
    /// Where the document began, or what stands between two.
    start: (u64, u64),
    documents: u64,
    items: VecDeque<Item>,
}

impl XmlFramer {
    /// For a format whose frame names the record's element.
    pub(super) fn new(format: Arc<Format>) -> Self {
        Self {
            format,
            markup: Markup::default(),
            document: Buffer::default(),
            in_record: false,
            meant: false,
            entities: false,
            byte: 0,
            lines_before: 0,
            start: (0, 0),
            documents: 0,
            items: VecDeque::new(),
        }
    }

    /// The next item, if one is complete.
    pub(super) fn next_item(&mut self) -> Option<Item> {
        self.items.pop_front()
    }

    /// Takes in bytes until an item is complete or they end; says how many it took.
    pub(super) fn take(&mut self, input: &[u8]) -> usize {
        let mut taken = 0;
        while self.items.is_empty() {
            let Some(rest @ [_, ..]) = input.get(taken..) else { break };
            // Behind a document that is too long nothing open is trusted: the next record's tag counts wherever it is.
            if self.document.is_too_long() {
                self.markup.forget();
            }
            // It becomes too long at the same byte however the input is cut.
            let room = (DOCUMENT_BYTES_MAX + 1).saturating_sub(self.document.as_slice().len());
            let (length, token) = self.markup.scan(rest.get(..room).unwrap_or(rest));
            let piece = rest.get(..length).unwrap_or_default();
            taken += length;
            self.pass(piece);
            match token {
                Token::Held => {}
                Token::Passed => self.document.push(piece),
                Token::Text(text) => self.document.push(&text),
                Token::Entities(text) => {
                    self.entities = true;
                    self.document.push(&text);
                }
                Token::Tag(tag) => self.tag(&tag),
            }
        }
        taken
    }

    /// The input has ended. What was open is cut off; says whether anything was.
    pub(super) fn end(&mut self) -> bool {
        self.document.push(&self.markup.rest());
        let open = self.in_record || self.meant;
        if open {
            self.emit(Some(Flaw::Truncated));
        }
        open
    }

    fn pass(&mut self, piece: &[u8]) {
        self.byte += count(piece.len());
        self.lines_before += lines(piece);
    }

    /// A tag has ended.
    fn tag(&mut self, tag: &Tag) {
        let frame = self.format.frame();
        let is_record = frame.record.as_deref().is_some_and(|name| tag.is(name));
        if is_record && !tag.closes {
            // The end of the one before is lost, or its beginning.
            if self.in_record || self.meant {
                self.emit(Some(if self.in_record { Flaw::Truncated } else { Flaw::Syntax }));
            }
            self.begin(tag);
            self.in_record = true;
        } else if !self.in_record {
            self.meant |= is_record || self.format.identifying().iter().any(|name| tag.is(name));
        }
        self.document.push(&tag.bytes);
        if is_record && (tag.closes || tag.is_empty) {
            self.emit((!self.in_record).then_some(Flaw::Syntax));
        }
    }

    /// A document begins with this tag, which has just been passed.
    fn begin(&mut self, tag: &Tag) {
        drop(self.document.take());
        let byte = self.byte.saturating_sub(count(tag.bytes.len()));
        self.start = (byte, self.lines_before.saturating_sub(lines(&tag.bytes)));
    }

    /// Gives out what was collected.
    fn emit(&mut self, flaw: Option<Flaw>) {
        self.documents += 1;
        let entities = self.entities.then_some(Flaw::Entities);
        let too_long = self.document.is_too_long().then_some(Flaw::TooLong);
        let (byte, lines_before) = self.start;
        self.items.push_back(Item::Document(Raw {
            position: Position { document: self.documents, line: lines_before + 1, byte },
            shape: Shape::Bare,
            bytes: self.document.take(),
            flaw: entities.or(too_long).or(flaw),
        }));
        (self.in_record, self.meant) = (false, false);
        self.start = (self.byte, self.lines_before);
    }
}

/// The tags in the first bytes of an input.
pub(super) fn tags(head: &[u8]) -> Vec<Tag> {
    let (mut markup, mut tags, mut rest) = (Markup::default(), Vec::new(), head);
    while !rest.is_empty() {
        let (length, token) = markup.scan(rest);
        rest = rest.get(length..).unwrap_or_default();
        if let Token::Tag(tag) = token {
            tags.push(tag);
        }
    }
    tags
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}

fn lines(bytes: &[u8]) -> u64 {
    count(memchr::memchr_iter(b'\n', bytes).count())
}
