//! The bytes of the document that is being read: never longer than allowed, never left behind in memory.

use bailee_core::Sensitive;
use zeroize::Zeroize;

use super::super::{DOCUMENT_BYTES_MAX, TOO_LONG_BYTES_KEPT};

/// Most documents fit without growing.
const FIRST_BYTES: usize = 4 * 1024;

/// Collects the bytes of one document. Past [`DOCUMENT_BYTES_MAX`] it keeps the beginning only.
#[derive(Default)]
pub(in crate::reader) struct Buffer {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Buffer {
    /// Appends, unless it has become too long.
    pub(in crate::reader) fn push(&mut self, more: &[u8]) {
        if self.too_long {
            return;
        }
        if self.bytes.len() + more.len() > DOCUMENT_BYTES_MAX {
            self.too_long = true;
            let room = TOO_LONG_BYTES_KEPT.saturating_sub(self.bytes.len());
            let kept = more.get(..room.min(more.len())).unwrap_or_default();
            self.append(kept);
            if let Some(dropped) = self.bytes.get_mut(TOO_LONG_BYTES_KEPT..) {
                dropped.zeroize();
            }
            self.bytes.truncate(TOO_LONG_BYTES_KEPT);
        } else {
            self.append(more);
        }
    }

    pub(in crate::reader) fn is_too_long(&self) -> bool {
        self.too_long
    }

    pub(in crate::reader) fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, leaving this empty for the next document.
    pub(in crate::reader) fn take(&mut self) -> Sensitive<Vec<u8>> {
        self.too_long = false;
        Sensitive::new(std::mem::take(&mut self.bytes))
    }

    /// As `extend_from_slice`, but wipes the old place when it has to move.
    fn append(&mut self, more: &[u8]) {
        let needed = self.bytes.len() + more.len();
        if needed > self.bytes.capacity() {
            let mut larger = Vec::with_capacity(needed.next_power_of_two().max(FIRST_BYTES));
            larger.extend_from_slice(&self.bytes);
            self.bytes.zeroize();
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(more);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
