//! Writes documents back in the shape in which they came, one after the other, without holding any.

use std::io::{BufWriter, Result, Write};

use bailee_core::Json;

use crate::reader::Shape;

/// Writes tokenised documents in the shape of their input: what stood alone as a line of NDJSON, what stood in
/// `{"order": …}`, a page or an array in the same again. A page or an array stays open until [`Emitter::page_end`].
pub struct Emitter<W: Write> {
    out: BufWriter<W>,
    open: Option<Open>,
}

/// A list that has begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Page,
    Array,
}

impl<W: Write> Emitter<W> {
    /// A new one. Buffers by itself.
    pub fn new(out: W) -> Self {
        Self { out: BufWriter::new(out), open: None }
    }

    /// Writes a document.
    ///
    /// # Errors
    /// Those of the output.
    pub fn document(&mut self, shape: Shape, json: &Json) -> Result<()> {
        match shape {
            Shape::Bare => {
                self.close()?;
                self.json(json)?;
                self.out.write_all(b"\n")
            }
            Shape::Order => {
                self.close()?;
                self.out.write_all(b"{\"order\":")?;
                self.json(json)?;
                self.out.write_all(b"}\n")
            }
            Shape::Page => self.element(Open::Page, json),
            Shape::Array => self.element(Open::Array, json),
        }
    }

    /// Ends a page with its members, or an array (`null`), as [`crate::reader::Item::PageEnd`] holds them. One of
    /// which no document was written becomes an empty one.
    ///
    /// # Errors
    /// Those of the output.
    pub fn page_end(&mut self, members: &Json) -> Result<()> {
        self.begin(if matches!(members, Json::Null) { Open::Array } else { Open::Page })?;
        self.end(members)
    }

    /// Ends the output, and what is still open in it.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> Result<W> {
        self.close()?;
        self.out.into_inner().map_err(std::io::IntoInnerError::into_error)
    }

    fn element(&mut self, list: Open, json: &Json) -> Result<()> {
        if self.open == Some(list) {
            self.out.write_all(b",")?;
        } else {
            self.begin(list)?;
        }
        self.json(json)
    }

    /// Begins a list unless it is open already.
    fn begin(&mut self, list: Open) -> Result<()> {
        if self.open == Some(list) {
            return Ok(());
        }
        self.close()?;
        self.open = Some(list);
        self.out.write_all(match list {
            Open::Page => b"{\"orders\":[",
            Open::Array => b"[",
        })
    }

    /// Ends a list that the input never ended.
    fn close(&mut self) -> Result<()> {
        self.end(&Json::Null)
    }

    fn end(&mut self, members: &Json) -> Result<()> {
        match self.open.take() {
            None => Ok(()),
            Some(Open::Array) => self.out.write_all(b"]\n"),
            Some(Open::Page) => {
                self.out.write_all(b"]")?;
                for (key, value) in members.members() {
                    self.out.write_all(b",")?;
                    serde_json::to_writer(&mut self.out, key)?;
                    self.out.write_all(b":")?;
                    self.json(value)?;
                }
                self.out.write_all(b"}\n")
            }
        }
    }

    fn json(&mut self, json: &Json) -> Result<()> {
        serde_json::to_writer(&mut self.out, json).map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Formats;
    use crate::reader::{Item, Reader, Request};

    /// Reads an input and writes it again.
    fn check(input: &str, expected: &str) {
        let input_bytes = Box::new(std::io::Cursor::new(input.to_owned()));
        let mut reader =
            Reader::open(input_bytes, &Formats::embedded().unwrap(), Request::default()).unwrap();
        let mut emitter = Emitter::new(Vec::new());
        loop {
            let batch = reader.next_batch(2, 1 << 20).unwrap();
            if batch.is_empty() {
                break;
            }
            for item in &batch {
                match item {
                    Item::Document(raw) if raw.flaw.is_none() => {
                        emitter
                            .document(raw.shape, &serde_json::from_slice(raw.bytes.expose()).unwrap())
                            .unwrap();
                    }
                    Item::Document(_) => {}
                    Item::PageEnd(members) => emitter.page_end(members).unwrap(),
                }
            }
        }
        assert_eq!(String::from_utf8(emitter.finish().unwrap()).unwrap(), expected, "of {input}");
    }

    #[test]
    fn documents_go_back_in_the_shape_in_which_they_came() {
        for same in [
            "{\"orderId\":\"1\"}\n{\"orderId\":\"2\"}\n",
            "{\"order\":{\"orderId\":\"1\"}}\n",
            "[{\"orderId\":\"1\"},{\"orderId\":\"2\"},{\"orderId\":\"3\"}]\n",
            "{\"orders\":[{\"orderId\":\"1\"}],\"pagination\":{\"nextToken\":\"a\\\"b\"},\"createdBefore\":\"x\"}\n",
            "{\"orders\":[{\"orderId\":\"1\"}]}\n{\"orders\":[]}\n{\"orders\":[{\"orderId\":\"2\"}]}\n",
            "[]\n[]\n",
            "[{\"orderId\":\"1\"}]\n{\"orders\":[]}\n",
        ] {
            check(same, same);
        }
        check("[{\"orderId\":\"1\"},7]", "[{\"orderId\":\"1\"}]\n");
        check("{\"orders\":[{\"orderId\":\"1\"},{", "{\"orders\":[{\"orderId\":\"1\"}]}\n");
        check("{\"note\":\"x\",\"orders\":[7]}", "{\"orders\":[]}\n");
    }
}
