//! A zip archive of one file, read as it streams by (APPNOTE 6.3 of PKWARE): local header, data, descriptor,
//! directory. Directories and what a Mac adds under `__MACOSX/` are passed over.
//!
//! Crates that read zip archives want to seek, which a stream cannot, or advise against their streaming mode, since
//! an archive can hold several files. Here several files are an error anyway.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::SourceError;

const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const DIRECTORY: [u8; 4] = *b"PK\x01\x02";
const DIRECTORY_END: [u8; 4] = *b"PK\x05\x06";

/// Bits of the general purpose flag.
const ENCRYPTED: u16 = 1;
const HAS_DESCRIPTOR: u16 = 1 << 3;
const STRONGLY_ENCRYPTED: u16 = 1 << 6;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The extra field with sizes of 64 bits, and the size that points to it.
const ZIP64: u16 = 1;
const SIZE_IN_ZIP64: u32 = u32::MAX;

/// Most bytes behind the data: a directory of few entries and a comment of 64 kB.
const TAIL_BYTES_MAX: u64 = 1024 * 1024;

/// Most entries that are passed over, and most bytes of one.
const PASSED_OVER_MAX: u32 = 1000;
const PASSED_OVER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Where in the archive.
enum Stage {
    /// Before a signature.
    Signature,
    Deflated(Box<Decompress>),
    Stored {
        left: u64,
    },
    /// The data has been given; whether it was sound is not known yet.
    Behind,
    End,
}

/// The entry whose data is read.
#[derive(Default)]
struct Entry {
    crc: u32,
    packed: u64,
    size: u64,
    has_descriptor: bool,
    wide: bool,
    /// A directory or the like: its data is dropped.
    passed_over: bool,
}

/// A zip archive as the bytes of its one file.
pub(super) struct Zip<R> {
    input: R,
    stage: Stage,
    entry: Entry,
    crc: Crc,
    written: u64,
    found: bool,
    passed_over: u32,
}

impl<R: BufRead> Zip<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            stage: Stage::Signature,
            entry: Entry::default(),
            crc: Crc::new(),
            written: 0,
            found: false,
            passed_over: 0,
        }
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// What comes next: another file, or the directory, which is the end of what matters.
    fn signature(&mut self) -> io::Result<()> {
        match self.array()? {
            LOCAL_HEADER => self.header(),
            _ if !self.found => Err(SourceError::NoFile.into()),
            DIRECTORY => self.tail(),
            _ => Err(SourceError::Damaged.into()),
        }
    }

    fn header(&mut self) -> io::Result<()> {
        let fixed: [u8; 26] = self.array()?;
        let [
            _,
            _,
            f0,
            f1,
            m0,
            m1,
            _,
            _,
            _,
            _,
            c0,
            c1,
            c2,
            c3,
            p0,
            p1,
            p2,
            p3,
            s0,
            s1,
            s2,
            s3,
            n0,
            n1,
            e0,
            e1,
        ] = fixed;
        let (flags, method) = (u16::from_le_bytes([f0, f1]), u16::from_le_bytes([m0, m1]));
        let (packed, size) = (u32::from_le_bytes([p0, p1, p2, p3]), u32::from_le_bytes([s0, s1, s2, s3]));
        let name = self.bytes(u16::from_le_bytes([n0, n1]))?;
        let extra = self.bytes(u16::from_le_bytes([e0, e1]))?;
        let wide = zip64(&extra);
        let of = |narrow, wide: Option<u64>| if narrow == SIZE_IN_ZIP64 { wide } else { None };
        self.entry = Entry {
            crc: u32::from_le_bytes([c0, c1, c2, c3]),
            size: of(size, wide.map(|(size, _)| size)).unwrap_or(size.into()),
            packed: of(packed, wide.and_then(|(_, packed)| packed)).unwrap_or(packed.into()),
            has_descriptor: flags & HAS_DESCRIPTOR != 0,
            wide: wide.is_some(),
            passed_over: name.ends_with(b"/") || name.starts_with(b"__MACOSX/"),
        };
        if self.entry.passed_over {
            self.passed_over += 1;
        } else if std::mem::replace(&mut self.found, true) {
            return Err(SourceError::SeveralFiles.into());
        }
        if self.passed_over > PASSED_OVER_MAX {
            return Err(SourceError::SeveralFiles.into());
        }
        if flags & (ENCRYPTED | STRONGLY_ENCRYPTED) != 0 {
            return Err(SourceError::Encrypted.into());
        }
        if name == b"[Content_Types].xml" || name == b"mimetype" {
            return Err(SourceError::Office.into());
        }
        self.crc = Crc::new();
        self.written = 0;
        self.stage = match method {
            DEFLATED => Stage::Deflated(Box::new(Decompress::new(false))),
            // Without its length, where stored data ends cannot be known.
            STORED if !self.entry.has_descriptor => Stage::Stored { left: self.entry.packed },
            _ => return Err(SourceError::Method.into()),
        };
        Ok(())
    }

    fn bytes(&mut self, length: u16) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length.into()];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Some of the entry's data; nothing when it has ended.
    fn data(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let (read, ended) = match &mut self.stage {
            Stage::Deflated(inflate) => inflated(&mut self.input, inflate, to)?,
            Stage::Stored { left } => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX).min(to.len());
                let read = self.input.read(to.get_mut(..most).unwrap_or_default())?;
                if read == 0 && *left > 0 {
                    return Err(SourceError::Cut.into());
                }
                *left -= u64::try_from(read).unwrap_or(0);
                (read, *left == 0)
            }
            Stage::Signature | Stage::Behind | Stage::End => return Ok(0),
        };
        self.crc.update(to.get(..read).unwrap_or_default());
        self.written += u64::try_from(read).unwrap_or(0);
        if self.entry.passed_over && self.written > PASSED_OVER_BYTES_MAX {
            return Err(SourceError::Bomb.into());
        }
        if ended {
            self.stage = Stage::Behind;
        }
        Ok(read)
    }

    /// The entry's data has ended: is it what was announced, or what its descriptor says?
    fn check(&mut self) -> io::Result<()> {
        self.stage = Stage::Signature;
        if self.entry.has_descriptor {
            let first: [u8; 4] = self.array()?;
            let crc = if first == DESCRIPTOR { self.array()? } else { first };
            self.entry.crc = u32::from_le_bytes(crc);
            // Sizes have 64 bits when the header says so; some writers do not say it of files past 4 GiB.
            let wide = self.entry.wide || self.written > u32::MAX.into();
            self.entry.size = if wide {
                let _packed: [u8; 8] = self.array()?;
                u64::from_le_bytes(self.array()?)
            } else {
                let _packed: [u8; 4] = self.array()?;
                u32::from_le_bytes(self.array()?).into()
            };
        }
        if self.entry.crc != self.crc.sum() || self.entry.size != self.written {
            return Err(SourceError::Damaged.into());
        }
        Ok(())
    }

    /// Reads the directory to its end, so that a cut archive is told from a whole one.
    fn tail(&mut self) -> io::Result<()> {
        self.stage = Stage::End;
        let mut tail = Vec::new();
        self.input.by_ref().take(TAIL_BYTES_MAX).read_to_end(&mut tail)?;
        if memchr::memmem::find(&tail, &DIRECTORY_END).is_none() {
            return Err(SourceError::Cut.into());
        }
        Ok(())
    }
}

/// Inflates until there is output or the end of the data; says how much, and whether it ended.
fn inflated(input: &mut impl BufRead, inflate: &mut Decompress, to: &mut [u8]) -> io::Result<(usize, bool)> {
    loop {
        let packed = input.fill_buf()?;
        let at_end = packed.is_empty();
        let (in_before, out_before) = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress(packed, to, FlushDecompress::None)
            .map_err(|_| io::Error::from(SourceError::Damaged))?;
        let taken = usize::try_from(inflate.total_in() - in_before).unwrap_or(0);
        let given = usize::try_from(inflate.total_out() - out_before).unwrap_or(0);
        input.consume(taken);
        let ended = status == Status::StreamEnd;
        if ended || given > 0 || to.is_empty() {
            return Ok((given, ended));
        }
        if at_end {
            return Err(SourceError::Cut.into());
        }
    }
}

/// The sizes in the extra field: unpacked, and packed when it is there.
fn zip64(mut extra: &[u8]) -> Option<(u64, Option<u64>)> {
    let number = |bytes: &[u8]| Some(u64::from_le_bytes(bytes.try_into().ok()?));
    while let Some(([i0, i1, l0, l1], rest)) = extra.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([*l0, *l1])).min(rest.len());
        let (field, behind) = rest.split_at(length);
        if u16::from_le_bytes([*i0, *i1]) == ZIP64 {
            let size = field.get(..8).and_then(number).unwrap_or(0);
            return Some((size, field.get(8..16).and_then(number)));
        }
        extra = behind;
    }
    None
}

impl<R: BufRead> Read for Zip<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stage {
                Stage::End => return Ok(0),
                Stage::Signature => self.signature()?,
                Stage::Behind => self.check()?,
                Stage::Deflated(_) | Stage::Stored { .. } => {
                    let read = self.data(to)?;
                    // What is passed over is dropped; what is empty has just ended.
                    if (read > 0 && !self.entry.passed_over) || to.is_empty() {
                        return Ok(read);
                    }
                }
            }
        }
    }
}
