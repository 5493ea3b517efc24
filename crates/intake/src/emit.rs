//! Writes documents back in the shape in which they came.

use std::io::Write;
use bailee_core::Json;
use crate::reader::Shape;

/// Writes tokenised documents in the shape of their input.
pub struct Emitter<W: Write> { #[allow(dead_code)] out: W }

impl<W: Write> Emitter<W> {
    /// A new one.
    pub fn new(out: W) -> Self { Self { out } }
    /// Writes a document.
    pub fn document(&mut self, _shape: Shape, _json: &Json) -> std::io::Result<()> { todo!() }
    /// Ends a page or array.
    pub fn page_end(&mut self, _members: &Json) -> std::io::Result<()> { todo!() }
    /// Ends the output.
    pub fn finish(self) -> std::io::Result<W> { todo!() }
}
