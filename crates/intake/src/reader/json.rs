//! Framing of JSON: where each document begins and ends in a stream, whatever stands around it. What that may be, and
//! by which member a document is known, its format says.
//!
//! Two manners of framing, told apart by the first line. When it is complete JSON the input is NDJSON: a line end
//! then ends whatever is open, so that a broken line costs only itself. Else documents run on over lines until their
//! brackets close; after a broken one, reading takes up again at a line that begins with a bracket where none can
//! stand.

mod buffer;
mod lexer;

use std::collections::VecDeque;
use std::sync::Arc;

use bailee_core::Json;

use super::{Item, Position, Raw, Shape};
use crate::format::Format;
use crate::verify::{Flaw, page_members};
pub(super) use buffer::Buffer;
use lexer::{Event, Lexer};

/// U+FEFF in UTF-8. Between documents each of its bytes counts as white space.
pub(super) const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Where in the input the framer stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Between two values of the top level.
    #[default]
    Between,
    /// Between two elements of a page or an array.
    Elements,
    /// In a document, or in what may turn out to be a page.
    Document,
    /// In the object around an order or a page, behind it.
    Members,
    /// In something that is neither object nor array.
    Scrap,
    /// Behind an error after which brackets say nothing any more.
    Lost,
}

/// How the input is framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Manner {
    /// Not known before the first value has ended.
    #[default]
    Unknown,
    /// The first value ended on the line on which it began; nothing has followed it on that line so far.
    OneLineSoFar,
    /// A line, a value.
    Lines,
    /// Values run on over lines.
    Running,
}

/// Turns pieces of an input into items. The pieces may be cut anywhere.
pub(super) struct JsonFramer {
    format: Arc<Format>,
    place: Place,
    manner: Manner,
    shape: Option<Shape>,
    lexer: Lexer,
    /// The bytes of the document that is being read.
    document: Buffer,
    /// The bytes around it: its page without the orders.
    frame: Buffer,
    /// How many objects of the frame are open.
    frame_depth: u32,
    /// An element has ended and no comma has followed.
    after_element: bool,
    flaw: Option<Flaw>,
    at: At,
    /// Where the document began.
    start: At,
    /// The line on which the top-level value began.
    value_line: u64,
    documents: u64,
    items: VecDeque<Item>,
}

/// A place in the input.
#[derive(Clone, Copy, Default)]
struct At {
    byte: u64,
    lines_before: u64,
    line_has_begun: bool,
}

impl JsonFramer {
    pub(super) fn new(format: Arc<Format>) -> Self {
        Self {
            format,
            place: Place::default(),
            manner: Manner::default(),
            shape: None,
            lexer: Lexer::default(),
            document: Buffer::default(),
            frame: Buffer::default(),
            frame_depth: 0,
            after_element: false,
            flaw: None,
            at: At::default(),
            start: At::default(),
            value_line: 0,
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
            let Some(rest @ [first, ..]) = input.get(taken..) else { break };
            taken += match self.place {
                Place::Between => self.between(*first),
                Place::Elements => self.elements(*first),
                Place::Document | Place::Members => self.value(rest, *first),
                Place::Scrap => self.scrap(*first),
                Place::Lost => self.lost(rest, *first),
            };
        }
        taken
    }

    /// The input has ended. What was open is cut off; says whether anything was.
    pub(super) fn end(&mut self) -> bool {
        let open = self.place != Place::Between;
        match self.place {
            Place::Between => {}
            Place::Scrap => {
                self.end_scrap();
                if self.place == Place::Elements {
                    self.cut_off();
                }
            }
            _ => self.cut_off(),
        }
        open
    }

    fn between(&mut self, byte: u8) -> usize {
        match byte {
            b'\n' => {
                if self.manner == Manner::OneLineSoFar {
                    self.manner = Manner::Lines;
                }
                self.newline()
            }
            b' ' | b'\t' | b'\r' => self.advance(1),
            _ if BYTE_ORDER_MARK.contains(&byte) => self.advance(1),
            b'{' => {
                self.begin_value();
                self.begin_document();
                0
            }
            b'[' => {
                self.begin_value();
                self.begin_list(Shape::Array);
                self.frame.push(b"[");
                self.advance(1)
            }
            _ => self.begin_scrap(),
        }
    }

    fn elements(&mut self, byte: u8) -> usize {
        match byte {
            b'\n' if self.manner == Manner::Lines => {
                self.cut_off();
                0
            }
            b'\n' => self.newline(),
            b' ' | b'\t' | b'\r' => self.advance(1),
            b',' => {
                self.after_element = false;
                self.advance(1)
            }
            b'{' if self.after_element && !self.at.line_has_begun => {
                self.cut_off();
                0
            }
            b'{' | b'[' => {
                self.begin_document();
                0
            }
            b']' => {
                self.frame.push(b"]");
                if self.shape == Some(Shape::Array) {
                    self.end_frame();
                } else {
                    self.lexer = Lexer::after_member(self.frame_depth);
                    self.place = Place::Members;
                }
                self.advance(1)
            }
            b'}' => {
                self.lose();
                0
            }
            _ => self.begin_scrap(),
        }
    }

    /// Inside a document or behind one: as far as the lexer can go.
    fn value(&mut self, rest: &[u8], first: u8) -> usize {
        if first == b'{' && !self.at.line_has_begun && self.lexer.forbids_object() {
            self.cut_off();
            return 0;
        }
        let (taken, event) = self.lexer.scan(rest, &self.format);
        self.buffer().push(rest.get(..taken).unwrap_or_default());
        self.advance(taken);
        match event {
            Event::More => taken,
            Event::Newline if self.manner == Manner::Lines => {
                self.cut_off();
                taken
            }
            Event::Newline if self.lexer.is_in_string() => {
                self.lose();
                taken
            }
            Event::Newline => {
                self.buffer().push(b"\n");
                taken + self.newline()
            }
            Event::Closed if self.place == Place::Members => {
                self.end_frame();
                taken
            }
            Event::Closed => {
                self.end_document();
                taken
            }
            Event::Mismatch => {
                self.lose();
                taken
            }
            Event::List => {
                self.document_becomes_frame();
                self.frame.push(b"[");
                self.begin_list(Shape::Page);
                taken + self.advance(1)
            }
            Event::Object => {
                self.document_becomes_frame();
                self.shape = Some(Shape::Order);
                self.begin_document();
                taken
            }
        }
    }

    /// Text that is no object or array: to the end of its line, or to the next bracket.
    fn scrap(&mut self, byte: u8) -> usize {
        let ends = match byte {
            b'\n' | b'{' | b'[' => true,
            b',' | b']' => self.shape.is_some(),
            _ => false,
        };
        if ends {
            self.end_scrap();
            return 0;
        }
        self.document.push(&[byte]);
        self.advance(1)
    }

    /// Behind an error: to the end of the line in NDJSON, else to a line that begins with a bracket.
    fn lost(&mut self, rest: &[u8], first: u8) -> usize {
        if !self.at.line_has_begun && matches!(first, b'{' | b'[') {
            self.cut_off();
            return 0;
        }
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.document.push(rest.get(..length).unwrap_or_default());
        self.advance(length);
        if length == rest.len() {
            return length;
        }
        if self.manner == Manner::Lines {
            self.cut_off();
            return length;
        }
        self.document.push(b"\n");
        length + self.newline()
    }

    fn begin_value(&mut self) {
        if self.manner == Manner::OneLineSoFar {
            self.manner = Manner::Running;
        }
        self.value_line = self.at.lines_before;
    }

    /// A value of the top level ended as it should: the first tells how the input is framed.
    fn end_value(&mut self) {
        self.shape = None;
        self.frame_depth = 0;
        self.place = Place::Between;
        if self.manner == Manner::Unknown {
            let one_line = self.value_line == self.at.lines_before;
            self.manner = if one_line { Manner::OneLineSoFar } else { Manner::Running };
        }
    }

    fn begin_document(&mut self) {
        self.start = self.at;
        self.lexer = match self.shape {
            Some(Shape::Page | Shape::Array) => Lexer::of_element(),
            // What was gone into may be an object around documents in its turn.
            Some(Shape::Order | Shape::Bare) | None => Lexer::default(),
        };
        self.place = Place::Document;
    }

    fn end_document(&mut self) {
        let flaw = if self.lexer.is_too_deep() {
            Some(Flaw::TooDeep)
        } else if self.lexer.is_identified() {
            None
        } else {
            Some(Flaw::NotAnOrder)
        };
        self.emit(flaw);
        match self.shape {
            None | Some(Shape::Bare) => self.end_value(),
            Some(Shape::Page | Shape::Array) => {
                self.after_element = true;
                self.place = Place::Elements;
            }
            Some(Shape::Order) => {
                self.frame.push(b"{}");
                self.lexer = Lexer::after_member(self.frame_depth);
                self.place = Place::Members;
            }
        }
    }

    fn begin_list(&mut self, shape: Shape) {
        self.shape = Some(shape);
        self.after_element = false;
        self.place = Place::Elements;
    }

    /// What looked like a document is an object around documents.
    fn document_becomes_frame(&mut self) {
        self.frame.push(self.document.as_slice());
        drop(self.document.take());
        self.frame_depth += 1;
    }

    /// A frame ended as it should. Its members that are known go on; if it cannot be parsed it is a flawed document,
    /// so that nothing in it is lost unseen.
    fn end_frame(&mut self) {
        let members = match self.shape {
            Some(Shape::Page | Shape::Order) => page_members(self.frame.as_slice()),
            _ => Ok(Json::Null),
        };
        let members = members.unwrap_or_else(|flaw| {
            self.start = self.at;
            std::mem::swap(&mut self.document, &mut self.frame);
            self.emit(Some(flaw));
            Json::Object(Vec::new())
        });
        drop(self.frame.take());
        if self.shape != Some(Shape::Order) {
            self.page_end(members);
        }
        self.end_value();
    }

    fn begin_scrap(&mut self) -> usize {
        self.start = self.at;
        self.place = Place::Scrap;
        0
    }

    /// Scrap is a document that is no order; commas and brackets left over from a broken one are not.
    fn end_scrap(&mut self) {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}');
        if self.document.as_slice().iter().all(blank) {
            drop(self.document.take());
        } else {
            self.emit(Some(Flaw::NotAnOrder));
        }
        self.place = if self.shape.is_some() { Place::Elements } else { Place::Between };
    }

    /// Brackets say nothing any more. What follows belongs to the document that was open, or to its frame.
    fn lose(&mut self) {
        if self.place != Place::Document {
            self.start = self.at;
            std::mem::swap(&mut self.document, &mut self.frame);
        }
        self.flaw = Some(Flaw::Syntax);
        self.place = Place::Lost;
    }

    /// Ends whatever is open as one flawed document.
    fn cut_off(&mut self) {
        if matches!(self.place, Place::Elements | Place::Members) {
            self.start = self.at;
            std::mem::swap(&mut self.document, &mut self.frame);
        }
        self.emit(Some(Flaw::Truncated));
        drop(self.frame.take());
        self.frame_depth = 0;
        match self.shape.take() {
            Some(Shape::Page) => self.page_end(Json::Object(Vec::new())),
            Some(Shape::Array) => self.page_end(Json::Null),
            Some(Shape::Order | Shape::Bare) | None => {}
        }
        self.place = Place::Between;
    }

    /// What is mapped goes back in canonical names, a document a line, whatever stood around it.
    fn page_end(&mut self, members: Json) {
        if self.format.mapping().is_none() {
            self.items.push_back(Item::PageEnd(members));
        }
    }

    /// Gives out the document that was collected. An error met inside it goes before `flaw`, its length before both.
    fn emit(&mut self, flaw: Option<Flaw>) {
        self.documents += 1;
        let flaw = self.flaw.take().or(flaw);
        let flaw = if self.document.is_too_long() { Some(Flaw::TooLong) } else { flaw };
        let shape = self.shape.filter(|_| self.format.mapping().is_none());
        self.items.push_back(Item::Document(Raw {
            position: Position {
                document: self.documents,
                line: self.start.lines_before + 1,
                byte: self.start.byte,
            },
            shape: shape.unwrap_or(Shape::Bare),
            bytes: self.document.take(),
            flaw,
        }));
    }

    /// The buffer to which the bytes at hand belong.
    fn buffer(&mut self) -> &mut Buffer {
        if self.place == Place::Members { &mut self.frame } else { &mut self.document }
    }

    fn advance(&mut self, bytes: usize) -> usize {
        self.at.byte += u64::try_from(bytes).unwrap_or(0);
        self.at.line_has_begun |= bytes > 0;
        bytes
    }

    fn newline(&mut self) -> usize {
        self.at.byte += 1;
        self.at.lines_before += 1;
        self.at.line_has_begun = false;
        1
    }
}
