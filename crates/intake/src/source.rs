//! Sources: whatever bytes an input brings, as UTF-8 text.
//!
//! ```text
//! bytes ─ unpack (gzip, zip) ─ decide the character set ─ decode ─ UTF-8 … framers
//! ```
//!
//! - **Compression** is known by its first bytes, never by a name ([`Compression`]).
//! - **The character set** is what a byte-order mark says. Without one, nothing is decided while the input is ASCII; at
//!   the first other byte, up to [`WINDOW_BYTES`] are looked at, and only what is certain by the rules of
//!   `judge` is decided. A name (`--charset`, an XML declaration) is believed only where the bytes fit it, those of
//!   the window and those of each document.
//! - **Nothing is guessed.** Where no rule is certain, letters pass as carried bytes; so do malformed sequences. A
//!   document that holds any goes into quarantine with [`Flaw::Charset`](crate::verify::Flaw::Charset) or
//!   [`Flaw::Encoding`](crate::verify::Flaw::Encoding), with every byte ([`flaw`], [`original`], [`redecoded`]); one
//!   in pure ASCII goes in.
//! - Memory is bounded by the window and two pieces; what is unpacked is never written anywhere.

mod charset;
mod decode;
mod error;
mod escape;
mod inspect;
mod judge;
mod named;
#[cfg(test)]
mod tests;
mod text;
mod unpack;
mod zip;

use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

pub use charset::{Charset, UnknownCharset};
pub use error::SourceError;
pub use escape::{flaw, original};
pub use inspect::{INSPECTED_BYTES_MAX, Inspection, Reading, inspect};
pub(crate) use named::doubted;
pub use named::redecoded;
use text::Text;
pub use text::WINDOW_BYTES;
pub use unpack::{Compression, EXPANDED_BYTES_MAX, EXPANDED_FREE_BYTES, RATIO_MAX};
use unpack::{Progress, Unpacked};

/// The control character that begins the shifts of ISO-2022, in which letters are written as pairs of ASCII.
const ESCAPE: u8 = 0x1B;

/// How much is unpacked at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What was found out about an input so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detected {
    /// How it is compressed.
    pub compression: Compression,
    /// The character set; none while all is ASCII, and none when it is not certain.
    pub charset: Option<Charset>,
    /// There are letters whose character set is not certain.
    pub unsure: bool,
    /// There are letters that cannot be of the character set that was named.
    pub refused: bool,
    /// It began with a byte-order mark.
    pub marked: bool,
}

/// What was found out so far, for who does not hold the source.
#[derive(Clone, Debug, Default)]
pub struct Detection(Arc<Mutex<Detected>>);

impl Detection {
    /// As of now.
    pub fn now(&self) -> Detected {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, detected: Detected) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = detected;
    }
}

/// An input as UTF-8 text. What cannot be text is carried through it, see [`flaw`].
///
/// What was read before an error is given before it. Errors of its own are [`SourceError`]s inside an
/// [`io::Error`].
pub struct Source {
    unpacked: Unpacked,
    progress: Arc<Progress>,
    text: Text,
    chunk: Zeroizing<Vec<u8>>,
    /// Text that has not been asked for yet.
    out: Zeroizing<Vec<u8>>,
    given: usize,
    ended: bool,
    failed: Option<io::Error>,
    /// Documents were found that are not in the character set that was named.
    doubted: bool,
    detection: Detection,
}

impl Source {
    /// Wraps an input. `charset` is the character set, when it was named. Nothing is read yet.
    pub fn open(input: Box<dyn Read + Send>, charset: Option<Charset>) -> Self {
        let unpacked = Unpacked::new(input);
        Self {
            progress: Arc::clone(unpacked.progress()),
            unpacked,
            text: Text::new(charset),
            chunk: Zeroizing::new(vec![0; CHUNK_BYTES]),
            out: Zeroizing::default(),
            given: 0,
            ended: false,
            failed: None,
            doubted: false,
            detection: Detection::default(),
        }
    }

    /// Bytes of the input itself that were read so far, compressed as they are.
    pub fn bytes_read(&self) -> u64 {
        self.progress.bytes()
    }

    /// What was found out so far.
    pub fn detected(&self) -> Detected {
        self.detection.now()
    }

    /// The same, to be asked while something else reads.
    pub fn detection(&self) -> Detection {
        self.detection.clone()
    }

    /// A document was found that is not in the character set that was named.
    pub(crate) fn doubt(&mut self) {
        self.doubted = true;
        self.detection.set(Detected { refused: true, ..self.detection.now() });
    }

    /// Reads one piece on. A failure waits until what came before it has been given.
    fn advance(&mut self) {
        self.out.clear();
        self.given = 0;
        let result = match self.unpacked.read(&mut self.chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            Ok(0) => {
                self.ended = true;
                self.text.end(&mut self.out)
            }
            Ok(read) => {
                let chunk = self.chunk.get(..read).unwrap_or_default();
                self.text.take(chunk, self.unpacked.compression(), &mut self.out)
            }
            Err(error) => {
                self.ended = true;
                self.failed = Some(error);
                self.text.end(&mut self.out)
            }
        };
        if let Err(error) = result {
            self.ended = true;
            self.failed = self.failed.take().or(Some(error.into()));
        }
        let detected = self.text.detected();
        let (compression, refused) = (self.unpacked.compression(), detected.refused || self.doubted);
        self.detection.set(Detected { compression, refused, ..detected });
    }
}

impl Read for Source {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !to.is_empty() {
            if !self.ended {
                self.advance();
            } else if let Some(error) = self.failed.take() {
                return Err(error);
            } else {
                return Ok(0);
            }
        }
        let read = self.out.get(self.given..).unwrap_or_default().read(to)?;
        self.given += read;
        Ok(read)
    }
}
