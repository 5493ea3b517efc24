//! Bytes in and out: big-endian numbers and length-prefixed texts.
//!
//! The reader is strict: it never reads past the end, and [`Reader::finish`] refuses what is left over.

/// The bytes end early, go on too long, or say something that their format does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Appends a length (u32, big-endian) and the bytes, so that no two lists of pieces give the same text.
pub(crate) fn put_prefixed(out: &mut Vec<u8>, piece: &[u8]) {
    // A piece is at most a head's size; one beyond 4 GiB cannot be held by any caller here.
    let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(piece);
}

/// Appends a length of one byte and the text. Ids are at most 64 bytes long by their own constructors.
pub(crate) fn put_short(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(text.as_bytes());
}

/// Reads bytes from front to back.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_be_bytes)
    }

    /// A text with a length of one byte.
    pub(crate) fn short(&mut self) -> Result<&'a str, Malformed> {
        let length = self.u8()?;
        std::str::from_utf8(self.take(usize::from(length))?).map_err(|_| Malformed)
    }

    /// A count of entries that each take `entry_bytes_min` bytes: never more than what is left could hold, so that a
    /// changed count cannot ask for memory.
    pub(crate) fn count(&mut self, entry_bytes_min: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.u32()?).map_err(|_| Malformed)?;
        if count.checked_mul(entry_bytes_min).is_some_and(|bytes| bytes <= self.rest.len()) {
            Ok(count)
        } else {
            Err(Malformed)
        }
    }

    pub(crate) fn left(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}
