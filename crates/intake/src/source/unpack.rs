//! Compression, known by its first bytes and never by a name. All in memory, a piece at a time: nothing that was
//! unpacked touches a disk.
//!
//! What expands out of measure is refused: past [`EXPANDED_FREE_BYTES`] at most [`RATIO_MAX`] bytes for each byte of
//! input, and never more than [`EXPANDED_BYTES_MAX`].

use std::io::{self, BufReader, Chain, Cursor, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::SourceError;
use super::zip::Zip;

/// Most bytes that compressed input may expand to for each of its own. Reports of a great many equal rows reach 100;
/// a bomb comes near 1,000, which is the most that deflate can.
pub const RATIO_MAX: u64 = 400;

/// Up to so many bytes the ratio is not asked for: the first rows of a small file can be very alike.
pub const EXPANDED_FREE_BYTES: u64 = 64 * 1024 * 1024;

/// Most bytes that one compressed input may expand to: ten times the largest file that is promised to be read.
pub const EXPANDED_BYTES_MAX: u64 = 200 * 1024 * 1024 * 1024;

/// As many first bytes as tell how an input is compressed.
const MAGIC_BYTES: usize = 6;

/// How an input is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, of one or more members.
    Gzip,
    /// A zip archive of one file.
    Zip,
}

impl Compression {
    /// Its name, `none` for none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zip => "zip",
        }
    }

    /// What the first bytes say.
    ///
    /// # Errors
    /// When they are those of something that is not read here.
    pub(super) fn of(head: &[u8]) -> Result<Self, SourceError> {
        const OTHERS: [&[u8]; 6] = [
            b"BZh91A",
            b"\xFD7zXZ\0",
            b"\x28\xB5\x2F\xFD",
            b"7z\xBC\xAF\x27\x1C",
            b"Rar!\x1A\x07",
            b"\x1F\x9D",
        ];
        /// PDF, PNG, JPEG, GIF.
        const DOCUMENTS: [&[u8]; 4] = [b"%PDF-", b"\x89PNG\r\n", b"\xFF\xD8\xFF", b"GIF8"];
        /// What workbooks were before they were archives.
        const OLD_WORKBOOK: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1";
        if head.starts_with(b"\x1F\x8B\x08") {
            Ok(Self::Gzip)
        } else if head.starts_with(b"PK\x03\x04") {
            Ok(Self::Zip)
        } else if head.starts_with(b"PK\x05\x06") {
            Err(SourceError::NoFile)
        } else if OTHERS.iter().any(|magic| head.starts_with(magic)) {
            Err(SourceError::Method)
        } else if head.starts_with(OLD_WORKBOOK) {
            Err(SourceError::Office)
        } else if DOCUMENTS.iter().any(|magic| head.starts_with(magic)) {
            Err(SourceError::Document)
        } else {
            Ok(Self::None)
        }
    }
}

/// What is known of the input itself, whoever reads it.
#[derive(Default)]
pub(super) struct Progress {
    bytes: AtomicU64,
    failed: AtomicBool,
}

impl Progress {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// The input, counted.
struct Counted {
    input: Box<dyn Read + Send>,
    progress: Arc<Progress>,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(to);
        match &read {
            Ok(bytes) => {
                self.progress.bytes.fetch_add(u64::try_from(*bytes).unwrap_or(0), Ordering::Relaxed);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.progress.failed.store(true, Ordering::Relaxed),
        }
        read
    }
}

/// The input with its first bytes put back.
type Whole = Chain<Cursor<Vec<u8>>, Counted>;

enum Inner {
    Unopened(Counted),
    Plain(Whole),
    Gzip(Box<MultiGzDecoder<BufReader<Whole>>>),
    Zip(Box<Zip<BufReader<Whole>>>),
    Closed,
}

/// The input, unpacked.
pub(super) struct Unpacked {
    inner: Inner,
    compression: Compression,
    progress: Arc<Progress>,
    expanded: u64,
}

impl Unpacked {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        let progress = Arc::<Progress>::default();
        let counted = Counted { input, progress: Arc::clone(&progress) };
        Self { inner: Inner::Unopened(counted), compression: Compression::None, progress, expanded: 0 }
    }

    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    pub(super) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Reads the first bytes and takes the way that they ask for.
    fn open(&mut self) -> io::Result<()> {
        if !matches!(self.inner, Inner::Unopened(_)) {
            return Ok(());
        }
        let Inner::Unopened(mut counted) = std::mem::replace(&mut self.inner, Inner::Closed) else {
            return Ok(());
        };
        let mut head = Vec::with_capacity(MAGIC_BYTES);
        let read = counted.by_ref().take(MAGIC_BYTES as u64).read_to_end(&mut head);
        let compression = Compression::of(&head)?;
        // A failure this early comes again with the first read, unless it was the last word of the input.
        if head.is_empty() {
            read?;
        }
        let whole = Cursor::new(head).chain(counted);
        self.compression = compression;
        self.inner = match compression {
            Compression::None => Inner::Plain(whole),
            Compression::Gzip => Inner::Gzip(Box::new(MultiGzDecoder::new(BufReader::new(whole)))),
            Compression::Zip => Inner::Zip(Box::new(Zip::new(BufReader::new(whole)))),
        };
        Ok(())
    }

    /// An error of unpacking in our own words; one of the input as it was.
    fn told(&self, error: io::Error) -> io::Error {
        let own = SourceError::of(&error).is_some();
        if own || error.kind() == ErrorKind::Interrupted || self.progress.failed.load(Ordering::Relaxed) {
            return error;
        }
        match error.kind() {
            ErrorKind::UnexpectedEof => SourceError::Cut.into(),
            _ => SourceError::Damaged.into(),
        }
    }

    /// Refuses what expands out of measure.
    fn weigh(&self) -> Result<(), SourceError> {
        let packed = self.progress.bytes();
        let much = self.expanded > EXPANDED_FREE_BYTES && self.expanded > packed.saturating_mul(RATIO_MAX);
        if much || self.expanded > EXPANDED_BYTES_MAX { Err(SourceError::Bomb) } else { Ok(()) }
    }
}

impl Read for Unpacked {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.open()?;
        let result = match &mut self.inner {
            Inner::Plain(input) => return input.read(to),
            Inner::Gzip(input) => input.read(to),
            Inner::Zip(input) => input.read(to),
            Inner::Unopened(_) | Inner::Closed => return Ok(0),
        };
        let read = result.map_err(|error| self.told(error))?;
        self.expanded += u64::try_from(read).unwrap_or(0);
        self.weigh()?;
        Ok(read)
    }
}
